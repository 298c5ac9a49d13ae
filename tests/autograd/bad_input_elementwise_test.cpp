// Bad input of elementwise operations.
#include "bad_input.h"

namespace neuro::bad {

Rows elementwise() {
  Rows rows;
  binary(rows, "add", add);
  binary(rows, "sub", sub);
  binary(rows, "mul", mul);
  binary(rows, "div", div);
  binary(rows, "pow", pow);
  binary(rows, "maximum", maximum);
  binary(rows, "minimum", minimum);
  binary(rows, "less", less);
  binary(rows, "less_equal", less_equal);
  binary(rows, "greater", greater);
  binary(rows, "greater_equal", greater_equal);
  binary(rows, "equal", equal);
  binary(rows, "not_equal", not_equal);
  binary(rows, "prelu", prelu);
  unary_of_numbers(rows, "neg", neg);
  unary_of_numbers(rows, "abs", abs);
  unary_of_numbers(rows, "sign", sign);
  unary(rows, "exp", exp);
  unary(rows, "log", log);
  unary(rows, "log1p", log1p);
  unary(rows, "sqrt", sqrt);
  unary(rows, "rsqrt", rsqrt);
  unary_of_numbers(rows, "square", square);
  unary(rows, "reciprocal", reciprocal);
  unary(rows, "sin", sin);
  unary(rows, "cos", cos);
  unary(rows, "erf", erf);
  unary(rows, "floor", floor);
  unary(rows, "relu", relu);
  unary(rows, "sigmoid", sigmoid);
  unary(rows, "tanh", tanh);
  unary(rows, "silu", [](const Var& x) { return silu(x); });
  unary(rows, "softplus", softplus);
  unary(rows, "mish", mish);
  unary(rows, "powi", [](const Var& x) { return powi(x, 3); });
  unary(rows, "leaky_relu", [](const Var& x) { return leaky_relu(x, 0.1); });
  unary(rows, "elu", [](const Var& x) { return elu(x, 0.1); });
  unary(rows, "gelu", [](const Var& x) { return gelu(x); });
  unary(rows, "gelu_tanh", [](const Var& x) { return gelu(x, Gelu::tanh); });
  unary(rows, "clamp", [](const Var& x) { return clamp(x, 0, 1); });
  const Rows more = {
      {"clamp", "bounds in the wrong order", [] { clamp(f32({2}), 1, -1); }, {"1", "-1"}},
      {"celu", "no scale", [] { celu(f32({2}), 0); }, {"alpha", "0"}},
      {"hardtanh", "bounds in the wrong order", [] { hardtanh(f32({2}), 1, -1); }, {"1", "-1"}},
      {"softshrink", "a negative width", [] { softshrink(f32({2}), -1); }, {"lambda", "-1"}},
      {"hardshrink", "a negative width", [] { hardshrink(f32({2}), -1); }, {"lambda", "-1"}},
      {"glu",
       "an odd size",
       [] {
         glu(f32({2, 3}));
       },
       {"[2, 3]", "3"}},
      {"glu",
       "an axis out of range",
       [] {
         glu(f32({2, 4}), 2);
       },
       {"axis 2", "rank 2"}},
      {"glu",
       "whole numbers",
       [] {
         glu(i64({2, 4}));
       },
       {"i64"}},
      {"logical_and", "numbers", [] { logical_and(f32({2}), f32({2})); }, {"bool", "f32"}},
      {"logical_not", "numbers", [] { logical_not(f32({2})); }, {"bool", "f32"}},
      {"add", "a fraction beside whole numbers", [] { i64({2}) + 0.5; }, {"0.5"}},
      {"where", "a mask of numbers", [] { where(f32({2}), f32({2}), f32({2})); }, {"bool", "f32"}},
      {"where", "two types", [] { where(boolean({2}), f32({2}), f64({2})); }, {"f32", "f64"}},
      {"where",
       "shapes that do not broadcast",
       [] {
         where(boolean({3}), f32({2, 2}), f32({2}));
       },
       {"[3]", "[2, 2]", "axis -1"}},
  };
  rows.insert(rows.end(), more.begin(), more.end());
  return rows;
}

}  // namespace neuro::bad
