#pragma once
// Serial kernels of one instruction set for everything but products and elementwise formulas; the drivers in
// core/src/{reduce,rows,update,gather}.cpp divide the work. What a kernel computes stands in the public header of
// its driver.
#include <cstdint>

#include "neuro/kernels/reduce.h"
#include "neuro/kernels/update.h"

namespace neuro::kernels {

inline constexpr int kReduceOps = 5;  ///< one kernel for each Reduce, in its order

/// What the elements [0, n) of a random mask are drawn from.
struct MaskDraw {
  std::uint32_t key[2];        ///< Philox key of the stream
  std::uint32_t step, stream;  ///< counter words 2 and 3
  std::uint64_t first_element;
  std::uint32_t threshold;  ///< dropped when the 24 random bits are below it
};

template <class T>
struct RowKernels {
  // reduce.inl.h
  T (*reduce_run[kReduceOps])(const T* x, std::int64_t n) noexcept;
  /// y[j] = reduction over `rows` rows, `stride` elements apart, in order; n columns.
  void (*reduce_rows[kReduceOps])(const T* x, std::int64_t rows, std::int64_t stride, T* y, std::int64_t n) noexcept;

  // softmax.inl.h
  void (*softmax)(const T* x, T* y, std::int64_t rows, std::int64_t cols) noexcept;
  void (*softmax_backward)(const T* gy, const T* y, T* gx, std::int64_t rows, std::int64_t cols) noexcept;
  void (*log_softmax)(const T* x, T* y, std::int64_t rows, std::int64_t cols) noexcept;
  void (*log_softmax_backward)(const T* gy, const T* y, T* gx, std::int64_t rows, std::int64_t cols) noexcept;
  void (*softmax_cross_entropy)(const T* x, const std::int64_t* target, T* loss, T* grad, std::int64_t rows,
                                std::int64_t cols, std::int64_t ignore_index) noexcept;

  // layer_norm.inl.h
  void (*layer_norm)(const T* x, const T* weight, const T* bias, T* y, T* mean, T* rstd, std::int64_t rows,
                     std::int64_t cols, T eps) noexcept;
  void (*layer_norm_backward)(const T* gy, const T* x, const T* weight, const T* mean, const T* rstd, T* gx,
                              std::int64_t rows, std::int64_t cols) noexcept;

  // update.inl.h
  void (*update[kUpdateRules])(const UpdateStep& step, const UpdateSegment<T>& segment) noexcept;

  // mask.inl.h
  void (*dropout_mask)(const MaskDraw& draw, T keep, T* y, std::int64_t n) noexcept;
};

template <class T, class Arch>
const RowKernels<T>& row_kernels();

}  // namespace neuro::kernels
