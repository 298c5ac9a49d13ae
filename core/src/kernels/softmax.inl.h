#pragma once
// Softmax and cross-entropy of rows.
#include "kernels/math.inl.h"

namespace neuro::kernels {

/// The largest value of a row (its NaNs aside), in every lane.
template <class V, class Arch, class T>
[[gnu::always_inline]] inline V row_max(const T* x, std::int64_t n) {
  const V lowest(-static_cast<T>(__builtin_inf()));
  V best = lowest;
  std::int64_t j = 0;
  for (; j + kLanes<V> <= n; j += kLanes<V>) best = xsimd::max(V::load_unaligned(x + j), best);
  if (j < n) best = xsimd::max(keep_lanes<V, Arch>(load_partial<V, Arch>(x + j, n - j), n - j, lowest), best);
  return fold_max<V, Arch>(best);
}

/// Calls f(j, count) for each vector of a row; the lanes beyond `count` of what it returns are ignored. Returns the
/// sum in every lane.
template <class V, class Arch, class F>
[[gnu::always_inline]] inline V row_sum(std::int64_t n, F f) {
  V sum(0);
  std::int64_t j = 0;
  for (; j + kLanes<V> <= n; j += kLanes<V>) sum = sum + f(j, kLanes<V>);
  if (j < n) sum = sum + keep_lanes<V, Arch>(f(j, n - j), n - j, V(0));
  return fold_sum<V, Arch>(sum);
}

/// Calls f(j, count) for each vector of a row.
template <class V, class F>
[[gnu::always_inline]] inline void row_each(std::int64_t n, F f) {
  std::int64_t j = 0;
  for (; j + kLanes<V> <= n; j += kLanes<V>) f(j, kLanes<V>);
  if (j < n) f(j, n - j);
}

template <class T, class Arch>
[[gnu::flatten]] void softmax(const T* x, T* y, std::int64_t rows, std::int64_t cols) noexcept {
  using V = Vec<T, Arch>;
  for (std::int64_t r = 0; r < rows; ++r, x += cols, y += cols) {
    const V top = row_max<V, Arch>(x, cols);
    const V sum = row_sum<V, Arch>(cols, [&](std::int64_t j, std::int64_t count) {
      const V e = math::exp(load_some<V, Arch>(x + j, count) - top);
      store_some<V, Arch>(e, y + j, count);
      return e;
    });
    const V scale = V(1) / sum;
    row_each<V>(cols, [&](std::int64_t j, std::int64_t count) {
      store_some<V, Arch>(load_some<V, Arch>(y + j, count) * scale, y + j, count);
    });
  }
}

template <class T, class Arch>
[[gnu::flatten]] void softmax_backward(const T* gy, const T* y, T* gx, std::int64_t rows, std::int64_t cols) noexcept {
  using V = Vec<T, Arch>;
  for (std::int64_t r = 0; r < rows; ++r, gy += cols, y += cols, gx += cols) {
    const V dot = row_sum<V, Arch>(cols, [&](std::int64_t j, std::int64_t count) {
      return load_some<V, Arch>(gy + j, count) * load_some<V, Arch>(y + j, count);
    });
    row_each<V>(cols, [&](std::int64_t j, std::int64_t count) {
      store_some<V, Arch>(load_some<V, Arch>(y + j, count) * (load_some<V, Arch>(gy + j, count) - dot), gx + j, count);
    });
  }
}

template <class T, class Arch>
[[gnu::flatten]] void log_softmax(const T* x, T* y, std::int64_t rows, std::int64_t cols) noexcept {
  using V = Vec<T, Arch>;
  for (std::int64_t r = 0; r < rows; ++r, x += cols, y += cols) {
    const V top = row_max<V, Arch>(x, cols);
    const V log_sum = math::log(row_sum<V, Arch>(
        cols, [&](std::int64_t j, std::int64_t count) { return math::exp(load_some<V, Arch>(x + j, count) - top); }));
    row_each<V>(cols, [&](std::int64_t j, std::int64_t count) {
      store_some<V, Arch>((load_some<V, Arch>(x + j, count) - top) - log_sum, y + j, count);
    });
  }
}

template <class T, class Arch>
[[gnu::flatten]] void log_softmax_backward(const T* gy, const T* y, T* gx, std::int64_t rows,
                                           std::int64_t cols) noexcept {
  using V = Vec<T, Arch>;
  for (std::int64_t r = 0; r < rows; ++r, gy += cols, y += cols, gx += cols) {
    const V sum =
        row_sum<V, Arch>(cols, [&](std::int64_t j, std::int64_t count) { return load_some<V, Arch>(gy + j, count); });
    row_each<V>(cols, [&](std::int64_t j, std::int64_t count) {
      store_some<V, Arch>(load_some<V, Arch>(gy + j, count) - math::exp(load_some<V, Arch>(y + j, count)) * sum, gx + j,
                          count);
    });
  }
}

template <class T, class Arch>
[[gnu::flatten]] void softmax_cross_entropy(const T* x, const std::int64_t* target, T* loss, T* grad, std::int64_t rows,
                                            std::int64_t cols, std::int64_t ignore_index) noexcept {
  using V = Vec<T, Arch>;
  for (std::int64_t r = 0; r < rows; ++r, x += cols, grad += cols) {
    const std::int64_t t = target[r];
    if (t == ignore_index || t < 0 || t >= cols) {
      const T value = t == ignore_index ? T(0) : static_cast<T>(__builtin_nan(""));
      loss[r] = value;
      row_each<V>(cols, [&](std::int64_t j, std::int64_t count) { store_some<V, Arch>(V(value), grad + j, count); });
      continue;
    }
    const V top = row_max<V, Arch>(x, cols);
    const V at_target = V(x[t]) - top;
    const V sum = row_sum<V, Arch>(cols, [&](std::int64_t j, std::int64_t count) {
      const V e = math::exp(load_some<V, Arch>(x + j, count) - top);
      store_some<V, Arch>(e, grad + j, count);
      return e;
    });
    const V scale = V(1) / sum;
    row_each<V>(cols, [&](std::int64_t j, std::int64_t count) {
      store_some<V, Arch>(load_some<V, Arch>(grad + j, count) * scale, grad + j, count);
    });
    grad[t] = grad[t] - T(1);
    loss[r] = first_lane<V, Arch>(math::log(sum) - at_target);
  }
}

}  // namespace neuro::kernels
