#pragma once
// The Optimizer contract and its defaults: recorded updates of the parameters, planned together with the gradients.
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "neuro/config.h"
#include "neuro/model.h"
#include "neuro/plan.h"
#include "neuro/registry.h"
#include "neuro/var.h"

namespace neuro {

/// Leaves that the trainer sets before each step.
struct StepLeaves {
  Var lr;     ///< f64 scalar
  Var step;   ///< i64 scalar, 1 in the first step
  Var scale;  ///< scalar of the parameters' type: what clipping multiplies gradients with
};

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

/// Adam (Kingma, Ba 2015, arXiv:1412.6980) with weight_decay as an L2 penalty; AdamW (Loshchilov, Hutter 2019,
/// arXiv:1711.05101) with decoupled decay, 0.01 unless given.
std::unique_ptr<Optimizer> make_adam(const TrainingConfig& config, std::span<const Parameter> parameters);
std::unique_ptr<Optimizer> make_adamw(const TrainingConfig& config, std::span<const Parameter> parameters);
/// SGD with momentum and Nesterov's form as PyTorch's (Sutskever et al. 2013); weight_decay is an L2 penalty.
std::unique_ptr<Optimizer> make_sgd(const TrainingConfig& config, std::span<const Parameter> parameters);

/// What clips gradients by their global norm: min(1, max_norm / (norm + 1e-6)), or 1 when max_norm is 0.
/// (Pascanu et al. 2013, arXiv:1211.5063; the 1e-6 is PyTorch's.)
Var clip_scale(const Var& norm, double max_norm);

}  // namespace neuro
