#pragma once
// Matrix-product kernels, compiled once per instruction set.
#include "kernels/arch.h"
#include "kernels/gemm_kernels.h"

namespace neuro::kernels {

template <class T, class Arch>
const GemmKernels<T>& gemm_kernels() {
  static constexpr GemmKernels<T> kernels{};
  return kernels;
}

}  // namespace neuro::kernels
