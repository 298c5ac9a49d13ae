#include "neuro/kernels/reduce.h"

#include <cmath>
#include <limits>

#include "kernels/row_kernels.h"
#include "ranges.h"

namespace neuro::kernels {
namespace {

template <class T>
T neutral(Reduce op) {
  switch (op) {
    case Reduce::max: return -std::numeric_limits<T>::infinity();
    case Reduce::min: return std::numeric_limits<T>::infinity();
    case Reduce::prod: return T(1);
    default: return T(0);
  }
}

/// Calls f(combine) with the function that combines two partial results; a NaN wins in max and min.
template <class T, class F>
void with_combine(Reduce op, F&& f) {
  switch (op) {
    case Reduce::max: return f([](T a, T b) { return a >= b || a != a ? a : b; });
    case Reduce::min: return f([](T a, T b) { return a <= b || a != a ? a : b; });
    case Reduce::prod: return f([](T a, T b) { return a * b; });
    default: return f([](T a, T b) { return a + b; });
  }
}

/// Combines `count` vectors of n values that follow each other, pairwise; the result is the first vector.
template <class T>
void combine_vectors(Reduce op, T* partials, std::int64_t count, std::int64_t n) {
  with_combine<T>(op, [&](auto combine) {
    for (; count > 1; count = (count + 1) / 2) {
      for (std::int64_t pair = 0; pair < count / 2; ++pair) {
        const T* a = partials + 2 * pair * n;
        const T* b = a + n;
        T* to = partials + pair * n;
        for (std::int64_t j = 0; j < n; ++j) to[j] = combine(a[j], b[j]);
      }
      if (count % 2 == 1) std::copy_n(partials + (count - 1) * n, n, partials + count / 2 * n);
    }
  });
}

std::int64_t chunks_of(std::int64_t n, std::int64_t chunk) { return (n + chunk - 1) / chunk; }

template <class T>
void finish(T* y, std::int64_t n, T divisor) {
  if (divisor != T(1)) {
    for (std::int64_t i = 0; i < n; ++i) y[i] /= divisor;
  }
}

/// inner == 1: every row is a run of contiguous values.
template <class T>
void reduce_runs(const Exec& exec, Reduce op, const T* x, T* y, std::int64_t outer, std::int64_t n, T divisor) {
  const auto leaf = rows_of_table<T>(*exec.table).reduce_run[static_cast<int>(op)];
  if (n <= kReduceChunk) {
    for_ranges(outer, rows_of(kCheapGrain, n), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t o = begin; o < end; ++o) y[o] = leaf(x + o * n, n);
      finish(y + begin, end - begin, divisor);
    });
    return;
  }
  const std::int64_t chunks = chunks_of(n, kReduceChunk);
  T* partials = reinterpret_cast<T*>(exec.scratch);
  for_ranges(outer * chunks, kCheapGrain / kReduceChunk, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t first = i % chunks * kReduceChunk;
      partials[i] = leaf(x + i / chunks * n + first, std::min(kReduceChunk, n - first));
    }
  });
  for (std::int64_t o = 0; o < outer; ++o) y[o] = combine_partials(op, partials + o * chunks, chunks);
  finish(y, outer, divisor);
}

/// inner > 1: rows are added to each other, in blocks of columns so that one large matrix is divided too.
template <class T>
void reduce_matrices(const Exec& exec, Reduce op, const T* x, T* y, std::int64_t outer, std::int64_t n,
                     std::int64_t inner, T divisor) {
  constexpr std::int64_t kBlock = 1024;  // columns: 64 rows of them fill L2's share of one f64 chunk
  const auto leaf = rows_of_table<T>(*exec.table).reduce_rows[static_cast<int>(op)];
  const std::int64_t chunks = chunks_of(n, kReduceRows), blocks = chunks_of(inner, kBlock);
  T* partials = chunks == 1 ? y : reinterpret_cast<T*>(exec.scratch);
  const std::int64_t task_elements = std::min(n, kReduceRows) * std::min(inner, kBlock);
  for_ranges(outer * chunks * blocks, rows_of(kCheapGrain, task_elements), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t column = i % blocks * kBlock, piece = i / blocks;  // piece = outer index * chunks + chunk
      const std::int64_t row = piece % chunks * kReduceRows;
      leaf(x + (piece / chunks * n + row) * inner + column, std::min(kReduceRows, n - row), inner,
           partials + piece * inner + column, std::min(kBlock, inner - column));
    }
  });
  for (std::int64_t o = 0; chunks > 1 && o < outer; ++o) {
    combine_vectors(op, partials + o * chunks * inner, chunks, inner);
    std::copy_n(partials + o * chunks * inner, inner, y + o * inner);
  }
  finish(y, outer * inner, divisor);
}

}  // namespace

template <class T>
T reduce_run(const Table& table, Reduce op, const T* x, std::int64_t n) noexcept {
  return rows_of_table<T>(table).reduce_run[static_cast<int>(op)](x, n);
}

template <class T>
T combine_partials(Reduce op, T* partials, std::int64_t count) noexcept {
  combine_vectors(op, partials, count, 1);
  return partials[0];
}

template <class T>
std::size_t reduce_scratch(std::int64_t outer, std::int64_t n, std::int64_t inner) {
  const std::int64_t chunks = chunks_of(n, inner == 1 ? kReduceChunk : kReduceRows);
  return chunks <= 1 ? 0 : static_cast<std::size_t>(outer * chunks * inner) * sizeof(T);
}

template <class T>
void reduce(const Exec& exec, Reduce op, const T* x, T* y, std::int64_t outer, std::int64_t n, std::int64_t inner,
            T divisor) noexcept {
  if (n == 0) {
    std::fill_n(y, outer * inner, neutral<T>(op) / divisor);
  } else if (inner == 1) {
    reduce_runs(exec, op, x, y, outer, n, divisor);
  } else {
    reduce_matrices(exec, op, x, y, outer, n, inner, divisor);
  }
}

template <class T>
void argmax(const Exec& exec, const T* x, std::int64_t* y, std::int64_t rows, std::int64_t cols) noexcept {
  for_ranges(rows, rows_of(kCheapGrain, cols), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = begin; r < end; ++r) {
      const T* row = x + r * cols;
      const T best = reduce_run(*exec.table, Reduce::max, row, cols);
      const bool nan = best != best;
      std::int64_t at = 0;
      while (at + 1 < cols && !(nan ? row[at] != row[at] : row[at] == best)) ++at;
      y[r] = at;
    }
  });
}

template <class T>
std::size_t global_norm_scratch(const Segment<T>* segments, std::int64_t count) {
  std::int64_t chunks = 0;
  for (std::int64_t s = 0; s < count; ++s) chunks += chunks_of(segments[s].size, kReduceChunk);
  return static_cast<std::size_t>(chunks) * sizeof(double);
}

template <class T>
T global_norm(const Exec& exec, const Segment<T>* segments, std::int64_t count) noexcept {
  const auto leaf = rows_of_table<T>(*exec.table).reduce_run[static_cast<int>(Reduce::sum_squares)];
  double* partials = reinterpret_cast<double*>(exec.scratch);
  std::int64_t total = 0;
  for (std::int64_t s = 0; s < count; ++s) {
    const Segment<T>& segment = segments[s];
    const std::int64_t chunks = chunks_of(segment.size, kReduceChunk);
    for_ranges(chunks, kCheapGrain / kReduceChunk, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t c = begin; c < end; ++c) {
        const std::int64_t first = c * kReduceChunk;
        partials[total + c] =
            static_cast<double>(leaf(segment.data + first, std::min(kReduceChunk, segment.size - first)));
      }
    });
    total += chunks;
  }
  return total == 0 ? T(0) : static_cast<T>(std::sqrt(combine_partials(Reduce::sum, partials, total)));
}

#define NEURO_INSTANTIATE(T)                                                                                     \
  template std::size_t reduce_scratch<T>(std::int64_t, std::int64_t, std::int64_t);                              \
  template void reduce(const Exec&, Reduce, const T*, T*, std::int64_t, std::int64_t, std::int64_t, T) noexcept; \
  template T reduce_run(const Table&, Reduce, const T*, std::int64_t) noexcept;                                  \
  template T combine_partials(Reduce, T*, std::int64_t) noexcept;                                                \
  template void argmax(const Exec&, const T*, std::int64_t*, std::int64_t, std::int64_t) noexcept;               \
  template std::size_t global_norm_scratch(const Segment<T>*, std::int64_t);                                     \
  template T global_norm(const Exec&, const Segment<T>*, std::int64_t) noexcept;
NEURO_INSTANTIATE(float)
NEURO_INSTANTIATE(double)
#undef NEURO_INSTANTIATE

}  // namespace neuro::kernels
