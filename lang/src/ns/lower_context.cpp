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
  context.all_global = all_global_;
  context.mention = [this](const std::string& name) {
    find_binding(name);
    import(name);
  };
  context.call = [this, in_unroll](const Call& call, Span span) {
    const int module = add_module(call, "", false, in_unroll);
    out_.modules[static_cast<std::size_t>(module)].argument = true;
    std::string args;
    for (const ArgDecl& arg : out_.modules[static_cast<std::size_t>(module)].args) {
      args += str(args.empty() ? "" : ", ", arg.name ? *arg.name + "=" : "", text_of(arg.value));
    }
    return Expr{span, CallExpr{module, str(call.callee.text, "(", args, ")")}};
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
  import(module.callee);
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
  const auto member = members_.find(name.text);
  if (first == bindings_.end() && member == members_.end() && !port) return false;
  const Span before = port ? (input_port(name.text) ? out_.inputs[*port].span : out_.outputs[*port].span)
                           : (member != members_.end() ? member->second.first : first->second.span);
  diags_.error(codes::kDuplicateBinding, str("`", name.text, "` is bound twice"))
      .primary(name.span, "bound again here")
      .secondary(before, "first here");
  return true;
}

bool GraphLowering::is_binding(const ns::Binding& binding) {
  if (binding.kind != BindingKind::global) return true;
  diags_.error(codes::kGlobalInContext, str("`@global ", binding.name.text, "` belongs to the top level of the file"))
      .primary(binding.span, "inside a neuron")
      .help("move the line out of the neuron");
  refused_ = true;
  return false;
}

void GraphLowering::lower_binding(const ns::Binding& binding) {
  const std::string& name = binding.name.text;
  if (!is_binding(binding) || is_taken(binding.name)) return;
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
      if (module.global) {
        unknown_global(call.callee);
      } else if (!is_call_without_parentheses(call.callee)) {
        unknown(call.callee);
      }
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

void GraphLowering::lower_unroll(const Unroll& unroll) {
  if (is_taken(unroll.name)) return;
  const int index = static_cast<int>(out_.modules.size());
  ModuleDecl group;
  group.name = group.callee = unroll.name.text;
  group.span = unroll.name.span.join(unroll.count.span);
  group.callee_span = unroll.name.span;
  group.binding = true;
  group.count = lower_value(unroll.count, values());
  out_.modules.push_back(std::move(group));
  bindings_[unroll.name.text] = {index, -1, unroll.name.span};
  out_.bindings.emplace_back(unroll.name.text, index);
  for (const ns::Binding& member : unroll.members) {
    if (!is_binding(member) || is_taken(member.name)) continue;
    const auto bound = bind(member.module, member.name.text, member, true);
    if (!bound) continue;
    members_[member.name.text] = {member.name.span, unroll.name.text};
    ModuleDecl& decl = out_.modules[static_cast<std::size_t>(bound->module)];
    if (member.module.call.parentheses && !member.module.global) decl.unroll = index;
    ModuleDecl& owner = out_.modules[static_cast<std::size_t>(index)];
    owner.lazy = owner.lazy || (decl.lazy && decl.unroll == index);
    owner.members.push_back(bound->module);
  }
}

GraphLowering::Binding* GraphLowering::find_binding(const std::string& name) {
  const auto found = bindings_.find(name);
  if (found != bindings_.end()) return &found->second;
  import(name);
  for (std::size_t i = 0; i < out_.params.size(); ++i) {
    if (out_.params[i].name != name) continue;
    if (!out_.params[i].neuron) return nullptr;
    ModuleDecl decl;
    decl.name = decl.callee = name;
    decl.span = decl.callee_span = out_.params[i].span;
    decl.parameter = static_cast<int>(i);
    decl.applied = decl.binding = true;
    out_.modules.push_back(std::move(decl));
    return &(bindings_[name] = {static_cast<int>(out_.modules.size()) - 1, -1, out_.params[i].span});
  }
  return input_port(name) || output_port(name) ? nullptr : shared_module(name);
}

/// The module of `@global name = Call(...)`, which this neuron uses like a binding of its own.
GraphLowering::Binding* GraphLowering::shared_module(const std::string& name) {
  const std::string word = "@global " + name;  // a name of the context may hide it
  if (const auto found = bindings_.find(word); found != bindings_.end()) return &found->second;
  const auto global = known_.globals.find(name);
  const auto* call = global == known_.globals.end() ? nullptr : std::get_if<CallValue>(&global->second->value.node);
  if (!call) return nullptr;
  Scope* const around = scope_;
  scope_ = &body_;
  const bool inside = all_global_;
  all_global_ = true;
  const int index = add_module(call->call, name, false);
  all_global_ = inside;
  scope_ = around;
  ModuleDecl& decl = out_.modules[static_cast<std::size_t>(index)];
  decl.binding = true;
  decl.sharing = Sharing::program;
  out_.bindings.emplace_back(word, index);
  out_.bindings.emplace_back(name, index);
  return &(bindings_[word] = {index, -1, global->second->name.span});
}

void GraphLowering::freeze(int module) {
  ModuleDecl& decl = out_.modules[static_cast<std::size_t>(module)];
  decl.frozen = true;
  for (const int member : decl.members) freeze(member);
}

}  // namespace neuro::ns
