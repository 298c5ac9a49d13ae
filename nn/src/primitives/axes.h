#pragma once
// Axes of symbolic shapes, as primitives count them.
#include "primitive.h"

namespace neuro::prim {

bool known_rank(const SymShape& shape);

/// Position of an axis that may be negative, in a shape that may hold a run of axes: counted from the side that is
/// known. npos when a run hides it; nullopt when the rank is known and the axis is out of range.
std::optional<std::size_t> position(const SymShape& shape, std::int64_t axis);

}  // namespace neuro::prim
