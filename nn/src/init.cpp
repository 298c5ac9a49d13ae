// Initialisers.
#include "neuro/init.h"

#include <Eigen/QR>
#include <algorithm>
#include <cmath>
#include <numbers>

#include "neuro/error.h"
#include "neuro/str.h"

namespace neuro::nn::init {
namespace {

template <class... Args>
[[noreturn]] void refuse(ErrorCode code, const Args&... args) {
  throw Error(code, str("init::", args...));
}

/// The memory of the leaf that is to be overwritten.
Tensor checked(const char* who, const Var& w) {
  if (!w.defined() || !w.is_leaf()) refuse(ErrorCode::invalid_argument, who, ": takes a leaf");
  if (!is_floating(w.dtype())) refuse(ErrorCode::dtype, who, ": the leaf must be f32 or f64, is ", name_of(w.dtype()));
  return w.data();
}

/// w[i] = value(i).
template <class F>
Var fill(const char* who, const Var& w, F value) {
  Tensor t = checked(who, w);
  Tensor values = Tensor::empty(t.shape(), t.dtype());
  for (std::int64_t i = 0; i < t.size(); ++i) {
    const double v = value(i);
    t.dtype() == DType::f64 ? void(values.data<double>()[i] = v)
                            : void(values.data<float>()[i] = static_cast<float>(v));
  }
  t.copy_from(values);
  w.touch();
  return w;
}

RandomStream stream(Generator* generator) {
  return (generator != nullptr ? *generator : default_generator()).next("init");
}

Var fill_uniform(const char* who, const Var& w, double low, double high, Generator* generator) {
  const RandomStream random = stream(generator);
  return fill(who, w,
              [&](std::int64_t i) { return low + (high - low) * random.uniform(static_cast<std::uint64_t>(i)); });
}
Var fill_normal(const char* who, const Var& w, double mean, double std, Generator* generator) {
  const RandomStream random = stream(generator);
  return fill(who, w, [&](std::int64_t i) { return mean + std * random.normal(static_cast<std::uint64_t>(i)); });
}

double fan_of(const Var& w, Fan fan) {
  const auto [in, out] = fan_in_fan_out(w.shape());
  return fan == Fan::in ? in : out;
}
double xavier_scale(const Var& w, double gain) {
  const auto [in, out] = fan_in_fan_out(w.shape());
  return gain * std::sqrt(2 / (in + out));
}

double normal_cdf(double x) { return 0.5 * std::erfc(-x / std::numbers::sqrt2); }

/// The x of which p is normal_cdf: Newton's steps from the logistic distribution's answer, which is within 0.15 there.
double normal_quantile(double p) {
  const double tiny = 1e-300;
  double x = std::clamp(std::log(std::max(p, tiny) / std::max(1 - p, tiny)) / 1.702, -38.0, 38.0);
  for (int i = 0; i < 30; ++i) {
    const double slope = std::exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi);
    const double move = std::clamp((normal_cdf(x) - p) / std::max(slope, tiny), -1.0, 1.0);
    x -= move;
    if (std::abs(move) < 1e-12) break;
  }
  return x;
}

}  // namespace

std::pair<double, double> fan_in_fan_out(const Shape& shape) {
  if (shape.rank() < 2) refuse(ErrorCode::shape, "fan_in_fan_out: needs a shape [out, in, ...], got ", shape);
  double receptive = 1;
  for (int axis = 2; axis < shape.rank(); ++axis) receptive *= static_cast<double>(shape[axis]);
  return {static_cast<double>(shape[1]) * receptive, static_cast<double>(shape[0]) * receptive};
}

double calculate_gain(std::string_view nonlinearity, double slope) {
  if (nonlinearity == "linear" || nonlinearity == "sigmoid") return 1;
  if (nonlinearity == "tanh") return 5.0 / 3;
  if (nonlinearity == "relu") return std::numbers::sqrt2;
  if (nonlinearity == "leaky_relu") return std::sqrt(2 / (1 + slope * slope));
  refuse(ErrorCode::invalid_argument, "calculate_gain: unknown nonlinearity `", nonlinearity,
         "`; there are linear, sigmoid, tanh, relu, leaky_relu");
}

Var constant(const Var& w, double value) {
  return fill("constant", w, [value](std::int64_t) { return value; });
}
Var zeros(const Var& w) { return constant(w, 0); }
Var ones(const Var& w) { return constant(w, 1); }

Var eye(const Var& w) {
  if (w.rank() != 2) refuse(ErrorCode::shape, "eye: needs a matrix, got ", w.shape());
  const std::int64_t columns = w.shape()[1];
  return fill("eye", w, [columns](std::int64_t i) { return i / columns == i % columns ? 1.0 : 0.0; });
}

Var dirac(const Var& w, std::int64_t groups) {
  const Shape& s = w.shape();
  if (s.rank() < 3 || s.rank() > 5) refuse(ErrorCode::shape, "dirac: needs rank 3 to 5, got ", s);
  if (groups < 1 || s[0] % groups != 0)
    refuse(ErrorCode::invalid_argument, "dirac: ", s[0], " output channels do not divide into ", groups, " groups");
  const std::int64_t per_group = s[0] / groups, copied = std::min(per_group, s[1]);
  std::int64_t taps = 1, centre = 0;
  for (int axis = 2; axis < s.rank(); ++axis) {
    taps *= s[axis];
    centre = centre * s[axis] + s[axis] / 2;
  }
  return fill("dirac", w, [=](std::int64_t i) {
    const std::int64_t tap = i % taps, in = i / taps % s[1], out = i / taps / s[1] % per_group;
    return tap == centre && in == out && in < copied ? 1.0 : 0.0;
  });
}

Var uniform(const Var& w, double low, double high, Generator* generator) {
  if (!(low < high)) refuse(ErrorCode::invalid_argument, "uniform: ", low, " is not below ", high);
  return fill_uniform("uniform", w, low, high, generator);
}
Var normal(const Var& w, double mean, double std, Generator* generator) {
  if (!(std >= 0)) refuse(ErrorCode::invalid_argument, "normal: std must be at least 0, is ", std);
  return fill_normal("normal", w, mean, std, generator);
}
Var trunc_normal(const Var& w, double mean, double std, double low, double high, Generator* generator) {
  if (!(low < high)) refuse(ErrorCode::invalid_argument, "trunc_normal: ", low, " is not below ", high);
  if (!(std > 0)) refuse(ErrorCode::invalid_argument, "trunc_normal: std must be above 0, is ", std);
  const double from = normal_cdf((low - mean) / std), to = normal_cdf((high - mean) / std);
  const RandomStream random = stream(generator);
  return fill("trunc_normal", w, [&](std::int64_t i) {
    // half a step off the grid of 2^-24: neither end is 0 or 1
    const double u = static_cast<double>(random.uniform(static_cast<std::uint64_t>(i))) + 0x1p-25;
    return std::clamp(mean + std * normal_quantile(from + (to - from) * u), low, high);
  });
}

Var xavier_uniform(const Var& w, double gain, Generator* generator) {
  const double bound = std::sqrt(3.0) * xavier_scale(w, gain);
  return fill_uniform("xavier_uniform", w, -bound, bound, generator);
}
Var xavier_normal(const Var& w, double gain, Generator* generator) {
  return fill_normal("xavier_normal", w, 0, xavier_scale(w, gain), generator);
}
Var kaiming_uniform(const Var& w, double gain, Fan fan, Generator* generator) {
  const double bound = std::sqrt(3.0) * gain / std::sqrt(fan_of(w, fan));
  return fill_uniform("kaiming_uniform", w, -bound, bound, generator);
}
Var kaiming_normal(const Var& w, double gain, Fan fan, Generator* generator) {
  return fill_normal("kaiming_normal", w, 0, gain / std::sqrt(fan_of(w, fan)), generator);
}
Var lecun_uniform(const Var& w, Generator* generator) { return kaiming_uniform(w, 1, Fan::in, generator); }
Var lecun_normal(const Var& w, Generator* generator) { return kaiming_normal(w, 1, Fan::in, generator); }

Var orthogonal(const Var& w, double gain, Generator* generator) try {
  checked("orthogonal", w);
  if (w.rank() < 2) refuse(ErrorCode::shape, "orthogonal: needs rank 2 or more, got ", w.shape());
  const std::int64_t rows = w.shape()[0], columns = w.shape().without(0).elements();
  if (rows == 0 || columns == 0) return w;
  const std::int64_t tall = std::max(rows, columns), narrow = std::min(rows, columns);
  const RandomStream random = stream(generator);
  Eigen::MatrixXd a(tall, narrow);
  for (std::int64_t i = 0; i < a.size(); ++i) a.data()[i] = random.normal(static_cast<std::uint64_t>(i));
  const Eigen::HouseholderQR<Eigen::MatrixXd> qr(a);
  Eigen::MatrixXd q = qr.householderQ() * Eigen::MatrixXd::Identity(tall, narrow);
  for (std::int64_t k = 0; k < narrow; ++k) {
    if (qr.matrixQR()(k, k) < 0) q.col(k) = -q.col(k);
  }
  return fill("orthogonal", w, [&](std::int64_t i) {
    const std::int64_t r = i / columns, c = i % columns;
    return gain * (rows >= columns ? q(r, c) : q(c, r));
  });
} catch (const std::bad_alloc&) {  // of Eigen, which holds the matrix three times in f64
  refuse(ErrorCode::resource, "orthogonal: not enough memory for the matrix ", w.shape());
}

}  // namespace neuro::nn::init
