// Linear: y = x W^T + b over the last axis (spec: neuroscript.md, 5.1; initialiser I1).
#include "primitives/all.h"

namespace neuro::prim {

const PrimitiveDef& linear() {
  static const PrimitiveDef def{
      .name = "Linear",
      .path = "core,nn/Linear",
      .brief = "y = x W^T + b over the last axis",
      .params = {{.name = "in_dim", .min = 1, .aliases = {"in_features"}},
                 {.name = "out_dim", .min = 1, .aliases = {"out_features"}},
                 {.name = "bias", .kind = ParamKind::flag, .default_value = Value{true}}},
      .inputs = {{"default", "[*batch, in_dim]"}},
      .outputs = {{"default", "[*batch, out_dim]"}},
      .weights =
          [](const Arguments& args) {
            const std::int64_t in = args.integer("in_dim"), out = args.integer("out_dim");
            std::vector<WeightSpec> specs{
                {.name = "weight", .shape = {out, in}, .init = Init::uniform, .scale = fan_in_bound(in)}};
            if (args.flag("bias")) {
              specs.push_back({.name = "bias", .shape = {out}, .init = Init::uniform, .scale = fan_in_bound(in)});
            }
            return specs;
          },
      .forward =
          [](const PrimitiveCall& c) {
            return std::vector<Var>{neuro::linear(c.in[0], c.weights[0], c.weights.size() > 1 ? c.weights[1] : Var())};
          },
      .wrapper = "linear",
  };
  return def;
}

}  // namespace neuro::prim
