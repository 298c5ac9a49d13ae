#include "neuro/run_directory.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <set>

#include "golden.h"
#include "neuro/error.h"
#include "neuro/safetensors.h"

namespace neuro {
namespace {
namespace fs = std::filesystem;

class Run : public testing::Test {
 protected:
  static Snapshot snapshot(std::int64_t step) {
    Snapshot s;
    s.model = {{"w", Tensor::full(Shape{3, 2}, static_cast<double>(step))}};
    s.optimizer = {{"adam.m.w", Tensor::full(Shape{3, 2}, 0.5)}};
    s.state.step = step;
    s.bundle = {"Net", "neuron Net():\n", "[batch, 2] -> [batch, 3]", {{"k", std::int64_t{3}}}};
    s.config = "model: {file: net.ns}\n";
    return s;
  }
  RunDirectory open(Start start = Start::normal) { return RunDirectory(dir_.path(), "Net", start); }
  void run(std::vector<std::int64_t> steps, const char* status, bool final = false) {
    RunDirectory r = open();
    RunRecord record{.id = "1",
                     .neuron = "Net",
                     .source_hash = source_hash("neuron Net():\n"),
                     .started = "2026-11-20T13:15:00",
                     .ended = "",
                     .status = status,
                     .settings = {},
                     .data = {}};
    for (const std::int64_t step : steps) r.save(*format_, snapshot(step), false, 3);
    if (final) r.write_final(snapshot(9).model, {"Net", "neuron Net():\n", "", {}});
    r.write_record(record);
  }
  std::string message(const std::function<void()>& body, ErrorCode code) {
    try {
      body();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << error.what();
      return std::string(error.what()) + "\n";
    }
    ADD_FAILURE() << "nothing was thrown";
    return "";
  }
  std::set<std::string> names() {
    std::set<std::string> out;
    for (const auto& entry : fs::directory_iterator(dir_ / "Net")) out.insert(entry.path().filename().string());
    return out;
  }
  test::TempDir dir_;
  std::unique_ptr<Checkpoint> format_ = make_safetensors_checkpoint();
};

TEST_F(Run, ACheckpointComesBackAsItWas) {
  Snapshot s = snapshot(7);
  s.state.position = {3, 40};
  s.state.elapsed = 0.1 + 0.2;
  s.state.window = {.loss = 1.0 / 3, .rows = 12, .steps = 2, .metrics = {0.7}};
  s.state.loggers = {{"jsonl", "120"}};
  s.state.settings = {{"training.lr", "0.01"}};
  RunDirectory run = open();
  const Snapshot back = format_->load(run.save(*format_, s, true, 3));
  EXPECT_EQ(back.state.to_json(), s.state.to_json());
  EXPECT_EQ(back.state.elapsed, 0.1 + 0.2);
  EXPECT_EQ(back.state.best, std::numeric_limits<double>::infinity());
  EXPECT_EQ(back.state.position, (Position{3, 40}));
  EXPECT_EQ(back.state.window.metrics, std::vector<double>{0.7});
  EXPECT_EQ(back.bundle.source, s.bundle.source);
  EXPECT_EQ(back.bundle.params, s.bundle.params);
  EXPECT_EQ(back.config, s.config);
  EXPECT_EQ(back.model[0].second.to_vector(), s.model[0].second.to_vector());
  EXPECT_EQ(back.optimizer[0].first, "adam.m.w");
  EXPECT_EQ(run.latest(), run.best());
}

TEST_F(Run, OldCheckpointsArePrunedButNotTheBest) {
  RunDirectory run = open();
  for (const std::int64_t step : {1, 2, 3, 4, 5}) run.save(*format_, snapshot(step), step == 2, 2);
  EXPECT_EQ(names(),
            (std::set<std::string>{".lock", "LATEST", "BEST", "step-00000002", "step-00000004", "step-00000005"}));
  EXPECT_EQ(run.latest(), run.step_path(5));
}

TEST_F(Run, AFinishedRunIsSetAsideUnderItsStartingTime) {
  run({1}, "finished");
  RunDirectory second = open();
  ASSERT_TRUE(second.set_aside());
  EXPECT_EQ(second.set_aside()->filename(), "Net-20261120-131500");
  EXPECT_FALSE(second.latest());
}

TEST_F(Run, LeftoversOfACrashAreRemoved) {
  run({1}, "stopped");
  test::write_text(dir_ / "Net/.tmp-123-step-00000002/model.safetensors", "half");
  test::write_text(dir_ / "Net/LATEST.tmp-123", "half");
  test::write_text(dir_ / "Net/final.tmp-123", "half");
  RunDirectory again = open(Start::resume);
  EXPECT_EQ(names(), (std::set<std::string>{".lock", "LATEST", "run.json", "step-00000001"}));
}

TEST_F(Run, LatestThatPointsNowhereFallsBackToTheNewest) {
  run({1, 2}, "stopped");
  for (const char* text : {"step-00000009\n", "../elsewhere\n", "", "/\n"}) {
    test::write_text(dir_ / "Net/LATEST", text);
    EXPECT_EQ(open(Start::resume).latest()->filename(), "step-00000002") << text;
  }
}

TEST_F(Run, ACheckpointOfTheSameStepIsReplaced) {
  RunDirectory run = open();
  run.save(*format_, snapshot(3), false, 3);
  Snapshot other = snapshot(3);
  other.state.lr = 5;
  run.save(*format_, other, false, 3);
  EXPECT_EQ(format_->load(run.step_path(3)).state.lr, 5);
}

TEST_F(Run, MessagesReadWell) {
  std::string all;
  all += message([&] { open(Start::resume); }, ErrorCode::checkpoint);
  {
    RunDirectory held = open();
    all += message([&] { open(); }, ErrorCode::config);
  }
  all += message([&] { open(Start::resume); }, ErrorCode::checkpoint);
  run({1}, "stopped");
  all += message([&] { open(); }, ErrorCode::config);
  {
    RunDirectory fresh = open(Start::fresh);
    EXPECT_TRUE(fresh.set_aside());
    fresh.save(*format_, snapshot(4), false, 3);
  }
  const fs::path step = dir_ / "Net/step-00000004";
  std::string bytes = test::read_text(step / "model.safetensors");
  bytes[bytes.size() - 3] = static_cast<char>(bytes[bytes.size() - 3] ^ 4);
  test::write_text(step / "model.safetensors", bytes);
  all += message([&] { format_->load(step); }, ErrorCode::checkpoint);
  test::write_text(step / "model.safetensors", bytes.substr(0, 100));
  all += message([&] { format_->load(step); }, ErrorCode::checkpoint);
  test::write_text(step / "manifest.json", "{\"format_version\": 99}");
  all += message([&] { format_->load(step); }, ErrorCode::checkpoint);
  test::write_text(step / "manifest.json", "{\"format_ver");
  all += message([&] { format_->load(step); }, ErrorCode::checkpoint);
  fs::remove(step / "manifest.json");
  all += message([&] { format_->load(step); }, ErrorCode::checkpoint);
  test::expect_golden("run_messages", all, dir_.path());
}

TEST_F(Run, AnotherProcessThatHoldsTheRunIsRespected) {
  int to_child[2], to_parent[2];
  ASSERT_EQ(pipe(to_child), 0);
  ASSERT_EQ(pipe(to_parent), 0);
  const pid_t child = fork();
  if (child == 0) {
    RunDirectory held(dir_.path(), "Net", Start::normal);
    char c = 'x';
    if (write(to_parent[1], &c, 1) != 1 || read(to_child[0], &c, 1) != 1) _exit(1);
    _exit(0);
  }
  char c = 0;
  ASSERT_EQ(read(to_parent[0], &c, 1), 1);
  EXPECT_THROW(open(), Error);
  ASSERT_EQ(write(to_child[1], &c, 1), 1);
  waitpid(child, nullptr, 0);
  EXPECT_NO_THROW(open());  // the lock ended with its process
  for (const int end : {to_child[0], to_child[1], to_parent[0], to_parent[1]}) close(end);
}

TEST_F(Run, ADiskThatFillsUpLeavesOnlyCompleteCheckpoints) {
  RunDirectory run = open();
  run.save(*format_, snapshot(1), false, 3);
  Snapshot large = snapshot(2);
  large.model = {{"w", Tensor::zeros(Shape{1 << 16})}};
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = signal(SIGXFSZ, SIG_IGN);
  rlimit small = before;
  small.rlim_cur = 1 << 15;
  setrlimit(RLIMIT_FSIZE, &small);
  const std::string text = message([&] { run.save(*format_, large, true, 3); }, ErrorCode::resource);
  setrlimit(RLIMIT_FSIZE, &before);
  signal(SIGXFSZ, handler);
  EXPECT_NE(text.find("--resume"), std::string::npos) << text;
  EXPECT_EQ(names(), (std::set<std::string>{".lock", "LATEST", "step-00000001"}));
  EXPECT_EQ(format_->load(*run.latest()).state.step, 1);
}

TEST_F(Run, AReadOnlyDirectoryIsNamed) {
  test::write_text(dir_ / "file", "");
  const std::string text = message([&] { RunDirectory(dir_ / "file", "Net", Start::normal); }, ErrorCode::checkpoint);
  EXPECT_NE(text.find("failed to create the directory"), std::string::npos) << text;
  if (geteuid() == 0) GTEST_SKIP() << "root may write everywhere";
  fs::permissions(dir_.path(), fs::perms::owner_read | fs::perms::owner_exec);
  EXPECT_NE(message([&] { open(); }, ErrorCode::checkpoint).find("Permission denied"), std::string::npos);
  fs::permissions(dir_.path(), fs::perms::owner_all);
}

TEST_F(Run, WeightsAreFoundInTheDocumentedOrder) {
  const fs::path model = dir_ / "net.ns";
  const std::string source = "neuron Net():\n";
  WeightQuery query{.model_file = model,
                    .neuron = "Net",
                    .source = source,
                    .parameters = [](const Bundle&) { return snapshot(0).model; },
                    .checkpoint = "",
                    .environment = "",
                    .run_roots = {dir_.path()}};
  std::string all = message([&] { find_weights(query); }, ErrorCode::checkpoint);

  write_safetensors(dir_ / "model.safetensors", {snapshot(0).model, {}});
  EXPECT_EQ(find_weights(query).path, dir_ / "model.safetensors");
  run({1, 2}, "stopped");
  EXPECT_EQ(find_weights(query).path, dir_ / "Net/step-00000002/model.safetensors");
  EXPECT_EQ(find_weights(query).how, "latest of run " + (dir_ / "Net").string());
  { RunDirectory(dir_.path(), "Net", Start::resume).write_final(snapshot(2).model, {}); }
  EXPECT_EQ(find_weights(query).path, dir_ / "Net/final.safetensors");
  { RunDirectory(dir_.path(), "Net", Start::resume).save(*format_, snapshot(3), true, 3); }
  EXPECT_EQ(find_weights(query).path, dir_ / "Net/step-00000003/model.safetensors");
  EXPECT_EQ(find_weights(query).params, snapshot(3).bundle.params);

  query.source = "neuron Net(): # edited\n";
  EXPECT_NE(find_weights(query).how.find("edited"), std::string::npos);
  query.parameters = [](const Bundle&) { return StateDict{{"other", Tensor::zeros(Shape{2})}}; };
  fs::remove(dir_ / "model.safetensors");
  all += message([&] { find_weights(query); }, ErrorCode::checkpoint);
  query.environment = (dir_ / "Net").string();
  EXPECT_EQ(find_weights(query).path, dir_ / "Net/step-00000003/model.safetensors");
  query.checkpoint = (dir_ / "Net/final.safetensors").string();
  EXPECT_EQ(find_weights(query).path, dir_ / "Net/final.safetensors");
  query.checkpoint = (dir_ / "nowhere").string();
  all += message([&] { find_weights(query); }, ErrorCode::checkpoint);
  query.checkpoint = dir_.path().string();
  all += message([&] { find_weights(query); }, ErrorCode::checkpoint);
  test::expect_golden("weights_messages", all, dir_.path());
}

TEST_F(Run, ABundleCarriesItsModel) {
  const Bundle bundle{"Net",
                      "neuron Net():\n",
                      "[batch, 2]",
                      {{"n", std::int64_t{4}},
                       {"p", 2.0},
                       {"on", true},
                       {"act", std::string("a\"b")},
                       {"s", std::vector<std::int64_t>{1, 2}}}};
  const Bundle back = bundle_from(bundle_metadata(bundle));
  EXPECT_EQ(back.neuron, bundle.neuron);
  EXPECT_EQ(back.source, bundle.source);
  EXPECT_EQ(back.params, bundle.params);
}

}  // namespace
}  // namespace neuro
