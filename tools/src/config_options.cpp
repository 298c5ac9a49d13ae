#include "config_options.h"

#include "console.h"
#include "neuro/error.h"
#include "neuro/program.h"
#include "neuro/str.h"

namespace nsrun {
namespace {

std::vector<std::string> overrides(const ConfigOptions& options) {
  std::vector<std::string> out = options.settings;
  const auto add = [&](const char* key, const std::string& value) {
    if (!value.empty()) out.push_back(neuro::str(key, '=', value));
  };
  add("training.epochs", options.epochs);
  add("training.lr", options.lr);
  add("training.batch_size", options.batch_size);
  add("training.seed", options.seed);
  return out;
}

/// What is wrong with the model's source, if the config got as far as naming one.
void show_source_problems(const neuro::TrainConfig& config) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(config.model.file, ignored)) return;
  const neuro::Program program = neuro::Program::from_file(config.model.file);
  if (!program.ok()) console().show(program.diagnostics());
}

}  // namespace

void add_config_options(CLI::App& command, ConfigOptions& options) {
  command.add_option("--set", options.settings, "change a setting, such as training.lr=3e-4; repeatable")
      ->option_text("KEY=VALUE")
      ->allow_extra_args(false);
  command.add_option("--epochs", options.epochs, "short for --set training.epochs=N")->option_text("N");
  command.add_option("--lr", options.lr, "short for --set training.lr=X")->option_text("X");
  command.add_option("--batch-size", options.batch_size, "short for --set training.batch_size=N")->option_text("N");
  command.add_option("--seed", options.seed, "short for --set training.seed=N")->option_text("N");
}

neuro::TrainConfig load_config(const std::string& path, const ConfigOptions& options,
                               const neuro::Contracts& contracts) {
  neuro::Diagnostics diagnostics;
  neuro::ConfigResult result = neuro::read_config(path, overrides(options), diagnostics, contracts.names());
  if (result.problem) {
    show_source_problems(result.config);
    throw neuro::Error(*result.problem, diagnostics);
  }
  console().show(diagnostics);
  return std::move(result.config);
}

}  // namespace nsrun
