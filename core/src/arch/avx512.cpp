// The kernel table of avx512: the shared templates, compiled with this instruction set's flags.
#include "kernels/table.inl.h"

namespace neuro::kernels {

Table table_avx512(const GemmKernels<double>* gemm_f64, const RowKernels<double>* rows_f64) {
  return make_table<Avx512>(gemm_f64, rows_f64);
}

}  // namespace neuro::kernels
