// Recurrent cells and layers, written with linear() and the operation that runs the steps.
#include "neuro/kernels/recurrent.h"
#include "neuro/ops.h"
#include "ops/ops_internal.h"
#include "ops/recurrent.h"
#include "ops/rules.h"

namespace neuro {
namespace {

using kernels::Cell;
using kernels::gates_of;

bool has_c(Cell cell) { return cell <= Cell::neuronika_lstm; }

/// attrs.i of cells and layers.
struct Layers {
  Cell cell;
  bool biases, state, bidirectional, batch_first;
  explicit Layers(const Attrs& a)
      : cell(static_cast<Cell>(a.i[0])),
        biases(a.i[1] != 0),
        state(a.i[2] != 0),
        bidirectional(a.i[3] != 0),
        batch_first(a.i[4] != 0) {}

  std::size_t per_entry() const { return biases ? 4 : 2; }
  std::size_t states() const { return !state ? 0 : has_c(cell) ? 2 : 1; }
  /// Layers times directions of a call with so many operands.
  std::size_t entries(std::size_t operands) const { return (operands - 1 - states()) / per_entry(); }
};

// Operands: x; for each layer and direction weight_ih, weight_hh and, if there are, bias_ih and bias_hh; h0, c0.
std::vector<ValueInfo> check_layers(const Infer& c, const Layers& call, int x_rank, bool many_states) {
  check_float(c, 0, "x");
  const Shape& x = c.in[0].shape;
  if (x.rank() != x_rank) {
    shape_error(c.op, "x must be ",
                x_rank == 2        ? "[batch, inputs]"
                : call.batch_first ? "[batch, steps, inputs]"
                                   : "[steps, batch, inputs]",
                ", got ", x);
  }
  if (x_rank == 3 && x[call.batch_first ? 1 : 0] == 0) shape_error(c.op, "x has no steps: ", x);
  for (std::size_t i = 1; i < c.in.size(); ++i) check_same_type(c, i, "an operand");
  const std::size_t entries = call.entries(c.in.size());
  const auto directions = static_cast<std::size_t>(call.bidirectional ? 2 : 1);
  if (entries == 0 || entries % directions != 0) {
    throw Error(ErrorCode::invalid_argument,
                str(c.op, ": takes the weights of ", directions, " direction", directions == 2 ? "s" : "",
                    " of each layer, at least one; got ", entries));
  }
  const std::int64_t gates = gates_of(call.cell);
  const Shape& first = c.in[2].shape;
  if (first.rank() != 2 || first[0] != gates * first[1])
    shape_error(c.op, "weight_hh must be [", gates, " * units, units], got ", first);
  const std::int64_t units = first[1];
  for (std::size_t e = 0; e < entries; ++e) {
    const std::size_t at = 1 + e * call.per_entry();
    const std::int64_t inputs = e < directions ? last_size(x) : static_cast<std::int64_t>(directions) * units;
    const std::string where = str(" of entry ", e);
    check_shape(c, at, ("weight_ih" + where).c_str(), {gates * units, inputs});
    check_shape(c, at + 1, ("weight_hh" + where).c_str(), {gates * units, units});
    if (!call.biases) continue;
    check_shape(c, at + 2, ("bias_ih" + where).c_str(), {gates * units});
    check_shape(c, at + 3, ("bias_hh" + where).c_str(), {gates * units});
  }
  const std::int64_t batch = x[x_rank == 3 && !call.batch_first ? 1 : 0];
  const Shape state = many_states ? Shape{static_cast<std::int64_t>(entries), batch, units} : Shape{batch, units};
  for (std::size_t i = 0; i < call.states(); ++i)
    check_shape(c, c.in.size() - call.states() + i, i == 0 ? "h0" : "c0", state);
  return {};
}

/// y and, for LSTM, c [T, B, H] of one layer in one direction. x [T, B, inputs], entry: its weights.
std::vector<Var> run_layer(const Var& x, std::span<const Var> entry, const Var& h0, const Var& c0, const Layers& call,
                           bool reverse) {
  const Var zero = call.biases ? Var() : broadcast_to(constant(0, x.dtype()), {entry[1].shape()[0]});
  std::vector<Var> in{linear(x, entry[0], call.biases ? entry[2] : Var()), entry[1], call.biases ? entry[3] : zero, h0};
  if (has_c(call.cell)) in.push_back(c0);
  std::vector<Var> out = record_all(recurrent_steps_def, in, {.i = {static_cast<std::int64_t>(call.cell), reverse}});
  out.resize(has_c(call.cell) ? 2 : 1);
  return out;
}

/// y [T, B, D H], h and, for LSTM, c [layers D, B, H].
std::vector<Var> expand_layers(std::span<const Var> in, const Attrs& attrs) {
  const Layers call(attrs);
  const std::size_t entries = call.entries(in.size());
  const int directions = call.bidirectional ? 2 : 1;
  Var x = call.batch_first ? transpose(in[0], 0, 1) : in[0];
  const std::int64_t steps = x.shape()[0], batch = x.shape()[1], units = in[2].shape()[1];
  const Var zero = broadcast_to(constant(0, x.dtype()), {batch, units});
  const auto pick = [](const Var& v, std::int64_t i) { return squeeze(slice(v, 0, i, i + 1), 0); };
  std::vector<Var> last_h, last_c;
  for (std::size_t e = 0; e < entries;) {
    std::vector<Var> sides;
    for (int direction = 0; direction < directions; ++direction, ++e) {
      const auto index = static_cast<std::int64_t>(e);
      const std::size_t states = in.size() - call.states();
      const Var h0 = call.state ? pick(in[states], index) : zero;
      const Var c0 = call.states() == 2 ? pick(in[states + 1], index) : zero;
      const std::vector<Var> out =
          run_layer(x, in.subspan(1 + e * call.per_entry(), call.per_entry()), h0, c0, call, direction == 1);
      const std::int64_t last = direction == 1 ? 0 : steps - 1;
      sides.push_back(out[0]);
      last_h.push_back(pick(out[0], last));
      if (has_c(call.cell)) last_c.push_back(pick(out[1], last));
    }
    x = directions == 1 ? sides[0] : concat(sides, 2);
  }
  std::vector<Var> out{call.batch_first ? transpose(x, 0, 1) : x, stack(last_h, 0)};
  if (has_c(call.cell)) out.push_back(stack(last_c, 0));
  return out;
}

std::vector<Var> expand_cell(std::span<const Var> in, const Attrs& attrs) {
  const Layers call(attrs);
  const std::size_t state = in.size() - call.states();
  const std::vector<Var> out = run_layer(unsqueeze(in[0], 0), in.subspan(1, call.per_entry()), in[state],
                                         has_c(call.cell) ? in[state + 1] : Var(), call, false);
  std::vector<Var> next;
  for (const Var& v : out) next.push_back(squeeze(v, 0));
  return next;
}

// --- Samples ---

struct LayerCase {
  std::int64_t T, B, inputs, H, layers = 1;
  bool biases = true, state = false, bidirectional = false, batch_first = false, strided = false;
};

Sample layer_sample(Cell cell, const LayerCase& l, bool is_cell) {
  // Where relu's gates would be 0 it has no derivative: positive operands stay clear of that.
  const auto in = [&](const Shape& shape) {
    return SampleInput{.shape = shape, .lo = cell == Cell::rnn_relu ? 0.1 : -1, .hi = 1, .strided = l.strided};
  };
  const std::int64_t wide = gates_of(cell) * l.H, directions = l.bidirectional ? 2 : 1;
  Sample s{{in(is_cell         ? Shape{l.B, l.inputs}
               : l.batch_first ? Shape{l.B, l.T, l.inputs}
                               : Shape{l.T, l.B, l.inputs})},
           {.i = {static_cast<std::int64_t>(cell), l.biases, l.state || is_cell, l.bidirectional, l.batch_first}}};
  for (std::int64_t e = 0; e < l.layers * directions; ++e) {
    s.in.push_back(in({wide, e < directions ? l.inputs : directions * l.H}));
    s.in.push_back(in({wide, l.H}));
    if (l.biases) s.in.insert(s.in.end(), 2, in({wide}));
  }
  const Shape state = is_cell ? Shape{l.B, l.H} : Shape{l.layers * directions, l.B, l.H};
  if (l.state || is_cell) s.in.insert(s.in.end(), has_c(cell) ? 2 : 1, in(state));
  return s;
}

std::vector<Sample> cell_samples(std::span<const Cell> cells) {
  std::vector<Sample> out;
  while (out.size() < 20) {
    for (const Cell cell : cells) {
      for (const auto& [B, inputs, H] :
           {std::array<std::int64_t, 3>{1, 1, 1}, {1, 3, 2}, {2, 1, 3}, {3, 2, 2}, {0, 2, 2}, {1, 2, 17}, {2, 5, 1}}) {
        out.push_back(layer_sample(
            cell, {1, B, inputs, H, 1, out.size() % 3 != 2, true, false, false, out.size() % 4 == 3}, true));
      }
    }
  }
  return out;
}

std::vector<Sample> layer_samples(std::span<const Cell> cells) {
  std::vector<Sample> out;
  for (const Cell cell : cells) {
    for (const LayerCase& l : {LayerCase{1, 1, 1, 1},
                               {2, 1, 3, 2},
                               {3, 2, 1, 2, 1, true, true},
                               {2, 3, 2, 1, 1, false},
                               {2, 0, 2, 2},
                               {3, 1, 2, 2, 1, true, false, true},
                               {2, 2, 1, 2, 1, true, true, false, true},
                               {2, 1, 2, 2, 2},
                               {2, 2, 2, 1, 2, true, true, true},
                               {2, 1, 2, 1, 2, false, true, true, true},
                               {2, 2, 3, 2, 1, true, true, false, false, true}}) {
      out.push_back(layer_sample(cell, l, false));
      LayerCase odd = l;  // the same with a prime number of inputs
      odd.inputs = 5;
      out.push_back(layer_sample(cell, odd, false));
    }
  }
  return out;
}

constexpr const char* kSource = "autograd.md, section 4; PyTorch's layout of weights";

}  // namespace

static constexpr OpDef lstm_cell_def{
    .name = "lstm_cell",
    .infer = [](const Infer& c) { return check_layers(c, Layers(c.attrs), 2, false); },
    .expand = expand_cell,
    .samples =
        [] {
          const Cell cells[] = {Cell::lstm, Cell::neuronika_lstm};
          return cell_samples(cells);
        },
    .source = "Hochreiter and Schmidhuber 1997; autograd.md, section 4",
    .shapes = "x [B, in], h [B, H], c [B, H], weights [4 H, in], [4 H, H] -> h, c [B, H]",
};
static constexpr OpDef gru_cell_def{
    .name = "gru_cell",
    .infer = [](const Infer& c) { return check_layers(c, Layers(c.attrs), 2, false); },
    .expand = expand_cell,
    .samples =
        [] {
          const Cell cells[] = {Cell::gru};
          return cell_samples(cells);
        },
    .source = "Cho et al. 2014, arXiv:1406.1078; autograd.md, section 4",
    .shapes = "x [B, in], h [B, H], weights [3 H, in], [3 H, H] -> [B, H]",
};
static constexpr OpDef lstm_def{
    .name = "lstm",
    .infer = [](const Infer& c) { return check_layers(c, Layers(c.attrs), 3, true); },
    .expand = expand_layers,
    .samples =
        [] {
          const Cell cells[] = {Cell::lstm};
          return layer_samples(cells);
        },
    .source = kSource,
    .shapes = "x [T, B, in], weights ... -> [T, B, H], h, c [layers, B, H]",
};
static constexpr OpDef gru_def{
    .name = "gru",
    .infer = [](const Infer& c) { return check_layers(c, Layers(c.attrs), 3, true); },
    .expand = expand_layers,
    .samples =
        [] {
          const Cell cells[] = {Cell::gru};
          return layer_samples(cells);
        },
    .source = kSource,
    .shapes = "x [T, B, in], weights ... -> [T, B, H], h [layers, B, H]",
};
static constexpr OpDef rnn_def{
    .name = "rnn",
    .infer = [](const Infer& c) { return check_layers(c, Layers(c.attrs), 3, true); },
    .expand = expand_layers,
    .samples =
        [] {
          const Cell cells[] = {Cell::rnn_tanh, Cell::rnn_relu};
          return layer_samples(cells);
        },
    .source = "Elman 1990; PyTorch's layout of weights",
    .shapes = "x [T, B, in], weights ... -> [T, B, H], h [layers, B, H]",
};

namespace {

/// Records `op`: all of a call's operands in a row.
std::vector<Var> record_layers(const OpDef& op, Cell cell, const Var& x, std::span<const RecurrentWeights> weights,
                               const Var& h0, const Var& c0, const RecurrentOptions& options) {
  const bool biases = !weights.empty() && weights[0].bias_ih.defined();
  if (has_c(cell) && h0.defined() != c0.defined())
    throw Error(ErrorCode::invalid_argument, str(op.name, ": takes h0 and c0, or neither"));
  std::vector<Var> in{x};
  for (const RecurrentWeights& w : weights) {
    if (w.bias_ih.defined() != biases || w.bias_hh.defined() != biases)
      throw Error(ErrorCode::invalid_argument, str(op.name, ": all weights have both biases, or none has any"));
    in.insert(in.end(), {w.weight_ih, w.weight_hh});
    if (biases) in.insert(in.end(), {w.bias_ih, w.bias_hh});
  }
  if (weights.empty()) throw Error(ErrorCode::invalid_argument, str(op.name, ": no weights are given"));
  if (h0.defined()) in.push_back(h0);
  if (h0.defined() && has_c(cell)) in.push_back(c0);
  return record_all(
      op, in,
      {.i = {static_cast<std::int64_t>(cell), biases, h0.defined(), options.bidirectional, options.batch_first}});
}

RecurrentResult result(const std::vector<Var>& out) { return {out[0], out[1], out.size() > 2 ? out[2] : Var()}; }

void check_state(const char* op, const Var& state) {
  if (!state.defined()) throw Error(ErrorCode::invalid_argument, str(op, ": an operand is undefined"));
}

}  // namespace

LstmState lstm_cell(const Var& x, const Var& h, const Var& c, const RecurrentWeights& weights, bool neuronika_gates) {
  check_state("lstm_cell", h);
  const auto out = record_layers(lstm_cell_def, neuronika_gates ? Cell::neuronika_lstm : Cell::lstm, x,
                                 std::span(&weights, 1), h, c, {});
  return {out[0], out[1]};
}

Var gru_cell(const Var& x, const Var& h, const RecurrentWeights& weights) {
  check_state("gru_cell", h);
  return record_layers(gru_cell_def, Cell::gru, x, std::span(&weights, 1), h, {}, {})[0];
}

RecurrentResult lstm(const Var& x, std::span<const RecurrentWeights> weights, const Var& h0, const Var& c0,
                     const RecurrentOptions& options) {
  return result(record_layers(lstm_def, Cell::lstm, x, weights, h0, c0, options));
}

RecurrentResult gru(const Var& x, std::span<const RecurrentWeights> weights, const Var& h0,
                    const RecurrentOptions& options) {
  return result(record_layers(gru_def, Cell::gru, x, weights, h0, {}, options));
}

RecurrentResult rnn(const Var& x, std::span<const RecurrentWeights> weights, const Var& h0, RnnActivation activation,
                    const RecurrentOptions& options) {
  const Cell cell = activation == RnnActivation::relu ? Cell::rnn_relu : Cell::rnn_tanh;
  return result(record_layers(rnn_def, cell, x, weights, h0, {}, options));
}

OpList recurrent_layer_ops() {
  static constexpr const OpDef* ops[] = {&lstm_cell_def, &gru_cell_def, &lstm_def, &gru_def, &rnn_def};
  return ops;
}

}  // namespace neuro
