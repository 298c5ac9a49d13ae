#include "neuro/kernels/elementwise.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "neuro/kernels/table.h"

namespace neuro::kernels {
namespace {

using Reference = double (*)(const double* x, const double* attrs);

/// The definition of a kernel in scalar f64, and how far f32 may be from it: the bounds of elementwise.h.
struct Case {
  const char* name;
  double ulp;     ///< bound of the relative error, in units of the last place of the exact value
  double lo, hi;  ///< range of the sample
  std::array<double, 2> attrs;
  Reference exact;
  Reference scale = nullptr;  ///< the value whose units count, where it is not the result: a sum that may cancel
};

double sigmoid(double x) { return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)); }
double softplus(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }
double normal_cdf(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }
double normal_pdf(double x) { return std::exp(-x * x / 2) / std::sqrt(2 * M_PI); }
double gelu_u(double x) { return std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x); }

// The slopes are sums of two terms; with `magnitudes`, of their magnitudes.
double gelu_tanh_slope(double x, bool magnitudes = false) {
  const double s = sigmoid(2 * gelu_u(x)),
               rest = x * s * sigmoid(-2 * gelu_u(x)) * 2 * std::sqrt(2 / M_PI) * (1 + 3 * 0.044715 * x * x);
  return s + (magnitudes ? std::abs(rest) : rest);
}
double mish_slope(double x, bool magnitudes = false) {
  const double t = std::tanh(softplus(x)), rest = x * sigmoid(x) * (1 - t * t);
  return t + (magnitudes ? std::abs(rest) : rest);
}

const Case kCases[] = {
    {"neg", 0, -9, 9, {}, [](const double* x, const double*) { return -x[0]; }},
    {"abs", 0, -9, 9, {}, [](const double* x, const double*) { return std::abs(x[0]); }},
    {"sign", 0, -9, 9, {}, [](const double* x, const double*) { return static_cast<double>((x[0] > 0) - (x[0] < 0)); }},
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
    {"silu", 4, -80, 88, {}, [](const double* x, const double*) { return x[0] * sigmoid(x[0]); }},
    {"gelu", 6, -12, 12, {}, [](const double* x, const double*) { return x[0] * normal_cdf(x[0]); }},
    {"gelu_tanh",
     5,
     -5,
     12,
     {},
     [](const double* x, const double*) { return x[0] * sigmoid(2 * gelu_u(x[0])); },
     [](const double* x, const double*) { return x[0] * sigmoid(2 * gelu_u(x[0])) * (1 + std::abs(gelu_u(x[0]))); }},
    {"mish", 5, -20, 20, {}, [](const double* x, const double*) { return x[0] * std::tanh(softplus(x[0])); }},
    {"pow", 1, 0.01, 9, {}, [](const double* x, const double*) { return std::pow(x[0], x[1]); }},
    {"powi", 2, -9, 9, {3}, [](const double* x, const double* a) { return std::pow(x[0], a[0]); }},
    {"leaky_relu", 1, -9, 9, {0.01f}, [](const double* x, const double* a) { return x[0] > 0 ? x[0] : a[0] * x[0]; }},
    {"elu",
     2,
     -9,
     9,
     {1.5},
     [](const double* x, const double* a) { return x[0] > 0 ? x[0] : a[0] * std::expm1(x[0]); }},
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
     {1.5},
     [](const double* x, const double* a) { return x[1] > 0 ? x[0] : x[0] * a[0] * std::exp(x[1]); }},
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
};

const Case* find_case(const char* name) {
  for (const Case& c : kCases) {
    if (std::string_view(name) == c.name) return &c;
  }
  return nullptr;
}

struct Sample {
  std::vector<std::vector<float>> in;
  std::vector<const void*> pointers;
  Sample(const Elementwise& e, const Case& c, std::int64_t n) : in(static_cast<std::size_t>(e.arity)) {
    for (std::size_t k = 0; k < in.size(); ++k) {
      for (std::int64_t i = 0; i < n; ++i) {
        const auto step = static_cast<double>((i * (k == 0 ? 1 : 7919)) % n);
        in[k].push_back(static_cast<float>(c.lo + (c.hi - c.lo) * step / static_cast<double>(n - 1)));
      }
      pointers.push_back(in[k].data());
    }
  }
};

TEST(ElementwiseAccuracy, EveryKernelWithNumbersHasABound) {
  for (const Elementwise& e : table().elementwise) {
    if (e.mask_output || e.mask_input >= 0) continue;
    EXPECT_NE(find_case(e.name), nullptr) << e.name;
  }
}

TEST(ElementwiseAccuracy, F32StaysWithinItsDocumentedBound) {
  for (const Table* t : supported_tables()) {
    for (const Elementwise& e : t->elementwise) {
      const Case* c = find_case(e.name);
      if (c == nullptr) continue;
      const std::int64_t n = 20011;
      const Sample sample(e, *c, n);
      std::vector<float> out(n);
      e.f32(sample.pointers.data(), out.data(), n, c->attrs.data());
      double worst = 0, at = 0;
      for (std::size_t i = 0; i < n; ++i) {
        double x[3] = {};
        for (std::size_t k = 0; k < sample.in.size(); ++k) x[k] = sample.in[k][i];
        const double exact = c->exact(x, c->attrs.data());
        const double scale = c->scale == nullptr ? exact : c->scale(x, c->attrs.data());
        const double ulp = std::ldexp(1.0, std::max(std::ilogb(static_cast<float>(scale)), -126) - 23);
        const double error = out[i] == exact ? 0 : std::abs(out[i] - exact) / ulp;
        if (!(error <= worst)) {
          worst = error;
          at = x[0];
        }
      }
      EXPECT_LE(worst, c->ulp) << t->name << " " << e.name << "(" << at << ")";
    }
  }
}

TEST(ElementwiseAccuracy, F64AgreesWithTheDefinition) {
  for (const Elementwise& e : table().elementwise) {
    const Case* c = find_case(e.name);
    if (c == nullptr) continue;
    const std::int64_t n = 1001;
    std::vector<std::vector<double>> in(static_cast<std::size_t>(e.arity));
    std::vector<const void*> pointers;
    const Sample sample(e, *c, n);
    for (std::size_t k = 0; k < in.size(); ++k) {
      in[k].assign(sample.in[k].begin(), sample.in[k].end());
      pointers.push_back(in[k].data());
    }
    std::vector<double> out(n);
    e.f64(pointers.data(), out.data(), n, c->attrs.data());
    for (std::size_t i = 0; i < n; ++i) {
      double x[3] = {};
      for (std::size_t k = 0; k < in.size(); ++k) x[k] = in[k][i];
      // The reference is rounded too; 1e-13 is 450 units of f64, and far below what f32 could hide.
      const double exact = c->exact(x, c->attrs.data());
      const double scale = std::abs(c->scale == nullptr ? exact : c->scale(x, c->attrs.data()));
      if (out[i] == exact) continue;
      EXPECT_LE(std::abs(out[i] - exact), 1e-13 * scale) << e.name << "(" << x[0] << ", " << x[1] << ")";
    }
  }
}

}  // namespace
}  // namespace neuro::kernels
