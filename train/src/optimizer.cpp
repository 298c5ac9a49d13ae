#include "neuro/optimizer.h"

#include <algorithm>

#include "neuro/ops.h"
#include "neuro/str.h"

namespace neuro {
namespace {

/// An update rule applied to the parameters of a model.
class RuleOptimizer final : public Optimizer {
 public:
  RuleOptimizer(const optim::Rule& rule, std::span<const Parameter> parameters)
      : rule_(rule), parameters_(parameters.begin(), parameters.end()), states_(parameters.size()) {
    optim::check(rule_);
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      const Var& p = parameters_[i].var;
      for (std::size_t k = 0; k < optim::states_of(rule_).size(); ++k)
        states_[i].emplace_back(Tensor::zeros(p.shape(), p.dtype()));
    }
  }

  std::vector<Assign> record(std::span<const Var> gradients, const StepLeaves& leaves) override {
    std::vector<Assign> assigns;
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      for (Assign& a :
           optim::record_step(rule_, optim::group_of(rule_), parameters_[i].var, gradients[i], states_[i], leaves))
        assigns.push_back(std::move(a));
    }
    return assigns;
  }

  StateDict state() const override {
    // Relatives of adam share its names, so that one can go on where another stopped.
    const std::string_view own = name();
    const std::string prefix = own == "adamw" || own == "amsgrad" ? "adam" : std::string(own);
    const std::vector<std::string> names = optim::states_of(rule_);
    StateDict out;
    for (std::size_t k = 0; k < names.size(); ++k) {
      for (std::size_t i = 0; i < parameters_.size(); ++i)
        out.emplace_back(str(prefix, ".", names[k], ".", parameters_[i].name), states_[i][k].data());
    }
    return out;
  }
  const char* name() const override { return optim::name_of(rule_); }

 private:
  optim::Rule rule_;
  std::vector<Parameter> parameters_;
  std::vector<std::vector<Var>> states_;  // of each parameter
};

/// `weight_decay` as it is in papers and PyTorch, w's factor in the gradient, is twice the L2 penalty's.
optim::Penalty classic(const TrainingConfig& config) { return optim::L2(config.weight_decay.value_or(0) / 2); }

optim::AdamOptions adam_options(const TrainingConfig& c, bool amsgrad) {
  const auto [beta1, beta2] = c.betas.value_or(std::pair(0.9, 0.999));
  return {.lr = c.lr,
          .beta1 = beta1,
          .beta2 = beta2,
          .penalty = classic(c),
          .eps = c.eps.value_or(1e-8),
          .amsgrad = amsgrad};
}

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
  return std::make_unique<RuleOptimizer>(adam_options(config, false), parameters);
}

std::unique_ptr<Optimizer> make_amsgrad(const TrainingConfig& config, std::span<const Parameter> parameters) {
  return std::make_unique<RuleOptimizer>(adam_options(config, true), parameters);
}

std::unique_ptr<Optimizer> make_adamw(const TrainingConfig& config, std::span<const Parameter> parameters) {
  const optim::AdamOptions o = adam_options(config, false);
  return std::make_unique<RuleOptimizer>(
      optim::AdamWOptions{
          .lr = o.lr, .beta1 = o.beta1, .beta2 = o.beta2, .decay = config.weight_decay.value_or(0.01), .eps = o.eps},
      parameters);
}

std::unique_ptr<Optimizer> make_sgd(const TrainingConfig& config, std::span<const Parameter> parameters) {
  return std::make_unique<RuleOptimizer>(optim::SGDOptions{.lr = config.lr,
                                                           .penalty = classic(config),
                                                           .momentum = config.momentum,
                                                           .dampening = config.dampening,
                                                           .nesterov = config.nesterov},
                                         parameters);
}

std::unique_ptr<Optimizer> make_adagrad(const TrainingConfig& config, std::span<const Parameter> parameters) {
  return std::make_unique<RuleOptimizer>(
      optim::AdagradOptions{
          .lr = config.lr, .lr_decay = config.lr_decay, .penalty = classic(config), .eps = config.eps.value_or(1e-10)},
      parameters);
}

std::unique_ptr<Optimizer> make_rmsprop(const TrainingConfig& config, std::span<const Parameter> parameters) {
  return std::make_unique<RuleOptimizer>(optim::RMSPropOptions{.lr = config.lr,
                                                               .penalty = classic(config),
                                                               .alpha = config.alpha,
                                                               .momentum = config.momentum,
                                                               .centered = config.centered,
                                                               .eps = config.eps.value_or(1e-8)},
                                         parameters);
}

std::unique_ptr<Optimizer> make_lion(const TrainingConfig& config, std::span<const Parameter> parameters) {
  const auto [beta1, beta2] = config.betas.value_or(std::pair(0.9, 0.99));
  return std::make_unique<RuleOptimizer>(
      optim::LionOptions{.lr = config.lr, .beta1 = beta1, .beta2 = beta2, .decay = config.weight_decay.value_or(0)},
      parameters);
}

Var clip_scale(const Var& norm, double max_norm) {
  if (max_norm == 0) return constant(1, norm.dtype());
  return minimum(constant(1, norm.dtype()), constant(max_norm, norm.dtype()) / (norm + 1e-6));
}

}  // namespace neuro
