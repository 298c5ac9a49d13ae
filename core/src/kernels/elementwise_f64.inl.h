#pragma once
// The f64 elementwise kernels. Included by the baseline instruction set only; the other tables link to these.
#include "kernels/elementwise.inl.h"

namespace neuro::kernels {

template <class F, int arity, bool masked>
void run_f64(const void* const* in, void* out, std::int64_t n, const double* attrs) noexcept {
  run<F, double, NEURO_ARCH, arity, masked>(in, out, n, attrs);
}

}  // namespace neuro::kernels
