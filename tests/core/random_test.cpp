#include "neuro/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>
#include <vector>

namespace neuro {
namespace {

using Block = std::array<std::uint32_t, 4>;

TEST(Philox, KnownAnswersOfRandom123) {  // kat_vectors of Random123 1.09: philox4x32 10
  EXPECT_EQ(philox4x32({0, 0, 0, 0}, {0, 0}), (Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox4x32({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}),
            (Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(RandomStream, BitsAreTheWordsOfTheDocumentedCounter) {
  const std::uint64_t seed = 0x1111222233334444, stream = 0x5555666677778888;
  const RandomStream r(seed, stream, 9);
  const std::uint64_t element = (std::uint64_t{7} << 34) + 4 * 5 + 2;  // block 5 + 7 * 2^32, word 2
  const Block expected = philox4x32({5, 7, 9, 0x77778888}, {0x33334444 ^ 0x55556666, 0x11112222});
  EXPECT_EQ(r.bits(element), expected[2]);
}

TEST(RandomStream, SeedStreamStepAndElementAllMatter) {
  std::set<std::uint32_t> draws;
  for (std::uint64_t seed : {0, 1}) {
    for (std::uint64_t stream : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{2} << 32}) {
      for (std::uint32_t step : {0u, 1u}) {
        for (std::uint64_t element = 0; element < 8; ++element)
          draws.insert(RandomStream(seed, stream, step).bits(element));
      }
    }
  }
  EXPECT_EQ(draws.size(), 2u * 3 * 2 * 8);
}

TEST(RandomStream, UniformHasTheMomentsOfTheUniformDistribution) {
  const RandomStream r(1, 2);
  const int n = 100'000;
  double sum = 0, squares = 0;
  for (std::uint64_t i = 0; i < n; ++i) {
    const float u = r.uniform(i);
    ASSERT_GE(u, 0.f);
    ASSERT_LT(u, 1.f);
    sum += u;
    squares += static_cast<double>(u) * u;
  }
  // Standard errors: sqrt(1/12 / n) = 0.00091, sqrt(4/45 / n) = 0.00094; five of them allowed.
  EXPECT_NEAR(sum / n, 0.5, 0.0046);
  EXPECT_NEAR(squares / n, 1.0 / 3, 0.0047);
}

TEST(RandomStream, NormalHasTheMomentsOfTheNormalDistribution) {
  const RandomStream r(3, 4);
  const int n = 100'000;
  double sum = 0, squares = 0, fourth = 0;
  for (std::uint64_t i = 0; i < n; ++i) {
    const double z = r.normal(i);
    ASSERT_TRUE(std::isfinite(z));
    sum += z;
    squares += z * z;
    fourth += z * z * z * z;
  }
  // Standard errors: 1 / sqrt(n) = 0.0032, sqrt(2 / n) = 0.0045, sqrt(96 / n) = 0.031; five of them allowed.
  EXPECT_NEAR(sum / n, 0, 0.016);
  EXPECT_NEAR(squares / n, 1, 0.023);
  EXPECT_NEAR(fourth / n, 3, 0.16);
}

TEST(RandomStream, BelowStaysBelowAndReachesEverything) {
  const RandomStream r(5, 6);
  std::vector<int> counts(7);
  for (std::uint64_t i = 0; i < 7000; ++i) ++counts.at(r.below(i, 7));
  for (int c : counts) EXPECT_NEAR(c, 1000, 150);  // five standard errors of a binomial count
  EXPECT_EQ(r.below(0, 1), 0u);
}

TEST(StreamOf, NamesGiveTheirXxh3) {
  EXPECT_EQ(stream_of(""), 0x2d06800538d394c2u);  // XXH3_64bits of nothing, as xxhsum -H3 prints it
  EXPECT_NE(stream_of("layers.0.weight"), stream_of("layers.1.weight"));
}

void expect_permutation(std::uint64_t n, std::uint64_t seed, std::uint64_t epoch) {
  std::vector<bool> seen(n);
  for (std::uint64_t i = 0; i < n; ++i) {
    const std::uint64_t p = permuted(i, n, seed, epoch);
    ASSERT_LT(p, n);
    ASSERT_FALSE(seen[p]) << "position " << p << " twice, n = " << n;
    seen[p] = true;
  }
}

TEST(Permuted, IsBijectiveForEverySize) {
  for (std::uint64_t n = 1; n <= 200; ++n) expect_permutation(n, n * 77, n % 5);
  for (std::uint64_t n : {1000, 4096, 4097, 60'000}) expect_permutation(n, 42, 3);
}

TEST(Permuted, EveryOrderOfFourRowsOccursAboutEquallyOften) {
  std::map<std::array<std::uint64_t, 4>, int> orders;
  const int epochs = 4800;
  for (std::uint64_t e = 0; e < epochs; ++e) {
    ++orders[{permuted(0, 4, 42, e), permuted(1, 4, 42, e), permuted(2, 4, 42, e), permuted(3, 4, 42, e)}];
  }
  EXPECT_EQ(orders.size(), 24u);
  for (const auto& [order, count] : orders) EXPECT_NEAR(count, epochs / 24, 75);  // 5.4 standard errors of 14
}

TEST(Permuted, LargeOrdersLookShuffled) {
  const std::uint64_t n = 10'000;
  int fixed = 0, ascents = 0;
  for (std::uint64_t i = 0; i < n; ++i) {
    fixed += permuted(i, n, 1, 0) == i;
    if (i + 1 < n) ascents += permuted(i, n, 1, 0) < permuted(i + 1, n, 1, 0);
  }
  EXPECT_LE(fixed, 8);              // Poisson with mean 1
  EXPECT_NEAR(ascents, 5000, 150);  // standard deviation sqrt(n / 12) = 29
}

TEST(Permuted, WorksNearTheLargestSizes) {
  const std::uint64_t n = (std::uint64_t{1} << 63) + 12345;
  EXPECT_LT(permuted(n - 1, n, 1, 1), n);
  EXPECT_NE(permuted(n - 1, n, 1, 1), permuted(n - 2, n, 1, 1));
}

}  // namespace
}  // namespace neuro
