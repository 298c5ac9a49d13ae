#include "neuro/neuron_graph.h"

#include <algorithm>

namespace neuro {

const Neuron* NeuronGraph::find(const std::string& name) const {
  const auto it = std::find_if(neurons.begin(), neurons.end(), [&](const Neuron& n) { return n.name == name; });
  return it == neurons.end() ? nullptr : &*it;
}

int Neuron::add(Span at, GraphNode::Kind node, int region) {
  nodes.push_back({at, std::move(node), region});
  return static_cast<int>(nodes.size()) - 1;
}

std::string text_of(const ShapePattern& shape) {
  std::string out = "[";
  for (const DimPattern& dim : shape.dims) {
    if (out.size() > 1) out += ", ";
    switch (dim.kind) {
      case DimKind::size: out += text_of(dim.size); break;
      case DimKind::any: out += "_"; break;
      case DimKind::lead: out += "*"; break;
      case DimKind::rest: out += "*" + dim.name; break;
    }
  }
  return out + "]";
}

}  // namespace neuro
