#pragma once
// Elementwise kernels: one serial function each, on contiguous arrays. Fusion and broadcasting happen above them, in
// tile programs, so a kernel is nothing but its formula.
#include <cstdint>

namespace neuro::kernels {

// The largest errors of the f32 kernels, in units in the last place of the exact result (asserted for every table over
// fixed samples in elementwise_accuracy_test; f64 is within 1e-13 of itself):
//
//   0     neg abs sign floor relu clamp maximum minimum relu_grad clamp_grad, comparisons, where
//   0.5   add sub mul div square sqrt reciprocal
//   1     exp log pow affine leaky_relu leaky_relu_grad; powi: 1 for each multiplication
//   1.5   rsqrt
//   2     log1p softplus elu sigmoid_grad tanh_grad; sin cos: 2 units of max(|y|, 2^-10), for |x| <= 8192 (and beyond)
//   3     tanh erf sigmoid elu_grad
//   4     silu
//   5     mish; mish_grad: 5 units of the sum of the magnitudes of its two terms; gelu_tanh: 5 (1 + |u|), because
//         rounding its argument 2 u = sqrt(8 / pi) (x + 0.044715 x^3) costs that
//   6     gelu; gelu_grad: 6 units of the sum of magnitudes; gelu_tanh_grad: 6 (1 + |u|) of them
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
};

}  // namespace neuro::kernels
