#pragma once
// Random masks: Philox on many counters at once. random.cpp has the readable form; gather_test compares the two.
#include "kernels/row_kernels.h"

namespace neuro::kernels {

template <class T, class Arch>
[[gnu::flatten]] void dropout_mask(const MaskDraw& draw, T keep, T* y, std::int64_t n) noexcept {
  constexpr int kBlocks = 16;  // counters side by side, 4 elements each
  constexpr std::uint64_t kM0 = 0xD2511F53u, kM1 = 0xCD9E8D57u;
  constexpr std::uint32_t kW0 = 0x9E3779B9u, kW1 = 0xBB67AE85u;
  std::uint64_t block = draw.first_element / 4;
  std::int64_t skip = static_cast<std::int64_t>(draw.first_element % 4);
  for (std::int64_t i = 0; i < n; block += kBlocks) {
    std::uint32_t c0[kBlocks], c1[kBlocks], c2[kBlocks], c3[kBlocks];
    for (int b = 0; b < kBlocks; ++b) {
      c0[b] = static_cast<std::uint32_t>(block + static_cast<std::uint64_t>(b));
      c1[b] = static_cast<std::uint32_t>((block + static_cast<std::uint64_t>(b)) >> 32);
      c2[b] = draw.step;
      c3[b] = draw.stream;
    }
    std::uint32_t k0 = draw.key[0], k1 = draw.key[1];
    for (int round = 0; round < 10; ++round, k0 += kW0, k1 += kW1) {
      for (int b = 0; b < kBlocks; ++b) {
        const std::uint64_t p0 = kM0 * c0[b], p1 = kM1 * c2[b];
        c0[b] = static_cast<std::uint32_t>(p1 >> 32) ^ c1[b] ^ k0;
        c1[b] = static_cast<std::uint32_t>(p1);
        c2[b] = static_cast<std::uint32_t>(p0 >> 32) ^ c3[b] ^ k1;
        c3[b] = static_cast<std::uint32_t>(p0);
      }
    }
    T value[4 * kBlocks];
    for (int b = 0; b < kBlocks; ++b) {
      value[4 * b] = (c0[b] >> 8) < draw.threshold ? T(0) : keep;
      value[4 * b + 1] = (c1[b] >> 8) < draw.threshold ? T(0) : keep;
      value[4 * b + 2] = (c2[b] >> 8) < draw.threshold ? T(0) : keep;
      value[4 * b + 3] = (c3[b] >> 8) < draw.threshold ? T(0) : keep;
    }
    for (std::int64_t j = skip; j < 4 * kBlocks && i < n; ++j) y[i++] = value[j];
    skip = 0;
  }
}

}  // namespace neuro::kernels
