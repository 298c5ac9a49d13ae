// Functions of one operand, elementwise.
#include <numbers>

#include "neuro/error.h"
#include "neuro/ops.h"
#include "neuro/str.h"
#include "ops/ops_internal.h"
#include "ops/samples.h"

namespace neuro {
static constexpr const char* kSpec = "autograd.md, section 2";
static constexpr const char* kCalculus = "elementary calculus";

/// g where x lies inside the bounds of clamp, else 0.
static Var clamp_grad(const Var& g, const Var& x, const Attrs& bounds);

static constexpr OpDef neg_def{
    .name = "neg",
    .elementwise = "neg",
    .vjp = [](const Vjp& v) { return Grads{neg(v.gy[0])}; },
    .samples = [] { return samples::unary({}); },
    .source = kSpec,
};
Var neg(const Var& x) { return record(neg_def, {x}); }

static constexpr OpDef abs_def{
    .name = "abs",
    .elementwise = "abs",
    .vjp = [](const Vjp& v) { return Grads{v.gy[0] * sign(v.in[0])}; },
    .samples = [] { return samples::unary({.kinks = {0}}); },
    .source = kCalculus,
};
Var abs(const Var& x) { return record(abs_def, {x}); }

static constexpr OpDef sign_def{
    .name = "sign", .elementwise = "sign", .samples = [] { return samples::unary({.kinks = {0}}); }, .source = kSpec};
Var sign(const Var& x) { return record(sign_def, {x}); }

static constexpr OpDef exp_def{
    .name = "exp",
    .elementwise = "exp",
    .vjp = [](const Vjp& v) { return Grads{v.gy[0] * v.out[0]}; },
    .samples = [] { return samples::unary({}); },
    .source = kSpec,
};
Var exp(const Var& x) { return record(exp_def, {x}); }

static constexpr OpDef log_def{
    .name = "log",
    .elementwise = "log",
    .vjp = [](const Vjp& v) { return Grads{v.gy[0] / v.in[0]}; },
    .samples = [] { return samples::unary({.lo = 0.5, .hi = 3}); },
    .source = kSpec,
};
Var log(const Var& x) { return record(log_def, {x}); }

static constexpr OpDef log1p_def{
    .name = "log1p",
    .elementwise = "log1p",
    .vjp = [](const Vjp& v) { return Grads{v.gy[0] / (v.in[0] + 1)}; },
    .samples = [] { return samples::unary({.lo = -0.5, .hi = 3}); },
    .source = kCalculus,
};
Var log1p(const Var& x) { return record(log1p_def, {x}); }

static constexpr OpDef sqrt_def{
    .name = "sqrt",
    .elementwise = "sqrt",
    .vjp = [](const Vjp& v) { return Grads{v.gy[0] * 0.5 / v.out[0]}; },
    .samples = [] { return samples::unary({.lo = 0.5, .hi = 3}); },
    .source = kSpec,
};
Var sqrt(const Var& x) { return record(sqrt_def, {x}); }

static constexpr OpDef rsqrt_def{
    .name = "rsqrt",
    .elementwise = "rsqrt",
    .vjp =
        [](const Vjp& v) {  // (x^-1/2)' = -1/2 x^-3/2 = -1/2 y^3
          const Var y = v.out[0];
          return Grads{v.gy[0] * -0.5 * (y * y * y)};
        },
    .samples = [] { return samples::unary({.lo = 0.5, .hi = 3}); },
    .source = kCalculus,
};
Var rsqrt(const Var& x) { return record(rsqrt_def, {x}); }

static constexpr OpDef square_def{
    .name = "square",
    .elementwise = "square",
    .vjp = [](const Vjp& v) { return Grads{v.gy[0] * (v.in[0] * 2)}; },
    .samples = [] { return samples::unary({}); },
    .source = kCalculus,
};
Var square(const Var& x) { return record(square_def, {x}); }

static constexpr OpDef reciprocal_def{
    .name = "reciprocal",
    .elementwise = "reciprocal",
    .vjp = [](const Vjp& v) { return Grads{-(v.gy[0] * square(v.out[0]))}; },
    .samples = [] { return samples::unary({.lo = 0.5, .hi = 3}); },
    .source = kCalculus,
};
Var reciprocal(const Var& x) { return record(reciprocal_def, {x}); }

static constexpr OpDef powi_def{
    .name = "powi",
    .elementwise = "powi",
    .vjp =
        [](const Vjp& v) {  // k = 0: no gradient, rather than 0 * x^-1, which is not 0 at 0
          const int k = static_cast<int>(v.attrs.f[0]);
          return Grads{k == 0 ? Var() : v.gy[0] * (powi(v.in[0], k - 1) * k)};
        },
    .samples =
        [] {
          std::vector<Sample> out;
          for (const int k : {-2, -1, 0, 1, 2, 3, 5}) {
            const std::vector<Sample> one = samples::unary({.lo = 0.5, .hi = 2}, {.f = {static_cast<double>(k)}});
            out.insert(out.end(), one.begin(), one.end());
          }
          return out;
        },
    .source = kSpec,
};
Var powi(const Var& x, int k) { return record(powi_def, {x}, {.f = {static_cast<double>(k)}}); }

static constexpr OpDef sin_def{
    .name = "sin",
    .elementwise = "sin",
    .vjp = [](const Vjp& v) { return Grads{v.gy[0] * cos(v.in[0])}; },
    .samples = [] { return samples::unary({.lo = -6, .hi = 6}); },
    .source = kCalculus,
};
Var sin(const Var& x) { return record(sin_def, {x}); }

static constexpr OpDef cos_def{
    .name = "cos",
    .elementwise = "cos",
    .vjp = [](const Vjp& v) { return Grads{-(v.gy[0] * sin(v.in[0]))}; },
    .samples = [] { return samples::unary({.lo = -6, .hi = 6}); },
    .source = kCalculus,
};
Var cos(const Var& x) { return record(cos_def, {x}); }

static constexpr OpDef erf_def{
    .name = "erf",
    .elementwise = "erf",
    .vjp = [](const Vjp& v) { return Grads{v.gy[0] * (exp(-square(v.in[0])) * (2 * std::numbers::inv_sqrtpi))}; },
    .samples = [] { return samples::unary({}); },
    .source = "erf' = 2 / sqrt(pi) exp(-x^2)",
};
Var erf(const Var& x) { return record(erf_def, {x}); }

static constexpr OpDef floor_def{
    .name = "floor",
    .elementwise = "floor",
    .samples =
        [] {
          return samples::unary({.kinks = {-2, -1, 0, 1, 2}});
        },
    .source = "piecewise constant",
};
Var floor(const Var& x) { return record(floor_def, {x}); }

static constexpr OpDef clamp_grad_def{
    .name = "clamp_grad",
    .elementwise = "clamp_grad",
    .vjp =
        [](const Vjp& v) {
          return Grads{clamp_grad(v.gy[0], v.in[1], v.attrs), Var()};
        },
    .samples =
        [] {
          return samples::binary({}, {.kinks = {-1, 0.75}}, {.f = {-1, 0.75}});
        },
    .source = "linear in g: its own transpose",
};
static Var clamp_grad(const Var& g, const Var& x, const Attrs& bounds) {
  return record(clamp_grad_def, {g, x}, bounds);
}

static constexpr OpDef clamp_def{
    .name = "clamp",
    .elementwise = "clamp",
    .vjp = [](const Vjp& v) { return Grads{clamp_grad(v.gy[0], v.in[0], v.attrs)}; },
    .samples =
        [] {
          return samples::unary({.kinks = {-1, 0.75}}, {.f = {-1, 0.75}});
        },
    .source = kCalculus,
};
Var clamp(const Var& x, double lo, double hi) {
  if (!(lo <= hi)) throw Error(ErrorCode::invalid_argument, str("clamp: lo ", lo, " is not at most hi ", hi));
  return record(clamp_def, {x}, {.f = {lo, hi}});
}

OpList math_ops() {
  static constexpr const OpDef* ops[] = {
      &neg_def,        &abs_def,  &sign_def, &exp_def, &log_def, &log1p_def, &sqrt_def,  &rsqrt_def,      &square_def,
      &reciprocal_def, &powi_def, &sin_def,  &cos_def, &erf_def, &floor_def, &clamp_def, &clamp_grad_def,
  };
  return ops;
}

}  // namespace neuro
