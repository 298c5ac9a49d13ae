#include "neuro/random.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace neuro {

std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key) {
  // Multipliers and Weyl constants of table 2 in the paper.
  constexpr std::uint64_t kM0 = 0xD2511F53u, kM1 = 0xCD9E8D57u;
  constexpr std::uint32_t kW0 = 0x9E3779B9u, kW1 = 0xBB67AE85u;
  auto [c0, c1, c2, c3] = counter;
  auto [k0, k1] = key;
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p0 = kM0 * c0, p1 = kM1 * c2;
    c0 = static_cast<std::uint32_t>(p1 >> 32) ^ c1 ^ k0;
    c1 = static_cast<std::uint32_t>(p1);
    c2 = static_cast<std::uint32_t>(p0 >> 32) ^ c3 ^ k1;
    c3 = static_cast<std::uint32_t>(p0);
    k0 += kW0;
    k1 += kW1;
  }
  return {c0, c1, c2, c3};
}

std::uint32_t RandomStream::bits(std::uint64_t element) const {
  const std::uint64_t block = element / 4, key = seed_ ^ (stream_ >> 32);
  const auto words = philox4x32({static_cast<std::uint32_t>(block), static_cast<std::uint32_t>(block >> 32), step_,
                                 static_cast<std::uint32_t>(stream_)},
                                {static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32)});
  return words[element % 4];
}

float RandomStream::uniform(std::uint64_t element) const { return static_cast<float>(bits(element) >> 8) * 0x1p-24f; }

float RandomStream::normal(std::uint64_t element) const {
  // 1 - u lies in (0, 1], so that the logarithm is finite.
  const double radius = std::sqrt(-2.0 * std::log(1.0 - static_cast<double>(uniform(2 * element))));
  const double angle = 2.0 * std::numbers::pi * static_cast<double>(uniform(2 * element + 1));
  return static_cast<float>(radius * std::cos(angle));
}

std::uint64_t RandomStream::below(std::uint64_t element, std::uint64_t n) const {
  const std::uint64_t word = (static_cast<std::uint64_t>(bits(2 * element)) << 32) | bits(2 * element + 1);
  return static_cast<std::uint64_t>((static_cast<unsigned __int128>(word) * n) >> 64);
}

std::uint64_t stream_of(std::string_view name) { return XXH3_64bits(name.data(), name.size()); }

std::uint64_t permuted(std::uint64_t i, std::uint64_t n, std::uint64_t seed, std::uint64_t epoch) {
  if (n <= 1) return i;
  // Two halves of `half` bits each cover [0, n); what falls outside walks on along its cycle, at most a few steps on
  // average. Halves below 3 bits would reach too few of the permutations of a handful of rows.
  constexpr int kRounds = 6, kMinHalf = 3;
  const int half = std::max(kMinHalf, (static_cast<int>(std::bit_width(n - 1)) + 1) / 2);
  const std::uint64_t mask = (std::uint64_t{1} << half) - 1;
  const std::array<std::uint32_t, 2> key{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)};
  const auto epoch_low = static_cast<std::uint32_t>(epoch), epoch_high = static_cast<std::uint32_t>(epoch >> 32);
  do {
    std::uint64_t left = i >> half, right = i & mask;
    for (std::uint32_t round = 0; round < kRounds; ++round) {
      const auto f = philox4x32({static_cast<std::uint32_t>(right), round, epoch_low, epoch_high}, key);
      const std::uint64_t mixed = left ^ (f[0] & mask);
      left = right;
      right = mixed;
    }
    i = (left << half) | right;
  } while (i >= n);
  return i;
}

}  // namespace neuro
