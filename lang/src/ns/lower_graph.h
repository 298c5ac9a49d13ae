#pragma once
// The context and the graph of one neuron: bindings become modules, pipelines become nodes.
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lower_values.h"
#include "neuro/diagnostic.h"
#include "neuro/neuron_graph.h"
#include "neuro/ns/ast.h"

namespace neuro::ns {

/// What the whole program knows.
struct Known {
  std::set<std::string, std::less<>> neurons;                 ///< all that a call may mean
  std::map<std::string, const Global*, std::less<>> globals;  ///< all
  std::vector<neuro::Neuron> lifted;                          ///< neurons made from pipelines inside `@wrap`
  bool has(std::string_view name) const { return neurons.count(name) > 0; }
};

/// Lowers context and graph of a neuron whose parameters and ports stand in `out` already.
class GraphLowering {
 public:
  GraphLowering(const ns::Neuron& source, neuro::Neuron& out, Known& known, Diagnostics& diags)
      : source_(source), out_(out), known_(known), diags_(diags) {}
  void lower();

 private:
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
  /// What belongs to the body of the neuron, or to one arm.
  struct Scope {
    Scope* outer = nullptr;
    int region = 0;
    std::map<std::string, Intermediate, std::less<>> names;
    std::map<std::size_t, std::pair<int, Span>> outputs;  ///< assigned ports
    std::set<std::string, std::less<>> sizes;             ///< names of sizes that a pattern captures
  };

  // lower_context.cpp: modules
  void lower_context();
  void lower_binding(const ns::Binding& binding);
  void lower_unroll(const Unroll& unroll);
  bool is_binding(const ns::Binding& binding);
  bool is_taken(const Name& name);
  std::optional<Binding> bind(const ModuleExpr& module, const std::string& name, const ns::Binding& binding,
                              bool in_unroll);
  int add_module(const Call& call, std::string name, bool frozen, bool in_unroll = false);
  /// The binding behind a word; parameters that are neurons and shared modules become one when first named.
  Binding* find_binding(const std::string& name);
  Binding* shared_module(const std::string& name);
  void freeze(int module);
  ValueContext values(bool in_unroll = false);

  // lower_graph.cpp: pipelines
  void collect_names(Scope& scope, const Pipeline& pipeline, std::size_t from);
  int lower_steps(const Pipeline& pipeline, std::optional<int> entry);
  int add(Span span, GraphNode::Kind node) { return out_.add(span, std::move(node), scope_->region); }
  int read(const Reference& reference, Span span);
  /// What a name in the middle or at the end of a pipeline does with the value: runs a binding, assigns an output,
  /// names it. Returns the node that flows on.
  int write(const Reference& reference, Span span, int value);
  int write_tuple(const Tuple& tuple, Span span, int value);
  int call(const ModuleExpr& module, Span span, int value);
  int use(Binding& binding, Span span, int value);
  int reshape(const Reshape& step, Span span, int value);
  int transform(const Call& strategy, Span span, int value);
  void add_transforms();
  void assign_output(std::size_t port, int value, Span span);
  int define(const Name& name, int value);
  Intermediate* intermediate(std::string_view name);
  bool readable(const Reference& reference);
  void settle_outputs();
  void warn_unused();
  void unknown(const Name& name);
  void unknown_global(const Name& name);
  bool is_call_without_parentheses(const Name& name);
  std::optional<std::size_t> input_port(std::string_view name) const;
  std::optional<std::size_t> output_port(std::string_view name) const;

  // lower_choice.cpp: arms
  int choose(const Conditional& conditional, Span span, int value);
  int choose(const ShapeMatch& match, Span span, int value);
  int choose(const ContractMatch& match, Span span, int value);
  /// Lowers the body of an arm (none: the value passes through) and remembers what it assigned.
  void arm(ChooseNode& choice, Arm arm, const Pipeline* body, std::vector<Scope>& scopes,
           const std::set<std::string, std::less<>>& sizes = {});
  int finish(ChooseNode choice, Span span, std::vector<Scope>& scopes);

  // lower_wrap.cpp
  int wrap(const Wrap& wrap, Span span, int value);
  Expr lift(const Wrap& wrap, const Pipeline& body);
  void lower_wrapped(const Pipeline& body);
  void import(const std::string& name);
  bool knows_value(const std::string& name) const;

  const ns::Neuron& source_;
  neuro::Neuron& out_;
  Known& known_;
  Diagnostics& diags_;
  std::map<std::string, Binding, std::less<>> bindings_;
  std::map<std::string, std::pair<Span, std::string>, std::less<>> members_;  ///< of unrolls: place, and the unroll
  Scope body_;
  Scope* scope_ = &body_;
  std::vector<Scope> finished_;                 ///< arms, for what may be said of their names
  std::vector<std::pair<Binding*, int>> uses_;  ///< with the use before: outside an arm its uses are nobody's
  bool all_global_ = false;                     ///< lowering arguments of a shared module
  int calls_ = 0;                               ///< anonymous ones so far
  int wraps_ = 0;
  struct PendingTransform {
    const Call* strategy;
    int node, region;
  };
  std::vector<PendingTransform> transforms_;  ///< neurons that reduce or repeat: built after all calls
  int last_value_ = -1;
  bool refused_ = false;
  GraphLowering* enclosing_ = nullptr;  ///< this is a pipeline inside `@wrap` of that neuron
};

/// The names that a shape mentions, of sizes and of runs.
std::set<std::string, std::less<>> names_in(const ShapePattern& shape);
/// A port that is not declared: any shape.
PortDecl implicit_port(const char* run);

}  // namespace neuro::ns
