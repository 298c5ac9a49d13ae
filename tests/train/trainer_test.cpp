#include "neuro/trainer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <regex>

#include "golden.h"
#include "neuro/error.h"
#include "neuro/parallel.h"
#include "neuro/random.h"

namespace neuro {
namespace {
namespace fs = std::filesystem;

const char* const kXor =
    "neuron XOR():\n  in: [batch, 2]\n  out: [batch, 1]\n  graph:\n    in ->\n      Linear(2, 4)\n      ReLU()\n"
    "      Linear(4, 1)\n      Sigmoid()\n      out\n";
const char* const kXorRows =
    "{\"input\": [0.0, 0.0], \"target\": [0.0]}\n{\"input\": [0.0, 1.0], \"target\": [1.0]}\n"
    "{\"input\": [1.0, 0.0], \"target\": [1.0]}\n{\"input\": [1.0, 1.0], \"target\": [0.0]}\n";
const char* const kClassifier =
    "neuron Net():\n  in: [batch, 4]\n  out: [batch, 3]\n  graph:\n    in ->\n      Linear(4, 16)\n      ReLU()\n"
    "      Dropout(0.25)\n      Linear(16, 3)\n      out\n";

class Training : public testing::Test {
 protected:
  Training() {
    test::write_text(dir_ / "xor.ns", kXor);
    test::write_text(dir_ / "xor.jsonl", kXorRows);
    test::write_text(dir_ / "net.ns", kClassifier);
    test::write_text(dir_ / "net.jsonl", points(50, 1));
    test::write_text(dir_ / "val.jsonl", points(20, 2));
  }

  /// Three classes that a plane separates well.
  static std::string points(int n, std::uint64_t seed) {
    const RandomStream random(seed, 0);
    std::string text;
    for (int i = 0; i < n; ++i) {
      std::string x;
      int cls = 0;
      float best = -1;
      for (int k = 0; k < 4; ++k) {
        const float u = random.uniform(static_cast<std::uint64_t>(4 * i + k));
        x += (k > 0 ? ", " : "") + std::to_string(u);
        if (k < 3 && u > best) {
          best = u;
          cls = k;
        }
      }
      text += "{\"input\": [" + x + "], \"target\": " + std::to_string(cls) + "}\n";
    }
    return text;
  }

  TrainConfig config(const std::string& model, const std::string& training, const std::string& more = "") {
    const std::string text = "model: {file: " + model + ".ns}\ndata: {train: " + model + ".jsonl" +
                             (model == "net" ? ", val: val.jsonl" : "") + "}\ntraining: {" + training +
                             "}\ncheckpoint: {dir: " + (dir_ / out_).string() + "}\n" + more;
    Diagnostics diags;
    ConfigResult result =
        parse_config((dir_ / "train.yml").string(), text, dir_.path(), {}, diags, default_contracts().names());
    EXPECT_FALSE(result.problem) << render(diags);
    return std::move(result.config);
  }
  TrainResult run(const TrainConfig& c, TrainOptions options = {}) {
    said_.clear();
    options.console.sink = [this](std::string_view text) { said_ += text; };
    Prepared prepared = prepare(c);
    const TrainResult result = train(prepared, options);
    weights_ = prepared.model.state_dict();
    return result;
  }
  std::string failure(ErrorCode code, const TrainConfig& c, const TrainOptions& options = {}) {
    try {
      run(c, options);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << error.what();
      return error.diagnostics().empty() ? std::string(error.what()) + "\n" : render(error.diagnostics());
    }
    ADD_FAILURE() << "nothing was thrown";
    return "";
  }
  std::vector<std::vector<double>> values() const {
    std::vector<std::vector<double>> out;
    for (const auto& item : weights_) out.push_back(item.second.to_vector());
    return out;
  }
  /// metrics.jsonl without what no run has in common with another: times, rates and memory.
  static std::string metrics(const fs::path& run) {
    const std::string text = test::read_text(run / "metrics.jsonl");
    return std::regex_replace(text, std::regex("\"(t|elapsed|rows_per_s|data_wait|eta_s|rss_mb)\":[^,}]*[,}]"), "");
  }
  /// Stops after `step` steps, as a signal would.
  struct StopAt : Logger {
    StopAt(std::int64_t at, std::atomic<int>& flag) : at_(at), flag_(flag) {}
    void log(const MetricRecord& r) override {
      if (r.step == at_) flag_ = 15;
    }
    std::int64_t at_;
    std::atomic<int>& flag_;
  };

  test::TempDir dir_;
  std::string out_ = "out";
  std::string said_;
  StateDict weights_;
};

TEST_F(Training, XorLearnsWithTheLossOfTheSeedsRule) {
  int solved = 0;
  for (const char* seed : {"42", "1", "2", "3", "4"}) {
    out_ = std::string("out") + seed;
    const TrainResult result = run(config("xor", std::string("epochs: 1000, lr: 0.01, seed: ") + seed));
    EXPECT_EQ(result.step, 1000);
    EXPECT_NE(said_.find("mse   rule R5"), std::string::npos) << said_;
    EXPECT_TRUE(fs::exists(result.final_path));
    solved += result.loss < 0.05;
  }
  EXPECT_GE(solved, 2);  // 70 of 100 in PyTorch
}

TEST_F(Training, AResumedRunEqualsTheUninterruptedOneBitForBit) {
  const std::string more = "eval: {every: 7}\nlogging: {every: 4}\n";
  const std::string training =
      "epochs: 5, batch_size: 8, save_every: 6, keep_last_n: 100, lr: 0.02";  // 7 steps an epoch, the last of 2 rows
  const TrainResult whole = run(config("net", training, more));
  ASSERT_EQ(whole.step, 35);
  const auto want = values();
  const std::string want_metrics = metrics(whole.run);
  EXPECT_GT(std::count(want_metrics.begin(), want_metrics.end(), '\n'), 12);

  // From every checkpoint: as if the process had died right after it, or some steps later.
  for (const fs::path& checkpoint : checkpoints_of(whole.run)) {
    const fs::path copy = dir_ / ("copy" + checkpoint.filename().string());
    fs::create_directories(copy);
    fs::copy(whole.run, copy / "Net", fs::copy_options::recursive);
    out_ = copy.filename().string();
    TrainOptions options;
    options.start = Start::resume;
    options.resume_from = copy / "Net" / checkpoint.filename();
    const TrainResult resumed = run(config("net", training, more), options);
    if (resumed.status == TrainStatus::nothing_to_do) continue;
    EXPECT_EQ(resumed.step, 35);
    EXPECT_EQ(values(), want) << checkpoint;
    EXPECT_EQ(metrics(resumed.run), want_metrics) << checkpoint;
    EXPECT_EQ(resumed.loss, whole.loss);
    EXPECT_EQ(test::read_text(resumed.final_path), test::read_text(whole.final_path));
  }
}

// Parts that a pass builds: a layer for each number of rows in a batch, so that the last, smaller batch of an epoch and
// the validation set bring parameters of their own while training goes on.
const char* const kLate =
    "neuron Net():\n  in: [batch, 4]\n  out: [batch, 3]\n  graph:\n    in ->\n      Linear(4, 16)\n      ReLU()\n"
    "      match:\n        [b, w] where b == 2: Linear(w, b * 8) -> GELU()\n"
    "        [b, w]: Linear(w, b * 2) -> Linear(b * 2, w)\n"
    "      Linear(16, 3)\n      out\n";

TEST_F(Training, PartsThatPassesBuildTrainAndAreResumedBitForBit) {
  test::write_text(dir_ / "net.ns", kLate);
  const std::string more = "eval: {every: 7}\nlogging: {every: 4}\n";
  const std::string training = "epochs: 3, batch_size: 8, save_every: 3, keep_last_n: 100, lr: 0.02, optimizer: adamw";
  const TrainResult whole = run(config("net", training, more));
  ASSERT_EQ(whole.step, 21);
  const auto want = values();
  std::vector<std::string> names;
  for (const auto& item : weights_) names.push_back(item.first);
  EXPECT_THAT(names, ::testing::Contains("_linear_4.16x16.weight")) << "of the first batch, 8 rows";
  EXPECT_THAT(said_, ::testing::HasSubstr("step 6: 272 new parameters join: _linear_2.16x16.weight"))
      << "of the last batch, 2 rows\n"
      << said_;
  // A saved model builds what it was trained with before its weights are read.
  const Prepared fresh = prepare(config("net", training, more));
  load_weights(fresh.model, whole.final_path);
  std::vector<std::vector<double>> loaded;
  for (const auto& item : fresh.model.state_dict()) loaded.push_back(item.second.to_vector());
  EXPECT_EQ(loaded, want);
  EXPECT_THAT(said_, ::testing::HasSubstr("step 7: 280 new parameters join: _linear_4.16x8.weight"))
      << "of the last validation batch, 4 rows";

  for (const fs::path& checkpoint : checkpoints_of(whole.run)) {
    const fs::path copy = dir_ / ("copy" + checkpoint.filename().string());
    fs::create_directories(copy);
    fs::copy(whole.run, copy / "Net", fs::copy_options::recursive);
    out_ = copy.filename().string();
    TrainOptions options;
    options.start = Start::resume;
    options.resume_from = copy / "Net" / checkpoint.filename();
    for (const fs::path& later : checkpoints_of(copy / "Net")) {
      if (later.filename() > checkpoint.filename()) fs::remove_all(later);
    }
    run(config("net", training, more), options);
    EXPECT_EQ(values(), want) << checkpoint;
  }
}

TEST_F(Training, MoreEpochsGoOnAsIfTheyHadBeenAskedForAtOnce) {
  const std::string rest = ", batch_size: 8, lr: 0.02", more = "logging: {every: 4}\neval: {every: 1epoch}\n";
  const TrainResult whole = run(config("net", "epochs: 4" + rest, more));
  const auto want = values();
  out_ = "grown";
  run(config("net", "epochs: 2" + rest, more));
  TrainOptions options;
  options.start = Start::resume;
  EXPECT_EQ(run(config("net", "epochs: 2" + rest, more), options).status, TrainStatus::nothing_to_do);
  const TrainResult grown = run(config("net", "epochs: 4" + rest, more), options);
  EXPECT_EQ(grown.step, whole.step);
  EXPECT_EQ(values(), want);
  EXPECT_EQ(metrics(grown.run), metrics(whole.run));
}

TEST_F(Training, TheNumberOfThreadsChangesNoBit) {
  const int before = thread_count();
  std::vector<std::vector<std::vector<double>>> results;
  for (const int threads : {1, 2, 3}) {
    set_thread_count(threads);
    out_ = "threads" + std::to_string(threads);
    run(config("net", "epochs: 3, batch_size: 16"));
    results.push_back(values());
  }
  set_thread_count(before);
  EXPECT_EQ(results[0], results[1]);
  EXPECT_EQ(results[0], results[2]);
}

TEST_F(Training, AStopSavesAndSaysHowToGoOn) {
  const std::string training = "epochs: 5, batch_size: 8, lr: 0.02",
                    more = "logging: {every: 1, loggers: [console, stop]}\n";
  run(config("net", training));
  const auto want = values();
  out_ = "stopped";
  std::atomic<int> flag = 0;
  Contracts contracts = default_contracts();
  contracts.loggers.add("stop", [&](const LoggerOptions&) { return std::make_unique<StopAt>(10, flag); });
  TrainConfig c = config("net", training, "logging: {every: 1}\n");
  c.logging.loggers = {"console", "stop"};
  Prepared prepared = prepare(c, contracts);
  TrainOptions options;
  options.stop_signal = &flag;
  options.console.sink = [this](std::string_view text) { said_ += text; };
  said_.clear();
  const TrainResult stopped = train(prepared, options, contracts);
  EXPECT_EQ(stopped.status, TrainStatus::stopped);
  EXPECT_EQ(stopped.signal, 15);
  EXPECT_EQ(stopped.step, 10);
  EXPECT_TRUE(fs::exists(stopped.checkpoint / "manifest.json"));
  EXPECT_NE(said_.find("nsrun train " + (dir_ / "train.yml").string() + " --resume"), std::string::npos) << said_;
  EXPECT_EQ(read_run_record(stopped.run)->status, "stopped");

  EXPECT_NE(failure(ErrorCode::config, config("net", training)).find("--resume"), std::string::npos);
  TrainOptions resume;
  resume.start = Start::resume;
  EXPECT_EQ(run(config("net", training), resume).step, 35);
  EXPECT_EQ(values(), want);
}

TEST_F(Training, ValidationGivesAccuracyAndTheBestCheckpoint) {
  const TrainResult result =
      run(config("net", "epochs: 30, batch_size: 10, lr: 0.02", "eval: {every: 1epoch}\nlogging: {every: 50}\n"));
  ASSERT_EQ(result.val_metrics.size(), 1u);
  EXPECT_EQ(result.val_metrics[0].first, "accuracy");
  EXPECT_GT(result.val_metrics[0].second, 0.6);
  EXPECT_TRUE(std::isfinite(result.val_loss));
  EXPECT_NE(said_.find("val_accuracy"), std::string::npos);
  EXPECT_TRUE(fs::exists(result.run / "BEST"));
  EXPECT_LE(checkpoints_of(result.run).size(), 4u);  // keep_last_n 3 and the best
}

TEST_F(Training, DivergenceNamesTheRowsAndUpdatesNothing) {
  test::write_text(dir_ / "net.jsonl", points(3, 1) + "{\"input\": [3e38, 3e38, 3e38, 3e38], \"target\": 1}\n");
  const std::string text = failure(ErrorCode::diverged, config("net", "epochs: 2, batch_size: 2", ""));
  EXPECT_NE(text.find("net.jsonl:4"), std::string::npos) << text;
  const auto record = read_run_record(dir_ / "out/Net");
  ASSERT_TRUE(record);
  EXPECT_EQ(record->status, "diverged");
  EXPECT_FALSE(fs::exists(dir_ / "out/Net/final.safetensors"));
}

TEST_F(Training, ASecondRunSetsTheFinishedOneAside) {
  run(config("xor", "epochs: 5"));
  run(config("xor", "epochs: 5"));
  EXPECT_NE(said_.find("the earlier run was set aside as"), std::string::npos) << said_;
  EXPECT_EQ(std::distance(fs::directory_iterator(dir_ / "out"), fs::directory_iterator()), 2);
}

TEST_F(Training, ADryRunWritesNothing) {
  TrainOptions options;
  options.dry_run = true;
  EXPECT_EQ(run(config("xor", "epochs: 5"), options).step, 1);
  EXPECT_FALSE(fs::exists(dir_ / "out"));
}

TEST_F(Training, MaxStepsAndNoEpochsEndARun) {
  EXPECT_EQ(run(config("net", "epochs: 5, max_steps: 3, batch_size: 8")).step, 3);
  out_ = "none";
  const TrainResult none = run(config("net", "epochs: 0"));
  EXPECT_EQ(none.step, 0);
  EXPECT_TRUE(fs::exists(none.final_path));
}

TEST_F(Training, RefusalsReadWell) {
  const auto expect = [&](const char* name, const std::string& text) { test::expect_golden(name, text, dir_.path()); };
  run(config("net", "epochs: 1, batch_size: 8"));
  TrainOptions resume;
  resume.start = Start::resume;
  expect("resume_other_settings",
         failure(ErrorCode::config, config("net", "epochs: 2, batch_size: 4, lr: 0.5"), resume));
  std::string wider = kClassifier;
  for (std::size_t at = 0; (at = wider.find("16", at)) != std::string::npos;) wider.replace(at, 2, "17");
  test::write_text(dir_ / "net.ns", wider);
  expect("resume_other_architecture",
         failure(ErrorCode::checkpoint, config("net", "epochs: 2, batch_size: 8"), resume));
  out_ = "other";
  test::write_text(dir_ / "net.jsonl", "{\"input\": [1.0, 2.0], \"target\": 1}\n");
  expect("data_input_shape", failure(ErrorCode::data, config("net", "epochs: 1")));
  test::write_text(dir_ / "net.jsonl", "{\"input\": [1.0, 2.0, 3.0, 4.0], \"target\": 3}\n");
  expect("data_target_class", failure(ErrorCode::data, config("net", "epochs: 1")));
  TrainConfig dropped = config("xor", "epochs: 1");
  dropped.data.drop_last = true;
  expect("no_batch", failure(ErrorCode::config, dropped));
  EXPECT_FALSE(fs::exists(dir_ / "other"));  // nothing was written for any of them
}

TEST_F(Training, AHostProgramTrainsOnItsOwnRows) {
  const Model model = Program::from_source(kXor, "xor.ns").instantiate("XOR", {}, {3});
  TrainConfig c;
  c.training.epochs = 50;
  c.checkpoint.dir.clear();
  const Tensor x = Tensor::from({0.f, 0.f, 0.f, 1.f, 1.f, 0.f, 1.f, 1.f}, Shape{4, 2});
  const Tensor y = Tensor::from({0.f, 1.f, 1.f, 0.f}, Shape{4, 1});
  const TrainResult result = Trainer(model, c).fit(make_tensor_loader({x, y}, {.fields = {}}));
  EXPECT_EQ(result.step, 50);
  EXPECT_TRUE(result.run.empty());
}

}  // namespace
}  // namespace neuro
