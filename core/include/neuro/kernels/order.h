#pragma once
// Sorting and selection along contiguous rows, stable: of equal elements the one that comes first stays first. Elements
// are f32, f64, i64, i32 or boolean. -0 equals 0; a NaN is larger than every number.
#include <cstddef>
#include <cstdint>

#include "neuro/dtype.h"
#include "neuro/kernels/exec.h"

namespace neuro::kernels {

inline constexpr std::int64_t kMaxSortedColumns = std::int64_t{1} << 32;

/// The elements of each row of x [rows, cols] in order, and where each of them stood.
std::size_t sort_scratch(DType type, std::int64_t cols);
void sort(const Exec& exec, DType type, bool descending, const void* x, void* y, std::int64_t* index, std::int64_t rows,
          std::int64_t cols) noexcept;

/// The first k of what `sort` gives, without sorting the rest.
std::size_t topk_scratch(DType type, std::int64_t cols, std::int64_t k);
void topk(const Exec& exec, DType type, bool largest, const void* x, void* y, std::int64_t* index, std::int64_t rows,
          std::int64_t cols, std::int64_t k) noexcept;

}  // namespace neuro::kernels
