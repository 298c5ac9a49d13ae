#pragma once
// Values as files for programs without a config: JSON as neuronika writes it, and the state of a training loop.
// Named tensors alone are <neuro/safetensors.h>. (spec: autograd.md, section 8)
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "neuro/generator.h"
#include "neuro/model.h"

namespace neuro {

// --- JSON ------------------------------------------------------------------------------------------------------------
// An array is {"v":1,"dim":[2,3],"data":[...]}, row-major; a layer is an object with one field a tensor, and a model an
// object with one field a layer: {"lin1":{"weight":{...},"bias":{...}}} holds "lin1.weight" and "lin1.bias". Numbers
// are the shortest that read back as the same; booleans are 0 and 1. What is read becomes a leaf by `Var(tensor)`, a
// parameter by `Var(tensor).requires_grad()`.

/// Throws Error(invalid_argument) for NaN and infinities, which JSON cannot write.
std::string tensor_to_json(const Tensor& tensor);
/// Throws Error(checkpoint) saying where and why for a text that is not such an array: another `v`, a number of values
/// that does not fill `dim`, something that is no number or does not fit `dtype`.
Tensor tensor_from_json(std::string_view text, DType dtype = DType::f32);

/// Throws Error(invalid_argument) also when one name is a part of another ("a" beside "a.b"), or is repeated.
std::string state_to_json(const StateDict& state);
StateDict state_from_json(std::string_view text, DType dtype = DType::f32);  ///< in the order written

/// The same with a file; it is replaced in one step. Reading throws Error(checkpoint) naming the file.
void save_json(const std::filesystem::path& path, const StateDict& state);
StateDict load_json(const std::filesystem::path& path, DType dtype = DType::f32);

// --- Training state --------------------------------------------------------------------------------------------------
/// What a training loop of your own needs to go on exactly where it was.
struct TrainingState {
  StateDict model;
  StateDict optimizer;         ///< empty when there is none
  Generator::State generator;  ///< `default_generator().state()`; give it to `restore()` after loading
  std::map<std::string, std::string> notes = {};  ///< texts of your own: epoch, step, best loss
};

/// Writes everything into one safetensors file, replaced in one step and synced, with a checksum over all of it.
/// Tensors are read when this is called. Throws Error(resource) when the disk is full, else Error(checkpoint).
void save_state(const std::filesystem::path& path, const TrainingState& state);
/// Throws Error(checkpoint) for a file that is missing, damaged, or was not written by save_state.
TrainingState load_state(const std::filesystem::path& path);

}  // namespace neuro
