#pragma once
// Writing without a sync, for a caller that syncs several files together.
#include "files.h"
#include "neuro/safetensors.h"

namespace neuro {

void write_safetensors(const std::filesystem::path& path, const TensorFile& content, files::Sync sync);

}  // namespace neuro
