#pragma once
// Running results along an axis. (`neuro/ops.h` says what holds for all operations.) Results have x's shape. Each is
// computed in f64 and rounded once an element; ScanFrom::end runs from the last element back.
#include "neuro/kernels/scan.h"
#include "neuro/var.h"

namespace neuro {

/// y[r] = x[0] + ... + x[r]. f32: |y - exact| <= eps |y| + n 2^-53 sum |x|.
Var cumsum(const Var& x, int axis, ScanFrom from = ScanFrom::start);
/// y[r] = x[0] ... x[r]. The gradient is exact where elements are 0.
Var cumprod(const Var& x, int axis, ScanFrom from = ScanFrom::start);
/// y[r] = ln(e^x[0] + ... + e^x[r]), by ln(e^a + e^b) = max + log1p(e^(min - max)).
Var logcumsumexp(const Var& x, int axis, ScanFrom from = ScanFrom::start);

/// The largest or smallest element so far, and its position on the axis (i64): the last of equals. A NaN stays. The
/// gradient goes to the element at that position.
struct RunningExtreme {
  Var values, indices;
};
RunningExtreme cummax(const Var& x, int axis);
RunningExtreme cummin(const Var& x, int axis);

/// y[r] = a[r] y[r - 1] + b[r], y[-1] = 0: a and b have one shape, a[0] meets nothing. The scan behind gated
/// recurrences and the gradients of the scans above; its own gradient is such a recurrence in the other direction.
Var linear_recurrence(const Var& a, const Var& b, int axis, ScanFrom from = ScanFrom::start);

}  // namespace neuro
