#include "neuro/config.h"

#include <gtest/gtest.h>

#include "golden.h"
#include "values.h"

namespace neuro {
namespace {

const KnownNames kNames{{"jsonl"},
                        {"mse", "mae", "bce", "cross_entropy"},
                        {"adagrad", "adam", "adamw", "amsgrad", "lion", "rmsprop", "sgd"},
                        {"console", "jsonl"}};

class Config : public testing::Test {
 protected:
  Config() {
    test::write_text(dir_ / "net.ns", "neuron Net():\n");
    test::write_text(dir_ / "rows.jsonl", "{}\n");
  }
  ConfigResult read(const std::string& text, std::vector<std::string> overrides = {}) {
    diags_ = Diagnostics();
    return parse_config("train.yml", text, dir_.path(), overrides, diags_, kNames);
  }
  std::string problems(const std::string& text, std::vector<std::string> overrides = {}) {
    read(text, std::move(overrides));
    return render(diags_);
  }
  static inline const std::string kFiles = "model: {file: net.ns}\ndata: {train: rows.jsonl}\n";
  test::TempDir dir_;
  Diagnostics diags_;
};

TEST_F(Config, NumbersAreReadAsThePersonMeant) {
  EXPECT_EQ(schema::number_of("1e-3"), 1e-3);
  EXPECT_EQ(schema::number_of("1_000"), 1000);
  EXPECT_EQ(schema::number_of("+.5"), 0.5);
  EXPECT_EQ(schema::integer_of("1e3"), 1000);
  EXPECT_EQ(schema::integer_of("32.0"), 32);
  EXPECT_EQ(schema::integer_of("010"), 10);
  EXPECT_EQ(schema::integer_of("9223372036854775807"), 9223372036854775807);
  for (const char* text : {"", "_1", "1_", "1__0", "nan", ".inf", "inf", "0x10", "1e999", "ten", "-"}) {
    EXPECT_FALSE(schema::number_of(text)) << text;
  }
  EXPECT_FALSE(schema::integer_of("1.5"));
  EXPECT_FALSE(schema::integer_of("1e300"));
}

TEST_F(Config, DefaultsAreThoseOfTheProduct) {
  const auto [config, problem] = read(kFiles);
  EXPECT_FALSE(problem) << render(diags_);
  EXPECT_TRUE(diags_.empty());
  EXPECT_EQ(config.training.epochs, 10);
  EXPECT_EQ(config.training.batch_size, 32);
  EXPECT_EQ(config.training.lr, 0.001);
  EXPECT_EQ(config.training.seed, 42u);
  EXPECT_EQ(config.training.optimizer, "adam");
  EXPECT_EQ(config.training.max_grad_norm, 1);
  EXPECT_EQ(config.eval.every.count, 500);
  EXPECT_EQ(config.checkpoint.every.count, 1000);
  EXPECT_EQ(config.logging.every, 100);
  EXPECT_TRUE(config.data.shuffle);
  EXPECT_EQ(config.data.train, dir_ / "rows.jsonl");
}

TEST_F(Config, EveryBuiltKeyReachesItsField) {
  const auto [c, problem] = read(R"(
version: 1
x-note: {anything: [goes]}
model: {neuron: Net, file: net.ns, params: {hidden: 4, p: 0.5, on: true, act: relu, sizes: [1, 2]}}
data: {train: rows.jsonl, val: rows.jsonl, format: jsonl, input: [a, b], target: y, shuffle: false, drop_last: true}
training: {epochs: 1_000, max_steps: 1e3, batch_size: 32.0, loss: mae, optimizer: sgd, lr: 1e-2, weight_decay: 0.1,
           momentum: 0.9, nesterov: true, max_grad_norm: 0, seed: 7, on_nan: stop, device: cpu, precision: f32}
eval: {every: 1epoch}
checkpoint: {dir: out/ckpt, every: 20, keep_last_n: 2, keep_best: false}
logging: {every: 5, loggers: [jsonl]}
)");
  EXPECT_FALSE(problem) << render(diags_);
  EXPECT_EQ(c.model.neuron, "Net");
  EXPECT_EQ(std::get<std::int64_t>(c.model.params.at("hidden")), 4);
  EXPECT_EQ(std::get<double>(c.model.params.at("p")), 0.5);
  EXPECT_EQ(std::get<bool>(c.model.params.at("on")), true);
  EXPECT_EQ(std::get<std::string>(c.model.params.at("act")), "relu");
  EXPECT_EQ(std::get<std::vector<std::int64_t>>(c.model.params.at("sizes")), (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(c.data.input, (InputFields{{"", "a"}, {"", "b"}}));
  EXPECT_EQ(c.data.target, "y");
  EXPECT_FALSE(c.data.shuffle);
  EXPECT_TRUE(c.data.drop_last);
  EXPECT_EQ(c.training.epochs, 1000);
  EXPECT_EQ(c.training.max_steps, 1000);
  EXPECT_EQ(c.training.batch_size, 32);
  EXPECT_EQ(c.training.loss, "mae");
  EXPECT_EQ(c.training.weight_decay, 0.1);
  EXPECT_TRUE(c.training.nesterov);
  EXPECT_EQ(c.training.seed, 7u);
  EXPECT_TRUE(c.eval.every.epochs);
  EXPECT_EQ(c.checkpoint.dir, "out/ckpt");
  EXPECT_FALSE(c.checkpoint.keep_best);
  EXPECT_EQ(c.logging.loggers, std::vector<std::string>{"jsonl"});
}

TEST_F(Config, AliasesReachTheSameFields) {
  const auto [c, problem] = read(kFiles +
                                 "training: {save_every: 7, eval_every: 8, log_every: 9, checkpoint_dir: here, "
                                 "keep_last_n: 1}\n");
  EXPECT_FALSE(problem) << render(diags_);
  EXPECT_EQ(c.checkpoint.every.count, 7);
  EXPECT_EQ(c.eval.every.count, 8);
  EXPECT_EQ(c.logging.every, 9);
  EXPECT_EQ(c.checkpoint.dir, "here");
  EXPECT_EQ(c.checkpoint.keep_last_n, 1);
}

TEST_F(Config, OverridesReplaceTheFileAndUseTheSameTable) {
  const auto [c, problem] = read(kFiles + "training: {lr: wrong}\n",
                                 {"training.lr=3e-4", "training.save_every=5", "training.betas=[0.8, 0.9]"});
  EXPECT_FALSE(problem) << render(diags_);
  EXPECT_EQ(c.training.lr, 3e-4);
  EXPECT_EQ(c.checkpoint.every.count, 5);
  EXPECT_EQ(c.training.betas, std::make_pair(0.8, 0.9));
}

TEST_F(Config, AliasesOfYamlShareTheirValue) {
  const auto [c, problem] = read("x-lr: &rate 0.25\n" + kFiles + "training: {lr: *rate}\n");
  EXPECT_FALSE(problem) << render(diags_);
  EXPECT_EQ(c.training.lr, 0.25);
}

TEST_F(Config, ValuesThatAskForNothingAreAcceptedOnKeysNotBuilt) {
  read(kFiles + "training: {schedule: constant, warmup_steps: 0, gradient_accumulation_steps: 1, max_time: null}\n");
  EXPECT_TRUE(diags_.empty()) << render(diags_);
}

TEST_F(Config, EverySettingIsShown) {
  const auto all = settings(read(kFiles).config);
  const auto find = [&](const std::string& key) {
    return std::find_if(all.begin(), all.end(), [&](const Setting& s) { return s.key == key; });
  };
  ASSERT_NE(find("training.betas"), all.end());
  EXPECT_EQ(find("training.betas")->value, "[0.9, 0.999]");
  EXPECT_EQ(read(kFiles + "training: {optimizer: lion}\n").config.training.betas, std::pair(0.9, 0.99));
  EXPECT_EQ(read(kFiles + "training: {optimizer: adagrad}\n").config.training.eps, 1e-10);
  EXPECT_TRUE(find("training.lr")->fixed);
  EXPECT_FALSE(find("training.epochs")->fixed);
}

TEST_F(Config, MissingFilesHaveTheCodeOfWhatTheyShouldHaveBeen) {
  EXPECT_EQ(read("model: {file: net2.ns}\ndata: {train: rows.jsonl}\n").problem, ErrorCode::source);
  EXPECT_EQ(read("model: {file: net.ns}\ndata: {train: row.jsonl}\n").problem, ErrorCode::data);
  EXPECT_EQ(read("model: {file: net2.ns}\ndata: {train: row.jsonl}\n").problem, ErrorCode::source);
  EXPECT_EQ(read("model: {file: net2.ns}\ndata: {train: row.jsonl}\nlr: 1\n").problem, ErrorCode::config);
}

TEST_F(Config, DeepNestingIsRefusedWithoutUsingUpTheStack) {
  for (const std::string& open : {std::string("["), std::string("{a: "), std::string("- "), std::string("? ")}) {
    std::string deep = "a: ";
    if (open == "- " || open == "? ") deep = "";
    for (int i = 0; i < 100'000; ++i) deep += open;
    EXPECT_EQ(read(deep).problem, ErrorCode::config) << open;
    ASSERT_EQ(diags_.items().size(), 1u);
    EXPECT_EQ(diags_.items()[0].code, "NS0611") << open;
  }
}

TEST_F(Config, MessagesReadWell) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"unknown_key", kFiles + "training:\n  epochs: 10\n  lrr: 0.01\n"},
      {"unknown_key_of_another_section", kFiles + "training:\n  shuffle: false\n"},
      {"unknown_section", kFiles + "trainig:\n  lr: 0.1\n"},
      {"duplicate_key", kFiles + "training:\n  lr: 0.1\n  epochs: 3\n  lr: 0.2\n"},
      {"duplicate_section", kFiles + "model: {file: net.ns}\n"},
      {"mistyped",
       kFiles + "training:\n  lr: fast\n  epochs: 1.5\n  batch_size: \"32\"\n  nesterov: no\n  betas: 0.9\n"},
      {"out_of_range", kFiles + "training:\n  lr: -1\n  epochs: -3\n  batch_size: 0\n  betas: [0.9, 1]\n"},
      {"unknown_name", kFiles + "training:\n  optimizer: adamm\n  loss: ms\n"},
      {"contradiction", kFiles + "training:\n  momentum: 0.9\n  save_every: 5\ncheckpoint:\n  every: 6\n"},
      {"nesterov_without_momentum", kFiles + "training: {optimizer: sgd, nesterov: true}\n"},
      {"options_of_other_optimizers",
       kFiles + "training:\n  optimizer: rmsprop\n  betas: [0.9, 0.99]\n  nesterov: true\n  lr_decay: 0.1\n"},
      {"options_out_of_range", kFiles + "training: {optimizer: sgd, dampening: 0.5, alpha: 2, lr_decay: -1}\n"},
      {"missing_file", "model: {file: nett.ns}\ndata: {train: row.jsonl, val: nowhere.jsonl}\n"},
      {"missing_key", "model:\n  neuron: XOR\ntraining:\n  lr: 0.1\n"},
      {"not_built_yet", kFiles + "training:\n  schedule: cosine\n  device: cuda\n  precision: bf16\n"
                                 "data.extra: 1\ncheckpoint:\n  every: 15m\n  dir: ${HOME}/x\n"},
      {"newer_version", "version: 2\n" + kFiles},
      {"empty", ""},
      {"only_comments", "# nothing here\n"},
      {"not_a_map", "- model\n- data\n"},
      {"section_is_not_a_map", kFiles + "training: fast\n"},
      {"syntax", "model:\n  file: [net.ns\ndata: {train: rows.jsonl}\n"},
      {"tab_indentation", "model:\n\tfile: net.ns\n"},
      {"merge_key", "x-a: &a {lr: 1}\n" + kFiles + "training:\n  <<: *a\n"},
      {"second_document", kFiles + "---\nmodel: {}\n"},
      {"too_deep", "a: " + std::string(70, '[') + "\n"},
  };
  for (const auto& [name, text] : cases) test::expect_golden("config_" + name, problems(text), dir_.path());
  test::expect_golden("config_override",
                      problems(kFiles, {"training.lr=quick", "lr=3", "training.lrr=1", "nothing", "data.shuffle=[1"}),
                      dir_.path());
}

TEST_F(Config, AMissingConfigIsReported) {
  Diagnostics diags;
  EXPECT_EQ(read_config("/nowhere/train.yml", {}, diags).problem, ErrorCode::config);
  test::expect_golden("config_missing", render(diags));
}

}  // namespace
}  // namespace neuro
