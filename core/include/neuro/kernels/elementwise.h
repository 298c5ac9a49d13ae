#pragma once
// Elementwise kernels: one serial function each, on contiguous arrays. Fusion and broadcasting happen above them, in
// tile programs, so a kernel is nothing but its formula.
#include <cstdint>

#include "neuro/dtype.h"

namespace neuro::kernels {

// The largest errors of the f32 kernels, in units in the last place of the exact result (asserted for every table over
// fixed samples in elementwise_accuracy_test, over all f32 inputs by ulp_sweep; f64 is within 1e-13 of itself):
//
//   0     neg abs sign floor ceil trunc round fmod relu clamp maximum minimum heaviside nan_to_num relu_grad
//         clamp_grad hardtanh_grad, comparisons, isnan isinf isfinite, where
//   0.5   add sub mul div square sqrt reciprocal remainder
//   0.51  exp2 expm1 log2 log10 sinh cosh asinh acosh atanh tan asin acos atan atan2 erfc: computed in f64
//   1     exp log pow affine leaky_relu leaky_relu_grad; powi: 1 for each multiplication
//   1.5   rsqrt softsign
//   2     log1p softplus sigmoid_grad tanh_grad hardswish; elu: 0.5 more for each of its constants that is not 1;
//         sin cos: 2 units of max(|y|, 2^-10), for |x| <= 8192 (and beyond)
//   3     tanh erf sigmoid elu_grad; hardswish_grad: 3 units of |g|
//   4     silu: units of max(|y|, 2^-126 |x|), as for gelu and mish; tanhshrink: 4 units of |x|; bce, for operands in
//         [0.01, 0.99]
//   5     mish; mish_grad: 5 units of the sum of the magnitudes of its two terms; gelu_tanh: 5 (1 + |u|), because
//         rounding its argument 2 u = sqrt(8 / pi) (x + 0.044715 x^3) costs that
//   6     gelu_grad: 6 units of the sum of magnitudes; gelu_tanh_grad: 6 (1 + |u|) of them
//   7     gelu
//
// Edges are those of IEEE 754 and the C library: exp overflows to infinity and underflows gradually, log(0) = -inf,
// log(-1) = NaN; NaN in gives NaN out (also clamp, maximum, minimum); the activations and their gradients are finite
// for every finite input.

/// out[i] = f(in[0][i], in[1][i], ...) for i in [0, n). `attrs` are the operation's constants (at most 4, in the order
/// of its descriptor). Every element goes through the same formula wherever it lies, so that values do not depend on
/// position, chunking or threads. `out` may be one of the inputs. Inputs typed boolean (see `mask_input`) are bytes.
using ElementwiseFn = void (*)(const void* const* in, void* out, std::int64_t n, const double* attrs) noexcept;

struct Elementwise {
  const char* name;
  int arity;
  ElementwiseFn f32;
  ElementwiseFn f64;
  bool mask_output = false;  ///< the result is boolean (comparisons)
  int mask_input = -1;       ///< index of the operand that is boolean (`where`: 0), or -1
  // The others: null where the kernel does not take that type. logical_and, logical_or, logical_xor and logical_not
  // take booleans only.
  ElementwiseFn i64 = nullptr;
  ElementwiseFn i32 = nullptr;
  ElementwiseFn boolean = nullptr;

  /// The kernel for operands of that type (those that are not the mask), or null.
  ElementwiseFn of(DType type) const;
};

}  // namespace neuro::kernels
