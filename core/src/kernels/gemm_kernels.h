#pragma once
// Serial matrix-product kernels of one instruction set; the driver core/src/gemm.cpp divides the work.
#include "neuro/kernels/gemm.h"

namespace neuro::kernels {

template <class T>
struct GemmKernels {};

template <class T, class Arch>
const GemmKernels<T>& gemm_kernels();

}  // namespace neuro::kernels
