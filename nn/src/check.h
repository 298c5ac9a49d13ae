#pragma once
// Checking neurons: shapes flow forward through the graph and meet the ports (spec: neuroscript.md, 3.3 to 3.5).
#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "arguments.h"
#include "neuro/diagnostic.h"
#include "neuro/neuron_graph.h"
#include "primitive.h"
#include "rearrange.h"
#include "solver.h"

namespace neuro {

/// A value that flows, and who made it.
struct Flow {
  SymShape shape;
  int module = -1;       ///< made by this module's output `output`, or
  int port = -1;         ///< by this input port, or
  bool unknown = false;  ///< by nobody known: a mistake there has been reported
  bool many = false;     ///< one value or more of this shape: what a variadic input gives
  bool loose = false;    ///< its sizes went through sliding windows or an arm with a guard: a port's promise may differ
  int output = 0;
  Span span;  ///< of the call or the port
};

/// A place where a shape is expected and one arrives.
struct Meeting {
  Flow actual;
  SymShape expected;
  int module = -1;        ///< the consumer, or
  int port = -1;          ///< the output port
  int input = 0;          ///< of the consumer
  Span span;              ///< of the consumer's use
  bool reshape = false;   ///< at the target of a `=>`
  std::string condition;  ///< set when a condition inside the callee must hold, rather than a port: "a = b"
};

/// One module of one neuron, with its arguments bound.
struct ModuleFacts {
  const Neuron* neuron = nullptr;  ///< what it is: one of these, or neither after an error
  const PrimitiveDef* primitive = nullptr;
  Arguments args;
  bool bound = false;
  bool unknown = false;   ///< stands for a parameter whose neuron only an instance knows
  bool reached = false;   ///< every pass through the neuron runs it
  bool deferred = false;  ///< in an instance: some argument is known only when data arrives
  /// Arguments that are made of sizes of the data, even if an instance knows them: they tell its modules apart.
  std::vector<std::string> sized;
  std::shared_ptr<Module> given;      ///< in an instance: what a parameter stands for
  std::optional<std::int64_t> count;  ///< of an unroll, once it is known
  bool differ = false;                ///< of an unroll: `@index` makes its iterations different
  /// Of an unroll: its members in each iteration; one iteration that stands for all where `@index` makes no difference.
  std::vector<std::vector<ModuleFacts>> iterations;
  const std::vector<ModuleFacts>& iteration(std::int64_t i) const {
    return iterations[std::min(static_cast<std::size_t>(i), iterations.size() - 1)];
  }
};

/// By node.
using ReshapeSteps = std::map<int, std::shared_ptr<const ReshapeStep>>;

/// What checking one neuron found.
struct Facts {
  bool ok = false;
  Solver solver;
  std::vector<int> params;  ///< symbol of each parameter, -1 for one whose value is not an integer
  std::vector<SymShape> inputs, outputs;
  std::vector<bool> loose;              ///< of the outputs: see Flow
  std::vector<Equation> preconditions;  ///< over parameters; they hold or not once values are known
  std::vector<Meeting> meetings;
  std::vector<std::vector<int>> order;     ///< nodes of each region, sources before their users
  std::map<int, int> taken;                ///< arms of choices that do not depend on data
  std::vector<bool> walked;                ///< regions that may run
  std::map<std::string, int> sizes, runs;  ///< symbols of the names in the ports: of sizes, and of runs of axes
  ReshapeSteps reshapes;                   ///< what each ReshapeNode does
  std::map<int, std::size_t> selected;     ///< which value of its source each SelectNode means
  std::vector<ModuleFacts> modules;
};

class Checker {
 public:
  Checker(const NeuronGraph& graph, Diagnostics& diags);

  /// Checks a neuron for all values of its parameters, and with its defaults; once, later calls return the same. While
  /// a neuron is being checked, whoever asks is part of a recursion and gets what its ports declare.
  const Facts& facts(const Neuron& neuron);
  /// Checks with the values that an instance has: only what depends on values can fail. Order and module arguments come
  /// back complete.
  Facts check_instance(const Neuron& neuron, const Arguments& values);
  /// The same for a call inside an instance; nothing when calls nest too deeply to look that far.
  std::optional<Facts> check_nested(const Neuron& neuron, const Arguments& values);
  /// Binds the arguments of one module, and of those that it takes as arguments, when the sizes that it depends on are
  /// known; in the order of Neuron::modules.
  std::vector<ModuleFacts> bind_module(const Neuron& neuron, const Arguments& values, int module,
                                       const std::map<std::string, std::int64_t>& sizes);

  /// How the `=>` of a neuron work whatever its parameters are.
  const ReshapeSteps* reshapes(const Neuron& neuron);
  void keep(const Neuron& neuron, const ReshapeSteps& reshapes) { reshapes_[&neuron] = reshapes; }

  const NeuronGraph& graph() const { return graph_; }
  const Neuron* find(const std::string& name) const;
  /// A neuron's or a primitive's name as a value; nothing when there is none.
  std::optional<Value> constructor(const std::string& name) const;
  const std::map<std::string, Value>& globals() const { return globals_; }
  Diagnostics& diags() { return diags_; }

 private:
  struct Entry {
    bool done = false;
    Facts facts;
    std::optional<Facts> ports;
  };
  const NeuronGraph& graph_;
  Diagnostics& diags_;
  int depth_ = 0, nested_ = 0, all_nested_ = 0;
  std::unordered_map<std::string_view, const Neuron*> names_;
  std::map<std::string, Value> globals_;
  std::map<const Neuron*, Entry> entries_;
  std::map<const Neuron*, ReshapeSteps> reshapes_;
};

/// The parameters of a composite as its callers see them.
std::vector<ParamSpec> param_specs(const Neuron& neuron);

/// For every region an order in which a node comes after its sources; nullopt after reporting the cycles.
std::optional<std::vector<std::vector<int>>> evaluation_order(const Neuron& neuron, Diagnostics& diags);
std::vector<int> sources_of(const GraphNode& node);

/// Reports recursion that no `@lazy` and no condition ends.
void check_recursion(const Checker& checker, Diagnostics& diags);
/// Which arms of a match an earlier one leaves nothing for.
std::vector<bool> dead_arms(const ChooseNode& match, const Neuron& neuron);
/// Reports what patterns alone tell of a match: dead arms, values that no arm takes.
void check_arms(const ChooseNode& match, Span keyword, const Neuron& neuron, Diagnostics& diags);

/// Reports that what flows into a meeting does not fit. `instance`: the fault lies in the values of parameters.
void report_conflict(const Conflict& conflict, const Meeting& meeting, const Neuron& neuron, const Facts& facts,
                     const Solver& solver, bool instance, Diagnostics& diags);

}  // namespace neuro
