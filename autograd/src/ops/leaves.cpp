// Leaves with values of their own.
#include <cmath>

#include "neuro/error.h"
#include "neuro/ops.h"
#include "neuro/random.h"
#include "neuro/str.h"

namespace neuro {
namespace {

/// A tensor of n values of `value(i)`, of rank 1 unless a shape is given.
template <class F>
Var leaf(const Shape& shape, DType dtype, F value) {
  Tensor t = Tensor::empty(shape, DType::f64);
  double* p = t.data<double>();
  for (std::int64_t i = 0; i < t.size(); ++i) p[i] = value(i);
  return Var(dtype == DType::f64 ? t : t.to(dtype));
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
  if (step == 0 || !std::isfinite(count))
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

Var rand(const Shape& shape, std::uint64_t seed, DType dtype) {
  const RandomStream stream(seed, stream_of("rand"));
  return leaf(shape, dtype, [&](std::int64_t i) { return stream.uniform(static_cast<std::uint64_t>(i)); });
}

Var randn(const Shape& shape, std::uint64_t seed, DType dtype) {
  const RandomStream stream(seed, stream_of("randn"));
  return leaf(shape, dtype, [&](std::int64_t i) { return stream.normal(static_cast<std::uint64_t>(i)); });
}

Var zeros_like(const Var& x) { return broadcast_to(constant(0, x.dtype()), x.shape()); }
Var ones_like(const Var& x) { return broadcast_to(constant(1, x.dtype()), x.shape()); }

}  // namespace neuro
