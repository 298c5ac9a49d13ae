// Norms. Batch, group and instance norm are three operations: moments of channels, an affine map with one scale and
// shift a channel, and (in its derivative) sums of channels. What lies between is small and left to the planner.
#include "neuro/kernels/norm.h"

#include "neuro/ops.h"
#include "ops/ops_internal.h"
#include "ops/rules.h"
#include "ops/samples.h"

namespace neuro {
namespace {

/// How x [N, C, ...] divides into channels for parameters [C], shared by all samples, or [N, groups].
kernels::Channels channels_of(const Shape& x, const Shape& parameters) {
  const std::int64_t outer = parameters.rank() == 1 ? x[0] : 1, channels = parameters.elements();
  return {outer, channels, x.elements() / std::max<std::int64_t>(outer * channels, 1)};
}

/// Values that each entry of [C] or [N, groups] stands for.
double count_of(const Shape& x, const Shape& parameters) {
  const kernels::Channels c = channels_of(x, parameters);
  return static_cast<double>(c.outer * c.inner);
}

/// [C] or [N, groups] so that it broadcasts against x [N, C, ...].
Var align(const Var& v, const Shape& x) {
  const bool shared = v.rank() == 1;
  Var wide = v;
  if (!shared && v.shape()[1] != x[1]) {
    const std::int64_t n = v.shape()[0], groups = v.shape()[1], each = x[1] / groups;
    wide = reshape(broadcast_to(unsqueeze(v, 2), {n, groups, each}), {n, x[1]});
  }
  std::vector<std::int64_t> sizes(wide.shape().begin(), wide.shape().end());
  sizes.resize(sizes.size() + static_cast<std::size_t>(x.rank() - 2), 1);
  return reshape(wide, Shape(sizes));
}

/// [N, groups] as [N, C].
Var per_channel(const Var& v, const Shape& x) {
  const Var wide = align(v, x);
  return reshape(wide, {wide.shape()[0], x[1]});
}

void check_channels(const Infer& c, const Shape& x) {
  if (x.rank() < 2) shape_error(c.op, "x must be [N, C, ...], got ", x);
}

/// Operands `first` and on are given per channel: [C], or [N, C] where `per_sample` allows it, all alike.
void check_per_channel(const Infer& c, std::size_t first, const Shape& x) {
  const bool per_sample = c.in[first].shape.rank() == 2;
  const Shape wanted = per_sample ? Shape{x[0], x[1]} : Shape{x[1]};
  for (std::size_t i = first; i < c.in.size(); ++i) {
    check_same_type(c, i, "a parameter");
    check_shape(c, i, "a parameter", wanted);
  }
}

const std::vector<Shape>& channel_shapes() {
  static const std::vector<Shape> shapes = {
      {2, 1},    {3, 2},     {5, 7},          {1, 1, 2},       {1, 2, 5},    {2, 1, 3},    {2, 3, 1},    {2, 3, 17},
      {3, 2, 4}, {1, 4, 9},  {2, 2, 1, 3},    {2, 4, 2, 2},    {1, 6, 3, 1}, {3, 2, 3, 5}, {1, 1, 5, 5}, {2, 2, 1, 1},
      {4, 3},    {2, 4, 13}, {1, 2, 2, 3, 2}, {2, 1, 1, 2, 3}, {0, 4},       {0, 3, 2},
  };
  return shapes;
}

}  // namespace

// --- Operations on channels ---

static constexpr OpDef channel_affine_backward_def{
    .name = "channel_affine_backward",  // of gy and gy (x - mean), from gy, x [N, C, ...] and mean [C] or [N, C]
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      return {c.in[2], c.in[2]};
    },
    .forward =
        [](const Call& c) noexcept {
          const kernels::Channels p = channels_of(c.in[0].shape, c.in[2].shape);
          visit_float(c.in[0].dtype, [&]<class T>(T) {
            kernels::channel_sums<T>(c.exec, p, c.in[0].as<T>(), c.in[1].as<T>(), c.in[2].as<T>(), c.out[0].as<T>(),
                                     c.out[1].as<T>());
          });
        },
    .vjp =
        [](const Vjp& v) {
          const Var gy = v.in[0], x = v.in[1], mean = v.in[2], of_sum = v.gy[0], of_product = v.gy[1];
          Grads out(3);
          if (of_sum.defined()) out[0] = broadcast_to(align(of_sum, x.shape()), x.shape());
          if (of_product.defined()) {
            const Var h = align(of_product, x.shape()), g = h * (x - align(mean, x.shape()));
            out[0] = out[0].defined() ? out[0] + g : g;
            out[1] = h * gy;
            out[2] = -(of_product * v.out[0]);
          }
          return out;
        },
    .samples =
        [] {
          std::vector<Sample> out;
          for (const Shape& shape : channel_shapes()) {
            const Shape parameters = out.size() % 2 == 0 ? Shape{shape[1]} : Shape{shape[0], shape[1]};
            out.push_back({{{.shape = shape}, {.shape = shape}, {.shape = parameters}}});
          }
          out[9].in[0].strided = out[9].in[2].strided = true;
          return out;
        },
    .source = "sums over a channel",
};

static constexpr OpDef channel_affine_def{
    .name = "channel_affine",  // (x - mean) scale + shift from x [N, C, ...] and three of [C] or [N, C]
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      check_float(c, 0, "x");
      check_channels(c, c.in[0].shape);
      check_per_channel(c, 1, c.in[0].shape);
      return {c.in[0]};
    },
    .forward =
        [](const Call& c) noexcept {
          const kernels::Channels p = channels_of(c.in[0].shape, c.in[1].shape);
          visit_float(c.in[0].dtype, [&]<class T>(T) {
            kernels::channel_affine<T>(c.exec, p, c.in[0].as<T>(), c.in[1].as<T>(), c.in[2].as<T>(), c.in[3].as<T>(),
                                       c.out[0].as<T>(), c.epilogue);
          });
        },
    .vjp =
        [](const Vjp& v) {
          const Var x = v.in[0], mean = v.in[1], scale = v.in[2], gy = v.gy[0];
          const bool sums = v.wants(1) || v.wants(2) || v.wants(3);
          const std::vector<Var> s =
              sums ? record_all(channel_affine_backward_def, std::array{gy, x, mean}) : std::vector<Var>(2);
          return Grads{v.wants(0) ? gy * align(scale, x.shape()) : Var(), sums ? -(s[0] * scale) : Var(), s[1], s[0]};
        },
    .samples =
        [] {
          std::vector<Sample> out;
          for (const Shape& shape : channel_shapes()) {
            const Shape parameters = out.size() % 2 == 0 ? Shape{shape[1]} : Shape{shape[0], shape[1]};
            out.push_back({{{.shape = shape}, {.shape = parameters}, {.shape = parameters}, {.shape = parameters}}});
          }
          out[9].in[0].strided = out[9].in[2].strided = true;
          return out;
        },
    .takes_epilogue = true,
    .source = "one scale and shift for each channel",
};

static constexpr OpDef channel_moments_def{
    .name = "channel_moments",  // mean and biased variance of x [N, C, ...]: [C], or [N, groups]; attrs.i: groups, or 0
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      check_float(c, 0, "x");
      const Shape& x = c.in[0].shape;
      check_channels(c, x);
      const std::int64_t groups = c.attrs.i[0];
      const Shape parameters = groups == 0 ? Shape{x[1]} : Shape{x[0], groups};
      const ValueInfo out{parameters, c.in[0].dtype};
      return {out, out};
    },
    .forward =
        [](const Call& c) noexcept {
          const kernels::Channels p = channels_of(c.in[0].shape, c.out[0].shape);
          visit_float(c.in[0].dtype, [&]<class T>(T) {
            kernels::channel_moments<T>(c.exec, p, c.in[0].as<T>(), c.out[0].as<T>(), c.out[1].as<T>());
          });
        },
    .vjp =
        [](const Vjp& v) {  // d mean / dx_i = 1 / n,  d var / dx_i = 2 (x_i - mean) / n
          const Var x = v.in[0];
          const double n = count_of(x.shape(), v.out[0].shape());
          const Var zero = broadcast_to(constant(0, x.dtype()), v.out[0].shape());
          const auto per_value = [&](const Var& g, double factor) { return g.defined() ? g * (factor / n) : zero; };
          const auto wide = [&](const Var& g) { return g.rank() == 1 ? g : per_channel(g, x.shape()); };
          const Var gx =
              record(channel_affine_def, {x, wide(v.out[0]), wide(per_value(v.gy[1], 2)), wide(per_value(v.gy[0], 1))});
          return Grads{gx};
        },
    .samples =
        [] {
          std::vector<Sample> out;
          for (const Shape& shape : channel_shapes()) {
            if (shape[0] > 0) out.push_back({{{.shape = shape}}, {.i = {0}}});
            if (shape.elements() > shape[0] * shape[1]) out.push_back({{{.shape = shape}}, {.i = {shape[1]}}});
            if (shape[1] % 2 == 0) out.push_back({{{.shape = shape}}, {.i = {shape[1] / 2}}});
          }
          out[9].in[0].strided = true;
          return out;
        },
    .source = "mean and variance",
};

// --- Batch, group and instance norm ---

namespace {

struct Moments {
  Var mean, var;
};

/// groups == 0: of each channel over the batch.
Moments moments(const Var& x, std::int64_t groups) {
  const Shape& shape = x.shape();
  if (groups == 0 &&
      shape[0] == 0) {  // y is empty whatever they are; numbers keep NaN out of the parameters' gradients
    const auto all = [&](double value) { return broadcast_to(constant(value, x.dtype()), {shape[1]}); };
    return {all(0), all(1)};
  }
  if (groups == 0 && shape.rank() == 2) {  // columns: reductions over rows suit them
    const int batch[] = {0};
    return {mean(x, batch), variance(x, batch)};
  }
  const std::vector<Var> out = record_all(channel_moments_def, std::span(&x, 1), {.i = {groups}});
  return {out[0], out[1]};
}

/// (x - mean) rstd weight + bias with mean and rstd [C] or [N, groups].
Var normalise(const Var& x, const Moments& m, const Var& weight, const Var& bias, double eps) {
  const Shape& shape = x.shape();
  Var mean = m.mean, scale = rsqrt(m.var + eps);
  if (mean.rank() == 1 && shape.rank() == 2) {
    if (weight.defined()) scale = scale * weight;
    const Var y = (x - mean) * scale;
    return bias.defined() ? y + bias : y;
  }
  if (mean.rank() == 2) {
    mean = per_channel(mean, shape);
    scale = per_channel(scale, shape);
  }
  if (weight.defined()) scale = scale * weight;
  const Var shift = broadcast_to(bias.defined() ? bias : constant(0, x.dtype()), mean.shape());
  return record(channel_affine_def, {x, mean, scale, shift});
}

/// x, then `statistics` of [C], then weight and bias [C] or neither.
void check_norm(const Infer& c, std::size_t statistics) {
  check_float(c, 0, "x");
  const Shape& x = c.in[0].shape;
  check_channels(c, x);
  static constexpr const char* kNames[] = {"mean", "variance", "weight", "bias"};
  for (std::size_t i = 1; i < c.in.size(); ++i) {
    const char* what = kNames[i <= statistics ? i - 1 : i - statistics + 1];
    check_same_type(c, i, what);
    if (c.in[i].shape != Shape{x[1]}) {
      shape_error(c.op, what, " must have shape ", Shape{x[1]}, " for axis 1 of x ", x, ", got ", c.in[i].shape);
    }
  }
}

/// x and the optional operands of a norm.
std::vector<Var> operands(const char* op, std::initializer_list<Var> required, const Var& weight, const Var& bias) {
  if (weight.defined() != bias.defined())
    throw Error(ErrorCode::invalid_argument, str(op, ": takes weight and bias, or neither"));
  std::vector<Var> out(required);
  if (weight.defined()) out.insert(out.end(), {weight, bias});
  return out;
}

/// A batch may be empty, an image may not.
void check_pixels(const Infer& c) {
  const Shape& x = c.in[0].shape;
  for (int axis = 2; axis < x.rank(); ++axis) {
    if (x[axis] == 0) shape_error(c.op, "axis ", axis, " of x ", x, " has no elements");
  }
}

void check_eps(const char* op, double eps) {
  if (!(eps >= 0)) throw Error(ErrorCode::invalid_argument, str(op, ": eps ", eps, " must not be negative"));
}

/// For each shape: without and with running statistics, without and with weight and bias.
std::vector<Sample> norm_samples(std::size_t statistics, const Attrs& attrs) {
  std::vector<Sample> out;
  for (const Shape& shape : channel_shapes()) {
    Sample s{{{.shape = shape}}, attrs};
    const SampleInput channel{.shape = {shape[1]}};
    for (std::size_t i = 0; i < statistics; ++i) {
      s.in.push_back(channel);
      s.in.back().lo = i == 0 ? -1 : 0.5;
    }
    if (out.size() % 2 == 0) s.in.insert(s.in.end(), {channel, channel});
    out.push_back(s);
  }
  out[9].in[0].strided = true;
  return out;
}

}  // namespace

static constexpr OpDef batch_norm_def{
    .name = "batch_norm",  // y and the batch's mean and variance; attrs.f: eps
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      check_norm(c, 0);
      check_pixels(c);
      const Shape& x = c.in[0].shape;
      if (x[1] > 0 && x.elements() / x[1] == 1) {
        shape_error(c.op, "needs at least two values for each channel (axis 1) in training, x is ", x);
      }
      return {};
    },
    .expand =
        [](std::span<const Var> in, const Attrs& attrs) {
          const Moments m = moments(in[0], 0);
          const bool affine = in.size() > 1;
          return std::vector<Var>{normalise(in[0], m, affine ? in[1] : Var(), affine ? in[2] : Var(), attrs.f[0]),
                                  m.mean, m.var};
        },
    .samples = [] { return norm_samples(0, {.f = {1e-3}}); },
    .source = "Ioffe, Szegedy 2015, arXiv:1502.03167, algorithm 1",
    .shapes = "x [N, C, *s], [C] ... -> [N, C, *s], [C], [C]",
};
BatchNormResult batch_norm(const Var& x, const Var& running_mean, const Var& running_var, const Var& weight,
                           const Var& bias, double eps, double momentum) {
  check_eps("batch_norm", eps);
  if (!(momentum >= 0 && momentum <= 1))
    throw Error(ErrorCode::invalid_argument, str("batch_norm: momentum ", momentum, " is outside [0, 1]"));
  const std::vector<Var> out = record_all(batch_norm_def, operands("batch_norm", {x}, weight, bias), {.f = {eps}});
  const double n =
      static_cast<double>(x.shape().elements()) / static_cast<double>(std::max<std::int64_t>(x.shape()[1], 1));
  const NoGrad none;
  const auto moved = [&](const Var& old, const Var& batch, double factor) {
    if (!old.defined()) return Var();
    if (old.shape() != batch.shape())
      shape_error("batch_norm", "running statistics must have shape ", batch.shape(), ", got ", old.shape());
    if (x.shape()[0] == 0) return old;
    return (1 - momentum) * old + (momentum * factor) * batch;
  };
  return {out[0], moved(running_mean, out[1], 1), moved(running_var, out[2], n / (n - 1))};
}

static constexpr OpDef batch_norm_eval_def{
    .name = "batch_norm_eval",  // x, mean, variance, and weight and bias or neither; attrs.f: eps
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      check_norm(c, 2);
      return {};
    },
    .expand =
        [](std::span<const Var> in, const Attrs& attrs) {
          const bool affine = in.size() > 3;
          return std::vector<Var>{
              normalise(in[0], {in[1], in[2]}, affine ? in[3] : Var(), affine ? in[4] : Var(), attrs.f[0])};
        },
    .samples = [] { return norm_samples(2, {.f = {1e-3}}); },
    .source = "Ioffe, Szegedy 2015, arXiv:1502.03167, algorithm 2",
    .shapes = "x [N, C, *s], [C] ... -> [N, C, *s]",
};
Var batch_norm_eval(const Var& x, const Var& mean, const Var& var, const Var& weight, const Var& bias, double eps) {
  check_eps("batch_norm_eval", eps);
  return record(batch_norm_eval_def, operands("batch_norm_eval", {x, mean, var}, weight, bias), {.f = {eps}});
}

namespace {

std::vector<Var> expand_group_norm(std::span<const Var> in, std::int64_t groups, double eps) {
  const bool affine = in.size() > 1;
  return {normalise(in[0], moments(in[0], groups), affine ? in[1] : Var(), affine ? in[2] : Var(), eps)};
}

}  // namespace

static constexpr OpDef group_norm_def{
    .name = "group_norm",  // attrs.f: eps; attrs.i: groups
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      check_norm(c, 0);
      const Shape& x = c.in[0].shape;
      const std::int64_t groups = c.attrs.i[0];
      if (groups < 1 || x[1] % groups != 0 || x[1] == 0) {
        shape_error(c.op, "axis 1 of x ", x, " (", x[1], " channels) must be a multiple of groups = ", groups);
      }
      check_pixels(c);
      return {};
    },
    .expand = [](std::span<const Var> in, const Attrs& a) { return expand_group_norm(in, a.i[0], a.f[0]); },
    .samples =
        [] {
          std::vector<Sample> out = norm_samples(0, {.f = {1e-3}});
          for (Sample& s : out) {
            const std::int64_t channels = s.in[0].shape[1];
            s.attrs.i = {channels % 2 == 0 ? channels / 2 : channels == 3 ? 3 : 1};
          }
          return out;
        },
    .source = "Wu, He 2018, arXiv:1803.08494, eq. 7",
    .shapes = "x [N, C, *s], weight [C], bias [C] -> [N, C, *s]",
};
Var group_norm(const Var& x, std::int64_t groups, const Var& weight, const Var& bias, double eps) {
  check_eps("group_norm", eps);
  return record(group_norm_def, operands("group_norm", {x}, weight, bias), {.f = {eps}, .i = {groups}});
}

static constexpr OpDef instance_norm_def{
    .name = "instance_norm",  // attrs.f: eps
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      check_norm(c, 0);
      const Shape& x = c.in[0].shape;
      check_pixels(c);
      if (x[0] * x[1] > 0 && x.elements() / (x[0] * x[1]) < 2)
        shape_error(c.op, "needs at least two values for each channel of each sample, x is ", x);
      return {};
    },
    .expand = [](std::span<const Var> in, const Attrs& a) { return expand_group_norm(in, in[0].shape()[1], a.f[0]); },
    .samples =
        [] {
          std::vector<Sample> out = norm_samples(0, {.f = {1e-3}});
          for (Sample& s : out) {  // at least two values
            Shape& shape = s.in[0].shape;
            if (shape.without(0).elements() == shape[1]) shape = shape.inserted(2, 3);
          }
          return out;
        },
    .source = "Ulyanov, Vedaldi, Lempitsky 2016, arXiv:1607.08022",
    .shapes = "x [N, C, *s], weight [C], bias [C] -> [N, C, *s]",
};
Var instance_norm(const Var& x, const Var& weight, const Var& bias, double eps) {
  check_eps("instance_norm", eps);
  return record(instance_norm_def, operands("instance_norm", {x}, weight, bias), {.f = {eps}});
}

// --- Rows ---

Var layer_norm(const Var& x, std::span<const std::int64_t> shape, const Var& weight, const Var& bias, double eps) {
  const Shape axes(shape);
  const int first = x.rank() - axes.rank();
  if (axes.rank() == 0 || first < 0 || !std::equal(axes.begin(), axes.end(), x.shape().begin() + first))
    shape_error("layer_norm", "the last axes of x ", x.shape(), " must be ", axes);
  for (const Var& v : {weight, bias}) {
    if (v.defined() && v.shape() != axes)
      shape_error("layer_norm", "weight and bias must have shape ", axes, ", got ", v.shape());
  }
  if (axes.rank() == 1) return layer_norm(x, weight, bias, eps);
  const std::int64_t size = axes.elements();
  if (size == 0) shape_error("layer_norm", "axes ", axes, " have no elements");
  const auto flat = [&](const Var& v) { return v.defined() ? reshape(v, {size}) : v; };
  return reshape(layer_norm(reshape(x, {x.shape().elements() / size, size}), flat(weight), flat(bias), eps), x.shape());
}

static constexpr OpDef rms_norm_backward_def{
    .name = "rms_norm_backward",  // gx from gy, x, rstd and, if there is one, the weight
    .infer = [](const Infer& c) -> std::vector<ValueInfo> { return {c.in[1]}; },
    .forward =
        [](const Call& c) noexcept {
          const Shape& s = c.in[1].shape;
          visit_float(c.in[1].dtype, [&]<class T>(T) {
            kernels::rms_norm_backward<T>(c.exec, c.in[0].as<T>(), c.in[1].as<T>(),
                                          c.in.size() > 3 ? c.in[3].as<T>() : nullptr, c.in[2].as<T>(),
                                          c.out[0].as<T>(), rows_of(s), last_size(s));
          });
        },
    .vjp =
        [](const Vjp& v) {
          // gx = r g - r^3 p x,  p = mean(g x),  g = gy w,  r = rstd: all of them variables here.
          const bool affine = v.in.size() > 3;
          const double n = static_cast<double>(last_size(v.in[1].shape()));
          const Var gy = v.in[0], x = v.in[1], r = unsqueeze(v.in[2], -1), r3 = r * r * r, u = v.gy[0];
          const Var g = affine ? gy * v.in[3] : gy;
          const Var p = mean(g * x, -1, KeepDim::yes), q = mean(u * x, -1, KeepDim::yes);
          const Var gg = r * u - r3 * q * x;  // in g the map is its own transpose
          Grads out{affine ? gg * v.in[3] : gg, -(r3 * (p * u + q * g)),
                    squeeze(sum(u * g, -1, KeepDim::yes) - (r * r * p * q) * (3 * n), -1)};
          if (affine) out.push_back(gg * gy);
          return out;
        },
    .samples =
        [] {
          std::vector<Sample> out;
          for (const bool affine : {false, true}) {
            for (const Shape& shape : samples::row_shapes()) {
              const Shape rows = shape.without(shape.rank() - 1);
              Sample s{{{.shape = shape}, {.shape = shape}, {.shape = rows, .lo = 0.5, .hi = 2}}};
              if (affine) s.in.push_back({.shape = {last_size(shape)}});
              out.push_back(s);
            }
          }
          out.push_back(out[9]);
          out.back().in[1].strided = true;
          return out;
        },
    .source = "Zhang, Sennrich 2019, arXiv:1910.07467, eq. 4, differentiated",
};

static constexpr OpDef rms_norm_def{
    .name = "rms_norm",  // y, and 1 / root mean square of each row; attrs.f: eps
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      check_float(c, 0, "x");
      const Shape& x = c.in[0].shape;
      if (x.rank() == 0 || last_size(x) == 0) shape_error(c.op, "x needs a last axis with elements, got ", x);
      if (c.in.size() > 1) {
        check_same_type(c, 1, "weight");
        if (c.in[1].shape != Shape{last_size(x)})
          shape_error(c.op, "weight must have shape ", Shape{last_size(x)}, " for axis -1 of x ", x, ", got ",
                      c.in[1].shape);
      }
      return {c.in[0], {x.without(x.rank() - 1), c.in[0].dtype}};
    },
    .forward =
        [](const Call& c) noexcept {
          const Shape& s = c.in[0].shape;
          visit_float(c.in[0].dtype, [&]<class T>(T) {
            kernels::rms_norm<T>(c.exec, c.in[0].as<T>(), c.in.size() > 1 ? c.in[1].as<T>() : nullptr, c.out[0].as<T>(),
                                 c.out[1].as<T>(), rows_of(s), last_size(s), static_cast<T>(c.attrs->f[0]));
          });
        },
    .vjp =
        [](const Vjp& v) {
          const bool affine = v.in.size() > 1;
          const Var x = v.in[0], rstd = v.out[1], gy = v.gy[0];
          Grads out(v.in.size());
          if (gy.defined()) {
            if (v.wants(0)) {
              out[0] = affine ? record(rms_norm_backward_def, {gy, x, rstd, v.in[1]})
                              : record(rms_norm_backward_def, {gy, x, rstd});
            }
            if (affine) out[1] = gy * (x * unsqueeze(rstd, -1));
          }
          if (v.gy[1].defined()) {  // second derivatives reach x through rstd, too: d rstd / dx_i = -rstd^3 x_i / n
            const double n = static_cast<double>(last_size(x.shape()));
            const Var g = unsqueeze(v.gy[1] * (rstd * rstd * rstd) * (-1 / n), -1) * x;
            out[0] = out[0].defined() ? out[0] + g : g;
          }
          return out;
        },
    .samples =
        [] {
          std::vector<Sample> out;
          for (const bool affine : {false, true}) {
            for (const Shape& shape : samples::row_shapes()) {
              Sample s{{{.shape = shape}}, {.f = {1e-3}}};
              if (affine) s.in.push_back({.shape = {last_size(shape)}});
              out.push_back(s);
            }
          }
          out.push_back(out[9]);
          out.back().in[0].strided = true;
          return out;
        },
    .source = "Zhang, Sennrich 2019, arXiv:1910.07467, eq. 4",
    .shapes = "x [*s, n], weight [n] -> [*s, n]",
};
Var rms_norm(const Var& x, const Var& weight, double eps) {
  check_eps("rms_norm", eps);
  return weight.defined() ? record(rms_norm_def, {x, weight}, {.f = {eps}}) : record(rms_norm_def, {x}, {.f = {eps}});
}

// --- weight_norm ---

static constexpr OpDef weight_norm_def{
    .name = "weight_norm",  // v, g; attrs.i: axis
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      check_float(c, 0, "v");
      check_same_type(c, 1, "g");
      const Shape& v = c.in[0].shape;
      const int axis = static_cast<int>(c.attrs.i[0]);
      Shape wanted = v;
      for (int i = 0; i < v.rank(); ++i) wanted = i == axis ? wanted : wanted.with(i, 1);
      check_shape(c, 1, str("g (one norm for each slice of v ", v, " along axis ", axis, ")").c_str(), wanted);
      return {};
    },
    .expand =
        [](std::span<const Var> in, const Attrs& attrs) {
          std::vector<int> axes;
          for (int i = 0; i < in[0].rank(); ++i) {
            if (i != static_cast<int>(attrs.i[0])) axes.push_back(i);
          }
          return std::vector<Var>{in[0] * (in[1] * rsqrt(sum(square(in[0]), axes, KeepDim::yes)))};
        },
    .samples =
        [] {
          const std::pair<Shape, std::int64_t> cases[] = {
              {{1, 1}, 0},    {{3, 1}, 0},    {{1, 3}, 0},    {{1, 3}, 1},       {{4, 5}, 0},       {{4, 5}, 1},
              {{7, 2}, 0},    {{2, 7}, 1},    {{17, 3}, 0},   {{2, 3, 4}, 0},    {{2, 3, 4}, 1},    {{2, 3, 4}, 2},
              {{5, 1, 3}, 0}, {{1, 5, 2}, 1}, {{13, 11}, 0},  {{2, 3, 3, 3}, 0}, {{3, 2, 2, 2}, 1}, {{0, 3}, 0},
              {{3, 31}, 0},   {{31, 3}, 1},   {{2, 2, 5}, 2}, {{5}, 0},
          };
          std::vector<Sample> out;
          for (const auto& [shape, axis] : cases) {
            Shape g = shape;
            for (int i = 0; i < shape.rank(); ++i) g = i == axis ? g : g.with(i, 1);
            out.push_back(
                {{{.shape = shape, .lo = 0.5, .hi = 2, .strided = out.size() == 4}, {.shape = g}}, {.i = {axis}}});
          }
          return out;
        },
    .source = "Salimans, Kingma 2016, arXiv:1602.07868, eq. 2",
    .shapes = "v [*a, n, *b], g [1, n, 1] -> [*a, n, *b]",
};
Var weight_norm(const Var& v, const Var& g, int axis) {
  return record(weight_norm_def, {v, g}, {.i = {normalize_axis(axis, v.rank(), "weight_norm")}});
}

// --- cosine_similarity ---

static constexpr OpDef cosine_similarity_def{
    .name = "cosine_similarity",  // a, b; attrs.f: eps, i: axis
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      check_float(c, 0, "a");
      check_same_type(c, 1, "b");
      normalize_axis(static_cast<int>(c.attrs.i[0]), broadcast(c.in[0].shape, c.in[1].shape, c.op).rank(), c.op);
      return {};
    },
    .expand =
        [](std::span<const Var> in, const Attrs& attrs) {
          const Shape shape = broadcast(in[0].shape(), in[1].shape(), "cosine_similarity");
          const Var a = broadcast_to(in[0], shape), b = broadcast_to(in[1], shape);
          const int axis = static_cast<int>(attrs.i[0]);
          const auto length = [&](const Var& x) {  // bounded before the root, whose gradient is infinite at 0
            return sqrt(maximum(sum(square(x), axis), constant(attrs.f[0] * attrs.f[0], x.dtype())));
          };
          return std::vector<Var>{sum(a * b, axis) / (length(a) * length(b))};
        },
    .samples =
        [] {
          std::vector<Sample> out;
          for (const Sample& s : samples::binary({.lo = 0.5, .hi = 2}, {.lo = -2, .hi = -0.5})) {
            if (std::max(s.in[0].shape.rank(), s.in[1].shape.rank()) == 0) continue;
            out.push_back(s);
            out.back().attrs = {.f = {1e-8}, .i = {out.size() % 2 == 0 ? 0 : -1}};
          }
          return out;
        },
    .source = "a b / (max(|a|, eps) max(|b|, eps))",
    .shapes = "a, b [*s, n, *t] -> [*s, *t]",
};
Var cosine_similarity(const Var& a, const Var& b, int axis, double eps) {
  check_eps("cosine_similarity", eps);
  return record(cosine_similarity_def, {a, b}, {.f = {eps}, .i = {axis}});
}

OpList norm_ops() {
  static constexpr const OpDef* ops[] = {
      &channel_moments_def,   &channel_affine_def, &channel_affine_backward_def, &batch_norm_def,
      &batch_norm_eval_def,   &group_norm_def,     &instance_norm_def,           &rms_norm_def,
      &rms_norm_backward_def, &weight_norm_def,    &cosine_similarity_def,
  };
  return ops;
}

}  // namespace neuro
