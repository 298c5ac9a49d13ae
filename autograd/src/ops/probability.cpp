// Softmax, cross-entropy and layer norm: one kernel a row instead of a chain of operations.
#include "neuro/kernels/rows.h"
#include "neuro/ops.h"
#include "ops/ops_internal.h"
#include "ops/rules.h"
#include "ops/samples.h"

namespace neuro {
namespace {

std::vector<ValueInfo> infer_rows(const Infer& c) {
  check_float(c, 0, "the operand");
  if (c.in[0].shape.rank() == 0) shape_error(c.op, "needs at least one axis");
  for (std::size_t i = 1; i < c.in.size(); ++i) {
    check_same_type(c, i, "the second operand");
    check_shape(c, i, "the second operand", c.in[0].shape);
  }
  return {c.in[0]};
}

std::vector<Sample> row_samples() {
  std::vector<Sample> out;
  for (const Shape& shape : samples::row_shapes()) out.push_back({{{.shape = shape}}});
  out.push_back({{{.shape = {4, 5}, .strided = true}}});
  return out;
}

/// The same with a second operand of the same shape.
std::vector<Sample> row_pairs(double lo, double hi) {
  std::vector<Sample> out = row_samples();
  for (Sample& s : out) s.in.push_back({.shape = s.in[0].shape, .lo = lo, .hi = hi});
  return out;
}

/// op over `axis`: the axis is moved to the end and back.
Var over_axis(const OpDef& op, const Var& x, int axis) {
  const int a = normalize_axis(axis, x.rank(), op.name), last = x.rank() - 1;
  return a == last ? record(op, {x}) : transpose(record(op, {transpose(x, a, last)}), a, last);
}

Var row_sum(const Var& x) { return sum(x, -1, KeepDim::yes); }
Var row_mean(const Var& x) { return mean(x, -1, KeepDim::yes); }

}  // namespace

// --- softmax ---

static Var softmax_backward(const Var& g, const Var& y);
static constexpr OpDef softmax_backward_def{
    .name = "softmax_backward",  // y (g - sum(g y))
    .infer = infer_rows,
    .forward =
        [](const Call& c) noexcept {
          const Shape& s = c.in[0].shape;
          visit_float(c.in[0].dtype, [&]<class T>(T) {
            kernels::softmax_backward<T>(c.exec, c.in[0].as<T>(), c.in[1].as<T>(), c.out[0].as<T>(), rows_of(s),
                                         last_size(s));
          });
        },
    .vjp =
        [](const Vjp& v) {
          const Var g = v.in[0], y = v.in[1], h = v.gy[0];
          // linear and symmetric in g; in y_j: h_j (g_j - sum(g y)) - g_j sum(h y)
          return Grads{softmax_backward(h, y), v.wants(1) ? h * (g - row_sum(g * y)) - g * row_sum(h * y) : Var()};
        },
    .samples = [] { return row_pairs(0, 1); },
    .source = "autograd.md, section 2",
};
static Var softmax_backward(const Var& g, const Var& y) { return record(softmax_backward_def, {g, y}); }

static constexpr OpDef softmax_def{
    .name = "softmax",
    .infer = infer_rows,
    .forward =
        [](const Call& c) noexcept {
          const Shape& s = c.in[0].shape;
          visit_float(c.in[0].dtype, [&]<class T>(T) {
            kernels::softmax<T>(c.exec, c.in[0].as<T>(), c.out[0].as<T>(), rows_of(s), last_size(s));
          });
        },
    .vjp = [](const Vjp& v) { return Grads{softmax_backward(v.gy[0], v.out[0])}; },
    .samples = row_samples,
    .source = "autograd.md, section 2",
    .shapes = "[*s, n] -> [*s, n]",
};
Var softmax(const Var& x, int axis) { return over_axis(softmax_def, x, axis); }

// --- log_softmax ---

static constexpr OpDef log_softmax_backward_def{
    .name = "log_softmax_backward",  // g - e^y sum(g)
    .infer = infer_rows,
    .forward =
        [](const Call& c) noexcept {
          const Shape& s = c.in[0].shape;
          visit_float(c.in[0].dtype, [&]<class T>(T) {
            kernels::log_softmax_backward<T>(c.exec, c.in[0].as<T>(), c.in[1].as<T>(), c.out[0].as<T>(), rows_of(s),
                                             last_size(s));
          });
        },
    .vjp =
        [](const Vjp& v) {
          const Var g = v.in[0], y = v.in[1], he = v.gy[0] * exp(y);
          return Grads{v.gy[0] - row_sum(he), v.wants(1) ? -(he * row_sum(g)) : Var()};
        },
    .samples = [] { return row_pairs(-3, 0); },
    .source = "autograd.md, section 2",
};

static constexpr OpDef log_softmax_def{
    .name = "log_softmax",
    .infer = infer_rows,
    .forward =
        [](const Call& c) noexcept {
          const Shape& s = c.in[0].shape;
          visit_float(c.in[0].dtype, [&]<class T>(T) {
            kernels::log_softmax<T>(c.exec, c.in[0].as<T>(), c.out[0].as<T>(), rows_of(s), last_size(s));
          });
        },
    .vjp =
        [](const Vjp& v) {
          return Grads{record(log_softmax_backward_def, {v.gy[0], v.out[0]})};
        },
    .samples = row_samples,
    .source = "autograd.md, section 2",
    .shapes = "[*s, n] -> [*s, n]",
};
Var log_softmax(const Var& x, int axis) { return over_axis(log_softmax_def, x, axis); }

// --- cross_entropy ---

static constexpr OpDef cross_entropy_def{
    .name = "cross_entropy",  // loss [rows], and its gradient softmax - onehot [rows, classes]; attrs.i: ignore_index
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      check_float(c, 0, "logits");
      check_type(c, 1, "target", DType::i64);
      const Shape& x = c.in[0].shape;
      if (x.rank() != 2) shape_error(c.op, "logits must be [rows, classes], got ", x);
      check_shape(c, 1, "target", {x[0]});
      return {{c.in[1].shape, c.in[0].dtype}, c.in[0]};
    },
    .forward =
        [](const Call& c) noexcept {
          const std::int64_t rows = c.in[0].shape[0], classes = c.in[0].shape[1], ignore = c.attrs->i[0];
          const auto* target = c.in[1].as<std::int64_t>();
          for (std::int64_t r = 0; r < rows && !c.fault->raised; ++r) {
            if ((target[r] < 0 || target[r] >= classes) && target[r] != ignore)
              *c.fault = {true, target[r], r, classes};
          }
          visit_float(c.in[0].dtype, [&]<class T>(T) {
            kernels::softmax_cross_entropy<T>(c.exec, c.in[0].as<T>(), target, c.out[0].as<T>(), c.out[1].as<T>(), rows,
                                              classes, ignore);
          });
        },
    .vjp =
        [](const Vjp& v) {
          const Var x = v.in[0], loss = v.gy[0], slope = v.gy[1];
          Var gx;
          if (loss.defined()) gx = unsqueeze(loss, 1) * v.out[1];
          if (slope.defined()) {  // of softmax - onehot, in the rows that count
            const Var counts =
                not_equal(convert(v.in[1], DType::f64), constant(static_cast<double>(v.attrs.i[0]), DType::f64));
            const Var g = where(unsqueeze(counts, 1), softmax_backward(slope, softmax(x)), constant(0, x.dtype()));
            gx = gx.defined() ? gx + g : g;
          }
          return Grads{gx, Var()};
        },
    .samples =
        [] {
          std::vector<Sample> out;
          for (const std::int64_t rows : {1, 2, 3, 7, 0}) {
            for (const std::int64_t classes : {1, 2, 5, 17}) {
              out.push_back({{{.shape = {rows, classes}},
                              {.shape = {rows}, .lo = 0, .hi = static_cast<double>(classes), .dtype = DType::i64}},
                             {.i = {classes == 5 ? 1 : -100}}});  // with 5 classes, class 1 is ignored
            }
          }
          out.push_back({{{.shape = {4, 5}, .strided = true}, {.shape = {4}, .lo = 0, .hi = 5, .dtype = DType::i64}},
                         {.i = {-100}}});
          return out;
        },
    .source = "autograd.md, section 5",
    .shapes = "logits [N, C], target [N] i64 -> [N], [N, C]",
};
Var cross_entropy(const Var& logits, const Var& target, std::int64_t ignore_index) {
  return record(cross_entropy_def, {logits, target}, {.i = {ignore_index}});
}

// --- layer_norm ---

namespace {

/// x's shape without the last axis: one value a row.
Shape row_shape(const Shape& x) { return x.without(x.rank() - 1); }

std::vector<Sample> layer_norm_samples(bool affine) {
  std::vector<Sample> out;
  for (const Shape& shape : samples::row_shapes()) {
    Sample s{{{.shape = shape}}, {.f = {1e-3}}};
    if (affine) {
      s.in.push_back({.shape = {last_size(shape)}});
      s.in.push_back({.shape = {last_size(shape)}});
    }
    out.push_back(s);
  }
  out.push_back(out[9]);
  out.back().in[0].strided = true;
  return out;
}

}  // namespace

static constexpr OpDef layer_norm_backward_def{
    .name = "layer_norm_backward",  // gx from gy, x, mean, rstd and, if there is one, the weight
    .infer = [](const Infer& c) -> std::vector<ValueInfo> { return {c.in[1]}; },
    .forward =
        [](const Call& c) noexcept {
          const Shape& s = c.in[1].shape;
          visit_float(c.in[1].dtype, [&]<class T>(T) {
            kernels::layer_norm_backward<T>(c.exec, c.in[0].as<T>(), c.in[1].as<T>(),
                                            c.in.size() > 4 ? c.in[4].as<T>() : nullptr, c.in[2].as<T>(),
                                            c.in[3].as<T>(), c.out[0].as<T>(), rows_of(s), last_size(s));
          });
        },
    .vjp =
        [](const Vjp& v) {
          // gx = r (g - mean(g) - h mean(g h)),  h = (x - mean) r,  g = gy w,  r = rstd: all of them variables here.
          const bool affine = v.in.size() > 4;
          const Var gy = v.in[0], x = v.in[1], r = unsqueeze(v.in[3], -1), centred = x - unsqueeze(v.in[2], -1);
          const Var h = centred * r, g = affine ? gy * v.in[4] : gy;
          const Var u = v.gy[0], ur = u * r, mean_gh = row_mean(g * h), mean_urh = row_mean(ur * h);
          const Var gg = ur - row_mean(ur) - h * mean_urh;  // in g the map is its own transpose
          const Var gh = -(ur * mean_gh + g * mean_urh);
          const Var grstd = row_sum(u * (g - row_mean(g) - h * mean_gh)) + row_sum(gh * centred);
          const Var gx = gh * r;
          Grads out{affine ? gg * v.in[4] : gg, gx, -sum(gx, -1), squeeze(grstd, -1)};
          if (affine) out.push_back(gg * gy);
          return out;
        },
    .samples =
        [] {
          std::vector<Sample> out;
          for (const bool affine : {false, true}) {
            for (const Shape& shape : samples::row_shapes()) {
              const Shape rows = row_shape(shape);
              Sample s{{{.shape = shape}, {.shape = shape}, {.shape = rows}, {.shape = rows, .lo = 0.5, .hi = 2}}};
              if (affine) s.in.push_back({.shape = {last_size(shape)}});
              out.push_back(s);
            }
          }
          out.push_back(out[9]);
          out.back().in[1].strided = true;
          return out;
        },
    .source = "Ba, Kiros, Hinton 2016, arXiv:1607.06450, eq. 3, differentiated",
};

static constexpr OpDef layer_norm_def{
    .name = "layer_norm",  // y, and the mean and 1 / standard deviation of each row; attrs.f: eps
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      check_float(c, 0, "x");
      const Shape& x = c.in[0].shape;
      if (x.rank() == 0 || last_size(x) == 0) shape_error(c.op, "x needs a last axis with elements, got ", x);
      for (std::size_t i = 1; i < c.in.size(); ++i) {
        const char* what = i == 1 ? "weight" : "bias";
        check_same_type(c, i, what);
        check_shape(c, i, what, {last_size(x)});
      }
      const ValueInfo row{row_shape(x), c.in[0].dtype};
      return {c.in[0], row, row};
    },
    .forward =
        [](const Call& c) noexcept {
          const Shape& s = c.in[0].shape;
          const bool affine = c.in.size() > 1;
          visit_float(c.in[0].dtype, [&]<class T>(T) {
            kernels::layer_norm<T>(c.exec, c.in[0].as<T>(), affine ? c.in[1].as<T>() : nullptr,
                                   affine ? c.in[2].as<T>() : nullptr, c.out[0].as<T>(), c.out[1].as<T>(),
                                   c.out[2].as<T>(), rows_of(s), last_size(s), static_cast<T>(c.attrs->f[0]));
          });
        },
    .vjp =
        [](const Vjp& v) {
          const bool affine = v.in.size() > 1;
          const Var x = v.in[0], mean = v.out[1], rstd = v.out[2], gy = v.gy[0];
          const Var centred = x - unsqueeze(mean, -1), r = unsqueeze(rstd, -1);
          const double n = static_cast<double>(last_size(x.shape()));
          Grads out(v.in.size());
          const auto to_x = [&](const Var& g) { out[0] = out[0].defined() ? out[0] + g : g; };
          if (gy.defined()) {
            if (v.wants(0)) {
              to_x(affine ? record(layer_norm_backward_def, {gy, x, mean, rstd, v.in[1]})
                          : record(layer_norm_backward_def, {gy, x, mean, rstd}));
            }
            if (affine) {
              out[1] = gy * (centred * r);
              out[2] = gy;
            }
          }
          // Second derivatives reach x through mean and rstd, too: d rstd / dx_i = -rstd^3 (x_i - mean) / n.
          if (v.gy[1].defined()) to_x(broadcast_to(unsqueeze(v.gy[1] * (1 / n), -1), x.shape()));
          if (v.gy[2].defined()) to_x(unsqueeze(v.gy[2] * (rstd * rstd * rstd) * (-1 / n), -1) * centred);
          return out;
        },
    .samples =
        [] {
          std::vector<Sample> out = layer_norm_samples(false);
          const std::vector<Sample> affine = layer_norm_samples(true);
          out.insert(out.end(), affine.begin(), affine.end());
          return out;
        },
    .source = "Ba, Kiros, Hinton 2016, arXiv:1607.06450, eq. 3",
    .shapes = "x [*s, n], weight [n], bias [n] -> [*s, n], [*s], [*s]",
};
Var layer_norm(const Var& x, const Var& weight, const Var& bias, double eps) {
  if (weight.defined() != bias.defined())
    throw Error(ErrorCode::invalid_argument, "layer_norm: takes weight and bias, or neither");
  return weight.defined() ? record(layer_norm_def, {x, weight, bias}, {.f = {eps}})
                          : record(layer_norm_def, {x}, {.f = {eps}});
}

OpList probability_ops() {
  static constexpr const OpDef* ops[] = {
      &softmax_def,       &softmax_backward_def, &log_softmax_def,         &log_softmax_backward_def,
      &cross_entropy_def, &layer_norm_def,       &layer_norm_backward_def,
  };
  return ops;
}

}  // namespace neuro
