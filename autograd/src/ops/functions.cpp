// Exponentials, logarithms, circular and hyperbolic functions and their inverses.
#include <numbers>

#include "neuro/ops.h"
#include "ops/ops_internal.h"
#include "ops/samples.h"

namespace neuro {
namespace {

constexpr const char* kCalculus = "elementary calculus";

std::vector<Sample> between(double lo, double hi) { return samples::unary({.lo = lo, .hi = hi}); }

}  // namespace

// --- Exponentials and logarithms ---

static constexpr OpDef exp2_def{
    .name = "exp2",
    .elementwise = "exp2",
    .vjp = [](const Vjp& v) { return Grads{v.gy[0] * v.out[0] * std::numbers::ln2}; },
    .samples = [] { return between(-3, 3); },
    .source = kCalculus,
};
Var exp2(const Var& x) { return record(exp2_def, {x}); }

static constexpr OpDef expm1_def{
    .name = "expm1",
    .elementwise = "expm1",
    .vjp = [](const Vjp& v) { return Grads{v.gy[0] * exp(v.in[0])}; },  // y + 1 would cancel where y is near -1
    .samples = [] { return between(-2, 2); },
    .source = kCalculus,
};
Var expm1(const Var& x) { return record(expm1_def, {x}); }

static constexpr OpDef log2_def{
    .name = "log2",
    .elementwise = "log2",
    .vjp = [](const Vjp& v) { return Grads{v.gy[0] / (v.in[0] * std::numbers::ln2)}; },
    .samples = [] { return between(0.5, 3); },
    .source = kCalculus,
};
Var log2(const Var& x) { return record(log2_def, {x}); }

static constexpr OpDef log10_def{
    .name = "log10",
    .elementwise = "log10",
    .vjp = [](const Vjp& v) { return Grads{v.gy[0] / (v.in[0] * std::numbers::ln10)}; },
    .samples = [] { return between(0.5, 3); },
    .source = kCalculus,
};
Var log10(const Var& x) { return record(log10_def, {x}); }

static constexpr OpDef erfc_def{
    .name = "erfc",
    .elementwise = "erfc",
    .vjp = [](const Vjp& v) { return Grads{v.gy[0] * (exp(-square(v.in[0])) * (-2 * std::numbers::inv_sqrtpi))}; },
    .samples = [] { return between(-2, 3); },
    .source = "erfc' = -2 / sqrt(pi) exp(-x^2)",
};
Var erfc(const Var& x) { return record(erfc_def, {x}); }

// --- Circular functions ---

static constexpr OpDef tan_def{
    .name = "tan",
    .elementwise = "tan",
    .vjp = [](const Vjp& v) { return Grads{v.gy[0] * (square(v.out[0]) + 1)}; },
    .samples = [] { return between(-1.2, 1.2); },
    .source = kCalculus,
};
Var tan(const Var& x) { return record(tan_def, {x}); }

// 1 - x^2 = (1 - x) (1 + x), which does not cancel.
static Var one_less_square(const Var& x) { return (1 - x) * (1 + x); }

static constexpr OpDef asin_def{
    .name = "asin",
    .elementwise = "asin",
    .vjp = [](const Vjp& v) { return Grads{v.gy[0] * rsqrt(one_less_square(v.in[0]))}; },
    .samples = [] { return between(-0.8, 0.8); },
    .source = kCalculus,
};
Var asin(const Var& x) { return record(asin_def, {x}); }

static constexpr OpDef acos_def{
    .name = "acos",
    .elementwise = "acos",
    .vjp = [](const Vjp& v) { return Grads{-(v.gy[0] * rsqrt(one_less_square(v.in[0])))}; },
    .samples = [] { return between(-0.8, 0.8); },
    .source = kCalculus,
};
Var acos(const Var& x) { return record(acos_def, {x}); }

static constexpr OpDef atan_def{
    .name = "atan",
    .elementwise = "atan",
    .vjp = [](const Vjp& v) { return Grads{v.gy[0] / (square(v.in[0]) + 1)}; },
    .samples = [] { return between(-3, 3); },
    .source = kCalculus,
};
Var atan(const Var& x) { return record(atan_def, {x}); }

static constexpr OpDef atan2_def{
    .name = "atan2",
    .elementwise = "atan2",
    .vjp =
        [](const Vjp& v) {
          const Var y = v.in[0], x = v.in[1], g = v.gy[0] / (square(x) + square(y));
          return Grads{v.wants(0) ? g * x : Var(), v.wants(1) ? -(g * y) : Var()};
        },
    .samples = [] { return samples::binary({.kinks = {0}}, {.lo = 0.5, .hi = 2}); },
    .source = kCalculus,
};
Var atan2(const Var& y, const Var& x) { return record(atan2_def, {y, x}); }

// --- Hyperbolic functions ---

static constexpr OpDef sinh_def{
    .name = "sinh",
    .elementwise = "sinh",
    .vjp = [](const Vjp& v) { return Grads{v.gy[0] * cosh(v.in[0])}; },
    .samples = [] { return between(-2, 2); },
    .source = kCalculus,
};
Var sinh(const Var& x) { return record(sinh_def, {x}); }

static constexpr OpDef cosh_def{
    .name = "cosh",
    .elementwise = "cosh",
    .vjp = [](const Vjp& v) { return Grads{v.gy[0] * sinh(v.in[0])}; },
    .samples = [] { return between(-2, 2); },
    .source = kCalculus,
};
Var cosh(const Var& x) { return record(cosh_def, {x}); }

static constexpr OpDef asinh_def{
    .name = "asinh",
    .elementwise = "asinh",
    .vjp = [](const Vjp& v) { return Grads{v.gy[0] * rsqrt(square(v.in[0]) + 1)}; },
    .samples = [] { return between(-3, 3); },
    .source = kCalculus,
};
Var asinh(const Var& x) { return record(asinh_def, {x}); }

static constexpr OpDef acosh_def{
    .name = "acosh",
    .elementwise = "acosh",
    .vjp = [](const Vjp& v) { return Grads{v.gy[0] * rsqrt((v.in[0] - 1) * (v.in[0] + 1))}; },
    .samples = [] { return between(1.3, 4); },
    .source = kCalculus,
};
Var acosh(const Var& x) { return record(acosh_def, {x}); }

static constexpr OpDef atanh_def{
    .name = "atanh",
    .elementwise = "atanh",
    .vjp = [](const Vjp& v) { return Grads{v.gy[0] / one_less_square(v.in[0])}; },
    .samples = [] { return between(-0.8, 0.8); },
    .source = kCalculus,
};
Var atanh(const Var& x) { return record(atanh_def, {x}); }

OpList function_ops() {
  static constexpr const OpDef* ops[] = {
      &exp2_def, &expm1_def, &log2_def, &log10_def, &erfc_def,  &tan_def,   &asin_def,  &acos_def,
      &atan_def, &atan2_def, &sinh_def, &cosh_def,  &asinh_def, &acosh_def, &atanh_def,
  };
  return ops;
}

}  // namespace neuro
