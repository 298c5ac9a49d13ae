// What an optimizer promises beside its formula (trajectory_test.cpp): groups, setters, state, clipping, what it
// refuses.
#include "neuro/optim.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "counting_allocator.h"
#include "neuro/error.h"
#include "neuro/lr.h"
#include "neuro/ops.h"

namespace neuro::optim {
namespace {

using testing::HasSubstr;

Var parameter(std::initializer_list<float> values) {
  return Var(Tensor::from<float>(values, {static_cast<std::int64_t>(values.size())})).requires_grad();
}
void set_grad(const Var& p, std::initializer_list<float> values) {
  p.grad().copy_from(Tensor::from<float>(values, p.shape()));
}
std::vector<double> values(const Var& p) { return p.data().to_vector(); }
template <class F>
std::string refusal(F f) {
  try {
    f();
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}
std::vector<Var> list(std::initializer_list<Var> vars) { return vars; }

TEST(Optim, PenaltiesLeaveTheGradientAndZeroWeightsAlone) {
  const Var w = parameter({0, 2, -2});
  set_grad(w, {0, 1, 1});
  SGD opt(list({w}), {.lr = 1, .penalty = ElasticNet(0.25, 0.125)});
  opt.step();
  EXPECT_EQ(values(w), (std::vector<double>{0, 2 - 1 - 0.25 - 0.5, -2 - 1 + 0.25 + 0.5}));
  EXPECT_EQ(w.grad().to_vector(), (std::vector<double>{0, 1, 1}));
}

TEST(Optim, DampeningAppliesToTheFirstStepToo) {
  const Var w = parameter({1});
  set_grad(w, {2});
  SGD opt(list({w}), {.lr = 1, .momentum = 0.5, .dampening = 0.75});
  opt.step();
  EXPECT_EQ(values(w)[0], 1 - 0.25 * 2);
}

TEST(Optim, AMomentumThatF32CannotSeeIsNone) {
  const Var w = parameter({1});
  const SGD none(list({w}), {.momentum = 1e-7}), some(list({w}), {.momentum = 1.2e-7});
  EXPECT_TRUE(states_of(none.options()).empty());
  EXPECT_EQ(states_of(some.options()), std::vector<std::string>{"m"});
  EXPECT_THAT(refusal([&] { SGD(list({w}), {.momentum = 1e-7, .nesterov = true}); }), HasSubstr("needs a momentum"));
}

TEST(Optim, GroupsHaveTheirOwnRateAndPenalty) {
  const Var a = parameter({1}), b = parameter({1});
  set_grad(a, {1});
  set_grad(b, {1});
  SGD opt(list({a}), {.lr = 0.5, .penalty = L2(0.5)});
  EXPECT_EQ(opt.add_group(list({b}), {.lr = 0.25, .penalty = Penalty{}}), 1u);
  opt.step();
  EXPECT_EQ(values(a)[0], 1 - 0.5 * (1 + 1));
  EXPECT_EQ(values(b)[0], 1 - 0.25);
  opt.set_lr(1, 1);
  opt.step();
  EXPECT_EQ(values(b)[0], 0.75 - 1);
}

TEST(Optim, SettersTakeEffectAtTheNextStepAndKeepWhatIsStillUsed) {
  const Var w = parameter({0});
  set_grad(w, {1});
  SGD opt(list({w}), {.lr = 1, .momentum = 0.5});
  opt.step();  // m = 1, w = -1
  opt.set_options({.lr = 0.5, .momentum = 0.25});
  opt.step();  // m = 1.25, w = -1 - 0.625
  EXPECT_EQ(values(w)[0], -1.625);
  EXPECT_EQ(opt.lr(), 0.5);
  opt.set_options({.lr = 0.5});
  opt.step();
  EXPECT_EQ(values(w)[0], -2.125);
  opt.set_penalty(L1(1));
  opt.step();
  EXPECT_EQ(values(w)[0], -2.125);  // d = 1 - 1
}

TEST(Optim, ALaterParameterCountsItsOwnSteps) {
  // Adam's first step moves a parameter by lr whatever its gradient is; a wrong count would correct the mean wrongly.
  const Var a = parameter({0}), b = parameter({0});
  set_grad(a, {3});
  set_grad(b, {3});
  Adam opt(list({a}), {.lr = 0.5, .eps = 0});
  for (int i = 0; i < 3; ++i) opt.step();
  opt.register_parameter(b);
  opt.step();
  EXPECT_NEAR(values(b)[0], -0.5, 1e-6);
  EXPECT_NEAR(values(a)[0], -2, 1e-5);
}

TEST(Optim, ParametersOfBothTypesAreUpdatedTogether) {
  const Var a = parameter({1}), b = Var(Tensor::from<double>({1}, {1})).requires_grad();
  set_grad(a, {1});
  b.grad().copy_from(Tensor::from<double>({1}, {1}));
  RMSProp opt(list({a, b}), {.lr = 0.1, .momentum = 0.5, .centered = true});
  for (int i = 0; i < 4; ++i) opt.step();
  EXPECT_NEAR(values(a)[0], values(b)[0], 1e-4);
  EXPECT_LT(values(b)[0], 0.5);
}

TEST(Optim, AGradientOfAnotherGraphIsReadAtTheNextStep) {
  const Var w = parameter({2});
  SGD opt(list({w}), {.lr = 0.25});
  for (const double target : {1.0, 3.0}) {
    opt.zero_grad();
    const Var loss = sum(square(w - target));
    loss.forward();
    loss.backward();
    opt.step();
  }
  EXPECT_EQ(values(w)[0], 2.25);  // 2 - 0.25 * 2, then 1.5 + 0.25 * 3
}

TEST(Optim, BackwardAfterAStepAsksForForward) {
  const Var w = parameter({2});
  SGD opt(list({w}), {.lr = 0.25});
  const Var loss = sum(square(w));
  loss.forward();
  loss.backward();
  opt.step();
  EXPECT_THAT(refusal([&] { loss.backward(); }), HasSubstr("call forward() again"));
}

TEST(Optim, StateComesBackToTheBit) {
  const auto run = [](int before, int after) {
    const Var a = parameter({1, -2}), b = parameter({3});
    AMSGrad first(list({a, b}), {.lr = 0.1});
    const auto steps = [&](Optimizer& opt, int n) {
      for (int i = 0; i < n; ++i) {
        opt.zero_grad();
        const Var loss = sum(exp(a)) + sum(square(b));
        loss.forward();
        loss.backward();
        opt.step();
      }
    };
    steps(first, before);
    first.set_lr(0.05);
    AMSGrad second(list({a, b}), {.lr = 7});
    second.load_state_dict(first.state_dict());
    steps(second, after);
    std::vector<double> out = values(a);
    out.push_back(values(b)[0]);
    return out;
  };
  EXPECT_EQ(run(3, 4), run(3, 4));
  const Var a = parameter({1, -2}), b = parameter({3});
  AMSGrad whole(list({a, b}), {.lr = 0.1});
  for (int i = 0; i < 7; ++i) {
    if (i == 3) whole.set_lr(0.05);
    whole.zero_grad();
    const Var loss = sum(exp(a)) + sum(square(b));
    loss.forward();
    loss.backward();
    whole.step();
  }
  EXPECT_EQ(run(3, 4), (std::vector<double>{values(a)[0], values(a)[1], values(b)[0]}));
}

TEST(Optim, AStateThatDoesNotFitChangesNothing) {
  const Var a = parameter({1}), b = parameter({1, 2});
  Adam of_a(list({a}), {}), of_b(list({b}), {});
  AdamW other(list({a}), {});
  EXPECT_THAT(refusal([&] { of_a.load_state_dict(of_b.state_dict()); }),
              HasSubstr("adam: the saved `adam.m.0` is f32[2], the optimizer's is f32[1]"));
  EXPECT_THAT(refusal([&] { of_a.load_state_dict({}); }), HasSubstr("the saved state has no `step.0`"));
  EXPECT_THAT(refusal([&] { of_a.load_state_dict(other.state_dict()); }), HasSubstr("has no `adam.m.0`"));
}

TEST(Optim, AStepIsOneEntryForAllParametersOfAGroup) {
  std::vector<Var> parameters;
  for (int i = 0; i < 20; ++i) parameters.push_back(parameter({1, 2, 3}));
  PlanRequest request;
  const StepLeaves leaves{Var(Tensor::full(Shape{}, 0.1, DType::f64)), Var(Tensor::full(Shape{}, 1, DType::i64)),
                          constant(1)};
  for (const Rule& rule : std::vector<Rule>{AdagradOptions{}, RMSPropOptions{.momentum = 0.9, .centered = true},
                                            LionOptions{}, AdamOptions{.amsgrad = true}}) {
    request.assigns.clear();
    for (const Var& p : parameters) {
      std::vector<Var> states;
      for (std::size_t k = 0; k < states_of(rule).size(); ++k) states.emplace_back(Tensor::zeros(p.shape()));
      for (const Assign& a : record_step(rule, group_of(rule), p, Var(p.grad()), states, leaves))
        request.assigns.push_back(a);
    }
    EXPECT_EQ(Replay(request, nullptr, Planning::full).entries(), 1u) << name_of(rule);
  }
}

TEST(Optim, AStepAllocatesNothingAfterTheFirst) {
  const std::vector<Var> parameters{parameter({1, 2, 3}), parameter({4}), parameter({5, 6})};
  SGD sgd(parameters, {.momentum = 0.9});
  AMSGrad amsgrad(parameters, {});
  RMSProp rmsprop(parameters, {.momentum = 0.5, .centered = true});
  for (Optimizer* opt : std::initializer_list<Optimizer*>{&sgd, &amsgrad, &rmsprop}) {
    opt->step();
    const long before = allocation_count();
    for (int i = 0; i < 3; ++i) {
      opt->zero_grad();
      opt->step();
      opt->set_lr(0.1 * i);
    }
    EXPECT_EQ(allocation_count(), before);
  }
}

TEST(Optim, ClippingScalesToTheNormAndLeavesWhatIsNotFinite) {
  const Var a = parameter({0, 0}), b = parameter({0});
  set_grad(a, {3, 0});
  set_grad(b, {4});
  EXPECT_EQ(clip_grad_norm(list({a, b}), 10), 5);
  EXPECT_EQ(b.grad().item(), 4);
  EXPECT_EQ(clip_grad_norm(list({a, b}), 1), 5);
  EXPECT_NEAR(b.grad().item(), 0.8, 1e-6);
  EXPECT_NEAR(a.grad().to_vector()[0], 0.6, 1e-6);
  set_grad(b, {std::numeric_limits<float>::infinity()});
  EXPECT_TRUE(std::isinf(clip_grad_norm(list({a, b}), 1)));
  EXPECT_NEAR(a.grad().to_vector()[0], 0.6, 1e-6);
  set_grad(a, {-7, 0.25});
  clip_grad_value(list({a}), 0.5);
  EXPECT_EQ(a.grad().to_vector(), (std::vector<double>{-0.5, 0.25}));
  EXPECT_EQ(clip_grad_norm({}, 1), 0);
}

TEST(Optim, WhatMakesNoSenseIsRefused) {
  const Var w = parameter({1}), plain(Tensor::zeros({2}));
  const auto p = list({w});
  SGD opt(p, {});
  const std::pair<std::function<void()>, const char*> cases[] = {
      {[&] { SGD(p, {.lr = -1}); }, "sgd: lr must be at least 0, is -1"},
      {[&] { SGD(p, {.lr = NAN}); }, "sgd: lr must be at least 0, is nan"},
      {[&] { SGD(p, {.momentum = 0.9, .dampening = 1.5}); }, "sgd: dampening must be in [0, 1], is 1.5"},
      {[&] { SGD(p, {.momentum = 0.9, .dampening = -0.5}); }, "sgd: dampening must be in [0, 1], is -0.5"},
      {[&] { SGD(p, {.dampening = 0.5}); }, "sgd: dampening needs a momentum"},
      {[&] { SGD(p, {.nesterov = true}); }, "sgd: nesterov needs a momentum"},
      {[&] { SGD(p, {.momentum = -1}); }, "sgd: momentum must be at least 0"},
      {[&] { SGD(p, {.penalty = L1(-1)}); }, "sgd: l1 must be at least 0"},
      {[&] { SGD(p, {.penalty = L2(-1)}); }, "sgd: l2 must be at least 0"},
      {[&] { Adam(p, {.beta1 = 1}); }, "adam: beta1 must be in [0, 1), is 1"},
      {[&] { Adam(p, {.beta2 = -0.1}); }, "adam: beta2 must be in [0, 1)"},
      {[&] { Adam(p, {.eps = -1}); }, "adam: eps must be at least 0"},
      {[&] { AMSGrad(p, {.beta1 = 2}); }, "amsgrad: beta1"},
      {[&] { AdamW(p, {.decay = -1}); }, "adamw: decay must be at least 0"},
      {[&] { AdamW(p, {.beta2 = 1}); }, "adamw: beta2"},
      {[&] { Adagrad(p, {.lr_decay = -1}); }, "adagrad: lr_decay must be at least 0"},
      {[&] { Adagrad(p, {.eps = -1}); }, "adagrad: eps"},
      {[&] { RMSProp(p, {.alpha = 1.5}); }, "rmsprop: alpha must be in [0, 1]"},
      {[&] { RMSProp(p, {.momentum = -1}); }, "rmsprop: momentum"},
      {[&] { Lion(p, {.beta1 = 1}); }, "lion: beta1"},
      {[&] { Lion(p, {.decay = -1}); }, "lion: decay"},
      {[&] { SGD(list({plain}), {}); }, "sgd: a parameter must be a differentiable leaf"},
      {[&] { SGD(list({w * 2.0}), {}); }, "sgd: a parameter must be a differentiable leaf"},
      {[&] { SGD(list({Var()}), {}); }, "sgd: a parameter must be a differentiable leaf"},
      {[&] {
         SGD(list({w, w}), {});
       },
       "registered twice"},
      {[&] { opt.register_parameter(parameter({1}), 3); }, "there is no group 3, there are 1"},
      {[&] { opt.add_group({}, {.lr = -1}); }, "sgd: lr must be at least 0"},
      {[&] { opt.set_lr(INFINITY); }, "sgd: lr must be a finite number, is inf"},
      {[&] { opt.set_lr(1, 2); }, "there is no group 2"},
      {[&] { opt.set_options({.nesterov = true}); }, "nesterov needs a momentum"},
      {[&] { clip_grad_norm(p, 0); }, "clip_grad_norm: max_norm must be above 0"},
      {[&] { clip_grad_norm(list({plain}), 1); }, "clip_grad_norm: a parameter must be"},
      {[&] { clip_grad_value(p, -1); }, "clip_grad_value: max_value must be above 0"},
  };
  for (const auto& [call, message] : cases) EXPECT_THAT(refusal(call), HasSubstr(message));
}

// --- schedulers ---

TEST(Schedulers, ARateSetByHandIsRespected) {
  SGD opt({.lr = 1});
  lr::LambdaLR half(opt, [](std::int64_t t) { return std::pow(0.5, static_cast<double>(t)); });
  half.step();
  EXPECT_EQ(opt.lr(), 0.5);
  opt.set_lr(2);  // four times what it was
  half.step();
  EXPECT_EQ(opt.lr(), 1);
  EXPECT_EQ(half.last_lr(), 1);
  EXPECT_EQ(half.text(), "epoch 2: lr 1");
}

TEST(Schedulers, ChainsComposeInAnyOrder) {
  for (const bool swap : {false, true}) {
    SGD opt({.lr = 1});
    lr::LambdaLR ramp(opt, [](std::int64_t t) { return 1 + static_cast<double>(t); });
    lr::ExponentialLR fall(opt, 0.5);
    for (int t = 1; t <= 5; ++t) {
      (swap ? static_cast<lr::Scheduler&>(fall) : ramp).step();
      (swap ? static_cast<lr::Scheduler&>(ramp) : fall).step();
      EXPECT_DOUBLE_EQ(opt.lr(), (1 + t) * std::pow(0.5, t));
    }
  }
}

TEST(Schedulers, EveryGroupHasItsOwnRate) {
  SGD opt({.lr = 1});
  opt.add_group({}, {.lr = 0.5});
  lr::StepLR fall(opt, 2, 0.5);
  fall.step();
  fall.step();
  EXPECT_EQ(opt.lr(0), 0.5);
  EXPECT_EQ(opt.lr(1), 0.25);
  EXPECT_EQ(fall.text(), "epoch 2: lr 0.5, 0.25");
}

TEST(Schedulers, StateGoesOnWhereItStopped) {
  SGD a({.lr = 1}), b({.lr = 1});
  lr::ReduceOnPlateau first(a, {.patience = 1}), second(b, {.patience = 1});
  lr::CosineAnnealingLR cosine(a, 10), other(b, 10);
  for (int t = 0; t < 3; ++t) first.step(1), cosine.step();
  b.load_state_dict(a.state_dict());
  second.load_state_dict(first.state_dict());
  other.load_state_dict(cosine.state_dict());
  EXPECT_EQ(second.epoch(), 3);
  for (int t = 0; t < 7; ++t) {
    first.step(1), cosine.step();
    second.step(1), other.step();
    EXPECT_EQ(a.lr(), b.lr());
  }
  EXPECT_THAT(refusal([&] { second.load_state_dict({}); }), HasSubstr("has no `epoch`"));
  EXPECT_THAT(refusal([&] { second.load_state_dict(cosine.state_dict()); }), HasSubstr("has no `state`"));
}

TEST(Schedulers, WhatMakesNoSenseIsRefused) {
  SGD opt({.lr = 1});
  lr::ExponentialLR some(opt, 0.5);
  const std::pair<std::function<void()>, const char*> cases[] = {
      {[&] { lr::LambdaLR(opt, nullptr); }, "LambdaLR: needs a function"},
      {[&] { lr::MultiplicativeLR(opt, nullptr); }, "MultiplicativeLR: needs a function"},
      {[&] { lr::StepLR(opt, 0); }, "StepLR: step_size must be at least 1, is 0"},
      {[&] { lr::StepLR(opt, 1, -1); }, "StepLR: gamma must be at least 0"},
      {[&] {
         lr::MultiStepLR(opt, {0, 3});
       },
       "MultiStepLR: milestones are at least 1"},
      {[&] { lr::ExponentialLR(opt, -1); }, "ExponentialLR: gamma must be at least 0"},
      {[&] { lr::CosineAnnealingLR(opt, 0); }, "CosineAnnealingLR: period must be at least 1"},
      {[&] { lr::CosineAnnealingLR(opt, 3, -1); }, "CosineAnnealingLR: min_lr"},
      {[&] { lr::LinearLR(opt, 0); }, "LinearLR: start must be in (0, 1], is 0"},
      {[&] { lr::LinearLR(opt, 0.5, 2); }, "LinearLR: end must be in [0, 1]"},
      {[&] { lr::LinearLR(opt, 0.5, 1, 0); }, "LinearLR: epochs must be at least 1"},
      {[&] { lr::OneCycleLR(opt, {.total_steps = 0}); }, "OneCycleLR: total_steps must be at least 1"},
      {[&] { lr::OneCycleLR(opt, {.max_lr = 0, .total_steps = 5}); }, "OneCycleLR: max_lr must be above 0"},
      {[&] { lr::OneCycleLR(opt, {.total_steps = 5, .pct_start = 2}); }, "OneCycleLR: pct_start must be in [0, 1]"},
      {[&] { lr::ReduceOnPlateau(opt, {.factor = 1}); }, "ReduceOnPlateau: factor must be in [0, 1)"},
      {[&] { lr::ReduceOnPlateau(opt, {.patience = -1}); }, "patience and cooldown are at least 0"},
      {[&] { some.set_epoch(-1); }, "an epoch is at least 0"},
      {[&] {
         lr::OneCycleLR cycle(opt, {.total_steps = 2});
         for (int i = 0; i < 3; ++i) cycle.step();
       },
       "OneCycleLR: step 3 is beyond the cycle of 2 steps"},
  };
  for (const auto& [call, message] : cases) EXPECT_THAT(refusal(call), HasSubstr(message));
}

}  // namespace
}  // namespace neuro::optim
