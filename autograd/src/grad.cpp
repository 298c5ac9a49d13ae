// Reverse-mode differentiation: gradients are recorded like everything else, so they can be differentiated again.
#include <map>
#include <unordered_set>

#include "neuro/error.h"
#include "neuro/ops.h"
#include "neuro/str.h"
#include "node.h"

namespace neuro {

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
  // Gradients that have arrived, by (node, output).
  std::map<std::pair<const Node*, int>, Var> arrived;
  const auto deposit = [&](const detail::Edge& to, Var g) {
    const ValueInfo& info = to.node->outputs[static_cast<std::size_t>(to.output)];
    if (g.shape() != info.shape) g = sum_to(g, info.shape);  // undoes a broadcast, here and nowhere else
    Var& slot = arrived[{to.node.get(), to.output}];
    slot = slot.defined() ? add(slot, g) : std::move(g);
  };

  // Nodes through which y depends on some x; gradients go nowhere else.
  const std::shared_ptr<Node> root[] = {y.edge().node};
  const auto order = ancestors(root, [](const Node& n) { return n.differentiable; });
  std::unordered_set<const Node*> useful;
  for (const Var& x : xs) useful.insert(x.edge().node.get());
  for (const auto& node : order) {
    for (const detail::Edge& edge : node->inputs) {
      if (node->differentiable && useful.contains(edge.node.get())) useful.insert(node.get());
    }
  }

  if (y.differentiable() && useful.contains(y.edge().node.get())) {
    deposit(y.edge(), seed.defined() ? seed : ones_like(y));
  }
  for (auto it = order.rbegin(); it != order.rend(); ++it) {
    const Node& node = **it;
    if (!node.computed() || !node.differentiable || !useful.contains(&node)) continue;
    std::vector<Var> in, out, gy;
    bool any = false;
    for (const detail::Edge& edge : node.inputs) in.emplace_back(edge);
    for (int i = 0; i < static_cast<int>(node.outputs.size()); ++i) {
      out.emplace_back(detail::Edge{*it, i});
      const auto found = arrived.find({&node, i});
      gy.push_back(found == arrived.end() ? Var() : found->second);
      any = any || gy.back().defined();
    }
    if (!any) continue;
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
    result.push_back(found == arrived.end() ? zeros_like(x) : found->second);
  }
  return result;
}

}  // namespace neuro
