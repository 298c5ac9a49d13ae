// Convolution over one to three spatial axes, channel-first, and its transpose.
#include "neuro/kernels/conv.h"

#include "neuro/ops.h"
#include "ops/ops_internal.h"
#include "ops/rules.h"
#include "ops/window.h"

namespace neuro {
namespace {

// y, gx and gw are linear in each other's operands, so the derivatives of each are the other two.
//
// Attrs.i of all three, for n spatial axes: stride n, padding 2 n (before, after), dilation n, groups; then the n sizes
// that the operands do not tell: of x (input_grad), of the weight (weight_grad).
template <int n>
struct ConvAttrs {
  static constexpr std::size_t kSize = 4 * n + 1;
  const std::vector<std::int64_t>& i;

  std::int64_t stride(int k) const { return at(k); }
  std::int64_t before(int k) const { return at(n + 2 * k); }
  std::int64_t after(int k) const { return at(n + 2 * k + 1); }
  std::int64_t dilation(int k) const { return at(3 * n + k); }
  std::int64_t groups() const { return at(4 * n); }
  std::int64_t size(int k) const { return at(4 * n + 1 + k); }

 private:
  std::int64_t at(int k) const { return i[static_cast<std::size_t>(k)]; }
};

template <int n>
kernels::Conv problem(const Shape& x, const Shape& w, const Shape& y, const Attrs& attrs) {
  const ConvAttrs<n> a{attrs.i};
  std::array<std::int64_t, 3> in{1, 1, 1}, kernel = in, out = in, stride = in, dilation = in, before{}, after{};
  for (int k = 0; k < n; ++k) {
    const auto to = static_cast<std::size_t>(3 - n + k);
    in[to] = x[2 + k];
    kernel[to] = w[2 + k];
    out[to] = y[2 + k];
    stride[to] = a.stride(k);
    dilation[to] = a.dilation(k);
    before[to] = a.before(k);
    after[to] = a.after(k);
  }
  return {x[0],     x[1],      in[0],    in[1],       in[2],       w[0],        kernel[0], kernel[1], kernel[2],
          out[0],   out[1],    out[2],   stride[0],   stride[1],   stride[2],   before[0], after[0],  before[1],
          after[1], before[2], after[2], dilation[0], dilation[1], dilation[2], a.groups()};
}

/// attrs without sizes, and with the spatial sizes of `shape`.
template <int n>
Attrs without_sizes(const Attrs& attrs) {
  Attrs out = attrs;
  out.i.resize(ConvAttrs<n>::kSize);
  return out;
}
template <int n>
Attrs with_sizes(const Attrs& attrs, const Shape& shape) {
  Attrs out = without_sizes<n>(attrs);
  out.i.insert(out.i.end(), shape.begin() + 2, shape.end());
  return out;
}

constexpr const char* kAxes[] = {"L", "H, W", "D, H, W"};
constexpr const char* kKernels[] = {"K", "KH, KW", "KD, KH, KW"};

template <int n>
std::vector<ValueInfo> infer_conv(const Infer& c) {
  check_float(c, 0, "x");
  check_same_type(c, 1, "the weight");
  const Shape &x = c.in[0].shape, &w = c.in[1].shape;
  const ConvAttrs<n> a{c.attrs.i};
  const std::int64_t groups = a.groups();
  if (x.rank() != n + 2) shape_error(c.op, "x must be [N, C, ", kAxes[n - 1], "], got ", x);
  if (w.rank() != n + 2) shape_error(c.op, "weight must be [O, C / groups, ", kKernels[n - 1], "], got ", w);
  if (x[1] % groups != 0 || w[0] % groups != 0) {
    shape_error(c.op, "x has ", x[1], " channels and weight makes ", w[0],
                "; both must be multiples of groups = ", groups);
  }
  if (w[1] != x[1] / groups) {
    shape_error(c.op, "x is ", x, ", weight is ", w, "; weight's axis 1 (", w[1], ") times groups (", groups,
                ") must equal x's axis 1 (", x[1], ")");
  }
  std::vector<std::int64_t> sizes{x[0], w[0]};
  for (int k = 0; k < n; ++k) {
    sizes.push_back(window_count(c.op, x, 2 + k, {w[2 + k], a.stride(k), a.before(k), a.after(k), a.dilation(k)}));
  }
  return {{Shape(sizes), c.in[0].dtype}};
}

/// [first, channels, the sizes of attrs].
template <int n>
Shape sized(std::int64_t first, std::int64_t channels, const Attrs& attrs) {
  const ConvAttrs<n> a{attrs.i};
  std::vector<std::int64_t> sizes{first, channels};
  for (int k = 0; k < n; ++k) sizes.push_back(a.size(k));
  return Shape(sizes);
}

// --- Samples ---

struct ConvCase {
  Shape x, w;
  std::vector<std::int64_t> options = {};  ///< as Attrs.i without sizes; empty: all defaults
  bool strided = false;
};

template <int n>
const std::vector<ConvCase>& conv_cases();

template <>
const std::vector<ConvCase>& conv_cases<1>() {
  static const std::vector<ConvCase> cases = {
      {{1, 1, 1}, {1, 1, 1}},
      {{1, 1, 5}, {1, 1, 5}},
      {{2, 3, 7}, {5, 3, 1}},
      {{2, 3, 7}, {2, 3, 3}},
      {{1, 2, 9}, {3, 2, 3}, {1, 1, 1, 1, 1}},
      {{1, 2, 11}, {2, 2, 3}, {2, 0, 0, 1, 1}},
      {{3, 2, 10}, {2, 2, 2}, {3, 1, 0, 1, 1}},
      {{1, 1, 13}, {2, 1, 3}, {1, 0, 0, 4, 1}},
      {{2, 4, 6}, {4, 1, 4}, {1, 3, 0, 1, 4}},
      {{1, 4, 5}, {6, 2, 2}, {1, 0, 0, 1, 2}},
      {{2, 4, 7}, {8, 1, 3}, {2, 1, 1, 2, 4}},
      {{1, 1, 31}, {3, 1, 5}, {1, 2, 2, 1, 1}},
      {{1, 17, 3}, {2, 17, 2}},
      {{5, 1, 4}, {7, 1, 2}, {2, 0, 0, 1, 1}},
      {{1, 2, 2}, {1, 2, 5}, {1, 2, 3, 1, 1}},
      {{1, 6, 4}, {6, 1, 3}, {1, 2, 2, 1, 6}},
      {{2, 2, 8}, {2, 2, 2}, {2, 3, 1, 3, 1}},
      {{1, 3, 1}, {2, 3, 1}},
      {{1, 2, 67}, {2, 1, 4}, {1, 3, 0, 1, 2}},
      {{0, 2, 5}, {3, 2, 2}},
      {{2, 3, 6}, {2, 3, 3}, {1, 1, 1, 1, 1}, true},
  };
  return cases;
}

template <>
const std::vector<ConvCase>& conv_cases<2>() {
  static const std::vector<ConvCase> cases = {
      {{1, 1, 1, 1}, {1, 1, 1, 1}},
      {{1, 1, 3, 3}, {1, 1, 3, 3}},
      {{1, 1, 4, 5}, {1, 1, 2, 3}},
      {{2, 3, 4, 4}, {5, 3, 1, 1}},
      {{2, 3, 5, 4}, {2, 3, 3, 3}},
      {{1, 2, 5, 5}, {3, 2, 3, 3}, {1, 1, 1, 1, 1, 1, 1, 1, 1}},
      {{1, 2, 7, 6}, {2, 2, 3, 2}, {2, 2, 0, 0, 0, 0, 1, 1, 1}},
      {{1, 2, 7, 6}, {2, 2, 3, 3}, {2, 3, 1, 1, 1, 1, 1, 1, 1}},
      {{1, 1, 7, 7}, {2, 1, 3, 3}, {1, 1, 0, 0, 0, 0, 2, 2, 1}},
      {{1, 2, 6, 7}, {1, 2, 2, 3}, {2, 1, 2, 1, 0, 3, 1, 2, 1}},
      {{1, 4, 4, 4}, {4, 1, 3, 3}, {1, 1, 1, 1, 1, 1, 1, 1, 4}},
      {{1, 4, 3, 4}, {6, 2, 2, 2}, {1, 1, 0, 0, 0, 0, 1, 1, 2}},
      {{2, 4, 4, 3}, {2, 2, 3, 3}, {1, 2, 1, 1, 1, 1, 1, 1, 2}},
      {{2, 2, 1, 9}, {3, 2, 1, 3}, {1, 1, 0, 0, 1, 1, 1, 1, 1}},
      {{1, 3, 9, 1}, {2, 3, 3, 1}, {2, 1, 1, 1, 0, 0, 1, 1, 1}},
      {{1, 1, 2, 2}, {1, 1, 4, 4}, {1, 1, 1, 1, 1, 1, 1, 1, 1}},
      {{1, 17, 2, 2}, {3, 17, 1, 1}},
      {{3, 1, 5, 5}, {7, 1, 2, 2}, {3, 3, 0, 0, 0, 0, 1, 1, 1}},
      {{1, 2, 8, 8}, {2, 2, 3, 3}, {1, 1, 1, 1, 1, 1, 1, 1, 1}},
      {{1, 6, 3, 3}, {6, 1, 3, 3}, {1, 1, 2, 2, 2, 2, 2, 2, 6}},
      {{2, 2, 4, 5}, {2, 2, 2, 2}, {1, 1, 0, 0, 0, 0, 1, 1, 1}, true},
      {{0, 2, 3, 3}, {2, 2, 2, 2}},
      {{1, 2, 5, 19}, {4, 1, 3, 3}, {2, 2, 1, 1, 1, 1, 1, 1, 2}},
      {{2, 1, 9, 6}, {3, 1, 2, 4}, {1, 3, 0, 2, 1, 1, 2, 1, 1}},
  };
  return cases;
}

template <>
const std::vector<ConvCase>& conv_cases<3>() {
  static const std::vector<ConvCase> cases = {
      {{1, 1, 1, 1, 1}, {1, 1, 1, 1, 1}},
      {{1, 1, 2, 3, 3}, {1, 1, 2, 3, 3}},
      {{1, 1, 3, 2, 4}, {2, 1, 2, 1, 3}},
      {{2, 2, 2, 2, 3}, {3, 2, 1, 1, 1}},
      {{1, 2, 3, 3, 3}, {2, 2, 2, 2, 2}},
      {{1, 1, 3, 3, 3}, {1, 1, 3, 3, 3}, {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
      {{1, 2, 4, 3, 4}, {2, 2, 2, 2, 2}, {2, 1, 2, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1}},
      {{1, 1, 5, 4, 4}, {2, 1, 3, 2, 2}, {2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
      {{1, 1, 5, 5, 3}, {1, 1, 2, 2, 2}, {1, 1, 1, 0, 0, 0, 0, 0, 0, 2, 3, 1, 1}},
      {{1, 2, 3, 4, 3}, {1, 2, 2, 2, 2}, {1, 2, 1, 1, 0, 0, 2, 1, 1, 1, 1, 2, 1}},
      {{1, 4, 2, 3, 3}, {4, 1, 2, 2, 2}, {1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 4}},
      {{1, 4, 2, 3, 2}, {2, 2, 1, 2, 2}, {1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 2}},
      {{2, 2, 3, 1, 3}, {4, 1, 2, 1, 2}, {2, 1, 2, 1, 1, 0, 0, 1, 1, 1, 1, 1, 2}},
      {{1, 1, 1, 5, 1}, {2, 1, 1, 3, 1}, {1, 2, 1, 0, 0, 1, 1, 0, 0, 1, 1, 1, 1}},
      {{1, 1, 7, 1, 1}, {1, 1, 3, 1, 1}, {3, 1, 1, 2, 1, 0, 0, 0, 0, 2, 1, 1, 1}},
      {{1, 3, 2, 2, 2}, {2, 3, 1, 2, 1}},
      {{3, 1, 2, 2, 5}, {1, 1, 2, 1, 2}, {1, 1, 3, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1}},
      {{1, 2, 2, 2, 2}, {2, 2, 3, 3, 3}, {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
      {{1, 1, 4, 2, 3}, {3, 1, 2, 2, 2}, {3, 2, 1, 0, 1, 1, 0, 0, 1, 1, 1, 1, 1}},
      {{0, 1, 2, 2, 2}, {1, 1, 1, 1, 1}},
      {{1, 2, 3, 2, 3}, {2, 2, 2, 2, 2}, {1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1}, true},
  };
  return cases;
}

template <int n>
Attrs attrs_of(const ConvCase& c) {
  if (!c.options.empty()) return {.i = c.options};
  std::vector<std::int64_t> i(ConvAttrs<n>::kSize, 1);
  std::fill(i.begin() + n, i.begin() + 3 * n, 0);
  return {.i = i};
}

template <int n>
Shape output_of(const ConvCase& c) {
  const ValueInfo in[] = {{c.x, DType::f64}, {c.w, DType::f64}};
  return infer_conv<n>({"conv", in, attrs_of<n>(c)})[0].shape;
}

enum class Part { forward, input_grad, weight_grad };

template <int n, Part part>
std::vector<Sample> conv_samples() {
  std::vector<Sample> out;
  for (const ConvCase& c : conv_cases<n>()) {
    const Attrs attrs = attrs_of<n>(c);
    const SampleInput x{.shape = c.x, .strided = c.strided}, w{.shape = c.w, .strided = c.strided};
    const SampleInput gy{.shape = output_of<n>(c), .strided = c.strided};
    if (part == Part::forward) out.push_back({{x, w}, attrs});
    if (part == Part::input_grad) out.push_back({{gy, w}, with_sizes<n>(attrs, c.x)});
    if (part == Part::weight_grad) out.push_back({{gy, x}, with_sizes<n>(attrs, c.w)});
  }
  return out;
}

// --- The three parts ---

template <int n>
Var conv(const Var& x, const Var& w, const Attrs& attrs);
template <int n>
Var conv_input_grad(const Var& gy, const Var& w, const Attrs& attrs);
template <int n>
Var conv_weight_grad(const Var& gy, const Var& x, const Attrs& attrs);

/// conv to an output of sizes `like`, without the windows behind it: the padding of a transposed convolution's output
/// may make room for such.
template <int n>
Var conv_within(const Var& x, const Var& w, const Attrs& attrs, const Shape& like) {
  Var y = conv<n>(x, w, attrs);
  for (int axis = 2; axis < 2 + n; ++axis) {
    if (y.shape()[axis] > like[axis]) y = slice(y, axis, 0, like[axis]);
  }
  return y;
}

/// Calls f(problem, zero of the type) for a call whose operands are x, the weight and y.
template <int n, class F>
void with_problem(const Operand& x, const Operand& w, const Operand& y, const Attrs& attrs, F&& f) {
  const kernels::Conv p = problem<n>(x.shape, w.shape, y.shape, attrs);
  visit_float(x.dtype, [&]<class T>(T zero) { f(p, zero); });
}

/// Multiplications and additions over `y`, the output or its gradient: one product with a filter for each element.
double conv_flops(const Operand& y, const Operand& w) {
  return w.shape[0] == 0 ? 0 : 2.0 * static_cast<double>(y.size()) * static_cast<double>(w.size() / w.shape[0]);
}

template <int n>
constexpr OpDef forward_def{
    .name = n == 1   ? "conv1d"
            : n == 2 ? "conv2d"
                     : "conv3d",
    .infer = infer_conv<n>,
    .forward =
        [](const Call& c) noexcept {
          with_problem<n>(c.in[0], c.in[1], c.out[0], *c.attrs, [&]<class T>(const kernels::Conv& p, T) {
            kernels::conv<T>(c.exec, p, c.in[0].as<T>(), c.in[1].as<T>(), nullptr, c.out[0].as<T>(), c.epilogue);
          });
        },
    .scratch =
        [](const Call& c) {
          std::size_t bytes = 0;
          with_problem<n>(c.in[0], c.in[1], c.out[0], *c.attrs, [&]<class T>(const kernels::Conv& p, T) {
            bytes = kernels::conv_scratch<T>(*c.exec.table, p);
          });
          return bytes;
        },
    .flops = [](const Call& c) { return conv_flops(c.out[0], c.in[1]); },
    .vjp =
        [](const Vjp& v) {
          const Var x = v.in[0], w = v.in[1], gy = v.gy[0];
          return Grads{v.wants(0) ? conv_input_grad<n>(gy, w, with_sizes<n>(v.attrs, x.shape())) : Var(),
                       v.wants(1) ? conv_weight_grad<n>(gy, x, with_sizes<n>(v.attrs, w.shape())) : Var()};
        },
    .samples = conv_samples<n, Part::forward>,
    .takes_epilogue = true,
    .source = "autograd.md, section 3",
    .shapes = n == 1   ? "x [N, C, L], weight [O, C / groups, K] -> [N, O, OL]"
              : n == 2 ? "x [N, C, H, W], weight [O, C / groups, KH, KW] -> [N, O, OH, OW]"
                       : "x [N, C, D, H, W], weight [O, C / groups, KD, KH, KW] -> [N, O, OD, OH, OW]",
};
template <int n>
Var conv(const Var& x, const Var& w, const Attrs& attrs) {
  return record(forward_def<n>, {x, w}, attrs);
}

template <int n>
constexpr OpDef input_grad_def{
    .name = n == 1   ? "conv1d_input_grad"
            : n == 2 ? "conv2d_input_grad"
                     : "conv3d_input_grad",
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      const std::int64_t groups = ConvAttrs<n>{c.attrs.i}.groups();
      return {{sized<n>(c.in[0].shape[0], c.in[1].shape[1] * groups, c.attrs), c.in[0].dtype}};
    },
    .forward =
        [](const Call& c) noexcept {
          with_problem<n>(c.out[0], c.in[1], c.in[0], *c.attrs, [&]<class T>(const kernels::Conv& p, T) {
            kernels::conv_input_grad<T>(c.exec, p, c.in[0].as<T>(), c.in[1].as<T>(), c.out[0].as<T>());
          });
        },
    .scratch =
        [](const Call& c) {
          std::size_t bytes = 0;
          with_problem<n>(c.out[0], c.in[1], c.in[0], *c.attrs, [&]<class T>(const kernels::Conv& p, T) {
            bytes = kernels::conv_input_grad_scratch<T>(*c.exec.table, p);
          });
          return bytes;
        },
    .flops = [](const Call& c) { return conv_flops(c.in[0], c.in[1]); },
    .vjp =
        [](const Vjp& v) {
          const Var gy = v.in[0], w = v.in[1], h = v.gy[0];  // h has x's shape
          return Grads{v.wants(0) ? conv_within<n>(h, w, without_sizes<n>(v.attrs), gy.shape()) : Var(),
                       v.wants(1) ? conv_weight_grad<n>(gy, h, with_sizes<n>(v.attrs, w.shape())) : Var()};
        },
    .samples = conv_samples<n, Part::input_grad>,
    .source = "transpose of the convolution in x",
};
template <int n>
Var conv_input_grad(const Var& gy, const Var& w, const Attrs& attrs) {
  return record(input_grad_def<n>, {gy, w}, attrs);
}

template <int n>
constexpr OpDef weight_grad_def{
    .name = n == 1   ? "conv1d_weight_grad"
            : n == 2 ? "conv2d_weight_grad"
                     : "conv3d_weight_grad",
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      const std::int64_t groups = ConvAttrs<n>{c.attrs.i}.groups();
      return {{sized<n>(c.in[0].shape[1], c.in[1].shape[1] / groups, c.attrs), c.in[0].dtype}};
    },
    .forward =
        [](const Call& c) noexcept {
          with_problem<n>(c.in[1], c.out[0], c.in[0], *c.attrs, [&]<class T>(const kernels::Conv& p, T) {
            kernels::conv_weight_grad<T>(c.exec, p, c.in[0].as<T>(), c.in[1].as<T>(), c.out[0].as<T>());
          });
        },
    .scratch =
        [](const Call& c) {
          std::size_t bytes = 0;
          with_problem<n>(c.in[1], c.out[0], c.in[0], *c.attrs, [&]<class T>(const kernels::Conv& p, T) {
            bytes = kernels::conv_weight_grad_scratch<T>(*c.exec.table, p);
          });
          return bytes;
        },
    .flops = [](const Call& c) { return conv_flops(c.in[0], c.out[0]); },
    .vjp =
        [](const Vjp& v) {
          const Var gy = v.in[0], x = v.in[1], h = v.gy[0];  // h has the weight's shape
          return Grads{v.wants(0) ? conv_within<n>(x, h, without_sizes<n>(v.attrs), gy.shape()) : Var(),
                       v.wants(1) ? conv_input_grad<n>(gy, h, with_sizes<n>(v.attrs, x.shape())) : Var()};
        },
    .samples = conv_samples<n, Part::weight_grad>,
    .source = "transpose of the convolution in the weight",
};
template <int n>
Var conv_weight_grad(const Var& gy, const Var& x, const Attrs& attrs) {
  return record(weight_grad_def<n>, {gy, x}, attrs);
}

// --- Options ---

template <class Options>
Attrs conv_attrs(const char* op, const Options& o) {
  Attrs attrs;
  for (const std::int64_t s : o.stride) attrs.i.push_back(check_at_least(op, "stride", s, 1));
  for (const std::int64_t p : o.padding) attrs.i.push_back(check_at_least(op, "padding", p, 0));
  for (const std::int64_t d : o.dilation) attrs.i.push_back(check_at_least(op, "dilation", d, 1));
  attrs.i.push_back(check_at_least(op, "groups", o.groups, 1));
  return attrs;
}

/// y plus the bias [O] along axis 1, if there is one.
Var with_bias(const char* op, const Var& y, const Var& bias) {
  if (!bias.defined()) return y;
  const std::int64_t outputs = y.shape()[1];
  if (bias.shape() != Shape{outputs}) shape_error(op, "bias must have shape [", outputs, "], got ", bias.shape());
  std::vector<std::int64_t> aligned(static_cast<std::size_t>(y.rank() - 1), 1);
  aligned[0] = outputs;
  return add(y, reshape(bias, Shape(aligned)));
}

template <int n>
Var public_conv(const Var& x, const Var& weight, const Var& bias, const ConvOptions<n>& options) {
  const char* op = forward_def<n>.name;
  return with_bias(op, conv<n>(x, weight, conv_attrs(op, options)), bias);
}

// --- Transposed ---

// Attrs.i: those of the convolution, then output_padding n.
template <int n>
std::vector<ValueInfo> check_transpose(const Infer& c) {
  check_float(c, 0, "x");
  check_same_type(c, 1, "the weight");
  const Shape &x = c.in[0].shape, &w = c.in[1].shape;
  const ConvAttrs<n> a{c.attrs.i};
  if (x.rank() != n + 2) shape_error(c.op, "x must be [N, C, ", kAxes[n - 1], "], got ", x);
  if (w.rank() != n + 2) shape_error(c.op, "weight must be [C, O / groups, ", kKernels[n - 1], "], got ", w);
  if (w[0] != x[1]) {
    shape_error(c.op, "x is ", x, ", weight is ", w, "; weight's axis 0 (", w[0], ") must equal x's axis 1 (", x[1],
                ")");
  }
  if (x[1] % a.groups() != 0)
    shape_error(c.op, "x's ", x[1], " channels (axis 1 of ", x, ") must be a multiple of groups = ", a.groups());
  std::vector<std::int64_t> sizes{x[0], checked_product(c.op, w[1], a.groups())};
  for (int k = 0; k < n; ++k) {
    const std::int64_t extra = a.size(k);
    if (extra >= std::max(a.stride(k), a.dilation(k))) {
      shape_error(c.op, "output_padding ", extra, " of axis ", 2 + k, " must be below its stride ", a.stride(k),
                  " or its dilation ", a.dilation(k));
    }
    const std::int64_t grown = checked_product(c.op, std::max<std::int64_t>(x[2 + k] - 1, 0), a.stride(k));
    const std::int64_t reach = checked_product(c.op, std::max<std::int64_t>(w[2 + k] - 1, 0), a.dilation(k));
    const std::int64_t size = checked_sum(c.op, {grown, reach, extra, 1}) - a.before(k) - a.after(k);
    if (x[2 + k] < 1 || w[2 + k] < 1 || size < 1) {
      shape_error(c.op, "axis ", 2 + k, " of x ", x, " with weight ", w, " and padding ", a.before(k), ", ", a.after(k),
                  " gives an output of size ", size);
    }
    sizes.push_back(size);
  }
  return {{Shape(sizes), c.in[0].dtype}};
}

template <int n>
constexpr OpDef transpose_def{
    .name = n == 1   ? "conv_transpose1d"
            : n == 2 ? "conv_transpose2d"
                     : "conv_transpose3d",
    .infer = check_transpose<n>,
    .expand =
        [](std::span<const Var> in, const Attrs& attrs) {
          const ValueInfo infos[] = {{in[0].shape(), in[0].dtype()}, {in[1].shape(), in[1].dtype()}};
          const Shape y = check_transpose<n>({"", infos, attrs})[0].shape;
          return std::vector<Var>{conv_input_grad<n>(in[0], in[1], with_sizes<n>(attrs, y))};
        },
    .samples =
        [] {
          std::vector<Sample> out;
          for (const ConvCase& c : conv_cases<n>()) {
            Attrs attrs = attrs_of<n>(c);
            const Shape y = output_of<n>(c);
            const ConvAttrs<n> a{attrs.i};
            std::vector<std::int64_t> extra;  // what the division by the stride left
            for (int k = 0; k < n; ++k) {
              extra.push_back((c.x[2 + k] + a.before(k) + a.after(k) - a.dilation(k) * (c.w[2 + k] - 1) - 1) %
                              a.stride(k));
            }
            attrs.i.insert(attrs.i.end(), extra.begin(), extra.end());
            out.push_back({{{.shape = y, .strided = c.strided}, {.shape = c.w, .strided = c.strided}}, attrs});
          }
          for (const std::int64_t size : {1, 2}) {  // room for a window more, which is not x's
            Attrs attrs{.i = std::vector<std::int64_t>(ConvAttrs<n>::kSize, 1)};
            std::fill(attrs.i.begin() + n, attrs.i.begin() + 3 * n, 0);
            std::fill(attrs.i.begin() + 3 * n, attrs.i.begin() + 4 * n, 3);
            attrs.i.insert(attrs.i.end(), n, 2);
            std::vector<std::int64_t> x(n + 2, size), w(n + 2, 2);
            out.push_back({{{.shape = Shape(x)}, {.shape = Shape(w).with(0, size)}}, attrs});
          }
          return out;
        },
    .source = "Dumoulin, Visin 2016, arXiv:1603.07285, section 4",
    .shapes = n == 1   ? "x [N, C, L], weight [C, O / groups, K] -> [N, O, OL]"
              : n == 2 ? "x [N, C, H, W], weight [C, O / groups, KH, KW] -> [N, O, OH, OW]"
                       : "x [N, C, D, H, W], weight [C, O / groups, KD, KH, KW] -> [N, O, OD, OH, OW]",
};

template <int n>
Var public_transpose(const Var& x, const Var& weight, const Var& bias, const ConvTransposeOptions<n>& options) {
  const char* op = transpose_def<n>.name;
  Attrs attrs = conv_attrs(op, options);
  for (const std::int64_t p : options.output_padding) attrs.i.push_back(check_at_least(op, "output_padding", p, 0));
  return with_bias(op, record(transpose_def<n>, {x, weight}, attrs), bias);
}

// --- Compositions in two dimensions: attrs.i as conv2d's, of which the groups follow from the weight ---

Attrs with_groups(const Attrs& attrs, std::int64_t groups) {
  Attrs out = attrs;
  out.i[8] = groups;
  return out;
}

std::vector<ValueInfo> check_depthwise(const Infer& c) {
  const Shape &x = c.in[0].shape, &w = c.in[1].shape;
  if (x.rank() != 4) shape_error(c.op, "x must be [N, C, H, W], got ", x);
  if (w.rank() != 4 || w[1] != 1 || x[1] == 0 || w[0] % x[1] != 0) {
    shape_error(c.op, "the weight of x ", x, " must be [", x[1], " m, 1, KH, KW], got ", w,
                "; its axis 0 is a multiple of x's axis 1");
  }
  return {};
}

Var depthwise(const Var& x, const Var& w, const Attrs& attrs) {
  return conv<2>(x, w, with_groups(attrs, x.shape()[1]));
}

std::vector<Sample> depthwise_samples(bool separable) {
  std::vector<Sample> out;
  for (const ConvCase& c : conv_cases<2>()) {
    const std::int64_t channels = c.x[1], m = 1 + static_cast<std::int64_t>(out.size() % 3);
    out.push_back(
        {{{.shape = c.x, .strided = c.strided}, {.shape = {channels * m, 1, c.w[2], c.w[3]}}}, attrs_of<2>(c)});
    if (separable) out.back().in.push_back({.shape = {c.w[0], channels * m, 1, 1}});
  }
  return out;
}

}  // namespace

static constexpr OpDef depthwise_conv2d_def{
    .name = "depthwise_conv2d",
    .infer = check_depthwise,
    .expand = [](std::span<const Var> in, const Attrs& attrs) { return std::vector{depthwise(in[0], in[1], attrs)}; },
    .samples = [] { return depthwise_samples(false); },
    .source = "neuroscript.md, 5.5",
    .shapes = "x [N, C, H, W], weight [C m, 1, KH, KW] -> [N, C m, OH, OW]",
};
static constexpr OpDef separable_conv2d_def{
    .name = "separable_conv2d",
    .infer = check_depthwise,
    .expand =
        [](std::span<const Var> in, const Attrs& attrs) {
          if (in[2].rank() == 4 && (in[2].shape()[2] != 1 || in[2].shape()[3] != 1))
            shape_error("pointwise", "weight must be [O, C m, 1, 1], got ", in[2].shape());
          return std::vector{conv<2>(depthwise(in[0], in[1], attrs), in[2], conv_attrs("", Conv2dOptions{}))};
        },
    .samples = [] { return depthwise_samples(true); },
    .source = "Chollet 2017, arXiv:1610.02357",
    .shapes = "x [N, C, H, W], depthwise [C m, 1, KH, KW], pointwise [O, C m, 1, 1] -> [N, O, OH, OW]",
};
static constexpr OpDef dilated_conv2d_def{
    .name = "dilated_conv2d",
    .expand = [](std::span<const Var> in, const Attrs& attrs) { return std::vector{conv<2>(in[0], in[1], attrs)}; },
    .samples =
        [] {
          std::vector<Sample> out;
          for (const ConvCase& c : conv_cases<2>()) {
            const std::int64_t d = 1 + static_cast<std::int64_t>(out.size() % 3), pad = d * std::max(c.w[2], c.w[3]);
            out.push_back({{{.shape = c.x, .strided = c.strided}, {.shape = {2, c.x[1], c.w[2], c.w[3]}}},
                           {.i = {1, 2, pad, pad, pad, pad, d, d, 1}}});
          }
          return out;
        },
    .source = "Yu, Koltun 2016, arXiv:1511.07122",
    .shapes = "x [N, C, H, W], weight [O, C, KH, KW] -> [N, O, OH, OW]",
};

Var conv1d(const Var& x, const Var& w, const Var& b, const Conv1dOptions& o) { return public_conv<1>(x, w, b, o); }
Var conv2d(const Var& x, const Var& w, const Var& b, const Conv2dOptions& o) { return public_conv<2>(x, w, b, o); }
Var conv3d(const Var& x, const Var& w, const Var& b, const Conv3dOptions& o) { return public_conv<3>(x, w, b, o); }

Var conv_transpose1d(const Var& x, const Var& w, const Var& b, const ConvTransposeOptions<1>& o) {
  return public_transpose<1>(x, w, b, o);
}
Var conv_transpose2d(const Var& x, const Var& w, const Var& b, const ConvTransposeOptions<2>& o) {
  return public_transpose<2>(x, w, b, o);
}
Var conv_transpose3d(const Var& x, const Var& w, const Var& b, const ConvTransposeOptions<3>& o) {
  return public_transpose<3>(x, w, b, o);
}

Var depthwise_conv2d(const Var& x, const Var& weight, const Var& bias, const Conv2dOptions& options) {
  const char* op = depthwise_conv2d_def.name;
  return with_bias(op, record(depthwise_conv2d_def, {x, weight}, conv_attrs(op, options)), bias);
}
Var separable_conv2d(const Var& x, const Var& depthwise, const Var& pointwise, const Var& bias,
                     const Conv2dOptions& options) {
  const char* op = separable_conv2d_def.name;
  return with_bias(op, record(separable_conv2d_def, {x, depthwise, pointwise}, conv_attrs(op, options)), bias);
}
Var dilated_conv2d(const Var& x, const Var& weight, const Var& bias, std::int64_t dilation, std::int64_t padding,
                   std::int64_t stride) {
  const char* op = dilated_conv2d_def.name;
  const Conv2dOptions options{
      .stride = {stride, stride}, .padding = {padding, padding, padding, padding}, .dilation = {dilation, dilation}};
  return with_bias(op, record(dilated_conv2d_def, {x, weight}, conv_attrs(op, options)), bias);
}

OpList conv_ops() {
  static constexpr const OpDef* ops[] = {
      &forward_def<1>,    &forward_def<2>,     &forward_def<3>,       &input_grad_def<1>,    &input_grad_def<2>,
      &input_grad_def<3>, &weight_grad_def<1>, &weight_grad_def<2>,   &weight_grad_def<3>,   &transpose_def<1>,
      &transpose_def<2>,  &transpose_def<3>,   &depthwise_conv2d_def, &separable_conv2d_def, &dilated_conv2d_def,
  };
  return ops;
}

}  // namespace neuro
