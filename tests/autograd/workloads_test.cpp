// The original's example programs (spec: autograd.md, section 10). The quickstart is tests/train/quickstart_test.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "neuro/ops.h"

namespace neuro {
namespace {

using ::testing::Each;

TEST(Workloads, FullPrintsAsTheDocumentationShows) {
  std::ostringstream out;
  out << full({2, 2}, 5);
  EXPECT_EQ(out.str(), "[[5, 5],\n [5, 5]]");
}

TEST(Workloads, AChainOfProductsGivesANumber) {
  manual_seed(1);
  const Var x = rand({5}), a = rand({5, 5});
  const Var y = x.vm(a).vv(x);
  EXPECT_EQ(y.shape(), Shape{});
  y.forward();
  double expected = 0;
  for (std::size_t i = 0; i < 5; ++i) {
    for (std::size_t j = 0; j < 5; ++j) {
      expected += x.data().to_vector()[i] * a.data().to_vector()[i * 5 + j] * x.data().to_vector()[j];
    }
  }
  EXPECT_NEAR(y.item(), expected, 1e-6 * expected);
}

TEST(Workloads, LeavesKeepTheGradientsOfAScopeThatHasEnded) {
  // h = x w^T + b: the gradient of b counts the rows, that of w holds the column sums of x.
  const Var w = rand({3, 3}).requires_grad(), b = rand({3}).requires_grad();
  const Var x = rand({10, 3});
  {
    const Var h = x.mm(w.t()) + b;
    h.forward();
    h.backward(1);
  }
  EXPECT_THAT(b.grad().to_vector(), Each(10));
  const std::vector<double> xs = x.data().to_vector(), gw = w.grad().to_vector();
  for (std::size_t j = 0; j < 3; ++j) {
    double column = 0;
    for (std::size_t i = 0; i < 10; ++i) column += xs[i * 3 + j];
    for (std::size_t o = 0; o < 3; ++o) EXPECT_NEAR(gw[o * 3 + j], column, 1e-5);
  }
}

TEST(Workloads, ThreeLayersHaveSixParametersAndOneMoreForAnExtraLeaf) {
  std::vector<Var> parameters;
  const auto layer = [&](const Var& in, std::int64_t outputs) {
    const Var weight = randn({outputs, in.shape()[1]}).requires_grad(), bias = zeros({outputs}).requires_grad();
    parameters.insert(parameters.end(), {weight, bias});
    return in.mm_t(weight) + bias;
  };
  const auto mlp = [&](const Var& x) { return layer(layer(layer(x, 30).relu(), 35).relu(), 5); };
  const Var x = rand({200, 25}), out = mlp(x);
  EXPECT_EQ(out.shape(), (Shape{200, 5}));
  ASSERT_EQ(out.parameters().size(), 6u);
  for (std::size_t i = 0; i < 6; ++i) EXPECT_TRUE(out.parameters()[i].same(parameters[i])) << i;

  const Var extra = rand({25}).requires_grad(), shifted = mlp(x + extra);
  EXPECT_EQ(shifted.parameters().size(), 7u);
  shifted.forward();
  shifted.backward();
  for (const Var& p : shifted.parameters()) EXPECT_EQ(p.grad().shape(), p.shape());
}

TEST(Workloads, RebuildingAHandleInALoopMultipliesAndDifferentiatesExactly) {
  const Var x = full({}, 1).requires_grad();
  Var y = x;
  for (int i = 0; i < 5; ++i) y = y * 4.0;
  y.forward();
  y.backward();
  EXPECT_EQ(y.item(), 1024);
  EXPECT_EQ(x.grad().item(), 1024);
}

}  // namespace
}  // namespace neuro
