#pragma once
// Elements and rows picked or written by an index; random masks. (`neuro/ops.h` says what holds for all operations.)
// An index is i64 or i32 and counts from 0: one that is negative or beyond its axis is found when the graph runs, which
// then ends in Error(index) with the first such value and its position. No gradient flows to an index.
#include "neuro/var.h"

namespace neuro {

/// Rows of `table` [V, D] at `index` (i64, any shape): [..., D]. An index out of range raises a Fault. The row
/// `padding_index` (-1: none) receives no gradient.
Var embedding(const Var& table, const Var& index, std::int64_t padding_index = -1);

/// y[.., index[.., j, ..], ..]: each element of `index` picks on `axis`, in its own place on the other axes. Shapes:
/// the ranks agree, and index is no longer than x on the other axes (x's rest is not read); y has index's shape. x of
/// any type. Elements picked several times add up their gradients.
Var gather(const Var& x, const Var& index, int axis);
/// gather with the other axes of x and index broadcast against each other (NumPy's take_along_axis).
Var take_along_axis(const Var& x, const Var& index, int axis);
/// x with src written at `index` on `axis`: the inverse of gather. src has index's shape and x's type; the other axes
/// agree with x's. Where several meet the last stays, and only that one receives a gradient.
Var scatter(const Var& x, const Var& index, const Var& src, int axis);
/// x with src added at `index` on `axis`, in increasing order; floats. Shapes as scatter.
Var scatter_add(const Var& x, const Var& index, const Var& src, int axis);

/// Slices of `axis` at index [m]: the axis becomes m long. x of any type.
Var index_select(const Var& x, const Var& index, int axis);
/// x with slice j of src added to slice index[j] of `axis`; floats. src has x's shape but for the axis, which is m
/// long.
Var index_add(const Var& x, const Var& index, const Var& src, int axis);
/// Elements of x in row-major order at `index` of any shape, which y has.
Var take(const Var& x, const Var& index);
/// `value` where the boolean mask holds, x elsewhere; mask broadcasts to x's shape.
Var masked_fill(const Var& x, const Var& mask, double value);
/// 1 at the index, 0 elsewhere, on a new last axis of size `classes`. Any type; no gradient.
Var one_hot(const Var& index, std::int64_t classes, DType dtype = DType::f32);

/// 0 with probability p, else 1 / (1 - p), for each element of `shape`. `rng` is an i64 leaf [3]: seed, step, index of
/// the first row (axis 0) in the whole batch. `stream` tells one use from another.
Var dropout_mask(const Shape& shape, double p, std::int64_t stream, const Var& rng, DType dtype = DType::f32);

}  // namespace neuro
