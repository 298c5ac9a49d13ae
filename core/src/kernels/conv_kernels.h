#pragma once
// Serial convolution kernels of one instruction set; the driver core/src/conv.cpp divides the work.
#include <cstdint>

#include "neuro/kernels/conv.h"

namespace neuro::kernels {

template <class T>
struct GemmPart;

/// Where the elements of patches lie in an image [C, D, H, W], for the pixels of one slice of the output: row
/// (c, kd, kh, kw) of the patch matrix at output pixel (oh, ow) is x[c][id][ih][iw] with id = depth + kd * dilation_d,
/// ih = oh * stride_h - top + kh * dilation_h, iw likewise, or 0 where one of them is outside.
struct Patches {
  std::int64_t D, H, W, KD, KH, KW;
  std::int64_t OW;  ///< pixel p is (p / OW, p % OW)
  std::int64_t stride_h, stride_w, top, left, dilation_d, dilation_h, dilation_w;
  std::int64_t depth = 0;  ///< of the slice's first tap
};

/// c[i][p - first_pixel] = sum over k of a(i, k) patch(k, p), for one slice and group; B of the product is the patches.
template <class T>
struct ConvForwardPart {
  const GemmPart<T>* product;
  Patches patches;
  const T* x;
  std::int64_t first_pixel;
};

/// g[o - o0][r - r0] (rows g_row apart) = sum over slices and pixels of gy[o] patch(r), r in [r0, r0 + rows). Slice s
/// is at depth s % OD of image s / OD.
template <class T>
struct ConvWeightGradPart {
  Patches patches;
  std::int64_t rows, r0, outputs;
  std::int64_t first_slice, slices, OD, stride_d, front;
  std::int64_t pixels;
  const T *x, *gy;  ///< of image 0: the group's first channel, output channel o0
  std::int64_t x_image, gy_image;
  T* g;
  std::int64_t g_row;
  T* scratch;
};

/// Sizes of the pieces of a weight gradient; scratch for one piece is kElements.
struct ConvWeightGradBlock {
  static constexpr std::int64_t kRows = 112;     ///< rows of patches: 8 tiles of 14 rows
  static constexpr std::int64_t kOutputs = 128;  ///< output channels
  static constexpr std::int64_t kPixels = 512;   ///< pixels summed in one go
  static constexpr std::int64_t kElements = kRows * (kPixels + 32) + kPixels * kOutputs + kRows * kOutputs;
};

template <class T>
struct ConvKernels {
  void (*forward)(const ConvForwardPart<T>&) noexcept;
  void (*weight_grad)(const ConvWeightGradPart<T>&) noexcept;
};

}  // namespace neuro::kernels
