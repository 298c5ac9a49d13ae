#pragma once
// Leaves of the reduction trees.
#include "kernels/arithmetic.inl.h"
#include "kernels/vector.inl.h"

namespace neuro::kernels {

// A reduction: its neutral value, what is done to an element first, and how two results combine.
struct SumOp {
  static constexpr double neutral = 0;
  template <class V>
  static V map(V x) {
    return x;
  }
  template <class V>
  static V combine(V a, V b) {
    return a + b;
  }
};
struct MaxOp {
  static constexpr double neutral = -__builtin_inf();
  template <class V>
  static V map(V x) {
    return x;
  }
  template <class V>
  static V combine(V a, V b) {
    return formula::Maximum{}(a, b);
  }
};
struct MinOp {
  static constexpr double neutral = __builtin_inf();
  template <class V>
  static V map(V x) {
    return x;
  }
  template <class V>
  static V combine(V a, V b) {
    return formula::Minimum{}(a, b);
  }
};
struct ProdOp {
  static constexpr double neutral = 1;
  template <class V>
  static V map(V x) {
    return x;
  }
  template <class V>
  static V combine(V a, V b) {
    return a * b;
  }
};
struct SumSquaresOp : SumOp {
  template <class V>
  static V map(V x) {
    return x * x;
  }
};

template <class Op, class T, class Arch>
[[gnu::flatten]] T reduce_run(const T* x, std::int64_t n) noexcept {
  using V = Vec<T, Arch>;
  constexpr std::int64_t W = kLanes<V>, U = 8;  // 8 accumulators hide the latency of addition and shorten the sums
  const V neutral(static_cast<T>(Op::neutral));
  V total = neutral;
  std::int64_t i = 0;
  if (n >= U * W) {
    V part[U];
    for (int u = 0; u < U; ++u) part[u] = Op::map(V::load_unaligned(x + u * W));
    for (i = U * W; i + U * W <= n; i += U * W) {
      for (int u = 0; u < U; ++u) part[u] = Op::combine(part[u], Op::map(V::load_unaligned(x + i + u * W)));
    }
    for (int step = 1; step < U; step *= 2) {
      for (int u = 0; u < U; u += 2 * step) part[u] = Op::combine(part[u], part[u + step]);
    }
    total = part[0];
  }
  for (; i + W <= n; i += W) total = Op::combine(total, Op::map(V::load_unaligned(x + i)));
  if (i < n) {
    total = Op::combine(total, keep_lanes<V, Arch>(Op::map(load_partial<V, Arch>(x + i, n - i)), n - i, neutral));
  }
  return first_lane<V, Arch>(fold<V, Arch>(total, [](V a, V b) { return Op::combine(a, b); }));
}

/// Columns [j, j + U vectors) of reduce_rows; `count` of the last vector's lanes are used.
template <class Op, class T, class Arch, int U>
[[gnu::always_inline]] inline void reduce_strip(const T* x, std::int64_t rows, std::int64_t stride, T* y,
                                                std::int64_t count) {
  using V = Vec<T, Arch>;
  constexpr std::int64_t W = kLanes<V>;
  V part[U];
  for (int u = 0; u < U; ++u) part[u] = V(static_cast<T>(Op::neutral));
  for (std::int64_t r = 0; r < rows; ++r, x += stride) {
    for (int u = 0; u < U; ++u) {
      part[u] = Op::combine(part[u], Op::map(load_some<V, Arch>(x + u * W, u + 1 == U ? count : W)));
    }
  }
  for (int u = 0; u < U; ++u) store_some<V, Arch>(part[u], y + u * W, u + 1 == U ? count : W);
}

template <class Op, class T, class Arch>
[[gnu::flatten]] void reduce_rows(const T* x, std::int64_t rows, std::int64_t stride, T* y, std::int64_t n) noexcept {
  constexpr std::int64_t W = kLanes<Vec<T, Arch>>;
  std::int64_t j = 0;
  for (; j + 4 * W <= n; j += 4 * W) reduce_strip<Op, T, Arch, 4>(x + j, rows, stride, y + j, W);
  for (; j + W <= n; j += W) reduce_strip<Op, T, Arch, 1>(x + j, rows, stride, y + j, W);
  if (j < n) reduce_strip<Op, T, Arch, 1>(x + j, rows, stride, y + j, n - j);
}

}  // namespace neuro::kernels
