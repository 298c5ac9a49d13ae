#include "neuro/model.h"

#include <algorithm>

#include "module.h"
#include "neuro/error.h"
#include "neuro/str.h"
#include "state.h"

namespace neuro {

std::string Port::text() const {
  std::string out = "[";
  for (const PortDim& dim : shape) {
    if (out.size() > 1) out += ", ";
    out += dim.size ? str(*dim.size) : dim.name;
  }
  return out + "]";
}

Model::Model(std::shared_ptr<ModuleInstance> root) : root_(std::move(root)) {}

const std::string& Model::neuron() const { return root_->root.name; }
const std::vector<Port>& Model::inputs() const { return root_->inputs; }
const std::vector<Port>& Model::outputs() const { return root_->outputs; }
const std::vector<Parameter>& Model::parameters() const { return root_->parameters(); }

std::int64_t Model::parameter_count() const {
  std::int64_t count = 0;
  for (const Parameter& p : parameters()) count += p.buffer ? 0 : p.var.shape().elements();
  return count;
}

std::vector<Var> Model::record(std::span<const Var> inputs, ForwardContext& context) const {
  return record_module(*root_, inputs, context);
}

std::vector<Tensor> Model::forward(std::span<const Tensor> inputs) const {
  std::string signature;
  for (const Tensor& t : inputs) signature += str(name_of(t.dtype()), t.shape());
  std::unique_ptr<ModuleInstance::Pass> pass;
  {
    const std::lock_guard lock(root_->mutex);
    if (auto& idle = root_->idle[signature]; !idle.empty()) {
      pass = std::move(idle.back());
      idle.pop_back();
    }
  }
  if (!pass) {
    pass = std::make_unique<ModuleInstance::Pass>();
    const NoGrad no_grad;
    for (const Tensor& t : inputs) pass->inputs.push_back(placeholder(t.shape(), t.dtype()));
    ForwardContext context;
    const std::vector<Var> outputs = record(pass->inputs, context);
    pass->replay = std::make_unique<Replay>(PlanRequest{.outputs = outputs});
    pass->outputs = outputs.size();
  }
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (pass->replay->reads(pass->inputs[i])) pass->replay->input(pass->inputs[i]).copy_from(inputs[i]);
  }
  pass->replay->run();
  std::vector<Tensor> outputs;
  for (std::size_t i = 0; i < pass->outputs; ++i) outputs.push_back(pass->replay->output(i).clone());
  constexpr std::size_t kMaxSignatures = 32;  // a host that sends every length once should not keep a plan for each
  const std::lock_guard lock(root_->mutex);
  if (root_->idle.size() > kMaxSignatures) root_->idle.clear();
  root_->idle[signature].push_back(std::move(pass));
  return outputs;
}

Tensor Model::forward(const Tensor& input) const {
  if (inputs().size() != 1 || outputs().size() != 1) {
    throw Error(ErrorCode::invalid_argument, str(neuron(), " has ", inputs().size(), " inputs and ", outputs().size(),
                                                 " outputs: pass a list of tensors"));
  }
  return forward(std::span<const Tensor>(&input, 1)).front();
}

StateDict Model::state_dict() const {
  StateDict state;
  for (const Parameter& p : parameters()) state.emplace_back(p.name, p.var.data());
  return state;
}

LoadReport Model::load_state_dict(const StateDict& state, Strict strict) const {
  std::vector<std::pair<std::string, Var>> leaves;
  for (const Parameter& p : parameters()) leaves.emplace_back(p.name, p.var);
  return load_tensors(neuron(), leaves, state, strict, [&](const std::string& name) {
    const auto longer = root_->long_names.find(name);
    return longer == root_->long_names.end() ? name : longer->second;
  });
}

}  // namespace neuro
