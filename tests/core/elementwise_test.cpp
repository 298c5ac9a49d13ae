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

/// The definition of a kernel in scalar f64, and how far f32 may be from it.
struct Case {
  const char* name;
  double ulp;     ///< bound of the relative error, in units of the last place of the exact value
  double lo, hi;  ///< range of the sample
  std::array<double, 2> attrs;
  Reference exact;
};

double sigmoid(double x) { return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)); }
double softplus(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }
const Case kCases[] = {
    {"neg", 0, -9, 9, {}, [](const double* x, const double*) { return -x[0]; }},
    {"abs", 0, -9, 9, {}, [](const double* x, const double*) { return std::abs(x[0]); }},
    {"sign", 0, -9, 9, {}, [](const double* x, const double*) { return x[0] > 0   ? 1.
                                                                       : x[0] < 0 ? -1.
                                                                                  : 0.; }},
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
    {"log", 4, 1e-06, 1000, {}, [](const double* x, const double*) { return std::log(x[0]); }},
    {"log1p", 4, -0.99, 50, {}, [](const double* x, const double*) { return std::log1p(x[0]); }},
    {"sin", 4, -100, 100, {}, [](const double* x, const double*) { return std::sin(x[0]); }},
    {"cos", 4, -100, 100, {}, [](const double* x, const double*) { return std::cos(x[0]); }},
    {"tanh", 4, -10, 10, {}, [](const double* x, const double*) { return std::tanh(x[0]); }},
    {"erf", 4, -5, 5, {}, [](const double* x, const double*) { return std::erf(x[0]); }},
    {"sigmoid", 4, -87, 87, {}, [](const double* x, const double*) { return sigmoid(x[0]); }},
    {"softplus", 8, -80, 80, {}, [](const double* x, const double*) { return softplus(x[0]); }},
    {"silu", 8, -80, 88, {}, [](const double* x, const double*) { return x[0] * sigmoid(x[0]); }},
    {"mish", 8, -20, 20, {}, [](const double* x, const double*) { return x[0] * std::tanh(softplus(x[0])); }},
    {"powi", 4, -9, 9, {3}, [](const double* x, const double* a) { return std::pow(x[0], a[0]); }},
    {"leaky_relu", 1, -9, 9, {0.01f}, [](const double* x, const double* a) { return x[0] > 0 ? x[0] : a[0] * x[0]; }},
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
     4,
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
    {"sigmoid_grad", 2, -9, 0.9, {}, [](const double* x, const double*) { return x[0] * x[1] * (1 - x[1]); }},
};

const Case* find_case(const char* name) {
  for (const Case& c : kCases) {
    if (std::string_view(name) == c.name) return &c;
  }
  return nullptr;
}

TEST(Elementwise, EveryTableListsTheSameKernels) {
  const auto tables = supported_tables();
  for (const Table* t : tables) {
    ASSERT_EQ(t->elementwise.size(), tables[0]->elementwise.size()) << t->name;
    for (std::size_t i = 0; i < t->elementwise.size(); ++i) {
      EXPECT_STREQ(t->elementwise[i].name, tables[0]->elementwise[i].name);
      EXPECT_NE(t->elementwise[i].f32, nullptr);
      EXPECT_EQ(t->elementwise[i].f64, tables[0]->elementwise[i].f64) << "f64 is compiled once";
      EXPECT_EQ(t->find(t->elementwise[i].name), &t->elementwise[i]);
    }
    EXPECT_EQ(t->find("no such kernel"), nullptr);
  }
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

TEST(Elementwise, F32AgreesWithTheDefinition) {
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
        const double ulp = std::ldexp(1.0, std::max(std::ilogb(static_cast<float>(exact)), -126) - 23);
        const double error = out[i] == exact ? 0 : std::abs(out[i] - exact) / ulp;
        if (!(error <= worst)) {
          worst = error;
          at = x[0];
        }
      }
      EXPECT_LE(worst, c->ulp) << t->name << " " << e.name << "(" << at << ")";
      RecordProperty(std::string(t->name) + "_" + e.name, std::to_string(worst));
    }
  }
}

}  // namespace
}  // namespace neuro::kernels
