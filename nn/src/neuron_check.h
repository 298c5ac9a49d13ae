#pragma once
// One neuron, checked once: for all values of its parameters, or for those of one instance. The parts stand in
// check.cpp (parameters, ports), check_modules.cpp (arguments), check_calls.cpp, check_graph.cpp,
// check_reshape.cpp and check_choice.cpp.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "check.h"

namespace neuro {

class NeuronCheck {
 public:
  /// `values`: of an instance; null to check for all values.
  NeuronCheck(Checker& checker, const Neuron& neuron, const Arguments* values);

  Facts run();
  Facts ports();  ///< what the ports declare, without the body
  std::vector<ModuleFacts> module(int index, const std::map<std::string, std::int64_t>& sizes);

 private:
  using Flows = std::vector<Flow>;
  enum class Fit { never, maybe, always };

  // check.cpp: parameters, names, ports
  void make_params();
  Scope earlier_params() const;
  std::optional<Value> find(const std::string& name) const;
  std::vector<std::string> names() const;
  std::optional<Value> eval(const Expr& expr);
  Scope numbers(const Solver& solver) const;
  void resolve(Value& value) const;
  void introduce(const Expr& expr);
  SymShape pattern_of(const ShapePattern& pattern);
  SymShape set_apart(const SymShape& actual, const SymShape& promised);
  void meet_outputs(const std::vector<SymShape>& promised);
  std::optional<Arguments> default_arguments();
  void check_with_defaults();
  void check_preconditions_with_defaults();

  // check_modules.cpp: modules and their arguments
  void bind_module(int index);
  bool bind_callee(const ModuleDecl& module, ModuleFacts& facts);
  void bind_arguments(const ModuleDecl& module, ModuleFacts& facts);
  bool bind_parameter(const ModuleDecl& module, ModuleFacts& facts);
  void bind_unroll(const ModuleDecl& module, ModuleFacts& facts);
  std::optional<Value> neuron_value(const Expr& expr, const Arguments& earlier) const;
  std::optional<Value> neuron_argument(const ModuleDecl& module, const ParamSpec& param, const ArgDecl& written);
  std::optional<int> binding(const std::string& name) const;
  void judge_arguments(const ModuleDecl& module);
  void report_missing(const ModuleDecl& module);
  bool check_sizes(const ModuleDecl& module, const Neuron& callee, const Arguments& args);
  std::optional<Value> default_value(const ModuleDecl& module, const Neuron& callee, std::size_t index,
                                     const Arguments& bound);
  std::optional<Value> argument_value(const ModuleDecl& module, const ParamSpec& param, const ArgDecl& written);
  bool mentions_size(const Expr& expr) const;
  void check_weights(const ModuleDecl& module, const ModuleFacts& facts);
  bool mentions_index(int module) const;
  void settle(std::size_t from);
  bool settle(ModuleFacts& facts) const;

  // check_calls.cpp: what flows through a module
  Flows call(const GraphNode& node, int module, const Flows& source);
  std::optional<Facts> facts_with_neurons(const ModuleFacts& facts);
  Flows repeat(const GraphNode& node, int index, const Flows& source);
  Flow unknown_flow(Span span);
  bool arity(const GraphNode& node, const ModuleDecl& module, std::size_t takes, bool or_more, const Flows& source,
             const std::string& ports);
  void meet(Meeting meeting);
  void report(const Conflict& conflict);
  Flows call_primitive(const GraphNode& node, int index, const ModuleDecl& module, const ModuleFacts& facts,
                       const Flows& source);
  std::vector<SymShape> primitive_shapes(const PrimitiveDef& primitive, const ModuleFacts& facts, const Flows& source,
                                         const std::vector<SymShape>& in, std::string& problem, bool& window);
  Flows call_composite(const GraphNode& node, int index, const ModuleDecl& module, const ModuleFacts& facts,
                       const Flows& source);

  /// A callee's names are local to a call: parameters become the arguments, everything else is new.
  class CalleeNames {
   public:
    CalleeNames(NeuronCheck& check, const Neuron& callee, const Facts& facts, const Arguments& args)
        : check_(check), callee_(callee), facts_(facts), args_(args) {}
    std::optional<Dim> local(int symbol);
    Dim import(const Dim& dim) {
      return dim.substitute([this](int symbol) { return local(symbol); });
    }
    SymShape import(const SymShape& shape);
    void forget() { renamed_.clear(); }

   private:
    NeuronCheck& check_;
    const Neuron& callee_;
    const Facts& facts_;
    const Arguments& args_;
    std::map<int, int> renamed_;
  };

  // check_graph.cpp: nodes
  void walk(int region);
  const Flows& values_of(int node);
  Flows flow(int index);
  Flows unpacked(const GraphNode& node, const UnpackNode& unpack);
  std::vector<std::vector<std::string>> output_names(const Flow& flow) const;
  Flows selected(int index, const GraphNode& node, const SelectNode& select);

  // check_reshape.cpp: `=>`
  void declare_targets(const GraphNode& node);
  std::vector<std::string> without_value(const Dim& size) const;
  std::map<int, std::string> names_of_symbols() const;
  std::optional<std::vector<TargetAxis>> target_of(const ReshapeNode& reshape);
  void require(const Dim& expected, const Dim& actual, const Flow& source, Span span);
  Flows reshaped(int index, const GraphNode& node, const ReshapeNode& reshape);
  bool known_strategy(const ReshapeNode& reshape);
  SymShape declared_shape(const std::vector<TargetAxis>& target);
  void by_neuron(const ReshapeNode& reshape, const Flow& given, const SymShape& target);
  void lowers_rank(const ReshapeNode& reshape, const Flow& source);
  SymShape accepted(int index, Rearrangement how, const ReshapeNode& reshape, const Flow& source);
  SymShape followed(const ReshapeStep& step, const Flow& source, Span span);
  void report_failure(const RearrangeFailure& failure, const ReshapeNode& reshape, const Flow& source);

  // check_choice.cpp: arms
  struct ArmFlows;
  Flows choose(int index, const GraphNode& node, const ChooseNode& choice);
  Fit select(const ChooseNode& choice, const Arm& arm, const Flows& source);
  struct Ports {
    std::vector<std::pair<std::string, SymShape>> inputs, outputs;
  };
  std::optional<Ports> ports_behind(int parameter);
  Fit select_contract(const ChooseNode& choice, const ContractPattern& contract);
  void report_unresolved(const GraphNode& node, const ChooseNode& choice);
  bool covers(const SymShape& pattern, const SymShape& actual, int first_new) const;
  void check_names_only(const Arm& arm);
  ArmFlows arm_flows(const Arm& arm, const Flows& values, const std::vector<SymShape>& outer, const Solver::Mark& mark);
  Flows join(const GraphNode& node, const ChooseNode& choice, const std::vector<ArmFlows>& arms,
             const std::vector<SymShape>& outer, const Solver::Mark& mark);

  Checker& checker_;
  Diagnostics* diags_;
  const Neuron& neuron_;
  const Arguments* values_;
  Facts f_;
  Scope scope_;
  std::map<std::string, Dim> sizes_;               ///< names of ports and captures
  std::map<std::string, int> runs_;                ///< names of runs of axes
  std::vector<std::string> new_sizes_, new_runs_;  ///< in the order of appearance: an arm takes its own back
  std::vector<std::optional<Value>> defaults_;
  std::vector<Flows> flows_;
  std::map<int, std::vector<Flows>> chosen_;  ///< what the arms of a choice assigned
  std::vector<int> bound_;                    ///< modules, in the order of binding
  std::int64_t unrolled_ = 0;                 ///< modules that unrolls have made
  int undecided_ = 0;                         ///< arms around that may not run
  std::map<std::string, int> unvalued_;       ///< names of targets that have no value yet, and their symbols
  std::vector<SizeRecord> records_;           ///< how `=>` took sizes apart and put them together
  Flows missing_;
};

/// "2 values".
std::string count_text(std::size_t n, const char* thing);
/// Whether a variadic input is among the values.
bool any_number(const std::vector<Flow>& values);
std::string number_of(const std::vector<Flow>& values);
bool any_loose(const std::vector<Flow>& values);

}  // namespace neuro
