// Losses: values by their definitions in plain loops, gradients at kinks and clamps, reductions, and what is refused.
// (tests/golden/torch compares them with PyTorch; the sweeps over op_defs() check gradients.)
#include "neuro/ops/loss.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "neuro/error.h"
#include "neuro/ops.h"
#include "neuro/str.h"

namespace neuro {
namespace {

using testing::HasSubstr;

Var numbers(std::initializer_list<double> values) {
  return Var(Tensor::from<double>(values, {static_cast<std::int64_t>(values.size())}));
}
Var classes(std::initializer_list<std::int64_t> values) {
  return Var(Tensor::from<std::int64_t>(values, {static_cast<std::int64_t>(values.size())}));
}
std::vector<double> value(const Var& v) {
  v.forward();
  return v.data().to_vector();
}
std::vector<double> gradient(const Var& y, const Var& x) {
  const Var g = grad(sum(y), std::vector<Var>{x}).front();
  g.forward();
  return g.data().to_vector();
}
template <class F>
std::string refusal(F f) {
  try {
    f();
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

using Pair = Var (*)(const Var&, const Var&, Reduction);
constexpr Pair kPairs[] = {loss::mse,   loss::mae,   loss::bce, loss::bce_with_logits,
                           loss::kldiv, loss::hinge, loss::mape};

TEST(Loss, MeanAndSumReduceTheTerms) {
  const Var x = numbers({0.25, 0.5, 0.75, 0.125}), t = numbers({1, 0, 0.5, 0.25});
  for (const Pair f : kPairs) {
    const std::vector<double> terms = value(f(x, t, Reduction::none));
    ASSERT_EQ(terms.size(), 4u);
    const double total = terms[0] + terms[1] + terms[2] + terms[3];
    EXPECT_NEAR(value(f(x, t, Reduction::sum))[0], total, 1e-12);
    EXPECT_NEAR(value(f(x, t, Reduction::mean))[0], total / 4, 1e-12);
  }
}

TEST(Loss, TheTargetReceivesNoGradient) {
  const Var x = numbers({0.25, 0.5}).requires_grad(), t = numbers({0.5, 0.75}).requires_grad();
  for (const Pair f : kPairs) {
    const std::vector<Var> reached = f(x, t, Reduction::mean).parameters();
    ASSERT_EQ(reached.size(), 1u);
    EXPECT_TRUE(reached[0].same(x));
  }
}

TEST(Loss, AbsoluteErrorsHaveNoSlopeAtEquality) {
  const Var x = numbers({1, 2, 3}).requires_grad(), t = numbers({2, 2, 2});
  EXPECT_EQ(gradient(loss::mae(x, t, Reduction::none), x), (std::vector<double>{-1, 0, 1}));
  EXPECT_EQ(gradient(loss::mape(x, t, Reduction::none), x), (std::vector<double>{-0.5, 0, 0.5}));
}

TEST(Loss, BceClampsItsLogarithmsAndItsSlope) {
  const Var x = numbers({0, 1, 0, 1, 0.5}).requires_grad(), t = numbers({1, 0, 0, 1, 1});
  const Var y = loss::bce(x, t, Reduction::none);
  EXPECT_EQ(value(y), (std::vector<double>{100, 100, 0, 0, std::log(2.)}));
  EXPECT_EQ(gradient(y, x), (std::vector<double>{-0x1p23, 0x1p23, 0, 0, -2}));
}

TEST(Loss, BceOfLogitsStaysFiniteWhereSigmoidIsZeroOrOne) {
  const Var x = Var(Tensor::from<float>({200, -200, 200, -200, 0}, {5})).requires_grad();
  const Var t(Tensor::from<float>({1, 0, 0, 1, 0.5}, {5}));
  const Var y = loss::bce_with_logits(x, t, Reduction::none);
  const std::vector<double> v = value(y), g = gradient(y, x);
  for (const std::size_t i : {0u, 1u}) {
    EXPECT_NEAR(v[i], 0, 1e-30);
    EXPECT_NEAR(g[i], 0, 1e-30);
    EXPECT_EQ(v[i + 2], 200);
    EXPECT_EQ(std::abs(g[i + 2]), 1);
  }
  EXPECT_FLOAT_EQ(static_cast<float>(v[4]), std::log(2.f));
  EXPECT_EQ(g[4], 0);
}

TEST(Loss, KldivOfAnImpossibleEventIsZeroAndItsMeanDividesByTheBatch) {
  const double kInf = std::numeric_limits<double>::infinity();
  const Var x = reshape(numbers({std::log(0.5), -kInf, std::log(0.25), std::log(0.75)}), {2, 2});
  const Var t = reshape(numbers({1, 0, 0.5, 0.5}), {2, 2});
  const double second = 0.5 * (std::log(0.5) - std::log(0.25)) + 0.5 * (std::log(0.5) - std::log(0.75));
  const std::vector<double> terms = value(loss::kldiv(x, t, Reduction::none));
  EXPECT_NEAR(terms[0], std::log(2.), 1e-15);
  EXPECT_EQ(terms[1], 0);
  EXPECT_NEAR(value(loss::kldiv(x, t))[0], (std::log(2.) + second) / 2, 1e-15);
}

TEST(Loss, HuberIsAParabolaInsideAndALineOutside) {
  const Var d = numbers({-3, -1, -0.5, 0, 0.5, 1, 3}).requires_grad(), zero = numbers({0, 0, 0, 0, 0, 0, 0});
  const Var y = loss::huber(d, zero, 2, Reduction::none);
  EXPECT_EQ(value(y), (std::vector<double>{4, 0.5, 0.125, 0, 0.125, 0.5, 4}));
  EXPECT_EQ(gradient(y, d), (std::vector<double>{-2, -1, -0.5, 0, 0.5, 1, 2}));
  EXPECT_EQ(value(loss::smooth_l1(d, zero, 2, Reduction::none)),
            (std::vector<double>{2, .25, .0625, 0, .0625, .25, 2}));
  EXPECT_EQ(value(loss::smooth_l1(d, zero, 0, Reduction::none)), (std::vector<double>{3, 1, 0.5, 0, 0.5, 1, 3}));
}

TEST(Loss, NllTakesClassesOnAxisOneAndDividesByTheTargets) {
  Tensor values = Tensor::empty({2, 3, 2}, DType::f64);  // x[n, c, d] = 100 n + 10 c + d
  for (std::int64_t i = 0; i < 12; ++i) {
    values.data<double>()[i] = static_cast<double>(100 * (i / 6) + 10 * (i / 2 % 3) + i % 2);
  }
  const Var x = Var(values).requires_grad();
  const Var t = reshape(classes({0, 2, 1, 1}), {2, 2});
  EXPECT_EQ(value(loss::nll(x, t, {.reduction = Reduction::none})), (std::vector<double>{0, -21, -110, -111}));
  EXPECT_EQ(loss::nll(x, t, {.reduction = Reduction::none}).shape(), (Shape{2, 2}));
  EXPECT_EQ(value(loss::nll(x, t))[0], -242. / 4);
  EXPECT_EQ(gradient(loss::nll(x, t), x), (std::vector<double>{-.25, 0, 0, 0, 0, -.25, 0, 0, -.25, -.25, 0, 0}));
}

TEST(Loss, ClassesMayBeWholeNumbersOfAnyType) {
  const Var x = reshape(numbers({1, 2, 3, 4, 5, 6}), {2, 3}), t = classes({2, 0});
  for (const DType type : {DType::i64, DType::i32, DType::f32, DType::f64}) {
    EXPECT_EQ(value(loss::nll(x, convert(t, type)))[0], -(3 + 4) / 2.) << name_of(type);
  }
  EXPECT_THAT(refusal([&] {
                loss::nll(x, numbers({1, 1.5})).forward();
              }),
              HasSubstr("position 1 is not a whole number"));
}

TEST(Loss, AClassOutOfRangeIsAnErrorWhenComputed) {
  const Var x = reshape(numbers({1, 2, 3, 4, 5, 6}), {2, 3});
  for (const std::int64_t bad : {-1, 3, -100}) {
    const std::string why = str("index ", bad, " at position 1 is outside [0, 3)");
    EXPECT_THAT(refusal([&] { loss::nll(x, classes({0, bad})).forward(); }), HasSubstr(why));
    EXPECT_THAT(refusal([&] { loss::cross_entropy(x, classes({0, bad})).forward(); }), HasSubstr(why));
  }
}

TEST(Loss, AClassThatCannotBeIsReportedInTheNameOfTheLoss) {
  const Var x = Var(Tensor::from<double>({1, 2, 3, 4, 5, 6}, {2, 3})).requires_grad(), weight = numbers({1, 2, 3});
  const Var bad = classes({0, 3}), half = numbers({1, 1.5});
  const auto gradient_of = [&](const Var& y) {
    const Var xs[] = {x};
    return grad(sum(y), xs)[0];
  };
  const std::string outside = ": index 3 at position 1 is outside [0, 3)";
  const std::string fraction = ": the value at position 1 is not a whole number";
  const std::pair<Var, std::string> cases[] = {
      {loss::nll(x, bad), "nll_loss" + outside},
      {loss::nll(x, bad, {.weight = weight}), "nll_loss" + outside},
      {loss::nll(x, half), "nll_loss" + fraction},
      {gradient_of(loss::nll(x, bad)), "nll_loss" + outside},
      {loss::cross_entropy(x, bad), "cross_entropy_loss" + outside},
      {loss::cross_entropy(x, bad, {.weight = weight, .label_smoothing = 0.1}), "cross_entropy_loss" + outside},
      {loss::cross_entropy(x, half), "cross_entropy_loss" + fraction},
      {gradient_of(loss::cross_entropy(x, bad)), "cross_entropy_loss" + outside},
      {cross_entropy(x, bad), "cross_entropy" + outside},
      {gradient_of(cross_entropy(x, bad)), "cross_entropy" + outside},
      {gather(x, reshape(bad, {2, 1}), 1), "gather" + outside},
      {embedding(x, classes({0, 2})), "embedding: index 2 at position 1 is outside [0, 2)"},
  };
  for (const auto& [y, expected] : cases) EXPECT_EQ(refusal([&, y = y] { y.forward(); }), expected);
}

TEST(Loss, IgnoredRowsAndClassWeightsChangeWhatTheMeanDividesBy) {
  const Var x = reshape(numbers({-1, -2, -3, -4, -5, -6, -7, -8, -9}), {3, 3}), t = classes({0, -100, 2});
  EXPECT_EQ(value(loss::nll(x, t, {.ignore_index = -100}))[0], (1 + 9) / 2.);
  const Var weight = numbers({1, 10, 3});
  EXPECT_EQ(value(loss::nll(x, t, {.weight = weight, .ignore_index = -100}))[0], (1 + 3 * 9) / 4.);
  EXPECT_EQ(value(loss::nll(x, t, {.reduction = Reduction::none, .weight = weight, .ignore_index = -100})),
            (std::vector<double>{1, 0, 27}));
}

TEST(Loss, CrossEntropyIsNllOfLogSoftmax) {
  const Var x = randn({4, 5, 3}, 1, DType::f64), t = reshape(classes({0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1}), {4, 3});
  const Var weight = numbers({1, 2, 3, 4, 5});
  for (const Reduction r : {Reduction::mean, Reduction::sum, Reduction::none}) {
    for (const Var& w : {Var(), weight}) {
      const std::vector<double> a = value(loss::cross_entropy(x, t, {.reduction = r, .weight = w}));
      const std::vector<double> b = value(loss::nll(log_softmax(x, 1), t, {.reduction = r, .weight = w}));
      for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-14);
    }
  }
}

TEST(Loss, SmoothedIndicesAreSmoothedProbabilities) {
  const Var x = randn({3, 4}, 1, DType::f64), t = classes({1, 3, 0});
  const Var rows = reshape(numbers({0, 1, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0}), {3, 4});
  const double a = value(loss::cross_entropy(x, t, {.label_smoothing = 0.2}))[0];
  EXPECT_NEAR(a, value(loss::cross_entropy(x, rows, {.label_smoothing = 0.2}))[0], 1e-14);
  const Var by_hand = rows * 0.8 + 0.05;
  EXPECT_NEAR(a, value(-sum(by_hand * log_softmax(x)) / 3.0)[0], 1e-14);
}

TEST(Loss, CosineAndTripletByTheirDefinitions) {
  const Var a = reshape(numbers({3, 4, 1, 0}), {2, 2}), b = reshape(numbers({4, 3, 1, 0}), {2, 2});
  const std::vector<double> v = value(loss::cosine_embedding(a, b, numbers({1, -1}), 0.25, Reduction::none));
  EXPECT_NEAR(v[0], 1 - 24. / 25, 1e-12);
  EXPECT_NEAR(v[1], 1 - 0.25, 1e-9);
  EXPECT_NEAR(value(loss::triplet_margin(a, b, zeros({2, 2}, DType::f64), 1, Reduction::none))[0], 0, 1e-6);
  EXPECT_NEAR(value(loss::triplet_margin(a, zeros({2, 2}, DType::f64), b, 1, Reduction::none))[0],
              5 - std::sqrt(2.) + 1, 1e-5);
}

TEST(Loss, WhatDoesNotFitIsRefusedWhenRecorded) {
  const Var x = zeros({2, 3}), t = zeros({2, 3});
  const std::pair<std::function<void()>, const char*> cases[] = {
      {[&] { loss::mse(x, zeros({3})); }, "mse_loss: target must have shape [2, 3], got [3]"},
      {[&] {
         loss::mse(x, zeros({2, 3}, DType::f64));
       },
       "mse_loss: target is f64"},
      {[&] { loss::mse(zeros({2}, DType::i64), t); }, "mse_loss: input must be f32 or f64, got i64"},
      {[&] {
         loss::mae(x, zeros({2, 1}));
       },
       "mae_loss: target must have shape [2, 3], got [2, 1]"},
      {[&] {
         loss::mae(x, zeros({2, 3}, DType::i32));
       },
       "mae_loss: target is i32"},
      {[&] { loss::mae(x, {}); }, "mae_loss: an operand is undefined"},
      {[&] { loss::bce(x, zeros({2})); }, "bce_loss: target must have shape"},
      {[&] {
         loss::bce(zeros({2, 3}, DType::boolean), t);
       },
       "bce_loss: input must be f32 or f64"},
      {[&] {
         loss::bce(x, zeros({2, 3}, DType::f64));
       },
       "bce_loss: target is f64"},
      {[&] {
         loss::bce_with_logits(x, zeros({1, 3}));
       },
       "bce_with_logits_loss: target must have shape"},
      {[&] {
         loss::bce_with_logits(x, zeros({2, 3}, DType::i64));
       },
       "bce_with_logits_loss: target is i64"},
      {[&] { loss::bce_with_logits({}, t); }, "bce_with_logits_loss: an operand is undefined"},
      {[&] {
         loss::kldiv(x, zeros({3, 2}));
       },
       "kldiv_loss: target must have shape"},
      {[&] {
         loss::kldiv(x, zeros({2, 3}, DType::f64));
       },
       "kldiv_loss: target is f64"},
      {[&] {
         loss::kldiv(zeros({2, 3}, DType::i32), t);
       },
       "kldiv_loss: input must be f32 or f64"},
      {[&] { loss::huber(x, t, 0); }, "huber_loss: delta must be above 0, is 0"},
      {[&] { loss::huber(x, t, -1); }, "huber_loss: delta must be above 0, is -1"},
      {[&] { loss::huber(x, zeros({6})); }, "huber_loss: target must have shape"},
      {[&] { loss::smooth_l1(x, t, -1); }, "smooth_l1_loss: beta must be at least 0, is -1"},
      {[&] { loss::smooth_l1(x, zeros({2})); }, "smooth_l1_loss: target must have shape"},
      {[&] {
         loss::smooth_l1(x, zeros({2, 3}, DType::f64));
       },
       "smooth_l1_loss: target is f64"},
      {[&] { loss::hinge(x, zeros({2})); }, "hinge_loss: target must have shape"},
      {[&] {
         loss::hinge(x, zeros({2, 3}, DType::i64));
       },
       "hinge_loss: target is i64"},
      {[&] { loss::hinge(zeros({2}, DType::boolean), t); }, "hinge_loss: input must be"},
      {[&] { loss::mape(x, zeros({2})); }, "mape_loss: target must have shape"},
      {[&] {
         loss::mape(x, zeros({2, 3}, DType::f64));
       },
       "mape_loss: target is f64"},
      {[&] { loss::mape(zeros({2}, DType::i32), t); }, "mape_loss: input must be"},
      {[&] { loss::poisson_nll(x, zeros({3})); }, "poisson_nll_loss: target must have shape"},
      {[&] {
         loss::poisson_nll(x, zeros({2, 3}, DType::i64));
       },
       "poisson_nll_loss: target is i64"},
      {[&] { loss::poisson_nll(zeros({2}, DType::i64), t); }, "poisson_nll_loss: input must be"},
      {[&] { loss::gaussian_nll(x, t, zeros({3})); }, "gaussian_nll_loss: variance must have shape"},
      {[&] { loss::gaussian_nll(x, zeros({3}), t); }, "gaussian_nll_loss: target must have shape"},
      {[&] {
         loss::gaussian_nll(x, t, zeros({2, 3}, DType::f64));
       },
       "gaussian_nll_loss: variance is f64"},
      {[&] { loss::focal(x, t, {.gamma = -1}); }, "focal_loss: gamma must be at least 0"},
      {[&] { loss::focal(x, zeros({3})); }, "focal_loss: target must have shape"},
      {[&] {
         loss::focal(x, zeros({2, 3}, DType::f64));
       },
       "focal_loss: target is f64"},
      {[&] {
         loss::cosine_embedding(x, zeros({2, 4}), zeros({2}));
       },
       "cosine_embedding_loss: b must have shape"},
      {[&] { loss::cosine_embedding(x, x, zeros({3})); }, "cosine_embedding_loss: target must have shape [2], got [3]"},
      {[&] {
         loss::cosine_embedding(zeros({1, 2, 3}), x, zeros({2}));
       },
       "cosine_embedding_loss: a must be"},
      {[&] { loss::triplet_margin(x, zeros({3}), x); }, "triplet_margin_loss: positive must have shape"},
      {[&] { loss::triplet_margin(zeros({}), zeros({}), zeros({})); }, "triplet_margin_loss: the anchor needs"},
      {[&] {
         loss::triplet_margin(x, x, zeros({2, 3}, DType::f64));
       },
       "triplet_margin_loss: negative is f64"},
      {[&] { loss::nll(x, zeros({3}, DType::i64)); }, "nll_loss: target must have shape [2]"},
      {[&] { loss::nll(x, t); }, "nll_loss: target must have shape [2], got [2, 3]"},
      {[&] { loss::nll(zeros({}), zeros({}, DType::i64)); }, "nll_loss: input must be [N, C, ...] or [C], got []"},
      {[&] { loss::nll(x, zeros({2}, DType::boolean)); }, "nll_loss: target must hold class indices, got bool"},
      {[&] { loss::nll(x, zeros({2}), {.weight = zeros({2})}); }, "nll_loss: weight must have shape [3], got [2]"},
      {[&] { loss::nll(x, zeros({2}), {.label_smoothing = 0.1}); }, "label_smoothing belongs to cross_entropy"},
      {[&] {
         loss::cross_entropy(x, zeros({3, 2}));
       },
       "cross_entropy_loss: target must have shape [2]"},
      {[&] { loss::cross_entropy(x, zeros({2}), {.label_smoothing = 2}); }, "label_smoothing must be in [0, 1], is 2"},
      {[&] {
         loss::cross_entropy(zeros({2, 3}, DType::i64), zeros({2}));
       },
       "cross_entropy_loss: input must be"},
  };
  for (const auto& [call, message] : cases) EXPECT_THAT(refusal(call), HasSubstr(message));
}

}  // namespace
}  // namespace neuro
