// Activations and Softmax (spec: neuroscript.md, 5.2). All keep the shape.
#include <algorithm>

#include "neuro/str.h"
#include "primitives/all.h"
#include "primitives/axes.h"

namespace neuro::prim {
namespace {

std::vector<PortSpec> any_shape() { return {{"default", "[*shape]"}}; }

PrimitiveDef activation(std::string name, std::string brief, std::vector<ParamSpec> params,
                        std::vector<Var> (*forward)(const PrimitiveCall&)) {
  PrimitiveDef def;
  def.path = "core,nn/" + name;
  def.name = std::move(name);
  def.brief = std::move(brief);
  def.params = std::move(params);
  def.inputs = any_shape();
  def.outputs = any_shape();
  def.forward = forward;
  return def;
}

}  // namespace

const PrimitiveDef& relu() {
  static const PrimitiveDef def =
      activation("ReLU", "max(0, x)", {{.name = "inplace", .kind = ParamKind::flag, .default_value = Value{false}}},
                 [](const PrimitiveCall& c) { return std::vector<Var>{neuro::relu(c.in[0])}; });
  return def;
}

const PrimitiveDef& gelu() {
  static const PrimitiveDef def = activation("GELU", "x Phi(x)",
                                             {{.name = "approximate",
                                               .kind = ParamKind::text,
                                               .default_value = Value{std::string("none")},
                                               .choices = {"none", "tanh"}}},
                                             [](const PrimitiveCall& c) {
                                               const Gelu form =
                                                   c.args.text("approximate") == "tanh" ? Gelu::tanh : Gelu::erf;
                                               return std::vector<Var>{neuro::gelu(c.in[0], form)};
                                             });
  return def;
}

const PrimitiveDef& silu() {
  static const PrimitiveDef def = activation(
      "SiLU", "x sigmoid(x)", {}, [](const PrimitiveCall& c) { return std::vector<Var>{neuro::silu(c.in[0])}; });
  return def;
}

const PrimitiveDef& sigmoid() {
  static const PrimitiveDef def = activation("Sigmoid", "1 / (1 + e^-x)", {}, [](const PrimitiveCall& c) {
    return std::vector<Var>{neuro::sigmoid(c.in[0])};
  });
  return def;
}

const PrimitiveDef& tanh() {
  static const PrimitiveDef def =
      activation("Tanh", "tanh(x)", {}, [](const PrimitiveCall& c) { return std::vector<Var>{neuro::tanh(c.in[0])}; });
  return def;
}

const PrimitiveDef& mish() {
  static const PrimitiveDef def = activation(
      "Mish", "x tanh(softplus(x))", {}, [](const PrimitiveCall& c) { return std::vector<Var>{neuro::mish(c.in[0])}; });
  return def;
}

const PrimitiveDef& elu() {
  static const PrimitiveDef def =
      activation("ELU", "x if x > 0 else alpha (e^x - 1)",
                 {{.name = "alpha", .kind = ParamKind::number, .default_value = Value{1.0}, .min = -9e18}},
                 [](const PrimitiveCall& c) { return std::vector<Var>{neuro::elu(c.in[0], c.args.number("alpha"))}; });
  return def;
}

const PrimitiveDef& prelu() {
  static const PrimitiveDef def = [] {
    PrimitiveDef d = activation(
        "PReLU", "x if x > 0 else a x, a learned for each channel of axis 1 or for all",
        {{.name = "num_parameters", .default_value = Value{Dim(1)}, .min = 1},
         {.name = "init", .kind = ParamKind::number, .default_value = Value{0.25}, .min = -9e18}},
        [](const PrimitiveCall& c) {
          const Var &x = c.in[0], &slope = c.weights[0];
          // [C] lines up with axis 1 of [B, C, ...] as [C, 1, ...]; rank 1 and a single slope broadcast as they are.
          std::vector<std::int64_t> aligned(static_cast<std::size_t>(std::max(1, x.rank() - 1)), 1);
          aligned[0] = slope.shape()[0];
          const Var a = slope.shape()[0] == 1 ? slope : reshape(slope, std::span<const std::int64_t>(aligned));
          return std::vector<Var>{neuro::prelu(x, a)};
        });
    d.weights = [](const Arguments& args) {
      return std::vector<WeightSpec>{{.name = "weight",
                                      .shape = {args.integer("num_parameters")},
                                      .init = Init::constant,
                                      .scale = args.number("init")}};
    };
    d.wrapper = "prelu";
    return d;
  }();
  return def;
}

const PrimitiveDef& softmax() {
  static const PrimitiveDef def = [] {
    PrimitiveDef d =
        activation("Softmax", "exponentials normalised along an axis",
                   {{.name = "dim", .default_value = Value{Dim(-1)}, .min = -8, .max = 7}}, [](const PrimitiveCall& c) {
                     const int axis = static_cast<int>(c.args.integer("dim"));
                     return std::vector<Var>{neuro::softmax(c.in[0], axis)};
                   });
    d.shapes = [](ShapeCall& call) -> std::vector<SymShape> {
      const auto axis = call.args.value("dim").integer();
      if (axis && !position(call.in[0], *axis)) {
        return call.fail(str("there is no axis ", *axis, " in ", call.solver.text(call.in[0])));
      }
      return {call.in[0]};
    };
    return d;
  }();
  return def;
}

}  // namespace neuro::prim
