#pragma once
// Elementwise formulas, compiled once per instruction set.
#include <span>

#include "kernels/arch.h"
#include "neuro/kernels/elementwise.h"

namespace neuro::kernels {

/// Every elementwise kernel of this instruction set, sorted by name.
template <class Arch>
std::span<const Elementwise> elementwise_kernels() {
  return {};
}

}  // namespace neuro::kernels
