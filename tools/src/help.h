#pragma once
// How `--help` looks.
#include <CLI/CLI.hpp>
#include <memory>

namespace nsrun {

/// Description, usage, arguments, options, commands, examples; one column of names, one of descriptions.
std::shared_ptr<CLI::FormatterBase> help_formatter();

}  // namespace nsrun
