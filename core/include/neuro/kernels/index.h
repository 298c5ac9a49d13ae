#pragma once
// Elements and slices picked or written by an index. Tensors are contiguous [outer, n, inner]; an index of the same
// rank is [outer, m, inner] and addresses the middle axis of its own lane; an index of one axis is [m] and addresses
// whole slices. Functions that return a position return the first in `index` that is outside [0, n), or -1; such
// elements read as zero and write nothing.
#include <cstddef>
#include <cstdint>

#include "neuro/kernels/exec.h"

namespace neuro::kernels {

/// The sizes of one call.
struct Lanes {
  std::int64_t outer = 1, n = 1, m = 1, inner = 1;
};

/// y[o, j, i] = x[o, index[o, j, i], i]; elements of 1, 4 or 8 bytes.
std::int64_t gather(const Exec& exec, std::size_t element_bytes, const Lanes& lanes, const void* x,
                    const std::int64_t* index, void* y) noexcept;
/// y[o, index[o, j, i], i] = x[o, j, i], j increasing, so that the last of several that meet stays.
std::int64_t scatter(const Exec& exec, std::size_t element_bytes, const Lanes& lanes, const void* x,
                     const std::int64_t* index, void* y) noexcept;
/// y[o, j, i] = x[o, index[o, j, i], i] where `scatter` with this index keeps element j, else 0: its transpose.
std::size_t gather_kept_scratch(const Lanes& lanes);
template <class T>
std::int64_t gather_kept(const Exec& exec, const Lanes& lanes, const T* x, const std::int64_t* index, T* y) noexcept;
/// y[o, index[o, j, i], i] += x[o, j, i], j increasing, from zeros (the transpose of gather) or onto what y holds.
enum class SumOnto : std::uint8_t { zeros, y };
template <class T>
std::int64_t scatter_sum(const Exec& exec, const Lanes& lanes, const T* x, const std::int64_t* index, T* y,
                         SumOnto onto = SumOnto::zeros) noexcept;

/// y[o, j, :] = x[o, index[j], :]; elements of 1, 4 or 8 bytes.
std::int64_t select(const Exec& exec, std::size_t element_bytes, const Lanes& lanes, const void* x,
                    const std::int64_t* index, void* y) noexcept;
/// y[o, index[j], :] += x[o, j, :], j increasing, from zeros (the transpose of select) or onto what y holds.
template <class T>
std::int64_t select_sum(const Exec& exec, const Lanes& lanes, const T* x, const std::int64_t* index, T* y,
                        SumOnto onto = SumOnto::zeros) noexcept;

/// y [m, n] = 1 at (j, index[j]), else 0.
template <class T>
std::int64_t one_hot(const Exec& exec, const std::int64_t* index, std::int64_t m, std::int64_t n, T* y) noexcept;

}  // namespace neuro::kernels
