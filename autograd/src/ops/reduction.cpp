// Reductions. One kernel call reduces neighbouring axes, seen as the middle of [outer, n, inner]; axes that are apart
// take one call a group.
#include <algorithm>
#include <numeric>

#include "neuro/kernels/reduce.h"
#include "neuro/ops.h"
#include "ops/ops_internal.h"
#include "ops/rules.h"
#include "ops/samples.h"

namespace neuro {
namespace {

/// Attrs of a reduction: i = {first axis, one past the last}, f[0] = divisor (sum).
struct Axes {
  int begin, end;
  explicit Axes(const Attrs& a) : begin(static_cast<int>(a.i[0])), end(static_cast<int>(a.i[1])) {}
};

Shape dropped(const Shape& shape, int begin, int end) {
  Shape out = shape;
  for (int axis = end - 1; axis >= begin; --axis) out = out.without(axis);
  return out;
}

Shape kept(const Shape& shape, int begin, int end) {
  Shape out = shape;
  for (int axis = begin; axis < end; ++axis) out = out.with(axis, 1);
  return out;
}

std::vector<ValueInfo> infer_reduce(const Infer& c) {
  check_float(c, 0, "the operand");
  const Axes axes(c.attrs);
  return {{dropped(c.in[0].shape, axes.begin, axes.end), c.in[0].dtype}};
}

struct Extents {
  std::int64_t outer = 1, n = 1, inner = 1;
  Extents(const Shape& shape, const Axes& axes) {
    for (int i = 0; i < shape.rank(); ++i) (i < axes.begin ? outer : i < axes.end ? n : inner) *= shape[i];
  }
};

std::size_t reduce_bytes(const Call& c) {
  const Extents e(c.in[0].shape, Axes(*c.attrs));
  std::size_t bytes = 0;
  visit_float(c.in[0].dtype, [&]<class T>(T) { bytes = kernels::reduce_scratch<T>(e.outer, e.n, e.inner); });
  return bytes;
}

template <kernels::Reduce op>
void reduce(const Call& c) noexcept {
  const Extents e(c.in[0].shape, Axes(*c.attrs));
  visit_float(c.in[0].dtype, [&]<class T>(T) {
    const T divisor = op == kernels::Reduce::sum ? static_cast<T>(c.attrs->f[0]) : T(1);
    kernels::reduce<T>(c.exec, op, c.in[0].as<T>(), c.out[0].as<T>(), e.outer, e.n, e.inner, divisor);
  });
}

std::vector<Sample> samples_over(const SampleInput& values, double divisor) {
  struct Case {
    Shape shape;
    std::int64_t begin, end;
    bool strided = false;
  };
  const Case cases[] = {
      {{1}, 0, 1},
      {{5}, 0, 1},
      {{31}, 0, 1},
      {{2053}, 0, 1},
      {{2, 3}, 0, 1},
      {{2, 3}, 1, 2},
      {{2, 3}, 0, 2},
      {{7, 1}, 0, 1},
      {{1, 7}, 0, 1},
      {{3, 65}, 1, 2},
      {{65, 3}, 0, 1},
      {{131, 2}, 0, 1},
      {{2, 3, 4}, 0, 1},
      {{2, 3, 4}, 1, 2},
      {{2, 3, 4}, 2, 3},
      {{2, 3, 4}, 1, 3},
      {{2, 3, 4}, 0, 2},
      {{2, 2, 3, 2}, 1, 3},
      {{5, 1, 3}, 1, 2},
      {{0, 3}, 1, 2},
      {{4, 5}, 0, 1, true},
      {{4, 5}, 1, 2, true},
      {{2, 3, 5}, 0, 3, true},
  };
  std::vector<Sample> out;
  for (const Case& c : cases) {
    SampleInput in = values;
    in.shape = c.shape;
    in.strided = c.strided;
    out.push_back({{in}, {.f = {divisor}, .i = {c.begin, c.end}}});
  }
  return out;
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
          const Axes axes(v.attrs);
          const Var g = v.attrs.f[0] == 1 ? v.gy[0] : v.gy[0] * (1 / v.attrs.f[0]);
          return Grads{broadcast_to(reshape(g, kept(shape, axes.begin, axes.end)), shape)};
        },
    .samples =
        [] {
          std::vector<Sample> out = samples_over({}, 1);
          const std::vector<Sample> mean = samples_over({}, 3);
          out.insert(out.end(), mean.begin(), mean.end());
          out.push_back({{{.shape = {0}}}, {.f = {1}, .i = {0, 1}}});
          return out;
        },
    .source = "autograd.md, section 2; the order of the sum is a tree (kernels/reduce.h)",
};

/// Sums over `axes`, divided by `divisor` in the last pass.
static Var sum_over(const char* op, const Var& x, std::span<const int> axes, KeepDim keep, bool mean) {
  const Shape shape = x.shape();
  std::array<bool, kMaxRank> reduced{};
  std::int64_t count = 1;
  for (const int axis : axes) {
    const int a = normalize_axis(axis, shape.rank(), op);
    if (reduced[static_cast<std::size_t>(a)])
      shape_error(op, "axis ", axis, " is given twice; the operand has shape ", shape);
    reduced[static_cast<std::size_t>(a)] = true;
    count *= shape[a];
  }
  if (mean && count == 0) shape_error(op, "no elements to take the mean of: the operand has shape ", shape);
  if (!is_floating(x.dtype()))
    throw Error(ErrorCode::dtype,
                str(op, ": the operand must be f32 or f64, got ", name_of(x.dtype()), "; use convert()"));
  Var y = x;
  double divisor = mean ? static_cast<double>(count) : 1;
  for (int end = shape.rank(); end > 0;) {  // from the last group to the first, so that axes keep their numbers
    if (!reduced[static_cast<std::size_t>(end - 1)]) {
      --end;
      continue;
    }
    int begin = end - 1;
    while (begin > 0 && reduced[static_cast<std::size_t>(begin - 1)]) --begin;
    y = record(sum_def, {y}, {.f = {divisor}, .i = {begin, end}});
    divisor = 1;
    end = begin;
  }
  if (keep == KeepDim::no) return y;
  Shape full = shape;
  for (int a = 0; a < shape.rank(); ++a) {
    if (reduced[static_cast<std::size_t>(a)]) full = full.with(a, 1);
  }
  return reshape(y, full);
}

namespace {
struct AllAxes {
  std::array<int, kMaxRank> axes{};
  std::span<const int> of(const Var& x) {
    std::iota(axes.begin(), axes.end(), 0);
    return {axes.data(), static_cast<std::size_t>(x.rank())};
  }
};
}  // namespace

Var sum(const Var& x) { return sum_over("sum", x, AllAxes().of(x), KeepDim::no, false); }
Var sum(const Var& x, std::span<const int> axes, KeepDim keep) { return sum_over("sum", x, axes, keep, false); }
Var sum(const Var& x, int axis, KeepDim keep) { return sum(x, std::span<const int>(&axis, 1), keep); }
Var mean(const Var& x) { return sum_over("mean", x, AllAxes().of(x), KeepDim::no, true); }
Var mean(const Var& x, std::span<const int> axes, KeepDim keep) { return sum_over("mean", x, axes, keep, true); }
Var mean(const Var& x, int axis, KeepDim keep) { return mean(x, std::span<const int>(&axis, 1), keep); }

Var variance(const Var& x, std::span<const int> axes, KeepDim keep) {
  return mean(square(x - mean(x, axes, KeepDim::yes)), axes, keep);
}

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
  const Axes axes(v.attrs);
  const Shape column = kept(x.shape(), axes.begin, axes.end);
  const Var hit = equal(x, reshape(v.out[0], column));
  const Var one = constant(1, x.dtype()), zero = constant(0, x.dtype());
  const Var ties = sum(where(hit, one, zero), axes.begin);
  return {where(hit, reshape(gy / ties, column), zero)};
}

Var extreme(const OpDef& op, const Var& x, int axis, KeepDim keep) {
  const int a = normalize_axis(axis, x.rank(), op.name);
  if (x.shape()[a] == 0) shape_error(op.name, "axis ", axis, " of ", x.shape(), " has no elements");
  const Var y = record(op, {x}, {.i = {a, a + 1}});
  return keep == KeepDim::yes ? reshape(y, x.shape().with(a, 1)) : y;
}

std::vector<Sample> distinct_samples() {
  std::vector<Sample> out;
  for (const Sample& s : samples_over({.lo = -4, .hi = 4, .distinct = true}, 1)) {
    const std::int64_t axes = s.attrs.i[1] - s.attrs.i[0];
    if (axes == 1 && s.in[0].shape.elements() <= 120) out.push_back(s);
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
};
Var max(const Var& x, int axis, KeepDim keep) { return extreme(max_def, x, axis, keep); }

static constexpr OpDef min_def{
    .name = "min",
    .infer = infer_reduce,
    .forward = reduce<kernels::Reduce::min>,
    .scratch = reduce_bytes,
    .vjp = share_among_ties,
    .samples = distinct_samples,
    .source = "subgradient that treats equal elements alike",
};
Var min(const Var& x, int axis, KeepDim keep) { return extreme(min_def, x, axis, keep); }

// --- argmax ---

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
    .samples =
        [] {
          std::vector<Sample> out;
          for (const Shape& shape : samples::row_shapes())
            out.push_back({{{.shape = shape, .lo = -4, .hi = 4, .distinct = true}}});
          out.push_back({{{.shape = {4, 5}, .lo = -4, .hi = 4, .distinct = true, .strided = true}}});
          return out;
        },
    .source = "the first of equals",
};
Var argmax(const Var& x, int axis) {
  const int a = normalize_axis(axis, x.rank(), "argmax");
  if (x.shape()[a] == 0) shape_error("argmax", "axis ", axis, " of ", x.shape(), " has no elements");
  std::vector<int> order;  // the axis moves to the end
  for (int i = 0; i < x.rank(); ++i) {
    if (i != a) order.push_back(i);
  }
  order.push_back(a);
  return record(argmax_def, {permute(x, order)});
}

OpList reduction_ops() {
  static constexpr const OpDef* ops[] = {&sum_def, &max_def, &min_def, &argmax_def};
  return ops;
}

}  // namespace neuro
