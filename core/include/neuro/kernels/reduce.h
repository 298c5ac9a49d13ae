#pragma once
// Reductions over one axis of contiguous data.
#include <cstddef>
#include <cstdint>

#include "neuro/dtype.h"
#include "neuro/kernels/exec.h"

namespace neuro::kernels {

enum class Reduce : std::uint8_t { sum, max, min, prod, sum_squares };

/// Elements of a run of contiguous values that one leaf of the reduction tree covers.
inline constexpr std::int64_t kReduceChunk = 2048;

template <class T>
std::size_t reduce_scratch(std::int64_t outer, std::int64_t n, std::int64_t inner);

/// y[o, i] = reduction over r of x[o, r, i], divided by `divisor` (1 for none); x is contiguous [outer, n, inner].
/// n == 0 gives the neutral element. max and min return NaN when any element is NaN.
///
/// The order is a tree that depends on the sizes only. For inner == 1 a row is cut into chunks of kReduceChunk, each
/// reduced by `reduce_run`, and the partial results are combined pairwise (`combine_partials`). For inner > 1 the rows
/// are cut into chunks of kReduceRows rows, added row by row, and combined pairwise.
/// error of sums: |s - exact| <= (log2(n) + 64) eps sum |x|.
template <class T>
void reduce(const Exec& exec, Reduce op, const T* x, T* y, std::int64_t outer, std::int64_t n, std::int64_t inner,
            T divisor) noexcept;

inline constexpr std::int64_t kReduceRows = 64;

/// Reduces one run of at most kReduceChunk contiguous values: the leaf of the tree.
template <class T>
T reduce_run(const Table& table, Reduce op, const T* x, std::int64_t n) noexcept;

/// Combines partial results pairwise, in place; returns the result. count >= 1. (sum_squares combines as sum.)
template <class T>
T combine_partials(Reduce op, T* partials, std::int64_t count) noexcept;

/// Reductions whose result does not depend on the order. sum, prod (to i64, modulo 2^64), max and min take i64, i32 and
/// boolean; count (of what is not 0, to i64), any and all (to boolean) take every type, where a NaN is not 0.
enum class ReduceExact : std::uint8_t { sum, prod, max, min, count, any, all };
DType reduce_exact_type(ReduceExact op, DType operand);  ///< of the result; max and min keep the operand's
/// y[o, i] = reduction over r of x[o, r, i]; n == 0 gives the neutral element (for max and min n >= 1).
void reduce_exact(const Exec& exec, ReduceExact op, DType type, const void* x, void* y, std::int64_t outer,
                  std::int64_t n, std::int64_t inner) noexcept;

/// Index of the largest value in each row of x [rows, cols] (the first of equals; a NaN counts as largest).
template <class T>
void argmax(const Exec& exec, const T* x, std::int64_t* y, std::int64_t rows, std::int64_t cols) noexcept;

/// sqrt of the sum of squares over several arrays, in f64 from per-chunk partial sums: the L2 norm for clipping.
/// scratch: needs 8 * (total chunks) bytes in worker 0's area; see global_norm_scratch.
template <class T>
struct Segment {
  const T* data;
  std::int64_t size;
};
template <class T>
std::size_t global_norm_scratch(const Segment<T>* segments, std::int64_t count);
template <class T>
T global_norm(const Exec& exec, const Segment<T>* segments, std::int64_t count) noexcept;

}  // namespace neuro::kernels
