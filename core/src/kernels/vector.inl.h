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

}  // namespace neuro::kernels
