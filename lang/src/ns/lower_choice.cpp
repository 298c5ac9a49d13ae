// `if` and `match`: every arm is a region of nodes of its own.
#include <algorithm>

#include "lower_graph.h"
#include "neuro/codes.h"
#include "neuro/str.h"

namespace neuro::ns {
namespace {

void collect_sizes(const Expr& expr, std::set<std::string, std::less<>>& names) {
  if (const auto* name = std::get_if<NameExpr>(&expr.node); name && !name->global) names.insert(name->name);
  if (const auto* operation = std::get_if<OperationExpr>(&expr.node)) {
    for (const Expr& operand : operation->operands) collect_sizes(operand, names);
  }
}

}  // namespace

std::set<std::string, std::less<>> names_in(const ShapePattern& shape) {
  std::set<std::string, std::less<>> names;
  for (const DimPattern& dim : shape.dims) {
    if (dim.kind == DimKind::size) collect_sizes(dim.size, names);
    if (dim.kind == DimKind::rest) names.insert(dim.name);
  }
  return names;
}

void GraphLowering::arm(ChooseNode& choice, Arm arm, const Pipeline* body, std::vector<Scope>& scopes,
                        const std::set<std::string, std::less<>>& sizes) {
  Scope scope;
  scope.outer = scope_;
  scope.region = arm.region = out_.regions++;
  scope.sizes = sizes;
  arm.result = choice.source;
  if (body != nullptr) {
    collect_names(scope, *body, 0);
    const std::size_t before = uses_.size();
    scope_ = &scope;
    arm.result = lower_steps(*body, choice.source);
    scope_ = scope.outer;
    for (; uses_.size() > before; uses_.pop_back()) uses_.back().first->last_call = uses_.back().second;
  }
  choice.arms.push_back(std::move(arm));
  scopes.push_back(std::move(scope));
}

int GraphLowering::finish(ChooseNode choice, Span span, std::vector<Scope>& scopes) {
  std::map<std::size_t, Span> assigned;
  for (const Scope& scope : scopes) {
    for (const auto& [port, value] : scope.outputs) assigned.emplace(port, value.second);
  }
  for (const auto& [port, at] : assigned) {
    choice.outputs.push_back(static_cast<int>(port));
    for (std::size_t i = 0; i < scopes.size(); ++i) {
      const auto own = scopes[i].outputs.find(port);
      choice.arms[i].outputs.push_back(own == scopes[i].outputs.end() ? choice.arms[i].result : own->second.first);
    }
  }
  for (Scope& scope : scopes) finished_.push_back(std::move(scope));
  const int index = add(span, std::move(choice));
  int k = 0;
  for (const auto& [port, at] : assigned) assign_output(port, add(at, ChosenNode{index, k++}), at);
  return index;
}

int GraphLowering::choose(const Conditional& conditional, Span span, int value) {
  ChooseNode choice;
  choice.kind = ChoiceKind::condition;
  choice.source = value;
  std::vector<Scope> scopes;
  for (const Branch& branch : conditional.branches) {
    Arm one;
    one.span = branch.condition.span;
    one.condition = lower_value(branch.condition, values());
    arm(choice, std::move(one), &branch.body, scopes);
  }
  Arm otherwise;  // without `else` the value passes through
  otherwise.span = conditional.otherwise ? conditional.else_keyword : span;
  arm(choice, std::move(otherwise), conditional.otherwise ? &*conditional.otherwise : nullptr, scopes);
  return finish(std::move(choice), conditional.branches[0].keyword, scopes);
}

int GraphLowering::choose(const ShapeMatch& match, Span, int value) {
  ChooseNode choice;
  choice.kind = ChoiceKind::shape;
  choice.source = value;
  std::vector<Scope> scopes;
  for (const MatchArm& written : match.arms) {
    Arm one;
    one.span = written.pattern.span;
    one.pattern = lower_shape(written.pattern, values());
    if (written.guard) one.condition = lower_value(*written.guard, values());
    const auto sizes = names_in(*one.pattern);
    for (const std::string& name : sizes) import(name);
    arm(choice, std::move(one), &written.body, scopes, sizes);
  }
  return finish(std::move(choice), match.keyword, scopes);
}

int GraphLowering::choose(const ContractMatch& match, Span, int value) {
  import(match.subject.text);
  const auto param = std::find_if(out_.params.begin(), out_.params.end(),
                                  [&](const ParamDecl& p) { return p.name == match.subject.text; });
  if (param == out_.params.end() || !param->neuron) {
    auto& d = diags_.error(codes::kNeuronArgumentExpected,
                           str("`match(", match.subject.text, ")` asks what a neuron's ports are"));
    d.primary(match.subject.span, param == out_.params.end() ? "no parameter of this neuron" : "not a neuron");
    if (param != out_.params.end()) d.secondary(param->span, "takes a value");
    d.help(param == out_.params.end() ? "write match: to choose by the shape that arrives"
                                      : str("declare it as a neuron: ", match.subject.text, ": Neuron"));
    refused_ = true;
    return -1;
  }
  ChooseNode choice;
  choice.kind = ChoiceKind::contract;
  choice.source = value;
  choice.parameter = static_cast<int>(param - out_.params.begin());
  std::vector<Scope> scopes;
  for (const ContractArm& written : match.arms) {
    Arm one;
    one.span = written.in.shape.span.join(written.out.shape.span);
    one.contract =
        ContractPattern{written.in.name ? written.in.name->text : "", written.out.name ? written.out.name->text : "",
                        lower_shape(written.in.shape, values()), lower_shape(written.out.shape, values())};
    if (written.guard) one.condition = lower_value(*written.guard, values());
    auto sizes = names_in(one.contract->in);
    sizes.merge(names_in(one.contract->out));
    arm(choice, std::move(one), &written.body, scopes, sizes);
  }
  return finish(std::move(choice), match.keyword, scopes);
}

}  // namespace neuro::ns
