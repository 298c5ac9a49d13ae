#include "check.h"

#include <algorithm>
#include <set>

#include "neuro/codes.h"
#include "neuro/elaborate.h"
#include "neuro/error.h"
#include "neuro/str.h"
#include "neuron_check.h"

namespace neuro {

NeuronCheck::NeuronCheck(Checker& checker, const Neuron& neuron, const Arguments* values)
    : checker_(checker), diags_(&checker.diags()), neuron_(neuron), values_(values) {
  scope_.find = [this](const std::string& name) { return find(name); };
  scope_.names = [this] { return names(); };
  scope_.symbol_name = [this](int s) { return f_.solver.text(Dim::symbol(s)); };
  scope_.global = [this](const std::string& name) -> std::optional<Value> {
    const auto found = checker_.globals().find(name);
    return found == checker_.globals().end() ? std::nullopt : std::optional(found->second);
  };
}

Facts NeuronCheck::ports() {
  Diagnostics told_elsewhere;
  diags_ = &told_elsewhere;
  make_params();
  for (const PortDecl& port : neuron_.inputs) f_.inputs.push_back(pattern_of(port.shape));
  for (const PortDecl& port : neuron_.outputs) f_.outputs.push_back(pattern_of(port.shape));
  f_.ok = !told_elsewhere.has_errors();
  return std::move(f_);
}

Facts NeuronCheck::run() {
  const std::size_t before = diags_->error_count();
  make_params();
  for (const PortDecl& port : neuron_.inputs) f_.inputs.push_back(pattern_of(port.shape));
  std::vector<SymShape> promised;
  for (const PortDecl& port : neuron_.outputs) promised.push_back(pattern_of(port.shape));
  for (const GraphNode& node : neuron_.nodes) {
    if (node.region == 0) declare_targets(node);
  }
  for (const auto& [name, size] : sizes_) f_.sizes[name] = *size.as_symbol();
  f_.runs = runs_;
  if (neuron_.incomplete) return std::move(f_);  // not ok: its callers take its outputs as unknown
  f_.modules.resize(neuron_.modules.size());
  for (std::size_t i = 0; i < neuron_.modules.size(); ++i) {
    const ModuleDecl& module = neuron_.modules[i];
    // Members belong to their unroll; what a parameter stands for, and arguments, to whoever uses them.
    const bool on_demand = module.unroll >= 0 || module.applied || module.argument;
    if (module.region == 0 && !on_demand && !f_.modules[i].bound) bind_module(static_cast<int>(i));
  }
  if (auto order = evaluation_order(neuron_, *diags_)) {
    f_.order = std::move(*order);
    flows_.resize(neuron_.nodes.size());
    walk(0);
    meet_outputs(promised);
  }
  for (const Conflict& conflict : f_.solver.retry()) report(conflict);
  f_.preconditions = f_.solver.preconditions();
  f_.ok = diags_->error_count() == before;
  if (!values_) checker_.keep(neuron_, f_.reshapes);
  if (f_.ok && !values_) check_with_defaults();
  if (values_) settle(0);
  return std::move(f_);
}

std::vector<ModuleFacts> NeuronCheck::module(int index, const std::map<std::string, std::int64_t>& sizes) {
  make_params();
  for (const auto& [name, size] : sizes) sizes_[name] = Dim(size);
  f_.modules.resize(neuron_.modules.size());
  bind_module(index);
  settle(0);
  return std::move(f_.modules);
}

// --- Parameters and names --------------------------------------------------------------------------------------------

void NeuronCheck::make_params() {
  for (const ParamDecl& param : neuron_.params) {
    const Argument* given = values_ ? values_->find(param.name) : nullptr;
    int symbol = -1;
    if (!param.neuron && (!given || given->value.integer())) {
      symbol = f_.solver.fresh(param.name, SymbolKind::rigid);
      if (given) f_.solver.bind(symbol, *given->value.integer(), given->span);
    }
    if (!values_) {  // a default is judged once
      defaults_.emplace_back();
      if (param.default_value && !param.neuron) {
        defaults_.back() = evaluate(*param.default_value, earlier_params(), *diags_);
      } else if (param.default_value && !neuron_value(*param.default_value, {})) {
        const Expr& value = *param.default_value;
        diags_->error(codes::kNeuronArgumentExpected, str("`", param.name, "` takes a neuron"))
            .primary(value.span, "not the name of one")
            .help("a default is a name: = GELU");
      }
    }
    f_.params.push_back(symbol);
  }
}

/// What a default may be made of: the parameters that stand before it.
Scope NeuronCheck::earlier_params() const {
  Scope scope = scope_;
  scope.names = [this] {
    std::vector<std::string> out;
    for (std::size_t i = 0; i < f_.params.size(); ++i) out.push_back(neuron_.params[i].name);
    return out;
  };
  scope.unknown = "a default is made of the parameters before it";
  return scope;
}

std::optional<Value> NeuronCheck::find(const std::string& name) const {
  for (std::size_t i = 0; i < f_.params.size(); ++i) {
    if (neuron_.params[i].name != name) continue;
    if (f_.params[i] >= 0) return Value{Dim::symbol(f_.params[i])};
    return values_ ? values_->value(name) : Value{Opaque{name}};
  }
  const auto size = sizes_.find(name);
  if (size != sizes_.end()) return Value{size->second};
  return std::nullopt;
}

std::vector<std::string> NeuronCheck::names() const {
  std::vector<std::string> out;
  for (const ParamDecl& param : neuron_.params) out.push_back(param.name);
  for (const auto& [name, size] : sizes_) out.push_back(name);
  return out;
}

/// The value of an expression. In an instance its arithmetic is done with numbers first, so that what has no integer
/// result is reported where it is written; what comes back still tells which parameters it is made of.
std::optional<Value> NeuronCheck::eval(const Expr& expr) {
  auto value = evaluate(expr, scope_, *diags_);
  const bool computed = value && (value->dim() || std::holds_alternative<std::vector<Value>>(value->data));
  if (values_ && value && !value->known()) return evaluate(expr, numbers(f_.solver), *diags_);  // `p / 2.0`, `n > 2`
  if (!values_ || !computed) return value;
  return evaluate(expr, numbers(f_.solver), *diags_) ? value : std::nullopt;
}

/// The names of this neuron with the values that `solver` has for them.
Scope NeuronCheck::numbers(const Solver& solver) const {
  Scope scope = scope_;
  scope.find = [this, &solver](const std::string& name) {
    auto v = find(name);
    if (v && v->dim()) v->data = solver.resolve(*v->dim());
    return v;
  };
  return scope;
}

/// Puts in what is known by now, in lists too.
void NeuronCheck::resolve(Value& value) const {
  if (value.dim()) value.data = f_.solver.resolve(*value.dim());
  if (auto* items = std::get_if<std::vector<Value>>(&value.data)) {
    for (Value& item : *items) resolve(item);
  }
}

// --- Ports and patterns ----------------------------------------------------------------------------------------------

/// Names that a shape introduces become sizes of this neuron, or of the arm whose pattern it is.
void NeuronCheck::introduce(const Expr& expr) {
  if (const auto* name = std::get_if<NameExpr>(&expr.node)) {
    if (name->global || find(name->name)) return;
    sizes_[name->name] = Dim::symbol(f_.solver.fresh(name->name, SymbolKind::free));
    new_sizes_.push_back(name->name);
  } else if (const auto* operation = std::get_if<OperationExpr>(&expr.node)) {
    for (const Expr& operand : operation->operands) introduce(operand);
  }
}

SymShape NeuronCheck::pattern_of(const ShapePattern& pattern) {
  SymShape shape;
  for (const DimPattern& dim : pattern.dims) {
    switch (dim.kind) {
      case DimKind::any: shape.push_back({Dim::symbol(f_.solver.fresh("_", SymbolKind::free))}); break;
      case DimKind::lead: shape.push_back(Axis::run(f_.solver.fresh("*", SymbolKind::variadic, 1))); break;
      case DimKind::rest: {
        const auto [known, added] = runs_.try_emplace(dim.name, 0);
        if (added) {
          known->second = f_.solver.fresh("*" + dim.name, SymbolKind::variadic);
          new_runs_.push_back(dim.name);
        }
        shape.push_back(Axis::run(known->second));
        break;
      }
      case DimKind::size: {
        introduce(dim.size);
        const auto value = eval(dim.size);
        if (value && value->dim()) {
          const auto size = f_.solver.resolve(*value->dim()).constant();
          if (size && *size < 0) {
            diags_->error(codes::kUnsolvableDimension, str("a size of ", *size, " is negative"))
                .primary(dim.span, str("comes out as ", *size));
          }
          shape.push_back({*value->dim()});
        } else if (value && value->integer()) {
          shape.push_back({Dim(*value->integer())});
        } else {
          if (value) {
            diags_->error(codes::kInvalidArgument, str("`", text_of(dim.size), "` is not a size"))
                .primary(dim.span, str("is ", text_of(*value)));
          }
          shape.push_back({Dim::symbol(f_.solver.fresh("_", SymbolKind::free))});
        }
        break;
      }
    }
  }
  return shape;
}

// --- Outputs and defaults --------------------------------------------------------------------------------------------

/// A shape as its port's promise may bind it. `h` and `w` at both ends of a block do not say that a size which only
/// data tells (a strided window's) is the input's: such a size flows on as it is, and another one meets the promise.
SymShape NeuronCheck::set_apart(const SymShape& actual, const SymShape& promised) {
  std::set<int> given;
  for (const SymShape& input : f_.inputs) {
    for (const Axis& axis : f_.solver.resolve(input)) axis.size.each_symbol([&](int s) { given.insert(s); });
  }
  SymShape shape = f_.solver.resolve(actual);
  const SymShape port = f_.solver.resolve(promised);
  for (std::size_t back = 1; back <= std::min(shape.size(), port.size()); ++back) {
    Axis& axis = shape[shape.size() - back];
    const Axis& promise = port[port.size() - back];
    if (axis.is_variadic() || promise.is_variadic()) break;
    const auto size = axis.size.as_symbol(), name = promise.size.as_symbol();
    if (!size || !name || given.count(*size) || !given.count(*name)) continue;
    const Symbol symbol = f_.solver.symbol(*size);
    if (symbol.kind == SymbolKind::free) axis.size = Dim::symbol(f_.solver.fresh(symbol.name, SymbolKind::free));
  }
  return shape;
}

void NeuronCheck::meet_outputs(const std::vector<SymShape>& promised) {
  for (std::size_t i = 0; i < neuron_.outputs.size(); ++i) {
    const Flows source = values_of(neuron_.results[i]);
    const bool many = any_number(source);
    if (source.size() != 1 || many) {
      if (neuron_.results[i] >= 0) {
        auto& d = diags_->error(codes::kArityMismatch, str("output `", neuron_.outputs[i].name,
                                                           "` takes 1 value, receives ", number_of(source)));
        const Span at = neuron_.nodes[static_cast<std::size_t>(neuron_.results[i])].span;
        d.primary(at, many ? "gives one value or more" : str("gives ", count_text(source.size(), "value")));
        d.help("declare one `out` for each, or combine them first");
      }
      f_.outputs.push_back(unknown_flow({}).shape);
      f_.loose.push_back(false);
      continue;
    }
    Meeting meeting;
    meeting.actual = source[0];
    meeting.actual.shape = set_apart(source[0].shape, promised[i]);
    meeting.expected = promised[i];
    meeting.port = static_cast<int>(i);
    meeting.span = neuron_.outputs[i].implicit ? source[0].span : neuron_.outputs[i].shape.span;
    meet(std::move(meeting));
    f_.loose.push_back(source[0].loose);
    f_.outputs.push_back(source[0].shape);  // what flows on is the truth, not the promise
  }
}

/// The arguments of an instance whose parameters all have their defaults; nothing when one has none.
std::optional<Arguments> NeuronCheck::default_arguments() {
  Arguments args;
  Scope scope = scope_;
  scope.find = [&args](const std::string& name) {
    const Argument* known = args.find(name);
    return known ? std::optional(known->value) : std::nullopt;
  };
  for (const ParamDecl& param : neuron_.params) {
    std::optional<Value> value;
    if (param.default_value) {
      value = param.neuron ? neuron_value(*param.default_value, args) : evaluate(*param.default_value, scope, *diags_);
    }
    if (!value || !value->known()) return std::nullopt;
    args.items().push_back({.name = param.name, .value = *value, .span = param.span});
  }
  return args;
}

/// What holds for some values of the parameters must hold for the ones they take by themselves.
void NeuronCheck::check_with_defaults() {
  const std::size_t before = diags_->error_count();
  const auto defaults = default_arguments();
  check_preconditions_with_defaults();
  if (f_.ok && defaults && diags_->error_count() == before) checker_.check_instance(neuron_, *defaults);
  f_.ok = f_.ok && diags_->error_count() == before;
}

void NeuronCheck::check_preconditions_with_defaults() {
  Solver solver = f_.solver;
  for (std::size_t i = 0; i < f_.params.size(); ++i) {
    if (defaults_[i] && defaults_[i]->dim() && f_.params[i] >= 0) {
      solver.bind(f_.params[i], *defaults_[i]->dim(), neuron_.params[i].span);
    }
  }
  for (const Equation& e : f_.preconditions) {
    const auto conflict = solver.unify(e.expected, e.actual, e.axis_from_end, e.edge, {});
    if (!conflict) continue;
    report_conflict(*conflict, f_.meetings[static_cast<std::size_t>(e.edge)], neuron_, f_, solver, false, *diags_);
    f_.ok = false;
  }
  const Scope scope = numbers(solver);
  for (const ModuleDecl& module : neuron_.modules) {
    const bool global = module.sharing == Sharing::program;
    if (module.region != 0 || module.unroll >= 0 || module.argument || module.parameter >= 0 || global)
      continue;  // may not be built with these values
    for (const ArgDecl& arg : module.args) {
      if (std::holds_alternative<OperationExpr>(arg.value.node) && !evaluate(arg.value, scope, *diags_)) f_.ok = false;
    }
  }
}

// --- The checker -----------------------------------------------------------------------------------------------------

std::vector<ParamSpec> param_specs(const Neuron& neuron) {
  std::vector<ParamSpec> specs;
  for (const ParamDecl& param : neuron.params) {
    ParamSpec spec{.name = param.name, .kind = param.neuron ? ParamKind::neuron : ParamKind::any};
    if (param.default_value) spec.default_value = Value{Opaque{text_of(*param.default_value)}};
    specs.push_back(std::move(spec));
  }
  return specs;
}

Checker::Checker(const NeuronGraph& graph, Diagnostics& diags) : graph_(graph), diags_(diags) {
  for (const Neuron& neuron : graph.neurons) names_.emplace(neuron.name, &neuron);
  Scope scope;
  scope.find = [](const std::string&) { return std::nullopt; };
  scope.global = [this](const std::string& name) -> std::optional<Value> {
    const auto found = globals_.find(name);
    return found == globals_.end() ? std::nullopt : std::optional(found->second);
  };
  scope.names = [this] {
    std::vector<std::string> names;
    for (const auto& [name, value] : globals_) names.push_back(name);
    return names;
  };
  scope.symbol_name = [](int) { return std::string("?"); };
  scope.unknown = "a global is made of the globals before it";
  for (const GlobalDecl& global : graph.globals) {
    if (auto value = evaluate(global.value, scope, diags)) globals_[global.name] = std::move(*value);
  }
}

std::optional<Value> Checker::constructor(const std::string& name) const {
  NeuronValue value;
  value.text = name;
  value.neuron = find(name);
  value.primitive = value.neuron ? nullptr : find_primitive(name);
  return value.constructs() ? std::optional(Value{std::move(value)}) : std::nullopt;
}

const Neuron* Checker::find(const std::string& name) const {
  const auto found = names_.find(name);
  return found == names_.end() ? nullptr : found->second;
}

const Facts& Checker::facts(const Neuron& neuron) {
  constexpr int kMaxDepth = 1000;  // neurons inside neurons: spec 3.10
  const auto [known, added] = entries_.try_emplace(&neuron);
  Entry& entry = known->second;
  if (entry.done) return entry.facts;
  if (!added) {
    if (!entry.ports) entry.ports = NeuronCheck(*this, neuron, nullptr).ports();
    return *entry.ports;
  }
  if (depth_ == kMaxDepth) {
    diags_.error(codes::kTooDeep, str("neurons contain each other more than ", kMaxDepth, " deep"))
        .primary(neuron.span, "too deep here");
  } else {
    ++depth_;
    entry.facts = NeuronCheck(*this, neuron, nullptr).run();
    --depth_;
  }
  entry.done = true;
  return entry.facts;
}

const ReshapeSteps* Checker::reshapes(const Neuron& neuron) {
  if (reshapes_.count(&neuron) == 0 && entries_.count(&neuron) == 0) facts(neuron);
  const auto known = reshapes_.find(&neuron);
  return known == reshapes_.end() ? nullptr : &known->second;
}

Facts Checker::check_instance(const Neuron& neuron, const Arguments& values) {
  return NeuronCheck(*this, neuron, &values).run();
}

std::optional<Facts> Checker::check_nested(const Neuron& neuron, const Arguments& values) {
  constexpr int kMaxNested = 16, kMaxAll = 1000;  // what is beyond is checked when it is built
  if (nested_ == kMaxNested || all_nested_ == kMaxAll) return std::nullopt;
  ++nested_;
  ++all_nested_;
  Facts facts = check_instance(neuron, values);
  --nested_;
  return facts;
}

std::vector<ModuleFacts> Checker::bind_module(const Neuron& neuron, const Arguments& values, int module,
                                              const std::map<std::string, std::int64_t>& sizes) {
  return NeuronCheck(*this, neuron, &values).module(module, sizes);
}

void check(const NeuronGraph& graph, Diagnostics& diags) {
  Checker checker(graph, diags);
  for (const Neuron& neuron : graph.neurons) checker.facts(neuron);
  check_recursion(checker, diags);
}

}  // namespace neuro
