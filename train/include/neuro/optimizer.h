#pragma once
// The Optimizer contract and its defaults: recorded updates of the parameters, planned together with the gradients.
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "neuro/config.h"
#include "neuro/model.h"
#include "neuro/optim.h"
#include "neuro/plan.h"
#include "neuro/registry.h"
#include "neuro/var.h"

namespace neuro {

/// Leaves that the trainer sets before each step: lr, step (1 in the first one), and scale, what clipping multiplies
/// gradients with.
using StepLeaves = optim::StepLeaves;

class Optimizer {
 public:
  virtual ~Optimizer() = default;
  /// Records one update: new values of the parameters and of the optimizer's own leaves. `gradients[i]` belongs to the
  /// parameter i that the optimizer was made for. Called once for each batch shape; the leaves are the same each time.
  virtual std::vector<Assign> record(std::span<const Var> gradients, const StepLeaves& leaves) = 0;
  /// The optimizer's tensors under stable names ("adam.m.<path>"); shares memory.
  virtual StateDict state() const = 0;
  /// Copies values in. Throws Error(checkpoint) when a tensor is missing or has another shape.
  void load(const StateDict& state);
  virtual const char* name() const = 0;
};

/// Makes an optimizer for the given trainable parameters.
using OptimizerRegistry = Registry<Optimizer, const TrainingConfig&, std::span<const Parameter>>;

// The rules of `neuro/optim.h` with the options of a config. weight_decay is the classic penalty, added to the gradient
// as weight_decay w, except with adamw (0.01 unless given) and lion, where it is decoupled.
std::unique_ptr<Optimizer> make_adam(const TrainingConfig& config, std::span<const Parameter> parameters);
std::unique_ptr<Optimizer> make_amsgrad(const TrainingConfig& config, std::span<const Parameter> parameters);
std::unique_ptr<Optimizer> make_adamw(const TrainingConfig& config, std::span<const Parameter> parameters);
std::unique_ptr<Optimizer> make_sgd(const TrainingConfig& config, std::span<const Parameter> parameters);
std::unique_ptr<Optimizer> make_adagrad(const TrainingConfig& config, std::span<const Parameter> parameters);
std::unique_ptr<Optimizer> make_rmsprop(const TrainingConfig& config, std::span<const Parameter> parameters);
std::unique_ptr<Optimizer> make_lion(const TrainingConfig& config, std::span<const Parameter> parameters);

/// What clips gradients by their global norm: min(1, max_norm / (norm + 1e-6)), or 1 when max_norm is 0.
/// (Pascanu et al. 2013, arXiv:1211.5063; the 1e-6 is PyTorch's.)
Var clip_scale(const Var& norm, double max_norm);

}  // namespace neuro
