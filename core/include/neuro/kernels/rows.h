#pragma once
// Kernels on the rows of a contiguous [rows, cols] matrix: softmax, cross-entropy, layer norm.
#include <cstddef>
#include <cstdint>

#include "neuro/kernels/exec.h"

namespace neuro::kernels {

/// y = exp(x - max) / sum exp(x - max), per row. error: f32 within 4 ULP + cols eps of the exact value (relative).
template <class T>
void softmax(const Exec& exec, const T* x, T* y, std::int64_t rows, std::int64_t cols) noexcept;
/// gx = y (gy - sum(gy y)), per row.
template <class T>
void softmax_backward(const Exec& exec, const T* gy, const T* y, T* gx, std::int64_t rows, std::int64_t cols) noexcept;

/// y = x - max - log(sum exp(x - max)), per row.
template <class T>
void log_softmax(const Exec& exec, const T* x, T* y, std::int64_t rows, std::int64_t cols) noexcept;
/// gx = gy - exp(y) sum(gy), per row.
template <class T>
void log_softmax_backward(const Exec& exec, const T* gy, const T* y, T* gx, std::int64_t rows,
                          std::int64_t cols) noexcept;

/// Softmax with cross-entropy against class indices: loss[r] = -log softmax(x)[r, target[r]], and in the same pass
/// grad[r, :] = softmax(x)[r, :] - onehot(target[r]). Rows whose target equals ignore_index give loss 0 and gradient 0.
/// A target outside [0, cols) that is not ignore_index gives NaN in both (callers check targets before).
template <class T>
void softmax_cross_entropy(const Exec& exec, const T* x, const std::int64_t* target, T* loss, T* grad,
                           std::int64_t rows, std::int64_t cols, std::int64_t ignore_index) noexcept;

/// y = (x - mean) * rstd * weight + bias per row, with the biased variance, rstd = 1 / sqrt(var + eps); two passes.
/// weight and bias are [cols] or null. mean and rstd are [rows] and are kept for the gradient.
template <class T>
void layer_norm(const Exec& exec, const T* x, const T* weight, const T* bias, T* y, T* mean, T* rstd, std::int64_t rows,
                std::int64_t cols, T eps) noexcept;
/// gx of layer_norm: rstd (gh - mean(gh) - h mean(gh h)) with h = (x - mean) rstd, gh = gy weight.
template <class T>
void layer_norm_backward(const Exec& exec, const T* gy, const T* x, const T* weight, const T* mean, const T* rstd,
                         T* gx, std::int64_t rows, std::int64_t cols) noexcept;

}  // namespace neuro::kernels
