// The kernel table of sse2: the shared templates, compiled with this instruction set's flags.
#include "kernels/elementwise_f64.inl.h"
#include "kernels/table.inl.h"

namespace neuro::kernels {

Table table_sse2(const GemmKernels<double>* gemm_f64, const RowKernels<double>* rows_f64) {
  return make_table<Sse2>(gemm_f64, rows_f64);
}

// f64 is compiled for the baseline instruction set only: it serves as reference and for gradient checks.
const GemmKernels<double>* gemm_f64_baseline() { return &gemm_kernels<double, Sse2>(); }
const RowKernels<double>* rows_f64_baseline() { return &row_kernels<double, Sse2>(); }

}  // namespace neuro::kernels
