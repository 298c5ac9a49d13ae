#include "neuro/kernels/scan.h"

#include <cmath>
#include <limits>

#include "ranges.h"

namespace neuro::kernels {
namespace {

// A recurrence waits for its own last result, so many lanes advance together: columns of a matrix (neighbours, which
// the compiler turns into vectors), or rows (8 streams that the processor prefetches).
constexpr std::int64_t kColumns = 256, kRows = 8;

/// Calls body(first element, lanes, step between lanes, step along the axis) for blocks that cover [outer, n, inner].
template <class Body>
void for_lanes(std::int64_t outer, std::int64_t n, std::int64_t inner, Body&& body) {
  if (inner == 1) {
    for_ranges(outer, std::max(kRows, rows_of(kCheapGrain, n) / kRows * kRows),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t o = begin; o < end; o += kRows) body(o * n, std::min(kRows, end - o), n, 1);
               });
    return;
  }
  const std::int64_t blocks = (inner + kColumns - 1) / kColumns;
  for_ranges(outer * blocks, rows_of(kCheapGrain, n * std::min(inner, kColumns)),
             [&](std::int64_t begin, std::int64_t end) {
               for (std::int64_t task = begin; task < end; ++task) {
                 const std::int64_t column = task % blocks * kColumns;
                 body(task / blocks * n * inner + column, std::min(kColumns, inner - column), 1, inner);
               }
             });
}

/// step(r, l, at): one element of lane l at position r; `at` is its offset from the block's first.
template <class Step>
void walk(std::int64_t lanes, std::int64_t across, std::int64_t n, std::int64_t along, ScanFrom from,
          const Step& step) {
  const bool back = from == ScanFrom::end;
  for (std::int64_t k = 0; k < n; ++k) {
    const std::int64_t r = back ? n - 1 - k : k;
    if (across == 1) {
      for (std::int64_t l = 0; l < lanes; ++l) step(r, l, r * along + l);
    } else {
      for (std::int64_t l = 0; l < lanes; ++l) step(r, l, r * along + l * across);
    }
  }
}

double log_add_exp(double a, double b) {
  const double high = a < b ? b : a, low = a < b ? a : b;
  if (high == low && std::isinf(high)) return high;  // inf - inf is no number
  return a != a || b != b ? a + b : high + std::log1p(std::exp(low - high));
}

template <class T, class Combine>
void scan_with(ScanFrom from, double start, const T* x, T* y, std::int64_t outer, std::int64_t n, std::int64_t inner,
               const Combine& combine) {
  for_lanes(outer, n, inner, [&](std::int64_t first, std::int64_t lanes, std::int64_t across, std::int64_t along) {
    double state[kColumns];
    std::fill_n(state, lanes, start);
    const T* source = x + first;
    T* target = y + first;
    walk(lanes, across, n, along, from, [&](std::int64_t, std::int64_t l, std::int64_t at) {
      state[l] = combine(state[l], static_cast<double>(source[at]));
      target[at] = static_cast<T>(state[l]);
    });
  });
}

}  // namespace

template <class T>
void scan(const Exec&, Scan op, ScanFrom from, const T* x, T* y, std::int64_t outer, std::int64_t n,
          std::int64_t inner) noexcept {
  switch (op) {
    case Scan::sum: return scan_with(from, 0, x, y, outer, n, inner, [](double a, double b) { return a + b; });
    case Scan::prod: return scan_with(from, 1, x, y, outer, n, inner, [](double a, double b) { return a * b; });
    case Scan::logsumexp:
      return scan_with(from, -std::numeric_limits<double>::infinity(), x, y, outer, n, inner, log_add_exp);
  }
}

template <class T>
void scan_extreme(const Exec&, bool largest, const T* x, T* y, std::int64_t* index, std::int64_t outer, std::int64_t n,
                  std::int64_t inner) noexcept {
  for_lanes(outer, n, inner, [&](std::int64_t first, std::int64_t lanes, std::int64_t across, std::int64_t along) {
    T best[kColumns];
    std::int64_t where[kColumns];
    walk(lanes, across, n, along, ScanFrom::start, [&](std::int64_t r, std::int64_t l, std::int64_t at) {
      const T value = x[first + at];
      const bool wins = r == 0 || value != value || (largest ? value >= best[l] : value <= best[l]);
      best[l] = wins ? value : best[l];
      where[l] = wins ? r : where[l];
      y[first + at] = best[l];
      index[first + at] = where[l];
    });
  });
}

template <class T>
void linear_recurrence(const Exec&, ScanFrom from, const T* a, const T* b, T* y, std::int64_t outer, std::int64_t n,
                       std::int64_t inner) noexcept {
  for_lanes(outer, n, inner, [&](std::int64_t first, std::int64_t lanes, std::int64_t across, std::int64_t along) {
    double state[kColumns] = {};
    const std::int64_t start = from == ScanFrom::start ? 0 : n - 1;
    walk(lanes, across, n, along, from, [&](std::int64_t r, std::int64_t l, std::int64_t at) {
      // The first factor meets no value: 0 times it would turn an infinity into NaN.
      const double carried = r == start ? 0 : static_cast<double>(a[first + at]) * state[l];
      state[l] = carried + static_cast<double>(b[first + at]);
      y[first + at] = static_cast<T>(state[l]);
    });
  });
}

#define NEURO_INSTANTIATE(T)                                                                                        \
  template void scan(const Exec&, Scan, ScanFrom, const T*, T*, std::int64_t, std::int64_t, std::int64_t) noexcept; \
  template void scan_extreme(const Exec&, bool, const T*, T*, std::int64_t*, std::int64_t, std::int64_t,            \
                             std::int64_t) noexcept;                                                                \
  template void linear_recurrence(const Exec&, ScanFrom, const T*, const T*, T*, std::int64_t, std::int64_t,        \
                                  std::int64_t) noexcept;
NEURO_INSTANTIATE(float)
NEURO_INSTANTIATE(double)
#undef NEURO_INSTANTIATE

}  // namespace neuro::kernels
