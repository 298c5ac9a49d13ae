// What flows through a call: arity, the ports that it meets, the shapes that come out.
#include <algorithm>

#include "neuro/codes.h"
#include "neuro/error.h"
#include "neuro/str.h"
#include "neuron_check.h"

namespace neuro {

NeuronCheck::Flows NeuronCheck::call(const GraphNode& node, int module, const Flows& source) {
  const auto index = static_cast<std::size_t>(module);
  const ModuleDecl& decl = neuron_.modules[index];
  if (!f_.modules[index].bound) bind_module(module);
  ModuleFacts& facts = f_.modules[index];
  facts.reached = facts.reached || undecided_ == 0;
  if (decl.count || !facts.iterations.empty()) return repeat(node, module, source);
  if (!facts.neuron && !facts.primitive) return {unknown_flow(node.span)};
  return facts.primitive ? call_primitive(node, module, decl, facts, source)
                         : call_composite(node, module, decl, facts, source);
}

/// An unroll: its members one after the other, each iteration on what the one before gave. Without a count one
/// iteration tells for all when it keeps the shapes.
NeuronCheck::Flows NeuronCheck::repeat(const GraphNode& node, int index, const Flows& source) {
  const ModuleFacts facts = f_.modules[static_cast<std::size_t>(index)];
  const ModuleDecl& decl = neuron_.modules[static_cast<std::size_t>(index)];
  if (!decl.count) {  // passed as a parameter: what comes out is known when it runs
    return Flows(1, unknown_flow(node.span));
  }
  if (facts.iterations.empty()) return facts.count == 0 ? source : Flows{unknown_flow(node.span)};
  Flows flows = source;
  const auto shapes = [this](const Flows& of) {
    std::string text;
    for (const Flow& flow : of) text += f_.solver.text(flow.shape) + (flow.unknown ? "?" : "");
    return text;
  };
  for (std::int64_t i = 0; i < facts.count.value_or(1); ++i) {
    const std::string before = shapes(flows);
    const std::vector<ModuleFacts>& members = facts.iteration(i);
    for (std::size_t m = 0; m < members.size(); ++m) {
      ModuleFacts& member = f_.modules[static_cast<std::size_t>(decl.members[m])];
      const bool reached = member.reached;
      member = members[m];
      member.reached = reached;
      GraphNode at = node;  // what goes wrong goes wrong at the member
      at.span = neuron_.modules[static_cast<std::size_t>(decl.members[m])].span;
      flows = call(at, decl.members[m], flows);
    }
    const bool same = shapes(flows) == before;
    if (!facts.count && (!same || facts.differ)) return Flows(flows.size(), unknown_flow(node.span));
    if (same && facts.iterations.size() == 1) break;
  }
  return flows;
}

Flow NeuronCheck::unknown_flow(Span span) {
  Flow flow;
  flow.shape = {Axis::run(f_.solver.fresh("*", SymbolKind::variadic))};
  flow.span = span;
  flow.unknown = true;
  return flow;
}

bool NeuronCheck::arity(const GraphNode& node, const ModuleDecl& module, std::size_t takes, bool or_more,
                        const Flows& source, const std::string& ports) {
  const bool many = any_number(source);
  if (or_more ? many || source.size() >= takes : !many && source.size() == takes) return true;
  if (!source.empty() && source[0].unknown) return false;  // reported already
  auto& d = diags_->error(codes::kArityMismatch, str(module.callee, " takes ", count_text(takes, "value"),
                                                     or_more ? " or more" : "", ", receives ", number_of(source)));
  d.primary(node.span, str("takes ", ports.empty() ? "nothing" : ports));
  for (std::size_t i = 0; i < source.size() && i < 3; ++i) {
    if (source[i].span.known() && (i == 0 || !(source[i].span == source[i - 1].span))) {
      const auto same =
          std::count_if(source.begin(), source.end(), [&](const Flow& f) { return f.span == source[i].span; });
      d.secondary(source[i].span, source[i].many ? "gives one value or more"
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
void NeuronCheck::meet(Meeting meeting) {
  f_.meetings.push_back(std::move(meeting));
  const Meeting& m = f_.meetings.back();
  const int edge = static_cast<int>(f_.meetings.size()) - 1;
  if (const auto conflict = f_.solver.unify(m.expected, m.actual.shape, edge, m.span)) report(*conflict);
  for (const Conflict& later : f_.solver.retry()) report(later);
}

void NeuronCheck::report(const Conflict& conflict) {
  if (conflict.edge < 0) return;
  const Meeting& meeting = f_.meetings[static_cast<std::size_t>(conflict.edge)];
  report_conflict(conflict, meeting, neuron_, f_, f_.solver, values_ != nullptr, *diags_);
}

NeuronCheck::Flows NeuronCheck::call_primitive(const GraphNode& node, int index, const ModuleDecl& module,
                                               const ModuleFacts& facts, const Flows& source) {
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
    const std::size_t errors = diags_->error_count();
    meet(std::move(meeting));
    // After an error the port's own shape flows on, so that one mistake is reported once.
    in.push_back(f_.solver.resolve(diags_->error_count() == errors ? source[i].shape : expected));
  }
  std::vector<SymShape> out;
  bool loose = any_loose(source);
  if (primitive.shapes && fits) {
    std::string problem;
    out = primitive_shapes(primitive, facts, source, in, problem, loose);
    if (!problem.empty()) {
      auto& d = diags_->error(codes::kShapeMismatch, str(module.callee, ": ", problem));
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
    flow.loose = loose;
    flows.push_back(std::move(flow));
  }
  return flows;
}

/// The outputs of a primitive with a shape rule. What a variadic input gives may be any number of values: the rule is
/// asked for two numbers of them, and an axis on which the answers differ is unknown.
std::vector<SymShape> NeuronCheck::primitive_shapes(const PrimitiveDef& primitive, const ModuleFacts& facts,
                                                    const Flows& source, const std::vector<SymShape>& in,
                                                    std::string& problem, bool& window) {
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
    window = window || call.window;
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

std::optional<Dim> NeuronCheck::CalleeNames::local(int symbol) {
  const auto param = std::find(facts_.params.begin(), facts_.params.end(), symbol);
  if (param != facts_.params.end()) {
    const auto& name = callee_.params[static_cast<std::size_t>(param - facts_.params.begin())].name;
    const Argument* argument = args_.find(name);
    if (argument && argument->value.dim()) return *argument->value.dim();
    if (argument && argument->value.integer()) return Dim(*argument->value.integer());
  }
  const auto [known, added] = renamed_.try_emplace(symbol, 0);
  if (added) known->second = check_.f_.solver.fresh(facts_.solver.symbol(symbol).name, SymbolKind::free);
  return Dim::symbol(known->second);
}

SymShape NeuronCheck::CalleeNames::import(const SymShape& shape) {
  SymShape out;
  for (const Axis& axis : facts_.solver.resolve(shape)) {
    if (!axis.is_variadic()) {
      out.push_back({import(axis.size)});
      continue;
    }
    const auto [known, added] = renamed_.try_emplace(axis.variadic, 0);
    const Symbol& symbol = facts_.solver.symbol(axis.variadic);
    if (added) known->second = check_.f_.solver.fresh(symbol.name, SymbolKind::variadic, symbol.min_axes);
    out.push_back(Axis::run(known->second));
  }
  return out;
}

/// In an instance, what a callee is that has been given neurons; nothing when a size is not known, or for all others.
std::optional<Facts> NeuronCheck::facts_with_neurons(const ModuleFacts& facts) {
  ModuleFacts settled = facts;
  const auto takes_neuron = [](const Argument& argument) { return argument.value.neuron() != nullptr; };
  const auto& items = settled.args.items();
  if (!values_ || std::none_of(items.begin(), items.end(), takes_neuron) || !settle(settled)) return std::nullopt;
  for (Argument& argument : settled.args.items()) {
    auto* neuron = std::get_if<NeuronValue>(&argument.value.data);
    if (!neuron || neuron->facts || neuron->module < 0) continue;
    neuron->facts = std::make_shared<ModuleFacts>(f_.modules[static_cast<std::size_t>(neuron->module)]);
    if (!settle(*neuron->facts)) return std::nullopt;
  }
  return checker_.check_nested(*facts.neuron, settled.args);
}

NeuronCheck::Flows NeuronCheck::call_composite(const GraphNode& node, int index, const ModuleDecl& module,
                                               const ModuleFacts& facts, const Flows& source) {
  const Neuron& callee = *facts.neuron;
  // With neurons among its arguments a callee's shapes are its instance's.
  const std::optional<Facts> instance = facts_with_neurons(facts);
  const Facts& inner = instance ? *instance : checker_.facts(callee);
  const bool many = callee.inputs.size() == 1 && callee.inputs[0].variadic;
  std::string ports;
  for (std::size_t i = 0; i < callee.inputs.size(); ++i) {
    const PortDecl& port = callee.inputs[i];
    ports += str(ports.empty() ? "" : ", ", port.name == "default" ? "" : port.name + ": ", text_of(port.shape));
  }
  const bool fits = arity(node, module, many ? 1 : callee.inputs.size(), many, source, ports);
  if (!inner.ok && callee.outputs.size() != inner.outputs.size()) return {unknown_flow(node.span)};

  CalleeNames names(*this, callee, inner, facts.args);
  try {
    for (std::size_t i = 0; fits && i < source.size(); ++i) {
      if (many) names.forget();
      Meeting meeting;
      meeting.actual = source[i];
      meeting.expected = names.import(inner.inputs[many ? 0 : i]);
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
      const auto conflict =
          f_.solver.unify(names.import(condition.expected), names.import(condition.actual), 0, edge, node.span);
      if (conflict) report(*conflict);
    }
    Flows flows;
    for (std::size_t i = 0; i < callee.outputs.size(); ++i) {
      Flow flow = unknown_flow(node.span);
      flow.module = index;
      flow.output = static_cast<int>(i);
      if (i < inner.outputs.size() && inner.ok) {
        flow.shape = f_.solver.resolve(names.import(inner.outputs[i]));
        flow.loose = any_loose(source) || (i < inner.loose.size() && inner.loose[i]);
        flow.unknown = false;
      }
      flows.push_back(std::move(flow));
    }
    return flows;
  } catch (const DimError& error) {
    diags_
        ->error(error.kind == DimError::Kind::overflow ? codes::kDimensionOverflow : codes::kUnsolvableDimension,
                str(module.callee, ": ", error.what()))
        .primary(module.span, "with these arguments")
        .secondary(callee.span, "the sizes of this neuron have no value");
    return Flows(callee.outputs.size(), unknown_flow(node.span));
  }
}

}  // namespace neuro
