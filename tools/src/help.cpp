#include "help.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "neuro/str.h"

namespace nsrun {
namespace {

using Rows = std::vector<std::pair<std::string, std::string>>;

constexpr std::size_t kNames = 28;  // columns of the names; a longer name has its description on the next line

void put_rows(std::string& out, std::string_view title, const Rows& rows) {
  if (rows.empty()) return;
  out += neuro::str('\n', title, ":\n");
  for (const auto& [name, description] : rows) {
    std::string line = neuro::str("  ", name);
    if (line.size() + 2 > kNames) {
      out += line + '\n';
      line.clear();
    }
    line.resize(kNames, ' ');
    out += neuro::str(line, description, '\n');
  }
}

std::string option_names(const CLI::Option& option) {
  std::string out;
  for (const std::string& name : option.get_snames()) out += neuro::str(out.empty() ? "-" : ", -", name);
  for (const std::string& name : option.get_lnames()) out += neuro::str(out.empty() ? "--" : ", --", name);
  if (option.get_type_size() != 0) out += neuro::str(' ', option.get_option_text());
  return out;
}

class Help : public CLI::FormatterBase {
 public:
  std::string make_help(const CLI::App* app, std::string, CLI::AppFormatMode) const override {
    Rows arguments, options, commands;
    std::string usage = app->get_parent() == nullptr ? app->get_name()
                                                     : neuro::str(app->get_parent()->get_name(), ' ', app->get_name());
    usage += app->get_parent() == nullptr ? " [options] <command> ..." : " [options]";
    for (const CLI::Option* option : app->get_options()) {
      if (option->get_positional()) {
        usage += neuro::str(' ', option->get_option_text());
        arguments.emplace_back(option->get_option_text(), option->get_description());
      } else {
        options.emplace_back(option_names(*option), option->get_description());
      }
    }
    for (const CLI::App* command : app->get_subcommands({})) {
      if (!command->get_group().empty()) commands.emplace_back(command->get_name(), command->get_description());
    }
    std::string out = neuro::str(app->get_description(), "\n\nusage: ", usage, '\n');
    put_rows(out, "commands", commands);
    put_rows(out, "arguments", arguments);
    put_rows(out, "options", options);
    return neuro::str(out, '\n', app->get_footer(), '\n');
  }
};

}  // namespace

std::shared_ptr<CLI::FormatterBase> help_formatter() { return std::make_shared<Help>(); }

}  // namespace nsrun
