#include "lower_graph.h"

#include <algorithm>

#include "lower.h"
#include "lower_values.h"
#include "neuro/codes.h"
#include "neuro/str.h"
#include "neuro/suggest.h"

namespace neuro::ns {

void GraphLowering::lower() {
  refused_ = out_.incomplete;
  const std::size_t errors = diags_.error_count();
  assigned_at_.resize(out_.outputs.size());
  out_.results.assign(out_.outputs.size(), -1);
  lower_context();
  collect_names();
  for (const Pipeline& pipeline : source_.graph) lower_pipeline(pipeline);
  settle_outputs();
  if (!refused_ && diags_.error_count() == errors) warn_unused();  // a misspelt reader is the likelier fault
  out_.incomplete = refused_;
}

void GraphLowering::refuse(Span span, const std::string& what) {
  not_built_yet(diags_, span, what);
  refused_ = true;
}

int GraphLowering::add_module(const Call& call, std::string name, bool frozen) {
  ModuleDecl module;
  module.name = std::move(name);
  module.frozen = frozen;
  module.span = call.span;
  module.callee = call.callee.text;
  module.callee_span = call.callee.span;
  for (const Argument& argument : call.arguments) module.args.push_back(lower_argument(argument, diags_, refused_));
  out_.modules.push_back(std::move(module));
  return static_cast<int>(out_.modules.size()) - 1;
}

// --- Context
// -----------------------------------------------------------------------------------------------------------

void GraphLowering::lower_context() {
  for (const ContextItem& item : source_.context) {
    if (const auto* unroll = std::get_if<Unroll>(&item)) {
      refuse(unroll->name.span.join(unroll->count.span), "`unroll`");
      continue;
    }
    const auto& binding = std::get<ns::Binding>(item);
    const std::string& name = binding.name.text;
    if (binding.kind == BindingKind::global) {
      diags_.error(codes::kGlobalInContext, str("`@global ", name, "` belongs to the top level of the file"))
          .primary(binding.span, "inside a neuron")
          .help("move the line out of the neuron");
      refused_ = true;
      continue;
    }
    if (binding.kind != BindingKind::eager) {
      refuse(binding.span, binding.kind == BindingKind::lazy ? "`@lazy`" : "`@static`");
      continue;
    }
    const auto port = input_port(name) ? input_port(name) : output_port(name);
    if (const auto first = bindings_.find(name); first != bindings_.end() || port) {
      const Span before =
          port ? (input_port(name) ? out_.inputs[*port].span : out_.outputs[*port].span) : first->second.span;
      diags_.error(codes::kDuplicateBinding, str("`", name, "` is bound twice"))
          .primary(binding.name.span, "bound again here")
          .secondary(before, "first here");
      continue;
    }
    const Call& call = binding.module.call;
    if (binding.module.global) {
      refuse(binding.module.span, "`@global`");
    } else if (const auto other = bindings_.find(call.callee.text); !call.parentheses && other != bindings_.end()) {
      Binding same = other->second;  // a second name for one module
      same.span = binding.name.span;
      out_.modules[static_cast<std::size_t>(same.module)].frozen |= binding.module.frozen;
      bindings_[name] = same;
    } else {
      if (!call.parentheses && !is_call_without_parentheses(call.callee)) {
        unknown(call.callee);
        continue;
      }
      bindings_[name] = {add_module(call, name, binding.module.frozen), -1, binding.name.span};
    }
  }
}

// --- Names
// -------------------------------------------------------------------------------------------------------------

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

/// Every word that some pipeline assigns is an intermediate of the whole graph, also for lines above it.
void GraphLowering::collect_names() {
  const auto consider = [&](const Reference& reference) {
    const std::string& name = reference.name.text;
    if (reference.port || name == "in" || name == "out" || name == "_" || input_port(name) || output_port(name) ||
        bindings_.count(name) || known_.has(name)) {
      return;
    }
    Intermediate entry;
    entry.span = reference.name.span;
    entry.node = static_cast<int>(out_.nodes.size());
    if (intermediates_.emplace(name, entry).second) out_.add(reference.name.span, NameNode{name, -1});
  };
  for (const Pipeline& pipeline : source_.graph) {
    for (std::size_t i = 1; i < pipeline.steps.size(); ++i) {
      if (const auto* reference = std::get_if<Reference>(&pipeline.steps[i].node)) consider(*reference);
      if (const auto* tuple = std::get_if<Tuple>(&pipeline.steps[i].node)) {
        for (const Reference& item : tuple->items) consider(item);
      }
    }
  }
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
  for (const auto& [word, intermediate] : intermediates_) names.push_back(word);
  names.erase(std::remove(names.begin(), names.end(), "default"), names.end());
  d.primary(name.span, "nothing has this name");
  if (const auto near = nearest(name.text, std::span<const std::string>(names)))
    d.help(str("did you mean `", *near, "`?"));
  std::string all;
  for (const std::string& word : names) all += str(all.empty() ? "" : ", ", "`", word, "`");
  d.note(str("known here: ", all));
}

int GraphLowering::read(const Reference& reference, Span span) {
  const std::string& name = reference.name.text;
  if (name == "in" || input_port(name)) {
    const auto port = name == "in" && reference.port ? input_port(reference.port->text) : input_port(name);
    if (port) return out_.add(span, InputNode{static_cast<int>(*port)});
    if (reference.port) {
      unknown(*reference.port);
      return -1;
    }
    if (out_.inputs.size() == 1) return out_.add(span, InputNode{0});
    TupleNode all;
    for (std::size_t i = 0; i < out_.inputs.size(); ++i)
      all.items.push_back(out_.add(span, InputNode{static_cast<int>(i)}));
    return out_.add(span, std::move(all));
  }
  if (name == "out" || output_port(name)) {
    diags_.error(codes::kInvalidEndpoint, str("`", name, "` is an output: it can be assigned, not read"))
        .primary(span, "read here")
        .help("give the value a name of its own and read that");
    return -1;
  }
  int value = -1;
  if (const auto binding = bindings_.find(name); binding != bindings_.end()) {
    value = binding->second.last_call;
    if (value < 0) {
      diags_.error(codes::kUnknownNode, str("nothing has gone through `", name, "` yet"))
          .primary(span, "read here")
          .secondary(binding->second.span, "a module; it has a result once a value flows into it")
          .help(str("write in -> ", name, " -> ..."));
      return -1;
    }
  } else if (const auto intermediate = intermediates_.find(name); intermediate != intermediates_.end()) {
    value = intermediate->second.node;
    ++intermediate->second.reads;
  } else {
    if (!is_call_without_parentheses(reference.name)) unknown(reference.name);
    return -1;
  }
  return reference.port ? out_.add(span, SelectNode{value, reference.port->text}) : value;
}

// --- Steps
// -------------------------------------------------------------------------------------------------------------

void GraphLowering::lower_pipeline(const Pipeline& pipeline) {
  int value = -1;
  bool ended = false;
  for (std::size_t i = 0; i < pipeline.steps.size(); ++i) {
    const Step& step = pipeline.steps[i];
    const bool first = i == 0;
    if (ended) {
      diags_.error(codes::kInvalidEndpoint, "nothing can follow `out`").primary(step.span, "flows out of an output");
      return;
    }
    if (const auto* reference = std::get_if<Reference>(&step.node)) {
      value = first ? read(*reference, step.span) : write(*reference, step.span, value);
      ended = !first && (reference->name.text == "out" || output_port(reference->name.text));
    } else if (const auto* tuple = std::get_if<Tuple>(&step.node)) {
      if (first) {
        TupleNode items;
        for (const Reference& item : tuple->items) items.items.push_back(read(item, item.name.span));
        value = out_.add(step.span, std::move(items));
      } else {
        value = write_tuple(*tuple, step.span, value);
      }
    } else if (const auto* module = std::get_if<ModuleExpr>(&step.node)) {
      value = call(*module, step.span, first ? out_.add(step.span, TupleNode{}) : value);
    } else {
      value = -1;
      if (const auto* match = std::get_if<ShapeMatch>(&step.node)) refuse(match->keyword, "`match`");
      if (const auto* match = std::get_if<ContractMatch>(&step.node)) refuse(match->keyword, "`match`");
      if (const auto* conditional = std::get_if<Conditional>(&step.node))
        refuse(conditional->branches[0].keyword, "`if`");
      if (const auto* wrap = std::get_if<Wrap>(&step.node)) refuse(wrap->keyword, "`@wrap`");
      if (const auto* reshape = std::get_if<Reshape>(&step.node))
        refuse(reshape->arrow.join(reshape->target_span), "`=>`");
    }
  }
  last_value_ = value;
}

int GraphLowering::call(const ModuleExpr& module, Span span, int value) {
  if (module.global) {
    refuse(span, "`@global`");
    return -1;
  }
  const std::string& name = module.call.callee.text;
  if (const auto binding = bindings_.find(name); binding != bindings_.end()) {
    if (!module.call.parentheses) {  // Freeze(binding)
      out_.modules[static_cast<std::size_t>(binding->second.module)].frozen |= module.frozen;
      return binding->second.last_call = out_.add(span, CallNode{binding->second.module, value});
    }
    diags_.error(codes::kNotAConstructor, str("`", name, "` is already built"))
        .primary(span, "called with parentheses")
        .secondary(binding->second.span, "built here, with its arguments")
        .help(str("write ", name, " without parentheses"));
    return -1;
  }
  if (!module.call.parentheses && !is_call_without_parentheses(module.call.callee)) {
    unknown(module.call.callee);
    return -1;
  }
  const int index = add_module(module.call, str(snake_case(name), "_", calls_++), module.frozen);
  return out_.add(span, CallNode{index, value});
}

void GraphLowering::assign_output(std::size_t port, int value, Span span) {
  if (assigned_at_[port].known()) {
    const std::string name = out_.outputs[port].name == "default" ? "out" : out_.outputs[port].name;
    diags_.error(codes::kDuplicateAssignment, str("output `", name, "` is assigned twice"))
        .primary(span, "assigned again here")
        .secondary(assigned_at_[port], "first here");
    return;
  }
  assigned_at_[port] = span;
  out_.results[port] = value;
}

int GraphLowering::define(const Name& name, int value) {
  if (name.text == "_") return value;
  if (name.text == "in" || input_port(name.text)) {
    diags_.error(codes::kInvalidEndpoint, str("`", name.text, "` is an input: it can be read, not assigned"))
        .primary(name.span, "assigned here")
        .help("give the value a name of its own");
    return value;
  }
  const auto found = intermediates_.find(name.text);
  if (found == intermediates_.end()) {
    is_call_without_parentheses(name);
    return value;
  }
  Intermediate& entry = found->second;
  if (entry.assigned) {
    diags_.error(codes::kDuplicateAssignment, str("`", name.text, "` is assigned twice"))
        .primary(name.span, "assigned again here")
        .secondary(entry.span, "first here")
        .help("use a new name: every name stands for one value");
    return value;
  }
  entry.assigned = true;
  std::get<NameNode>(out_.nodes[static_cast<std::size_t>(entry.node)].node).source = value;
  return entry.node;
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
      assign_output(i, out_.outputs.size() == 1 ? value : out_.add(span, part), span);
    }
    return value;
  }
  if (const auto port = output_port(name)) {
    assign_output(*port, value, span);
    return value;
  }
  if (const auto binding = bindings_.find(name); binding != bindings_.end()) {
    return binding->second.last_call = out_.add(span, CallNode{binding->second.module, value});
  }
  return define(reference.name, value);
}

int GraphLowering::write_tuple(const Tuple& tuple, Span span, int value) {
  TupleNode all;
  const auto count = static_cast<int>(tuple.items.size());
  for (int i = 0; i < count; ++i) {
    const Reference& item = tuple.items[static_cast<std::size_t>(i)];
    const int part = out_.add(item.name.span, UnpackNode{value, i, count});
    if (bindings_.count(item.name.text) || item.port) {
      diags_.error(codes::kInvalidEndpoint, "a tuple of destinations holds new names and outputs only")
          .primary(item.name.span, item.port ? "a port can only be read" : "a module");
      all.items.push_back(part);
    } else {
      all.items.push_back(write(item, item.name.span, part));
    }
  }
  return out_.add(span, std::move(all));
}

// --- The end
// -----------------------------------------------------------------------------------------------------------

void GraphLowering::settle_outputs() {
  if (refused_) return;
  for (std::size_t i = 0; i < out_.outputs.size(); ++i) {
    if (assigned_at_[i].known()) continue;
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
  const bool implicit = out_.outputs.size() == 1 && !assigned_at_[0].known();
  for (const auto& [name, entry] : intermediates_) {
    if (entry.reads > 0 || (implicit && entry.node == last_value_)) continue;
    auto& d = diags_.warning(codes::kUnusedValue, str("`", name, "` is never read"));
    d.primary(entry.span, "only names the value that flows through");
    std::vector<std::string> words;
    for (const auto& [word, binding] : bindings_) words.push_back(word);
    for (const auto& port : out_.outputs) words.push_back(port.name == "default" ? "out" : port.name);
    if (const auto near = nearest(name, std::span<const std::string>(words)))
      d.help(str("did you mean `", *near, "`?"));
  }
}

}  // namespace neuro::ns
