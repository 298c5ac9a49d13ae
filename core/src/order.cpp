#include "neuro/kernels/order.h"

#include <algorithm>
#include <bit>
#include <type_traits>
#include <utility>

#include "ranges.h"

namespace neuro::kernels {
namespace {

template <class T>
using KeyOf = std::conditional_t<sizeof(T) == 8, std::uint64_t, std::uint32_t>;

/// An unsigned number in the order of the elements.
template <class T>
KeyOf<T> key_of(T x) {
  using Key = KeyOf<T>;
  constexpr Key kSign = Key(1) << (8 * sizeof(Key) - 1);
  if constexpr (std::is_same_v<T, bool>) {
    return x;
  } else if constexpr (std::is_integral_v<T>) {
    return static_cast<Key>(x) ^ kSign;
  } else {
    if (x != x) return ~Key(0);
    const Key bits = std::bit_cast<Key>(x + T(0));  // -0 becomes 0
    return (bits & kSign) != 0 ? ~bits : bits | kSign;
  }
}

/// An element's key and where it stood, which decides among equals.
template <class Key>
struct Item {
  Key key;
  std::uint32_t at;
  bool operator<(const Item& other) const { return key != other.key ? key < other.key : at < other.at; }
};

template <class F>
void with_type(DType type, F&& f) {
  switch (type) {
    case DType::f32: return f(float{});
    case DType::f64: return f(double{});
    case DType::i64: return f(std::int64_t{});
    case DType::i32: return f(std::int32_t{});
    case DType::boolean: return f(bool{});
    case DType::bf16: return;  // recording refuses it
  }
}

/// Least significant byte first; each pass keeps the order of equals. Bytes in which all keys agree are skipped.
template <class Key>
void radix_sort(Item<Key>* items, Item<Key>* spare, std::int64_t n) {
  constexpr int kPasses = sizeof(Key);
  std::uint32_t counts[kPasses][256] = {};
  for (std::int64_t i = 0; i < n; ++i) {
    for (int p = 0; p < kPasses; ++p) ++counts[p][items[i].key >> (8 * p) & 255u];
  }
  Item<Key>* from = items;
  Item<Key>* to = spare;
  for (int p = 0; p < kPasses; ++p) {
    if (counts[p][from[0].key >> (8 * p) & 255u] == static_cast<std::uint32_t>(n)) continue;
    std::uint32_t next = 0;
    for (std::uint32_t& count : counts[p]) next += std::exchange(count, next);
    for (std::int64_t i = 0; i < n; ++i) to[counts[p][from[i].key >> (8 * p) & 255u]++] = from[i];
    std::swap(from, to);
  }
  if (from != items) std::copy_n(from, n, items);
}

// Below this many elements the passes over 256 counters cost more than comparisons.
constexpr std::int64_t kRadixFrom = 128;

/// Space for the first k of a row of n: twice as many items as are wanted, so that thinning them out is rare.
std::int64_t candidates(std::int64_t cols, std::int64_t k) {
  return std::min(cols, std::max<std::int64_t>(2 * k, 256));
}

/// The k smallest of a row, in order, at the start of `items`, which holds `room` of them.
template <class T>
void smallest(const T* row, std::int64_t cols, KeyOf<T> flip, std::int64_t k, Item<KeyOf<T>>* items,
              std::int64_t room) {
  using Key = KeyOf<T>;
  std::int64_t count = 0;
  const auto thin = [&] {
    if (count > k) std::nth_element(items, items + (k - 1), items + count);
    count = std::min(count, k);
  };
  Key limit = 0;  // of the items so far the k-th smallest: later ones must be below
  bool full = false;
  for (std::int64_t j = 0; j < cols; ++j) {
    const Key key = key_of(row[j]) ^ flip;
    if (full && key >= limit) continue;
    items[count++] = {key, static_cast<std::uint32_t>(j)};
    if (count == room && j + 1 < cols) {
      thin();
      limit = items[k - 1].key;
      full = true;
    }
  }
  thin();
  std::sort(items, items + count);
}

/// Values and positions of the first k items.
template <class T>
void put(const T* row, const Item<KeyOf<T>>* items, std::int64_t k, T* y, std::int64_t* index) {
  for (std::int64_t j = 0; j < k; ++j) {
    y[j] = row[items[j].at];
    index[j] = items[j].at;
  }
}

/// About the work of one comparison sort, in elements of cheap work.
std::int64_t sort_grain(std::int64_t cols) { return rows_of(kCheapGrain / 8, cols); }

/// Calls body(row, worker) for every row.
template <class Body>
void for_rows(std::int64_t rows, std::int64_t grain, Body&& body) {
  parallel_for((rows + grain - 1) / grain, [&](std::int64_t chunk, int worker) {
    for (std::int64_t r = chunk * grain; r < std::min(rows, (chunk + 1) * grain); ++r) body(r, worker);
  });
}

}  // namespace

std::size_t sort_scratch(DType type, std::int64_t cols) {
  std::size_t bytes = 0;
  with_type(type, [&]<class T>(T) { bytes = 2 * static_cast<std::size_t>(cols) * sizeof(Item<KeyOf<T>>); });
  return bytes;
}

void sort(const Exec& exec, DType type, bool descending, const void* x, void* y, std::int64_t* index, std::int64_t rows,
          std::int64_t cols) noexcept {
  if (rows * cols == 0) return;
  with_type(type, [&]<class T>(T) {
    using Key = KeyOf<T>;
    const Key flip = descending ? ~Key(0) : Key(0);
    for_rows(rows, sort_grain(cols), [&](std::int64_t r, int worker) {
      const T* row = static_cast<const T*>(x) + r * cols;
      auto* items = reinterpret_cast<Item<Key>*>(exec.of(worker));
      for (std::int64_t j = 0; j < cols; ++j) items[j] = {key_of(row[j]) ^ flip, static_cast<std::uint32_t>(j)};
      if (cols < kRadixFrom) {
        std::sort(items, items + cols);
      } else {
        radix_sort(items, items + cols, cols);
      }
      put(row, items, cols, static_cast<T*>(y) + r * cols, index + r * cols);
    });
  });
}

std::size_t topk_scratch(DType type, std::int64_t cols, std::int64_t k) {
  std::size_t bytes = 0;
  with_type(type, [&]<class T>(T) { bytes = static_cast<std::size_t>(candidates(cols, k)) * sizeof(Item<KeyOf<T>>); });
  return bytes;
}

void topk(const Exec& exec, DType type, bool largest, const void* x, void* y, std::int64_t* index, std::int64_t rows,
          std::int64_t cols, std::int64_t k) noexcept {
  if (rows * k == 0) return;
  with_type(type, [&]<class T>(T) {
    using Key = KeyOf<T>;
    const Key flip = largest ? ~Key(0) : Key(0);
    for_rows(rows, rows_of(kCheapGrain / 2, cols), [&](std::int64_t r, int worker) {
      const T* row = static_cast<const T*>(x) + r * cols;
      auto* items = reinterpret_cast<Item<Key>*>(exec.of(worker));
      smallest(row, cols, flip, k, items, candidates(cols, k));
      put(row, items, k, static_cast<T*>(y) + r * k, index + r * k);
    });
  });
}

}  // namespace neuro::kernels
