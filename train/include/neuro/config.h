#pragma once
// The training configuration: typed, checked, with positions (product: YAML schema).
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "neuro/diagnostic.h"
#include "neuro/error.h"
#include "neuro/model.h"

namespace neuro {

/// "Every so often": a number of steps, or of epochs (`500`, `1epoch`, `2epochs`).
struct Interval {
  std::int64_t count = 1;
  bool epochs = false;
  std::string text() const;
};

/// Which field of a data row feeds which input port. An empty port: by position.
using InputFields = std::vector<std::pair<std::string, std::string>>;

struct ModelConfig {
  std::string neuron;          ///< empty: the program's default neuron
  std::filesystem::path file;  ///< as found: beside the config or in the working directory
  Params params;
};

struct DataConfig {
  std::filesystem::path train;
  std::optional<std::filesystem::path> val;
  std::string format = "auto";
  InputFields input{{"", "input"}};
  std::string target = "target";
  bool shuffle = true;
  bool drop_last = false;
};

struct TrainingConfig {
  std::int64_t epochs = 10;
  std::optional<std::int64_t> max_steps;
  std::int64_t batch_size = 32;
  std::string loss = "auto";
  std::string optimizer = "adam";
  double lr = 0.001;
  std::optional<double> weight_decay;              ///< unset: 0.01 with adamw, else 0
  std::optional<std::pair<double, double>> betas;  ///< unset: 0.9 and 0.999, or 0.99 with lion
  std::optional<double> eps;                       ///< unset: 1e-8, or 1e-10 with adagrad
  double momentum = 0, dampening = 0;
  bool nesterov = false;
  double alpha = 0.99;  ///< rmsprop
  bool centered = false;
  double lr_decay = 0;       ///< adagrad
  double max_grad_norm = 1;  ///< 0: no clipping
  std::uint64_t seed = 42;
  std::string on_nan = "stop", device = "cpu", precision = "f32";
};

struct EvalConfig {
  Interval every{500};
};

struct CheckpointConfig {
  std::filesystem::path dir = "./checkpoints";  ///< relative to the working directory
  Interval every{1000};
  std::int64_t keep_last_n = 3;
  bool keep_best = true;
};

struct LoggingConfig {
  std::int64_t every = 100;  ///< steps
  std::vector<std::string> loggers{"console", "jsonl"};
};

struct TrainConfig {
  std::int64_t version = 1;
  ModelConfig model;
  DataConfig data;
  TrainingConfig training;
  EvalConfig eval;
  CheckpointConfig checkpoint;
  LoggingConfig logging;

  std::filesystem::path path;  ///< of the file that it was read from
  std::string text;            ///< that file's text
  /// Where `text` gives the value of a key ("model.neuron"): first byte and length. Nothing for an override.
  std::map<std::string, std::pair<std::uint32_t, std::uint32_t>> places;
};

/// The names that keys such as `training.optimizer` may take beyond the built-in ones.
struct KnownNames {
  std::vector<std::string> loaders, losses, optimizers, loggers;
};

/// What came of reading a config. All problems are in the Diagnostics; `config` is complete only without a `problem`.
struct ConfigResult {
  TrainConfig config;
  /// What kind of thing is wrong, for the exit code: `config`; or `source` or `data` when the only problem is that the
  /// model's or the data's file is missing.
  std::optional<ErrorCode> problem;
};

/// Reads a config file, with `key=value` overrides (`training.lr=3e-4`) on top. Reports every problem at its line and
/// column, with the code of its kind: NS0611 syntax, NS0612 unknown key, NS0613 duplicate key, NS0614 type, NS0615
/// range, NS0616 contradiction, NS0617 missing file, NS0618 missing key, NS0619 known but not built in this version.
/// Places in overrides point into a text named "<command line>".
ConfigResult read_config(const std::filesystem::path& path, std::span<const std::string> overrides, Diagnostics& diags,
                         const KnownNames& names = {});

/// The same for a text; `directory` is where its relative paths are looked for first.
ConfigResult parse_config(std::string name, std::string text, const std::filesystem::path& directory,
                          std::span<const std::string> overrides, Diagnostics& diags, const KnownNames& names = {});

/// Every key with its value, in the order of the schema: what `run.json` records, and what a resumed run is compared
/// by.
struct Setting {
  std::string key, value;
  bool fixed = false;  ///< a run that is resumed must have the same value
};
std::vector<Setting> settings(const TrainConfig& config);

}  // namespace neuro
