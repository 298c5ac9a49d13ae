// 50 steps of every optimizer and 50 epochs of every scheduler against tests/golden/torch.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "neuro/lr.h"
#include "neuro/str.h"

namespace neuro::optim {
namespace {

using Json = nlohmann::json;

std::vector<Json> rows(const char* path) {
  std::ifstream file(str(NEURO_TEST_DIR "/golden/torch/", path));
  std::vector<Json> out;
  for (std::string line; std::getline(file, line);) out.push_back(Json::parse(line));
  return out;
}

std::unique_ptr<Optimizer> make(const std::string& name, const Json& o, const Var& w) {
  const std::vector<Var> params{w};
  const Penalty penalty{o.value("l1", 0.0), o.value("l2", 0.0)};
  const double lr = o.at("lr"), beta1 = o.value("beta1", 0.9), beta2 = o.value("beta2", name == "Lion" ? 0.99 : 0.999);
  const double eps = o.value("eps", name == "Adagrad" ? 1e-10 : 1e-8), momentum = o.value("momentum", 0.0);
  if (name == "SGD") {
    return std::make_unique<SGD>(
        params, SGDOptions{lr, penalty, momentum, o.value("dampening", 0.0), o.value("nesterov", false)});
  }
  if (name == "Adam") return std::make_unique<Adam>(params, AdamOptions{lr, beta1, beta2, penalty, eps});
  if (name == "AMSGrad") return std::make_unique<AMSGrad>(params, AdamOptions{lr, beta1, beta2, penalty, eps});
  if (name == "AdamW") {
    return std::make_unique<AdamW>(params, AdamWOptions{lr, beta1, beta2, o.value("decay", 0.01), penalty, eps});
  }
  if (name == "Adagrad") {
    return std::make_unique<Adagrad>(params, AdagradOptions{lr, o.value("lr_decay", 0.0), penalty, eps});
  }
  if (name == "RMSProp") {
    return std::make_unique<RMSProp>(
        params, RMSPropOptions{lr, penalty, o.value("alpha", 0.99), momentum, o.value("centered", false), eps});
  }
  if (name == "Lion")
    return std::make_unique<Lion>(params, LionOptions{lr, beta1, beta2, o.value("decay", 0.0), penalty});
  return nullptr;
}

/// Element k of the gradient of step t, as optimizers.py defines it.
double gradient(std::int64_t k, std::int64_t t) { return static_cast<double>((7 * k + 11 * t + 3) % 33 - 16) / 16; }

void follow(const Json& row, DType type) {
  const std::string what =
      str(std::string(row.at("optimizer")), " ", row.at("options").dump(), " ", neuro::name_of(type));
  std::vector<double> start = row.at("start");
  for (double& v : start) v /= 64;
  const Shape shape{static_cast<std::int64_t>(start.size())};
  const Var w = Var(Tensor::from(std::span<const double>(start), shape).to(type)).requires_grad();
  const auto optimizer = make(row.at("optimizer"), row.at("options"), w);
  ASSERT_NE(optimizer, nullptr) << what;
  std::size_t checked = 0;
  for (std::int64_t t = 1; checked < row.at("steps").size(); ++t) {
    Tensor g = Tensor::empty(shape, DType::f64);
    for (std::int64_t k = 0; k < g.size(); ++k) g.data<double>()[k] = gradient(k, t);
    w.grad().copy_from(g.to(type));
    optimizer->step();
    if (row.at("steps")[checked] != t) continue;
    const std::vector<double> got = w.data().to_vector(), exact = row.at("values")[checked];
    double largest = 0, difference = 0;
    for (std::size_t k = 0; k < got.size(); ++k) {
      largest = std::max(largest, std::abs(exact[k]));
      const double d = std::abs(got[k] - exact[k]);
      difference = d <= difference ? difference : d;  // NaN counts as a difference
    }
    const double times = 4 * row.at("err")[checked].get<double>();
    EXPECT_LE(difference / largest, type == DType::f64 ? 1e-8 : std::max(times, 2e-6)) << what << " after step " << t;
    ++checked;
  }
}

class OptimizerTrajectory : public ::testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Optimizers, OptimizerTrajectory,
                         ::testing::Values("SGD", "Adam", "AMSGrad", "AdamW", "Adagrad", "RMSProp", "Lion"),
                         [](const auto& optimizer) { return std::string(optimizer.param); });

TEST_P(OptimizerTrajectory, FollowsItsReference) {
  int cases = 0;
  for (const Json& row : rows("optimizers.jsonl")) {
    if (row.at("optimizer") != GetParam()) continue;
    ++cases;
    follow(row, DType::f32);
    follow(row, DType::f64);
  }
  EXPECT_GE(cases, 10);
}

lr::Factor function(const std::string& text) {
  if (text == "1/(1+t)") return [](std::int64_t t) { return 1 / (1 + static_cast<double>(t)); };
  if (text == "0.9^t") return [](std::int64_t t) { return std::pow(0.9, static_cast<double>(t)); };
  if (text == "0.95") return [](std::int64_t) { return 0.95; };
  if (text == "(1+t)/(2+t)")
    return [](std::int64_t t) { return static_cast<double>(1 + t) / static_cast<double>(2 + t); };
  if (text == "cos(t/10)") return [](std::int64_t t) { return std::cos(static_cast<double>(t) / 10); };
  return nullptr;
}

/// The scheduler of a row; what ReduceOnPlateau needs beside it comes back in `plateau`.
std::unique_ptr<lr::Scheduler> make(const std::string& name, const Json& o, Optimizer& opt,
                                    lr::ReduceOnPlateau*& plateau) {
  if (name == "LambdaLR") return std::make_unique<lr::LambdaLR>(opt, function(o.at("f")));
  if (name == "MultiplicativeLR") return std::make_unique<lr::MultiplicativeLR>(opt, function(o.at("f")));
  if (name == "StepLR") return std::make_unique<lr::StepLR>(opt, o.at("step_size"), o.at("gamma"));
  if (name == "MultiStepLR") {
    return std::make_unique<lr::MultiStepLR>(opt, o.at("milestones").get<std::vector<std::int64_t>>(), o.at("gamma"));
  }
  if (name == "ExponentialLR") return std::make_unique<lr::ExponentialLR>(opt, o.at("gamma"));
  if (name == "CosineAnnealingLR") return std::make_unique<lr::CosineAnnealingLR>(opt, o.at("period"), o.at("min_lr"));
  if (name == "LinearLR") {
    return std::make_unique<lr::LinearLR>(opt, o.at("start_factor"), o.at("end_factor"), o.at("total_iters"));
  }
  if (name == "OneCycleLR") {
    return std::make_unique<lr::OneCycleLR>(opt, lr::OneCycleOptions{.max_lr = o.at("max_lr"),
                                                                     .total_steps = 50,
                                                                     .pct_start = o.at("pct_start"),
                                                                     .linear = o.at("linear"),
                                                                     .three_phase = o.at("three_phase")});
  }
  if (name == "ReduceOnPlateau") {
    using Mode = lr::PlateauOptions::Mode;
    auto out = std::make_unique<lr::ReduceOnPlateau>(
        opt, lr::PlateauOptions{.mode = o.at("mode") == "max" ? Mode::max : Mode::min,
                                .factor = 0.5,
                                .patience = o.at("patience"),
                                .relative = o.at("relative"),
                                .cooldown = o.at("cooldown"),
                                .min_lr = 0.001});
    plateau = out.get();
    return out;
  }
  return nullptr;
}

class SchedulerTrajectory : public ::testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Schedulers, SchedulerTrajectory,
                         ::testing::Values("LambdaLR", "MultiplicativeLR", "StepLR", "MultiStepLR", "ExponentialLR",
                                           "CosineAnnealingLR", "LinearLR", "OneCycleLR", "ReduceOnPlateau"),
                         [](const auto& scheduler) { return std::string(scheduler.param); });

TEST_P(SchedulerTrajectory, FollowsItsReference) {
  // tests/mutate.py: a scheduler's result is the rate that it sets.
  const char* zeroed = std::getenv("NEURO_TEST_ZERO");
  const bool taken_away = zeroed != nullptr && std::string_view(zeroed) == GetParam();
  if (taken_away) std::printf("zeroed: %s\n", zeroed);
  int cases = 0;
  for (const Json& row : rows("schedulers.jsonl")) {
    if (row.at("scheduler") != GetParam()) continue;
    ++cases;
    const Json& o = row.at("options");
    const std::string what = str(GetParam(), " ", o.dump());
    SGD opt(SGDOptions{.lr = o.at("lr")});
    lr::ReduceOnPlateau* plateau = nullptr;
    const auto scheduler = make(GetParam(), o, opt, plateau);
    ASSERT_NE(scheduler, nullptr) << what;
    double largest = 0;
    for (const double exact : row.at("values")) largest = std::max(largest, std::abs(exact));
    for (int t = 0; t < 50; ++t) {
      plateau != nullptr ? plateau->step(std::cos(0.7 * t) + 1.0 / (1 + t)) : scheduler->step();
      if (taken_away) opt.set_lr(0);
      const double exact = row.at("values")[static_cast<std::size_t>(t)];
      ASSERT_NEAR(opt.lr(), exact, 1e-12 * largest) << what << " epoch " << t + 1;
    }
  }
  EXPECT_GE(cases, 10);
}

}  // namespace
}  // namespace neuro::optim
