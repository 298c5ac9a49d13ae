#include "neuro/init.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "neuro/error.h"
#include "neuro/ops.h"

namespace neuro::nn::init {
namespace {

using testing::HasSubstr;

Var blank(const Shape& shape, DType dtype = DType::f32) { return neuro::zeros(shape, dtype); }

struct Moments {
  double mean = 0, deviation = 0, least = INFINITY, most = -INFINITY;
};
Moments moments(const Var& w) {
  const std::vector<double> v = w.data().to_vector();
  Moments m;
  for (const double x : v) {
    m.mean += x / static_cast<double>(v.size());
    m.least = std::min(m.least, x);
    m.most = std::max(m.most, x);
  }
  for (const double x : v) m.deviation += (x - m.mean) * (x - m.mean) / static_cast<double>(v.size());
  m.deviation = std::sqrt(m.deviation);
  return m;
}

// [out, in, 5, 4] with fan in 60 * 20 and fan out 40 * 20, 48000 numbers: the error of a mean is 0.005 deviations.
const Shape kShape{40, 60, 5, 4};
constexpr double kIn = 1200, kOut = 800;

TEST(Init, FansMultiplyTheSpatialSizes) {
  EXPECT_EQ(fan_in_fan_out(kShape), std::pair(kIn, kOut));
  EXPECT_EQ(fan_in_fan_out({3, 7}), std::pair(7.0, 3.0));
}

TEST(Init, GainsAreThoseOfTheSpec) {
  EXPECT_EQ(calculate_gain("linear"), 1);
  EXPECT_EQ(calculate_gain("sigmoid"), 1);
  EXPECT_EQ(calculate_gain("tanh"), 5. / 3);
  EXPECT_EQ(calculate_gain("relu"), std::sqrt(2.));
  EXPECT_EQ(calculate_gain("leaky_relu"), std::sqrt(2 / (1 + 0.01 * 0.01)));
}

TEST(Init, RandomOnesHaveTheirDeviationAndBounds) {
  const double xavier = 1.5 * std::sqrt(2 / (kIn + kOut)), he = std::sqrt(2 / kIn), lecun = std::sqrt(1 / kIn);
  struct Case {
    const char* name;
    std::function<Var(const Var&, Generator*)> init;
    double mean, deviation, bound;  // bound: of uniform ones, 0 otherwise
  };
  const Case cases[] = {
      {"uniform", [](const Var& w, Generator* g) { return uniform(w, 1, 4, g); }, 2.5, 3 / std::sqrt(12.), 1.5},
      {"normal", [](const Var& w, Generator* g) { return normal(w, -1, 3, g); }, -1, 3, 0},
      {"xavier_uniform", [](const Var& w, Generator* g) { return xavier_uniform(w, 1.5, g); }, 0, xavier,
       std::sqrt(3.) * xavier},
      {"xavier_normal", [](const Var& w, Generator* g) { return xavier_normal(w, 1.5, g); }, 0, xavier, 0},
      {"kaiming_uniform", [](const Var& w, Generator* g) { return kaiming_uniform(w, std::sqrt(2.), Fan::in, g); }, 0,
       he, std::sqrt(3.) * he},
      {"kaiming_normal", [](const Var& w, Generator* g) { return kaiming_normal(w, 1, Fan::out, g); }, 0,
       std::sqrt(1 / kOut), 0},
      {"lecun_uniform", [](const Var& w, Generator* g) { return lecun_uniform(w, g); }, 0, lecun,
       std::sqrt(3.) * lecun},
      {"lecun_normal", [](const Var& w, Generator* g) { return lecun_normal(w, g); }, 0, lecun, 0},
      // A standard normal within +-1: deviation sqrt(1 - 2 phi(1) / (2 Phi(1) - 1)).
      {"trunc_normal", [](const Var& w, Generator* g) { return trunc_normal(w, 2, 1, 1, 3, g); }, 2, 0.5395599, 1},
  };
  for (const Case& c : cases) {
    Generator generator(11), again(11);
    const Var w = blank(kShape, DType::f64), v = blank(kShape, DType::f64);
    EXPECT_TRUE(c.init(w, &generator).same(w));
    const Moments m = moments(w);
    EXPECT_NEAR(m.mean, c.mean, 0.03 * c.deviation) << c.name;
    EXPECT_NEAR(m.deviation, c.deviation, 0.02 * c.deviation) << c.name;
    if (c.bound > 0) {
      EXPECT_GE(m.least, c.mean - c.bound) << c.name;
      EXPECT_LE(m.most, c.mean + c.bound) << c.name;
      EXPECT_GT(m.most, c.mean + 0.99 * c.bound) << c.name;
    }
    EXPECT_EQ(c.init(v, &again).data().to_vector(), w.data().to_vector()) << c.name << ": one seed, one result";
    EXPECT_NE(c.init(v, &again).data().to_vector(), w.data().to_vector()) << c.name << ": each call draws anew";
  }
}

TEST(Init, TruncatedNormalFollowsItsDistribution) {
  Generator generator(2);
  const std::vector<double> v = trunc_normal(blank({40000}, DType::f64), 0, 1, -1, 2, &generator).data().to_vector();
  const auto cdf = [](double x) { return 0.5 * std::erfc(-x / std::sqrt(2.)); };
  for (const double at : {-0.75, -0.2, 0.0, 0.5, 1.0, 1.7}) {
    const double share =
        static_cast<double>(std::count_if(v.begin(), v.end(), [&](double x) { return x < at; })) / 40000;
    EXPECT_NEAR(share, (cdf(at) - cdf(-1)) / (cdf(2) - cdf(-1)), 0.0125) << at;  // five deviations
  }
}

TEST(Init, TheDefaultGeneratorStartsAgainWithItsSeed) {
  manual_seed(42);
  const std::vector<double> a = normal(blank({5})).data().to_vector(), b = normal(blank({5})).data().to_vector();
  manual_seed(42);
  EXPECT_EQ(normal(blank({5})).data().to_vector(), a);
  EXPECT_NE(a, b);
}

TEST(Init, OrthogonalRowsOrColumns) {
  for (const Shape& shape : {Shape{5, 3}, Shape{3, 5}, Shape{4, 4}, Shape{3, 2, 2}, Shape{1, 7}}) {
    const Var w = orthogonal(blank(shape, DType::f64), 2);
    const std::int64_t rows = shape[0], columns = shape.without(0).elements();
    const Var m = reshape(w, {rows, columns}), product = rows <= columns ? mm(m, t(m)) : mm(t(m), m);
    product.forward();
    const std::vector<double> v = product.data().to_vector();
    const std::int64_t n = std::min(rows, columns);
    for (std::int64_t i = 0; i < n * n; ++i) EXPECT_NEAR(v[static_cast<std::size_t>(i)], i / n == i % n ? 4 : 0, 1e-12);
  }
}

TEST(Init, FixedOnes) {
  EXPECT_EQ(eye(blank({2, 3})).data().to_vector(), (std::vector<double>{1, 0, 0, 0, 1, 0}));
  EXPECT_EQ(constant(blank({2}), 3).data().to_vector(), (std::vector<double>{3, 3}));
  const Var w = dirac(neuro::ones({4, 1, 3}), 2);  // zero-fills first; one channel a group to copy
  EXPECT_EQ(w.data().to_vector(), (std::vector<double>{0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0}));
}

TEST(Init, WhatMakesNoSenseIsRefused) {
  const std::pair<std::function<void()>, const char*> cases[] = {
      {[] { fan_in_fan_out({3}); }, "fan_in_fan_out: needs a shape [out, in, ...], got [3]"},
      {[] { calculate_gain("reluu"); }, "unknown nonlinearity `reluu`"},
      {[] { eye(blank({3})); }, "eye: needs a matrix"},
      {[] {
         dirac(blank({3, 3}));
       },
       "dirac: needs rank 3 to 5"},
      {[] {
         dirac(blank({3, 3, 3}), 2);
       },
       "3 output channels do not divide into 2 groups"},
      {[] { uniform(blank({3}), 1, 1); }, "uniform: 1 is not below 1"},
      {[] { normal(blank({3}), 0, -1); }, "normal: std must be at least 0"},
      {[] { trunc_normal(blank({3}), 0, 1, 2, -2); }, "trunc_normal: 2 is not below -2"},
      {[] { xavier_uniform(blank({3})); }, "fan_in_fan_out"},
      {[] { orthogonal(blank({3})); }, "orthogonal: needs rank 2"},
      {[] {
         orthogonal(placeholder({1 << 20, 1 << 20}));
       },
       "placeholder"},
      {[] { constant(blank({3}) * 2.0, 1); }, "constant: takes a leaf"},
      {[] { ones(blank({3}, DType::i64)); }, "the leaf must be f32 or f64, is i64"},
  };
  for (const auto& [call, message] : cases) {
    try {
      call();
      ADD_FAILURE() << message;
    } catch (const Error& e) {
      EXPECT_THAT(e.what(), HasSubstr(message));
    }
  }
}

}  // namespace
}  // namespace neuro::nn::init
