// Assignments. An operation that updates memory in place (an optimizer) runs on the leaf itself after the guard was
// checked; every other new value is computed before and copied into its leaf at the very end.
#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "graph.h"

namespace neuro::planning {
namespace {

/// Whether a step may find an index out of range, which must be known before anything is assigned.
bool may_fault(const Graph& graph, const Step& step) {
  return step.op->overwrites == nullptr && step.op->view == nullptr &&
         std::any_of(step.in.begin(), step.in.end(),
                     [&](int v) { return graph.value(v).dtype == DType::i64 || graph.value(v).dtype == DType::i32; });
}

/// The steps that decide whether there is a commit: the guard's value depends on them, or they may raise a fault.
std::vector<bool> decisive(const Graph& graph) {
  std::vector<bool> out(graph.steps.size());
  std::unordered_set<int> needed;  // roots
  if (graph.guard >= 0) needed.insert(graph.root(graph.guard));
  for (std::size_t s = graph.steps.size(); s-- > 0;) {
    const Step& step = graph.steps[s];
    out[s] = may_fault(graph, step) ||
             std::any_of(step.out.begin(), step.out.end(), [&](int v) { return needed.contains(v); });
    if (!out[s]) continue;
    for (const int v : step.in) needed.insert(graph.root(v));
  }
  return out;
}

}  // namespace

void commit_assigns(Graph& graph) {
  std::unordered_map<int, int> leaf_of;  // assigned value -> leaf
  for (const auto& [leaf, value] : graph.assigns) leaf_of[value] = leaf;

  // How many steps read each leaf after the guard decides whether it may be overwritten there. What decides
  // about the commit runs before it, on copies.
  const std::vector<bool> before_guard = decisive(graph);
  std::unordered_set<int> late_values;
  std::vector<bool> late(graph.steps.size());
  for (std::size_t s = 0; s < graph.steps.size(); ++s) {
    const Step& step = graph.steps[s];
    const bool updates = !before_guard[s] && step.op->overwrites != nullptr &&
                         std::any_of(step.out.begin(), step.out.end(), [&](int v) { return leaf_of.contains(v); });
    late[s] = updates ||
              std::any_of(step.in.begin(), step.in.end(), [&](int v) { return late_values.contains(graph.root(v)); });
    if (late[s]) late_values.insert(step.out.begin(), step.out.end());
  }
  std::unordered_map<int, int> late_readers;  // root -> steps after the guard that read it
  for (std::size_t s = 0; s < graph.steps.size(); ++s) {
    if (!late[s]) continue;
    for (const int v : graph.steps[s].in) ++late_readers[graph.root(v)];
  }

  std::vector<Step> early, commit;
  std::unordered_set<int> done;  // leaves that hold their new value already
  for (std::size_t s = 0; s < graph.steps.size(); ++s) {
    Step step = std::move(graph.steps[s]);
    step.commit = late[s];
    std::vector<Step>& section = late[s] ? commit : early;
    if (step.op->overwrites != nullptr) {
      for (std::size_t k = 0; k < step.out.size(); ++k) {
        int& in = step.in[static_cast<std::size_t>(step.op->overwrites(static_cast<int>(k)))];
        const auto target = leaf_of.find(step.out[k]);
        const bool in_place = late[s] && target != leaf_of.end() && target->second == in && late_readers[in] == 1;
        if (in_place) {
          done.insert(in);
        } else {  // work on a copy
          const int copy = graph.add_value(graph.value(in).shape, graph.value(in).dtype);
          Step before = copy_step(in, copy);
          before.commit = late[s];
          section.push_back(std::move(before));
          in = copy;
        }
        for (Value& v : graph.values) {  // the result, and views of it
          if (v.root == step.out[k]) v.root = in;
        }
      }
    }
    section.push_back(std::move(step));
  }
  // Copies come last and read only memory that no commit overwrites (`own` in views.cpp made the values' memory
  // theirs).
  for (const auto& [leaf, value] : graph.assigns) {
    if (done.contains(leaf)) continue;
    Step step = copy_step(value, leaf);
    step.commit = true;
    commit.push_back(std::move(step));
  }
  for (int& v : graph.outputs) {  // an updated leaf that is also asked for
    if (graph.value(graph.root(v)).kind != Value::Kind::leaf) continue;
    const int copy = graph.add_value(graph.value(v).shape, graph.value(v).dtype);
    Step step = copy_step(v, copy);
    step.commit = true;
    commit.push_back(std::move(step));
    v = copy;
  }
  graph.steps = std::move(early);
  std::move(commit.begin(), commit.end(), std::back_inserter(graph.steps));
}

void merge_updates(Graph& graph) {
  std::vector<Step> merged;
  // Roots of what steps after the guard compute: their readers stay where they are.
  std::unordered_set<int> late_values;
  for (Step& step : graph.steps) {
    const OpDef& op = *step.op;
    const bool movable =
        std::none_of(step.in.begin(), step.in.end(), [&](int v) { return late_values.contains(graph.root(v)); });
    if (step.commit) {
      for (const int v : step.out) late_values.insert(graph.root(v));
    }
    bool joined = false;
    if (op.group_inputs > 0 && step.commit && movable) {
      for (Step& other : merged) {
        const auto shared = static_cast<std::ptrdiff_t>(op.shared_inputs);
        if (other.op != &op || !other.commit || !(other.attrs == step.attrs) ||
            !std::equal(step.in.begin(), step.in.begin() + shared, other.in.begin()) ||
            graph.value(step.in[static_cast<std::size_t>(shared)]).dtype !=
                graph.value(other.in[static_cast<std::size_t>(shared)]).dtype) {
          continue;
        }
        other.in.insert(other.in.end(), step.in.begin() + shared, step.in.end());
        other.out.insert(other.out.end(), step.out.begin(), step.out.end());
        other.op_inputs = static_cast<int>(other.in.size());
        other.op_outputs = static_cast<int>(other.out.size());
        joined = true;
        break;
      }
    }
    if (!joined) merged.push_back(std::move(step));
  }
  graph.steps = std::move(merged);
}

}  // namespace neuro::planning
