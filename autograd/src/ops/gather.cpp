// Elements picked or written by an index that addresses one axis lane by lane.
#include "neuro/kernels/gather.h"

#include "ops/index_rules.h"

namespace neuro {
namespace indexing {

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

}  // namespace indexing

namespace {

using namespace indexing;

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
    .shapes = "x [*a, n, *b], index [*a, m, *b] -> [*a, m, *b]",
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

// gather under another name, which messages carry: the public function broadcasts.
static constexpr OpDef take_along_axis_def = [] {
  OpDef def = gather_def;
  def.name = "take_along_axis";
  return def;
}();
Var take_along_axis(const Var& x, const Var& index, int axis) {
  const int a = normalize_axis(axis, x.rank(), "take_along_axis");
  if (x.rank() != index.rank())
    shape_error("take_along_axis", "x is ", x.shape(), ", the index ", index.shape(), "; their ranks must agree");
  const std::int64_t n = x.shape()[a], m = index.shape()[a];
  const Shape other = broadcast(x.shape().with(a, 1), index.shape().with(a, 1), "take_along_axis");
  return record(take_along_axis_def,
                {broadcast_to(x, other.with(a, n)), broadcast_to(as_index(index), other.with(a, m))}, {.i = {a}});
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
    .shapes = "x [*a, n, *b], index [*a, m, *b], src [*a, m, *b] -> [*a, n, *b]",
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
    .forward =
        [](const Call& c) noexcept {
          const Operand &x = c.in[0], &index = c.in[1], &y = c.out[0];
          const kernels::Lanes s = lanes(x.shape, index, *c.attrs);
          kernels::copy(c.exec, size_of(x.dtype), x.shape, x.data, x.strides, y.data, y.strides);
          visit_float(x.dtype, [&]<class T>(T) {
            report(c, index,
                   kernels::scatter_sum<T>(c.exec, s, c.in[2].as<T>(), index.as<std::int64_t>(), y.as<T>(),
                                           kernels::SumOnto::y),
                   s.n);
          });
        },
    .vjp =
        [](const Vjp& v) {
          return Grads{v.gy[0], Var(), v.wants(2) ? gather(v.gy[0], v.in[1], axis_of(v.attrs)) : Var()};
        },
    .samples =
        [] {
          std::vector<Sample> out;
          for (const IndexCase& c : index_cases())
            out.push_back({{floats(c, c.x), indices(c, picked(c)), floats(c, picked(c))}, {.i = {c.axis}}});
          return out;
        },
    .strided_inputs = 1,
    .source = "y[.., index[.., j, ..], ..] += src[.., j, ..]",
    .shapes = "x [*a, n, *b], index [*a, m, *b], src [*a, m, *b] -> [*a, n, *b]",
};
Var scatter_add(const Var& x, const Var& index, const Var& src, int axis) {
  return record(scatter_add_def, {x, as_index(index), src}, {.i = {normalize_axis(axis, x.rank(), "scatter_add")}});
}

OpList gather_ops() {
  static constexpr const OpDef* ops[] = {&gather_def,  &gather_backward_def,  &take_along_axis_def,
                                         &scatter_def, &scatter_backward_def, &scatter_add_def};
  return ops;
}

}  // namespace neuro
