#pragma once
// Patterns of `match` against shapes of data (spec: neuroscript.md, 3.6).
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "neuro/neuron_graph.h"
#include "neuro/shape.h"
#include "value.h"

namespace neuro {

/// What patterns have captured so far, in a pass.
struct Captures {
  std::map<std::string, std::int64_t> sizes;
  std::map<std::string, std::vector<std::int64_t>> runs;
};

/// Whether a shape fits a pattern; adds what it captures. Names that `scope` knows, and runs captured before, must
/// agree.
bool match_shape(const ShapePattern& pattern, const Shape& shape, const Scope& scope, Captures& captures);

}  // namespace neuro
