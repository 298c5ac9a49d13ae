#pragma once
// Serial kernels of one instruction set for everything but products and elementwise formulas; the drivers divide the work.
namespace neuro::kernels {

template <class T>
struct RowKernels {};

template <class T, class Arch>
const RowKernels<T>& row_kernels();

}  // namespace neuro::kernels
