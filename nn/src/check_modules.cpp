// The modules of a neuron: what they are, and their arguments (spec: neuroscript.md, 3.3).
#include <algorithm>

#include "neuro/codes.h"
#include "neuro/elaborate.h"
#include "neuro/error.h"
#include "neuro/str.h"
#include "neuron_check.h"

namespace neuro {

void NeuronCheck::bind_module(int index) {
  const ModuleDecl& module = neuron_.modules[static_cast<std::size_t>(index)];
  ModuleFacts facts;
  facts.bound = true;
  f_.modules[static_cast<std::size_t>(index)].bound = true;  // it may be an argument of its own
  bound_.push_back(index);
  if (module.count) {
    bind_unroll(module, facts);
  } else if (module.parameter >= 0 ? bind_parameter(module, facts) : bind_callee(module, facts)) {
    bind_arguments(module, facts);
  }
  f_.modules[static_cast<std::size_t>(index)] = std::move(facts);
}

/// What a module is. False after an error.
bool NeuronCheck::bind_callee(const ModuleDecl& module, ModuleFacts& facts) {
  facts.neuron = module.kernel ? nullptr : checker_.find(module.callee);
  facts.primitive = facts.neuron ? nullptr : find_primitive(module.callee);
  if (facts.neuron || facts.primitive) return true;
  report_missing(module);
  judge_arguments(module);
  return false;
}

/// What a parameter stands for: nobody knows but an instance. False when there is nothing to bind.
bool NeuronCheck::bind_parameter(const ModuleDecl& module, ModuleFacts& facts) {
  const ParamDecl& param = neuron_.params[static_cast<std::size_t>(module.parameter)];
  const Argument* given = values_ ? values_->find(param.name) : nullptr;
  const NeuronValue* value = given ? given->value.neuron() : nullptr;
  if (!value) {
    facts.unknown = true;
    judge_arguments(module);
    return false;
  }
  if (!value->facts) {
    facts.neuron = value->neuron;
    facts.primitive = value->primitive;
    return true;
  }
  if (module.applied) {
    facts = *value->facts;
    facts.bound = true;
    facts.deferred = facts.reached = false;
    facts.sized.clear();
    facts.given = value->instance;
  } else {
    diags_->error(codes::kNotAConstructor, str("`", param.name, "` is already built: ", value->text))
        .primary(module.span, "called with arguments")
        .secondary(given->span.known() ? given->span : param.span, "passed here")
        .help(str("write ", param.name, " without parentheses, or pass the name of a neuron"));
  }
  return false;
}

/// What can be said of arguments when nobody knows what takes them.
void NeuronCheck::judge_arguments(const ModuleDecl& module) {
  for (const ArgDecl& arg : module.args) {
    const auto* name = std::get_if<NameExpr>(&arg.value.node);
    const auto* call = std::get_if<CallExpr>(&arg.value.node);
    if (call) bind_module(call->module);
    const bool neuron = call || (name && !name->global && !find(name->name) &&
                                 (binding(name->name) || checker_.constructor(name->name)));
    if (!neuron) eval(arg.value);
  }
}

std::optional<int> NeuronCheck::binding(const std::string& name) const {
  for (const auto& [word, module] : neuron_.bindings) {
    if (word == name) return module;
  }
  return std::nullopt;
}

bool NeuronCheck::mentions_index(int module) const {
  const auto in = [this](const auto& self, const Expr& expr) -> bool {
    const auto any = [&](const std::vector<Expr>& parts) {
      return std::any_of(parts.begin(), parts.end(), [&](const Expr& part) { return self(self, part); });
    };
    if (std::holds_alternative<IndexExpr>(expr.node)) return true;
    if (const auto* list = std::get_if<ListExpr>(&expr.node)) return any(list->items);
    if (const auto* operation = std::get_if<OperationExpr>(&expr.node)) return any(operation->operands);
    const auto* call = std::get_if<CallExpr>(&expr.node);
    return call && mentions_index(call->module);
  };
  const auto& args = neuron_.modules[static_cast<std::size_t>(module)].args;
  return std::any_of(args.begin(), args.end(), [&](const ArgDecl& arg) { return in(in, arg.value); });
}

/// The count of an unroll, and its members once for every iteration that may differ.
void NeuronCheck::bind_unroll(const ModuleDecl& module, ModuleFacts& facts) {
  constexpr std::int64_t kMaxCount = 1024, kMaxMembers = 10'000;  // spec 3.10
  const auto value = evaluate(*module.count, numbers(f_.solver), *diags_);
  const auto refuse = [&](std::string title, std::string label) {
    diags_->error(codes::kInvalidUnrollCount, std::move(title))
        .primary(module.count->span, std::move(label))
        .note("a count is a whole number from 0 to 1024");
  };
  if (value && value->known()) {
    facts.count = value->integer();
    if (!facts.count || *facts.count < 0 || *facts.count > kMaxCount) {
      refuse(str("`", module.name, "` cannot run ", text_of(*value), " times"), str("is ", text_of(*value)));
      facts.count.reset();
    } else if ((unrolled_ += *facts.count * static_cast<std::int64_t>(module.members.size())) > kMaxMembers) {
      refuse(str("the unrolls of `", neuron_.name, "` make more than ", kMaxMembers, " modules"),
             "too many with these");
      facts.count.reset();
    }
  } else if (value && values_) {
    refuse(str("`", module.name, "` runs as often as the data says"), "known only when data arrives");
  }
  const bool differ =
      std::any_of(module.members.begin(), module.members.end(), [this](int member) { return mentions_index(member); });
  facts.differ = differ;
  const std::int64_t times = differ && facts.count ? *facts.count : 1;
  const std::optional<Value> around = scope_.index;
  const std::size_t bound = bound_.size(), errors = diags_->error_count();
  for (std::int64_t i = 0; i < times && diags_->error_count() == errors; ++i) {
    scope_.index = Value{Dim(i)};
    std::vector<ModuleFacts>& members = facts.iterations.emplace_back();
    for (const int member : module.members) {
      const bool own = neuron_.modules[static_cast<std::size_t>(member)].unroll >= 0;
      ModuleFacts& known = f_.modules[static_cast<std::size_t>(member)];
      if (own || !known.bound) bind_module(member);
      members.push_back(known);
      for (const std::string& name : known.sized) facts.sized.push_back(name);
    }
  }
  const auto member = [this](int index) { return neuron_.modules[static_cast<std::size_t>(index)].unroll >= 0; };
  bound_.erase(std::remove_if(bound_.begin() + static_cast<std::ptrdiff_t>(bound), bound_.end(), member),
               bound_.end());  // they are settled with the unroll
  scope_.index = around;
}

/// A name or an earlier parameter as a neuron; nothing for all else.
std::optional<Value> NeuronCheck::neuron_value(const Expr& expr, const Arguments& earlier) const {
  const auto* name = std::get_if<NameExpr>(&expr.node);
  if (!name || name->global) return std::nullopt;
  if (const Argument* argument = earlier.find(name->name)) {
    return argument->value.neuron() ? std::optional(argument->value) : std::nullopt;
  }
  for (const ParamDecl& param : neuron_.params) {
    if (param.name == name->name && param.neuron) return Value{Opaque{param.name}};
  }
  return checker_.constructor(name->name);
}

/// What is passed for a parameter that takes a neuron (spec 3.3).
std::optional<Value> NeuronCheck::neuron_argument(const ModuleDecl& module, const ParamSpec& param,
                                                  const ArgDecl& written) {
  const auto built = [&](int index, std::string text) -> std::optional<Value> {
    const bool fresh = neuron_.modules[static_cast<std::size_t>(index)].argument;  // anew in every iteration
    if (fresh || !f_.modules[static_cast<std::size_t>(index)].bound) bind_module(index);
    if (fresh) bound_.erase(std::find(bound_.begin(), bound_.end(), index));  // settled with whoever takes it
    const ModuleFacts& facts = f_.modules[static_cast<std::size_t>(index)];
    if (facts.unknown) return Value{Opaque{std::move(text)}};
    const bool group = neuron_.modules[static_cast<std::size_t>(index)].count.has_value();
    if (!facts.neuron && !facts.primitive && !group) return std::nullopt;  // reported
    NeuronValue value;
    value.text = std::move(text);
    value.module = index;
    if (fresh) value.facts = std::make_shared<ModuleFacts>(facts);
    return Value{std::move(value)};
  };
  if (const auto* call = std::get_if<CallExpr>(&written.value.node)) return built(call->module, call->text);
  const auto* name = std::get_if<NameExpr>(&written.value.node);
  const std::string word = name ? (name->global ? "@global " + name->name : name->name) : "";
  if (name && !name->global) {
    for (std::size_t i = 0; i < neuron_.params.size(); ++i) {
      if (neuron_.params[i].name != word || !neuron_.params[i].neuron) continue;
      if (const Argument* argument = values_ ? values_->find(word) : nullptr) return argument->value;
      return Value{Opaque{word}};
    }
  }
  if (name) {
    if (const auto index = binding(word)) return built(*index, word);
    if (!name->global) {
      if (auto value = checker_.constructor(word)) return value;
    }
  }
  const bool value = !name || find(word) || checker_.globals().count(name->name) > 0;
  auto& d =
      diags_->error(codes::kNeuronArgumentExpected, str("`", param.name, "` of ", module.callee, " takes a neuron"));
  d.primary(written.value.span, value ? "a value" : "nothing has this name");
  std::vector<std::string> known;
  for (const auto& [binding_name, index] : neuron_.bindings) known.push_back(binding_name);
  for (const Neuron& neuron : checker_.graph().neurons) known.push_back(neuron.name);
  for (const PrimitiveDef* primitive : primitives()) known.push_back(primitive->name);
  if (auto hint = name && !value ? did_you_mean(word, known) : std::nullopt) {
    d.help(*hint);
  } else {
    d.help(str("pass the name of a neuron, a binding of this neuron, or a call: ", param.name, "=Linear(8, 8)"));
  }
  return std::nullopt;
}

void NeuronCheck::bind_arguments(const ModuleDecl& module, ModuleFacts& facts) {
  if (facts.neuron) checker_.facts(*facts.neuron);
  const auto params = facts.neuron ? param_specs(*facts.neuron) : facts.primitive->params;
  std::vector<int> taken;
  if (!match_arguments(module, params, *diags_, taken)) {
    judge_arguments(module);  // still worth a word about its names
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
      if (mentions_size(written.value)) facts.sized.push_back(params[p].name);
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

void NeuronCheck::report_missing(const ModuleDecl& module) {
  auto& d = diags_->error(codes::kMissingNeuron, str("there is no neuron `", module.callee, "`"));
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
bool NeuronCheck::check_sizes(const ModuleDecl& module, const Neuron& callee, const Arguments& args) {
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
    if (inner.params[i] < 0 || !value.known() || (size && *size >= 0) || !in_ports(inner.params[i])) continue;
    diags_
        ->error(codes::kInvalidArgument, str("`", argument->name, "` of ", module.callee,
                                             " is a size: it takes a whole number, receives ", text_of(value)))
        .primary(argument->given ? argument->span : module.span, argument->given ? "" : "by default")
        .secondary(callee.params[i].span, "a size of its ports");
    fine = false;
  }
  return fine;
}

/// A callee's default is evaluated among the callee's own parameters, as far as they are bound. What is wrong with it
/// for all calls was told when the callee was checked.
std::optional<Value> NeuronCheck::default_value(const ModuleDecl& module, const Neuron& callee, std::size_t index,
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
  if (callee.params[index].neuron) {  // a name, or a parameter before it
    const auto* name = std::get_if<NameExpr>(&callee.params[index].default_value->node);
    if (const Argument* argument = name ? bound.find(name->name) : nullptr) return argument->value;
    return name ? checker_.constructor(name->name) : std::nullopt;
  }
  Diagnostics found(diags_->shared_sources());
  auto value = evaluate(*callee.params[index].default_value, scope, found);
  for (Diagnostic d : found.items()) {
    if (!checker_.facts(callee).ok) break;
    d.secondary(module.span, str("the default of `", callee.params[index].name, "` for this call"));
    diags_->add(std::move(d));
  }
  return value;
}

std::optional<Value> NeuronCheck::argument_value(const ModuleDecl& module, const ParamSpec& param,
                                                 const ArgDecl& written) {
  if (param.kind == ParamKind::neuron) return neuron_argument(module, param, written);
  const auto* word = std::get_if<NameExpr>(&written.value.node);
  if (word && !word->global && !find(word->name) && binding(word->name)) {
    diags_
        ->error(codes::kInvalidArgument,
                str("`", param.name, "` of ", module.callee, " takes a value, receives the module `", word->name, "`"))
        .primary(written.value.span, "a module")
        .help(checker_.find(module.callee)
                  ? str("declare it as a neuron where ", module.callee, " is defined: ", param.name, ": Neuron")
                  : str("to run one after the other, write ... -> ", word->name, " -> ", module.callee, "(...)"));
    return std::nullopt;
  }
  std::optional<Value> value;
  const bool global = word && (word->global || checker_.globals().count(word->name) > 0);
  if (param.kind == ParamKind::text && word && !global && !find(word->name)) {
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
    diags_->error(codes::kInvalidArgument, str("`", param.name, "` of ", module.callee, " ", problem))
        .primary(written.value.span, std::get_if<NameExpr>(&written.value.node) ? str("is ", text_of(now)) : "");
    return std::nullopt;
  }
  return value->dim() ? value : converted;
}

/// Weights of sizes that no address can hold are refused long before anybody allocates.
void NeuronCheck::check_weights(const ModuleDecl& module, const ModuleFacts& facts) {
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
        ->error(codes::kDimensionOverflow,
                str("dimension overflow: the weights of ", module.callee, " do not fit any memory"))
        .primary(module.span, str(sizes, " numbers are more than 64 bits can count in bytes"));
  }
}

/// Whether a value is made of something that is no parameter: a size of a port, or what a pattern captures.
bool NeuronCheck::mentions_size(const Expr& expr) const {
  if (const auto* name = std::get_if<NameExpr>(&expr.node)) return !name->global && sizes_.count(name->name) > 0;
  const auto any = [this](const std::vector<Expr>& parts) {
    return std::any_of(parts.begin(), parts.end(), [this](const Expr& part) { return mentions_size(part); });
  };
  if (const auto* list = std::get_if<ListExpr>(&expr.node)) return any(list->items);
  const auto* operation = std::get_if<OperationExpr>(&expr.node);
  return operation && any(operation->operands);
}

/// Puts in what is known of the arguments. Whether all of them are.
bool NeuronCheck::settle(ModuleFacts& facts) const {
  bool known = true;
  for (Argument& argument : facts.args.items()) {
    resolve(argument.value);
    known = known && argument.value.known();
    const NeuronValue* neuron = argument.value.neuron();
    if (!neuron || neuron->instance || neuron->module < 0) continue;
    const bool settled =
        neuron->facts ? settle(*neuron->facts) : !f_.modules[static_cast<std::size_t>(neuron->module)].deferred;
    known = known && settled;
  }
  for (std::vector<ModuleFacts>& members : facts.iterations) {
    for (ModuleFacts& member : members) known = settle(member) && known;
  }
  return known;
}

/// Settles the modules that were bound since `from`. In an instance those whose arguments are not known yet wait for
/// data, and so do those that take them as arguments.
void NeuronCheck::settle(std::size_t from) {
  bool changed = true;
  while (changed) {
    changed = false;
    for (std::size_t i = from; i < bound_.size(); ++i) {
      ModuleFacts& facts = f_.modules[static_cast<std::size_t>(bound_[i])];
      const bool deferred = !settle(facts);
      changed = changed || deferred != facts.deferred;
      facts.deferred = deferred;
    }
  }
}

}  // namespace neuro
