// The state of a training loop as one safetensors file.
#include <charconv>

#include "files.h"
#include "neuro/error.h"
#include "neuro/safetensors.h"
#include "neuro/serialize.h"
#include "neuro/str.h"

namespace neuro {
namespace {

constexpr std::string_view kModel = "model/", kOptimizer = "optimizer/", kNote = "note/";
constexpr const char* kSeed = "neuro.generator.seed";
constexpr const char* kDrawn = "neuro.generator.drawn";

void add(StateDict& to, std::string_view prefix, const StateDict& from) {
  for (const auto& [name, tensor] : from) to.emplace_back(str(prefix, name), tensor);
}

}  // namespace

void save_state(const std::filesystem::path& path, const TrainingState& state) {
  TensorFile content;
  add(content.tensors, kModel, state.model);
  add(content.tensors, kOptimizer, state.optimizer);
  content.metadata[kSeed] = str(state.generator.seed);
  content.metadata[kDrawn] = str(state.generator.drawn);
  for (const auto& [key, text] : state.notes) content.metadata[str(kNote, key)] = text;
  files::replace_with(path, [&](const std::filesystem::path& temporary) { write_safetensors(temporary, content); });
  files::sync_directory(path.parent_path().empty() ? std::filesystem::path(".") : path.parent_path());
}

TrainingState load_state(const std::filesystem::path& path) {
  TensorFile content = read_safetensors(path);
  const auto foreign = [&] {
    return Error(ErrorCode::checkpoint,
                 str(path.string(),
                     " is not the state of a training loop (save_state); its tensors alone can be read "
                     "with read_safetensors"));
  };
  const auto number = [&](const char* key) {
    const std::string& text = content.metadata[key];
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) throw foreign();
    return value;
  };
  TrainingState out;
  out.generator = {number(kSeed), number(kDrawn)};
  for (auto& [name, tensor] : content.tensors) {
    if (name.starts_with(kModel)) {
      out.model.emplace_back(name.substr(kModel.size()), std::move(tensor));
    } else if (name.starts_with(kOptimizer)) {
      out.optimizer.emplace_back(name.substr(kOptimizer.size()), std::move(tensor));
    } else {
      throw foreign();
    }
  }
  for (const auto& [key, text] : content.metadata) {
    if (key.starts_with(kNote)) out.notes[key.substr(kNote.size())] = text;
  }
  return out;
}

}  // namespace neuro
