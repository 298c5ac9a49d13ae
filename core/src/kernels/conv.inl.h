#pragma once
// Convolution as products over patches that exist one block at a time.
#include <cstdint>

#include "kernels/conv_patches.inl.h"
#include "kernels/gemm_product.inl.h"

namespace neuro::kernels {

/// Patches as B of a product.
template <class T, class Arch>
struct PatchPacker {
  const ConvForwardPart<T>& part;

  void operator()(std::int64_t k0, std::int64_t k, std::int64_t j0, std::int64_t n, T* to) const noexcept {
    constexpr std::int64_t kPanel = 2 * Lanes<T, Arch>::kWidth;
    for (std::int64_t j = 0; j < n; j += kPanel, to += k * kPanel) {
      const PatchPanel<T, Arch> panel(part.patches, part.first_pixel + j0 + j, n - j < kPanel ? n - j : kPanel);
      panel.write(part.x, k0, k, to, kPanel);
    }
  }
};

template <class T, class Arch>
void conv_forward(const ConvForwardPart<T>& part) noexcept {
  packed_product<T, Arch>(*part.product, PatchPacker<T, Arch>{part});
}

/// The transposed gradient, patches [rows, pixels] times gy^T [pixels, outputs], so that only gy is transposed while
/// it is packed: it is the smaller of the two by the number of taps.
template <class T, class Arch>
void conv_weight_grad(const ConvWeightGradPart<T>& p) noexcept {
  using Block = ConvWeightGradBlock;
  constexpr std::int64_t kPanel = 2 * Lanes<T, Arch>::kWidth;
  constexpr std::int64_t kTile = Tiles<T, Arch>::kRows;
  T* const sums = p.scratch;                                      // [rows][kOutputs]
  T* const columns = sums + Block::kRows * Block::kOutputs;       // panels of gy^T
  T* const patches = columns + Block::kPixels * Block::kOutputs;  // [rows][patch_row]
  const std::int64_t blocks = (p.pixels + Block::kPixels - 1) / Block::kPixels;
  const std::int64_t tiles = (p.rows + kTile - 1) / kTile;
  bool add = false;
  for (std::int64_t slice = p.first_slice; slice < p.first_slice + p.slices; ++slice) {
    const std::int64_t image = slice / p.OD, od = slice % p.OD, gy_row = p.OD * p.pixels;
    const T* x = p.x + image * p.x_image;
    const T* gy = p.gy + image * p.gy_image + od * p.pixels;
    Patches here = p.patches;
    here.depth = od * p.stride_d - p.front;
    for (std::int64_t b = 0; b < blocks; ++b, add = true) {
      const std::int64_t p0 = p.pixels * b / blocks, pixels = p.pixels * (b + 1) / blocks - p0;
      const std::int64_t patch_row = (pixels + kPanel - 1) / kPanel * kPanel + 16;
      for (std::int64_t j = 0; j < pixels; j += kPanel) {
        const PatchPanel<T, Arch> panel(here, p0 + j, pixels - j < kPanel ? pixels - j : kPanel);
        panel.write(x, p.r0, p.rows, patches + j, patch_row);
      }
      for (std::int64_t o = 0; o < p.outputs; o += kPanel) {
        const std::int64_t width = p.outputs - o < kPanel ? p.outputs - o : kPanel;
        pack_panel_transposed<T, Arch>(gy + o * gy_row + p0, gy_row, pixels, width, columns + o * pixels);
      }
      for (std::int64_t t = 0; t < tiles; ++t) {
        const std::int64_t i0 = p.rows * t / tiles, rows = p.rows * (t + 1) / tiles - i0;
        for (std::int64_t o = 0; o < p.outputs; o += kPanel) {
          const std::int64_t width = p.outputs - o < kPanel ? p.outputs - o : kPanel;
          Tiles<T, Arch>::run(rows, {pixels, patches + i0 * patch_row, patch_row, 1, columns + o * pixels, kPanel,
                                     sums + i0 * Block::kOutputs + o, Block::kOutputs, width, add, nullptr});
        }
      }
    }
  }
  for (std::int64_t o = 0; o < p.outputs; ++o) {
    for (std::int64_t i = 0; i < p.rows; ++i) p.g[o * p.g_row + i] = sums[i * Block::kOutputs + o];
  }
}

template <class T, class Arch>
inline constexpr ConvKernels<T> conv_kernels{&conv_forward<T, Arch>, &conv_weight_grad<T, Arch>};

}  // namespace neuro::kernels
