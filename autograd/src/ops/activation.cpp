// Activations and their derivatives. A derivative reads the result instead of the operand where it can: the operand's
// memory is then free after the forward pass.
#include <numbers>

#include "neuro/error.h"
#include "neuro/ops.h"
#include "neuro/str.h"
#include "ops/ops_internal.h"
#include "ops/samples.h"

namespace neuro {

static constexpr const char* kSpec = "autograd.md, section 2";
static constexpr const char* kGelu = "Hendrycks and Gimpel 2016, arXiv:1606.08415";
static constexpr const char* kMish = "Misra 2019, arXiv:1908.08681";

// --- relu ---

static Var relu_grad(const Var& g, const Var& y);
static constexpr OpDef relu_grad_def{
    .name = "relu_grad",  // g where y > 0, else 0
    .elementwise = "relu_grad",
    .vjp =
        [](const Vjp& v) {
          return Grads{relu_grad(v.gy[0], v.in[1]), Var()};
        },
    .samples = [] { return samples::binary({}, {.kinks = {0}}); },
    .source = kSpec,
};
static Var relu_grad(const Var& g, const Var& y) { return record(relu_grad_def, {g, y}); }

static constexpr OpDef relu_def{
    .name = "relu",
    .elementwise = "relu",
    .vjp = [](const Vjp& v) { return Grads{relu_grad(v.gy[0], v.out[0])}; },  // y > 0 exactly where x > 0
    .samples = [] { return samples::unary({.kinks = {0}}); },
    .source = kSpec,
};
Var relu(const Var& x) { return record(relu_def, {x}); }

// --- leaky_relu ---

static Var leaky_relu_grad(const Var& g, const Var& x, const Attrs& slope);
static constexpr OpDef leaky_relu_grad_def{
    .name = "leaky_relu_grad",  // x > 0 ? g : slope g
    .elementwise = "leaky_relu_grad",
    .vjp =
        [](const Vjp& v) {
          return Grads{leaky_relu_grad(v.gy[0], v.in[1], v.attrs), Var()};
        },
    .samples = [] { return samples::binary({}, {.kinks = {0}}, {.f = {0.1}}); },
    .source = kSpec,
};
static Var leaky_relu_grad(const Var& g, const Var& x, const Attrs& slope) {
  return record(leaky_relu_grad_def, {g, x}, slope);
}

static constexpr OpDef leaky_relu_def{
    .name = "leaky_relu",
    .elementwise = "leaky_relu",
    .vjp =
        [](const Vjp& v) {  // the result has the operand's sign unless the slope is negative
          return Grads{leaky_relu_grad(v.gy[0], v.attrs.f[0] >= 0 ? v.out[0] : v.in[0], v.attrs)};
        },
    .samples =
        [] {
          std::vector<Sample> out = samples::unary({.kinks = {0}}, {.f = {0.1}});
          out.push_back({{{.shape = {7}, .kinks = {0}}}, {.f = {-0.5}}});
          out.push_back({{{.shape = {7}, .kinks = {0}}}, {.f = {0}}});
          return out;
        },
    .source = "Maas, Hannun, Ng 2013, Rectifier nonlinearities improve neural network acoustic models",
};
Var leaky_relu(const Var& x, double slope) { return record(leaky_relu_def, {x}, {.f = {slope}}); }

static constexpr OpDef prelu_def{
    .name = "prelu",
    .expand =
        [](std::span<const Var> in, const Attrs&) {
          return std::vector{where(greater(in[0], constant(0, in[0].dtype())), in[0], in[1] * in[0])};
        },
    .samples = [] { return samples::binary({.kinks = {0}}, {}); },
    .source = "He, Zhang, Ren, Sun 2015, arXiv:1502.01852, eq. 1",
    .shapes = "x [*a], slope [*b] -> [*s]",
};
Var prelu(const Var& x, const Var& slope) { return record(prelu_def, {x, slope}); }

// --- elu ---

// The constants of one kernel: y = scale (x > 0 ? x : alpha (e^(rate x) - 1)).
static Attrs elu_attrs(double alpha, double rate = 1, double scale = 1) { return {.f = {alpha, rate, scale}}; }

static Var elu_grad(const Var& g, const Var& x, const Attrs& attrs);
static constexpr OpDef elu_grad_def{
    .name = "elu_grad",  // scale (x > 0 ? g : alpha rate e^(rate x) g)
    .elementwise = "elu_grad",
    .vjp =
        [](const Vjp& v) {
          const Var g = v.in[0], x = v.in[1], gy = v.gy[0], zero = constant(0, x.dtype());
          // (e^(rate x))' = rate e^(rate x) below 0; the derivative above is constant
          return Grads{elu_grad(gy, x, v.attrs),
                       v.wants(1) ? where(greater(x, zero), zero, elu_grad(gy * g * v.attrs.f[1], x, v.attrs)) : Var()};
        },
    .samples = [] { return samples::binary({}, {.kinks = {0}}, elu_attrs(0.7, 1.5, 1.25)); },
    .source = "Clevert, Unterthiner, Hochreiter 2015, arXiv:1511.07289, eq. 17",
};
static Var elu_grad(const Var& g, const Var& x, const Attrs& attrs) { return record(elu_grad_def, {g, x}, attrs); }

static constexpr OpDef elu_def{
    .name = "elu",
    .elementwise = "elu",
    .vjp = [](const Vjp& v) { return Grads{elu_grad(v.gy[0], v.in[0], v.attrs)}; },
    .samples = [] { return samples::unary({.kinks = {0}}, elu_attrs(0.7)); },
    .source = "Clevert, Unterthiner, Hochreiter 2015, arXiv:1511.07289, eq. 16",
};
Var elu(const Var& x, double alpha) { return record(elu_def, {x}, elu_attrs(alpha)); }

static constexpr OpDef celu_def{
    .name = "celu",
    .elementwise = "elu",
    .vjp = [](const Vjp& v) { return Grads{elu_grad(v.gy[0], v.in[0], v.attrs)}; },
    .samples = [] { return samples::unary({.kinks = {0}}, elu_attrs(2, 0.5)); },
    .source = "Barron 2017, arXiv:1704.07483, eq. 2",
};
Var celu(const Var& x, double alpha) {
  if (!(alpha > 0)) throw Error(ErrorCode::invalid_argument, str("celu: alpha must be above 0, got ", alpha));
  return record(celu_def, {x}, elu_attrs(alpha, 1 / alpha));
}

static Attrs selu_attrs() { return elu_attrs(1.6732632423543772848, 1, 1.0507009873554804934); }
static constexpr OpDef selu_def{
    .name = "selu",
    .elementwise = "elu",
    .vjp = [](const Vjp& v) { return Grads{elu_grad(v.gy[0], v.in[0], v.attrs)}; },
    .samples = [] { return samples::unary({.kinks = {0}}, selu_attrs()); },
    .source = "Klambauer, Unterthiner, Mayr, Hochreiter 2017, arXiv:1706.02515, eq. 2",
};
Var selu(const Var& x) { return record(selu_def, {x}, selu_attrs()); }

// --- sigmoid ---

static Var sigmoid_grad(const Var& g, const Var& y);
static constexpr OpDef sigmoid_grad_def{
    .name = "sigmoid_grad",  // g y (1 - y)
    .elementwise = "sigmoid_grad",
    .vjp =
        [](const Vjp& v) {
          const Var g = v.in[0], y = v.in[1], gy = v.gy[0];
          return Grads{sigmoid_grad(gy, y), v.wants(1) ? gy * g * (1 - 2 * y) : Var()};
        },
    .samples = [] { return samples::binary({}, {.lo = 0, .hi = 1}); },
    .source = kSpec,
};
static Var sigmoid_grad(const Var& g, const Var& y) { return record(sigmoid_grad_def, {g, y}); }

static constexpr OpDef sigmoid_def{
    .name = "sigmoid",
    .elementwise = "sigmoid",
    .vjp = [](const Vjp& v) { return Grads{sigmoid_grad(v.gy[0], v.out[0])}; },
    .samples = [] { return samples::unary({.lo = -6, .hi = 6}); },
    .source = kSpec,
};
Var sigmoid(const Var& x) { return record(sigmoid_def, {x}); }

// --- tanh ---

static Var tanh_grad(const Var& g, const Var& y);
static constexpr OpDef tanh_grad_def{
    .name = "tanh_grad",  // g (1 - y^2)
    .elementwise = "tanh_grad",
    .vjp =
        [](const Vjp& v) {
          const Var g = v.in[0], y = v.in[1], gy = v.gy[0];
          return Grads{tanh_grad(gy, y), v.wants(1) ? gy * g * (-2 * y) : Var()};
        },
    .samples = [] { return samples::binary({}, {.lo = -1, .hi = 1}); },
    .source = kSpec,
};
static Var tanh_grad(const Var& g, const Var& y) { return record(tanh_grad_def, {g, y}); }

static constexpr OpDef tanh_def{
    .name = "tanh",
    .elementwise = "tanh",
    .vjp = [](const Vjp& v) { return Grads{tanh_grad(v.gy[0], v.out[0])}; },
    .samples = [] { return samples::unary({.lo = -3, .hi = 3}); },
    .source = kSpec,
};
Var tanh(const Var& x) { return record(tanh_def, {x}); }

// --- gelu ---

static Var gelu_grad(const Var& g, const Var& x);
static constexpr OpDef gelu_grad_def{
    .name = "gelu_grad",  // g (Phi(x) + x phi(x)), Phi and phi the normal distribution and density
    .elementwise = "gelu_grad",
    .vjp =
        [](const Vjp& v) {
          const Var g = v.in[0], x = v.in[1], gy = v.gy[0];
          Var gx;
          if (v.wants(1)) {  // phi' = -x phi, so (Phi + x phi)' = phi (2 - x^2)
            const double inv_sqrt_2pi = std::numbers::inv_sqrtpi / std::numbers::sqrt2;
            const Var x2 = square(x), phi = exp(x2 * -0.5) * inv_sqrt_2pi;
            gx = gy * g * phi * (2 - x2);
          }
          return Grads{gelu_grad(gy, x), gx};
        },
    .samples = [] { return samples::binary({}, {.lo = -3, .hi = 3}); },
    .source = kGelu,
};
static Var gelu_grad(const Var& g, const Var& x) { return record(gelu_grad_def, {g, x}); }

static constexpr OpDef gelu_def{
    .name = "gelu",
    .elementwise = "gelu",
    .vjp = [](const Vjp& v) { return Grads{gelu_grad(v.gy[0], v.in[0])}; },
    .samples = [] { return samples::unary({.lo = -3, .hi = 3}); },
    .source = kGelu,
};

static Var gelu_tanh_grad(const Var& g, const Var& x);
static constexpr OpDef gelu_tanh_grad_def{
    .name = "gelu_tanh_grad",
    .elementwise = "gelu_tanh_grad",
    .vjp =
        [](const Vjp& v) {
          const Var g = v.in[0], x = v.in[1], gy = v.gy[0];
          Var gx;
          if (v.wants(1)) {
            // f = x s, s = sigmoid(u), u = c (x + k x^3):  f'' = 2 s' + x s'',  s' = s (1-s) u',
            // s'' = s (1-s) ((1 - 2s) u'^2 + u'')
            const double c = 2 * std::numbers::sqrt2 * std::numbers::inv_sqrtpi, k = 0.044715;
            const Var x2 = square(x), u = x * (c + c * k * x2), u1 = c + 3 * c * k * x2, u2 = 6 * c * k * x;
            const Var s = sigmoid(u), ds = s * (1 - s);
            gx = gy * g * ds * (2 * u1 + x * ((1 - 2 * s) * square(u1) + u2));
          }
          return Grads{gelu_tanh_grad(gy, x), gx};
        },
    .samples = [] { return samples::binary({}, {.lo = -3, .hi = 3}); },
    .source = kGelu,
};
static Var gelu_tanh_grad(const Var& g, const Var& x) { return record(gelu_tanh_grad_def, {g, x}); }

static constexpr OpDef gelu_tanh_def{
    .name = "gelu_tanh",  // x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2
    .elementwise = "gelu_tanh",
    .vjp = [](const Vjp& v) { return Grads{gelu_tanh_grad(v.gy[0], v.in[0])}; },
    .samples = [] { return samples::unary({.lo = -3, .hi = 3}); },
    .source = kGelu,
};

Var gelu(const Var& x, Gelu form) { return record(form == Gelu::tanh ? gelu_tanh_def : gelu_def, {x}); }

// --- silu, softplus, mish ---

static constexpr OpDef silu_def{
    .name = "silu",
    .elementwise = "silu",
    .vjp =
        [](const Vjp& v) {  // (x s)' = s (1 + u (1 - s)),  s = sigmoid(u), u = beta x
          const Var u = v.in[0] * v.attrs.f[0], s = sigmoid(u);
          return Grads{v.gy[0] * s * (1 + u * (1 - s))};
        },
    .samples =
        [] {
          std::vector<Sample> out = samples::unary({.lo = -6, .hi = 6}, {.f = {1}});
          out.push_back({{{.shape = {7}}}, {.f = {1.5}}});
          out.push_back({{{.shape = {7}}}, {.f = {-0.5}}});
          return out;
        },
    .source = "Elfwing, Uchibe, Doya 2017, arXiv:1702.03118, eq. 3; Ramachandran, Zoph, Le 2017, arXiv:1710.05941",
};
Var silu(const Var& x, double beta) { return record(silu_def, {x}, {.f = {beta}}); }

static constexpr OpDef softplus_def{
    .name = "softplus",
    .elementwise = "softplus",
    .vjp = [](const Vjp& v) { return Grads{v.gy[0] * sigmoid(v.in[0])}; },
    .samples = [] { return samples::unary({.lo = -6, .hi = 6}); },
    .source = kSpec,
};
Var softplus(const Var& x) { return record(softplus_def, {x}); }

static constexpr OpDef log_sigmoid_def{
    .name = "log_sigmoid",  // ln(1 / (1 + e^-x)) = -softplus(-x)
    .expand = [](std::span<const Var> in, const Attrs&) { return std::vector{-softplus(-in[0])}; },
    .samples = [] { return samples::unary({.lo = -6, .hi = 6}); },
    .source = "the logarithm of sigmoid",
    .shapes = "[*s] -> [*s]",
};
Var log_sigmoid(const Var& x) { return record(log_sigmoid_def, {x}); }

static constexpr OpDef softsign_def{
    .name = "softsign",
    .elementwise = "softsign",
    .vjp = [](const Vjp& v) { return Grads{v.gy[0] * square(reciprocal(abs(v.in[0]) + 1))}; },
    .samples = [] { return samples::unary({.kinks = {0}}); },  // its second derivative jumps at 0
    .source = "Glorot and Bengio 2010, Understanding the difficulty of training deep feedforward neural networks",
};
Var softsign(const Var& x) { return record(softsign_def, {x}); }

static constexpr OpDef tanhshrink_def{
    .name = "tanhshrink",
    .elementwise = "tanhshrink",
    .vjp = [](const Vjp& v) { return Grads{v.gy[0] * square(tanh(v.in[0]))}; },
    .samples = [] { return samples::unary({.lo = -3, .hi = 3}); },
    .source = "x - tanh(x)",
};
Var tanhshrink(const Var& x) { return record(tanhshrink_def, {x}); }

static Var mish_grad(const Var& g, const Var& x);
static constexpr OpDef mish_grad_def{
    .name = "mish_grad",
    .elementwise = "mish_grad",
    .vjp =
        [](const Vjp& v) {
          const Var g = v.in[0], x = v.in[1], gy = v.gy[0];
          Var gx;
          if (v.wants(1)) {  // f = x t, t = tanh(softplus(x)), t' = s (1 - t^2), s = sigmoid(x):  f'' = 2 t' + x t''
            const Var t = tanh(softplus(x)), s = sigmoid(x), t1 = s * (1 - square(t));
            const Var t2 = t1 * (1 - s) - 2 * t * s * t1;
            gx = gy * g * (2 * t1 + x * t2);
          }
          return Grads{mish_grad(gy, x), gx};
        },
    .samples = [] { return samples::binary({}, {.lo = -3, .hi = 3}); },
    .source = kMish,
};
static Var mish_grad(const Var& g, const Var& x) { return record(mish_grad_def, {g, x}); }

static constexpr OpDef mish_def{
    .name = "mish",
    .elementwise = "mish",
    .vjp = [](const Vjp& v) { return Grads{mish_grad(v.gy[0], v.in[0])}; },
    .samples = [] { return samples::unary({.lo = -4, .hi = 4}); },
    .source = kMish,
};
Var mish(const Var& x) { return record(mish_def, {x}); }

OpList activation_ops() {
  static constexpr const OpDef* ops[] = {
      &relu_def,      &relu_grad_def,   &leaky_relu_def, &leaky_relu_grad_def, &prelu_def,          &elu_def,
      &elu_grad_def,  &celu_def,        &selu_def,       &sigmoid_def,         &tanh_def,           &sigmoid_grad_def,
      &tanh_grad_def, &gelu_def,        &gelu_grad_def,  &gelu_tanh_def,       &gelu_tanh_grad_def, &silu_def,
      &softplus_def,  &log_sigmoid_def, &softsign_def,   &tanhshrink_def,      &mish_def,           &mish_grad_def,
  };
  return ops;
}

}  // namespace neuro
