#include "lower_graph.h"

#include <algorithm>

#include "lower.h"
#include "lower_values.h"
#include "neuro/codes.h"
#include "neuro/elaborate.h"
#include "neuro/str.h"
#include "neuro/suggest.h"

namespace neuro::ns {
namespace {

/// `in` and `out` inside `@wrap` say what is so anyway.
bool is_port_word(const Step& step) {
  const auto* reference = std::get_if<Reference>(&step.node);
  return reference && !reference->port && (reference->name.text == "in" || reference->name.text == "out");
}

}  // namespace

void GraphLowering::lower() {
  refused_ = out_.incomplete;
  const std::size_t errors = diags_.error_count();
  out_.results.assign(out_.outputs.size(), -1);
  lower_context();
  for (const Pipeline& pipeline : source_.graph) collect_names(body_, pipeline, 1);
  for (const Pipeline& pipeline : source_.graph) last_value_ = lower_steps(pipeline, std::nullopt);
  add_transforms();
  settle_outputs();
  if (!refused_ && diags_.error_count() == errors) warn_unused();  // a misspelt reader is the likelier fault
  out_.incomplete = refused_;
}

// --- Names -----------------------------------------------------------------------------------------------------------

std::optional<std::size_t> GraphLowering::input_port(std::string_view name) const {
  for (std::size_t i = 0; i < out_.inputs.size(); ++i) {
    if (out_.inputs[i].name == name && name != "default") return i;
  }
  return std::nullopt;
}

std::optional<std::size_t> GraphLowering::output_port(std::string_view name) const {
  for (std::size_t i = 0; i < out_.outputs.size(); ++i) {
    if (out_.outputs[i].name == name && name != "default") return i;
  }
  return std::nullopt;
}

/// Every word that some pipeline of a scope assigns is an intermediate of the whole scope, also for lines above it.
void GraphLowering::collect_names(Scope& scope, const Pipeline& pipeline, std::size_t from) {
  const auto consider = [&](const Reference& reference) {
    const std::string& name = reference.name.text;
    if (reference.port || name == "in" || name == "out" || name == "_" || input_port(name) || output_port(name) ||
        find_binding(name) || intermediate(name) || known_.has(name)) {
      return;
    }
    Intermediate entry;
    entry.span = reference.name.span;
    entry.node = static_cast<int>(out_.nodes.size());
    if (scope.names.emplace(name, entry).second) out_.add(reference.name.span, NameNode{name, -1}, scope.region);
  };
  for (std::size_t i = from; i < pipeline.steps.size(); ++i) {
    if (const auto* reference = std::get_if<Reference>(&pipeline.steps[i].node)) consider(*reference);
    if (const auto* tuple = std::get_if<Tuple>(&pipeline.steps[i].node)) {
      for (const Reference& item : tuple->items) consider(item);
    }
  }
}

GraphLowering::Intermediate* GraphLowering::intermediate(std::string_view name) {
  for (Scope* scope = scope_; scope != nullptr; scope = scope->outer) {
    if (const auto found = scope->names.find(name); found != scope->names.end()) return &found->second;
  }
  return nullptr;
}

/// A neuron's name as a bare word: reported, since it would pass the value through untouched.
bool GraphLowering::is_call_without_parentheses(const Name& name) {
  if (!known_.has(name.text)) return false;
  diags_.error(codes::kMissingParentheses, str("`", name.text, "` is a neuron: a call needs parentheses"))
      .primary(name.span, "without parentheses this is only a name")
      .help(str("write ", name.text, "()"));
  return true;
}

void GraphLowering::unknown(const Name& name) {
  if (refused_) return;  // a construct that was refused may define it
  auto& d = diags_.error(codes::kUnknownNode, str("`", name.text, "` is not defined"));
  std::vector<std::string> names{"in", "out"};
  for (const auto& port : out_.inputs) names.push_back(port.name);
  for (const auto& [word, binding] : bindings_) names.push_back(word);
  for (const Scope* scope = scope_; scope != nullptr; scope = scope->outer) {
    for (const auto& [word, entry] : scope->names) names.push_back(word);
  }
  names.erase(std::remove(names.begin(), names.end(), "default"), names.end());
  if (const auto member = members_.find(name.text); member != members_.end()) {
    const std::string& unroll = member->second.second;
    d.primary(name.span, "has no name outside");
    d.secondary(member->second.first, str("a part of `", unroll, "`, which runs all of them"));
    d.help(str("write ", unroll));
    return;
  }
  for (const Scope& arm : finished_) {
    const auto inner = arm.names.find(name.text);
    if (inner == arm.names.end()) continue;
    d.primary(name.span, "nothing has this name here");
    d.secondary(inner->second.span, "a name of this arm alone");
    d.help(str("end the arms with the value itself, and name what the choice gives: ... -> ", name.text));
    return;
  }
  d.primary(name.span, "nothing has this name");
  if (const auto near = nearest(name.text, std::span<const std::string>(names)))
    d.help(str("did you mean `", *near, "`?"));
  std::string all;
  for (const std::string& word : names) all += str(all.empty() ? "" : ", ", "`", word, "`");
  d.note(str("known here: ", all));
}

void GraphLowering::unknown_global(const Name& name) {
  const bool value = known_.globals.count(name.text) > 0;
  auto& d = diags_.error(codes::kUnknownNode, value ? str("`@global ", name.text, "` is a value, not a module")
                                                    : str("there is no `@global ", name.text, "`"));
  d.primary(name.span, value ? "a module belongs here" : "nothing has this name");
  std::vector<std::string> names;
  for (const auto& [word, global] : known_.globals) names.push_back(word);
  if (const auto near = nearest(name.text, std::span<const std::string>(names)); near && !value) {
    d.help(str("did you mean `", *near, "`?"));
  } else if (!value) {
    d.help(str("define it at the top of the file: @global ", name.text, " = ..."));
  }
}

int GraphLowering::read(const Reference& reference, Span span) {
  const std::string& name = reference.name.text;
  if (name == "in" || input_port(name)) {
    const auto port = name == "in" && reference.port ? input_port(reference.port->text) : input_port(name);
    if (port) return add(span, InputNode{static_cast<int>(*port)});
    if (reference.port) {
      unknown(*reference.port);
      return -1;
    }
    if (out_.inputs.size() == 1) return add(span, InputNode{0});
    TupleNode all;
    for (std::size_t i = 0; i < out_.inputs.size(); ++i) all.items.push_back(add(span, InputNode{static_cast<int>(i)}));
    return add(span, std::move(all));
  }
  if (name == "out" || output_port(name)) {
    diags_.error(codes::kInvalidEndpoint, str("`", name, "` is an output: it can be assigned, not read"))
        .primary(span, "read here")
        .help("give the value a name of its own and read that");
    return -1;
  }
  int value = -1;
  if (Binding* binding = find_binding(name)) {
    value = binding->last_call;
    if (value < 0) {
      diags_.error(codes::kUnknownNode, str("nothing has gone through `", name, "` yet"))
          .primary(span, "read here")
          .secondary(binding->span, "a module; it has a result once a value flows into it")
          .help(str("write in -> ", name, " -> ..."));
      return -1;
    }
  } else if (Intermediate* entry = intermediate(name)) {
    value = entry->node;
    ++entry->reads;
  } else {
    if (!is_call_without_parentheses(reference.name)) unknown(reference.name);
    return -1;
  }
  return reference.port ? add(span, SelectNode{value, reference.port->text}) : value;
}

// --- Steps -----------------------------------------------------------------------------------------------------------

/// Whether a word at the start of an arm is a value from outside rather than a place for what the arm receives.
bool GraphLowering::readable(const Reference& reference) {
  const std::string& name = reference.name.text;
  if (name == "in" || input_port(name) || reference.port) return true;
  for (const Scope* scope = scope_->outer; scope != nullptr; scope = scope->outer) {
    if (scope->names.count(name) > 0) return true;
  }
  return false;
}

/// The node behind a pipeline's last step. `entry`: what the first step receives; without one it is a source.
int GraphLowering::lower_steps(const Pipeline& pipeline, std::optional<int> entry) {
  int value = entry.value_or(-1);
  bool ended = false;
  for (std::size_t i = 0; i < pipeline.steps.size(); ++i) {
    const Step& step = pipeline.steps[i];
    const bool first = i == 0;
    if (enclosing_ != nullptr && is_port_word(step)) continue;
    if (ended) {
      diags_.error(codes::kInvalidEndpoint, "nothing can follow `out`").primary(step.span, "flows out of an output");
      return value;
    }
    const auto received = [&] { return first && !entry ? add(step.span, TupleNode{}) : value; };
    if (const auto* reference = std::get_if<Reference>(&step.node)) {
      const bool source = first && (!entry || readable(*reference));
      value = source ? read(*reference, step.span) : write(*reference, step.span, value);
      ended = !source && (reference->name.text == "out" || output_port(reference->name.text));
    } else if (const auto* tuple = std::get_if<Tuple>(&step.node)) {
      const auto outside = [this](const Reference& item) { return readable(item); };
      if (first && (!entry || std::all_of(tuple->items.begin(), tuple->items.end(), outside))) {
        TupleNode items;
        for (const Reference& item : tuple->items) items.items.push_back(read(item, item.name.span));
        value = add(step.span, std::move(items));
      } else {
        value = write_tuple(*tuple, step.span, value);
      }
    } else if (const auto* module = std::get_if<ModuleExpr>(&step.node)) {
      value = call(*module, step.span, received());
    } else if (const auto* conditional = std::get_if<Conditional>(&step.node)) {
      value = choose(*conditional, step.span, received());
    } else if (const auto* match = std::get_if<ShapeMatch>(&step.node)) {
      value = choose(*match, step.span, received());
    } else if (const auto* contract = std::get_if<ContractMatch>(&step.node)) {
      value = choose(*contract, step.span, received());
    } else if (const auto* wrapped = std::get_if<Wrap>(&step.node)) {
      value = wrap(*wrapped, step.span, received());
    } else if (const auto* reshape = std::get_if<Reshape>(&step.node)) {
      value = this->reshape(*reshape, step.span, received());
    }
  }
  return value;
}

/// Runs the module of a binding.
int GraphLowering::use(Binding& binding, Span span, int value) {
  if (enclosing_ != nullptr) ++calls_;  // the parts of a pipeline inside `@wrap` are numbered
  uses_.emplace_back(&binding, binding.last_call);
  return binding.last_call = add(span, CallNode{binding.module, value});
}

int GraphLowering::reshape(const Reshape& step, Span span, int value) {
  ReshapeNode node;
  node.source = value;
  node.target = lower_target(step, values());
  for (const neuro::ReshapeDim& dim : node.target) {
    const auto* word = dim.others ? nullptr : std::get_if<NameExpr>(&dim.size.node);
    if (!dim.name.empty()) scope_->sizes.insert(dim.name);
    if (word && dim.name.empty() && !knows_value(word->name)) scope_->sizes.insert(word->name);
  }
  node.target_span = step.target_span;
  if (step.transform) {
    node.mode = step.transform->kind == TransformKind::reduce ? ReshapeMode::reduce : ReshapeMode::repeat;
    const Call& strategy = step.transform->strategy;
    node.strategy_span = strategy.span;
    if (strategy.parentheses || find_binding(strategy.callee.text)) {
      node.original = value;
      node.source = transform(strategy, step.transform->span, value);
    } else if (is_call_without_parentheses(strategy.callee)) {
      refused_ = true;
    } else {
      node.strategy = strategy.callee.text;
    }
  }
  return add(span, std::move(node));
}

/// Runs the neuron that reduces or repeats.
int GraphLowering::transform(const Call& strategy, Span span, int value) {
  const std::string& name = strategy.callee.text;
  Binding* binding = find_binding(name);
  if (binding && !strategy.parentheses) return use(*binding, span, value);
  if (!binding && !known_.has(name) && (name == "copy" || is_reduction(name))) {
    diags_.error(codes::kInvalidAnnotation, str("`", name, "` is a word, not a neuron"))
        .primary(strategy.span, "called with parentheses")
        .help(str("write ", name, " without parentheses"));
    refused_ = true;
    return -1;
  }
  if (binding && !out_.modules[static_cast<std::size_t>(binding->module)].applied) {
    ModuleExpr module;  // for its message
    module.call.callee = strategy.callee;
    module.call.parentheses = true;
    return call(module, span, value);
  }
  const int node = add(span, CallNode{-1, value});
  transforms_.push_back({&strategy, node, scope_->region});
  return node;
}

void GraphLowering::add_transforms() {
  for (std::size_t i = 0; i < transforms_.size(); ++i) {
    const int module = add_module(*transforms_[i].strategy, str("_transform_", i), false);
    out_.modules[static_cast<std::size_t>(module)].region = transforms_[i].region;
    std::get<CallNode>(out_.nodes[static_cast<std::size_t>(transforms_[i].node)].node).module = module;
  }
}

int GraphLowering::call(const ModuleExpr& module, Span span, int value) {
  const Name& callee = module.call.callee;
  import(callee.text);
  const auto param = std::find_if(out_.params.begin(), out_.params.end(), [&](const ParamDecl& p) {
    return p.neuron && p.name == callee.text && bindings_.count(p.name) == 0;
  });
  const bool constructs = module.call.parentheses && param != out_.params.end();
  Binding* binding = module.global ? shared_module(callee.text) : constructs ? nullptr : find_binding(callee.text);
  if (module.global && !binding) {
    unknown_global(callee);
    return -1;
  }
  if (binding && module.global && !module.call.parentheses) {
    if (module.frozen) freeze(binding->module);
    return use(*binding, span, value);
  }
  if (binding) {
    const ModuleDecl& decl = out_.modules[static_cast<std::size_t>(binding->module)];
    if (!module.call.parentheses) {  // Freeze(binding)
      freeze(binding->module);
      return use(*binding, span, value);
    }
    if (!decl.applied) {
      diags_.error(codes::kNotAConstructor, str("`", callee.text, "` is already built"))
          .primary(span, "called with parentheses")
          .secondary(binding->span, "built here, with its arguments")
          .help(str("write ", callee.text, " without parentheses"));
      return -1;
    }
  } else if (!module.call.parentheses && !is_call_without_parentheses(callee)) {
    unknown(callee);
    return -1;
  }
  const std::string name = enclosing_ != nullptr ? std::string() : snake_case(callee.text) + "_";
  const int index = add_module(module.call, str(name, calls_++), module.frozen);
  return add(span, CallNode{index, value});
}

void GraphLowering::assign_output(std::size_t port, int value, Span span) {
  const Scope* before = scope_;
  while (before != nullptr && before->outputs.count(port) == 0) before = before->outer;
  if (before != nullptr) {
    const std::string name = out_.outputs[port].name == "default" ? "out" : out_.outputs[port].name;
    diags_.error(codes::kDuplicateAssignment, str("output `", name, "` is assigned twice"))
        .primary(span, "assigned again here")
        .secondary(before->outputs.at(port).second, "first here");
    return;
  }
  scope_->outputs[port] = {value, span};
}

int GraphLowering::define(const Name& name, int value) {
  if (name.text == "_") return value;
  if (name.text == "in" || input_port(name.text)) {
    diags_.error(codes::kInvalidEndpoint, str("`", name.text, "` is an input: it can be read, not assigned"))
        .primary(name.span, "assigned here")
        .help("give the value a name of its own");
    return value;
  }
  Intermediate* entry = intermediate(name.text);
  if (entry == nullptr) {
    is_call_without_parentheses(name);
    return value;
  }
  if (entry->assigned || scope_->names.count(name.text) == 0) {
    diags_.error(codes::kDuplicateAssignment, str("`", name.text, "` is assigned twice"))
        .primary(name.span, "assigned again here")
        .secondary(entry->span, entry->assigned ? "first here" : "and outside of this arm")
        .help("use a new name: every name stands for one value");
    return value;
  }
  entry->assigned = true;
  std::get<NameNode>(out_.nodes[static_cast<std::size_t>(entry->node)].node).source = value;
  return entry->node;
}

int GraphLowering::write(const Reference& reference, Span span, int value) {
  const std::string& name = reference.name.text;
  if (reference.port) {
    diags_.error(codes::kInvalidEndpoint, str("`", name, ".", reference.port->text, "` cannot receive a value"))
        .primary(span, "a port of a result can only be read");
    return value;
  }
  if (name == "out") {
    for (std::size_t i = 0; i < out_.outputs.size(); ++i) {
      const UnpackNode part{value, static_cast<int>(i), static_cast<int>(out_.outputs.size())};
      assign_output(i, out_.outputs.size() == 1 ? value : add(span, part), span);
    }
    return value;
  }
  if (const auto port = output_port(name)) {
    assign_output(*port, value, span);
    return value;
  }
  if (Binding* binding = find_binding(name)) return use(*binding, span, value);
  return define(reference.name, value);
}

int GraphLowering::write_tuple(const Tuple& tuple, Span span, int value) {
  TupleNode all;
  const auto count = static_cast<int>(tuple.items.size());
  for (int i = 0; i < count; ++i) {
    const Reference& item = tuple.items[static_cast<std::size_t>(i)];
    const int part = add(item.name.span, UnpackNode{value, i, count});
    if (find_binding(item.name.text) || item.port) {
      diags_.error(codes::kInvalidEndpoint, "a tuple of destinations holds new names and outputs only")
          .primary(item.name.span, item.port ? "a port can only be read" : "a module");
      all.items.push_back(part);
    } else {
      all.items.push_back(write(item, item.name.span, part));
    }
  }
  return add(span, std::move(all));
}

// --- The end ---------------------------------------------------------------------------------------------------------

void GraphLowering::settle_outputs() {
  if (refused_) return;
  for (std::size_t i = 0; i < out_.outputs.size(); ++i) {
    if (const auto assigned = body_.outputs.find(i); assigned != body_.outputs.end()) {
      out_.results[i] = assigned->second.first;
      continue;
    }
    if (out_.outputs.size() == 1) {  // implicit output: the value of the last connection
      out_.results[0] = last_value_;
      continue;
    }
    const std::string& name = out_.outputs[i].name;
    diags_.error(codes::kUnassignedOutput, str("output `", name, "` never gets a value"))
        .primary(out_.outputs[i].span, "declared here")
        .help(str("end a pipeline with -> ", name));
  }
}

void GraphLowering::warn_unused() {
  const bool implicit = out_.outputs.size() == 1 && body_.outputs.empty();
  std::set<int> results;  // of arms: the name stands for what the arm gives
  for (const GraphNode& node : out_.nodes) {
    if (const auto* choice = std::get_if<ChooseNode>(&node.node)) {
      for (const Arm& one : choice->arms) results.insert(one.result);
    }
  }
  if (implicit) results.insert(last_value_);
  finished_.push_back(std::move(body_));
  for (const Scope& scope : finished_) {
    for (const auto& [name, entry] : scope.names) {
      if (entry.reads > 0 || results.count(entry.node) > 0) continue;
      auto& d = diags_.warning(codes::kUnusedValue, str("`", name, "` is never read"));
      d.primary(entry.span, "only names the value that flows through");
      std::vector<std::string> words;
      for (const auto& [word, binding] : bindings_) words.push_back(word);
      for (const auto& port : out_.outputs) words.push_back(port.name == "default" ? "out" : port.name);
      if (const auto near = nearest(name, std::span<const std::string>(words)))
        d.help(str("did you mean `", *near, "`?"));
    }
  }
}

}  // namespace neuro::ns
