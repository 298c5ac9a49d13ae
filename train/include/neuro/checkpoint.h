#pragma once
// The Checkpoint contract and its default: what a run needs to go on exactly, as a directory of files.
#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "neuro/data.h"
#include "neuro/model.h"
#include "neuro/registry.h"

namespace neuro {

/// Running sums of the loss and of metrics over rows, in f64.
struct Totals {
  double loss = 0;  ///< sum of (batch mean x rows)
  std::int64_t rows = 0;
  std::int64_t steps = 0;
  std::vector<double> metrics;  ///< sums of (batch mean x rows)

  double mean_loss() const { return rows > 0 ? loss / static_cast<double>(rows) : 0; }
};

/// Where a run stands, beyond its tensors.
struct RunState {
  std::int64_t step = 0;  ///< optimizer steps taken
  Position position;
  std::uint64_t seed = 42;
  double lr = 0;
  double elapsed = 0;  ///< seconds of training so far
  double best = std::numeric_limits<double>::infinity();
  std::int64_t best_step = -1;
  Totals window;                                ///< since the last log record
  Totals epoch;                                 ///< since the epoch's first row
  std::map<std::string, std::string> loggers;   ///< Logger::state() by name
  std::map<std::string, std::string> settings;  ///< what a resumed run must have in common (Setting::fixed)
  std::string data_fingerprint;
  std::map<std::string, std::int64_t> born;  ///< parameters that joined late: the steps taken before

  std::string to_json() const;
  /// Throws Error(checkpoint) naming `path`.
  static RunState from_json(const std::string& text, const std::filesystem::path& path);
};

/// What weights need beside them to be a model again. Every model file carries it in its metadata, so that it stands
/// alone.
struct Bundle {
  std::string neuron, source, signature;
  Params params;
  std::vector<std::string> instances = {};  ///< Model::lazy_instances
};

/// A copy-free picture of a run: tensors share the run's memory and must be written before the next step.
struct Snapshot {
  StateDict model;      ///< parameters and buffers
  StateDict optimizer;  ///< "adam.m.<path>", ...
  RunState state;
  Bundle bundle;
  std::string config;  ///< the config's text
};

/// Saves and loads snapshots. Atomicity is not its business: it writes into a directory of its own (RunDirectory).
class Checkpoint {
 public:
  virtual ~Checkpoint() = default;
  /// Writes all files into an existing, empty directory and syncs them and it. Throws Error(resource) when the disk is
  /// full, else Error(checkpoint).
  virtual void save(const Snapshot& snapshot, const std::filesystem::path& directory) = 0;
  /// Throws Error(checkpoint) naming the file that is missing, cut off or changed.
  virtual Snapshot load(const std::filesystem::path& directory) = 0;
};
using CheckpointRegistry = Registry<Checkpoint>;

/// model.safetensors, optimizer.safetensors, state.json, source.ns, config.yml, and manifest.json with the size and the
/// 128-bit XXH3 of each, so that a flipped bit in any of them is found.
std::unique_ptr<Checkpoint> make_safetensors_checkpoint();

/// Metadata of a bundle: neuro.format, neuro.neuron, neuro.source, neuro.params (JSON), neuro.signature,
/// and, when there are any, neuro.instances (a line each).
std::map<std::string, std::string> bundle_metadata(const Bundle& bundle);
/// The other way; empty texts where the file has none.
Bundle bundle_from(const std::map<std::string, std::string>& metadata);

/// The checksum that runs record of a source: 32 hexadecimal digits.
std::string source_hash(const std::string& source);

}  // namespace neuro
