#pragma once
// What all losses share.
#include "neuro/ops.h"
#include "ops/rules.h"

namespace neuro {

/// The first integer of every loss's attributes.
inline Reduction reduction_of(const Attrs& attrs) { return static_cast<Reduction>(attrs.i[0]); }

inline std::vector<Var> reduced(const Var& terms, const Attrs& attrs) {
  switch (reduction_of(attrs)) {
    case Reduction::mean: return {mean(terms)};
    case Reduction::sum: return {sum(terms)};
    case Reduction::none: break;
  }
  return {terms};
}

/// A target receives no gradient. (A leaf that has none stays the leaf that it is.)
inline Var fixed_target(const Var& target) {
  return target.defined() && target.differentiable() ? target.detach() : target;
}

}  // namespace neuro
