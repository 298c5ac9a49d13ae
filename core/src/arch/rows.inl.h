// The kernels of rows.inl.h for the instruction set NEURO_ARCH, compiled with its flags; f64 for the baseline only.
#include "kernels/rows.inl.h"

namespace neuro::kernels {

template const RowKernels<float>& row_kernels<float, NEURO_ARCH>();
#ifdef NEURO_BASELINE
template const RowKernels<double>& row_kernels<double, NEURO_ARCH>();
#endif

}  // namespace neuro::kernels
