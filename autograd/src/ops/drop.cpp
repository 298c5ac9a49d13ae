// Random masks of samples, channels, elements and blocks.
#include "neuro/ops.h"
#include "ops/ops_internal.h"
#include "ops/rules.h"

namespace neuro {
namespace {

// Attrs.f: p; attrs.i: stream, then scale (drop_path) or block (drop_block). Operands: x, rng.

Attrs drop_attrs(const char* op, double p, std::int64_t stream, std::int64_t extra) {
  if (!(p >= 0 && p <= 1)) throw Error(ErrorCode::invalid_argument, str(op, ": p = ", p, " is outside [0, 1]"));
  return {.f = {p}, .i = {stream, extra}};
}

/// x must have at least `rank` axes; the state of the generator is checked where the mask is drawn.
void check_rank(const Infer& c, int rank, const char* wanted) {
  check_float(c, 0, "x");
  if (c.in[0].shape.rank() < rank) shape_error(c.op, "x must be ", wanted, ", got ", c.in[0].shape);
}

/// x times a mask that has x's sizes on the first `axes` axes and 1 on the others.
Var masked(std::span<const Var> in, const Attrs& attrs, int axes, bool scale = true) {
  Shape shape = in[0].shape();
  for (int k = axes; k < shape.rank(); ++k) shape = shape.with(k, 1);
  const Var mask = dropout_mask(shape, attrs.f[0], attrs.i[0], in[1], in[0].dtype());
  if (scale) return in[0] * mask;
  return where(equal(mask, constant(0, mask.dtype())), zeros_like(mask), in[0]);
}

std::vector<Sample> drop_samples(std::span<const Shape> shapes, std::int64_t extra) {
  std::vector<Sample> out;
  for (const double p : {0.0, 0.3, 1.0}) {
    for (const Shape& shape : shapes) {
      out.push_back(
          {{{.shape = shape, .strided = out.size() == 4}, {.shape = {3}, .lo = 0, .hi = 99, .dtype = DType::i64}},
           {.f = {p}, .i = {5, extra}}});
    }
  }
  return out;
}

std::vector<Sample> any_samples(std::int64_t extra) {
  const Shape shapes[] = {{1}, {7}, {5, 1}, {3, 5}, {2, 3, 4}, {4, 2, 2, 3}, {0, 3}};
  return drop_samples(shapes, extra);
}

std::vector<Sample> plane_samples(std::int64_t extra) {
  const Shape shapes[] = {{1, 1, 1, 1}, {1, 2, 5, 7},  {2, 3, 4, 4}, {3, 1, 2, 9},
                          {1, 5, 3, 3}, {2, 2, 1, 17}, {0, 1, 2, 2}};
  return drop_samples(shapes, extra);
}

}  // namespace

/// Elements are dropped one by one: of activations (dropout) or of a weight (drop_connect).
static constexpr OpDef elements_dropped(const char* name, const char* source, const char* shapes) {
  return {
      .name = name,
      .infer = [](const Infer& c) -> std::vector<ValueInfo> {
        check_rank(c, 0, "");
        return {};
      },
      .expand = [](std::span<const Var> in, const Attrs& a) { return std::vector{masked(in, a, in[0].rank())}; },
      .samples = [] { return any_samples(0); },
      .source = source,
      .shapes = shapes,
  };
}

static constexpr OpDef dropout_def = elements_dropped("dropout", "Srivastava et al. 2014, Dropout", "x [*s] -> [*s]");
Var dropout(const Var& x, double p, std::int64_t stream, const Var& rng) {
  return record(dropout_def, {x, rng}, drop_attrs("dropout", p, stream, 0));
}

static constexpr OpDef drop_path_def{
    .name = "drop_path",
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      check_rank(c, 1, "[N, ...]");
      return {};
    },
    .expand = [](std::span<const Var> in, const Attrs& a) { return std::vector{masked(in, a, 1, a.i[1] != 0)}; },
    .samples =
        [] {
          std::vector<Sample> out = any_samples(0);
          const std::vector<Sample> scaled = any_samples(1);
          out.insert(out.end(), scaled.begin(), scaled.end());
          return out;
        },
    .source = "Huang et al. 2016, arXiv:1603.09382",
    .shapes = "x [N, *s] -> [N, *s]",
};
Var drop_path(const Var& x, double p, std::int64_t stream, const Var& rng, ScaleKept scale) {
  return record(drop_path_def, {x, rng}, drop_attrs("drop_path", p, stream, scale == ScaleKept::yes));
}

static constexpr OpDef dropout2d_def{
    .name = "dropout2d",
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      check_rank(c, 2, "[N, C, ...]");
      return {};
    },
    .expand = [](std::span<const Var> in, const Attrs& a) { return std::vector{masked(in, a, 2)}; },
    .samples = [] { return plane_samples(0); },
    .source = "Tompson et al. 2015, arXiv:1411.4280",
    .shapes = "x [N, C, *s] -> [N, C, *s]",
};
Var dropout2d(const Var& x, double p, std::int64_t stream, const Var& rng) {
  return record(dropout2d_def, {x, rng}, drop_attrs("dropout2d", p, stream, 0));
}

static constexpr OpDef drop_connect_def = elements_dropped(
    "drop_connect", "Wan et al. 2013, Regularization of neural networks using DropConnect", "weight [*s] -> [*s]");
Var drop_connect(const Var& x, double p, std::int64_t stream, const Var& rng) {
  return record(drop_connect_def, {x, rng}, drop_attrs("drop_connect", p, stream, 0));
}

static constexpr OpDef drop_block_def{
    .name = "drop_block",
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      check_float(c, 0, "x");
      if (c.in[0].shape.rank() != 4) shape_error(c.op, "x must be [N, C, H, W], got ", c.in[0].shape);
      return {};
    },
    .expand =
        [](std::span<const Var> in, const Attrs& attrs) {
          const Shape& s = in[0].shape();
          const std::int64_t block = attrs.i[1], height = s[2], width = s[3];
          const auto real = [](std::int64_t n) { return static_cast<double>(n); };
          const double places =
              real(std::max<std::int64_t>(height - block + 1, 1)) * real(std::max<std::int64_t>(width - block + 1, 1));
          const double gamma =
              std::min(1.0, attrs.f[0] * real(height) * real(width) / (real(block) * real(block) * places));
          const Var one = constant(1, in[0].dtype()), zero = constant(0, in[0].dtype());
          const Var drawn = dropout_mask(s, gamma, attrs.i[0], in[1], in[0].dtype());
          const Var seeds = where(equal(drawn, zero), one, zero);
          const std::int64_t half = block / 2;
          const Var grown =
              max_pool2d(seeds, {.kernel = {block, block}, .stride = {1, 1}, .padding = {half, half, half, half}});
          const Var keep = 1 - slice(slice(grown, 2, 0, height), 3, 0, width);
          return std::vector{in[0] * (keep * (real(s.elements()) / maximum(sum(keep), one)))};
        },
    .samples =
        [] {
          std::vector<Sample> out = plane_samples(3);
          const std::vector<Sample> even = plane_samples(2);
          out.insert(out.end(), even.begin(), even.end());
          return out;
        },
    .source = "Ghiasi, Lin, Le 2018, arXiv:1810.12890, algorithm 1",
    .shapes = "x [N, C, H, W] -> [N, C, H, W]",
};
Var drop_block(const Var& x, double p, std::int64_t block, std::int64_t stream, const Var& rng) {
  if (block < 1 || block > (std::int64_t{1} << 30))
    throw Error(ErrorCode::invalid_argument, str("drop_block: block ", block, " must be at least 1"));
  return record(drop_block_def, {x, rng}, drop_attrs("drop_block", p, stream, block));
}

OpList drop_ops() {
  static constexpr const OpDef* ops[] = {&dropout_def, &drop_path_def, &dropout2d_def, &drop_connect_def,
                                         &drop_block_def};
  return ops;
}

}  // namespace neuro
