// Configs and data that cannot be used: exit codes 2 and 4, one good message each, no run begun.
#include "neuro/str.h"
#include "nsrun.h"

namespace nsrun::test {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;

class ConfigErrors : public Nsrun {
 protected:
  ConfigErrors() { use_xor(); }

  Outcome train(const std::string& config) const {
    write("config.yml", config);
    return run({"train", "config.yml"});
  }
  ~ConfigErrors() override { EXPECT_THAT(files(), Each(Not(HasSubstr("checkpoints/")))) << "a run was begun"; }
};

struct Case {
  const char* name;
  const char* text;
};

constexpr const char* kModel = "model:\n  file: examples/01-xor.ns\n";
constexpr const char* kData = "data:\n  train: examples/data/xor_train.jsonl\n";

TEST_F(ConfigErrors, AreReportedAtTheirPlace) {
  const std::string model = kModel, data = kData;
  const std::pair<const char*, std::string> cases[] = {
      {"empty_config", ""},
      {"unknown_key", model + data + "training:\n  lrr: 0.01\n"},
      {"duplicate_key", model + data + "training:\n  lr: 0.01\n  lr: 0.02\n"},
      {"mistyped_key", model + data + "training:\n  epochs: many\n"},
      {"several_config_problems", model + data + "training:\n  lrr: 0.01\n  epochs: -1\n  optimizer: adan\n"},
  };
  for (const auto& [name, text] : cases) {
    SCOPED_TRACE(name);
    expect_refusal(train(text), 2, name);
  }
}

TEST_F(ConfigErrors, MissingFilesHaveTheCodeOfWhatTheyShouldHaveBeen) {
  expect_refusal(run({"train", "nowhere.yml"}), 2, "missing_config");
  expect_refusal(train(neuro::str("model:\n  file: examples/02-xor.ns\n", kData)), 3, "missing_model_file");
  expect_refusal(train(std::string(kModel) + "data:\n  train: examples/data/xor.jsonl\n"), 4, "missing_data_file");
}

TEST_F(ConfigErrors, SettingsOnTheCommandLineAreCheckedLikeTheFile) {
  write("config.yml", std::string(kModel) + kData);
  expect_refusal(run({"train", "config.yml", "--set", "training.lrr=0.1"}), 2, "set_unknown_key");
  expect_refusal(run({"train", "config.yml", "--epochs", "ten"}), 2, "epochs_not_a_number");
  expect_refusal(run({"train", "config.yml", "--epoch", "3"}), 2, "train_unknown_option");
  expect_refusal(run({"train"}), 2, "train_without_config");
}

TEST_F(ConfigErrors, WhatTheConfigSaysOfTheModelIsShownInTheConfig) {
  write("net.ns", "neuron Net(hidden):\n  in: [batch, 2]\n  graph:\n    in -> Linear(2, hidden) -> out\n");
  const auto config = [](const std::string& model) { return "model:\n  file: net.ns\n" + model + kData; };
  expect_refusal(train(config("  neuron: Nett\n  params: {hidden: 4}\n")), 2, "unknown_neuron_in_config");
  expect_refusal(train(config("  params: {hiden: 4}\n")), 3, "unknown_parameter_in_config");
  expect_refusal(train("model:\n  file: \"net.ns\n  neuron: Net\n" + std::string(kData)), 2,
                 "unclosed_quote_in_config");
}

class DataErrors : public ConfigErrors {};

TEST_F(DataErrors, AreReportedAtTheirLine) {
  const Case cases[] = {
      {"empty_data", ""},
      {"broken_line", "{\"input\": [0, 0], \"target\": [0]}\n{\"input\": [0, 1], \"target\": [1]\n"},
      {"ragged_rows", "{\"input\": [0, 0], \"target\": [0]}\n{\"input\": [0, 1, 2], \"target\": [1]}\n"},
      {"text_where_a_number_belongs", "{\"input\": [0, \"one\"], \"target\": [0]}\n"},
      {"nan_in_data", "{\"input\": [0, NaN], \"target\": [0]}\n"},
      {"missing_field", "{\"inputs\": [0, 1], \"target\": [0]}\n"},
      {"row_of_the_wrong_shape", "{\"input\": [0, 0, 1], \"target\": [0]}\n"},
      {"target_that_would_broadcast", "{\"input\": [0, 0], \"target\": 0.5}\n"},
  };
  write("config.yml", std::string(kModel) + "data:\n  train: data.jsonl\n");
  for (const auto& [name, text] : cases) {
    SCOPED_TRACE(name);
    write("data.jsonl", text);
    expect_refusal(run({"train", "config.yml"}), 4, name);
  }
}

TEST_F(DataErrors, ClassOutsideTheModelsRangeIsShownWithItsLine) {
  write("digits.ns", "neuron Digits:\n  in: [batch, 2]\n  out: [batch, 3]\n  graph:\n    in -> Linear(2, 3) -> out\n");
  write("data.jsonl", "{\"input\": [0.5, 0], \"target\": 2}\n{\"input\": [0, 1.5], \"target\": 3}\n");
  write("config.yml", "model:\n  file: digits.ns\ndata:\n  train: data.jsonl\n");
  expect_refusal(run({"train", "config.yml"}), 4, "target_out_of_range");
}

TEST_F(Nsrun, NumberThatIsNoIndexOfATableIsADataError) {
  write("tokens.ns",
        "neuron Tokens:\n  in: [batch, seq]\n  out: [batch, seq, 5]\n  graph:\n    in -> Embedding(5, 5) -> out\n");
  write("data.jsonl", "{\"input\": [0, 1], \"target\": [1, 2]}\n{\"input\": [0, 7], \"target\": [1, 2]}\n");
  write("config.yml", "model:\n  file: tokens.ns\ndata:\n  train: data.jsonl\n  shuffle: false\n");
  expect_refusal(run({"-q", "train", "config.yml"}), 4, "index_outside_the_table");
}

}  // namespace
}  // namespace nsrun::test
