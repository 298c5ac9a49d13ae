// Rotations and sinusoids of positions. Plain loops: they are bound by memory.
#include "neuro/kernels/positions.h"

#include <cmath>

#include "ranges.h"

namespace neuro::kernels {
namespace {

/// Steps whose angles are in scratch at a time. The first is exact, each of the others turns the one before: after 64
/// turns in f64 the error is still below 1e-14.
constexpr std::int64_t kSteps = 64;

std::int64_t angles(const Positions& p) { return (p.D + 1) / 2; }

/// cos and sin of the angles of steps [begin, end): [step][angle], cosines before sines.
template <class T>
void fill_table(const Positions& p, std::int64_t begin, std::int64_t end, T* cosines, T* sines) {
  const std::int64_t n = angles(p);
  for (std::int64_t j = 0; j < n; ++j) {
    const double turn = std::pow(p.base, -2.0 * static_cast<double>(j) / static_cast<double>(p.D));
    const double start = static_cast<double>(p.first + begin) * turn, c1 = std::cos(turn), s1 = std::sin(turn);
    double c = std::cos(start), s = std::sin(start);
    for (std::int64_t t = 0; t < end - begin; ++t) {
      cosines[t * n + j] = static_cast<T>(c);
      sines[t * n + j] = static_cast<T>(s);
      const double next = c * c1 - s * s1;
      s = s * c1 + c * s1;
      c = next;
    }
  }
}

/// Calls row(x, y, cosines, sines) for each row of D numbers.
template <class T, class Row>
void for_rows(const Exec& exec, const Positions& p, const T* x, T* y, Row row) {
  if (p.outer * p.inner * p.D == 0 || p.steps == 0) return;
  const std::int64_t n = angles(p), chunks = (p.steps + kSteps - 1) / kSteps;
  const auto run = [&](std::int64_t chunk, int worker) {
    const std::int64_t begin = chunk * kSteps, end = std::min(p.steps, begin + kSteps);
    T* const cosines = reinterpret_cast<T*>(exec.of(worker));
    T* const sines = cosines + kSteps * n;
    fill_table(p, begin, end, cosines, sines);
    for (std::int64_t o = 0; o < p.outer; ++o) {
      for (std::int64_t t = begin; t < end; ++t) {
        const std::int64_t at = (o * p.steps + t) * p.inner * p.D, entry = (t - begin) * n;
        for (std::int64_t i = 0; i < p.inner; ++i)
          row(x + at + i * p.D, y + at + i * p.D, cosines + entry, sines + entry);
      }
    }
  };
  if (p.outer * p.steps * p.inner * p.D <= kCheapGrain) {
    for (std::int64_t chunk = 0; chunk < chunks; ++chunk) run(chunk, 0);
  } else {
    parallel_for(chunks, run);
  }
}

}  // namespace

template <class T>
std::size_t positions_scratch(const Positions& p) {
  return static_cast<std::size_t>(2 * kSteps * angles(p)) * sizeof(T);
}

template <class T>
void rotate_pairs(const Exec& exec, const Positions& p, Pairs pairs, Turn turn, const T* x, T* y) noexcept {
  const std::int64_t half = p.D / 2;
  const T sign = turn == Turn::forward ? T(1) : T(-1);
  if (pairs == Pairs::halves) {
    for_rows(exec, p, x, y, [&](const T* from, T* to, const T* c, const T* s) {
      for (std::int64_t j = 0; j < half; ++j) {
        const T a = from[j], b = from[j + half], sine = sign * s[j];
        to[j] = a * c[j] - b * sine;
        to[j + half] = b * c[j] + a * sine;
      }
    });
  } else {
    for_rows(exec, p, x, y, [&](const T* from, T* to, const T* c, const T* s) {
      for (std::int64_t j = 0; j < half; ++j) {
        const T a = from[2 * j], b = from[2 * j + 1], sine = sign * s[j];
        to[2 * j] = a * c[j] - b * sine;
        to[2 * j + 1] = b * c[j] + a * sine;
      }
    });
  }
}

template <class T>
void add_sinusoids(const Exec& exec, const Positions& p, const T* x, T* y) noexcept {
  for_rows(exec, p, x, y, [&](const T* from, T* to, const T* c, const T* s) {
    for (std::int64_t j = 0; j < p.D; ++j) to[j] = from[j] + (j % 2 == 0 ? s[j / 2] : c[j / 2]);
  });
}

#define NEURO_INSTANTIATE(T)                                                                     \
  template std::size_t positions_scratch<T>(const Positions&);                                   \
  template void rotate_pairs(const Exec&, const Positions&, Pairs, Turn, const T*, T*) noexcept; \
  template void add_sinusoids(const Exec&, const Positions&, const T*, T*) noexcept;
NEURO_INSTANTIATE(float)
NEURO_INSTANTIATE(double)
#undef NEURO_INSTANTIATE

}  // namespace neuro::kernels
