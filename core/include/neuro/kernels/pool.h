#pragma once
// Two-dimensional pooling, channel-first.
#include <cstdint>

#include "neuro/kernels/exec.h"

namespace neuro::kernels {

/// planes = batch * channels; out = floor((in + before + after - dilation (kernel - 1) - 1) / stride) + 1.
struct Pool2d {
  std::int64_t planes, H, W, OH, OW;
  std::int64_t KH, KW, stride_h, stride_w;
  std::int64_t top = 0, bottom = 0, left = 0, right = 0;
  std::int64_t dilation_h = 1, dilation_w = 1;
};

/// Largest value under the window (padding counts as -inf) and its flat index in the plane (first of equals; NaN wins).
template <class T>
void max_pool2d(const Exec& exec, const Pool2d& p, const T* x, T* y, std::int32_t* index) noexcept;
/// gx[index] += gy, from zero.
template <class T>
void max_pool2d_backward(const Exec& exec, const Pool2d& p, const T* gy, const std::int32_t* index, T* gx) noexcept;

/// Mean over the KH * KW window; zeros of the padding count (count_include_pad).
template <class T>
void avg_pool2d(const Exec& exec, const Pool2d& p, const T* x, T* y) noexcept;
template <class T>
void avg_pool2d_backward(const Exec& exec, const Pool2d& p, const T* gy, T* gx) noexcept;

}  // namespace neuro::kernels
