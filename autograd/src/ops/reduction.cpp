// Reductions that are kernels. One call reduces neighbouring axes, seen as the middle of [outer, n, inner]; a sum over
// axes that are apart takes one call a group, the others move the axes together first.
#include <algorithm>

#include "neuro/kernels/reduce.h"
#include "neuro/ops.h"
#include "ops/axes.h"
#include "ops/ops_internal.h"
#include "ops/rules.h"
#include "ops/samples.h"

namespace neuro {
namespace {

std::vector<ValueInfo> infer_reduce(const Infer& c) {
  check_float(c, 0, "the operand");
  const AxisRange axes(c.attrs);
  return {{axes.dropped(c.in[0].shape), c.in[0].dtype}};
}

std::size_t reduce_bytes(const Call& c) {
  const Extents e(c.in[0].shape, AxisRange(*c.attrs));
  std::size_t bytes = 0;
  visit_float(c.in[0].dtype, [&]<class T>(T) { bytes = kernels::reduce_scratch<T>(e.outer, e.n, e.inner); });
  return bytes;
}

template <kernels::Reduce op>
void reduce(const Call& c) noexcept {
  const Extents e(c.in[0].shape, AxisRange(*c.attrs));
  visit_float(c.in[0].dtype, [&]<class T>(T) {
    const T divisor = op == kernels::Reduce::sum ? static_cast<T>(c.attrs->f[0]) : T(1);
    kernels::reduce<T>(c.exec, op, c.in[0].as<T>(), c.out[0].as<T>(), e.outer, e.n, e.inner, divisor);
  });
}

}  // namespace

static constexpr OpDef sum_def{
    .name = "sum",
    .infer = infer_reduce,
    .forward = reduce<kernels::Reduce::sum>,
    .scratch = reduce_bytes,
    .vjp =
        [](const Vjp& v) {
          const Shape& shape = v.in[0].shape();
          const AxisRange axes(v.attrs);
          const Var g = v.attrs.f[0] == 1 ? v.gy[0] : v.gy[0] * (1 / v.attrs.f[0]);
          return Grads{broadcast_to(reshape(g, axes.kept(shape)), shape)};
        },
    .samples =
        [] {
          std::vector<Sample> out = samples::ranges({}, 1);
          const std::vector<Sample> mean = samples::ranges({}, 3);
          out.insert(out.end(), mean.begin(), mean.end());
          out.push_back({{{.shape = {0}}}, {.f = {1}, .i = {0, 1}}});
          return out;
        },
    .source = "autograd.md, section 2; the order of the sum is a tree (kernels/reduce.h)",
    .shapes = "[*a, n, *b] -> [*a, *b]",
};

Var sum_over(const Var& x, const ReducedAxes& axes, double divisor) {
  if (!is_floating(x.dtype())) return reduce_together(integer_sum_def, x, axes);
  Var y = x;
  for (int end = x.rank(); end > 0;) {  // from the last group to the first, so that axes keep their numbers
    if (!axes.contains(end - 1)) {
      --end;
      continue;
    }
    int begin = end - 1;
    while (begin > 0 && axes.contains(begin - 1)) --begin;
    y = record(sum_def, {y}, {.f = {divisor}, .i = {begin, end}});
    divisor = 1;
    end = begin;
  }
  if (divisor != 1) y = y / divisor;  // no axis was reduced
  return reshape(y, axes.result(x.shape()));
}

Var sum(const Var& x) { return sum_over(x, ReducedAxes::all(x), 1); }
Var sum(const Var& x, std::span<const int> axes, KeepDim keep) { return sum_over(x, {"sum", x, axes, keep}, 1); }
Var sum(const Var& x, int axis, KeepDim keep) { return sum(x, std::span<const int>(&axis, 1), keep); }

static Var mean_over(const Var& x, const ReducedAxes& axes) {
  if (!is_floating(x.dtype()))
    throw Error(ErrorCode::dtype,
                str("mean: the operand must be f32 or f64, got ", name_of(x.dtype()), "; use convert()"));
  const std::int64_t n = axes.elements(x.shape());
  if (n == 0) shape_error("mean", "no elements to take the mean of: the operand has shape ", x.shape());
  return sum_over(x, axes, static_cast<double>(n));
}
Var mean(const Var& x) { return mean_over(x, ReducedAxes::all(x)); }
Var mean(const Var& x, std::span<const int> axes, KeepDim keep) { return mean_over(x, {"mean", x, axes, keep}); }
Var mean(const Var& x, int axis, KeepDim keep) { return mean(x, std::span<const int>(&axis, 1), keep); }

Var sum_to(const Var& x, const Shape& shape) {
  const Shape& from = x.shape();
  const int lead = from.rank() - shape.rank();
  std::vector<int> axes;
  for (int i = 0; i < from.rank(); ++i) {
    const bool repeated = i < lead || (shape[i - lead] == 1 && from[i] != 1);
    if (repeated) axes.push_back(i);
    if (lead < 0 || (!repeated && shape[i - lead] != from[i]))
      shape_error("sum_to", "shape ", shape, " does not broadcast to the operand's ", from);
  }
  if (lead < 0) shape_error("sum_to", "shape ", shape, " does not broadcast to the operand's ", from);
  return axes.empty() ? x : reshape(sum(x, axes, KeepDim::no), shape);
}

// --- max, min ---

namespace {

// The gradient goes to the elements that equal the result, shared equally among them.
Grads share_among_ties(const Vjp& v) {
  const Var x = v.in[0], gy = v.gy[0];
  const AxisRange axes(v.attrs);
  const Shape column = axes.kept(x.shape());
  const Var hit = equal(x, reshape(v.out[0], column));
  const Var one = constant(1, x.dtype()), zero = constant(0, x.dtype());
  const Var ties = record(sum_def, {where(hit, one, zero)}, {.f = {1}, .i = {axes.begin, axes.end}});
  return {where(hit, reshape(gy / ties, column), zero)};
}

Var extreme(const OpDef& op, const OpDef& integer_op, const Var& x, const ReducedAxes& axes) {
  for (const int axis : axes.list()) {
    if (x.shape()[axis] == 0) shape_error(op.name, "axis ", axis, " of ", x.shape(), " has no elements");
  }
  return reduce_together(is_floating(x.dtype()) ? op : integer_op, x, axes);
}

std::vector<Sample> last_axis_samples() {
  std::vector<Sample> out;
  for (const Shape& shape : samples::row_shapes())
    out.push_back({{{.shape = shape, .lo = -4, .hi = 4, .distinct = true}}});
  out.push_back({{{.shape = {4, 5}, .lo = -4, .hi = 4, .distinct = true, .strided = true}}});
  return out;
}

std::vector<Sample> distinct_samples() {
  std::vector<Sample> out;
  for (const Sample& s : samples::ranges({.lo = -4, .hi = 4, .distinct = true}, 1)) {
    if (s.in[0].shape.elements() <= 120) out.push_back(s);
  }
  for (const Shape& shape : samples::row_shapes()) {
    if (shape.elements() <= 120)
      out.push_back({{{.shape = shape, .lo = -4, .hi = 4, .distinct = true}}, {.i = {shape.rank() - 1, shape.rank()}}});
  }
  return out;
}

}  // namespace

static constexpr OpDef max_def{
    .name = "max",
    .infer = infer_reduce,
    .forward = reduce<kernels::Reduce::max>,
    .scratch = reduce_bytes,
    .vjp = share_among_ties,
    .samples = distinct_samples,
    .source = "subgradient that treats equal elements alike",
    .shapes = "[*a, n, *b] -> [*a, *b]",
};
Var max(const Var& x) { return extreme(max_def, integer_max_def, x, ReducedAxes::all(x)); }
Var max(const Var& x, std::span<const int> axes, KeepDim keep) {
  return extreme(max_def, integer_max_def, x, {"max", x, axes, keep});
}
Var max(const Var& x, int axis, KeepDim keep) { return max(x, std::span<const int>(&axis, 1), keep); }

static constexpr OpDef min_def{
    .name = "min",
    .infer = infer_reduce,
    .forward = reduce<kernels::Reduce::min>,
    .scratch = reduce_bytes,
    .vjp = share_among_ties,
    .samples = distinct_samples,
    .source = "subgradient that treats equal elements alike",
    .shapes = "[*a, n, *b] -> [*a, *b]",
};
Var min(const Var& x) { return extreme(min_def, integer_min_def, x, ReducedAxes::all(x)); }
Var min(const Var& x, std::span<const int> axes, KeepDim keep) {
  return extreme(min_def, integer_min_def, x, {"min", x, axes, keep});
}
Var min(const Var& x, int axis, KeepDim keep) { return min(x, std::span<const int>(&axis, 1), keep); }

// --- prod ---

// d prod / d x[k] is the product of the others: of those before and those behind, so that no 0 is divided by.
static Grads prod_vjp(const Vjp& v) {
  const Shape& shape = v.in[0].shape();
  const AxisRange axes(v.attrs);
  const Extents e(shape, axes);
  const Var x = reshape(v.in[0], Shape{e.outer, e.n, e.inner});
  const Var before = shifted(cumprod(x, 1), 1, ScanFrom::start, 1);
  const Var behind = shifted(cumprod(x, 1, ScanFrom::end), 1, ScanFrom::end, 1);
  const Var gy = reshape(v.gy[0], Shape{e.outer, 1, e.inner});
  return {reshape(gy * before * behind, shape)};
}

static constexpr OpDef prod_def{
    .name = "prod",
    .infer = infer_reduce,
    .forward = reduce<kernels::Reduce::prod>,
    .scratch = reduce_bytes,
    .vjp = prod_vjp,
    .samples =
        [] {
          std::vector<Sample> out;
          for (Sample& s : samples::ranges({.lo = 0.5, .hi = 1.5}, 1)) {
            if (s.in[0].shape.elements() <= 260) out.push_back(s);
          }
          out.push_back({{{.shape = {0}}}, {.f = {1}, .i = {0, 1}}});
          return out;
        },
    .source = "gradient by products of what comes before and behind",
    .shapes = "[*a, n, *b] -> [*a, *b]",
};
static Var prod_over(const Var& x, const ReducedAxes& axes) {
  return reduce_together(is_floating(x.dtype()) ? prod_def : integer_prod_def, x, axes);
}
Var prod(const Var& x) { return prod_over(x, ReducedAxes::all(x)); }
Var prod(const Var& x, std::span<const int> axes, KeepDim keep) { return prod_over(x, {"prod", x, axes, keep}); }
Var prod(const Var& x, int axis, KeepDim keep) { return prod(x, std::span<const int>(&axis, 1), keep); }

// --- argmax, argmin ---

static constexpr OpDef argmax_def{
    .name = "argmax",  // over the last axis
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      check_float(c, 0, "the operand");
      return {{c.in[0].shape.without(c.in[0].shape.rank() - 1), DType::i64}};
    },
    .forward =
        [](const Call& c) noexcept {
          const Shape& shape = c.in[0].shape;
          visit_float(c.in[0].dtype, [&]<class T>(T) {
            kernels::argmax<T>(c.exec, c.in[0].as<T>(), c.out[0].as<std::int64_t>(), rows_of(shape), last_size(shape));
          });
        },
    .samples = last_axis_samples,
    .source = "the first of equals",
    .shapes = "[*a, n, *b] -> [*a, *b] i64",
};

static constexpr OpDef argmin_def{
    .name = "argmin",  // over the last axis
    .expand = [](std::span<const Var> in, const Attrs&) { return std::vector{record(argmax_def, {neg(in[0])})}; },
    .samples = last_axis_samples,
    .source = "argmax of -x",
    .shapes = "[*a, n, *b] -> [*a, *b] i64",
};

static Var position(const OpDef& op, const Var& x, int axis, KeepDim keep) {
  const int a = normalize_axis(axis, x.rank(), op.name);
  if (x.shape()[a] == 0) shape_error(op.name, "axis ", axis, " of ", x.shape(), " has no elements");
  const Var y = record(op, {movedim(x, a, -1)});
  return keep == KeepDim::yes ? unsqueeze(y, a) : y;
}
Var argmax(const Var& x, int axis, KeepDim keep) { return position(argmax_def, x, axis, keep); }
Var argmin(const Var& x, int axis, KeepDim keep) { return position(argmin_def, x, axis, keep); }
Var argmax(const Var& x) { return argmax(reshape(x, {-1}), 0); }
Var argmin(const Var& x) { return argmin(reshape(x, {-1}), 0); }

OpList reduction_ops() {
  static constexpr const OpDef* ops[] = {&sum_def, &prod_def, &max_def, &min_def, &argmax_def, &argmin_def};
  return ops;
}

}  // namespace neuro
