#pragma once
// Serial kernels on windows of single planes, for one instruction set: convolutions with one input channel a group,
// and pooling. The drivers core/src/direct_conv.cpp and core/src/pool.cpp divide the work.
#include <cstdint>

#include "neuro/kernels/table.h"

namespace neuro::kernels {

/// Rows of a plane [H, W], copied with their padding and, for strides, apart: element q of a padded row lies at
/// to[q % stride][q / stride], each of the `stride` parts `part` elements long. Padded element q of row r is
/// plane[r / spread_h][(q - before) / spread_w] where both divide and lie inside, else `padding`.
template <class T>
struct PaddedRows {
  const T* plane;
  std::int64_t H, W, before, spread_h, spread_w, stride, part;
  std::int64_t first, rows;  ///< rows [first, first + rows), which may lie outside
  T padding;
  T* to;  ///< [rows][stride * part]
};

/// y[o][r][j] = (accumulate ? y : 0) + sum over taps of w[o][kh][kw] in[r * row_step + kh * tap_step +
/// column[kw] + j] for j < OW.
template <class T>
struct DirectRows {
  const T* in;
  std::int64_t row_step, tap_step;
  const std::int64_t* column;  ///< [KW]
  std::int64_t KH, KW, OW, rows, outputs;
  const T* w;
  std::int64_t w_output;  ///< elements between weights of outputs
  bool accumulate;
  T* y;
  std::int64_t y_output;  ///< elements between planes of outputs; rows are OW apart
};

/// g[o][kh][kw] += sum over rows and j of gy[o][r][j] in[...], addressed as in DirectRows.
template <class T>
struct DirectWeights {
  DirectRows<T> at;  ///< of which w, accumulate and y are not used
  const T* gy;
  T* g;
};

/// y[r][j] = the largest under the window and tap[r][j] its number, first_tap + kh * KW + kw, the first of equals; a
/// NaN counts as largest. -inf is never taken: where nothing else is there, y is -inf and tap -1. With `accumulate`, y
/// and tap take part as found.
template <class T>
struct MaxRows {
  DirectRows<T> at;  ///< of which w and outputs are not used
  T* tap;            ///< rows OW apart
  std::int64_t first_tap;
};

template <class T>
struct SpatialKernels {
  std::int64_t vector;  ///< elements
  void (*pad_rows)(const PaddedRows<T>&) noexcept;
  void (*max_rows)(const MaxRows<T>&) noexcept;
  void (*direct_rows)(const DirectRows<T>&) noexcept;
  void (*direct_weights)(const DirectWeights<T>&) noexcept;
};

template <class T, class Arch>
const SpatialKernels<T>& spatial_kernels();

template <class T>
const SpatialKernels<T>& spatial_kernels_of(const Table& table) {
  if constexpr (sizeof(T) == 4) {
    return *table.spatial_f32;
  } else {
    return *table.spatial_f64;
  }
}

}  // namespace neuro::kernels
