#pragma once
// Operations on shapes: views where strides can express them. (`neuro/ops.h` says what holds for all operations.)
#include <initializer_list>
#include <span>

#include "neuro/var.h"

namespace neuro {

Var reshape(const Var& x, std::span<const std::int64_t> shape);  ///< one size may be -1
Var reshape(const Var& x, std::initializer_list<std::int64_t> shape);
Var reshape(const Var& x, const Shape& shape);
Var flatten(const Var& x, int start = 0, int end = -1);
Var permute(const Var& x, std::span<const int> axes);
Var transpose(const Var& x, int a, int b);
Var t(const Var& x);  ///< all axes reversed
Var unsqueeze(const Var& x, int axis);
Var squeeze(const Var& x, int axis);  ///< the axis must have size 1
Var broadcast_to(const Var& x, const Shape& shape);
/// x[begin : end : step] on one axis, 0 <= begin <= end <= size, step >= 1.
Var slice(const Var& x, int axis, std::int64_t begin, std::int64_t end, std::int64_t step = 1);
/// The adjoint of slice: zeros of size `size` on the axis, with x at begin, begin + step, ...
Var slice_scatter(const Var& x, int axis, std::int64_t begin, std::int64_t step, std::int64_t size);
Var concat(std::span<const Var> xs, int axis);
Var stack(std::span<const Var> xs, int axis);
Var contiguous(const Var& x);
Var convert(const Var& x, DType dtype);  ///< gradient converted back between floats; to integers toward zero

}  // namespace neuro
