#pragma once
// Tensors for people to read. `Tensor::text()` has every element to the last digit.
#include <iosfwd>
#include <string>

#include "neuro/tensor.h"

namespace neuro {

struct PrintOptions {
  int precision = 4;          ///< digits after the point
  std::int64_t whole = 1000;  ///< a tensor of more elements is elided with `...`
  std::int64_t edge = 3;      ///< how many are shown at each end of an axis then
  int columns = 80;           ///< lines are broken before this width
};

/// Nested brackets, elements aligned to the right: `[[ 1, 10],\n [20,  2]]`. Floats that are all whole (and below 1e8)
/// are written as integers; others with `precision` digits after the point, or as `1.0000e-05` when the largest is
/// above 1e8, the smallest below 1e-4 or the two more than a factor of 1000 apart (zeros aside), as PyTorch does.
/// Booleans are true and false; NaN and infinities are nan, inf and -inf.
std::string format(const Tensor& tensor, const PrintOptions& options = {});

/// Writes format(tensor).
std::ostream& operator<<(std::ostream& out, const Tensor& tensor);

}  // namespace neuro
