#pragma once
// What a NeuroScript file says, as plain data: the parser makes it, lowering reads it. Nothing here is resolved: a name
// is a name. Every node has the span of its text. Nodes move and do not copy. The parser bounds how deep they nest
// (kMaxNesting), so that walking and destroying a tree by recursion is safe.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "neuro/source.h"

namespace neuro::ns {

/// Brackets, blocks and chains of operators nest at most this deep.
constexpr int kMaxNesting = 256;

/// A word as written, without meaning yet: an identifier, or one of `in` and `out` where a reference may stand.
struct Name {
  std::string text;
  Span span;
};

// ---- Values: arguments, defaults, conditions, guards, globals ------------------------------------------------------

struct Value;

/// `value` or `name=value` in a call.
struct Argument {
  Span span;
  std::optional<Name> name;
  std::unique_ptr<Value> value;  ///< never null
};

/// `Linear(dim, bias=false)`, or a bare word where a call may stand (`parentheses` is false then, and no arguments).
struct Call {
  Span span;
  Name callee;
  bool parentheses = true;
  std::vector<Argument> arguments;
};

enum class BinaryOp { add, sub, mul, div, eq, ne, lt, gt, le, ge, logical_and, logical_or };
enum class UnaryOp { negate, logical_not };

struct IntValue {
  std::int64_t value = 0;
};
struct FloatValue {
  double value = 0;
};
/// Without its quotes, escapes resolved.
struct StringValue {
  std::string text;
};
struct BoolValue {
  bool value = false;
};
/// `[a, b]` or `(a, b)`; `(a)` is just `a`.
struct ListValue {
  std::vector<Value> items;
};
/// A bare word.
struct NameValue {
  std::string name;
};
/// `@global name`.
struct GlobalValue {
  Name name;
};
/// `@index`: the number of the iteration, inside an unroll.
struct IndexValue {};
struct CallValue {
  Call call;
};
/// Operands are never null. Comparisons do not chain.
struct BinaryValue {
  BinaryOp op = BinaryOp::add;
  Span op_span;
  std::unique_ptr<Value> left, right;
};
/// A minus before a number is part of the number (IntValue, FloatValue); this is a minus before anything else, or
/// `not`.
struct UnaryValue {
  UnaryOp op = UnaryOp::negate;
  std::unique_ptr<Value> operand;
};

struct Value {
  Span span;
  std::variant<IntValue, FloatValue, StringValue, BoolValue, ListValue, NameValue, GlobalValue, IndexValue, CallValue,
               BinaryValue, UnaryValue>
      node;
};

// ---- Shapes --------------------------------------------------------------------------------------------------------

struct Dim;

enum class DimOp { add, sub, mul, div };

struct LiteralDim {
  std::int64_t value = 0;
};
struct NameDim {
  std::string name;
};
/// `*`: one dim; at the start of a shape one or more.
struct WildcardDim {};
/// `_`: exactly one dim, every occurrence for itself.
struct AnonymousDim {};
/// `*name`: zero or more dims.
struct VariadicDim {
  Name name;
};
/// `@global name`.
struct GlobalDim {
  Name name;
};
/// Operands are never null.
struct BinaryDim {
  DimOp op = DimOp::add;
  Span op_span;
  std::unique_ptr<Dim> left, right;
};

struct Dim {
  Span span;
  std::variant<LiteralDim, NameDim, WildcardDim, AnonymousDim, VariadicDim, GlobalDim, BinaryDim> node;
};

/// `[*batch, seq, dim * 4]`, brackets included in the span.
struct Shape {
  Span span;
  std::vector<Dim> dims;
};

/// One entry of a `=>` target: `size`, `name = size`, or `others`.
struct ReshapeDim {
  Span span;
  bool others = false;
  std::optional<Name> name;
  std::optional<Dim> size;  ///< absent exactly when `others`
};

// ---- Graph ---------------------------------------------------------------------------------------------------------

struct Step;

/// A source followed by the steps its value takes; also the body of an arm or a branch, whose first step takes what the
/// arm or branch receives. Inline (`a -> b`) and indented forms are the same here.
struct Pipeline {
  Span span;
  std::vector<Step> steps;  ///< never empty
};

/// `in`, `out`, `name`, or `name.port`. A port may be an index: `name.0`.
struct Reference {
  Name name;
  std::optional<Name> port;
};

/// `(a, b)`.
struct Tuple {
  std::vector<Reference> items;
};

/// Something that makes or names a module: `Linear(d, d)`, `binding`, `@global shared`, `Freeze(...)` around either.
/// In a graph it has parentheses or is frozen; a bare word there is a Reference.
struct ModuleExpr {
  Span span;
  bool frozen = false;
  bool global = false;  ///< written `@global name`
  Call call;
};

/// `[*, d] where d > 8: pipeline`.
struct MatchArm {
  Span span;
  Shape pattern;
  std::optional<Value> guard;
  Pipeline body;
};

/// `match: -> arms`.
struct ShapeMatch {
  Span keyword;
  std::vector<MatchArm> arms;  ///< never empty
};

struct ContractPort {
  std::optional<Name> name;
  Shape shape;
};

/// `in [..] -> out [..]: pipeline`.
struct ContractArm {
  Span span;
  ContractPort in, out;
  std::optional<Value> guard;
  Pipeline body;
};

/// `match(param): arms`.
struct ContractMatch {
  Span keyword;
  Name subject;
  std::vector<ContractArm> arms;  ///< never empty
};

struct Branch {
  Span keyword;  ///< `if` or `elif`
  Value condition;
  Pipeline body;
};

/// `if c: pipeline elif d: pipeline else: pipeline`.
struct Conditional {
  std::vector<Branch> branches;  ///< never empty
  Span else_keyword;             ///< unknown when there is no `else`
  std::optional<Pipeline> otherwise;
};

/// `@wrap(W, a, b): binding` or `@wrap(W, a, b): -> pipeline`.
struct Wrap {
  Span keyword;
  Name wrapper;
  std::vector<Argument> arguments;  ///< without the wrapper
  std::variant<Name, Pipeline> body;
};

enum class TransformKind { reduce, repeat };

/// `@reduce(mean)`, `@repeat(copy)`, or a neuron as strategy: `@reduce(Pool(dim))`.
struct Transform {
  Span span;
  TransformKind kind = TransformKind::reduce;
  Call strategy;
};

/// `=> @reduce(mean) [b, h=d/k, others]`.
struct Reshape {
  Span arrow;
  std::optional<Transform> transform;
  Span target_span;  ///< the brackets
  std::vector<ReshapeDim> target;
};

struct Step {
  Span span;
  std::variant<Reference, Tuple, ModuleExpr, ShapeMatch, ContractMatch, Conditional, Wrap, Reshape> node;
};

// ---- Neurons -------------------------------------------------------------------------------------------------------

/// `name: type = default`.
struct Param {
  Span span;
  Name name;
  std::optional<Name> type;  ///< `Neuron` or `NeuronType`: the parameter is a neuron; anything else: a value
  std::optional<Value> default_value;
};

/// `in: shape`, `in name: shape`, `in *name: shape`, or a line of a port block.
struct Port {
  Span span;
  Name name;           ///< text "default" and the span of the keyword when the port has no name
  bool named = false;  ///< false: `in: shape`
  bool variadic = false;
  Shape shape;
};

/// `core,nn/Linear`: a package (hyphens allowed) and words, of which any may be `*`.
struct Path {
  Span span;
  Name package;
  std::vector<Name> parts;

  /// As it is written in a source: "core,nn/Linear".
  std::string text() const;
};

/// `impl: core,nn/Linear` or `impl: external(kernel="x")`.
struct Impl {
  Span span;
  std::optional<Path> path;  ///< absent: external
  std::vector<Argument> options;
};

enum class BindingKind { eager, lazy, shared, global };

/// `@lazy name = module`. `@static` is `shared`; `@global` here parses, and is an error of meaning (GlobalInContext).
struct Binding {
  Span span;
  BindingKind kind = BindingKind::eager;
  Name name;
  ModuleExpr module;
};

/// `name = unroll(count): bindings`.
struct Unroll {
  Span span;
  Name name;
  Value count;
  std::vector<Binding> members;
};

using ContextItem = std::variant<Binding, Unroll>;

/// A block of `///` lines: their text without the slashes and one space, lines joined by '\n'.
struct Doc {
  Span span;
  std::string text;

  /// The first line with text that is not a `# Section` title; empty if there is none.
  std::string brief() const;
};

struct Neuron {
  Span span;    ///< from `neuron` to the end of the body
  Span header;  ///< from `neuron` to the colon
  std::optional<Doc> doc;
  Name name;
  std::vector<Param> params;
  std::vector<Port> inputs, outputs;
  std::optional<Impl> impl;
  std::vector<ContextItem> context;
  std::vector<Pipeline> graph;  ///< the connections, in order; each has at least two steps
  Span graph_keyword;           ///< of the first `graph`; unknown when there is none (an empty graph is not none)
};

/// `use package,path`.
struct Use {
  Span span;
  Path path;
};

/// `@global name = value` at top level.
struct Global {
  Span span;
  Name name;
  Value value;
};

struct Program {
  std::uint32_t source = Span::kNone;  ///< index in the SourceMap
  std::vector<Use> uses;
  std::vector<Global> globals;
  std::vector<Neuron> neurons;
};

}  // namespace neuro::ns
