#pragma once
// The loops around the register tile.
#include <cstdint>

#include "kernels/gemm_pack.inl.h"
#include "kernels/gemm_tile.inl.h"

namespace neuro::kernels {

/// Tells the epilogue that rows [i0, i1) of columns [j0, j0 + n) are finished.
template <class T, class Arch>
[[gnu::always_inline]] inline void finish(const GemmPart<T>& p, std::int64_t i0, std::int64_t i1, std::int64_t j0,
                                          std::int64_t n) {
  if (p.epilogue.run == nullptr) return;
  if (j0 + n == p.n) n += p.done_columns;
  const std::int64_t begin = p.origin + i0 * p.ldc + j0;
  if (n == p.ldc) {
    p.epilogue.run(p.epilogue.context, p.batch, begin, begin + (i1 - i0) * n, p.worker);
  } else {
    for (std::int64_t i = 0; i < i1 - i0; ++i) {
      p.epilogue.run(p.epilogue.context, p.batch, begin + i * p.ldc, begin + i * p.ldc + n, p.worker);
    }
  }
}

/// Any product whose B comes from `packer(k0, k, j0, n, to)`, which writes the panels of a k x n block.
///
/// Rows of A stay in L1 while the panels pass by from L2. A is read in place unless its rows lie so far apart that they
/// compete for the same cache sets, or it is transposed and used by more than one panel.
template <class T, class Arch, class Packer>
void packed_product(const GemmPart<T>& p, const Packer& packer) noexcept {
  using Tile = Tiles<T, Arch>;
  constexpr std::int64_t kPanel = 2 * Lanes<T, Arch>::kWidth;
  constexpr std::int64_t kColumn = kPackedColumn<T, Arch>;
  const std::int64_t row_blocks = (p.m + Tile::kRows - 1) / Tile::kRows;
  T* const packed_a = p.pack;
  T* const packed_b = p.pack + gemm_pack_a(p.k);

  for (std::int64_t j0 = 0; j0 < p.n; j0 += p.block_n) {
    const std::int64_t n = p.n - j0 < p.block_n ? p.n - j0 : p.block_n;
    const std::int64_t whole = p.b_in_place ? n - n % kPanel : 0;  // columns of B that are read in place
    const bool copy_columns = p.a_col != 1 && n > kPanel;
    const bool copy_lines = p.a_col == 1 && n > 2 * kPanel && p.a_row * static_cast<std::int64_t>(sizeof(T)) >= 2048;
    for (std::int64_t q = 0; q < p.k_blocks; ++q) {
      const std::int64_t k0 = part_begin(p.k, p.k_blocks, q), k = part_begin(p.k, p.k_blocks, q + 1) - k0;
      const bool last = q + 1 == p.k_blocks;
      if (whole < n) packer(k0, k, j0 + whole, n - whole, packed_b);
      for (std::int64_t block = 0; block < row_blocks; ++block) {
        const std::int64_t i0 = part_begin(p.m, row_blocks, block);
        const std::int64_t rows = part_begin(p.m, row_blocks, block + 1) - i0;
        TileArgs<T> t;
        t.k = k;
        t.a = p.a + i0 * p.a_row + k0 * p.a_col;
        t.a_row = p.a_row;
        t.a_col = p.a_col;
        if (copy_columns) {
          pack_columns<T, Arch>(t.a, p.a_col, rows, k, packed_a);
          t.a = packed_a;
          t.a_row = 1;
          t.a_col = kColumn;
        } else if (copy_lines) {
          copy_rows<T, Arch>(t.a, p.a_row, rows, k, packed_a, k + 16);
          t.a = packed_a;
          t.a_row = k + 16;
        }
        t.c = p.c + i0 * p.ldc + j0;
        t.ldc = p.ldc;
        t.add = p.accumulate || q > 0;
        t.bias = p.bias != nullptr && last ? p.bias + i0 : nullptr;
        t.b = p.b + k0 * p.b_row + j0;
        t.b_row = p.b_row;
        t.n = kPanel;
        std::int64_t j = 0;
        for (; j < whole; j += kPanel, t.b += kPanel, t.c += kPanel) Tile::run(rows, t);
        t.b = packed_b;
        t.b_row = kPanel;
        for (; j < n; j += kPanel, t.b += k * kPanel, t.c += kPanel) {
          t.n = n - j < kPanel ? n - j : kPanel;
          Tile::run(rows, t);
        }
        if (last) finish<T, Arch>(p, i0, i0 + rows, j0, n);
      }
    }
  }
}

}  // namespace neuro::kernels
