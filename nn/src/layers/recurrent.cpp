// Recurrent cells and layers: parameters for the operations.
#include <functional>

#include "layers/layer.h"
#include "neuro/ops.h"

namespace neuro::nn {
namespace {

Var or_zeros(const Var& state, const Var& x, std::int64_t hidden) {
  return state.defined() ? state : broadcast_to(constant(0, x.dtype()), x.shape().with(x.rank() - 1, hidden));
}

void require_rows(const char* cell, const Var& x) {
  if (x.rank() != 2) throw Error(ErrorCode::shape, str(cell, ": takes x [N, in], got ", x.shape()));
}

using Register = std::function<Var(const std::string& name, const Var& leaf)>;

/// Draws and registers the parameters of one cell: weight_ih, weight_hh and the biases, with `suffix`.
RecurrentWeights cell_weights(std::int64_t gates, std::int64_t in, std::int64_t hidden, const LayerOptions& o,
                              const std::string& suffix, const Register& add) {
  const double fan = static_cast<double>(hidden);
  const auto leaf = [&](const char* name, const Shape& shape) {
    return add(name + suffix, drawn(shape, fan, o.dtype, o.generator));
  };
  RecurrentWeights w;
  w.weight_ih = leaf("weight_ih", {gates * hidden, in});
  w.weight_hh = leaf("weight_hh", {gates * hidden, hidden});
  if (!o.bias) return w;
  w.bias_ih = leaf("bias_ih", {gates * hidden});
  w.bias_hh = leaf("bias_hh", {gates * hidden});
  return w;
}

/// Those of all layers and directions.
std::vector<RecurrentWeights> layer_weights(const char* layer, std::int64_t gates, std::int64_t in, std::int64_t hidden,
                                            const RecurrentLayerOptions& o, const Register& add) {
  require_size(layer, "in", in);
  require_size(layer, "hidden", hidden);
  require_size(layer, "layers", o.layers);
  const LayerOptions cell{.bias = o.bias, .dtype = o.dtype, .generator = o.generator};
  std::vector<RecurrentWeights> out;
  for (std::int64_t k = 0; k < o.layers; ++k) {
    const std::int64_t read = k == 0 ? in : hidden * (o.bidirectional ? 2 : 1);
    out.push_back(cell_weights(gates, read, hidden, cell, str("_l", k), add));
    if (o.bidirectional) out.push_back(cell_weights(gates, read, hidden, cell, str("_l", k, "_reverse"), add));
  }
  return out;
}

}  // namespace

LSTMCell::LSTMCell(std::int64_t in, std::int64_t hidden, const LayerOptions& o, Gates gates) : gates_(gates) {
  require_size("LSTMCell", "in", in);
  require_size("LSTMCell", "hidden", hidden);
  const auto add = [this](const std::string& name, const Var& leaf) { return register_parameter(name, leaf); };
  const RecurrentWeights w = cell_weights(4, in, hidden, o, "", add);
  weight_ih = w.weight_ih, weight_hh = w.weight_hh, bias_ih = w.bias_ih, bias_hh = w.bias_hh;
}
LSTMState LSTMCell::forward(const Var& x, const LSTMState& state) const {
  require_rows("LSTMCell", x);
  const std::int64_t hidden = weight_hh.shape()[1];
  const LstmState next = lstm_cell(x, or_zeros(state.h, x, hidden), or_zeros(state.c, x, hidden),
                                   {weight_ih, weight_hh, bias_ih, bias_hh}, gates_ == Gates::neuronika);
  return {next.h, next.c};
}

GRUCell::GRUCell(std::int64_t in, std::int64_t hidden, const LayerOptions& o) {
  require_size("GRUCell", "in", in);
  require_size("GRUCell", "hidden", hidden);
  const auto add = [this](const std::string& name, const Var& leaf) { return register_parameter(name, leaf); };
  const RecurrentWeights w = cell_weights(3, in, hidden, o, "", add);
  weight_ih = w.weight_ih, weight_hh = w.weight_hh, bias_ih = w.bias_ih, bias_hh = w.bias_hh;
}
Var GRUCell::forward(const Var& x, const Var& h) const {
  require_rows("GRUCell", x);
  return gru_cell(x, or_zeros(h, x, weight_hh.shape()[1]), {weight_ih, weight_hh, bias_ih, bias_hh});
}

LSTM::LSTM(std::int64_t in, std::int64_t hidden, const RecurrentLayerOptions& o)
    : options_{.bidirectional = o.bidirectional, .batch_first = o.batch_first} {
  weights_ = layer_weights("LSTM", 4, in, hidden, o,
                           [this](const std::string& name, const Var& leaf) { return register_parameter(name, leaf); });
}
RecurrentResult LSTM::forward(const Var& x, const LSTMState& state) const {
  return lstm(x, weights_, state.h, state.c, options_);
}

GRU::GRU(std::int64_t in, std::int64_t hidden, const RecurrentLayerOptions& o)
    : options_{.bidirectional = o.bidirectional, .batch_first = o.batch_first} {
  weights_ = layer_weights("GRU", 3, in, hidden, o,
                           [this](const std::string& name, const Var& leaf) { return register_parameter(name, leaf); });
}
RecurrentResult GRU::forward(const Var& x, const Var& h) const { return gru(x, weights_, h, options_); }

}  // namespace neuro::nn
