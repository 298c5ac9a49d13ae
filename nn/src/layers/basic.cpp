// Linear, Dropout, Embedding, LayerNorm, BatchNorm.
#include "layers/layer.h"
#include "neuro/ops.h"

namespace neuro::nn {

Linear::Linear(std::int64_t in, std::int64_t out, const LayerOptions& o) {
  require_size("Linear", "in", in);
  require_size("Linear", "out", out);
  const double fan = static_cast<double>(in);
  weight = register_parameter("weight", drawn({out, in}, fan, o.dtype, o.generator));
  if (o.bias) bias = register_parameter("bias", drawn({out}, fan, o.dtype, o.generator));
}
Var Linear::forward(const Var& x) const { return linear(x, weight, bias); }

Dropout::Dropout(double p, Generator* generator) : p_(p), generator_(generator) {
  if (!(p >= 0 && p <= 1)) throw Error(ErrorCode::invalid_argument, str("Dropout: p must be in [0, 1], is ", p));
}
Var Dropout::forward(const Var& x) const {
  if (p_ == 0) return x;
  // Each call has a state of its own: forwarding one graph again does not make another one out of date.
  const RandomStream stream = (generator_ != nullptr ? *generator_ : default_generator()).next("dropout");
  const Var state = random_state(std::uint64_t{stream.bits(0)} << 32 | stream.bits(1));
  const Var mask = dropout_mask(x.shape(), p_, /*stream=*/0, state, x.dtype());
  return where(training_flag(), x * mask, x);
}

Embedding::Embedding(std::int64_t count, std::int64_t dim, std::optional<std::int64_t> padding_index,
                     const LayerOptions& o)
    : padding_(padding_index.value_or(-1)) {
  require_size("Embedding", "count", count);
  require_size("Embedding", "dim", dim);
  if (padding_index && (*padding_index < 0 || *padding_index >= count)) {
    throw Error(ErrorCode::invalid_argument,
                str("Embedding: padding_index ", *padding_index, " is outside [0, ", count, ")"));
  }
  weight = register_parameter("weight", init::normal(Var(Tensor::empty({count, dim}, o.dtype)), 0, 1, o.generator));
  if (padding_ < 0) return;
  const Tensor row = Tensor::view(weight.data(), {dim}, contiguous_strides({dim}), padding_ * dim);
  Tensor(row).copy_from(Tensor::zeros({dim}, o.dtype));
}
Var Embedding::forward(const Var& index) const { return embedding(weight, index, padding_); }

LayerNorm::LayerNorm(std::int64_t dim, double eps, DType dtype) : eps_(eps) {
  require_size("LayerNorm", "dim", dim);
  weight = register_parameter("weight", ones({dim}, dtype));
  bias = register_parameter("bias", zeros({dim}, dtype));
}
Var LayerNorm::forward(const Var& x) const { return layer_norm(x, weight, bias, eps_); }

BatchNorm::BatchNorm(std::int64_t features, const BatchNormOptions& options) : options_(options) {
  require_size("BatchNorm", "features", features);
  weight = register_parameter("weight", ones({features}, options.dtype));
  bias = register_parameter("bias", zeros({features}, options.dtype));
  running_mean = register_buffer("running_mean", zeros({features}, options.dtype));
  running_var = register_buffer("running_var", ones({features}, options.dtype));
}
Var BatchNorm::forward(const Var& x) const {
  const Var fixed = batch_norm_eval(x, running_mean, running_var, weight, bias, options_.eps);
  const bool one_value = x.shape().elements() == x.shape()[1];
  if (one_value && !training()) return fixed;
  const BatchNormResult batch = batch_norm(x, running_mean, running_var, weight, bias, options_.eps, options_.momentum);
  const Var y = where(training_flag(), batch.y, fixed);
  y.on_forward(running_mean, batch.running_mean, training_flag());
  y.on_forward(running_var, batch.running_var, training_flag());
  return y;
}

}  // namespace neuro::nn
