#pragma once
// Checks recorded derivatives against difference quotients. For tests of operations and of models.
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "neuro/var.h"

namespace neuro {

/// Records values from leaves: what is to be differentiated.
using GradcheckFunction = std::function<std::vector<Var>(std::span<const Var>)>;

/// The largest disagreement that was found.
struct Gradcheck {
  /// |derived - measured|, divided by the largest entry of that input's measured gradient (by 1 when that is below
  /// 1e-3, so that gradients which vanish are compared absolutely).
  double error = 0;
  std::size_t input = 0;     ///< where it was found: which input ...
  std::int64_t element = 0;  ///< ... and which of its elements, row-major
  double derived = 0, measured = 0;
  std::string text() const;  ///< "error 3.1e-4 at input 1, element 17: derived 0.25, measured 0.2501"
};

/// Compares grad() of `fn` with central differences, for each element of each differentiable input.
///
/// fn:      called once, with `inputs`; its floating results are weighted by fixed pseudo-random numbers, so that
/// errors
///          of different elements do not cancel.
/// inputs:  leaves; those that `requires_grad()` marked are checked, and must be f64: differences of f32 would hide
///          errors below 1e-4. Their values are restored.
/// returns: the largest error. For smooth functions that are evaluated to full precision it is below 1e-8: the quotient
///          (f(x-2h) - 8 f(x-h) + 8 f(x+h) - f(x+2h)) / 12h with h = 1e-3 is exact to h^4.
///          Functions must be smooth within 2e-3 of the inputs.
/// error:   throws Error(dtype) when a differentiable input is not f64, Error(shape) when it is not contiguous.
/// source:  Abramowitz and Stegun 1964, table 25.2 (five-point first derivative).
Gradcheck gradcheck(const GradcheckFunction& fn, std::span<const Var> inputs);

/// The same for second derivatives: checks the gradient of (inputs, seed) -> gradients of fn weighted by seed.
Gradcheck gradcheck_second(const GradcheckFunction& fn, std::span<const Var> inputs);

}  // namespace neuro
