#pragma once
// The names by which users of neuronika know things that are called otherwise here. (spec: autograd.md, section 9)
//
//   Var, VarDiff                one class; `differentiable()` tells
//   from_ndarray                from, from_array
//   data() mutably              data_mut()
//   ModelStatus                 nn::Module
//   VarDiff::no_grad            the same; NoGradGuard for a scope
#include <array>

#include "neuro/ops.h"

namespace neuro {

using VarDiff = Var;
using NoGradGuard = NoGrad;

inline Var ln(const Var& x) { return log(x); }
inline Var pow(const Var& x, int k) { return powi(x, k); }
inline Var range(double begin, double end, double step = 1, DType dtype = DType::f32) {
  return arange(begin, end, step, dtype);
}
inline Var cat(std::span<const Var> xs, int axis) { return concat(xs, axis); }
inline Var cat(const Var& a, const Var& b, int axis) { return concat(std::array{a, b}, axis); }
inline Var stack(const Var& a, const Var& b, int axis) { return stack(std::array{a, b}, axis); }

}  // namespace neuro
