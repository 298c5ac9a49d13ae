// Recursion that never ends (spec: neuroscript.md, 3.10).
#include <algorithm>
#include <map>
#include <set>

#include "check.h"
#include "neuro/codes.h"
#include "neuro/str.h"

namespace neuro {
namespace {

void names_in(const Expr& expr, std::set<std::string>& names) {
  if (const auto* name = std::get_if<NameExpr>(&expr.node); name && !name->global) names.insert(name->name);
  if (const auto* operation = std::get_if<OperationExpr>(&expr.node)) {
    for (const Expr& operand : operation->operands) names_in(operand, names);
  }
  if (const auto* list = std::get_if<ListExpr>(&expr.node)) {
    for (const Expr& item : list->items) names_in(item, names);
  }
}

/// Which neurons every instance of a neuron contains. What is lazy, or built only under a condition over a parameter
/// that the call changes, may end.
class EagerGraph {
 public:
  EagerGraph(const Checker& checker, Diagnostics& diags) : checker_(checker), diags_(diags) {}

  void check() {
    for (const Neuron& neuron : checker_.graph().neurons) lazy_bindings(neuron);
    for (const Neuron& neuron : checker_.graph().neurons) {
      if (state_[&neuron] == State::fresh) walk(neuron);
    }
  }

 private:
  enum class State { fresh, open, done };
  struct Edge {
    const Neuron* to;
    const ModuleDecl* module;
  };
  struct Visit {
    const Neuron* neuron;
    std::vector<Edge> edges;
    std::size_t next = 0;
  };

  /// Names in the conditions around each region.
  static std::vector<std::set<std::string>> conditions_of(const Neuron& neuron) {
    std::vector<std::set<std::string>> names(static_cast<std::size_t>(neuron.regions));
    for (const GraphNode& node : neuron.nodes) {  // a choice stands before the choices inside its arms or after: both
      const auto* choice = std::get_if<ChooseNode>(&node.node);
      if (!choice) continue;
      std::set<std::string> tried;  // what was false before an arm matters as well
      for (const Arm& arm : choice->arms) {
        if (arm.condition) names_in(*arm.condition, tried);
        names[static_cast<std::size_t>(arm.region)] = tried;
      }
    }
    return names;
  }

  std::vector<Edge> edges_of(const Neuron& neuron) const {
    const auto conditions = conditions_of(neuron);
    std::vector<int> outer(static_cast<std::size_t>(neuron.regions), 0);
    for (const GraphNode& node : neuron.nodes) {
      if (const auto* choice = std::get_if<ChooseNode>(&node.node)) {
        for (const Arm& arm : choice->arms) outer[static_cast<std::size_t>(arm.region)] = node.region;
      }
    }
    std::vector<Edge> edges;
    for (const ModuleDecl& module : neuron.modules) {
      const Neuron* to = module.kernel || module.parameter >= 0 ? nullptr : checker_.find(module.callee);
      if (!to || module.lazy) continue;
      std::set<std::string> changed;
      for (const ArgDecl& arg : module.args) {
        if (std::holds_alternative<OperationExpr>(arg.value.node)) names_in(arg.value, changed);
      }
      bool may_end = false;
      for (int region = module.region; region != 0; region = outer[static_cast<std::size_t>(region)]) {
        for (const std::string& name : conditions[static_cast<std::size_t>(region)]) {
          may_end = may_end || changed.count(name) > 0;
        }
      }
      if (!may_end) edges.push_back({to, &module});
    }
    return edges;
  }

  /// Depth first, without recursion: neurons may contain each other deeply.
  void walk(const Neuron& root) {
    std::vector<Visit> path;
    const auto enter = [&](const Neuron& neuron) {
      state_[&neuron] = State::open;
      path.push_back({&neuron, edges_of(neuron)});
    };
    enter(root);
    while (!path.empty()) {
      Visit& visit = path.back();
      if (visit.next == visit.edges.size()) {
        state_[visit.neuron] = State::done;
        path.pop_back();
        continue;
      }
      const Edge edge = visit.edges[visit.next++];
      if (state_[edge.to] == State::fresh) {
        enter(*edge.to);
      } else if (state_[edge.to] == State::open) {
        report(*visit.neuron, edge);
      }
    }
  }

  void report(const Neuron& from, const Edge& edge) {
    const Neuron& to = *edge.to;
    auto& d = diags_.error(codes::kInvalidRecursion, str("`", to.name, "` contains itself"));
    d.primary(edge.module->span, &to == &from ? str("an instance of `", to.name, "` inside every `", to.name, "`")
                                              : str("leads back to `", to.name, "`"));
    d.secondary(to.span, "defined here");
    if (edge.module->binding) {
      d.help(
          str("write @lazy ", edge.module->name, " = ..., and run it under a condition that ends: if depth > 0: ..."));
    } else {
      d.help("call it under a condition over a parameter that the call changes: if depth > 0: ...");
    }
  }

  /// `@lazy` bindings of a neuron in itself that can never change, and those that take each other as arguments.
  void lazy_bindings(const Neuron& neuron) {
    std::map<std::string, const ModuleDecl*> bindings;
    for (const auto& [name, module] : neuron.bindings) {
      bindings.emplace(name, &neuron.modules[static_cast<std::size_t>(module)]);
    }
    for (const auto& [name, module] : bindings) {
      const bool self = module->callee == neuron.name && module->parameter < 0;
      if (self && module->lazy && module->args.empty()) {
        diags_.error(codes::kInvalidRecursion, str("`", neuron.name, "` contains itself without end"))
            .primary(module->span, "every instance needs another one just like it")
            .help("pass an argument that changes, and run it under a condition: if depth > 0: ...");
      }
    }
    std::set<std::string> values;  // a word that is a value is none of the bindings
    for (const ParamDecl& param : neuron.params) values.insert(param.name);
    for (const PortDecl& port : neuron.inputs) {
      for (const DimPattern& dim : port.shape.dims) names_in(dim.size, values);
    }
    for (const std::string& value : values) bindings.erase(value);
    std::map<const ModuleDecl*, State> state;
    for (const auto& [name, module] : bindings) {
      std::vector<std::pair<std::string, const ModuleDecl*>> path;
      follow(name, module, bindings, state, path);
    }
  }

  using Bindings = std::map<std::string, const ModuleDecl*>;
  void follow(const std::string& name, const ModuleDecl* module, const Bindings& bindings,
              std::map<const ModuleDecl*, State>& state, std::vector<std::pair<std::string, const ModuleDecl*>>& path) {
    constexpr std::size_t kMaxChain = 1000;  // no file of a person; the stack ends somewhere
    if (path.size() == kMaxChain || state[module] == State::done) return;
    if (state[module] == State::open) {
      const auto first = std::find_if(path.begin(), path.end(), [&](const auto& p) { return p.second == module; });
      std::string cycle;
      for (auto p = first; p != path.end(); ++p) cycle += p->first + " -> ";
      auto& d = diags_.error(codes::kMutualLazyRecursion, str("bindings take each other as arguments: ", cycle, name));
      d.primary(module->span, "takes the next one");
      for (auto p = first + 1; p != path.end(); ++p) d.secondary(p->second->span, "takes the next one");
      d.help("build one of them without the other");
      return;
    }
    state[module] = State::open;
    path.emplace_back(name, module);
    std::set<std::string> names;
    for (const ArgDecl& arg : module->args) names_in(arg.value, names);
    for (const std::string& other : names) {
      const auto found = bindings.find(other);
      if (found != bindings.end()) follow(other, found->second, bindings, state, path);
    }
    path.pop_back();
    state[module] = State::done;
  }

  const Checker& checker_;
  Diagnostics& diags_;
  std::map<const Neuron*, State> state_;
};

}  // namespace

void check_recursion(const Checker& checker, Diagnostics& diags) { EagerGraph(checker, diags).check(); }

}  // namespace neuro
