#pragma once
// What the products need of a vector beyond xsimd: partial loads and stores, and transposing a square of registers.
#include <cstdint>
#include <type_traits>
#include <utility>

#include "kernels/arch.h"

namespace neuro::kernels {

/// Partial loads read only the chosen lanes (others give 0); partial stores write only the first n lanes.
template <class T, class Arch>
struct Lanes {
  using V = xsimd::batch<T, typename Arch::xsimd_arch>;
  static constexpr int kWidth = static_cast<int>(V::size);
  static constexpr std::uint32_t kAll = (kWidth == 32 ? 0u : 1u << kWidth) - 1u;

  /// a * b + c, rounded once where the instruction set can.
  [[gnu::always_inline]] static V fma(V a, V b, V c) { return xsimd::fma(a, b, c); }
  /// The same of single elements.
  [[gnu::always_inline]] static T fma(T a, T b, T c) {
    if constexpr (std::is_same_v<Arch, Sse2>) {
      return a * b + c;
    } else {
      return static_cast<T>(sizeof(T) == 4 ? __builtin_fmaf(a, b, c) : __builtin_fma(a, b, c));
    }
  }
  /// Lanes [0, n) as bits, n in [0, kWidth].
  [[gnu::always_inline]] static std::uint32_t first(std::int64_t n) { return (1u << n) - 1u; }

  [[gnu::always_inline]] static V load(const T* p, std::uint32_t lanes) {
    if (lanes == kAll) return V::load_unaligned(p);
    alignas(64) T part[kWidth];
    for (int i = 0; i < kWidth; ++i) part[i] = (lanes >> i & 1u) != 0 ? p[i] : T(0);
    return V::load_aligned(part);
  }
  [[gnu::always_inline]] static void store_first(T* p, V v, std::int64_t n) {
    alignas(64) T part[kWidth];
    v.store_aligned(part);
    for (std::int64_t i = 0; i < n; ++i) p[i] = part[i];
  }
};

#if defined(__AVX2__)
template <>
struct Lanes<float, Avx2> {
  using V = xsimd::batch<float, Avx2::xsimd_arch>;
  static constexpr int kWidth = 8;
  static constexpr std::uint32_t kAll = 0xff;

  [[gnu::always_inline]] static V fma(V a, V b, V c) { return xsimd::fma(a, b, c); }
  [[gnu::always_inline]] static float fma(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
  [[gnu::always_inline]] static std::uint32_t first(std::int64_t n) { return (1u << n) - 1u; }

  [[gnu::always_inline]] static V load(const float* p, std::uint32_t lanes) {
    const __m256i bit = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
    const __m256i chosen = _mm256_and_si256(_mm256_set1_epi32(static_cast<int>(lanes)), bit);
    return V(_mm256_maskload_ps(p, _mm256_cmpeq_epi32(chosen, bit)));
  }
  // vmaskmovps to memory is microcoded on Zen; halves of the register are not.
  [[gnu::always_inline]] static void store_first(float* p, V v, std::int64_t n) {
    __m256 whole = v;
    if (n == 8) return _mm256_storeu_ps(p, whole);
    __m128 rest = _mm256_castps256_ps128(whole);
    if ((n & 4) != 0) {
      _mm_storeu_ps(p, rest);
      rest = _mm256_extractf128_ps(whole, 1);
      p += 4;
    }
    if ((n & 2) != 0) {
      _mm_storel_pi(reinterpret_cast<__m64*>(p), rest);
      rest = _mm_movehl_ps(rest, rest);
      p += 2;
    }
    if ((n & 1) != 0) _mm_store_ss(p, rest);
  }
};
#endif

#if defined(__AVX512F__)
template <>
struct Lanes<float, Avx512> {
  using V = xsimd::batch<float, Avx512::xsimd_arch>;
  static constexpr int kWidth = 16;
  static constexpr std::uint32_t kAll = 0xffff;

  // xsimd 8.1 has no fused multiply-add for avx512: its generic one multiplies, rounds and adds.
  [[gnu::always_inline]] static V fma(V a, V b, V c) { return V(_mm512_fmadd_ps(a, b, c)); }
  [[gnu::always_inline]] static float fma(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
  [[gnu::always_inline]] static std::uint32_t first(std::int64_t n) { return (1u << n) - 1u; }

  [[gnu::always_inline]] static V load(const float* p, std::uint32_t lanes) {
    return V(_mm512_maskz_loadu_ps(static_cast<__mmask16>(lanes), p));
  }
  [[gnu::always_inline]] static void store_first(float* p, V v, std::int64_t n) {
    _mm512_mask_storeu_ps(p, static_cast<__mmask16>(first(n)), v);
  }
};
#endif

/// One step of `transpose`: swaps the off-diagonal D x D blocks of each 2D x 2D block.
template <class T, class Arch, int D, int... I>
[[gnu::always_inline]] inline void swap_blocks(typename Lanes<T, Arch>::V* r, std::integer_sequence<int, I...>) {
  constexpr int W = Lanes<T, Arch>::kWidth;
  using V = typename Lanes<T, Arch>::V;
  using R = typename V::register_type;
#pragma GCC unroll 16
  for (int i = 0; i < W; ++i) {
    if ((i & D) != 0) continue;
    const R upper = r[i], lower = r[i + D];
    r[i] = V(static_cast<R>(__builtin_shufflevector(upper, lower, ((I & D) == 0 ? I : W + I - D)...)));
    r[i + D] = V(static_cast<R>(__builtin_shufflevector(upper, lower, ((I & D) == 0 ? I + D : W + I)...)));
  }
}

/// Transposes the square matrix whose rows are r[0 .. kWidth).
template <class T, class Arch>
[[gnu::always_inline]] inline void transpose(typename Lanes<T, Arch>::V* r) {
  constexpr int W = Lanes<T, Arch>::kWidth;
  using Index = std::make_integer_sequence<int, W>;
  if constexpr (W > 8) swap_blocks<T, Arch, 8>(r, Index{});
  if constexpr (W > 4) swap_blocks<T, Arch, 4>(r, Index{});
  if constexpr (W > 2) swap_blocks<T, Arch, 2>(r, Index{});
  swap_blocks<T, Arch, 1>(r, Index{});
}

/// One addition of `sum4`: adds two shuffles of (a, b). Interleaving a with b takes their lanes in runs of `Run` from
/// each group of `Group` lanes; the first shuffle takes the lower half of the groups, the second the upper.
template <class T, class Arch, int Run, int Group, int... I>
[[gnu::always_inline]] inline typename Lanes<T, Arch>::V add_halves(typename Lanes<T, Arch>::V a,
                                                                    typename Lanes<T, Arch>::V b,
                                                                    std::integer_sequence<int, I...>) {
  using V = typename Lanes<T, Arch>::V;
  using R = typename V::register_type;
  constexpr int W = Lanes<T, Arch>::kWidth;
  const R x = a, y = b;
  // Lane I of a group takes from a or b by turns of Run lanes.
  return V(static_cast<R>(__builtin_shufflevector(
             x, y, (I / Group * Group + I % Group / (2 * Run) * Run + I % Run + (I / Run % 2 != 0 ? W : 0))...))) +
         V(static_cast<R>(__builtin_shufflevector(
             x, y,
             (I / Group * Group + Group / 2 + I % Group / (2 * Run) * Run + I % Run + (I / Run % 2 != 0 ? W : 0))...)));
}

/// sums[0 .. 4) = the sums of the lanes of a, b, c and d, each by the same tree. `sums` has room for a vector or 4.
template <class T, class Arch>
[[gnu::always_inline]] inline void sum4(typename Lanes<T, Arch>::V a, typename Lanes<T, Arch>::V b,
                                        typename Lanes<T, Arch>::V c, typename Lanes<T, Arch>::V d, T* sums) {
  using V = typename Lanes<T, Arch>::V;
  constexpr int W = Lanes<T, Arch>::kWidth;
  using Index = std::make_integer_sequence<int, W>;
  if constexpr (W == 2) {
    add_halves<T, Arch, 1, 2>(a, b, Index{}).store_aligned(sums);
    add_halves<T, Arch, 1, 2>(c, d, Index{}).store_aligned(sums + 2);
  } else {
    const V ab = add_halves<T, Arch, 1, 4>(a, b, Index{}), cd = add_halves<T, Arch, 1, 4>(c, d, Index{});
    V all = add_halves<T, Arch, 2, 4>(ab, cd, Index{});
    if constexpr (W == 16) all = add_halves<T, Arch, 8, 16>(all, all, Index{});
    if constexpr (W >= 8) all = add_halves<T, Arch, 4, 8>(all, all, Index{});
    all.store_aligned(sums);
  }
}

}  // namespace neuro::kernels
