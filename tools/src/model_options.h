#pragma once
// What the commands that take a model have in common: its source, its neuron, its parameters.
#include <string>
#include <vector>

#include "cli.h"
#include "neuro/model.h"
#include "neuro/program.h"

namespace nsrun {

/// --neuron and --param, as typed.
struct ModelOptions {
  std::string neuron;
  std::vector<std::string> params;
};

void add_model_options(CLI::App& command, ModelOptions& options);

/// "key=value": the value is a number, true or false, a list of numbers such as [2,3], or else text. Throws UsageError.
neuro::Params parse_params(const std::vector<std::string>& assignments);

/// Reads a source and shows its warnings. Throws Error(source) with all of its problems when it has errors.
neuro::Program load_program(const std::string& path);

}  // namespace nsrun
