#pragma once
// Normalisation; layer norm over the last axis stands in `probability.h`. (`neuro/ops.h` says what holds for all
// operations.) Channel-first data is [N, C, ...] with any number of spatial axes, also none. Weights and biases are
// given both or left undefined both. All are twice differentiable.
#include <span>

#include "neuro/var.h"

namespace neuro {

/// Layer norm over the trailing axes `shape` of x ([..., shape]); weight and bias have that shape.
Var layer_norm(const Var& x, std::span<const std::int64_t> shape, const Var& weight, const Var& bias,
               double eps = 1e-5);

/// x / sqrt(mean(x^2) + eps) * weight over the last axis: weight [cols] or undefined.
/// error:  f32 within 6 eps of the largest |y|.  source: Zhang, Sennrich 2019, arXiv:1910.07467, eq. 4.
Var rms_norm(const Var& x, const Var& weight, double eps = 1e-6);

/// What a training step of batch norm gives: y, and the running statistics to assign. The latter are undefined where
/// none were given; no gradient flows to them.
struct BatchNormResult {
  Var y, running_mean, running_var;
};
/// (x - mean) / sqrt(var + eps) * weight + bias for each channel (axis 1) of x [N, C, ...], with the batch's mean and
/// biased variance. New running statistics [C] are (1 - momentum) old + momentum batch, with the unbiased variance.
/// An empty batch gives an empty y, zeros as gradients of the parameters, and the old statistics. Throws Error(shape)
/// when a channel has one value, or an axis after the channels' has none.
/// source: Ioffe, Szegedy 2015, arXiv:1502.03167, algorithm 1.
BatchNormResult batch_norm(const Var& x, const Var& running_mean, const Var& running_var, const Var& weight,
                           const Var& bias, double eps = 1e-5, double momentum = 0.1);
/// The same with given statistics [C] (evaluation).
Var batch_norm_eval(const Var& x, const Var& mean, const Var& var, const Var& weight, const Var& bias,
                    double eps = 1e-5);

/// Normalises each of `groups` equal runs of channels of each sample, then weight [C] and bias [C].
/// source: Wu, He 2018, arXiv:1803.08494, eq. 7.
Var group_norm(const Var& x, std::int64_t groups, const Var& weight, const Var& bias, double eps = 1e-5);
/// Group norm with a group for each channel.  source: Ulyanov, Vedaldi, Lempitsky 2016, arXiv:1607.08022.
Var instance_norm(const Var& x, const Var& weight, const Var& bias, double eps = 1e-5);

/// The weight g v / |v|, norms over all axes of v but `axis`: g has v's size there and 1 elsewhere.
/// A slice of zeros gives NaN.  source: Salimans, Kingma 2016, arXiv:1602.07868, eq. 2.
Var weight_norm(const Var& v, const Var& g, int axis = 0);

/// Cosine of the angle between a and b along an axis, which disappears; a and b broadcast. Lengths count as at least
/// `eps`: zeros have similarity 0 with everything, and a shorter vector's length receives no gradient.
Var cosine_similarity(const Var& a, const Var& b, int axis = -1, double eps = 1e-8);

}  // namespace neuro
