#pragma once
// A config as `train` and `validate` read it: the file, and settings of the command line on top.
#include <string>
#include <vector>

#include "cli.h"
#include "neuro/trainer.h"

namespace nsrun {

/// --set and its short-hands, as typed.
struct ConfigOptions {
  std::vector<std::string> settings;
  std::string epochs, lr, batch_size, seed;
};

void add_config_options(CLI::App& command, ConfigOptions& options);

/// Shows the warnings. With problems in the config, those of its model's source are looked for too, all are shown, and
/// an Error of the first kind in the order config, source, data is thrown.
neuro::TrainConfig load_config(const std::string& path, const ConfigOptions& options,
                               const neuro::Contracts& contracts);

}  // namespace nsrun
