#include "neuro/generator.h"

namespace neuro {

RandomStream Generator::next(std::string_view use) {
  const std::uint64_t k = drawn_.fetch_add(1);
  // A stream has 32 bits for its step; what lies above them goes to the stream's number.
  return {seed_.load(), stream_of(use) ^ (k >> 32), static_cast<std::uint32_t>(k)};
}

std::uint64_t Generator::next_seed() {
  const RandomStream stream = next("seed");
  return static_cast<std::uint64_t>(stream.bits(0)) << 32 | stream.bits(1);
}

Generator& default_generator() {
  static Generator generator;
  return generator;
}

void manual_seed(std::uint64_t seed) { default_generator().manual_seed(seed); }

}  // namespace neuro
