#pragma once
// Serial kernels of norms for one instruction set; core/src/norm.cpp divides the work.
#include <cstdint>

namespace neuro::kernels {

template <class T>
struct RunMoments {
  T centre, sum, squares;
};

template <class T>
struct NormKernels {
  /// The rounded mean of n values, and the sums of their distances from it and of the squares of those: reads x twice,
  /// so n should fit L1.
  void (*moments)(const T* x, std::int64_t n, RunMoments<T>* out) noexcept;
  void (*affine)(const T* x, T mean, T scale, T shift, T* y, std::int64_t n) noexcept;
  /// Sums of gy and of gy (x - mean).
  void (*sums)(const T* gy, const T* x, T mean, std::int64_t n, T* sum, T* product) noexcept;
  void (*rms_norm)(const T* x, const T* weight, T* y, T* rstd, std::int64_t rows, std::int64_t cols, T eps) noexcept;
  void (*rms_norm_backward)(const T* gy, const T* x, const T* weight, const T* rstd, T* gx, std::int64_t rows,
                            std::int64_t cols) noexcept;
};

template <class T, class Arch>
const NormKernels<T>& norm_kernels();

}  // namespace neuro::kernels
