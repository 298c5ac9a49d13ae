// Views cost nothing: reshape, permute, slice and expand become strides over their input's memory. Where a kernel needs
// contiguous operands, or strides cannot express the view, a copy is inserted, once for each value.
#include <unordered_map>

#include "graph.h"
#include "ops/ops_internal.h"

namespace neuro::planning {

Step copy_step(int from, int to) {
  Step step;
  step.op = &contiguous_def;
  step.in = {from};
  step.out = {to};
  step.op_inputs = step.op_outputs = 1;
  return step;
}

void resolve_views(Graph& graph) {
  std::vector<Step> steps;
  std::unordered_map<int, int> renamed;  // output of a view step -> the view
  std::unordered_map<int, int> copied;   // value -> its contiguous copy
  const auto current = [&](int v) {
    const auto it = renamed.find(v);
    return it == renamed.end() ? v : it->second;
  };
  const auto contiguous = [&](int v) {
    if (graph.value(v).contiguous()) return v;
    const auto it = copied.find(v);
    if (it != copied.end()) return it->second;
    const int copy = graph.add_value(graph.value(v).shape, graph.value(v).dtype);
    steps.push_back(copy_step(v, copy));
    copied[v] = copy;
    return copy;
  };

  for (Step& step : graph.steps) {
    for (int& v : step.in) v = current(v);
    if (step.op->view != nullptr) {
      const Shape out = graph.value(step.out[0]).shape;
      Strides strides{};
      std::int64_t offset = 0;
      const auto attempt = [&](int v) {
        const Value& in = graph.value(v);
        const Operand operand{nullptr, in.shape, in.strides, in.dtype};
        offset = 0;
        if (!step.op->view(operand, step.attrs, out, strides, offset)) return false;
        renamed[step.out[0]] = graph.add_view(v, out, strides, in.offset + offset);
        return true;
      };
      if (!attempt(step.in[0])) attempt(contiguous(step.in[0]));
      continue;
    }
    if (step.op->elementwise == nullptr) {
      for (std::size_t i = 0; i < step.in.size(); ++i) {
        const Value& value = graph.value(step.in[i]);
        const bool any_strides = i < 32 && (step.op->strided_inputs >> i & 1u) != 0;
        const bool these = step.op->reads_in_place != nullptr &&
                           step.op->reads_in_place({nullptr, value.shape, value.strides, value.dtype});
        if (!any_strides && !these) step.in[i] = contiguous(step.in[i]);
      }
    }
    steps.push_back(std::move(step));
  }

  // What leaves the plan is memory of its own: a view, a leaf or a constant that is asked for is copied.
  std::unordered_map<int, int> materialised;
  const auto own = [&](int v) {
    v = current(v);
    const Value& value = graph.value(v);
    if (value.kind == Value::Kind::computed && value.root == v) return v;
    if (const auto it = materialised.find(v); it != materialised.end()) return it->second;
    const int copy = graph.add_value(value.shape, value.dtype);
    steps.push_back(copy_step(v, copy));
    materialised[v] = copy;
    return copy;
  };
  for (int& v : graph.outputs) v = own(v);
  for (auto& [leaf, value] : graph.assigns) value = own(value);
  if (graph.guard >= 0) graph.guard = own(graph.guard);
  graph.steps = std::move(steps);
}

}  // namespace neuro::planning
