#pragma once
// Pooling of one plane. Whole output rows are swept once for each tap of the window, so that the inner loops run along
// the row and vectorise.
#include "neuro/kernels/pool.h"

namespace neuro::kernels {

/// The outputs [begin, end) along an axis whose tap reads inside [0, size): tap reads at out * stride + offset.
struct TapRange {
  std::int64_t begin, end;
};

template <class Arch>
[[gnu::always_inline]] inline TapRange tap_range(std::int64_t size, std::int64_t outputs, std::int64_t stride,
                                                 std::int64_t offset) {
  const std::int64_t begin = offset >= 0 ? 0 : (-offset + stride - 1) / stride;
  const std::int64_t last = size - 1 - offset;  // out * stride <= last
  const std::int64_t end = last < 0 ? 0 : last / stride + 1;
  return {begin, end < outputs ? end : outputs};
}

/// Calls f(input offset of the tap at output column 0, columns whose tap lies inside) for each tap of output row oh.
template <class Arch, class F>
[[gnu::always_inline]] inline void for_each_tap(const Pool2d& p, std::int64_t oh, F f) {
  for (std::int64_t kh = 0; kh < p.KH; ++kh) {
    const std::int64_t h = oh * p.stride_h + kh * p.dilation_h - p.top;
    if (h < 0 || h >= p.H) continue;
    for (std::int64_t kw = 0; kw < p.KW; ++kw) {
      const std::int64_t offset = kw * p.dilation_w - p.left;
      f(h * p.W + offset, tap_range<Arch>(p.W, p.OW, p.stride_w, offset));
    }
  }
}

/// Runs the loop body with a stride that the compiler knows, where it is a common one.
template <class Arch, class F>
[[gnu::always_inline]] inline void with_stride(std::int64_t stride, F f) {
  if (stride == 1) {
    f([](std::int64_t i) __attribute__((always_inline)) { return i; });
  } else if (stride == 2) {
    f([](std::int64_t i) __attribute__((always_inline)) { return 2 * i; });
  } else {
    f([stride](std::int64_t i) __attribute__((always_inline)) { return stride * i; });
  }
}

template <class T, class Arch>
[[gnu::flatten]] void max_pool2d(const Pool2d& p, const T* x, T* y, std::int32_t* index) noexcept {
  for (std::int64_t oh = 0; oh < p.OH; ++oh, y += p.OW, index += p.OW) {
    for (std::int64_t ow = 0; ow < p.OW; ++ow) {
      y[ow] = -static_cast<T>(__builtin_inf());
      index[ow] = -1;
    }
    for_each_tap<Arch>(p, oh, [&](std::int64_t at, TapRange columns) {
      with_stride<Arch>(p.stride_w, [&](auto scaled) {
        for (std::int64_t ow = columns.begin; ow < columns.end; ++ow) {
          const T v = x[at + scaled(ow)], best = y[ow];
          const bool first = index[ow] < 0, nan = v != v && best == best;
          const bool take = v > best || first || nan;
          y[ow] = take ? v : best;
          index[ow] = take ? static_cast<std::int32_t>(at + scaled(ow)) : index[ow];
        }
      });
    });
  }
}

template <class T, class Arch>
[[gnu::flatten]] void avg_pool2d(const Pool2d& p, const T* x, T* y) noexcept {
  const T count = static_cast<T>(p.KH * p.KW);
  for (std::int64_t oh = 0; oh < p.OH; ++oh, y += p.OW) {
    for (std::int64_t ow = 0; ow < p.OW; ++ow) y[ow] = T(0);
    for_each_tap<Arch>(p, oh, [&](std::int64_t at, TapRange columns) {
      with_stride<Arch>(p.stride_w, [&](auto scaled) {
        for (std::int64_t ow = columns.begin; ow < columns.end; ++ow) y[ow] = y[ow] + x[at + scaled(ow)];
      });
    });
    for (std::int64_t ow = 0; ow < p.OW; ++ow) y[ow] = y[ow] / count;
  }
}

template <class T, class Arch>
[[gnu::flatten]] void avg_pool2d_backward(const Pool2d& p, const T* gy, T* gx) noexcept {
  const T count = static_cast<T>(p.KH * p.KW);
  for (std::int64_t i = 0; i < p.H * p.W; ++i) gx[i] = T(0);
  for (std::int64_t oh = 0; oh < p.OH; ++oh, gy += p.OW) {
    for_each_tap<Arch>(p, oh, [&](std::int64_t at, TapRange columns) {
      with_stride<Arch>(p.stride_w, [&](auto scaled) {
        for (std::int64_t ow = columns.begin; ow < columns.end; ++ow) {
          T& g = gx[at + scaled(ow)];
          g = g + gy[ow] / count;
        }
      });
    });
  }
}

}  // namespace neuro::kernels
