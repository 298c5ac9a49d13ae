#include "neuro/loss.h"

#include <gtest/gtest.h>

#include <cmath>

#include "golden.h"
#include "neuro/error.h"
#include "neuro/ops.h"

namespace neuro {
namespace {

Var leaf(std::initializer_list<float> values, const Shape& shape) { return Var(Tensor::from(values, shape)); }
Var indices(std::initializer_list<std::int64_t> values, const Shape& shape) { return Var(Tensor::from(values, shape)); }

double value(const Var& v) {
  v.forward();
  return v.item();
}
double metric(const Loss& loss, const Var& output, const Var& target) {
  return value(loss.metrics(output, target).at(0).second);
}

TEST(Losses, MeansOfDifferences) {
  const Var y = leaf({1, 2, 3, 5}, Shape{2, 2}), t = leaf({1, 4, 3, 2}, Shape{2, 2});
  EXPECT_FLOAT_EQ(static_cast<float>(value(make_mse()->compute(y, t))), 13.f / 4);  // (0 + 4 + 0 + 9) / 4
  EXPECT_FLOAT_EQ(static_cast<float>(value(make_mae()->compute(y, t))), 5.f / 4);
  EXPECT_FLOAT_EQ(static_cast<float>(value(make_mse()->compute(y, indices({1, 4, 3, 2}, Shape{2, 2})))), 13.f / 4);
}

TEST(Losses, HuberIsQuadraticUpToADifferenceOfOne) {
  const Var y = leaf({1, 2, 3, 5}, Shape{2, 2}), t = leaf({1, 2.5, 2, 2}, Shape{2, 2});
  EXPECT_FLOAT_EQ(static_cast<float>(value(make_huber()->compute(y, t))), (0.125f + 0.5f + 2.5f) / 4);
}

TEST(Losses, BinaryCrossEntropyOfLogits) {
  const Var x = leaf({-100, 1, 2}, Shape{3, 1}), t = leaf({1, 0, 1}, Shape{3, 1});
  const double want = (100 + std::log1p(std::exp(1.0)) + std::log1p(std::exp(-2.0))) / 3;
  const auto loss = make_bce_logits();
  EXPECT_NEAR(value(loss->compute(x, t)), want, 1e-5);
  EXPECT_NEAR(value(loss->compute(sigmoid(x), t)), want, 1e-5);  // a sigmoid at the end is not applied twice
  EXPECT_NEAR(metric(*loss, x, t), 1. / 3, 1e-6);
  EXPECT_NEAR(metric(*loss, sigmoid(x), t), 1. / 3, 1e-6);
}

TEST(Losses, NllOfLogProbabilities) {
  const Var x = leaf({1, 2, 3, 1, 1, 1}, Shape{2, 3}), t = indices({1, 0}, Shape{2});
  const double want = (std::log(std::exp(1.0) + std::exp(2.0) + std::exp(3.0)) - 2 + std::log(3.0)) / 2;
  const auto loss = make_nll();
  EXPECT_NEAR(value(loss->compute(log_softmax(x), t)), want, 1e-6);
  EXPECT_NEAR(value(loss->compute(softmax(x), t)), want, 1e-6);  // its logarithm is taken
  EXPECT_EQ(value(loss->compute(x, t)), -(2 + 1) / 2.);
  EXPECT_EQ(metric(*loss, x, indices({2, 1}, Shape{2})), 0.5);
}

TEST(Losses, BinaryCrossEntropyOfProbabilities) {
  const Var p = leaf({0.25f, 0.5f}, Shape{2, 1}), t = leaf({1, 0}, Shape{2, 1});
  EXPECT_NEAR(value(make_bce()->compute(p, t)), (std::log(4.0) + std::log(2.0)) / 2, 1e-6);
  EXPECT_EQ(metric(*make_bce(), p, t), 0.5);
}

TEST(Losses, BinaryCrossEntropyIsClampedAt100WithAFiniteGradient) {
  const Var p = leaf({0, 1}, Shape{2, 1}).requires_grad(), t = leaf({1, 0}, Shape{2, 1});
  const Var loss = make_bce()->compute(p, t);
  EXPECT_EQ(value(loss), 100);
  loss.backward();
  for (const double g : p.grad().to_vector()) EXPECT_TRUE(std::isfinite(g));
}

TEST(Losses, ASigmoidAtTheEndIsTakenIntoTheLoss) {
  // -log sigmoid(-100) = 100 and -log(1 - sigmoid(1)) = log(1 + e): the sigmoid itself would have rounded to 0.
  const Var x = leaf({-100, 1}, Shape{2, 1}).requires_grad(), t = leaf({1, 0}, Shape{2, 1});
  const Var y = sigmoid(x);
  EXPECT_EQ(ending_of(y), Ending::sigmoid);
  const Var loss = make_bce()->compute(y, t);
  EXPECT_NEAR(value(loss), (100 + std::log1p(std::exp(1.0))) / 2, 1e-5);
  loss.backward();
  EXPECT_NEAR(x.grad().to_vector()[0], -0.5, 1e-6);  // (sigmoid(x) - t) / 2
}

TEST(Losses, CrossEntropyOfIndicesAndOfProbabilities) {
  const Var x = leaf({1, 2, 3, 1, 1, 1}, Shape{2, 3});
  const double z = std::exp(1.0) + std::exp(2.0) + std::exp(3.0);
  const double want = (std::log(z) - 2 + std::log(3.0)) / 2;
  const auto loss = make_cross_entropy();
  EXPECT_NEAR(value(loss->compute(x, indices({1, 0}, Shape{2}))), want, 1e-6);
  EXPECT_NEAR(value(loss->compute(x, indices({1, 0}, Shape{2, 1}))), want, 1e-6);  // lists of one
  EXPECT_NEAR(value(loss->compute(x, leaf({1, 0}, Shape{2}))), want, 1e-6);        // whole numbers written as floats
  EXPECT_NEAR(value(loss->compute(x, leaf({0, 1, 0, 1, 0, 0}, Shape{2, 3}))), want, 1e-6);
  EXPECT_EQ(metric(*loss, x, indices({2, 1}, Shape{2})), 0.5);  // the second row's largest is its first
  EXPECT_EQ(metric(*loss, x, leaf({0, 0, 1, 1, 0, 0}, Shape{2, 3})), 1);
}

TEST(Losses, CrossEntropyOverPositionsIsTheMeanOfAllOfThem) {
  const Var x = leaf({0, 0, 0, 0, 1, 3, 2, 2}, Shape{1, 4, 2});
  const double want = (std::log(2.0) * 3 + std::log1p(std::exp(-2.0))) / 4;
  EXPECT_NEAR(value(make_cross_entropy()->compute(x, indices({0, 1, 1, 0}, Shape{1, 4}))), want, 1e-6);
}

TEST(Losses, ASoftmaxAtTheEndIsNotAppliedTwice) {
  const Var x = leaf({1, 2, 3}, Shape{1, 3}), t = indices({2}, Shape{1});
  const Var y = softmax(x);
  EXPECT_EQ(ending_of(y), Ending::softmax);
  EXPECT_EQ(ending_of(softmax(leaf({1, 2, 3, 4}, Shape{2, 2}), 0)), Ending::plain);
  EXPECT_NEAR(value(make_cross_entropy()->compute(y, t)), value(make_cross_entropy()->compute(x, t)), 1e-7);
}

// ---- the rules ----

LossEvidence evidence(const Shape& in, const Shape& out, Ending ending = Ending::plain) {
  return {{in}, out, "[batch, " + out.text().substr(1), ending, {}};
}

/// The rule and the loss that are chosen for these targets, or the messages.
std::string chosen(LossEvidence e, Tensor target) {
  const std::int64_t rows = target.shape()[0];
  const auto data = make_tensor_loader({Tensor::zeros(Shape{rows, 1}), std::move(target)}, {});
  e.target = data->columns().back();
  Diagnostics diags;
  const auto choice = infer_loss(e, *data, diags);
  return choice ? choice->rule + " " + choice->loss : render(diags);
}

TEST(LossRules, TheTableOfTheProduct) {
  const auto ints = [](std::initializer_list<std::int64_t> v, const Shape& s) { return Tensor::from(v, s); };
  const auto floats = [](std::initializer_list<float> v, const Shape& s) { return Tensor::from(v, s); };
  EXPECT_EQ(chosen(evidence({5}, {5, 9}), Tensor::zeros(Shape{2, 5}, DType::i64)), "R1 cross_entropy");
  EXPECT_EQ(chosen(evidence({1, 8, 8}, {10}), ints({3, 4}, {2})), "R2 cross_entropy");
  EXPECT_EQ(chosen(evidence({784}, {10}), ints({3, 4}, {2})), "R3 cross_entropy");
  EXPECT_EQ(chosen(evidence({784}, {10}), ints({3, 4}, {2, 1})), "R3 cross_entropy");
  EXPECT_EQ(chosen(evidence({784}, {10}), floats({3, 4}, {2})), "R3 cross_entropy");  // classes written 3.0 and 4.0
  EXPECT_EQ(chosen(evidence({4}, {3}), floats({0.5f, 0.25f, 0.25f, 0, 0, 1}, {2, 3})), "R3b cross_entropy");
  EXPECT_EQ(chosen(evidence({4}, {2}, Ending::sigmoid), floats({0, 1, 1, 0}, {2, 2})), "R4 bce");
  EXPECT_EQ(chosen(evidence({4}, {2}), floats({1, 1, 0, 0}, {2, 2})), "R5 mse");
  EXPECT_EQ(chosen(evidence({2}, {1}, Ending::sigmoid), floats({0, 1}, {2, 1})), "R5 mse");  // XOR, the seed's rule
  EXPECT_EQ(chosen(evidence({2}, {1}), ints({0, 7}, {2, 1})), "R5 mse");
  EXPECT_EQ(chosen(evidence({2}, {4, 4}), Tensor::zeros(Shape{2, 4, 4})), "R5 mse");
}

TEST(LossRules, BinaryTargetsBehindASigmoidGetAHint) {
  auto data = make_tensor_loader({Tensor::zeros(Shape{2, 1}), Tensor::from({0.f, 1.f}, Shape{2, 1})}, {});
  LossEvidence e = evidence({2}, {1}, Ending::sigmoid);
  e.target = data->columns().back();
  Diagnostics diags;
  ASSERT_EQ(infer_loss(e, *data, diags)->notes.size(), 1u);
}

class TargetMessages : public testing::Test {
 protected:
  std::unique_ptr<DataLoader> rows(const std::string& text) {
    test::write_text(dir_ / "rows.jsonl", text);
    return open_jsonl(dir_ / "rows.jsonl", {.fields = {{{"input"}}, {{"target"}}}});
  }
  std::string inferred(const Shape& in, const Shape& out, const std::string& text) {
    const auto data = rows(text);
    LossEvidence e = evidence(in, out);
    e.target = data->columns().back();
    Diagnostics diags;
    EXPECT_FALSE(infer_loss(e, *data, diags));
    return render(diags);
  }
  std::string checked(const Loss& loss, const Shape& out, const std::string& text) {
    const auto data = rows(text);
    Diagnostics diags;
    loss.check(out, data->columns().back(), *data, diags);
    return render(diags);
  }
  test::TempDir dir_;
};

TEST_F(TargetMessages, ReadWell) {
  const auto expect = [&](const char* name, const std::string& text) { test::expect_golden(name, text, dir_.path()); };
  expect("target_would_broadcast", inferred({2}, {1}, "{\"input\": [0.0, 1.0], \"target\": 1.0}\n"));
  expect("target_no_loss_fits", inferred({2}, {3}, "{\"input\": [0.0, 1.0], \"target\": [1.0, 2.0]}\n"));
  expect(
      "target_out_of_range",
      checked(
          *make_cross_entropy(), {3},
          "{\"input\": [0.0], \"target\": 1}\n{\"input\": [0.0], \"target\": 2}\n{\"input\": [0.0], \"target\": 3}\n"));
  expect("target_negative", checked(*make_cross_entropy(), {3},
                                    "{\"input\": [0.0], \"target\": 1}\n{\"input\": [0.0], \"target\": -1}\n"));
  expect("target_not_whole", checked(*make_cross_entropy(), {3}, "{\"input\": [0.0], \"target\": 1.5}\n"));
  expect("target_not_a_probability",
         checked(*make_bce(), {1}, "{\"input\": [0.0], \"target\": [0.5]}\n{\"input\": [0.0], \"target\": [1.5]}\n"));
  expect("target_shape", checked(*make_mse(), {1}, "{\"input\": [0.0], \"target\": [0.5, 1.0]}\n"));
  expect("target_scalar_for_mse", checked(*make_mse(), {1}, "{\"input\": [0.0], \"target\": 0.5}\n"));
  expect("target_shape_of_classes", checked(*make_cross_entropy(), {3}, "{\"input\": [0.0], \"target\": [0, 1]}\n"));
  expect("target_one_class", checked(*make_cross_entropy(), {1}, "{\"input\": [0.0], \"target\": 0}\n"));
  expect("target_probabilities_for_nll", checked(*make_nll(), {2}, "{\"input\": [0.0], \"target\": [0.5, 0.5]}\n"));
}

}  // namespace
}  // namespace neuro
