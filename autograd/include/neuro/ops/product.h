#pragma once
// Matrix products. (`neuro/ops.h` says what holds for all operations.)
#include <initializer_list>
#include <span>
#include <string_view>

#include "neuro/kernels/gemm.h"
#include "neuro/var.h"

namespace neuro {

/// op(a) op(b) over the last two axes, leading axes broadcast. Rank >= 2. a and b are both f32 or both f64; or one of
/// them, or both, are bf16 beside f32: products and sums are then those of f32, as are the result and all gradients.
Var matmul(const Var& a, const Var& b, Trans ta = Trans::no, Trans tb = Trans::no);
Var mm(const Var& a, const Var& b);    ///< [n,m] [m,o] -> [n,o]
Var mm_t(const Var& a, const Var& b);  ///< [n,m] [o,m] -> [n,o]
Var mv(const Var& a, const Var& v);    ///< [n,m] [m] -> [n]
Var vm(const Var& v, const Var& a);    ///< [m] [m,o] -> [o]
Var vv(const Var& a, const Var& b);    ///< [m] [m] -> []
inline Var dot(const Var& a, const Var& b) { return vv(a, b); }
Var bmm(const Var& a, const Var& b);    ///< [b,n,m] [b,m,o] -> [b,n,o], no broadcasting
Var outer(const Var& a, const Var& b);  ///< [n] [m] -> [n,m]
/// Sum over axes_a[k] of a and axes_b[k] of b together, which have the same size; the other axes of a, then those of b,
/// remain. `axes` of them: the last of a, the first of b.
Var tensordot(const Var& a, const Var& b, std::span<const int> axes_a, std::span<const int> axes_b);
Var tensordot(const Var& a, const Var& b, int axes = 2);
/// Sums of products by Einstein's convention: a term for each operand names its axes by letters, equal letters are one
/// axis, and what the result does not name is summed.
///
///     einsum("bij, bjk -> bik", {a, b})      // a product for each b
///     einsum("ii->i", {a})                   // a letter twice: the diagonal
///     einsum("...i, i -> ...", {x, w})       // ... stands for any axes, which broadcast
///
/// Without `->` the result has the ellipsis, if any, and the letters that occur once, in alphabetical order. Spaces
/// mean nothing. At most 12 operands; they are multiplied two at a time, in the order that takes the fewest
/// multiplications, each pair as one batched matmul, or elementwise when it sums nothing. Errors point at the place in
/// the equation; axes of one letter must have one size (only those of an ellipsis may be 1).
Var einsum(std::string_view equation, std::span<const Var> operands);
Var einsum(std::string_view equation, std::initializer_list<Var> operands);
/// x W^T + bias over the last axis: x [..., in], weight [out, in], bias [out] or undefined.
Var linear(const Var& x, const Var& weight, const Var& bias = {});

}  // namespace neuro
