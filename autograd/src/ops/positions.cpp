// Positions: rotary and sinusoidal embeddings, linear biases; and Sinkhorn's balanced matrices.
#include "neuro/kernels/positions.h"

#include <cmath>
#include <limits>

#include "neuro/ops.h"
#include "ops/ops_internal.h"
#include "ops/rules.h"

namespace neuro {
namespace {

using kernels::Pairs;
using kernels::Turn;

/// x, and the first position. attrs.i[0]: the sequence axis; f[0]: base.
void check_positions(const Infer& c) {
  check_float(c, 0, "x");
  check_type(c, 1, "the first position", DType::i64);
  if (c.in[1].shape.elements() != 1) shape_error(c.op, "the first position must be a scalar, got ", c.in[1].shape);
  const int rank = c.in[0].shape.rank();
  if (rank < 2) shape_error(c.op, "x needs a sequence axis before its last, got ", c.in[0].shape);
  if (c.attrs.i[0] < 0 || c.attrs.i[0] > rank - 2)
    shape_error(c.op, "axis ", c.attrs.i[0], " cannot be the sequence axis of x ", c.in[0].shape,
                ": it comes before the last");
  if (!(c.attrs.f[0] > 0))
    throw Error(ErrorCode::invalid_argument, str(c.op, ": base must be positive, got ", c.attrs.f[0]));
}

kernels::Positions positions_of(const Call& c) {
  const Shape& x = c.in[0].shape;
  kernels::Positions p{1, 1, 1, last_size(x)};
  const auto axis = static_cast<int>(c.attrs->i[0]);
  for (int i = 0; i + 1 < x.rank(); ++i) (i < axis ? p.outer : i == axis ? p.steps : p.inner) *= x[i];
  p.base = c.attrs->f[0];
  return p;
}

kernels::Positions started(const Call& c) {
  kernels::Positions p = positions_of(c);
  p.first = *c.in[1].as<std::int64_t>();
  return p;
}

std::size_t scratch_bytes(const Call& c) {
  std::size_t bytes = 0;
  visit_float(c.in[0].dtype, [&]<class T>(T) { bytes = kernels::positions_scratch<T>(positions_of(c)); });
  return bytes;
}

std::vector<Sample> position_samples(bool even) {
  std::vector<Sample> out;
  const SampleInput first{.shape = {}, .lo = 0, .hi = 9, .dtype = DType::i64};
  for (const Shape& shape :
       {Shape{1, 2}, Shape{2, 2}, Shape{5, 4}, Shape{1, 6}, Shape{7, 2}, Shape{2, 3, 4}, Shape{3, 1, 6}, Shape{1, 5, 2},
        Shape{2, 2, 3, 4}, Shape{1, 3, 2, 2}, Shape{0, 4}, Shape{3, 0, 4}, Shape{131, 2}, Shape{3, 34}, Shape{65, 4}}) {
    for (std::int64_t axis = shape.rank() - 2; axis >= std::max(0, shape.rank() - 3); --axis) {
      const std::int64_t flag = static_cast<std::int64_t>(out.size() % 2);
      out.push_back({{{.shape = shape}, first}, {.f = {100}, .i = {axis, flag, out.size() % 3 == 0}}});
    }
  }
  if (!even) {
    for (const Shape& shape : {Shape{3, 1}, Shape{2, 7}, Shape{2, 3, 5}})
      out.push_back({{{.shape = shape}, first}, {.f = {100}, .i = {shape.rank() - 2}}});
  }
  out.push_back({{{.shape = {3, 5, 4}, .strided = true}, first}, {.f = {10000}, .i = {1, 0, 0}}});
  out.push_back({{{.shape = {3, 5, 4}, .strided = true}, first}, {.f = {10000}, .i = {0, 1, 0}}});
  return out;
}

Var position(const Var& first) { return first.defined() ? first : constant(0, DType::i64); }

}  // namespace

// --- rotary_embedding ---

static constexpr OpDef rotary_def{
    .name = "rotary_embedding",  // attrs.f: base; attrs.i: sequence axis, interleaved, back
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      check_positions(c);
      if (last_size(c.in[0].shape) % 2 != 0)
        shape_error(c.op, "the last axis of x must have an even size, got ", c.in[0].shape);
      return {c.in[0]};
    },
    .forward =
        [](const Call& c) noexcept {
          visit_float(c.in[0].dtype, [&]<class T>(T) {
            kernels::rotate_pairs<T>(c.exec, started(c), c.attrs->i[1] != 0 ? Pairs::adjacent : Pairs::halves,
                                     c.attrs->i[2] != 0 ? Turn::back : Turn::forward, c.in[0].as<T>(),
                                     c.out[0].as<T>());
          });
        },
    .scratch = scratch_bytes,
    .vjp =
        [](const Vjp& v) {  // a rotation's transpose turns back
          Attrs attrs = v.attrs;
          attrs.i[2] = attrs.i[2] == 0;
          return Grads{record(*v.out[0].op(), {v.gy[0], v.in[1]}, attrs), Var()};
        },
    .samples = [] { return position_samples(true); },
    .source = "Su et al. 2021, arXiv:2104.09864, eq. 34",
    .shapes = "[*s, T, *t, D] -> the same",
};
Var rotary_embedding(const Var& x, const RotaryOptions& options, const Var& first_position) {
  const int axis = normalize_axis(options.seq_axis, x.rank(), rotary_def.name);
  return record(rotary_def, {x, position(first_position)}, {.f = {options.base}, .i = {axis, options.interleaved, 0}});
}

// --- sinusoidal_positions ---

static constexpr OpDef sinusoidal_def{
    .name = "sinusoidal_positions",  // attrs.f: base; attrs.i: sequence axis
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      check_positions(c);
      return {c.in[0]};
    },
    .forward =
        [](const Call& c) noexcept {
          visit_float(c.in[0].dtype, [&]<class T>(T) {
            kernels::add_sinusoids<T>(c.exec, started(c), c.in[0].as<T>(), c.out[0].as<T>());
          });
        },
    .scratch = scratch_bytes,
    .vjp =
        [](const Vjp& v) {
          return Grads{v.gy[0], Var()};
        },
    .samples = [] { return position_samples(false); },
    .source = "Vaswani et al. 2017, arXiv:1706.03762, section 3.5",
    .shapes = "[*s, T, D] -> [*s, T, D]",
};
Var sinusoidal_positions(const Var& x, double base, const Var& first_position) {
  const int axis = normalize_axis(-2, x.rank(), sinusoidal_def.name);
  return record(sinusoidal_def, {x, position(first_position)}, {.f = {base}, .i = {axis}});
}

// --- alibi ---

namespace {

/// -slope_h |t + offset - s|, [H, T, S]
Var linear_biases(std::int64_t heads, std::int64_t T, std::int64_t S, bool causal, std::int64_t offset, DType dtype) {
  std::int64_t power = 1;
  while (power <= heads / 2) power *= 2;
  Tensor slopes = Tensor::empty({heads, 1, 1}, DType::f64);
  for (std::int64_t h = 0; h < heads; ++h) {
    const double step = h < power ? static_cast<double>(h + 1) : static_cast<double>(h - power) + 0.5;
    slopes.data<double>()[h] = -std::exp2(-8 * step / static_cast<double>(power));
  }
  const auto start = static_cast<double>(offset);
  const Var query = unsqueeze(arange(start, start + static_cast<double>(T), 1, dtype), 1);
  const Var distance = query - arange(0, static_cast<double>(S), 1, dtype);  // [T, S]
  const Var bias = Var(slopes.to(dtype)) * abs(distance);
  if (!causal) return bias;
  const Var zero = constant(0, dtype), hidden = constant(-std::numeric_limits<double>::infinity(), dtype);
  return where(less(distance, zero), hidden, bias);
}

}  // namespace

static constexpr OpDef alibi_def{
    .name = "alibi",  // attrs.i: causal, offset
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      check_float(c, 0, "scores");
      if (c.in[0].shape.rank() < 3)
        shape_error(c.op, "scores must be [..., heads, queries, keys], got ", c.in[0].shape);
      return {c.in[0]};
    },
    .expand =
        [](std::span<const Var> in, const Attrs& attrs) {
          const Shape& s = in[0].shape();
          const int rank = s.rank();
          return std::vector<Var>{
              in[0] + linear_biases(s[rank - 3], s[rank - 2], s[rank - 1], attrs.i[0] != 0, attrs.i[1], in[0].dtype())};
        },
    .samples =
        [] {
          std::vector<Sample> out;
          for (const Shape& shape :
               {Shape{1, 1, 1},    Shape{2, 3, 3},  Shape{3, 2, 5},    Shape{4, 5, 2},    Shape{5, 1, 3},
                Shape{6, 2, 2},    Shape{7, 3, 1},  Shape{8, 1, 1},    Shape{12, 2, 3},   Shape{2, 2, 3, 4},
                Shape{1, 3, 2, 2}, Shape{2, 0, 3},  Shape{2, 3, 0},    Shape{0, 2, 2, 2}, Shape{2, 1, 3, 2, 2},
                Shape{1, 7, 17},   Shape{2, 31, 3}, Shape{3, 3, 3, 3}, Shape{16, 1, 2},   Shape{1, 1, 65}}) {
            out.push_back({{{.shape = shape}}, {.i = {0, static_cast<std::int64_t>(out.size() % 3)}}});
          }
          out.push_back({{{.shape = {2, 3, 4}, .strided = true}}, {.i = {0, 0}}});
          return out;
        },
    .source = "Press, Smith, Lewis 2022, arXiv:2108.12409, section 3",
    .shapes = "[*s, H, T, S] -> [*s, H, T, S]",
};
Var alibi(const Var& scores, const AlibiOptions& options) {
  return record(alibi_def, {scores}, {.i = {options.causal, options.offset}});
}
Var alibi_bias(std::int64_t heads, std::int64_t T, std::int64_t S, const AlibiOptions& options, DType dtype) {
  if (heads < 0 || T < 0 || S < 0)
    throw Error(ErrorCode::shape, str("alibi_bias: sizes must not be negative, got ", heads, ", ", T, " and ", S));
  if (!is_floating(dtype)) throw Error(ErrorCode::dtype, str("alibi_bias: f32 or f64, not ", name_of(dtype)));
  return linear_biases(heads, T, S, options.causal, options.offset, dtype);
}

// --- sinkhorn ---

static constexpr std::int64_t kMostIterations = 10'000;  // each is recorded: some kilobytes

static constexpr OpDef sinkhorn_def{
    .name = "sinkhorn",  // attrs.i: iterations
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      check_float(c, 0, "x");
      if (c.in[0].shape.rank() < 2) shape_error(c.op, "x must be [..., rows, columns], got ", c.in[0].shape);
      if (c.attrs.i[0] < 1 || c.attrs.i[0] > kMostIterations) {
        throw Error(ErrorCode::invalid_argument,
                    str(c.op, ": takes 1 to ", kMostIterations, " iterations, got ", c.attrs.i[0]));
      }
      return {c.in[0]};
    },
    .expand =
        [](std::span<const Var> in, const Attrs& attrs) {
          Var x = in[0];
          for (std::int64_t i = 0; i < attrs.i[0]; ++i) x = log_softmax(log_softmax(x, -1), -2);
          return std::vector<Var>{exp(x)};
        },
    .samples =
        [] {
          std::vector<Sample> out;
          for (const Shape& shape :
               {Shape{1, 1},    Shape{2, 2},    Shape{3, 3},       Shape{4, 4},    Shape{5, 5},
                Shape{7, 7},    Shape{1, 3},    Shape{3, 1},       Shape{2, 5},    Shape{2, 3, 3},
                Shape{3, 1, 1}, Shape{1, 2, 2}, Shape{2, 2, 2, 2}, Shape{0, 3, 3}, Shape{2, 1, 3, 3},
                Shape{11, 2},   Shape{2, 17},   Shape{5, 2, 2},    Shape{1, 4, 4}, Shape{6, 6}}) {
            out.push_back({{{.shape = shape}}, {.i = {static_cast<std::int64_t>(out.size() % 3 + 1)}}});
          }
          out.push_back({{{.shape = {3, 3}, .strided = true}}, {.i = {2}}});
          return out;
        },
    .source = "Sinkhorn and Knopp 1967; neuroscript.md, section 5.9",
    .shapes = "[*s, n, n] -> [*s, n, n]",
};
Var sinkhorn(const Var& x, int iterations) { return record(sinkhorn_def, {x}, {.i = {iterations}}); }

OpList position_ops() {
  static constexpr const OpDef* ops[] = {&rotary_def, &sinusoidal_def, &alibi_def, &sinkhorn_def};
  return ops;
}

}  // namespace neuro
