// What sweeps and golden values of reductions, scans, ordering and indexing cannot know: infinities and NaN, ties,
// indices out of range, and errors.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>

#include "neuro/error.h"
#include "neuro/ops.h"
#include "neuro/plan.h"

namespace neuro {
namespace {

using ::testing::ElementsAre;

const double kInf = std::numeric_limits<double>::infinity(), kNan = std::numeric_limits<double>::quiet_NaN();

Var f64(std::initializer_list<double> values, const Shape& shape) {
  return Var(Tensor::from<double>(values, shape)).requires_grad();
}
Var i64(std::initializer_list<std::int64_t> values, const Shape& shape) {
  return Var(Tensor::from<std::int64_t>(values, shape));
}

std::vector<double> values(const Var& y) {
  Replay replay({{y}});
  replay.run();
  return replay.output(0).to_vector();
}
std::vector<double> gradient(const Var& y, const Var& x) { return values(grad(sum(y), std::span(&x, 1))[0]); }

// --- Reductions ---

TEST(Sum, OfBooleansCounts) {
  const Var x = f64({1, -1, 2, 0}, {2, 2});
  const Var positive = greater(x, constant(0, DType::f64));
  EXPECT_EQ(sum(positive, 1).dtype(), DType::i64);
  EXPECT_THAT(values(sum(positive, 1)), ElementsAre(1, 1));
  EXPECT_THAT(values(any(positive)), ElementsAre(1));
  EXPECT_THAT(values(all(positive, 0)), ElementsAre(1, 0));
}

TEST(Prod, GradientIsExactAtZeros) {
  const Var one = f64({2, 0, 3}, {3}), two = f64({2, 0, 0}, {3});
  EXPECT_THAT(gradient(prod(one), one), ElementsAre(0, 6, 0));
  EXPECT_THAT(gradient(prod(two), two), ElementsAre(0, 0, 0));
}

TEST(Max, OverAxesThatLieApartSharesAmongAllTies) {
  const Var x = f64({5, 1, 5, 2, 0, 5, 1, 1}, {2, 2, 2});
  const Var y = max(x, std::array{0, 2}, KeepDim::yes);
  EXPECT_EQ(y.shape(), (Shape{1, 2, 1}));
  EXPECT_THAT(values(y), ElementsAre(5, 5));
  EXPECT_THAT(gradient(y, x), ElementsAre(0.5, 0, 1, 0, 0, 0.5, 0, 0));
}

TEST(Argmin, TakesTheFirstOfEqualsAndANan) {
  EXPECT_THAT(values(argmin(f64({3, 1, 1, 2}, {4}))), ElementsAre(1));
  EXPECT_THAT(values(argmin(f64({3, kNan, 1, -kInf}, {4}), 0)), ElementsAre(1));
  EXPECT_EQ(argmax(f64({1, 2}, {1, 2}), 1, KeepDim::yes).shape(), (Shape{1, 1}));
}

TEST(Logsumexp, KnowsInfinities) {
  const Var x = f64({-kInf, -kInf, kInf, 0, 1000, 1000, kNan, 0}, {4, 2});
  const std::vector<double> y = values(logsumexp(x, 1));
  EXPECT_EQ(y[0], -kInf);
  EXPECT_EQ(y[1], kInf);
  EXPECT_DOUBLE_EQ(y[2], 1000 + std::log(2));
  EXPECT_TRUE(std::isnan(y[3]));
  EXPECT_THAT(values(logsumexp(zeros({2, 0}), 1)), ElementsAre(-kInf, -kInf));
}

TEST(Norm, HasNoGradientAtZero) {
  const Var x = f64({0, 0}, {2}), y = f64({0, -4}, {2});
  for (const double p : {0.5, 1.0, 2.0, 3.0}) {
    EXPECT_THAT(gradient(norm(x, p), x), ElementsAre(0, 0)) << p;
    EXPECT_THAT(gradient(norm(y, p), y), ElementsAre(0, ::testing::DoubleNear(-1, 1e-12))) << p;
  }
  EXPECT_THAT(values(norm(y, kInf)), ElementsAre(4));
}

// --- Scans ---

TEST(Cumprod, GradientIsExactAtZeros) {
  // y = 2, 0, 0: dy0 = [1, 0, 0], dy1 = [0, 2, 0], dy2 = [0, 2 * 3, 0]
  const Var x = f64({2, 0, 3}, {3});
  EXPECT_THAT(gradient(cumprod(x, 0), x), ElementsAre(1, 8, 0));
}

TEST(Logcumsumexp, GradientIsFiniteForLargeDifferences) {
  const Var x = f64({-1000, 0, 1000, -1000}, {4});
  EXPECT_THAT(gradient(logcumsumexp(x, 0), x), ElementsAre(1, 1, 2, 0));
  const Var none = f64({-kInf, 0}, {2});
  EXPECT_THAT(gradient(logcumsumexp(none, 0), none), ElementsAre(0, 1));
}

// --- Order ---

TEST(Sort, NanIsLargerThanEveryNumberAndZerosAreEqual) {
  const Var x = f64({1, kNan, -0.0, kInf, 0, -kInf}, {6});
  EXPECT_THAT(values(sort(x).indices), ElementsAre(5, 2, 4, 0, 3, 1));
  EXPECT_THAT(values(argsort(x, 0, Order::descending)), ElementsAre(1, 3, 0, 2, 4, 5));
  EXPECT_THAT(values(topk(x, 2).indices), ElementsAre(1, 3));
  EXPECT_THAT(values(topk(x, 2, 0, Extreme::smallest).indices), ElementsAre(5, 2));
}

TEST(Topk, OfIntegersOnAnInnerAxis) {
  const Ordered y = topk(i64({1, 5, 9, 2, 3, 4}, {3, 2}), 2, 0);
  EXPECT_EQ(y.values.dtype(), DType::i64);
  EXPECT_THAT(values(y.values), ElementsAre(9, 5, 3, 4));
  EXPECT_THAT(values(y.indices), ElementsAre(1, 0, 2, 2));
}

// --- Indexing ---

TEST(Scatter, TheLastOfSeveralStaysAndOnlyItReceivesAGradient) {
  const Var x = f64({1, 2, 3}, {3}), src = f64({10, 20, 30}, {3}), index = i64({2, 0, 2}, {3});
  const Var y = scatter(x, index, src, 0);
  EXPECT_THAT(values(y), ElementsAre(20, 2, 30));
  EXPECT_THAT(gradient(y, x), ElementsAre(0, 1, 0));
  EXPECT_THAT(gradient(y, src), ElementsAre(0, 1, 1));
}

TEST(Gather, TakesIndicesOfEitherType) {
  const Var x = f64({1, 2, 3}, {3}), index(Tensor::from<std::int32_t>({2, 2}, {2}));
  EXPECT_THAT(values(gather(x, index, 0)), ElementsAre(3, 3));
  EXPECT_THAT(gradient(gather(x, index, 0), x), ElementsAre(0, 0, 2));
}

std::string fault(const Var& y) {
  Replay replay({{y}});
  try {
    replay.run();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::index);
    return e.what();
  }
  return "no error";
}

TEST(Index, OutOfRangeIsAnErrorWhenTheGraphRuns) {
  const Var x = f64({1, 2, 3, 4, 5, 6}, {2, 3}), high = i64({0, 3}, {1, 2}), low = i64({0, -1}, {2});
  EXPECT_EQ(fault(gather(x, high, 1)), "gather: index 3 at position 1 is outside [0, 3)");
  EXPECT_EQ(fault(take_along_axis(x, high, 1)), "take_along_axis: index 3 at position 1 is outside [0, 3)");
  EXPECT_EQ(fault(index_select(x, low, 0)), "index_select: index -1 at position 1 is outside [0, 2)");
  EXPECT_EQ(fault(take(x, i64({6}, {1}))), "take: index 6 at position 0 is outside [0, 6)");
  EXPECT_EQ(fault(one_hot(low, 4)), "one_hot: index -1 at position 1 is outside [0, 4)");
  EXPECT_EQ(fault(scatter(f64({1, 2}, {1, 2}), i64({2}, {1, 1}), f64({1}, {1, 1}), 1)),
            "scatter: index 2 at position 0 is outside [0, 2)");
  EXPECT_EQ(fault(scatter_add(f64({1, 2}, {2}), i64({0, 2}, {2}), f64({1, 1}, {2}), 0)),
            "scatter_add: index 2 at position 1 is outside [0, 2)");
  EXPECT_EQ(fault(index_add(x, i64({2}, {1}), f64({1, 1, 1}, {1, 3}), 0)),
            "index_add: index 2 at position 0 is outside [0, 2)");
}

TEST(Embedding, TakesAnIndexOfI32) {
  const Var table = Var(Tensor::from<float>({1, 2, 3, 4, 5, 6}, {3, 2})).requires_grad();
  const Var y = embedding(table, from(std::array<std::int32_t, 2>{2, 0}, {2}));
  EXPECT_THAT(values(y), ElementsAre(5, 6, 1, 2));
  EXPECT_THAT(values(grad(sum(y), std::span(&table, 1))[0]), ElementsAre(1, 1, 0, 0, 1, 1));
}

}  // namespace
}  // namespace neuro
