#pragma once
// Pooling over one to three spatial axes, channel-first.
#include <cstddef>
#include <cstdint>

#include "neuro/kernels/exec.h"

namespace neuro::kernels {

/// planes = batch * channels. Output o of an axis has its taps at o * stride - before + k * dilation, k < kernel; those
/// outside [0, in) are padding. With fewer than three spatial axes the first ones are as by default.
struct Pool {
  struct Axis {
    std::int64_t in = 1, out = 1, kernel = 1, stride = 1, before = 0, after = 0, dilation = 1;
  };
  std::int64_t planes;
  Axis d, h, w;
  bool count_padding = true;  ///< of the average's divisor: taps in [-before, in + after) count, else those inside
};

template <class T>
std::size_t max_pool_scratch(const Table& table, const Pool& p);
/// Largest value under the window (padding counts as -inf) and its flat index in the volume (first of equals; NaN wins;
/// -1 when the window lies in the padding alone).
template <class T>
void max_pool(const Exec& exec, const Pool& p, const T* x, T* y, std::int32_t* index) noexcept;
/// gx[index] += gy, from zero; `out` and `in` elements a plane.
template <class T>
void max_pool_backward(const Exec& exec, std::int64_t planes, std::int64_t out, std::int64_t in, const T* gy,
                       const std::int32_t* index, T* gx) noexcept;

template <class T>
std::size_t avg_pool_scratch(const Table& table, const Pool& p);
/// Sum over the window divided by the number of taps that count.
/// error: (taps + 2) eps times the mean magnitude.
template <class T>
void avg_pool(const Exec& exec, const Pool& p, const T* x, T* y) noexcept;
template <class T>
std::size_t avg_pool_backward_scratch(const Table& table, const Pool& p);
template <class T>
void avg_pool_backward(const Exec& exec, const Pool& p, const T* gy, T* gx) noexcept;

/// Max over windows whose size varies: output o of an axis covers [floor(o in / out), ceil((o + 1) in / out)).
template <class T>
void adaptive_max_pool(const Exec& exec, const Pool& p, const T* x, T* y, std::int32_t* index) noexcept;

}  // namespace neuro::kernels
