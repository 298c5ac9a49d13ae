#include "state.h"

#include <algorithm>

#include "neuro/error.h"
#include "neuro/str.h"

namespace neuro {

LoadReport load_tensors(const std::string& owner, std::span<const std::pair<std::string, Var>> leaves,
                        const StateDict& state, Strict strict,
                        const std::function<std::string(const std::string&)>& own_name) {
  LoadReport report;
  std::vector<std::pair<Var, Tensor>> copies;
  std::vector<bool> used(leaves.size());
  for (const auto& [name, tensor] : state) {
    const std::string own = own_name(name);
    const auto it = std::find_if(leaves.begin(), leaves.end(), [&](const auto& leaf) { return leaf.first == own; });
    if (it == leaves.end()) {
      report.unexpected.push_back(name);
      continue;
    }
    used[static_cast<std::size_t>(it - leaves.begin())] = true;
    if (!(it->second.shape() == tensor.shape())) {
      report.mismatched.push_back(str(name, ": file ", tensor.shape(), ", model ", it->second.shape()));
      continue;
    }
    report.matched.push_back(own);
    copies.emplace_back(it->second, tensor);
  }
  for (std::size_t i = 0; i < used.size(); ++i) {
    if (!used[i]) report.missing.push_back(leaves[i].first);
  }
  if (strict == Strict::yes && !report.complete()) {
    std::string message = str("the file does not hold the parameters of ", owner);
    const auto list = [&](const char* title, const std::vector<std::string>& names) {
      for (const std::string& name : names) message += str("\n  ", title, name);
    };
    list("missing: ", report.missing);
    list("not in the model: ", report.unexpected);
    list("another shape: ", report.mismatched);
    throw Error(ErrorCode::checkpoint, message);
  }
  for (auto& [var, tensor] : copies) {
    var.data().copy_from(tensor.dtype() == var.dtype() ? tensor : tensor.to(var.dtype()));
    var.touch();
  }
  return report;
}

}  // namespace neuro
