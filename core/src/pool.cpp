#include "neuro/kernels/pool.h"

#include <cmath>
#include <limits>

#include "ranges.h"
#include "window.h"

namespace neuro::kernels {
namespace {

Window window_of(const Pool& p) {
  const auto axis = [](const Pool::Axis& a) {
    return Window::Axis{a.in, a.out, a.kernel, a.stride, a.before, a.dilation};
  };
  return {axis(p.d), axis(p.h), axis(p.w)};
}

/// gx as a window over gy: stride 1 over gy's elements spread apart.
Window backward_window(const Pool& p) {
  const auto axis = [](const Pool::Axis& a) {
    return Window::Axis{a.out, a.in, a.kernel, 1, (a.kernel - 1) * a.dilation - a.before, a.dilation, a.stride};
  };
  return {axis(p.d), axis(p.h), axis(p.w)};
}

std::int64_t volume(const Pool& p) { return p.d.in * p.h.in * p.w.in; }
std::int64_t outputs(const Pool& p) { return p.d.out * p.h.out * p.w.out; }

/// Taps of output o that lie in [begin, end).
std::int64_t taps_in(const Pool::Axis& a, std::int64_t o, std::int64_t begin, std::int64_t end) {
  const std::int64_t first = o * a.stride - a.before;  // the smallest
  const std::int64_t skipped = first >= begin ? 0 : (begin - first + a.dilation - 1) / a.dilation;
  const std::int64_t below = end <= first ? 0 : (end - first + a.dilation - 1) / a.dilation;
  return std::max<std::int64_t>(0, std::min(below, a.kernel) - skipped);
}

std::int64_t counted(const Pool& p, const Pool::Axis& a, std::int64_t o) {
  return p.count_padding ? taps_in(a, o, -a.before, a.in + a.after) : taps_in(a, o, 0, a.in);
}

/// Whether every output divides by the same number of taps.
bool uniform(const Pool& p) {
  for (const Pool::Axis* a : {&p.d, &p.h, &p.w}) {
    if (counted(p, *a, 0) != a->kernel || counted(p, *a, a->out - 1) != a->kernel) return false;
  }
  return true;
}

/// to[j] = from[j] / (taps that count at output (od, oh, j)).
template <class T>
void divide_row(const Pool& p, bool same, std::int64_t od, std::int64_t oh, const T* from, T* to) {
  if (same) {
    const T count = static_cast<T>(p.d.kernel * p.h.kernel * p.w.kernel);
    for (std::int64_t j = 0; j < p.w.out; ++j) to[j] = from[j] / count;
    return;
  }
  const std::int64_t count = counted(p, p.d, od) * counted(p, p.h, oh);
  for (std::int64_t j = 0; j < p.w.out; ++j) to[j] = from[j] / static_cast<T>(count * counted(p, p.w, j));
}

template <class T>
std::size_t bytes_of(std::int64_t elements) {
  return (static_cast<std::size_t>(elements) * sizeof(T) + 63) / 64 * 64;
}

/// The first tap inside the volume of output (od, oh, ow), as a flat index; -1 when there is none.
std::int64_t first_inside(const Pool& p, std::int64_t od, std::int64_t oh, std::int64_t ow) {
  std::int64_t flat = 0;
  const std::int64_t at[] = {od, oh, ow};
  const Pool::Axis* axes[] = {&p.d, &p.h, &p.w};
  for (int i = 0; i < 3; ++i) {
    const Pool::Axis& a = *axes[i];
    const std::int64_t first = at[i] * a.stride - a.before;
    const std::int64_t inside = first >= 0 ? first : first + (-first + a.dilation - 1) / a.dilation * a.dilation;
    if (inside >= a.in || inside > first + (a.kernel - 1) * a.dilation) return -1;
    flat = flat * a.in + inside;
  }
  return flat;
}

std::int64_t planes_of_range(const Pool& p) {
  return rows_of(neuro::grain(kCheapGrain), std::max(volume(p), outputs(p) * p.d.kernel * p.h.kernel * p.w.kernel / 8));
}

}  // namespace

template <class T>
std::size_t max_pool_scratch(const Table& table, const Pool& p) {
  const Window window = window_of(p);
  const SpatialKernels<T>& kernels = spatial_kernels_of<T>(table);
  return Stage<T>::bytes(window, kernels) + bytes_of<T>(window.block_rows(kernels.vector) * p.w.out) +
         bytes_of<std::int32_t>(window.taps());
}

template <class T>
void max_pool(const Exec& exec, const Pool& p, const T* x, T* y, std::int32_t* index) noexcept {
  const SpatialKernels<T>& kernels = spatial_kernels_of<T>(*exec.table);
  const Window window = window_of(p);
  const std::int64_t some = window.block_rows(kernels.vector), grain = planes_of_range(p);
  const T lowest = -std::numeric_limits<T>::infinity();
  parallel_for((p.planes + grain - 1) / grain, [&](std::int64_t chunk, int worker) {
    const Stage<T> stage(window, kernels, exec.of(worker));
    T* const tap = reinterpret_cast<T*>(exec.of(worker) + Stage<T>::bytes(window, kernels));
    auto* const offset =
        reinterpret_cast<std::int32_t*>(reinterpret_cast<std::byte*>(tap) + bytes_of<T>(some * p.w.out));
    for (std::int64_t kd = 0, k = 0; kd < p.d.kernel; ++kd) {
      for (std::int64_t kh = 0; kh < p.h.kernel; ++kh) {
        for (std::int64_t kw = 0; kw < p.w.kernel; ++kw, ++k) {
          offset[k] =
              static_cast<std::int32_t>((kd * p.d.dilation * p.h.in + kh * p.h.dilation) * p.w.in + kw * p.w.dilation);
        }
      }
    }
    for (std::int64_t plane = chunk * grain; plane < std::min(p.planes, (chunk + 1) * grain); ++plane) {
      for (std::int64_t od = 0; od < p.d.out; ++od) {
        for (std::int64_t first = 0; first < p.h.out; first += some) {
          const std::int64_t rows = std::min(some, p.h.out - first);
          const std::int64_t out = ((plane * p.d.out + od) * p.h.out + first) * p.w.out;
          MaxRows<T> part{stage.rows(rows), tap, 0};
          part.at.y = y + out;
          for (std::int64_t kd = 0; kd < p.d.kernel; ++kd) {
            part.first_tap = kd * p.h.kernel * p.w.kernel;
            if (!stage.load(x + plane * volume(p), od, kd, first, rows, lowest)) continue;
            kernels.max_rows(part);
            part.at.accumulate = true;
          }
          if (!part.at.accumulate) {
            std::fill(y + out, y + out + rows * p.w.out, lowest);
            std::fill(tap, tap + rows * p.w.out, T(-1));
          }
          for (std::int64_t r = 0; r < rows; ++r) {
            const std::int64_t base =
                ((od * p.d.stride - p.d.before) * p.h.in + (first + r) * p.h.stride - p.h.before) * p.w.in - p.w.before;
            const T* const taken = tap + r * p.w.out;
            std::int32_t* const to = index + out + r * p.w.out;
            for (std::int64_t j = 0; j < p.w.out; ++j) {
              to[j] = taken[j] < 0 ? static_cast<std::int32_t>(first_inside(p, od, first + r, j))
                                   : static_cast<std::int32_t>(base + j * p.w.stride) +
                                         offset[static_cast<std::int32_t>(taken[j])];
            }
          }
        }
      }
    }
  });
}

template <class T>
void max_pool_backward(const Exec&, std::int64_t planes, std::int64_t out, std::int64_t in, const T* gy,
                       const std::int32_t* index, T* gx) noexcept {
  for_ranges(planes, rows_of(kCheapGrain, std::max(in, out)), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      T* const plane = gx + i * in;
      std::fill(plane, plane + in, T(0));
      for (std::int64_t o = i * out; o < (i + 1) * out; ++o) {
        if (index[o] >= 0) plane[index[o]] += gy[o];  // negative: the window lay in the padding
      }
    }
  });
}

template <class T>
std::size_t avg_pool_scratch(const Table& table, const Pool& p) {
  const Window window = window_of(p);
  return Stage<T>::bytes(window, spatial_kernels_of<T>(table)) + bytes_of<T>(p.h.kernel * p.w.kernel);
}

template <class T>
void avg_pool(const Exec& exec, const Pool& p, const T* x, T* y) noexcept {
  const SpatialKernels<T>& kernels = spatial_kernels_of<T>(*exec.table);
  const Window window = window_of(p);
  const std::int64_t some = window.block_rows(kernels.vector), grain = planes_of_range(p);
  const bool same = uniform(p);
  parallel_for((p.planes + grain - 1) / grain, [&](std::int64_t chunk, int worker) {
    const Stage<T> stage(window, kernels, exec.of(worker));
    T* const ones = reinterpret_cast<T*>(exec.of(worker) + Stage<T>::bytes(window, kernels));
    std::fill(ones, ones + p.h.kernel * p.w.kernel, T(1));
    for (std::int64_t plane = chunk * grain; plane < std::min(p.planes, (chunk + 1) * grain); ++plane) {
      for (std::int64_t od = 0; od < p.d.out; ++od) {
        for (std::int64_t first = 0; first < p.h.out; first += some) {
          const std::int64_t rows = std::min(some, p.h.out - first);
          DirectRows<T> out = stage.rows(rows);
          out.w = ones;
          out.y = y + ((plane * p.d.out + od) * p.h.out + first) * p.w.out;
          for (std::int64_t kd = 0; kd < p.d.kernel; ++kd) {
            if (!stage.load(x + plane * volume(p), od, kd, first, rows, T(0))) continue;
            kernels.direct_rows(out);
            out.accumulate = true;
          }
          if (!out.accumulate) std::fill(out.y, out.y + rows * p.w.out, T(0));
          for (std::int64_t r = 0; r < rows; ++r) {
            T* const row = out.y + r * p.w.out;
            divide_row(p, same, od, first + r, row, row);
          }
        }
      }
    }
  });
}

template <class T>
std::size_t avg_pool_backward_scratch(const Table& table, const Pool& p) {
  const Window window = backward_window(p);
  return Stage<T>::bytes(window, spatial_kernels_of<T>(table)) + bytes_of<T>(p.h.kernel * p.w.kernel) +
         bytes_of<T>(outputs(p));
}

template <class T>
void avg_pool_backward(const Exec& exec, const Pool& p, const T* gy, T* gx) noexcept {
  const SpatialKernels<T>& kernels = spatial_kernels_of<T>(*exec.table);
  const Window window = backward_window(p);
  const std::int64_t some = window.block_rows(kernels.vector), grain = planes_of_range(p);
  const bool same = uniform(p);
  parallel_for((p.planes + grain - 1) / grain, [&](std::int64_t chunk, int worker) {
    const Stage<T> stage(window, kernels, exec.of(worker));
    T* const ones = reinterpret_cast<T*>(exec.of(worker) + Stage<T>::bytes(window, kernels));
    T* const shares = reinterpret_cast<T*>(reinterpret_cast<std::byte*>(ones) + bytes_of<T>(p.h.kernel * p.w.kernel));
    std::fill(ones, ones + p.h.kernel * p.w.kernel, T(1));
    for (std::int64_t plane = chunk * grain; plane < std::min(p.planes, (chunk + 1) * grain); ++plane) {
      for (std::int64_t row = 0; row < p.d.out * p.h.out; ++row) {
        divide_row(p, same, row / p.h.out, row % p.h.out, gy + plane * outputs(p) + row * p.w.out,
                   shares + row * p.w.out);
      }
      for (std::int64_t d = 0; d < p.d.in; ++d) {
        for (std::int64_t first = 0; first < p.h.in; first += some) {
          const std::int64_t rows = std::min(some, p.h.in - first);
          DirectRows<T> out = stage.rows(rows);
          out.w = ones;
          out.y = gx + ((plane * p.d.in + d) * p.h.in + first) * p.w.in;
          for (std::int64_t kd = 0; kd < p.d.kernel; ++kd) {
            if (!stage.load(shares, d, kd, first, rows, T(0))) continue;
            kernels.direct_rows(out);
            out.accumulate = true;
          }
          if (!out.accumulate) std::fill(out.y, out.y + rows * p.w.in, T(0));
        }
      }
    }
  });
}

template <class T>
void adaptive_max_pool(const Exec&, const Pool& p, const T* x, T* y, std::int32_t* index) noexcept {
  const auto begin_of = [](const Pool::Axis& a, std::int64_t o) { return o * a.in / a.out; };
  const auto end_of = [](const Pool::Axis& a, std::int64_t o) { return ((o + 1) * a.in + a.out - 1) / a.out; };
  for_ranges(p.planes, rows_of(kCheapGrain, volume(p)), [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t plane = first; plane < last; ++plane) {
      const T* const from = x + plane * volume(p);
      std::int64_t o = plane * outputs(p);
      for (std::int64_t od = 0; od < p.d.out; ++od) {
        for (std::int64_t oh = 0; oh < p.h.out; ++oh) {
          for (std::int64_t ow = 0; ow < p.w.out; ++ow, ++o) {
            std::int64_t best = -1;
            for (std::int64_t d = begin_of(p.d, od); d < end_of(p.d, od); ++d) {
              for (std::int64_t h = begin_of(p.h, oh); h < end_of(p.h, oh); ++h) {
                for (std::int64_t w = begin_of(p.w, ow); w < end_of(p.w, ow); ++w) {
                  const std::int64_t at = (d * p.h.in + h) * p.w.in + w;
                  if (best < 0 || from[at] > from[best] || (std::isnan(from[at]) && !std::isnan(from[best]))) best = at;
                }
              }
            }
            y[o] = from[best];
            index[o] = static_cast<std::int32_t>(best);
          }
        }
      }
    }
  });
}

#define NEURO_INSTANTIATE(T)                                                                       \
  template std::size_t max_pool_scratch<T>(const Table&, const Pool&);                             \
  template void max_pool(const Exec&, const Pool&, const T*, T*, std::int32_t*) noexcept;          \
  template void max_pool_backward(const Exec&, std::int64_t, std::int64_t, std::int64_t, const T*, \
                                  const std::int32_t*, T*) noexcept;                               \
  template std::size_t avg_pool_scratch<T>(const Table&, const Pool&);                             \
  template void avg_pool(const Exec&, const Pool&, const T*, T*) noexcept;                         \
  template std::size_t avg_pool_backward_scratch<T>(const Table&, const Pool&);                    \
  template void avg_pool_backward(const Exec&, const Pool&, const T*, T*) noexcept;                \
  template void adaptive_max_pool(const Exec&, const Pool&, const T*, T*, std::int32_t*) noexcept;
NEURO_INSTANTIATE(float)
NEURO_INSTANTIATE(double)
#undef NEURO_INSTANTIATE

}  // namespace neuro::kernels
