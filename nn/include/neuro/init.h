#pragma once
// Initialisers: each overwrites the values of a leaf, f32 or f64, and returns it. (spec: autograd.md, section 4)
//
// A shape that an initialiser does not take, and bounds that make no sense, throw Error(shape) or
// Error(invalid_argument). The random ones draw from `generator`, or from default_generator() when it is null.
#include <string_view>
#include <utility>

#include "neuro/generator.h"
#include "neuro/var.h"

namespace neuro::nn::init {

/// (shape[1] R, shape[0] R) with R the product of the spatial sizes: [out, in, spatial...]. Rank >= 2.
std::pair<double, double> fan_in_fan_out(const Shape& shape);
/// "linear", "sigmoid" 1; "tanh" 5 / 3; "relu" sqrt(2); "leaky_relu" sqrt(2 / (1 + slope^2)); others are an error.
double calculate_gain(std::string_view nonlinearity, double slope = 0.01);

Var constant(const Var& w, double value);
Var zeros(const Var& w);
Var ones(const Var& w);
Var eye(const Var& w);  ///< rank 2: 1 on the diagonal, 0 elsewhere
/// Rank 3 to 5, shape[0] divisible by `groups`: convolution by it copies the first min(shape[0] / groups, shape[1])
/// channels of each group. 1 at the centre tap, 0 elsewhere.
Var dirac(const Var& w, std::int64_t groups = 1);

Var uniform(const Var& w, double low, double high, Generator* generator = nullptr);  ///< in [low, high), low < high
Var normal(const Var& w, double mean = 0, double std = 1, Generator* generator = nullptr);
/// A normal distribution cut off outside [low, high], low < high (by the inverse of its distribution function).
Var trunc_normal(const Var& w, double mean = 0, double std = 1, double low = -2, double high = 2,
                 Generator* generator = nullptr);
/// Bound sqrt(3) s or deviation s = gain sqrt(2 / (fan_in + fan_out)). (Glorot and Bengio 2010)
Var xavier_uniform(const Var& w, double gain = 1, Generator* generator = nullptr);
Var xavier_normal(const Var& w, double gain = 1, Generator* generator = nullptr);
enum class Fan { in, out };
/// Bound sqrt(3) s or deviation s = gain / sqrt(fan). (He et al. 2015, arXiv:1502.01852)
Var kaiming_uniform(const Var& w, double gain = 1.4142135623730951, Fan fan = Fan::in, Generator* generator = nullptr);
Var kaiming_normal(const Var& w, double gain = 1.4142135623730951, Fan fan = Fan::in, Generator* generator = nullptr);
/// Bound sqrt(3) s or deviation s = 1 / sqrt(fan_in). (LeCun et al. 1998, Efficient BackProp, eq. 16)
Var lecun_uniform(const Var& w, Generator* generator = nullptr);
Var lecun_normal(const Var& w, Generator* generator = nullptr);
/// The matrix [shape[0], the rest] with orthonormal rows or columns, whichever are fewer, times gain: the Q of a normal
/// matrix, with the signs of R's diagonal. Rank >= 2. (Saxe et al. 2014, arXiv:1312.6120)
Var orthogonal(const Var& w, double gain = 1, Generator* generator = nullptr);

}  // namespace neuro::nn::init
