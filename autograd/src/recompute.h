#pragma once
// Parts of a graph whose values are computed again for the gradient (see Recompute in var.h).
#include <map>
#include <memory>
#include <tuple>

#include "node.h"

namespace neuro {

/// What one Recompute scope recorded: nodes point at it.
struct Region {
  std::shared_ptr<const Region> parent;  // the scope around it, or null
};

/// The innermost scope that lives on this thread, or null.
std::shared_ptr<const Region>& current_region();

/// One call of grad(): the values of regions as derivatives read them. A region's nodes are recorded again, over
/// what entered it; what entered it passes through an identity of its own, so that the planner does not share the
/// copies with the originals and thereby keep those.
class Recomputation {
 public:
  /// The value of `e` for a derivative that belongs to `region`; `e` itself when that is null.
  detail::Edge value(const detail::Edge& e, const Region* region);

 private:
  detail::Edge entering(const detail::Edge& e, const Region* region);

  std::map<std::tuple<const Region*, const Node*, int>, detail::Edge> known_;
  std::map<const Region*, std::int64_t> numbers_;  // of regions in the order of first use: stable from step to step
};

}  // namespace neuro
