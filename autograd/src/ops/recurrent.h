#pragma once
// The operation that recurrent layers and cells are written with.
#include "neuro/op.h"

namespace neuro {

/// gates_x, weight, bias, h0, and c0 for LSTM -> y, c for LSTM, and what the gradient keeps. attrs.i: kernels::Cell,
/// whether the steps run backwards.
extern const OpDef recurrent_steps_def;  // ops/recurrent.cpp

}  // namespace neuro
