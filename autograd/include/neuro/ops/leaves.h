#pragma once
// Leaves: tensors as values. (`neuro/ops.h` says what holds for all operations.)
#include "neuro/var.h"

namespace neuro {

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

}  // namespace neuro
