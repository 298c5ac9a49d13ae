// Var semantics (spec: autograd.md, sections 1 and 10).
#include "neuro/var.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "neuro/error.h"
#include "neuro/ops.h"

namespace neuro {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

Var leaf(std::initializer_list<float> values, const Shape& shape) { return Var(Tensor::from<float>(values, shape)); }

TEST(Var, NothingIsComputedBeforeForward) {
  const Var y = leaf({1, 2}, {2}) * 2.0;
  EXPECT_THROW(y.data(), Error);
  y.forward();
  EXPECT_THAT(y.data().to_vector(), ElementsAre(2, 4));
}

TEST(Var, SecondForwardSeesChangedLeaves) {
  const Var x = leaf({1, 2}, {2});
  const Var y = x * 2.0, z = y + 1.0;
  z.forward();
  EXPECT_THAT(z.data().to_vector(), ElementsAre(3, 5));
  x.data().data<float>()[0] = 10;
  x.touch();
  z.forward();
  EXPECT_THAT(z.data().to_vector(), ElementsAre(21, 5));
  EXPECT_THAT(y.data().to_vector(), ElementsAre(20, 4)) << "a held ancestor is computed again, too";
}

TEST(Var, AnotherHandleReusesWhatHasRun) {
  const Var x = leaf({1, 2}, {2});
  const Var y = x * 2.0;
  y.forward();
  x.data().data<float>()[0] = 10;
  const Var z = y + 1.0;
  z.forward();
  EXPECT_THAT(z.data().to_vector(), ElementsAre(3, 5));
}

TEST(Var, ScopeExampleOfTheSpecification) {
  // h = x w^T + b: the gradient of b counts the rows, that of w holds the column sums of x.
  const Var w = rand({3, 3}, 1).requires_grad(), b = rand({3}, 2).requires_grad();
  const Var x = rand({10, 3}, 3);
  {
    const Var h = mm(x, t(w)) + b;
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

TEST(Var, RebuildingAHandleInALoopMultipliesAndDifferentiatesExactly) {
  const Var x = leaf({1}, {}).requires_grad();
  Var y = x;
  for (int i = 0; i < 5; ++i) y = y * 4.0;
  y.forward();
  y.backward();
  EXPECT_EQ(y.item(), 1024);
  EXPECT_EQ(x.grad().item(), 1024);
}

TEST(Var, LeavesAccumulateAndInteriorGradientsStartAfresh) {
  const Var x = leaf({3}, {}).requires_grad();
  const Var h = square(x).retain_grad();
  const Var y = h * 2.0;
  y.forward();
  y.backward();
  y.backward();
  EXPECT_EQ(x.grad().item(), 24);
  EXPECT_EQ(h.grad().item(), 2);
  x.zero_grad();
  EXPECT_EQ(x.grad().item(), 0);
}

TEST(Var, RetainedGradientsAreMemoryOfTheirOwn) {
  const Var x = Var(Tensor::full({2}, 3)).requires_grad();
  const Var a = (x * 2.0).retain_grad(), b = (x * 5.0).retain_grad(), y = a + b;  // the same gradient reaches both
  y.forward();
  y.backward();
  a.zero_grad();
  EXPECT_THAT(a.grad().to_vector(), ElementsAre(0, 0));
  EXPECT_THAT(b.grad().to_vector(), ElementsAre(1, 1));
}

TEST(Var, DiamondCountsEveryPathOnce) {
  const Var x = leaf({3}, {}).requires_grad();
  const Var a = x * 2.0, y = a * a + a;  // 4 x^2 + 2 x
  y.forward();
  y.backward();
  EXPECT_EQ(x.grad().item(), 8 * 3 + 2);
}

TEST(Var, SecondDerivativeOfACube) {
  const Var x = leaf({2}, {}).requires_grad();
  const Var y = powi(x, 3);
  const Var xs[] = {x};
  const Var g = grad(y, xs)[0], gg = grad(g, xs)[0], ggg = grad(gg, xs)[0];
  ggg.forward();
  gg.forward();
  g.forward();
  EXPECT_FLOAT_EQ(static_cast<float>(g.item()), 12);
  EXPECT_FLOAT_EQ(static_cast<float>(gg.item()), 12);
  EXPECT_FLOAT_EQ(static_cast<float>(ggg.item()), 6);
}

TEST(Var, ParametersAreListedOnceInOrderOfFirstUse) {
  const Var w = leaf({1}, {}).requires_grad(), b = leaf({2}, {}).requires_grad(), x = leaf({3}, {});
  const Var y = (x * w + b) * w;
  const std::vector<Var> p = y.parameters();
  ASSERT_EQ(p.size(), 2u);
  EXPECT_TRUE(p[0].same(w));
  EXPECT_TRUE(p[1].same(b));
}

TEST(Var, MisuseIsRefusedWithTheReason) {
  const Var x = leaf({1, 2}, {2}), w = leaf({1, 2}, {2}).requires_grad();
  const Var y = x * w;
  EXPECT_THROW(y.backward(), Error) << "backward before forward";
  EXPECT_THROW(y.requires_grad(), Error) << "requires_grad on a result";
  EXPECT_THROW(x.grad(), Error);
  EXPECT_THROW((x * 2.0).backward(), Error) << "nothing differentiable";
  EXPECT_THROW(Var(Tensor::zeros({2}, DType::i64)).requires_grad(), Error);
  y.forward();
  w.touch();
  EXPECT_THROW(y.backward(), Error) << "a leaf was written between forward and backward";
}

TEST(Var, NoGradRecordsValuesOnly) {
  const Var w = leaf({2}, {}).requires_grad();
  const auto y = [&] {
    const NoGrad off;
    return w * 3.0;
  }();
  EXPECT_FALSE(y.differentiable());
  EXPECT_TRUE((w * 3.0).differentiable());
}

TEST(Var, DetachCutsHistory) {
  const Var w = leaf({2}, {}).requires_grad();
  const Var y = (w * 3.0).detach() * w;
  y.forward();
  y.backward();
  EXPECT_EQ(w.grad().item(), 6);
}

TEST(Var, AMillionNodesAreReleasedWithoutRecursion) {
  Var x = leaf({1}, {});
  for (int i = 0; i < 300'000; ++i) x = x + 1.0;
  x = Var();
}

}  // namespace
}  // namespace neuro
