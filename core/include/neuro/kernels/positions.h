#pragma once
// Positions along a sequence: rotations and sinusoids of p base^(-2 j / D) for positions p and j < D / 2.
#include <cstddef>
#include <cstdint>

#include "neuro/kernels/exec.h"

namespace neuro::kernels {

/// x [outer, steps, inner, D]; step t has position first + t.
struct Positions {
  std::int64_t outer, steps, inner, D;
  std::int64_t first = 0;
  double base = 10000;
};

/// Bytes of scratch per worker.
template <class T>
std::size_t positions_scratch(const Positions& p);

/// Which numbers of a row are a pair: (2 j, 2 j + 1), or (j, j + D / 2).
enum class Pairs : std::uint8_t { adjacent, halves };
/// Forwards, or back (the transpose).
enum class Turn : std::uint8_t { forward, back };

/// y = each pair of x turned by the angle of its position; D is even. Angles are exact to 1e-13 whatever the position.
template <class T>
void rotate_pairs(const Exec& exec, const Positions& p, Pairs pairs, Turn turn, const T* x, T* y) noexcept;

/// y = x, plus the sine of angle j in column 2 j and its cosine in column 2 j + 1 (an odd D lacks the last cosine).
template <class T>
void add_sinusoids(const Exec& exec, const Positions& p, const T* x, T* y) noexcept;

}  // namespace neuro::kernels
