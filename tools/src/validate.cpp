// nsrun validate: everything that can be wrong before anything runs.
#include <algorithm>
#include <filesystem>
#include <memory>

#include "cli.h"
#include "config_options.h"
#include "console.h"
#include "exit_code.h"
#include "model_options.h"
#include "neuro/error.h"
#include "neuro/str.h"
#include "neuro/trainer.h"

namespace nsrun {
namespace {

namespace fs = std::filesystem;
using neuro::str;

struct Options {
  std::vector<std::string> files;
  std::string deny;
};

bool has_warnings(const neuro::Diagnostics& diagnostics) {
  return std::any_of(diagnostics.items().begin(), diagnostics.items().end(),
                     [](const neuro::Diagnostic& d) { return d.severity == neuro::Severity::warning; });
}

/// What is said about a file without problems; `warned` tells whether it had warnings.
std::string validate_source(const std::string& file, bool& warned) {
  const neuro::Program program = load_program(file);
  warned = has_warnings(program.diagnostics());
  const std::size_t n = program.neurons().size();
  if (n == 0) throw neuro::Error(neuro::ErrorCode::source, str("there is no neuron in ", file));
  return str("valid: ", n, n == 1 ? " neuron" : " neurons");
}

std::string validate_config(const std::string& file, bool& warned) {
  const neuro::Contracts contracts = neuro::default_contracts();
  const neuro::Prepared prepared = neuro::prepare(load_config(file, {}, contracts), contracts);
  console().show(prepared.program.diagnostics());
  warned = has_warnings(prepared.program.diagnostics());
  const neuro::RunInfo& info = prepared.info;
  return str("valid: ", info.neuron, ", ", info.parameters, " parameters, ", info.train_rows, " rows, loss ", info.loss,
             " (", info.rule, ": ", info.reason, ')');
}

/// Validates one file and shows what is wrong with it.
int validate_one(const std::string& file, bool& warned) {
  const fs::path extension = fs::path(file).extension();
  try {
    std::string verdict;
    if (extension == ".ns") {
      verdict = validate_source(file, warned);
    } else if (extension == ".yml" || extension == ".yaml") {
      verdict = validate_config(file, warned);
    } else {
      throw UsageError(str("cannot tell what `", file, "` is: validate takes .ns and .yml files"));
    }
    if (!console().quiet()) console().result(str(file, ": ", verdict, '\n'));
    return kOk;
  } catch (const neuro::Error& error) {
    return report(error);
  }
}

int validate(const Options& options) {
  if (options.files.empty()) throw UsageError("`validate` needs a file", "nsrun validate FILE...");
  if (!options.deny.empty() && options.deny != "warnings") {
    throw UsageError(str("--deny takes warnings; received `", options.deny, '`'));
  }
  int code = kOk;
  bool any_warned = false;
  for (const std::string& file : options.files) {
    bool warned = false;
    const int one = validate_one(file, warned);
    if (one != kOk) code = code == kOk ? one : std::min(code, one);  // the kinds' order is that of their codes
    any_warned = any_warned || warned;
  }
  return code == kOk && any_warned && !options.deny.empty() ? kFailed : code;
}

}  // namespace

void add_validate(CLI::App& app, Action& action) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = add_command(app, "validate", "Check sources and configs, with the data that configs name.",
                                  "nsrun validate examples/01-xor.ns\n"
                                  "nsrun validate --deny warnings examples/xor_config.yml model.ns");
  command->alias("check");
  command->add_option("files", options->files, ".ns sources and .yml configs")->option_text("FILE...");
  command->add_option("--deny", options->deny, "exit with 1 when there are warnings")->option_text("warnings");
  command->callback([&action, options] { action = [options] { return validate(*options); }; });
}

}  // namespace nsrun
