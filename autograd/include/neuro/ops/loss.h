#pragma once
// Losses: what a model's output is compared with. (`neuro/ops.h` says what holds for all operations.)
//
// `input` and `target` have the same shape and type unless stated otherwise: nothing broadcasts, because a target that
// is stretched over the batch is nearly always a mistake. The target never receives a gradient. With Reduction::mean
// the sum is divided by the number of elements unless stated otherwise; of no elements it is NaN. x is an element of
// the input, t of the target. (spec: autograd.md, section 5)
#include <optional>

#include "neuro/var.h"

namespace neuro {

enum class Reduction { mean, sum, none };

namespace loss {

Var mse(const Var& input, const Var& target, Reduction reduction = Reduction::mean);  ///< (x - t)^2
Var mae(const Var& input, const Var& target, Reduction reduction = Reduction::mean);  ///< |x - t|; gradient 0 at x == t
/// -(t ln x + (1 - t) ln(1 - x)), logarithms at least -100; gradient (x - t) / max(x (1 - x), 2^-23). x in [0, 1].
Var bce(const Var& input, const Var& target, Reduction reduction = Reduction::mean);
/// The same of sigmoid(x), finite for every finite x: t ln(1 + e^-x) + (1 - t) ln(1 + e^x); gradient sigmoid(x) - t.
Var bce_with_logits(const Var& input, const Var& target, Reduction reduction = Reduction::mean);
/// t (ln t - x) for log-probabilities x, 0 where t is 0. The mean divides by the size of axis 0 (the batch), not by the
/// number of elements.
Var kldiv(const Var& input, const Var& target, Reduction reduction = Reduction::mean);
/// d^2 / 2 for |d| <= delta, else delta (|d| - delta / 2), d = x - t; delta > 0. (Huber 1964)
Var huber(const Var& input, const Var& target, double delta = 1, Reduction reduction = Reduction::mean);
/// huber(beta) / beta, and mae for beta == 0. (Girshick 2015, arXiv:1504.08083)
Var smooth_l1(const Var& input, const Var& target, double beta = 1, Reduction reduction = Reduction::mean);
/// max(0, 1 - t x), t in {-1, 1}; gradient 0 at the kink.
Var hinge(const Var& input, const Var& target, Reduction reduction = Reduction::mean);
/// |x - t| / max(|t|, 1e-7), a fraction. (spec: mdl.md)
Var mape(const Var& input, const Var& target, Reduction reduction = Reduction::mean);

struct PoissonOptions {
  bool log_input = true;  ///< e^x - t x, or x - t ln(x + eps) when false
  bool full = false;      ///< with Stirling's approximation of ln t! where t > 1
  double eps = 1e-8;
  Reduction reduction = Reduction::mean;
};
Var poisson_nll(const Var& input, const Var& target, const PoissonOptions& options = {});
struct GaussianOptions {
  bool full = false;  ///< with ln(2 pi) / 2
  double eps = 1e-6;  ///< the least variance
  Reduction reduction = Reduction::mean;
};
/// (ln v + (x - t)^2 / v) / 2, v = max(variance, eps); `variance` has the input's shape. (Nix and Weigend 1994)
Var gaussian_nll(const Var& input, const Var& target, const Var& variance, const GaussianOptions& options = {});
struct FocalOptions {
  double gamma = 2;
  double alpha = 0.25;  ///< weight of t = 1, 1 - alpha of t = 0; negative: no weights
  Reduction reduction = Reduction::mean;
};
/// Of logits: (1 - p)^gamma bce, p the probability of the right answer. (Lin et al. 2017, arXiv:1708.02002, eq. 5)
Var focal(const Var& input, const Var& target, const FocalOptions& options = {});

/// a, b [N, D] or [D]; target [N] or [], 1 or -1: 1 - cos(a, b) where the target is 1, else max(0, cos(a, b) - margin).
/// Squared norms are 1e-12 more than they are, so that zeros have a gradient (as PyTorch).
Var cosine_embedding(const Var& a, const Var& b, const Var& target, double margin = 0,
                     Reduction reduction = Reduction::mean);
/// max(0, |a - p| - |a - n| + margin) with Euclidean norms over the last axis, 1e-6 added to every difference (as
/// PyTorch). All operands have one shape. (Schroff et al. 2015, arXiv:1503.03832)
Var triplet_margin(const Var& anchor, const Var& positive, const Var& negative, double margin = 1,
                   Reduction reduction = Reduction::mean);

/// How losses of classes count.
struct ClassOptions {
  Reduction reduction = Reduction::mean;
  Var weight = {};                                ///< [C], of the input's type: rows of class c count weight[c] times
  std::optional<std::int64_t> ignore_index = {};  ///< rows of this target count nothing
  double label_smoothing = 0;                     ///< in [0, 1]; only cross_entropy: towards 1 / C for every class
};
/// -x[.., t, ..] for log-probabilities input [N, C, d...] (or [C]); target [N, d...] (or []) holds class indices, i64,
/// i32 or whole numbers in floats. The mean divides by the number of targets, or the sum of their weights. A class
/// outside [0, C) raises Error(index) when computed, unless it is ignore_index.
Var nll(const Var& input, const Var& target, const ClassOptions& options = {});
/// nll of log_softmax over the classes: input [N, C, d...] (or [C]) are logits. The target holds class indices as for
/// nll, or, in floats of the input's own shape, the probability of each class; the mean of those divides by N d..., and
/// ignore_index does not apply.
Var cross_entropy(const Var& input, const Var& target, const ClassOptions& options = {});

}  // namespace loss

// The names of neuronika's first crate.
inline Var mse_loss(const Var& input, const Var& target, Reduction r = Reduction::mean) {
  return loss::mse(input, target, r);
}
inline Var mae_loss(const Var& input, const Var& target, Reduction r = Reduction::mean) {
  return loss::mae(input, target, r);
}
inline Var bce_loss(const Var& input, const Var& target, Reduction r = Reduction::mean) {
  return loss::bce(input, target, r);
}
inline Var bce_with_logits_loss(const Var& input, const Var& target, Reduction r = Reduction::mean) {
  return loss::bce_with_logits(input, target, r);
}
inline Var nll_loss(const Var& input, const Var& target, Reduction r = Reduction::mean) {
  return loss::nll(input, target, {.reduction = r});
}
inline Var kldiv_loss(const Var& input, const Var& target, Reduction r = Reduction::mean) {
  return loss::kldiv(input, target, r);
}

}  // namespace neuro
