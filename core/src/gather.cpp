#include "neuro/kernels/gather.h"

#include <atomic>
#include <cmath>
#include <cstring>

#include "kernels/row_kernels.h"
#include "ranges.h"

namespace neuro::kernels {
namespace {

struct Axis {
  std::int64_t size, from, to;  ///< elements, and the strides of both sides
};

/// The axes of a copy with those of size 1 dropped and neighbours that step alike merged; at least one remains.
struct Axes {
  Axis axis[kMaxRank + 1];
  int count = 0;

  Axes(const Shape& shape, const Strides& from, const Strides* to) {
    for (int i = 0; i < shape.rank(); ++i) {
      const auto at = static_cast<std::size_t>(i);
      const Axis next{shape[i], from[at], to == nullptr ? 0 : (*to)[at]};
      if (next.size == 1) continue;
      Axis* last = count == 0 ? nullptr : &axis[count - 1];
      if (last != nullptr && last->from == next.from * next.size &&
          (to == nullptr || last->to == next.to * next.size)) {
        *last = {last->size * next.size, next.from, next.to};
      } else {
        axis[count++] = next;
      }
    }
    if (count == 0) axis[count++] = {1, 1, 1};
  }
};

template <class T>
void copy_run(const T* from, std::int64_t step, std::int64_t n, T* to) {
  if (step == 1) {
    if (n >= 32) {
      std::memcpy(to, from, static_cast<std::size_t>(n) * sizeof(T));
    } else {
      for (std::int64_t i = 0; i < n; ++i) to[i] = from[i];
    }
  } else if (step == 0) {
    std::fill_n(to, n, *from);
  } else {
    for (std::int64_t i = 0; i < n; ++i) to[i] = from[i * step];
  }
}

/// to[r * n + j] = from[r * row_step + j * step].
template <class T>
void copy_block(const T* from, std::int64_t row_step, std::int64_t rows, std::int64_t step, std::int64_t n, T* to) {
  if (row_step == 0) {  // one row repeated, such as a bias: copy what is there already, doubling it
    copy_run(from, step, n, to);
    for (std::int64_t done = n, total = rows * n; done < total; done *= 2) {
      std::memcpy(to + done, to, static_cast<std::size_t>(std::min(done, total - done)) * sizeof(T));
    }
  } else if (step != 0 && step != 1 && row_step == 1) {  // a transpose: tiles of 16 keep the lines of both sides in L1
    constexpr std::int64_t kTile = 16;
    for (std::int64_t r0 = 0; r0 < rows; r0 += kTile) {
      const std::int64_t r1 = std::min(rows, r0 + kTile);
      for (std::int64_t j0 = 0; j0 < n; j0 += kTile) {
        const std::int64_t j1 = std::min(n, j0 + kTile);
        for (std::int64_t r = r0; r < r1; ++r) {
          for (std::int64_t j = j0; j < j1; ++j) to[r * n + j] = from[r + j * step];
        }
      }
    }
  } else {
    for (std::int64_t r = 0; r < rows; ++r) copy_run(from + r * row_step, step, n, to + r * n);
  }
}

template <class T>
void gather_typed(const Axes& axes, const T* from, std::int64_t begin, std::int64_t end, T* to) {
  const Axis inner = axes.axis[axes.count - 1];
  if (axes.count == 1) return copy_run(from + begin * inner.from, inner.from, end - begin, to);
  const Axis outer = axes.axis[axes.count - 2];
  const std::int64_t n = inner.size;
  while (begin < end) {
    const std::int64_t row = begin / n, column = begin - row * n;
    std::int64_t rest = row / outer.size;
    const std::int64_t r = row - rest * outer.size;
    const T* base = from + r * outer.from;
    for (int a = axes.count - 3; a >= 0; --a) {
      base += rest % axes.axis[a].size * axes.axis[a].from;
      rest /= axes.axis[a].size;
    }
    std::int64_t written;
    if (column != 0 || end - begin < n) {
      written = std::min(n - column, end - begin);
      copy_run(base + column * inner.from, inner.from, written, to);
    } else {
      const std::int64_t rows = std::min(outer.size - r, (end - begin) / n);
      copy_block(base, outer.from, rows, inner.from, n, to);
      written = rows * n;
    }
    begin += written;
    to += written;
  }
}

/// Rows [begin, end) of a copy whose two sides are both strided; a row is the innermost axis.
template <class T>
void copy_rows(const Axes& axes, const T* from, T* to, std::int64_t begin, std::int64_t end) {
  const Axis inner = axes.axis[axes.count - 1];
  std::int64_t index[kMaxRank] = {};
  std::int64_t rest = begin;
  for (int a = axes.count - 2; a >= 0; --a) {
    index[a] = rest % axes.axis[a].size;
    rest /= axes.axis[a].size;
    from += index[a] * axes.axis[a].from;
    to += index[a] * axes.axis[a].to;
  }
  for (std::int64_t row = begin; row < end; ++row) {
    if (inner.to == 1) {
      copy_run(from, inner.from, inner.size, to);
    } else {
      for (std::int64_t i = 0; i < inner.size; ++i) to[i * inner.to] = from[i * inner.from];
    }
    for (int a = axes.count - 2; a >= 0; --a) {
      from += axes.axis[a].from;
      to += axes.axis[a].to;
      if (++index[a] < axes.axis[a].size) break;
      from -= axes.axis[a].from * axes.axis[a].size;
      to -= axes.axis[a].to * axes.axis[a].size;
      index[a] = 0;
    }
  }
}

/// Calls f with a value of the unsigned type of that many bytes: a copy needs no other property of the elements.
template <class F>
void with_bytes(std::size_t bytes, F&& f) {
  if (bytes == 4) return f(std::uint32_t{});
  if (bytes == 8) return f(std::uint64_t{});
  if (bytes == 2) return f(std::uint16_t{});
  f(std::uint8_t{});
}

template <class F>
void with_dtype(DType type, F&& f) {
  switch (type) {
    case DType::f32: return f(float{});
    case DType::f64: return f(double{});
    case DType::i64: return f(std::int64_t{});
    case DType::i32: return f(std::int32_t{});
    case DType::boolean: return f(bool{});
    case DType::bf16: return f(bf16{});
  }
}

}  // namespace

void copy(const Exec&, std::size_t element_bytes, const Shape& shape, const void* from, const Strides& from_strides,
          void* to, const Strides& to_strides) noexcept {
  const std::int64_t total = shape.elements();
  if (total == 0) return;
  const Axes axes(shape, from_strides, &to_strides);
  with_bytes(element_bytes, [&]<class T>(T) {
    const T* source = static_cast<const T*>(from);
    T* target = static_cast<T*>(to);
    std::int64_t step = 1;
    bool contiguous = true;
    for (int a = axes.count - 1; a >= 0; --a) {
      contiguous = contiguous && axes.axis[a].to == step;
      step *= axes.axis[a].size;
    }
    if (contiguous) {
      for_ranges(total, kCheapGrain,
                 [&](std::int64_t begin, std::int64_t end) { gather_typed(axes, source, begin, end, target + begin); });
    } else {
      const std::int64_t n = axes.axis[axes.count - 1].size;
      for_ranges(total / n, rows_of(kCheapGrain, n),
                 [&](std::int64_t begin, std::int64_t end) { copy_rows(axes, source, target, begin, end); });
    }
  });
}

void gather_range(std::size_t element_bytes, const Shape& shape, const void* from, const Strides& strides,
                  std::int64_t begin, std::int64_t end, void* to) noexcept {
  if (begin >= end) return;
  const Axes axes(shape, strides, nullptr);
  with_bytes(element_bytes,
             [&]<class T>(T) { gather_typed(axes, static_cast<const T*>(from), begin, end, static_cast<T*>(to)); });
}

void convert(const Exec&, DType from_type, const void* from, DType to_type, void* to, std::int64_t n) noexcept {
  with_dtype(from_type, [&]<class From>(From) {
    with_dtype(to_type, [&]<class To>(To) {
      const From* source = static_cast<const From*>(from);
      To* target = static_cast<To*>(to);
      for_ranges(n, kCheapGrain, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
          if constexpr (std::is_same_v<To, bool>) {
            target[i] = source[i] != From{};
          } else {
            target[i] = static_cast<To>(source[i]);
          }
        }
      });
    });
  });
}

void fill(const Exec&, DType type, void* to, double value, std::int64_t n) noexcept {
  with_dtype(type, [&]<class T>(T) {
    T* target = static_cast<T*>(to);
    T element;
    if constexpr (std::is_same_v<T, bool>) {
      element = value != 0;
    } else {
      element = static_cast<T>(value);
    }
    for_ranges(n, 4 * kCheapGrain,
               [&](std::int64_t begin, std::int64_t end) { std::fill(target + begin, target + end, element); });
  });
}

template <class T>
std::int64_t gather_rows(const Exec&, const T* table, std::int64_t table_rows, std::int64_t cols,
                         const std::int64_t* index, std::int64_t rows, T* y) noexcept {
  std::atomic<std::int64_t> first_bad{rows};
  for_ranges(rows, rows_of(kCheapGrain, cols), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = begin; r < end; ++r) {
      T* to = y + r * cols;
      if (index[r] >= 0 && index[r] < table_rows) {
        std::copy_n(table + index[r] * cols, cols, to);
      } else {
        std::fill_n(to, cols, T(0));
        std::int64_t known = first_bad.load(std::memory_order_relaxed);
        while (r < known && !first_bad.compare_exchange_weak(known, r, std::memory_order_relaxed)) {
        }
      }
    }
  });
  return first_bad < rows ? first_bad.load() : -1;
}

template <class T>
void scatter_add_rows(const Exec& exec, const T* gy, const std::int64_t* index, std::int64_t rows, std::int64_t cols,
                      T* g, std::int64_t table_rows, std::int64_t skip) noexcept {
  fill(exec, dtype_of<T>, g, 0, table_rows * cols);
  // Divided by columns, never by rows: every sum then runs over r in order.
  const std::int64_t grain = std::max<std::int64_t>(64 / sizeof(T), rows_of(kCheapGrain, rows));
  for_ranges(cols, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = 0; r < rows; ++r) {
      if (index[r] == skip) continue;
      const T* from = gy + r * cols;
      T* to = g + index[r] * cols;
      for (std::int64_t j = begin; j < end; ++j) to[j] += from[j];
    }
  });
}

template <class T>
void dropout_mask(const Exec& exec, T* y, std::int64_t n, double p, std::uint64_t seed, std::uint64_t stream,
                  std::uint64_t step, std::uint64_t first_element) noexcept {
  const std::uint64_t key = seed ^ (stream >> 32);  // as RandomStream
  const MaskDraw draw{{static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32)},
                      static_cast<std::uint32_t>(step),
                      static_cast<std::uint32_t>(stream),
                      first_element,
                      static_cast<std::uint32_t>(std::ceil(p * 0x1p24))};
  const T keep = p < 1 ? static_cast<T>(1 / (1 - p)) : T(0);
  for_ranges(n, kCostlyGrain, [&](std::int64_t begin, std::int64_t end) {
    MaskDraw part = draw;
    part.first_element += static_cast<std::uint64_t>(begin);
    rows_of_table<T>(*exec.table).dropout_mask(part, keep, y + begin, end - begin);
  });
}

#define NEURO_INSTANTIATE(T)                                                                                     \
  template void scatter_add_rows(const Exec&, const T*, const std::int64_t*, std::int64_t, std::int64_t, T*,     \
                                 std::int64_t, std::int64_t) noexcept;                                           \
  template std::int64_t gather_rows(const Exec&, const T*, std::int64_t, std::int64_t, const std::int64_t*,      \
                                    std::int64_t, T*) noexcept;                                                  \
  template void dropout_mask(const Exec&, T*, std::int64_t, double, std::uint64_t, std::uint64_t, std::uint64_t, \
                             std::uint64_t) noexcept;
NEURO_INSTANTIATE(float)
NEURO_INSTANTIATE(double)
#undef NEURO_INSTANTIATE

}  // namespace neuro::kernels
