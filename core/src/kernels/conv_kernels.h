#pragma once
// Serial convolution kernels of one instruction set; the driver core/src/conv.cpp divides the work.
#include <cstdint>

#include "neuro/kernels/conv.h"

namespace neuro::kernels {

template <class T>
struct GemmPart;

/// Where the elements of patches lie in an image [C, H, W]: row (c, kh, kw) of the patch matrix at output pixel
/// (oh, ow) is x[c][ih][iw] with ih = oh * stride_h - top + kh * dilation_h, iw likewise, or 0 where that is outside.
struct Patches {
  std::int64_t H, W, KH, KW;
  std::int64_t OW;  ///< pixel p is (p / OW, p % OW)
  std::int64_t stride_h, stride_w, top, left, dilation_h, dilation_w;
};

/// c[i][p - first_pixel] = sum over k of a(i, k) patch(k, p), for one image and group; B of the product is the patches.
template <class T>
struct ConvForwardPart {
  const GemmPart<T>* product;
  Patches patches;
  const T* x;
  std::int64_t first_pixel;
};

/// g[o - o0][r - r0] (rows g_row apart) = sum over images and pixels of gy[o] patch(r), r in [r0, r0 + rows).
template <class T>
struct ConvWeightGradPart {
  Patches patches;
  std::int64_t rows, r0, outputs;
  std::int64_t images, pixels;
  const T *x, *gy;  ///< first image: the group's first channel, output channel o0
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
