#pragma once
// One step as a plan: gradients, clipping and update (training), or loss and metrics alone (validation).
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "neuro/data.h"
#include "neuro/loss.h"
#include "neuro/model.h"
#include "neuro/optimizer.h"
#include "neuro/plan.h"

namespace neuro {

/// Parameters that joined the training together, with an optimizer whose steps count from there.
struct ParameterBlock {
  std::vector<Parameter> parameters;
  std::unique_ptr<Optimizer> optimizer;
  std::int64_t born = 0;  ///< steps that the run had taken
  Var step;               ///< i64 scalar, 1 in the first step with them
  std::int64_t* step_at = nullptr;

  ParameterBlock(std::vector<Parameter> members, std::unique_ptr<Optimizer> rule, std::int64_t at);
};

/// What all steps of a run share.
struct StepParts {
  Model model;
  const Loss* loss = nullptr;
  std::vector<ParameterBlock> blocks;  ///< the oldest first
  /// Called while a step is recorded, when the model has built parameters that no block has.
  std::function<void()> adopt;
  double max_grad_norm = 0;
  Var lr;   ///< f64 scalar
  Var rng;  ///< i64 [3]: seed, step, first row
  std::shared_ptr<Arena> arena = make_arena();

  explicit StepParts(std::uint64_t seed);
  void set(double rate, std::int64_t number);
  std::int64_t* rng_at = nullptr;
  double* lr_at = nullptr;
};

/// A plan for batches of one size, bound to memory.
class Step {
 public:
  enum class Kind { train, validate };
  Step(Kind kind, StepParts& parts, const std::vector<Column>& columns, std::int64_t rows);

  /// Where the loader puts the rows.
  std::span<void* const> inputs() const { return into_; }
  /// False when the loss or the gradient was not finite: then nothing was updated.
  bool run() { return replay_.run(); }
  void profile(std::shared_ptr<Profiler> profiler, std::string name) {
    replay_.profile(std::move(profiler), std::move(name));
  }
  float loss() const { return *loss_; }
  float grad_norm() const { return *norm_; }
  const std::vector<std::string>& metric_names() const { return names_; }
  float metric(std::size_t i) const { return *metrics_[i]; }

 private:
  struct Recorded {
    PlanRequest request;
    std::vector<Var> inputs;
    std::vector<std::string> names;
  };
  static Recorded record(Kind kind, StepParts& parts, const std::vector<Column>& columns, std::int64_t rows);
  Step(Kind kind, Recorded recorded, const StepParts& parts);

  Replay replay_;
  std::vector<Tensor> kept_;  // outputs and inputs, whose memory the pointers below point to
  std::vector<void*> into_;
  const float* loss_ = nullptr;
  const float* norm_ = nullptr;
  std::vector<const float*> metrics_;
  std::vector<std::string> names_;
};

}  // namespace neuro
