#pragma once
// Derivatives of kernels that have a formula in operations beside them.
#include "neuro/op.h"

namespace neuro {

/// Records the results of an operation with other operations.
using Formula = std::vector<Var> (*)(std::span<const Var> in, const Attrs& attrs);

/// The derivative of an operation whose results `formula` gives too. For backward kernels, which are differentiated
/// rarely: the formula is slower than the kernel, but can be differentiated again.
Grads vjp_within(const Vjp& v, Formula formula);

}  // namespace neuro
