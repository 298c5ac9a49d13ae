#pragma once
// safetensors files: the format in which weights go in and out (https://github.com/huggingface/safetensors).
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "neuro/model.h"

namespace neuro {

/// Tensors by name, and the texts of `__metadata__`.
struct TensorFile {
  StateDict tensors;
  std::map<std::string, std::string> metadata;
};

/// Writes and syncs a file: the header padded with spaces so that the data begins at a multiple of 64 bytes, the data
/// without gaps, widest elements first. Adds `neuro.format` and `neuro.checksum` to the metadata: the 128-bit XXH3 of
/// the whole file with its own digits as zeros. Throws Error(resource) when the disk is full, else Error(checkpoint).
void write_safetensors(const std::filesystem::path& path, const TensorFile& content);

/// Reads a file of any origin and trusts none of it: a header over 100 MB, a range that overlaps, leaves a gap, ends
/// outside or does not match its shape, a repeated name, an unknown element type and a wrong `neuro.checksum` throw
/// Error(checkpoint) saying which. Data that lies unaligned (other writers) is read as well.
/// Element types: F32, F64, BF16, I64, I32 and BOOL as they are; F16 becomes f32, exactly. (A model takes any of them
/// for its own type: `Model::load_state_dict` converts.)
TensorFile read_safetensors(const std::filesystem::path& path);

/// What a file says of itself before its data.
struct TensorInfo {
  std::string name;
  DType dtype = DType::f32;
  Shape shape;
};
struct TensorFileHeader {
  std::vector<TensorInfo> tensors;
  std::map<std::string, std::string> metadata;
};

/// Reads a file's header alone: the cost does not depend on the size of the tensors. Checks the header and the file's
/// size as read_safetensors does, but not the checksum, for which all of the file must be read.
TensorFileHeader read_safetensors_header(const std::filesystem::path& path);

/// Names, types and shapes alone, as `name F32 [2, 3]` lines: two models fit each other when these texts are equal.
std::string parameter_table(const StateDict& state);
std::string parameter_table(const TensorFileHeader& header);

}  // namespace neuro
