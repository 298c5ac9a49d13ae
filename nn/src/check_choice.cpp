// `if` and `match`: which arms may run, what holds inside them, what they give together (spec: neuroscript.md, 3.6 to
// 3.8).
#include <algorithm>
#include <set>

#include "neuro/codes.h"
#include "neuro/str.h"
#include "neuron_check.h"

namespace neuro {
namespace {

std::size_t run_of(const SymShape& shape) {
  return static_cast<std::size_t>(
      std::find_if(shape.begin(), shape.end(), [](const Axis& a) { return a.is_variadic(); }) - shape.begin());
}

bool same(const Axis& a, const Axis& b) { return a.variadic == b.variadic && (a.is_variadic() || a.size == b.size); }

bool same(const SymShape& a, const SymShape& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Axis& x, const Axis& y) { return same(x, y); });
}

/// Whether a size is made of symbols that are older than an arm.
bool outlives(const Dim& size, const Solver::Mark& mark) {
  bool old = true;
  size.each_symbol([&](int s) { old = old && s < static_cast<int>(mark.symbols); });
  return old;
}
bool outlives(const Axis& axis, const Solver::Mark& mark) {
  return axis.is_variadic() ? axis.variadic < static_cast<int>(mark.symbols) : outlives(axis.size, mark);
}

}  // namespace

/// What an arm gave, said so that it can be compared with what others gave after the arm's own equalities are gone: for
/// every value its shape inside the arm, and the older terms that each axis is equal to.
struct NeuronCheck::ArmFlows {
  struct OneValue {
    Flow flow;                            ///< its shape as it was inside the arm
    std::string text;                     ///< of that
    std::vector<bool> whole;              ///< whether it is each of the outer shapes
    std::vector<std::vector<Dim>> terms;  ///< of each axis
  };
  std::vector<OneValue> values;
  Span span;
};

NeuronCheck::ArmFlows NeuronCheck::arm_flows(const Arm& arm, const Flows& values, const std::vector<SymShape>& outer,
                                             const Solver::Mark& mark) {
  ArmFlows out;
  out.span = arm.span;
  for (const Flow& flow : values) {
    ArmFlows::OneValue value;
    value.flow = flow;
    value.flow.shape = f_.solver.resolve(flow.shape);
    value.flow.loose = flow.loose || (arm.pattern && arm.condition);
    value.text = f_.solver.text(value.flow.shape);
    for (const SymShape& shape : outer) value.whole.push_back(same(f_.solver.resolve(shape), value.flow.shape));
    for (const Axis& axis : value.flow.shape) {
      std::vector<Dim>& terms = value.terms.emplace_back();
      if (axis.is_variadic()) continue;
      if (outlives(axis.size, mark)) terms.push_back(axis.size);
      for (const SymShape& shape : outer) {
        for (const Axis& known : shape) {
          if (!known.is_variadic() && f_.solver.resolve(known.size) == axis.size) terms.push_back(known.size);
        }
      }
    }
    out.values.push_back(std::move(value));
  }
  return out;
}

NeuronCheck::Flows NeuronCheck::join(const GraphNode& node, const ChooseNode& choice, const std::vector<ArmFlows>& arms,
                                     const std::vector<SymShape>& outer, const Solver::Mark& mark) {
  const auto inconsistent = [&](const ArmFlows& a, const std::string& gives_a, const ArmFlows& b,
                                const std::string& gives_b, const char* title) {
    diags_->error(codes::kInconsistentArms, title)
        .primary(b.span, gives_b)
        .secondary(a.span, gives_a)
        .help("let every arm end with the same: what follows takes whatever the arm that ran gives");
  };
  const auto unknown = [](const ArmFlows& arm) {
    return std::any_of(arm.values.begin(), arm.values.end(), [](const auto& v) { return v.flow.unknown; });
  };
  Flows out;
  const ArmFlows& first = arms.front();
  for (const ArmFlows& arm : arms) {
    if (unknown(arm) || unknown(first) || arm.values.size() == first.values.size()) continue;
    inconsistent(first, str("gives ", count_text(first.values.size(), "value")), arm,
                 str("gives ", count_text(arm.values.size(), "value")), "the arms give different numbers of values");
    return {unknown_flow(node.span)};
  }
  if (std::any_of(arms.begin(), arms.end(), unknown)) return {unknown_flow(node.span)};

  for (std::size_t k = 0; k < first.values.size(); ++k) {
    Flow flow = first.values[k].flow;
    const auto each = [&](const auto& holds) {
      return std::all_of(arms.begin(), arms.end(), [&](const ArmFlows& arm) { return holds(arm.values[k]); });
    };
    if (!each([&](const auto& v) { return v.flow.module == flow.module && v.flow.port == flow.port; })) {
      flow.module = flow.port = -1;
      flow.span = node.span;
    }
    flow.loose = !each([](const auto& v) { return !v.flow.loose; });
    out.push_back(flow);
    SymShape& shape = out.back().shape;
    const auto whole = [&](std::size_t o) { return each([&](const auto& v) { return bool(v.whole[o]); }); };
    std::size_t o = 0;
    while (o < outer.size() && !whole(o)) ++o;
    if (o < outer.size()) {
      shape = outer[o];
      continue;
    }
    // From the last axis on, up to the first run of axes in any of them.
    SymShape joined;
    std::size_t back = 1;
    const auto ends = [&](const auto& v) {
      return back > v.flow.shape.size() || v.flow.shape[v.flow.shape.size() - back].is_variadic();
    };
    for (;; ++back) {
      bool stop = false;
      for (const ArmFlows& arm : arms) stop = stop || ends(arm.values[k]);
      if (stop) break;
      const auto at = [&](const ArmFlows& arm) { return arm.values[k].terms.size() - back; };
      std::optional<Dim> common;
      for (const Dim& term : first.values[k].terms[at(first)]) {
        const bool everywhere = std::all_of(arms.begin(), arms.end(), [&](const ArmFlows& arm) {
          const auto& terms = arm.values[k].terms[at(arm)];
          return std::find(terms.begin(), terms.end(), term) != terms.end();
        });
        if (everywhere && !common) common = term;
      }
      for (const ArmFlows& arm : arms) {
        if (common || choice.kind != ChoiceKind::shape) break;
        const auto a = first.values[k].flow.shape[at(first)].size.constant();
        const auto b = arm.values[k].flow.shape[at(arm)].size.constant();
        if (!a || !b || *a == *b) continue;
        inconsistent(first, str("gives ", first.values[k].text), arm, str("gives ", arm.values[k].text),
                     "the arms give different shapes");
        return Flows(first.values.size(), unknown_flow(node.span));
      }
      joined.push_back({common ? *common : Dim::symbol(f_.solver.fresh("_", SymbolKind::free))});
    }
    const auto rest = [&](const auto& v) {
      return SymShape(v.flow.shape.begin(), v.flow.shape.end() - static_cast<std::ptrdiff_t>(back - 1));
    };
    const SymShape front = rest(first.values[k]);
    const bool older = std::all_of(front.begin(), front.end(), [&](const Axis& a) { return outlives(a, mark); });
    std::reverse(joined.begin(), joined.end());
    if (older && each([&](const auto& v) { return same(rest(v), front); })) {
      shape = front;
    } else {
      shape = {Axis::run(f_.solver.fresh("*", SymbolKind::variadic))};
    }
    shape.insert(shape.end(), joined.begin(), joined.end());
  }
  return out;
}

/// Whether a pattern fits a shape whatever its open sizes are. Symbols from `first_new` on are the pattern's own.
bool NeuronCheck::covers(const SymShape& pattern, const SymShape& actual, int first_new) const {
  std::set<int> seen;
  const auto fits = [&](const Axis& p, const Axis& a) {
    const auto symbol = p.size.as_symbol();
    if (symbol && *symbol >= first_new && seen.insert(*symbol).second) return true;
    return f_.solver.resolve(p.size) == f_.solver.resolve(a.size);
  };
  const std::size_t run = run_of(pattern), actual_run = run_of(actual);
  std::size_t prefix = run, suffix = pattern.size() - run - (run < pattern.size() ? 1 : 0);
  if (run == pattern.size()) {
    if (actual_run < actual.size() || actual.size() != pattern.size()) return false;
    suffix = 0;
  } else {
    if (pattern[run].variadic < first_new) return false;
    std::size_t available = actual.size();
    if (actual_run < actual.size()) {
      if (prefix > actual_run || suffix > actual.size() - actual_run - 1) return false;
      available += static_cast<std::size_t>(f_.solver.symbol(actual[actual_run].variadic).min_axes) - 1;
    }
    const auto least = static_cast<std::size_t>(f_.solver.symbol(pattern[run].variadic).min_axes);
    if (available + 1 < prefix + suffix + least + 1) return false;
  }
  for (std::size_t i = 0; i < prefix; ++i) {
    if (!fits(pattern[i], actual[i])) return false;
  }
  for (std::size_t back = 1; back <= suffix; ++back) {
    if (!fits(pattern[pattern.size() - back], actual[actual.size() - back])) return false;
  }
  return true;
}

/// Whether an arm is taken, as far as that is known; makes what its pattern says hold.
NeuronCheck::Fit NeuronCheck::select(const ChooseNode& choice, const Arm& arm, const Flows& source) {
  Fit fit = Fit::always;
  if (arm.contract) {
    fit = select_contract(choice, *arm.contract);
    if (fit == Fit::never) return fit;
  }
  if (arm.pattern) {
    const int first_new = f_.solver.symbol_count();
    const SymShape pattern = pattern_of(*arm.pattern);
    if (source.empty() || source[0].unknown) {
      fit = Fit::maybe;
    } else {
      const SymShape actual = f_.solver.resolve(source[0].shape);
      fit = covers(pattern, actual, first_new) ? Fit::always : Fit::maybe;
      if (f_.solver.unify(pattern, actual, -1, arm.span) || !f_.solver.retry().empty()) return Fit::never;
    }
  }
  if (arm.condition) {
    const auto value = evaluate(*arm.condition, numbers(f_.solver), *diags_);
    const auto holds = value ? value->truth() : std::nullopt;
    if (holds) return *holds ? fit : Fit::never;
    if (value && value->known()) {
      diags_->error(codes::kInvalidArgument, "a condition is true, false or a number")
          .primary(arm.condition->span, str("this is ", text_of(*value)))
          .help("compare it with something: ... == ...");
      f_.ok = false;
    }
    return values_ && arm.contract ? Fit::never : Fit::maybe;  // ports that leave a guard open do not fit
  }
  return fit;
}

/// Whether the ports of the neuron behind a parameter are what an arm asks for. Names in the arm are wildcards: those
/// of parameters excepted, they hide the neuron's own.
NeuronCheck::Fit NeuronCheck::select_contract(const ChooseNode& choice, const ContractPattern& contract) {
  std::map<std::string, Dim> sizes;
  std::map<std::string, int> runs;
  sizes.swap(sizes_);
  runs.swap(runs_);
  const SymShape in = pattern_of(contract.in), out = pattern_of(contract.out);
  const std::optional<Ports> ports = ports_behind(choice.parameter);
  bool fits = true;
  if (ports) {
    const auto meets = [&](const std::vector<std::pair<std::string, SymShape>>& all, const std::string& name,
                           const SymShape& shape) {
      for (const auto& [port, actual] : all) {
        const bool named = name.empty() ? port == "default" || all.size() == 1 : port == name;
        if (named) return !f_.solver.unify(shape, actual, -1, {}) && f_.solver.retry().empty();
      }
      return false;
    };
    fits = meets(ports->inputs, contract.input, in) && meets(ports->outputs, contract.output, out);
  }
  sizes_.merge(sizes);
  runs_.merge(runs);
  if (!fits) return Fit::never;
  return ports ? Fit::always : Fit::maybe;
}

/// The ports of the neuron that an instance has been given for a parameter.
std::optional<NeuronCheck::Ports> NeuronCheck::ports_behind(int parameter) {
  const Argument* given = values_ ? values_->find(neuron_.params[static_cast<std::size_t>(parameter)].name) : nullptr;
  const NeuronValue* value = given ? given->value.neuron() : nullptr;
  if (!value) return std::nullopt;
  const Neuron* neuron = value->facts ? value->facts->neuron : value->neuron;
  const PrimitiveDef* primitive = value->facts ? value->facts->primitive : value->primitive;
  const Arguments args = value->facts ? value->facts->args : Arguments();
  Ports ports;
  if (primitive) {
    PatternNames names;
    for (const PortSpec& port : primitive->inputs) {
      ports.inputs.emplace_back(port.name, pattern_shape(port.pattern, args, f_.solver, names));
    }
    for (const PortSpec& port : primitive->outputs) {
      ports.outputs.emplace_back(port.name, pattern_shape(port.pattern, args, f_.solver, names));
    }
  } else if (neuron) {
    const Facts& inner = checker_.facts(*neuron);
    CalleeNames names(*this, *neuron, inner, args);
    for (std::size_t i = 0; i < inner.inputs.size(); ++i) {
      ports.inputs.emplace_back(neuron->inputs[i].name, names.import(inner.inputs[i]));
    }
    for (std::size_t i = 0; i < inner.outputs.size(); ++i) {
      ports.outputs.emplace_back(neuron->outputs[i].name, names.import(inner.outputs[i]));
    }
  }
  return ports;
}

void NeuronCheck::report_unresolved(const GraphNode& node, const ChooseNode& choice) {
  const ParamDecl& param = neuron_.params[static_cast<std::size_t>(choice.parameter)];
  const std::optional<Ports> ports = ports_behind(choice.parameter);
  const auto text = [this](const std::vector<std::pair<std::string, SymShape>>& all, const char* word) {
    std::string out;
    for (const auto& [name, shape] : all) {
      out += str(out.empty() ? "" : ", ", word, name == "default" ? "" : " " + name, " ", f_.solver.text(shape));
    }
    return out;
  };
  const Argument& given = *values_->find(param.name);
  auto& d =
      diags_->error(codes::kContractUnresolved, str("no arm of `match(", param.name, ")` fits ", text_of(given.value)));
  d.primary(node.span, str("it has ", text(ports->inputs, "in"), " -> ", text(ports->outputs, "out")));
  for (const Arm& arm : choice.arms) {
    d.secondary(arm.span, str("asks for in ", text_of(arm.contract->in), " -> out ", text_of(arm.contract->out)));
  }
  if (given.span.known()) d.secondary(given.span, str("`", param.name, "` of `", neuron_.name, "` is this"));
}

/// An arm that never runs is judged by its names alone.
void NeuronCheck::check_names_only(const Arm& arm) {
  Diagnostics found(diags_->shared_sources());
  Diagnostics* const told = diags_;
  diags_ = &found;
  ++undecided_;
  walk(arm.region);
  --undecided_;
  diags_ = told;
  for (const Diagnostic& d : found.items()) {
    if (d.code.starts_with("NS02") && d.severity == Severity::error && d.code != codes::kInvalidArgument)
      diags_->add(d);
  }
}

NeuronCheck::Flows NeuronCheck::choose(int index, const GraphNode& node, const ChooseNode& choice) {
  const Flows source = values_of(choice.source);
  if (choice.kind == ChoiceKind::shape && source.empty()) {
    diags_->error(codes::kArityMismatch, "`match` takes a value, receives nothing")
        .primary(node.span, "nothing arrives");
  }
  if (choice.kind == ChoiceKind::shape && !values_) check_arms(choice, node.span, neuron_, *diags_);
  const std::vector<bool> dead =
      choice.kind == ChoiceKind::shape ? dead_arms(choice, neuron_) : std::vector<bool>(choice.arms.size());
  std::vector<SymShape> outer;
  for (const Flow& flow : source) outer.push_back(f_.solver.resolve(flow.shape));
  for (const SymShape& input : f_.inputs) outer.push_back(f_.solver.resolve(input));

  std::vector<std::vector<ArmFlows>> slots(choice.outputs.size() + 1);  // the value of the choice, then outputs
  std::vector<Flows>& assigned = chosen_[index];
  assigned.clear();
  Solver::Mark mark;
  for (std::size_t i = 0; i < choice.arms.size(); ++i) {
    const Arm& arm = choice.arms[i];
    mark = f_.solver.mark();
    const std::size_t meetings = f_.meetings.size(), sizes = new_sizes_.size(), runs = new_runs_.size(),
                      bound = bound_.size(), records = records_.size();
    const Fit fit = dead[i] ? Fit::never : select(choice, arm, source);
    const bool decides = fit == Fit::always && slots[0].empty();
    Flows result;
    if (decides) {
      f_.taken[index] = static_cast<int>(i);
      walk(arm.region);
      result = values_of(arm.result);
      for (Flow& flow : result) flow.loose = flow.loose || (arm.pattern && arm.condition);
      for (const int output : arm.outputs) assigned.push_back(values_of(output));
    } else if (fit == Fit::never) {
      if (!values_) {
        if (arm.pattern && !dead[i] && !source.empty() && !source[0].unknown && !arm.condition) {
          diags_->warning(codes::kImpossibleArm, "this arm never runs")
              .primary(arm.span, "nothing of this shape arrives")
              .secondary(source[0].span, str(source[0].port >= 0 ? "is " : "gives ", f_.solver.text(outer[0])));
        }
        if (dead[i]) pattern_of(*arm.pattern);
        check_names_only(arm);
      }
    } else {
      ++undecided_;
      walk(arm.region);
      slots[0].push_back(arm_flows(arm, Flows(values_of(arm.result)), outer, mark));
      for (std::size_t k = 0; k < arm.outputs.size(); ++k) {
        slots[k + 1].push_back(arm_flows(arm, Flows(values_of(arm.outputs[k])), outer, mark));
      }
      --undecided_;
      settle(bound);
    }
    for (; new_sizes_.size() > sizes; new_sizes_.pop_back()) sizes_.erase(new_sizes_.back());
    for (; new_runs_.size() > runs; new_runs_.pop_back()) runs_.erase(new_runs_.back());
    if (decides) {
      if (!values_) {
        for (std::size_t rest = i + 1; rest < choice.arms.size(); ++rest) {
          const Solver::Mark before = f_.solver.mark();
          if (choice.arms[rest].pattern) pattern_of(*choice.arms[rest].pattern);
          check_names_only(choice.arms[rest]);
          for (; new_sizes_.size() > sizes; new_sizes_.pop_back()) sizes_.erase(new_sizes_.back());
          for (; new_runs_.size() > runs; new_runs_.pop_back()) runs_.erase(new_runs_.back());
          f_.solver.go_back(before);
          records_.resize(std::min(records_.size(), records));
        }
      }
      return result;
    }
    f_.meetings.resize(meetings);
    f_.solver.go_back(mark);
    records_.resize(records);
    if (fit == Fit::always) break;
  }
  if (slots[0].empty()) {  // no arm can run
    if (choice.kind == ChoiceKind::contract) {
      if (values_) report_unresolved(node, choice);
    } else if (values_) {
      const bool unknown = source.empty() || source[0].unknown;
      if (!unknown) {
        diags_->error(codes::kNonExhaustiveMatch, "no arm of this match fits what arrives")
            .primary(node.span, "all arms are for other shapes")
            .secondary(source[0].span, str("gives ", f_.solver.text(outer[0])));
      }
    }
    assigned.assign(choice.outputs.size(), {unknown_flow(node.span)});
    return {unknown_flow(node.span)};
  }
  for (std::size_t k = 1; k < slots.size(); ++k) assigned.push_back(join(node, choice, slots[k], outer, mark));
  return join(node, choice, slots[0], outer, mark);
}

}  // namespace neuro
