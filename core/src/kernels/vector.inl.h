#pragma once
// Vectors of one instruction set, and access to fewer elements than fill one.
#include <cstdint>
#include <type_traits>

#include "kernels/arch.h"

namespace neuro::kernels {

template <class T, class Arch>
using Vec = xsimd::batch<T, typename Arch::xsimd_arch>;

template <class V>
inline constexpr std::int64_t kLanes = static_cast<std::int64_t>(V::size);

/// x y + z, rounded once where the instruction set has a fused multiply-add (all but sse2). xsimd 8.1 has none for
/// AVX-512: its generic fma multiplies, rounds and adds.
template <class V>
[[gnu::always_inline]] inline V fma(V x, V y, V z) {
#if defined(__AVX512F__)
  if constexpr (std::is_same_v<V, xsimd::batch<float, xsimd::avx512bw>>) return V(_mm512_fmadd_ps(x, y, z));
#endif
  return xsimd::fma(x, y, z);
}

/// z - x y, rounded as fma.
template <class V>
[[gnu::always_inline]] inline V fnma(V x, V y, V z) {
  return fma(-x, y, z);
}

/// The first `count` < kLanes<V> elements at p; the other lanes are zero. Reads nothing beyond them.
template <class V, class Arch>
[[gnu::always_inline]] inline V load_partial(const typename V::value_type* p, std::int64_t count) {
  using T = typename V::value_type;
#if defined(__AVX512F__)
  if constexpr (std::is_same_v<Arch, Avx512> && std::is_same_v<T, float>) {
    return V(_mm512_maskz_loadu_ps(static_cast<__mmask16>((1u << count) - 1u), p));
  } else
#endif
#if defined(__AVX2__)
      if constexpr (std::is_same_v<Arch, Avx2> && std::is_same_v<T, float>) {
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return V(_mm256_maskload_ps(p, _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(count)), lane)));
  } else
#endif
  {
    alignas(Arch::vector_bytes) T lanes[kLanes<V>] = {};
    for (std::int64_t i = 0; i < count; ++i) lanes[i] = p[i];
    return V::load_aligned(lanes);
  }
}

/// Writes the first `count` < kLanes<V> lanes to p, and nothing beyond them.
template <class V, class Arch>
[[gnu::always_inline]] inline void store_partial(V v, typename V::value_type* p, std::int64_t count) {
  using T = typename V::value_type;
#if defined(__AVX512F__)
  if constexpr (std::is_same_v<Arch, Avx512> && std::is_same_v<T, float>) {
    _mm512_mask_storeu_ps(p, static_cast<__mmask16>((1u << count) - 1u), v);
  } else
#endif
#if defined(__AVX2__)
      if constexpr (std::is_same_v<Arch, Avx2> && std::is_same_v<T, float>) {
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    _mm256_maskstore_ps(p, _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(count)), lane), v);
  } else
#endif
  {
    alignas(Arch::vector_bytes) T lanes[kLanes<V>];
    v.store_aligned(lanes);
    for (std::int64_t i = 0; i < count; ++i) p[i] = lanes[i];
  }
}

/// All lanes, or the first `count` of them with zeros beyond.
template <class V, class Arch>
[[gnu::always_inline]] inline V load_some(const typename V::value_type* p, std::int64_t count) {
  return count >= kLanes<V> ? V::load_unaligned(p) : load_partial<V, Arch>(p, count);
}

template <class V, class Arch>
[[gnu::always_inline]] inline void store_some(V v, typename V::value_type* p, std::int64_t count) {
  if (count >= kLanes<V>) {
    v.store_unaligned(p);
  } else {
    store_partial<V, Arch>(v, p, count);
  }
}

/// v in the first `count` lanes, `other` in those beyond.
template <class V, class Arch>
[[gnu::always_inline]] inline V keep_lanes(V v, std::int64_t count, V other) {
  using T = typename V::value_type;
  alignas(64) static constexpr T kIndex[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  return xsimd::select(V::load_aligned(kIndex) < V(static_cast<T>(count)), v, other);
}

/// The lanes with neighbours `distance` (a power of two) apart exchanged.
template <int distance, class V, class Arch>
[[gnu::always_inline]] inline V exchange(V v) {
  using T = typename V::value_type;
#if defined(__AVX512F__)
  if constexpr (std::is_same_v<Arch, Avx512> && std::is_same_v<T, float>) {
    if constexpr (distance == 8) return V(_mm512_shuffle_f32x4(v, v, 0x4e));
    if constexpr (distance == 4) return V(_mm512_shuffle_f32x4(v, v, 0xb1));
    if constexpr (distance == 2) return V(_mm512_permute_ps(v, 0x4e));
    if constexpr (distance == 1) return V(_mm512_permute_ps(v, 0xb1));
  } else
#endif
#if defined(__AVX2__)
      if constexpr (std::is_same_v<Arch, Avx2> && std::is_same_v<T, float>) {
    if constexpr (distance == 4) return V(_mm256_permute2f128_ps(v, v, 0x01));
    if constexpr (distance == 2) return V(_mm256_permute_ps(v, 0x4e));
    if constexpr (distance == 1) return V(_mm256_permute_ps(v, 0xb1));
  } else
#endif
#if defined(__SSE2__)
      if constexpr (std::is_same_v<Arch, Sse2> && std::is_same_v<T, float>) {
    if constexpr (distance == 2) return V(_mm_shuffle_ps(v, v, 0x4e));
    if constexpr (distance == 1) return V(_mm_shuffle_ps(v, v, 0xb1));
  } else if constexpr (std::is_same_v<Arch, Sse2> && std::is_same_v<T, double>) {
    return V(_mm_shuffle_pd(v, v, 1));
  } else
#endif
  {
    alignas(Arch::vector_bytes) T from[kLanes<V>], to[kLanes<V>];
    v.store_aligned(from);
    for (int i = 0; i < kLanes<V>; ++i) to[i] = from[i ^ distance];
    return V::load_aligned(to);
  }
}

/// Combines all lanes by `op`, pairwise; every lane of the result holds it.
template <class V, class Arch, class Op>
[[gnu::always_inline]] inline V fold(V v, Op op) {
  if constexpr (kLanes<V> >= 16) v = op(v, exchange<8, V, Arch>(v));
  if constexpr (kLanes<V> >= 8) v = op(v, exchange<4, V, Arch>(v));
  if constexpr (kLanes<V> >= 4) v = op(v, exchange<2, V, Arch>(v));
  return op(v, exchange<1, V, Arch>(v));
}

template <class V, class Arch>
[[gnu::always_inline]] inline V fold_sum(V v) {
  return fold<V, Arch>(
      v, [](V a, V b) __attribute__((always_inline)) { return a + b; });
}

template <class V, class Arch>
[[gnu::always_inline]] inline V fold_max(V v) {
  return fold<V, Arch>(
      v, [](V a, V b) __attribute__((always_inline)) { return xsimd::max(a, b); });
}

template <class V, class Arch>
[[gnu::always_inline]] inline typename V::value_type first_lane(V v) {
  typename V::value_type x;
  store_partial<V, Arch>(v, &x, 1);
  return x;
}

}  // namespace neuro::kernels
