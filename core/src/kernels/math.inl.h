#pragma once
// Mathematical functions of a vector. The bounds stand in <neuro/kernels/elementwise.h>.
//
// f32: argument reduction and a polynomial, the same for every lane, so that a value does not depend on its neighbours.
// The coefficients are our own least-maximum fits (Remez exchange in 40 digits); beside each stands the largest error
// of the fit relative to the whole function, to be compared with half a unit in the last place, 2^-24 = 6.0e-8.
// f64: the C library's scalar functions, lane by lane; f64 serves as reference.
//
// Calls are qualified: xsimd has functions of the same names, and argument-dependent lookup would prefer them.
#include "kernels/vector.inl.h"

namespace neuro::kernels::math {

template <class V>
inline constexpr bool kIsDouble = std::is_same_v<typename V::value_type, double>;

template <class V>
[[gnu::always_inline]] inline V num(double value) {
  return V(static_cast<typename V::value_type>(value));
}

/// xsimd's != is false for NaN on AVX (an "ordered" comparison), so it is not used.
template <class V>
[[gnu::always_inline]] inline auto is_nan(V x) {
  return !(x == x);
}

/// c0 + c1 x + c2 x^2 + ..., from the highest power down.
template <class V>
[[gnu::always_inline]] inline V polynomial(V, double c0) {
  return num<V>(c0);
}
template <class V, class... Rest>
[[gnu::always_inline]] inline V polynomial(V x, double c0, Rest... rest) {
  return kernels::fma(x, polynomial(x, rest...), num<V>(c0));
}

/// f(lane of x) for every lane: f calls a function of the C library, which is compiled elsewhere.
template <class V, class F>
[[gnu::always_inline]] inline V by_lanes(V x, F f) {
  alignas(64) typename V::value_type lanes[kLanes<V>];
  x.store_aligned(lanes);
  for (int i = 0; i < kLanes<V>; ++i) lanes[i] = f(lanes[i]);
  return V::load_aligned(lanes);
}
template <class V, class F>
[[gnu::always_inline]] inline V by_lanes(V x, V y, F f) {
  alignas(64) typename V::value_type a[kLanes<V>], b[kLanes<V>];
  x.store_aligned(a);
  y.store_aligned(b);
  for (int i = 0; i < kLanes<V>; ++i) a[i] = f(a[i], b[i]);
  return V::load_aligned(a);
}

/// The nearest integer of |x| < 2^22: adding 1.5 * 2^23 leaves no bits for a fraction.
template <class V>
[[gnu::always_inline]] inline V round_small(V x) {
  const V magic = num<V>(12582912.0);
  return (x + magic) - magic;
}

/// 2^n for integers n in [-126, 127].
template <class V>
[[gnu::always_inline]] inline V power_of_two(V n) {
  return xsimd::bitwise_cast<V>((xsimd::to_int(n) + xsimd::as_integer_t<V>(127)) << 23);
}

/// p 2^n for n in [-252, 254], rounded once: into subnormal numbers and infinity too.
template <class V>
[[gnu::always_inline]] inline V scale(V p, V n) {
#if defined(__AVX512F__)
  if constexpr (std::is_same_v<typename V::arch_type, xsimd::avx512bw>) return V(_mm512_scalef_ps(p, n));
#endif
  const V half = round_small(n * num<V>(0.5));
  return p * power_of_two(half) * power_of_two(n - half);
}

/// n = round(x / ln 2) and the remainder r = x - n ln 2 in [-0.35, 0.35].
template <class V>
struct ExpArgument {
  V n, r;
  explicit ExpArgument(V x) : n(round_small(x * num<V>(1.44269504088896341))) {
    r = kernels::fnma(n, num<V>(0x1.62e4p-1), x);  // 15 bits of ln 2: n times them is exact
    r = kernels::fnma(n, num<V>(1.42860682030941723e-6), r);
  }
};

/// exp(r) - 1 for |r| <= 0.35; 3.1e-9.
template <class V>
[[gnu::always_inline]] inline V expm1_reduced(V r) {
  return kernels::fma(
      r * r, polynomial(r, 0.499999933731, 0.166665195242, 0.0416684010788, 0.00836885105886, 0.00138143209415), r);
}

/// exp(high + low), where high is exact and |low| <= 0.11.
template <class V>
[[gnu::always_inline]] inline V exp_sum(V high, V low) {
  const ExpArgument<V> a(high + low);
  V r = kernels::fnma(a.n, num<V>(0x1.62e4p-1), high);
  r = kernels::fnma(a.n, num<V>(1.42860682030941723e-6), r) + low;
  return scale(V(1) + expm1_reduced(r), a.n);
}

template <class V>
[[gnu::always_inline]] inline V exp(V x) {
  if constexpr (kIsDouble<V>) {
    return by_lanes(x, [](double v) { return __builtin_exp(v); });
  } else {
    // exp is 0 and infinity beyond; min and max return their second operand when it is NaN.
    const ExpArgument<V> a(xsimd::max(num<V>(-104), xsimd::min(num<V>(89), x)));
    return scale(V(1) + expm1_reduced(a.r), a.n);
  }
}

/// exp(x) - 1 for x <= 0 (any value without meaning for x > 0).
template <class V>
[[gnu::always_inline]] inline V expm1_of_negative(V x) {
  if constexpr (kIsDouble<V>) {
    return by_lanes(x, [](double v) { return __builtin_expm1(v); });
  } else {
    const ExpArgument<V> a(xsimd::max(num<V>(-87), xsimd::min(num<V>(87), x)));
    const V two_n = power_of_two(a.n);
    return kernels::fma(two_n, expm1_reduced(a.r), two_n - V(1));
  }
}

template <class V>
[[gnu::always_inline]] inline V log(V x) {
  if constexpr (kIsDouble<V>) {
    return by_lanes(x, [](double v) { return __builtin_log(v); });
  } else {
    using I = xsimd::as_integer_t<V>;
    const auto subnormal = x < num<V>(0x1p-126);
    const I bits = xsimd::bitwise_cast<I>(xsimd::select(subnormal, x * num<V>(0x1p23), x));
    const I exponent = (bits - I(0x3f3504f3)) >> 23;                     // x = 2^exponent m, m in [sqrt(1/2), sqrt(2))
    const V f = xsimd::bitwise_cast<V>(bits - (exponent << 23)) - V(1);  // exact
    const V e = xsimd::to_float(exponent) - xsimd::select(subnormal, num<V>(23), V(0));
    const V square = f * f;  // log(1 + f) = f - f^2 / 2 + f^3 q(f); 5.8e-9
    const V q = polynomial(f, 0.333333316948, -0.250008209874, 0.200012277686, -0.166233591465, 0.142017413625,
                           -0.1316015303, 0.127616703381, -0.0763467370074);
    const V rest = kernels::fma(e, num<V>(1.42860682030941723e-6), kernels::fma(square * f, q, square * num<V>(-0.5)));
    V y = kernels::fma(e, num<V>(0x1.62e4p-1), f + rest);
    y = xsimd::select(x == num<V>(__builtin_inf()), x, y);
    y = xsimd::select(x == V(0), num<V>(-__builtin_inf()), y);
    return xsimd::select(x >= V(0), y, num<V>(__builtin_nan("")));
  }
}

template <class V>
[[gnu::always_inline]] inline V log1p(V x) {
  if constexpr (kIsDouble<V>) {
    return by_lanes(x, [](double v) { return __builtin_log1p(v); });
  } else {
    const V u = V(1) + x;  // x - (u - 1) is what the rounding of u lost
    const auto exact = (x > V(-1)) & (x < num<V>(0x1p24));
    const V y = math::log(u) + xsimd::select(exact, (x - (u - V(1))) / u, V(0));
    return xsimd::select(x == V(0), x, y);
  }
}

template <class V>
[[gnu::always_inline]] inline V tanh(V x) {
  if constexpr (kIsDouble<V>) {
    return by_lanes(x, [](double v) { return __builtin_tanh(v); });
  } else {
    const V e = expm1_of_negative(num<V>(-2) * xsimd::abs(x));
    return xsimd::copysign(-e / (e + num<V>(2)), x);
  }
}

/// 1 / (1 + exp(-x)). Only exp(-|x|) is taken, which cannot overflow.
template <class V>
[[gnu::always_inline]] inline V sigmoid(V x) {
  const V e = math::exp(-xsimd::abs(x));
  return xsimd::select(x < V(0), e, V(1)) / (V(1) + e);
}

/// t = tanh(softplus(x)) = ((1 + exp x)^2 - 1) / ((1 + exp x)^2 + 1); both are divided by exp(2 x) where x > 0.
template <class V>
struct TanhSoftplus {
  V top, bottom;  ///< t = top / bottom
  V difference;   ///< bottom - top, without cancellation

  explicit TanhSoftplus(V x) {
    const V e = math::exp(-xsimd::abs(x)), two = num<V>(2);
    const auto negative = x < V(0);
    top = xsimd::select(negative, e * (e + two), V(1) + two * e);
    difference = xsimd::select(negative, two, two * e * e);
    bottom = top + difference;
  }
};

/// The normal distribution at x.
template <class V>
struct Normal {
  V distribution;  ///< Phi(x), accurate relative to itself in both tails
  V bell;          ///< exp(-x^2 / 2)

  explicit Normal(V x) {
    if constexpr (kIsDouble<V>) {
      distribution = by_lanes(x, [](double v) { return 0.5 * __builtin_erfc(v * -0.70710678118654752440); });
      bell = by_lanes(x, [](double v) { return __builtin_exp(-0.5 * v * v); });
    } else {
      const V a = xsimd::min(num<V>(15), xsimd::abs(x));  // exp(-15^2 / 2) is 0
      // The rounding of a^2 would be multiplied by exp: a = h + (a - h) with 12 bits in h, so that h^2 is exact.
      using I = xsimd::as_integer_t<V>;
      const V h = xsimd::bitwise_cast<V>(xsimd::bitwise_cast<I>(a) & I(-4096));
      bell = exp_sum(num<V>(-0.5) * (h * h), num<V>(-0.5) * ((a - h) * (a + h)));
      // Phi(-a) exp(a^2 / 2) (a + 3.5) is smooth in t = (a - 3.5) / (a + 3.5) in [-1, 0.62]; 7.4e-9.
      const V inverse = V(1) / (a + num<V>(3.5));
      const V t = (a - num<V>(3.5)) * inverse;
      const V tail =
          bell * inverse *
          polynomial(t, 0.74441607404, -0.56556174391, 0.315425057, -0.11605306831, 0.017406268725, 0.0064932443614,
                     -0.0031748135583, -0.00049497564131, 0.00042116884927, 0.00011028568374);
      distribution = xsimd::select(x < V(0), tail, V(1) - tail);
    }
  }
};

template <class V>
[[gnu::always_inline]] inline V erf(V x) {
  if constexpr (kIsDouble<V>) {
    return by_lanes(x, [](double v) { return __builtin_erf(v); });
  } else {
    const V a = xsimd::abs(x);
    const V near = x * polynomial(x * x, 1.1283791657, -0.37612625825, 0.11283585155, -0.026853812191, 0.0051883281864,
                                  -0.00080101982624, 7.8538775316e-5);  // |x| <= 1; 1.2e-9
    const V far = kernels::fma(num<V>(2), Normal<V>(a * num<V>(1.41421356237309504880)).distribution, V(-1));
    return xsimd::select(a < V(1), near, xsimd::copysign(far, x));
  }
}

/// sin(x + quarter pi / 2), quarter 0 or 1.
template <int quarter, class V>
[[gnu::always_inline]] inline V sine(V x) {
  const auto exact = [](auto v) { return quarter == 0 ? __builtin_sin(v) : __builtin_cos(v); };
  if constexpr (kIsDouble<V>) {
    return by_lanes(x, exact);
  } else {
    using I = xsimd::as_integer_t<V>;
    constexpr double kLimit = 8192;  // n has at most 13 bits then, and n times 11 bits of pi / 2 is exact
    const V n = round_small(x * num<V>(0.63661977236758134308));
    V r = kernels::fnma(n, num<V>(0x1.92p+0), x);
    r = kernels::fnma(n, num<V>(0x1.fb4p-12), r);
    r = kernels::fnma(n, num<V>(7.54978994876864835e-8), r);
    const V square = r * r;
    const V sin_r =
        kernels::fma(square * r, polynomial(square, -0.166666548735, 0.00833217354333, -0.000195166558085), r);
    const V cos_r =
        kernels::fma(square * square, polynomial(square, 0.0416666467481, -0.00138873614611, 2.44377309709e-5),
                     kernels::fma(square, num<V>(-0.5), V(1)));
    const I q = xsimd::to_int(n) + I(quarter);
    const V magnitude = xsimd::select(xsimd::bool_cast((q & I(1)) == I(1)), cos_r, sin_r);
    const V y = xsimd::bitwise_cast<V>(xsimd::bitwise_cast<I>(magnitude) ^ ((q & I(2)) << 30));
    const auto small = xsimd::abs(x) <= num<V>(kLimit);
    return xsimd::all(small) ? y : xsimd::select(small, y, by_lanes(x, [&](float v) {
                                                   return static_cast<float>(exact(static_cast<double>(v)));
                                                 }));
  }
}

template <class V>
[[gnu::always_inline]] inline V sin(V x) {
  return xsimd::select(x == V(0), x, sine<0>(x));
}

template <class V>
[[gnu::always_inline]] inline V cos(V x) {
  return sine<1>(x);
}

/// x^y by the C library, lane by lane: rounding log(x) to f32 first would cost y log(x) units in the last place.
template <class V>
[[gnu::always_inline]] inline V pow(V x, V y) {
  if constexpr (kIsDouble<V>) {
    return by_lanes(x, y, [](double a, double b) { return __builtin_pow(a, b); });
  } else {
    return by_lanes(x, y, [](float a, float b) { return __builtin_powf(a, b); });
  }
}

/// x - n y, n = x / y rounded toward zero: exact, by the C library.
template <class V>
[[gnu::always_inline]] inline V fmod(V x, V y) {
  if constexpr (kIsDouble<V>) {
    return by_lanes(x, y, [](double a, double b) { return __builtin_fmod(a, b); });
  } else {
    return by_lanes(x, y, [](float a, float b) { return __builtin_fmodf(a, b); });
  }
}

}  // namespace neuro::kernels::math
