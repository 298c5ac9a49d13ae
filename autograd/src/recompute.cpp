#include "recompute.h"

#include "neuro/var.h"

namespace neuro {
namespace {

constexpr OpDef entering_def{
    .name = "entering",  // attrs.i: number of the region
    .vjp = [](const Vjp& v) { return Grads{v.gy[0]}; },
    .view =
        [](const Operand& x, const Attrs&, const Shape&, Strides& strides, std::int64_t&) {
          strides = x.strides;
          return true;
        },
    .source = "identity",
};

bool inside(const Node& node, const Region* region) {
  for (const Region* r = node.region.get(); r != nullptr; r = r->parent.get()) {
    if (r == region) return true;
  }
  return false;
}

/// A view that enters a region is taken again, too: derivatives look through views of their operands.
bool is_repeated(const Node& node, const Region* region) {
  return node.computed() && (inside(node, region) || (node.op->view != nullptr && node.op != &entering_def));
}

std::shared_ptr<Node> node_like(const OpDef& op, Attrs attrs, std::vector<detail::Edge> inputs, const Node& original) {
  auto node = std::make_shared<Node>();
  node->op = &op;
  node->called = original.called;
  node->attrs = std::move(attrs);
  node->inputs = std::move(inputs);
  node->outputs = original.outputs;
  node->differentiable = original.differentiable;
  return node;
}

}  // namespace

std::shared_ptr<const Region>& current_region() {
  thread_local std::shared_ptr<const Region> region;
  return region;
}

Recompute::Recompute() : before_(current_region()) {
  current_region() = std::make_shared<const Region>(Region{before_});
}
Recompute::~Recompute() { current_region() = before_; }

detail::Edge Recomputation::entering(const detail::Edge& e, const Region* region) {
  const Region* around = region->parent.get();
  while (around != nullptr && !inside(*e.node, around)) around = around->parent.get();
  const std::int64_t number = numbers_.try_emplace(region, static_cast<std::int64_t>(numbers_.size())).first->second;
  auto node = node_like(entering_def, {.i = {number}}, {value(e, around)}, *e.node);
  node->outputs = {e.node->outputs[static_cast<std::size_t>(e.output)]};
  return {std::move(node), 0};
}

detail::Edge Recomputation::value(const detail::Edge& wanted, const Region* region) {
  const auto is_known = [&](const detail::Edge& e) {
    return region == nullptr || e.node->kind == Node::Kind::constant ||
           known_.contains({region, e.node.get(), e.output});
  };
  const auto get = [&](const detail::Edge& e) {
    const auto it = known_.find({region, e.node.get(), e.output});
    return it == known_.end() ? e : it->second;
  };
  std::vector<detail::Edge> stack{wanted};  // no recursion: a region may be a long chain
  while (!stack.empty()) {
    const detail::Edge e = stack.back();
    if (is_known(e)) {
      stack.pop_back();
      continue;
    }
    if (!is_repeated(*e.node, region)) {
      known_[{region, e.node.get(), e.output}] = entering(e, region);
      continue;
    }
    const std::size_t size = stack.size();
    std::vector<detail::Edge> inputs;
    for (const detail::Edge& input : e.node->inputs) {
      if (is_known(input)) {
        inputs.push_back(get(input));
      } else {
        stack.push_back(input);
      }
    }
    if (stack.size() > size) continue;
    const auto copy = node_like(*e.node->op, e.node->attrs, std::move(inputs), *e.node);
    for (int i = 0; i < static_cast<int>(copy->outputs.size()); ++i) known_[{region, e.node.get(), i}] = {copy, i};
  }
  return get(wanted);
}

}  // namespace neuro
