#pragma once
// Elements set out anew where strides cannot express it: padding by an axis's own elements, triangles, overlapping
// windows. Tensors are contiguous [outer, n, inner]. Sums run in the order of their elements on any number of threads.
#include <cstddef>
#include <cstdint>

#include "neuro/kernels/exec.h"

namespace neuro::kernels {

/// Where an element beyond an end comes from: mirrored without the edge (before and after < n), the edge itself
/// (n >= 1), or around from the other end (before and after <= n).
enum class Edge : std::uint8_t { reflect, replicate, circular };

struct EdgePad {
  std::int64_t outer, n, inner, before, after;
  Edge edge;
  std::int64_t padded() const { return before + n + after; }
};

/// y [outer, before + n + after, inner]; elements of 1, 4 or 8 bytes.
void pad_edge(const Exec& exec, std::size_t element_bytes, const EdgePad& pad, const void* x, void* y) noexcept;
/// gx [outer, n, inner]: every element of gy is added to where pad_edge took it from.
template <class T>
void pad_edge_backward(const Exec& exec, const EdgePad& pad, const T* gy, T* gx) noexcept;

/// Copies the elements of [rows, columns] matrices with column - row <= k (or >= k when `upper`), and zeros the others.
void triangle(const Exec& exec, std::size_t element_bytes, bool upper, std::int64_t k, std::int64_t count,
              std::int64_t rows, std::int64_t columns, const void* x, void* y) noexcept;

/// gx [outer, n, inner]: element w, i, k of gy [outer, windows, inner, size] is added at w * step + k.
struct Windows {
  std::int64_t outer, n, inner, size, step;
  std::int64_t count() const { return (n - size) / step + 1; }
};
template <class T>
void unfold_backward(const Exec& exec, const Windows& windows, const T* gy, T* gx) noexcept;

}  // namespace neuro::kernels
