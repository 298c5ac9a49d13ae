#include "neuro/kernels/update.h"

#include <cmath>
#include <limits>

#include "kernel_testing.h"

namespace neuro::kernels {
namespace {

/// Parameters in segments of sizes around the vector widths, and one that is divided among threads.
const std::vector<std::int64_t> kSizes = {1, 4, 0, 15, 16, 17, 33, 50'000};

struct State {
  std::vector<float> param, grad, m, v, u;
};

State drawn(std::int64_t n) {
  return {draw<float>(n, -1, 1, 1), draw<float>(n, -2, 2, 2), draw<float>(n, -1, 1, 3), draw<float>(n, 1, 2, 4),
          draw<float>(n, 1, 2, 5)};
}

std::vector<float> updated(const Table& table, const UpdateStep& step, const std::vector<std::int64_t>& sizes,
                           bool with_m = true, bool with_u = false) {
  std::int64_t total = 0;
  for (std::int64_t n : sizes) total += n;
  State s = drawn(total);
  std::vector<UpdateSegment<float>> segments;
  std::int64_t at = 0;
  for (std::int64_t n : sizes) {
    segments.push_back({s.param.data() + at, s.grad.data() + at, with_m ? s.m.data() + at : nullptr, s.v.data() + at,
                        with_u ? s.u.data() + at : nullptr, n});
    at += n;
  }
  update(TestExec(table, 0).exec, step, segments.data(), static_cast<std::int64_t>(segments.size()));
  std::vector<float> out = s.param;
  out.insert(out.end(), s.m.begin(), s.m.end());
  out.insert(out.end(), s.v.begin(), s.v.end());
  out.insert(out.end(), s.u.begin(), s.u.end());
  return out;
}

/// One element by the documented formulas, in f64: param, m, v, u.
using Values = std::array<double, 4>;

Values expected(const UpdateStep& c, double g, Values s, bool with_m, bool with_u) {
  auto [p, m, v, u] = s;
  const double d = c.grad_scale * g + c.l1 * ((p > 0) - (p < 0)) + c.l2 * p;
  const double shrunk = p * (1 - c.lr * c.decay);
  switch (c.rule) {
    case UpdateRule::sgd:
      if (with_m) m = c.momentum * m + (1 - c.dampening) * d;
      return {shrunk - c.lr * (!with_m ? d : c.nesterov ? d + c.momentum * m : m), m, v, u};
    case UpdateRule::adam: {
      m = c.beta1 * m + (1 - c.beta1) * d;
      v = c.beta2 * v + (1 - c.beta2) * d * d;
      if (with_u) u = std::max(u, v);
      const double root = std::sqrt(with_u ? u : v) / std::sqrt(c.correction2) + c.eps;
      return {shrunk - c.lr / c.correction1 * m / root, m, v, u};
    }
    case UpdateRule::adagrad: v += d * d; return {p - c.lr * d / (std::sqrt(v) + c.eps), m, v, u};
    case UpdateRule::rmsprop: {
      v = c.beta2 * v + (1 - c.beta2) * d * d;
      if (with_m) m = c.beta2 * m + (1 - c.beta2) * d;
      const double q = d / (std::sqrt(with_m ? std::max(v - m * m, 0.0) : v) + c.eps);
      if (with_u) u = c.momentum * u + q;
      return {p - c.lr * (with_u ? u : q), m, v, u};
    }
    case UpdateRule::lion: {
      const double side = c.beta1 * m + (1 - c.beta1) * d;
      return {shrunk - c.lr * ((side > 0) - (side < 0)), c.beta2 * m + (1 - c.beta2) * d, v, u};
    }
  }
  return {};
}

void expect_updated(const UpdateStep& step, bool with_m = true, bool with_u = false) {
  std::int64_t total = 0;
  for (std::int64_t n : kSizes) total += n;
  const State s = drawn(total);
  for_every_table([&](const Table& t) { return updated(t, step, kSizes, with_m, with_u); },
                  [&](const Table&, const std::vector<float>& out) {
                    const auto n = static_cast<std::size_t>(total);
                    for (std::size_t i = 0; i < n; ++i) {
                      const Values e = expected(step, s.grad[i], {s.param[i], s.m[i], s.v[i], s.u[i]}, with_m, with_u);
                      // All values are at most 9; a dozen operations and constants rounded to f32.
                      const double bound = 9 * 12 * std::numeric_limits<float>::epsilon();
                      for (std::size_t k = 0; k < 4; ++k) ASSERT_NEAR(out[k * n + i], e[k], bound) << k << " of " << i;
                    }
                  });
}

TEST(Update, AdamFollowsItsFormula) {
  UpdateStep step;
  step.lr = 0.05, step.correction1 = 1 - std::pow(0.9, 3), step.correction2 = 1 - std::pow(0.999, 3);
  expect_updated(step);
  step.grad_scale = 0.25, step.l2 = 0.1;
  expect_updated(step);
}

TEST(Update, AdamWDecaysApartFromTheGradient) {
  UpdateStep step;
  step.lr = 0.1, step.decay = 0.5;
  expect_updated(step);
}

TEST(Update, SgdWithAndWithoutMomentum) {
  UpdateStep step;
  step.rule = UpdateRule::sgd, step.lr = 0.1, step.l2 = 0.01;
  expect_updated(step, /*with_m=*/false);
  step.momentum = 0.9, step.dampening = 0.1;
  expect_updated(step);
  step.dampening = 0, step.nesterov = true;
  expect_updated(step);
}

TEST(Update, AmsgradDividesByTheLargestMeanSoFar) {
  UpdateStep step;
  step.lr = 0.05, step.correction1 = 1 - std::pow(0.9, 3), step.correction2 = 1 - std::pow(0.999, 3);
  expect_updated(step, /*with_m=*/true, /*with_u=*/true);
}

TEST(Update, AdagradRmspropAndLionFollowTheirFormulas) {
  UpdateStep step;
  step.lr = 0.1, step.l1 = 0.05, step.l2 = 0.01, step.grad_scale = 0.5;
  step.rule = UpdateRule::adagrad;
  expect_updated(step);
  step.rule = UpdateRule::rmsprop, step.beta2 = 0.9, step.momentum = 0.8, step.eps = 0.1;
  for (const bool centred : {false, true}) {
    for (const bool momentum : {false, true}) expect_updated(step, centred, momentum);
  }
  step.rule = UpdateRule::lion, step.decay = 0.1;
  expect_updated(step);
}

TEST(Update, APenaltyOfMagnitudesLeavesZeroAlone) {
  UpdateStep step;
  step.rule = UpdateRule::sgd, step.lr = 1, step.l1 = 0.25;
  float p[] = {0, 2, -2};
  const float g[] = {0, 0, 0};
  const UpdateSegment<float> segment{p, g, nullptr, nullptr, nullptr, 3};
  update(TestExec(table(), 0).exec, step, &segment, 1);
  EXPECT_EQ(p[0], 0);
  EXPECT_EQ(p[1], 1.75f);
  EXPECT_EQ(p[2], -1.75f);
}

TEST(Update, ElementsDoNotDependOnHowSegmentsAreCut) {
  UpdateStep step;
  step.decay = 0.1, step.l2 = 0.01;
  for (const Table* t : supported_tables()) {
    EXPECT_TRUE(same_bits(updated(*t, step, {100}), updated(*t, step, {1, 2, 13, 84}))) << t->name;
    EXPECT_TRUE(same_bits(updated(*t, step, {40'000}), updated(*t, step, {7, 20'000, 19'993}))) << t->name;
  }
}

TEST(Update, FirstAdamStepMovesEachParameterByTheLearningRate) {  // m / sqrt(v) = sign(g) after the correction
  UpdateStep step;
  step.lr = 0.01, step.correction1 = 0.1, step.correction2 = 0.001, step.eps = 0;
  float p[] = {1, 1}, m[] = {0, 0}, v[] = {0, 0};
  const float g[] = {5, -0.001f};
  const UpdateSegment<float> segment{p, g, m, v, nullptr, 2};
  update(TestExec(table(), 0).exec, step, &segment, 1);
  EXPECT_FLOAT_EQ(p[0], 0.99f);
  EXPECT_FLOAT_EQ(p[1], 1.01f);
}

}  // namespace
}  // namespace neuro::kernels
