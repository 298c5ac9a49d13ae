// Which trained weights a model runs with.
#include <algorithm>

#include "files.h"
#include "neuro/checkpoint.h"
#include "neuro/error.h"
#include "neuro/run_directory.h"
#include "neuro/safetensors.h"
#include "neuro/str.h"

namespace neuro {
namespace fs = std::filesystem;
namespace {

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

/// The weights of a run, best first, and which they are.
std::optional<std::pair<fs::path, std::string>> weights_of_run(const fs::path& run) {
  const auto pointed = [&](const char* file) -> std::optional<fs::path> {
    if (!is_there(run / file)) return std::nullopt;
    std::string name = files::read(run / file, ErrorCode::checkpoint);
    while (!name.empty() && name.back() == '\n') name.pop_back();
    const fs::path weights = run / fs::path(name).filename() / "model.safetensors";
    return is_there(weights) ? std::optional(weights) : std::nullopt;
  };
  if (const auto best = pointed("BEST")) return std::pair(*best, std::string("best"));
  if (is_there(run / "final.safetensors")) return std::pair(run / "final.safetensors", std::string("final"));
  if (const auto latest = pointed("LATEST")) return std::pair(*latest, std::string("latest"));
  return std::nullopt;
}

/// LATEST and BEST name a checkpoint in one line of text; somebody may take them for one.
void refuse_pointer(const fs::path& file) {
  if (file.filename() != "LATEST" && file.filename() != "BEST") return;
  std::string name = files::read(file, ErrorCode::checkpoint);
  while (!name.empty() && name.back() == '\n') name.pop_back();
  const fs::path run = file.parent_path().empty() ? fs::path(".") : file.parent_path();
  throw Error(ErrorCode::checkpoint,
              str(file.string(), " is not a safetensors file but a pointer to a checkpoint\nname ",
                  (run / name).string(), ", or the run ", run.string(), " for its best"));
}

struct Candidate {
  fs::path run;
  RunRecord record;
};

std::vector<Candidate> runs_of(const fs::path& root, const std::string& neuron) {
  std::vector<Candidate> out;
  std::error_code ignored;
  for (fs::directory_iterator it(root, ignored), end; !ignored && it != end; it.increment(ignored)) {
    auto record = read_run_record(it->path());
    if (record && record->neuron == neuron) out.push_back({it->path().lexically_normal(), std::move(*record)});
  }
  std::sort(out.begin(), out.end(), [](const Candidate& a, const Candidate& b) {
    return std::pair(a.record.started, a.run) > std::pair(b.record.started, b.run);
  });
  return out;
}

bool fits(const fs::path& weights, const WeightQuery& query) {
  const TensorFileHeader file = read_safetensors_header(weights);
  try {
    return parameter_table(file) == parameter_table(query.parameters(bundle_from(file.metadata)));
  } catch (const Error&) {
    return false;  // the edited neuron cannot be made with the parameters of that run
  }
}

}  // namespace

fs::path weights_file(const fs::path& path) {
  if (!is_there(path)) throw Error(ErrorCode::checkpoint, str("no such file or directory: ", path.string()));
  if (!fs::is_directory(path)) {
    refuse_pointer(path);
    return path;
  }
  if (is_there(path / "model.safetensors")) return path / "model.safetensors";
  if (const auto found = weights_of_run(path)) return found->first;
  throw Error(ErrorCode::checkpoint, str(path.string(),
                                         " holds no weights: neither a checkpoint (model.safetensors) nor a run "
                                         "(BEST, final.safetensors or LATEST)"));
}

FoundWeights find_weights(const WeightQuery& query) {
  const auto found = [](const fs::path& path, std::string how) {
    return FoundWeights{path, std::move(how), bundle_from(read_safetensors_header(path).metadata).params};
  };
  if (!query.checkpoint.empty()) return found(weights_file(query.checkpoint), "--checkpoint");
  if (!query.environment.empty()) return found(weights_file(query.environment), "NSRUN_CHECKPOINT");

  std::string looked = "--checkpoint (not given), NSRUN_CHECKPOINT (not set)";
  const std::string hash = source_hash(query.source);
  for (const bool same_source : {true, false}) {
    for (const fs::path& root : query.run_roots) {
      for (const Candidate& candidate : runs_of(root, query.neuron)) {
        if ((candidate.record.source_hash == hash) != same_source) continue;
        const auto weights = weights_of_run(candidate.run);
        if (!weights) {
          looked += str("; ", candidate.run.string(), " (a run of this neuron without weights yet)");
          continue;
        }
        const std::string how = str(weights->second, " of run ", candidate.run.string());
        if (same_source) return found(weights->first, how);
        // The source was edited since: the weights still fit when the parameters did not change.
        if (fits(weights->first, query)) {
          return found(weights->first, str(how, " (the source was edited since; its parameters are the same)"));
        }
        looked += str("; ", candidate.run.string(), " (trained from an edited source with other parameters)");
      }
    }
  }
  for (const fs::path& root : query.run_roots) looked += str("; runs of ", query.neuron, " under ", root.string());
  const fs::path beside = fs::path(query.model_file).replace_filename("model.safetensors");
  if (is_there(beside)) return found(beside, "beside the model");
  throw Error(
      ErrorCode::checkpoint,
      str("no trained weights for ", query.neuron, " of ", query.model_file.string(), "\nlooked for ", looked, "; ",
          beside.string(), "\ntrain it first, or give --checkpoint (or --random-weights to run it untrained)"));
}

}  // namespace neuro
