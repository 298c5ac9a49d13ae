// Losses of classes: negative log-likelihood and cross-entropy.
#include "neuro/ops/loss.h"

#include <cmath>
#include <limits>

#include "neuro/ops.h"
#include "ops/loss_rules.h"
#include "ops/ops_internal.h"
#include "ops/samples.h"

namespace neuro {
namespace {

/// An ignore_index that no target has.
constexpr std::int64_t kIgnoreNone = std::numeric_limits<std::int64_t>::min();

/// Calls f(row, class) for each row that counts; a class out of range raises the call's fault.
template <class F>
void for_classes(const Call& c, const Operand& target, std::int64_t classes, F f) {
  const auto* t = target.as<std::int64_t>();
  for (std::int64_t r = 0; r < target.size(); ++r) {
    if (t[r] == c.attrs->i[0]) continue;
    if (t[r] < 0 || t[r] >= classes) {
      *c.fault = {true, t[r], r, classes};
      return;
    }
    f(r, t[r]);
  }
}

}  // namespace

// --- the value of each row's class ---

static Var class_value(const Var& x, const Var& target, std::int64_t ignore);
static constexpr OpDef class_value_backward_def{
    .name = "class_value_backward",  // g [rows] at the targets of zeros [rows, classes]; attrs.i: ignore_index, classes
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      check_float(c, 0, "g");
      check_type(c, 1, "target", DType::i64);
      check_shape(c, 1, "target", c.in[0].shape);
      return {{{c.in[0].shape.elements(), c.attrs.i[1]}, c.in[0].dtype}};
    },
    .forward =
        [](const Call& c) noexcept {
          const std::int64_t classes = c.attrs->i[1];
          visit_float(c.in[0].dtype, [&]<class T>(T) {
            const T* g = c.in[0].as<T>();
            T* out = c.out[0].as<T>();
            std::fill_n(out, c.out[0].size(), T(0));
            for_classes(c, c.in[1], classes, [&](std::int64_t r, std::int64_t k) { out[r * classes + k] = g[r]; });
          });
        },
    .vjp =
        [](const Vjp& v) {
          return Grads{class_value(v.gy[0], v.in[1], v.attrs.i[0]), Var()};
        },
    .samples =
        [] {
          std::vector<Sample> out;
          for (const std::int64_t rows : {0, 1, 2, 3, 7}) {
            for (const std::int64_t classes : {1, 2, 3, 5, 17}) {
              out.push_back({{{.shape = {rows}, .strided = classes == 3},
                              {.shape = {rows}, .lo = 0, .hi = static_cast<double>(classes), .dtype = DType::i64}},
                             {.i = {classes == 5 ? 1 : kIgnoreNone, classes}}});
            }
          }
          return out;
        },
    .source = "adjoint of class_value",
};

static constexpr OpDef class_value_def{
    .name = "class_value",  // x[r, target[r]], 0 where the target is ignored; attrs.i: ignore_index
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      check_float(c, 0, "x");
      check_type(c, 1, "target", DType::i64);
      const Shape& x = c.in[0].shape;
      if (x.rank() != 2) shape_error(c.op, "x must be [rows, classes], got ", x);
      check_shape(c, 1, "target", {x[0]});
      return {{c.in[1].shape, c.in[0].dtype}};
    },
    .forward =
        [](const Call& c) noexcept {
          const Strides& s = c.in[0].strides;
          visit_float(c.in[0].dtype, [&]<class T>(T) {
            const T* x = c.in[0].as<T>();
            T* out = c.out[0].as<T>();
            std::fill_n(out, c.out[0].size(), T(0));
            for_classes(c, c.in[1], c.in[0].shape[1],
                        [&](std::int64_t r, std::int64_t k) { out[r] = x[r * s[0] + k * s[1]]; });
          });
        },
    .vjp =
        [](const Vjp& v) {
          return Grads{record(class_value_backward_def, {v.gy[0], v.in[1]}, {.i = {v.attrs.i[0], v.in[0].shape()[1]}}),
                       Var()};
        },
    .samples =
        [] {
          std::vector<Sample> out;
          for (const std::int64_t rows : {0, 1, 2, 3, 7}) {
            for (const std::int64_t classes : {1, 2, 3, 5, 17}) {
              out.push_back({{{.shape = {rows, classes}, .strided = classes == 3},
                              {.shape = {rows}, .lo = 0, .hi = static_cast<double>(classes), .dtype = DType::i64}},
                             {.i = {classes == 5 ? 1 : kIgnoreNone}}});
            }
          }
          return out;
        },
    .strided_inputs = 1,
    .source = "autograd.md, section 5",
    .shapes = "input [N, C], target [N] -> [N]",
};
static Var class_value(const Var& x, const Var& target, std::int64_t ignore) {
  return record(class_value_def, {x, target}, {.i = {ignore}});
}

static constexpr OpDef class_index_def{
    .name = "class_index",  // whole numbers in floats as i64
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      check_float(c, 0, "the operand");
      return {{c.in[0].shape, DType::i64}};
    },
    .forward =
        [](const Call& c) noexcept {
          visit_float(c.in[0].dtype, [&]<class T>(T) {
            const T* x = c.in[0].as<T>();
            auto* out = c.out[0].as<std::int64_t>();
            for (std::int64_t i = 0; i < c.in[0].size(); ++i) {
              const bool whole = std::abs(x[i]) <= T(0x1p24) && x[i] == std::trunc(x[i]);
              out[i] = whole ? static_cast<std::int64_t>(x[i]) : 0;
              if (!whole && !c.fault->raised) *c.fault = {true, 0, i, 0, "is not a whole number"};
            }
          });
        },
    .samples =
        [] {
          std::vector<Sample> out = samples::unary({.lo = 3, .hi = 3, .differentiate = false});
          return out;
        },
    .source = "autograd.md, section 5",
    .shapes = "[*s] -> [*s] i64",
};

// --- nll_loss, cross_entropy_loss ---

namespace {

/// The axis of the classes: 1, or the only one.
int class_axis(const Shape& x) { return x.rank() == 1 ? 0 : 1; }

void check_classes(const Infer& c) {
  check_float(c, 0, "input");
  const Shape& x = c.in[0].shape;
  if (x.rank() == 0) shape_error(c.op, "input must be [N, C, ...] or [C], got ", x);
  const bool probabilities = c.in[1].shape == x && is_floating(c.in[1].dtype);
  const Shape targets = x.without(class_axis(x));
  if (!probabilities && c.in[1].shape != targets) {
    shape_error(c.op, "target must have shape ", targets, " (one class index for each row of the input ", x,
                ", without its axis ", class_axis(x), "), got ", c.in[1].shape);
  }
  if (c.in[1].dtype == DType::boolean)
    throw Error(ErrorCode::dtype, str(c.op, ": target must hold class indices, got bool; use convert()"));
  if (c.in.size() > 2) {
    check_same_type(c, 2, "weight");
    check_shape(c, 2, "weight", {x[class_axis(x)]});
  }
}

/// [N, C, d...] as [N d..., C].
Var class_rows(const Var& x) {
  std::vector<int> axes;
  for (int a = 0; a < x.rank(); ++a) {
    if (a != class_axis(x.shape())) axes.push_back(a);
  }
  axes.push_back(class_axis(x.shape()));
  const std::int64_t classes = x.shape()[class_axis(x.shape())];
  return reshape(x.rank() > 2 ? permute(x, axes) : x,
                 Shape{x.shape().without(class_axis(x.shape())).elements(), classes});
}

Var index_rows(const Var& target) {
  const Var rows = reshape(target, Shape{target.shape().elements()});
  if (target.dtype() == DType::i64) return rows;
  return is_floating(target.dtype()) ? record(class_index_def, {rows}) : convert(rows, DType::i64);
}

/// How much each row counts; undefined when all count the same.
Var row_weights(const Var& rows, const Var& target, const Var& weight, std::int64_t ignore) {
  if (!weight.defined() && ignore == kIgnoreNone) return {};
  const Var of_class = weight.defined() ? weight : constant(1, rows.dtype());
  return class_value(broadcast_to(of_class, rows.shape()), target, ignore);
}

/// Sum, none, or the mean: over `count` rows, or the sum of their weights.
std::vector<Var> reduced_rows(const Var& terms, const Var& weights, const Shape& shape, const Attrs& a) {
  if (reduction_of(a) != Reduction::mean || !weights.defined())
    return reduced(reduction_of(a) == Reduction::none ? reshape(terms, shape) : terms, a);
  return {sum(terms) / sum(weights)};
}

std::vector<Sample> class_samples(bool logits) {
  std::vector<Sample> out;
  std::int64_t k = 0;
  for (const Shape& x : {Shape{1}, Shape{5}, Shape{17}, Shape{1, 1}, Shape{1, 7}, Shape{7, 1}, Shape{2, 3}, Shape{3, 5},
                         Shape{4, 8}, Shape{2, 17}, Shape{3, 31}, Shape{2, 3, 4}, Shape{1, 5, 1}, Shape{3, 2, 5},
                         Shape{2, 3, 2, 3}, Shape{1, 2, 3, 1, 2}}) {
    const double classes = static_cast<double>(x[class_axis(x)]);
    const Shape targets = x.without(class_axis(x));
    const SampleInput input{.shape = x, .lo = logits ? -3.0 : -4.0, .hi = logits ? 3.0 : 0.0, .strided = k % 4 == 3};
    const SampleInput index{.shape = targets, .lo = 0, .hi = classes, .dtype = DType::i64};
    const SampleInput weight{.shape = {x[class_axis(x)]}, .lo = 0.5, .hi = 2, .differentiate = false};
    out.push_back({{input, index}, {.i = {k % 3, kIgnoreNone}}});
    out.push_back({{input, index, weight},
                   {.f = {logits ? 0.1 * static_cast<double>(k % 3) : 0}, .i = {(k + 1) % 3, kIgnoreNone}}});
    if (logits) {
      const SampleInput probabilities{.shape = x, .lo = 0, .hi = 1, .differentiate = false};
      out.push_back({{input, probabilities}, {.f = {0.2 * static_cast<double>(k % 2)}, .i = {k % 3, kIgnoreNone}}});
    }
    ++k;
  }
  const SampleInput input{.shape = {3, 4}, .lo = logits ? -3.0 : -4.0, .hi = logits ? 3.0 : 0.0};
  out.push_back({{input, {.shape = {3}, .lo = 0, .hi = 3, .dtype = DType::i64}}, {.i = {1, 2}}});
  out.push_back({{{.shape = {0, 4}}, {.shape = {0}, .lo = 0, .hi = 3, .dtype = DType::i64}}, {.i = {1, kIgnoreNone}}});
  return out;
}

}  // namespace

static constexpr OpDef nll_def{
    .name = "nll_loss",  // input, target [, weight]; attrs.i: reduction, ignore_index
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      check_classes(c);
      check_shape(c, 1, "target", c.in[0].shape.without(class_axis(c.in[0].shape)));  // no probabilities
      return {};
    },
    .expand =
        [](std::span<const Var> in, const Attrs& a) {
          const Var rows = class_rows(in[0]), target = index_rows(in[1]);
          const Var weights = row_weights(rows, target, in.size() > 2 ? in[2] : Var(), a.i[1]);
          const Var terms = -class_value(rows, target, a.i[1]);
          return reduced_rows(in.size() > 2 ? terms * weights : terms, weights, in[1].shape(), a);
        },
    .samples = [] { return class_samples(false); },
    .source = "autograd.md, section 5",
    .shapes = "input [N, C, *d], target [N, *d] -> [], or [N, *d] unreduced",
};

static constexpr OpDef cross_entropy_loss_def{
    .name =
        "cross_entropy_loss",  // input, target [, weight]; attrs.f: label smoothing; attrs.i: reduction, ignore_index
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      check_classes(c);
      return {};
    },
    .expand =
        [](std::span<const Var> in, const Attrs& a) {
          const Var rows = class_rows(in[0]), weight = in.size() > 2 ? in[2] : Var();
          const Shape targets = in[0].shape().without(class_axis(in[0].shape()));
          const double smoothing = a.f[0], uniform = smoothing / static_cast<double>(rows.shape()[1]);
          const auto weighted = [&](const Var& x) { return weight.defined() ? x * weight : x; };
          if (in[1].shape() == in[0].shape() && is_floating(in[1].dtype())) {
            Var p = class_rows(in[1]);
            if (smoothing > 0) p = p * (1 - smoothing) + uniform;
            return reduced_rows(-sum(weighted(p * log_softmax(rows)), 1), {}, targets, a);
          }
          const Var target = index_rows(in[1]), weights = row_weights(rows, target, weight, a.i[1]);
          Var terms = neuro::cross_entropy(rows, target, a.i[1]);
          if (weight.defined()) terms = terms * weights;
          if (smoothing > 0) {
            Var spread = -sum(weighted(log_softmax(rows)), 1);
            if (a.i[1] != kIgnoreNone)  // rows that count nothing
              spread = where(not_equal(weights, constant(0, rows.dtype())), spread, constant(0, rows.dtype()));
            terms = terms * (1 - smoothing) + spread * uniform;
          }
          return reduced_rows(terms, weights, targets, a);
        },
    .samples = [] { return class_samples(true); },
    .source = "autograd.md, section 5; smoothing: Szegedy et al. 2015, arXiv:1512.00567, section 7",
    .shapes = "input [N, C, *d], target [N, *d] -> [], or [N, *d] unreduced",
};

namespace {

Var record_classes(const OpDef& op, const Var& input, const Var& target, const loss::ClassOptions& o) {
  if (!(o.label_smoothing >= 0 && o.label_smoothing <= 1)) {
    throw Error(ErrorCode::invalid_argument,
                str(op.name, ": label_smoothing must be in [0, 1], is ", o.label_smoothing));
  }
  const Attrs attrs{.f = {o.label_smoothing},
                    .i = {static_cast<std::int64_t>(o.reduction), o.ignore_index.value_or(kIgnoreNone)}};
  const Var fixed = fixed_target(target);
  return o.weight.defined() ? record(op, {input, fixed, fixed_target(o.weight)}, attrs)
                            : record(op, {input, fixed}, attrs);
}

}  // namespace

namespace loss {

Var nll(const Var& input, const Var& target, const ClassOptions& options) {
  if (options.label_smoothing != 0)
    throw Error(ErrorCode::invalid_argument,
                "nll_loss: label_smoothing belongs to cross_entropy, which knows all logits");
  return record_classes(nll_def, input, target, options);
}
Var cross_entropy(const Var& input, const Var& target, const ClassOptions& options) {
  return record_classes(cross_entropy_loss_def, input, target, options);
}

}  // namespace loss

OpList class_loss_ops() {
  static constexpr const OpDef* ops[] = {&class_value_def, &class_value_backward_def, &class_index_def, &nll_def,
                                         &cross_entropy_loss_def};
  return ops;
}

}  // namespace neuro
