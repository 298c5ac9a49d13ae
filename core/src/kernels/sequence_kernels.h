#pragma once
// Serial kernels of one instruction set for operations on sequences; the drivers in core/src/{attention,recurrent,
// selective_scan}.cpp divide the work.
#include <cstdint>

#include "neuro/kernels/recurrent.h"
#include "neuro/kernels/table.h"

namespace neuro::kernels {

/// A tile of attention's scores: `rows` queries by `cols` keys, rows `ld` apart.
template <class T>
struct ScoreTile {
  std::int64_t rows, cols;
  T* scores;
  std::int64_t ld;
  const T* bias;  ///< added to the scores: [rows, cols], rows bias_ld apart; or null
  std::int64_t bias_ld;
  std::int64_t seen;  ///< row i sees the first seen + i keys of the tile (none below 1, all above cols)
};

/// Some rows of one step of a recurrence, after the products: `units` wide; gates lie side by side in a row.
template <class T>
struct CellStep {
  std::int64_t rows, units;
  const T* gates_x;  ///< [rows, gates units]
  const T* gates_h;
  const T* h;  ///< the states before [rows, units]; c for LSTM only
  const T* c;
  T* next_h;
  T* next_c;
  T* saved;  ///< [rows, saved units]: what the gates became
};

/// The same, backwards.
template <class T>
struct CellGradient {
  std::int64_t rows, units;
  const T* h;  ///< the states before, and those after
  const T* c;
  const T* next_h;
  const T* next_c;
  const T* saved;
  const T *gy, *gc, *gsaved;  ///< gradients of this step's results from outside, or null
  T* dh;                      ///< gradient of next_h from later steps; becomes h's, but for what passes the product
  T* dc;                      ///< gradient of next_c from later steps; becomes c's
  T* gates_x;                 ///< gradients of the gates, on either side
  T* gates_h;                 ///< GRU only: for the others both sides have the same
};

/// Channels [0, channels) of a selective scan of one batch: x and delta have rows of `row` elements.
template <class T>
struct ScanPart {
  std::int64_t steps, channels, row, states;
  const T *x, *delta, *A, *B, *C, *h0;
  T* scratch;
};

/// Its gradients: gy, x and delta have rows of `row` elements; B and C [steps, states] are sums over these channels.
template <class T>
struct ScanPartGradient {
  const T *gy, *gh;  ///< or null
  T *x, *delta, *A, *B, *C, *h0;
};

inline constexpr std::int64_t kScanSteps = 64;  ///< the gradient keeps the state before every so many steps

template <class T>
struct SequenceKernels {
  // attention.inl.h
  /// One more tile of an online softmax: scores become exp(score + bias - top), 0 for keys that are not seen; `top` and
  /// `sum` [rows] go on from the tiles before; rows of y [rows, width], unless y is null, are brought to the new top.
  void (*attention_softmax)(const ScoreTile<T>& tile, T* top, T* sum, T* y, std::int64_t width) noexcept;
  /// After the last tile: divides the rows of y by `sum`, and writes log(sum) + top; both 0 for rows that saw no key.
  void (*attention_finish)(const T* top, const T* sum, T* y, T* lse, std::int64_t rows, std::int64_t width) noexcept;
  /// Scores become exp(score + bias - lse), 0 for keys that are not seen.
  void (*attention_weights)(const ScoreTile<T>& tile, const T* lse) noexcept;
  /// slope = weight (slope - delta), rows of `cols` elements `ld` apart.
  void (*attention_slope)(const T* weight, T* slope, const T* delta, std::int64_t rows, std::int64_t cols,
                          std::int64_t ld) noexcept;
  /// to[i] = allowed[i] ? 0 : -infinity.
  void (*attention_bias)(const std::uint8_t* allowed, T* to, std::int64_t n) noexcept;

  // recurrent.inl.h, one for each Cell
  void (*cell[kCells])(const CellStep<T>& step) noexcept;
  void (*cell_backward[kCells])(const CellGradient<T>& step) noexcept;

  // selective_scan.inl.h
  void (*scan)(const ScanPart<T>& part, T* y, T* last) noexcept;
  void (*scan_backward)(const ScanPart<T>& part, const ScanPartGradient<T>& gradient) noexcept;
};

template <class T, class Arch>
const SequenceKernels<T>& sequence_kernels();

template <class T>
const SequenceKernels<T>& sequence_kernels_of(const Table& table) {
  if constexpr (sizeof(T) == 4) {
    return *table.sequence_f32;
  } else {
    return *table.sequence_f64;
  }
}

}  // namespace neuro::kernels
