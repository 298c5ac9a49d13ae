#pragma once
// The checks that `prepare` and a host program's Trainer share.
#include "neuro/trainer.h"

namespace neuro {

/// The loss that the config names or the rules choose, checked against all targets; says in `info` which and why.
/// `val` may be null. Throws Error(data).
std::unique_ptr<Loss> choose_loss(const Model& model, const TrainConfig& config, const DataLoader& train,
                                  const DataLoader* val, const Contracts& contracts, RunInfo& info);

/// Fills in what the model, the config and the data say.
void describe(RunInfo& info, const Model& model, const TrainConfig& config, const DataLoader& train,
              const DataLoader* val);

/// What a run consists of, however it came about.
struct RunParts {
  Model model;
  const TrainConfig& config;
  DataLoader& train;
  DataLoader* val;
  const Loss& loss;
  RunInfo info;
  std::string source;  ///< the model's source text
};
TrainResult run_training(RunParts parts, const TrainOptions& options, const Contracts& contracts);

}  // namespace neuro
