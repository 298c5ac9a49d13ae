#pragma once
// The register tile: the inner loop of every product.
#include <cstdint>
#include <utility>

#include "kernels/gemm_lanes.inl.h"

namespace neuro::kernels {

/// Sizes of the register tile: kRows x 2 vectors of accumulators, 2 registers for B, 1 for A (and 1 for the product
/// where there is no fused multiply-add).
template <class Arch>
struct TileShape {
  static constexpr int kRows = 6;        // 6 x 2 of 16 registers
  static constexpr int kRegisters = 12;  // accumulators
};
template <>
struct TileShape<Avx512> {
  static constexpr int kRows = 14;  // 14 x 2 of 32 registers
  static constexpr int kRegisters = 28;
};
template <>
struct TileShape<Neon64> {
  static constexpr int kRows = 8;  // 8 x 2 of 32 registers; the rest hides latency of loads
  static constexpr int kRegisters = 24;
};

/// What a tile computes: c[i][j] = sum_k a(i, k) b[k][j] over k blocks, plus what was in c if `add`, plus bias[i].
template <class T>
struct TileArgs {
  std::int64_t k;
  const T* a;
  std::int64_t a_row, a_col;
  const T* b;
  std::int64_t b_row;
  T* c;
  std::int64_t ldc;
  std::int64_t n;  ///< columns that are stored; the last vector may be partial
  bool add;
  const T* bias;
};

/// Stores a tile's sums; the last vector has `last` columns when it is partial.
template <class T, class Arch, int Rows, int Vectors, bool Partial>
[[gnu::always_inline]] inline void finish_tile(const TileArgs<T>& t, typename Lanes<T, Arch>::V (&acc)[Rows][Vectors],
                                               std::int64_t last) {
  using L = Lanes<T, Arch>;
  using V = typename L::V;
  constexpr int W = L::kWidth, kLast = Vectors - 1;
  if (t.add) {
    const std::uint32_t lanes = L::first(last);
#pragma GCC unroll 32
    for (int i = 0; i < Rows; ++i) {
      const T* c = t.c + i * t.ldc;
#pragma GCC unroll 8
      for (int j = 0; j < Vectors; ++j) {
        acc[i][j] += Partial && j == kLast ? L::load(c + j * W, lanes) : V::load_unaligned(c + j * W);
      }
    }
  }
  if (t.bias != nullptr) {
#pragma GCC unroll 32
    for (int i = 0; i < Rows; ++i) {
#pragma GCC unroll 8
      for (int j = 0; j < Vectors; ++j) acc[i][j] += V(t.bias[i]);
    }
  }
#pragma GCC unroll 32
  for (int i = 0; i < Rows; ++i) {
    T* c = t.c + i * t.ldc;
#pragma GCC unroll 8
    for (int j = 0; j < Vectors; ++j) {
      if (Partial && j == kLast) {
        L::store_first(c + j * W, acc[i][j], last);
      } else {
        acc[i][j].store_unaligned(c + j * W);
      }
    }
  }
}

/// Every element is summed in increasing k by fused multiply-adds (multiply and add on sse2), whatever the tile's size:
/// the bits do not depend on where a tile begins.
template <class T, class Arch, int Rows, int Vectors>
[[gnu::noinline]] void tile(const TileArgs<T>& t) noexcept {
  using L = Lanes<T, Arch>;
  using V = typename L::V;
  constexpr int W = L::kWidth;
  V acc[Rows][Vectors];
#pragma GCC unroll 32
  for (int i = 0; i < Rows; ++i) {
#pragma GCC unroll 8
    for (int j = 0; j < Vectors; ++j) acc[i][j] = V(T(0));
  }
  // A pointer for every three rows: 0, 1 and 2 times the index register can then be addressed from it.
  constexpr int kGroups = (Rows + 2) / 3;
  const T* a[kGroups];
  const T* b = t.b;
  const std::int64_t a_row = t.a_row, a_col = t.a_col, b_row = t.b_row;
#pragma GCC unroll 8
  for (int g = 0; g < kGroups; ++g) a[g] = t.a + 3 * g * a_row;
  for (std::int64_t k = t.k; k > 0; --k) {
    V bv[Vectors];
#pragma GCC unroll 8
    for (int j = 0; j < Vectors; ++j) bv[j] = V::load_unaligned(b + j * W);
#pragma GCC unroll 32
    for (int i = 0; i < Rows; ++i) {
      const V av(a[i / 3][i % 3 * a_row]);
#pragma GCC unroll 8
      for (int j = 0; j < Vectors; ++j) acc[i][j] = L::fma(av, bv[j], acc[i][j]);
    }
#pragma GCC unroll 8
    for (int g = 0; g < kGroups; ++g) {
      a[g] += a_col;
      asm("" : "+r"(a[g]));  // stays a pointer of its own
    }
    b += b_row;
  }
  const std::int64_t last = t.n - (Vectors - 1) * W;
  if (last == W) {
    finish_tile<T, Arch, Rows, Vectors, false>(t, acc, last);
  } else {
    finish_tile<T, Arch, Rows, Vectors, true>(t, acc, last);
  }
}

template <class T>
using TileFn = void (*)(const TileArgs<T>&) noexcept;

/// tile<.., rows, vectors> for rows in [1, kRows] and vectors 1 and 2.
template <class T, class Arch>
struct Tiles {
  static constexpr int kRows = TileShape<Arch>::kRows;
  struct Row {
    TileFn<T> fn[kRows];
  };
  template <int Vectors, int... I>
  static constexpr Row row(std::integer_sequence<int, I...>) {
    return {{&tile<T, Arch, I + 1, Vectors>...}};
  }
  static constexpr Row table[2] = {row<1>(std::make_integer_sequence<int, kRows>{}),
                                   row<2>(std::make_integer_sequence<int, kRows>{})};

  [[gnu::always_inline]] static void run(std::int64_t rows, const TileArgs<T>& t) {
    table[t.n > Lanes<T, Arch>::kWidth].fn[rows - 1](t);
  }
};

}  // namespace neuro::kernels
