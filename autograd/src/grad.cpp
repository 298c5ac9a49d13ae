// Reverse-mode differentiation: gradients are recorded like everything else, so they can be differentiated again.
#include <map>
#include <unordered_set>

#include "neuro/error.h"
#include "neuro/ops.h"
#include "neuro/str.h"
#include "ops/ops_internal.h"
#include "recompute.h"
#include "within.h"

namespace neuro {
namespace {

/// The gradients that have arrived at one value. Those of neighbouring slices wait for each other for a while.
class Arrived {
 public:
  void add(Var g) {
    if (!is_slice_gradient(g)) return add_to_sum(std::move(g));
    for (std::size_t k = 0; k < waiting_.size(); ++k) {
      const Var joined = join_slice_gradients(waiting_[k], g);
      if (!joined.defined()) continue;
      waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(k));
      return add(joined);
    }
    waiting_.push_back(std::move(g));
    if (waiting_.size() <= kWaiting) return;
    add_to_sum(waiting_.front());
    waiting_.erase(waiting_.begin());
  }
  /// Undefined when none has arrived.
  Var sum() {
    for (Var& g : waiting_) add_to_sum(std::move(g));
    waiting_.clear();
    return sum_;
  }

 private:
  static constexpr std::size_t kWaiting = 8;  // each of them may be as large as the value

  void add_to_sum(Var g) { sum_ = sum_.defined() ? neuro::add(sum_, g) : std::move(g); }

  Var sum_;
  std::vector<Var> waiting_;
};

enum class Beyond { follow, stop };  ///< whether what the xs were computed from is looked at

/// The gradients of ys, each weighted by its seed (no seed: it does not count), by xs; undefined where none arrives.
std::vector<Var> propagate(std::span<const Var> ys, std::span<const Var> seeds, std::span<const Var> xs,
                           Beyond beyond) {
  // Gradients that have arrived, by (node, output).
  std::map<std::pair<const Node*, int>, Arrived> arrived;
  const auto deposit = [&](const detail::Edge& to, Var g) {
    const ValueInfo& info = to.node->outputs[static_cast<std::size_t>(to.output)];
    if (g.shape() != info.shape) g = sum_to(g, info.shape);  // undoes a broadcast, here and nowhere else
    arrived[{to.node.get(), to.output}].add(std::move(g));
  };

  // Nodes through which ys depend on some x; gradients go nowhere else.
  std::unordered_set<const Node*> ends, useful;
  std::vector<std::shared_ptr<Node>> roots;
  for (const Var& x : xs) ends.insert(x.edge().node.get());
  for (const Var& y : ys) roots.push_back(y.edge().node);
  useful = ends;
  const auto stops = [&](const Node& n) { return beyond == Beyond::stop && ends.contains(&n); };
  const auto order = ancestors(roots, [&](const Node& n) { return n.differentiable && !stops(n); });
  for (const auto& node : order) {
    for (const detail::Edge& edge : node->inputs) {
      if (node->differentiable && useful.contains(edge.node.get())) useful.insert(node.get());
    }
  }

  for (std::size_t k = 0; k < ys.size(); ++k) {
    if (seeds[k].defined() && ys[k].differentiable() && useful.contains(ys[k].edge().node.get()))
      deposit(ys[k].edge(), seeds[k]);
  }
  Recomputation again;
  for (auto it = order.rbegin(); it != order.rend(); ++it) {
    const Node& node = **it;
    if (!node.computed() || !node.differentiable || !useful.contains(&node) || stops(node)) continue;
    std::vector<Var> in, out, gy;
    bool any = false;
    for (int i = 0; i < static_cast<int>(node.outputs.size()); ++i) {
      const auto found = arrived.find({&node, i});
      gy.push_back(found == arrived.end() ? Var() : found->second.sum());
      any = any || gy.back().defined();
    }
    if (!any) continue;
    for (const detail::Edge& edge : node.inputs) in.emplace_back(again.value(edge, node.region.get()));
    for (int i = 0; i < static_cast<int>(node.outputs.size()); ++i) {
      out.emplace_back(again.value(detail::Edge{*it, i}, node.region.get()));
    }
    const PartOf part(node.called);
    Grads grads = node.op->vjp(Vjp{in, out, gy, node.attrs});
    NEURO_ASSERT(grads.size() == in.size(), "a derivative returns one gradient for each input");
    for (std::size_t i = 0; i < grads.size(); ++i) {
      const detail::Edge& edge = node.inputs[i];
      if (grads[i].defined() && edge.node->differentiable && useful.contains(edge.node.get()))
        deposit(edge, std::move(grads[i]));
    }
  }

  std::vector<Var> result;
  result.reserve(xs.size());
  for (const Var& x : xs) {
    const auto found = arrived.find({x.edge().node.get(), x.edge().output});
    result.push_back(found == arrived.end() ? Var() : found->second.sum());
  }
  return result;
}

}  // namespace

std::vector<Var> grad(const Var& y, std::span<const Var> xs, const Var& seed) {
  if (seed.defined() && seed.shape() != y.shape()) {
    throw Error(ErrorCode::shape, str("grad: the seed has shape ", seed.shape(), ", the value ", y.shape()));
  }
  if (seed.defined() && seed.dtype() != y.dtype()) {
    throw Error(ErrorCode::dtype, str("grad: the seed is ", name_of(seed.dtype()), ", the value ", name_of(y.dtype())));
  }
  for (std::size_t i = 0; i < xs.size(); ++i) {
    if (!xs[i].differentiable()) {
      throw Error(ErrorCode::invalid_argument,
                  str("grad: value ", i, " of those to differentiate by, ", name_of(xs[i].dtype()), " ", xs[i].shape(),
                      ", is not differentiable; mark leaves with requires_grad() before they are used"));
    }
  }
  const Var weight = seed.defined() ? seed : ones_like(y);
  std::vector<Var> result = propagate(std::span(&y, 1), std::span(&weight, 1), xs, Beyond::follow);
  for (std::size_t i = 0; i < xs.size(); ++i) {
    if (!result[i].defined()) result[i] = zeros_like(xs[i]);
  }
  return result;
}

Grads vjp_within(const Vjp& v, Formula formula) {
  // Names of their own for the operands: one value may be two operands, and products look through transposed operands.
  std::vector<Var> names;
  for (const Var& x : v.in) names.push_back(reshape(x, x.shape().dims()));
  return propagate(formula(names, v.attrs), v.gy, names, Beyond::stop);
}

}  // namespace neuro
