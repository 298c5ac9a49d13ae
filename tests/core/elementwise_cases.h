#pragma once
// The definition of every elementwise kernel in scalar f64, and how far f32 may be from it.
#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace neuro::kernels {

using Reference = double (*)(const double* x, const double* attrs);

/// The definition of a kernel in scalar f64, and how far f32 may be from it: the bounds of elementwise.h.
struct Case {
  const char* name;
  double ulp;     ///< bound of the relative error, in units of the last place of the exact value
  double lo, hi;  ///< range of the sample
  std::array<double, 4> attrs;
  Reference exact;
  Reference scale = nullptr;  ///< the value whose units count, where it is not the result: a sum that may cancel
};

inline double sigmoid(double x) { return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)); }
inline double softplus(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }
inline double normal_cdf(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }
inline double normal_pdf(double x) { return std::exp(-x * x / 2) / std::sqrt(2 * M_PI); }
/// x y, where y may be too small for its last place to be 2^-23 of it: then that place times x.
inline double times_subnormal(double x, double y) { return x * std::max(y, 0x1p-126); }
/// x - n y, n = x / y rounded down.
inline double floor_mod(double x, double y) {
  const double r = std::fmod(x, y);
  return r != 0 && (r < 0) != (y < 0) ? r + y : r;
}
inline double gelu_u(double x) { return std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x); }

// The slopes are sums of two terms; with `magnitudes`, of their magnitudes.
inline double gelu_tanh_slope(double x, bool magnitudes = false) {
  const double s = sigmoid(2 * gelu_u(x)),
               rest = x * s * sigmoid(-2 * gelu_u(x)) * 2 * std::sqrt(2 / M_PI) * (1 + 3 * 0.044715 * x * x);
  return s + (magnitudes ? std::abs(rest) : rest);
}
inline double mish_slope(double x, bool magnitudes = false) {
  const double t = std::tanh(softplus(x)), rest = x * sigmoid(x) * (1 - t * t);
  return t + (magnitudes ? std::abs(rest) : rest);
}

inline const Case kCases[] = {
    {"neg", 0, -9, 9, {}, [](const double* x, const double*) { return -x[0]; }},
    {"abs", 0, -9, 9, {}, [](const double* x, const double*) { return std::abs(x[0]); }},
    {"sign", 0, -9, 9, {}, [](const double* x, const double*) { return x[0] > 0   ? 1
                                                                       : x[0] < 0 ? -1
                                                                                  : x[0]; }},
    {"sqrt", 0.5, 0, 9, {}, [](const double* x, const double*) { return std::sqrt(x[0]); }},
    {"rsqrt", 1.5, 0.01, 9, {}, [](const double* x, const double*) { return 1 / std::sqrt(x[0]); }},
    {"square", 0.5, -9, 9, {}, [](const double* x, const double*) { return x[0] * x[0]; }},
    {"reciprocal", 0.5, -9, 9, {}, [](const double* x, const double*) { return 1 / x[0]; }},
    {"floor", 0, -9, 9, {}, [](const double* x, const double*) { return std::floor(x[0]); }},
    {"relu", 0, -9, 9, {}, [](const double* x, const double*) { return std::max(x[0], 0.); }},
    {"add", 0.5, -9, 9, {}, [](const double* x, const double*) { return x[0] + x[1]; }},
    {"sub", 0.5, -9, 9, {}, [](const double* x, const double*) { return x[0] - x[1]; }},
    {"mul", 0.5, -9, 9, {}, [](const double* x, const double*) { return x[0] * x[1]; }},
    {"div", 0.5, -9, 9, {}, [](const double* x, const double*) { return x[0] / x[1]; }},
    {"maximum", 0, -9, 9, {}, [](const double* x, const double*) { return std::max(x[0], x[1]); }},
    {"minimum", 0, -9, 9, {}, [](const double* x, const double*) { return std::min(x[0], x[1]); }},
    {"relu_grad", 0, -9, 9, {}, [](const double* x, const double*) { return x[1] > 0 ? x[0] : 0; }},
    {"exp", 1, -87, 88.5, {}, [](const double* x, const double*) { return std::exp(x[0]); }},
    {"log", 1, 1e-06, 1000, {}, [](const double* x, const double*) { return std::log(x[0]); }},
    {"log1p", 2, -0.99, 50, {}, [](const double* x, const double*) { return std::log1p(x[0]); }},
    {"sin",
     2,
     -8000,
     8000,
     {},
     [](const double* x, const double*) { return std::sin(x[0]); },
     [](const double* x, const double*) { return std::max(std::abs(std::sin(x[0])), 0x1p-10); }},
    {"cos",
     2,
     -8000,
     8000,
     {},
     [](const double* x, const double*) { return std::cos(x[0]); },
     [](const double* x, const double*) { return std::max(std::abs(std::cos(x[0])), 0x1p-10); }},
    {"tanh", 3, -10, 10, {}, [](const double* x, const double*) { return std::tanh(x[0]); }},
    {"erf", 3, -5, 5, {}, [](const double* x, const double*) { return std::erf(x[0]); }},
    {"sigmoid", 3, -87, 87, {}, [](const double* x, const double*) { return sigmoid(x[0]); }},
    {"softplus", 2, -80, 80, {}, [](const double* x, const double*) { return softplus(x[0]); }},
    {"silu",
     4,
     -80,
     88,
     {1},
     [](const double* x, const double* a) { return x[0] * sigmoid(a[0] * x[0]); },
     [](const double* x, const double* a) { return times_subnormal(x[0], sigmoid(a[0] * x[0])); }},
    {"gelu",
     7,
     -12,
     12,
     {},
     [](const double* x, const double*) { return x[0] * normal_cdf(x[0]); },
     [](const double* x, const double*) { return times_subnormal(x[0], normal_cdf(x[0])); }},
    {"gelu_tanh",
     5,
     -5,
     12,
     {},
     [](const double* x, const double*) { return x[0] * sigmoid(2 * gelu_u(x[0])); },
     [](const double* x, const double*) {
       return times_subnormal(x[0], sigmoid(2 * gelu_u(x[0]))) * (1 + std::abs(gelu_u(x[0])));
     }},
    {"mish",
     5,
     -20,
     20,
     {},
     [](const double* x, const double*) { return x[0] * std::tanh(softplus(x[0])); },
     [](const double* x, const double*) { return times_subnormal(x[0], std::tanh(softplus(x[0]))); }},
    {"bce",
     4,
     0.01,
     0.99,
     {},
     [](const double* x, const double*) { return -(x[1] * std::log(x[0]) + (1 - x[1]) * std::log1p(-x[0])); }},
    {"pow", 1, 0.01, 9, {}, [](const double* x, const double*) { return std::pow(x[0], x[1]); }},
    {"powi", 2, -9, 9, {3}, [](const double* x, const double* a) { return std::pow(x[0], a[0]); }},
    {"leaky_relu", 1, -9, 9, {0.01f}, [](const double* x, const double* a) { return x[0] > 0 ? x[0] : a[0] * x[0]; }},
    {"elu",
     2,
     -9,
     9,
     {1.5, 1, 1},
     [](const double* x, const double* a) { return a[2] * (x[0] > 0 ? x[0] : a[0] * std::expm1(a[1] * x[0])); }},
    {"clamp",
     0,
     -9,
     9,
     {-1, 2.5},
     [](const double* x, const double* a) { return std::min(std::max(x[0], a[0]), a[1]); }},
    {"affine", 1, 0.1, 9, {1.5, 0.25}, [](const double* x, const double* a) { return a[0] * x[0] + a[1]; }},
    {"leaky_relu_grad",
     1,
     -9,
     9,
     {0.01f},
     [](const double* x, const double* a) { return x[1] > 0 ? x[0] : a[0] * x[0]; }},
    {"elu_grad",
     3,
     -9,
     9,
     {1.5, 1, 1},
     [](const double* x, const double* a) {
       return a[2] * (x[1] > 0 ? x[0] : x[0] * a[0] * a[1] * std::exp(a[1] * x[1]));
     }},
    {"clamp_grad",
     0,
     -9,
     9,
     {-1, 2.5},
     [](const double* x, const double* a) { return x[1] >= a[0] && x[1] <= a[1] ? x[0] : 0.0; }},
    {"gelu_grad",
     6,
     -9,
     9,
     {},
     [](const double* x, const double*) { return x[0] * (normal_cdf(x[1]) + x[1] * normal_pdf(x[1])); },
     [](const double* x, const double*) { return x[0] * (normal_cdf(x[1]) + std::abs(x[1] * normal_pdf(x[1]))); }},
    {"gelu_tanh_grad",
     6,
     -9,
     9,
     {},
     [](const double* x, const double*) { return x[0] * gelu_tanh_slope(x[1]); },
     [](const double* x, const double*) { return x[0] * gelu_tanh_slope(x[1], true) * (1 + std::abs(gelu_u(x[1]))); }},
    {"mish_grad",
     5,
     -9,
     9,
     {},
     [](const double* x, const double*) { return x[0] * mish_slope(x[1]); },
     [](const double* x, const double*) { return x[0] * mish_slope(x[1], true); }},
    {"sigmoid_grad", 2, -9, 0.9, {}, [](const double* x, const double*) { return x[0] * x[1] * (1 - x[1]); }},
    {"tanh_grad", 2, -0.9, 0.9, {}, [](const double* x, const double*) { return x[0] * (1 - x[1] * x[1]); }},
    // Computed in f64: the rounding to f32, and what the fits add.
    {"exp2", 0.51, -149, 128, {}, [](const double* x, const double*) { return std::exp2(x[0]); }},
    {"expm1", 0.51, -87, 88.5, {}, [](const double* x, const double*) { return std::expm1(x[0]); }},
    {"log2", 0.51, 1e-6, 1000, {}, [](const double* x, const double*) { return std::log2(x[0]); }},
    {"log10", 0.51, 1e-6, 1000, {}, [](const double* x, const double*) { return std::log10(x[0]); }},
    {"sinh", 0.51, -89, 89, {}, [](const double* x, const double*) { return std::sinh(x[0]); }},
    {"cosh", 0.51, -89, 89, {}, [](const double* x, const double*) { return std::cosh(x[0]); }},
    {"tan", 0.51, -2e6, 2e6, {}, [](const double* x, const double*) { return std::tan(x[0]); }},
    {"asin", 0.51, -1, 1, {}, [](const double* x, const double*) { return std::asin(x[0]); }},
    {"acos", 0.51, -1, 1, {}, [](const double* x, const double*) { return std::acos(x[0]); }},
    {"atan", 0.51, -9, 9, {}, [](const double* x, const double*) { return std::atan(x[0]); }},
    {"asinh", 0.51, -99, 99, {}, [](const double* x, const double*) { return std::asinh(x[0]); }},
    {"acosh", 0.51, 1, 99, {}, [](const double* x, const double*) { return std::acosh(x[0]); }},
    {"atanh", 0.51, -1, 1, {}, [](const double* x, const double*) { return std::atanh(x[0]); }},
    {"erfc", 0.51, -6, 10.1, {}, [](const double* x, const double*) { return std::erfc(x[0]); }},
    {"atan2", 0.51, -9, 9, {}, [](const double* x, const double*) { return std::atan2(x[0], x[1]); }},

    {"ceil", 0, -9, 9, {}, [](const double* x, const double*) { return std::ceil(x[0]); }},
    {"trunc", 0, -9, 9, {}, [](const double* x, const double*) { return std::trunc(x[0]); }},
    {"round", 0, -9, 9, {}, [](const double* x, const double*) { return std::nearbyint(x[0]); }},
    {"fmod", 0, 0.1, 9, {}, [](const double* x, const double*) { return std::fmod(x[0], x[1]); }},
    {"remainder", 0.5, 0.1, 9, {}, [](const double* x, const double*) { return floor_mod(x[0], x[1]); }},
    {"heaviside",
     0,
     -9,
     9,
     {},
     [](const double* x, const double*) { return x[0] == 0 ? x[1] : static_cast<double>(x[0] > 0); }},
    {"nan_to_num",
     0,
     -9,
     9,
     {0.5, 8, -16},
     [](const double* x, const double* a) {
       return std::isnan(x[0]) ? a[0] : std::isinf(x[0]) ? a[x[0] > 0 ? 1 : 2] : x[0];
     }},
    {"softsign", 1.5, -9, 9, {}, [](const double* x, const double*) { return x[0] / (1 + std::abs(x[0])); }},
    {"tanhshrink",
     4,
     -9,
     9,
     {},
     [](const double* x, const double*) { return x[0] - std::tanh(x[0]); },
     [](const double* x, const double*) { return x[0]; }},
    {"hardswish",
     2,
     -9,
     9,
     {},
     [](const double* x, const double*) { return x[0] <= -3  ? 0
                                                 : x[0] >= 3 ? x[0]
                                                             : x[0] * (x[0] + 3) / 6; }},
    {"hardswish_grad",
     3,
     -9,
     9,
     {},
     [](const double* x, const double*) { return x[1] <= -3  ? 0
                                                 : x[1] >= 3 ? x[0]
                                                             : x[0] * (x[1] / 3 + 0.5); },
     [](const double* x, const double*) { return x[0]; }},
    {"hardtanh_grad",
     0,
     -9,
     9,
     {-1, 2.5},
     [](const double* x, const double* a) { return x[1] > a[0] && x[1] < a[1] ? x[0] : 0.0; }},
};

inline const Case* find_case(const char* name) {
  for (const Case& c : kCases) {
    if (std::string_view(name) == c.name) return &c;
  }
  return nullptr;
}

/// How far the f32 `got` is from `exact`, in units of the last place of `scale` (the same, or what counts instead). A
/// value that f32 rounds to infinity is infinity; NaN is right where the definition gives NaN.
inline double ulp_error(float got, double exact, double scale) {
  if (std::isnan(exact) || std::isnan(got)) return std::isnan(exact) == std::isnan(got) ? 0 : HUGE_VAL;
  if (std::isinf(scale)) scale = exact;
  const double limit = 0x1p128, e = std::clamp(exact, -limit, limit), g = std::clamp<double>(got, -limit, limit);
  const int exponent = scale == 0 ? -126 : std::clamp(std::ilogb(scale), -126, 127);
  return std::abs(g - e) / std::ldexp(1.0, exponent - 23);
}

}  // namespace neuro::kernels
