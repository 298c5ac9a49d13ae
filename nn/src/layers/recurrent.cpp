// Recurrent cells: one step.
#include "layers/layer.h"
#include "neuro/ops.h"

namespace neuro::nn {
namespace {

/// Part k of `parts` equal ones along the last axis.
Var part(const Var& x, std::int64_t k, std::int64_t parts) {
  const std::int64_t size = x.shape().at(-1) / parts;
  return slice(x, -1, k * size, (k + 1) * size);
}

Var or_zeros(const Var& state, const Var& x, std::int64_t hidden) {
  return state.defined() ? state : broadcast_to(constant(0, x.dtype()), x.shape().with(x.rank() - 1, hidden));
}

void require_rows(const char* cell, const Var& x) {
  if (x.rank() != 2) throw Error(ErrorCode::shape, str(cell, ": takes x [N, in], got ", x.shape()));
}

struct Weights {
  Var ih, hh, bias_ih, bias_hh;
};
Weights weights(const char* cell, std::int64_t gates, std::int64_t in, std::int64_t hidden, const LayerOptions& o) {
  require_size(cell, "in", in);
  require_size(cell, "hidden", hidden);
  const double fan = static_cast<double>(hidden);
  const auto leaf = [&](const Shape& shape) { return drawn(shape, fan, o.dtype, o.generator); };
  Weights w{leaf({gates * hidden, in}), leaf({gates * hidden, hidden}), {}, {}};
  if (o.bias) {
    w.bias_ih = leaf({gates * hidden});
    w.bias_hh = leaf({gates * hidden});
  }
  return w;
}

}  // namespace

LSTMCell::LSTMCell(std::int64_t in, std::int64_t hidden, const LayerOptions& o, Gates gates) : gates_(gates) {
  const Weights w = weights("LSTMCell", 4, in, hidden, o);
  weight_ih = register_parameter("weight_ih", w.ih);
  weight_hh = register_parameter("weight_hh", w.hh);
  if (!o.bias) return;
  bias_ih = register_parameter("bias_ih", w.bias_ih);
  bias_hh = register_parameter("bias_hh", w.bias_hh);
}

LSTMState LSTMCell::forward(const Var& x, const LSTMState& state) const {
  require_rows("LSTMCell", x);
  const std::int64_t hidden = weight_hh.shape()[1];
  const Var h = or_zeros(state.h, x, hidden), c = or_zeros(state.c, x, hidden);
  const Var all = linear(x, weight_ih, bias_ih) + linear(h, weight_hh, bias_hh);
  const bool standard = gates_ == Gates::standard;
  const Var i = sigmoid(part(all, 0, 4)), second = part(all, 1, 4), third = part(all, 2, 4);
  const Var f = standard ? sigmoid(second) : tanh(second), g = standard ? tanh(third) : sigmoid(third);
  const Var next = f * c + i * g;
  return {sigmoid(part(all, 3, 4)) * tanh(next), next};
}

GRUCell::GRUCell(std::int64_t in, std::int64_t hidden, const LayerOptions& o) {
  const Weights w = weights("GRUCell", 3, in, hidden, o);
  weight_ih = register_parameter("weight_ih", w.ih);
  weight_hh = register_parameter("weight_hh", w.hh);
  if (!o.bias) return;
  bias_ih = register_parameter("bias_ih", w.bias_ih);
  bias_hh = register_parameter("bias_hh", w.bias_hh);
}

Var GRUCell::forward(const Var& x, const Var& state) const {
  require_rows("GRUCell", x);
  const Var h = or_zeros(state, x, weight_hh.shape()[1]);
  const Var a = linear(x, weight_ih, bias_ih), b = linear(h, weight_hh, bias_hh);
  const Var r = sigmoid(part(a, 0, 3) + part(b, 0, 3)), z = sigmoid(part(a, 1, 3) + part(b, 1, 3));
  const Var n = tanh(part(a, 2, 3) + r * part(b, 2, 3));
  return (h - n) * z + n;
}

}  // namespace neuro::nn
