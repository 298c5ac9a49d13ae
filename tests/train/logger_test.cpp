#include "neuro/logger.h"

#include <gtest/gtest.h>

#include "golden.h"
#include "neuro/json.h"

namespace neuro {
namespace {

MetricRecord record(std::int64_t step, const char* phase = "train") {
  MetricRecord r;
  r.time = 1763636400.12;
  r.elapsed = 3.2004;
  r.phase = phase;
  r.step = step;
  r.epoch = static_cast<double>(step);
  r.epochs = 1000;
  r.rows = 4 * step;
  r.loss = 0.1873;
  r.lr = 0.01;
  r.grad_norm = 0.42;
  r.rows_per_s = 41234;
  r.eta_s = 0.3;
  r.rss_mb = 14;
  return r;
}

std::string shown(bool terminal) {
  std::string out;
  LoggerOptions options;
  options.sink = [&](std::string_view text) { out += text; };
  options.terminal = terminal;
  const auto logger = make_console_logger(options);
  RunInfo info;
  info.neuron = "XOR";
  info.source_place = "examples/01-xor.ns:1";
  info.parameters = 17;
  info.inputs = "[batch, 2]";
  info.outputs = "[batch, 1]";
  info.train_rows = 4;
  info.train_path = "examples/data/xor_train.jsonl";
  info.loss = "mse";
  info.rule = "R5";
  info.reason = "out [batch, 1], float targets = regression";
  info.optimizer = "adam";
  info.lr = 0.01;
  info.batch_size = 32;
  info.steps_per_epoch = 1;
  info.epochs = info.total_steps = 1000;
  info.seed = 42;
  info.threads = 2;
  info.isa = "avx2";
  info.notes = {"the earlier run was set aside as checkpoints/XOR-20261120-131500"};
  logger->on_start(info);
  EXPECT_EQ(logger->wants_progress(), terminal);
  if (terminal) logger->on_progress({50, 1000, 51, 1000, 0.25, 40000, 2.5});
  logger->log(record(100));
  MetricRecord val = record(100, "val");
  val.metrics = {{"accuracy", 0.975}};
  val.best = true;
  logger->log(val);
  logger->on_end({"finished",
                  1000,
                  1000,
                  0.21,
                  0.0004,
                  {{"loss", 0.01}, {"accuracy", 0.98}},
                  "checkpoints/XOR/final.safetensors",
                  "",
                  "nsrun infer examples/01-xor.ns input.json"});
  logger->on_end(
      {"stopped", 70, 70, 0.21, 0.3, {}, "", "checkpoints/XOR/step-00000070", "nsrun train xor_config.yml --resume"});
  return out;
}

TEST(ConsoleLogger, LinesReadWell) { test::expect_golden("console_plain", shown(false)); }

TEST(ConsoleLogger, ATerminalGetsABarThatIsClearedByLines) { test::expect_golden("console_terminal", shown(true)); }

TEST(ConsoleLogger, NumbersAreShort) {
  EXPECT_EQ(short_number(870), "870");
  EXPECT_EQ(short_number(41234), "41.2k");
  EXPECT_EQ(short_number(3'140'000), "3.1M");
  EXPECT_EQ(short_number(123'400), "123k");
  EXPECT_EQ(clock_text(7), "00:07");
  EXPECT_EQ(clock_text(3723), "1:02:03");
  EXPECT_EQ(clock_text(std::numeric_limits<double>::infinity()), "--:--");
}

TEST(JsonlLogger, RecordsAreLinesThatResumingCutsBack) {
  test::TempDir dir;
  LoggerOptions options;
  options.run = dir.path();
  std::string state;
  {
    const auto logger = make_jsonl_logger(options);
    logger->log(record(100));
    state = logger->state();
    logger->log(record(200));  // after the checkpoint: will be trained again
  }
  {
    const auto logger = make_jsonl_logger(options);
    logger->resume(state);
    logger->log(record(200));
    logger->log(record(300, "val"));
  }
  const std::string text = test::read_text(dir / "metrics.jsonl");
  test::expect_golden("metrics_jsonl", text);
  std::vector<std::int64_t> steps;
  for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
    json::Problem problem;
    const auto line = json::parse(text.substr(at, text.find('\n', at) - at), problem);
    ASSERT_TRUE(line) << problem.title;
    steps.push_back(*line->find("step")->integer);
  }
  EXPECT_EQ(steps, (std::vector<std::int64_t>{100, 200, 300}));
}

}  // namespace
}  // namespace neuro
