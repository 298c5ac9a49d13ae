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
std::span<const Elementwise> activation_kernels();

}  // namespace neuro::kernels
