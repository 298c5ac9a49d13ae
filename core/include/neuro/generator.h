#pragma once
// The generator that constructors draw from when no seed is given: one of the three documented global states.
#include <atomic>
#include <cstdint>
#include <string_view>

#include "neuro/random.h"

namespace neuro {

/// Hands out streams of random numbers, a new one at each call. What call k of a generator draws is a function of
/// (seed, k, use) alone, so that a program that was seeded draws the same numbers again on every machine and for every
/// number of threads. Several threads may call one generator; the order of their calls is then what the threads make
/// of it.
class Generator {
 public:
  static constexpr std::uint64_t kDefaultSeed = 42;

  explicit Generator(std::uint64_t seed = kDefaultSeed) : seed_(seed) {}
  Generator(const Generator&) = delete;
  Generator& operator=(const Generator&) = delete;

  /// Starts anew with another seed.
  void manual_seed(std::uint64_t seed) { restore({seed, 0}); }
  std::uint64_t seed() const { return seed_; }
  /// The next stream. `use` keeps draws of different kinds apart ("rand", "randn").
  RandomStream next(std::string_view use = "generator");
  /// A seed from the next stream, for somebody who keeps streams of his own.
  std::uint64_t next_seed();

  /// Where the generator stands: two numbers, which a checkpoint keeps.
  struct State {
    std::uint64_t seed = kDefaultSeed;
    std::uint64_t drawn = 0;  ///< streams handed out since it was seeded
    bool operator==(const State&) const = default;
  };
  State state() const { return {seed_.load(), drawn_.load()}; }
  void restore(State state) {
    seed_ = state.seed;
    drawn_ = state.drawn;
  }

 private:
  std::atomic<std::uint64_t> seed_, drawn_{0};
};

/// The generator that is used where none is named: seeded with Generator::kDefaultSeed when it is first used.
Generator& default_generator();
/// Seeds the default generator.
void manual_seed(std::uint64_t seed);

}  // namespace neuro
