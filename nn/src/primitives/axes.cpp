#include "primitives/axes.h"

#include <algorithm>

namespace neuro::prim {

bool known_rank(const SymShape& shape) {
  return std::none_of(shape.begin(), shape.end(), [](const Axis& a) { return a.is_variadic(); });
}

std::optional<std::size_t> position(const SymShape& shape, std::int64_t axis) {
  const auto rank = static_cast<std::int64_t>(shape.size());
  const auto run =
      std::find_if(shape.begin(), shape.end(), [](const Axis& a) { return a.is_variadic(); }) - shape.begin();
  if (run == rank) {
    if (axis < -rank || axis >= rank) return std::nullopt;
    return static_cast<std::size_t>(axis < 0 ? axis + rank : axis);
  }
  if (axis >= 0 && axis < run) return static_cast<std::size_t>(axis);
  if (axis < 0 && rank + axis > run) return static_cast<std::size_t>(rank + axis);
  return std::string::npos;
}

}  // namespace neuro::prim
