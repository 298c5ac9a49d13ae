#pragma once
// Descriptors that the planner knows by name, and the tables of all descriptors, one a file.
#include "neuro/kernels/scan.h"
#include "neuro/op.h"

namespace neuro {

extern const OpDef contiguous_def, broadcast_to_def, reshape_def;   // ops/shape.cpp
extern const OpDef permute_def;                                     // ops/shape.cpp; products read through it
extern const OpDef add_def, sub_def, mul_def, div_def, affine_def;  // ops/arithmetic.cpp

/// x moved by one along an axis: element r takes what was before it (ScanFrom::start) or behind it, and `fill` where
/// there was nothing.
Var shifted(const Var& x, int axis, ScanFrom from, double fill);  // ops/scan.cpp
/// Zeros of size `size` on the axis, with src added up where index sends it: the transpose of gather.
Var gather_backward(const Var& src, const Var& index, int axis, std::int64_t size);  // ops/gather.cpp
/// Whether g is a gradient of `slice` by its operand, with step 1.
bool is_slice_gradient(const Var& g);
/// The sum of two of them as one, when their slices are neighbours; else undefined. Slices that cover the operand end
/// as one concat of what arrived, where zeros and sums would pass over the whole operand once for each slice.
Var join_slice_gradients(const Var& a, const Var& b);

using OpList = std::span<const OpDef* const>;
OpList arithmetic_ops();
OpList math_ops();
OpList function_ops();
OpList rounding_ops();
OpList activation_ops();
OpList piecewise_ops();
OpList reduction_ops();
OpList reduction_exact_ops();
OpList statistics_ops();
OpList scan_ops();
OpList order_ops();
OpList shape_ops();
OpList arrange_ops();
OpList split_ops();
OpList pad_ops();
OpList product_ops();
OpList einsum_ops();
OpList conv_ops();
OpList pool_ops();
OpList resample_ops();
OpList drop_ops();
OpList probability_ops();
OpList norm_ops();
OpList indexing_ops();
OpList gather_ops();
OpList loss_ops();
OpList class_loss_ops();
OpList select_ops();
OpList update_ops();
OpList attention_ops();
OpList recurrent_ops();
OpList recurrent_layer_ops();
OpList position_ops();
OpList selective_scan_ops();

}  // namespace neuro
