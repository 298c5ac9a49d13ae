// From recorded nodes to the planner's graph, with the signature that identifies its structure.
#include <unordered_map>
#include <unordered_set>

#include "graph.h"
#include "neuro/error.h"
#include "neuro/str.h"

namespace neuro::planning {
namespace {

template <class T>
void put(std::string& out, const T& value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void put(std::string& out, const ValueInfo& info) {
  put(out, info.dtype);
  put(out, info.shape.rank());
  for (const std::int64_t d : info.shape) put(out, d);
}

}  // namespace

bool Value::contiguous() const {
  std::int64_t step = 1;
  for (int i = shape.rank() - 1; i >= 0; --i) {
    if (shape[i] != 1 && strides[static_cast<std::size_t>(i)] != step) return false;
    step *= shape[i];
  }
  return true;
}

int Graph::add_value(Shape shape, DType dtype) {
  Value v;
  v.shape = shape;
  v.dtype = dtype;
  v.strides = contiguous_strides(shape);
  v.root = static_cast<int>(values.size());
  values.push_back(v);
  return v.root;
}

int Graph::add_view(int v, const Shape& shape, const Strides& strides, std::int64_t offset) {
  Value view = value(v);
  view.shape = shape;
  view.strides = strides;
  view.offset = offset;
  values.push_back(view);
  return static_cast<int>(values.size()) - 1;
}

Lowered lower(const Request& request, FunctionRef<bool(const Node&)> given) {
  Lowered result;
  Graph& graph = result.graph;
  std::string& signature = result.signature;

  std::vector<std::shared_ptr<Node>> roots;
  for (const auto& e : request.outputs) roots.push_back(e.node);
  for (const auto& [leaf, value] : request.assigns) {
    roots.push_back(leaf.node);
    roots.push_back(value.node);
  }
  if (request.guard.node) roots.push_back(request.guard.node);
  const auto order = ancestors(roots, [&](const Node& n) { return n.computed() && !given(n); });

  std::unordered_map<const Node*, int> first_value;  // of a node's outputs, which are consecutive
  for (const auto& node : order) {
    const int first = static_cast<int>(graph.values.size());
    first_value[node.get()] = first;
    const bool computed = node->computed() && !given(*node);
    put(signature, computed                             ? Value::Kind::computed
                   : node->kind == Node::Kind::constant ? Value::Kind::constant
                                                        : Value::Kind::leaf);
    for (int i = 0; i < static_cast<int>(node->outputs.size()); ++i) {
      const ValueInfo& info = node->outputs[static_cast<std::size_t>(i)];
      graph.add_value(info.shape, info.dtype);
      Value& value = graph.values.back();
      put(signature, info);
      if (node->kind == Node::Kind::constant) {
        value.kind = Value::Kind::constant;
        value.constant = node->constant;
        put(signature, node->constant);
      } else if (!computed) {
        value.kind = Value::Kind::leaf;
        value.leaf = static_cast<int>(graph.leaves.size());
        if (node->has_values()) value.strides = node->values[static_cast<std::size_t>(i)].strides();
        for (int a = 0; a < info.shape.rank(); ++a) put(signature, value.strides[static_cast<std::size_t>(a)]);
        graph.leaves.push_back({node, i});
      }
    }
    if (!computed) continue;
    Step step;
    step.op = node->op;
    step.attrs = node->attrs;
    put(signature, step.op);
    put(signature, step.attrs.f);
    put(signature, step.attrs.i.size());
    for (const std::int64_t x : step.attrs.i) put(signature, x);
    put(signature, node->inputs.size());
    for (const detail::Edge& e : node->inputs) {
      step.in.push_back(first_value.at(e.node.get()) + e.output);
      put(signature, step.in.back());
    }
    for (int i = 0; i < static_cast<int>(node->outputs.size()); ++i) step.out.push_back(first + i);
    step.op_inputs = static_cast<int>(step.in.size());
    step.op_outputs = static_cast<int>(step.out.size());
    graph.steps.push_back(std::move(step));
  }

  const auto index = [&](const detail::Edge& e) { return first_value.at(e.node.get()) + e.output; };
  put(signature, request.outputs.size());
  for (const auto& e : request.outputs) {
    graph.outputs.push_back(index(e));
    put(signature, graph.outputs.back());
  }
  std::unordered_set<const Node*> assigned;
  for (const auto& [leaf, value] : request.assigns) {
    const Value& target = graph.value(index(leaf));
    const Value& source = graph.value(index(value));
    if (target.kind != Value::Kind::leaf || !leaf.node->has_values()) {
      throw Error(ErrorCode::invalid_argument, "assign: the target is not a leaf with memory of its own");
    }
    if (target.shape != source.shape || target.dtype != source.dtype) {
      throw Error(ErrorCode::invalid_argument, str("assign: a leaf ", name_of(target.dtype), " ", target.shape,
                                                   " cannot take a value ", name_of(source.dtype), " ", source.shape));
    }
    if (!assigned.insert(leaf.node.get()).second)
      throw Error(ErrorCode::invalid_argument, "assign: a leaf is assigned twice in one request");
    graph.assigns.emplace_back(index(leaf), index(value));
    put(signature, graph.assigns.back());
  }
  if (request.guard.node) {
    graph.guard = index(request.guard);
    const Value& guard = graph.value(graph.guard);
    if (guard.shape.elements() != 1 || !is_floating(guard.dtype)) {
      throw Error(ErrorCode::invalid_argument,
                  str("guard: must be one f32 or f64 number, got ", name_of(guard.dtype), " ", guard.shape));
    }
  }
  put(signature, graph.guard);
  return result;
}

}  // namespace neuro::planning
