#include "neuro/error.h"
#include "neuro/run_directory.h"
#include "neuro/safetensors.h"
#include "neuro/str.h"

namespace neuro {

std::map<std::string, std::string> load_weights(const Model& model, const std::filesystem::path& file) {
  std::map<std::string, std::string> metadata;
  StateDict state;
  if (file.filename() == "model.safetensors" && std::filesystem::exists(file.parent_path() / "manifest.json")) {
    Snapshot snapshot = make_safetensors_checkpoint()->load(file.parent_path());  // against its manifest
    state = std::move(snapshot.model);
    metadata = bundle_metadata(snapshot.bundle);
  } else {
    TensorFile content = read_safetensors(file);
    state = std::move(content.tensors);
    metadata = std::move(content.metadata);
  }
  try {
    model.materialise(bundle_from(metadata).instances);
    model.load_state_dict(state);
  } catch (const Error& error) {
    throw Error(ErrorCode::checkpoint, str(file.string(), ": ", error.what()));
  }
  return metadata;
}

}  // namespace neuro
