#pragma once
// A run's directory: `<checkpoint.dir>/<neuron>/` with its checkpoints, written so that a crash at any moment leaves
// complete ones only (product: checkpoint format).
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "neuro/checkpoint.h"

namespace neuro {

enum class Start {
  normal,  ///< a finished run is set aside; an unfinished one is refused
  resume,  ///< go on with the run that is there
  fresh,   ///< set aside whatever is there
};

/// What run.json says about a run.
struct RunRecord {
  std::string id, neuron, source_hash, started, ended;
  std::string status = "running";  ///< running, finished, stopped, diverged
  std::map<std::string, std::string> settings, data;
};

class RunDirectory {
 public:
  /// Takes the directory for this process: creates it, locks it, removes what a crashed writer left (`.tmp-*`).
  /// Throws Error(config) when another process holds it or when an unfinished run stands there (naming --resume and
  /// --fresh), Error(checkpoint) when there is nothing to resume or the directory cannot be written.
  RunDirectory(const std::filesystem::path& base, const std::string& neuron, Start start);
  RunDirectory(RunDirectory&&) noexcept;
  ~RunDirectory();

  const std::filesystem::path& path() const;
  /// Where an earlier run was moved to, if one was.
  const std::optional<std::filesystem::path>& set_aside() const;
  /// The run that was found (Start::resume).
  const RunRecord& record() const;
  /// Replaces run.json.
  void write_record(const RunRecord& record);

  /// Saves under step-N and makes it LATEST, and BEST when asked to; then prunes all but the `keep_last_n` newest and
  /// the best. Returns the checkpoint's directory. On an error nothing but complete older checkpoints is left.
  std::filesystem::path save(Checkpoint& format, const Snapshot& snapshot, bool best, std::int64_t keep_last_n);
  /// Makes a checkpoint that is already there BEST.
  void mark_best(const std::filesystem::path& checkpoint);
  /// Writes final.safetensors in one step. Returns its path.
  std::filesystem::path write_final(const StateDict& model, const Bundle& bundle);

  /// The newest complete checkpoint: LATEST, or the highest step.
  std::optional<std::filesystem::path> latest() const;
  std::optional<std::filesystem::path> best() const;
  /// The checkpoint of a step.
  std::filesystem::path step_path(std::int64_t step) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Reads run.json; nothing when there is none or it cannot be read.
std::optional<RunRecord> read_run_record(const std::filesystem::path& run);
/// The checkpoints of a run, oldest first.
std::vector<std::filesystem::path> checkpoints_of(const std::filesystem::path& run);

/// What `infer` needs to know to find trained weights.
struct WeightQuery {
  std::filesystem::path model_file;  ///< "examples/01-xor.ns"
  std::string neuron;
  std::string source;  ///< the file's text
  /// The state of the model that the source makes with a run's parameters and late instances, for comparing tables; it
  /// may throw Error.
  std::function<StateDict(const Bundle&)> parameters;
  std::string checkpoint;   ///< --checkpoint; empty: not given
  std::string environment;  ///< $NSRUN_CHECKPOINT; empty: not set
  std::vector<std::filesystem::path> run_roots{"./checkpoints", "runs"};
};
struct FoundWeights {
  std::filesystem::path path;  ///< a .safetensors file
  std::string how;             ///< "best of run checkpoints/XOR", for one line on stderr
  Params params;               ///< what the neuron was trained with; empty when the file does not say
};
/// First hit of: --checkpoint, $NSRUN_CHECKPOINT, the newest run of this neuron and this source (its best, else final,
/// else latest weights; a run of an edited source only when the table of parameters is the same), model.safetensors
/// beside the source. Throws Error(checkpoint) listing what was looked for.
FoundWeights find_weights(const WeightQuery& query);

/// The .safetensors file behind a path that a person gave: that file, a checkpoint's, or a run's (best, final, latest).
/// Throws Error(checkpoint) when there is none.
std::filesystem::path weights_file(const std::filesystem::path& path);

/// Loads weights into a model and says what differs if they are another architecture's: Error(checkpoint).
/// Returns the file's metadata. A checkpoint's file is checked against its manifest.
std::map<std::string, std::string> load_weights(const Model& model, const std::filesystem::path& file);

}  // namespace neuro
