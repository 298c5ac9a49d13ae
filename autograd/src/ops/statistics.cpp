// Reductions that are written with others: variance, deviation, logsumexp, norms.
#include <cmath>
#include <limits>

#include "neuro/ops.h"
#include "ops/axes.h"
#include "ops/ops_internal.h"
#include "ops/rules.h"

namespace neuro {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Var number(double value, const Var& like) { return constant(value, like.dtype()); }

/// Only f32 and f64: what is written with others says so under its own name.
void check_float(const char* op, const Var& x) {
  if (!is_floating(x.dtype()))
    throw Error(ErrorCode::dtype,
                str(op, ": the operand must be f32 or f64, got ", name_of(x.dtype()), "; use convert()"));
}

Attrs with(const ReducedAxes& axes, double f) { return {.f = {f}, .i = axes.attrs()}; }

}  // namespace

// --- variance, stddev ---

static constexpr OpDef variance_def{
    .name = "variance",  // attrs: f[0] = correction, i = {keep, axes}
    .expand =
        [](std::span<const Var> in, const Attrs& attrs) {
          const Var x = in[0];
          const ReducedAxes axes("variance", x, attrs);
          const double n = static_cast<double>(axes.elements(x.shape()));
          const Var m = sum_over(x, axes.keeping(), n);
          return std::vector{sum_over(square(x - m), axes, n - attrs.f[0])};
        },
    .samples = [] { return samples::reductions({}); },
    .source = "sum of (x - mean)^2 / (n - correction)",
    .shapes = "[*a, n, *b] -> [*a, *b]",
};

static Var spread(const OpDef& op, const Var& x, const ReducedAxes& axes, double correction) {
  check_float(op.name, x);
  const std::int64_t n = axes.elements(x.shape());
  if (!(static_cast<double>(n) > correction)) {
    shape_error(op.name, "the reduced axes of ", x.shape(), " hold ", n,
                " elements, which must be more than the correction ", correction);
  }
  return record(op, {x}, with(axes, correction));
}
Var variance(const Var& x) { return spread(variance_def, x, ReducedAxes::all(x), 0); }
Var variance(const Var& x, std::span<const int> axes, KeepDim keep, double correction) {
  return spread(variance_def, x, {"variance", x, axes, keep}, correction);
}
Var variance(const Var& x, int axis, KeepDim keep, double correction) {
  return variance(x, std::span<const int>(&axis, 1), keep, correction);
}

static constexpr OpDef stddev_def{
    .name = "stddev",  // attrs of variance
    .expand =
        [](std::span<const Var> in, const Attrs& attrs) {
          const Var v = record(variance_def, in, attrs);
          // The root's slope at 0 is infinite: no gradient may meet it.
          const Var flat = equal(v, 0.);
          return std::vector{where(flat, number(0, v), sqrt(where(flat, number(1, v), v)))};
        },
    .samples =
        [] {
          std::vector<Sample> out;  // a deviation of 0 has no derivative
          for (Sample& s : samples::reductions({.lo = -8, .hi = 8, .distinct = true}, {0.5})) {
            const ReducedAxes axes("stddev", Var(Tensor::zeros(s.in[0].shape)), s.attrs);
            if (axes.elements(s.in[0].shape) > 1) out.push_back(s);
          }
          for (const Shape& shape : {Shape{2, 1, 5}, Shape{3, 7}, Shape{11, 3}, Shape{1, 2, 2, 3}}) {
            out.push_back({{{.shape = shape, .lo = -8, .hi = 8, .distinct = true}}, {.f = {0.5}, .i = {0, -1}}});
            out.push_back(out.back());
            out.back().attrs.f[0] = 0;
          }
          return out;
        },
    .source = "square root of the variance",
    .shapes = "[*a, n, *b] -> [*a, *b]",
};
Var stddev(const Var& x) { return spread(stddev_def, x, ReducedAxes::all(x), 0); }
Var stddev(const Var& x, std::span<const int> axes, KeepDim keep, double correction) {
  return spread(stddev_def, x, {"stddev", x, axes, keep}, correction);
}
Var stddev(const Var& x, int axis, KeepDim keep, double correction) {
  return stddev(x, std::span<const int>(&axis, 1), keep, correction);
}

// --- logsumexp ---

static constexpr OpDef logsumexp_def{
    .name = "logsumexp",  // attrs.i = {keep, axes}
    .expand =
        [](std::span<const Var> in, const Attrs& attrs) {
          const Var x = in[0];
          const ReducedAxes axes("logsumexp", x, attrs), wide = axes.keeping();
          if (axes.elements(x.shape()) == 0) {  // ln 0
            return std::vector{broadcast_to(number(-kInfinity, x), axes.result(x.shape()))};
          }
          // The shift is a constant to the gradient: it cancels. An infinite or undefined one would make inf - inf.
          Var shift = max(x, wide.list(), KeepDim::yes).detach();
          shift = where(less(abs(shift), number(kInfinity, x)), shift, number(0, x));
          const Var y = log(sum_over(exp(x - shift), wide, 1)) + shift;
          return std::vector{reshape(y, axes.result(x.shape()))};
        },
    .samples = [] { return samples::reductions({}); },
    .source = "ln sum e^(x - max) + max",
    .shapes = "[*a, n, *b] -> [*a, *b]",
};
static Var log_sum(const Var& x, const ReducedAxes& axes) {
  check_float("logsumexp", x);
  return record(logsumexp_def, {x}, with(axes, 0));
}
Var logsumexp(const Var& x) { return log_sum(x, ReducedAxes::all(x)); }
Var logsumexp(const Var& x, std::span<const int> axes, KeepDim keep) {
  return log_sum(x, {"logsumexp", x, axes, keep});
}
Var logsumexp(const Var& x, int axis, KeepDim keep) { return logsumexp(x, std::span<const int>(&axis, 1), keep); }

// --- norm ---

/// f(x) where x is not 0, and 0 (with a gradient of 0) where it is: f need not be differentiable there.
template <class F>
static Var away_from_zero(const Var& x, F&& f) {
  const Var none = equal(x, number(0, x));
  return where(none, number(0, x), f(where(none, number(1, x), x)));
}

static constexpr OpDef norm_def{
    .name = "norm",  // attrs: f[0] = p, i = {keep, axes}
    .expand =
        [](std::span<const Var> in, const Attrs& attrs) {
          const Var x = in[0];
          const double p = attrs.f[0];
          const ReducedAxes axes("norm", x, attrs);
          if (std::isinf(p)) return std::vector{reshape(max(abs(x), axes.list()), axes.result(x.shape()))};
          if (p == 1) return std::vector{sum_over(abs(x), axes, 1)};
          if (p == 2)
            return std::vector{away_from_zero(sum_over(square(x), axes, 1), [](const Var& s) { return sqrt(s); })};
          const auto power = [&](double exponent) {
            return [&x, exponent](const Var& s) { return pow(s, number(exponent, x)); };
          };
          return std::vector{away_from_zero(sum_over(away_from_zero(abs(x), power(p)), axes, 1), power(1 / p))};
        },
    .samples =
        [] {
          std::vector<Sample> out;
          const double ps[] = {2, 1, kInfinity, 3, 1.5, 0.5};
          std::size_t k = 0;
          for (const Sample& s : samples::reductions({.lo = -5, .hi = 5, .kinks = {0}})) {
            const double p = ps[k++ % std::size(ps)];
            if (s.in[0].shape.elements() == 0 && std::isinf(p)) continue;  // nothing has no largest element
            out.push_back(s);
            Sample& last = out.back();
            last.attrs.f[0] = p;
            if (std::isinf(last.attrs.f[0])) {  // positive, so that |x| has no ties either
              last.in[0].lo = 1;
              last.in[0].hi = 14;
              last.in[0].distinct = true;
            }
          }
          return out;
        },
    .source = "vector p-norm",
    .shapes = "[*a, n, *b] -> [*a, *b]",
};
static Var norm_over(const Var& x, double p, const ReducedAxes& axes) {
  check_float("norm", x);
  if (!(p > 0)) throw Error(ErrorCode::invalid_argument, str("norm: p = ", p, " must be positive (or infinity)"));
  if (std::isinf(p) && axes.elements(x.shape()) == 0)
    shape_error("norm", "the reduced axes of ", x.shape(), " have no elements, which p = infinity needs");
  return record(norm_def, {x}, with(axes, p));
}
Var norm(const Var& x, double p) { return norm_over(x, p, ReducedAxes::all(x)); }
Var norm(const Var& x, double p, std::span<const int> axes, KeepDim keep) {
  return norm_over(x, p, {"norm", x, axes, keep});
}
Var norm(const Var& x, double p, int axis, KeepDim keep) { return norm(x, p, std::span<const int>(&axis, 1), keep); }

OpList statistics_ops() {
  static constexpr const OpDef* ops[] = {&variance_def, &stddev_def, &logsumexp_def, &norm_def};
  return ops;
}

}  // namespace neuro
