#pragma once
// Optimizer updates of one piece of one parameter.
#include "kernels/vector.inl.h"
#include "neuro/kernels/update.h"

namespace neuro::kernels {

template <class T, class Arch>
[[gnu::flatten]] void sgd(const UpdateStep& step, const UpdateSegment<T>& s) noexcept {
  using V = Vec<T, Arch>;
  const auto constant = [](double value) { return V(static_cast<T>(value)); };
  const V lr = constant(step.lr), grad_scale = constant(step.grad_scale), l2 = constant(step.l2);
  const V shrink = constant(1 - step.lr * step.decay), momentum = constant(step.momentum);
  const V fresh = constant(1 - step.dampening);
  for (std::int64_t i = 0; i < s.size; i += kLanes<V>) {
    const std::int64_t count = s.size - i;
    const V p = load_some<V, Arch>(s.param + i, count);
    V d = grad_scale * load_some<V, Arch>(s.grad + i, count) + l2 * p;
    if (s.m != nullptr) {
      const V m = momentum * load_some<V, Arch>(s.m + i, count) + fresh * d;
      store_some<V, Arch>(m, s.m + i, count);
      d = step.nesterov ? d + momentum * m : m;
    }
    store_some<V, Arch>(p * shrink - lr * d, s.param + i, count);
  }
}

template <class T, class Arch>
[[gnu::flatten]] void adam(const UpdateStep& step, const UpdateSegment<T>& s) noexcept {
  using V = Vec<T, Arch>;
  const auto constant = [](double value) { return V(static_cast<T>(value)); };
  const V grad_scale = constant(step.grad_scale), l2 = constant(step.l2), shrink = constant(1 - step.lr * step.decay);
  const V b1 = constant(step.beta1), c1 = constant(1 - step.beta1), b2 = constant(step.beta2);
  const V c2 = constant(1 - step.beta2), rate = constant(step.lr / step.correction1), eps = constant(step.eps);
  const V root = constant(1 / __builtin_sqrt(step.correction2));
  for (std::int64_t i = 0; i < s.size; i += kLanes<V>) {
    const std::int64_t count = s.size - i;
    const V p = load_some<V, Arch>(s.param + i, count);
    const V d = grad_scale * load_some<V, Arch>(s.grad + i, count) + l2 * p;
    const V m = b1 * load_some<V, Arch>(s.m + i, count) + c1 * d;
    const V v = b2 * load_some<V, Arch>(s.v + i, count) + c2 * (d * d);
    store_some<V, Arch>(m, s.m + i, count);
    store_some<V, Arch>(v, s.v + i, count);
    store_some<V, Arch>(p * shrink - rate * m / (xsimd::sqrt(v) * root + eps), s.param + i, count);
  }
}

}  // namespace neuro::kernels
