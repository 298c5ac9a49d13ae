// Constructors (spec: autograd.md, section 2). Reference values are closed forms or NumPy's, which a comment gives.
#include "neuro/ops/leaves.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "neuro/error.h"

namespace neuro {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

std::vector<double> values(const Var& x) { return x.data().to_vector(); }

TEST(Leaves, ConstantsFillTheirShape) {
  EXPECT_EQ(zeros({2, 3}).shape(), (Shape{2, 3}));
  EXPECT_THAT(values(zeros({2, 3})), Each(0));
  EXPECT_THAT(values(ones({2, 2}, DType::f64)), Each(1));
  EXPECT_THAT(values(full({3}, 2.5)), Each(2.5));
  EXPECT_EQ(full({}, 7).item(), 7);
  EXPECT_EQ(zeros({0, 4}).data().size(), 0);
  EXPECT_THAT(values(eye(2)), ElementsAre(1, 0, 0, 1));
  EXPECT_EQ(ones({2}, DType::i64).dtype(), DType::i64);
  EXPECT_FALSE(ones({2}).differentiable()) << "until requires_grad()";
}

TEST(Leaves, Sequences) {
  EXPECT_THAT(values(arange(0, 5)), ElementsAre(0, 1, 2, 3, 4));
  EXPECT_THAT(values(arange(1, 2, 0.25)), ElementsAre(1, 1.25, 1.5, 1.75));
  EXPECT_THAT(values(arange(3, 0, -1)), ElementsAre(3, 2, 1));
  EXPECT_THAT(values(arange(0, 2.5)), ElementsAre(0, 1, 2)) << "ceil of 2.5";
  EXPECT_TRUE(values(arange(1, 0)).empty());
  EXPECT_THAT(values(linspace(0, 1, 5)), ElementsAre(0, 0.25, 0.5, 0.75, 1));
  EXPECT_THAT(values(linspace(3, 9, 1)), ElementsAre(3));
  EXPECT_TRUE(values(linspace(3, 9, 0)).empty());
  EXPECT_EQ(values(linspace(0, 0.1, 7, DType::f64)).back(), 0.1) << "the end is exact";
  EXPECT_THAT(values(logspace(10, 0, 3, 4, DType::f64)), ElementsAre(1, 10, 100, 1000));
  EXPECT_THAT(values(logspace(2, -1, 1, 3)), ElementsAre(0.5, 1, 2));
}

TEST(Leaves, GeometricSequencesNeedEndsOfOneSign) {
  const std::vector<double> up = values(*geomspace(1, 1000, 4, DType::f64));
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(up[i], std::pow(10, i), 1e-12 * up[i]);
  const std::vector<double> down = values(*geomspace(-8, -1, 4, DType::f64));
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(down[i], -8 / std::pow(2, i), 1e-12);
  EXPECT_EQ(up.back(), 1000) << "the end is exact";
  EXPECT_THAT(values(*geomspace(5, 7, 1)), ElementsAre(5));
  EXPECT_FALSE(geomspace(-1, 1, 3).has_value());
  EXPECT_FALSE(geomspace(0, 1, 3).has_value());
  EXPECT_FALSE(geomspace(1, 0, 3).has_value());
  EXPECT_FALSE(geomspace(1, HUGE_VAL, 3).has_value());
}

TEST(Leaves, ValuesOfYourOwn) {
  const std::vector<float> numbers{1, 2, 3, 4, 5, 6};
  EXPECT_THAT(values(from(numbers, {2, 3})), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_EQ(from(numbers, {2, 3}).shape(), (Shape{2, 3}));
  EXPECT_THAT(values(from(std::span<const float>(numbers).first(2), {2})), ElementsAre(1, 2));
  EXPECT_EQ(from({1.0, 2.0}, {2}).dtype(), DType::f64);
  EXPECT_EQ(from(std::vector<std::int64_t>{7}, {}).dtype(), DType::i64);
  EXPECT_EQ(from(std::array<std::int32_t, 2>{7, 8}, {2}).dtype(), DType::i32);
  EXPECT_THROW(from(numbers, {7}), Error);
  EXPECT_THROW(from(numbers, {}), Error);
  EXPECT_THROW(from(std::vector<float>{}, {1}), Error);
}

TEST(Leaves, BuiltInArraysBringTheirShape) {
  EXPECT_EQ(from_array({1.f, 2.f, 3.f}).shape(), Shape{3});
  const Var matrix = from_array({{1.f, 2.f, 3.f}, {4.f, 5.f, 6.f}});
  EXPECT_EQ(matrix.shape(), (Shape{2, 3}));
  EXPECT_THAT(values(matrix), ElementsAre(1, 2, 3, 4, 5, 6));
  const double cube[2][1][2] = {{{1, 2}}, {{3, 4}}};
  EXPECT_EQ(from_array(cube).shape(), (Shape{2, 1, 2}));
  EXPECT_EQ(from_array(cube).dtype(), DType::f64);
}

TEST(Leaves, LikesTakeShapeAndTypeFromAnotherValue) {
  const Var x = rand({2, 3}, 1, DType::f64);
  for (const Var& like : {zeros_like(x), ones_like(x), full_like(x, 4), rand_like(x), randn_like(x)}) {
    EXPECT_EQ(like.shape(), x.shape());
    EXPECT_EQ(like.dtype(), x.dtype());
  }
  const Var four = full_like(x, 4);
  four.forward();
  EXPECT_THAT(values(four), Each(4));
  EXPECT_THROW(rand_like(zeros({2}, DType::i64)), Error);
  EXPECT_THROW(randn_like(zeros({2}, DType::boolean)), Error);
}

// --- Random values ---------------------------------------------------------------------------------------------------

double mean_of(const std::vector<double>& v) {
  double sum = 0;
  for (const double x : v) sum += x;
  return sum / static_cast<double>(v.size());
}
double variance_of(const std::vector<double>& v) {
  const double m = mean_of(v);
  double sum = 0;
  for (const double x : v) sum += (x - m) * (x - m);
  return sum / static_cast<double>(v.size());
}

TEST(RandomLeaves, DistributionsHaveTheirMeanVarianceAndRange) {
  // Bounds are five standard errors of n = 40000 draws (0.005 standard deviations each).
  constexpr std::int64_t n = 40'000;
  manual_seed(3);
  const auto uniform = values(rand({n}));
  EXPECT_NEAR(mean_of(uniform), 0.5, 0.025 * std::sqrt(1. / 12));
  EXPECT_NEAR(variance_of(uniform), 1. / 12, 0.025 * std::sqrt(1. / 180));
  for (const double u : uniform) ASSERT_TRUE(u >= 0 && u < 1) << u;

  const auto standard = values(randn({n}));
  EXPECT_NEAR(mean_of(standard), 0, 0.025);
  EXPECT_NEAR(variance_of(standard), 1, 0.025 * std::sqrt(2.));
  const auto shifted = values(normal(-3, 0.5, {n}));
  EXPECT_NEAR(mean_of(shifted), -3, 0.025 * 0.5);
  EXPECT_NEAR(variance_of(shifted), 0.25, 0.025 * std::sqrt(2.) * 0.25);
  EXPECT_THAT(values(normal(2, 0, {3})), Each(2));

  std::array<int, 5> counts{};
  for (const double k : values(randint(-2, 3, {n}))) {
    ASSERT_TRUE(k >= -2 && k < 3 && k == std::floor(k)) << k;
    ++counts[static_cast<std::size_t>(k + 2)];
  }
  for (const int count : counts) EXPECT_NEAR(count, n / 5., 0.025 * n * std::sqrt(0.16));
  const auto coins = values(bernoulli(0.3, {n}));
  EXPECT_NEAR(mean_of(coins), 0.3, 0.025 * std::sqrt(0.21));
  for (const double c : coins) ASSERT_TRUE(c == 0 || c == 1) << c;
  EXPECT_THAT(values(bernoulli(0, {9})), Each(0));
  EXPECT_THAT(values(bernoulli(1, {9})), Each(1));
}

TEST(RandomLeaves, ASeedRepeatsTheWholeSequenceAndCallsDiffer) {
  const auto draw = [] {
    std::vector<std::vector<double>> out;
    for (const Var& x : {rand({3}), rand({3}), randn({3}), normal(0, 1, {3}), randint(0, 1000, {3})})
      out.push_back(values(x));
    return out;
  };
  manual_seed(7);
  const auto first = draw(), second = draw();
  manual_seed(7);
  EXPECT_EQ(draw(), first);
  EXPECT_NE(second, first);
  EXPECT_NE(first[0], first[1]);
  manual_seed(8);
  EXPECT_NE(draw(), first);
}

TEST(RandomLeaves, AGeneratorOfYourOwnIsIndependentOfTheDefaultOne) {
  Generator mine(5), same(5);
  const auto a = values(rand({4}, DType::f32, mine));
  manual_seed(1);
  EXPECT_EQ(values(rand({4}, DType::f32, same)), a);
  EXPECT_NE(values(rand({4})), a);
}

TEST(RandomLeaves, AnExplicitSeedDrawsTheSameAtEachCall) {
  EXPECT_EQ(values(rand({5}, 9)), values(rand({5}, 9)));
  EXPECT_NE(values(randn({5}, 9)), values(randn({5}, 10)));
}

TEST(Leaves, ImpossibleArgumentsAreRefused) {
  EXPECT_THROW(zeros({-1}), Error);
  EXPECT_THROW(eye(-1), Error);
  EXPECT_THROW(ones({1LL << 40, 1LL << 40}), Error) << "more elements than 63 bits count";
  EXPECT_THROW(arange(0, 1, 0), Error);
  EXPECT_THROW(arange(0, HUGE_VAL), Error);
  EXPECT_THROW(arange(0, 1e300), Error);
  EXPECT_THROW(arange(NAN, 1), Error);
  EXPECT_THROW(linspace(0, 1, -1), Error);
  EXPECT_THROW(logspace(0, 0, 1, 3), Error);
  EXPECT_THROW(logspace(-2, 0, 1, 3), Error);
  EXPECT_THROW(rand({2}, DType::i64), Error);
  EXPECT_THROW(randn({2}, DType::boolean), Error);
  EXPECT_THROW(normal(0, -1, {2}), Error);
  EXPECT_THROW(normal(0, NAN, {2}), Error);
  EXPECT_THROW(normal(0, 1, {2}, DType::i32), Error);
  EXPECT_THROW(randint(3, 3, {2}), Error);
  EXPECT_THROW(randint(4, 3, {2}), Error);
  EXPECT_THROW(bernoulli(-0.1, {2}), Error);
  EXPECT_THROW(bernoulli(1.1, {2}), Error);
  EXPECT_THROW(bernoulli(NAN, {2}), Error);
}

}  // namespace
}  // namespace neuro
