// Activations made of pieces: clipped lines, shrinkage, thresholds; the gated linear unit.
#include "neuro/error.h"
#include "neuro/ops.h"
#include "neuro/str.h"
#include "ops/ops_internal.h"
#include "ops/rules.h"
#include "ops/samples.h"

namespace neuro {

static constexpr const char* kMobileNet = "Howard et al. 2019, arXiv:1905.02244, section 5.2";

/// g strictly inside the bounds, else 0.
static Var hardtanh_grad(const Var& g, const Var& x, const Attrs& bounds);
static constexpr OpDef hardtanh_grad_def{
    .name = "hardtanh_grad",
    .elementwise = "hardtanh_grad",
    .vjp =
        [](const Vjp& v) {
          return Grads{hardtanh_grad(v.gy[0], v.in[1], v.attrs), Var()};
        },
    .samples =
        [] {
          return samples::binary({}, {.kinks = {-1, 0.75}}, {.f = {-1, 0.75}});
        },
    .source = "linear in g: its own transpose",
};
static Var hardtanh_grad(const Var& g, const Var& x, const Attrs& bounds) {
  return record(hardtanh_grad_def, {g, x}, bounds);
}

static constexpr OpDef hardtanh_def{
    .name = "hardtanh",
    .elementwise = "clamp",
    .vjp = [](const Vjp& v) { return Grads{hardtanh_grad(v.gy[0], v.in[0], v.attrs)}; },
    .samples =
        [] {
          return samples::unary({.kinks = {-1, 0.75}}, {.f = {-1, 0.75}});
        },
    .source = "Collobert 2004, Large scale machine learning, thesis, section 3.3",
};
Var hardtanh(const Var& x, double lo, double hi) {
  if (!(lo <= hi)) throw Error(ErrorCode::invalid_argument, str("hardtanh: lo ", lo, " is not at most hi ", hi));
  return record(hardtanh_def, {x}, {.f = {lo, hi}});
}

static constexpr OpDef relu6_def{
    .name = "relu6",
    .expand = [](std::span<const Var> in, const Attrs&) { return std::vector{hardtanh(in[0], 0, 6)}; },
    .samples =
        [] {
          return samples::unary({.lo = -3, .hi = 9, .kinks = {0, 6}});
        },
    .source = "Krizhevsky 2010, Convolutional deep belief networks on CIFAR-10",
    .shapes = "[*s] -> [*s]",
};
Var relu6(const Var& x) { return record(relu6_def, {x}); }

static constexpr OpDef hardsigmoid_def{
    .name = "hardsigmoid",
    .expand = [](std::span<const Var> in, const Attrs&) { return std::vector{hardtanh(in[0] + 3, 0, 6) / 6}; },
    .samples =
        [] {
          return samples::unary({.lo = -5, .hi = 5, .kinks = {-3, 3}});
        },
    .source = kMobileNet,
    .shapes = "[*s] -> [*s]",
};
Var hardsigmoid(const Var& x) { return record(hardsigmoid_def, {x}); }

static Var hardswish_grad(const Var& g, const Var& x);
static constexpr OpDef hardswish_grad_def{
    .name = "hardswish_grad",  // 0, g (x / 3 + 1 / 2) or g, as x is at most -3, between or at least 3
    .elementwise = "hardswish_grad",
    .vjp =
        [](const Vjp& v) {
          const Var g = v.in[0], x = v.in[1], gy = v.gy[0];
          return Grads{hardswish_grad(gy, x), v.wants(1) ? hardtanh_grad(gy * g / 3, x, {.f = {-3, 3}}) : Var()};
        },
    .samples =
        [] {
          return samples::binary({}, {.lo = -5, .hi = 5, .kinks = {-3, 3}});
        },
    .source = kMobileNet,
};
static Var hardswish_grad(const Var& g, const Var& x) { return record(hardswish_grad_def, {g, x}); }

static constexpr OpDef hardswish_def{
    .name = "hardswish",
    .elementwise = "hardswish",
    .vjp = [](const Vjp& v) { return Grads{hardswish_grad(v.gy[0], v.in[0])}; },
    .samples =
        [] {
          return samples::unary({.lo = -5, .hi = 5, .kinks = {-3, 3}});
        },
    .source = kMobileNet,
};
Var hardswish(const Var& x) { return record(hardswish_def, {x}); }

static constexpr OpDef softshrink_def{
    .name = "softshrink",  // x - clamp(x, -lambda, lambda)
    .expand = [](std::span<const Var> in,
                 const Attrs& attrs) { return std::vector{in[0] - clamp(in[0], -attrs.f[0], attrs.f[0])}; },
    .samples =
        [] {
          return samples::unary({.kinks = {-0.5, 0.5}}, {.f = {0.5}});
        },
    .source = "Donoho 1995, De-noising by soft-thresholding, eq. 5",
    .shapes = "[*s] -> [*s]",
};
Var softshrink(const Var& x, double lambda) {
  if (!(lambda >= 0))
    throw Error(ErrorCode::invalid_argument, str("softshrink: lambda must be at least 0, got ", lambda));
  return record(softshrink_def, {x}, {.f = {lambda}});
}

static constexpr OpDef hardshrink_def{
    .name = "hardshrink",
    .expand =
        [](std::span<const Var> in, const Attrs& attrs) {
          const Var x = in[0];
          return std::vector{where(less_equal(abs(x), attrs.f[0]), constant(0, x.dtype()), x)};
        },
    .samples =
        [] {
          return samples::unary({.kinks = {-0.5, 0.5}}, {.f = {0.5}});
        },
    .source = "Donoho and Johnstone 1994, Ideal spatial adaptation by wavelet shrinkage",
    .shapes = "[*s] -> [*s]",
};
Var hardshrink(const Var& x, double lambda) {
  if (!(lambda >= 0))
    throw Error(ErrorCode::invalid_argument, str("hardshrink: lambda must be at least 0, got ", lambda));
  return record(hardshrink_def, {x}, {.f = {lambda}});
}

static constexpr OpDef threshold_def{
    .name = "threshold",
    .expand =
        [](std::span<const Var> in, const Attrs& attrs) {
          const Var x = in[0];
          return std::vector{where(less_equal(x, attrs.f[0]), constant(attrs.f[1], x.dtype()), x)};
        },
    .samples =
        [] {
          return samples::unary({.kinks = {0.25}}, {.f = {0.25, -7}});
        },
    .source = "x > limit ? x : value",
    .shapes = "[*s] -> [*s]",
};
Var threshold(const Var& x, double limit, double value) { return record(threshold_def, {x}, {.f = {limit, value}}); }

static constexpr OpDef glu_def{
    .name = "glu",
    .infer =
        [](const Infer& c) {
          const Shape& shape = c.in[0].shape;
          const int axis = normalize_axis(static_cast<int>(c.attrs.i[0]), shape.rank(), c.op);
          if (shape[axis] % 2 != 0) shape_error(c.op, "axis ", axis, " of ", shape, " has odd size ", shape[axis]);
          check_float(c, 0, "the operand");
          return std::vector<ValueInfo>{{shape.with(axis, shape[axis] / 2), c.in[0].dtype}};
        },
    .expand =
        [](std::span<const Var> in, const Attrs& attrs) {
          const Var x = in[0];
          const int axis = normalize_axis(static_cast<int>(attrs.i[0]), x.rank(), "glu");
          const std::int64_t size = x.shape()[axis], half = size / 2;
          return std::vector{slice(x, axis, 0, half) * sigmoid(slice(x, axis, half, size))};
        },
    .samples =
        [] {
          std::vector<Sample> out;
          for (const Shape& shape : samples::row_shapes()) {
            out.push_back({{{.shape = shape.with(-1 + shape.rank(), 2 * shape[shape.rank() - 1])}}, {.i = {-1}}});
          }
          out.push_back({{{.shape = {4, 3}}}, {.i = {0}}});
          out.push_back({{{.shape = {2, 6, 5}}}, {.i = {1}}});
          out.push_back({{{.shape = {6, 4}, .strided = true}}, {.i = {0}}});
          return out;
        },
    .source = "Dauphin, Fan, Auli, Grangier 2016, arXiv:1612.08083, eq. 1",
    .shapes = "[*a, 2 n, *b] -> [*a, n, *b]",
};
Var glu(const Var& x, int axis) { return record(glu_def, {x}, {.i = {axis}}); }

OpList piecewise_ops() {
  static constexpr const OpDef* ops[] = {
      &hardtanh_def,       &hardtanh_grad_def, &relu6_def,      &hardsigmoid_def, &hardswish_def,
      &hardswish_grad_def, &softshrink_def,    &hardshrink_def, &threshold_def,   &glu_def,
  };
  return ops;
}

}  // namespace neuro
