// Elements and slices picked or written by an index: gather and scatter address one axis lane by lane, index_select and
// index_add address whole slices.
#include "neuro/kernels/gather.h"

#include "neuro/kernels/index.h"
#include "neuro/ops.h"
#include "ops/axes.h"
#include "ops/ops_internal.h"
#include "ops/rules.h"

namespace neuro {
namespace {

int axis_of(const Attrs& attrs) { return static_cast<int>(attrs.i[0]); }

/// Attrs::i[0] is the axis; `n` and `m` are its sizes in what is indexed and in the index.
kernels::Lanes lanes(const Shape& indexed, std::int64_t m, const Attrs& attrs) {
  const Extents e(indexed, AxisRange({.i = {attrs.i[0], attrs.i[0] + 1}}));
  return {e.outer, e.n, m, e.inner};
}
kernels::Lanes lanes(const Shape& indexed, const Operand& index, const Attrs& attrs) {
  return lanes(indexed, index.shape[axis_of(attrs)], attrs);
}

void report(const Call& c, const Operand& index, std::int64_t bad, std::int64_t limit) {
  if (bad >= 0) *c.fault = {true, index.as<std::int64_t>()[bad], bad, limit};
}

/// An index that a kernel reads: i64.
Var as_index(const Var& index) { return index.dtype() == DType::i32 ? convert(index, DType::i64) : index; }

/// The index has x's rank, and its sizes but for the axis.
void check_index(const Infer& c, std::size_t x, std::size_t index) {
  check_type(c, index, "index", DType::i64);
  const int axis = axis_of(c.attrs);
  const Shape &of = c.in[x].shape, &at = c.in[index].shape;
  if (of.rank() != at.rank() || of.with(axis, 1) != at.with(axis, 1))
    shape_error(c.op, "the index has shape ", at, ", the operand ", of, "; only axis ", axis, " may differ");
}

/// One axis of indices.
void check_list(const Infer& c, std::size_t index) {
  check_type(c, index, "index", DType::i64);
  if (c.in[index].shape.rank() != 1) shape_error(c.op, "index must have one axis, got ", c.in[index].shape);
}

struct IndexCase {
  Shape x;
  std::int64_t axis, m;
  bool strided = false;
};

const std::vector<IndexCase>& index_cases() {
  static const std::vector<IndexCase> cases = {
      {{1}, 0, 1},       {{1}, 0, 3},          {{5}, 0, 4},          {{7}, 0, 1},
      {{31}, 0, 17},     {{2, 3}, 0, 5},       {{2, 3}, 1, 2},       {{1, 7}, 1, 3},
      {{7, 1}, 0, 7},    {{1, 1}, 1, 2},       {{13, 11}, 0, 3},     {{13, 11}, 1, 5},
      {{3, 65}, 1, 33},  {{65, 3}, 0, 33},     {{2, 3, 4}, 0, 2},    {{2, 3, 4}, 1, 5},
      {{2, 3, 4}, 2, 3}, {{2, 2, 3, 2}, 2, 2}, {{5, 3}, 0, 0},       {{0, 3}, 1, 2},
      {{3, 1, 2}, 1, 4}, {{4, 5}, 0, 3, true}, {{4, 5}, 1, 7, true}, {{2, 3, 5}, 1, 2, true},
  };
  return cases;
}

SampleInput indices(const IndexCase& c, const Shape& shape) {
  const auto n = static_cast<double>(c.x[static_cast<int>(c.axis)]);
  return {.shape = shape, .lo = 0, .hi = n, .strided = c.strided, .dtype = DType::i64};
}
Shape picked(const IndexCase& c) { return c.x.with(static_cast<int>(c.axis), c.m); }
SampleInput floats(const IndexCase& c, const Shape& shape) { return {.shape = shape, .strided = c.strided}; }

Var zeros_of(const Shape& shape, DType type) { return broadcast_to(constant(0, type), shape); }

Var scatter_backward(const Var& x, const Var& index, int axis);

}  // namespace

// --- gather, gather_backward: transposes of each other ---

static constexpr OpDef gather_def{
    .name = "gather",  // attrs.i: axis
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      check_index(c, 0, 1);
      return {{c.in[1].shape, c.in[0].dtype}};
    },
    .forward =
        [](const Call& c) noexcept {
          const Operand &x = c.in[0], &index = c.in[1];
          const kernels::Lanes s = lanes(x.shape, index, *c.attrs);
          report(c, index,
                 kernels::gather(c.exec, size_of(x.dtype), s, x.data, index.as<std::int64_t>(), c.out[0].data), s.n);
        },
    .vjp =
        [](const Vjp& v) {
          const int axis = axis_of(v.attrs);
          return Grads{gather_backward(v.gy[0], v.in[1], axis, v.in[0].shape()[axis]), Var()};
        },
    .samples =
        [] {
          std::vector<Sample> out;
          for (const IndexCase& c : index_cases()) {
            out.push_back({{floats(c, c.x), indices(c, picked(c))}, {.i = {c.axis}}});
            if (c.m == 5) {
              out.push_back(out.back());
              out.back().in[0].dtype = DType::i64;
            }
          }
          return out;
        },
    .source = "y[.., j, ..] = x[.., index[.., j, ..], ..]",
};

static constexpr OpDef gather_backward_def{
    .name = "gather_backward",  // attrs.i: axis, its size in the result
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      check_float(c, 0, "src");
      check_type(c, 1, "index", DType::i64);
      check_shape(c, 1, "index", c.in[0].shape);
      return {{c.in[0].shape.with(axis_of(c.attrs), c.attrs.i[1]), c.in[0].dtype}};
    },
    .forward =
        [](const Call& c) noexcept {
          const Operand &x = c.in[0], &index = c.in[1];
          const kernels::Lanes s = lanes(c.out[0].shape, index, *c.attrs);
          visit_float(x.dtype, [&]<class T>(T) {
            report(c, index, kernels::scatter_sum<T>(c.exec, s, x.as<T>(), index.as<std::int64_t>(), c.out[0].as<T>()),
                   s.n);
          });
        },
    .vjp =
        [](const Vjp& v) {
          return Grads{gather(v.gy[0], v.in[1], axis_of(v.attrs)), Var()};
        },
    .samples =
        [] {
          std::vector<Sample> out;
          for (const IndexCase& c : index_cases())
            out.push_back(
                {{floats(c, picked(c)), indices(c, picked(c))}, {.i = {c.axis, c.x[static_cast<int>(c.axis)]}}});
          return out;
        },
    .source = "transpose of gather",
};
Var gather_backward(const Var& src, const Var& index, int axis, std::int64_t size) {
  return record(gather_backward_def, {src, index}, {.i = {axis, size}});
}

Var gather(const Var& x, const Var& index, int axis) {
  const int a = normalize_axis(axis, x.rank(), "gather");
  Var part = x;
  for (int i = 0; i < x.rank() && index.rank() == x.rank(); ++i) {  // what the index does not reach is not read
    if (i != a && index.shape()[i] < x.shape()[i]) part = slice(part, i, 0, index.shape()[i]);
  }
  return record(gather_def, {part, as_index(index)}, {.i = {a}});
}

static constexpr OpDef take_along_axis_def{
    .name = "take_along_axis",  // attrs.i: axis
    .expand =
        [](std::span<const Var> in, const Attrs& attrs) {
          const int axis = axis_of(attrs);
          const Shape &x = in[0].shape(), &index = in[1].shape();
          const Shape other = broadcast(x.with(axis, 1), index.with(axis, 1), "the other axes");
          return std::vector{gather(broadcast_to(in[0], other.with(axis, x[axis])),
                                    broadcast_to(in[1], other.with(axis, index[axis])), axis)};
        },
    .samples =
        [] {
          std::vector<Sample> out;
          for (const IndexCase& c : index_cases()) {
            Shape index = picked(c), x = c.x;
            const int first = 0, last = c.x.rank() - 1;
            if (c.axis != last) index = index.with(last, 1);
            if (c.axis != first) x = x.with(first, 1);
            out.push_back({{floats(c, x), indices(c, index)}, {.i = {c.axis}}});
          }
          return out;
        },
    .source = "NumPy's take_along_axis",
};
Var take_along_axis(const Var& x, const Var& index, int axis) {
  const int a = normalize_axis(axis, x.rank(), "take_along_axis");
  if (x.rank() != index.rank())
    shape_error("take_along_axis", "x is ", x.shape(), ", the index ", index.shape(), "; their ranks must agree");
  return record(take_along_axis_def, {x, index}, {.i = {a}});
}

// --- scatter, scatter_backward ---

static constexpr OpDef scatter_def{
    .name = "scatter",  // x, index, src; attrs.i: axis
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      check_index(c, 0, 1);
      check_same_type(c, 2, "src");
      check_shape(c, 2, "src", c.in[1].shape);
      return {c.in[0]};
    },
    .forward =
        [](const Call& c) noexcept {
          const Operand &x = c.in[0], &index = c.in[1], &y = c.out[0];
          const kernels::Lanes s = lanes(x.shape, index, *c.attrs);
          kernels::copy(c.exec, size_of(x.dtype), x.shape, x.data, x.strides, y.data, y.strides);
          report(c, index,
                 kernels::scatter(c.exec, size_of(x.dtype), s, c.in[2].data, index.as<std::int64_t>(), y.data), s.n);
        },
    .vjp =
        [](const Vjp& v) {
          const int axis = axis_of(v.attrs);
          const Var gy = v.gy[0], index = v.in[1];
          return Grads{v.wants(0) ? scatter(gy, index, zeros_of(index.shape(), gy.dtype()), axis) : Var(), Var(),
                       v.wants(2) ? scatter_backward(gy, index, axis) : Var()};
        },
    .samples =
        [] {
          std::vector<Sample> out;
          for (const IndexCase& c : index_cases()) {
            out.push_back({{floats(c, c.x), indices(c, picked(c)), floats(c, picked(c))}, {.i = {c.axis}}});
            if (c.m == 5) {
              out.push_back(out.back());
              out.back().in[0].dtype = out.back().in[2].dtype = DType::i32;
            }
          }
          return out;
        },
    .strided_inputs = 1,
    .source = "y[.., index[.., j, ..], ..] = src[.., j, ..], in increasing j",
};
Var scatter(const Var& x, const Var& index, const Var& src, int axis) {
  return record(scatter_def, {x, as_index(index), src}, {.i = {normalize_axis(axis, x.rank(), "scatter")}});
}

static constexpr OpDef scatter_backward_def{
    .name = "scatter_backward",  // gather, but 0 for what a later element overwrites in scatter; attrs.i: axis
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      check_float(c, 0, "the operand");
      check_index(c, 0, 1);
      return {{c.in[1].shape, c.in[0].dtype}};
    },
    .forward =
        [](const Call& c) noexcept {
          const Operand &x = c.in[0], &index = c.in[1];
          const kernels::Lanes s = lanes(x.shape, index, *c.attrs);
          visit_float(x.dtype, [&]<class T>(T) {
            report(c, index, kernels::gather_kept<T>(c.exec, s, x.as<T>(), index.as<std::int64_t>(), c.out[0].as<T>()),
                   s.n);
          });
        },
    .scratch = [](const Call& c) { return kernels::gather_kept_scratch(lanes(c.in[0].shape, c.in[1], *c.attrs)); },
    .vjp =
        [](const Vjp& v) {
          const Var x = v.in[0];
          return Grads{scatter(zeros_of(x.shape(), x.dtype()), v.in[1], v.gy[0], axis_of(v.attrs)), Var()};
        },
    .samples =
        [] {
          std::vector<Sample> out;
          for (const IndexCase& c : index_cases())
            out.push_back({{floats(c, c.x), indices(c, picked(c))}, {.i = {c.axis}}});
          return out;
        },
    .source = "transpose of scatter",
};
namespace {
Var scatter_backward(const Var& x, const Var& index, int axis) {
  return record(scatter_backward_def, {x, index}, {.i = {axis}});
}
}  // namespace

static constexpr OpDef scatter_add_def{
    .name = "scatter_add",  // x, index, src; attrs.i: axis
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      check_float(c, 0, "x");
      check_index(c, 0, 1);
      check_same_type(c, 2, "src");
      check_shape(c, 2, "src", c.in[1].shape);
      return {c.in[0]};
    },
    .expand =
        [](std::span<const Var> in, const Attrs& attrs) {
          const int axis = axis_of(attrs);
          return std::vector{in[0] + gather_backward(in[2], in[1], axis, in[0].shape()[axis])};
        },
    .samples =
        [] {
          std::vector<Sample> out;
          for (const IndexCase& c : index_cases())
            out.push_back({{floats(c, c.x), indices(c, picked(c)), floats(c, picked(c))}, {.i = {c.axis}}});
          return out;
        },
    .source = "y[.., index[.., j, ..], ..] += src[.., j, ..]",
};
Var scatter_add(const Var& x, const Var& index, const Var& src, int axis) {
  return record(scatter_add_def, {x, as_index(index), src}, {.i = {normalize_axis(axis, x.rank(), "scatter_add")}});
}

// --- index_select, index_select_backward: transposes of each other ---

static Var index_select_backward(const Var& src, const Var& index, int axis, std::int64_t size);

static constexpr OpDef index_select_def{
    .name = "index_select",  // attrs.i: axis
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      check_list(c, 1);
      return {{c.in[0].shape.with(axis_of(c.attrs), c.in[1].shape[0]), c.in[0].dtype}};
    },
    .forward =
        [](const Call& c) noexcept {
          const Operand &x = c.in[0], &index = c.in[1];
          const kernels::Lanes s = lanes(x.shape, index.size(), *c.attrs);
          report(c, index,
                 kernels::select(c.exec, size_of(x.dtype), s, x.data, index.as<std::int64_t>(), c.out[0].data), s.n);
        },
    .vjp =
        [](const Vjp& v) {
          const int axis = axis_of(v.attrs);
          return Grads{index_select_backward(v.gy[0], v.in[1], axis, v.in[0].shape()[axis]), Var()};
        },
    .samples =
        [] {
          std::vector<Sample> out;
          for (const IndexCase& c : index_cases()) {
            out.push_back({{floats(c, c.x), indices(c, {c.m})}, {.i = {c.axis}}});
            if (c.m == 5) {
              out.push_back(out.back());
              out.back().in[0].dtype = DType::boolean;
            }
          }
          return out;
        },
    .source = "slices of an axis",
};
Var index_select(const Var& x, const Var& index, int axis) {
  return record(index_select_def, {x, as_index(index)}, {.i = {normalize_axis(axis, x.rank(), "index_select")}});
}

static constexpr OpDef index_select_backward_def{
    .name = "index_select_backward",  // attrs.i: axis, its size in the result
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      check_float(c, 0, "src");
      check_list(c, 1);
      const int axis = axis_of(c.attrs);
      if (c.in[0].shape[axis] != c.in[1].shape[0])
        shape_error(c.op, "src is ", c.in[0].shape, ", the index ", c.in[1].shape, "; axis ", axis,
                    " of src must have one slice for each index");
      return {{c.in[0].shape.with(axis, c.attrs.i[1]), c.in[0].dtype}};
    },
    .forward =
        [](const Call& c) noexcept {
          const Operand &x = c.in[0], &index = c.in[1];
          const kernels::Lanes s = lanes(c.out[0].shape, index.size(), *c.attrs);
          visit_float(x.dtype, [&]<class T>(T) {
            report(c, index, kernels::select_sum<T>(c.exec, s, x.as<T>(), index.as<std::int64_t>(), c.out[0].as<T>()),
                   s.n);
          });
        },
    .vjp =
        [](const Vjp& v) {
          return Grads{index_select(v.gy[0], v.in[1], axis_of(v.attrs)), Var()};
        },
    .samples =
        [] {
          std::vector<Sample> out;
          for (const IndexCase& c : index_cases())
            out.push_back({{floats(c, picked(c)), indices(c, {c.m})}, {.i = {c.axis, c.x[static_cast<int>(c.axis)]}}});
          return out;
        },
    .source = "transpose of index_select",
};
static Var index_select_backward(const Var& src, const Var& index, int axis, std::int64_t size) {
  return record(index_select_backward_def, {src, index}, {.i = {axis, size}});
}

static constexpr OpDef index_add_def{
    .name = "index_add",  // x, index, src; attrs.i: axis
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      check_float(c, 0, "x");
      check_same_type(c, 2, "src");
      check_list(c, 1);
      check_shape(c, 2, "src", c.in[0].shape.with(axis_of(c.attrs), c.in[1].shape[0]));
      return {c.in[0]};
    },
    .expand =
        [](std::span<const Var> in, const Attrs& attrs) {
          const int axis = axis_of(attrs);
          return std::vector{in[0] + index_select_backward(in[2], in[1], axis, in[0].shape()[axis])};
        },
    .samples =
        [] {
          std::vector<Sample> out;
          for (const IndexCase& c : index_cases())
            out.push_back({{floats(c, c.x), indices(c, {c.m}), floats(c, picked(c))}, {.i = {c.axis}}});
          return out;
        },
    .source = "slices added to an axis",
};
Var index_add(const Var& x, const Var& index, const Var& src, int axis) {
  return record(index_add_def, {x, as_index(index), src}, {.i = {normalize_axis(axis, x.rank(), "index_add")}});
}

static constexpr OpDef take_def{
    .name = "take",
    .expand =
        [](std::span<const Var> in, const Attrs&) {
          return std::vector{reshape(index_select(reshape(in[0], Shape{in[0].shape().elements()}),
                                                  reshape(in[1], Shape{in[1].shape().elements()}), 0),
                                     in[1].shape())};
        },
    .samples =
        [] {
          std::vector<Sample> out;
          for (const IndexCase& c : index_cases()) {
            SampleInput index = indices(c, picked(c));
            if (c.x.elements() == 0) index.shape = {0};
            index.hi = static_cast<double>(c.x.elements());
            out.push_back({{floats(c, c.x), index}});
          }
          return out;
        },
    .source = "elements in row-major order",
};
Var take(const Var& x, const Var& index) { return record(take_def, {x, as_index(index)}); }

// --- masked_fill, one_hot ---

static constexpr OpDef masked_fill_def{
    .name = "masked_fill",  // x, mask; attrs.f[0]: the value
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      check_type(c, 1, "mask", DType::boolean);
      if (broadcast(c.in[0].shape, c.in[1].shape, c.op) != c.in[0].shape)
        shape_error(c.op, "mask ", c.in[1].shape, " does not broadcast to x, which is ", c.in[0].shape);
      return {c.in[0]};
    },
    .expand = [](std::span<const Var> in,
                 const Attrs& attrs) { return std::vector{where(in[1], constant(attrs.f[0], in[0].dtype()), in[0])}; },
    .samples =
        [] {
          std::vector<Sample> out;
          for (const Sample& s : samples::binary({}, {.dtype = DType::boolean})) {
            const Shape &x = s.in[0].shape, &mask = s.in[1].shape;
            if (broadcast(x, mask, "masked_fill") == x) out.push_back({s.in, {.f = {-7}}});
          }
          for (const Shape& shape : {Shape{3, 1}, Shape{1, 1}, Shape{17}, Shape{2, 5}, Shape{7, 3}, Shape{1, 2, 2}})
            out.push_back({{{.shape = shape}, {.shape = shape, .dtype = DType::boolean}}, {.f = {0.5}}});
          return out;
        },
    .source = "where",
};
Var masked_fill(const Var& x, const Var& mask, double value) {
  return record(masked_fill_def, {x, mask}, {.f = {value}});
}

static constexpr OpDef one_hot_def{
    .name = "one_hot",  // attrs.i: classes, type
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      check_type(c, 0, "index", DType::i64);
      return {{c.in[0].shape.inserted(c.in[0].shape.rank(), c.attrs.i[0]), static_cast<DType>(c.attrs.i[1])}};
    },
    .forward =
        [](const Call& c) noexcept {
          const Operand &index = c.in[0], &y = c.out[0];
          const auto put = [&]<class T>(T) {
            report(c, index,
                   kernels::one_hot<T>(c.exec, index.as<std::int64_t>(), index.size(), c.attrs->i[0], y.as<T>()),
                   c.attrs->i[0]);
          };
          switch (y.dtype) {
            case DType::f32: return put(float{});
            case DType::f64: return put(double{});
            case DType::i64: return put(std::int64_t{});
            case DType::i32: return put(std::int32_t{});
            case DType::boolean: return put(bool{});
          }
        },
    .samples =
        [] {
          std::vector<Sample> out;
          const DType types[] = {DType::f64, DType::i64, DType::boolean, DType::f32, DType::i32};
          std::size_t turn = 0;
          for (const IndexCase& c : index_cases()) {
            const std::int64_t classes = c.x[static_cast<int>(c.axis)];
            out.push_back({{indices(c, picked(c))}, {.i = {classes, static_cast<std::int64_t>(types[turn++ % 5])}}});
          }
          return out;
        },
    .source = "indicator of the index",
};
Var one_hot(const Var& index, std::int64_t classes, DType dtype) {
  if (classes < 0) throw Error(ErrorCode::invalid_argument, str("one_hot: classes = ", classes, " is negative"));
  return record(one_hot_def, {as_index(index)}, {.i = {classes, static_cast<std::int64_t>(dtype)}});
}

OpList gather_ops() {
  static constexpr const OpDef* ops[] = {&gather_def,       &gather_backward_def,       &take_along_axis_def,
                                         &scatter_def,      &scatter_backward_def,      &scatter_add_def,
                                         &index_select_def, &index_select_backward_def, &index_add_def,
                                         &take_def,         &masked_fill_def,           &one_hot_def};
  return ops;
}

}  // namespace neuro
