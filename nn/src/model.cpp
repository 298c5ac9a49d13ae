#include "neuro/model.h"

#include <algorithm>

#include "module.h"
#include "neuro/error.h"
#include "neuro/str.h"

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
const std::vector<Parameter>& Model::parameters() const { return root_->parameters; }

std::int64_t Model::parameter_count() const {
  std::int64_t count = 0;
  for (const Parameter& p : parameters()) count += p.buffer ? 0 : p.var.shape().elements();
  return count;
}

std::vector<Var> Model::record(std::span<const Var> inputs, ForwardContext& context) const {
  return record_module(root_->root, inputs, context);
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
  LoadReport report;
  std::vector<std::pair<Var, Tensor>> copies;
  std::vector<bool> used(parameters().size());
  for (const auto& [name, tensor] : state) {
    const auto longer = root_->long_names.find(name);
    const std::string& own = longer == root_->long_names.end() ? name : longer->second;
    const auto it =
        std::find_if(parameters().begin(), parameters().end(), [&](const Parameter& p) { return p.name == own; });
    if (it == parameters().end()) {
      report.unexpected.push_back(name);
      continue;
    }
    used[static_cast<std::size_t>(it - parameters().begin())] = true;
    if (!(it->var.shape() == tensor.shape())) {
      report.mismatched.push_back(str(name, ": file ", tensor.shape(), ", model ", it->var.shape()));
      continue;
    }
    report.matched.push_back(own);
    copies.emplace_back(it->var, tensor);
  }
  for (std::size_t i = 0; i < used.size(); ++i) {
    if (!used[i]) report.missing.push_back(parameters()[i].name);
  }
  if (strict == Strict::yes && !report.complete()) {
    std::string message = str("the file does not hold the parameters of ", neuron());
    const auto list = [&](const char* title, const std::vector<std::string>& names) {
      for (const std::string& name : names) message += str("\n  ", title, name);
    };
    list("missing: ", report.missing);
    list("not in the model: ", report.unexpected);
    list("another shape: ", report.mismatched);
    throw Error(ErrorCode::checkpoint, message);
  }
  for (auto& [var, tensor] : copies) {
    var.data().copy_from(tensor.dtype() == var.dtype() ? tensor : tensor.to(var.dtype()));
    var.touch();
  }
  return report;
}

}  // namespace neuro
