#pragma once
// Elementwise operations; operands broadcast. (`neuro/ops.h` says what holds for all operations.)
//
// The result has the operands' common broadcast shape and their type, f32 or f64 unless the text says otherwise;
// comparisons and tests give bool. An operand of another type, or two of different types, is an Error(dtype) that names
// the operation and both; shapes that do not broadcast are an Error(shape) that names both and the axis.
//
// "n ULP" is the largest error of the f32 result in units of its last place, over all finite operands (for two
// operands: over a fixed sample); tests/core/ulp_sweep tries every operand. No bound stands where the result is exact
// or rounded once. f64 is within 1e-13 of itself. Special values are those of IEEE 754 and the C library: NaN gives
// NaN, exp and cosh overflow to infinity, results underflow gradually. Products of 0 and infinity in a definition are
// NaN: silu, gelu and mish of -infinity, softsign of infinities.
//
// Gradients are those of the definition; at a kink the text says which side counts.
#include <optional>

#include "neuro/var.h"

namespace neuro {

// --- Arithmetic (autograd.md, section 2). add, sub, mul, maximum, minimum, neg, abs, sign and square also take i64 and
// i32, which wrap around; a number beside an integer operand must be whole. ------------------------------------------
Var add(const Var& a, const Var& b);
Var sub(const Var& a, const Var& b);
Var mul(const Var& a, const Var& b);
Var div(const Var& a, const Var& b);
Var maximum(const Var& a, const Var& b);  ///< NaN if either is; at ties the gradient goes half to each
Var minimum(const Var& a, const Var& b);  ///< as maximum
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
Var abs(const Var& x);   ///< gradient sign(x), 0 at 0
Var sign(const Var& x);  ///< -1, 0 or 1; no gradient
Var square(const Var& x);
Var reciprocal(const Var& x);
Var sqrt(const Var& x);
Var rsqrt(const Var& x);                                  ///< 1 / sqrt(x); 1.5 ULP
Var lerp(const Var& a, const Var& b, const Var& weight);  ///< a + weight (b - a), rounded at each step
Var lerp(const Var& a, const Var& b, double weight);      ///< the same
Var clamp(const Var& x, double lo, double hi);            ///< gradient 1 in [lo, hi], 0 outside; lo > hi is an Error

// --- Powers, exponentials and logarithms ---------------------------------------------------------------------------
/// a^b; 1 ULP. The gradient by b is g y ln(a): NaN for a < 0, 0 for a == 0 and b >= 0.
Var pow(const Var& a, const Var& b);
Var pow(const Var& a, double b);  ///< the same; as powi for whole b in [-4, 4]
Var pow(double a, const Var& b);
/// x^k by repeated multiplication, 1 ULP for each; 1 for k == 0. Gradient k x^(k-1), 0 for k == 0.
Var powi(const Var& x, int k);
Var exp(const Var& x);    ///< 1 ULP
Var exp2(const Var& x);   ///< 2^x; 0.51 ULP
Var expm1(const Var& x);  ///< e^x - 1; 0.51 ULP
Var log(const Var& x);    ///< 1 ULP
Var log2(const Var& x);   ///< 0.51 ULP
Var log10(const Var& x);  ///< 0.51 ULP
Var log1p(const Var& x);  ///< ln(1 + x); 2 ULP
Var erf(const Var& x);    ///< 2 / sqrt(pi) times the integral of e^(-t^2) from 0 to x; 3 ULP
Var erfc(const Var& x);   ///< 1 - erf(x) without cancellation; 0.51 ULP

// --- Circular and hyperbolic functions: angles in radians; 0.51 ULP unless stated -----------------------------------
Var sin(const Var& x);  ///< 2 units of max(|y|, 2^-10)
Var cos(const Var& x);  ///< 2 units of max(|y|, 2^-10)
Var tan(const Var& x);
Var asin(const Var& x);                 ///< NaN outside [-1, 1]
Var acos(const Var& x);                 ///< NaN outside [-1, 1]
Var atan(const Var& x);                 ///< in [-pi / 2, pi / 2]
Var atan2(const Var& y, const Var& x);  ///< the angle of the point (x, y), in [-pi, pi]; the signs of zeros count
Var sinh(const Var& x);
Var cosh(const Var& x);
Var tanh(const Var& x);  ///< 3 ULP
Var asinh(const Var& x);
Var acosh(const Var& x);  ///< NaN below 1
Var atanh(const Var& x);  ///< NaN outside [-1, 1], infinite at its ends

// --- Rounding: exact; no gradient, that is zero everywhere ----------------------------------------------------------
Var floor(const Var& x);
Var ceil(const Var& x);
Var trunc(const Var& x);  ///< toward zero
Var round(const Var& x);  ///< to the nearest integer, halves to the even one
/// a - n b, where n is a / b rounded toward zero (fmod: the sign of a, exact) or down (remainder: the sign of b).
/// Gradient g to a, -n g to b. NaN for b == 0.
Var fmod(const Var& a, const Var& b);
Var remainder(const Var& a, const Var& b);
/// 0, at_zero or 1, as x is below, at or above zero. No gradient.
Var heaviside(const Var& x, const Var& at_zero);
Var step(const Var& x);  ///< heaviside(x, 0)

// --- Comparisons give booleans and take i64, i32 and bool, too; `where` chooses among values of any type. No gradient
// flows through a mask. Comparisons with NaN are false, but not_equal. ------------------------------------------------
Var less(const Var& a, const Var& b);
Var less_equal(const Var& a, const Var& b);
Var greater(const Var& a, const Var& b);
Var greater_equal(const Var& a, const Var& b);
Var equal(const Var& a, const Var& b);
Var not_equal(const Var& a, const Var& b);
Var less(const Var& a, double b);
Var less_equal(const Var& a, double b);
Var greater(const Var& a, double b);
Var greater_equal(const Var& a, double b);
Var equal(const Var& a, double b);
Var not_equal(const Var& a, double b);
/// mask ? a : b; each operand gets the gradient where it was chosen.
Var where(const Var& mask, const Var& a, const Var& b);

/// Of booleans.
Var logical_and(const Var& a, const Var& b);
Var logical_or(const Var& a, const Var& b);
Var logical_xor(const Var& a, const Var& b);
Var logical_not(const Var& a);

Var isnan(const Var& x);     ///< bool
Var isinf(const Var& x);     ///< bool
Var isfinite(const Var& x);  ///< bool
/// x with NaN and the infinities replaced; without a value, by the largest finite numbers. Gradient g where x is
/// finite.
Var nan_to_num(const Var& x, double nan = 0, std::optional<double> posinf = {}, std::optional<double> neginf = {});

// --- Activations ----------------------------------------------------------------------------------------------------
Var sigmoid(const Var& x);      ///< 1 / (1 + e^-x); 3 ULP
Var log_sigmoid(const Var& x);  ///< ln(sigmoid(x)), finite for finite x; 2 ULP
Var softplus(const Var& x);     ///< ln(1 + e^x), finite for finite x; 2 ULP
Var softsign(const Var& x);     ///< x / (1 + |x|); 1.5 ULP. Glorot and Bengio 2010
Var tanhshrink(const Var& x);   ///< x - tanh(x); 4 units of |x|
/// x sigmoid(beta x), also called swish; 4 units of max(|y|, 2^-126 |x|). Elfwing et al. 2017, arXiv:1702.03118, eq. 3;
/// Ramachandran et al. 2017, arXiv:1710.05941.
Var silu(const Var& x, double beta = 1);
enum class Gelu : int { erf, tanh };
/// x Phi(x), Phi the normal distribution function; 7 units of max(|y|, 2^-126 |x|). Or x (1 + tanh(u)) / 2,
/// u = sqrt(2 / pi) (x + 0.044715 x^3); 5 (1 + |u|) of those. Hendrycks and Gimpel 2016, arXiv:1606.08415.
Var gelu(const Var& x, Gelu form = Gelu::erf);
/// x tanh(softplus(x)); 5 of the units of silu. Misra 2019, arXiv:1908.08681.
Var mish(const Var& x);
Var relu(const Var& x);                             ///< max(x, 0); gradient 0 at 0
Var leaky_relu(const Var& x, double slope = 0.01);  ///< x > 0 ? x : slope x; 1 ULP. Maas et al. 2013
Var prelu(const Var& x, const Var& slope);  ///< the same, slope broadcasts. He et al. 2015, arXiv:1502.01852, eq. 1
/// x > 0 ? x : alpha (e^x - 1); 2 ULP. At 0 the gradient is alpha. Clevert et al. 2015, arXiv:1511.07289, eq. 16.
Var elu(const Var& x, double alpha = 1);
/// x > 0 ? x : alpha (e^(x / alpha) - 1); alpha <= 0 is an Error. Barron 2017, arXiv:1704.07483, eq. 2.
Var celu(const Var& x, double alpha = 1);
/// 1.0507 elu(x, 1.6733), which keeps mean 0 and variance 1. Klambauer et al. 2017, arXiv:1706.02515, eq. 2.
Var selu(const Var& x);
/// x limited to [lo, hi]; gradient 1 strictly inside, 0 elsewhere. lo > hi is an Error. Collobert 2004.
Var hardtanh(const Var& x, double lo = -1, double hi = 1);
Var relu6(const Var& x);        ///< hardtanh(x, 0, 6). Krizhevsky 2010
Var hardsigmoid(const Var& x);  ///< relu6(x + 3) / 6. Howard et al. 2019, arXiv:1905.02244
/// x relu6(x + 3) / 6, with 0 for x <= -3 and x for x >= 3 (and those sides' gradients there). Howard et al. 2019.
Var hardswish(const Var& x);
/// x moved by lambda toward 0, and 0 within [-lambda, lambda]; gradient 0 at its ends. lambda < 0 is an Error.
/// Donoho 1995, eq. 5.
Var softshrink(const Var& x, double lambda = 0.5);
/// x, but 0 within [-lambda, lambda]; gradient 0 at its ends. lambda < 0 is an Error. Donoho and Johnstone 1994.
Var hardshrink(const Var& x, double lambda = 0.5);
Var threshold(const Var& x, double limit, double value);  ///< x <= limit ? value : x; gradient 0 at the limit
/// a sigmoid(b), a and b the halves of x along `axis`, whose size must be even. Dauphin et al. 2016, arXiv:1612.08083.
Var glu(const Var& x, int axis = -1);

}  // namespace neuro
