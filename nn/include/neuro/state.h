#pragma once
// Named tensors: what models, layers and optimizers save and load.
#include <string>
#include <utility>
#include <vector>

#include "neuro/tensor.h"

namespace neuro {

using StateDict = std::vector<std::pair<std::string, Tensor>>;

/// What `load_state_dict` found; with Strict::yes anything but a full match throws instead.
struct LoadReport {
  std::vector<std::string> matched, missing, unexpected, mismatched;  ///< mismatched: "name: file [2, 3], model [3, 2]"
  bool complete() const { return missing.empty() && unexpected.empty() && mismatched.empty(); }
};
enum class Strict { no, yes };

}  // namespace neuro
