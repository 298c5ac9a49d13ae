#pragma once
// Elementwise formulas of arithmetic and comparison.
#include "kernels/elementwise.inl.h"

namespace neuro::kernels {
namespace formula {

// One formula, one line.
// clang-format off

// --- arithmetic ---
// xsimd negates 0 to 0 on AVX-512.
struct Neg { template <class V> V operator()(V x) const { return num<V>(-0.0) - x; } };
struct Abs { template <class V> V operator()(V x) const { return xsimd::abs(x); } };
struct Sign {
  template <class V>
  V operator()(V x) const { return select(x > V(0), V(1), select(x < V(0), V(-1), x)); }
};
struct Sqrt { template <class V> V operator()(V x) const { return xsimd::sqrt(x); } };
struct Rsqrt { template <class V> V operator()(V x) const { return V(1) / xsimd::sqrt(x); } };
struct Square { template <class V> V operator()(V x) const { return x * x; } };
struct Reciprocal { template <class V> V operator()(V x) const { return V(1) / x; } };
// Results keep the sign of x, also where they are zero.
struct Floor { template <class V> V operator()(V x) const { return xsimd::copysign(xsimd::floor(x), x); } };
struct Ceil { template <class V> V operator()(V x) const { return xsimd::copysign(xsimd::ceil(x), x); } };
struct Trunc { template <class V> V operator()(V x) const { return xsimd::copysign(xsimd::trunc(x), x); } };
/// To the nearest integer, halves to the even one.
struct Round { template <class V> V operator()(V x) const { return xsimd::copysign(xsimd::nearbyint(x), x); } };
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
struct Fmod { template <class V> V operator()(V x, V y) const { return math::fmod(x, y); } };
/// x - n y, n = x / y rounded down: the sign of y.
struct Remainder {
  template <class V>
  V operator()(V x, V y) const {
    const V r = math::fmod(x, y), zero(0);
    return select(((r < zero) & (y > zero)) | ((r > zero) & (y < zero)), r + y, r);
  }
};
/// 0, `at_zero` or 1, as x is negative, zero or positive.
struct Heaviside {
  template <class V>
  V operator()(V x, V at_zero) const {
    return select(x > V(0), V(1), select(x < V(0), V(0), select(is_nan(x), x, at_zero)));
  }
};
struct NanToNum {
  template <class V>
  V operator()(V x, Attrs<V> a) const {
    const V infinity(num<V>(__builtin_inf()));
    return select(is_nan(x), a[0], select(x == infinity, a[1], select(x == -infinity, a[2], x)));
  }
};
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

struct IsNan { template <class V> auto operator()(V x) const { return is_nan(x); } };
struct IsInf { template <class V> auto operator()(V x) const { return xsimd::abs(x) == num<V>(__builtin_inf()); } };
struct IsFinite { template <class V> auto operator()(V x) const { return xsimd::abs(x) < num<V>(__builtin_inf()); } };

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
      row<formula::Ceil, Arch, 1>("ceil"),
      row<formula::Clamp, Arch, 1>("clamp"),
      row<formula::ClampGrad, Arch, 2>("clamp_grad"),
      row<formula::Div, Arch, 2>("div"),
      row<formula::Equal, Arch, 2>("equal"),
      row<formula::Floor, Arch, 1>("floor"),
      row<formula::Fmod, Arch, 2>("fmod"),
      row<formula::Greater, Arch, 2>("greater"),
      row<formula::GreaterEqual, Arch, 2>("greater_equal"),
      row<formula::Heaviside, Arch, 2>("heaviside"),
      row<formula::IsFinite, Arch, 1>("isfinite"),
      row<formula::IsInf, Arch, 1>("isinf"),
      row<formula::IsNan, Arch, 1>("isnan"),
      row<formula::Less, Arch, 2>("less"),
      row<formula::LessEqual, Arch, 2>("less_equal"),
      row<formula::Maximum, Arch, 2>("maximum"),
      row<formula::Minimum, Arch, 2>("minimum"),
      row<formula::Mul, Arch, 2>("mul"),
      row<formula::NanToNum, Arch, 1>("nan_to_num"),
      row<formula::Neg, Arch, 1>("neg"),
      row<formula::NotEqual, Arch, 2>("not_equal"),
      row<formula::Powi, Arch, 1>("powi"),
      row<formula::Reciprocal, Arch, 1>("reciprocal"),
      row<formula::Remainder, Arch, 2>("remainder"),
      row<formula::Round, Arch, 1>("round"),
      row<formula::Rsqrt, Arch, 1>("rsqrt"),
      row<formula::Sign, Arch, 1>("sign"),
      row<formula::Sqrt, Arch, 1>("sqrt"),
      row<formula::Square, Arch, 1>("square"),
      row<formula::Sub, Arch, 2>("sub"),
      row<formula::Trunc, Arch, 1>("trunc"),
      row<formula::Where, Arch, 3, true>("where"),
  };
  return rows;
}

}  // namespace neuro::kernels
