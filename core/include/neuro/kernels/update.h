#pragma once
// Optimizer updates over all parameters at once, in place.
#include <cstdint>

#include "neuro/kernels/exec.h"

namespace neuro::kernels {

/// One parameter with its gradient and optimizer state; unused state is null.
template <class T>
struct UpdateSegment {
  T* param;
  const T* grad;
  T* m;
  T* v;
  T* u;
  std::int64_t size;
};

enum class UpdateRule : std::uint8_t { sgd, adam, adagrad, rmsprop, lion };
inline constexpr int kUpdateRules = 5;

/// Constants of one step. d = grad_scale * grad + l1 * sign(param) + l2 * param, sign(0) = 0 (l2: the classic penalty
/// of `weight_decay` with adam, sgd).
struct UpdateStep {
  UpdateRule rule = UpdateRule::adam;
  double lr = 1e-3;
  double grad_scale = 1;  ///< clipping factor
  double l1 = 0, l2 = 0;
  double decay = 0;  ///< decoupled: param *= 1 - lr * decay before the update (AdamW, Loshchilov and Hutter 2019)
  double beta1 = 0.9, beta2 = 0.999, eps = 1e-8;
  double correction1 = 1;  ///< 1 - beta1^t
  double correction2 = 1;  ///< 1 - beta2^t
  double momentum = 0;
  double dampening = 0;
  bool nesterov = false;
};

/// sgd: m = momentum m + (1 - dampening) d; param -= lr m, or lr (d + momentum m) with nesterov; without m, lr d.
/// adam: m = b1 m + (1-b1) d; v = b2 v + (1-b2) d^2; param -= (lr / c1) m / (sqrt(v) / sqrt(c2) + eps); with u
/// (AMSGrad) u = max(u, v) stands for v there. (Kingma and Ba 2015, algorithm 1; Reddi et al. 2018, algorithm 2.)
/// adagrad: v += d^2; param -= lr d / (sqrt(v) + eps). (Duchi, Hazan, Singer 2011)
/// rmsprop: v = b2 v + (1-b2) d^2; with m (centred) m = b2 m + (1-b2) d and max(v - m^2, 0) stands for v;
/// q = d / (sqrt(v) + eps); with u, u = momentum u + q and param -= lr u, else lr q. (Hinton 2012; Graves 2013, eq. 40)
/// lion: param -= lr sign(b1 m + (1-b1) d); m = b2 m + (1-b2) d. (Chen et al. 2023, algorithm 2)
/// Chunks are fixed pieces of each segment; elements are independent, so the result does not depend on chunks or
/// threads.
template <class T>
void update(const Exec& exec, const UpdateStep& step, const UpdateSegment<T>* segments, std::int64_t count) noexcept;

}  // namespace neuro::kernels
