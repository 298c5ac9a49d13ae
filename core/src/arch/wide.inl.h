// The elementwise kernels of wide.inl.h for the instruction set NEURO_ARCH, compiled with its flags.
#include "kernels/wide.inl.h"
#ifdef NEURO_BASELINE
#include "kernels/elementwise_f64.inl.h"
#endif

namespace neuro::kernels {

template std::span<const Elementwise> wide_kernels<NEURO_ARCH>();

}  // namespace neuro::kernels
