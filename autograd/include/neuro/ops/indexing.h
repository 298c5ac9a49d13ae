#pragma once
// Rows picked by an index; random masks. (`neuro/ops.h` says what holds for all operations.)
#include "neuro/var.h"

namespace neuro {

/// Rows of `table` [V, D] at `index` (i64, any shape): [..., D]. An index out of range raises a Fault. The row
/// `padding_index` (-1: none) receives no gradient.
Var embedding(const Var& table, const Var& index, std::int64_t padding_index = -1);
/// 0 with probability p, else 1 / (1 - p), for each element of `shape`. `rng` is an i64 leaf [3]: seed, step, index of
/// the first row (axis 0) in the whole batch. `stream` tells one use from another.
Var dropout_mask(const Shape& shape, double p, std::int64_t stream, const Var& rng, DType dtype = DType::f32);

}  // namespace neuro
