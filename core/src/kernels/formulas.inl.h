#pragma once
// The elementwise formulas: one functor each, over vectors V. To add one, write the functor here and its row in
// elementwise.inl.h. `a` holds the operation's constants.
#include "kernels/math.inl.h"

namespace neuro::kernels::formula {

using math::is_nan;
using math::num;
using xsimd::select;

/// The constants of an operation, as vectors.
template <class V>
struct Attrs {
  const double* values;
  V operator[](int i) const { return V(static_cast<typename V::value_type>(values[i])); }
};

// One formula, one line.
// clang-format off

// --- arithmetic ---
struct Neg { template <class V> V operator()(V x) const { return -x; } };
struct Abs { template <class V> V operator()(V x) const { return xsimd::abs(x); } };
struct Sign {
  template <class V>
  V operator()(V x) const { return select(x > V(0), V(1), select(x < V(0), V(-1), x)); }
};
struct Sqrt { template <class V> V operator()(V x) const { return xsimd::sqrt(x); } };
struct Rsqrt { template <class V> V operator()(V x) const { return V(1) / xsimd::sqrt(x); } };
struct Square { template <class V> V operator()(V x) const { return x * x; } };
struct Reciprocal { template <class V> V operator()(V x) const { return V(1) / x; } };
struct Floor { template <class V> V operator()(V x) const { return xsimd::floor(x); } };
struct Affine { template <class V> V operator()(V x, Attrs<V> a) const { return a[0] * x + a[1]; } };
struct Clamp {
  template <class V>
  V operator()(V x, Attrs<V> a) const { return select(x < a[0], a[0], select(x > a[1], a[1], x)); }
};
/// Integer power by squaring: x^k, 1 / x^-k, and 1 for k = 0.
struct Powi {
  template <class V>
  V operator()(V x, Attrs<V> a) const {
    const auto k = static_cast<std::int64_t>(a.values[0]);
    V result(1), square = x;
    for (auto bits = static_cast<std::uint64_t>(k < 0 ? -k : k); bits != 0; bits >>= 1) {
      if (bits & 1) result = result * square;
      square = square * square;
    }
    return k < 0 ? V(1) / result : result;
  }
};

struct Add { template <class V> V operator()(V x, V y) const { return x + y; } };
struct Sub { template <class V> V operator()(V x, V y) const { return x - y; } };
struct Mul { template <class V> V operator()(V x, V y) const { return x * y; } };
struct Div { template <class V> V operator()(V x, V y) const { return x / y; } };
struct Pow { template <class V> V operator()(V x, V y) const { return math::pow(x, y); } };
// A comparison with NaN is false: the second operand is taken when it is NaN, the first by the test of itself.
struct Maximum { template <class V> V operator()(V x, V y) const { return select((x >= y) | is_nan(x), x, y); } };
struct Minimum { template <class V> V operator()(V x, V y) const { return select((x <= y) | is_nan(x), x, y); } };

// --- transcendental ---
struct Exp { template <class V> V operator()(V x) const { return math::exp(x); } };
struct Log { template <class V> V operator()(V x) const { return math::log(x); } };
struct Log1p { template <class V> V operator()(V x) const { return math::log1p(x); } };
struct Tanh { template <class V> V operator()(V x) const { return math::tanh(x); } };
struct Erf { template <class V> V operator()(V x) const { return math::erf(x); } };
struct Sin { template <class V> V operator()(V x) const { return math::sin(x); } };
struct Cos { template <class V> V operator()(V x) const { return math::cos(x); } };
struct Sigmoid { template <class V> V operator()(V x) const { return math::sigmoid(x); } };
/// max(x, 0) + log1p(exp(-|x|)): never overflows.
struct Softplus {
  template <class V>
  V operator()(V x) const { return select(x > V(0), x, V(0)) + math::log1p(math::exp(-xsimd::abs(x))); }
};

// --- activations ---
struct Relu { template <class V> V operator()(V x) const { return select(x <= V(0), V(0), x); } };
struct LeakyRelu { template <class V> V operator()(V x, Attrs<V> a) const { return select(x > V(0), x, a[0] * x); } };
struct Elu {
  template <class V>
  V operator()(V x, Attrs<V> a) const { return select(x > V(0), x, a[0] * math::expm1_of_negative(x)); }
};
struct Silu { template <class V> V operator()(V x) const { return x * math::sigmoid(x); } };
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
  V operator()(V g, V x, Attrs<V> a) const { return select(x > V(0), g, g * a[0] * math::exp(x)); }
};
struct ClampGrad {
  template <class V>
  V operator()(V g, V x, Attrs<V> a) const { return select((x >= a[0]) & (x <= a[1]), g, V(0)); }
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

// --- comparisons: the result is a mask ---
struct Less { template <class V> auto operator()(V x, V y) const { return x < y; } };
struct LessEqual { template <class V> auto operator()(V x, V y) const { return x <= y; } };
struct Greater { template <class V> auto operator()(V x, V y) const { return x > y; } };
struct GreaterEqual { template <class V> auto operator()(V x, V y) const { return x >= y; } };
struct Equal { template <class V> auto operator()(V x, V y) const { return x == y; } };
struct NotEqual { template <class V> auto operator()(V x, V y) const { return !(x == y); } };

struct Where {
  template <class V>
  V operator()(typename V::batch_bool_type mask, V x, V y) const { return select(mask, x, y); }
};

// clang-format on

}  // namespace neuro::kernels::formula
