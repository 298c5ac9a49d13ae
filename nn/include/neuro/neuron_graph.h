#pragma once
// NeuronGraph: what every front end lowers to. Neurons with parameters, ports with symbolic shapes, the modules that
// they contain and the graph that connects them; a span on everything a message may point at. Plain data: `check()`
// judges it and `instantiate()` turns it into a Model (both in <neuro/elaborate.h>).
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "neuro/source.h"

namespace neuro {

// --- Values that are computed when a neuron is instantiated ----------------------------------------------------------

struct Expr;

enum class ExprOp { add, sub, mul, div, eq, ne, lt, gt, le, ge, logical_and, logical_or, negate, logical_not };

struct NameExpr {
  std::string name;
  bool global = false;  ///< one of NeuronGraph::globals, whatever the neuron's own names are
};
/// The number of the iteration, inside an unroll: `@index`.
struct IndexExpr {};
/// A call as an argument, `Block(dim, 4)`: a fresh instance of Neuron::modules[module] for whoever receives it.
struct CallExpr {
  int module = 0;
  std::string text;
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
  std::variant<std::int64_t, double, bool, std::string, NameExpr, ListExpr, OperationExpr, IndexExpr, CallExpr> node;
};

// --- Shapes ----------------------------------------------------------------------------------------------------------

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

// --- Neurons ---------------------------------------------------------------------------------------------------------

struct ParamDecl {
  std::string name;
  Span span;
  std::optional<Expr> default_value;
  bool neuron = false;  ///< takes a neuron: a name to construct from, or an instance
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

/// Who uses one instance.
enum class Sharing {
  own,      ///< the neuron's instance that contains it
  neuron,   ///< all instances of the neuron, when callee and arguments are the same: `@static`
  program,  ///< everybody: `@global`
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
  bool binding = false;  ///< one of the context, rather than a call in the graph
  bool lazy = false;     ///< built when a pass first needs it
  Sharing sharing = Sharing::own;
  int parameter = -1;         ///< the callee is what this parameter stands for
  bool applied = false;       ///< kind parameter: written without parentheses, `p` rather than `p(...)`
  bool argument = false;      ///< a CallExpr makes it, no node of the graph
  std::optional<Expr> count;  ///< an unroll: its members run one after the other, `count` times
  std::vector<int> members;   ///< of an unroll, indices into Neuron::modules
  int unroll = -1;            ///< the unroll whose member it is
  int region = 0;             ///< where a call stands
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
/// One entry of the target of `=>`: `size`, `name = size`, or `others`.
struct ReshapeDim {
  Span span;
  bool others = false;
  std::string name;  ///< of a size that is introduced here, or ""
  Span name_span;
  Expr size;  ///< unless `others`
};
enum class ReshapeMode {
  rearrange,  ///< `=> [..]`
  reduce,     ///< `=> @reduce(..) [..]`: axes that the target does not name go
  repeat,     ///< `=> @repeat(..) [..]`: axes that the source does not have come
};
/// `=>`: the elements of one value in a new shape, found by the names of its sizes.
struct ReshapeNode {
  int source = -1;
  ReshapeMode mode = ReshapeMode::rearrange;
  /// How: "mean" for a reduction, "copy" for a repetition. "" when a neuron does it: then `source` is its result, which
  /// the target describes, and `original` is what it was made of.
  std::string strategy;
  Span strategy_span;
  int original = -1;
  std::vector<ReshapeDim> target;
  Span target_span;
};
/// A named intermediate.
struct NameNode {
  std::string name;
  int source = -1;
};

/// What an arm of `match(p)` asks of the neuron behind p. A port without a name is the only one, or the unnamed one.
struct ContractPattern {
  std::string input, output;  ///< "" without a name
  ShapePattern in, out;
};

/// One way through a choice. What stands in none of `pattern`, `contract` and `condition` always holds.
struct Arm {
  Span span;  ///< of what selects it
  std::optional<ShapePattern> pattern;
  std::optional<ContractPattern> contract;
  std::optional<Expr> condition;  ///< of `if`, or behind `where`
  int region = 0;                 ///< its nodes are those of this region
  int result = -1;                ///< the node that gives its values; may stand outside: then the values pass through
  std::vector<int> outputs;       ///< the node behind each of ChooseNode::outputs
};

enum class ChoiceKind { condition, shape, contract };

/// `if`, `match:` or `match(p):`. The first arm that fits runs; all arms read the same source.
struct ChooseNode {
  ChoiceKind kind = ChoiceKind::condition;
  int source = -1;
  int parameter = -1;  ///< kind contract: the neuron that is asked
  std::vector<Arm> arms;
  std::vector<int> outputs;  ///< ports that some arm assigns, ascending
};
/// What the arm that ran assigned to an output of the neuron: value `index` of ChooseNode::outputs.
struct ChosenNode {
  int choice = -1;
  int index = 0;
};

struct GraphNode {
  using Kind = std::variant<InputNode, CallNode, TupleNode, UnpackNode, SelectNode, NameNode, ChooseNode, ChosenNode,
                            ReshapeNode>;
  Span span;
  Kind node;
  int region = 0;  ///< 0: always runs; else it runs when the arm of this region does, and may read what is outside
};

struct Neuron {
  std::string name;
  Span span;  ///< of its name
  std::vector<ParamDecl> params;
  std::vector<PortDecl> inputs, outputs;
  std::vector<ModuleDecl> modules;  ///< in the order of instantiation: bindings, then calls in the order of the graph
  std::vector<std::pair<std::string, int>> bindings;  ///< names under which modules may be passed on as arguments
  std::vector<GraphNode> nodes;
  int regions = 1;           ///< how many there are, the neuron's own body included
  std::vector<int> results;  ///< the node behind each output (one value each), -1 after an error
  bool incomplete = false;   ///< lowering refused a part of the body: only the ports are to be judged

  int add(Span span, GraphNode::Kind node, int region = 0);  ///< appends a node and returns its index
};

/// A value that every neuron may name.
struct GlobalDecl {
  std::string name;
  Span span;
  Expr value;
};

struct NeuronGraph {
  std::vector<Neuron> neurons;
  std::vector<GlobalDecl> globals;  ///< each made of those before it
  const Neuron* find(const std::string& name) const;
};

/// Text of a pattern as people write it: "[*batch, dim * 4]".
std::string text_of(const ShapePattern& shape);
/// Text of a value: "dim * 4".
std::string text_of(const Expr& value);

}  // namespace neuro
