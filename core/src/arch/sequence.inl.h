// The kernels of sequence.inl.h for the instruction set NEURO_ARCH, compiled with its flags; f64 for the baseline only.
#include "kernels/sequence.inl.h"

namespace neuro::kernels {

template const SequenceKernels<float>& sequence_kernels<float, NEURO_ARCH>();
#ifdef NEURO_BASELINE
template const SequenceKernels<double>& sequence_kernels<double, NEURO_ARCH>();
#endif

}  // namespace neuro::kernels
