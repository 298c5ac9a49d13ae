#include "neuro/optimizer.h"

#include <gtest/gtest.h>

#include <cmath>

#include "neuro/error.h"
#include "neuro/ops.h"
#include "neuro/trainer.h"

namespace neuro {
namespace {

/// Steps of an optimizer on one parameter [1] whose gradient is `slope * p`.
class Stepper {
 public:
  Stepper(const char* which, TrainingConfig config, float start, float slope)
      : parameter_{"w", Var(Tensor::from({start}, Shape{1})).requires_grad(), true, false} {
    const std::vector<Parameter> all{parameter_};
    optimizer_ = default_contracts().optimizers.create(which, config, all);
    lr_ = Var(Tensor::full(Shape{}, config.lr, DType::f64));
    step_ = Var(Tensor::zeros(Shape{}, DType::i64));
    const Var loss = sum(square(parameter_.var)) * (slope / 2.0);
    const std::vector<Var> gradients = grad(loss, std::vector<Var>{parameter_.var});
    PlanRequest request;
    request.outputs = {loss};
    request.assigns = optimizer_->record(gradients, {lr_, step_, constant(1)});
    replay_.emplace(request);
  }
  float step() {
    Tensor number = step_.data();
    ++*number.data<std::int64_t>();
    EXPECT_TRUE(replay_->run());
    return static_cast<float>(parameter_.var.data().item());
  }
  Optimizer& optimizer() { return *optimizer_; }

 private:
  Parameter parameter_;
  std::unique_ptr<Optimizer> optimizer_;
  Var lr_, step_;
  std::optional<Replay> replay_;
};

TrainingConfig config(double lr) {
  TrainingConfig c;
  c.lr = lr;
  return c;
}

TEST(Optimizers, AdamFollowsItsPaper) {
  TrainingConfig c = config(0.1);
  c.weight_decay = 0.3;  // L2: part of the gradient
  Stepper s("adam", c, 2, 0.5);
  double p = 2, m = 0, v = 0;
  for (int t = 1; t <= 5; ++t) {
    const double g = 0.5 * p + 0.3 * p;
    m = 0.9 * m + 0.1 * g;
    v = 0.999 * v + 0.001 * g * g;
    p -= 0.1 * (m / (1 - std::pow(0.9, t))) / (std::sqrt(v / (1 - std::pow(0.999, t))) + 1e-8);
    EXPECT_NEAR(s.step(), p, 2e-6) << "step " << t;  // a few roundings of f32 near 2
  }
}

TEST(Optimizers, AdamWDecaysApartFromTheGradientAndByDefault) {
  Stepper s("adamw", config(0.1), 2, 0.5);
  double p = 2, m = 0, v = 0;
  for (int t = 1; t <= 5; ++t) {
    const double g = 0.5 * p;
    m = 0.9 * m + 0.1 * g;
    v = 0.999 * v + 0.001 * g * g;
    p = p * (1 - 0.1 * 0.01) - 0.1 * (m / (1 - std::pow(0.9, t))) / (std::sqrt(v / (1 - std::pow(0.999, t))) + 1e-8);
    EXPECT_NEAR(s.step(), p, 2e-6) << "step " << t;
  }
}

TEST(Optimizers, SgdWithMomentumAndNesterovFollowsPyTorchsForm) {
  for (const bool nesterov : {false, true}) {
    TrainingConfig c = config(0.1);
    c.momentum = 0.9;
    c.nesterov = nesterov;
    Stepper s("sgd", c, 2, 0.5);
    double p = 2, m = 0;
    for (int t = 1; t <= 5; ++t) {
      const double g = 0.5 * p;
      m = 0.9 * m + g;  // the first step starts the buffer with g, as from 0
      p -= 0.1 * (nesterov ? g + 0.9 * m : m);
      EXPECT_NEAR(s.step(), p, 2e-6) << "step " << t;
    }
  }
}

TEST(Optimizers, AdagradRmspropAndLionReadTheirKeys) {
  TrainingConfig c = config(0.1);
  c.lr_decay = 0.5;
  Stepper adagrad("adagrad", c, 2, 0.5);
  double p = 2, v = 0;
  for (int t = 1; t <= 5; ++t) {
    const double g = 0.5 * p;
    v += g * g;
    p -= 0.1 / (1 + 0.5 * (t - 1)) * g / (std::sqrt(v) + 1e-10);
    EXPECT_NEAR(adagrad.step(), p, 2e-6) << "step " << t;
  }

  c = config(0.1);
  c.alpha = 0.5, c.centered = true, c.momentum = 0.25, c.eps = 0.125, c.weight_decay = 0.3;
  Stepper rmsprop("rmsprop", c, 2, 0.5);
  p = 2, v = 0;
  double a = 0, b = 0;
  for (int t = 1; t <= 5; ++t) {
    const double g = 0.8 * p;
    v = 0.5 * v + 0.5 * g * g;
    a = 0.5 * a + 0.5 * g;
    b = 0.25 * b + g / (std::sqrt(v - a * a) + 0.125);
    p -= 0.1 * b;
    EXPECT_NEAR(rmsprop.step(), p, 5e-6) << "step " << t;
  }

  c = config(0.1);
  c.weight_decay = 0.3;  // decoupled
  Stepper lion("lion", c, 2, 0.5);
  p = 2;
  for (int t = 1; t <= 5; ++t) {
    p -= 0.1 * (1 + 0.3 * p);
    EXPECT_NEAR(lion.step(), p, 2e-6) << "step " << t;
  }
  EXPECT_EQ(lion.optimizer().state()[0].first, "lion.m.w");
}

TEST(Optimizers, AmsgradSharesAdamsNamesOfState) {
  Stepper s("amsgrad", config(0.1), 2, 0.5);
  const StateDict state = s.optimizer().state();
  ASSERT_EQ(state.size(), 3u);
  EXPECT_EQ(state[2].first, "adam.largest.w");
  EXPECT_STREQ(s.optimizer().name(), "amsgrad");
}

TEST(Optimizers, StateComesBackUnderItsNames) {
  Stepper a("adam", config(0.1), 2, 0.5), b("adam", config(0.1), 2, 0.5);
  a.step();
  const StateDict state = a.optimizer().state();
  ASSERT_EQ(state.size(), 2u);
  EXPECT_EQ(state[0].first, "adam.m.w");
  EXPECT_EQ(state[1].first, "adam.v.w");
  b.optimizer().load(state);
  EXPECT_EQ(b.optimizer().state()[0].second.item(), state[0].second.item());
  EXPECT_THROW(b.optimizer().load({}), Error);
  EXPECT_THROW(b.optimizer().load({{"adam.m.w", Tensor::zeros(Shape{2})}, {"adam.v.w", Tensor::zeros(Shape{1})}}),
               Error);
}

TEST(Optimizers, ClippingScalesByTheGlobalNorm) {
  const auto scale = [](float norm, double max) {
    const Var s = clip_scale(Var(Tensor::full(Shape{}, norm)), max);
    s.forward();
    return s.item();
  };
  EXPECT_EQ(scale(0.5f, 1), 1);
  EXPECT_NEAR(scale(4, 1), 0.25, 1e-6);
  EXPECT_EQ(scale(4, 0), 1);
}

}  // namespace
}  // namespace neuro
