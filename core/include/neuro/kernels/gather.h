#pragma once
// Data movement: strided copies, conversion, embedding rows, random masks.
#include <cstddef>
#include <cstdint>

#include "neuro/dtype.h"
#include "neuro/kernels/exec.h"
#include "neuro/shape.h"

namespace neuro::kernels {

/// Copies a strided tensor into a strided tensor of the same shape and element size (1, 2, 4 or 8 bytes).
/// Strides in elements. The two must not overlap.
void copy(const Exec& exec, std::size_t element_bytes, const Shape& shape, const void* from,
          const Strides& from_strides, void* to, const Strides& to_strides) noexcept;

/// The part [begin, end) of a strided tensor's row-major order, written contiguously to `to`: how tile programs read
/// broadcast and strided inputs. Serial.
void gather_range(std::size_t element_bytes, const Shape& shape, const void* from, const Strides& strides,
                  std::int64_t begin, std::int64_t end, void* to) noexcept;

/// Contiguous conversion of n elements between types (to integers: toward zero; to boolean: != 0; to bf16: by
/// way of f32, to the nearest even).
void convert(const Exec& exec, DType from_type, const void* from, DType to_type, void* to, std::int64_t n) noexcept;

/// Sets n contiguous elements to a value.
void fill(const Exec& exec, DType type, void* to, double value, std::int64_t n) noexcept;

/// y[r, :] = table[index[r], :]. Returns the first r whose index is outside [0, table_rows), or -1; such rows are
/// zeros.
template <class T>
std::int64_t gather_rows(const Exec& exec, const T* table, std::int64_t table_rows, std::int64_t cols,
                         const std::int64_t* index, std::int64_t rows, T* y) noexcept;
/// g[index[r], :] += gy[r, :], from zero, rows in increasing r for each table row: bits do not depend on threads.
/// Indices are valid. `skip` is an index that receives nothing (padding_idx), or -1.
template <class T>
void scatter_add_rows(const Exec& exec, const T* gy, const std::int64_t* index, std::int64_t rows, std::int64_t cols,
                      T* g, std::int64_t table_rows, std::int64_t skip) noexcept;

/// y[i] = 0 with probability p, else 1 / (1 - p), from the random stream (seed, stream, step) at elements
/// first_element + i. p in [0, 1]; p == 1 gives zeros.
template <class T>
void dropout_mask(const Exec& exec, T* y, std::int64_t n, double p, std::uint64_t seed, std::uint64_t stream,
                  std::uint64_t step, std::uint64_t first_element) noexcept;

}  // namespace neuro::kernels
