#pragma once
// The command line: global options, the commands, and what is said about a line that fits neither.
#include <CLI/CLI.hpp>
#include <functional>
#include <stdexcept>
#include <string>

namespace nsrun {

/// What a command does once its line has been read; returns the exit code.
using Action = std::function<int()>;

/// A line that cannot be understood: exit code 2.
class UsageError : public std::runtime_error {
 public:
  explicit UsageError(const std::string& message, std::string help = {})
      : std::runtime_error(message), help_(std::move(help)) {}
  const std::string& help() const { return help_; }

 private:
  std::string help_;
};

/// Adds a command; its `--help` ends with `examples`, one line each.
CLI::App* add_command(CLI::App& app, const std::string& name, const std::string& description,
                      const std::string& examples);

/// One function for each command's file: declares its options and, when the line names it, sets `action`.
void add_train(CLI::App& app, Action& action);
void add_infer(CLI::App& app, Action& action);
void add_validate(CLI::App& app, Action& action);
void add_parse(CLI::App& app, Action& action);
void add_fmt(CLI::App& app, Action& action);
void add_list(CLI::App& app, Action& action);
void add_summary(CLI::App& app, Action& action);
void add_explain(CLI::App& app, Action& action);
void add_doctor(CLI::App& app, Action& action);

/// Reads the line and runs its command. Errors come out as exceptions.
int run(int argc, const char* const* argv);

}  // namespace nsrun
