#pragma once
// Resizing along one axis, and patches written out: plain loops over rows.
#include <cstddef>
#include <cstdint>

#include "neuro/kernels/pool.h"

namespace neuro::kernels {

/// How an output of a resized axis is made of inputs. With s = in / out, or a given step, output i looks at
///   nearest  input floor(i s)
///   linear   the two inputs around (i + 1/2) s - 1/2, at least 0
///   cubic    the four inputs around (i + 1/2) s - 1/2, by Keys's polynomial with a = -3/4
///   mean     inputs [floor(i s), ceil((i + 1) s)), averaged
/// where inputs beyond the ends are the end. With aligned corners linear and cubic look at i (in - 1) / (out - 1).
enum class Resampling : std::uint8_t { nearest, linear, cubic, mean };

/// x is [outer, in, inner] and contiguous, y [outer, out, inner].
struct Resample {
  std::int64_t outer, in, out, inner;
  Resampling mode = Resampling::nearest;
  bool align_corners = false;
  double step = 0;  ///< inputs an output; 0: in / out
};

template <class T>
std::size_t resample_scratch(const Resample& p);
template <class T>
void resample(const Exec& exec, const Resample& p, const T* x, T* y) noexcept;
/// gx = the transpose of resample applied to gy.
template <class T>
void resample_backward(const Exec& exec, const Resample& p, const T* gy, T* gx) noexcept;

/// y[plane][kh][kw][oh][ow] = the element of x[plane] [h.in, w.in] that the tap meets, or 0 in the padding.
template <class T>
void unfold2d(const Exec& exec, std::int64_t planes, const Pool::Axis& h, const Pool::Axis& w, const T* x,
              T* y) noexcept;
/// The transpose of unfold2d: overlapping patches are added.
template <class T>
void fold2d(const Exec& exec, std::int64_t planes, const Pool::Axis& h, const Pool::Axis& w, const T* y, T* x) noexcept;

}  // namespace neuro::kernels
