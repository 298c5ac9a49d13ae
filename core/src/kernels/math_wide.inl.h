#pragma once
// Mathematical functions of f32 numbers, computed in f64: each lane's value is widened, the formula evaluated with an
// error near 1e-10, and the result rounded once, which leaves the f32 result within 0.51 units of the last place.
// That costs two vectors of f64 for one of f32, and saves every correction that f32 would need: differences that cancel
// (asinh, tan near its poles) still have 20 bits to spare.
//
// The coefficients are our own least-maximum fits (Remez exchange in 40 digits); beside each stands the largest error
// of the fit relative to the function.
#include "kernels/math.inl.h"

namespace neuro::kernels::math {

/// f(lanes of each x) for f32 vectors, f taking and giving f64 vectors.
template <class F, class V, class... Rest>
[[gnu::always_inline]] inline V widened(F f, V x, Rest... rest) {
  using D = xsimd::batch<double, typename V::arch_type>;
  const auto widen = [](V v, double* to) __attribute__((always_inline)) {
    alignas(64) float lanes[kLanes<V>];
    v.store_aligned(lanes);
    for (int i = 0; i < kLanes<V>; ++i) to[i] = static_cast<double>(lanes[i]);
  };
  constexpr int kOperands = 1 + sizeof...(Rest);
  alignas(64) double wide[kOperands][kLanes<V>];
  int k = 0;
  widen(x, wide[k++]);
  (widen(rest, wide[k++]), ...);
  for (int i = 0; i < kLanes<V>; i += static_cast<int>(kLanes<D>)) {
    const D a = D::load_aligned(wide[0] + i);
    if constexpr (kOperands == 1) {
      f(a).store_aligned(wide[0] + i);
    } else {
      f(a, D::load_aligned(wide[1] + i)).store_aligned(wide[0] + i);
    }
  }
  alignas(64) float lanes[kLanes<V>];
  for (int i = 0; i < kLanes<V>; ++i) lanes[i] = static_cast<float>(wide[0][i]);
  return V::load_aligned(lanes);
}

namespace wide {

inline constexpr double kLn2 = 0.69314718055994530942;
inline constexpr double kPi = 3.14159265358979323846;
// Adding 1.5 * 2^52 leaves no bits for a fraction: the sum's low bits are the nearest integer.
inline constexpr double kMagic = 6755399441055744.0;

/// An exponential power (1 + rest): rest lies in [-0.3, 0.42] and is accurate relative to itself.
template <class D>
struct Exp {
  D power, rest;

  /// 2^n e^r for an integer n in [-1022, 1023] and |r| <= 0.35.
  Exp(D n, D r) {
    using I = xsimd::as_integer_t<D>;
    power = xsimd::bitwise_cast<D>((xsimd::bitwise_cast<I>(n + D(kMagic)) + I(1023)) << 52);
    rest = r * polynomial(r, 1.000000000031, 0.5000000046678, 0.1666666624948, 0.04166635432557, 0.008333402910636,
                          0.00139410154458, 0.0001984125717826);  // 2.3e-10
  }
  D value() const { return kernels::fma(power, rest, power); }
  D less_one() const { return kernels::fma(power, rest, power - D(1)); }
};

/// The nearest integer.
template <class D>
[[gnu::always_inline]] inline D nearest(D x) {
  return (x + D(kMagic)) - D(kMagic);
}

/// e^x. f32 knows nothing but 0 and infinity beyond 150; min and max return their second operand when it is NaN.
template <class D>
[[gnu::always_inline]] inline Exp<D> exponential(D x) {
  const D inside = xsimd::max(D(-150), xsimd::min(D(150), x)), n = wide::nearest(inside * D(1 / kLn2));
  return {n, kernels::fnma(n, D(kLn2), inside)};
}

template <class D>
[[gnu::always_inline]] inline D exp2(D x) {
  const D inside = xsimd::max(D(-200), xsimd::min(D(200), x)), n = wide::nearest(inside);
  return Exp<D>(n, (inside - n) * D(kLn2)).value();
}

template <class D>
[[gnu::always_inline]] inline D expm1(D x) {
  return xsimd::select(x == D(0), x, exponential(x).less_one());
}

template <class D>
[[gnu::always_inline]] inline D sinh(D x) {
  const D u = exponential(xsimd::abs(x)).less_one();
  return xsimd::copysign(D(0.5) * (u + u / (u + D(1))), x);
}

template <class D>
[[gnu::always_inline]] inline D cosh(D x) {
  const D e = exponential(xsimd::abs(x)).value();
  return D(0.5) * (e + D(1) / e);
}

/// exponent * per_exponent + ln(mantissa) * per_ln: the logarithm to any base of x = mantissa 2^exponent, mantissa in
/// [sqrt(1/2), sqrt(2)). x is 0, normal or infinite; NaN below 0.
template <class D>
[[gnu::always_inline]] inline D logarithm(D x, double per_exponent, double per_ln) {
  using U = xsimd::as_unsigned_integer_t<D>;
  constexpr std::uint64_t kOne = 0x3ff0000000000000, kSqrtHalf = 0x3fe6a09e667f3bcd;
  const U bits = xsimd::bitwise_cast<U>(x), biased = (bits + U(kOne - kSqrtHalf)) >> 52;
  const D mantissa = xsimd::bitwise_cast<D>(bits - (biased << 52) + U(kOne));
  const D exponent = xsimd::bitwise_cast<D>(biased | U(0x4330000000000000)) - D(0x1p52 + 1023);
  const D s = (mantissa - D(1)) / (mantissa + D(1)), square = s * s;  // ln m = 2 atanh(s); 4.4e-12
  const D ln =
      s * polynomial(square, 2.000000000008, 0.6666666523988, 0.400003859866, 0.2853497844868, 0.2361761127115);
  D y = kernels::fma(exponent, D(per_exponent), ln * D(per_ln));
  y = xsimd::select(x == D(__builtin_inf()), x, y);
  y = xsimd::select(x == D(0), D(-__builtin_inf()), y);
  return xsimd::select(x >= D(0), y, D(__builtin_nan("")));
}

template <class D>
[[gnu::always_inline]] inline D log2(D x) {
  return logarithm(x, 1, 1 / kLn2);
}
template <class D>
[[gnu::always_inline]] inline D log10(D x) {
  return logarithm(x, 0.30102999566398119521, 0.43429448190325182765);
}

// Near 0 the argument of the logarithm would round to 1: two terms of the series are good to 2e-13 below 2^-10.
template <class D>
[[gnu::always_inline]] inline D asinh(D x) {
  const D a = xsimd::abs(x), y = logarithm(a + xsimd::sqrt(kernels::fma(a, a, D(1))), kLn2, 1);
  return xsimd::copysign(xsimd::select(a < D(0x1p-10), a - a * a * a * D(1.0 / 6), y), x);
}
template <class D>
[[gnu::always_inline]] inline D atanh(D x) {
  const D y = D(0.5) * logarithm((D(1) + x) / (D(1) - x), kLn2, 1);
  return xsimd::select(xsimd::abs(x) < D(0x1p-10), x + x * x * x * D(1.0 / 3), y);
}
template <class D>
[[gnu::always_inline]] inline D acosh(D x) {
  const D y = logarithm(x + xsimd::sqrt((x - D(1)) * (x + D(1))), kLn2, 1);
  return xsimd::select(x >= D(1), y, D(__builtin_nan("")));
}

/// The angle of the point (x, y), in (-pi, pi]; the signs of zeros count.
template <class D>
[[gnu::always_inline]] inline D atan2(D y, D x) {
  // 1e200 stands for infinity: its quotients with f32 numbers vanish, and with itself gives 1.
  const D a = xsimd::min(D(1e200), xsimd::abs(x)), b = xsimd::min(D(1e200), xsimd::abs(y));
  const D low = xsimd::min(a, b), high = xsimd::max(a, b);
  // atan(q) = pi / 4 + atan((q - 1) / (q + 1)) beyond tan(pi / 8).
  const auto upper = low > high * D(0.41421356237309504880);
  const D bottom = xsimd::select(upper, low + high, high);
  const D q = xsimd::select(upper, low - high, low) / xsimd::select(bottom == D(0), D(1), bottom), square = q * q;
  const D r = q * polynomial(square, 0.9999999999793, -0.3333333213436, 0.1999988632964, -0.1428164976708,
                             0.1104117009777, -0.08459699108807, 0.04714123280057);  // 2.1e-11
  D angle = xsimd::select(upper, r + D(kPi / 4), r);
  angle = xsimd::select(b > a, D(kPi / 2) - angle, angle);
  angle = xsimd::select(xsimd::copysign(D(1), x) < D(0), D(kPi) - angle, angle);
  return xsimd::select(is_nan(x) | is_nan(y), x + y, xsimd::copysign(angle, y));
}
template <class D>
[[gnu::always_inline]] inline D atan(D x) {
  return wide::atan2(x, D(1));
}
template <class D>
[[gnu::always_inline]] inline D asin(D x) {
  return wide::atan2(x, xsimd::sqrt((D(1) - x) * (D(1) + x)));
}
template <class D>
[[gnu::always_inline]] inline D acos(D x) {
  return wide::atan2(xsimd::sqrt((D(1) - x) * (D(1) + x)), x);
}

/// Good for |x| <= 2^20: pi / 2 in three pieces, of which n times the first two are exact.
template <class D>
[[gnu::always_inline]] inline D tan(D x) {
  using I = xsimd::as_integer_t<D>;
  const D shifted = kernels::fma(x, D(2 / kPi), D(kMagic)), n = shifted - D(kMagic);
  D r = kernels::fnma(n, D(0x1.921fb544p+0), x);
  r = kernels::fnma(n, D(0x1.0b4611a6p-34), r);
  r = kernels::fnma(n, D(0x1.3198a2e037073p-69), r);
  const D square = r * r;
  const D sin = r * polynomial(square, 0.9999999999954, -0.1666666663043, 0.008333328688762, -0.0001983917793794,
                               2.71714895971e-6);  // 4.6e-12
  const D cos = polynomial(square, 0.9999999999439, -0.4999999957137, 0.04166661321656, -0.001388652865603,
                           2.437263503991e-5);  // 5.6e-11
  const auto odd = xsimd::bool_cast((xsimd::bitwise_cast<I>(shifted) & I(1)) == I(1));
  return xsimd::select(odd, -cos, sin) / xsimd::select(odd, sin, cos);
}

template <class D>
[[gnu::always_inline]] inline D erfc(D x) {
  const D a = xsimd::min(D(11), xsimd::abs(x));  // f32 knows nothing but 0 beyond
  // erfc(a) exp(a^2) (a + 2.5) is smooth in t = (a - 2.5) / (a + 2.5); 1.2e-10 up to a = 10.3.
  const D inverse = D(1) / (a + D(2.5)), t = (a - D(2.5)) * inverse;
  const D tail = exponential(-a * a).value() * inverse *
                 polynomial(t, 1.054031820294, -0.8046518474571, 0.4539141171094, -0.1712512326208, 0.02836152763512,
                            0.008394130627965, -0.004818204659747, -0.0004447781148748, 0.0006978510354435,
                            7.046285390324e-5, -9.690610024928e-5, -2.652968784954e-5);
  return xsimd::select(x < D(0), D(2) - tail, tail);
}

}  // namespace wide

/// NAME(x) for any vector: f32 by wide::NAME, f64 by the C library, lane by lane.
#define NEURO_WIDE_FUNCTION(NAME)                                       \
  template <class V>                                                    \
  [[gnu::always_inline]] inline V NAME(V x) {                           \
    if constexpr (kIsDouble<V>) {                                       \
      return by_lanes(x, [](double v) { return __builtin_##NAME(v); }); \
    } else {                                                            \
      return widened([](auto v) { return wide::NAME(v); }, x);          \
    }                                                                   \
  }
NEURO_WIDE_FUNCTION(exp2)
NEURO_WIDE_FUNCTION(expm1)
NEURO_WIDE_FUNCTION(log2)
NEURO_WIDE_FUNCTION(log10)
NEURO_WIDE_FUNCTION(sinh)
NEURO_WIDE_FUNCTION(cosh)
NEURO_WIDE_FUNCTION(asinh)
NEURO_WIDE_FUNCTION(acosh)
NEURO_WIDE_FUNCTION(atanh)
NEURO_WIDE_FUNCTION(asin)
NEURO_WIDE_FUNCTION(acos)
NEURO_WIDE_FUNCTION(atan)
NEURO_WIDE_FUNCTION(erfc)
#undef NEURO_WIDE_FUNCTION

template <class V>
[[gnu::always_inline]] inline V tan(V x) {
  const auto exact = [](auto v) { return static_cast<decltype(v)>(__builtin_tan(static_cast<double>(v))); };
  if constexpr (kIsDouble<V>) {
    return by_lanes(x, exact);
  } else {
    const V y = xsimd::select(x == V(0), x, widened([](auto v) { return wide::tan(v); }, x));  // -0 too
    const auto small = xsimd::abs(x) <= num<V>(0x1p20);
    return xsimd::all(small) ? y : xsimd::select(small, y, by_lanes(x, exact));
  }
}

/// The angle of the point (x, y).
template <class V>
[[gnu::always_inline]] inline V atan2(V y, V x) {
  if constexpr (kIsDouble<V>) {
    return by_lanes(y, x, [](double b, double a) { return __builtin_atan2(b, a); });
  } else {
    return widened([](auto b, auto a) { return wide::atan2(b, a); }, y, x);
  }
}

}  // namespace neuro::kernels::math
