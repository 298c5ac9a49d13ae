#include "neuro/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace neuro {
namespace {

struct Threads : ::testing::TestWithParam<int> {
  void SetUp() override { set_thread_count(GetParam()); }
  void TearDown() override { set_thread_count(available_threads()); }
};

TEST_P(Threads, EveryChunkRunsOnce) {
  EXPECT_EQ(thread_count(), GetParam());
  for (const std::int64_t chunks : {0, 1, 2, 3, 7, 64, 1000}) {
    std::vector<std::atomic<int>> calls(static_cast<std::size_t>(chunks));
    parallel_for(chunks, [&](std::int64_t chunk, int) { ++calls[static_cast<std::size_t>(chunk)]; });
    for (std::int64_t c = 0; c < chunks; ++c) EXPECT_EQ(calls[static_cast<std::size_t>(c)], 1) << c << " of " << chunks;
  }
}

TEST_P(Threads, ConcurrentCallsNeverShareAWorker) {
  std::vector<std::atomic<int>> inside(static_cast<std::size_t>(GetParam()));
  std::atomic<bool> shared = false, outside = false;
  for (int repeat = 0; repeat < 50; ++repeat) {
    parallel_for(64, [&](std::int64_t, int worker) {
      if (worker < 0 || worker >= GetParam()) {
        outside = true;
        return;
      }
      if (inside[static_cast<std::size_t>(worker)]++ != 0) shared = true;
      std::this_thread::yield();
      --inside[static_cast<std::size_t>(worker)];
    });
  }
  EXPECT_FALSE(shared);
  EXPECT_FALSE(outside);
}

TEST_P(Threads, NestedCallsRunInlineOnTheSameWorker) {
  std::atomic<int> total = 0;
  std::atomic<bool> moved = false;
  parallel_for(8, [&](std::int64_t, int outer) {
    const auto thread = std::this_thread::get_id();
    parallel_for(8, [&](std::int64_t, int inner) {
      if (inner != outer || std::this_thread::get_id() != thread) moved = true;
      ++total;
    });
  });
  EXPECT_EQ(total, 64);
  EXPECT_FALSE(moved);
}

TEST_P(Threads, TwoHostThreadsMayCallAtOnce) {
  std::atomic<int> total = 0;
  const auto work = [&] {
    for (int i = 0; i < 100; ++i) parallel_for(5, [&](std::int64_t, int) { ++total; });
  };
  std::thread other(work);
  work();
  other.join();
  EXPECT_EQ(total, 1000);
}

INSTANTIATE_TEST_SUITE_P(Parallel, Threads, ::testing::Values(1, 2, 3, 5),
                         [](const auto& p) { return std::to_string(p.param) + "_threads"; });

TEST(Parallel, AtLeastOneProcessorIsAvailable) { EXPECT_GE(available_threads(), 1); }

}  // namespace
}  // namespace neuro
