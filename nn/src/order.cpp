// Evaluation order of a neuron's graph, and its cycles.
#include <algorithm>

#include "check.h"
#include "neuro/codes.h"
#include "neuro/str.h"

namespace neuro {
namespace {

void report_cycle(const Neuron& neuron, const std::vector<int>& flow, Diagnostics& diags) {
  std::vector<std::pair<std::string, Span>> names;
  for (const int node : flow) {
    if (const auto* name = std::get_if<NameNode>(&neuron.nodes[static_cast<std::size_t>(node)].node)) {
      names.emplace_back(name->name, neuron.nodes[static_cast<std::size_t>(node)].span);
    }
  }
  if (names.empty()) return;
  // Starts where the text does, so that the message does not depend on how the graph was walked.
  std::rotate(names.begin(),
              std::min_element(names.begin(), names.end(),
                               [](const auto& a, const auto& b) { return a.second.begin < b.second.begin; }),
              names.end());
  std::string path;
  for (const auto& [name, span] : names) path += name + " -> ";
  path += names.front().first;
  auto& d = diags.error(codes::kCycleDetected, str("cycle: ", path));
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string& before = names[(i + names.size() - 1) % names.size()].first;
    const std::string text = str("`", names[i].first, "` is made from `", before, "`");
    i == 0 ? d.primary(names[i].second, text) : d.secondary(names[i].second, text);
  }
  d.help("a value must exist before it is used: start one of these from `in` or from a value outside the loop");
}

}  // namespace

std::vector<int> sources_of(const GraphNode& node) {
  if (const auto* call = std::get_if<CallNode>(&node.node)) return {call->source};
  if (const auto* tuple = std::get_if<TupleNode>(&node.node)) return tuple->items;
  if (const auto* unpack = std::get_if<UnpackNode>(&node.node)) return {unpack->source};
  if (const auto* select = std::get_if<SelectNode>(&node.node)) return {select->source};
  if (const auto* name = std::get_if<NameNode>(&node.node)) return {name->source};
  return {};
}

std::optional<std::vector<int>> evaluation_order(const Neuron& neuron, Diagnostics& diags) {
  enum class State { fresh, open, done };
  std::vector<State> state(neuron.nodes.size(), State::fresh);
  struct Visit {
    int node;
    std::vector<int> sources;
    std::size_t next = 0;
  };
  std::vector<int> order;
  std::vector<Visit> path;  // a depth-first walk towards the sources, without recursion: graphs may be long
  bool cyclic = false;
  const auto enter = [&](int node) {
    state[static_cast<std::size_t>(node)] = State::open;
    path.push_back({node, sources_of(neuron.nodes[static_cast<std::size_t>(node)])});
  };
  for (int root = 0; root < static_cast<int>(neuron.nodes.size()); ++root) {
    if (state[static_cast<std::size_t>(root)] == State::fresh) enter(root);
    while (!path.empty()) {
      Visit& visit = path.back();
      if (visit.next == visit.sources.size()) {
        state[static_cast<std::size_t>(visit.node)] = State::done;
        order.push_back(visit.node);
        path.pop_back();
        continue;
      }
      const int source = visit.sources[visit.next++];
      if (source < 0 || state[static_cast<std::size_t>(source)] == State::done) continue;
      if (state[static_cast<std::size_t>(source)] == State::fresh) {
        enter(source);
        continue;
      }
      std::vector<int> flow;
      for (auto v = path.rbegin(); v != path.rend(); ++v) {
        flow.push_back(v->node);
        if (v->node == source) break;
      }
      std::reverse(flow.begin(), flow.end());
      std::reverse(flow.begin() + 1, flow.end());  // from the first node with the flow, not against it
      report_cycle(neuron, flow, diags);
      cyclic = true;
    }
  }
  if (cyclic) return std::nullopt;
  return order;
}

}  // namespace neuro
