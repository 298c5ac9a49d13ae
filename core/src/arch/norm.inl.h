// The kernels of norm.inl.h for the instruction set NEURO_ARCH, compiled with its flags; f64 for the baseline only.
#include "kernels/norm.inl.h"

namespace neuro::kernels {

template const NormKernels<float>& norm_kernels<float, NEURO_ARCH>();
#ifdef NEURO_BASELINE
template const NormKernels<double>& norm_kernels<double, NEURO_ARCH>();
#endif

}  // namespace neuro::kernels
