// The kernels of spatial.inl.h for the instruction set NEURO_ARCH, compiled with its flags; f64 for the baseline only.
#include "kernels/spatial.inl.h"

namespace neuro::kernels {

template const SpatialKernels<float>& spatial_kernels<float, NEURO_ARCH>();
#ifdef NEURO_BASELINE
template const SpatialKernels<double>& spatial_kernels<double, NEURO_ARCH>();
#endif

}  // namespace neuro::kernels
