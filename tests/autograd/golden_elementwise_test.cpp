// Calls of tests/golden/torch/rows_elementwise.py.
#include "golden.h"

namespace neuro::golden {
namespace {

template <Var (*f)(const Var&)>
Results one(Operands in, const Args&) {
  return {f(in[0])};
}

template <Var (*f)(const Var&, const Var&)>
Results two(Operands in, const Args&) {
  return {f(in[0], in[1])};
}

}  // namespace

Table elementwise() {
  return {
      {"add", two<add>},
      {"sub", two<sub>},
      {"mul", two<mul>},
      {"div", two<div>},
      {"pow", two<pow>},
      {"maximum", two<maximum>},
      {"minimum", two<minimum>},
      {"affine", [](Operands in, const Args& a) { return Results{in[0] * a.number("a") + a.number("b")}; }},
      {"less", two<less>},
      {"less_equal", two<less_equal>},
      {"greater", two<greater>},
      {"greater_equal", two<greater_equal>},
      {"equal", two<equal>},
      {"not_equal", two<not_equal>},
      {"where", [](Operands in, const Args&) { return Results{where(in[0], in[1], in[2])}; }},
      {"neg", one<neg>},
      {"abs", one<abs>},
      {"sign", one<sign>},
      {"exp", one<exp>},
      {"log", one<log>},
      {"log1p", one<log1p>},
      {"sqrt", one<sqrt>},
      {"rsqrt", one<rsqrt>},
      {"square", one<square>},
      {"reciprocal", one<reciprocal>},
      {"powi", [](Operands in, const Args& a) { return Results{powi(in[0], static_cast<int>(a.integer("k")))}; }},
      {"sin", one<sin>},
      {"cos", one<cos>},
      {"erf", one<erf>},
      {"floor", one<floor>},
      {"clamp", [](Operands in, const Args& a) { return Results{clamp(in[0], a.number("lo"), a.number("hi"))}; }},
      {"relu", one<relu>},
      {"leaky_relu", [](Operands in, const Args& a) { return Results{leaky_relu(in[0], a.number("slope"))}; }},
      {"elu", [](Operands in, const Args& a) { return Results{elu(in[0], a.number("alpha"))}; }},
      {"prelu", two<prelu>},
      {"sigmoid", one<sigmoid>},
      {"tanh", one<tanh>},
      {"gelu", [](Operands in, const Args&) { return Results{gelu(in[0])}; }},
      {"gelu_tanh", [](Operands in, const Args&) { return Results{gelu(in[0], Gelu::tanh)}; }},
      {"silu", one<silu>},
      {"softplus", one<softplus>},
      {"mish", one<mish>},
  };
}

}  // namespace neuro::golden
