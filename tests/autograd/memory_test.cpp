// Memory that a plan needs, and what recomputation saves.
#include <gtest/gtest.h>

#include <cstring>

#include "models.h"
#include "neuro/error.h"
#include "neuro/str.h"

namespace neuro {
namespace {

struct Case {
  const char* name;
  PlanRequest request;
};

std::vector<Case> cases() {
  using models::Keep;
  return {
      {"mlp", models::mlp()},
      {"cnn", models::cnn()},
      {"transformer", models::transformer(12, Keep::all)},
      {"transformer, recomputed", models::transformer(12, Keep::boundaries)},
      {"transformer, recomputed twice", models::transformer(12, Keep::nested)},
      {"lstm", models::lstm(32)},
  };
}

TEST(Memory, PeakIsAtMost15PercentAboveWhatIsAliveAtOnce) {
  for (const Case& c : cases()) {
    const Replay replay(c.request, nullptr, Planning::full);
    EXPECT_LE(static_cast<double>(replay.arena_bytes()), 1.15 * static_cast<double>(replay.live_bytes())) << c.name;
    EXPECT_GE(replay.arena_bytes(), replay.live_bytes()) << c.name;
    RecordProperty(c.name, str(replay.arena_bytes(), " of ", replay.live_bytes()));
  }
}

TEST(Memory, ValuesWithoutACommonStepShareMemory) {
  Var h = Var(Tensor::full({64, 64}, 0.01));
  for (int i = 0; i < 20; ++i) h = matmul(h, h);
  // A chain of products keeps two values alive; the last one is the output.
  EXPECT_EQ(Replay({{h}}, nullptr, Planning::full).arena_bytes(), 2u * 64 * 64 * 4);
  EXPECT_EQ(Replay({{h}}, nullptr, Planning::naive).arena_bytes(), 19u * 64 * 64 * 4);
}

TEST(Memory, ElementwiseResultTakesTheMemoryOfAnOperandThatDies) {
  const Var x = Var(Tensor::full({64, 64}, 0.01)), a = matmul(x, x);
  const Var y = sum(exp(a) * max(a, 1, KeepDim::yes), 0);  // max(a) ends the fusion: exp's program reads a last
  EXPECT_LE(Replay({{y}}, nullptr, Planning::full).arena_bytes(), 64u * 64 * 4 + 256) << Replay({{y}}).describe();
}

// --- Recompute ---

std::vector<Tensor> run(const PlanRequest& request, Planning planning) {
  Replay replay(request, nullptr, planning);
  replay.run();
  std::vector<Tensor> out;
  for (std::size_t i = 0; i < request.outputs.size(); ++i) out.push_back(replay.output(i).clone());
  return out;
}

void expect_same_bits(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    ASSERT_EQ(a[i].shape(), b[i].shape());
    EXPECT_EQ(std::memcmp(a[i].raw(), b[i].raw(), a[i].bytes()), 0) << "output " << i << " " << a[i].shape().text();
  }
}

TEST(Recompute, ValuesAndGradientsAreTheSameBits) {
  using models::Keep;
  const auto expected = run(models::transformer(3, Keep::all), Planning::full);
  for (const Keep keep : {Keep::boundaries, Keep::nested}) {
    for (const Planning planning : {Planning::full, Planning::naive}) {
      expect_same_bits(run(models::transformer(3, keep), planning), expected);
    }
  }
}

TEST(Recompute, StackOfTwelveLayersNeedsAtMostHalfTheMemory) {
  using models::Keep;
  const std::size_t kept = Replay(models::transformer(12, Keep::all), nullptr, Planning::full).arena_bytes();
  const std::size_t again = Replay(models::transformer(12, Keep::boundaries), nullptr, Planning::full).arena_bytes();
  const std::size_t nested = Replay(models::transformer(12, Keep::nested), nullptr, Planning::full).arena_bytes();
  EXPECT_LE(2 * again, kept);
  EXPECT_LE(nested, again);
  RecordProperty("bytes", str(kept, " ", again, " ", nested));
}

TEST(Recompute, OfAScopeAroundManyLayersNestedOnesKeepLess) {
  const auto stack = [](bool inner) {
    models::Model m;
    Var h = m.input({64, 64});
    const Recompute all;
    for (int i = 0; i < 16; ++i) {
      std::unique_ptr<Recompute> scope;
      if (inner) scope = std::make_unique<Recompute>();
      h = tanh(m.dense(gelu(m.dense(h, 64)), 64));
    }
    return m.step(sum(h));
  };
  const std::size_t flat = Replay(stack(false), nullptr, Planning::full).arena_bytes();
  const std::size_t nested = Replay(stack(true), nullptr, Planning::full).arena_bytes();
  EXPECT_LT(nested, flat);
  expect_same_bits(run(stack(true), Planning::full), run(stack(false), Planning::naive));
}

TEST(Recompute, ValueThatIsReadOutsideTheScopeIsTheOriginal) {
  const Var x = Var(Tensor::full({4}, 0.5)).requires_grad();
  Var inner, y;
  {
    const Recompute scope;
    inner = exp(x);
    y = tanh(inner);
  }
  const Var loss = sum(y * inner);
  const Var xs[] = {x};
  const Var g = grad(loss, xs)[0];
  const double e = std::exp(0.5), t = std::tanh(e);
  Replay replay({{g, inner}});
  replay.run();
  EXPECT_NEAR(replay.output(0).to_vector()[0], e * t + e * e * (1 - t * t), 1e-6);
  EXPECT_NEAR(replay.output(1).to_vector()[0], e, 1e-6);
}

TEST(Recompute, ForwardAndBackwardWithoutAPlanOfTheirOwn) {
  const auto gradient = [](bool again) {
    const Var x = Var(Tensor::full({4}, 0.5)).requires_grad();
    std::unique_ptr<Recompute> scope;
    if (again) scope = std::make_unique<Recompute>();
    const Var y = tanh(exp(x) * x);
    scope.reset();
    const Var loss = sum(square(y));
    loss.forward();
    loss.backward();
    return x.grad().clone();
  };
  expect_same_bits({gradient(true)}, {gradient(false)});
}

TEST(Recompute, SecondDerivativeIsRight) {
  const Var x = Var(Tensor::full({1}, 0.5, DType::f64)).requires_grad();
  Var y;
  {
    const Recompute scope;
    y = exp(square(x));
  }
  const Var xs[] = {x};
  const Var second = grad(sum(grad(sum(y), xs)[0]), xs)[0];  // (2 + 4 x^2) exp(x^2)
  Replay replay({{second}});
  replay.run();
  EXPECT_NEAR(replay.output(0).item(), 3 * std::exp(0.25), 1e-12);
}

TEST(Recompute, WhatIsDetachedInsideStaysDetached) {
  const Var x = Var(Tensor::full({2}, 0.5)).requires_grad();
  Var y;
  {
    const Recompute scope;
    y = exp(x).detach() * x;
  }
  const Var xs[] = {x};
  Replay replay({{grad(sum(y), xs)[0]}});
  replay.run();
  EXPECT_FLOAT_EQ(static_cast<float>(replay.output(0).to_vector()[0]), std::exp(0.5f));
}

TEST(Recompute, AssigningInsideIsRefused) {
  const Var p = Var(Tensor::zeros({2})), g = Var(Tensor::zeros({2})), lr = Var(Tensor::full({}, 0.1, DType::f64));
  const Recompute scope;
  EXPECT_THROW(sgd(p, g, Var(), lr, constant(1), {}), Error);
}

TEST(Recompute, LongChainDoesNotOverflowTheStack) {
  const Var x = Var(Tensor::full({1}, 0.5)).requires_grad();
  Var h = x;
  {
    const Recompute scope;
    for (int i = 0; i < 20'000; ++i) h = sin(h);
  }
  const Var xs[] = {x};
  EXPECT_TRUE(grad(sum(h), xs)[0].defined());
}

}  // namespace
}  // namespace neuro
