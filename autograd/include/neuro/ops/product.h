#pragma once
// Matrix products. (`neuro/ops.h` says what holds for all operations.)
#include "neuro/kernels/gemm.h"
#include "neuro/var.h"

namespace neuro {

/// op(a) op(b) over the last two axes, leading axes broadcast. Rank >= 2.
Var matmul(const Var& a, const Var& b, Trans ta = Trans::no, Trans tb = Trans::no);
Var mm(const Var& a, const Var& b);    ///< [n,m] [m,o] -> [n,o]
Var mm_t(const Var& a, const Var& b);  ///< [n,m] [o,m] -> [n,o]
Var mv(const Var& a, const Var& v);    ///< [n,m] [m] -> [n]
Var vm(const Var& v, const Var& a);    ///< [m] [m,o] -> [o]
Var vv(const Var& a, const Var& b);    ///< [m] [m] -> []
/// x W^T + bias over the last axis: x [..., in], weight [out, in], bias [out] or undefined.
Var linear(const Var& x, const Var& weight, const Var& bias = {});

}  // namespace neuro
