#pragma once
// The elementwise kernels of one instruction set, family by family: each is compiled in an object of its own.
#include <span>

#include "neuro/kernels/elementwise.h"

namespace neuro::kernels {

template <class Arch>
std::span<const Elementwise> arithmetic_kernels();
template <class Arch>
std::span<const Elementwise> transcendental_kernels();
template <class Arch>
std::span<const Elementwise> wide_kernels();
template <class Arch>
std::span<const Elementwise> activation_kernels();

/// The integer and boolean versions (or null) of the kernel of that name.
struct IntegerKernels {
  const char* name;
  ElementwiseFn i64, i32, boolean;
};
std::span<const IntegerKernels> integer_kernels();
/// The kernels that take booleans only.
std::span<const Elementwise> logical_kernels();

}  // namespace neuro::kernels
