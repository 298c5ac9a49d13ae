// Dropout: Srivastava et al. 2014 (spec: neuroscript.md, 5.4).
#include "primitives/all.h"

namespace neuro::prim {

const PrimitiveDef& dropout() {
  static const PrimitiveDef def{
      .name = "Dropout",
      .path = "core,nn/Dropout",
      .brief = "in training, zeroes each element with probability p and scales the others by 1 / (1 - p)",
      .params = {{.name = "p", .kind = ParamKind::number, .default_value = Value{0.5}, .max = 1, .aliases = {"rate"}}},
      .inputs = {{"default", "[*shape]"}},
      .outputs = {{"default", "[*shape]"}},
      .forward =
          [](const PrimitiveCall& c) {
            const Var& x = c.in[0];
            const double p = c.args.number("p");
            if (!c.context.training || p == 0) return std::vector<Var>{x};
            if (p == 1) return std::vector<Var>{x * 0.0};
            return std::vector<Var>{x * dropout_mask(x.shape(), p, c.stream, c.context.rng, x.dtype())};
          },
  };
  return def;
}

}  // namespace neuro::prim
