#include "peak.h"

#include <cstdint>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace neuro::bench {
namespace {

constexpr std::int64_t kRounds = 100'000;
constexpr int kChains = 12;  // independent sums: more than latency (4) times units (2), fewer than registers (16)

// The empty asm keeps each sum in a register and opaque, so that nothing is folded or hoisted.
#if defined(__x86_64__)
__attribute__((target("avx512f"))) double peak_avx512() {
  __m512 sum[kChains], x = _mm512_set1_ps(1.0000001f), y = _mm512_set1_ps(1e-9f);
#pragma GCC unroll 16
  for (int i = 0; i < kChains; ++i) sum[i] = y;
  for (std::int64_t r = 0; r < kRounds; ++r) {
#pragma GCC unroll 16
    for (int i = 0; i < kChains; ++i) {
      sum[i] = _mm512_fmadd_ps(sum[i], x, y);
      asm volatile("" : "+v"(sum[i]));
    }
  }
  return 2.0 * 16 * kChains * kRounds;
}

__attribute__((target("avx2,fma"))) double peak_avx2() {
  __m256 sum[kChains], x = _mm256_set1_ps(1.0000001f), y = _mm256_set1_ps(1e-9f);
#pragma GCC unroll 16
  for (int i = 0; i < kChains; ++i) sum[i] = y;
  for (std::int64_t r = 0; r < kRounds; ++r) {
#pragma GCC unroll 16
    for (int i = 0; i < kChains; ++i) {
      sum[i] = _mm256_fmadd_ps(sum[i], x, y);
      asm volatile("" : "+x"(sum[i]));
    }
  }
  return 2.0 * 8 * kChains * kRounds;
}

double peak_sse2() {
  __m128 sum[kChains], x = _mm_set1_ps(1.0000001f), y = _mm_set1_ps(1e-9f);
#pragma GCC unroll 16
  for (int i = 0; i < kChains; ++i) sum[i] = y;
  for (std::int64_t r = 0; r < kRounds; ++r) {
#pragma GCC unroll 16
    for (int i = 0; i < kChains; ++i) {
      sum[i] = _mm_add_ps(_mm_mul_ps(sum[i], x), y);
      asm volatile("" : "+x"(sum[i]));
    }
  }
  return 2.0 * 4 * kChains * kRounds;
}
#elif defined(__aarch64__)
double peak_neon64() {
  typedef float V __attribute__((vector_size(16)));
  V sum[kChains], x = {1.0000001f, 1.0000001f, 1.0000001f, 1.0000001f}, y = {1e-9f, 1e-9f, 1e-9f, 1e-9f};
#pragma GCC unroll 16
  for (int i = 0; i < kChains; ++i) sum[i] = y;
  for (std::int64_t r = 0; r < kRounds; ++r) {
#pragma GCC unroll 16
    for (int i = 0; i < kChains; ++i) asm volatile("fmla %0.4s, %1.4s, %2.4s" : "+w"(sum[i]) : "w"(x), "w"(y));
  }
  return 2.0 * 4 * kChains * kRounds;
}
#endif

}  // namespace

double run_peak(std::string_view arch) {
#if defined(__x86_64__)
  if (arch == "avx512") return peak_avx512();
  if (arch == "avx2") return peak_avx2();
  return peak_sse2();
#else
  (void)arch;
  return peak_neon64();
#endif
}

}  // namespace neuro::bench
