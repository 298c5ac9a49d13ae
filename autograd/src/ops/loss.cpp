// Losses of numbers and of vectors, written with operations. Those of classes stand in class_loss.cpp.
#include "neuro/ops/loss.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "neuro/ops.h"
#include "ops/loss_rules.h"
#include "ops/ops_internal.h"
#include "ops/samples.h"

namespace neuro {
namespace {

constexpr const char* kSpec = "autograd.md, section 5";

Var number(double value, const Var& like) { return constant(value, like.dtype()); }

/// All operands have the first one's shape and type.
std::vector<ValueInfo> infer_named(const Infer& c, std::array<const char*, 3> names) {
  check_float(c, 0, names[0]);
  for (std::size_t i = 1; i < c.in.size(); ++i) {
    check_same_type(c, i, names[i]);
    check_shape(c, i, names[i], c.in[0].shape);
  }
  return {};
}
std::vector<ValueInfo> infer_alike(const Infer& c) { return infer_named(c, {"input", "target", "variance"}); }

/// Samples of input and target, each with one of the reductions.
std::vector<Sample> loss_samples(const samples::Values& x, samples::Values t, const Attrs& attrs = {}) {
  t.differentiate = false;
  std::vector<Sample> out = samples::pairs(x, t, attrs);
  // Of no elements the mean is NaN, which nothing equals.
  std::erase_if(out, [](const Sample& s) { return s.in[0].shape.elements() == 0; });
  for (std::size_t k = 0; k < out.size(); ++k) out[k].attrs.i = {static_cast<std::int64_t>(k % 3)};
  out.push_back({{x.of({0, 3}), t.of({0, 3})}, attrs});
  out.back().attrs.i = {static_cast<std::int64_t>(Reduction::sum)};
  return out;
}

Var record_pair(const OpDef& op, const Var& input, const Var& target, Reduction r, std::array<double, 4> f = {}) {
  return record(op, {input, fixed_target(target)}, {.f = f, .i = {static_cast<std::int64_t>(r)}});
}

void check_at_least(const char* op, const char* what, double value, double least) {
  if (value >= least) return;
  throw Error(ErrorCode::invalid_argument, str(op, ": ", what, " must be at least ", least, ", is ", value));
}

}  // namespace

// --- numbers ---

static constexpr OpDef mse_def{
    .name = "mse_loss",
    .infer = infer_alike,
    .expand = [](std::span<const Var> in, const Attrs& a) { return reduced(square(in[0] - in[1]), a); },
    .samples = [] { return loss_samples({}, {}); },
    .source = kSpec,
    .shapes = "input [*s], target [*s] -> [], or [*s] unreduced",
};
static constexpr OpDef mae_def{
    .name = "mae_loss",
    .infer = infer_alike,
    .expand = [](std::span<const Var> in, const Attrs& a) { return reduced(abs(in[0] - in[1]), a); },
    .samples = [] { return loss_samples({.lo = 0, .hi = 2}, {.lo = -2, .hi = -0.05}); },  // apart: no kink between them
    .source = kSpec,
    .shapes = "input [*s], target [*s] -> [], or [*s] unreduced",
};

static constexpr OpDef bce_terms_def{
    .name = "bce",
    .elementwise = "bce",
    .vjp =
        [](const Vjp& v) {
          const Var x = v.in[0], t = v.in[1];
          return Grads{v.gy[0] * (x - t) / maximum(x * (1 - x), number(0x1p-23, x)), Var()};
        },
    .samples = [] { return samples::binary({.lo = 0.05, .hi = 0.95}, {.lo = 0, .hi = 1, .differentiate = false}); },
    .source = kSpec,
};
static constexpr OpDef bce_def{
    .name = "bce_loss",
    .infer = infer_alike,
    .expand =
        [](std::span<const Var> in, const Attrs& a) {
          return reduced(record(bce_terms_def, {in[0], in[1]}), a);
        },
    .samples = [] { return loss_samples({.lo = 0.05, .hi = 0.95}, {.lo = 0, .hi = 1}); },
    .source = kSpec,
    .shapes = "input [*s], target [*s] -> [], or [*s] unreduced",
};

/// -ln sigmoid(x) = softplus(-x) and -ln(1 - sigmoid(x)) = softplus(x): no cancellation at either end.
static Var logits_terms(const Var& x, const Var& t) { return t * softplus(-x) + (1 - t) * softplus(x); }

static constexpr OpDef bce_with_logits_def{
    .name = "bce_with_logits_loss",
    .infer = infer_alike,
    .expand = [](std::span<const Var> in, const Attrs& a) { return reduced(logits_terms(in[0], in[1]), a); },
    .samples = [] { return loss_samples({.lo = -4, .hi = 4}, {.lo = 0, .hi = 1}); },
    .source = kSpec,
    .shapes = "input [*s], target [*s] -> [], or [*s] unreduced",
};

static constexpr OpDef kldiv_def{
    .name = "kldiv_loss",
    .infer = infer_alike,
    .expand =
        [](std::span<const Var> in, const Attrs& a) {
          const Var x = in[0], t = in[1], zero = number(0, x);
          const Var terms = where(not_equal(t, zero), t * (log(t) - x), zero);
          if (reduction_of(a) != Reduction::mean) return reduced(terms, a);
          const std::int64_t batch = x.rank() == 0 ? 1 : x.shape()[0];
          return std::vector{sum(terms) / static_cast<double>(batch)};
        },
    .samples = [] { return loss_samples({.lo = -4, .hi = 0}, {.lo = 0.05, .hi = 1}); },
    .source = kSpec,
    .shapes = "input [*s], target [*s] -> [], or [*s] unreduced",
};

/// Of d = x - t. With c = clamp(d): c (d - c / 2) is d^2 / 2 inside and delta (|d| - delta / 2) outside.
static Var huber_terms(const Var& d, double delta) {
  const Var c = clamp(d, -delta, delta);
  return c * (d - c * 0.5);
}

static constexpr OpDef huber_def{
    .name = "huber_loss",  // f: delta
    .infer = infer_alike,
    .expand = [](std::span<const Var> in, const Attrs& a) { return reduced(huber_terms(in[0] - in[1], a.f[0]), a); },
    // of differences in [-3, -2] or [-1, 1] only: at delta = 1.5 the second derivative jumps
    .samples =
        [] {
          std::vector<Sample> out = loss_samples({.lo = -0.5, .hi = 0.5}, {.lo = -0.5, .hi = 0.5}, {.f = {1.5}});
          for (const Sample& s : loss_samples({.lo = -0.5, .hi = 0.5}, {.lo = 2.2, .hi = 2.5}, {.f = {1.5}}))
            out.push_back(s);
          return out;
        },
    .source = "Huber 1964, Robust estimation of a location parameter, eq. 2",
    .shapes = "input [*s], target [*s] -> [], or [*s] unreduced",
};
static constexpr OpDef smooth_l1_def{
    .name = "smooth_l1_loss",  // f: beta
    .infer = infer_alike,
    .expand =
        [](std::span<const Var> in, const Attrs& a) {
          const Var d = in[0] - in[1];
          return reduced(a.f[0] == 0 ? abs(d) : huber_terms(d, a.f[0]) / a.f[0], a);
        },
    .samples =
        [] {
          std::vector<Sample> out = loss_samples({.lo = -0.2, .hi = 0.2}, {.lo = -0.2, .hi = 0.2}, {.f = {0.5}});
          out.push_back(
              {{{.shape = {7}}, {.shape = {7}, .lo = 3, .hi = 4, .differentiate = false}}, {.f = {0}, .i = {0}}});
          return out;
        },
    .source = "Girshick 2015, arXiv:1504.08083, eq. 3",
    .shapes = "input [*s], target [*s] -> [], or [*s] unreduced",
};

static constexpr OpDef hinge_def{
    .name = "hinge_loss",
    .infer = infer_alike,
    .expand = [](std::span<const Var> in, const Attrs& a) { return reduced(relu(1 - in[0] * in[1]), a); },
    .samples =
        [] {
          std::vector<Sample> out = loss_samples({.lo = -0.9, .hi = 0.9}, {.lo = -1, .hi = 1});
          out.push_back({{{.shape = {7}, .lo = 2, .hi = 3}, {.shape = {7}, .lo = 1, .hi = 2, .differentiate = false}},
                         {.i = {0}}});
          return out;
        },
    .source = "Cortes and Vapnik 1995, Support-vector networks",
    .shapes = "input [*s], target [*s] -> [], or [*s] unreduced",
};

static constexpr OpDef mape_def{
    .name = "mape_loss",
    .infer = infer_alike,
    .expand = [](std::span<const Var> in,
                 const Attrs& a) { return reduced(abs(in[0] - in[1]) / maximum(abs(in[1]), number(1e-7, in[0])), a); },
    .samples = [] { return loss_samples({.lo = 0, .hi = 2}, {.lo = -2, .hi = -0.1}); },
    .source = "mdl.md, losses",
    .shapes = "input [*s], target [*s] -> [], or [*s] unreduced",
};

static constexpr OpDef poisson_nll_def{
    .name = "poisson_nll_loss",  // f: log_input, full, eps
    .infer = infer_alike,
    .expand =
        [](std::span<const Var> in, const Attrs& a) {
          const Var x = in[0], t = in[1];
          Var terms = a.f[0] != 0 ? exp(x) - t * x : x - t * log(x + a.f[2]);
          if (a.f[1] != 0) {
            const Var s = maximum(t, number(1, t));  // where(t > 1) hides what a smaller t would give
            terms = terms +
                    where(greater(t, number(1, t)), t * log(s) - t + 0.5 * log(2 * std::numbers::pi * s), number(0, t));
          }
          return reduced(terms, a);
        },
    .samples =
        [] {
          std::vector<Sample> out = loss_samples({}, {.lo = 0, .hi = 5}, {.f = {1, 0, 1e-8}});
          for (const Sample& s : loss_samples({.lo = 0.1, .hi = 3}, {.lo = 0, .hi = 5}, {.f = {0, 1, 1e-8}}))
            out.push_back(s);
          return out;
        },
    .source = "negative logarithm of the Poisson distribution; Stirling's approximation",
    .shapes = "input [*s], target [*s] -> [], or [*s] unreduced",
};

static constexpr OpDef gaussian_nll_def{
    .name = "gaussian_nll_loss",  // f: full, eps
    .infer = infer_alike,
    .expand =
        [](std::span<const Var> in, const Attrs& a) {
          const Var v = maximum(in[2], number(a.f[1], in[2]));
          const Var terms = 0.5 * (log(v) + square(in[0] - in[1]) / v);
          return reduced(a.f[0] != 0 ? terms + 0.5 * std::log(2 * std::numbers::pi) : terms, a);
        },
    .samples =
        [] {
          std::vector<Sample> out = loss_samples({}, {}, {.f = {0, 1e-6}});
          for (std::size_t k = 0; k < out.size(); ++k) {
            out[k].in.push_back({.shape = out[k].in[0].shape, .lo = 0.3, .hi = 2});
            out[k].attrs.f[0] = static_cast<double>(k % 2);
          }
          return out;
        },
    .source = "Nix and Weigend 1994, Estimating the mean and variance of the target probability distribution",
    .shapes = "input, target, variance [*s] -> [], or [*s] unreduced",
};

static constexpr OpDef focal_def{
    .name = "focal_loss",  // f: gamma, alpha
    .infer = infer_alike,
    .expand =
        [](std::span<const Var> in, const Attrs& a) {
          const Var x = in[0], t = in[1], p = sigmoid(x);
          const Var wrong = p * (1 - t) + (1 - p) * t;  // 1 - the probability of the right answer
          const Var factor =
              a.f[0] == std::floor(a.f[0]) ? powi(wrong, static_cast<int>(a.f[0])) : pow(wrong, number(a.f[0], x));
          const Var terms = factor * logits_terms(x, t);
          return reduced(a.f[1] < 0 ? terms : (a.f[1] * t + (1 - a.f[1]) * (1 - t)) * terms, a);
        },
    .samples =
        [] {
          std::vector<Sample> out = loss_samples({.lo = -3, .hi = 3}, {.lo = 0, .hi = 1}, {.f = {2, 0.25}});
          for (const double gamma : {0.0, 0.5, 1.5, 3.0}) {
            out.push_back({{{.shape = {3, 5}}, {.shape = {3, 5}, .lo = 0, .hi = 1, .differentiate = false}},
                           {.f = {gamma, -1}, .i = {0}}});
          }
          return out;
        },
    .source = "Lin, Goyal, Girshick, He, Dollar 2017, arXiv:1708.02002, eq. 5",
    .shapes = "input [*s], target [*s] -> [], or [*s] unreduced",
};

// --- vectors ---

static constexpr OpDef cosine_embedding_def{
    .name = "cosine_embedding_loss",  // f: margin
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      check_float(c, 0, "a");
      const Shape& a = c.in[0].shape;
      if (a.rank() != 1 && a.rank() != 2) shape_error(c.op, "a must be [rows, columns] or [columns], got ", a);
      check_same_type(c, 1, "b");
      check_shape(c, 1, "b", a);
      check_same_type(c, 2, "target");
      check_shape(c, 2, "target", a.without(a.rank() - 1));
      return {};
    },
    .expand =
        [](std::span<const Var> in, const Attrs& at) {
          const Var a = in[0], b = in[1], t = in[2];
          const Var norms = (sum(a * a, -1) + 1e-12) * (sum(b * b, -1) + 1e-12);
          const Var cosine = sum(a * b, -1) / sqrt(norms);
          return reduced(where(greater(t, number(0, t)), 1 - cosine, relu(cosine - at.f[0])), at);
        },
    .samples =
        [] {
          std::vector<Sample> out;
          std::int64_t k = 0;
          for (const Shape& s : samples::row_shapes()) {
            if (s.rank() > 2 || s.elements() == 0 || last_size(s) == 1) continue;  // of one column the cosine is 1
            for (const double side : {-1.0, 1.0}) {
              const SampleInput target{
                  .shape = s.without(s.rank() - 1), .lo = side, .hi = side, .differentiate = false};
              // both in the same quadrant: the cosine stays far from the margin
              out.push_back(
                  {{{.shape = s, .lo = 0.2, .hi = 2}, {.shape = s, .lo = 0.2, .hi = 2, .strided = k % 4 == 3}, target},
                   {.f = {0.1}, .i = {k++ % 3}}});
            }
          }
          const SampleInput nothing{.shape = {0, 3}}, no_target{.shape = {0}, .differentiate = false};
          out.push_back(
              {{nothing, nothing, no_target}, {.f = {0.1}, .i = {static_cast<std::int64_t>(Reduction::sum)}}});
          return out;
        },
    .source = "PyTorch 1.13, CosineEmbeddingLoss",
    .shapes = "a, b [N, D], target [N] -> [], or [N] unreduced",
};

static constexpr OpDef triplet_margin_def{
    .name = "triplet_margin_loss",  // f: margin
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      if (c.in[0].shape.rank() == 0) shape_error(c.op, "the anchor needs at least one axis");
      return infer_named(c, {"anchor", "positive", "negative"});
    },
    .expand =
        [](std::span<const Var> in, const Attrs& a) {
          const auto distance = [&](const Var& other) { return sqrt(sum(square(in[0] - other + 1e-6), -1)); };
          return reduced(relu(distance(in[1]) - distance(in[2]) + a.f[0]), a);
        },
    .samples =
        [] {
          std::vector<Sample> out;
          std::int64_t k = 0;
          for (const Shape& s : samples::row_shapes()) {
            if (s.elements() == 0) continue;
            out.push_back({{{.shape = s, .lo = 0, .hi = 1},
                            {.shape = s, .lo = 2, .hi = 3, .strided = k % 5 == 2},
                            {.shape = s, .lo = -1.5, .hi = -1}},
                           {.f = {20}, .i = {k++ % 3}}});
          }
          const SampleInput nothing{.shape = {0, 3}};
          out.push_back({{nothing, nothing, nothing}, {.f = {20}, .i = {static_cast<std::int64_t>(Reduction::sum)}}});
          return out;
        },
    .source = "Schroff, Kalenichenko, Philbin 2015, arXiv:1503.03832, eq. 1",
    .shapes = "anchor, positive, negative [*s, D] -> [], or [*s] unreduced",
};

namespace loss {

Var mse(const Var& input, const Var& target, Reduction r) { return record_pair(mse_def, input, target, r); }
Var mae(const Var& input, const Var& target, Reduction r) { return record_pair(mae_def, input, target, r); }
Var bce(const Var& input, const Var& target, Reduction r) { return record_pair(bce_def, input, target, r); }
Var bce_with_logits(const Var& input, const Var& target, Reduction r) {
  return record_pair(bce_with_logits_def, input, target, r);
}
Var kldiv(const Var& input, const Var& target, Reduction r) { return record_pair(kldiv_def, input, target, r); }
Var huber(const Var& input, const Var& target, double delta, Reduction r) {
  if (!(delta > 0)) throw Error(ErrorCode::invalid_argument, str("huber_loss: delta must be above 0, is ", delta));
  return record_pair(huber_def, input, target, r, {delta});
}
Var smooth_l1(const Var& input, const Var& target, double beta, Reduction r) {
  check_at_least(smooth_l1_def.name, "beta", beta, 0);
  return record_pair(smooth_l1_def, input, target, r, {beta});
}
Var hinge(const Var& input, const Var& target, Reduction r) { return record_pair(hinge_def, input, target, r); }
Var mape(const Var& input, const Var& target, Reduction r) { return record_pair(mape_def, input, target, r); }
Var poisson_nll(const Var& input, const Var& target, const PoissonOptions& o) {
  return record_pair(poisson_nll_def, input, target, o.reduction, {o.log_input ? 1.0 : 0.0, o.full ? 1.0 : 0.0, o.eps});
}
Var gaussian_nll(const Var& input, const Var& target, const Var& variance, const GaussianOptions& o) {
  return record(gaussian_nll_def, {input, fixed_target(target), variance},
                {.f = {o.full ? 1.0 : 0.0, o.eps}, .i = {static_cast<std::int64_t>(o.reduction)}});
}
Var focal(const Var& input, const Var& target, const FocalOptions& o) {
  check_at_least(focal_def.name, "gamma", o.gamma, 0);
  return record_pair(focal_def, input, target, o.reduction, {o.gamma, o.alpha});
}
Var cosine_embedding(const Var& a, const Var& b, const Var& target, double margin, Reduction r) {
  return record(cosine_embedding_def, {a, b, fixed_target(target)},
                {.f = {margin}, .i = {static_cast<std::int64_t>(r)}});
}
Var triplet_margin(const Var& anchor, const Var& positive, const Var& negative, double margin, Reduction r) {
  return record(triplet_margin_def, {anchor, positive, negative}, {.f = {margin}, .i = {static_cast<std::int64_t>(r)}});
}

}  // namespace loss

OpList loss_ops() {
  static constexpr const OpDef* ops[] = {
      &mse_def,
      &mae_def,
      &bce_terms_def,
      &bce_def,
      &bce_with_logits_def,
      &kldiv_def,
      &huber_def,
      &smooth_l1_def,
      &hinge_def,
      &mape_def,
      &poisson_nll_def,
      &gaussian_nll_def,
      &focal_def,
      &cosine_embedding_def,
      &triplet_margin_def,
  };
  return ops;
}

}  // namespace neuro
