#pragma once
// Checking neurons: shapes flow forward through the graph and meet the ports (spec: neuroscript.md, 3.3 to 3.5).
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "arguments.h"
#include "neuro/diagnostic.h"
#include "neuro/neuron_graph.h"
#include "primitive.h"
#include "solver.h"

namespace neuro {

/// A value that flows, and who made it.
struct Flow {
  SymShape shape;
  int module = -1;       ///< made by this module's output `output`, or
  int port = -1;         ///< by this input port, or
  bool unknown = false;  ///< by nobody known: a mistake there has been reported
  bool many = false;     ///< one value or more of this shape: what a variadic input gives
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
  std::string condition;  ///< set when a condition inside the callee must hold, rather than a port: "a = b"
};

/// One module of one neuron, with its arguments bound.
struct ModuleFacts {
  const Neuron* neuron = nullptr;  ///< what it is: one of these, or neither after an error
  const PrimitiveDef* primitive = nullptr;
  Arguments args;
};

/// What checking one neuron found.
struct Facts {
  bool ok = false;
  Solver solver;
  std::vector<int> params;  ///< symbol of each parameter, -1 for one whose value is not an integer
  std::vector<SymShape> inputs, outputs;
  std::vector<Equation> preconditions;  ///< over parameters; they hold or not once values are known
  std::vector<Meeting> meetings;
  std::vector<int> order;               ///< nodes, sources before their users
  std::map<int, std::size_t> selected;  ///< which value of its source each SelectNode means
  std::vector<ModuleFacts> modules;
};

class Checker {
 public:
  Checker(const NeuronGraph& graph, Diagnostics& diags) : graph_(graph), diags_(diags) {}

  /// Checks a neuron for all values of its parameters, and with its defaults; once, later calls return the same.
  const Facts& facts(const Neuron& neuron);
  /// Whether `facts(neuron)` is being worked out: who asks then is part of a recursion.
  bool in_progress(const Neuron& neuron) const;
  /// Checks with the values that an instance has: only what depends on values can fail. Order and module arguments come
  /// back complete.
  Facts check_instance(const Neuron& neuron, const Arguments& values);

  const NeuronGraph& graph() const { return graph_; }
  Diagnostics& diags() { return diags_; }

 private:
  struct Entry {
    bool done = false;
    Facts facts;
  };
  const NeuronGraph& graph_;
  Diagnostics& diags_;
  int depth_ = 0;
  std::map<const Neuron*, Entry> entries_;
};

/// The parameters of a composite as its callers see them.
std::vector<ParamSpec> param_specs(const Neuron& neuron);

/// An order in which every node comes after its sources; nullopt after reporting the cycles.
std::optional<std::vector<int>> evaluation_order(const Neuron& neuron, Diagnostics& diags);
std::vector<int> sources_of(const GraphNode& node);

/// Reports that what flows into a meeting does not fit. `instance`: the fault lies in the values of parameters.
void report_conflict(const Conflict& conflict, const Meeting& meeting, const Neuron& neuron, const Facts& facts,
                     const Solver& solver, bool instance, Diagnostics& diags);

}  // namespace neuro
