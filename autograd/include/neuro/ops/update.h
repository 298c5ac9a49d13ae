#pragma once
// Optimizer steps. (`neuro/ops.h` says what holds for all operations.)
#include <array>
#include <span>

#include "neuro/var.h"

namespace neuro {

/// sqrt of the sum of squares over all gradients: rank 0.
Var global_norm(std::span<const Var> gradients);
// One step of an optimizer on one parameter. What changes are the parameter and its states, all of the parameter's
// shape and type, which start as zeros: their new values are returned in the order of the operands and overwrite them
// once they are assigned. `lr` is an f64 scalar leaf, `step` an i64 scalar leaf (counting from 1), `scale` a scalar of
// the parameter's type that multiplies the gradient (clipping). d = scale gradient + l1 sign(w) + l2 w, sign(0) = 0,
// for a parameter w. The planner makes one call of all steps that share their options and scalars. (spec: autograd.md,
// section 6)

struct AdamOptions {
  double beta1 = 0.9, beta2 = 0.999, eps = 1e-8;
  double l1 = 0, l2 = 0;  ///< classic penalties, added to the gradient
  double decay = 0;       ///< decoupled (AdamW): w is multiplied by 1 - lr decay first
};
/// m = beta1 m + (1 - beta1) d, v = beta2 v + (1 - beta2) d^2,
/// w -= lr / (1 - beta1^step) m / (sqrt(v) / sqrt(1 - beta2^step) + eps). Returns new w, m, v.
std::array<Var, 3> adam(const Var& param, const Var& gradient, const Var& m, const Var& v, const Var& lr,
                        const Var& step, const Var& scale, const AdamOptions& options);
/// The same with largest = max(largest, v) in place of v in the denominator. Returns new w, m, v, largest.
std::array<Var, 4> amsgrad(const Var& param, const Var& gradient, const Var& m, const Var& v, const Var& largest,
                           const Var& lr, const Var& step, const Var& scale, const AdamOptions& options);

struct SgdOptions {
  double momentum = 0, dampening = 0;
  double l1 = 0, l2 = 0;
  bool nesterov = false;
};
/// m = momentum m + (1 - dampening) d, also in the first step; w -= lr m, or lr (d + momentum m) with nesterov. Without
/// m (undefined) w -= lr d. Returns new w and m (undefined without).
std::array<Var, 2> sgd(const Var& param, const Var& gradient, const Var& m, const Var& lr, const Var& scale,
                       const SgdOptions& options);

struct AdagradOptions {
  double lr_decay = 0, eps = 1e-10;
  double l1 = 0, l2 = 0;
};
/// v += d^2, w -= lr / (1 + (step - 1) lr_decay) d / (sqrt(v) + eps). Returns new w, v.
std::array<Var, 2> adagrad(const Var& param, const Var& gradient, const Var& v, const Var& lr, const Var& step,
                           const Var& scale, const AdagradOptions& options);

struct RmspropOptions {
  double alpha = 0.99, eps = 1e-8, momentum = 0;
  double l1 = 0, l2 = 0;
};
/// v = alpha v + (1 - alpha) d^2, q = d / (sqrt(v) + eps), w -= lr q. With `mean` (centred) mean = alpha mean +
/// (1 - alpha) d and max(v - mean^2, 0) stands for v in q. With `velocity` velocity = momentum velocity + q and w -= lr
/// velocity. Returns new w, v, mean, velocity (undefined where it was).
std::array<Var, 4> rmsprop(const Var& param, const Var& gradient, const Var& v, const Var& mean, const Var& velocity,
                           const Var& lr, const Var& scale, const RmspropOptions& options);

struct LionOptions {
  double beta1 = 0.9, beta2 = 0.99;
  double l1 = 0, l2 = 0, decay = 0;
};
/// w -= lr (sign(beta1 m + (1 - beta1) d) + decay w), m = beta2 m + (1 - beta2) d. Returns new w, m.
std::array<Var, 2> lion(const Var& param, const Var& gradient, const Var& m, const Var& lr, const Var& scale,
                        const LionOptions& options);

}  // namespace neuro
