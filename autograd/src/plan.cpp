// Making plans, and the cache that finds the plan of an equal request.
#include "plan.h"

#include <cstdlib>
#include <cstring>
#include <deque>
#include <mutex>
#include <unordered_map>

#include "neuro/str.h"

namespace neuro {
namespace {

std::shared_ptr<const Plan> make_plan(planning::Graph graph, Planning planning) {
  auto plan = std::make_shared<Plan>();
  plan->table = &kernels::table();
  plan->graph = std::move(graph);
  planning::Graph& g = plan->graph;
  if (planning == Planning::full) planning::simplify(g);
  planning::resolve_views(g);
  planning::commit_assigns(g);
  if (planning == Planning::full) {
    planning::merge_updates(g);
    planning::fuse_elementwise(g);
  } else {
    planning::make_tiles(g);
  }
  for (const detail::Edge& leaf : g.leaves) {
    plan->leaf_infos.push_back(leaf.node->outputs[static_cast<std::size_t>(leaf.output)]);
  }
  planning::place(*plan, planning);

  for (const planning::Step& step : g.steps) {
    std::size_t bytes = step.tile != nullptr ? step.tile->scratch_bytes() : 0;
    if (step.op != nullptr && step.op->scratch != nullptr) {
      std::vector<Operand> in, out;
      const auto operand = [&](int v) {
        const planning::Value& value = g.value(v);
        return Operand{nullptr, value.shape, value.strides, value.dtype};
      };
      for (int i = 0; i < step.op_inputs; ++i) in.push_back(operand(step.in[static_cast<std::size_t>(i)]));
      for (int i = 0; i < step.op_outputs; ++i) out.push_back(operand(step.out[static_cast<std::size_t>(i)]));
      Call call{{plan->table}, in, out, &step.attrs, {}, nullptr};
      bytes += (step.op->scratch(call) + 63) / 64 * 64;
    }
    plan->scratch_bytes = std::max(plan->scratch_bytes, (bytes + 63) / 64 * 64);
  }
  g.leaves.clear();
  return plan;
}

// At most this many plans are kept; the oldest goes first.
constexpr std::size_t kCachedPlans = 256;

struct Cache {
  std::mutex mutex;
  std::unordered_map<std::string, std::shared_ptr<const Plan>> plans;
  std::deque<std::string> order;
};

Cache& cache() {
  static Cache instance;
  return instance;
}

}  // namespace

Planning default_planning() {
  const char* wanted = std::getenv("NEURO_PLAN");
  return wanted != nullptr && std::strcmp(wanted, "naive") == 0 ? Planning::naive : Planning::full;
}

Planned plan(const planning::Request& request, FunctionRef<bool(const Node&)> given, Planning planning) {
  planning::Lowered lowered = planning::lower(request, given);
  lowered.signature += str(kernels::table().name, planning == Planning::naive ? "naive" : "full");
  Planned result;
  result.leaves = lowered.graph.leaves;
  Cache& known = cache();
  {
    const std::lock_guard lock(known.mutex);
    if (const auto it = known.plans.find(lowered.signature); it != known.plans.end()) {
      result.plan = it->second;
      return result;
    }
  }
  result.plan = make_plan(std::move(lowered.graph), planning);
  const std::lock_guard lock(known.mutex);
  if (known.plans.emplace(lowered.signature, result.plan).second) {
    known.order.push_back(std::move(lowered.signature));
    if (known.order.size() > kCachedPlans) {
      known.plans.erase(known.order.front());
      known.order.pop_front();
    }
  }
  return result;
}

}  // namespace neuro
