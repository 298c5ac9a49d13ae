#include "neuro/optimizer.h"

#include <algorithm>

#include "neuro/ops.h"
#include "neuro/str.h"

namespace neuro {
namespace {

/// One leaf of zeros for each parameter.
std::vector<Var> zeros_for(std::span<const Parameter> parameters) {
  std::vector<Var> out;
  for (const Parameter& p : parameters) out.emplace_back(Tensor::zeros(p.var.shape(), p.var.dtype()));
  return out;
}

void add_state(StateDict& out, const std::string& prefix, std::span<const Parameter> parameters,
               const std::vector<Var>& leaves) {
  for (std::size_t i = 0; i < leaves.size(); ++i) out.emplace_back(prefix + parameters[i].name, leaves[i].data());
}

class Adam final : public Optimizer {
 public:
  Adam(const char* name, const AdamOptions& options, std::span<const Parameter> parameters)
      : name_(name),
        options_(options),
        parameters_(parameters.begin(), parameters.end()),
        m_(zeros_for(parameters)),
        v_(zeros_for(parameters)) {}

  std::vector<Assign> record(std::span<const Var> gradients, const StepLeaves& leaves) override {
    std::vector<Assign> assigns;
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      const Var& p = parameters_[i].var;
      const auto [next, m, v] = adam(p, gradients[i], m_[i], v_[i], leaves.lr, leaves.step, leaves.scale, options_);
      assigns.push_back({p, next});
      assigns.push_back({m_[i], m});
      assigns.push_back({v_[i], v});
    }
    return assigns;
  }

  StateDict state() const override {
    StateDict out;
    add_state(out, "adam.m.", parameters_, m_);
    add_state(out, "adam.v.", parameters_, v_);
    return out;
  }
  const char* name() const override { return name_; }

 private:
  const char* name_;
  AdamOptions options_;
  std::vector<Parameter> parameters_;
  std::vector<Var> m_, v_;
};

class Sgd final : public Optimizer {
 public:
  Sgd(const SgdOptions& options, std::span<const Parameter> parameters)
      : options_(options), parameters_(parameters.begin(), parameters.end()) {
    if (options.momentum != 0) m_ = zeros_for(parameters);
  }

  std::vector<Assign> record(std::span<const Var> gradients, const StepLeaves& leaves) override {
    std::vector<Assign> assigns;
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      const Var& p = parameters_[i].var;
      const auto [next, m] = sgd(p, gradients[i], m_.empty() ? Var() : m_[i], leaves.lr, leaves.scale, options_);
      assigns.push_back({p, next});
      if (!m_.empty()) assigns.push_back({m_[i], m});
    }
    return assigns;
  }

  StateDict state() const override {
    StateDict out;
    add_state(out, "sgd.m.", parameters_, m_);
    return out;
  }
  const char* name() const override { return "sgd"; }

 private:
  SgdOptions options_;
  std::vector<Parameter> parameters_;
  std::vector<Var> m_;
};

}  // namespace

void Optimizer::load(const StateDict& state) {
  for (auto& [key, tensor] : this->state()) {
    const auto found = std::find_if(state.begin(), state.end(), [&](const auto& item) { return item.first == key; });
    if (found == state.end())
      throw Error(ErrorCode::checkpoint, str("the checkpoint's optimizer state has no `", key, "`"));
    if (!(found->second.shape() == tensor.shape()) || found->second.dtype() != tensor.dtype()) {
      throw Error(ErrorCode::checkpoint,
                  str("the checkpoint's `", key, "` is ", found->second.shape(), ", the model's is ", tensor.shape()));
    }
  }
  for (auto& [key, tensor] : this->state()) {
    const auto found = std::find_if(state.begin(), state.end(), [&](const auto& item) { return item.first == key; });
    Tensor target = tensor;
    target.copy_from(found->second);
  }
}

std::unique_ptr<Optimizer> make_adam(const TrainingConfig& config, std::span<const Parameter> parameters) {
  const AdamOptions options{config.betas.first, config.betas.second, config.eps, config.weight_decay.value_or(0), 0};
  return std::make_unique<Adam>("adam", options, parameters);
}

std::unique_ptr<Optimizer> make_adamw(const TrainingConfig& config, std::span<const Parameter> parameters) {
  const AdamOptions options{config.betas.first, config.betas.second, config.eps, 0, config.weight_decay.value_or(0.01)};
  return std::make_unique<Adam>("adamw", options, parameters);
}

std::unique_ptr<Optimizer> make_sgd(const TrainingConfig& config, std::span<const Parameter> parameters) {
  const SgdOptions options{config.momentum, 0, config.weight_decay.value_or(0), config.nesterov};
  return std::make_unique<Sgd>(options, parameters);
}

Var clip_scale(const Var& norm, double max_norm) {
  if (max_norm == 0) return constant(1, norm.dtype());
  return minimum(constant(1, norm.dtype()), constant(max_norm, norm.dtype()) / (norm + 1e-6));
}

}  // namespace neuro
