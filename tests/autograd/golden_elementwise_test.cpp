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
      {"silu", [](Operands in, const Args& a) { return Results{silu(in[0], a.number("beta", 1))}; }},
      {"softplus", one<softplus>},
      {"mish", one<mish>},
      {"exp2", one<exp2>},
      {"expm1", one<expm1>},
      {"log2", one<log2>},
      {"log10", one<log10>},
      {"erfc", one<erfc>},
      {"tan", one<tan>},
      {"asin", one<asin>},
      {"acos", one<acos>},
      {"atan", one<atan>},
      {"atan2", two<atan2>},
      {"sinh", one<sinh>},
      {"cosh", one<cosh>},
      {"asinh", one<asinh>},
      {"acosh", one<acosh>},
      {"atanh", one<atanh>},
      {"ceil", one<ceil>},
      {"trunc", one<trunc>},
      {"round", one<round>},
      {"fmod", two<fmod>},
      {"remainder", two<remainder>},
      {"heaviside", two<heaviside>},
      {"step", one<step>},
      {"isnan", one<isnan>},
      {"isinf", one<isinf>},
      {"isfinite", one<isfinite>},
      {"nan_to_num", [](Operands in, const Args& a) { return Results{nan_to_num(in[0], a.number("nan"))}; }},
      {"logical_and", two<logical_and>},
      {"logical_or", two<logical_or>},
      {"logical_xor", two<logical_xor>},
      {"logical_not", one<logical_not>},
      {"pow_scalar", [](Operands in, const Args& a) { return Results{pow(in[0], a.number("b"))}; }},
      {"lerp", [](Operands in, const Args&) { return Results{lerp(in[0], in[1], in[2])}; }},
      {"celu", [](Operands in, const Args& a) { return Results{celu(in[0], a.number("alpha"))}; }},
      {"selu", one<selu>},
      {"log_sigmoid", one<log_sigmoid>},
      {"softsign", one<softsign>},
      {"tanhshrink", one<tanhshrink>},
      {"hardtanh", [](Operands in, const Args& a) { return Results{hardtanh(in[0], a.number("lo"), a.number("hi"))}; }},
      {"relu6", one<relu6>},
      {"hardsigmoid", one<hardsigmoid>},
      {"hardswish", one<hardswish>},
      {"softshrink", [](Operands in, const Args& a) { return Results{softshrink(in[0], a.number("lambda"))}; }},
      {"hardshrink", [](Operands in, const Args& a) { return Results{hardshrink(in[0], a.number("lambda"))}; }},
      {"threshold",
       [](Operands in, const Args& a) { return Results{threshold(in[0], a.number("limit"), a.number("value"))}; }},
      {"glu", [](Operands in, const Args& a) { return Results{glu(in[0], a.axis())}; }},
  };
}

}  // namespace neuro::golden
