// Recording a forward pass: the tree is walked, operations are recorded.
#include <unordered_map>

#include "module.h"
#include "neuro/error.h"
#include "neuro/random.h"
#include "neuro/str.h"

namespace neuro {
namespace {

std::string place(const Module& module) {
  return module.path.empty() ? module.name : str(module.path, " (", module.name, ")");
}

class Recording {
 public:
  explicit Recording(ForwardContext& context) : context_(context) {}

  std::vector<Var> run(const Module& module, std::span<const Var> inputs) {
    if (context_.layers == nullptr) return dispatch(module, inputs);
    const std::size_t row = context_.layers->size();
    context_.layers->push_back({module.path, module.name, depth_, module.primitive != nullptr, {}, own_size(module)});
    ++depth_;
    std::vector<Var> outputs = dispatch(module, inputs);
    --depth_;
    for (const Var& output : outputs) (*context_.layers)[row].outputs.push_back(output.shape());
    return outputs;
  }

 private:
  std::vector<Var> dispatch(const Module& module, std::span<const Var> inputs) {
    return module.primitive ? primitive(module, inputs) : composite(module, inputs);
  }

  std::int64_t own_size(const Module& module) const {
    if (uses_.count(&module) > 0) return 0;
    std::int64_t size = 0;
    for (std::size_t i = 0; i < module.weights.size(); ++i) {
      if (!module.specs[i].buffer) size += module.weights[i].shape().elements();
    }
    return size;
  }

  std::vector<Var> primitive(const Module& module, std::span<const Var> inputs) {
    std::vector<Var> in(inputs.begin(), inputs.end());
    if (module.primitive->integers == Integers::converted) {
      for (Var& v : in) {
        if (!is_floating(v.dtype())) v = convert(v, DType::f32);
      }
    }
    const int use = uses_[&module]++;
    const auto stream = stream_of(use == 0 ? module.path : str(module.path, "#", use));
    try {
      return module.primitive->forward({module.args, in, module.weights, context_, static_cast<std::int64_t>(stream)});
    } catch (const Error& error) {
      throw Error(error.code(), str(place(module), ": ", error.what()));
    }
  }

  std::vector<Var> composite(const Module& module, std::span<const Var> inputs) {
    check_ports(module, inputs);
    const Neuron& neuron = *module.neuron;
    std::vector<std::vector<Var>> values(neuron.nodes.size());
    const auto at = [&](int node) -> const std::vector<Var>& { return values[static_cast<std::size_t>(node)]; };
    for (const int index : module.facts.order) {
      std::vector<Var>& value = values[static_cast<std::size_t>(index)];
      const auto& node = neuron.nodes[static_cast<std::size_t>(index)].node;
      if (const auto* input = std::get_if<InputNode>(&node)) {
        if (neuron.inputs[static_cast<std::size_t>(input->port)].variadic) {
          value.assign(inputs.begin(), inputs.end());
        } else {
          value = {inputs[static_cast<std::size_t>(input->port)]};
        }
      } else if (const auto* call = std::get_if<CallNode>(&node)) {
        value = run(*module.children[static_cast<std::size_t>(call->module)], at(call->source));
      } else if (const auto* tuple = std::get_if<TupleNode>(&node)) {
        for (const int item : tuple->items) value.insert(value.end(), at(item).begin(), at(item).end());
      } else if (const auto* unpack = std::get_if<UnpackNode>(&node)) {
        const auto& source = at(unpack->source);
        value = {source.size() == 1 ? source[0] : source[static_cast<std::size_t>(unpack->position)]};
      } else if (const auto* select = std::get_if<SelectNode>(&node)) {
        value = {at(select->source)[module.facts.selected.at(index)]};
      } else {
        value = at(std::get<NameNode>(node).source);
      }
    }
    std::vector<Var> outputs;
    for (const int result : neuron.results) outputs.push_back(at(result)[0]);
    return outputs;
  }

  /// The ports of a composite hold for data too: a name has one size in a pass.
  void check_ports(const Module& module, std::span<const Var> inputs) {
    const Neuron& neuron = *module.neuron;
    const bool variadic = neuron.inputs.size() == 1 && neuron.inputs[0].variadic;
    if (variadic ? inputs.empty() : inputs.size() != neuron.inputs.size()) {
      throw Error(ErrorCode::shape,
                  str(place(module), ": takes ", neuron.inputs.size(), " inputs, receives ", inputs.size()));
    }
    Solver sizes = module.facts.solver;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      SymShape actual;
      for (const std::int64_t size : inputs[i].shape()) actual.push_back({Dim(size)});
      const std::size_t port = variadic ? 0 : i;
      if (variadic) sizes = module.facts.solver;
      if (!sizes.unify(module.facts.inputs[port], actual, -1, {}) && sizes.retry().empty()) continue;
      const std::string& name = neuron.inputs[port].name;
      throw Error(ErrorCode::shape,
                  str(place(module), ": input ", name == "default" ? "" : str("`", name, "` "), "takes ",
                      sizes.text(module.facts.inputs[port]), ", receives ", inputs[i].shape()));
    }
  }

  ForwardContext& context_;
  int depth_ = 0;
  std::unordered_map<const Module*, int> uses_;  ///< of shared modules in this pass
};

}  // namespace

std::vector<Var> record_module(const Module& root, std::span<const Var> inputs, ForwardContext& context) {
  return Recording(context).run(root, inputs);
}

}  // namespace neuro
