// What a neuron is made of: bindings, unrolls, calls, and the words that stand for them.
#include <algorithm>

#include "lower.h"
#include "lower_graph.h"
#include "neuro/codes.h"
#include "neuro/str.h"

namespace neuro::ns {

ValueContext GraphLowering::values(bool in_unroll) {
  ValueContext context{diags_, refused_};
  context.in_unroll = in_unroll;
  context.mention = [this](const std::string& name) { find_binding(name); };
  context.call = [this, in_unroll](const Call& call, Span span) {
    const int module = add_module(call, "", false, in_unroll);
    out_.modules[static_cast<std::size_t>(module)].argument = true;
    return Expr{span, CallExpr{module, str(call.callee.text, "(...)")}};
  };
  return context;
}

int GraphLowering::add_module(const Call& call, std::string name, bool frozen, bool in_unroll) {
  ModuleDecl module;
  module.name = std::move(name);
  module.frozen = frozen;
  module.span = call.span;
  module.callee = call.callee.text;
  module.callee_span = call.callee.span;
  module.region = scope_->region;
  const auto param = std::find_if(out_.params.begin(), out_.params.end(),
                                  [&](const ParamDecl& p) { return p.neuron && p.name == module.callee; });
  if (param != out_.params.end()) module.parameter = static_cast<int>(param - out_.params.begin());
  for (const Argument& argument : call.arguments) module.args.push_back(lower_argument(argument, values(in_unroll)));
  out_.modules.push_back(std::move(module));
  return static_cast<int>(out_.modules.size()) - 1;
}

void GraphLowering::lower_context() {
  for (const ContextItem& item : source_.context) {
    if (const auto* unroll = std::get_if<Unroll>(&item)) {
      lower_unroll(*unroll);
    } else {
      lower_binding(std::get<ns::Binding>(item));
    }
  }
}

/// Whether a name of the context stands for something already: reported.
bool GraphLowering::is_taken(const Name& name) {
  const auto port = input_port(name.text) ? input_port(name.text) : output_port(name.text);
  const auto first = bindings_.find(name.text);
  if (first == bindings_.end() && !port) return false;
  const Span before =
      port ? (input_port(name.text) ? out_.inputs[*port].span : out_.outputs[*port].span) : first->second.span;
  diags_.error(codes::kDuplicateBinding, str("`", name.text, "` is bound twice"))
      .primary(name.span, "bound again here")
      .secondary(before, "first here");
  return true;
}

void GraphLowering::lower_binding(const ns::Binding& binding) {
  const std::string& name = binding.name.text;
  if (binding.kind == BindingKind::global) {
    diags_.error(codes::kGlobalInContext, str("`@global ", name, "` belongs to the top level of the file"))
        .primary(binding.span, "inside a neuron")
        .help("move the line out of the neuron");
    refused_ = true;
    return;
  }
  if (is_taken(binding.name)) return;
  if (auto bound = bind(binding.module, name, binding, false)) {
    bindings_[name] = *bound;
    out_.bindings.emplace_back(name, bound->module);
  }
}

/// The module of a binding: a new one, or one that another name stands for already.
std::optional<GraphLowering::Binding> GraphLowering::bind(const ModuleExpr& module, const std::string& name,
                                                          const ns::Binding& binding, bool in_unroll) {
  const Call& call = module.call;
  if (!call.parentheses || module.global) {
    Binding* other = module.global ? shared_module(call.callee.text) : find_binding(call.callee.text);
    if (!other) {
      if (module.global || !is_call_without_parentheses(call.callee)) unknown(call.callee);
      return std::nullopt;
    }
    if (module.frozen) freeze(other->module);
    Binding same = *other;
    same.span = binding.name.span;
    return same;
  }
  const int index = add_module(call, name, module.frozen, in_unroll);
  ModuleDecl& decl = out_.modules[static_cast<std::size_t>(index)];
  decl.binding = true;
  decl.lazy = binding.kind == BindingKind::lazy;
  if (binding.kind == BindingKind::shared) decl.sharing = Sharing::neuron;
  return Binding{index, -1, binding.name.span};
}

void GraphLowering::lower_unroll(const Unroll& unroll) { refuse(unroll.name.span.join(unroll.count.span), "`unroll`"); }

GraphLowering::Binding* GraphLowering::shared_module(const std::string& name) {
  const auto call = known_.shared.find(name);
  return call == known_.shared.end() ? nullptr : nullptr;
}

GraphLowering::Binding* GraphLowering::find_binding(const std::string& name) {
  const auto found = bindings_.find(name);
  return found == bindings_.end() ? nullptr : &found->second;
}

void GraphLowering::freeze(int module) {
  ModuleDecl& decl = out_.modules[static_cast<std::size_t>(module)];
  decl.frozen = true;
  for (const int member : decl.members) freeze(member);
}

}  // namespace neuro::ns
