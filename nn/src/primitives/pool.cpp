// MaxPool, AvgPool and GlobalAvgPool over [batch, channels, height, width] (spec: neuroscript.md, 5.5). The default
// stride of the first two is 1, not the kernel's size.
#include "neuro/str.h"
#include "primitives/all.h"
#include "primitives/window.h"

namespace neuro::prim {
namespace {

std::vector<SymShape> pool_shapes(ShapeCall& call) {
  for (std::size_t axis = 0; axis < 2; ++axis) {
    const auto at = [&](const char* name) -> std::optional<std::int64_t> {
      const Value* v = &call.args.value(name);
      if (const auto* items = std::get_if<std::vector<Value>>(&v->data)) {
        if (axis >= items->size()) return std::nullopt;
        v = &(*items)[axis];
      }
      return v->integer();
    };
    const auto kernel = at("kernel_size"), padding = at("padding");
    if (kernel && padding && *padding > *kernel / 2) {
      return call.fail(
          str("`padding` may be at most half of `kernel_size`: ", *padding, " is more than ", *kernel, " / 2"));
    }
  }
  const auto spatial = window_output(call);
  if (!spatial) return {};
  return {{call.in[0][0], call.in[0][1], {(*spatial)[0]}, {(*spatial)[1]}}};
}

Pool2dOptions options_of(const Arguments& args) {
  return {.kernel = pair_of(args, "kernel_size"),
          .stride = pair_of(args, "stride"),
          .padding = padding_of(args),
          .dilation = pair_of(args, "dilation")};
}

PrimitiveDef pool(std::string name, std::string brief, std::vector<Var> (*forward)(const PrimitiveCall&)) {
  PrimitiveDef def;
  def.path = "core,nn/" + name;
  def.name = std::move(name);
  def.brief = std::move(brief);
  def.params = {{.name = "kernel_size", .kind = ParamKind::integers, .min = 1},
                {.name = "stride", .kind = ParamKind::integers, .default_value = Value{Dim(1)}, .min = 1},
                {.name = "padding", .kind = ParamKind::integers, .default_value = Value{Dim(0)}}};
  def.inputs = {{"default", "[batch, channels, height, width]"}};
  def.outputs = {{"default", "[batch, channels, *, *]"}};
  def.shapes = pool_shapes;
  def.forward = forward;
  return def;
}

}  // namespace

const PrimitiveDef& max_pool() {
  static const PrimitiveDef def = [] {
    PrimitiveDef d = pool("MaxPool", "largest value of each window", [](const PrimitiveCall& c) {
      return std::vector<Var>{max_pool2d(c.in[0], options_of(c.args))};
    });
    d.params.push_back({.name = "dilation", .kind = ParamKind::integers, .default_value = Value{Dim(1)}, .min = 1});
    return d;
  }();
  return def;
}

const PrimitiveDef& avg_pool() {
  static const PrimitiveDef def =
      pool("AvgPool", "mean of each window; zeros of the padding count",
           [](const PrimitiveCall& c) { return std::vector<Var>{avg_pool2d(c.in[0], options_of(c.args))}; });
  return def;
}

const PrimitiveDef& global_avg_pool() {
  static const PrimitiveDef def{
      .name = "GlobalAvgPool",
      .path = "core,nn/GlobalAvgPool",
      .brief = "mean over height and width, kept as two axes of size 1",
      .inputs = {{"default", "[batch, channels, height, width]"}},
      .outputs = {{"default", "[batch, channels, 1, 1]"}},
      .forward =
          [](const PrimitiveCall& c) {
            constexpr int kAxes[] = {2, 3};
            return std::vector<Var>{mean(c.in[0], kAxes, KeepDim::yes)};
          },
  };
  return def;
}

}  // namespace neuro::prim
