// Selective scan: one kernel forward, one backward.
#include "neuro/kernels/selective_scan.h"

#include "neuro/ops.h"
#include "ops/ops_internal.h"
#include "ops/rules.h"

namespace neuro {
namespace {

constexpr const char* kNames[] = {"x", "delta", "A", "B", "C", "state"};

void check_scan(const Infer& c) {
  check_float(c, 0, "x");
  for (std::size_t i = 1; i < c.in.size(); ++i) check_same_type(c, i, i < 6 ? kNames[i] : "a gradient");
  const Shape &x = c.in[0].shape, &A = c.in[2].shape;
  if (x.rank() != 3) shape_error(c.op, "x must be [batch, steps, channels], got ", x);
  check_shape(c, 1, "delta", x);
  if (A.rank() != 2 || A[0] != x[2])
    shape_error(c.op, "A must be [channels, states] with the channels of x (axis 2), A is ", A, ", x is ", x);
  check_shape(c, 3, "B", {x[0], x[1], A[1]});
  check_shape(c, 4, "C", {x[0], x[1], A[1]});
  check_shape(c, 5, "state", {x[0], x[2], A[1]});
}

template <class T>
kernels::SelectiveScan<T> scan_of(const Call& c) {
  const Shape &x = c.in[0].shape, &A = c.in[2].shape;
  return {x[0],
          x[1],
          x[2],
          A[1],
          c.in[0].as<T>(),
          c.in[1].as<T>(),
          c.in[2].as<T>(),
          c.in[3].as<T>(),
          c.in[4].as<T>(),
          c.in[5].as<T>()};
}

std::vector<Sample> scan_samples(bool backward) {
  struct Case {
    std::int64_t B, T, D, N;
    bool strided = false;
  };
  const Case cases[] = {{1, 1, 1, 1},       {1, 3, 1, 2},      {2, 1, 3, 1},   {2, 3, 2, 2},  {1, 5, 3, 4},
                        {3, 2, 1, 3},       {1, 2, 5, 1},      {1, 7, 2, 1},   {2, 2, 7, 2},  {1, 1, 17, 2},
                        {1, 2, 33, 1},      {2, 4, 1, 1},      {0, 3, 2, 2},   {2, 0, 2, 3},  {1, 3, 0, 2},
                        {1, 2, 3, 0},       {1, 67, 1, 2},     {1, 131, 2, 1}, {1, 2, 67, 1}, {1, 1, 2, 17},
                        {2, 3, 5, 2, true}, {1, 4, 3, 2, true}};
  std::vector<Sample> out;
  for (const Case& c : cases) {
    const auto in = [&](const Shape& shape, double lo, double hi) {
      return SampleInput{.shape = shape, .lo = lo, .hi = hi, .strided = c.strided, .differentiate = !backward};
    };
    const Shape x{c.B, c.T, c.D}, states{c.B, c.T, c.N}, h{c.B, c.D, c.N};
    Sample s{
        {in(x, -1, 1), in(x, 0.1, 1), in({c.D, c.N}, -2, -0.2), in(states, -1, 1), in(states, -1, 1), in(h, -1, 1)}};
    if (backward) {
      s.attrs.i = {c.T != 5, c.T != 7};
      if (s.attrs.i[0] != 0) s.in.push_back(in(x, -1, 1));
      if (s.attrs.i[1] != 0) s.in.push_back(in(h, -1, 1));
    }
    out.push_back(s);
  }
  return out;
}

}  // namespace

static constexpr OpDef scan_backward_def{
    .name = "selective_scan_backward",  // the operands of selective_scan, gy, gstate; attrs.i: which of those there are
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      check_scan(c);
      const Shape &x = c.in[0].shape, &h = c.in[5].shape;
      const std::int64_t blocks = (x[2] + kernels::kScanChannels - 1) / kernels::kScanChannels;
      const ValueInfo parts{c.in[3].shape.inserted(1, blocks), c.in[0].dtype};
      return {c.in[0], c.in[1], {h, c.in[0].dtype}, parts, parts, c.in[5]};
    },
    .forward =
        [](const Call& c) noexcept {
          visit_float(c.in[0].dtype, [&]<class T>(T) {
            const bool gy = c.attrs->i[0] != 0, gh = c.attrs->i[1] != 0;
            const auto out = [&](std::size_t i) { return c.out[i].as<T>(); };
            kernels::selective_scan_backward<T>(c.exec, scan_of<T>(c),
                                                {gy ? c.in[6].as<T>() : nullptr, gh ? c.in.back().as<T>() : nullptr,
                                                 out(0), out(1), out(2), out(3), out(4), out(5)});
          });
        },
    .scratch =
        [](const Call& c) {
          std::size_t bytes = 0;
          visit_float(c.in[0].dtype, [&]<class T>(T) {
            bytes = kernels::selective_scan_backward_scratch<T>(*c.exec.table, scan_of<T>(c));
          });
          return bytes;
        },
    .vjp = [](const Vjp&) -> Grads {
      throw Error(ErrorCode::invalid_argument,
                  "selective_scan: its gradient cannot be differentiated again; it is one kernel over all steps. "
                  "Write the recurrence with operations (linear_recurrence) for second derivatives, or detach() the "
                  "gradient");
    },
    .samples = [] { return scan_samples(true); },
    .second_order = SecondOrder::none,  // as selective_scan's
    .source = "Gu and Dao 2023, arXiv:2312.00752, appendix D",
};

static constexpr OpDef scan_def{
    .name = "selective_scan",  // x, delta, A, B, C, first state -> y, last state
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      check_scan(c);
      return {c.in[0], c.in[5]};
    },
    .forward =
        [](const Call& c) noexcept {
          visit_float(c.in[0].dtype, [&]<class T>(T) {
            kernels::selective_scan<T>(c.exec, scan_of<T>(c), c.out[0].as<T>(), c.out[1].as<T>());
          });
        },
    .scratch =
        [](const Call& c) {
          std::size_t bytes = 0;
          visit_float(c.in[0].dtype,
                      [&]<class T>(T) { bytes = kernels::selective_scan_scratch<T>(*c.exec.table, scan_of<T>(c)); });
          return bytes;
        },
    .vjp =
        [](const Vjp& v) {
          std::vector<Var> in(v.in.begin(), v.in.end());
          for (const Var& g : v.gy) {
            if (g.defined()) in.push_back(g);
          }
          const auto g = record_all(scan_backward_def, in, {.i = {v.gy[0].defined(), v.gy[1].defined()}});
          return Grads{g[0], g[1], g[2], sum(g[3], 1), sum(g[4], 1), g[5]};
        },
    .samples = [] { return scan_samples(false); },
    .second_order = SecondOrder::none,  // its gradient is a kernel over all steps, with no formula but that loop
    .source = "Gu and Dao 2023, arXiv:2312.00752, algorithm 2",
    .shapes = "x, dt [B, T, D], A [D, N], B, C [B, T, N] -> [B, T, D]",
};

SelectiveScanResult selective_scan(const Var& x, const Var& delta, const Var& A, const Var& B, const Var& C,
                                   const SelectiveScanOptions& o) {
  for (const Var* v : {&x, &delta, &A, &B, &C}) {
    if (!v->defined()) throw Error(ErrorCode::invalid_argument, "selective_scan: an operand is undefined");
  }
  const auto of_channels = [&](const char* what, const Var& v) {
    if (v.defined() && x.rank() == 3 && v.shape() != Shape{x.shape()[2]})
      shape_error(scan_def.name, what, " must have shape [", x.shape()[2], "], got ", v.shape());
  };
  of_channels("skip", o.skip);
  of_channels("delta_bias", o.delta_bias);
  if (o.gate.defined() && o.gate.shape() != x.shape())
    shape_error(scan_def.name, "gate must have shape ", x.shape(), ", got ", o.gate.shape());
  Var steps = o.delta_bias.defined() ? delta + o.delta_bias : delta;
  if (o.softplus) steps = softplus(steps);
  Var state = o.state;
  if (!state.defined() && x.rank() == 3 && A.rank() == 2)
    state = broadcast_to(constant(0, x.dtype()), {x.shape()[0], x.shape()[2], A.shape()[1]});
  const auto out = record_all(scan_def, std::array<Var, 6>{x, steps, A, B, C, state.defined() ? state : x});
  Var y = out[0];
  if (o.skip.defined()) y = y + x * o.skip;
  if (o.gate.defined()) y = y * silu(o.gate);
  return {y, out[1]};
}

OpList selective_scan_ops() {
  static constexpr const OpDef* ops[] = {&scan_def, &scan_backward_def};
  return ops;
}

}  // namespace neuro
