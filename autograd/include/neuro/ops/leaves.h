#pragma once
// Leaves: tensors as values, not differentiable until requires_grad(). (`neuro/ops.h` says what holds for all
// operations.) A size below 0 is Error(shape).
#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <span>
#include <type_traits>

#include "neuro/generator.h"
#include "neuro/var.h"

namespace neuro {

Var zeros(const Shape& shape, DType dtype = DType::f32);
Var ones(const Shape& shape, DType dtype = DType::f32);
Var full(const Shape& shape, double value, DType dtype = DType::f32);
Var eye(std::int64_t n, DType dtype = DType::f32);

// --- Sequences, rank 1 -----------------------------------------------------------------------------------------------
/// begin, begin + step, ... below end (above it for a negative step); ceil((end - begin) / step) values. Throws
/// Error(invalid_argument) for a step of 0 or an end that is not finite.
Var arange(double begin, double end, double step = 1, DType dtype = DType::f32);
/// n values from a to b inclusive, evenly spaced; n == 1 gives a.
Var linspace(double a, double b, std::int64_t n, DType dtype = DType::f32);
/// n values from base^a to base^b inclusive, evenly spaced in the exponent. Throws Error(invalid_argument) unless
/// base > 0.
Var logspace(double base, double a, double b, std::int64_t n, DType dtype = DType::f32);
/// n values from a to b inclusive in geometric progression; nothing when a or b is 0 (or not finite) or their signs
/// differ. Both ends are exact; n == 1 gives a.
std::optional<Var> geomspace(double a, double b, std::int64_t n, DType dtype = DType::f32);

// --- Values of your own ----------------------------------------------------------------------------------------------
/// A leaf of `shape` with these values, row-major, of their type: float, double, std::int64_t, std::int32_t or bool.
/// They are copied. Throws Error(shape) when the counts differ.
template <class Values>  // a vector, an array or a span
requires requires(const Values& v) {
  std::data(v);
  std::size(v);
}
Var from(const Values& values, const Shape& shape) {
  using T = std::remove_cvref_t<decltype(*std::data(values))>;
  return Var(Tensor::from(std::span<const T>(std::data(values), std::size(values)), shape));
}
template <class T>
Var from(std::initializer_list<T> values, const Shape& shape) {
  return Var(Tensor::from(values, shape));
}
/// A built-in array of rank 1, 2 or 3 as a leaf of its shape: `from_array({{1.f, 2.f}, {3.f, 4.f}})` is [2, 2].
template <class T, std::size_t N>
Var from_array(const T (&a)[N]) {
  return from(std::span<const T>(a, N), {N});
}
template <class T, std::size_t N, std::size_t M>
Var from_array(const T (&a)[N][M]) {
  return from(std::span<const T>(&a[0][0], N * M), {N, M});
}
template <class T, std::size_t N, std::size_t M, std::size_t K>
Var from_array(const T (&a)[N][M][K]) {
  return from(std::span<const T>(&a[0][0][0], N * M * K), {N, M, K});
}

// --- Random values ---------------------------------------------------------------------------------------------------
// Drawn when the function is called, from the next stream of `generator`, by default the one that `manual_seed()`
// seeds; or, with a seed, from the stream (seed, "rand" or "randn"), the same at each call. Uniforms are multiples of
// 2^-24.
/// Uniform in [0, 1).
Var rand(const Shape& shape, DType dtype = DType::f32, Generator& generator = default_generator());
Var rand(const Shape& shape, std::uint64_t seed, DType dtype = DType::f32);
/// Standard normal.
Var randn(const Shape& shape, DType dtype = DType::f32, Generator& generator = default_generator());
Var randn(const Shape& shape, std::uint64_t seed, DType dtype = DType::f32);
/// Normal. Throws Error(invalid_argument) unless std >= 0.
Var normal(double mean, double std, const Shape& shape, DType dtype = DType::f32,
           Generator& generator = default_generator());
/// Integers low, ..., high - 1, equally likely up to 2^-32: i64 by default. Throws Error(invalid_argument) unless
/// low < high.
Var randint(std::int64_t low, std::int64_t high, const Shape& shape, DType dtype = DType::i64,
            Generator& generator = default_generator());
/// 1 with probability p, else 0. Throws Error(invalid_argument) unless 0 <= p <= 1.
Var bernoulli(double p, const Shape& shape, DType dtype = DType::f32, Generator& generator = default_generator());

// --- Of another value's shape and type -------------------------------------------------------------------------------
/// A broadcast constant: no memory, folded into plans; not a leaf, so that `data()` needs a `forward()`.
Var zeros_like(const Var& x);
Var ones_like(const Var& x);
Var full_like(const Var& x, double value);
/// Leaves with values drawn from the default generator. Throws Error(dtype) unless x is f32 or f64.
Var rand_like(const Var& x);
Var randn_like(const Var& x);

}  // namespace neuro
