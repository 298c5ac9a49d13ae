// Prune: equal expressions are computed once, multiplications by one and additions of zero disappear, and what nobody
// needs is dropped.
#include <map>
#include <string>
#include <unordered_map>

#include "graph.h"
#include "neuro/error.h"
#include "ops/ops_internal.h"

namespace neuro::planning {
namespace {

/// The value of a rank-0 constant, also through a broadcast; NaN (which equals nothing) when v is not one.
struct Constants {
  const Graph& graph;
  std::unordered_map<int, double> broadcast;  // outputs of broadcast_to over a constant
  bool is(int v, double wanted) const {
    const Value& value = graph.value(v);
    if (value.kind == Value::Kind::constant) return value.constant == wanted;
    const auto it = broadcast.find(v);
    return it != broadcast.end() && it->second == wanted;
  }
};

}  // namespace

void simplify(Graph& graph) {
  std::vector<int> same(graph.values.size());  // value -> the value that stands for it
  for (std::size_t v = 0; v < same.size(); ++v) same[v] = static_cast<int>(v);
  std::map<std::string, std::vector<int>> seen;  // an expression's text -> its outputs
  std::map<std::pair<double, DType>, int> constants;
  Constants known{graph, {}};
  for (std::size_t v = 0; v < graph.values.size(); ++v) {
    const Value& value = graph.values[v];
    if (value.kind == Value::Kind::constant)
      same[v] = constants.try_emplace({value.constant, value.dtype}, static_cast<int>(v)).first->second;
  }

  std::vector<Step> steps;
  for (Step& step : graph.steps) {
    for (int& v : step.in) v = same[static_cast<std::size_t>(v)];
    const Shape& shape = graph.value(step.out[0]).shape;
    const auto stands_for = [&](int v) {
      same[static_cast<std::size_t>(step.out[0])] = v;
      return true;
    };
    const auto identity = [&] {
      if (step.op == &mul_def || step.op == &add_def) {
        const double neutral = step.op == &mul_def ? 1 : 0;
        for (std::size_t i = 0; i < 2; ++i) {
          if (known.is(step.in[1 - i], neutral) && graph.value(step.in[i]).shape == shape)
            return stands_for(step.in[i]);
        }
      }
      if ((step.op == &broadcast_to_def || step.op == &reshape_def) && graph.value(step.in[0]).shape == shape)
        return stands_for(step.in[0]);
      return false;
    };
    if (step.op == &broadcast_to_def) {
      for (const auto& [key, v] : constants) {
        if (v == step.in[0]) known.broadcast[step.out[0]] = key.first;
      }
    }
    if (identity()) continue;
    if (step.op->overwrites == nullptr) {
      std::string text(reinterpret_cast<const char*>(&step.op), sizeof step.op);
      text.append(reinterpret_cast<const char*>(step.attrs.f.data()), sizeof step.attrs.f);
      for (const std::int64_t i : step.attrs.i) text.append(reinterpret_cast<const char*>(&i), sizeof i);
      for (const int v : step.in) text.append(reinterpret_cast<const char*>(&v), sizeof v);
      const auto [it, fresh] = seen.try_emplace(std::move(text), step.out);
      if (!fresh) {
        for (std::size_t k = 0; k < step.out.size(); ++k) same[static_cast<std::size_t>(step.out[k])] = it->second[k];
        continue;
      }
    }
    steps.push_back(std::move(step));
  }
  const auto replace = [&](int& v) { v = same[static_cast<std::size_t>(v)]; };
  for (int& v : graph.outputs) replace(v);
  for (auto& [leaf, value] : graph.assigns) replace(value);
  if (graph.guard >= 0) replace(graph.guard);

  std::vector<bool> needed(graph.values.size());
  const auto need = [&](int v) { needed[static_cast<std::size_t>(v)] = true; };
  for (const int v : graph.outputs) need(v);
  for (const auto& [leaf, value] : graph.assigns) need(value);
  if (graph.guard >= 0) need(graph.guard);
  std::vector<Step> kept;
  for (auto it = steps.rbegin(); it != steps.rend(); ++it) {
    bool used = false;
    for (const int v : it->out) used = used || needed[static_cast<std::size_t>(v)];
    if (!used) continue;
    for (const int v : it->in) need(v);
    kept.push_back(std::move(*it));
  }
  graph.steps.assign(std::make_move_iterator(kept.rbegin()), std::make_move_iterator(kept.rend()));
}

}  // namespace neuro::planning
