#pragma once
// Values of parameters: evaluated from expressions, perhaps still in terms of other parameters.
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "dim.h"
#include "neuro/diagnostic.h"
#include "neuro/model.h"
#include "neuro/neuron_graph.h"

namespace neuro {

/// A value that only instantiation will know, and that is not an integer in normal form (`rate * 0.5`).
struct Opaque {
  std::string text;
};

struct Module;
struct ModuleFacts;
struct PrimitiveDef;

/// A neuron as the value of a parameter: a name to construct from, or an instance.
struct NeuronValue {
  std::string text;                ///< as messages and keys name it
  const Neuron* neuron = nullptr;  ///< a name: what it constructs, one of these
  const PrimitiveDef* primitive = nullptr;
  std::shared_ptr<ModuleFacts> facts;  ///< an instance: what it is
  std::shared_ptr<Module> instance;    ///< once it stands
  int module = -1;                     ///< until then: that of the neuron which passes it on
  bool constructs() const { return neuron != nullptr || primitive != nullptr; }
};

/// Integers are Dims, so that they may be symbolic. A parameter whose value is not known yet is a symbol, whatever it
/// will turn out to be.
struct Value {
  std::variant<Dim, double, bool, std::string, std::vector<Value>, Opaque, NeuronValue> data;

  const Dim* dim() const { return std::get_if<Dim>(&data); }
  std::optional<std::int64_t> integer() const;  ///< a known integer; floats with an integral value count
  std::optional<double> number() const;         ///< a known number
  std::optional<bool> truth() const;            ///< of a known boolean or number
  const NeuronValue* neuron() const { return std::get_if<NeuronValue>(&data); }
  bool known() const;  ///< no symbol anywhere
};

Value value_of(const ParamValue& value);
std::string text_of(const Value& value, const std::function<std::string(int)>& symbol_name);
std::string text_of(const Value& value);  ///< of a known value

/// What names mean where an expression stands.
struct Scope {
  std::function<std::optional<Value>(const std::string&)> find;
  std::function<std::vector<std::string>()> names;  ///< for "did you mean"
  std::function<std::string(int)> symbol_name;
  std::function<std::optional<Value>(const std::string&)> global = {};           ///< `@global name`
  std::optional<Value> index = std::nullopt;                                     ///< `@index`
  const char* unknown = "neither a parameter nor a dimension of an input port";  ///< said of a name that is not found
};

/// The value of an expression, or nullopt after reporting why there is none.
std::optional<Value> evaluate(const Expr& expr, const Scope& scope, Diagnostics& diags);

/// "did you mean `x`?" against the nearest of `candidates`, or nothing when none is near.
std::optional<std::string> did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace neuro
