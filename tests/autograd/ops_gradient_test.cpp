// Every derivative, against difference quotients in f64.
#include <map>

#include "neuro/gradcheck.h"
#include "op_sweep.h"

namespace neuro {
namespace {

// The quotient itself is good to about 1e-9 of the largest entry.
constexpr double kTolerance = 1e-6;

class EveryOp : public ::testing::TestWithParam<const OpDef*> {};
INSTANTIATE_TEST_SUITE_P(Ops, EveryOp, ::testing::ValuesIn(op_defs().begin(), op_defs().end()), sweep::name);

TEST_P(EveryOp, SaysWhereItComesFromAndHowToTryIt) {
  const OpDef& op = *GetParam();
  EXPECT_STRNE(op.source, "");
  ASSERT_NE(op.samples, nullptr);
  EXPECT_GE(op.samples().size(), 20u);
  if (op.elementwise != nullptr) {
    EXPECT_NE(kernels::table().find(op.elementwise), nullptr) << op.elementwise;
  } else if (op.expand == nullptr) {
    EXPECT_NE(op.infer, nullptr);
    EXPECT_NE(op.forward == nullptr, op.view == nullptr) << "either computes or views";
  }
}

/// Why an operation has no samples of some kind; null when it must have them.
const char* why_not(std::string_view op, std::string_view kind) {
  if (op == "dropout_mask") return "its only operand is the state of the generator";
  if (op == "chunks" && kind == "empty") return "blocks have elements";
  return nullptr;
}

TEST_P(EveryOp, IsTriedOnEmptySingleOddStridedAndBroadcastOperands) {
  const OpDef& op = *GetParam();
  std::map<std::string, bool> tried{{"empty", false}, {"of size 1", false}, {"prime", false}, {"strided", false}};
  if (op.elementwise != nullptr && kernels::table().find(op.elementwise)->arity > 1) tried["broadcast"] = false;
  for (const Sample& s : op.samples()) {
    for (const SampleInput& in : s.in) {
      if (in.strided) tried["strided"] = true;
      if (in.shape != s.in[0].shape && tried.count("broadcast") > 0) tried["broadcast"] = true;
      for (const std::int64_t d : in.shape) {
        if (d == 0) tried["empty"] = true;
        if (d == 1) tried["of size 1"] = true;
        if (d == 3 || d == 5 || d == 7 || d == 11 || d == 13 || d == 17 || d == 31 || d == 127) tried["prime"] = true;
      }
    }
  }
  for (const auto& [kind, yes] : tried) {
    EXPECT_TRUE(yes || why_not(op.name, kind) != nullptr) << "no operand of its samples is " << kind;
  }
}

TEST_P(EveryOp, GradientEqualsDifferenceQuotient) {
  const OpDef& op = *GetParam();
  if (op.overwrites != nullptr) GTEST_SKIP() << "changes its operands";
  for (const Sample& sample : op.samples()) {
    const Gradcheck worst = gradcheck([&](std::span<const Var> in) { return sweep::apply(op, sample, in); },
                                      sweep::draw(sample, DType::f64));
    EXPECT_LE(worst.error, kTolerance) << sweep::text(sample) << ": " << worst.text();
  }
}

TEST_P(EveryOp, SecondDerivativeEqualsDifferenceQuotient) {
  const OpDef& op = *GetParam();
  if ((op.vjp == nullptr && op.expand == nullptr) || op.second_order == SecondOrder::none) GTEST_SKIP() << "has none";
  for (const Sample& sample : op.samples()) {
    std::int64_t elements = 0;
    for (const SampleInput& in : sample.in) elements += in.shape.elements();
    if (elements > 200) continue;  // a quotient for each element, of a graph three times as long
    const Gradcheck worst = gradcheck_second([&](std::span<const Var> in) { return sweep::apply(op, sample, in); },
                                             sweep::draw(sample, DType::f64));
    EXPECT_LE(worst.error, kTolerance) << sweep::text(sample) << ": " << worst.text();
  }
}

TEST(Gradcheck, FindsAWrongDerivative) {
  // detach() hides one of the two factors of x * x: the derivative comes out as half of what it is.
  const Var x = Var(Tensor::from<double>({1, -2, 3}, {3})).requires_grad();
  const auto wrong = [](std::span<const Var> in) { return std::vector<Var>{in[0] * in[0].detach()}; };
  EXPECT_NEAR(gradcheck(wrong, std::span(&x, 1)).error, 0.5, 1e-6);
  const auto right = [](std::span<const Var> in) { return std::vector<Var>{in[0] * in[0]}; };
  EXPECT_LE(gradcheck(right, std::span(&x, 1)).error, 1e-10);
  EXPECT_LE(gradcheck_second(right, std::span(&x, 1)).error, 1e-10);
}

TEST(Gradcheck, RestoresTheInputs) {
  const Var x = Var(Tensor::from<double>({1, -2, 3}, {3})).requires_grad();
  gradcheck([](std::span<const Var> in) { return std::vector<Var>{exp(in[0])}; }, std::span(&x, 1));
  EXPECT_EQ(x.data().to_vector(), (std::vector<double>{1, -2, 3}));
}

}  // namespace
}  // namespace neuro
