#pragma once
// Sums over one channel's values, and norms of rows.
#include "kernels/norm_kernels.h"
#include "kernels/vector.inl.h"

namespace neuro::kernels {

/// sums[k] = the sum over the vectors of [0, n) of what f(j, count, out) writes to out[k]; lanes beyond `count` are
/// ignored. Four sums of each run side by side, which hides the latency of addition and shortens them.
template <int kSums, class V, class Arch, class F>
[[gnu::always_inline]] inline void sums_over(std::int64_t n, F f, typename V::value_type* sums) {
  constexpr std::int64_t W = kLanes<V>;
  constexpr int U = 4;
  V part[U][kSums], value[kSums];
  for (int u = 0; u < U; ++u) {
    for (int k = 0; k < kSums; ++k) part[u][k] = V(0);
  }
  std::int64_t j = 0;
  for (; j + U * W <= n; j += U * W) {
    for (int u = 0; u < U; ++u) {
      f(j + u * W, W, value);
      for (int k = 0; k < kSums; ++k) part[u][k] = part[u][k] + value[k];
    }
  }
  for (; j + W <= n; j += W) {
    f(j, W, value);
    for (int k = 0; k < kSums; ++k) part[0][k] = part[0][k] + value[k];
  }
  if (j < n) {
    f(j, n - j, value);
    for (int k = 0; k < kSums; ++k) part[1][k] = part[1][k] + keep_lanes<V, Arch>(value[k], n - j, V(0));
  }
  for (int k = 0; k < kSums; ++k) {
    sums[k] = first_lane<V, Arch>(fold_sum<V, Arch>((part[0][k] + part[1][k]) + (part[2][k] + part[3][k])));
  }
}

template <class T, class Arch>
[[gnu::flatten]] void moments(const T* x, std::int64_t n, RunMoments<T>* result) noexcept {
  using V = Vec<T, Arch>;
  T sum;
  sums_over<1, V, Arch>(
      n, [&](std::int64_t j, std::int64_t count, V* out) { out[0] = load_some<V, Arch>(x + j, count); }, &sum);
  const T centre = sum / static_cast<T>(n);
  const V mu(centre);
  T both[2];
  sums_over<2, V, Arch>(
      n,
      [&](std::int64_t j, std::int64_t count, V* out) {
        out[0] = load_some<V, Arch>(x + j, count) - mu;
        out[1] = out[0] * out[0];
      },
      both);
  *result = {centre, both[0], both[1]};
}

template <class T, class Arch>
[[gnu::flatten]] void affine(const T* x, T mean, T scale, T shift, T* y, std::int64_t n) noexcept {
  using V = Vec<T, Arch>;
  const V mu(mean), a(scale), b(shift);
  std::int64_t j = 0;
  for (; j + kLanes<V> <= n; j += kLanes<V>) {
    fma((V::load_unaligned(x + j) - mu), a, b).store_unaligned(y + j);
  }
  if (j < n) store_partial<V, Arch>(fma((load_partial<V, Arch>(x + j, n - j) - mu), a, b), y + j, n - j);
}

template <class T, class Arch>
[[gnu::flatten]] void sums(const T* gy, const T* x, T mean, std::int64_t n, T* sum, T* product) noexcept {
  using V = Vec<T, Arch>;
  const V mu(mean);
  T both[2];
  sums_over<2, V, Arch>(
      n,
      [&](std::int64_t j, std::int64_t count, V* out) {
        out[0] = load_some<V, Arch>(gy + j, count);
        out[1] = out[0] * (load_some<V, Arch>(x + j, count) - mu);
      },
      both);
  *sum = both[0];
  *product = both[1];
}

template <class T, class Arch>
[[gnu::flatten]] void rms_norm(const T* x, const T* weight, T* y, T* rstd, std::int64_t rows, std::int64_t cols,
                               T eps) noexcept {
  using V = Vec<T, Arch>;
  for (std::int64_t r = 0; r < rows; ++r, x += cols, y += cols) {
    T squares;
    sums_over<1, V, Arch>(
        cols,
        [&](std::int64_t j, std::int64_t count, V* out) {
          const V v = load_some<V, Arch>(x + j, count);
          out[0] = v * v;
        },
        &squares);
    rstd[r] = T(1) / static_cast<T>(__builtin_sqrt(squares / static_cast<T>(cols) + eps));
    const V scale(rstd[r]);
    for (std::int64_t j = 0; j < cols; j += kLanes<V>) {
      V h = load_some<V, Arch>(x + j, cols - j) * scale;
      if (weight != nullptr) h = h * load_some<V, Arch>(weight + j, cols - j);
      store_some<V, Arch>(h, y + j, cols - j);
    }
  }
}

template <class T, class Arch>
[[gnu::flatten]] void rms_norm_backward(const T* gy, const T* x, const T* weight, const T* rstd, T* gx,
                                        std::int64_t rows, std::int64_t cols) noexcept {
  using V = Vec<T, Arch>;
  for (std::int64_t r = 0; r < rows; ++r, gy += cols, x += cols, gx += cols) {
    const V scale(rstd[r]);
    const auto gh = [&](std::int64_t j, std::int64_t count) {
      const V g = load_some<V, Arch>(gy + j, count);
      return weight == nullptr ? g : g * load_some<V, Arch>(weight + j, count);
    };
    T dot;
    sums_over<1, V, Arch>(
        cols,
        [&](std::int64_t j, std::int64_t count, V* out) {
          out[0] = gh(j, count) * (load_some<V, Arch>(x + j, count) * scale);
        },
        &dot);
    const V mean(dot / static_cast<T>(cols));
    for (std::int64_t j = 0; j < cols; j += kLanes<V>) {
      const V h = load_some<V, Arch>(x + j, cols - j) * scale;
      store_some<V, Arch>(scale * (gh(j, cols - j) - h * mean), gx + j, cols - j);
    }
  }
}

template <class T, class Arch>
const NormKernels<T>& norm_kernels() {
  static constexpr NormKernels<T> kernels{&moments<T, Arch>, &affine<T, Arch>, &sums<T, Arch>, &rms_norm<T, Arch>,
                                          &rms_norm_backward<T, Arch>};
  return kernels;
}

}  // namespace neuro::kernels
