#pragma once
// Elementwise formulas of arithmetic and comparison.
#include "kernels/elementwise.inl.h"

namespace neuro::kernels {
namespace formula {

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
// A comparison with NaN is false: the second operand is taken when it is NaN, the first by the test of itself.
struct Maximum { template <class V> V operator()(V x, V y) const { return select((x >= y) | is_nan(x), x, y); } };
struct Minimum { template <class V> V operator()(V x, V y) const { return select((x <= y) | is_nan(x), x, y); } };

// --- gradients: g is the gradient of the result ---
struct ClampGrad {
  template <class V>
  V operator()(V g, V x, Attrs<V> a) const { return select((x >= a[0]) & (x <= a[1]), g, V(0)); }
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

}  // namespace formula

template <class Arch>
std::span<const Elementwise> arithmetic_kernels() {
  static constexpr Elementwise rows[] = {
      row<formula::Abs, Arch, 1>("abs"),
      row<formula::Add, Arch, 2>("add"),
      row<formula::Affine, Arch, 1>("affine"),
      row<formula::Clamp, Arch, 1>("clamp"),
      row<formula::ClampGrad, Arch, 2>("clamp_grad"),
      row<formula::Div, Arch, 2>("div"),
      row<formula::Equal, Arch, 2>("equal"),
      row<formula::Floor, Arch, 1>("floor"),
      row<formula::Greater, Arch, 2>("greater"),
      row<formula::GreaterEqual, Arch, 2>("greater_equal"),
      row<formula::Less, Arch, 2>("less"),
      row<formula::LessEqual, Arch, 2>("less_equal"),
      row<formula::Maximum, Arch, 2>("maximum"),
      row<formula::Minimum, Arch, 2>("minimum"),
      row<formula::Mul, Arch, 2>("mul"),
      row<formula::Neg, Arch, 1>("neg"),
      row<formula::NotEqual, Arch, 2>("not_equal"),
      row<formula::Powi, Arch, 1>("powi"),
      row<formula::Reciprocal, Arch, 1>("reciprocal"),
      row<formula::Rsqrt, Arch, 1>("rsqrt"),
      row<formula::Sign, Arch, 1>("sign"),
      row<formula::Sqrt, Arch, 1>("sqrt"),
      row<formula::Square, Arch, 1>("square"),
      row<formula::Sub, Arch, 2>("sub"),
      row<formula::Where, Arch, 3, true>("where"),
  };
  return rows;
}

}  // namespace neuro::kernels
