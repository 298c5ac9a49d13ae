#pragma once
// Optimizer updates of one piece of one parameter.
#include "kernels/vector.inl.h"
#include "neuro/kernels/update.h"

namespace neuro::kernels {

/// The gradient with its clipping factor and penalties, and a number as a vector.
template <class T, class Arch>
struct Penalised {
  using V = Vec<T, Arch>;
  V scale, l1, l2;
  explicit Penalised(const UpdateStep& step)
      : scale(static_cast<T>(step.grad_scale)), l1(static_cast<T>(step.l1)), l2(static_cast<T>(step.l2)) {}
  V operator()(V grad, V param) const {
    const V sign = xsimd::select(param > V(0), l1, xsimd::select(param < V(0), -l1, V(0)));
    return scale * grad + l2 * param + sign;
  }
};

template <class T, class Arch>
[[gnu::flatten]] void sgd(const UpdateStep& step, const UpdateSegment<T>& s) noexcept {
  using V = Vec<T, Arch>;
  const auto constant = [](double value) { return V(static_cast<T>(value)); };
  const Penalised<T, Arch> penalised(step);
  const V lr = constant(step.lr), shrink = constant(1 - step.lr * step.decay), momentum = constant(step.momentum);
  const V fresh = constant(1 - step.dampening);
  for (std::int64_t i = 0; i < s.size; i += kLanes<V>) {
    const std::int64_t count = s.size - i;
    const V p = load_some<V, Arch>(s.param + i, count);
    V d = penalised(load_some<V, Arch>(s.grad + i, count), p);
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
  const Penalised<T, Arch> penalised(step);
  const V shrink = constant(1 - step.lr * step.decay), b1 = constant(step.beta1), c1 = constant(1 - step.beta1);
  const V b2 = constant(step.beta2), c2 = constant(1 - step.beta2), eps = constant(step.eps);
  const V rate = constant(step.lr / step.correction1), root = constant(1 / __builtin_sqrt(step.correction2));
  for (std::int64_t i = 0; i < s.size; i += kLanes<V>) {
    const std::int64_t count = s.size - i;
    const V p = load_some<V, Arch>(s.param + i, count);
    const V d = penalised(load_some<V, Arch>(s.grad + i, count), p);
    const V m = b1 * load_some<V, Arch>(s.m + i, count) + c1 * d;
    V v = b2 * load_some<V, Arch>(s.v + i, count) + c2 * (d * d);
    store_some<V, Arch>(m, s.m + i, count);
    store_some<V, Arch>(v, s.v + i, count);
    if (s.u != nullptr) {
      const V most = load_some<V, Arch>(s.u + i, count);
      v = xsimd::select(most > v, most, v);  // NaN in v stays
      store_some<V, Arch>(v, s.u + i, count);
    }
    store_some<V, Arch>(p * shrink - rate * m / (xsimd::sqrt(v) * root + eps), s.param + i, count);
  }
}

template <class T, class Arch>
[[gnu::flatten]] void adagrad(const UpdateStep& step, const UpdateSegment<T>& s) noexcept {
  using V = Vec<T, Arch>;
  const Penalised<T, Arch> penalised(step);
  const V lr(static_cast<T>(step.lr)), eps(static_cast<T>(step.eps));
  for (std::int64_t i = 0; i < s.size; i += kLanes<V>) {
    const std::int64_t count = s.size - i;
    const V p = load_some<V, Arch>(s.param + i, count);
    const V d = penalised(load_some<V, Arch>(s.grad + i, count), p);
    const V v = load_some<V, Arch>(s.v + i, count) + d * d;
    store_some<V, Arch>(v, s.v + i, count);
    store_some<V, Arch>(p - lr * d / (xsimd::sqrt(v) + eps), s.param + i, count);
  }
}

template <class T, class Arch>
[[gnu::flatten]] void rmsprop(const UpdateStep& step, const UpdateSegment<T>& s) noexcept {
  using V = Vec<T, Arch>;
  const auto constant = [](double value) { return V(static_cast<T>(value)); };
  const Penalised<T, Arch> penalised(step);
  const V lr = constant(step.lr), b2 = constant(step.beta2), c2 = constant(1 - step.beta2), eps = constant(step.eps);
  const V momentum = constant(step.momentum);
  for (std::int64_t i = 0; i < s.size; i += kLanes<V>) {
    const std::int64_t count = s.size - i;
    const V p = load_some<V, Arch>(s.param + i, count);
    const V d = penalised(load_some<V, Arch>(s.grad + i, count), p);
    V v = b2 * load_some<V, Arch>(s.v + i, count) + c2 * (d * d);
    store_some<V, Arch>(v, s.v + i, count);
    if (s.m != nullptr) {
      const V m = b2 * load_some<V, Arch>(s.m + i, count) + c2 * d;
      store_some<V, Arch>(m, s.m + i, count);
      const V spread = v - m * m;
      v = xsimd::select(spread < V(0), V(0), spread);  // rounding may take it below 0
    }
    V q = d / (xsimd::sqrt(v) + eps);
    if (s.u != nullptr) {
      q = momentum * load_some<V, Arch>(s.u + i, count) + q;
      store_some<V, Arch>(q, s.u + i, count);
    }
    store_some<V, Arch>(p - lr * q, s.param + i, count);
  }
}

template <class T, class Arch>
[[gnu::flatten]] void lion(const UpdateStep& step, const UpdateSegment<T>& s) noexcept {
  using V = Vec<T, Arch>;
  const auto constant = [](double value) { return V(static_cast<T>(value)); };
  const Penalised<T, Arch> penalised(step);
  const V lr = constant(step.lr), pull = constant(step.lr * step.decay), b1 = constant(step.beta1);
  const V c1 = constant(1 - step.beta1), b2 = constant(step.beta2), c2 = constant(1 - step.beta2);
  for (std::int64_t i = 0; i < s.size; i += kLanes<V>) {
    const std::int64_t count = s.size - i;
    const V p = load_some<V, Arch>(s.param + i, count), m = load_some<V, Arch>(s.m + i, count);
    const V d = penalised(load_some<V, Arch>(s.grad + i, count), p), side = b1 * m + c1 * d;
    const V move = xsimd::select(side > V(0), lr, xsimd::select(side < V(0), -lr, side));  // NaN stays
    store_some<V, Arch>(b2 * m + c2 * d, s.m + i, count);
    store_some<V, Arch>(p - (move + pull * p), s.param + i, count);
  }
}

}  // namespace neuro::kernels
