#pragma once
// The sequence kernels of one instruction set.
#include "kernels/attention.inl.h"
#include "kernels/recurrent.inl.h"
#include "kernels/selective_scan.inl.h"

namespace neuro::kernels {

template <class T, class Arch>
const SequenceKernels<T>& sequence_kernels() {
  static constexpr SequenceKernels<T> kernels{
      .attention_softmax = &attention_softmax<T, Arch>,
      .attention_finish = &attention_finish<T, Arch>,
      .attention_weights = &attention_weights<T, Arch>,
      .attention_slope = &attention_slope<T, Arch>,
      .attention_bias = &attention_bias<T, Arch>,
      .cell = {&lstm_cell<false, T, Arch>, &lstm_cell<true, T, Arch>, &gru_cell<T, Arch>, &rnn_cell<false, T, Arch>,
               &rnn_cell<true, T, Arch>},
      .cell_backward = {&lstm_cell_backward<false, T, Arch>, &lstm_cell_backward<true, T, Arch>,
                        &gru_cell_backward<T, Arch>, &rnn_cell_backward<false, T, Arch>,
                        &rnn_cell_backward<true, T, Arch>},
      .scan = &scan_forward<T, Arch>,
      .scan_backward = &scan_backward<T, Arch>,
  };
  return kernels;
}

}  // namespace neuro::kernels
