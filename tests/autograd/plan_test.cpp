// The planner: what each pass does to a graph, and that a replay computes what was recorded.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <thread>

#include "counting_allocator.h"
#include "neuro/error.h"
#include "neuro/ops.h"
#include "neuro/plan.h"

namespace neuro {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

Var leaf(std::initializer_list<float> values, const Shape& shape) { return Var(Tensor::from<float>(values, shape)); }

std::vector<double> run(const Var& y, Planning planning = Planning::full) {
  Replay replay({{y}}, nullptr, planning);
  replay.run();
  return replay.output(0).to_vector();
}

TEST(Plan, ElementwiseChainBecomesOneEntry) {
  const Var x = leaf({1, 2, 3, 4}, {2, 2}), b = leaf({10, 20}, {2});
  const Var y = relu((x + b) * x - 12.0);
  Replay replay({{y}});
  EXPECT_EQ(replay.entries(), 1u) << replay.describe();
  EXPECT_EQ(Replay({{y}}, nullptr, Planning::naive).entries(), 4u);
  EXPECT_THAT(run(y), ElementsAre(0, 32, 27, 84));
}

TEST(Plan, BiasAndActivationBecomeTheEpilogueOfTheProduct) {
  const Var x = leaf({1, 2, 3, 4, 5, 6}, {3, 2}), w = leaf({1, -1, 2, 1}, {2, 2}), b = leaf({1, -8}, {2});
  const Var y = relu(linear(x, w, b));
  Replay replay({{y}});
  EXPECT_EQ(replay.entries(), 1u) << replay.describe();
  EXPECT_EQ(replay.arena_bytes(), 0u) << "the product's raw result lies where the output goes: " << replay.describe();
  replay.run();
  EXPECT_THAT(replay.output(0).to_vector(), ElementsAre(0, 0, 0, 2, 0, 8));
  EXPECT_THROW((void)replay.output(1), Error) << "the request has one output";
}

TEST(Plan, FusionDoesNotMoveAValuePastItsReaders) {
  // e is read by the product before f, which reads both: f may not pull e's program behind the product.
  const Var x = leaf({1, 2, 3, 4}, {2, 2});
  const Var e = exp(x), p = matmul(e, e);
  for (const Var& f : {e * p, p * e, relu(p) + e}) {  // whichever operand is looked at first
    EXPECT_EQ(run(f), run(f, Planning::naive)) << Replay({{f}}).describe();
  }
}

TEST(Plan, EqualExpressionsAreComputedOnce) {
  const Var x = leaf({1, 2, 3, 4}, {2, 2});
  const Var y = matmul(x, x) + matmul(x, x);
  EXPECT_EQ(Replay({{y}}).entries(), 1u) << Replay({{y}}).describe();
  EXPECT_THAT(run(y), ElementsAre(14, 20, 30, 44));
}

TEST(Plan, AddingZerosMakesMinusZeroPositive) {
  const Var x = leaf({-0.0f, 2}, {2});
  EXPECT_FALSE(std::signbit(run(x + zeros_like(x))[0]));
  EXPECT_TRUE(std::signbit(run(x - zeros_like(x))[0]));
}

TEST(Plan, WhatNobodyNeedsIsNotComputed) {
  const Var x = leaf({1, 2}, {2});
  const Var unused = exp(x);
  EXPECT_EQ(Replay({{sum(x)}}).entries(), 1u);
}

TEST(Plan, ViewsAreStridesAndACopyIsMadeOnlyWhereAKernelNeedsIt) {
  const Var x = leaf({1, 2, 3, 4, 5, 6}, {2, 3});
  const Var y = t(x) + 1.0;  // a tile program gathers the transposed view itself
  EXPECT_EQ(Replay({{y}}).entries(), 1u);
  EXPECT_THAT(run(y), ElementsAre(2, 5, 3, 6, 4, 7));
  const Var s = sum(t(x), 1);  // the reduction wants contiguous rows
  EXPECT_THAT(run(s), ElementsAre(5, 7, 9));
  const Var r = reshape(t(x), {6});  // strides cannot express this view
  EXPECT_THAT(run(r), ElementsAre(1, 4, 2, 5, 3, 6));
}

TEST(Plan, ALeafOrViewThatIsAskedForIsCopiedOut) {
  const Var x = leaf({1, 2, 3, 4}, {2, 2});
  Replay replay({{x, t(x), x}});
  replay.run();
  EXPECT_THAT(replay.output(0).to_vector(), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(replay.output(1).to_vector(), ElementsAre(1, 3, 2, 4));
  EXPECT_NE(replay.output(0).raw(), x.data().raw());
}

TEST(Plan, EqualRequestsShareAPlanAndDifferentConstantsDoNot) {
  const Var x = leaf({1, 2}, {2});
  EXPECT_THAT(run(x * 2.0), ElementsAre(2, 4));
  EXPECT_THAT(run(x * 3.0), ElementsAre(3, 6));
  const Var z = leaf({5, 6}, {2});
  EXPECT_THAT(run(z * 2.0), ElementsAre(10, 12));
}

TEST(Plan, AssignmentsAreCommittedTogether) {
  const Var a = leaf({1, 2}, {2}), b = leaf({3, 4}, {2});
  Replay swap({{}, {{a, b}, {b, a}}, {}});
  swap.run();
  EXPECT_THAT(a.data().to_vector(), ElementsAre(3, 4));
  EXPECT_THAT(b.data().to_vector(), ElementsAre(1, 2));
}

TEST(Plan, GuardThatIsNotFiniteChangesNothing) {
  const Var p = leaf({1, 2}, {2}), x = leaf({1, 1}, {2});
  const Var guard = sum(x);
  Replay step({{guard}, {{p, p * 2.0}}, guard});
  EXPECT_TRUE(step.run());
  EXPECT_THAT(p.data().to_vector(), ElementsAre(2, 4));
  x.data().data<float>()[1] = std::numeric_limits<float>::infinity();
  EXPECT_FALSE(step.run());
  EXPECT_THAT(p.data().to_vector(), ElementsAre(2, 4));
  EXPECT_TRUE(std::isinf(step.output(0).item()));
}

TEST(Plan, AssigningTheWrongShapeIsRefused) {
  const Var p = leaf({1, 2}, {2});
  EXPECT_THROW(Replay({{}, {{p, sum(p)}}, {}}), Error);
  EXPECT_THROW(Replay({{}, {{p * 2.0, p}}, {}}), Error);
}

TEST(Plan, IntermediateValueBeyondTheAddressSpaceIsRefused) {
  // 2^62 f32 are 2^64 bytes, which a size_t cannot say.
  const Var huge = exp(broadcast_to(leaf({1}, {1}), {std::int64_t{1} << 62}));
  EXPECT_THROW(Replay({{sum(huge)}}), Error);
  EXPECT_THROW(Replay({{sum(huge)}}, nullptr, Planning::naive), Error);
}

struct AdamFixture {
  Var p1 = leaf({1, 2, 3}, {3}), p2 = leaf({-1}, {1});
  Var m1 = Var(Tensor::zeros({3})), v1 = Var(Tensor::zeros({3})), m2 = Var(Tensor::zeros({1})),
      v2 = Var(Tensor::zeros({1}));
  Var lr = Var(Tensor::full({}, 0.1, DType::f64)), step = Var(Tensor::full({}, 1, DType::i64));
  Var scale = constant(1);
  PlanRequest request() const {
    PlanRequest r;
    const Var loss = sum(square(p1)) + sum(square(p2));
    const Var ps[] = {p1.requires_grad(), p2.requires_grad()};
    const Var loss2 = sum(square(p1)) + sum(square(p2));
    const std::vector<Var> g = grad(loss2, ps);
    const auto n1 = adam(p1, g[0], m1, v1, lr, step, scale, {});
    const auto n2 = adam(p2, g[1], m2, v2, lr, step, scale, {});
    r.outputs = {loss2};
    r.assigns = {{p1, n1[0]}, {m1, n1[1]}, {v1, n1[2]}, {p2, n2[0]}, {m2, n2[1]}, {v2, n2[2]}};
    r.guard = loss2;
    return r;
  }
};

TEST(Plan, UpdatesOfAllParametersAreOneCallInPlace) {
  AdamFixture f;
  Replay step(f.request());
  std::size_t calls = 0;
  const std::string text = step.describe();
  for (std::size_t at = text.find(": adam"); at != std::string::npos; at = text.find(": adam", at + 1)) ++calls;
  EXPECT_EQ(calls, 1u) << text;
  EXPECT_TRUE(step.run());
  // The first step of Adam moves every parameter by lr against the sign of its gradient (eps aside).
  EXPECT_NEAR(f.p1.data().to_vector()[0], 0.9, 1e-6);
  EXPECT_NEAR(f.p1.data().to_vector()[2], 2.9, 1e-6);
  EXPECT_NEAR(f.p2.data().item(), -0.9, 1e-6);
  EXPECT_NEAR(f.m1.data().to_vector()[1], 0.1 * 4, 1e-6);
}

TEST(Plan, MergedAndNaiveUpdatesAgreeBitForBit) {
  AdamFixture a, b;
  Replay full(a.request()), naive(b.request(), nullptr, Planning::naive);
  for (int i = 0; i < 20; ++i) {
    full.run();
    naive.run();
  }
  EXPECT_EQ(a.p1.data().to_vector(), b.p1.data().to_vector());
  EXPECT_EQ(a.p2.data().to_vector(), b.p2.data().to_vector());
}

TEST(Plan, UpdateThatIsNotAssignedWorksOnACopy) {
  AdamFixture f;
  const Var g = leaf({1, 1, 1}, {3});
  const auto updated = adam(f.p1, g, f.m1, f.v1, f.lr, f.step, f.scale, {});
  const std::vector<double> out = run(updated[0]);
  EXPECT_NEAR(out[0], 0.9, 1e-6);
  EXPECT_THAT(f.p1.data().to_vector(), ElementsAre(1, 2, 3));
}

TEST(Plan, MaskInAChainIsNotOverwrittenByWhatItSelects) {
  // The mask's bytes may not lie under the floats that `where` writes while it still reads them.
  const Var x = rand({100}, 1) - 0.5, y = rand({100}, 2) - 0.5;
  const Var selected = where(greater(x, y), x, y) * 2.0;
  ASSERT_EQ(Replay({{selected}}).entries(), 1u);
  EXPECT_EQ(run(selected), run(selected, Planning::naive));
}

TEST(Plan, BadIndexIsForgottenByTheNextRun) {
  // The operation and its gradient both notice the bad index.
  const Var table = leaf({1, 2, 3, 4}, {2, 2}).requires_grad(), index = Var(Tensor::from<std::int64_t>({0, 2}, {2}));
  const Var y = embedding(table, index);
  const Var g = grad(y, std::vector<Var>{table})[0];
  Replay replay({{y, g}, {{table, table * 2.0}}});
  EXPECT_THROW(replay.run(), Error);
  EXPECT_THAT(table.data().to_vector(), ElementsAre(1, 2, 3, 4));
  index.data().data<std::int64_t>()[1] = 1;
  EXPECT_TRUE(replay.run());
  EXPECT_THAT(replay.output(0).to_vector(), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(table.data().to_vector(), ElementsAre(2, 4, 6, 8));
}

struct SgdFixture {
  Var p = leaf({1, 2, 3, 4}, {2, 2}), g = leaf({1, 1, 2, 2}, {2, 2});
  Var lr = Var(Tensor::full({}, 0.5, DType::f64)), scale = constant(1);
  Var next = sgd(p, g, Var(), lr, scale, {})[0];  // 0.5 1.5 2 3
};

TEST(Plan, BadIndexIntoAnUpdatedTableIsReportedBeforeAnythingIsAssigned) {
  const SgdFixture f;
  Replay step({{embedding(f.next, Var(Tensor::from<std::int64_t>({5}, {1})))}, {{f.p, f.next}}});
  EXPECT_THROW(step.run(), Error);
  EXPECT_THAT(f.p.data().to_vector(), ElementsAre(1, 2, 3, 4));
}

TEST(Plan, AnotherLeafOverAnUpdatedLeafsMemoryIsReadBeforeTheUpdate) {
  const SgdFixture f;
  const Var same = f.p.detach(), row(Tensor::view(f.p.data(), {2}, {1, 1}, 2)), q = leaf({0, 0, 0, 0}, {2, 2}),
            r = leaf({0, 0}, {2});
  // What is assigned to q and r would be read after p's update if nobody saw that it is p's memory.
  const Var new_q = sgd(q, same, Var(), f.lr, f.scale, {})[0], new_r = sgd(r, row, Var(), f.lr, f.scale, {})[0];
  Replay({{}, {{f.p, f.next}, {q, new_q}, {r, new_r}}}).run();
  EXPECT_THAT(f.p.data().to_vector(), ElementsAre(0.5, 1.5, 2, 3));
  EXPECT_THAT(q.data().to_vector(), ElementsAre(-0.5, -1, -1.5, -2));
  EXPECT_THAT(r.data().to_vector(), ElementsAre(-1.5, -2));
}

TEST(Plan, ViewOfAnUpdatedParameterIsItsNewValue) {
  const SgdFixture f;
  Replay replay({{t(f.next), sum(reshape(f.next, {4}))}, {{f.p, f.next}}});
  replay.run();
  EXPECT_THAT(replay.output(0).to_vector(), ElementsAre(0.5, 2, 1.5, 3));
  EXPECT_EQ(replay.output(1).item(), 7);
}

TEST(Plan, UpdateMayBeAssignedToOtherLeavesToo) {
  const SgdFixture f;
  const Var b = leaf({0, 0, 0, 0}, {2, 2}), c = leaf({0, 0, 0, 0}, {2, 2});
  Replay({{}, {{b, f.next}, {c, f.next}, {f.p, f.next}}}).run();
  for (const Var& v : {f.p, b, c}) EXPECT_THAT(v.data().to_vector(), ElementsAre(0.5, 1.5, 2, 3));
}

TEST(Plan, UpdateByAViewOfAnotherUpdateComesAfterIt) {
  const SgdFixture f;
  const Var q = leaf({0, 0, 0, 0}, {4});
  const Var next_q = sgd(q, reshape(f.next, {4}), Var(), f.lr, f.scale, {})[0];
  Replay({{}, {{f.p, f.next}, {q, next_q}}}).run();
  EXPECT_THAT(q.data().to_vector(), ElementsAre(-0.25, -0.75, -1, -1.5));
}

TEST(Plan, GuardMayDependOnTheUpdate) {
  const SgdFixture f;
  Replay step({{}, {{f.p, f.next}}, sum(f.next)});
  EXPECT_TRUE(step.run());
  EXPECT_THAT(f.p.data().to_vector(), ElementsAre(0.5, 1.5, 2, 3));
  f.g.data().data<float>()[0] = std::numeric_limits<float>::infinity();
  EXPECT_FALSE(step.run());
  EXPECT_THAT(f.p.data().to_vector(), ElementsAre(0.5, 1.5, 2, 3));
}

TEST(Plan, RequestsThatMeanNothingAreRefused) {
  const SgdFixture f;
  EXPECT_THROW(Replay({{}, {{f.p, f.next}, {f.p, f.g}}}), Error) << "assigned twice";
  EXPECT_THROW(Replay({{}, {{f.p, f.next}, {f.p.detach(), f.g}}}), Error) << "assigned twice, under two names";
  const Var row(Tensor::view(f.p.data(), {2}, {1, 1}, 2));
  EXPECT_THROW(Replay({{}, {{f.p, f.next}, {row, row * 2.0}}}), Error) << "a part of it assigned twice";
  EXPECT_THROW(Replay({{f.p}, {}, f.p}), Error) << "a guard of four numbers";
  EXPECT_THROW(Replay({{f.p}, {}, constant(1, DType::i64)}), Error) << "a guard that is always finite";
}

TEST(Plan, ReplayedStepDoesNotAllocate) {
  AdamFixture f;
  const Var x = placeholder({64, 32});
  const Var w = Var(Tensor::full({16, 32}, 0.01)).requires_grad();
  const Var y = mean(square(relu(linear(x, w))));
  const Var gw = grad(y, std::vector<Var>{w})[0];
  PlanRequest r = f.request();
  r.outputs.push_back(gw);
  Replay step(r);
  step.run();
  const long before = allocation_count();
  for (int i = 0; i < 10; ++i) step.run();
  EXPECT_EQ(allocation_count(), before);
}

TEST(Plan, PlaceholdersAreFilledThroughTheReplay) {
  const Var x = placeholder({2});
  Replay replay({{x * 2.0}});
  ASSERT_TRUE(replay.reads(x));
  replay.input(x).data<float>()[0] = 3;
  replay.input(x).data<float>()[1] = 4;
  replay.run();
  EXPECT_THAT(replay.output(0).to_vector(), ElementsAre(6, 8));
  EXPECT_THROW(replay.input(placeholder({2})), Error);
}

TEST(Plan, ReplaysThatShareAnArenaDoNotDisturbEachOther) {
  const auto arena = make_arena();
  const Var x = leaf({1, 2, 3, 4}, {2, 2}), big = Var(Tensor::full({300, 300}, 0.5));
  Replay small({{sum(matmul(matmul(x, x), x))}}, arena);
  small.run();
  const double expected = small.output(0).item();
  Replay large({{sum(matmul(matmul(big, big), big))}}, arena);  // the arena grows and moves
  large.run();
  small.run();
  EXPECT_EQ(small.output(0).item(), expected);
}

TEST(Plan, ManyThreadsPlanAndRunOverTheSameLeaves) {
  const Var w = Var(Tensor::full({64, 64}, 0.5)).requires_grad();
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&w, thread] {
      for (int i = 0; i < 8; ++i) {
        const Var x = placeholder({1 + i % 3, 64});  // some plans are found, some made, by several threads at once
        const Var y = sum(relu(linear(x, w)));
        Replay replay({{y, grad(y, std::vector<Var>{w})[0]}});
        Tensor input = replay.input(x);
        std::fill_n(input.data<float>(), input.size(), static_cast<float>(thread));
        replay.run();
        EXPECT_EQ(replay.output(0).item(), 32.0 * 64 * thread * (1 + i % 3));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(Plan, ArenaIsNotMuchLargerThanWhatIsAliveAtOnce) {
  Var h = Var(Tensor::full({64, 64}, 0.01));
  for (int i = 0; i < 20; ++i) h = matmul(h, h);
  // A chain of products keeps two values alive; the last one is the output.
  EXPECT_LE(Replay({{h}}).arena_bytes(), 2u * 64 * 64 * 4);
  EXPECT_GE(Replay({{h}}, nullptr, Planning::naive).arena_bytes(), 19u * 64 * 64 * 4);
}

}  // namespace
}  // namespace neuro
