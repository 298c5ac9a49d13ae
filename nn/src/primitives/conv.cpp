// Conv2d, channel-first (spec: neuroscript.md, 5.5; initialiser I2).
#include "neuro/str.h"
#include "primitives/all.h"
#include "primitives/window.h"

namespace neuro::prim {
namespace {

std::vector<SymShape> conv2d_shapes(ShapeCall& call) {
  const auto groups = call.args.value("groups").integer();
  for (const char* name : {"in_channels", "out_channels"}) {
    const auto channels = call.args.value(name).integer();
    if (groups && channels && *channels % *groups != 0) {
      return call.fail(
          str("`", name, "` must be a multiple of `groups`: ", *channels, " / ", *groups, " leaves a remainder"));
    }
  }
  const auto spatial = window_output(call);
  if (!spatial) return {};
  const Dim* out_channels = call.args.value("out_channels").dim();
  return {{call.in[0][0], {out_channels ? *out_channels : call.unknown("channels")}, {(*spatial)[0]}, {(*spatial)[1]}}};
}

std::vector<WeightSpec> conv2d_weights(const Arguments& args) {
  const auto [height, width] = pair_of(args, "kernel_size");
  const std::int64_t in = args.integer("in_channels") / args.integer("groups"), out = args.integer("out_channels");
  const Shape shape{out, in, height, width};
  const double bound = fan_in_bound(shape.without(0).elements());
  std::vector<WeightSpec> specs{{.name = "weight", .shape = shape, .init = Init::uniform, .scale = bound}};
  if (args.flag("bias")) specs.push_back({.name = "bias", .shape = {out}, .init = Init::uniform, .scale = bound});
  return specs;
}

}  // namespace

const PrimitiveDef& conv2d() {
  static const PrimitiveDef def{
      .name = "Conv2d",
      .path = "core,nn/Conv2d",
      .brief = "2-D convolution over [batch, channels, height, width]",
      .params = {{.name = "in_channels", .min = 1},
                 {.name = "out_channels", .min = 1},
                 {.name = "kernel_size", .kind = ParamKind::integers, .min = 1},
                 {.name = "stride", .kind = ParamKind::integers, .default_value = Value{Dim(1)}, .min = 1},
                 {.name = "padding", .kind = ParamKind::integers, .default_value = Value{Dim(0)}},
                 {.name = "dilation", .kind = ParamKind::integers, .default_value = Value{Dim(1)}, .min = 1},
                 {.name = "groups", .default_value = Value{Dim(1)}, .min = 1},
                 {.name = "bias", .kind = ParamKind::flag, .default_value = Value{true}}},
      .inputs = {{"default", "[batch, in_channels, height, width]"}},
      .outputs = {{"default", "[batch, out_channels, *, *]"}},
      .shapes = conv2d_shapes,
      .weights = conv2d_weights,
      .forward =
          [](const PrimitiveCall& c) {
            const Conv2dOptions options{.stride = pair_of(c.args, "stride"),
                                        .padding = padding_of(c.args),
                                        .dilation = pair_of(c.args, "dilation"),
                                        .groups = c.args.integer("groups")};
            return std::vector<Var>{
                neuro::conv2d(c.in[0], c.weights[0], c.weights.size() > 1 ? c.weights[1] : Var(), options)};
          },
      .wrapper = "conv",
  };
  return def;
}

}  // namespace neuro::prim
