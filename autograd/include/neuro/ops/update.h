#pragma once
// Optimizer steps. (`neuro/ops.h` says what holds for all operations.)
#include <array>
#include <span>

#include "neuro/var.h"

namespace neuro {

/// sqrt of the sum of squares over all gradients: rank 0.
Var global_norm(std::span<const Var> gradients);
/// The operands of an update. All of them change in place once assigned: the new values are returned in the same order.
/// `lr` is an f64 scalar leaf, `step` an i64 scalar leaf (counting from 1), `scale` a scalar of the parameter's type
/// that multiplies the gradient (clipping).
struct AdamOptions {
  double beta1 = 0.9, beta2 = 0.999, eps = 1e-8;
  double l2 = 0;     ///< classic penalty, added to the gradient
  double decay = 0;  ///< decoupled (AdamW)
};
std::array<Var, 3> adam(const Var& param, const Var& gradient, const Var& m, const Var& v, const Var& lr,
                        const Var& step, const Var& scale, const AdamOptions& options);  ///< new param, m, v
struct SgdOptions {
  double momentum = 0, dampening = 0, l2 = 0;
  bool nesterov = false;
};
/// `m` is undefined without momentum; returns new param and new m (undefined without momentum).
std::array<Var, 2> sgd(const Var& param, const Var& gradient, const Var& m, const Var& lr, const Var& scale,
                       const SgdOptions& options);

}  // namespace neuro
