// Arithmetic of two operands (which broadcast), comparisons, choice, and x combined with constants.
#include <cmath>

#include "neuro/error.h"
#include "neuro/ops.h"
#include "neuro/str.h"
#include "ops/ops_internal.h"
#include "ops/samples.h"

namespace neuro {
namespace {

constexpr const char* kSpec = "autograd.md, section 2";

Var zero(const Var& like) { return constant(0, like.dtype()); }

/// b as an operand beside a: a whole number beside integers.
Var beside(const char* op, const Var& a, double b) {
  if (!is_floating(a.dtype()) && (b != std::trunc(b) || std::abs(b) > 0x1p53)) {
    throw Error(ErrorCode::dtype,
                str(op, ": ", b, " is no whole number, and the operand is ", name_of(a.dtype()), "; convert() it"));
  }
  return constant(b, a.dtype());
}

// What one operand of maximum and minimum receives: all of gy where it was chosen, half where both are equal.
Var chosen(const Var& gy, const Var& wins, const Var& ties) { return where(wins, gy, where(ties, gy * 0.5, zero(gy))); }

// a and b differ by at least 0.04, so that no step of a difference quotient makes them change places.
std::vector<Sample> apart() { return samples::binary({.lo = -1, .hi = 2, .kinks = {0.5}}, {.lo = 0.49, .hi = 0.51}); }

}  // namespace

constexpr OpDef add_def{
    .name = "add",
    .elementwise = "add",
    .vjp =
        [](const Vjp& v) {
          return Grads{v.gy[0], v.gy[0]};
        },
    .samples = [] { return samples::binary({}, {}); },
    .source = kSpec,
};
Var add(const Var& a, const Var& b) { return record(add_def, {a, b}); }

constexpr OpDef sub_def{
    .name = "sub",
    .elementwise = "sub",
    .vjp =
        [](const Vjp& v) {
          return Grads{v.gy[0], v.wants(1) ? neg(v.gy[0]) : Var()};
        },
    .samples = [] { return samples::binary({}, {}); },
    .source = kSpec,
};
Var sub(const Var& a, const Var& b) { return record(sub_def, {a, b}); }

constexpr OpDef mul_def{
    .name = "mul",
    .elementwise = "mul",
    .vjp =
        [](const Vjp& v) {
          return Grads{v.wants(0) ? v.gy[0] * v.in[1] : Var(), v.wants(1) ? v.gy[0] * v.in[0] : Var()};
        },
    .samples = [] { return samples::binary({}, {}); },
    .source = kSpec,
};
Var mul(const Var& a, const Var& b) { return record(mul_def, {a, b}); }

constexpr OpDef div_def{
    .name = "div",
    .elementwise = "div",
    .vjp =
        [](const Vjp& v) {  // d(a/b)/db = -a/b^2 = -(1/b) y: the quotient serves both
          const Var q = v.gy[0] / v.in[1];
          return Grads{q, v.wants(1) ? -(q * v.out[0]) : Var()};
        },
    .samples = [] { return samples::binary({}, {.lo = 0.5, .hi = 2}); },
    .source = kSpec,
};
Var div(const Var& a, const Var& b) { return record(div_def, {a, b}); }

static constexpr OpDef pow_def{
    .name = "pow",
    .elementwise = "pow",
    .vjp =
        [](const Vjp& v) {
          // 0 * infinity would be NaN: a^0 and 0^b, b > 0, are constant.
          const Var a = v.in[0], b = v.in[1], none = zero(a);
          const auto by_base = [&] { return where(equal(b, none), none, v.gy[0] * b * pow(a, b - 1)); };
          const auto by_exponent = [&] {
            const Var slope = v.gy[0] * v.out[0] * log(a);
            return where(equal(a, none), where(greater_equal(b, none), none, slope), slope);
          };
          return Grads{v.wants(0) ? by_base() : Var(), v.wants(1) ? by_exponent() : Var()};
        },
    .samples = [] { return samples::binary({.lo = 0.5, .hi = 2}, {}); },
    .source = "d a^b = b a^(b-1) da + a^b ln(a) db",
};
Var pow(const Var& a, const Var& b) { return record(pow_def, {a, b}); }

static constexpr OpDef pow_scalar_def{
    .name = "pow_scalar",
    .expand =
        [](std::span<const Var> in, const Attrs& attrs) {
          const double b = attrs.f[0];
          // Up to the fourth power, multiplications are as accurate as pow, and quicker.
          if (b == std::trunc(b) && std::abs(b) <= 4) return std::vector{powi(in[0], static_cast<int>(b))};
          return std::vector{pow(in[0], constant(b, in[0].dtype()))};
        },
    .samples =
        [] {
          std::vector<Sample> out;
          for (const double b : {-1.5, -1.0, 0.0, 0.5, 3.0, 7.0}) {
            const std::vector<Sample> one = samples::unary({.lo = 0.5, .hi = 2}, {.f = {b}});
            out.insert(out.end(), one.begin(), one.end());
          }
          return out;
        },
    .source = kSpec,
    .shapes = "[*s] -> [*s]",
};
Var pow(const Var& a, double b) { return record(pow_scalar_def, {a}, {.f = {b}}); }
Var pow(double a, const Var& b) { return pow(constant(a, b.dtype()), b); }

static constexpr OpDef maximum_def{
    .name = "maximum",
    .elementwise = "maximum",
    .vjp =
        [](const Vjp& v) {
          const Var a = v.in[0], b = v.in[1], ties = equal(a, b);
          return Grads{v.wants(0) ? chosen(v.gy[0], greater(a, b), ties) : Var(),
                       v.wants(1) ? chosen(v.gy[0], less(a, b), ties) : Var()};
        },
    .samples = apart,
    .source = "subgradient that treats both operands alike",
};
Var maximum(const Var& a, const Var& b) { return record(maximum_def, {a, b}); }

static constexpr OpDef minimum_def{
    .name = "minimum",
    .elementwise = "minimum",
    .vjp =
        [](const Vjp& v) {
          const Var a = v.in[0], b = v.in[1], ties = equal(a, b);
          return Grads{v.wants(0) ? chosen(v.gy[0], less(a, b), ties) : Var(),
                       v.wants(1) ? chosen(v.gy[0], greater(a, b), ties) : Var()};
        },
    .samples = apart,
    .source = "subgradient that treats both operands alike",
};
Var minimum(const Var& a, const Var& b) { return record(minimum_def, {a, b}); }

// --- a x + b ---

constexpr OpDef affine_def{
    .name = "affine",
    .elementwise = "affine",
    .vjp = [](const Vjp& v) { return Grads{v.gy[0] * v.attrs.f[0]}; },
    .samples =
        [] {
          return samples::unary({}, {.f = {1.5, -0.25}});
        },
    .source = "a x + b",
};
static Var affine(const Var& x, double a, double b) { return record(affine_def, {x}, {.f = {a, b}}); }

Var operator+(const Var& a, double b) { return is_floating(a.dtype()) ? affine(a, 1, b) : a + beside("add", a, b); }
Var operator-(const Var& a, double b) { return is_floating(a.dtype()) ? affine(a, 1, -b) : a - beside("sub", a, b); }
Var operator*(const Var& a, double b) {  // x + -0.0 == x also for x == -0.0
  return is_floating(a.dtype()) ? affine(a, b, -0.0) : a * beside("mul", a, b);
}
Var operator/(const Var& a, double b) { return div(a, constant(b, a.dtype())); }  // a * (1 / b) rounds twice
Var operator+(double a, const Var& b) { return b + a; }
Var operator-(double a, const Var& b) { return is_floating(b.dtype()) ? affine(b, -1, a) : beside("sub", b, a) - b; }
Var operator*(double a, const Var& b) { return b * a; }
Var operator/(double a, const Var& b) { return div(constant(a, b.dtype()), b); }

// --- Comparisons and choice ---

// Floating operands, integers with ties, and booleans.
static std::vector<Sample> comparable() {
  std::vector<Sample> out = apart();
  for (const DType type : {DType::i64, DType::i32, DType::boolean}) {
    const SampleInput a{.shape = {5, 7}, .dtype = type}, b{.shape = {7}, .strided = true, .dtype = type};
    out.push_back({{a, b}});
  }
  return out;
}

static constexpr OpDef less_def{.name = "less", .elementwise = "less", .samples = comparable, .source = kSpec};
static constexpr OpDef less_equal_def{
    .name = "less_equal", .elementwise = "less_equal", .samples = comparable, .source = kSpec};
static constexpr OpDef greater_def{.name = "greater", .elementwise = "greater", .samples = comparable, .source = kSpec};
static constexpr OpDef greater_equal_def{
    .name = "greater_equal", .elementwise = "greater_equal", .samples = comparable, .source = kSpec};
static constexpr OpDef equal_def{.name = "equal", .elementwise = "equal", .samples = comparable, .source = kSpec};
static constexpr OpDef not_equal_def{
    .name = "not_equal", .elementwise = "not_equal", .samples = comparable, .source = kSpec};

Var less(const Var& a, double b) { return less(a, beside("less", a, b)); }
Var less_equal(const Var& a, double b) { return less_equal(a, beside("less_equal", a, b)); }
Var greater(const Var& a, double b) { return greater(a, beside("greater", a, b)); }
Var greater_equal(const Var& a, double b) { return greater_equal(a, beside("greater_equal", a, b)); }
Var equal(const Var& a, double b) { return equal(a, beside("equal", a, b)); }
Var not_equal(const Var& a, double b) { return not_equal(a, beside("not_equal", a, b)); }
Var less(const Var& a, const Var& b) { return record(less_def, {a, b}); }
Var less_equal(const Var& a, const Var& b) { return record(less_equal_def, {a, b}); }
Var greater(const Var& a, const Var& b) { return record(greater_def, {a, b}); }
Var greater_equal(const Var& a, const Var& b) { return record(greater_equal_def, {a, b}); }
Var equal(const Var& a, const Var& b) { return record(equal_def, {a, b}); }
Var not_equal(const Var& a, const Var& b) { return record(not_equal_def, {a, b}); }

static constexpr OpDef where_def{
    .name = "where",
    .elementwise = "where",
    .vjp =
        [](const Vjp& v) {
          const Var gy = v.gy[0], mask = v.in[0];
          return Grads{Var(), v.wants(1) ? where(mask, gy, zero(gy)) : Var(),
                       v.wants(2) ? where(mask, zero(gy), gy) : Var()};
        },
    .samples =
        [] {
          std::vector<Sample> out = samples::binary({}, {});
          for (std::size_t i = 0; i < out.size(); ++i) {  // the mask takes the shape of either, in turn
            const Shape mask = out[i].in[i % 2].shape;
            out[i].in.insert(out[i].in.begin(), {.shape = mask, .strided = i % 3 == 0, .dtype = DType::boolean});
          }
          return out;
        },
    .source = kSpec,
};
Var where(const Var& mask, const Var& a, const Var& b) { return record(where_def, {mask, a, b}); }

static constexpr OpDef lerp_def{
    .name = "lerp",
    .expand = [](std::span<const Var> in, const Attrs&) { return std::vector{in[0] + in[2] * (in[1] - in[0])}; },
    .samples =
        [] {
          std::vector<Sample> out = samples::binary({}, {});
          for (std::size_t i = 0; i < out.size(); ++i) {  // the weight takes the shape of either, in turn
            out[i].in.push_back({.shape = out[i].in[i % 2].shape, .lo = 0, .hi = 1, .strided = i % 3 == 0});
          }
          return out;
        },
    .source = "a + w (b - a)",
    .shapes = "a, b, weight [*s] -> [*s]",
};
Var lerp(const Var& a, const Var& b, const Var& weight) { return record(lerp_def, {a, b, weight}); }
Var lerp(const Var& a, const Var& b, double weight) { return lerp(a, b, constant(weight, a.dtype())); }

OpList arithmetic_ops() {
  static constexpr const OpDef* ops[] = {
      &add_def,     &sub_def,       &mul_def,   &div_def,        &pow_def,        &maximum_def,
      &minimum_def, &affine_def,    &less_def,  &less_equal_def, &greater_def,    &greater_equal_def,
      &equal_def,   &not_equal_def, &where_def, &lerp_def,       &pow_scalar_def,
  };
  return ops;
}

}  // namespace neuro
