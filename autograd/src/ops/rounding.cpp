// Functions that are constant or linear piece by piece: rounding, remainders, steps; tests of special values; booleans.
#include <limits>

#include "neuro/ops.h"
#include "ops/ops_internal.h"
#include "ops/samples.h"

namespace neuro {
namespace {

constexpr const char* kPiecewise = "piecewise constant";
constexpr const char* kIeee = "IEEE 754-2019";

std::vector<Sample> two_masks() { return samples::binary({.dtype = DType::boolean}, {.dtype = DType::boolean}); }

/// The gradient of y = a - n b: n is the integer that (a - y) / b rounds to.
Grads remainder_grads(const Vjp& v) {
  const Var b = v.in[1];
  return {v.gy[0], v.wants(1) ? -(v.gy[0] * round((v.in[0] - v.out[0]) / b)) : Var()};
}

// a / b lies in [0.34, 0.82], [1.1, 1.9] and [-1.9, -1.1]: no step of a difference quotient reaches an integer.
std::vector<Sample> quotients_apart() {
  std::vector<Sample> out = samples::binary({.lo = 1, .hi = 1.5}, {.lo = 1.9, .hi = 2.9});
  for (const auto& [lo, hi] : {std::pair(2.2, 2.8), std::pair(-2.8, -2.2)}) {
    const std::vector<Sample> more = samples::binary({.lo = lo, .hi = hi}, {.lo = 1.5, .hi = 1.95});
    out.insert(out.end(), more.begin(), more.begin() + 8);
  }
  return out;
}

}  // namespace

static constexpr OpDef ceil_def{
    .name = "ceil",
    .elementwise = "ceil",
    .samples =
        [] {
          return samples::unary({.kinks = {-2, -1, 0, 1, 2}});
        },
    .source = kPiecewise,
};
Var ceil(const Var& x) { return record(ceil_def, {x}); }

static constexpr OpDef trunc_def{
    .name = "trunc",
    .elementwise = "trunc",
    .samples =
        [] {
          return samples::unary({.kinks = {-2, -1, 0, 1, 2}});
        },
    .source = kPiecewise,
};
Var trunc(const Var& x) { return record(trunc_def, {x}); }

static constexpr OpDef round_def{
    .name = "round",
    .elementwise = "round",
    .samples =
        [] {
          return samples::unary({.kinks = {-1.5, -0.5, 0.5, 1.5}});
        },
    .source = kPiecewise,
};
Var round(const Var& x) { return record(round_def, {x}); }

static constexpr OpDef fmod_def{
    .name = "fmod", .elementwise = "fmod", .vjp = remainder_grads, .samples = quotients_apart, .source = "ISO C, fmod"};
Var fmod(const Var& a, const Var& b) { return record(fmod_def, {a, b}); }

static constexpr OpDef remainder_def{
    .name = "remainder",
    .elementwise = "remainder",
    .vjp = remainder_grads,
    .samples = quotients_apart,
    .source = "a - b floor(a / b)",
};
Var remainder(const Var& a, const Var& b) { return record(remainder_def, {a, b}); }

static constexpr OpDef heaviside_def{
    .name = "heaviside",
    .elementwise = "heaviside",
    .samples = [] { return samples::binary({.kinks = {0}}, {.kinks = {0}}); },
    .source = kPiecewise,
};
Var heaviside(const Var& x, const Var& at_zero) { return record(heaviside_def, {x, at_zero}); }

static constexpr OpDef step_def{
    .name = "step",
    .expand = [](std::span<const Var> in,
                 const Attrs&) { return std::vector{heaviside(in[0], constant(0, in[0].dtype()))}; },
    .samples = [] { return samples::unary({.kinks = {0}}); },
    .source = "autograd.md, section 2",
    .shapes = "[*s] -> [*s]",
};
Var step(const Var& x) { return record(step_def, {x}); }

// --- Special values ---

static constexpr OpDef isnan_def{
    .name = "isnan", .elementwise = "isnan", .samples = [] { return samples::unary({}); }, .source = kIeee};
static constexpr OpDef isinf_def{
    .name = "isinf", .elementwise = "isinf", .samples = [] { return samples::unary({}); }, .source = kIeee};
static constexpr OpDef isfinite_def{
    .name = "isfinite", .elementwise = "isfinite", .samples = [] { return samples::unary({}); }, .source = kIeee};
Var isnan(const Var& x) { return record(isnan_def, {x}); }
Var isinf(const Var& x) { return record(isinf_def, {x}); }
Var isfinite(const Var& x) { return record(isfinite_def, {x}); }

static constexpr OpDef nan_to_num_def{
    .name = "nan_to_num",
    .elementwise = "nan_to_num",
    .vjp = [](const Vjp& v) { return Grads{where(isfinite(v.in[0]), v.gy[0], constant(0, v.gy[0].dtype()))}; },
    .samples =
        [] {
          return samples::unary({}, {.f = {0.5, 100, -100}});
        },
    .source = "the identity but for NaN and infinities",
};
Var nan_to_num(const Var& x, double nan, std::optional<double> posinf, std::optional<double> neginf) {
  const double largest = x.dtype() == DType::f64 ? std::numeric_limits<double>::max()
                                                 : static_cast<double>(std::numeric_limits<float>::max());
  return record(nan_to_num_def, {x}, {.f = {nan, posinf.value_or(largest), neginf.value_or(-largest)}});
}

// --- Booleans ---

static constexpr OpDef logical_and_def{
    .name = "logical_and", .elementwise = "logical_and", .samples = two_masks, .source = "Boole 1854"};
static constexpr OpDef logical_or_def{
    .name = "logical_or", .elementwise = "logical_or", .samples = two_masks, .source = "Boole 1854"};
static constexpr OpDef logical_xor_def{
    .name = "logical_xor", .elementwise = "logical_xor", .samples = two_masks, .source = "exclusive or"};
static constexpr OpDef logical_not_def{
    .name = "logical_not",
    .elementwise = "logical_not",
    .samples = [] { return samples::unary({.dtype = DType::boolean}); },
    .source = "Boole 1854",
};
Var logical_and(const Var& a, const Var& b) { return record(logical_and_def, {a, b}); }
Var logical_or(const Var& a, const Var& b) { return record(logical_or_def, {a, b}); }
Var logical_xor(const Var& a, const Var& b) { return record(logical_xor_def, {a, b}); }
Var logical_not(const Var& a) { return record(logical_not_def, {a}); }

OpList rounding_ops() {
  static constexpr const OpDef* ops[] = {
      &ceil_def,       &trunc_def,       &round_def,      &fmod_def,        &remainder_def,
      &heaviside_def,  &step_def,        &isnan_def,      &isinf_def,       &isfinite_def,
      &nan_to_num_def, &logical_and_def, &logical_or_def, &logical_xor_def, &logical_not_def,
  };
  return ops;
}

}  // namespace neuro
