// The main job as a person does it: train the published XOR, ask it, go on with it.
#include <signal.h>

#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>
#include <thread>

#include "nsrun.h"

namespace nsrun::test {
namespace {

using nlohmann::json;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kRows = R"({"input": [[0, 0], [0, 1], [1, 0], [1, 1]]})";
constexpr const char* kFinal = "checkpoints/XOR/final.safetensors";

class Xor : public Nsrun {
 protected:
  Xor() { use_xor(); }

  Outcome train(std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"train", "examples/xor_config.yml"});
    return run(more);
  }
  Outcome ask(std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"infer", "examples/01-xor.ns", "-"});
    return run(more, kRows);
  }
};

TEST_F(Xor, LearnsItsFourAnswersWithTheDefaultSeed) {
  const Outcome trained = train();
  ASSERT_EQ(trained.code, 0) << trained.err;
  EXPECT_EQ(trained.out, "");
  EXPECT_THAT(trained.err, HasSubstr("Loss mse"));
  EXPECT_THAT(trained.err, HasSubstr("rule R5"));
  EXPECT_EQ(trained.err.find('\r'), std::string::npos) << "stderr is no terminal";

  const Outcome answer = ask();
  ASSERT_EQ(answer.code, 0) << answer.err;
  EXPECT_THAT(answer.err, HasSubstr("checkpoints/XOR"));
  const json parsed = json::parse(answer.out);
  EXPECT_EQ(parsed["shape"], json({4, 1}));
  const double targets[] = {0, 1, 1, 0};
  for (int row = 0; row < 4; ++row) EXPECT_NEAR(parsed["output"][row][0].get<double>(), targets[row], 0.1) << row;
}

TEST_F(Xor, WithoutTrainedWeightsIsRefusedUnlessRandomOnesAreAskedFor) {
  expect_refusal(ask(), 5, "no_trained_weights");
  const Outcome random = ask({"--random-weights"});
  EXPECT_EQ(random.code, 0) << random.err;
  EXPECT_THAT(random.err, HasSubstr("random"));
}

TEST_F(Xor, AnswersHaveTheFormOfTheQuestions) {
  ASSERT_EQ(train({"--epochs", "3"}).code, 0);
  const auto answers = [&](const std::string& question) {
    const Outcome outcome = run({"infer", "-q", "examples/01-xor.ns", "-"}, question);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_EQ(outcome.err, "");
    return outcome.out;
  };
  const std::string row = answers(R"({"input": [1, 0]})");
  EXPECT_EQ(json::parse(row)["shape"], json({1}));
  const json batch = json::parse(answers(R"({"input": [[1, 0], [0.5, 0]]})"));
  EXPECT_EQ(batch["shape"], json({2, 1}));
  EXPECT_EQ(batch["output"][0], json::parse(row)["output"]);

  const json list = json::parse(answers(R"([{"input": [1, 0]}, {"input": [[1, 0]]}])"));
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[0]["shape"], json({1}));
  EXPECT_EQ(list[1]["shape"], json({1, 1}));

  EXPECT_EQ(answers("{\"input\": [1, 0]}\n\n{\"input\": [1, 0]}\n"), row + row);
}

TEST_F(Xor, AnswersReadBackAsTheSameFloat) {
  ASSERT_EQ(train({"--epochs", "3"}).code, 0);
  const std::string text = json::parse(ask().out)["output"][1][0].dump();
  const std::string printed = run({"infer", "examples/01-xor.ns", "-"}, R"({"input": [0, 1]})").out;
  const float value = std::strtof(text.c_str(), nullptr);
  EXPECT_THAT(printed, HasSubstr("[" + json(json::parse(printed)["output"][0]).dump() + "]"));
  EXPECT_EQ(value, json::parse(printed)["output"][0].get<float>());
}

TEST_F(Xor, AModelFileStandsAlone) {
  ASSERT_EQ(train({"--epochs", "3"}).code, 0);
  const std::string expected = ask().out;
  EXPECT_EQ(run({"infer", kFinal, "-"}, kRows).out, expected);
  EXPECT_EQ(run({"infer", "checkpoints/XOR", "-"}, kRows).out, expected);
  EXPECT_EQ(ask({"--checkpoint", kFinal}).out, expected);
}

TEST_F(Xor, ParametersOfTheRunComeWithItsWeights) {
  write("net.ns",
        "neuron Net(hidden):\n  in: [batch, 2]\n  out: [batch, 1]\n"
        "  graph: in -> Linear(2, hidden) -> Tanh() -> Linear(hidden, 1) -> out\n");
  write("net.yml",
        "model: {file: net.ns, params: {hidden: 3}}\ndata: {train: examples/data/xor_train.jsonl}\n"
        "training: {epochs: 3}\n");
  // --set is stronger than the file, and what was trained with is what counts.
  ASSERT_EQ(run({"train", "net.yml", "--set", "model.params={hidden: 5}"}).code, 0);
  const Outcome of_source = run({"infer", "net.ns", "-"}, kRows);
  EXPECT_EQ(of_source.code, 0) << of_source.err;
  EXPECT_EQ(run({"infer", "checkpoints/Net", "-"}, kRows).out, of_source.out);
  EXPECT_EQ(run({"infer", "checkpoints/Net/step-00000003/model.safetensors", "-"}, kRows).out, of_source.out);
  const Outcome other = run({"infer", "net.ns", "-", "--param", "hidden=4"}, kRows);
  EXPECT_EQ(other.code, 5) << other.err;
}

TEST_F(Xor, OutputFileIsWrittenWholeOrNotAtAll) {
  ASSERT_EQ(train({"--epochs", "3"}).code, 0);
  const std::string expected = ask().out;
  EXPECT_EQ(ask({"-o", "answers.json"}).out, "");
  EXPECT_EQ(read("answers.json"), expected);
  EXPECT_EQ(ask({"-o", "/dev/full"}).code, 7);
  EXPECT_EQ(ask({"-o", "missing/answers.json"}).code, 7);
  EXPECT_THAT(files(), Contains("answers.json"));
  for (const std::string& name : files()) EXPECT_EQ(name.find(".tmp-"), std::string::npos) << name;
}

TEST_F(Xor, InputThatDoesNotFitIsADataError) {
  ASSERT_EQ(train({"--epochs", "3"}).code, 0);
  const std::pair<const char*, const char*> cases[] = {
      {"input_of_the_wrong_shape", R"({"input": [[1, 0, 1]]})"},
      {"input_that_is_ragged", R"({"input": [[1, 0], [1]]})"},
      {"input_with_text", R"({"input": [[1, "0"]]})"},
      {"input_that_is_not_json", "{\"input\": [[1, 0]\n"},
      {"input_without_its_key", R"({"inputs": [[1, 0]]})"},
      {"input_that_is_no_object", "[1, 0]"},
      {"input_that_is_empty", ""},
  };
  for (const auto& [name, text] : cases) {
    SCOPED_TRACE(name);
    expect_refusal(run({"infer", "-q", "examples/01-xor.ns", "-"}, text), 4, name);
  }
  expect_refusal(run({"infer", "examples/01-xor.ns", "nowhere.json"}), 4, "infer_missing_input");
}

TEST_F(Xor, BlankLinesAfterTheLastQuestionAreNoQuestion) {
  ASSERT_EQ(train({"--epochs", "3"}).code, 0);
  const std::string two = "{\"input\": [1, 0]}\n{\"input\": [0, 0]}\n";
  const Outcome plain = run({"infer", "-q", "examples/01-xor.ns", "-"}, two);
  ASSERT_EQ(plain.code, 0) << plain.err;
  EXPECT_EQ(run({"infer", "-q", "examples/01-xor.ns", "-"}, two + "\n  \n").out, plain.out);
}

TEST_F(Xor, DryRunWritesNothing) {
  const std::vector<std::string> before = files();
  EXPECT_EQ(train({"--dry-run"}).code, 0);
  EXPECT_EQ(files(), before);
}

TEST_F(Xor, ProfileIsATableAndATrace) {
  const Outcome outcome = train({"-q", "--epochs", "3", "--profile=times.json"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_NE(outcome.out.find("GFLOP/s"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("train, 4 rows"), std::string::npos) << outcome.out;
  EXPECT_NE(read("times.json").find("\"traceEvents\""), std::string::npos);
}

TEST_F(Xor, QuietTrainingSaysNothing) {
  const Outcome outcome = train({"-q", "--epochs", "3"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out + outcome.err, "");
}

TEST_F(Xor, EveryThreadCountGivesTheSameWeights) {
  ASSERT_EQ(train({"--epochs", "50", "--threads", "1"}).code, 0);
  const std::string one = read(kFinal);
  ASSERT_EQ(train({"--epochs", "50", "--threads", "3"}).code, 0);
  EXPECT_EQ(read(kFinal), one);
}

TEST_F(Xor, AFinishedRunIsSetAsideAndSaysSo) {
  ASSERT_EQ(train({"--epochs", "3"}).code, 0);
  const Outcome again = train({"--epochs", "3"});
  EXPECT_EQ(again.code, 0);
  EXPECT_THAT(again.err, HasSubstr("set aside"));
}

TEST_F(Xor, ResumingAFinishedRunHasNothingToDo) {
  ASSERT_EQ(train({"--epochs", "3"}).code, 0);
  const std::string weights = read(kFinal);
  const Outcome again = train({"--epochs", "3", "--resume"});
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(read(kFinal), weights);
}

class Signals : public Xor, public ::testing::WithParamInterface<int> {
 protected:
  /// Starts a run and sends it the signal once it has logged; how it ended.
  Outcome interrupted(const std::vector<std::string>& line) const {
    Process process(path("."), line);
    while (process.error_text().find("\nepoch") == std::string::npos && process.running()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    process.signal(GetParam());
    return process.wait();
  }
};

TEST_P(Signals, SaveARunThatThenResumesToTheWeightsOfAnUninterruptedOne) {
  // How fast this machine is nobody knows: the run grows until the signal reaches it.
  std::vector<std::string> line;
  Outcome stopped;
  for (int epochs = 10000; epochs <= 10240000; epochs *= 4) {
    line = {"train", "--fresh", "examples/xor_config.yml", "--epochs", std::to_string(epochs)};
    stopped = interrupted(line);
    if (stopped.code != 0) break;
  }
  EXPECT_EQ(stopped.code, 128 + GetParam()) << stopped.err;
  EXPECT_THAT(stopped.err, HasSubstr("--resume"));
  for (const std::string& name : files()) EXPECT_EQ(name.find(".tmp-"), std::string::npos) << name;

  const std::vector<std::string> same{"train", "examples/xor_config.yml", "--epochs", line.back()};
  EXPECT_EQ(run(same).code, 2) << "an unfinished run must not be overwritten";

  std::vector<std::string> resume = same;
  resume.push_back("--resume");
  const Outcome resumed = run(resume);
  ASSERT_EQ(resumed.code, 0) << resumed.err;
  const std::string weights = read(kFinal);
  ASSERT_EQ(run(line).code, 0);
  EXPECT_TRUE(read(kFinal) == weights) << "the resumed run ended with other weights";
}

INSTANTIATE_TEST_SUITE_P(All, Signals, ::testing::Values(SIGINT, SIGTERM),
                         [](const auto& param) { return param.param == SIGINT ? "Interrupt" : "Terminate"; });

}  // namespace
}  // namespace nsrun::test
