// From recorded nodes to the planner's graph, with the signature that identifies its structure.
#include <algorithm>
#include <functional>
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

constexpr char kSameAs = '=', kCopied = 'c';  // marks in the signature that are no Value::Kind

bool same_memory(const Tensor& a, const Tensor& b) {
  return a.raw() == b.raw() && a.dtype() == b.dtype() && a.shape() == b.shape() && a.strides() == b.strides();
}

/// Whether the bytes between the first and the last element of one meet those of the other.
bool may_overlap(const Tensor& a, const Tensor& b) {
  if (a.size() == 0 || b.size() == 0) return false;
  const auto range = [](const Tensor& t) {
    const auto* first = static_cast<const std::byte*>(t.raw());
    const std::byte* last = first;
    for (int i = 0; i < t.rank(); ++i) {
      const std::int64_t reach = (t.shape()[i] - 1) * t.strides()[static_cast<std::size_t>(i)];
      (reach < 0 ? first : last) += reach * static_cast<std::int64_t>(size_of(t.dtype()));
    }
    return std::pair(first, last + size_of(t.dtype()));
  };
  const auto [first_a, end_a] = range(a);
  const auto [first_b, end_b] = range(b);
  return std::less<>()(first_a, end_b) && std::less<>()(first_b, end_a);
}

/// A leaf that shares some memory with one that is assigned is read through a copy made before anything is committed.
void separate_overlapping(Lowered& lowered) {
  Graph& graph = lowered.graph;
  const auto memory = [&](int v) -> const Tensor* {
    const detail::Edge& e = graph.leaves[static_cast<std::size_t>(graph.value(v).leaf)];
    return e.node->has_values() ? &e.node->values[static_cast<std::size_t>(e.output)] : nullptr;
  };
  std::vector<Step> copies;
  for (int v = 0, n = static_cast<int>(graph.values.size()); v < n; ++v) {
    if (graph.value(v).kind != Value::Kind::leaf || memory(v) == nullptr) continue;
    bool overlaps = false, assigned = false;
    for (const auto& [target, value] : graph.assigns) {
      assigned = assigned || target == v;
      overlaps = overlaps || (target != v && may_overlap(*memory(target), *memory(v)));
    }
    if (!overlaps) continue;
    if (assigned) throw Error(ErrorCode::invalid_argument, "assign: two leaves that are assigned share memory");
    const int copy = graph.add_value(graph.value(v).shape, graph.value(v).dtype);
    put(lowered.signature, kCopied);
    put(lowered.signature, v);
    const auto replace = [&](int& w) { w = w == v ? copy : w; };
    for (Step& step : graph.steps) std::for_each(step.in.begin(), step.in.end(), replace);
    std::for_each(graph.outputs.begin(), graph.outputs.end(), replace);
    for (auto& [target, value] : graph.assigns) replace(value);
    replace(graph.guard);
    copies.push_back(copy_step(v, copy));
  }
  graph.steps.insert(graph.steps.begin(), copies.begin(), copies.end());
}

}  // namespace

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

  std::unordered_map<const Node*, int> first_value;                     // of a node's outputs, which are consecutive
  std::unordered_map<const void*, std::vector<const Node*>> leaves_at;  // by where their memory begins
  for (const auto& node : order) {
    const bool computed = node->computed() && !given(*node);
    if (node->kind == Node::Kind::leaf) {  // `p.detach()` is p: one value, so that no update overtakes a read
      const Tensor& memory = node->values[0];
      std::vector<const Node*>& there = leaves_at[memory.raw()];
      const auto same =
          std::find_if(there.begin(), there.end(), [&](const Node* n) { return same_memory(n->values[0], memory); });
      if (same != there.end()) {
        first_value[node.get()] = first_value.at(*same);
        put(signature, kSameAs);
        put(signature, first_value.at(node.get()));
        continue;
      }
      there.push_back(node.get());
    }
    const int first = static_cast<int>(graph.values.size());
    first_value[node.get()] = first;
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
    step.called = node->called;
    step.attrs = node->attrs;
    put(signature, step.op);
    put(signature, step.called);
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
  std::unordered_set<int> assigned;
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
    if (!assigned.insert(index(leaf)).second)
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
  separate_overlapping(result);
  return result;
}

}  // namespace neuro::planning
