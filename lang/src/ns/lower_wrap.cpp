// `@wrap(W, a): m` is W(m, a). An inline pipeline in place of m becomes a neuron of its own: what it names of the
// neuron around becomes its parameters (spec: neuroscript.md, 3.11).
#include <algorithm>

#include "lower.h"
#include "lower_graph.h"
#include "neuro/codes.h"
#include "neuro/str.h"

namespace neuro::ns {

int GraphLowering::wrap(const Wrap& wrap, Span span, int value) {
  const int position = calls_++;
  ArgDecl inner;
  if (const auto* name = std::get_if<Name>(&wrap.body)) {
    find_binding(name->text);
    inner.span = name->span;
    inner.value = {name->span, NameExpr{name->text, false}};
  } else {
    const Pipeline& body = std::get<Pipeline>(wrap.body);
    inner.span = body.span;
    inner.value = lift(wrap, body);
  }
  ModuleDecl module;
  module.name = enclosing_ != nullptr ? str(position) : str(snake_case(wrap.wrapper.text), "_", position);
  module.span = wrap.keyword.join(wrap.wrapper.span);
  module.callee = wrap.wrapper.text;
  module.callee_span = wrap.wrapper.span;
  module.region = scope_->region;
  import(module.callee);
  for (std::size_t i = 0; i < out_.params.size(); ++i) {
    if (out_.params[i].neuron && out_.params[i].name == module.callee) module.parameter = static_cast<int>(i);
  }
  module.args.push_back(std::move(inner));
  for (const Argument& argument : wrap.arguments) module.args.push_back(lower_argument(argument, values()));
  const int index = static_cast<int>(out_.modules.size());
  out_.modules.push_back(std::move(module));
  return add(span, CallNode{index, value});
}

/// Makes a neuron of a pipeline; the value is an instance of it.
Expr GraphLowering::lift(const Wrap& wrap, const Pipeline& body) {
  neuro::Neuron lifted;
  const std::string segment = str("__wrap_", wraps_++, "__");
  lifted.name = str("__wrap_", out_.name, "_", known_.lifted.size(), "__");
  lifted.span = wrap.keyword;
  lifted.inputs.push_back(implicit_port("in_shape"));
  lifted.outputs.push_back(implicit_port("out_shape"));
  GraphLowering inner(source_, lifted, known_, diags_);
  inner.enclosing_ = this;
  inner.lower_wrapped(body);

  ModuleDecl module;
  module.name = segment;
  module.callee = lifted.name;
  module.span = module.callee_span = body.span;
  module.region = scope_->region;
  module.argument = true;
  for (const ParamDecl& param : lifted.params) {
    ArgDecl arg;
    arg.span = arg.name_span = param.span;
    arg.name = param.name;
    arg.value = {param.span, NameExpr{param.name, false}};
    module.args.push_back(std::move(arg));
  }
  refused_ = refused_ || inner.refused_;
  known_.lifted.push_back(std::move(lifted));
  out_.modules.push_back(std::move(module));
  return {body.span, CallExpr{static_cast<int>(out_.modules.size()) - 1, "the pipeline of `@wrap`"}};
}

void GraphLowering::lower_wrapped(const Pipeline& body) {
  out_.results.assign(1, -1);
  collect_names(body_, body, 0);
  last_value_ = lower_steps(body, add(body.span, InputNode{0}));
  add_transforms();
  settle_outputs();
  out_.incomplete = refused_;
}

/// Whether a word stands for a value here: a parameter, a size of an input or one that a pattern captures.
bool GraphLowering::knows_value(const std::string& name) const {
  for (const ParamDecl& param : out_.params) {
    if (param.name == name) return !param.neuron;
  }
  for (const PortDecl& port : out_.inputs) {
    if (!port.implicit && names_in(port.shape).count(name) > 0) return true;
  }
  for (const Scope* scope = scope_; scope != nullptr; scope = scope->outer) {
    if (scope->sizes.count(name) > 0) return true;
  }
  return enclosing_ != nullptr && enclosing_->knows_value(name);
}

/// Makes a word of the neuron around known inside `@wrap`.
void GraphLowering::import(const std::string& name) {
  if (enclosing_ == nullptr || bindings_.count(name) > 0) return;
  for (const ParamDecl& param : out_.params) {
    if (param.name == name) return;
  }
  for (const Scope* scope = scope_; scope != nullptr; scope = scope->outer) {
    if (scope->sizes.count(name) > 0 || scope->names.count(name) > 0) return;
  }
  ParamDecl param;
  param.name = name;
  if (const Binding* binding = enclosing_->find_binding(name)) {
    param.span = binding->span;
    param.neuron = true;
  } else if (enclosing_->knows_value(name)) {
    enclosing_->import(name);
    param.span = out_.span;
  } else {
    return;
  }
  out_.params.push_back(std::move(param));
}

}  // namespace neuro::ns
