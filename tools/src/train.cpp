// nsrun train: a config in, a trained model out.
#include <filesystem>
#include <fstream>
#include <memory>

#include "cli.h"
#include "config_options.h"
#include "console.h"
#include "exit_code.h"
#include "neuro/error.h"
#include "neuro/str.h"
#include "neuro/trainer.h"
#include "signals.h"

namespace nsrun {
namespace {

namespace fs = std::filesystem;
using neuro::str;

struct Options {
  std::string config, resume_from, progress = "auto", profile_to;
  ConfigOptions settings;
  bool resume = false, profile = false, fresh = false, dry_run = false, allow_config_change = false;
};

bool is_config(const fs::path& path) { return path.extension() == ".yml" || path.extension() == ".yaml"; }

/// `--resume` and `--profile` take a value or none, so that in `nsrun train --resume config.yml` the config looks like
/// their value.
void tell_config_from_values(Options& options) {
  for (std::string* value : {&options.resume_from, &options.profile_to}) {
    if (options.config.empty() && is_config(*value)) std::swap(options.config, *value);
  }
}

/// The table to the reader of stdout, the trace into a file.
void write_profile(const neuro::Profiler& profiler, const std::string& path) {
  console().result(profiler.table());
  std::ofstream file(path, std::ios::binary);
  file << profiler.chrome_trace();
  file.close();
  if (!file) throw neuro::Error(neuro::ErrorCode::resource, str("the profile could not be written to ", path));
  console().status("Profile", str(path, " (open it in chrome://tracing or ui.perfetto.dev)"));
}

neuro::LoggerOptions console_logger(const std::string& progress) {
  const bool known = progress == "auto" || progress == "bar" || progress == "plain" || progress == "none";
  if (!known) throw UsageError(str("--progress takes one of auto, bar, plain, none; received `", progress, '`'));
  neuro::LoggerOptions options;
  if (progress != "none" && !console().quiet()) {
    options.sink = [](std::string_view text) { console().raw(text); };
  }
  options.terminal = progress == "bar" || (progress == "auto" && console().terminal());
  options.color = console().color();
  options.width = console().width();
  return options;
}

int train(Options options) {
  tell_config_from_values(options);
  if (options.config.empty()) throw UsageError("`train` needs a config", "nsrun train CONFIG.yml");
  if (options.resume && options.fresh) throw UsageError("--resume and --fresh contradict each other");

  neuro::TrainOptions how;
  how.console = console_logger(options.progress);
  how.dry_run = options.dry_run;
  how.allow_config_change = options.allow_config_change;
  if (options.fresh) how.start = neuro::Start::fresh;
  if (options.resume) how.start = neuro::Start::resume;
  if (options.resume_from != "auto") how.resume_from = options.resume_from;

  const neuro::Contracts contracts = neuro::default_contracts();
  neuro::Prepared prepared = neuro::prepare(load_config(options.config, options.settings, contracts), contracts);
  console().show(prepared.program.diagnostics());

  if (options.profile) how.profiler = std::make_shared<neuro::Profiler>();
  const StopSignals signals;
  how.stop_signal = &signals.received();
  const neuro::TrainResult result = neuro::train(prepared, how, contracts);
  if (options.profile) write_profile(*how.profiler, options.profile_to.empty() ? "trace.json" : options.profile_to);
  if (result.status != neuro::TrainStatus::stopped) return kOk;
  return result.signal == SIGINT ? kInterrupted : kTerminated;
}

}  // namespace

void add_train(CLI::App& app, Action& action) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = add_command(app, "train", "Train a model as a config says, and save it.",
                                  "nsrun train examples/xor_config.yml\n"
                                  "nsrun train config.yml --epochs 20 --set training.batch_size=64\n"
                                  "nsrun train config.yml --resume");
  command->add_option("config_file", options->config, "the training config; also --config FILE")->option_text("CONFIG");
  command->add_option("--config", options->config)->option_text("FILE")->group("");
  add_config_options(*command, options->settings);
  CLI::Option* resume =
      command->add_option("--resume", options->resume_from, "go on from the latest checkpoint, or from that one")
          ->option_text("[auto|PATH]")
          ->expected(0, 1);
  command->add_flag("--allow-config-change", options->allow_config_change, "resume although settings have changed");
  command->add_flag("--fresh", options->fresh, "set an unfinished run aside and start anew");
  command->add_flag("--dry-run", options->dry_run, "build everything, take one step, write no file");
  CLI::Option* profile = command
                             ->add_option("--profile", options->profile_to,
                                          "time every operation: a table, and a trace for chrome://tracing")
                             ->option_text("[FILE]")
                             ->expected(0, 1);
  command->add_option("--progress", options->progress, "auto, bar, plain or none")->option_text("HOW");
  command->callback([&action, options, resume, profile] {
    options->resume = resume->count() > 0;
    options->profile = profile->count() > 0;
    action = [options] { return train(*options); };
  });
}

}  // namespace nsrun
