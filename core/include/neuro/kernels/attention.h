#pragma once
// Scaled dot-product attention in tiles: the matrix of queries by keys never exists as a whole.
#include <cstddef>
#include <cstdint>

#include "neuro/kernels/exec.h"
#include "neuro/shape.h"

namespace neuro::kernels {

/// Matrices [..., rows, columns] at any strides (in elements).
template <class T>
struct StridedMatrices {
  T* data = nullptr;
  Shape shape;
  Strides strides{};
};

/// q [..., Hq, T, D], k [..., Hkv, S, D], v [..., Hkv, S, Dv]; Hq is a multiple of Hkv, and consecutive query heads
/// share a head of k and v. Without a heads axis ([T, D]) there is one head.
template <class T>
struct AttentionArgs {
  StridedMatrices<const T> q, k, v;
  StridedMatrices<const T> bias;                ///< [..., Hq, T, S], added to the scores; or no data
  StridedMatrices<const std::uint8_t> allowed;  ///< [..., Hq, T, S]; or no data
  double scale = 1;
  bool causal = false;  ///< query t sees the keys s <= t + causal_offset only
  std::int64_t causal_offset = 0;
};

/// Bytes of scratch per worker, for attention() and attention_backward() of these shapes: the packing of products, and
/// a few tiles of 112 queries by 256 keys.
template <class T>
std::size_t attention_scratch(const Table& table, const AttentionArgs<T>& args);

/// y = softmax(scale q k^T + bias) v, [..., Hq, T, Dv], and the logarithm of each row's sum of exponentials [..., Hq,
/// T]. A row that sees no key (all hidden, or -inf) gives zeros in both. error: f32, relative to the largest |v|: about
/// (D + 8) eps of the largest score, 8 eps beside (swept in tests).
template <class T>
void attention(const Exec& exec, const AttentionArgs<T>& args, T* y, T* lse) noexcept;

/// With P = exp(scale q k^T + bias - lse) and G = P (gy v^T - delta):
/// gq = scale G k, gk = scale G^T q, gv = P^T gy. gy [..., Hq, T, Dv]; lse, delta [..., Hq, T].
template <class T>
void attention_backward(const Exec& exec, const AttentionArgs<T>& args, const T* gy, const T* lse, const T* delta,
                        T* gq, T* gk, T* gv) noexcept;

}  // namespace neuro::kernels
