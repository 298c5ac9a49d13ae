#include "neuro/kernels/pool.h"

#include "kernels/row_kernels.h"
#include "ranges.h"

namespace neuro::kernels {
namespace {

std::int64_t planes_of_range(const Pool2d& p) {
  return rows_of(kCheapGrain, std::max(p.H * p.W, p.OH * p.OW * p.KH * p.KW));
}

}  // namespace

template <class T>
void max_pool2d(const Exec& exec, const Pool2d& p, const T* x, T* y, std::int32_t* index) noexcept {
  for_ranges(p.planes, planes_of_range(p), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      rows_of_table<T>(*exec.table).max_pool2d(p, x + i * p.H * p.W, y + i * p.OH * p.OW, index + i * p.OH * p.OW);
    }
  });
}

template <class T>
void max_pool2d_backward(const Exec&, const Pool2d& p, const T* gy, const std::int32_t* index, T* gx) noexcept {
  for_ranges(p.planes, planes_of_range(p), [&](std::int64_t begin, std::int64_t end) {
    std::fill(gx + begin * p.H * p.W, gx + end * p.H * p.W, T(0));
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t first = i * p.OH * p.OW;
      T* plane = gx + i * p.H * p.W;
      for (std::int64_t o = first; o < first + p.OH * p.OW; ++o) {
        if (index[o] >= 0) plane[index[o]] += gy[o];  // negative: the window lay in the padding
      }
    }
  });
}

template <class T>
void avg_pool2d(const Exec& exec, const Pool2d& p, const T* x, T* y) noexcept {
  for_ranges(p.planes, planes_of_range(p), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      rows_of_table<T>(*exec.table).avg_pool2d(p, x + i * p.H * p.W, y + i * p.OH * p.OW);
    }
  });
}

template <class T>
void avg_pool2d_backward(const Exec& exec, const Pool2d& p, const T* gy, T* gx) noexcept {
  for_ranges(p.planes, planes_of_range(p), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      rows_of_table<T>(*exec.table).avg_pool2d_backward(p, gy + i * p.OH * p.OW, gx + i * p.H * p.W);
    }
  });
}

#define NEURO_INSTANTIATE(T)                                                                                 \
  template void max_pool2d(const Exec&, const Pool2d&, const T*, T*, std::int32_t*) noexcept;                \
  template void max_pool2d_backward(const Exec&, const Pool2d&, const T*, const std::int32_t*, T*) noexcept; \
  template void avg_pool2d(const Exec&, const Pool2d&, const T*, T*) noexcept;                               \
  template void avg_pool2d_backward(const Exec&, const Pool2d&, const T*, T*) noexcept;
NEURO_INSTANTIATE(float)
NEURO_INSTANTIATE(double)
#undef NEURO_INSTANTIATE

}  // namespace neuro::kernels
