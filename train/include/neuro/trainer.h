#pragma once
// The trainer: what `nsrun train` runs, and what a host program calls.
#include <atomic>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>

#include "neuro/checkpoint.h"
#include "neuro/config.h"
#include "neuro/data.h"
#include "neuro/logger.h"
#include "neuro/loss.h"
#include "neuro/optimizer.h"
#include "neuro/plan.h"
#include "neuro/program.h"
#include "neuro/run_directory.h"

namespace neuro {

/// The five contracts' implementations by name. A host program adds its own before it reads a config.
struct Contracts {
  LoaderRegistry loaders{"data format"};
  LossRegistry losses{"loss"};
  OptimizerRegistry optimizers{"optimizer"};
  CheckpointRegistry checkpoints{"checkpoint format"};
  LoggerRegistry loggers{"logger"};
  KnownNames names() const;  ///< for read_config
};
/// jsonl; mse, mae, huber, bce, bce_logits, cross_entropy, nll; adam, adamw, sgd; safetensors; console, jsonl.
Contracts default_contracts();

/// How a run is started, beyond its config.
struct TrainOptions {
  Start start = Start::normal;
  /// With Start::resume: the checkpoint or run directory to go on from; empty: the run's latest checkpoint.
  std::filesystem::path resume_from;
  bool allow_config_change = false;  ///< resume although a setting differs from the checkpoint's
  bool dry_run = false;              ///< build everything, take one step, write no file
  LoggerOptions console;             ///< sink, terminal, colour and width; `run` is filled in
  /// Polled after each step: anything but 0 saves a checkpoint and stops. What a signal handler sets.
  const std::atomic<int>* stop_signal = nullptr;
  std::stop_token stop;                ///< the same for threads
  std::shared_ptr<Profiler> profiler;  ///< times every entry of every step, training and validation; may be null
};

enum class TrainStatus {
  finished,
  stopped,        ///< asked to: a checkpoint was saved
  nothing_to_do,  ///< resumed a run that has taken all its steps
};
struct TrainResult {
  TrainStatus status = TrainStatus::finished;
  int signal = 0;           ///< what stop_signal held
  std::int64_t step = 0;    ///< optimizer steps in all
  std::int64_t epochs = 0;  ///< epochs begun
  double loss = 0;          ///< mean over the rows of the last epoch
  double val_loss = std::numeric_limits<double>::quiet_NaN();
  std::vector<std::pair<std::string, double>> val_metrics;
  double seconds = 0;                                 ///< of training, over all resumptions
  std::filesystem::path run, checkpoint, final_path;  ///< empty when no files are written
};

/// What a config names, opened and checked against each other: everything that can be wrong before the first step is
/// found here, so `nsrun validate` calls it too.
struct Prepared {
  TrainConfig config;
  Program program;
  Model model;
  std::unique_ptr<DataLoader> train, val;  ///< `val` may be null
  std::unique_ptr<Loss> loss;
  RunInfo info;
};
/// Throws Error(source) for the program, Error(data) for rows that do not fit the model (NS0501, NS0502, NS0507,
/// NS0508) or cannot be read, Error(config) for names and fields that do not exist.
Prepared prepare(TrainConfig config, const Contracts& contracts = default_contracts());

/// Trains what was prepared. Throws Error(diverged) when the loss or the gradient is not finite (naming the step, the
/// rows and the last checkpoint), Error(checkpoint), Error(resource) and Error(config) as RunDirectory does.
TrainResult train(Prepared& prepared, const TrainOptions& options = {},
                  const Contracts& contracts = default_contracts());

/// For a host program with a model and rows of its own. Reads `config.training`, `eval`, `checkpoint` and `logging`;
/// with an empty `config.checkpoint.dir` no file is written.
class Trainer {
 public:
  Trainer(Model model, TrainConfig config, Contracts contracts = default_contracts());
  TrainResult fit(std::unique_ptr<DataLoader> train, std::unique_ptr<DataLoader> val = nullptr,
                  const TrainOptions& options = {});

 private:
  Model model_;
  TrainConfig config_;
  Contracts contracts_;
};

}  // namespace neuro
