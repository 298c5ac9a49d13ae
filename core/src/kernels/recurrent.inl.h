#pragma once
// The pointwise part of recurrent cells: one pass over the gates. The formulas stand in <neuro/kernels/recurrent.h>.
#include "kernels/sequence_kernels.h"
#include "kernels/softmax.inl.h"

namespace neuro::kernels {

/// A load at p[offset + j], or zeros when p is null.
template <class V, class Arch, class T>
[[gnu::always_inline]] inline V load_or_zero(const T* p, std::int64_t j, std::int64_t count) {
  return p == nullptr ? V(0) : load_some<V, Arch>(p + j, count);
}

template <bool is_tanh, class V>
[[gnu::always_inline]] inline V squash(V x) {
  if constexpr (is_tanh) {
    return math::tanh(x);
  } else {
    return math::sigmoid(x);
  }
}

/// Derivative of squash, from its value.
template <bool is_tanh, class V>
[[gnu::always_inline]] inline V squash_slope(V y) {
  if constexpr (is_tanh) {
    return V(1) - y * y;
  } else {
    return y * (V(1) - y);
  }
}

template <bool swapped, class T, class Arch>
[[gnu::flatten]] void lstm_cell(const CellStep<T>& s) noexcept {
  using V = Vec<T, Arch>;
  const std::int64_t n = s.units;
  for (std::int64_t r = 0; r < s.rows; ++r) {
    const T *x = s.gates_x + r * 4 * n, *h = s.gates_h + r * 4 * n, *c = s.c + r * n;
    T *next_h = s.next_h + r * n, *next_c = s.next_c + r * n, *saved = s.saved + r * 4 * n;
    row_each<V>(n, [&](std::int64_t j, std::int64_t count) {
      const auto gate = [&](std::int64_t k) __attribute__((always_inline)) {
        return load_some<V, Arch>(x + k * n + j, count) + load_some<V, Arch>(h + k * n + j, count);
      };
      const V i = math::sigmoid(gate(0)), f = squash<swapped>(gate(1)), g = squash<!swapped>(gate(2));
      const V o = math::sigmoid(gate(3));
      const V cell = f * load_some<V, Arch>(c + j, count) + i * g;
      store_some<V, Arch>(cell, next_c + j, count);
      store_some<V, Arch>(o * math::tanh(cell), next_h + j, count);
      store_some<V, Arch>(i, saved + j, count);
      store_some<V, Arch>(f, saved + n + j, count);
      store_some<V, Arch>(g, saved + 2 * n + j, count);
      store_some<V, Arch>(o, saved + 3 * n + j, count);
    });
  }
}

template <bool swapped, class T, class Arch>
[[gnu::flatten]] void lstm_cell_backward(const CellGradient<T>& s) noexcept {
  using V = Vec<T, Arch>;
  const std::int64_t n = s.units;
  for (std::int64_t r = 0; r < s.rows; ++r) {
    const T *saved = s.saved + r * 4 * n, *c = s.c + r * n, *next_c = s.next_c + r * n;
    const T* gy = s.gy == nullptr ? nullptr : s.gy + r * n;
    const T* gc = s.gc == nullptr ? nullptr : s.gc + r * n;
    const T* gsaved = s.gsaved == nullptr ? nullptr : s.gsaved + r * 4 * n;
    T *dh = s.dh + r * n, *dc = s.dc + r * n, *to = s.gates_x + r * 4 * n;
    row_each<V>(n, [&](std::int64_t j, std::int64_t count) {
      const V i = load_some<V, Arch>(saved + j, count), f = load_some<V, Arch>(saved + n + j, count);
      const V g = load_some<V, Arch>(saved + 2 * n + j, count), o = load_some<V, Arch>(saved + 3 * n + j, count);
      const V squashed = math::tanh(load_some<V, Arch>(next_c + j, count));
      const V gh = load_some<V, Arch>(dh + j, count) + load_or_zero<V, Arch>(gy, j, count);
      const V cell = load_some<V, Arch>(dc + j, count) + load_or_zero<V, Arch>(gc, j, count) +
                     gh * o * (V(1) - squashed * squashed);
      const V di = cell * g + load_or_zero<V, Arch>(gsaved, j, count);
      const V df = cell * load_some<V, Arch>(c + j, count) + load_or_zero<V, Arch>(gsaved, n + j, count);
      const V dg = cell * i + load_or_zero<V, Arch>(gsaved, 2 * n + j, count);
      const V go = gh * squashed + load_or_zero<V, Arch>(gsaved, 3 * n + j, count);
      store_some<V, Arch>(di * squash_slope<false>(i), to + j, count);
      store_some<V, Arch>(df * squash_slope<swapped>(f), to + n + j, count);
      store_some<V, Arch>(dg * squash_slope<!swapped>(g), to + 2 * n + j, count);
      store_some<V, Arch>(go * squash_slope<false>(o), to + 3 * n + j, count);
      store_some<V, Arch>(cell * f, dc + j, count);
      store_some<V, Arch>(V(0), dh + j, count);
    });
  }
}

template <class T, class Arch>
[[gnu::flatten]] void gru_cell(const CellStep<T>& s) noexcept {
  using V = Vec<T, Arch>;
  const std::int64_t n = s.units;
  for (std::int64_t r = 0; r < s.rows; ++r) {
    const T *x = s.gates_x + r * 3 * n, *g = s.gates_h + r * 3 * n, *h = s.h + r * n;
    T *next_h = s.next_h + r * n, *saved = s.saved + r * 4 * n;
    row_each<V>(n, [&](std::int64_t j, std::int64_t count) {
      const V reset = math::sigmoid(load_some<V, Arch>(x + j, count) + load_some<V, Arch>(g + j, count));
      const V keep = math::sigmoid(load_some<V, Arch>(x + n + j, count) + load_some<V, Arch>(g + n + j, count));
      const V inner = load_some<V, Arch>(g + 2 * n + j, count);
      const V fresh = math::tanh(load_some<V, Arch>(x + 2 * n + j, count) + reset * inner);
      store_some<V, Arch>(fresh + keep * (load_some<V, Arch>(h + j, count) - fresh), next_h + j, count);
      store_some<V, Arch>(reset, saved + j, count);
      store_some<V, Arch>(keep, saved + n + j, count);
      store_some<V, Arch>(fresh, saved + 2 * n + j, count);
      store_some<V, Arch>(inner, saved + 3 * n + j, count);
    });
  }
}

template <class T, class Arch>
[[gnu::flatten]] void gru_cell_backward(const CellGradient<T>& s) noexcept {
  using V = Vec<T, Arch>;
  const std::int64_t n = s.units;
  for (std::int64_t r = 0; r < s.rows; ++r) {
    const T *saved = s.saved + r * 4 * n, *h = s.h + r * n;
    const T* gy = s.gy == nullptr ? nullptr : s.gy + r * n;
    const T* gsaved = s.gsaved == nullptr ? nullptr : s.gsaved + r * 4 * n;
    T *dh = s.dh + r * n, *to_x = s.gates_x + r * 3 * n, *to_h = s.gates_h + r * 3 * n;
    row_each<V>(n, [&](std::int64_t j, std::int64_t count) {
      const V reset = load_some<V, Arch>(saved + j, count), keep = load_some<V, Arch>(saved + n + j, count);
      const V fresh = load_some<V, Arch>(saved + 2 * n + j, count),
              inner = load_some<V, Arch>(saved + 3 * n + j, count);
      const V gh = load_some<V, Arch>(dh + j, count) + load_or_zero<V, Arch>(gy, j, count);
      const V gfresh = gh * (V(1) - keep) + load_or_zero<V, Arch>(gsaved, 2 * n + j, count);
      const V gkeep = gh * (load_some<V, Arch>(h + j, count) - fresh) + load_or_zero<V, Arch>(gsaved, n + j, count);
      const V sum = gfresh * squash_slope<true>(fresh);  // of n_x + reset inner
      const V greset = sum * inner + load_or_zero<V, Arch>(gsaved, j, count);
      const V dr = greset * squash_slope<false>(reset), dz = gkeep * squash_slope<false>(keep);
      store_some<V, Arch>(dr, to_x + j, count);
      store_some<V, Arch>(dr, to_h + j, count);
      store_some<V, Arch>(dz, to_x + n + j, count);
      store_some<V, Arch>(dz, to_h + n + j, count);
      store_some<V, Arch>(sum, to_x + 2 * n + j, count);
      store_some<V, Arch>(sum * reset + load_or_zero<V, Arch>(gsaved, 3 * n + j, count), to_h + 2 * n + j, count);
      store_some<V, Arch>(gh * keep, dh + j, count);
    });
  }
}

template <bool relu, class T, class Arch>
[[gnu::flatten]] void rnn_cell(const CellStep<T>& s) noexcept {
  using V = Vec<T, Arch>;
  row_each<V>(s.rows * s.units, [&](std::int64_t j, std::int64_t count) {
    const V a = load_some<V, Arch>(s.gates_x + j, count) + load_some<V, Arch>(s.gates_h + j, count);
    // max returns its second operand when that is NaN
    store_some<V, Arch>(relu ? xsimd::max(V(0), a) : math::tanh(a), s.next_h + j, count);
  });
}

template <bool relu, class T, class Arch>
[[gnu::flatten]] void rnn_cell_backward(const CellGradient<T>& s) noexcept {
  using V = Vec<T, Arch>;
  row_each<V>(s.rows * s.units, [&](std::int64_t j, std::int64_t count) {
    const V y = load_some<V, Arch>(s.next_h + j, count);
    const V gh = load_some<V, Arch>(s.dh + j, count) + load_or_zero<V, Arch>(s.gy, j, count);
    store_some<V, Arch>(relu ? xsimd::select(y > V(0), gh, V(0)) : gh * (V(1) - y * y), s.gates_x + j, count);
    store_some<V, Arch>(V(0), s.dh + j, count);
  });
}

}  // namespace neuro::kernels
