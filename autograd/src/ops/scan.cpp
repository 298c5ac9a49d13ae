// Running results along an axis, and the linear recurrence that their gradients are.
#include <limits>

#include "neuro/ops.h"
#include "ops/axes.h"
#include "ops/ops_internal.h"
#include "ops/rules.h"

namespace neuro {
namespace {

/// Attrs of a scan: i = {axis, whether it runs from the end}.
int axis_of(const Attrs& attrs) { return static_cast<int>(attrs.i[0]); }
ScanFrom from_of(const Attrs& attrs) { return attrs.i[1] != 0 ? ScanFrom::end : ScanFrom::start; }
ScanFrom opposite(ScanFrom from) { return from == ScanFrom::start ? ScanFrom::end : ScanFrom::start; }
Attrs attrs_of(const char* op, const Var& x, int axis, ScanFrom from) {
  return {.i = {normalize_axis(axis, x.rank(), op), from == ScanFrom::end}};
}

Extents lanes(const Call& c) { return {c.in[0].shape, AxisRange({.i = {c.attrs->i[0], c.attrs->i[0] + 1}})}; }

template <kernels::Scan op>
void scan(const Call& c) noexcept {
  const Extents e = lanes(c);
  visit_float(c.in[0].dtype, [&]<class T>(T) {
    kernels::scan<T>(c.exec, op, from_of(*c.attrs), c.in[0].as<T>(), c.out[0].as<T>(), e.outer, e.n, e.inner);
  });
}

struct ScanCase {
  Shape shape;
  std::int64_t axis, reverse;
  bool strided = false;
};

const std::vector<ScanCase>& scan_cases() {
  static const std::vector<ScanCase> cases = {
      {{1}, 0, 0},       {{5}, 0, 0},       {{5}, 0, 1},          {{31}, 0, 0},         {{127}, 0, 1},
      {{2, 3}, 0, 0},    {{2, 3}, 1, 1},    {{7, 1}, 0, 0},       {{7, 1}, 1, 0},       {{1, 7}, 0, 1},
      {{1, 7}, 1, 1},    {{13, 11}, 1, 0},  {{13, 11}, 0, 1},     {{3, 65}, 1, 0},      {{3, 65}, 0, 0},
      {{2, 3, 4}, 1, 0}, {{2, 3, 4}, 1, 1}, {{2, 3, 4}, 2, 0},    {{2, 2, 3, 2}, 2, 1}, {{0}, 0, 0},
      {{0, 3}, 1, 0},    {{3, 0}, 1, 1},    {{4, 5}, 0, 0, true}, {{4, 5}, 1, 1, true}, {{2, 3, 5}, 1, 0, true},
  };
  return cases;
}

std::vector<Sample> scan_samples(const samples::Values& values, int operands = 1) {
  std::vector<Sample> out;
  for (const ScanCase& c : scan_cases()) {
    const std::vector<SampleInput> in(static_cast<std::size_t>(operands), values.of(c.shape, c.strided));
    out.push_back({in, {.i = {c.axis, c.reverse}}});
  }
  return out;
}

}  // namespace

Var shifted(const Var& x, int axis, ScanFrom from, double fill) {
  const std::int64_t n = x.shape()[axis];
  if (n == 0) return x;
  const Var edge = broadcast_to(constant(fill, x.dtype()), x.shape().with(axis, 1));
  const Var parts[] = {from == ScanFrom::start ? edge : slice(x, axis, 1, n),
                       from == ScanFrom::start ? slice(x, axis, 0, n - 1) : edge};
  return concat(parts, axis);
}

// --- cumsum ---

static constexpr OpDef cumsum_def{
    .name = "cumsum",
    .infer = same_as_first,
    .forward = scan<kernels::Scan::sum>,
    .vjp = [](const Vjp& v) { return Grads{cumsum(v.gy[0], axis_of(v.attrs), opposite(from_of(v.attrs)))}; },
    .samples = [] { return scan_samples({}); },
    .source = "prefix sums",
    .shapes = "[*s] -> [*s]",
};
Var cumsum(const Var& x, int axis, ScanFrom from) { return record(cumsum_def, {x}, attrs_of("cumsum", x, axis, from)); }

// --- linear_recurrence ---

static constexpr OpDef linear_recurrence_def{
    .name = "linear_recurrence",
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      check_float(c, 0, "a");
      check_same_type(c, 1, "b");
      check_shape(c, 1, "b", c.in[0].shape);
      return {c.in[0]};
    },
    .forward =
        [](const Call& c) noexcept {
          const Extents e = lanes(c);
          visit_float(c.in[0].dtype, [&]<class T>(T) {
            kernels::linear_recurrence<T>(c.exec, from_of(*c.attrs), c.in[0].as<T>(), c.in[1].as<T>(), c.out[0].as<T>(),
                                          e.outer, e.n, e.inner);
          });
        },
    .vjp =
        [](const Vjp& v) {  // what arrives at y[r]: gy[r] and, through y[r + 1], a[r + 1] times what arrives there
          const int axis = axis_of(v.attrs);
          const ScanFrom from = from_of(v.attrs), back = opposite(from);
          const Var g = linear_recurrence(shifted(v.in[0], axis, back, 0), v.gy[0], axis, back);
          return Grads{v.wants(0) ? g * shifted(v.out[0], axis, from, 0) : Var(), g};
        },
    .samples = [] { return scan_samples({.lo = -1, .hi = 1}, 2); },
    .source = "y[r] = a[r] y[r - 1] + b[r]; Martin, Cundy 2018, arXiv:1709.04057, section 2",
    .shapes = "a [*s], b [*s] -> [*s]",
};
Var linear_recurrence(const Var& a, const Var& b, int axis, ScanFrom from) {
  return record(linear_recurrence_def, {a, b}, attrs_of("linear_recurrence", a, axis, from));
}

// --- cumprod ---

// d y[i] / d x[k] = (product before k) (product of k + 1 .. i): the sum over i of gy[i] times the second factor is a
// recurrence, and nothing is divided by x[k].
static Grads cumprod_vjp(const Vjp& v) {
  const int axis = axis_of(v.attrs);
  const ScanFrom from = from_of(v.attrs), back = opposite(from);
  const Var before = shifted(v.out[0], axis, from, 1);
  return {before * linear_recurrence(shifted(v.in[0], axis, back, 0), v.gy[0], axis, back)};
}

static constexpr OpDef cumprod_def{
    .name = "cumprod",
    .infer = same_as_first,
    .forward = scan<kernels::Scan::prod>,
    .vjp = cumprod_vjp,
    .samples = [] { return scan_samples({.lo = 0.7, .hi = 1.3}); },
    .source = "prefix products",
    .shapes = "[*s] -> [*s]",
};
Var cumprod(const Var& x, int axis, ScanFrom from) {
  return record(cumprod_def, {x}, attrs_of("cumprod", x, axis, from));
}

// --- logcumsumexp ---

// gx[k] = sum over i >= k of gy[i] e^(x[k] - y[i]) = e^(x[k] - y[k]) s[k], s[k] = gy[k] + e^(y[k] - y[k + 1]) s[k + 1]:
// no exponent is positive, whatever the sizes. A difference of infinities carries nothing.
static constexpr double kNothing = -std::numeric_limits<double>::infinity();  // ln 0
static Grads logcumsumexp_vjp(const Vjp& v) {
  const int axis = axis_of(v.attrs);
  const ScanFrom from = from_of(v.attrs), back = opposite(from);
  const Var x = v.in[0], y = v.out[0];
  const Var infinite = constant(kNothing, x.dtype()), zero = constant(0, x.dtype());
  const Var carry = exp(where(equal(y, infinite), zero, shifted(y, axis, from, kNothing) - y));  // e^(y[k - 1] - y[k])
  const Var s = linear_recurrence(shifted(carry, axis, back, 0), v.gy[0], axis, back);
  return {exp(where(equal(y, infinite), infinite, x - y)) * s};
}

static constexpr OpDef logcumsumexp_def{
    .name = "logcumsumexp",
    .infer = same_as_first,
    .forward = scan<kernels::Scan::logsumexp>,
    .vjp = logcumsumexp_vjp,
    .samples = [] { return scan_samples({}); },
    .source = "prefix sums in the exponent",
    .shapes = "[*s] -> [*s]",
};
Var logcumsumexp(const Var& x, int axis, ScanFrom from) {
  return record(logcumsumexp_def, {x}, attrs_of("logcumsumexp", x, axis, from));
}

// --- cummax, cummin ---

namespace {

std::vector<ValueInfo> infer_extreme(const Infer& c) {
  check_float(c, 0, "the operand");
  return {c.in[0], {c.in[0].shape, DType::i64}};
}

template <bool largest>
void scan_extreme(const Call& c) noexcept {
  const Extents e = lanes(c);
  visit_float(c.in[0].dtype, [&]<class T>(T) {
    kernels::scan_extreme<T>(c.exec, largest, c.in[0].as<T>(), c.out[0].as<T>(), c.out[1].as<std::int64_t>(), e.outer,
                             e.n, e.inner);
  });
}

Grads to_their_places(const Vjp& v) {
  if (!v.gy[0].defined()) return {Var()};
  const int axis = axis_of(v.attrs);
  return {gather_backward(v.gy[0], v.out[1], axis, v.in[0].shape()[axis])};
}

std::vector<Sample> extreme_samples() {
  std::vector<Sample> out = scan_samples({.lo = -6, .hi = 6, .distinct = true});
  for (Sample& s : out) s.attrs.i.pop_back();
  return out;
}

RunningExtreme running(const OpDef& op, const Var& x, int axis) {
  const std::vector<Var> y = record_all(op, std::span(&x, 1), {.i = {normalize_axis(axis, x.rank(), op.name)}});
  return {y[0], y[1]};
}

}  // namespace

static constexpr OpDef cummax_def{
    .name = "cummax",
    .infer = infer_extreme,
    .forward = scan_extreme<true>,
    .vjp = to_their_places,
    .samples = extreme_samples,
    .source = "prefix maxima, the last of equals",
    .shapes = "[*s] -> [*s], [*s] i64",
};
RunningExtreme cummax(const Var& x, int axis) { return running(cummax_def, x, axis); }

static constexpr OpDef cummin_def{
    .name = "cummin",
    .infer = infer_extreme,
    .forward = scan_extreme<false>,
    .vjp = to_their_places,
    .samples = extreme_samples,
    .source = "prefix minima, the last of equals",
    .shapes = "[*s] -> [*s], [*s] i64",
};
RunningExtreme cummin(const Var& x, int axis) { return running(cummin_def, x, axis); }

OpList scan_ops() {
  static constexpr const OpDef* ops[] = {
      &cumsum_def, &linear_recurrence_def, &cumprod_def, &logcumsumexp_def, &cummax_def, &cummin_def};
  return ops;
}

}  // namespace neuro
