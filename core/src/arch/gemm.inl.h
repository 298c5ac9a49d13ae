// The kernels of gemm.inl.h for the instruction set NEURO_ARCH, compiled with its flags; f64 for the baseline only.
#include "kernels/gemm.inl.h"

namespace neuro::kernels {

template const GemmKernels<float>& gemm_kernels<float, NEURO_ARCH>();
#ifdef NEURO_BASELINE
template const GemmKernels<double>& gemm_kernels<double, NEURO_ARCH>();
#endif

}  // namespace neuro::kernels
