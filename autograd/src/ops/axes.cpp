#include "ops/axes.h"

#include <numeric>

#include "neuro/ops.h"
#include "ops/rules.h"

namespace neuro {

Shape AxisRange::dropped(const Shape& shape) const {
  Shape out = shape;
  for (int axis = end - 1; axis >= begin; --axis) out = out.without(axis);
  return out;
}

Shape AxisRange::kept(const Shape& shape) const {
  Shape out = shape;
  for (int axis = begin; axis < end; ++axis) out = out.with(axis, 1);
  return out;
}

ReducedAxes::ReducedAxes(const char* op, const Var& x, std::span<const int> axes, KeepDim keep) : keep_(keep) {
  for (const int axis : axes) {
    const auto a = static_cast<std::size_t>(normalize_axis(axis, x.rank(), op));
    if (reduced_[a]) shape_error(op, "axis ", axis, " is given twice; the operand has shape ", x.shape());
    reduced_[a] = true;
  }
}

ReducedAxes ReducedAxes::all(const Var& x) {
  ReducedAxes out;
  std::fill_n(out.reduced_.begin(), x.rank(), true);
  return out;
}

std::vector<std::int64_t> ReducedAxes::attrs() const {
  std::vector<std::int64_t> out{keep_ == KeepDim::yes};
  for (const int axis : list()) out.push_back(axis);
  return out;
}

ReducedAxes::ReducedAxes(const char* op, const Var& x, const Attrs& attrs)
    : ReducedAxes(op, x, std::vector<int>(attrs.i.begin() + 1, attrs.i.end()),
                  attrs.i[0] != 0 ? KeepDim::yes : KeepDim::no) {}

std::int64_t ReducedAxes::elements(const Shape& shape) const {
  std::int64_t n = 1;
  for (int axis = 0; axis < shape.rank(); ++axis) n *= contains(axis) ? shape[axis] : 1;
  return n;
}

std::vector<int> ReducedAxes::list() const {
  std::vector<int> out;
  for (int axis = 0; axis < kMaxRank; ++axis) {
    if (contains(axis)) out.push_back(axis);
  }
  return out;
}

ReducedAxes::Together ReducedAxes::together(const Var& x) const {
  const std::vector<int> axes = list();
  const int count = static_cast<int>(axes.size());
  if (count == 0) return {x, 0, 0};
  if (axes.back() - axes.front() == count - 1) return {x, axes.front(), axes.back() + 1};
  std::vector<int> order;
  for (int axis = 0; axis < x.rank(); ++axis) {
    if (!contains(axis)) order.push_back(axis);
  }
  order.insert(order.end(), axes.begin(), axes.end());
  return {permute(x, order), x.rank() - count, x.rank()};
}

ReducedAxes ReducedAxes::keeping() const {
  ReducedAxes out = *this;
  out.keep_ = KeepDim::yes;
  return out;
}

Shape ReducedAxes::result(const Shape& shape) const {
  Shape out = shape;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    if (contains(axis)) out = keep_ == KeepDim::yes ? out.with(axis, 1) : out.without(axis);
  }
  return out;
}

Var reduce_together(const OpDef& op, const Var& x, const ReducedAxes& axes) {
  const auto [together, begin, end] = axes.together(x);
  return reshape(record(op, {together}, {.f = {1}, .i = {begin, end}}), axes.result(x.shape()));
}

namespace samples {

std::vector<Sample> ranges(const SampleInput& values, double divisor) {
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

std::vector<Sample> reductions(const Values& x, std::array<double, 4> f) {
  struct Case {
    Shape shape;
    std::vector<std::int64_t> keep_and_axes;
    bool strided = false;
  };
  const Case cases[] = {
      {{}, {0}},
      {{}, {1}},
      {{1}, {0, 0}},
      {{5}, {0, 0}},
      {{31}, {1, 0}},
      {{2, 3}, {0, 0}},
      {{2, 3}, {0, 1}},
      {{2, 3}, {1, 0, 1}},
      {{7, 1}, {0, 0}},
      {{1, 7}, {0, 1}},
      {{3, 65}, {0, 1}},
      {{65, 3}, {1, 0}},
      {{2, 3, 4}, {0, 0}},
      {{2, 3, 4}, {0, 1}},
      {{2, 3, 4}, {1, 1, 2}},
      {{2, 3, 4}, {0, 0, 2}},
      {{2, 2, 3, 2}, {1, 0, 2}},
      {{2, 2, 3, 2}, {0, 1, 3}},
      {{5, 2, 3}, {0, 0, 1}},
      {{0, 3}, {0, 1}},
      {{4, 5}, {0, 0}, true},
      {{4, 5}, {1, 1}, true},
      {{2, 3, 5}, {0, 0, 2}, true},
  };
  std::vector<Sample> out;
  for (const Case& c : cases) out.push_back({{x.of(c.shape, c.strided)}, {.f = f, .i = c.keep_and_axes}});
  return out;
}

}  // namespace samples
}  // namespace neuro
