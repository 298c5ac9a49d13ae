#pragma once
// Layer norm of rows.
#include "kernels/softmax.inl.h"

namespace neuro::kernels {

template <class T, class Arch>
[[gnu::flatten]] void layer_norm(const T* x, const T* weight, const T* bias, T* y, T* mean, T* rstd, std::int64_t rows,
                                 std::int64_t cols, T eps) noexcept {
  using V = Vec<T, Arch>;
  const V n(static_cast<T>(cols));
  for (std::int64_t r = 0; r < rows; ++r, x += cols, y += cols) {
    const V mu =
        row_sum<V, Arch>(cols, [&](std::int64_t j, std::int64_t count) { return load_some<V, Arch>(x + j, count); }) /
        n;
    const V var = row_sum<V, Arch>(cols,
                                   [&](std::int64_t j, std::int64_t count) {
                                     const V d = load_some<V, Arch>(x + j, count) - mu;
                                     return d * d;
                                   }) /
                  n;
    const V scale = V(1) / xsimd::sqrt(var + V(eps));
    row_each<V>(cols, [&](std::int64_t j, std::int64_t count) {
      V h = (load_some<V, Arch>(x + j, count) - mu) * scale;
      if (weight != nullptr) h = h * load_some<V, Arch>(weight + j, count);
      if (bias != nullptr) h = h + load_some<V, Arch>(bias + j, count);
      store_some<V, Arch>(h, y + j, count);
    });
    mean[r] = first_lane<V, Arch>(mu);
    rstd[r] = first_lane<V, Arch>(scale);
  }
}

template <class T, class Arch>
[[gnu::flatten]] void layer_norm_backward(const T* gy, const T* x, const T* weight, const T* mean, const T* rstd, T* gx,
                                          std::int64_t rows, std::int64_t cols) noexcept {
  using V = Vec<T, Arch>;
  const V n(static_cast<T>(cols));
  for (std::int64_t r = 0; r < rows; ++r, gy += cols, x += cols, gx += cols) {
    const V mu(mean[r]), scale(rstd[r]);
    const auto gh = [&](std::int64_t j, std::int64_t count) {
      const V g = load_some<V, Arch>(gy + j, count);
      return weight == nullptr ? g : g * load_some<V, Arch>(weight + j, count);
    };
    const auto h = [&](std::int64_t j, std::int64_t count) { return (load_some<V, Arch>(x + j, count) - mu) * scale; };
    const V mean_g = row_sum<V, Arch>(cols, gh) / n;
    const V mean_gh =
        row_sum<V, Arch>(cols, [&](std::int64_t j, std::int64_t count) { return gh(j, count) * h(j, count); }) / n;
    row_each<V>(cols, [&](std::int64_t j, std::int64_t count) {
      store_some<V, Arch>(scale * (gh(j, count) - mean_g - h(j, count) * mean_gh), gx + j, count);
    });
  }
}

}  // namespace neuro::kernels
