#pragma once
// Sorting and selection. (`neuro/ops.h` says what holds for all operations.) Operands are f32, f64, i64 or i32, or
// booleans. Equal elements keep their order (and -0 equals 0); a NaN is larger than every number, as PyTorch has it.
// Gradients go to the elements that were picked.
#include "neuro/var.h"

namespace neuro {

/// Elements, and their positions on the axis: i64.
struct Ordered {
  Var values, indices;
};

enum class Order { ascending, descending };
/// The elements of an axis in order, stable.
Ordered sort(const Var& x, int axis = -1, Order order = Order::ascending);
/// Only the positions: x gathered at them is sorted.
Var argsort(const Var& x, int axis = -1, Order order = Order::ascending);

enum class Extreme { largest, smallest };
/// The k largest (in descending order) or smallest (in ascending order) of an axis, which becomes k long; 0 <= k <= its
/// size. Costs about one pass over x while k is small.
Ordered topk(const Var& x, std::int64_t k, int axis = -1, Extreme extreme = Extreme::largest);
/// The k-th smallest of an axis, 1 <= k <= its size; the axis disappears.
Ordered kthvalue(const Var& x, std::int64_t k, int axis = -1);

}  // namespace neuro
