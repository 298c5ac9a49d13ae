#pragma once
// Operations on shapes: views where strides can express them. (`neuro/ops.h` says what holds for all operations.)
#include <initializer_list>
#include <span>
#include <vector>

#include "neuro/var.h"

namespace neuro {

Var reshape(const Var& x, std::span<const std::int64_t> shape);  ///< one size may be -1
Var reshape(const Var& x, std::initializer_list<std::int64_t> shape);
Var reshape(const Var& x, const Shape& shape);
Var flatten(const Var& x, int start = 0, int end = -1);
Var permute(const Var& x, std::span<const int> axes);
Var transpose(const Var& x, int a, int b);
Var t(const Var& x);  ///< all axes reversed
/// Axis `from` moves to place `to`; the others keep their order. With several: from[k] moves to to[k].
Var movedim(const Var& x, int from, int to);
Var movedim(const Var& x, std::span<const int> from, std::span<const int> to);
inline Var swapaxes(const Var& x, int a, int b) { return transpose(x, a, b); }
Var unsqueeze(const Var& x, int axis);
Var squeeze(const Var& x, int axis);  ///< the axis must have size 1
Var broadcast_to(const Var& x, const Shape& shape);
inline Var expand_as(const Var& x, const Var& like) { return broadcast_to(x, like.shape()); }
/// x[begin : end : step] on one axis, 0 <= begin <= end <= size, step >= 1.
Var slice(const Var& x, int axis, std::int64_t begin, std::int64_t end, std::int64_t step = 1);
/// The adjoint of slice: zeros of size `size` on the axis, with x at begin, begin + step, ...
Var slice_scatter(const Var& x, int axis, std::int64_t begin, std::int64_t step, std::int64_t size);
/// The elements of these axes in the opposite order; a view.
Var flip(const Var& x, std::span<const int> axes);
Var flip(const Var& x, int axis);
/// The diagonal of two axes, [.., n] on a new last axis: elements whose column (axis_b) minus row (axis_a) is `offset`;
/// empty when that lies outside. A view.
Var diagonal(const Var& x, std::int64_t offset = 0, int axis_a = 0, int axis_b = 1);
/// The sum of the diagonal of a matrix.
Var trace(const Var& x);
/// Windows of `size` along an axis, one every `step`: the axis becomes their number, (n - size) / step + 1, and a new
/// last axis holds their elements. A view; gradients of windows that overlap add up.
Var unfold(const Var& x, int axis, std::int64_t size, std::int64_t step = 1);

/// Parts of an axis, as views. split: of the given sizes, which add up to the axis, or of `size` each, the last one
/// smaller; chunk: of ceil(n / count) each (the last smaller, and perhaps fewer of them), as PyTorch; unbind: single
/// elements, without the axis.
std::vector<Var> split(const Var& x, std::span<const std::int64_t> sizes, int axis);
std::vector<Var> split(const Var& x, std::int64_t size, int axis);
std::vector<Var> chunk(const Var& x, std::int64_t count, int axis);
std::vector<Var> unbind(const Var& x, int axis);
/// Equal blocks of `shape` (of x's rank) in row-major order, as views; what remains on an axis is dropped. No size may
/// be 0 or larger than the axis. (autograd.md, section 2)
std::vector<Var> chunks(const Var& x, const Shape& shape);
/// Coordinates of a grid: value k is xs[k], of one axis, along axis k of the shape that all of them span ("ij").
std::vector<Var> meshgrid(std::span<const Var> xs);

// Copies.
Var concat(std::span<const Var> xs, int axis);
Var stack(std::span<const Var> xs, int axis);
/// Elements moved by `shift` along an axis (backwards when negative), those that leave entering at the other end.
Var roll(const Var& x, std::int64_t shift, int axis);
/// x repeated counts[k] times along axis k. Counts beyond x's rank make new leading axes; repeat() needs one for each
/// axis, tile() takes missing leading ones as 1.
Var repeat(const Var& x, std::span<const std::int64_t> counts);
Var tile(const Var& x, std::span<const std::int64_t> counts);
/// Each slice of the axis `count` times in a row.
Var repeat_interleave(const Var& x, std::int64_t count, int axis);
/// The lower (upper) triangle of the last two axes, zeros elsewhere: elements whose column minus row is at most (at
/// least) k.
Var tril(const Var& x, std::int64_t k = 0);
Var triu(const Var& x, std::int64_t k = 0);
/// Square matrices with the last axis of x on the diagonal `offset`, zeros elsewhere.
Var diag_embed(const Var& x, std::int64_t offset = 0);
/// diag_embed of a vector, diagonal of a matrix.
Var diag(const Var& x, std::int64_t offset = 0);
Var contiguous(const Var& x);
/// x in another type: to integers toward zero, to bf16 (by way of f32) to the nearest even, NaN staying NaN. Between
/// floats the gradient is converted back; that of a bf16 value is f32. From and to integers there is none.
Var convert(const Var& x, DType dtype);

}  // namespace neuro
