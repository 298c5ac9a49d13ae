#pragma once
// Probabilities and normalisation. (`neuro/ops.h` says what holds for all operations.)
#include "neuro/var.h"

namespace neuro {

Var softmax(const Var& x, int axis = -1);
Var log_softmax(const Var& x, int axis = -1);
/// Layer norm over the last axis: weight and bias [cols], or both undefined.
Var layer_norm(const Var& x, const Var& weight, const Var& bias, double eps = 1e-5);
/// -log softmax(logits)[target] for each row: logits [rows, classes], target i64 [rows] -> [rows]; 0 where the target
/// is ignore_index. A target out of range raises a Fault.
Var cross_entropy(const Var& logits, const Var& target, std::int64_t ignore_index = -100);

}  // namespace neuro
