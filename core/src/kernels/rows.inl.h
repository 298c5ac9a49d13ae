#pragma once
// The row kernels of one instruction set.
#include "kernels/layer_norm.inl.h"
#include "kernels/mask.inl.h"
#include "kernels/reduce.inl.h"
#include "kernels/row_kernels.h"
#include "kernels/softmax.inl.h"
#include "kernels/update.inl.h"

namespace neuro::kernels {

template <class T, class Arch>
const RowKernels<T>& row_kernels() {
  static constexpr RowKernels<T> kernels{
      .reduce_run = {&reduce_run<SumOp, T, Arch>, &reduce_run<MaxOp, T, Arch>, &reduce_run<MinOp, T, Arch>,
                     &reduce_run<ProdOp, T, Arch>, &reduce_run<SumSquaresOp, T, Arch>},
      .reduce_rows = {&reduce_rows<SumOp, T, Arch>, &reduce_rows<MaxOp, T, Arch>, &reduce_rows<MinOp, T, Arch>,
                      &reduce_rows<ProdOp, T, Arch>, &reduce_rows<SumSquaresOp, T, Arch>},
      .softmax = &softmax<T, Arch>,
      .softmax_backward = &softmax_backward<T, Arch>,
      .log_softmax = &log_softmax<T, Arch>,
      .log_softmax_backward = &log_softmax_backward<T, Arch>,
      .softmax_cross_entropy = &softmax_cross_entropy<T, Arch>,
      .layer_norm = &layer_norm<T, Arch>,
      .layer_norm_backward = &layer_norm_backward<T, Arch>,
      .update = {&sgd<T, Arch>, &adam<T, Arch>, &adagrad<T, Arch>, &rmsprop<T, Arch>, &lion<T, Arch>},
      .dropout_mask = &dropout_mask<T, Arch>,
  };
  return kernels;
}

}  // namespace neuro::kernels
