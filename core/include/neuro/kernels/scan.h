#pragma once
// Running results along an axis: cumulative sums, products and extremes, linear recurrences.
#include <cstddef>
#include <cstdint>

#include "neuro/kernels/exec.h"

namespace neuro {
/// Where a running result begins: at the first element of the axis, or at the last and backwards.
enum class ScanFrom : std::uint8_t { start, end };
}  // namespace neuro

namespace neuro::kernels {

enum class Scan : std::uint8_t { sum, prod, logsumexp };

/// y[o, r, i] = x[o, 0, i] op ... op x[o, r, i] (reverse: x[o, r, i] op ... op x[o, n - 1, i]); contiguous
/// [outer, n, inner]. One by one in that order, in f64 whatever T is, and rounded once an element:
/// error of sums: |y - exact| <= eps |y| + n 2^-53 sum |x|.
template <class T>
void scan(const Exec& exec, Scan op, ScanFrom from, const T* x, T* y, std::int64_t outer, std::int64_t n,
          std::int64_t inner) noexcept;

/// The largest (or smallest) element so far and its position on the axis: the last of equals; a NaN stays.
template <class T>
void scan_extreme(const Exec& exec, bool largest, const T* x, T* y, std::int64_t* index, std::int64_t outer,
                  std::int64_t n, std::int64_t inner) noexcept;

/// y[r] = a[r] y[r - 1] + b[r] from y[-1] = 0 (reverse: y[r] = a[r] y[r + 1] + b[r] from y[n] = 0), along the middle
/// axis of contiguous [outer, n, inner]; in f64, rounded once an element.
template <class T>
void linear_recurrence(const Exec& exec, ScanFrom from, const T* a, const T* b, T* y, std::int64_t outer,
                       std::int64_t n, std::int64_t inner) noexcept;

}  // namespace neuro::kernels
