#pragma once
// The rows of attention's score tiles.
#include "kernels/sequence_kernels.h"
#include "kernels/softmax.inl.h"

namespace neuro::kernels {

/// Keys that row i of a tile sees.
template <class T, class Arch>
[[gnu::always_inline]] inline std::int64_t seen_keys(const ScoreTile<T>& t, std::int64_t i) {
  const std::int64_t n = t.seen + i;
  return n < 0 ? 0 : n > t.cols ? t.cols : n;
}

template <class T, class Arch>
[[gnu::always_inline]] inline void hide_keys(const ScoreTile<T>& t, T* s, std::int64_t seen) {
  using V = Vec<T, Arch>;
  row_each<V>(t.cols - seen,
              [&](std::int64_t j, std::int64_t count) { store_some<V, Arch>(V(0), s + seen + j, count); });
}

template <class T, class Arch>
[[gnu::flatten]] void attention_softmax(const ScoreTile<T>& t, T* top, T* sum, T* y, std::int64_t width) noexcept {
  using V = Vec<T, Arch>;
  const T lowest = -static_cast<T>(__builtin_inf());
  for (std::int64_t i = 0; i < t.rows; ++i) {
    T* const s = t.scores + i * t.ld;
    const std::int64_t n = seen_keys<T, Arch>(t, i);
    if (t.bias != nullptr) {
      const T* const bias = t.bias + i * t.bias_ld;
      row_each<V>(n, [&](std::int64_t j, std::int64_t count) {
        store_some<V, Arch>(load_some<V, Arch>(s + j, count) + load_some<V, Arch>(bias + j, count), s + j, count);
      });
    }
    const V best = xsimd::max(row_max<V, Arch>(s, n), V(top[i]));
    // Nothing but -inf so far: its exponentials are to be 0, not exp(-inf + inf).
    const V shift = xsimd::select(best == V(lowest), V(0), best);
    const V added = row_sum<V, Arch>(n, [&](std::int64_t j, std::int64_t count) {
      const V e = math::exp(load_some<V, Arch>(s + j, count) - shift);
      store_some<V, Arch>(e, s + j, count);
      return e;
    });
    hide_keys<T, Arch>(t, s, n);
    const T now = first_lane<V, Arch>(best);
    if (y != nullptr && top[i] != now) {
      const V factor = math::exp(V(top[i]) - shift);
      T* const row = y + i * width;
      row_each<V>(width, [&](std::int64_t j, std::int64_t count) {
        store_some<V, Arch>(load_some<V, Arch>(row + j, count) * factor, row + j, count);
      });
      sum[i] = first_lane<V, Arch>(V(sum[i]) * factor);
    }
    top[i] = now;
    sum[i] = first_lane<V, Arch>(V(sum[i]) + added);
  }
}

template <class T, class Arch>
[[gnu::flatten]] void attention_finish(const T* top, const T* sum, T* y, T* lse, std::int64_t rows,
                                       std::int64_t width) noexcept {
  using V = Vec<T, Arch>;
  for (std::int64_t i = 0; i < rows; ++i, y += width) {
    const bool nothing = sum[i] == T(0);
    const V factor = nothing ? V(0) : V(1) / V(sum[i]);
    lse[i] = nothing ? T(0) : first_lane<V, Arch>(V(top[i]) + math::log(V(sum[i])));
    row_each<V>(width, [&](std::int64_t j, std::int64_t count) {
      store_some<V, Arch>(load_some<V, Arch>(y + j, count) * factor, y + j, count);
    });
  }
}

template <class T, class Arch>
[[gnu::flatten]] void attention_weights(const ScoreTile<T>& t, const T* lse) noexcept {
  using V = Vec<T, Arch>;
  for (std::int64_t i = 0; i < t.rows; ++i) {
    T* const s = t.scores + i * t.ld;
    const std::int64_t n = seen_keys<T, Arch>(t, i);
    const V shift(lse[i]);
    if (t.bias != nullptr) {
      const T* const bias = t.bias + i * t.bias_ld;
      row_each<V>(n, [&](std::int64_t j, std::int64_t count) {
        const V x = load_some<V, Arch>(s + j, count) + load_some<V, Arch>(bias + j, count);
        store_some<V, Arch>(math::exp(x - shift), s + j, count);
      });
    } else {
      row_each<V>(n, [&](std::int64_t j, std::int64_t count) {
        store_some<V, Arch>(math::exp(load_some<V, Arch>(s + j, count) - shift), s + j, count);
      });
    }
    hide_keys<T, Arch>(t, s, n);
  }
}

template <class T, class Arch>
[[gnu::flatten]] void attention_slope(const T* weight, T* slope, const T* delta, std::int64_t rows, std::int64_t cols,
                                      std::int64_t ld) noexcept {
  using V = Vec<T, Arch>;
  for (std::int64_t i = 0; i < rows; ++i, weight += ld, slope += ld) {
    const V d(delta[i]);
    row_each<V>(cols, [&](std::int64_t j, std::int64_t count) {
      store_some<V, Arch>(load_some<V, Arch>(weight + j, count) * (load_some<V, Arch>(slope + j, count) - d), slope + j,
                          count);
    });
  }
}

template <class T, class Arch>
void attention_bias(const std::uint8_t* allowed, T* to, std::int64_t n) noexcept {
  const T hidden = -static_cast<T>(__builtin_inf());
  for (std::int64_t i = 0; i < n; ++i) to[i] = allowed[i] != 0 ? T(0) : hidden;
}

}  // namespace neuro::kernels
