// LayerNorm and BatchNorm (spec: neuroscript.md, 5.3).
#include "neuro/error.h"
#include "neuro/str.h"
#include "primitives/all.h"

namespace neuro::prim {
namespace {

/// The sizes of the axes that a LayerNorm normalises over: a number or a list.
std::vector<std::int64_t> normalized_axes(const Arguments& args) {
  const auto* items = std::get_if<std::vector<Value>>(&args.value("dim").data);
  return args.integers("dim", items ? items->size() : 1);
}

std::vector<Var> layer_norm_forward(const PrimitiveCall& c) {
  const Var& x = c.in[0];
  const auto axes = normalized_axes(c.args);
  const double eps = c.args.number("eps");
  const bool affine = !c.weights.empty();
  const auto first = x.rank() - static_cast<int>(axes.size());
  if (first < 0 || !std::equal(axes.begin(), axes.end(), x.shape().begin() + first)) {
    if (axes.size() == 1) throw Error(ErrorCode::shape, str("takes [*, ", axes[0], "], receives ", x.shape()));
    throw Error(ErrorCode::shape, str("takes axes ", Shape(axes), " at the end, receives ", x.shape()));
  }
  return {neuro::layer_norm(x, axes, affine ? c.weights[0] : Var(), affine ? c.weights[1] : Var(), eps)};
}

/// Training normalises by the batch's statistics and moves the running ones.
std::vector<Var> batch_norm_forward(const PrimitiveCall& c) {
  const Var& x = c.in[0];
  if (x.rank() < 2 || x.rank() > 5) {
    throw Error(ErrorCode::shape, str("takes rank 2 to 5 [batch, channels, ...], receives ", x.shape()));
  }
  const bool affine = c.args.flag("affine");
  const auto buffers = c.weights.subspan(affine ? 2 : 0);  // running_mean, running_var, num_batches_tracked
  const std::int64_t channels = c.args.integer("num_features");
  const Var weight = affine ? c.weights[0] : Var(), bias = affine ? c.weights[1] : Var();
  const Var mean = c.current(buffers[0]), var = c.current(buffers[1]);
  const double eps = c.args.number("eps");
  if (!c.context.training) return {batch_norm_eval(x, mean, var, weight, bias, eps)};
  if (x.shape().elements() / std::max<std::int64_t>(channels, 1) <= 1) {
    throw Error(ErrorCode::shape,
                str("more than one value for each channel is needed in training, receives ", x.shape()));
  }
  const BatchNormResult out = neuro::batch_norm(x, mean, var, weight, bias, eps, c.args.number("momentum"));
  c.update(buffers[0], out.running_mean);
  c.update(buffers[1], out.running_var);
  c.update(buffers[2], convert(convert(c.current(buffers[2]), DType::f64) + 1.0, DType::i64));
  return {out.y};
}

}  // namespace

const PrimitiveDef& layer_norm() {
  static const PrimitiveDef def{
      .name = "LayerNorm",
      .path = "core,nn/LayerNorm",
      .brief = "zero mean and unit variance over the last axis",
      .params = {{.name = "dim", .kind = ParamKind::integers, .min = 1, .aliases = {"normalized_shape"}},
                 {.name = "eps", .kind = ParamKind::number, .default_value = Value{1e-5}},
                 {.name = "elementwise_affine", .kind = ParamKind::flag, .default_value = Value{true}}},
      .inputs = {{"default", "[*shape, dim]"}},
      .outputs = {{"default", "[*shape, dim]"}},
      .weights =
          [](const Arguments& args) {
            std::vector<WeightSpec> specs;
            if (args.flag("elementwise_affine")) {
              const Shape shape(normalized_axes(args));
              specs.push_back({.name = "weight", .shape = shape, .init = Init::ones});
              specs.push_back({.name = "bias", .shape = shape, .init = Init::zeros});
            }
            return specs;
          },
      .forward = layer_norm_forward,
      .wrapper = "layer_norm",
  };
  return def;
}

const PrimitiveDef& batch_norm() {
  static const PrimitiveDef def{
      .name = "BatchNorm",
      .path = "core,nn/BatchNorm",
      .brief = "normalises each channel (axis 1) over the batch",
      .params = {{.name = "num_features", .min = 1},
                 {.name = "eps", .kind = ParamKind::number, .default_value = Value{1e-5}},
                 {.name = "momentum", .kind = ParamKind::number, .default_value = Value{0.1}, .max = 1},
                 {.name = "affine", .kind = ParamKind::flag, .default_value = Value{true}}},
      .inputs = {{"default", "[batch, num_features, *spatial]"}},
      .outputs = {{"default", "[batch, num_features, *spatial]"}},
      .weights =
          [](const Arguments& args) {
            const Shape channels{args.integer("num_features")};
            std::vector<WeightSpec> specs;
            if (args.flag("affine")) {
              specs.push_back({.name = "weight", .shape = channels, .init = Init::ones});
              specs.push_back({.name = "bias", .shape = channels, .init = Init::zeros});
            }
            specs.push_back({.name = "running_mean", .shape = channels, .init = Init::zeros, .buffer = true});
            specs.push_back({.name = "running_var", .shape = channels, .init = Init::ones, .buffer = true});
            specs.push_back(
                {.name = "num_batches_tracked", .shape = {}, .init = Init::zeros, .buffer = true, .dtype = DType::i64});
            return specs;
          },
      .forward = batch_norm_forward,
      .wrapper = "bn",
  };
  return def;
}

}  // namespace neuro::prim
