#pragma once
// The planner's own form of a request: what the passes rewrite until it can be placed in memory and run.
#include <memory>
#include <string>
#include <vector>

#include "neuro/plan.h"
#include "node.h"
#include "tile.h"

namespace neuro::planning {

/// One value. It owns memory (root == its own index) or looks at the memory of its root with strides and an offset.
struct Value {
  Shape shape;
  DType dtype = DType::f32;
  enum class Kind : std::uint8_t { leaf, constant, computed } kind = Kind::computed;
  int leaf = -1;        // kind leaf: index in Graph::leaves
  double constant = 0;  // kind constant: rank 0
  int root = -1;
  Strides strides{};
  std::int64_t offset = 0;  // elements from the root's first

  bool contiguous() const;
};

/// One kernel call, or a tile program, or a product with a tile program as its epilogue.
struct Step {
  const OpDef* op = nullptr;     // null: a tile program alone
  const char* called = nullptr;  // the operation that the user called, for messages
  Attrs attrs;
  std::vector<int> in, out;  // values; a tile program's operands are `in` followed by `out`
  int op_inputs = 0;         // how many of `in` (and `op_outputs` of `out`) are the operation's own
  int op_outputs = 0;
  std::shared_ptr<TileProgram> tile;
  bool commit = false;  // runs after the guard was checked
};

/// Copies `from` into the memory of `to`.
Step copy_step(int from, int to);

struct Graph {
  std::vector<Value> values;
  std::vector<Step> steps;  // in an order in which they can run
  std::vector<detail::Edge> leaves;
  std::vector<int> outputs;
  std::vector<std::pair<int, int>> assigns;  // (leaf value, new value)
  int guard = -1;

  int add_value(Shape shape, DType dtype);
  /// A view of value v.
  int add_view(int v, const Shape& shape, const Strides& strides, std::int64_t offset);
  int root(int v) const { return values[static_cast<std::size_t>(v)].root; }
  const Value& value(int v) const { return values[static_cast<std::size_t>(v)]; }
  /// One line a step, computed values numbered in the order in which they appear: "t1 = mul(x0, t0)".
  std::string text() const;
};

/// A request as indices, and the text that identifies its structure.
struct Lowered {
  Graph graph;
  std::string signature;
};

struct Request {
  std::vector<detail::Edge> outputs;
  std::vector<std::pair<detail::Edge, detail::Edge>> assigns;
  detail::Edge guard;
};

/// Nodes for which `given` holds are leaves of the request even if an operation made them (their values are known).
Lowered lower(const Request& request, FunctionRef<bool(const Node&)> given);

// The passes, in the order in which plan.cpp runs them. Each leaves a graph that can run.
void simplify(Graph& graph);          // share equal expressions, drop identities and what nobody needs
void resolve_views(Graph& graph);     // views become strides; copies where a kernel needs contiguous operands
void commit_assigns(Graph& graph);    // in-place updates and final copies, after the guard
void merge_updates(Graph& graph);     // one call for the updates of all parameters
void make_tiles(Graph& graph);        // every elementwise step becomes a tile program of its own
void fuse_elementwise(Graph& graph);  // chains of elementwise steps become one, or the epilogue of a product

}  // namespace neuro::planning
