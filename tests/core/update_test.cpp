#include "neuro/kernels/update.h"

#include <cmath>
#include <limits>

#include "kernel_testing.h"

namespace neuro::kernels {
namespace {

/// Parameters in segments of sizes around the vector widths, and one that is divided among threads.
const std::vector<std::int64_t> kSizes = {1, 4, 0, 15, 16, 17, 33, 50'000};

struct State {
  std::vector<float> param, grad, m, v;
};

State drawn(std::int64_t n) {
  return {draw<float>(n, -1, 1, 1), draw<float>(n, -2, 2, 2), draw<float>(n, -1, 1, 3), draw<float>(n, 0, 1, 4)};
}

std::vector<float> updated(const Table& table, const UpdateStep& step, const std::vector<std::int64_t>& sizes,
                           bool with_m = true) {
  std::int64_t total = 0;
  for (std::int64_t n : sizes) total += n;
  State s = drawn(total);
  std::vector<UpdateSegment<float>> segments;
  std::int64_t at = 0;
  for (std::int64_t n : sizes) {
    segments.push_back(
        {s.param.data() + at, s.grad.data() + at, with_m ? s.m.data() + at : nullptr, s.v.data() + at, n});
    at += n;
  }
  update(TestExec(table, 0).exec, step, segments.data(), static_cast<std::int64_t>(segments.size()));
  std::vector<float> out = s.param;
  out.insert(out.end(), s.m.begin(), s.m.end());
  out.insert(out.end(), s.v.begin(), s.v.end());
  return out;
}

/// One element by the documented formula, in f64. Returns param, m, v.
std::array<double, 3> expected_adam(const UpdateStep& c, double p, double g, double m, double v) {
  const double d = c.grad_scale * g + c.l2 * p;
  m = c.beta1 * m + (1 - c.beta1) * d;
  v = c.beta2 * v + (1 - c.beta2) * d * d;
  p *= 1 - c.lr * c.decay;
  return {p - c.lr / c.correction1 * m / (std::sqrt(v) / std::sqrt(c.correction2) + c.eps), m, v};
}

std::array<double, 3> expected_sgd(const UpdateStep& c, double p, double g, double m, bool with_m) {
  double d = c.grad_scale * g + c.l2 * p;
  if (with_m) {
    m = c.momentum * m + (1 - c.dampening) * d;
    d = c.nesterov ? d + c.momentum * m : m;
  }
  return {p * (1 - c.lr * c.decay) - c.lr * d, m, 0};
}

void expect_updated(const UpdateStep& step, bool with_m = true) {
  std::int64_t total = 0;
  for (std::int64_t n : kSizes) total += n;
  const State s = drawn(total);
  for_every_table([&](const Table& t) { return updated(t, step, kSizes, with_m); },
                  [&](const Table&, const std::vector<float>& out) {
                    const auto n = static_cast<std::size_t>(total);
                    for (std::size_t i = 0; i < n; ++i) {
                      const auto e = step.rule == UpdateRule::adam
                                         ? expected_adam(step, s.param[i], s.grad[i], s.m[i], s.v[i])
                                         : expected_sgd(step, s.param[i], s.grad[i], s.m[i], with_m);
                      // All values are at most 3; a dozen operations and constants rounded to f32.
                      const double bound = 3 * 12 * std::numeric_limits<float>::epsilon();
                      ASSERT_NEAR(out[i], e[0], bound) << i;
                      ASSERT_NEAR(out[n + i], e[1], bound) << i;
                      if (step.rule == UpdateRule::adam) {
                        ASSERT_NEAR(out[2 * n + i], e[2], bound) << i;
                      }
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
  const UpdateSegment<float> segment{p, g, m, v, 2};
  update(TestExec(table(), 0).exec, step, &segment, 1);
  EXPECT_FLOAT_EQ(p[0], 0.99f);
  EXPECT_FLOAT_EQ(p[1], 1.01f);
}

}  // namespace
}  // namespace neuro::kernels
