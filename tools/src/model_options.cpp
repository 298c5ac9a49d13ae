#include "model_options.h"

#include <charconv>
#include <optional>

#include "console.h"
#include "neuro/error.h"
#include "neuro/str.h"

namespace nsrun {
namespace {

template <class T>
std::optional<T> number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

neuro::ParamValue parse_value(const std::string& key, std::string_view text) {
  if (const auto integer = number<std::int64_t>(text)) return *integer;
  if (const auto real = number<double>(text)) return *real;
  if (text == "true" || text == "false") return text == "true";
  if (!text.starts_with('[')) return std::string(text);
  std::vector<std::int64_t> list;
  if (!text.ends_with(']')) throw UsageError(neuro::str("--param ", key, ": the list `", text, "` is not closed"));
  for (std::string_view rest = text.substr(1, text.size() - 2); !rest.empty();) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    const auto item = number<std::int64_t>(rest.substr(0, comma));
    if (!item) throw UsageError(neuro::str("--param ", key, ": `", rest.substr(0, comma), "` is not an integer"));
    list.push_back(*item);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return list;
}

}  // namespace

void add_model_options(CLI::App& command, ModelOptions& options) {
  command.add_option("--neuron", options.neuron, "the neuron to use; by default the file's main one")
      ->option_text("NAME");
  command.add_option("--param", options.params, "a parameter of that neuron, such as dim=64; repeatable")
      ->option_text("KEY=VALUE")
      ->allow_extra_args(false);
}

neuro::Params parse_params(const std::vector<std::string>& assignments) {
  neuro::Params params;
  for (const std::string& assignment : assignments) {
    const std::size_t equals = assignment.find('=');
    if (equals == 0 || equals == std::string::npos) {
      throw UsageError(neuro::str("--param takes KEY=VALUE; received `", assignment, '`'));
    }
    const std::string key = assignment.substr(0, equals);
    if (!params.emplace(key, parse_value(key, std::string_view(assignment).substr(equals + 1))).second) {
      throw UsageError(neuro::str("--param ", key, " is given twice"));
    }
  }
  return params;
}

neuro::Program load_program(const std::string& path) {
  neuro::Program program = neuro::Program::from_file(path);
  if (!program.ok()) throw neuro::Error(neuro::ErrorCode::source, program.diagnostics());
  console().show(program.diagnostics());
  return program;
}

}  // namespace nsrun
