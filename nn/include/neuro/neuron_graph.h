#pragma once
// NeuronGraph: what every front end lowers to. Neurons with parameters, ports with symbolic shapes, the modules that
// they contain and the graph that connects them; a span on everything a message may point at. Plain data: `check()`
// judges it and `instantiate()` turns it into a Model (both in <neuro/elaborate.h>).
//
// Later constructs (match, if, unroll, delayed edges) become further alternatives of `GraphNode::node` and
// `ModuleDecl`.
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "neuro/source.h"

namespace neuro {

// --- Values that are computed when a neuron is instantiated
// ------------------------------------------------------------

struct Expr;

enum class ExprOp { add, sub, mul, div, eq, ne, lt, gt, le, ge, logical_and, logical_or, negate, logical_not };

struct NameExpr {
  std::string name;
};
struct ListExpr {
  std::vector<Expr> items;
};
struct OperationExpr {
  ExprOp op = ExprOp::add;
  std::vector<Expr> operands;  ///< one for negate and logical_not, else two
};

/// A value as written: literals, names of parameters or of dimensions, arithmetic.
struct Expr {
  Span span;
  std::variant<std::int64_t, double, bool, std::string, NameExpr, ListExpr, OperationExpr> node;
};

// --- Shapes
// --------------------------------------------------------------------------------------------------------------

enum class DimKind {
  size,  ///< one axis: a number, a name, or arithmetic
  any,   ///< one axis of any size: `_`, or `*` that does not lead
  lead,  ///< one axis or more: a leading `*`
  rest,  ///< zero axes or more, all occurrences alike: `*name`
};

struct DimPattern {
  Span span;
  DimKind kind = DimKind::size;
  Expr size;         ///< kind size
  std::string name;  ///< kind rest
};

struct ShapePattern {
  Span span;
  std::vector<DimPattern> dims;
};

// --- Neurons
// -------------------------------------------------------------------------------------------------------------

struct ParamDecl {
  std::string name;
  Span span;
  std::optional<Expr> default_value;
};

struct PortDecl {
  std::string name;  ///< "default" when it has none
  Span span;
  ShapePattern shape;
  bool variadic = false;  ///< an input that takes one value or more
  bool implicit = false;  ///< not declared: its shape is inferred
};

struct ArgDecl {
  std::optional<std::string> name;
  Span name_span;
  Expr value;
  Span span;
};

/// A part with weights of its own: one call in the text, or one binding that may be used many times.
struct ModuleDecl {
  std::string name;     ///< how paths of parameters name it: the binding's name, `linear_0`, or "" for no segment
  bool kernel = false;  ///< the callee is a primitive even if a neuron has that name (`impl: core,nn/Linear`)
  bool frozen = false;  ///< its weights are not trained
  Span span;            ///< of the call
  std::string callee;
  Span callee_span;
  std::vector<ArgDecl> args;
};

// Every node yields one value or several. Sources are indices into Neuron::nodes, in any order; a source of -1 stands
// where lowering has already reported an error.
struct InputNode {
  int port = 0;
};
struct CallNode {
  int module = 0;
  int source = -1;
};
/// All values of its items, one after the other.
struct TupleNode {
  std::vector<int> items;
};
/// One name of a destination `(a, b)`: the only value of the source (an implicit fork), or value `position` of `count`.
struct UnpackNode {
  int source = -1;
  int position = 0, count = 1;
};
/// `name.port`: one output of the call behind `source`, by name or by index.
struct SelectNode {
  int source = -1;
  std::string port;
};
enum class ReshapeMode {
  rearrange,  ///< `=> [..]`
  reduce,     ///< `=> @reduce(..) [..]`: axes that the target does not name go
  repeat,     ///< `=> @repeat(..) [..]`: axes that the source does not have come
};
/// A named intermediate.
struct NameNode {
  std::string name;
  int source = -1;
};

struct GraphNode {
  using Kind = std::variant<InputNode, CallNode, TupleNode, UnpackNode, SelectNode, NameNode>;
  Span span;
  Kind node;
};

struct Neuron {
  std::string name;
  Span span;  ///< of its name
  std::vector<ParamDecl> params;
  std::vector<PortDecl> inputs, outputs;
  std::vector<ModuleDecl> modules;  ///< in the order of instantiation: bindings, then calls in the order of the graph
  std::vector<GraphNode> nodes;
  std::vector<int> results;  ///< the node behind each output (one value each), -1 after an error
  bool incomplete = false;   ///< lowering refused a part of the body: only the ports are to be judged

  int add(Span span, GraphNode::Kind node);  ///< appends a node and returns its index
};

struct NeuronGraph {
  std::vector<Neuron> neurons;
  const Neuron* find(const std::string& name) const;
};

/// Text of a pattern as people write it: "[*batch, dim * 4]".
std::string text_of(const ShapePattern& shape);
/// Text of a value: "dim * 4".
std::string text_of(const Expr& value);

}  // namespace neuro
