#pragma once
// Row kernels, compiled once per instruction set.
#include "kernels/arch.h"
#include "kernels/row_kernels.h"

namespace neuro::kernels {

template <class T, class Arch>
const RowKernels<T>& row_kernels() {
  static constexpr RowKernels<T> kernels{};
  return kernels;
}

}  // namespace neuro::kernels
