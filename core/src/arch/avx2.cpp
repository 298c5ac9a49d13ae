// The kernel table of avx2: the shared templates, compiled with this instruction set's flags.
#include "kernels/table.inl.h"

namespace neuro::kernels {

Table table_avx2(const GemmKernels<double>* gemm_f64, const RowKernels<double>* rows_f64) {
  return make_table<Avx2>(gemm_f64, rows_f64);
}

}  // namespace neuro::kernels
