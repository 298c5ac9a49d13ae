#pragma once
// Products with few rows or columns, which are bound by reading the larger operand once, and the few columns that are
// left over beside whole panels.
#include <cstdint>
#include <utility>

#include "kernels/gemm_product.inl.h"

namespace neuro::kernels {

/// Vectors side by side for `rows` rows: long runs of each row of B.
template <class Arch>
constexpr int wide_vectors(int rows) {
  const int vectors = TileShape<Arch>::kRegisters / rows;
  return vectors > 8 ? 8 : vectors;
}

template <class T, class Arch, int Rows>
void few_rows_of(const GemmPart<T>& p) noexcept {
  constexpr int kVectors = wide_vectors<Arch>(Rows);
  constexpr std::int64_t kWide = kVectors * Lanes<T, Arch>::kWidth;
  const std::int64_t whole = p.n - p.n % kWide;
  for (std::int64_t q = 0; q < p.k_blocks; ++q) {
    const std::int64_t k0 = part_begin(p.k, p.k_blocks, q), k1 = part_begin(p.k, p.k_blocks, q + 1);
    const T* bias = q + 1 == p.k_blocks ? p.bias : nullptr;
    const T* b = p.b + k0 * p.b_row;
    T* c = p.c;
    for (std::int64_t j = 0; j < whole; j += kWide, b += kWide, c += kWide) {
      tile<T, Arch, Rows, kVectors>(
          {k1 - k0, p.a + k0 * p.a_col, p.a_row, p.a_col, b, p.b_row, c, p.ldc, kWide, p.accumulate || q > 0, bias});
    }
  }
  GemmPart<T> rest = p;
  rest.b += whole;
  rest.c += whole;
  rest.n -= whole;
  rest.epilogue.run = nullptr;
  packed_product<T, Arch>(rest, MatrixPacker<T, Arch>{rest});
  finish<T, Arch>(p, 0, p.m, 0, p.n);
}

template <class T, class Arch>
void few_rows(const GemmPart<T>& p) noexcept {
  switch (p.m) {
    case 1: return few_rows_of<T, Arch, 1>(p);
    case 2: return few_rows_of<T, Arch, 2>(p);
    case 3: return few_rows_of<T, Arch, 3>(p);
    default: return few_rows_of<T, Arch, 4>(p);
  }
}

/// Rows x Columns dot products of contiguous vectors: c(i, j) = x_i . y_j, rows of x and y ldx and ldy apart.
template <class T>
struct DotArgs {
  std::int64_t k;
  const T *x, *y;
  std::int64_t ldx, ldy;
  T* c;
  std::int64_t c_x, c_y;  ///< between results of consecutive rows of x and of y
  bool accumulate;
};

/// The order of each sum depends on k only: lane by lane, then the lanes in a tree.
template <class T, class Arch, int Rows, int Columns>
void dot_block(const DotArgs<T>& d) noexcept {
  using L = Lanes<T, Arch>;
  using V = typename L::V;
  constexpr int W = L::kWidth;
  V acc[Rows][Columns];
#pragma GCC unroll 8
  for (int i = 0; i < Rows; ++i) {
#pragma GCC unroll 8
    for (int j = 0; j < Columns; ++j) acc[i][j] = V(T(0));
  }
  std::int64_t k = 0;
  for (; k + W <= d.k; k += W) {
    V x[Rows];
#pragma GCC unroll 8
    for (int i = 0; i < Rows; ++i) x[i] = V::load_unaligned(d.x + i * d.ldx + k);
#pragma GCC unroll 8
    for (int j = 0; j < Columns; ++j) {
      const V y = V::load_unaligned(d.y + j * d.ldy + k);
#pragma GCC unroll 8
      for (int i = 0; i < Rows; ++i) acc[i][j] = L::fma(x[i], y, acc[i][j]);
    }
  }
  if (k < d.k) {
    const std::uint32_t rest = L::first(d.k - k);
#pragma GCC unroll 8
    for (int j = 0; j < Columns; ++j) {
      const V y = L::load(d.y + j * d.ldy + k, rest);
#pragma GCC unroll 8
      for (int i = 0; i < Rows; ++i) acc[i][j] = L::fma(L::load(d.x + i * d.ldx + k, rest), y, acc[i][j]);
    }
  }
  // Sums of up to four columns at a time; zeros stand for columns that do not exist.
#pragma GCC unroll 8
  for (int i = 0; i < Rows; ++i) {
    alignas(64) T sums[W < 4 ? 4 : W];
    V column[4] = {V(T(0)), V(T(0)), V(T(0)), V(T(0))};
#pragma GCC unroll 8
    for (int j = 0; j < Columns; ++j) column[j] = acc[i][j];
    sum4<T, Arch>(column[0], column[1], column[2], column[3], sums);
    for (int j = 0; j < Columns; ++j) {
      T& c = d.c[i * d.c_x + j * d.c_y];
      c = d.accumulate ? c + sums[j] : sums[j];
    }
  }
}

template <class T, class Arch, int Rows>
void dots_of(DotArgs<T> d, std::int64_t columns) noexcept {
  constexpr int kColumns = Rows * 4 <= TileShape<Arch>::kRegisters - 4 ? 4 : 2;
  for (; columns >= kColumns; columns -= kColumns, d.y += kColumns * d.ldy, d.c += kColumns * d.c_y) {
    dot_block<T, Arch, Rows, kColumns>(d);
  }
  for (; columns > 0; --columns, d.y += d.ldy, d.c += d.c_y) dot_block<T, Arch, Rows, 1>(d);
}

template <class T, class Arch>
void dots(const GemmPart<T>& p) noexcept {
  const bool few = p.m <= kFewRows;  // else few columns: the same with the operands exchanged
  const DotArgs<T> d = few ? DotArgs<T>{p.k, p.a, p.b, p.a_row, p.b_col, p.c, p.ldc, 1, p.accumulate}
                           : DotArgs<T>{p.k, p.b, p.a, p.b_col, p.a_row, p.c, 1, p.ldc, p.accumulate};
  const std::int64_t columns = few ? p.n : p.m;
  switch (few ? p.m : p.n) {
    case 1: dots_of<T, Arch, 1>(d, columns); break;
    case 2: dots_of<T, Arch, 2>(d, columns); break;
    case 3: dots_of<T, Arch, 3>(d, columns); break;
    default: dots_of<T, Arch, 4>(d, columns); break;
  }
  finish<T, Arch>(p, 0, p.m, 0, p.n);
}

/// Takes the caller's arguments as they are: filling in a GemmPart costs as much as such a product.
template <class T, class Arch>
void tiny(const GemmArgs<T>& g) noexcept {
  const std::int64_t a_row = g.ta == Trans::no ? g.lda : 1, a_col = g.ta == Trans::no ? 1 : g.lda;
  const std::int64_t b_row = g.tb == Trans::no ? g.ldb : 1, b_col = g.tb == Trans::no ? 1 : g.ldb;
  for (std::int64_t batch = 0; batch < g.batch; ++batch) {
    const T* a = g.a + batch * g.batch_a;
    const T* b = g.b + batch * g.batch_b;
    T* c = g.c + batch * g.batch_c;
    for (std::int64_t i = 0; i < g.M; ++i, a += a_row, c += g.ldc) {
      for (std::int64_t j = 0; j < g.N; ++j) {
        T sum(0);
        for (std::int64_t k = 0; k < g.K; ++k) sum = Lanes<T, Arch>::fma(a[k * a_col], b[k * b_row + j * b_col], sum);
        c[j] = g.accumulate ? c[j] + sum : sum;
      }
    }
    if (g.epilogue.run != nullptr) g.epilogue.run(g.epilogue.context, batch, 0, g.M * g.N, 0);
  }
}

template <class T, class Arch>
void product(const GemmPart<T>& p) noexcept {
  const std::int64_t edge = p.dot_edge ? p.n % (2 * Lanes<T, Arch>::kWidth) : 0;
  if (edge == 0) return packed_product<T, Arch>(p, MatrixPacker<T, Arch>{p});
  GemmPart<T> part = p;
  part.n = edge;
  part.b += (p.n - edge) * p.b_col;
  part.c += p.n - edge;
  part.epilogue.run = nullptr;
  dots<T, Arch>(part);
  part = p;
  part.n -= edge;
  part.done_columns = edge;
  packed_product<T, Arch>(part, MatrixPacker<T, Arch>{part});
  if (part.n == 0) finish<T, Arch>(p, 0, p.m, 0, p.n);
}

}  // namespace neuro::kernels
