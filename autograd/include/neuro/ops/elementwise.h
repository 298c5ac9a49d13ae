#pragma once
// Elementwise operations; operands broadcast. (`neuro/ops.h` says what holds for all operations.)
#include "neuro/var.h"

namespace neuro {

Var add(const Var& a, const Var& b);
Var sub(const Var& a, const Var& b);
Var mul(const Var& a, const Var& b);
Var div(const Var& a, const Var& b);
Var pow(const Var& a, const Var& b);      ///< a^b; gradients need a > 0 for b's
Var maximum(const Var& a, const Var& b);  ///< NaN if either is; at ties the gradient goes half to each
Var minimum(const Var& a, const Var& b);
inline Var operator+(const Var& a, const Var& b) { return add(a, b); }
inline Var operator-(const Var& a, const Var& b) { return sub(a, b); }
inline Var operator*(const Var& a, const Var& b) { return mul(a, b); }
inline Var operator/(const Var& a, const Var& b) { return div(a, b); }
Var operator+(const Var& a, double b);
Var operator-(const Var& a, double b);
Var operator*(const Var& a, double b);
Var operator/(const Var& a, double b);
Var operator+(double a, const Var& b);
Var operator-(double a, const Var& b);
Var operator*(double a, const Var& b);
Var operator/(double a, const Var& b);

Var neg(const Var& x);
inline Var operator-(const Var& x) { return neg(x); }
Var abs(const Var& x);  ///< gradient sign(x), 0 at 0
Var sign(const Var& x);
Var exp(const Var& x);
Var log(const Var& x);
Var log1p(const Var& x);
Var sqrt(const Var& x);
Var rsqrt(const Var& x);
Var square(const Var& x);
Var reciprocal(const Var& x);
Var powi(const Var& x, int k);  ///< x^k; gradient k x^(k-1), 0 for k == 0
Var sin(const Var& x);
Var cos(const Var& x);
Var erf(const Var& x);
Var floor(const Var& x);
Var clamp(const Var& x, double lo, double hi);  ///< gradient 1 inside [lo, hi], 0 outside

// Comparisons give booleans; `where` chooses. No gradient flows through a mask.
Var less(const Var& a, const Var& b);
Var less_equal(const Var& a, const Var& b);
Var greater(const Var& a, const Var& b);
Var greater_equal(const Var& a, const Var& b);
Var equal(const Var& a, const Var& b);
Var not_equal(const Var& a, const Var& b);
Var where(const Var& mask, const Var& a, const Var& b);

// --- Activations -----------------------------------------------------------------------------------------------------
enum class Gelu : int { erf, tanh };
Var relu(const Var& x);  ///< gradient 0 at 0
Var leaky_relu(const Var& x, double slope = 0.01);
Var elu(const Var& x, double alpha = 1);
Var prelu(const Var& x, const Var& slope);  ///< x > 0 ? x : slope x; slope broadcasts
Var sigmoid(const Var& x);
Var tanh(const Var& x);
Var gelu(const Var& x, Gelu form = Gelu::erf);
Var silu(const Var& x);
Var mish(const Var& x);
Var softplus(const Var& x);

}  // namespace neuro
