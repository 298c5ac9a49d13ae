// Padding: by a number in one copy, by the axis's own elements one axis after the other.
#include "neuro/ops/pad.h"

#include "neuro/kernels/arrange.h"
#include "neuro/kernels/gather.h"
#include "neuro/ops.h"
#include "ops/axes.h"
#include "ops/ops_internal.h"
#include "ops/rules.h"
#include "ops/samples.h"

namespace neuro {
namespace {

/// Attrs of pad: f[0] = the number, i = {before, after} of each axis.
std::int64_t before(const Attrs& attrs, int axis) { return attrs.i[2 * static_cast<std::size_t>(axis)]; }
std::int64_t after(const Attrs& attrs, int axis) { return attrs.i[2 * static_cast<std::size_t>(axis) + 1]; }

std::int64_t padded_size(const char* op, const Shape& shape, int axis, std::int64_t first, std::int64_t last) {
  std::int64_t size = 0;
  if (__builtin_add_overflow(shape[axis], first, &size) || __builtin_add_overflow(size, last, &size))
    shape_error(op, "axis ", axis, " of ", shape, " with ", first, " before and ", last, " after does not fit 63 bits");
  return size;
}

}  // namespace

static constexpr OpDef pad_def{
    .name = "pad",
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      Shape out = c.in[0].shape;
      for (int axis = 0; axis < out.rank(); ++axis)
        out = out.with(axis, padded_size(c.op, c.in[0].shape, axis, before(c.attrs, axis), after(c.attrs, axis)));
      return {{out, c.in[0].dtype}};
    },
    .forward =
        [](const Call& c) noexcept {
          const Operand &x = c.in[0], &y = c.out[0];
          kernels::fill(c.exec, y.dtype, y.data, c.attrs->f[0], y.size());
          std::int64_t offset = 0;
          for (int axis = 0; axis < x.shape.rank(); ++axis)
            offset += before(*c.attrs, axis) * y.strides[static_cast<std::size_t>(axis)];
          const std::size_t bytes = size_of(x.dtype);
          kernels::copy(c.exec, bytes, x.shape, x.data, x.strides,
                        y.as<std::byte>() + offset * static_cast<std::int64_t>(bytes), y.strides);
        },
    .vjp =
        [](const Vjp& v) {
          Var g = v.gy[0];
          for (int axis = 0; axis < g.rank(); ++axis) {
            const std::int64_t first = before(v.attrs, axis), n = v.in[0].shape()[axis];
            if (g.shape()[axis] != n) g = slice(g, axis, first, first + n);
          }
          return Grads{g};
        },
    .samples =
        [] {
          std::vector<Sample> out;
          std::int64_t turn = 0;
          for (Sample& s : samples::unary({})) {
            for (int axis = 0; axis < s.in[0].shape.rank(); ++axis) {
              s.attrs.i.push_back(turn++ % 3);
              s.attrs.i.push_back(turn++ % 5 / 2);
            }
            s.attrs.f[0] = turn % 2 == 0 ? 0 : -1.5;
            out.push_back(std::move(s));
          }
          return out;
        },
    .strided_inputs = 1,
    .source = "autograd.md, section 2: Zero and Constant",
    .shapes = "[*s] -> each size plus its padding",
};

// --- Padding by an axis's own elements ---

namespace {

/// Attrs: i = {axis, before, after, kind of edge}.
kernels::EdgePad edge_of(const Shape& shape, const Attrs& attrs) {
  const Extents e(shape, AxisRange({.i = {attrs.i[0], attrs.i[0] + 1}}));
  return {e.outer, e.n, e.inner, attrs.i[1], attrs.i[2], static_cast<kernels::Edge>(attrs.i[3])};
}

struct EdgeCase {
  Shape shape;
  std::vector<std::int64_t> attrs;
  bool strided = false;
};

const std::vector<EdgeCase>& edge_cases() {
  using kernels::Edge;
  static const std::vector<EdgeCase> cases = [] {
    const std::int64_t reflect = 0, replicate = 1, circular = 2;
    return std::vector<EdgeCase>{
        {{5}, {0, 2, 4, reflect}},
        {{2}, {0, 1, 1, reflect}},
        {{7, 1}, {0, 0, 3, reflect}},
        {{3, 5}, {1, 2, 0, reflect}},
        {{2, 3, 4}, {1, 2, 2, reflect}},
        {{0, 3}, {1, 1, 1, reflect}},
        {{5, 4}, {0, 3, 1, reflect}, true},
        {{1}, {0, 3, 2, replicate}},
        {{5}, {0, 7, 0, replicate}},
        {{1, 7}, {0, 1, 1, replicate}},
        {{13, 11}, {1, 0, 5, replicate}},
        {{2, 3, 4}, {0, 2, 2, replicate}},
        {{2, 2, 3, 2}, {3, 1, 4, replicate}},
        {{4, 5}, {1, 2, 2, replicate}, true},
        {{1}, {0, 1, 1, circular}},
        {{5}, {0, 5, 2, circular}},
        {{3, 5}, {0, 0, 3, circular}},
        {{17, 2}, {0, 3, 17, circular}},
        {{2, 3, 4}, {2, 1, 3, circular}},
        {{2, 1, 3}, {1, 1, 0, circular}},
        {{2, 3, 5}, {1, 2, 3, circular}, true},
    };
  }();
  return cases;
}

Var pad_edge_backward(const Var& gy, std::int64_t n, const Attrs& attrs);

void check_edge(const Shape& shape, int axis, const PadAmount& a, kernels::Edge edge) {
  const std::int64_t n = shape[axis], most = std::max(a.before, a.after);
  const bool fits = edge == kernels::Edge::reflect ? most < n : edge == kernels::Edge::circular ? most <= n : n > 0;
  if (fits) return;
  const char* names[] = {"reflective", "replicative", "circular"};
  shape_error("pad", "axis ", axis, " of ", shape, " has ", n, " elements, too few for ",
              names[static_cast<std::size_t>(edge)], " padding by ", a.before, " and ", a.after);
}

}  // namespace

static constexpr OpDef pad_gather_def{
    .name = "pad_gather",
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      const int axis = static_cast<int>(c.attrs.i[0]);
      return {{c.in[0].shape.with(axis, padded_size(c.op, c.in[0].shape, axis, c.attrs.i[1], c.attrs.i[2])),
               c.in[0].dtype}};
    },
    .forward =
        [](const Call& c) noexcept {
          const Operand& x = c.in[0];
          kernels::pad_edge(c.exec, size_of(x.dtype), edge_of(x.shape, *c.attrs), x.data, c.out[0].data);
        },
    .vjp =
        [](const Vjp& v) {
          return Grads{pad_edge_backward(v.gy[0], v.in[0].shape()[static_cast<int>(v.attrs.i[0])], v.attrs)};
        },
    .samples =
        [] {
          std::vector<Sample> out;
          for (const EdgeCase& c : edge_cases())
            out.push_back({{{.shape = c.shape, .strided = c.strided}}, {.i = c.attrs}});
          return out;
        },
    .source = "autograd.md, section 2: Reflective, Replicative; and around",
};

static constexpr OpDef pad_gather_backward_def{
    .name = "pad_gather_backward",  // attrs of pad_gather, then the size of the axis
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      check_float(c, 0, "gy");
      return {{c.in[0].shape.with(static_cast<int>(c.attrs.i[0]), c.attrs.i[4]), c.in[0].dtype}};
    },
    .forward =
        [](const Call& c) noexcept {
          visit_float(c.in[0].dtype, [&]<class T>(T) {
            kernels::pad_edge_backward<T>(c.exec, edge_of(c.out[0].shape, *c.attrs), c.in[0].as<T>(), c.out[0].as<T>());
          });
        },
    .vjp =
        [](const Vjp& v) {
          Attrs attrs = v.attrs;
          attrs.i.pop_back();
          return Grads{record(pad_gather_def, {v.gy[0]}, std::move(attrs))};
        },
    .samples =
        [] {
          std::vector<Sample> out;
          for (const EdgeCase& c : edge_cases()) {
            const int axis = static_cast<int>(c.attrs[0]);
            const std::int64_t n = c.shape[axis];
            Attrs attrs{.i = c.attrs};
            attrs.i.push_back(n);
            out.push_back({{{.shape = c.shape.with(axis, n + c.attrs[1] + c.attrs[2]), .strided = c.strided}}, attrs});
          }
          return out;
        },
    .source = "transpose of pad_gather",
};
namespace {
Var pad_edge_backward(const Var& gy, std::int64_t n, const Attrs& attrs) {
  Attrs with_size = attrs;
  with_size.i.push_back(n);
  return record(pad_gather_backward_def, {gy}, std::move(with_size));
}
}  // namespace

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"  // as in pad.h
Var pad(const Var& x, std::span<const PadAmount> amounts, const PadMode& mode) {
  const int rank = x.rank(), first = rank - static_cast<int>(amounts.size());
  if (first < 0) shape_error("pad", amounts.size(), " amounts for the ", rank, " axes of ", x.shape());
  for (const PadAmount& a : amounts) {
    if (a.before < 0 || a.after < 0)
      shape_error("pad", "axis ", first + (&a - amounts.data()), " of ", x.shape(), " cannot be padded by ", a.before,
                  " and ", a.after, "; slice() crops");
  }
  if (mode.index() < 2) {
    const pad::Constant* constant = std::get_if<pad::Constant>(&mode);
    Attrs attrs{.f = {constant == nullptr ? 0 : constant->value}, .i = {}};
    attrs.i.resize(2 * static_cast<std::size_t>(first));
    for (const PadAmount& a : amounts) attrs.i.insert(attrs.i.end(), {a.before, a.after});
    return record(pad_def, {x}, std::move(attrs));
  }
  Var y = x;
  for (int axis = first; axis < rank; ++axis) {
    const PadAmount& a = amounts[static_cast<std::size_t>(axis - first)];
    if (a.before == 0 && a.after == 0) continue;
    const auto edge = static_cast<kernels::Edge>(mode.index() - 2);
    check_edge(x.shape(), axis, a, edge);
    padded_size("pad", x.shape(), axis, a.before, a.after);
    y = record(pad_gather_def, {y}, {.i = {axis, a.before, a.after, static_cast<std::int64_t>(edge)}});
  }
  return y;
}
Var pad(const Var& x, std::initializer_list<PadAmount> amounts, const PadMode& mode) {
  return pad(x, std::span(amounts.begin(), amounts.size()), mode);
}
#pragma GCC diagnostic pop

OpList pad_ops() {
  static constexpr const OpDef* ops[] = {&pad_def, &pad_gather_def, &pad_gather_backward_def};
  return ops;
}

}  // namespace neuro
