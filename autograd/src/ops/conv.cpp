// Two-dimensional convolution and pooling, channel-first.
#include "neuro/kernels/conv.h"
#include "neuro/kernels/pool.h"
#include "neuro/ops.h"
#include "ops/ops_internal.h"
#include "ops/rules.h"

namespace neuro {
namespace {

using kernels::Conv2d;
using kernels::Pool2d;

/// floor((in + before + after - dilation (kernel - 1) - 1) / stride) + 1.
std::int64_t out_size(const char* op, int axis, const Shape& x, std::int64_t padding, std::int64_t kernel,
                      std::int64_t stride, std::int64_t dilation) {
  const std::int64_t room = x[axis] + padding - dilation * (kernel - 1) - 1;
  if (room < 0) {
    shape_error(op, "the window of ", kernel, " (dilation ", dilation, ") is larger than axis ", axis, " of x ", x,
                " with ", padding, " of padding");
  }
  return room / stride + 1;
}

// --- conv2d: y, gx and gw are linear in each other's operands, so the derivatives of each are the other two ---

// Attrs.i of all three: stride 0-1, padding 2-5 (top, bottom, left, right), dilation 6-7, groups 8; then the sizes that
// the operands do not tell: H and W of x (input_grad), KH and KW of the weight (weight_grad).
Conv2d problem(const Shape& x, const Shape& w, const Shape& y, const Attrs& attrs) {
  const auto& i = attrs.i;
  return {x[0], x[1], x[2], x[3], w[0], w[2], w[3], y[2], y[3], i[0], i[1], i[2], i[3], i[4], i[5], i[6], i[7], i[8]};
}

Attrs with_sizes(const Attrs& attrs, std::int64_t h, std::int64_t w) {
  Attrs out = attrs;
  out.i.resize(9);
  out.i.push_back(h);
  out.i.push_back(w);
  return out;
}

Attrs without_sizes(const Attrs& attrs) {
  Attrs out = attrs;
  out.i.resize(9);
  return out;
}

std::vector<ValueInfo> infer_conv2d(const Infer& c) {
  check_float(c, 0, "x");
  check_same_type(c, 1, "the weight");
  const Shape &x = c.in[0].shape, &w = c.in[1].shape;
  const auto& i = c.attrs.i;
  const std::int64_t groups = i[8];
  if (x.rank() != 4) shape_error(c.op, "x must be [N, C, H, W], got ", x);
  if (w.rank() != 4) shape_error(c.op, "weight must be [O, C / groups, KH, KW], got ", w);
  if (x[1] % groups != 0 || w[0] % groups != 0) {
    shape_error(c.op, "x has ", x[1], " channels and weight makes ", w[0],
                "; both must be multiples of groups = ", groups);
  }
  if (w[1] * groups != x[1]) {
    shape_error(c.op, "x is ", x, ", weight is ", w, "; weight's axis 1 (", w[1], ") times groups (", groups,
                ") must equal x's axis 1 (", x[1], ")");
  }
  const std::int64_t oh = out_size(c.op, 2, x, i[2] + i[3], w[2], i[0], i[6]);
  const std::int64_t ow = out_size(c.op, 3, x, i[4] + i[5], w[3], i[1], i[7]);
  return {{{x[0], w[0], oh, ow}, c.in[0].dtype}};
}

Shape input_shape(const Shape& gy, const Shape& w, const Attrs& a) { return {gy[0], w[1] * a.i[8], a.i[9], a.i[10]}; }
Shape weight_shape(const Shape& gy, const Shape& x, const Attrs& a) { return {gy[1], x[1] / a.i[8], a.i[9], a.i[10]}; }

struct ConvCase {
  Shape x, w;
  std::vector<std::int64_t> options = {1, 1, 0, 0, 0, 0, 1, 1, 1};
  bool strided = false;
};

const std::vector<ConvCase>& conv_cases() {
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
  };
  return cases;
}

std::vector<Sample> conv_samples() {
  std::vector<Sample> out;
  for (const ConvCase& c : conv_cases())
    out.push_back({{{.shape = c.x, .strided = c.strided}, {.shape = c.w, .strided = c.strided}}, {.i = c.options}});
  return out;
}

Shape output_of(const ConvCase& c) {
  const Attrs attrs{.i = c.options};
  const ValueInfo in[] = {{c.x, DType::f64}, {c.w, DType::f64}};
  return infer_conv2d({"conv2d", in, attrs})[0].shape;
}

}  // namespace

/// Multiplications and additions over `y`, the output or its gradient: one product with a filter for each element.
static double conv_flops(const Operand& y, const Operand& w) {
  return w.shape[0] == 0 ? 0 : 2.0 * static_cast<double>(y.size()) * static_cast<double>(w.size() / w.shape[0]);
}

static Var conv2d_input_grad(const Var& gy, const Var& w, const Attrs& attrs);
static Var conv2d_weight_grad(const Var& gy, const Var& x, const Attrs& attrs);

static constexpr OpDef conv2d_def{
    .name = "conv2d",
    .infer = infer_conv2d,
    .forward =
        [](const Call& c) noexcept {
          const Conv2d p = problem(c.in[0].shape, c.in[1].shape, c.out[0].shape, *c.attrs);
          visit_float(c.in[0].dtype, [&]<class T>(T) {
            kernels::conv2d<T>(c.exec, p, c.in[0].as<T>(), c.in[1].as<T>(), nullptr, c.out[0].as<T>(), c.epilogue);
          });
        },
    .scratch =
        [](const Call& c) {
          const Conv2d p = problem(c.in[0].shape, c.in[1].shape, c.out[0].shape, *c.attrs);
          std::size_t bytes = 0;
          visit_float(c.in[0].dtype, [&]<class T>(T) { bytes = kernels::conv2d_scratch<T>(*c.exec.table, p); });
          return bytes;
        },
    .flops = [](const Call& c) { return conv_flops(c.out[0], c.in[1]); },
    .vjp =
        [](const Vjp& v) {
          const Var x = v.in[0], w = v.in[1], gy = v.gy[0];
          return Grads{v.wants(0) ? conv2d_input_grad(gy, w, with_sizes(v.attrs, x.shape()[2], x.shape()[3])) : Var(),
                       v.wants(1) ? conv2d_weight_grad(gy, x, with_sizes(v.attrs, w.shape()[2], w.shape()[3])) : Var()};
        },
    .samples = conv_samples,
    .takes_epilogue = true,
    .source = "autograd.md, section 3",
};

static constexpr OpDef conv2d_input_grad_def{
    .name = "conv2d_input_grad",
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      return {{input_shape(c.in[0].shape, c.in[1].shape, c.attrs), c.in[0].dtype}};
    },
    .forward =
        [](const Call& c) noexcept {
          const Conv2d p = problem(c.out[0].shape, c.in[1].shape, c.in[0].shape, *c.attrs);
          visit_float(c.in[0].dtype, [&]<class T>(T) {
            kernels::conv2d_input_grad<T>(c.exec, p, c.in[0].as<T>(), c.in[1].as<T>(), c.out[0].as<T>());
          });
        },
    .scratch =
        [](const Call& c) {
          const Conv2d p = problem(c.out[0].shape, c.in[1].shape, c.in[0].shape, *c.attrs);
          std::size_t bytes = 0;
          visit_float(c.in[0].dtype,
                      [&]<class T>(T) { bytes = kernels::conv2d_input_grad_scratch<T>(*c.exec.table, p); });
          return bytes;
        },
    .flops = [](const Call& c) { return conv_flops(c.in[0], c.in[1]); },
    .vjp =
        [](const Vjp& v) {
          const Var gy = v.in[0], w = v.in[1], h = v.gy[0];  // h has x's shape
          return Grads{v.wants(0) ? record(conv2d_def, {h, w}, without_sizes(v.attrs)) : Var(),
                       v.wants(1) ? conv2d_weight_grad(gy, h, with_sizes(v.attrs, w.shape()[2], w.shape()[3])) : Var()};
        },
    .samples =
        [] {
          std::vector<Sample> out;
          for (const ConvCase& c : conv_cases()) {
            out.push_back({{{.shape = output_of(c), .strided = c.strided}, {.shape = c.w, .strided = c.strided}},
                           with_sizes({.i = c.options}, c.x[2], c.x[3])});
          }
          return out;
        },
    .source = "transpose of conv2d in x",
};
static Var conv2d_input_grad(const Var& gy, const Var& w, const Attrs& attrs) {
  return record(conv2d_input_grad_def, {gy, w}, attrs);
}

static constexpr OpDef conv2d_weight_grad_def{
    .name = "conv2d_weight_grad",
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      return {{weight_shape(c.in[0].shape, c.in[1].shape, c.attrs), c.in[0].dtype}};
    },
    .forward =
        [](const Call& c) noexcept {
          const Conv2d p = problem(c.in[1].shape, c.out[0].shape, c.in[0].shape, *c.attrs);
          visit_float(c.in[0].dtype, [&]<class T>(T) {
            kernels::conv2d_weight_grad<T>(c.exec, p, c.in[0].as<T>(), c.in[1].as<T>(), c.out[0].as<T>());
          });
        },
    .scratch =
        [](const Call& c) {
          const Conv2d p = problem(c.in[1].shape, c.out[0].shape, c.in[0].shape, *c.attrs);
          std::size_t bytes = 0;
          visit_float(c.in[0].dtype,
                      [&]<class T>(T) { bytes = kernels::conv2d_weight_grad_scratch<T>(*c.exec.table, p); });
          return bytes;
        },
    .flops = [](const Call& c) { return conv_flops(c.in[0], c.out[0]); },
    .vjp =
        [](const Vjp& v) {
          const Var gy = v.in[0], x = v.in[1], h = v.gy[0];  // h has the weight's shape
          return Grads{v.wants(0) ? record(conv2d_def, {x, h}, without_sizes(v.attrs)) : Var(),
                       v.wants(1) ? conv2d_input_grad(gy, h, with_sizes(v.attrs, x.shape()[2], x.shape()[3])) : Var()};
        },
    .samples =
        [] {
          std::vector<Sample> out;
          for (const ConvCase& c : conv_cases()) {
            out.push_back({{{.shape = output_of(c), .strided = c.strided}, {.shape = c.x, .strided = c.strided}},
                           with_sizes({.i = c.options}, c.w[2], c.w[3])});
          }
          return out;
        },
    .source = "transpose of conv2d in the weight",
};
static Var conv2d_weight_grad(const Var& gy, const Var& x, const Attrs& attrs) {
  return record(conv2d_weight_grad_def, {gy, x}, attrs);
}

Var conv2d(const Var& x, const Var& weight, const Var& bias, const Conv2dOptions& o) {
  for (const std::int64_t n : {o.stride[0], o.stride[1], o.dilation[0], o.dilation[1], o.groups}) {
    if (n < 1) throw Error(ErrorCode::invalid_argument, "conv2d: stride, dilation and groups must be at least 1");
  }
  for (const std::int64_t n : o.padding) {
    if (n < 0) throw Error(ErrorCode::invalid_argument, "conv2d: padding must not be negative; slice() crops");
  }
  const Attrs attrs{.i = {o.stride[0], o.stride[1], o.padding[0], o.padding[1], o.padding[2], o.padding[3],
                          o.dilation[0], o.dilation[1], o.groups}};
  const Var y = record(conv2d_def, {x, weight}, attrs);
  if (!bias.defined()) return y;
  const std::int64_t out = weight.shape()[0];
  if (bias.shape() != Shape{out}) shape_error("conv2d", "bias must have shape [", out, "], got ", bias.shape());
  return add(y, reshape(bias, {1, out, 1, 1}));
}

// --- Pooling ---

namespace {

// Attrs.i: kernel 0-1, stride 2-3, padding 4-7 (top, bottom, left, right), dilation 8-9; then H and W of x (backward),
// or OH and OW of y (gather).
Attrs pool_attrs(const char* op, const Pool2dOptions& o) {
  for (const std::int64_t n : {o.kernel[0], o.kernel[1], o.stride[0], o.stride[1], o.dilation[0], o.dilation[1]}) {
    if (n < 1) throw Error(ErrorCode::invalid_argument, str(op, ": kernel, stride and dilation must be at least 1"));
  }
  for (std::size_t k = 0; k < 4; ++k) {  // else a window could lie in the padding alone
    if (o.padding[k] < 0 || 2 * o.padding[k] > o.kernel[k / 2]) {
      throw Error(ErrorCode::invalid_argument, str(op, ": padding ", o.padding[k], " must be in [0, ",
                                                   o.kernel[k / 2] / 2, "], half the kernel of ", o.kernel[k / 2]));
    }
  }
  return {.i = {o.kernel[0], o.kernel[1], o.stride[0], o.stride[1], o.padding[0], o.padding[1], o.padding[2],
                o.padding[3], o.dilation[0], o.dilation[1]}};
}

Pool2d pool_problem(const Shape& x, const Shape& y, const Attrs& attrs) {
  const auto& i = attrs.i;
  return {x[0] * x[1], x[2], x[3], y[2], y[3], i[0], i[1], i[2], i[3], i[4], i[5], i[6], i[7], i[8], i[9]};
}

Attrs pool_sizes(const Attrs& attrs, const Shape& shape) {
  Attrs out = attrs;
  out.i.resize(10);
  out.i.push_back(shape[2]);
  out.i.push_back(shape[3]);
  return out;
}

Shape pooled(const char* op, const Shape& x, const Attrs& attrs) {
  const auto& i = attrs.i;
  if (x.rank() != 4) shape_error(op, "x must be [N, C, H, W], got ", x);
  return {x[0], x[1], out_size(op, 2, x, i[4] + i[5], i[0], i[2], i[8]),
          out_size(op, 3, x, i[6] + i[7], i[1], i[3], i[9])};
}

Shape resized(const Shape& x, const Attrs& attrs) { return {x[0], x[1], attrs.i[10], attrs.i[11]}; }

struct PoolCase {
  Shape x;
  std::vector<std::int64_t> options = {2, 2, 2, 2, 0, 0, 0, 0, 1, 1};
  bool strided = false;
};

const std::vector<PoolCase>& pool_cases() {
  static const std::vector<PoolCase> cases = {
      {{1, 1, 2, 2}},
      {{1, 1, 4, 4}},
      {{2, 3, 4, 4}},
      {{1, 2, 5, 7}},
      {{1, 1, 1, 1}, {1, 1, 1, 1, 0, 0, 0, 0, 1, 1}},
      {{1, 1, 3, 3}, {3, 3, 3, 3, 0, 0, 0, 0, 1, 1}},
      {{1, 2, 5, 5}, {3, 3, 1, 1, 1, 1, 1, 1, 1, 1}},
      {{1, 1, 6, 6}, {3, 3, 2, 2, 1, 1, 1, 1, 1, 1}},
      {{2, 1, 5, 4}, {2, 3, 1, 2, 0, 0, 0, 0, 1, 1}},
      {{1, 2, 4, 5}, {2, 2, 1, 1, 1, 0, 0, 1, 1, 1}},
      {{1, 1, 7, 7}, {2, 2, 2, 2, 0, 0, 0, 0, 2, 2}},
      {{1, 1, 8, 7}, {3, 2, 2, 1, 1, 1, 1, 1, 2, 2}},
      {{3, 1, 1, 6}, {1, 2, 1, 2, 0, 0, 0, 0, 1, 1}},
      {{1, 3, 6, 1}, {2, 1, 2, 1, 0, 0, 0, 0, 1, 1}},
      {{1, 5, 2, 3}},
      {{1, 1, 9, 3}, {3, 3, 3, 3, 0, 0, 0, 0, 1, 1}},
      {{2, 2, 3, 3}, {2, 2, 1, 1, 0, 0, 0, 0, 1, 1}},
      {{1, 1, 5, 5}, {4, 4, 3, 3, 2, 2, 2, 2, 1, 1}},
      {{1, 1, 5, 9}, {2, 4, 3, 2, 1, 1, 0, 0, 1, 1}},
      {{1, 7, 2, 2}, {1, 1, 1, 1, 0, 0, 0, 0, 1, 1}},
      {{1, 2, 4, 6}, {2, 2, 2, 2, 0, 0, 0, 0, 1, 1}, true},
  };
  return cases;
}

Shape pooled(const PoolCase& c) { return pooled("pool", c.x, {.i = c.options}); }

std::vector<Sample> pool_samples(bool distinct) {
  std::vector<Sample> out;
  for (const PoolCase& c : pool_cases()) {
    out.push_back({{{.shape = c.x, .lo = -4, .hi = 4, .distinct = distinct, .strided = c.strided}}, {.i = c.options}});
  }
  return out;
}

}  // namespace

static Var max_pool2d_backward(const Var& gy, const Var& index, const Attrs& attrs);

static constexpr OpDef max_pool2d_gather_def{
    .name = "max_pool2d_gather",  // the elements of x [N, C, H, W] at `index` [N, C, OH, OW] in each plane
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      return {{c.in[1].shape, c.in[0].dtype}};
    },
    .forward =
        [](const Call& c) noexcept {
          const Shape &x = c.in[0].shape, &y = c.out[0].shape;
          const std::int64_t planes = y[0] * y[1], from = x[2] * x[3], to = y[2] * y[3];
          const auto* index = c.in[1].as<std::int32_t>();
          visit_float(c.in[0].dtype, [&]<class T>(T) {
            for (std::int64_t p = 0; p < planes; ++p) {
              for (std::int64_t k = p * to; k < (p + 1) * to; ++k)
                c.out[0].as<T>()[k] = c.in[0].as<T>()[p * from + index[k]];
            }
          });
        },
    .vjp =
        [](const Vjp& v) {
          return Grads{max_pool2d_backward(v.gy[0], v.in[1], pool_sizes(v.attrs, v.in[0].shape())), Var()};
        },
    .samples =
        [] {
          std::vector<Sample> out;
          for (const PoolCase& c : pool_cases()) {
            const double plane = static_cast<double>(c.x[2] * c.x[3]);
            out.push_back({{{.shape = c.x, .strided = c.strided},
                            {.shape = pooled(c), .lo = 0, .hi = plane, .dtype = DType::i32}},
                           {.i = c.options}});
          }
          return out;
        },
    .source = "transpose of max_pool2d_backward",
};

static constexpr OpDef max_pool2d_backward_def{
    .name = "max_pool2d_backward",
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      return {{resized(c.in[0].shape, c.attrs), c.in[0].dtype}};
    },
    .forward =
        [](const Call& c) noexcept {
          const Pool2d p = pool_problem(c.out[0].shape, c.in[0].shape, *c.attrs);
          visit_float(c.in[0].dtype, [&]<class T>(T) {
            kernels::max_pool2d_backward<T>(c.exec, p, c.in[0].as<T>(), c.in[1].as<std::int32_t>(), c.out[0].as<T>());
          });
        },
    .vjp =
        [](const Vjp& v) {
          return Grads{record(max_pool2d_gather_def, {v.gy[0], v.in[1]}, v.attrs), Var()};
        },
    .samples =
        [] {
          std::vector<Sample> out;
          for (const PoolCase& c : pool_cases()) {
            const Shape y = pooled(c);
            const double plane = static_cast<double>(c.x[2] * c.x[3]);
            out.push_back(
                {{{.shape = y, .strided = c.strided}, {.shape = y, .lo = 0, .hi = plane, .dtype = DType::i32}},
                 pool_sizes({.i = c.options}, c.x)});
          }
          return out;
        },
    .source = "each gradient goes to the largest element of its window",
};
static Var max_pool2d_backward(const Var& gy, const Var& index, const Attrs& attrs) {
  return record(max_pool2d_backward_def, {gy, index}, attrs);
}

static constexpr OpDef max_pool2d_def{
    .name = "max_pool2d",  // y, and the index of each maximum in its plane
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      check_float(c, 0, "x");
      const Shape y = pooled(c.op, c.in[0].shape, c.attrs);
      return {{y, c.in[0].dtype}, {y, DType::i32}};
    },
    .forward =
        [](const Call& c) noexcept {
          const Pool2d p = pool_problem(c.in[0].shape, c.out[0].shape, *c.attrs);
          visit_float(c.in[0].dtype, [&]<class T>(T) {
            kernels::max_pool2d<T>(c.exec, p, c.in[0].as<T>(), c.out[0].as<T>(), c.out[1].as<std::int32_t>());
          });
        },
    .vjp =
        [](const Vjp& v) {
          return Grads{max_pool2d_backward(v.gy[0], v.out[1], pool_sizes(v.attrs, v.in[0].shape()))};
        },
    .samples = [] { return pool_samples(true); },
    .source = "the first of equals under the window",
};
Var max_pool2d(const Var& x, const Pool2dOptions& options) {
  return record(max_pool2d_def, {x}, pool_attrs("max_pool2d", options));
}

static Var avg_pool2d_backward(const Var& gy, const Attrs& attrs);

static constexpr OpDef avg_pool2d_def{
    .name = "avg_pool2d",
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      check_float(c, 0, "x");
      return {{pooled(c.op, c.in[0].shape, c.attrs), c.in[0].dtype}};
    },
    .forward =
        [](const Call& c) noexcept {
          const Pool2d p = pool_problem(c.in[0].shape, c.out[0].shape, *c.attrs);
          visit_float(c.in[0].dtype,
                      [&]<class T>(T) { kernels::avg_pool2d<T>(c.exec, p, c.in[0].as<T>(), c.out[0].as<T>()); });
        },
    .vjp = [](const Vjp& v) { return Grads{avg_pool2d_backward(v.gy[0], pool_sizes(v.attrs, v.in[0].shape()))}; },
    .samples = [] { return pool_samples(false); },
    .source = "mean over the window, zeros of the padding included",
};
Var avg_pool2d(const Var& x, const Pool2dOptions& options) {
  return record(avg_pool2d_def, {x}, pool_attrs("avg_pool2d", options));
}

static constexpr OpDef avg_pool2d_backward_def{
    .name = "avg_pool2d_backward",
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      return {{resized(c.in[0].shape, c.attrs), c.in[0].dtype}};
    },
    .forward =
        [](const Call& c) noexcept {
          const Pool2d p = pool_problem(c.out[0].shape, c.in[0].shape, *c.attrs);
          visit_float(c.in[0].dtype, [&]<class T>(T) {
            kernels::avg_pool2d_backward<T>(c.exec, p, c.in[0].as<T>(), c.out[0].as<T>());
          });
        },
    .vjp =
        [](const Vjp& v) {
          Attrs attrs = v.attrs;
          attrs.i.resize(10);
          return Grads{record(avg_pool2d_def, {v.gy[0]}, std::move(attrs))};
        },
    .samples =
        [] {
          std::vector<Sample> out;
          for (const PoolCase& c : pool_cases())
            out.push_back({{{.shape = pooled(c), .strided = c.strided}}, pool_sizes({.i = c.options}, c.x)});
          return out;
        },
    .source = "transpose of avg_pool2d",
};
static Var avg_pool2d_backward(const Var& gy, const Attrs& attrs) {
  return record(avg_pool2d_backward_def, {gy}, attrs);
}

OpList conv_ops() {
  static constexpr const OpDef* ops[] = {
      &conv2d_def,     &conv2d_input_grad_def,   &conv2d_weight_grad_def,
      &max_pool2d_def, &max_pool2d_backward_def, &max_pool2d_gather_def,
      &avg_pool2d_def, &avg_pool2d_backward_def,
  };
  return ops;
}

}  // namespace neuro
