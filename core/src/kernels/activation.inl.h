#pragma once
// Elementwise formulas of activations and of their gradients.
#include "kernels/elementwise.inl.h"

namespace neuro::kernels {
namespace formula {

// One formula, one line.
// clang-format off

// --- activations ---
struct Sigmoid { template <class V> V operator()(V x) const { return math::sigmoid(x); } };
/// max(x, 0) + log1p(exp(-|x|)): never overflows.
struct Softplus {
  template <class V>
  V operator()(V x) const { return select(x > V(0), x, V(0)) + math::log1p(math::exp(-xsimd::abs(x))); }
};
struct Relu { template <class V> V operator()(V x) const { return select(x <= V(0), V(0), x); } };
struct LeakyRelu { template <class V> V operator()(V x, Attrs<V> a) const { return select(x > V(0), x, a[0] * x); } };
/// scale (x > 0 ? x : alpha (exp(rate x) - 1)): elu, celu and selu.
struct Elu {
  template <class V>
  V operator()(V x, Attrs<V> a) const {
    return a[2] * select(x >= V(0), x, a[0] * math::expm1_of_negative(a[1] * x));
  }
};
/// x sigmoid(beta x).
struct Silu { template <class V> V operator()(V x, Attrs<V> a) const { return x * math::sigmoid(a[0] * x); } };
struct Softsign { template <class V> V operator()(V x) const { return x / (V(1) + xsimd::abs(x)); } };
struct Tanhshrink { template <class V> V operator()(V x) const { return x - math::tanh(x); } };
/// x clamp(x + 3, 0, 6) / 6, without 0 * infinity.
struct Hardswish {
  template <class V>
  V operator()(V x) const {
    return select(x <= V(-3), V(0), select(x >= V(3), x, x * (x + V(3)) / V(6)));
  }
};
/// x Phi(x), Phi the normal distribution function: Hendrycks and Gimpel 2016, arXiv:1606.08415.
struct Gelu { template <class V> V operator()(V x) const { return x * math::Normal<V>(x).distribution; } };
/// 2 u, u = sqrt(2 / pi) (x + 0.044715 x^3).
template <class V>
[[gnu::always_inline]] inline V gelu_tanh_argument(V x) {
  return num<V>(1.5957691216057308) * (x + num<V>(0.044715) * x * x * x);
}
/// x (1 + tanh u) / 2 = x sigmoid(2 u).
struct GeluTanh { template <class V> V operator()(V x) const { return x * math::sigmoid(gelu_tanh_argument(x)); } };
/// x tanh(softplus(x)): Misra 2019, arXiv:1908.08681.
struct Mish {
  template <class V>
  V operator()(V x) const {
    const math::TanhSoftplus<V> t(x);
    return x * t.top / t.bottom;
  }
};

// --- gradients: g is the gradient of the result ---
struct ReluGrad { template <class V> V operator()(V g, V x) const { return select(x > V(0), g, V(0)); } };
struct LeakyReluGrad {
  template <class V>
  V operator()(V g, V x, Attrs<V> a) const { return select(x > V(0), g, a[0] * g); }
};
struct EluGrad {
  template <class V>
  V operator()(V g, V x, Attrs<V> a) const {
    return a[2] * select(x > V(0), g, g * (a[0] * a[1]) * math::exp(a[1] * x));
  }
};
/// g strictly inside the bounds, else 0.
struct HardtanhGrad {
  template <class V>
  V operator()(V g, V x, Attrs<V> a) const { return select((x > a[0]) & (x < a[1]), g, V(0)); }
};
struct HardswishGrad {
  template <class V>
  V operator()(V g, V x) const {
    return select(x <= V(-3), V(0), select(x >= V(3), g, g * (x / V(3) + num<V>(0.5))));
  }
};
struct SigmoidGrad { template <class V> V operator()(V g, V y) const { return g * y * (V(1) - y); } };
struct TanhGrad { template <class V> V operator()(V g, V y) const { return g * ((V(1) - y) * (V(1) + y)); } };
/// Phi(x) + x phi(x), phi(x) = exp(-x^2 / 2) / sqrt(2 pi).
struct GeluGrad {
  template <class V>
  V operator()(V g, V x) const {
    const math::Normal<V> normal(x);
    return g * (normal.distribution + num<V>(0.39894228040143267794) * x * normal.bell);
  }
};
/// s + x s (1 - s) (2 u)', s = sigmoid(2 u). s (1 - s) = e / (1 + e)^2 with e = exp(-|2 u|) does not cancel.
struct GeluTanhGrad {
  template <class V>
  V operator()(V g, V x) const {
    const V v = gelu_tanh_argument(x), e = math::exp(-xsimd::abs(v)), inverse = V(1) / (V(1) + e);
    const V s = select(v < V(0), e, V(1)) * inverse;
    const V slope = num<V>(1.5957691216057308) * (V(1) + num<V>(3 * 0.044715) * x * x);
    // Far out, where e is 0, slope overflows.
    const V rest = select(e > V(0), x * (e * inverse * inverse) * slope, V(0));
    return g * (s + rest);
  }
};
/// t + x sigmoid(x) (1 - t^2), t = tanh(softplus(x)) = top / bottom.
struct MishGrad {
  template <class V>
  V operator()(V g, V x) const {
    const math::TanhSoftplus<V> t(x);
    const V slope = t.difference * (t.bottom + t.top) / (t.bottom * t.bottom);
    return g * (t.top / t.bottom + x * math::sigmoid(x) * slope);
  }
};

// clang-format on

}  // namespace formula

template <class Arch>
std::span<const Elementwise> activation_kernels() {
  static constexpr Elementwise rows[] = {
      row<formula::Elu, Arch, 1>("elu"),
      row<formula::EluGrad, Arch, 2>("elu_grad"),
      row<formula::Gelu, Arch, 1>("gelu"),
      row<formula::GeluGrad, Arch, 2>("gelu_grad"),
      row<formula::GeluTanh, Arch, 1>("gelu_tanh"),
      row<formula::GeluTanhGrad, Arch, 2>("gelu_tanh_grad"),
      row<formula::Hardswish, Arch, 1>("hardswish"),
      row<formula::HardswishGrad, Arch, 2>("hardswish_grad"),
      row<formula::HardtanhGrad, Arch, 2>("hardtanh_grad"),
      row<formula::LeakyRelu, Arch, 1>("leaky_relu"),
      row<formula::LeakyReluGrad, Arch, 2>("leaky_relu_grad"),
      row<formula::Mish, Arch, 1>("mish"),
      row<formula::MishGrad, Arch, 2>("mish_grad"),
      row<formula::Relu, Arch, 1>("relu"),
      row<formula::ReluGrad, Arch, 2>("relu_grad"),
      row<formula::Sigmoid, Arch, 1>("sigmoid"),
      row<formula::SigmoidGrad, Arch, 2>("sigmoid_grad"),
      row<formula::Silu, Arch, 1>("silu"),
      row<formula::Softplus, Arch, 1>("softplus"),
      row<formula::Softsign, Arch, 1>("softsign"),
      row<formula::TanhGrad, Arch, 2>("tanh_grad"),
      row<formula::Tanhshrink, Arch, 1>("tanhshrink"),
  };
  return rows;
}

}  // namespace neuro::kernels
