#pragma once
// Reductions. (`neuro/ops.h` says what holds for all operations.)
#include <span>

#include "neuro/var.h"

namespace neuro {

enum class KeepDim { no, yes };
/// Over all axes (rank 0 result) or over `axes`.
Var sum(const Var& x);
Var sum(const Var& x, std::span<const int> axes, KeepDim keep = KeepDim::no);
Var sum(const Var& x, int axis, KeepDim keep = KeepDim::no);
Var mean(const Var& x);
Var mean(const Var& x, std::span<const int> axes, KeepDim keep = KeepDim::no);
Var mean(const Var& x, int axis, KeepDim keep = KeepDim::no);
Var max(const Var& x, int axis, KeepDim keep = KeepDim::no);  ///< gradient shared equally among ties
Var min(const Var& x, int axis, KeepDim keep = KeepDim::no);
/// Biased (divides by n) variance.
Var variance(const Var& x, std::span<const int> axes, KeepDim keep = KeepDim::no);
Var argmax(const Var& x, int axis);  ///< i64, first of equals
/// Sums x to `shape`, which broadcasts to x's shape: undoes a broadcast.
Var sum_to(const Var& x, const Shape& shape);

}  // namespace neuro
