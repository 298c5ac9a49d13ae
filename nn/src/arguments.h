#pragma once
// Arguments of a call bound to the parameters of what is called (spec: neuroscript.md, 3.3).
#include <optional>
#include <string>
#include <vector>

#include "neuro/diagnostic.h"
#include "neuro/neuron_graph.h"
#include "value.h"

namespace neuro {

enum class ParamKind {
  any,      ///< of a composite: whatever its body makes of it
  integer,  ///< an integer; a float with an integral value counts
  number,
  flag,
  text,
  integers,  ///< an integer, or a list of them
  neuron,
};

/// A parameter as the caller sees it.
struct ParamSpec {
  std::string name;
  ParamKind kind = ParamKind::integer;
  std::optional<Value> default_value = std::nullopt;
  double min = 0, max = 9.3e18;  ///< range of numbers; of each number in a list
  std::vector<std::string> aliases = {};
  std::vector<std::string> choices = {};  ///< kind text: the words it takes
  bool optional = false;                  ///< may be left out although it has no default
};

struct Argument {
  std::string name;
  Value value;
  Span span;           ///< where the value was written
  bool given = false;  ///< by the caller, rather than a default
};

/// The values of all parameters of one instance, in the order of declaration.
class Arguments {
 public:
  std::vector<Argument>& items() { return items_; }
  const std::vector<Argument>& items() const { return items_; }
  const Argument* find(std::string_view name) const;
  bool known() const;  ///< no symbol anywhere

  // Access by kernels, which know that a parameter exists and has its kind. The last five need known values.
  const Value& value(std::string_view name) const;
  bool has(std::string_view name) const { return find(name) != nullptr; }
  std::int64_t integer(std::string_view name) const;
  double number(std::string_view name) const;
  bool flag(std::string_view name) const;
  std::string text(std::string_view name) const;
  /// `n` integers: the list, or the one integer n times. Throws Error(invalid_argument) for another length.
  std::vector<std::int64_t> integers(std::string_view name, std::size_t n) const;

 private:
  std::vector<Argument> items_;
};

/// What a call looks like to messages: "Linear(in_dim, out_dim, bias=true)".
std::string signature_text(const std::string& name, const std::vector<ParamSpec>& params);

/// Which argument each parameter takes: an index into `args`, or -1. Reports unknown, duplicate, surplus and (for
/// parameters without a default) missing arguments; false when it reported something.
bool match_arguments(const ModuleDecl& call, const std::vector<ParamSpec>& params, Diagnostics& diags,
                     std::vector<int>& taken);

/// Converts a value to what the parameter takes; nullopt after setting `problem` ("takes an integer, receives 2.5").
std::optional<Value> convert_argument(const ParamSpec& param, const Value& value, std::string& problem);

}  // namespace neuro
