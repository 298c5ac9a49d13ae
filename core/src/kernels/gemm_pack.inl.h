#pragma once
// Copies of parts of the operands into the order in which the tile reads them.
#include <cstdint>

#include "kernels/gemm_kernels.h"
#include "kernels/gemm_tile.inl.h"

namespace neuro::kernels {

/// Rows [0, k) of one panel of `width` <= 2 vectors of columns, from rows `ld` apart: to[k][2W], filled with zeros up
/// to a whole vector.
template <class T, class Arch>
void pack_panel(const T* from, std::int64_t ld, std::int64_t k, std::int64_t width, T* to) noexcept {
  using L = Lanes<T, Arch>;
  using V = typename L::V;
  constexpr int W = L::kWidth;
  if (width == 2 * W) {
    for (std::int64_t p = 0; p < k; ++p, from += ld, to += 2 * W) {
      V::load_unaligned(from).store_unaligned(to);
      V::load_unaligned(from + W).store_unaligned(to + W);
    }
  } else if (width >= W) {
    const std::uint32_t rest = L::first(width - W);
    for (std::int64_t p = 0; p < k; ++p, from += ld, to += 2 * W) {
      V::load_unaligned(from).store_unaligned(to);
      L::load(from + W, rest).store_unaligned(to + W);
    }
  } else {
    const std::uint32_t rest = L::first(width);
    for (std::int64_t p = 0; p < k; ++p, from += ld, to += 2 * W) L::load(from, rest).store_unaligned(to);
  }
}

/// The same from a transposed operand: column j of the panel is the contiguous from[j * ld ..].
template <class T, class Arch>
void pack_panel_transposed(const T* from, std::int64_t ld, std::int64_t k, std::int64_t width, T* to) noexcept {
  using L = Lanes<T, Arch>;
  using V = typename L::V;
  constexpr int W = L::kWidth;
  for (std::int64_t j = 0; j < width; j += W, from += W * ld, to += W) {
    const std::int64_t columns = width - j < W ? width - j : W;
    std::int64_t p = 0;
    if (columns == W) {
      for (; p + W <= k; p += W) {
        V square[W];
#pragma GCC unroll 16
        for (int i = 0; i < W; ++i) square[i] = V::load_unaligned(from + i * ld + p);
        transpose<T, Arch>(square);
#pragma GCC unroll 16
        for (int i = 0; i < W; ++i) square[i].store_unaligned(to + (p + i) * 2 * W);
      }
    }
    for (; p < k; ++p) {
      T* row = to + p * 2 * W;
      for (std::int64_t i = 0; i < columns; ++i) row[i] = from[i * ld + p];
      for (std::int64_t i = columns; i < W; ++i) row[i] = T(0);
    }
  }
}

/// B of a matrix product, as panels: to[panel][k][2W].
template <class T, class Arch>
struct MatrixPacker {
  const GemmPart<T>& part;

  void operator()(std::int64_t k0, std::int64_t k, std::int64_t j0, std::int64_t n, T* to) const noexcept {
    constexpr std::int64_t kPanel = 2 * Lanes<T, Arch>::kWidth;
    for (std::int64_t j = 0; j < n; j += kPanel, to += k * kPanel) {
      const std::int64_t width = n - j < kPanel ? n - j : kPanel;
      const T* from = part.b + k0 * part.b_row + (j0 + j) * part.b_col;
      if (part.b_col == 1) {
        pack_panel<T, Arch>(from, part.b_row, k, width, to);
      } else {
        pack_panel_transposed<T, Arch>(from, part.b_col, k, width, to);
      }
    }
  }
};

/// Elements between consecutive k of a packed block of columns of A.
template <class T, class Arch>
inline constexpr std::int64_t kPackedColumn =
    (TileShape<Arch>::kRows + Lanes<T, Arch>::kWidth - 1) / Lanes<T, Arch>::kWidth* Lanes<T, Arch>::kWidth;

/// Rows [0, rows) of a transposed A (element (i, k) is from[i + k * ld]): to[k][kPackedColumn].
template <class T, class Arch>
void pack_columns(const T* from, std::int64_t ld, std::int64_t rows, std::int64_t k, T* to) noexcept {
  using L = Lanes<T, Arch>;
  constexpr int W = L::kWidth;
  for (std::int64_t p = 0; p < k; ++p, from += ld, to += kPackedColumn<T, Arch>) {
    std::int64_t i = 0;
    for (; i + W <= rows; i += W) L::V::load_unaligned(from + i).store_unaligned(to + i);
    if (i < rows) L::load(from + i, L::first(rows - i)).store_unaligned(to + i);
  }
}

/// Rows [0, rows) of A, `ld` apart, to rows `to_ld` apart.
template <class T, class Arch>
void copy_rows(const T* from, std::int64_t ld, std::int64_t rows, std::int64_t k, T* to, std::int64_t to_ld) noexcept {
  using L = Lanes<T, Arch>;
  constexpr int W = L::kWidth;
  for (std::int64_t i = 0; i < rows; ++i, from += ld, to += to_ld) {
    std::int64_t p = 0;
    for (; p + W <= k; p += W) L::V::load_unaligned(from + p).store_unaligned(to + p);
    if (p < k) L::load(from + p, L::first(k - p)).store_unaligned(to + p);
  }
}

}  // namespace neuro::kernels
