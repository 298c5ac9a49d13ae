// Var semantics (spec: autograd.md, sections 1 and 10).
#include "neuro/var.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <sstream>
#include <thread>

#include "neuro/error.h"
#include "neuro/op.h"
#include "neuro/ops.h"

namespace neuro {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Var leaf(std::initializer_list<float> values, const Shape& shape) { return Var(Tensor::from<float>(values, shape)); }

/// The message of the Error that `f` throws, or nothing.
template <class F>
std::string refusal(F&& f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Var, AnUndefinedOneHasNoParameters) { EXPECT_THROW(Var().parameters(), Error); }

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

TEST(Var, AnAncestorThatSomebodyHoldsNeedsNoForwardOfItsOwn) {
  const Var x = leaf({3}, {}).requires_grad();
  const Var y = square(x), z = y * 2.0;
  z.forward();
  EXPECT_EQ(y.item(), 9);
  y.backward();
  EXPECT_EQ(x.grad().item(), 6);
  y.forward();  // its first: nothing to do
  EXPECT_EQ(y.item(), 9);
}

TEST(Var, WritingALeafThroughDataMutIsNoticed) {
  const Var x = leaf({3}, {}).requires_grad();
  const Var y = square(x);
  y.forward();
  x.data_mut().data<float>()[0] = 5;
  EXPECT_THAT(refusal([&] { y.backward(); }), HasSubstr("call forward() again"));
  y.forward();
  y.backward();
  EXPECT_EQ(x.grad().item(), 10);
  EXPECT_THROW(y.data_mut(), Error) << "only leaves are written";
  EXPECT_THROW(constant(2).data_mut(), Error) << "plans have its value folded in";
  EXPECT_THROW(placeholder({2}).data_mut(), Error);
}

TEST(Var, AGradientNeverMixesValuesOfBeforeAndAfterAWrite) {
  const Var x = leaf({3}, {}).requires_grad(), other = leaf({2}, {}).requires_grad();
  const Var y = square(x);
  y.forward();
  x.data_mut().data<float>()[0] = 5;
  const Var z = y * x;  // y is still 9
  z.forward();
  EXPECT_THROW(z.backward(), Error);
  const Var unconcerned = square(other);
  unconcerned.forward();
  unconcerned.backward();
  EXPECT_EQ(other.grad().item(), 4) << "a write elsewhere spoils nothing";
}

TEST(Var, ItemIsTheOnlyElement) {
  EXPECT_EQ(leaf({7}, {}).item(), 7);
  EXPECT_EQ(leaf({7}, {1, 1}).item(), 7);
  EXPECT_THROW(leaf({1, 2}, {2}).item(), Error);
  EXPECT_THROW((leaf({1}, {}) + 1.0).item(), Error) << "before forward()";
  EXPECT_THROW(Var().item(), Error);
}

TEST(Var, BackwardTakesANumberOrATensor) {
  const Var x = leaf({1, 2}, {2}).requires_grad();
  const Var y = square(x);
  y.forward();
  y.backward(3);
  EXPECT_THAT(x.grad().to_vector(), ElementsAre(6, 12));
  x.zero_grad();
  y.backward(Tensor::from<float>({1, 10}, {2}));
  EXPECT_THAT(x.grad().to_vector(), ElementsAre(2, 40));
  EXPECT_THROW(y.backward(Tensor::zeros({3})), Error);
  EXPECT_THROW(y.backward(Tensor::zeros({2}, DType::f64)), Error);
  EXPECT_THROW(y.backward(Tensor()), Error);
  EXPECT_THAT(x.grad().to_vector(), ElementsAre(2, 40)) << "a refused backward() changes nothing";
}

TEST(Var, ALeafIsItsOwnGraph) {
  const Var x = leaf({1, 2}, {2}).requires_grad();
  x.forward();
  x.backward(5);
  EXPECT_THAT(x.grad().to_vector(), ElementsAre(5, 5));
}

TEST(Var, ARetainedGradientBelongsToItsOutput) {
  static constexpr OpDef twice_def{
      .name = "twice",  // two copies of its input
      .infer = [](const Infer& c) -> std::vector<ValueInfo> {
        return {c.in[0], c.in[0]};
      },
      .forward =
          [](const Call& c) noexcept {
            for (const Operand& out : c.out) std::copy_n(c.in[0].as<float>(), out.size(), out.as<float>());
          },
      .vjp = [](const Vjp& v) { return Grads{v.gy[0] + v.gy[1]}; },
  };
  const Var x = leaf({1, 2, 3, 4}, {2, 2}).requires_grad();
  const std::vector<Var> parts = record_all(twice_def, std::vector<Var>{x});
  const Var second = parts[1].retain_grad();
  const Var y = sum(parts[0] * 10.0) + sum(second * 100.0);
  y.forward();
  y.backward();
  EXPECT_THAT(second.grad().to_vector(), Each(100));
  EXPECT_THROW(parts[0].grad(), Error) << "the other output was not marked";
  parts[0].retain_grad();
  y.backward();
  EXPECT_THAT(parts[0].grad().to_vector(), Each(10));
  EXPECT_THAT(second.grad().to_vector(), Each(100));
  EXPECT_THAT(x.grad().to_vector(), Each(220));
}

TEST(Var, GradientsOfAGraphCanBeSwitchedOff) {
  const Var x = leaf({3}, {}).requires_grad();
  const Var h = square(x).retain_grad(), y = h * 2.0;
  y.forward();
  y.backward();
  y.no_grad();
  EXPECT_THAT(refusal([&] { h.grad(); }), HasSubstr("with_grad()"));
  EXPECT_THAT(refusal([&] { y.backward(); }), HasSubstr("with_grad()"));
  EXPECT_EQ(x.grad().item(), 12) << "leaves keep theirs";
  y.forward();
  EXPECT_EQ(y.item(), 18) << "values are still computed";
  y.with_grad();
  EXPECT_EQ(h.grad().item(), 0) << "made anew";
  y.backward();
  EXPECT_EQ(h.grad().item(), 2);
  EXPECT_EQ(x.grad().item(), 24);
  EXPECT_THROW(leaf({1}, {}).no_grad(), Error);
  EXPECT_THROW((leaf({1}, {}) * 2.0).with_grad(), Error);
}

TEST(Var, GradientsAreRefusedWhereThereAreNoneAndTheMessageSaysWhy) {
  const Var w = leaf({2}, {}).requires_grad(), x = leaf({3}, {}), y = w * x;
  EXPECT_EQ(w.grad().item(), 0) << "zeros from the start";
  EXPECT_THAT(refusal([&] { x.grad(); }), HasSubstr("requires_grad()"));
  EXPECT_THAT(refusal([&] { y.grad(); }), HasSubstr("retain_grad()"));
  EXPECT_THAT(refusal([&] { y.zero_grad(); }), HasSubstr("retain_grad()"));
  EXPECT_THAT(refusal([&] { x.retain_grad(); }), HasSubstr("not differentiable"));
  y.retain_grad();
  EXPECT_THAT(refusal([&] { y.grad(); }), HasSubstr("backward()"));
  w.grad_mut().data<float>()[0] = 8;
  EXPECT_EQ(w.grad().item(), 8) << "grad_mut() is the gradient's own memory";
}

TEST(Var, DifferentiatingByAnUnmarkedLeafIsAnError) {
  const Var x = leaf({3}, {}), w = leaf({2}, {}).requires_grad(), apart = leaf({1}, {}).requires_grad();
  const Var y = w * x;
  EXPECT_THAT(refusal([&] { grad(y, std::vector<Var>{w, x}); }), HasSubstr("value 1 "));
  EXPECT_THROW(grad(y, std::vector<Var>{Var()}), Error);
  const Var zero = grad(y, std::vector<Var>{apart})[0];
  zero.forward();
  EXPECT_EQ(zero.item(), 0) << "what y does not depend on";
  EXPECT_THROW(grad(y, std::vector<Var>{w}, leaf({1, 1}, {2})), Error) << "a seed of another shape";
}

TEST(Var, OneDifferentiableOperandMakesTheResultDifferentiable) {
  const Var a = rand({3, 3}, 1), v = rand({3}, 2), image = rand({1, 1, 3, 3}, 3);
  const Var da = rand({3, 3}, 4).requires_grad(), dv = rand({3}, 5).requires_grad(),
            dimage = rand({1, 1, 3, 3}, 6).requires_grad();
  const auto table = [](const char* name, auto f, const Var& l, const Var& r, const Var& dl, const Var& dr) {
    SCOPED_TRACE(name);
    EXPECT_FALSE(f(l, r).differentiable());
    EXPECT_TRUE(f(dl, r).differentiable());
    EXPECT_TRUE(f(l, dr).differentiable());
    EXPECT_TRUE(f(dl, dr).differentiable());
    EXPECT_EQ(f(l, dr).parameters().size(), 1u);
    // Both sides receive their gradient, whether or not the other one does.
    for (const bool both : {false, true}) {
      const Var y = f(both ? dl : l, dr);
      dr.zero_grad();
      y.forward();
      y.backward();
      double sum = 0;
      for (const double g : dr.grad().to_vector()) sum += std::abs(g);
      EXPECT_GT(sum, 0);
    }
  };
  table(
      "+", [](const Var& l, const Var& r) { return l + r; }, a, a, da, da);
  table(
      "-", [](const Var& l, const Var& r) { return l - r; }, a, v, da, dv);
  table(
      "*", [](const Var& l, const Var& r) { return l * r; }, a, v, da, dv);
  table(
      "/", [](const Var& l, const Var& r) { return l / (r + 1.0); }, a, v, da, dv);
  table(
      "mm", [](const Var& l, const Var& r) { return mm(l, r); }, a, a, da, da);
  table(
      "mm_t", [](const Var& l, const Var& r) { return mm_t(l, r); }, a, a, da, da);
  table(
      "mv", [](const Var& l, const Var& r) { return mv(l, r); }, a, v, da, dv);
  table(
      "vm", [](const Var& l, const Var& r) { return vm(l, r); }, v, a, dv, da);
  table(
      "vv", [](const Var& l, const Var& r) { return vv(l, r); }, v, v, dv, dv);
  table(
      "cat", [](const Var& l, const Var& r) { return l.cat(r, 0); }, a, a, da, da);
  table(
      "stack", [](const Var& l, const Var& r) { return l.stack(r, 0); }, a, a, da, da);
  table(
      "conv2d", [](const Var& l, const Var& r) { return conv2d(l, r); }, image, image, dimage, dimage);
}

TEST(Var, AScalarIsALeafThatIsNotDifferentiable) {
  const Var x = leaf({1, 2}, {2});
  EXPECT_FALSE((x * 3.0).differentiable());
  const Var y = 1.0 - x.requires_grad() / 2.0;
  EXPECT_EQ(y.parameters().size(), 1u);
}

TEST(Var, ParametersAreThoseThatGradientsFlowTo) {
  const Var w = leaf({1}, {}).requires_grad(), cut = leaf({2}, {}).requires_grad();
  EXPECT_EQ((w * cut.detach()).parameters().size(), 1u);
  EXPECT_EQ((w * (cut * 2.0).detach()).parameters().size(), 1u);
  EXPECT_TRUE(leaf({1}, {}).parameters().empty());
}

TEST(Var, TheEndOfAScopeFreesItsGraph) {
  static float memory[2] = {1, 2};
  int freed = 0;
  const Var w = leaf({3, 4}, {2}).requires_grad();
  {
    const Var x(Tensor::from_blob(memory, {2}, DType::f32, [&](void*) { ++freed; }));
    const Var y = x * w;
    y.forward();
    y.backward();
    EXPECT_EQ(freed, 0);
  }
  EXPECT_EQ(freed, 1) << "no tape, cache or plan keeps a leaf alive";
  EXPECT_THAT(w.grad().to_vector(), ElementsAre(1, 2));
}

TEST(Var, AResultKeepsItsGraphAlive) {
  const Var w = leaf({3}, {}).requires_grad();
  const auto build = [&] { return square(leaf({2}, {}) * w); };
  const Var y = build();
  y.forward();
  y.backward();
  EXPECT_EQ(w.grad().item(), 2 * 2 * 2 * 3);
}

TEST(Var, CopiesAreTheSameValue) {
  const Var x = leaf({3}, {}).requires_grad();
  Var y = x * 2.0;
  const Var copy = y;
  y = y * 2.0;  // another value under the old name; the copy is untouched
  y.forward();
  EXPECT_EQ(copy.item(), 6);
  const Var same = x;
  same.requires_grad();
  y.backward();
  EXPECT_EQ(same.grad().item(), 4);
  y = static_cast<const Var&>(y);
  EXPECT_EQ(y.item(), 12);
}

TEST(Var, TenThousandOperationsDeep) {
  // tanh between the additions, so that neither fusion nor sharing can fold the chain. dy/dx = prod(1 - tanh^2).
  const Var x = Var(Tensor::full({}, 0.5, DType::f64)).requires_grad();
  Var y = x;
  double value = 0.5, slope = 1;
  for (int i = 0; i < 5'000; ++i) {
    y = tanh(y) + 1e-3;
    const double t = std::tanh(value);
    slope *= 1 - t * t;
    value = t + 1e-3;
  }
  y.forward();
  EXPECT_NEAR(y.item(), value, 1e-12);
  y.backward();
  EXPECT_NEAR(x.grad().item(), slope, 1e-12 * std::abs(slope) + 1e-300);
  EXPECT_EQ(y.parameters().size(), 1u);
}

TEST(Var, DifferentGraphsRunOnDifferentThreads) {
  std::vector<double> gradients(4);
  {
    std::vector<std::jthread> threads;
    for (std::size_t k = 0; k < gradients.size(); ++k) {
      threads.emplace_back([&, k] {
        const Var x = Var(Tensor::full({}, static_cast<double>(k), DType::f64)).requires_grad();
        for (int i = 0; i < 20; ++i) {
          const Var y = powi(x, 3) + x;
          y.forward();
          y.backward();
        }
        gradients[k] = x.grad().item();
      });
    }
  }
  for (std::size_t k = 0; k < gradients.size(); ++k) {
    const auto x = static_cast<double>(k);
    EXPECT_EQ(gradients[k], 20 * (3 * x * x + 1));
  }
}

TEST(Var, GradientsOfGradientsAccumulateToo) {
  const Var x = leaf({2}, {}).requires_grad();
  const Var g = grad(powi(x, 3), std::vector<Var>{x})[0];  // 3 x^2
  g.forward();
  g.backward();
  EXPECT_EQ(x.grad().item(), 12);
}

TEST(Var, WritesItsValueOrWhatItIs) {
  const Var x = leaf({1, 2}, {2}), y = x * 2.0;
  std::ostringstream out;
  out << x << ' ' << y << ' ';
  y.forward();
  out << y << ' ' << Var() << ' ' << placeholder({3});
  EXPECT_EQ(out.str(), "[1, 2] <affine f32 [2], not computed> [2, 4] <undefined> <placeholder f32 [3]>");
}

TEST(Var, AMillionNodesAreReleasedWithoutRecursion) {
  Var x = leaf({1}, {});
  for (int i = 0; i < 300'000; ++i) x = x + 1.0;
  x = Var();
}

}  // namespace
}  // namespace neuro
