#pragma once
// Matrix-product and convolution kernels, compiled once per instruction set.
#include "kernels/arch.h"
#include "kernels/conv.inl.h"
#include "kernels/gemm_kernels.h"
#include "kernels/gemm_product.inl.h"
#include "kernels/gemm_skinny.inl.h"

namespace neuro::kernels {

template <class T, class Arch>
const GemmKernels<T>& gemm_kernels() {
  static constexpr GemmKernels<T> kernels{
      .tile_rows = TileShape<Arch>::kRows,
      .tile_cols = 2 * Lanes<T, Arch>::kWidth,
      .vector = Lanes<T, Arch>::kWidth,
      .tiny = &tiny<T, Arch>,
      .product = &product<T, Arch>,
      .few_rows = &few_rows<T, Arch>,
      .dots = &dots<T, Arch>,
      .conv = conv_kernels<T, Arch>,
  };
  return kernels;
}

}  // namespace neuro::kernels
