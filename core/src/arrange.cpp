#include "neuro/kernels/arrange.h"

#include "ranges.h"

namespace neuro::kernels {
namespace {

template <class F>
void with_bytes(std::size_t bytes, F&& f) {
  if (bytes == 4) return f(std::uint32_t{});
  if (bytes == 8) return f(std::uint64_t{});
  f(std::uint8_t{});
}

/// Which of the n elements stands at place j of the padded axis.
std::int64_t source(const EdgePad& p, std::int64_t j) {
  const std::int64_t at = j - p.before;
  if (at >= 0 && at < p.n) return at;
  switch (p.edge) {
    case Edge::reflect: return at < 0 ? -at : 2 * (p.n - 1) - at;
    case Edge::replicate: return at < 0 ? 0 : p.n - 1;
    case Edge::circular: return at < 0 ? at + p.n : at - p.n;
  }
  return 0;
}

/// Calls body(o, first column, last column) for blocks of lanes: each lane's sums are one worker's.
template <class Body>
void for_lane_blocks(std::int64_t outer, std::int64_t n, std::int64_t inner, Body&& body) {
  constexpr std::int64_t kBlock = 256;
  const std::int64_t blocks = (inner + kBlock - 1) / kBlock;
  for_ranges(outer * blocks, rows_of(kCheapGrain, n * std::min(inner, kBlock)),
             [&](std::int64_t begin, std::int64_t end) {
               for (std::int64_t task = begin; task < end; ++task) {
                 const std::int64_t column = task % blocks * kBlock;
                 body(task / blocks, column, std::min(inner, column + kBlock));
               }
             });
}

}  // namespace

void pad_edge(const Exec&, std::size_t element_bytes, const EdgePad& p, const void* x, void* y) noexcept {
  with_bytes(element_bytes, [&]<class T>(T) {
    const std::int64_t padded = p.padded();
    for_ranges(p.outer * padded, rows_of(kCheapGrain, p.inner), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t row = begin; row < end; ++row) {
        const std::int64_t o = row / padded, from = o * p.n + source(p, row - o * padded);
        std::copy_n(static_cast<const T*>(x) + from * p.inner, p.inner, static_cast<T*>(y) + row * p.inner);
      }
    });
  });
}

template <class T>
void pad_edge_backward(const Exec&, const EdgePad& p, const T* gy, T* gx) noexcept {
  const std::int64_t padded = p.padded();
  for_lane_blocks(p.outer, padded, p.inner, [&](std::int64_t o, std::int64_t first, std::int64_t last) {
    T* to = gx + o * p.n * p.inner;
    for (std::int64_t r = 0; r < p.n; ++r) std::fill(to + r * p.inner + first, to + r * p.inner + last, T(0));
    for (std::int64_t j = 0; j < padded; ++j) {
      const T* from = gy + (o * padded + j) * p.inner;
      T* row = to + source(p, j) * p.inner;
      for (std::int64_t i = first; i < last; ++i) row[i] += from[i];
    }
  });
}

void triangle(const Exec&, std::size_t element_bytes, bool upper, std::int64_t k, std::int64_t count, std::int64_t rows,
              std::int64_t columns, const void* x, void* y) noexcept {
  with_bytes(element_bytes, [&]<class T>(T) {
    for_ranges(count * rows, rows_of(kCheapGrain, columns), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t row = begin; row < end; ++row) {
        // The first column that belongs to the other part, for either triangle.
        const std::int64_t cut = std::clamp<std::int64_t>(row % rows + k + (upper ? 0 : 1), 0, columns);
        const T* from = static_cast<const T*>(x) + row * columns;
        T* to = static_cast<T*>(y) + row * columns;
        if (upper) {
          std::fill_n(to, cut, T(0));
          std::copy(from + cut, from + columns, to + cut);
        } else {
          std::copy_n(from, cut, to);
          std::fill(to + cut, to + columns, T(0));
        }
      }
    });
  });
}

template <class T>
void unfold_backward(const Exec&, const Windows& s, const T* gy, T* gx) noexcept {
  const std::int64_t count = s.count();
  for_lane_blocks(s.outer, count * s.size, s.inner, [&](std::int64_t o, std::int64_t first, std::int64_t last) {
    T* to = gx + o * s.n * s.inner;
    for (std::int64_t r = 0; r < s.n; ++r) std::fill(to + r * s.inner + first, to + r * s.inner + last, T(0));
    for (std::int64_t w = 0; w < count; ++w) {
      for (std::int64_t i = first; i < last; ++i) {
        const T* from = gy + ((o * count + w) * s.inner + i) * s.size;
        for (std::int64_t k = 0; k < s.size; ++k) to[(w * s.step + k) * s.inner + i] += from[k];
      }
    }
  });
}

#define NEURO_INSTANTIATE(T)                                                           \
  template void pad_edge_backward(const Exec&, const EdgePad&, const T*, T*) noexcept; \
  template void unfold_backward(const Exec&, const Windows&, const T*, T*) noexcept;
NEURO_INSTANTIATE(float)
NEURO_INSTANTIATE(double)
#undef NEURO_INSTANTIATE

}  // namespace neuro::kernels
