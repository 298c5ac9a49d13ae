#pragma once
// Reductions. (`neuro/ops.h` says what holds for all operations.) Each takes all axes (result of rank 0), several axes
// or one; the axes disappear from the shape, or stay with size 1 under KeepDim::yes. An axis given twice is an error.
#include <span>

#include "neuro/var.h"

namespace neuro {

enum class KeepDim : int { no, yes };
/// Sum. Integers and booleans add up to i64, modulo 2^64. f32: |y - exact| <= (log2(n) + 64) eps sum |x|.
Var sum(const Var& x);
Var sum(const Var& x, std::span<const int> axes, KeepDim keep = KeepDim::no);
Var sum(const Var& x, int axis, KeepDim keep = KeepDim::no);
/// Sum divided by the number of elements, which must not be 0.
Var mean(const Var& x);
Var mean(const Var& x, std::span<const int> axes, KeepDim keep = KeepDim::no);
Var mean(const Var& x, int axis, KeepDim keep = KeepDim::no);
/// Product; 1 of nothing. Its gradient is exact where elements are 0. Integers and booleans give i64, modulo 2^64.
Var prod(const Var& x);
Var prod(const Var& x, std::span<const int> axes, KeepDim keep = KeepDim::no);
Var prod(const Var& x, int axis, KeepDim keep = KeepDim::no);
/// Largest and smallest element, of floats or integers; NaN when one is. The gradient is shared equally among ties.
/// An axis without elements is an error.
Var max(const Var& x);
Var max(const Var& x, std::span<const int> axes, KeepDim keep = KeepDim::no);
Var max(const Var& x, int axis, KeepDim keep = KeepDim::no);
Var min(const Var& x);
Var min(const Var& x, std::span<const int> axes, KeepDim keep = KeepDim::no);
Var min(const Var& x, int axis, KeepDim keep = KeepDim::no);
/// Position on the axis of the largest or smallest element, i64: the first of equals; a NaN counts as both. Without an
/// axis: position in row-major order.
Var argmax(const Var& x);
Var argmax(const Var& x, int axis, KeepDim keep = KeepDim::no);
Var argmin(const Var& x);
Var argmin(const Var& x, int axis, KeepDim keep = KeepDim::no);

/// Whether any, or every, element is not 0 (NaN is not), boolean; of any type. Nothing: no, and yes.
Var any(const Var& x);
Var any(const Var& x, std::span<const int> axes, KeepDim keep = KeepDim::no);
Var any(const Var& x, int axis, KeepDim keep = KeepDim::no);
Var all(const Var& x);
Var all(const Var& x, std::span<const int> axes, KeepDim keep = KeepDim::no);
Var all(const Var& x, int axis, KeepDim keep = KeepDim::no);
/// How many elements are not 0 (NaN is not), i64; of any type.
Var count_nonzero(const Var& x);
Var count_nonzero(const Var& x, std::span<const int> axes, KeepDim keep = KeepDim::no);
Var count_nonzero(const Var& x, int axis, KeepDim keep = KeepDim::no);

/// Variance: squared deviations from the mean, summed and divided by n - correction, which must be positive. 0 is the
/// biased estimate, 1 the unbiased one (PyTorch's default).
Var variance(const Var& x);
Var variance(const Var& x, std::span<const int> axes, KeepDim keep = KeepDim::no, double correction = 0);
Var variance(const Var& x, int axis, KeepDim keep = KeepDim::no, double correction = 0);
/// Its square root. Where all elements are equal the gradient is 0, as PyTorch's.
Var stddev(const Var& x);
Var stddev(const Var& x, std::span<const int> axes, KeepDim keep = KeepDim::no, double correction = 0);
Var stddev(const Var& x, int axis, KeepDim keep = KeepDim::no, double correction = 0);
/// ln(sum of e^x), shifted by the largest element: finite for finite elements. -inf of nothing but -inf.
Var logsumexp(const Var& x);
Var logsumexp(const Var& x, std::span<const int> axes, KeepDim keep = KeepDim::no);
Var logsumexp(const Var& x, int axis, KeepDim keep = KeepDim::no);
/// (sum of |x|^p)^(1/p) for p > 0; p = infinity gives the largest |x|. The gradient of an element 0, and at a norm of
/// 0, is 0. Squares and powers overflow as they stand: f32 with p = 2 needs |x| < 1.8e19.
Var norm(const Var& x, double p = 2);
Var norm(const Var& x, double p, std::span<const int> axes, KeepDim keep = KeepDim::no);
Var norm(const Var& x, double p, int axis, KeepDim keep = KeepDim::no);

/// Sums x to `shape`, which broadcasts to x's shape: undoes a broadcast.
Var sum_to(const Var& x, const Shape& shape);

}  // namespace neuro
