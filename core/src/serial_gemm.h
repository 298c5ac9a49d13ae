#pragma once
// Products for drivers that divide their own work.
#include "kernels/gemm_kernels.h"

namespace neuro::kernels {

/// Problem 0 of `args` on the calling thread, by the kernel and the blocks that gemm() chooses for these sizes, without
/// an epilogue's batch. `pack` has gemm_scratch() bytes.
template <class T>
void serial_gemm(const GemmKernels<T>& kernels, const GemmArgs<T>& args, T* pack) noexcept;

}  // namespace neuro::kernels
