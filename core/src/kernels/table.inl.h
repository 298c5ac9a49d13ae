#pragma once
// Assembles the table of one instruction set from the kernel templates.
#include "kernels/elementwise.inl.h"
#include "kernels/gemm.inl.h"
#include "kernels/rows.inl.h"
#include "neuro/kernels/table.h"

namespace neuro::kernels {

/// The table of `Arch`. f64 comes from the architecture's baseline set (`f64` holds its kernels), see `Table`.
template <class Arch>
Table make_table(const GemmKernels<double>* gemm_f64, const RowKernels<double>* rows_f64) {
  return {Arch::name, Arch::vector_bytes, elementwise_kernels<Arch>(), &gemm_kernels<float, Arch>(), gemm_f64, &row_kernels<float, Arch>(), rows_f64};
}

}  // namespace neuro::kernels
