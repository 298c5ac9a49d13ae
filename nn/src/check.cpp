#include "check.h"

#include <algorithm>
#include <set>

#include "neuro/codes.h"
#include "neuro/elaborate.h"
#include "neuro/error.h"
#include "neuro/str.h"

namespace neuro {
namespace {

std::string count_text(std::size_t n, const char* thing) { return str(n, " ", thing, n == 1 ? "" : "s"); }

/// Whether a variadic input is among the values.
bool any_number(const std::vector<Flow>& values) {
  return std::any_of(values.begin(), values.end(), [](const Flow& f) { return f.many; });
}
std::string number_of(const std::vector<Flow>& values) {
  return any_number(values) ? "any number" : str(values.size());
}

/// One neuron, checked once: for all values of its parameters, or (with `values`) for those of one instance.
class NeuronCheck {
 public:
  NeuronCheck(Checker& checker, const Neuron& neuron, const Arguments* values)
      : checker_(checker), diags_(checker.diags()), neuron_(neuron), values_(values) {}

  Facts run() {
    const std::size_t before = diags_.error_count();
    scope_.find = [this](const std::string& name) { return find(name); };
    scope_.names = [this] { return names(); };
    scope_.symbol_name = [this](int s) { return f_.solver.text(Dim::symbol(s)); };
    make_params();
    for (std::size_t i = 0; i < neuron_.inputs.size(); ++i) f_.inputs.push_back(port_shape(neuron_.inputs[i]));
    std::vector<SymShape> promised;
    for (const PortDecl& port : neuron_.outputs) promised.push_back(port_shape(port));
    if (neuron_.incomplete) return std::move(f_);  // not ok: its callers take its outputs as unknown
    for (const ModuleDecl& module : neuron_.modules) bind_module(module);
    if (auto order = evaluation_order(neuron_, diags_)) {
      f_.order = std::move(*order);
      flows_.resize(neuron_.nodes.size());
      for (const int node : f_.order) flows_[static_cast<std::size_t>(node)] = flow(node);
      meet_outputs(promised);
    }
    for (const Conflict& conflict : f_.solver.retry()) report(conflict);
    f_.preconditions = f_.solver.preconditions();
    f_.ok = diags_.error_count() == before;
    if (f_.ok && !values_) check_with_defaults();
    if (values_) settle_arguments();
    return std::move(f_);
  }

 private:
  using Flows = std::vector<Flow>;

  // --- Parameters and names ------------------------------------------------------------------------------------------

  void make_params() {
    for (const ParamDecl& param : neuron_.params) {
      const Argument* given = values_ ? values_->find(param.name) : nullptr;
      int symbol = -1;
      if (!given || given->value.integer()) {
        symbol = f_.solver.fresh(param.name, SymbolKind::rigid);
        if (given) f_.solver.bind(symbol, *given->value.integer(), given->span);
      }
      if (!values_) {  // a default is judged once
        defaults_.push_back(param.default_value ? evaluate(*param.default_value, earlier_params(), diags_)
                                                : std::nullopt);
      }
      f_.params.push_back(symbol);
    }
  }

  /// What a default may be made of: the parameters that stand before it.
  Scope earlier_params() const {
    Scope scope = scope_;
    scope.names = [this] {
      std::vector<std::string> out;
      for (std::size_t i = 0; i < f_.params.size(); ++i) out.push_back(neuron_.params[i].name);
      return out;
    };
    scope.unknown = "a default is made of the parameters before it";
    return scope;
  }

  std::optional<Value> find(const std::string& name) const {
    for (std::size_t i = 0; i < f_.params.size(); ++i) {
      if (neuron_.params[i].name != name) continue;
      if (f_.params[i] < 0) return values_->value(name);
      return Value{Dim::symbol(f_.params[i])};
    }
    const auto dim = dims_.find(name);
    if (dim != dims_.end()) return Value{Dim::symbol(dim->second)};
    return std::nullopt;
  }

  std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (const ParamDecl& param : neuron_.params) out.push_back(param.name);
    for (const auto& [name, symbol] : dims_) out.push_back(name);
    return out;
  }

  /// The value of an expression. In an instance its arithmetic is done with numbers first, so that what has no integer
  /// result is reported where it is written; what comes back still tells which parameters it is made of.
  std::optional<Value> eval(const Expr& expr) {
    auto value = evaluate(expr, scope_, diags_);
    const bool computed = value && (value->dim() || std::holds_alternative<std::vector<Value>>(value->data));
    if (!values_ || !computed) return value;
    return evaluate(expr, numbers(f_.solver), diags_) ? value : std::nullopt;
  }

  /// The names of this neuron with the values that `solver` has for them.
  Scope numbers(const Solver& solver) const {
    Scope scope = scope_;
    scope.find = [this, &solver](const std::string& name) {
      auto v = find(name);
      if (v && v->dim()) v->data = solver.resolve(*v->dim());
      return v;
    };
    return scope;
  }

  /// Puts in what is known by now, in lists too.
  void resolve(Value& value) const {
    if (value.dim()) value.data = f_.solver.resolve(*value.dim());
    if (auto* items = std::get_if<std::vector<Value>>(&value.data)) {
      for (Value& item : *items) resolve(item);
    }
  }

  // --- Ports ---------------------------------------------------------------------------------------------------------

  /// Names that a port's shape introduces become sizes of this neuron.
  void introduce(const Expr& expr) {
    if (const auto* name = std::get_if<NameExpr>(&expr.node)) {
      if (!find(name->name)) dims_[name->name] = f_.solver.fresh(name->name, SymbolKind::free);
    } else if (const auto* operation = std::get_if<OperationExpr>(&expr.node)) {
      for (const Expr& operand : operation->operands) introduce(operand);
    }
  }

  SymShape port_shape(const PortDecl& port) {
    SymShape shape;
    for (const DimPattern& dim : port.shape.dims) {
      switch (dim.kind) {
        case DimKind::any: shape.push_back({Dim::symbol(f_.solver.fresh("_", SymbolKind::free))}); break;
        case DimKind::lead: shape.push_back(Axis::run(f_.solver.fresh("*", SymbolKind::variadic, 1))); break;
        case DimKind::rest: {
          const auto [known, added] = runs_.try_emplace(dim.name, 0);
          if (added) known->second = f_.solver.fresh("*" + dim.name, SymbolKind::variadic);
          shape.push_back(Axis::run(known->second));
          break;
        }
        case DimKind::size: {
          introduce(dim.size);
          const auto value = eval(dim.size);
          if (value && value->dim()) {
            const auto size = f_.solver.resolve(*value->dim()).constant();
            if (size && *size < 0) {
              diags_.error(codes::kUnsolvableDimension, str("a size of ", *size, " is negative"))
                  .primary(dim.span, str("comes out as ", *size));
            }
            shape.push_back({*value->dim()});
          } else if (value && value->integer()) {
            shape.push_back({Dim(*value->integer())});
          } else {
            if (value) {
              diags_.error(codes::kInvalidArgument, str("`", text_of(dim.size), "` is not a size"))
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

  // --- Calls ---------------------------------------------------------------------------------------------------------

  void bind_module(const ModuleDecl& module) {
    ModuleFacts& facts = f_.modules.emplace_back();
    facts.neuron = module.kernel ? nullptr : checker_.graph().find(module.callee);
    facts.primitive = facts.neuron ? nullptr : find_primitive(module.callee);
    if (!facts.neuron && !facts.primitive) {
      report_missing(module);
      for (const ArgDecl& arg : module.args) eval(arg.value);
      return;
    }
    if (facts.neuron && checker_.in_progress(*facts.neuron)) {
      auto& d = diags_.error(codes::kInvalidRecursion, str("`", facts.neuron->name, "` contains itself"));
      d.primary(module.span, facts.neuron == &neuron_
                                 ? str("an instance of `", neuron_.name, "` inside every `", neuron_.name, "`")
                                 : str("leads back to `", facts.neuron->name, "`"));
      d.secondary(facts.neuron->span, "defined here");
      d.note("building it would never end; `@lazy` recursion is not built yet");
      facts.neuron = nullptr;
      return;
    }
    if (facts.neuron) checker_.facts(*facts.neuron);
    const auto params = facts.neuron ? param_specs(*facts.neuron) : facts.primitive->params;
    std::vector<int> taken;
    if (!match_arguments(module, params, diags_, taken)) {
      for (const ArgDecl& arg : module.args) eval(arg.value);  // still worth a word about its names
      facts.neuron = nullptr;
      facts.primitive = nullptr;
      return;
    }
    bool fine = true;
    for (std::size_t p = 0; p < params.size(); ++p) {
      Argument argument;
      argument.name = params[p].name;
      if (taken[p] >= 0) {
        const ArgDecl& written = module.args[static_cast<std::size_t>(taken[p])];
        const auto value = argument_value(module, params[p], written);
        fine = fine && value;
        if (!value) continue;
        argument.value = *value;
        argument.span = written.span;
        argument.given = true;
      } else if (params[p].default_value && facts.primitive) {
        argument.value = *params[p].default_value;
      } else if (facts.neuron && facts.neuron->params[p].default_value) {
        const auto value = default_value(module, *facts.neuron, p, facts.args);
        fine = fine && value;
        if (!value) continue;
        argument.value = *value;
        argument.span = facts.neuron->params[p].span;
      } else {
        continue;
      }
      facts.args.items().push_back(std::move(argument));
    }
    if (fine && facts.neuron) fine = check_sizes(module, *facts.neuron, facts.args);
    if (!fine) {
      facts.neuron = nullptr;
      facts.primitive = nullptr;
    } else if (facts.primitive) {
      check_weights(module, facts);
    }
  }

  void report_missing(const ModuleDecl& module) {
    auto& d = diags_.error(codes::kMissingNeuron, str("there is no neuron `", module.callee, "`"));
    d.primary(module.callee_span, "not found");
    std::vector<std::string> known;
    for (const Neuron& neuron : checker_.graph().neurons) known.push_back(neuron.name);
    for (const PrimitiveDef* primitive : primitives()) known.push_back(primitive->name);
    if (auto hint = did_you_mean(module.callee, known)) {
      d.help(*hint);
    } else {
      d.help(str("define `neuron ", module.callee, "` in this file; `nsrun list` shows what is built in"));
    }
  }

  /// An argument that the callee's ports use as a size must be one.
  bool check_sizes(const ModuleDecl& module, const Neuron& callee, const Arguments& args) {
    const Facts& inner = checker_.facts(callee);
    if (!inner.ok) return true;  // told there
    const auto in_ports = [&](int symbol) {
      const auto in_shape = [&](const SymShape& shape) {
        const SymShape resolved = inner.solver.resolve(shape);
        return std::any_of(resolved.begin(), resolved.end(),
                           [&](const Axis& axis) { return !axis.is_variadic() && axis.size.mentions(symbol); });
      };
      return std::any_of(inner.inputs.begin(), inner.inputs.end(), in_shape) ||
             std::any_of(inner.outputs.begin(), inner.outputs.end(), in_shape);
    };
    bool fine = true;
    for (std::size_t i = 0; i < callee.params.size(); ++i) {
      const Argument* argument = args.find(callee.params[i].name);
      if (!argument) continue;
      Value value = argument->value;
      resolve(value);
      const auto size = value.integer();
      if (!value.known() || (size && *size >= 0) || !in_ports(inner.params[i])) continue;
      diags_
          .error(codes::kInvalidArgument, str("`", argument->name, "` of ", module.callee,
                                              " is a size: it takes a whole number, receives ", text_of(value)))
          .primary(argument->given ? argument->span : module.span, argument->given ? "" : "by default")
          .secondary(callee.params[i].span, "a size of its ports");
      fine = false;
    }
    return fine;
  }

  /// A callee's default is evaluated among the callee's own parameters, as far as they are bound. What is wrong with it
  /// for all calls was told when the callee was checked.
  std::optional<Value> default_value(const ModuleDecl& module, const Neuron& callee, std::size_t index,
                                     const Arguments& bound) {
    Scope scope = scope_;
    scope.find = [&](const std::string& name) -> std::optional<Value> {
      const Argument* argument = bound.find(name);
      return argument ? std::optional(argument->value) : std::nullopt;
    };
    scope.names = [&] {
      std::vector<std::string> out;
      for (const Argument& argument : bound.items()) out.push_back(argument.name);
      return out;
    };
    Diagnostics found(diags_.shared_sources());
    auto value = evaluate(*callee.params[index].default_value, scope, found);
    for (Diagnostic d : found.items()) {
      if (!checker_.facts(callee).ok) break;
      d.secondary(module.span, str("the default of `", callee.params[index].name, "` for this call"));
      diags_.add(std::move(d));
    }
    return value;
  }

  std::optional<Value> argument_value(const ModuleDecl& module, const ParamSpec& param, const ArgDecl& written) {
    const auto* word = std::get_if<NameExpr>(&written.value.node);
    std::optional<Value> value;
    if (param.kind == ParamKind::text && word && !find(word->name)) {
      value = Value{word->name};  // `mode=constant`
    } else {
      value = eval(written.value);
    }
    if (!value) return std::nullopt;
    Value now = *value;
    resolve(now);
    std::string problem;
    const auto converted = convert_argument(param, now, problem);
    if (!converted) {
      diags_.error(codes::kInvalidArgument, str("`", param.name, "` of ", module.callee, " ", problem))
          .primary(written.value.span, std::get_if<NameExpr>(&written.value.node) ? str("is ", text_of(now)) : "");
      return std::nullopt;
    }
    return value->dim() ? value : converted;
  }

  /// Weights of sizes that no address can hold are refused long before anybody allocates.
  void check_weights(const ModuleDecl& module, const ModuleFacts& facts) {
    if (!facts.primitive->weights) return;
    Arguments args = facts.args;
    for (Argument& argument : args.items()) {
      resolve(argument.value);
    }
    if (!args.known()) return;
    std::string sizes;
    for (const Argument& argument : args.items()) {
      if (argument.given) sizes += str(sizes.empty() ? "" : " x ", text_of(argument.value));
    }
    try {
      for (const WeightSpec& weight : facts.primitive->weights(args)) {
        if (weight.shape.elements() > INT64_MAX / 8) throw Error(ErrorCode::shape, "too many bytes");
      }
    } catch (const Error& error) {
      if (error.code() == ErrorCode::invalid_argument) return;  // a list of the wrong length: the shape rule says so
      diags_
          .error(codes::kDimensionOverflow,
                 str("dimension overflow: the weights of ", module.callee, " do not fit any memory"))
          .primary(module.span, str(sizes, " numbers are more than 64 bits can count in bytes"));
    }
  }

  Flows call(const GraphNode& node, const CallNode& use) {
    const auto index = static_cast<std::size_t>(use.module);
    const ModuleDecl& module = neuron_.modules[index];
    const ModuleFacts& facts = f_.modules[index];
    const Flows source = values_of(use.source);
    if (!facts.neuron && !facts.primitive) return {unknown_flow(node.span)};
    return facts.primitive ? call_primitive(node, use.module, module, facts, source)
                           : call_composite(node, use.module, module, facts, source);
  }

  Flow unknown_flow(Span span) {
    Flow flow;
    flow.shape = {Axis::run(f_.solver.fresh("*", SymbolKind::variadic))};
    flow.span = span;
    flow.unknown = true;
    return flow;
  }

  bool arity(const GraphNode& node, const ModuleDecl& module, std::size_t takes, bool or_more, const Flows& source,
             const std::string& ports) {
    const bool many = any_number(source);
    if (or_more ? many || source.size() >= takes : !many && source.size() == takes) return true;
    if (!source.empty() && source[0].unknown) return false;  // reported already
    auto& d = diags_.error(codes::kArityMismatch, str(module.callee, " takes ", count_text(takes, "value"),
                                                      or_more ? " or more" : "", ", receives ", number_of(source)));
    d.primary(node.span, str("takes ", ports.empty() ? "nothing" : ports));
    for (std::size_t i = 0; i < source.size() && i < 3; ++i) {
      if (source[i].span.known() && (i == 0 || !(source[i].span == source[i - 1].span))) {
        const auto same =
            std::count_if(source.begin(), source.end(), [&](const Flow& f) { return f.span == source[i].span; });
        d.secondary(source[i].span, source[i].many
                                        ? "gives one value or more"
                                        : str("gives ", count_text(static_cast<std::size_t>(same), "value")));
      }
    }
    if (many) {
      d.help("join them first: in -> Add() -> ..., or in -> Concat(1) -> ...");
    } else if (source.empty()) {
      d.help(str("give it a value: in -> ", module.callee, "(...)"));
    } else if (takes > source.size()) {
      d.help(str("name the values in a tuple: (a, b) -> ", module.callee, "(...)"));
    }
    return false;
  }

  /// What arrives against what is expected there; reports a conflict.
  void meet(Meeting meeting) {
    f_.meetings.push_back(std::move(meeting));
    const Meeting& m = f_.meetings.back();
    const int edge = static_cast<int>(f_.meetings.size()) - 1;
    if (const auto conflict = f_.solver.unify(m.expected, m.actual.shape, edge, m.span)) report(*conflict);
    for (const Conflict& later : f_.solver.retry()) report(later);
  }

  void report(const Conflict& conflict) {
    if (conflict.edge < 0) return;
    const Meeting& meeting = f_.meetings[static_cast<std::size_t>(conflict.edge)];
    report_conflict(conflict, meeting, neuron_, f_, f_.solver, values_ != nullptr, diags_);
  }

  Flows call_primitive(const GraphNode& node, int index, const ModuleDecl& module, const ModuleFacts& facts,
                       const Flows& source) {
    const PrimitiveDef& primitive = *facts.primitive;
    const bool many = primitive.operands_from > 0;
    std::string ports;
    for (const PortSpec& port : primitive.inputs)
      ports += str(ports.empty() ? "" : ", ", port.name == "default" ? "" : port.name + ": ", port.pattern);
    if (many) ports = str(count_text(static_cast<std::size_t>(primitive.operands_from), "value"), " or more");
    const std::size_t takes = many ? static_cast<std::size_t>(primitive.operands_from) : primitive.inputs.size();
    const bool fits = arity(node, module, takes, many, source, ports);

    PatternNames names;
    std::vector<SymShape> in;
    for (std::size_t i = 0; fits && i < source.size(); ++i) {
      PatternNames own;  // operands of a variadic input do not share their names
      const PortSpec& port = primitive.inputs[many ? 0 : i];
      Meeting meeting;
      meeting.actual = source[i];
      meeting.expected = pattern_shape(port.pattern, facts.args, f_.solver, many ? own : names);
      meeting.module = index;
      meeting.input = static_cast<int>(i);
      meeting.span = node.span;
      const SymShape expected = meeting.expected;
      const std::size_t errors = diags_.error_count();
      meet(std::move(meeting));
      // After an error the port's own shape flows on, so that one mistake is reported once.
      in.push_back(f_.solver.resolve(diags_.error_count() == errors ? source[i].shape : expected));
    }
    std::vector<SymShape> out;
    if (primitive.shapes && fits) {
      std::string problem;
      out = primitive_shapes(primitive, facts, source, in, problem);
      if (!problem.empty()) {
        auto& d = diags_.error(codes::kShapeMismatch, str(module.callee, ": ", problem));
        std::string received;
        for (const SymShape& shape : in) received += str(received.empty() ? "receives " : ", ", f_.solver.text(shape));
        d.primary(node.span, received);
        for (std::size_t i = 0; i < source.size() && i < 3; ++i) {
          if (source[i].span.known() && (i == 0 || !(source[i].span == source[i - 1].span)))
            d.secondary(source[i].span, str("gives ", f_.solver.text(source[i].shape)));
        }
        out.clear();
      }
    } else {
      for (const PortSpec& port : primitive.outputs)
        out.push_back(pattern_shape(port.pattern, facts.args, f_.solver, names));
    }
    Flows flows;
    for (std::size_t i = 0; i < primitive.outputs.size(); ++i) {
      Flow flow = unknown_flow(node.span);
      if (i < out.size()) {
        flow.shape = f_.solver.resolve(out[i]);
        flow.module = index;
        flow.unknown = false;
      }
      flow.output = static_cast<int>(i);
      flows.push_back(std::move(flow));
    }
    return flows;
  }

  /// The outputs of a primitive with a shape rule. What a variadic input gives may be any number of values: the rule is
  /// asked for two numbers of them, and an axis on which the answers differ is unknown.
  std::vector<SymShape> primitive_shapes(const PrimitiveDef& primitive, const ModuleFacts& facts, const Flows& source,
                                         const std::vector<SymShape>& in, std::string& problem) {
    Arguments resolved = facts.args;
    for (Argument& argument : resolved.items()) resolve(argument.value);
    const auto ask = [&](std::size_t copies) {
      std::vector<SymShape> operands;
      for (std::size_t i = 0; i < in.size(); ++i) operands.insert(operands.end(), source[i].many ? copies : 1, in[i]);
      ShapeCall call{resolved, operands, f_.solver, {}};
      std::vector<SymShape> out;
      try {
        out = primitive.shapes(call);
      } catch (const DimError& error) {
        call.problem = error.what();
      }
      if (problem.empty()) problem = call.problem;
      return out;
    };
    if (!any_number(source)) return ask(1);
    std::vector<SymShape> out = ask(2);
    const std::vector<SymShape> more = ask(3);
    for (std::size_t k = 0; problem.empty() && k < out.size(); ++k) {
      for (std::size_t a = 0; a < out[k].size(); ++a) {
        const SymShape one{out[k][a]}, other{more[k][a]};
        if (f_.solver.text(one) != f_.solver.text(other)) {
          out[k][a] = {Dim::symbol(f_.solver.fresh("_", SymbolKind::free))};
        }
      }
    }
    return out;
  }

  Flows call_composite(const GraphNode& node, int index, const ModuleDecl& module, const ModuleFacts& facts,
                       const Flows& source) {
    const Neuron& callee = *facts.neuron;
    const Facts& inner = checker_.facts(callee);
    const bool many = callee.inputs.size() == 1 && callee.inputs[0].variadic;
    std::string ports;
    for (std::size_t i = 0; i < callee.inputs.size(); ++i) {
      const PortDecl& port = callee.inputs[i];
      ports += str(ports.empty() ? "" : ", ", port.name == "default" ? "" : port.name + ": ", text_of(port.shape));
    }
    const bool fits = arity(node, module, many ? 1 : callee.inputs.size(), many, source, ports);
    if (!inner.ok && callee.outputs.size() != inner.outputs.size()) return {unknown_flow(node.span)};

    // The callee's names are local to this call: parameters become the arguments, everything else is new.
    std::map<int, int> renamed;
    const auto local = [&](int symbol) -> std::optional<Dim> {
      const auto param = std::find(inner.params.begin(), inner.params.end(), symbol);
      if (param != inner.params.end()) {
        const auto& name = callee.params[static_cast<std::size_t>(param - inner.params.begin())].name;
        const Argument* argument = facts.args.find(name);
        if (argument && argument->value.dim()) return *argument->value.dim();
        if (argument && argument->value.integer()) return Dim(*argument->value.integer());
      }
      const auto [known, added] = renamed.try_emplace(symbol, 0);
      if (added) known->second = f_.solver.fresh(inner.solver.symbol(symbol).name, SymbolKind::free);
      return Dim::symbol(known->second);
    };
    const auto import = [&](const SymShape& shape) {
      SymShape out;
      for (const Axis& axis : inner.solver.resolve(shape)) {
        if (!axis.is_variadic()) {
          out.push_back({axis.size.substitute(local)});
          continue;
        }
        const auto [known, added] = renamed.try_emplace(axis.variadic, 0);
        const Symbol& symbol = inner.solver.symbol(axis.variadic);
        if (added) known->second = f_.solver.fresh(symbol.name, SymbolKind::variadic, symbol.min_axes);
        out.push_back(Axis::run(known->second));
      }
      return out;
    };
    try {
      for (std::size_t i = 0; fits && i < source.size(); ++i) {
        if (many) renamed.clear();
        Meeting meeting;
        meeting.actual = source[i];
        meeting.expected = import(inner.inputs[many ? 0 : i]);
        meeting.module = index;
        meeting.input = static_cast<int>(i);
        meeting.span = node.span;
        meet(std::move(meeting));
      }
      for (const Equation& condition : inner.preconditions) {
        Meeting meeting;
        meeting.actual = inner.meetings[static_cast<std::size_t>(condition.edge)].actual;
        meeting.span = inner.meetings[static_cast<std::size_t>(condition.edge)].span;
        meeting.module = index;
        meeting.condition = str(inner.solver.text(condition.expected), " = ", inner.solver.text(condition.actual));
        f_.meetings.push_back(std::move(meeting));
        const int edge = static_cast<int>(f_.meetings.size()) - 1;
        const auto conflict = f_.solver.unify(condition.expected.substitute(local), condition.actual.substitute(local),
                                              0, edge, node.span);
        if (conflict) report(*conflict);
      }
      Flows flows;
      for (std::size_t i = 0; i < callee.outputs.size(); ++i) {
        Flow flow = unknown_flow(node.span);
        flow.module = index;
        flow.output = static_cast<int>(i);
        if (i < inner.outputs.size() && inner.ok) {
          flow.shape = f_.solver.resolve(import(inner.outputs[i]));
          flow.unknown = false;
        }
        flows.push_back(std::move(flow));
      }
      return flows;
    } catch (const DimError& error) {
      diags_
          .error(error.kind == DimError::Kind::overflow ? codes::kDimensionOverflow : codes::kUnsolvableDimension,
                 str(module.callee, ": ", error.what()))
          .primary(module.span, "with these arguments")
          .secondary(callee.span, "the sizes of this neuron have no value");
      return Flows(callee.outputs.size(), unknown_flow(node.span));
    }
  }

  // --- The graph -----------------------------------------------------------------------------------------------------

  const Flows& values_of(int node) {
    static const Flows none;
    return node < 0 ? (missing_ = {unknown_flow({})}) : flows_[static_cast<std::size_t>(node)];
  }

  Flows flow(int index) {
    const GraphNode& node = neuron_.nodes[static_cast<std::size_t>(index)];
    if (const auto* input = std::get_if<InputNode>(&node.node)) {
      Flow flow;
      flow.shape = f_.inputs[static_cast<std::size_t>(input->port)];
      flow.port = input->port;
      flow.many = neuron_.inputs[static_cast<std::size_t>(input->port)].variadic;
      flow.span = neuron_.inputs[static_cast<std::size_t>(input->port)].shape.span;
      return {flow};
    }
    if (const auto* use = std::get_if<CallNode>(&node.node)) return call(node, *use);
    if (const auto* tuple = std::get_if<TupleNode>(&node.node)) {
      Flows all;
      for (const int item : tuple->items) {
        const Flows& part = values_of(item);
        all.insert(all.end(), part.begin(), part.end());
      }
      return all;
    }
    if (const auto* unpack = std::get_if<UnpackNode>(&node.node)) return unpacked(node, *unpack);
    if (const auto* select = std::get_if<SelectNode>(&node.node)) return selected(index, node, *select);
    return values_of(std::get<NameNode>(node.node).source);
  }

  Flows unpacked(const GraphNode& node, const UnpackNode& unpack) {
    const Flows source = values_of(unpack.source);
    const bool many = any_number(source);
    if (source.size() == 1 && !many) return source;
    if (source.size() == static_cast<std::size_t>(unpack.count) && !many)
      return {source[static_cast<std::size_t>(unpack.position)]};
    if (unpack.position == 0) {
      auto& d =
          diags_.error(codes::kArityMismatch, str(count_text(static_cast<std::size_t>(unpack.count), "name"), " for ",
                                                  many ? "any number of values" : count_text(source.size(), "value")));
      d.primary(node.span, str("takes ", unpack.count == 1 ? "1 value" : str("1 value for all, or ", unpack.count)));
      if (!source.empty() && source[0].span.known())
        d.secondary(source[0].span,
                    many ? "gives one value or more" : str("gives ", count_text(source.size(), "value")));
    }
    return {unknown_flow(node.span)};
  }

  /// The names of the outputs of what made a value, with their aliases.
  std::vector<std::vector<std::string>> output_names(const Flow& flow) const {
    std::vector<std::vector<std::string>> out;
    if (flow.module < 0) return out;
    const ModuleFacts& facts = f_.modules[static_cast<std::size_t>(flow.module)];
    if (facts.neuron) {
      for (const PortDecl& port : facts.neuron->outputs) out.push_back({port.name});
    } else if (facts.primitive) {
      for (std::size_t i = 0; i < facts.primitive->outputs.size(); ++i) {
        out.push_back({facts.primitive->outputs[i].name});
        if (i < facts.primitive->output_aliases.size()) {
          const auto& aliases = facts.primitive->output_aliases[i];
          out.back().insert(out.back().end(), aliases.begin(), aliases.end());
        }
      }
    }
    return out;
  }

  Flows selected(int index, const GraphNode& node, const SelectNode& select) {
    const Flows source = values_of(select.source);
    if (!source.empty() && source[0].unknown) return {unknown_flow(node.span)};
    const auto names = source.empty() ? std::vector<std::vector<std::string>>() : output_names(source[0]);
    for (std::size_t i = 0; i < source.size(); ++i) {
      const bool named = i < names.size() && names.size() == source.size() &&
                         std::find(names[i].begin(), names[i].end(), select.port) != names[i].end();
      if (!named && select.port != str(i)) continue;
      f_.selected[index] = i;
      return {source[i]};
    }
    auto& d = diags_.error(codes::kUnknownNode, str("there is no port `", select.port, "` here"));
    std::string known;
    for (const auto& n : names) known += str(known.empty() ? "" : ", ", "`", n.front(), "`");
    d.primary(node.span,
              known.empty() || source.size() == 1 ? "this is one value without ports" : str("its ports are ", known));
    if (!source.empty() && source[0].span.known()) d.secondary(source[0].span, "made here");
    return {unknown_flow(node.span)};
  }

  /// A shape as its port's promise may bind it. `h` and `w` at both ends of a block do not say that a size which only
  /// data tells (a strided window's) is the input's: such a size flows on as it is, and another one meets the promise.
  SymShape set_apart(const SymShape& actual, const SymShape& promised) {
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

  void meet_outputs(const std::vector<SymShape>& promised) {
    for (std::size_t i = 0; i < neuron_.outputs.size(); ++i) {
      const Flows source = values_of(neuron_.results[i]);
      const bool many = any_number(source);
      if (source.size() != 1 || many) {
        if (neuron_.results[i] >= 0) {
          auto& d = diags_.error(codes::kArityMismatch, str("output `", neuron_.outputs[i].name,
                                                            "` takes 1 value, receives ", number_of(source)));
          const Span at = neuron_.nodes[static_cast<std::size_t>(neuron_.results[i])].span;
          d.primary(at, many ? "gives one value or more" : str("gives ", count_text(source.size(), "value")));
          d.help("declare one `out` for each, or combine them first");
        }
        f_.outputs.push_back(unknown_flow({}).shape);
        continue;
      }
      Meeting meeting;
      meeting.actual = source[0];
      meeting.actual.shape = set_apart(source[0].shape, promised[i]);
      meeting.expected = promised[i];
      meeting.port = static_cast<int>(i);
      meeting.span = neuron_.outputs[i].implicit ? source[0].span : neuron_.outputs[i].shape.span;
      meet(std::move(meeting));
      f_.outputs.push_back(source[0].shape);  // what flows on is the truth, not the promise
    }
  }

  /// The arguments of an instance whose parameters all have their defaults; nothing when one has none.
  std::optional<Arguments> default_arguments() {
    Arguments args;
    Scope scope = scope_;
    scope.find = [&args](const std::string& name) {
      const Argument* known = args.find(name);
      return known ? std::optional(known->value) : std::nullopt;
    };
    for (const ParamDecl& param : neuron_.params) {
      const auto value = param.default_value ? evaluate(*param.default_value, scope, diags_) : std::nullopt;
      if (!value || !value->known()) return std::nullopt;
      args.items().push_back({.name = param.name, .value = *value, .span = param.span});
    }
    return args;
  }

  /// What holds for some values of the parameters must hold for the ones they take by themselves.
  void check_with_defaults() {
    const std::size_t before = diags_.error_count();
    const auto defaults = default_arguments();
    check_preconditions_with_defaults();
    if (f_.ok && defaults && diags_.error_count() == before) checker_.check_instance(neuron_, *defaults);
    f_.ok = f_.ok && diags_.error_count() == before;
  }

  void check_preconditions_with_defaults() {
    Solver solver = f_.solver;
    for (std::size_t i = 0; i < f_.params.size(); ++i) {
      if (defaults_[i] && defaults_[i]->dim() && f_.params[i] >= 0) {
        solver.bind(f_.params[i], *defaults_[i]->dim(), neuron_.params[i].span);
      }
    }
    for (const Equation& e : f_.preconditions) {
      const auto conflict = solver.unify(e.expected, e.actual, e.axis_from_end, e.edge, {});
      if (!conflict) continue;
      report_conflict(*conflict, f_.meetings[static_cast<std::size_t>(e.edge)], neuron_, f_, solver, false, diags_);
      f_.ok = false;
    }
    const Scope scope = numbers(solver);
    for (const ModuleDecl& module : neuron_.modules) {
      for (const ArgDecl& arg : module.args) {
        if (std::holds_alternative<OperationExpr>(arg.value.node) && !evaluate(arg.value, scope, diags_)) f_.ok = false;
      }
    }
  }

  /// In an instance every argument is a number by now, or it depends on data.
  void settle_arguments() {
    for (std::size_t i = 0; i < f_.modules.size(); ++i) {
      for (Argument& argument : f_.modules[i].args.items()) {
        resolve(argument.value);
        if (argument.value.known() || !f_.ok) continue;
        const auto symbol_name = [this](int s) { return f_.solver.symbol(s).name; };
        diags_
            .error(codes::kNotBuiltYet,
                   str("`", argument.name, "` of ", neuron_.modules[i].callee,
                       " depends on the data: modules whose sizes come from a shape are not built yet"))
            .primary(argument.span,
                     str("is `", text_of(argument.value, symbol_name), "`, known only when data arrives"))
            .help("make the size a parameter of the neuron, or write the number");
        f_.ok = false;
      }
    }
  }

  Checker& checker_;
  Diagnostics& diags_;
  const Neuron& neuron_;
  const Arguments* values_;
  Facts f_;
  Scope scope_;
  std::map<std::string, int> dims_, runs_;
  std::vector<std::optional<Value>> defaults_;
  std::vector<Flows> flows_;
  Flows missing_;
};

}  // namespace

std::vector<ParamSpec> param_specs(const Neuron& neuron) {
  std::vector<ParamSpec> specs;
  for (const ParamDecl& param : neuron.params) {
    ParamSpec spec{.name = param.name, .kind = ParamKind::any};
    if (param.default_value) spec.default_value = Value{Opaque{text_of(*param.default_value)}};
    specs.push_back(std::move(spec));
  }
  return specs;
}

bool Checker::in_progress(const Neuron& neuron) const {
  const auto entry = entries_.find(&neuron);
  return entry != entries_.end() && !entry->second.done;
}

const Facts& Checker::facts(const Neuron& neuron) {
  constexpr int kMaxDepth = 1000;  // neurons inside neurons: spec 3.10
  Entry& entry = entries_[&neuron];
  if (entry.done) return entry.facts;
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

Facts Checker::check_instance(const Neuron& neuron, const Arguments& values) {
  return NeuronCheck(*this, neuron, &values).run();
}

void check(const NeuronGraph& graph, Diagnostics& diags) {
  Checker checker(graph, diags);
  for (const Neuron& neuron : graph.neurons) checker.facts(neuron);
}

}  // namespace neuro
