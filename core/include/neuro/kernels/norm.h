#pragma once
// Statistics and affine maps of channels, and root-mean-square norm of rows: what every norm is made of.
#include <cstdint>

#include "neuro/kernels/gemm.h"

namespace neuro::kernels {

/// How x, [outer, channels, inner] and contiguous, divides into channels. Batch norm has one for each channel of the
/// data; group and instance norm see every group of every sample as a channel, with outer = 1.
struct Channels {
  std::int64_t outer, channels, inner;
};

/// mean[c] and the biased variance var[c] over outer and inner: in each run of 4096 values the mean first, then the
/// squared distances from it; runs are merged by Chan, Golub, LeVeque 1979. One pass over memory.
/// error: mean 4 eps max|x|; var 8 eps var + (8 eps mean)^2.
template <class T>
void channel_moments(const Exec& exec, const Channels& c, const T* x, T* mean, T* var) noexcept;

/// y = (x - mean[c]) * scale[c] + shift[c]. The epilogue sees flat indices into y with batch 0.
template <class T>
void channel_affine(const Exec& exec, const Channels& c, const T* x, const T* mean, const T* scale, const T* shift,
                    T* y, const Epilogue& epilogue) noexcept;

/// sum[c] of gy and product[c] of gy (x - mean[c]), over outer and inner; one pass over both.
template <class T>
void channel_sums(const Exec& exec, const Channels& c, const T* gy, const T* x, const T* mean, T* sum,
                  T* product) noexcept;

/// y = x * rstd * weight for each row, rstd = 1 / sqrt(mean(x^2) + eps); weight is [cols] or null, rstd [rows].
template <class T>
void rms_norm(const Exec& exec, const T* x, const T* weight, T* y, T* rstd, std::int64_t rows, std::int64_t cols,
              T eps) noexcept;
/// gx of rms_norm: rstd (gh - h mean(gh h)) with h = x rstd, gh = gy weight.
template <class T>
void rms_norm_backward(const Exec& exec, const T* gy, const T* x, const T* weight, const T* rstd, T* gx,
                       std::int64_t rows, std::int64_t cols) noexcept;

}  // namespace neuro::kernels
