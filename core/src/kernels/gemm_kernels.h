#pragma once
// Serial matrix-product kernels of one instruction set; the driver core/src/gemm.cpp divides the work.
#include <cstdint>

#include "kernels/conv_kernels.h"
#include "neuro/kernels/gemm.h"
#include "neuro/kernels/table.h"

namespace neuro::kernels {

/// One product, or the rectangle of one that a worker computes. op(A)(i, k) = a[i * a_row + k * a_col], and
/// op(B)(k, j) = b[k * b_row + j * b_col]; of each pair one is 1.
template <class T>
struct GemmPart {
  std::int64_t m, n, k;
  const T* a;
  std::int64_t a_row, a_col;
  const T* b;
  std::int64_t b_row, b_col;
  T* c;
  std::int64_t ldc;
  bool accumulate;
  bool dot_edge;            ///< the last n % tile_cols columns are dot products (they are few, and b_row == 1)
  bool b_in_place;          ///< small or few-row products: whole panels of B are read where they are
  std::int64_t k_blocks;    ///< K is cut into this many near-equal blocks; each adds its partial sum to C
  std::int64_t block_n;     ///< columns packed at a time, a multiple of tile_cols
  const T* bias = nullptr;  ///< added to each row, or null
  T* pack;                  ///< scratch of gemm_pack_elements() elements
  Epilogue epilogue;
  std::int64_t done_columns = 0;  ///< columns behind the n that are finished already: the epilogue hears of them too
  std::int64_t batch, origin;     ///< what the epilogue is told: the problem, and the flat index of c[0]
  int worker;
};

template <class T>
using GemmFn = void (*)(const GemmPart<T>&) noexcept;

template <class T>
struct GemmKernels {
  int tile_rows, tile_cols;                   ///< register tile; tile_cols is a power of two
  int vector;                                 ///< elements of a vector
  void (*tiny)(const GemmArgs<T>&) noexcept;  ///< at most kTinyWork multiply-adds a problem: plain loops
  GemmFn<T> product;                          ///< any product: register tiles over packed panels of B
  GemmFn<T> few_rows;  ///< m <= kFewRows, b_col == 1: tiles as wide as the registers allow, B in place
  GemmFn<T> dots;      ///< min(m, n) <= kFewRows, a_col == 1, b_row == 1: vectors along K
  ConvKernels<T> conv;
};

/// Multiply-adds up to which calls and packing would cost more than the sums.
inline constexpr std::int64_t kTinyWork = 64;

/// Rows up to which a product is bound by reading B.
inline constexpr std::int64_t kFewRows = 4;

/// Longest block of K: a panel of 32 columns is then 64 KiB and stays in L2 while rows of A stay in L1.
inline constexpr std::int64_t kBlockK = 512;

/// Number of blocks of K: a function of K alone, so that the order of each sum is. (Always inlined: kernels call it.)
[[gnu::always_inline]] constexpr std::int64_t gemm_k_blocks(std::int64_t k) {
  return k <= kBlockK ? 1 : (k + kBlockK - 1) / kBlockK;
}

/// Where part `i` of `parts` near-equal parts of n begins.
[[gnu::always_inline]] constexpr std::int64_t part_begin(std::int64_t n, std::int64_t parts, std::int64_t i) {
  return parts == 1 ? (i == 0 ? 0 : n) : n * i / parts;  // without the division: tiny products come here too
}

/// The longest of the near-equal blocks of K.
[[gnu::always_inline]] constexpr std::int64_t gemm_block_k(std::int64_t k) {
  if (k <= kBlockK) return k;
  const std::int64_t blocks = gemm_k_blocks(k);
  return (k + blocks - 1) / blocks;
}

/// Elements of scratch for rows or columns of A that are copied: at most 16 rows, kept apart by a cache line.
[[gnu::always_inline]] constexpr std::int64_t gemm_pack_a(std::int64_t k) { return 16 * (gemm_block_k(k) + 16); }

/// Elements of B that are packed at a time: half a mebibyte, which leaves room in L2 for A and C.
template <class T>
inline constexpr std::int64_t kPackedElements = (std::int64_t{1} << 19) / static_cast<std::int64_t>(sizeof(T));

/// Columns of B that are packed at a time.
template <class T>
constexpr std::int64_t gemm_block_n(const GemmKernels<T>& kernels, std::int64_t n, std::int64_t k) {
  constexpr std::int64_t kElements = kPackedElements<T>;
  const std::int64_t panel = kernels.tile_cols, rounded = n == 0 ? panel : (n + panel - 1) & -panel;
  const std::int64_t depth = gemm_block_k(k);
  if (depth * rounded <= kElements) return rounded;
  const std::int64_t fit = kElements / (depth * panel), panels = rounded / panel;
  const std::int64_t blocks = (panels + fit - 1) / fit;
  return (panels + blocks - 1) / blocks * panel;
}

/// Elements of scratch for `product` with these sizes.
template <class T>
constexpr std::int64_t gemm_pack_elements(const GemmKernels<T>& kernels, std::int64_t n, std::int64_t k) {
  return gemm_pack_a(k) + gemm_block_k(k) * gemm_block_n(kernels, n, k);
}

/// The most that gemm_pack_elements() can be, whatever the sizes.
template <class T>
constexpr std::int64_t gemm_pack_limit() {
  return gemm_pack_a(kBlockK) + kPackedElements<T>;
}

template <class T, class Arch>
const GemmKernels<T>& gemm_kernels();

template <class T>
const GemmKernels<T>& gemm_kernels_of(const Table& table);
template <>
inline const GemmKernels<float>& gemm_kernels_of<float>(const Table& table) {
  return *table.gemm_f32;
}
template <>
inline const GemmKernels<double>& gemm_kernels_of<double>(const Table& table) {
  return *table.gemm_f64;
}

}  // namespace neuro::kernels
