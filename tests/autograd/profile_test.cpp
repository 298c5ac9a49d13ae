// What a person sees of a plan: its text, and the profiler's table and trace.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "counting_allocator.h"
#include "models.h"

namespace neuro {
namespace {

using ::testing::HasSubstr;

TEST(Describe, SmallProgram) {
  const Var x(Tensor::zeros({3, 2})), w(Tensor::zeros({4, 2})), b(Tensor::zeros({4}));
  const Var h = relu(linear(x, w, b));
  Replay replay({{sum(t(h * 2.0), 1)}}, nullptr, Planning::full);
  const std::string text = replay.describe();
  EXPECT_EQ(text.substr(0, text.rfind(", scratch")),  // which depends on the instruction set
            R"(0: matmul [0, 1], 84 flops, 120 bytes
     v0 = add(t0, x2)
     v1 = relu(v0)
     t0 = affine(v1; 2)
     <- x0 f32[3, 2], 24 bytes
     <- x1 f32[4, 2], 32 bytes
     <- x2 f32[4], 16 bytes
     -> t0 f32[3, 4], 48 bytes at arena+0
1: contiguous, 12 flops, 96 bytes
     <- t0 f32[4, 3] strides [1, 4], 48 bytes at arena+0
     -> t1 f32[4, 3], 48 bytes at arena+64
2: sum [1, 2] (1), 12 flops, 64 bytes
     <- t1 f32[4, 3], 48 bytes at arena+64
     -> out0 f32[4], 16 bytes
3 entries, 108 flops, 280 bytes moved; arena 128 bytes (128 live at most))");
}

TEST(Describe, FlopsOfProductsAndConvolutions) {
  const Var a(Tensor::zeros({2, 3, 5})), b(Tensor::zeros({2, 5, 7}));
  EXPECT_THAT(Replay({{matmul(a, b)}}).describe(), HasSubstr(": matmul, 420 flops, 568 bytes\n"));  // 2 x 2*3*7*5
  const Var x(Tensor::zeros({2, 3, 6, 6})), w(Tensor::zeros({4, 3, 3, 3}));
  // 2*4*4*4 results of 2 x 27 each; 864 + 432 + 512 bytes.
  EXPECT_THAT(Replay({{conv2d(x, w)}}).describe(), HasSubstr(" 6,912 flops, 1,808 bytes\n"));
}

struct Profiled {
  std::shared_ptr<Profiler> profiler;
  Replay replay;
  explicit Profiled(std::size_t calls) : profiler(std::make_shared<Profiler>(calls)), replay(models::mlp(4)) {
    replay.profile(profiler, "a \"step\"");
  }
};

TEST(Profiler, TraceIsJsonInWhichEveryEntryAppearsOnceARun) {
  Profiled p(1000);
  p.replay.run();
  p.replay.run();
  const nlohmann::json trace = nlohmann::json::parse(p.profiler->chrome_trace());
  std::vector<int> calls(p.replay.entries());
  double before = 0;
  for (const auto& event : trace.at("traceEvents")) {
    if (event.at("ph") == "M") {
      EXPECT_EQ(event.at("args").at("name"), "a \"step\"");
      continue;
    }
    EXPECT_EQ(event.at("ph"), "X");
    EXPECT_FALSE(event.at("name").get<std::string>().empty());
    EXPECT_GE(event.at("ts").get<double>(), before) << "entries run one after the other";
    before = event.at("ts").get<double>() + event.at("dur").get<double>() - 0.001;
    EXPECT_GT(event.at("args").at("bytes").get<double>(), 0);
    ++calls.at(event.at("args").at("entry").get<std::size_t>());
  }
  EXPECT_THAT(calls, ::testing::Each(2));
}

TEST(Profiler, TableNamesEveryEntryWithItsCalls) {
  Profiled p(0);  // no ring: totals only
  for (int i = 0; i < 3; ++i) p.replay.run();
  const std::string table = p.profiler->table();
  EXPECT_THAT(table, HasSubstr("GFLOP/s"));
  EXPECT_THAT(table, HasSubstr("0 matmul+add+relu"));
  std::size_t lines = 0;
  for (const char c : table) lines += c == '\n';
  EXPECT_EQ(lines, p.replay.entries() + 2) << table;
  EXPECT_EQ(nlohmann::json::parse(p.profiler->chrome_trace()).at("traceEvents").size(), 1u);
}

TEST(Profiler, RingKeepsTheLatestCalls) {
  Profiled p(5);
  p.replay.run();
  p.replay.run();
  const auto events = nlohmann::json::parse(p.profiler->chrome_trace()).at("traceEvents");
  ASSERT_EQ(events.size(), 6u);
  EXPECT_EQ(events.back().at("args").at("entry"), p.replay.entries() - 1);
}

TEST(Profiler, RecordingDoesNotAllocateAndCanBeEnded) {
  Profiled p(100);
  p.replay.run();
  const long before = allocation_count();
  for (int i = 0; i < 10; ++i) p.replay.run();
  EXPECT_EQ(allocation_count(), before);
  const std::string table = p.profiler->table();
  p.replay.profile(nullptr);
  p.replay.run();
  EXPECT_EQ(p.profiler->table(), table);
}

}  // namespace
}  // namespace neuro
