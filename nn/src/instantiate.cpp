// Instantiation: arguments, the tree of modules, and weights drawn from their paths (spec: neuroscript.md, 4.1 and
// appendix B).
#include <algorithm>
#include <fstream>
#include <sstream>
#include <unordered_set>

#include "builder.h"
#include "neuro/codes.h"
#include "neuro/error.h"
#include "neuro/random.h"
#include "neuro/str.h"
#include "neuro/suggest.h"

namespace neuro {
namespace {

/// The number in a file that holds nothing else ("max" and missing files: none).
std::optional<std::uint64_t> number_in(const char* path) {
  std::ifstream file(path);
  std::uint64_t value = 0;
  return file >> value ? std::optional(value) : std::nullopt;
}

std::vector<Port> ports_of(const std::vector<PortDecl>& decls, const std::vector<SymShape>& shapes,
                           const Facts& facts) {
  std::vector<Port> ports;
  for (std::size_t i = 0; i < decls.size(); ++i) {
    Port port;
    port.name = decls[i].name;
    for (const Axis& axis : facts.solver.resolve(shapes[i])) {
      PortDim dim;
      if (axis.is_variadic()) {
        const Symbol& run = facts.solver.symbol(axis.variadic);
        dim.name = run.name;
      } else if (const auto size = axis.size.constant()) {
        dim.size = size;
      } else {
        dim.name = facts.solver.text(axis.size);
      }
      port.shape.push_back(std::move(dim));
    }
    ports.push_back(std::move(port));
  }
  return ports;
}

}  // namespace

std::uint64_t available_memory() {
  std::uint64_t available = UINT64_MAX;
  std::ifstream meminfo("/proc/meminfo");
  for (std::string line; std::getline(meminfo, line);) {
    std::istringstream words(line);
    std::string key;
    std::uint64_t kib = 0;
    if (words >> key >> kib && key == "MemAvailable:") available = kib * 1024;
  }
  const auto limit = number_in("/sys/fs/cgroup/memory.max"), used = number_in("/sys/fs/cgroup/memory.current");
  if (limit) available = std::min(available, *limit - std::min(*limit, used.value_or(0)));
  return available;
}

Model instantiate(std::shared_ptr<const NeuronGraph> graph, const std::string& neuron, const Params& params,
                  const InitOptions& init, Diagnostics& diags) {
  const Neuron* found = graph->find(neuron);
  if (!found) {
    std::vector<std::string> names;
    for (const Neuron& n : graph->neurons) names.push_back(n.name);
    auto& d = diags.error(codes::kMissingNeuron, str("there is no neuron `", neuron, "`"));
    std::string all;
    for (const std::string& name : names) all += str(all.empty() ? "" : ", ", name);
    if (auto hint = did_you_mean(neuron, names)) d.help(*hint);
    d.note(names.empty() ? "the source defines no neuron" : str("the source defines: ", all));
    return {};
  }
  auto model = std::make_shared<ModuleInstance>();
  model->graph = graph;
  model->init = init;
  Builder builder(*model, diags);
  model->globals = builder.checker().globals();
  if (!builder.root(model->root, *found, params)) return {};
  builder.make_weights(neuron, *model);
  model->publish_parameters();
  const Facts& facts = model->root.facts;
  model->inputs = ports_of(found->inputs, facts.inputs, facts);
  model->outputs = ports_of(found->outputs, facts.outputs, facts);
  return Model(std::move(model));
}

std::vector<PrimitiveInfo> list_primitives() {
  std::vector<PrimitiveInfo> out;
  for (const PrimitiveDef* def : primitives()) {
    PrimitiveInfo info{def->name, def->path, def->brief, signature_text(def->name, def->params), {}, {}, {}};
    for (const ParamSpec& param : def->params) {
      info.params.push_back({param.name});
      info.params.back().insert(info.params.back().end(), param.aliases.begin(), param.aliases.end());
    }
    const auto ports = [](const std::vector<PortSpec>& specs) {
      std::string text;
      for (const PortSpec& p : specs) {
        text += str(text.empty() ? "" : ", ", p.name == "default" ? "" : p.name + ": ", p.pattern);
      }
      return specs.size() == 1 && specs[0].name == "default" ? text : str("(", text, ")");
    };
    info.inputs = ports(def->inputs);
    info.outputs = ports(def->outputs);
    out.push_back(std::move(info));
  }
  return out;
}

bool is_primitive(std::string_view name) { return find_primitive(name) != nullptr; }

}  // namespace neuro
