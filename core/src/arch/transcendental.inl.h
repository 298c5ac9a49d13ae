// The elementwise kernels of transcendental.inl.h for the instruction set NEURO_ARCH, compiled with its flags.
#include "kernels/transcendental.inl.h"
#ifdef NEURO_BASELINE
#include "kernels/elementwise_f64.inl.h"
#endif

namespace neuro::kernels {

template std::span<const Elementwise> transcendental_kernels<NEURO_ARCH>();

}  // namespace neuro::kernels
