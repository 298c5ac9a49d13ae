#pragma once
// Descriptors that the planner knows by name, and the tables of all descriptors, one a file.
#include "neuro/op.h"

namespace neuro {

extern const OpDef contiguous_def, broadcast_to_def, reshape_def;   // ops/shape.cpp
extern const OpDef permute_def;                                     // ops/shape.cpp; products read through it
extern const OpDef add_def, sub_def, mul_def, div_def, affine_def;  // ops/arithmetic.cpp

using OpList = std::span<const OpDef* const>;
OpList arithmetic_ops();
OpList math_ops();
OpList activation_ops();
OpList reduction_ops();
OpList shape_ops();
OpList product_ops();
OpList conv_ops();
OpList probability_ops();
OpList norm_ops();
OpList indexing_ops();
OpList update_ops();

}  // namespace neuro
