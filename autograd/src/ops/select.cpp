// Slices picked or added by a list of indices; elements by their number; masks and indicators.
#include "neuro/kernels/gather.h"
#include "ops/index_rules.h"
#include "ops/samples.h"

namespace neuro {

using namespace indexing;

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
    .shapes = "x [*a, n, *b], index [m] -> [*a, m, *b]",
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
    .forward =
        [](const Call& c) noexcept {
          const Operand &x = c.in[0], &index = c.in[1], &y = c.out[0];
          const kernels::Lanes s = lanes(x.shape, index.size(), *c.attrs);
          kernels::copy(c.exec, size_of(x.dtype), x.shape, x.data, x.strides, y.data, y.strides);
          visit_float(x.dtype, [&]<class T>(T) {
            report(c, index,
                   kernels::select_sum<T>(c.exec, s, c.in[2].as<T>(), index.as<std::int64_t>(), y.as<T>(),
                                          kernels::SumOnto::y),
                   s.n);
          });
        },
    .vjp =
        [](const Vjp& v) {
          return Grads{v.gy[0], Var(), v.wants(2) ? index_select(v.gy[0], v.in[1], axis_of(v.attrs)) : Var()};
        },
    .samples =
        [] {
          std::vector<Sample> out;
          for (const IndexCase& c : index_cases())
            out.push_back({{floats(c, c.x), indices(c, {c.m}), floats(c, picked(c))}, {.i = {c.axis}}});
          return out;
        },
    .strided_inputs = 1,
    .source = "slices added to an axis",
    .shapes = "x [*a, n, *b], index [m], src [*a, m, *b] -> [*a, n, *b]",
};
Var index_add(const Var& x, const Var& index, const Var& src, int axis) {
  return record(index_add_def, {x, as_index(index), src}, {.i = {normalize_axis(axis, x.rank(), "index_add")}});
}

static constexpr OpDef take_def{
    .name = "take",
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      check_type(c, 1, "index", DType::i64);
      return {{c.in[1].shape, c.in[0].dtype}};
    },
    .forward =
        [](const Call& c) noexcept {
          const Operand &x = c.in[0], &index = c.in[1];
          const kernels::Lanes s{.n = x.size(), .m = index.size()};
          report(c, index,
                 kernels::select(c.exec, size_of(x.dtype), s, x.data, index.as<std::int64_t>(), c.out[0].data), s.n);
        },
    .vjp =
        [](const Vjp& v) {
          const Var gy = reshape(v.gy[0], Shape{v.gy[0].shape().elements()}),
                    index = reshape(v.in[1], Shape{v.in[1].shape().elements()});
          const Shape& shape = v.in[0].shape();
          return Grads{reshape(index_select_backward(gy, index, 0, shape.elements()), shape), Var()};
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
    .shapes = "x [*s], index [*t] -> [*t]",
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
    .shapes = "x [*s], mask [*m] -> [*s]",
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
            case DType::bf16: return;  // recording refuses it
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
    .shapes = "index [*s] -> [*s, classes]",
};
Var one_hot(const Var& index, std::int64_t classes, DType dtype) {
  if (classes < 0) throw Error(ErrorCode::invalid_argument, str("one_hot: classes = ", classes, " is negative"));
  return record(one_hot_def, {as_index(index)}, {.i = {classes, static_cast<std::int64_t>(dtype)}});
}

OpList select_ops() {
  static constexpr const OpDef* ops[] = {&index_select_def, &index_select_backward_def, &index_add_def,
                                         &take_def,         &masked_fill_def,           &one_hot_def};
  return ops;
}

}  // namespace neuro
