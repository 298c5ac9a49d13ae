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
  ModuleFacts& facts = f_.modules[static_cast<std::size_t>(index)];
  facts.bound = true;
  bound_.push_back(index);
  if (bind_callee(module, facts)) bind_arguments(module, facts);
}

/// What a module is. False after an error.
bool NeuronCheck::bind_callee(const ModuleDecl& module, ModuleFacts& facts) {
  facts.neuron = module.kernel ? nullptr : checker_.find(module.callee);
  facts.primitive = facts.neuron ? nullptr : find_primitive(module.callee);
  if (facts.neuron || facts.primitive) return true;
  report_missing(module);
  for (const ArgDecl& arg : module.args) eval(arg.value);
  return false;
}

void NeuronCheck::bind_arguments(const ModuleDecl& module, ModuleFacts& facts) {
  if (facts.neuron) checker_.facts(*facts.neuron);
  const auto params = facts.neuron ? param_specs(*facts.neuron) : facts.primitive->params;
  std::vector<int> taken;
  if (!match_arguments(module, params, *diags_, taken)) {
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
    if (!value.known() || (size && *size >= 0) || !in_ports(inner.params[i])) continue;
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

/// Puts in what is known of the arguments of the modules that were bound since `from`. In an instance the others are
/// known only when data arrives.
void NeuronCheck::settle(std::size_t from) {
  for (std::size_t i = from; i < bound_.size(); ++i) {
    ModuleFacts& facts = f_.modules[static_cast<std::size_t>(bound_[i])];
    for (Argument& argument : facts.args.items()) resolve(argument.value);
    facts.deferred = !facts.args.known();
  }
}

}  // namespace neuro
