// Leaves with values of their own.
#include <cmath>

#include "neuro/error.h"
#include "neuro/ops.h"
#include "neuro/random.h"
#include "neuro/str.h"

namespace neuro {
namespace {

/// A leaf whose element i is `value(i)`.
template <class F>
Var leaf(const Shape& shape, DType dtype, F value) {
  using T = decltype(value(std::int64_t{}));
  Tensor t = Tensor::empty(shape, dtype_of<T>);
  T* p = t.data<T>();
  for (std::int64_t i = 0; i < t.size(); ++i) p[i] = value(i);
  return Var(dtype == dtype_of<T> ? t : t.to(dtype));
}

/// A leaf whose element i is `draw(stream, i)`.
template <class F>
Var drawn(const Shape& shape, DType dtype, const RandomStream& stream, F draw) {
  return leaf(shape, dtype, [&](std::int64_t i) { return draw(stream, static_cast<std::uint64_t>(i)); });
}

float uniform(const RandomStream& stream, std::uint64_t i) { return stream.uniform(i); }
float standard_normal(const RandomStream& stream, std::uint64_t i) { return stream.normal(i); }

void require_floating(DType dtype, const char* op) {
  if (!is_floating(dtype)) throw Error(ErrorCode::dtype, str(op, ": draws f32 or f64, not ", name_of(dtype)));
}

}  // namespace

Var zeros(const Shape& shape, DType dtype) { return Var(Tensor::zeros(shape, dtype)); }
Var ones(const Shape& shape, DType dtype) { return full(shape, 1, dtype); }
Var full(const Shape& shape, double value, DType dtype) { return Var(Tensor::full(shape, value, dtype)); }

Var eye(std::int64_t n, DType dtype) {
  return leaf({n, n}, dtype, [n](std::int64_t i) { return i / n == i % n ? 1.0 : 0.0; });
}

Var arange(double begin, double end, double step, DType dtype) {
  const double count = std::ceil((end - begin) / step);
  if (step == 0 || !(count < 0x1p62))
    throw Error(ErrorCode::invalid_argument, str("arange: no steps of ", step, " lead from ", begin, " to ", end));
  return leaf({count > 0 ? static_cast<std::int64_t>(count) : 0}, dtype,
              [=](std::int64_t i) { return begin + step * static_cast<double>(i); });
}

Var linspace(double a, double b, std::int64_t n, DType dtype) {
  return leaf({n}, dtype, [=](std::int64_t i) {
    // the last value is b itself, not a sum that rounds to its neighbour
    return i + 1 == n && n > 1 ? b : a + (b - a) * static_cast<double>(i) / static_cast<double>(n > 1 ? n - 1 : 1);
  });
}

Var logspace(double base, double a, double b, std::int64_t n, DType dtype) {
  if (!(base > 0)) throw Error(ErrorCode::invalid_argument, str("logspace: the base ", base, " is not above 0"));
  const Tensor exponents = linspace(a, b, n, DType::f64).data();
  return leaf({n}, dtype, [&](std::int64_t i) { return std::pow(base, exponents.data<double>()[i]); });
}

std::optional<Var> geomspace(double a, double b, std::int64_t n, DType dtype) {
  if (!std::isfinite(a) || !std::isfinite(b) || a == 0 || b == 0 || (a < 0) != (b < 0)) return std::nullopt;
  const double ratio = std::log(b / a) / static_cast<double>(n > 1 ? n - 1 : 1);
  return leaf({n}, dtype,
              [=](std::int64_t i) { return i + 1 == n && n > 1 ? b : a * std::exp(ratio * static_cast<double>(i)); });
}

Var rand(const Shape& shape, DType dtype, Generator& generator) {
  require_floating(dtype, "rand");
  return drawn(shape, dtype, generator.next("rand"), uniform);
}

Var rand(const Shape& shape, std::uint64_t seed, DType dtype) {
  return drawn(shape, dtype, RandomStream(seed, stream_of("rand")), uniform);
}

Var randn(const Shape& shape, DType dtype, Generator& generator) {
  require_floating(dtype, "randn");
  return drawn(shape, dtype, generator.next("randn"), standard_normal);
}

Var randn(const Shape& shape, std::uint64_t seed, DType dtype) {
  return drawn(shape, dtype, RandomStream(seed, stream_of("randn")), standard_normal);
}

Var normal(double mean, double std, const Shape& shape, DType dtype, Generator& generator) {
  if (!(std >= 0)) throw Error(ErrorCode::invalid_argument, str("normal: a standard deviation of ", std));
  require_floating(dtype, "normal");
  return drawn(shape, dtype, generator.next("normal"), [=](const RandomStream& stream, std::uint64_t i) {
    return mean + std * static_cast<double>(stream.normal(i));
  });
}

Var randint(std::int64_t low, std::int64_t high, const Shape& shape, DType dtype, Generator& generator) {
  if (low >= high) throw Error(ErrorCode::invalid_argument, str("randint: no integer lies in [", low, ", ", high, ")"));
  const std::uint64_t width = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
  return drawn(shape, dtype, generator.next("randint"), [=](const RandomStream& stream, std::uint64_t i) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + stream.below(i, width));
  });
}

Var bernoulli(double p, const Shape& shape, DType dtype, Generator& generator) {
  if (!(p >= 0 && p <= 1)) throw Error(ErrorCode::invalid_argument, str("bernoulli: p = ", p, " is outside [0, 1]"));
  return drawn(shape, dtype, generator.next("bernoulli"),
               [=](const RandomStream& stream, std::uint64_t i) { return static_cast<double>(stream.uniform(i)) < p; });
}

Var zeros_like(const Var& x) { return full_like(x, 0); }
Var ones_like(const Var& x) { return full_like(x, 1); }
Var full_like(const Var& x, double value) { return broadcast_to(constant(value, x.dtype()), x.shape()); }
Var rand_like(const Var& x) { return rand(x.shape(), x.dtype()); }
Var randn_like(const Var& x) { return randn(x.shape(), x.dtype()); }

}  // namespace neuro
