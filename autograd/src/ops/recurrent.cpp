// The steps of recurrent layers: one kernel for a whole sequence, and its gradient.
#include "neuro/kernels/recurrent.h"

#include "neuro/ops.h"
#include "ops/ops_internal.h"
#include "ops/recurrent.h"
#include "ops/rules.h"
#include "within.h"

namespace neuro {

using kernels::Cell;
using kernels::gates_of;
using kernels::saved_of;

namespace {

// attrs.i of both operations: cell, reverse; of the gradient also which of gy, gc and gsaved are among its operands.
Cell cell_of(const Attrs& attrs) { return static_cast<Cell>(attrs.i[0]); }
bool has_c(Cell cell) { return cell <= Cell::neuronika_lstm; }

kernels::Recurrence sizes_of(const Attrs& attrs, const Shape& gates, const Shape& h0) {
  return {cell_of(attrs), attrs.i[1] != 0, gates[0], h0[0], h0[1]};
}

/// Which operand is which. Forward: gates_x, weight, bias, h0, c0. Backward: weight, h0, y, then c0, c (LSTM), saved
/// (not for plain layers), then those of gy, gc, gsaved that there are.
struct BackwardOperands {
  std::size_t c0 = 0, c = 0, saved = 0, gy = 0, gc = 0, gsaved = 0, count = 3;
  explicit BackwardOperands(const Attrs& attrs) {
    const Cell cell = cell_of(attrs);
    if (has_c(cell)) {
      c0 = count++;
      c = count++;
    }
    if (saved_of(cell) > 0) saved = count++;
    if (attrs.i[2] != 0) gy = count++;
    if (attrs.i[3] != 0) gc = count++;
    if (attrs.i[4] != 0) gsaved = count++;
  }
};

template <class T>
T* data_of(std::span<const Operand> operands, std::size_t i) {
  return i == 0 ? nullptr : operands[i].as<T>();
}

/// [T, B, n H]
Shape steps(const Shape& y, std::int64_t n) { return y.with(2, y[2] * n); }

// --- The gradient in operations, for second derivatives ---

/// Part `k` of `parts` of the last axis.
Var part(const Var& x, std::int64_t k, std::int64_t parts) {
  const std::int64_t n = x.shape()[x.rank() - 1] / parts;
  return slice(x, -1, k * n, (k + 1) * n);
}
Var at(const Var& x, std::int64_t t) { return squeeze(slice(x, 0, t, t + 1), 0); }

std::vector<Var> backward_formula(std::span<const Var> in, const Attrs& attrs) {
  const BackwardOperands o(attrs);
  const Cell cell = cell_of(attrs);
  const Var &weight = in[0], &h0 = in[1], &y = in[2];
  const std::int64_t steps = y.shape()[0];
  std::vector<Var> gates_x(static_cast<std::size_t>(steps)), gates_h = gates_x;
  Var dh = zeros_like(h0), dc = has_c(cell) ? zeros_like(h0) : Var();
  for (std::int64_t i = steps - 1; i >= 0; --i) {
    const std::int64_t t = attrs.i[1] != 0 ? steps - 1 - i : i, before = attrs.i[1] != 0 ? t + 1 : t - 1;
    const Var h = i == 0 ? h0 : at(y, before), gh = o.gy == 0 ? dh : dh + at(in[o.gy], t);
    const Var saved = o.saved == 0 ? Var() : at(in[o.saved], t);
    const auto with_saved = [&](const Var& g, std::int64_t k) {
      return o.gsaved == 0 ? g : g + part(at(in[o.gsaved], t), k, 4);
    };
    const auto k = static_cast<std::size_t>(t);
    dh = Var();
    if (has_c(cell)) {
      const Var i_ = part(saved, 0, 4), f = part(saved, 1, 4), g = part(saved, 2, 4), out = part(saved, 3, 4);
      const Var c = i == 0 ? in[o.c0] : at(in[o.c], before), squashed = tanh(at(in[o.c], t));
      const Var gc = (o.gc == 0 ? dc : dc + at(in[o.gc], t)) + gh * out * (1 - square(squashed));
      const auto logistic = [](const Var& s) { return s * (1 - s); };
      const auto tangent = [](const Var& s) { return 1 - square(s); };
      const bool swapped = cell == Cell::neuronika_lstm;
      const Var gates[] = {
          with_saved(gc * g, 0) * logistic(i_), with_saved(gc * c, 1) * (swapped ? tangent(f) : logistic(f)),
          with_saved(gc * i_, 2) * (swapped ? logistic(g) : tangent(g)), with_saved(gh * squashed, 3) * logistic(out)};
      gates_x[k] = gates_h[k] = concat(gates, -1);
      dc = gc * f;
    } else if (cell == Cell::gru) {
      const Var r = part(saved, 0, 4), z = part(saved, 1, 4), n = part(saved, 2, 4), inner = part(saved, 3, 4);
      const Var sum = with_saved(gh * (1 - z), 2) * (1 - square(n));
      const Var gr = with_saved(sum * inner, 0) * r * (1 - r), gz = with_saved(gh * (h - n), 1) * z * (1 - z);
      const Var on_x[] = {gr, gz, sum}, on_h[] = {gr, gz, with_saved(sum * r, 3)};
      gates_x[k] = concat(on_x, -1);
      gates_h[k] = concat(on_h, -1);
      dh = gh * z;
    } else {
      const Var out = at(y, t);
      gates_x[k] = gates_h[k] = cell == Cell::rnn_relu
                                    ? where(greater(out, constant(0, out.dtype())), gh, constant(0, gh.dtype()))
                                    : gh * (1 - square(out));
    }
    const Var through = matmul(gates_h[k], weight);
    dh = dh.defined() ? dh + through : through;
  }
  std::vector<Var> out{stack(gates_x, 0)};
  if (cell == Cell::gru) out.push_back(stack(gates_h, 0));
  out.push_back(dh);
  if (has_c(cell)) out.push_back(dc);
  return out;
}

// --- Samples ---

struct RecurrentCase {
  Cell cell;
  bool reverse;
  std::int64_t T, B, H;
  bool strided = false;
};

std::vector<RecurrentCase> recurrent_cases() {
  std::vector<RecurrentCase> out;
  const std::int64_t sizes[][3] = {{1, 1, 1}, {1, 2, 3}, {3, 1, 2}, {2, 3, 1}, {4, 2, 2}, {2, 0, 2}};
  bool reverse = false;
  for (const Cell cell : {Cell::lstm, Cell::gru, Cell::rnn_tanh, Cell::neuronika_lstm, Cell::rnn_relu}) {
    for (const auto& s : sizes) out.push_back({cell, reverse = !reverse, s[0], s[1], s[2]});
    out.push_back({cell, reverse, 2, 2, 3, true});
  }
  out.push_back({Cell::lstm, false, 2, 1, 17});
  out.push_back({Cell::gru, false, 2, 1, 17});
  return out;
}

/// Relu has a kink where its gates are 0: positive operands stay clear of it.
double lowest(Cell cell) { return cell == Cell::rnn_relu ? 0.1 : -1; }

}  // namespace

static constexpr OpDef recurrent_backward_def{
    .name = "recurrent_steps_backward",  // see BackwardOperands -> gates_x, gates_h (GRU), h0, c0 (LSTM)
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      const Cell cell = cell_of(c.attrs);
      const DType type = c.in[0].dtype;
      std::vector<ValueInfo> out(cell == Cell::gru ? 2 : 1, {steps(c.in[2].shape, gates_of(cell)), type});
      out.insert(out.end(), has_c(cell) ? 2 : 1, c.in[1]);
      return out;
    },
    .forward =
        [](const Call& c) noexcept {
          const BackwardOperands o(*c.attrs);
          const Cell cell = cell_of(*c.attrs);
          visit_float(c.in[0].dtype, [&]<class T>(T) {
            kernels::RecurrentState<T> state{};
            state.weight = c.in[0].as<T>();
            state.h0 = c.in[1].as<T>();
            state.y = c.in[2].as<T>();
            state.c0 = data_of<T>(c.in, o.c0);
            state.c = data_of<T>(c.in, o.c);
            state.saved = data_of<T>(c.in, o.saved);
            const std::size_t h0 = cell == Cell::gru ? 2 : 1;
            kernels::recurrent_backward<T>(c.exec, sizes_of(*c.attrs, c.in[2].shape, c.in[1].shape), state,
                                           {data_of<T>(c.in, o.gy), data_of<T>(c.in, o.gc), data_of<T>(c.in, o.gsaved),
                                            c.out[0].as<T>(), cell == Cell::gru ? c.out[1].as<T>() : nullptr,
                                            c.out[h0].as<T>(), has_c(cell) ? c.out[h0 + 1].as<T>() : nullptr});
          });
        },
    .scratch =
        [](const Call& c) {
          std::size_t bytes = 0;
          visit_float(c.in[0].dtype, [&]<class T>(T) {
            bytes = kernels::recurrent_scratch<T>(*c.exec.table, sizes_of(*c.attrs, c.in[2].shape, c.in[1].shape));
          });
          return bytes;
        },
    .vjp = [](const Vjp& v) { return vjp_within(v, backward_formula); },
    .samples =
        [] {
          std::vector<Sample> out;
          for (const RecurrentCase& r : recurrent_cases()) {
            const Shape h{r.B, r.H}, y{r.T, r.B, r.H};
            const Attrs attrs{.i = {static_cast<std::int64_t>(r.cell), r.reverse, r.T != 3, has_c(r.cell) && r.B != 2,
                                    saved_of(r.cell) > 0 && r.H != 2}};
            const auto in = [&](const Shape& shape, double lo = -1) {
              return SampleInput{.shape = shape, .lo = lo, .hi = 1, .strided = r.strided};
            };
            Sample s{{in({gates_of(r.cell) * r.H, r.H}), in(h), in(y, lowest(r.cell))}, attrs};
            if (has_c(r.cell)) {
              s.in.push_back(in(h));
              s.in.push_back(in(y));
            }
            if (saved_of(r.cell) > 0) s.in.push_back(in(steps(y, saved_of(r.cell))));
            if (attrs.i[2] != 0) s.in.push_back(in(y));
            if (attrs.i[3] != 0) s.in.push_back(in(y));
            if (attrs.i[4] != 0) s.in.push_back(in(steps(y, saved_of(r.cell))));
            out.push_back(s);
          }
          return out;
        },
    .source = "backpropagation through time: Werbos 1990",
};

constexpr OpDef recurrent_steps_def{
    .name = "recurrent_steps",  // gates_x, weight, bias, h0, c0 (LSTM) -> y, c (LSTM), saved (not plain layers)
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      const Cell cell = cell_of(c.attrs);
      check_float(c, 0, "gates_x");
      const Shape &gates = c.in[0].shape, &h0 = c.in[3].shape;
      if (gates.rank() != 3 || gates[0] == 0)
        shape_error(c.op, "gates_x must be [steps, batch, gates * units] with at least one step, got ", gates);
      if (h0.rank() != 2) shape_error(c.op, "h0 must be [batch, units], got ", h0);
      const std::int64_t wide = gates[2], units = h0[1];
      if (h0[0] != gates[1] || units * gates_of(cell) != wide) {
        shape_error(c.op, "gates_x is ", gates, ", h0 is ", h0,
                    "; axis 1 of gates_x must equal axis 0 of h0, and axis 2 ", gates_of(cell), " times its axis 1");
      }
      check_shape(c, 1, "weight", {wide, units});
      check_shape(c, 2, "bias", {wide});
      if (has_c(cell)) check_shape(c, 4, "c0", h0);
      static constexpr const char* kNames[] = {"gates_x", "weight", "bias", "h0", "c0"};
      for (std::size_t i = 1; i < c.in.size(); ++i) check_same_type(c, i, kNames[i]);
      const ValueInfo y{gates.with(2, units), c.in[0].dtype};
      std::vector<ValueInfo> out(has_c(cell) ? 2 : 1, y);
      if (saved_of(cell) > 0) out.push_back({steps(y.shape, saved_of(cell)), y.dtype});
      return out;
    },
    .forward =
        [](const Call& c) noexcept {
          const Cell cell = cell_of(*c.attrs);
          visit_float(c.in[0].dtype, [&]<class T>(T) {
            const auto out = [&](std::size_t i) { return c.out[i].as<T>(); };
            kernels::recurrent<T>(
                c.exec, sizes_of(*c.attrs, c.in[0].shape, c.in[3].shape), c.in[0].as<T>(),
                {c.in[1].as<T>(), c.in[2].as<T>(), c.in[3].as<T>(), has_c(cell) ? c.in[4].as<T>() : nullptr, out(0),
                 has_c(cell) ? out(1) : nullptr, saved_of(cell) > 0 ? out(c.out.size() - 1) : nullptr});
          });
        },
    .scratch =
        [](const Call& c) {
          std::size_t bytes = 0;
          visit_float(c.in[0].dtype, [&]<class T>(T) {
            bytes = kernels::recurrent_scratch<T>(*c.exec.table, sizes_of(*c.attrs, c.in[0].shape, c.in[3].shape));
          });
          return bytes;
        },
    .vjp =
        [](const Vjp& v) {
          const Cell cell = cell_of(v.attrs);
          const Var weight = v.in[1], h0 = v.in[3], y = v.out[0];
          std::vector<Var> in{weight, h0, y};
          if (has_c(cell)) in.insert(in.end(), {v.in[4], v.out[1]});
          if (saved_of(cell) > 0) in.push_back(v.out.back());
          Attrs attrs = v.attrs;
          attrs.i.resize(5, 0);
          const auto arrived = [&](std::size_t flag, const Var& g) {
            attrs.i[flag] = g.defined();
            if (g.defined()) in.push_back(g);
          };
          arrived(2, v.gy[0]);
          if (has_c(cell)) arrived(3, v.gy[1]);
          if (saved_of(cell) > 0) arrived(4, v.gy.back());
          const std::vector<Var> g = record_all(recurrent_backward_def, in, attrs);
          const std::size_t first = cell == Cell::gru ? 2 : 1;
          const Var gates_h = flatten(g[first - 1], 0, 1);  // [T B, G H]
          Grads out(v.in.size());
          out[0] = g[0];
          if (v.wants(1)) {
            const std::int64_t steps = y.shape()[0];
            const bool reverse = v.attrs.i[1] != 0;
            const Var rest = slice(y, 0, reverse ? 1 : 0, reverse ? steps : steps - 1), start = unsqueeze(h0, 0);
            const Var before[] = {reverse ? rest : start, reverse ? start : rest};
            // gW = gates^T h   [G H, T B] x [T B, H]
            out[1] = matmul(gates_h, flatten(concat(before, 0), 0, 1), Trans::yes, Trans::no);
          }
          if (v.wants(2)) out[2] = sum(gates_h, 0);
          out[3] = g[first];
          if (has_c(cell)) out[4] = g[first + 1];
          return out;
        },
    .samples =
        [] {
          std::vector<Sample> out;
          for (const RecurrentCase& r : recurrent_cases()) {
            const std::int64_t wide = gates_of(r.cell) * r.H;
            const auto in = [&](const Shape& shape) {
              return SampleInput{.shape = shape, .lo = lowest(r.cell), .hi = 1, .strided = r.strided};
            };
            Sample s{{in({r.T, r.B, wide}), in({wide, r.H}), in({wide}), in({r.B, r.H})},
                     {.i = {static_cast<std::int64_t>(r.cell), r.reverse}}};
            if (has_c(r.cell)) s.in.push_back(in({r.B, r.H}));
            out.push_back(s);
          }
          return out;
        },
    .source = "autograd.md, section 4",
    .shapes = "gates [T, B, G H], weight [G H, H], states [B, H] -> [T, B, H] ...",
};

OpList recurrent_ops() {
  static constexpr const OpDef* ops[] = {&recurrent_steps_def, &recurrent_backward_def};
  return ops;
}

}  // namespace neuro
