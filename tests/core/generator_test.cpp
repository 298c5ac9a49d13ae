#include "neuro/generator.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>
#include <vector>

namespace neuro {
namespace {

TEST(Generator, CallKDrawsAFunctionOfSeedAndK) {
  Generator a(1), b(1), c(2);
  for (int k = 0; k < 3; ++k) {
    const std::uint32_t bits = a.next("x").bits(0);
    EXPECT_EQ(b.next("x").bits(0), bits);
    EXPECT_NE(c.next("x").bits(0), bits);
    EXPECT_NE(a.next("x").bits(0), bits) << "the next call draws something else";
    b.next("x");
    c.next("x");
  }
}

TEST(Generator, SeedsForOthersDifferFromCallToCall) {
  Generator a(1), b(1);
  const std::uint64_t first = a.next_seed();
  EXPECT_EQ(b.next_seed(), first);
  EXPECT_NE(a.next_seed(), first);
  EXPECT_EQ(a.seed(), 1u) << "its own stays";
}

TEST(Generator, UsesAreIndependent) {
  Generator a(1), b(1);
  EXPECT_NE(a.next("rand").bits(0), b.next("randn").bits(0));
}

TEST(Generator, AStateGoesOnWhereItWasTaken) {
  Generator a(1);
  a.next("x");
  const Generator::State state = a.state();
  const std::uint32_t expected = a.next("x").bits(5);
  Generator b(99);
  b.restore(state);
  EXPECT_EQ(b.state(), state);
  EXPECT_EQ(b.next("x").bits(5), expected);
}

TEST(Generator, StreamsDoNotRepeatAfterFourBillionCalls) {
  Generator a(1), b(1);
  b.restore({1, std::uint64_t{1} << 32});
  EXPECT_NE(a.next("x").bits(0), b.next("x").bits(0));
}

TEST(Generator, ThreadsNeverDrawTheSameStream) {
  Generator generator(3);
  std::vector<std::vector<std::uint32_t>> drawn(4);
  {
    std::vector<std::jthread> threads;
    for (auto& mine : drawn) {
      threads.emplace_back([&] {
        for (int i = 0; i < 100; ++i) mine.push_back(generator.next("x").bits(0));
      });
    }
  }
  std::multiset<std::uint32_t> all;
  for (const auto& mine : drawn) all.insert(mine.begin(), mine.end());
  Generator alone(3);
  std::multiset<std::uint32_t> expected;
  for (int i = 0; i < 400; ++i) expected.insert(alone.next("x").bits(0));
  EXPECT_EQ(all, expected);
}

}  // namespace
}  // namespace neuro
