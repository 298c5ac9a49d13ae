#pragma once
// What each node of the AST consists of, once: tree.cpp writes it as text and as JSON and compares it.
//
// `describe(node, to)` calls `to.kind("...")`, then `to("field", value)` for each field, words before nodes. Places are
// left out: whoever writes them knows them.
#include <string_view>

#include "neuro/ns/ast.h"

namespace neuro::ns {

inline std::string_view text_of(BinaryOp op) {
  constexpr std::string_view kTexts[] = {"+", "-", "*", "/", "==", "!=", "<", ">", "<=", ">=", "and", "or"};
  return kTexts[static_cast<int>(op)];
}
inline std::string_view text_of(UnaryOp op) { return op == UnaryOp::negate ? "-" : "not"; }
inline std::string_view text_of(DimOp op) {
  constexpr std::string_view kTexts[] = {"+", "-", "*", "/"};
  return kTexts[static_cast<int>(op)];
}
inline std::string_view text_of(TransformKind kind) { return kind == TransformKind::reduce ? "reduce" : "repeat"; }
inline std::string_view text_of(BindingKind kind) {
  constexpr std::string_view kTexts[] = {"eager", "lazy", "static", "global"};
  return kTexts[static_cast<int>(kind)];
}

template <class To>
void describe(const Argument& n, To& to) {
  to.kind("argument");
  to("name", n.name);
  to("value", *n.value);
}
template <class To>
void describe(const Call& n, To& to) {
  to.kind("call");
  to("callee", n.callee);
  to("parentheses", n.parentheses);
  to("arguments", n.arguments);
}
template <class To>
void describe(const IntValue& n, To& to) {
  to.kind("integer");
  to("value", n.value);
}
template <class To>
void describe(const FloatValue& n, To& to) {
  to.kind("float");
  to("value", n.value);
}
template <class To>
void describe(const StringValue& n, To& to) {
  to.kind("string");
  to("text", n.text);
}
template <class To>
void describe(const BoolValue& n, To& to) {
  to.kind("bool");
  to("value", n.value);
}
template <class To>
void describe(const ListValue& n, To& to) {
  to.kind("list");
  to("items", n.items);
}
template <class To>
void describe(const NameValue& n, To& to) {
  to.kind("name");
  to("name", n.name);
}
template <class To>
void describe(const GlobalValue& n, To& to) {
  to.kind("global");
  to("name", n.name);
}
template <class To>
void describe(const IndexValue&, To& to) {
  to.kind("index");
}
template <class To>
void describe(const CallValue& n, To& to) {
  describe(n.call, to);
}
template <class To>
void describe(const BinaryValue& n, To& to) {
  to.kind("binary");
  to("op", text_of(n.op));
  to("left", *n.left);
  to("right", *n.right);
}
template <class To>
void describe(const UnaryValue& n, To& to) {
  to.kind("unary");
  to("op", text_of(n.op));
  to("operand", *n.operand);
}
template <class To>
void describe(const LiteralDim& n, To& to) {
  to.kind("integer");
  to("value", n.value);
}
template <class To>
void describe(const NameDim& n, To& to) {
  to.kind("name");
  to("name", n.name);
}
template <class To>
void describe(const WildcardDim&, To& to) {
  to.kind("wildcard");
}
template <class To>
void describe(const AnonymousDim&, To& to) {
  to.kind("anonymous");
}
template <class To>
void describe(const VariadicDim& n, To& to) {
  to.kind("variadic");
  to("name", n.name);
}
template <class To>
void describe(const GlobalDim& n, To& to) {
  to.kind("global");
  to("name", n.name);
}
template <class To>
void describe(const BinaryDim& n, To& to) {
  to.kind("binary");
  to("op", text_of(n.op));
  to("left", *n.left);
  to("right", *n.right);
}
template <class To>
void describe(const Shape& n, To& to) {
  to.kind("shape");
  to("dims", n.dims);
}
template <class To>
void describe(const ReshapeDim& n, To& to) {
  to.kind("size");
  to("name", n.name);
  to("others", n.others);
  to("dim", n.size);
}
template <class To>
void describe(const Pipeline& n, To& to) {
  to.kind("pipeline");
  to("steps", n.steps);
}
template <class To>
void describe(const Reference& n, To& to) {
  to.kind("reference");
  to("name", n.name);
  to("port", n.port);
}
template <class To>
void describe(const Tuple& n, To& to) {
  to.kind("tuple");
  to("items", n.items);
}
template <class To>
void describe(const ModuleExpr& n, To& to) {
  to.kind("module");
  to("frozen", n.frozen);
  to("global", n.global);
  to("callee", n.call.callee);
  to("parentheses", n.call.parentheses);
  to("arguments", n.call.arguments);
}
template <class To>
void describe(const MatchArm& n, To& to) {
  to.kind("arm");
  to("pattern", n.pattern);
  to("guard", n.guard);
  to("body", n.body);
}
template <class To>
void describe(const ShapeMatch& n, To& to) {
  to.kind("match");
  to("arms", n.arms);
}
template <class To>
void describe(const ContractPort& n, To& to) {
  to.kind("port");
  to("name", n.name);
  to("shape", n.shape);
}
template <class To>
void describe(const ContractArm& n, To& to) {
  to.kind("arm");
  to("in", n.in);
  to("out", n.out);
  to("guard", n.guard);
  to("body", n.body);
}
template <class To>
void describe(const ContractMatch& n, To& to) {
  to.kind("contract_match");
  to("subject", n.subject);
  to("arms", n.arms);
}
template <class To>
void describe(const Branch& n, To& to) {
  to.kind("branch");
  to("condition", n.condition);
  to("body", n.body);
}
template <class To>
void describe(const Conditional& n, To& to) {
  to.kind("if");
  to("branches", n.branches);
  to("else", n.otherwise);
}
template <class To>
void describe(const Wrap& n, To& to) {
  to.kind("wrap");
  to("wrapper", n.wrapper);
  const Name* name = std::get_if<Name>(&n.body);
  if (name != nullptr) to("binding", *name);
  to("arguments", n.arguments);
  if (name == nullptr) to("body", std::get<Pipeline>(n.body));
}
template <class To>
void describe(const Transform& n, To& to) {
  to.kind("transform");
  to("kind", text_of(n.kind));
  to("strategy", n.strategy);
}
template <class To>
void describe(const Reshape& n, To& to) {
  to.kind("reshape");
  to("transform", n.transform);
  to("sizes", n.target);
}
template <class To>
void describe(const Param& n, To& to) {
  to.kind("param");
  to("name", n.name);
  to("type", n.type);
  to("default", n.default_value);
}
template <class To>
void describe(const Port& n, To& to) {
  to.kind("port");
  to("name", n.name);
  to("named", n.named);
  to("variadic", n.variadic);
  to("shape", n.shape);
}
template <class To>
void describe(const Path& n, To& to) {
  to.kind("path");
  to("text", n.text());
}
template <class To>
void describe(const Impl& n, To& to) {
  to.kind("impl");
  to("path", n.path);
  to("options", n.options);
}
template <class To>
void describe(const Binding& n, To& to) {
  to.kind("binding");
  to("kind", text_of(n.kind));
  to("name", n.name);
  to("module", n.module);
}
template <class To>
void describe(const Unroll& n, To& to) {
  to.kind("unroll");
  to("name", n.name);
  to("count", n.count);
  to("members", n.members);
}
template <class To>
void describe(const Doc& n, To& to) {
  to.kind("doc");
  to("text", n.text);
}
template <class To>
void describe(const Neuron& n, To& to) {
  to.kind("neuron");
  to("name", n.name);
  to("has_graph", n.graph_keyword.known());
  to("doc", n.doc);
  to("params", n.params);
  to("inputs", n.inputs);
  to("outputs", n.outputs);
  to("impl", n.impl);
  to("context", n.context);
  to("connections", n.graph);
}
template <class To>
void describe(const Use& n, To& to) {
  to.kind("use");
  to("path", n.path);
}
template <class To>
void describe(const Global& n, To& to) {
  to.kind("global");
  to("name", n.name);
  to("value", n.value);
}
template <class To>
void describe(const Program& n, To& to) {
  to.kind("program");
  to("uses", n.uses);
  to("globals", n.globals);
  to("neurons", n.neurons);
}

}  // namespace neuro::ns
