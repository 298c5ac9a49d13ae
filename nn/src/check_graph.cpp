// What the nodes of a graph give.
#include <algorithm>

#include "neuro/codes.h"
#include "neuro/str.h"
#include "neuron_check.h"

namespace neuro {

std::string count_text(std::size_t n, const char* thing) { return str(n, " ", thing, n == 1 ? "" : "s"); }

bool any_number(const std::vector<Flow>& values) {
  return std::any_of(values.begin(), values.end(), [](const Flow& f) { return f.many; });
}
bool any_loose(const std::vector<Flow>& values) {
  return std::any_of(values.begin(), values.end(), [](const Flow& f) { return f.loose; });
}
std::string number_of(const std::vector<Flow>& values) {
  return any_number(values) ? "any number" : str(values.size());
}

void NeuronCheck::walk(int region) {
  f_.walked.resize(static_cast<std::size_t>(neuron_.regions));
  f_.walked[static_cast<std::size_t>(region)] = true;
  if (region != 0) {
    for (const int node : f_.order[static_cast<std::size_t>(region)]) {
      declare_targets(neuron_.nodes[static_cast<std::size_t>(node)]);
    }
  }
  for (const int node : f_.order[static_cast<std::size_t>(region)]) flows_[static_cast<std::size_t>(node)] = flow(node);
}

const NeuronCheck::Flows& NeuronCheck::values_of(int node) {
  static const Flows none;
  return node < 0 ? (missing_ = {unknown_flow({})}) : flows_[static_cast<std::size_t>(node)];
}

NeuronCheck::Flows NeuronCheck::flow(int index) {
  const GraphNode& node = neuron_.nodes[static_cast<std::size_t>(index)];
  if (const auto* input = std::get_if<InputNode>(&node.node)) {
    Flow flow;
    flow.shape = f_.inputs[static_cast<std::size_t>(input->port)];
    flow.port = input->port;
    flow.many = neuron_.inputs[static_cast<std::size_t>(input->port)].variadic;
    flow.span = neuron_.inputs[static_cast<std::size_t>(input->port)].shape.span;
    return {flow};
  }
  if (const auto* use = std::get_if<CallNode>(&node.node)) {
    return call(node, use->module, Flows(values_of(use->source)));
  }
  if (const auto* tuple = std::get_if<TupleNode>(&node.node)) {
    Flows all;
    for (const int item : tuple->items) {
      const Flows& part = values_of(item);
      all.insert(all.end(), part.begin(), part.end());
    }
    return all;
  }
  if (const auto* unpack = std::get_if<UnpackNode>(&node.node)) return unpacked(node, *unpack);
  if (const auto* select = std::get_if<SelectNode>(&node.node)) return selected(index, node, *select);
  if (const auto* choice = std::get_if<ChooseNode>(&node.node)) return choose(index, node, *choice);
  if (const auto* chosen = std::get_if<ChosenNode>(&node.node)) {
    return chosen->choice < 0 ? Flows{unknown_flow(node.span)}
                              : chosen_[chosen->choice][static_cast<std::size_t>(chosen->index)];
  }
  if (const auto* reshape = std::get_if<ReshapeNode>(&node.node)) return reshaped(index, node, *reshape);
  return values_of(std::get<NameNode>(node.node).source);
}

NeuronCheck::Flows NeuronCheck::unpacked(const GraphNode& node, const UnpackNode& unpack) {
  const Flows source = values_of(unpack.source);
  const bool many = any_number(source);
  if (source.size() == 1 && !many) return source;
  if (source.size() == static_cast<std::size_t>(unpack.count) && !many)
    return {source[static_cast<std::size_t>(unpack.position)]};
  if (unpack.position == 0) {
    auto& d =
        diags_->error(codes::kArityMismatch, str(count_text(static_cast<std::size_t>(unpack.count), "name"), " for ",
                                                 many ? "any number of values" : count_text(source.size(), "value")));
    d.primary(node.span, str("takes ", unpack.count == 1 ? "1 value" : str("1 value for all, or ", unpack.count)));
    if (!source.empty() && source[0].span.known())
      d.secondary(source[0].span, many ? "gives one value or more" : str("gives ", count_text(source.size(), "value")));
  }
  return {unknown_flow(node.span)};
}

/// The names of the outputs of what made a value, with their aliases.
std::vector<std::vector<std::string>> NeuronCheck::output_names(const Flow& flow) const {
  std::vector<std::vector<std::string>> out;
  if (flow.module < 0) return out;
  const ModuleFacts& facts = f_.modules[static_cast<std::size_t>(flow.module)];
  if (facts.neuron) {
    for (const PortDecl& port : facts.neuron->outputs) out.push_back({port.name});
  } else if (facts.primitive) {
    for (std::size_t i = 0; i < facts.primitive->outputs.size(); ++i) {
      out.push_back({facts.primitive->outputs[i].name});
      if (i < facts.primitive->output_aliases.size()) {
        const auto& aliases = facts.primitive->output_aliases[i];
        out.back().insert(out.back().end(), aliases.begin(), aliases.end());
      }
    }
  }
  return out;
}

NeuronCheck::Flows NeuronCheck::selected(int index, const GraphNode& node, const SelectNode& select) {
  const Flows source = values_of(select.source);
  if (!source.empty() && source[0].unknown) return {unknown_flow(node.span)};
  const auto names = source.empty() ? std::vector<std::vector<std::string>>() : output_names(source[0]);
  for (std::size_t i = 0; i < source.size(); ++i) {
    const bool named = i < names.size() && names.size() == source.size() &&
                       std::find(names[i].begin(), names[i].end(), select.port) != names[i].end();
    if (!named && select.port != str(i)) continue;
    f_.selected[index] = i;
    return {source[i]};
  }
  auto& d = diags_->error(codes::kUnknownNode, str("there is no port `", select.port, "` here"));
  std::string known;
  for (const auto& n : names) known += str(known.empty() ? "" : ", ", "`", n.front(), "`");
  d.primary(node.span,
            known.empty() || source.size() == 1 ? "this is one value without ports" : str("its ports are ", known));
  if (!source.empty() && source[0].span.known()) d.secondary(source[0].span, "made here");
  return {unknown_flow(node.span)};
}

}  // namespace neuro
