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
  if (const auto* choice = std::get_if<ChooseNode>(&node.node)) return {choice->source};
  if (const auto* chosen = std::get_if<ChosenNode>(&node.node)) return {chosen->choice};
  if (const auto* reshape = std::get_if<ReshapeNode>(&node.node)) return {reshape->source, reshape->original};
  return {};
}

namespace {

/// The sources of every node among the nodes of its own region. What the arms of a choice read outside is a source of
/// the choice.
std::vector<std::vector<int>> local_sources(const Neuron& neuron) {
  const auto region_of = [&](int node) { return neuron.nodes[static_cast<std::size_t>(node)].region; };
  std::vector<int> choice_of(static_cast<std::size_t>(neuron.regions), -1);
  std::vector<std::vector<int>> sources(neuron.nodes.size());
  std::vector<std::pair<int, int>> reads;  // (region, node) of what is read
  for (int i = 0; i < static_cast<int>(neuron.nodes.size()); ++i) {
    const GraphNode& node = neuron.nodes[static_cast<std::size_t>(i)];
    for (const int source : sources_of(node)) reads.emplace_back(node.region, source);
    const auto* choice = std::get_if<ChooseNode>(&node.node);
    for (std::size_t a = 0; choice && a < choice->arms.size(); ++a) {
      const Arm& arm = choice->arms[a];
      choice_of[static_cast<std::size_t>(arm.region)] = i;
      reads.emplace_back(arm.region, arm.result);
      for (const int output : arm.outputs) reads.emplace_back(arm.region, output);
    }
    for (const int source : sources_of(node)) {
      if (source >= 0 && region_of(source) == node.region) sources[static_cast<std::size_t>(i)].push_back(source);
    }
  }
  for (const auto& [region, source] : reads) {
    if (source < 0 || region_of(source) == region) continue;
    int reader = choice_of[static_cast<std::size_t>(region)];
    while (reader >= 0 && region_of(reader) != region_of(source)) {
      reader = choice_of[static_cast<std::size_t>(region_of(reader))];
    }
    if (reader >= 0) sources[static_cast<std::size_t>(reader)].push_back(source);
  }
  return sources;
}

}  // namespace

std::optional<std::vector<std::vector<int>>> evaluation_order(const Neuron& neuron, Diagnostics& diags) {
  const std::vector<std::vector<int>> sources = local_sources(neuron);
  enum class State { fresh, open, done };
  std::vector<State> state(neuron.nodes.size(), State::fresh);
  struct Visit {
    int node;
    std::size_t next = 0;
  };
  std::vector<std::vector<int>> order(static_cast<std::size_t>(neuron.regions));
  std::vector<Visit> path;  // a depth-first walk towards the sources, without recursion: graphs may be long
  bool cyclic = false;
  const auto enter = [&](int node) {
    state[static_cast<std::size_t>(node)] = State::open;
    path.push_back({node});
  };
  for (int root = 0; root < static_cast<int>(neuron.nodes.size()); ++root) {
    if (state[static_cast<std::size_t>(root)] == State::fresh) enter(root);
    while (!path.empty()) {
      Visit& visit = path.back();
      const std::vector<int>& of_node = sources[static_cast<std::size_t>(visit.node)];
      if (visit.next == of_node.size()) {
        state[static_cast<std::size_t>(visit.node)] = State::done;
        const int region = neuron.nodes[static_cast<std::size_t>(visit.node)].region;
        order[static_cast<std::size_t>(region)].push_back(visit.node);
        path.pop_back();
        continue;
      }
      const int source = of_node[visit.next++];
      if (state[static_cast<std::size_t>(source)] == State::done) continue;
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
