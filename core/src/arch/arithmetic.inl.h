// The elementwise kernels of arithmetic.inl.h for the instruction set NEURO_ARCH, compiled with its flags.
#include "kernels/arithmetic.inl.h"
#ifdef NEURO_BASELINE
#include "kernels/elementwise_f64.inl.h"
#endif

namespace neuro::kernels {

template std::span<const Elementwise> arithmetic_kernels<NEURO_ARCH>();

}  // namespace neuro::kernels
