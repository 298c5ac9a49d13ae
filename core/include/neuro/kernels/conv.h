#pragma once
// Convolution (cross-correlation) over one to three spatial axes, channel-first data, without an im2col buffer of the
// whole input.
#include <cstddef>
#include <cstdint>

#include "neuro/kernels/gemm.h"

namespace neuro::kernels {

/// Sizes of a convolution. out = floor((in + before + after - dilation (kernel - 1) - 1) / stride) + 1 on each axis.
/// With fewer than three spatial axes the first ones have size 1.
struct Conv {
  std::int64_t N, C, D = 1, H, W;  ///< input  [N, C, D, H, W]
  std::int64_t O, KD = 1, KH, KW;  ///< weight [O, C / groups, KD, KH, KW]
  std::int64_t OD = 1, OH, OW;     ///< output [N, O, OD, OH, OW]
  std::int64_t stride_d = 1, stride_h = 1, stride_w = 1;
  std::int64_t front = 0, back = 0, top = 0, bottom = 0, left = 0, right = 0;  ///< zero padding
  std::int64_t dilation_d = 1, dilation_h = 1, dilation_w = 1;
  std::int64_t groups = 1;
};

/// Each returns the scratch per worker that the function below it needs: bounded whatever the sizes (below 1 MiB in f32
/// while O / groups * KD * KH * KW stays below 20,000).
template <class T>
std::size_t conv_scratch(const Table& table, const Conv& p);
/// y[n,o,...] = sum over c and taps of w[o,c,...] x[n,c,...] (+ bias[o] when bias is not null). The epilogue sees flat
/// indices into the whole of y with batch 0.
/// error: as gemm with K = C / groups * KD * KH * KW.
template <class T>
void conv(const Exec& exec, const Conv& p, const T* x, const T* w, const T* bias, T* y,
          const Epilogue& epilogue) noexcept;

template <class T>
std::size_t conv_input_grad_scratch(const Table& table, const Conv& p);
/// gx = the transpose of the convolution applied to gy [N, O, OD, OH, OW].
template <class T>
void conv_input_grad(const Exec& exec, const Conv& p, const T* gy, const T* w, T* gx) noexcept;

template <class T>
std::size_t conv_weight_grad_scratch(const Table& table, const Conv& p);
/// gw[o,c,...] = sum over n and positions of gy x. The order of the sum is fixed by the sizes, never by threads.
template <class T>
void conv_weight_grad(const Exec& exec, const Conv& p, const T* gy, const T* x, T* gw) noexcept;

}  // namespace neuro::kernels
