#pragma once
// Counter-based random numbers: every draw is a pure function of (seed, stream, step, element).
#include <array>
#include <cstdint>
#include <string_view>

namespace neuro {

/// Philox4x32 with 10 rounds: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
/// Known-answer vectors of the authors' Random123 are asserted in random_test.
std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key);

/// A stream of random numbers with random access: draw i does not depend on what else was drawn.
/// counter = (element / 4 low, element / 4 high, step, stream low), key = seed xor (stream high).
class RandomStream {
 public:
  RandomStream(std::uint64_t seed, std::uint64_t stream, std::uint32_t step = 0)
      : seed_(seed), stream_(stream), step_(step) {}
  std::uint32_t bits(std::uint64_t element) const;
  /// Uniform in [0, 1): 24 random bits times 2^-24.
  float uniform(std::uint64_t element) const;
  /// Standard normal by Box and Muller (1958) from the uniforms of elements 2i and 2i + 1.
  float normal(std::uint64_t element) const;
  /// Uniform integer in [0, n) by Lemire's multiply-shift on 64 bits; n >= 1; bias below 2^-32 for n < 2^32.
  std::uint64_t below(std::uint64_t element, std::uint64_t n) const;

 private:
  std::uint64_t seed_, stream_;
  std::uint32_t step_;
};

/// The stream number of a name (a parameter path, for instance): xxh3 of its bytes.
std::uint64_t stream_of(std::string_view name);

/// Element i of a permutation of [0, n) keyed by (seed, epoch): a format-preserving Feistel network with cycle
/// walking, so that any position is reached at once without a table.
std::uint64_t permuted(std::uint64_t i, std::uint64_t n, std::uint64_t seed, std::uint64_t epoch);

}  // namespace neuro
