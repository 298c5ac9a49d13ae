#pragma once
// The graph section of one neuron: pipelines become nodes.
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "neuro/diagnostic.h"
#include "neuro/neuron_graph.h"
#include "neuro/ns/ast.h"

namespace neuro::ns {

/// Names of all neurons that a call may mean.
struct KnownNeurons {
  std::set<std::string, std::less<>> names;
  bool has(std::string_view name) const { return names.count(name) > 0; }
};

/// Lowers context and graph of a neuron whose parameters and ports stand in `out` already.
class GraphLowering {
 public:
  GraphLowering(const ns::Neuron& source, neuro::Neuron& out, const KnownNeurons& known, Diagnostics& diags)
      : source_(source), out_(out), known_(known), diags_(diags) {}
  void lower();

 private:
  void lower_context();
  void collect_names();
  void lower_pipeline(const Pipeline& pipeline);
  void settle_outputs();
  void warn_unused();

  int read(const Reference& reference, Span span);
  /// What a name in the middle or at the end of a pipeline does with the value: runs a binding, assigns an output,
  /// names it. Returns the node that flows on.
  int write(const Reference& reference, Span span, int value);
  int write_tuple(const Tuple& tuple, Span span, int value);
  int call(const ModuleExpr& module, Span span, int value);
  void assign_output(std::size_t port, int value, Span span);
  int define(const Name& name, int value);
  int add_module(const Call& call, std::string name, bool frozen);

  bool is_call_without_parentheses(const Name& name);
  std::optional<std::size_t> input_port(std::string_view name) const;
  std::optional<std::size_t> output_port(std::string_view name) const;
  void unknown(const Name& name);
  void refuse(Span span, const std::string& what);

  const ns::Neuron& source_;
  neuro::Neuron& out_;
  const KnownNeurons& known_;
  Diagnostics& diags_;
  struct Binding {
    int module = 0;
    int last_call = -1;
    Span span;
  };
  struct Intermediate {
    int node = 0;
    bool assigned = false;
    int reads = 0;
    Span span;
  };
  std::map<std::string, Binding, std::less<>> bindings_;
  std::map<std::string, Intermediate, std::less<>> intermediates_;
  std::vector<Span> assigned_at_;  ///< of each output
  int calls_ = 0;                  ///< anonymous ones so far
  int last_value_ = -1;
  bool refused_ = false;
};

}  // namespace neuro::ns
