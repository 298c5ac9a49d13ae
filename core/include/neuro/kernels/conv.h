#pragma once
// Two-dimensional convolution (cross-correlation), channel-first data, without an im2col buffer of the whole input.
#include <cstddef>
#include <cstdint>

#include "neuro/kernels/gemm.h"

namespace neuro::kernels {

/// Sizes of a convolution. out = floor((in + before + after - dilation (kernel - 1) - 1) / stride) + 1 on each axis.
struct Conv2d {
  std::int64_t N, C, H, W;  ///< input  [N, C, H, W]
  std::int64_t O, KH, KW;   ///< weight [O, C / groups, KH, KW]
  std::int64_t OH, OW;      ///< output [N, O, OH, OW]
  std::int64_t stride_h = 1, stride_w = 1;
  std::int64_t top = 0, bottom = 0, left = 0, right = 0;  ///< zero padding
  std::int64_t dilation_h = 1, dilation_w = 1;
  std::int64_t groups = 1;
};

/// Each returns the scratch per worker that the function below it needs: bounded whatever the sizes (below 1 MiB in f32
/// while O / groups * KH * KW stays below 20,000).
template <class T>
std::size_t conv2d_scratch(const Table& table, const Conv2d& p);
/// y[n,o,:,:] = sum over c, kh, kw of w[o,c,kh,kw] x[n,c,...] (+ bias[o] when bias is not null). The epilogue sees flat
/// indices into the whole of y with batch 0.
/// error: as gemm with K = C / groups * KH * KW.
template <class T>
void conv2d(const Exec& exec, const Conv2d& p, const T* x, const T* w, const T* bias, T* y,
            const Epilogue& epilogue) noexcept;

template <class T>
std::size_t conv2d_input_grad_scratch(const Table& table, const Conv2d& p);
/// gx = the transpose of the convolution applied to gy [N, O, OH, OW].
template <class T>
void conv2d_input_grad(const Exec& exec, const Conv2d& p, const T* gy, const T* w, T* gx) noexcept;

template <class T>
std::size_t conv2d_weight_grad_scratch(const Table& table, const Conv2d& p);
/// gw[o,c,kh,kw] = sum over n and positions of gy x. The order of the sum is fixed by the sizes, never by threads.
template <class T>
void conv2d_weight_grad(const Exec& exec, const Conv2d& p, const T* gy, const T* x, T* gw) noexcept;

}  // namespace neuro::kernels
