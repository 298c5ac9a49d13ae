// Sorting and selection. The kernels order rows: the axis moves to the end.
#include "neuro/kernels/order.h"

#include "neuro/ops.h"
#include "ops/ops_internal.h"
#include "ops/rules.h"
#include "ops/samples.h"

namespace neuro {
namespace {

/// The picked elements give their gradients back to where they stood.
Grads to_their_places(const Vjp& v) {
  if (!v.gy[0].defined()) return {Var()};
  const Shape& shape = v.in[0].shape();
  return {gather_backward(v.gy[0], v.out[1], shape.rank() - 1, last_size(shape))};
}

void check_columns(const Infer& c) {
  if (last_size(c.in[0].shape) >= kernels::kMaxSortedColumns)
    shape_error(c.op, "an axis of ", last_size(c.in[0].shape), " elements is too long to sort: ", c.in[0].shape);
}

std::vector<Sample> ordered_samples(const std::vector<std::int64_t>& attrs) {
  std::vector<Sample> out;
  for (const Shape& shape : samples::row_shapes())
    out.push_back({{{.shape = shape, .lo = -4, .hi = 4, .distinct = true}}, {.i = attrs}});
  for (const Shape& shape : {Shape{4, 5}, Shape{2, 3, 5}})
    out.push_back({{{.shape = shape, .lo = -4, .hi = 4, .distinct = true, .strided = true}}, {.i = attrs}});
  for (const DType type : {DType::i64, DType::i32, DType::boolean})
    out.push_back({{{.shape = {3, 17}, .lo = -5, .hi = 5, .dtype = type}}, {.i = attrs}});
  return out;
}

/// The results of `op`, which works on the last axis, with that axis back in its place.
Ordered along(const OpDef& op, const Var& x, int axis, Attrs attrs) {
  const Var last = movedim(x, axis, -1);
  const std::vector<Var> y = record_all(op, std::span(&last, 1), std::move(attrs));
  return {movedim(y[0], -1, axis), movedim(y[1], -1, axis)};
}

}  // namespace

static constexpr OpDef sort_def{
    .name = "sort",  // over the last axis; attrs.i: whether descending
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      check_columns(c);
      return {c.in[0], {c.in[0].shape, DType::i64}};
    },
    .forward =
        [](const Call& c) noexcept {
          const Shape& shape = c.in[0].shape;
          kernels::sort(c.exec, c.in[0].dtype, c.attrs->i[0] != 0, c.in[0].data, c.out[0].data,
                        c.out[1].as<std::int64_t>(), rows_of(shape), last_size(shape));
        },
    .scratch = [](const Call& c) { return kernels::sort_scratch(c.in[0].dtype, last_size(c.in[0].shape)); },
    .vjp = to_their_places,
    .samples =
        [] {
          std::vector<Sample> out = ordered_samples({0});
          for (Sample& s : ordered_samples({1})) out.push_back(std::move(s));
          return out;
        },
    .source = "stable; the gradient is the inverse permutation",
    .shapes = "[*s] -> [*s], [*s] i64",
};
Ordered sort(const Var& x, int axis, Order order) {
  return along(sort_def, x, normalize_axis(axis, x.rank(), "sort"), {.i = {order == Order::descending}});
}

static constexpr OpDef argsort_def{
    .name = "argsort",  // over the last axis; attrs.i: whether descending
    .expand = [](std::span<const Var> in,
                 const Attrs& attrs) { return std::vector{record_all(sort_def, in, attrs)[1]}; },
    .samples = [] { return ordered_samples({0}); },
    .source = "positions of sort",
    .shapes = "[*s] -> [*s] i64",
};
Var argsort(const Var& x, int axis, Order order) {
  const int a = normalize_axis(axis, x.rank(), "argsort");
  return movedim(record(argsort_def, {movedim(x, a, -1)}, {.i = {order == Order::descending}}), -1, a);
}

static constexpr OpDef topk_def{
    .name = "topk",  // over the last axis; attrs.i: k, whether the largest
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      check_columns(c);
      const Shape shape = c.in[0].shape.with(c.in[0].shape.rank() - 1, c.attrs.i[0]);
      return {{shape, c.in[0].dtype}, {shape, DType::i64}};
    },
    .forward =
        [](const Call& c) noexcept {
          const Shape& shape = c.in[0].shape;
          kernels::topk(c.exec, c.in[0].dtype, c.attrs->i[1] != 0, c.in[0].data, c.out[0].data,
                        c.out[1].as<std::int64_t>(), rows_of(shape), last_size(shape), c.attrs->i[0]);
        },
    .scratch =
        [](const Call& c) { return kernels::topk_scratch(c.in[0].dtype, last_size(c.in[0].shape), c.attrs->i[0]); },
    .vjp = to_their_places,
    .samples =
        [] {
          std::vector<Sample> out = ordered_samples({1, 1});
          std::int64_t turn = 0;
          for (Sample& s : ordered_samples({1, 0})) {
            s.attrs.i[0] = turn++ % (last_size(s.in[0].shape) + 1);
            out.push_back(std::move(s));
          }
          return out;
        },
    .source = "the first k of sort",
    .shapes = "[*a, n, *b] -> [*a, k, *b], the same i64",
};
Ordered topk(const Var& x, std::int64_t k, int axis, Extreme extreme) {
  const int a = normalize_axis(axis, x.rank(), "topk");
  if (k < 0 || k > x.shape()[a])
    shape_error("topk", "k = ", k, " is outside [0, ", x.shape()[a], "], the size of axis ", axis, " of ", x.shape());
  return along(topk_def, x, a, {.i = {k, extreme == Extreme::largest}});
}

static constexpr OpDef kthvalue_def{
    .name = "kthvalue",  // over the last axis; attrs.i: k
    .expand =
        [](std::span<const Var> in, const Attrs& attrs) {
          const std::int64_t k = attrs.i[0];
          const Ordered low = topk(in[0], k, -1, Extreme::smallest);
          return std::vector{squeeze(slice(low.values, -1, k - 1, k), -1),
                             squeeze(slice(low.indices, -1, k - 1, k), -1)};
        },
    .samples =
        [] {
          std::vector<Sample> out;
          std::int64_t turn = 0;
          for (Sample& s : ordered_samples({1})) {
            s.attrs.i[0] += turn++ % last_size(s.in[0].shape);
            out.push_back(std::move(s));
          }
          return out;
        },
    .source = "the last of the k smallest",
    .shapes = "[*a, n, *b] -> [*a, *b], the same i64",
};
Ordered kthvalue(const Var& x, std::int64_t k, int axis) {
  const int a = normalize_axis(axis, x.rank(), "kthvalue");
  if (k < 1 || k > x.shape()[a])
    shape_error("kthvalue", "k = ", k, " is outside [1, ", x.shape()[a], "], the size of axis ", axis, " of ",
                x.shape());
  const Var last = movedim(x, a, -1);
  const std::vector<Var> y = record_all(kthvalue_def, std::span(&last, 1), {.i = {k}});
  return {y[0], y[1]};
}

OpList order_ops() {
  static constexpr const OpDef* ops[] = {&sort_def, &argsort_def, &topk_def, &kthvalue_def};
  return ops;
}

}  // namespace neuro
