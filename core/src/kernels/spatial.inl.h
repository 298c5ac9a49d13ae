#pragma once
// Windows over single planes: vectors along a row, taps in the inner loop, results in registers.
#include "kernels/spatial_kernels.h"
#include "kernels/vector.inl.h"

namespace neuro::kernels {

template <class T, class Arch>
[[gnu::flatten]] void pad_rows(const PaddedRows<T>& p) noexcept {
  const std::int64_t width = p.stride * p.part;
  for (std::int64_t r = 0; r < p.rows; ++r) {
    T* to = p.to + r * width;
    const std::int64_t at = p.first + r, h = at / p.spread_h;
    const bool inside = at >= 0 && at % p.spread_h == 0 && h < p.H;
    const bool plain = p.stride == 1 && p.spread_w == 1;  // then only the ends remain to be padded
    if (!inside || !plain) {
      for (std::int64_t q = 0; q < width; ++q) to[q] = p.padding;
    }
    if (!inside) continue;
    const T* from = p.plane + h * p.W;
    if (p.stride == 1) {
      // q = before + w spread_w, of which [0, part) is kept
      const std::int64_t begin = p.before >= 0 ? 0 : (-p.before + p.spread_w - 1) / p.spread_w;
      const std::int64_t room = p.part - 1 - p.before, fit = room < 0 ? 0 : room / p.spread_w + 1;
      const std::int64_t end = fit < p.W ? fit : p.W;
      T* out = to + p.before;
      if (plain) {
        for (std::int64_t q = 0; q < p.before && q < width; ++q) to[q] = p.padding;
        for (std::int64_t w = begin; w < end; ++w) out[w] = from[w];
        for (std::int64_t q = p.before + (end > begin ? end : begin); q < width; ++q) to[q] = p.padding;
      } else {
        for (std::int64_t w = begin; w < end; ++w) out[w * p.spread_w] = from[w];
      }
    } else {
      for (std::int64_t s = 0; s < p.stride; ++s) {  // q = s + stride j, w = q - before
        T* out = to + s * p.part;
        const std::int64_t offset = s - p.before;
        const std::int64_t begin = offset >= 0 ? 0 : (-offset + p.stride - 1) / p.stride;
        const std::int64_t last = p.W - 1 - offset, fit = last < 0 ? 0 : last / p.stride + 1;
        const std::int64_t end = fit < p.part ? fit : p.part;
        if (p.stride == 2) {
          for (std::int64_t j = begin; j < end; ++j) out[j] = from[offset + 2 * j];
        } else {
          for (std::int64_t j = begin; j < end; ++j) out[j] = from[offset + p.stride * j];
        }
      }
    }
  }
}

/// R vectors of `count` lanes, in_step apart in the input and out_step in the output, of O outputs.
template <class T, class Arch, int R, int O>
[[gnu::always_inline]] inline void direct_tile(const DirectRows<T>& p, const T* in, std::int64_t in_step,
                                               std::int64_t o, std::int64_t out, std::int64_t out_step,
                                               std::int64_t count) {
  using V = Vec<T, Arch>;
  V sum[O][R];
  for (int k = 0; k < O; ++k) {
    for (int i = 0; i < R; ++i) {
      sum[k][i] = p.accumulate ? load_some<V, Arch>(p.y + (o + k) * p.y_output + out + i * out_step, count) : V(0);
    }
  }
  const T* w = p.w + o * p.w_output;
  for (std::int64_t kh = 0; kh < p.KH; ++kh, in += p.tap_step) {
    for (std::int64_t kw = 0; kw < p.KW; ++kw, ++w) {
      V x[R];
      for (int i = 0; i < R; ++i) x[i] = V::load_unaligned(in + p.column[kw] + i * in_step);
      for (int k = 0; k < O; ++k) {
        const V tap(w[k * p.w_output]);
        for (int i = 0; i < R; ++i) sum[k][i] = fma(tap, x[i], sum[k][i]);
      }
    }
  }
  for (int k = 0; k < O; ++k) {
    for (int i = 0; i < R; ++i) {
      store_some<V, Arch>(sum[k][i], p.y + (o + k) * p.y_output + out + i * out_step, count);
    }
  }
}

template <class T, class Arch, int O>
[[gnu::always_inline]] inline void direct_outputs(const DirectRows<T>& p, std::int64_t o) {
  constexpr std::int64_t W = kLanes<Vec<T, Arch>>;
  std::int64_t r = 0;
  for (; r + 4 <= p.rows; r += 4) {
    for (std::int64_t j = 0; j < p.OW; j += W)
      direct_tile<T, Arch, 4, O>(p, p.in + r * p.row_step + j, p.row_step, o, r * p.OW + j, p.OW, p.OW - j);
  }
  for (; r < p.rows; ++r) {
    std::int64_t j = 0;
    for (; j + 4 * W <= p.OW; j += 4 * W)
      direct_tile<T, Arch, 4, O>(p, p.in + r * p.row_step + j, W, o, r * p.OW + j, W, W);
    for (; j < p.OW; j += W) direct_tile<T, Arch, 1, O>(p, p.in + r * p.row_step + j, W, o, r * p.OW + j, W, p.OW - j);
  }
}

template <class T, class Arch>
[[gnu::flatten]] void direct_rows(const DirectRows<T>& p) noexcept {
  std::int64_t o = 0;
  for (; o + 2 <= p.outputs; o += 2) direct_outputs<T, Arch, 2>(p, o);
  if (o < p.outputs) direct_outputs<T, Arch, 1>(p, o);
}

/// K neighbouring taps of row kh of one output's weight gradient.
template <class T, class Arch, int K>
[[gnu::always_inline]] inline void direct_taps(const DirectRows<T>& p, const T* gy, std::int64_t kh, std::int64_t kw,
                                               T* g) {
  using V = Vec<T, Arch>;
  constexpr std::int64_t W = kLanes<V>;
  V even[K], odd[K];  // two sums each hide the latency of the addition
  for (int k = 0; k < K; ++k) even[k] = odd[k] = V(0);
  const T* in = p.in + kh * p.tap_step;
  for (std::int64_t r = 0; r < p.rows; ++r, in += p.row_step, gy += p.OW) {
    std::int64_t j = 0;
    for (; j + 2 * W <= p.OW; j += 2 * W) {
      const V g0 = V::load_unaligned(gy + j), g1 = V::load_unaligned(gy + j + W);
      for (int k = 0; k < K; ++k) {
        even[k] = fma(g0, V::load_unaligned(in + p.column[kw + k] + j), even[k]);
        odd[k] = fma(g1, V::load_unaligned(in + p.column[kw + k] + j + W), odd[k]);
      }
    }
    for (; j < p.OW; j += W) {
      const std::int64_t count = p.OW - j;
      const V g0 = load_some<V, Arch>(gy + j, count);
      for (int k = 0; k < K; ++k) even[k] = fma(g0, load_some<V, Arch>(in + p.column[kw + k] + j, count), even[k]);
    }
  }
  for (int k = 0; k < K; ++k) g[k] += first_lane<V, Arch>(fold_sum<V, Arch>(even[k] + odd[k]));
}

template <class T, class Arch>
[[gnu::flatten]] void direct_weights(const DirectWeights<T>& p) noexcept {
  const DirectRows<T>& at = p.at;
  for (std::int64_t o = 0; o < at.outputs; ++o) {
    const T* gy = p.gy + o * at.y_output;
    for (std::int64_t kh = 0; kh < at.KH; ++kh) {
      T* g = p.g + o * at.w_output + kh * at.KW;
      std::int64_t kw = 0;
      for (; kw + 5 <= at.KW; kw += 5) direct_taps<T, Arch, 5>(at, gy, kh, kw, g + kw);
      if (kw + 3 <= at.KW) {
        direct_taps<T, Arch, 3>(at, gy, kh, kw, g + kw);
        kw += 3;
      }
      for (; kw < at.KW; ++kw) direct_taps<T, Arch, 1>(at, gy, kh, kw, g + kw);
    }
  }
}

/// R vectors of `count` lanes, in_step apart in the input and out_step in the output.
template <class T, class Arch, int R>
[[gnu::always_inline]] inline void max_tile(const MaxRows<T>& p, const T* in, std::int64_t in_step, std::int64_t out,
                                            std::int64_t out_step, std::int64_t count) {
  using V = Vec<T, Arch>;
  V best[R], tap[R];
  for (int i = 0; i < R; ++i) {
    best[i] =
        p.at.accumulate ? load_some<V, Arch>(p.at.y + out + i * out_step, count) : V(-static_cast<T>(__builtin_inf()));
    tap[i] = p.at.accumulate ? load_some<V, Arch>(p.tap + out + i * out_step, count) : V(T(-1));
  }
  std::int64_t number = p.first_tap;
  for (std::int64_t kh = 0; kh < p.at.KH; ++kh, in += p.at.tap_step) {
    for (std::int64_t kw = 0; kw < p.at.KW; ++kw, ++number) {
      const V this_tap(static_cast<T>(number));
      for (int i = 0; i < R; ++i) {
        const V v = V::load_unaligned(in + p.at.column[kw] + i * in_step);
        const auto take = (v > best[i]) | ((!(v == v)) & (best[i] == best[i]));
        best[i] = xsimd::select(take, v, best[i]);
        tap[i] = xsimd::select(take, this_tap, tap[i]);
      }
    }
  }
  for (int i = 0; i < R; ++i) {
    store_some<V, Arch>(best[i], p.at.y + out + i * out_step, count);
    store_some<V, Arch>(tap[i], p.tap + out + i * out_step, count);
  }
}

template <class T, class Arch>
[[gnu::flatten]] void max_rows(const MaxRows<T>& p) noexcept {
  constexpr std::int64_t W = kLanes<Vec<T, Arch>>;
  const DirectRows<T>& at = p.at;
  std::int64_t r = 0;
  for (; r + 4 <= at.rows; r += 4) {
    for (std::int64_t j = 0; j < at.OW; j += W)
      max_tile<T, Arch, 4>(p, at.in + r * at.row_step + j, at.row_step, r * at.OW + j, at.OW, at.OW - j);
  }
  for (; r < at.rows; ++r) {
    std::int64_t j = 0;
    for (; j + 4 * W <= at.OW; j += 4 * W) max_tile<T, Arch, 4>(p, at.in + r * at.row_step + j, W, r * at.OW + j, W, W);
    for (; j < at.OW; j += W) max_tile<T, Arch, 1>(p, at.in + r * at.row_step + j, W, r * at.OW + j, W, at.OW - j);
  }
}

template <class T, class Arch>
const SpatialKernels<T>& spatial_kernels() {
  static constexpr SpatialKernels<T> kernels{kLanes<Vec<T, Arch>>, &pad_rows<T, Arch>, &max_rows<T, Arch>,
                                             &direct_rows<T, Arch>, &direct_weights<T, Arch>};
  return kernels;
}

}  // namespace neuro::kernels
