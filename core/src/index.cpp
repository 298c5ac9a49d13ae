#include "neuro/kernels/index.h"

#include <atomic>

#include "ranges.h"

namespace neuro::kernels {
namespace {

/// The smallest position that any worker found wrong.
class FirstBad {
 public:
  void note(std::int64_t position) {
    std::int64_t known = first_.load(std::memory_order_relaxed);
    while (position < known && !first_.compare_exchange_weak(known, position, std::memory_order_relaxed)) {
    }
  }
  std::int64_t position() const { return first_ == kNone ? -1 : first_.load(); }

 private:
  static constexpr std::int64_t kNone = INT64_MAX;
  std::atomic<std::int64_t> first_{kNone};
};

bool inside(std::int64_t index, std::int64_t n) {
  return static_cast<std::uint64_t>(index) < static_cast<std::uint64_t>(n);
}

/// Calls f with a value of the unsigned type of that many bytes: moving an element needs no other property of it.
template <class F>
std::int64_t with_bytes(std::size_t bytes, F&& f) {
  if (bytes == 4) return f(std::uint32_t{});
  if (bytes == 8) return f(std::uint64_t{});
  return f(std::uint8_t{});
}

/// Calls body(o, first column, last column) for blocks of whole lanes: what is written by an index is divided only so
/// that no lane is shared, and each is written in the order of the index.
template <class Body>
void for_lane_blocks(const Lanes& s, Body&& body) {
  constexpr std::int64_t kBlock = 256;
  const std::int64_t blocks = (s.inner + kBlock - 1) / kBlock;
  for_ranges(s.outer * blocks, rows_of(kCheapGrain, std::max(s.n, s.m) * std::min(s.inner, kBlock)),
             [&](std::int64_t begin, std::int64_t end) {
               for (std::int64_t task = begin; task < end; ++task) {
                 const std::int64_t column = task % blocks * kBlock;
                 body(task / blocks, column, std::min(s.inner, column + kBlock));
               }
             });
}

}  // namespace

std::int64_t gather(const Exec&, std::size_t element_bytes, const Lanes& s, const void* x, const std::int64_t* index,
                    void* y) noexcept {
  return with_bytes(element_bytes, [&]<class T>(T) {
    FirstBad bad;
    for_ranges(s.outer * s.m, rows_of(kCheapGrain, s.inner), [&](std::int64_t begin, std::int64_t end) {
      while (begin < end) {
        const std::int64_t o = begin / s.m, stop = std::min(end, (o + 1) * s.m);
        const T* from = static_cast<const T*>(x) + o * s.n * s.inner;
        const auto pick = [&](std::int64_t at, std::int64_t inner, std::int64_t i) {
          const bool ok = inside(index[at], s.n);
          static_cast<T*>(y)[at] = ok ? from[index[at] * inner + i] : T(0);
          if (!ok) bad.note(at);
        };
        if (s.inner == 1) {
          for (; begin < stop; ++begin) pick(begin, 1, 0);
        }
        for (std::int64_t at = begin * s.inner; begin < stop; ++begin) {
          for (std::int64_t i = 0; i < s.inner; ++i, ++at) pick(at, s.inner, i);
        }
      }
    });
    return bad.position();
  });
}

std::int64_t scatter(const Exec&, std::size_t element_bytes, const Lanes& s, const void* x, const std::int64_t* index,
                     void* y) noexcept {
  return with_bytes(element_bytes, [&]<class T>(T) {
    FirstBad bad;
    for_lane_blocks(s, [&](std::int64_t o, std::int64_t first, std::int64_t last) {
      T* to = static_cast<T*>(y) + o * s.n * s.inner;
      for (std::int64_t j = 0; j < s.m; ++j) {
        for (std::int64_t i = first, at = (o * s.m + j) * s.inner + first; i < last; ++i, ++at) {
          if (inside(index[at], s.n)) {
            to[index[at] * s.inner + i] = static_cast<const T*>(x)[at];
          } else {
            bad.note(at);
          }
        }
      }
    });
    return bad.position();
  });
}

std::size_t gather_kept_scratch(const Lanes& s) { return static_cast<std::size_t>(s.n) * sizeof(std::int64_t); }

template <class T>
std::int64_t gather_kept(const Exec& exec, const Lanes& s, const T* x, const std::int64_t* index, T* y) noexcept {
  FirstBad bad;
  parallel_for(s.outer * s.inner, [&](std::int64_t lane, int worker) {
    const std::int64_t o = lane / s.inner, i = lane % s.inner;
    auto* writer = reinterpret_cast<std::int64_t*>(exec.of(worker));  // of each element of the lane: the last
    const auto at = [&](std::int64_t j) { return (o * s.m + j) * s.inner + i; };
    for (std::int64_t j = 0; j < s.m; ++j) {
      if (inside(index[at(j)], s.n)) {
        writer[index[at(j)]] = j;
      } else {
        bad.note(at(j));
      }
    }
    for (std::int64_t j = 0; j < s.m; ++j) {
      const std::int64_t to = index[at(j)];
      y[at(j)] = inside(to, s.n) && writer[to] == j ? x[(o * s.n + to) * s.inner + i] : T(0);
    }
  });
  return bad.position();
}

template <class T>
std::int64_t scatter_sum(const Exec&, const Lanes& s, const T* x, const std::int64_t* index, T* y,
                         SumOnto onto) noexcept {
  FirstBad bad;
  for_lane_blocks(s, [&](std::int64_t o, std::int64_t first, std::int64_t last) {
    T* to = y + o * s.n * s.inner;
    for (std::int64_t r = 0; r < s.n && onto == SumOnto::zeros; ++r)
      std::fill(to + r * s.inner + first, to + r * s.inner + last, T(0));
    const auto add = [&](std::int64_t at, std::int64_t inner, std::int64_t i) {
      if (inside(index[at], s.n)) {
        to[index[at] * inner + i] += x[at];
      } else {
        bad.note(at);
      }
    };
    if (s.inner == 1) {
      for (std::int64_t at = o * s.m; at < (o + 1) * s.m; ++at) add(at, 1, 0);
      return;
    }
    for (std::int64_t j = 0; j < s.m; ++j) {
      for (std::int64_t i = first, at = (o * s.m + j) * s.inner + first; i < last; ++i, ++at) add(at, s.inner, i);
    }
  });
  return bad.position();
}

std::int64_t select(const Exec&, std::size_t element_bytes, const Lanes& s, const void* x, const std::int64_t* index,
                    void* y) noexcept {
  return with_bytes(element_bytes, [&]<class T>(T) {
    FirstBad bad;
    for_ranges(s.outer * s.m, rows_of(kCheapGrain, s.inner), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t row = begin; row < end; ++row) {
        const std::int64_t o = row / s.m, j = row - o * s.m;
        T* to = static_cast<T*>(y) + row * s.inner;
        if (inside(index[j], s.n)) {
          std::copy_n(static_cast<const T*>(x) + (o * s.n + index[j]) * s.inner, s.inner, to);
        } else {
          std::fill_n(to, s.inner, T(0));
          bad.note(j);
        }
      }
    });
    return bad.position();
  });
}

template <class T>
std::int64_t select_sum(const Exec&, const Lanes& s, const T* x, const std::int64_t* index, T* y,
                        SumOnto onto) noexcept {
  FirstBad bad;
  for_lane_blocks(s, [&](std::int64_t o, std::int64_t first, std::int64_t last) {
    T* to = y + o * s.n * s.inner;
    for (std::int64_t r = 0; r < s.n && onto == SumOnto::zeros; ++r)
      std::fill(to + r * s.inner + first, to + r * s.inner + last, T(0));
    for (std::int64_t j = 0; j < s.m; ++j) {
      if (!inside(index[j], s.n)) {
        bad.note(j);
        continue;
      }
      const T* from = x + (o * s.m + j) * s.inner;
      T* row = to + index[j] * s.inner;
      for (std::int64_t i = first; i < last; ++i) row[i] += from[i];
    }
  });
  return bad.position();
}

template <class T>
std::int64_t one_hot(const Exec&, const std::int64_t* index, std::int64_t m, std::int64_t n, T* y) noexcept {
  FirstBad bad;
  for_ranges(m, rows_of(kCheapGrain, n), [&](std::int64_t begin, std::int64_t end) {
    std::fill(y + begin * n, y + end * n, T(0));
    for (std::int64_t j = begin; j < end; ++j) {
      if (inside(index[j], n)) {
        y[j * n + index[j]] = T(1);
      } else {
        bad.note(j);
      }
    }
  });
  return bad.position();
}

#define NEURO_INSTANTIATE(T)                                                                                         \
  template std::int64_t gather_kept(const Exec&, const Lanes&, const T*, const std::int64_t*, T*) noexcept;          \
  template std::int64_t scatter_sum(const Exec&, const Lanes&, const T*, const std::int64_t*, T*, SumOnto) noexcept; \
  template std::int64_t select_sum(const Exec&, const Lanes&, const T*, const std::int64_t*, T*, SumOnto) noexcept;  \
  template std::int64_t one_hot(const Exec&, const std::int64_t*, std::int64_t, std::int64_t, T*) noexcept;
NEURO_INSTANTIATE(float)
NEURO_INSTANTIATE(double)
NEURO_INSTANTIATE(std::int64_t)
NEURO_INSTANTIATE(std::int32_t)
#undef NEURO_INSTANTIATE
template std::int64_t one_hot(const Exec&, const std::int64_t*, std::int64_t, std::int64_t, bool*) noexcept;

}  // namespace neuro::kernels
