#pragma once
// Loading named tensors.
#include <functional>
#include <span>

#include "neuro/state.h"
#include "neuro/var.h"

namespace neuro {

/// Copies the tensors of `state` into the leaves of those names, converting the type. `own_name` gives the name here of
/// one there. Strict::yes throws Error(checkpoint), naming `owner`, when anything differs; nothing is changed then.
LoadReport load_tensors(const std::string& owner, std::span<const std::pair<std::string, Var>> leaves,
                        const StateDict& state, Strict strict,
                        const std::function<std::string(const std::string&)>& own_name);

}  // namespace neuro
