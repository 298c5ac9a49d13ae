#pragma once
// The operations. Each checks shapes when it is called and computes nothing: it records. Axes may be negative. Unless
// stated otherwise operands are f32 or f64, one operation does not mix them, and a wrong shape, axis or type throws
// Error naming the operation, the shapes and the axis. (spec: autograd.md, section 2)
#include <array>
#include <initializer_list>
#include <span>
#include <vector>

#include "neuro/kernels/gemm.h"
#include "neuro/var.h"

namespace neuro {

// --- Leaves ---------------------------------------------------------------------------------------------------------
Var zeros(const Shape& shape, DType dtype = DType::f32);
Var ones(const Shape& shape, DType dtype = DType::f32);
Var full(const Shape& shape, double value, DType dtype = DType::f32);
Var eye(std::int64_t n, DType dtype = DType::f32);
/// begin, begin + step, ... below end (above it for a negative step); ceil((end - begin) / step) values.
Var arange(double begin, double end, double step = 1, DType dtype = DType::f32);
/// n values from a to b inclusive; n == 1 gives a.
Var linspace(double a, double b, std::int64_t n, DType dtype = DType::f32);
/// Uniform in [0, 1) and standard normal, from the stream (seed, "rand" or "randn").
Var rand(const Shape& shape, std::uint64_t seed, DType dtype = DType::f32);
Var randn(const Shape& shape, std::uint64_t seed, DType dtype = DType::f32);
/// Zeros or ones of x's shape and type, as a broadcast constant (no memory).
Var zeros_like(const Var& x);
Var ones_like(const Var& x);

// --- Elementwise arithmetic (operands broadcast) --------------------------------------------------------------------
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

// --- Activations ----------------------------------------------------------------------------------------------------
enum class Gelu { erf, tanh };
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

// --- Reductions -----------------------------------------------------------------------------------------------------
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

// --- Shape (views where strides can express them) -------------------------------------------------------------------
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

// --- Products -------------------------------------------------------------------------------------------------------
/// op(a) op(b) over the last two axes, leading axes broadcast. Rank >= 2.
Var matmul(const Var& a, const Var& b, Trans ta = Trans::no, Trans tb = Trans::no);
Var mm(const Var& a, const Var& b);    ///< [n,m] [m,o] -> [n,o]
Var mm_t(const Var& a, const Var& b);  ///< [n,m] [o,m] -> [n,o]
Var mv(const Var& a, const Var& v);    ///< [n,m] [m] -> [n]
Var vm(const Var& v, const Var& a);    ///< [m] [m,o] -> [o]
Var vv(const Var& a, const Var& b);    ///< [m] [m] -> []
/// x W^T + bias over the last axis: x [..., in], weight [out, in], bias [out] or undefined.
Var linear(const Var& x, const Var& weight, const Var& bias = {});

// --- Convolution and pooling, channel-first -------------------------------------------------------------------------
struct Conv2dOptions {
  std::array<std::int64_t, 2> stride = {1, 1};
  std::array<std::int64_t, 4> padding = {0, 0, 0, 0};  ///< top, bottom, left, right
  std::array<std::int64_t, 2> dilation = {1, 1};
  std::int64_t groups = 1;
};
/// x [N, C, H, W], weight [O, C / groups, KH, KW], bias [O] or undefined -> [N, O, OH, OW].
Var conv2d(const Var& x, const Var& weight, const Var& bias = {}, const Conv2dOptions& options = {});
struct Pool2dOptions {
  std::array<std::int64_t, 2> kernel = {2, 2};
  std::array<std::int64_t, 2> stride = {2, 2};
  std::array<std::int64_t, 4> padding = {0, 0, 0, 0};  ///< top, bottom, left, right; each at most half the kernel
  std::array<std::int64_t, 2> dilation = {1, 1};
};
Var max_pool2d(const Var& x, const Pool2dOptions& options);
Var avg_pool2d(const Var& x, const Pool2dOptions& options);  ///< zeros of the padding count

// --- Normalisation, probabilities -----------------------------------------------------------------------------------
Var softmax(const Var& x, int axis = -1);
Var log_softmax(const Var& x, int axis = -1);
/// Layer norm over the last axis: weight and bias [cols], or both undefined.
Var layer_norm(const Var& x, const Var& weight, const Var& bias, double eps = 1e-5);
/// -log softmax(logits)[target] for each row: logits [rows, classes], target i64 [rows] -> [rows]; 0 where the target
/// is ignore_index. A target out of range raises a Fault.
Var cross_entropy(const Var& logits, const Var& target, std::int64_t ignore_index = -100);

// --- Indexing, randomness -------------------------------------------------------------------------------------------
/// Rows of `table` [V, D] at `index` (i64, any shape): [..., D]. An index out of range raises a Fault. The row
/// `padding_index` (-1: none) receives no gradient.
Var embedding(const Var& table, const Var& index, std::int64_t padding_index = -1);
/// 0 with probability p, else 1 / (1 - p), for each element of `shape`. `rng` is an i64 leaf [3]: seed, step, index of
/// the first row (axis 0) in the whole batch. `stream` tells one use from another.
Var dropout_mask(const Shape& shape, double p, std::int64_t stream, const Var& rng, DType dtype = DType::f32);

// --- Optimizer steps ------------------------------------------------------------------------------------------------
/// sqrt of the sum of squares over all gradients: rank 0.
Var global_norm(std::span<const Var> gradients);
/// The operands of an update. All of them change in place once assigned: the new values are returned in the same order.
/// `lr` is an f64 scalar leaf, `step` an i64 scalar leaf (counting from 1), `scale` a scalar of the parameter's type
/// that multiplies the gradient (clipping).
struct AdamOptions {
  double beta1 = 0.9, beta2 = 0.999, eps = 1e-8;
  double l2 = 0;     ///< classic penalty, added to the gradient
  double decay = 0;  ///< decoupled (AdamW)
};
std::array<Var, 3> adam(const Var& param, const Var& gradient, const Var& m, const Var& v, const Var& lr,
                        const Var& step, const Var& scale, const AdamOptions& options);  ///< new param, m, v
struct SgdOptions {
  double momentum = 0, dampening = 0, l2 = 0;
  bool nesterov = false;
};
/// `m` is undefined without momentum; returns new param and new m (undefined without momentum).
std::array<Var, 2> sgd(const Var& param, const Var& gradient, const Var& m, const Var& lr, const Var& scale,
                       const SgdOptions& options);

}  // namespace neuro
