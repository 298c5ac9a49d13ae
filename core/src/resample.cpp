#include "neuro/kernels/resample.h"

#include <cmath>

#include "ranges.h"

namespace neuro::kernels {
namespace {

/// The inputs that each output is made of, as rows of a sparse matrix in scratch memory.
template <class T>
struct Taps {
  std::int64_t* begin;  ///< [out + 1]: output i has entries [begin[i], begin[i + 1])
  std::int64_t* index;
  T* weight;

  Taps(const Resample& p, std::byte* scratch) {
    begin = reinterpret_cast<std::int64_t*>(scratch);
    index = begin + p.out + 1;
    weight = reinterpret_cast<T*>(index + entries(p));
  }

  /// Entries at most.
  static std::int64_t entries(const Resample& p) {
    return p.mode == Resampling::mean ? p.in + 2 * p.out : p.mode == Resampling::cubic ? 4 * p.out : 2 * p.out;
  }
  static std::size_t bytes(const Resample& p) {
    return static_cast<std::size_t>(p.out + 1 + entries(p)) * sizeof(std::int64_t) +
           static_cast<std::size_t>(entries(p)) * sizeof(T);
  }

  void fill(const Resample& p) {
    std::int64_t n = 0;
    const auto add = [&](std::int64_t at, double w) {
      index[n] = std::clamp<std::int64_t>(at, 0, p.in - 1);
      weight[n++] = static_cast<T>(w);
    };
    for (std::int64_t i = 0; i < p.out; ++i) {
      begin[i] = n;
      if (p.mode == Resampling::mean) {
        const std::int64_t first = i * p.in / p.out, last = ((i + 1) * p.in + p.out - 1) / p.out;
        for (std::int64_t k = first; k < last; ++k) add(k, 1 / static_cast<double>(last - first));
      } else if (p.mode == Resampling::nearest) {
        const double at = p.step == 0 ? static_cast<double>(i * p.in / p.out) : static_cast<double>(i) * p.step;
        add(static_cast<std::int64_t>(at), 1);
      } else {
        const double at = position(p, i), low = std::floor(at), t = at - low;
        const auto first = static_cast<std::int64_t>(low);
        if (p.mode == Resampling::linear) {
          add(first, 1 - t);
          add(first + 1, t);
        } else {
          for (int k = -1; k <= 2; ++k) add(first + k, keys(std::abs(t - k)));
        }
      }
    }
    begin[p.out] = n;
  }

 private:
  static double position(const Resample& p, std::int64_t i) {
    const double at = static_cast<double>(i);
    if (p.align_corners) return p.out == 1 ? 0 : at * static_cast<double>(p.in - 1) / static_cast<double>(p.out - 1);
    const double step = p.step == 0 ? static_cast<double>(p.in) / static_cast<double>(p.out) : p.step;
    const double centre = (at + 0.5) * step - 0.5;
    return p.mode == Resampling::linear ? std::max(centre, 0.0) : centre;
  }

  /// Keys 1981, Cubic convolution interpolation for digital image processing, eq. 4, a = -3/4.
  static double keys(double d) {
    constexpr double a = -0.75;
    if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
    return d < 2 ? ((d - 5) * d + 8) * d * a - 4 * a : 0;
  }
};

/// Rows [outer] of one call, in ranges.
template <class Body>
void for_outer(const Resample& p, const Body& body) {
  for_ranges(p.outer, rows_of(kCheapGrain, std::max(p.in, p.out) * p.inner), body);
}

/// Outputs along an axis whose tap k lies inside: [first, last).
struct Inside {
  std::int64_t first, last;
  Inside(const Pool::Axis& a, std::int64_t k) {
    const std::int64_t offset = k * a.dilation - a.before;  // output o meets o * stride + offset
    first = offset >= 0 ? 0 : (-offset + a.stride - 1) / a.stride;
    last = a.in - 1 - offset < 0 ? 0 : std::min(a.out, (a.in - 1 - offset) / a.stride + 1);
  }
};

}  // namespace

template <class T>
std::size_t resample_scratch(const Resample& p) {
  return Taps<T>::bytes(p);
}

template <class T>
void resample(const Exec& exec, const Resample& p, const T* x, T* y) noexcept {
  Taps<T> taps(p, exec.of(0));
  taps.fill(p);
  for_outer(p, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t o = first; o < last; ++o) {
      const T* const from = x + o * p.in * p.inner;
      T* to = y + o * p.out * p.inner;
      for (std::int64_t i = 0; i < p.out; ++i, to += p.inner) {
        for (std::int64_t e = taps.begin[i]; e < taps.begin[i + 1]; ++e) {
          const T* const row = from + taps.index[e] * p.inner;
          const T w = taps.weight[e];
          if (e == taps.begin[i]) {
            for (std::int64_t j = 0; j < p.inner; ++j) to[j] = w * row[j];
          } else {
            for (std::int64_t j = 0; j < p.inner; ++j) to[j] = to[j] + w * row[j];
          }
        }
      }
    }
  });
}

template <class T>
void resample_backward(const Exec& exec, const Resample& p, const T* gy, T* gx) noexcept {
  Taps<T> taps(p, exec.of(0));
  taps.fill(p);
  for_outer(p, [&](std::int64_t first, std::int64_t last) {
    std::fill(gx + first * p.in * p.inner, gx + last * p.in * p.inner, T(0));
    for (std::int64_t o = first; o < last; ++o) {
      T* const to = gx + o * p.in * p.inner;
      const T* from = gy + o * p.out * p.inner;
      for (std::int64_t i = 0; i < p.out; ++i, from += p.inner) {
        for (std::int64_t e = taps.begin[i]; e < taps.begin[i + 1]; ++e) {
          T* const row = to + taps.index[e] * p.inner;
          const T w = taps.weight[e];
          for (std::int64_t j = 0; j < p.inner; ++j) row[j] = row[j] + w * from[j];
        }
      }
    }
  });
}

template <class T>
void unfold2d(const Exec&, std::int64_t planes, const Pool::Axis& h, const Pool::Axis& w, const T* x, T* y) noexcept {
  const std::int64_t patch = h.kernel * w.kernel, pixels = h.out * w.out;
  for_ranges(planes, rows_of(kCheapGrain, patch * pixels), [&](std::int64_t first, std::int64_t last) {
    std::fill(y + first * patch * pixels, y + last * patch * pixels, T(0));
    for (std::int64_t i = first * patch; i < last * patch; ++i) {
      const std::int64_t kh = i / w.kernel % h.kernel, kw = i % w.kernel;
      const Inside rows(h, kh), columns(w, kw);
      for (std::int64_t oh = rows.first; oh < rows.last; ++oh) {
        const T* const from =
            x + (i / patch * h.in + oh * h.stride + kh * h.dilation - h.before) * w.in + kw * w.dilation - w.before;
        T* const to = y + i * pixels + oh * w.out;
        for (std::int64_t ow = columns.first; ow < columns.last; ++ow) to[ow] = from[ow * w.stride];
      }
    }
  });
}

template <class T>
void fold2d(const Exec&, std::int64_t planes, const Pool::Axis& h, const Pool::Axis& w, const T* y, T* x) noexcept {
  const std::int64_t patch = h.kernel * w.kernel, pixels = h.out * w.out;
  for_ranges(planes, rows_of(kCheapGrain, patch * pixels), [&](std::int64_t first, std::int64_t last) {
    std::fill(x + first * h.in * w.in, x + last * h.in * w.in, T(0));
    for (std::int64_t i = first * patch; i < last * patch; ++i) {
      const std::int64_t kh = i / w.kernel % h.kernel, kw = i % w.kernel;
      const Inside rows(h, kh), columns(w, kw);
      for (std::int64_t oh = rows.first; oh < rows.last; ++oh) {
        T* const to =
            x + (i / patch * h.in + oh * h.stride + kh * h.dilation - h.before) * w.in + kw * w.dilation - w.before;
        const T* const from = y + i * pixels + oh * w.out;
        for (std::int64_t ow = columns.first; ow < columns.last; ++ow) to[ow * w.stride] += from[ow];
      }
    }
  });
}

#define NEURO_INSTANTIATE(T)                                                                                      \
  template std::size_t resample_scratch<T>(const Resample&);                                                      \
  template void resample(const Exec&, const Resample&, const T*, T*) noexcept;                                    \
  template void resample_backward(const Exec&, const Resample&, const T*, T*) noexcept;                           \
  template void unfold2d(const Exec&, std::int64_t, const Pool::Axis&, const Pool::Axis&, const T*, T*) noexcept; \
  template void fold2d(const Exec&, std::int64_t, const Pool::Axis&, const Pool::Axis&, const T*, T*) noexcept;
NEURO_INSTANTIATE(float)
NEURO_INSTANTIATE(double)
#undef NEURO_INSTANTIATE

}  // namespace neuro::kernels
