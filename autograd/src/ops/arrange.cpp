// Elements in another arrangement: views with strides of their own (flip, diagonal, windows), copies (triangles,
// repetition), and what is written with those.
#include "neuro/kernels/arrange.h"

#include <utility>

#include "neuro/kernels/gather.h"
#include "neuro/ops.h"
#include "ops/axes.h"
#include "ops/ops_internal.h"
#include "ops/rules.h"
#include "ops/samples.h"

namespace neuro {
namespace {

int axis_of(const Attrs& attrs, std::size_t k = 0) { return static_cast<int>(attrs.i[k]); }

/// Shapes with at least `rank` axes, some strided.
std::vector<SampleInput> operands(int rank) {
  std::vector<SampleInput> out;
  for (const Sample& s : samples::unary({})) {
    if (s.in[0].shape.rank() >= rank) out.push_back(s.in[0]);
  }
  return out;
}

void check_matrices(const char* op, const Var& x) {
  if (x.rank() < 2) shape_error(op, "takes at least two axes, got ", x.shape());
}

}  // namespace

// --- flip ---

static constexpr OpDef flip_def{
    .name = "flip",  // attrs.i: axes
    .infer = [](const Infer& c) { return std::vector<ValueInfo>{c.in[0]}; },
    .vjp = [](const Vjp& v) { return Grads{record(flip_def, {v.gy[0]}, v.attrs)}; },
    .samples =
        [] {
          std::vector<Sample> out;
          for (const SampleInput& in : operands(0)) {
            Attrs attrs;
            for (int axis = static_cast<int>(out.size()) % 2; axis < in.shape.rank(); axis += 2)
              attrs.i.push_back(axis);
            out.push_back({{in}, attrs});
          }
          return out;
        },
    .view =
        [](const Operand& x, const Attrs& attrs, const Shape&, Strides& strides, std::int64_t& offset) {
          strides = x.strides;
          for (std::size_t k = 0; k < attrs.i.size() && x.size() > 0; ++k) {
            std::int64_t& step = strides[static_cast<std::size_t>(attrs.i[k])];
            offset += (x.shape[axis_of(attrs, k)] - 1) * step;
            step = -step;
          }
          return true;
        },
    .source = "axes backwards",
    .shapes = "[*s] -> [*s]",
};
Var flip(const Var& x, std::span<const int> axes) {
  Attrs attrs;
  for (const int axis : ReducedAxes("flip", x, axes, KeepDim::no).list()) attrs.i.push_back(axis);
  return record(flip_def, {x}, std::move(attrs));
}
Var flip(const Var& x, int axis) { return flip(x, std::span(&axis, 1)); }

// --- roll ---

static constexpr OpDef roll_def{
    .name = "roll",  // attrs.i: axis, by how much (in [0, n), or 0)
    .expand =
        [](std::span<const Var> in, const Attrs& attrs) {
          const Var x = in[0];
          const int axis = axis_of(attrs);
          const std::int64_t n = x.shape()[axis], begin = n - attrs.i[1];
          if (attrs.i[1] == 0) return std::vector{x};
          const Var parts[] = {slice(x, axis, begin, n), slice(x, axis, 0, begin)};
          return std::vector{concat(parts, axis)};
        },
    .samples =
        [] {
          std::vector<Sample> out;
          for (const SampleInput& in : operands(1)) {
            const auto turn = static_cast<std::int64_t>(out.size());
            const std::int64_t axis = turn % in.shape.rank(), n = in.shape[static_cast<int>(axis)];
            out.push_back({{in}, {.i = {axis, n == 0 ? 0 : (turn + 1) % n}}});
          }
          return out;
        },
    .source = "y[(j + shift) mod n] = x[j]",
    .shapes = "[*s] -> [*s]",
};
Var roll(const Var& x, std::int64_t shift, int axis) {
  const int a = normalize_axis(axis, x.rank(), "roll");
  const std::int64_t n = x.shape()[a], rest = n == 0 ? 0 : shift % n;
  return record(roll_def, {x}, {.i = {a, rest < 0 ? rest + n : rest}});
}

// --- repeat, tile, repeat_interleave ---

/// One count for each axis. Each that is repeated gets an axis before it, so that one copy does as many as a shape has
/// room for.
static Var repeated(const Var& x, std::vector<std::int64_t> counts) {
  std::vector<std::int64_t> ones, many, merged;
  bool more = false;
  for (int axis = 0, room = kMaxRank - x.rank(); axis < x.rank(); ++axis) {
    std::int64_t& count = counts[static_cast<std::size_t>(axis)];
    const std::int64_t n = x.shape()[axis];
    merged.push_back(n);
    if (count != 1 && room == 0) {
      more = true;
    } else if (count != 1) {
      ones.push_back(1);
      many.push_back(count);
      merged.back() = n * std::exchange(count, 1);
      --room;
    }
    ones.push_back(n);
    many.push_back(n);
  }
  const Var y = reshape(broadcast_to(reshape(x, Shape(ones)), Shape(many)), Shape(merged));
  return more ? repeated(y, std::move(counts)) : y;
}

static constexpr OpDef repeat_def{
    .name = "repeat",  // attrs.i: a count for each axis of the result
    .expand =
        [](std::span<const Var> in, const Attrs& attrs) {
          Var x = in[0];
          while (x.rank() < static_cast<int>(attrs.i.size())) x = unsqueeze(x, 0);
          return std::vector{repeated(x, attrs.i)};
        },
    .samples =
        [] {
          std::vector<Sample> out;
          for (const SampleInput& in : operands(0)) {
            const auto turn = static_cast<std::int64_t>(out.size());
            Attrs attrs;
            for (int axis = 0; axis < in.shape.rank() + turn % 2; ++axis)
              attrs.i.push_back((turn + axis) % 3 + (turn % 5 != 0));
            if (in.shape.elements() <= 300) out.push_back({{in}, attrs});
          }
          out.push_back({{{.shape = {1, 2, 1, 1, 2, 1}}}, {.i = {2, 1, 2, 2, 2, 3}}});
          return out;
        },
    .source = "blocks of x beside each other",
    .shapes = "[*s] -> each size times its count",
};

static Var repeat_over(const OpDef& op, const Var& x, std::vector<std::int64_t> counts) {
  const auto rank = static_cast<std::size_t>(x.rank());
  if (counts.size() > static_cast<std::size_t>(kMaxRank))
    shape_error(op.name, counts.size(), " counts for ", x.shape(), "; at most ", kMaxRank, " axes are supported");
  std::int64_t elements = x.shape().elements();
  for (const std::int64_t count : counts) {
    if (count < 0) shape_error(op.name, "count ", count, " is negative; the operand has shape ", x.shape());
    if (__builtin_mul_overflow(elements, std::max<std::int64_t>(count, 1), &elements))
      shape_error(op.name, "the result of repeating ", x.shape(), " does not fit 63 bits");
  }
  if (counts.size() < rank) counts.insert(counts.begin(), rank - counts.size(), 1);
  return record(op, {x}, {.i = std::move(counts)});
}
Var repeat(const Var& x, std::span<const std::int64_t> counts) {
  if (static_cast<int>(counts.size()) < x.rank())
    shape_error("repeat", counts.size(), " counts for the ", x.rank(), " axes of ", x.shape(),
                "; tile() takes missing ones as 1");
  return repeat_over(repeat_def, x, {counts.begin(), counts.end()});
}

static constexpr OpDef tile_def{
    .name = "tile",  // attrs.i: a count for each axis of the result
    .expand = [](std::span<const Var> in, const Attrs& attrs) { return std::vector{record(repeat_def, in, attrs)}; },
    .samples = [] { return repeat_def.samples(); },
    .source = "repeat",
    .shapes = "[*s] -> each size times its count",
};
Var tile(const Var& x, std::span<const std::int64_t> counts) {
  return repeat_over(tile_def, x, {counts.begin(), counts.end()});
}

static constexpr OpDef repeat_interleave_def{
    .name = "repeat_interleave",  // attrs.i: axis, count
    .expand =
        [](std::span<const Var> in, const Attrs& attrs) {
          const Shape& shape = in[0].shape();
          const int axis = axis_of(attrs);
          const std::int64_t n = shape[axis], count = attrs.i[1];
          const Var y = broadcast_to(unsqueeze(in[0], axis + 1), shape.inserted(axis + 1, count));
          return std::vector{reshape(y, shape.with(axis, n * count))};
        },
    .samples =
        [] {
          std::vector<Sample> out;
          for (const SampleInput& in : operands(1)) {
            const auto turn = static_cast<std::int64_t>(out.size());
            if (in.shape.elements() <= 300) out.push_back({{in}, {.i = {turn % in.shape.rank(), turn % 4}}});
          }
          return out;
        },
    .source = "y[j] = x[j / count]",
    .shapes = "[*a, n, *b] -> [*a, n count, *b]",
};
Var repeat_interleave(const Var& x, std::int64_t count, int axis) {
  const int a = normalize_axis(axis, x.rank(), "repeat_interleave");
  std::int64_t size = 0;
  if (count < 0 || __builtin_mul_overflow(x.shape()[a], count, &size))
    shape_error("repeat_interleave", "axis ", axis, " of ", x.shape(), " cannot be repeated ", count, " times");
  if (x.rank() == kMaxRank)
    shape_error("repeat_interleave", "the operand ", x.shape(), " has ", kMaxRank, " axes; it takes one less");
  return record(repeat_interleave_def, {x}, {.i = {a, count}});
}

// --- tril, triu ---

namespace {

template <bool upper>
void triangle(const Call& c) noexcept {
  const Shape& shape = c.in[0].shape;
  const std::int64_t rows = shape[shape.rank() - 2], columns = last_size(shape);
  const std::int64_t count = rows_of(shape) / std::max<std::int64_t>(rows, 1);
  kernels::triangle(c.exec, size_of(c.in[0].dtype), upper, c.attrs->i[0], count, rows, columns, c.in[0].data,
                    c.out[0].data);
}

std::vector<Sample> triangle_samples() {
  std::vector<Sample> out;
  for (const SampleInput& in : operands(2)) {
    for (const std::int64_t k : {0, static_cast<int>(out.size()) % 7 - 3}) out.push_back({{in}, {.i = {k}}});
  }
  return out;
}

/// Beyond the matrix every k is alike; a small one cannot overflow.
std::int64_t offset_within(std::int64_t k, const Shape& shape) {
  const std::int64_t most = std::max(shape[shape.rank() - 2], last_size(shape));
  return std::clamp(k, -most - 1, most + 1);
}

}  // namespace

static constexpr OpDef tril_def{
    .name = "tril",  // attrs.i: k
    .infer = [](const Infer& c) { return std::vector<ValueInfo>{c.in[0]}; },
    .forward = triangle<false>,
    .vjp = [](const Vjp& v) { return Grads{record(tril_def, {v.gy[0]}, v.attrs)}; },
    .samples = triangle_samples,
    .source = "column - row <= k",
    .shapes = "[*s, n, m] -> [*s, n, m]",
};
Var tril(const Var& x, std::int64_t k) {
  check_matrices("tril", x);
  return record(tril_def, {x}, {.i = {offset_within(k, x.shape())}});
}

static constexpr OpDef triu_def{
    .name = "triu",  // attrs.i: k
    .infer = [](const Infer& c) { return std::vector<ValueInfo>{c.in[0]}; },
    .forward = triangle<true>,
    .vjp = [](const Vjp& v) { return Grads{record(triu_def, {v.gy[0]}, v.attrs)}; },
    .samples = triangle_samples,
    .source = "column - row >= k",
    .shapes = "[*s, n, m] -> [*s, n, m]",
};
Var triu(const Var& x, std::int64_t k) {
  check_matrices("triu", x);
  return record(triu_def, {x}, {.i = {offset_within(k, x.shape())}});
}

// --- diagonal, diag_embed: transposes of each other ---

namespace {

/// The diagonal `offset` of a rows x columns matrix: how long it is, and where it begins.
struct Diagonal {
  std::int64_t size, row, column;
  Diagonal(std::int64_t rows, std::int64_t columns, std::int64_t offset)
      : size(0), row(std::max<std::int64_t>(-offset, 0)), column(std::max<std::int64_t>(offset, 0)) {
    size = std::max<std::int64_t>(0, std::min(rows - row, columns - column));
    if (size == 0) row = column = 0;
  }
};

/// Strides of the diagonal of the last two axes, on one axis instead of them; adds where it begins to `offset`.
Strides along(const Diagonal& d, const Shape& matrices, const Strides& strides, std::int64_t& offset) {
  Strides out = strides;
  const auto r = static_cast<std::size_t>(matrices.rank() - 2);
  out[r] = strides[r] + strides[r + 1];
  out[r + 1] = 0;
  offset += d.row * strides[r] + d.column * strides[r + 1];
  return out;
}

}  // namespace

static Var diag_embed(const Var& x, std::int64_t offset, std::int64_t rows, std::int64_t columns);

static constexpr OpDef diagonal_def{
    .name = "diagonal",  // of the last two axes; attrs.i: offset
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      const Shape& s = c.in[0].shape;
      const Diagonal d(s[s.rank() - 2], last_size(s), c.attrs.i[0]);
      return {{s.without(s.rank() - 1).with(s.rank() - 2, d.size), c.in[0].dtype}};
    },
    .vjp =
        [](const Vjp& v) {
          const Shape& s = v.in[0].shape();
          return Grads{diag_embed(v.gy[0], v.attrs.i[0], s[s.rank() - 2], last_size(s))};
        },
    .samples = triangle_samples,
    .view =
        [](const Operand& x, const Attrs& attrs, const Shape&, Strides& strides, std::int64_t& offset) {
          const Diagonal d(x.shape[x.shape.rank() - 2], last_size(x.shape), attrs.i[0]);
          strides = along(d, x.shape, x.strides, offset);
          return true;
        },
    .source = "column - row == offset",
    .shapes = "[*a, n, *b, m, *c] -> [*a, *b, *c, k]",
};
Var diagonal(const Var& x, std::int64_t offset, int axis_a, int axis_b) {
  const int a = normalize_axis(axis_a, x.rank(), "diagonal"), b = normalize_axis(axis_b, x.rank(), "diagonal");
  if (a == b) shape_error("diagonal", "axes ", axis_a, " and ", axis_b, " of ", x.shape(), " are the same");
  const Var m = movedim(x, std::array{a, b}, std::array{x.rank() - 2, x.rank() - 1});
  return record(diagonal_def, {m}, {.i = {offset_within(offset, m.shape())}});
}

static constexpr OpDef diag_embed_def{
    .name = "diag_embed",  // attrs.i: offset, rows, columns
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      const Shape& s = c.in[0].shape;
      return {{s.with(s.rank() - 1, c.attrs.i[1]).inserted(s.rank(), c.attrs.i[2]), c.in[0].dtype}};
    },
    .forward =
        [](const Call& c) noexcept {
          const Operand &x = c.in[0], &y = c.out[0];
          kernels::fill(c.exec, y.dtype, y.data, 0, y.size());
          std::int64_t offset = 0;
          const Strides strides = along({c.attrs->i[1], c.attrs->i[2], c.attrs->i[0]}, y.shape, y.strides, offset);
          const std::size_t bytes = size_of(x.dtype);
          kernels::copy(c.exec, bytes, x.shape, x.data, x.strides,
                        y.as<std::byte>() + offset * static_cast<std::int64_t>(bytes), strides);
        },
    .vjp = [](const Vjp& v) { return Grads{record(diagonal_def, {v.gy[0]}, {.i = {v.attrs.i[0]}})}; },
    .samples =
        [] {
          std::vector<Sample> out;
          for (const SampleInput& in : operands(1)) {
            const auto turn = static_cast<std::int64_t>(out.size());
            const std::int64_t n = last_size(in.shape), offset = turn % 5 - 2;
            if (in.shape.elements() > 130) continue;
            // Rows and columns as they must be, and some that are cut off behind the diagonal's end.
            const std::int64_t rows = n + std::max<std::int64_t>(-offset, 0) + (offset > 0 ? turn % 3 : 0);
            out.push_back({{in}, {.i = {offset, rows, n + std::max<std::int64_t>(offset, 0)}}});
          }
          return out;
        },
    .strided_inputs = 1,
    .source = "transpose of diagonal",
    .shapes = "[*s, n] -> [*s, m, m]",
};
static Var diag_embed(const Var& x, std::int64_t offset, std::int64_t rows, std::int64_t columns) {
  return record(diag_embed_def, {x}, {.i = {offset, rows, columns}});
}
Var diag_embed(const Var& x, std::int64_t offset) {
  if (x.rank() == 0 || x.rank() == kMaxRank)
    shape_error("diag_embed", "takes 1 to ", kMaxRank - 1, " axes, got ", x.shape());
  std::int64_t size = 0;
  if (offset == INT64_MIN || __builtin_add_overflow(last_size(x.shape()), offset < 0 ? -offset : offset, &size))
    shape_error("diag_embed", "offset ", offset, " for ", x.shape(), " does not fit 63 bits");
  return diag_embed(x, offset, size, size);
}

Var diag(const Var& x, std::int64_t offset) {
  if (x.rank() != 1 && x.rank() != 2) shape_error("diag", "takes a vector or a matrix, got ", x.shape());
  return x.rank() == 1 ? diag_embed(x, offset) : diagonal(x, offset);
}

static constexpr OpDef trace_def{
    .name = "trace",
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      if (c.in[0].shape.rank() != 2) shape_error(c.op, "takes a matrix, got ", c.in[0].shape);
      return {};
    },
    .expand = [](std::span<const Var> in, const Attrs&) { return std::vector{sum(diagonal(in[0]))}; },
    .samples =
        [] {
          std::vector<Sample> out;
          for (const SampleInput& in : operands(2)) {
            if (in.shape.rank() == 2) out.push_back({{in}});
          }
          for (const Shape& shape : {Shape{1, 2}, Shape{7, 3}, Shape{3, 7}, Shape{13, 13}, Shape{2, 2}, Shape{31, 2},
                                     Shape{3, 0}, Shape{4, 4}, Shape{5, 5}, Shape{2, 17}, Shape{6, 1}, Shape{8, 8}})
            out.push_back({{{.shape = shape}}});
          return out;
        },
    .source = "sum of the diagonal",
    .shapes = "[n, m] -> []",
};
Var trace(const Var& x) { return record(trace_def, {x}); }

// --- unfold ---

static constexpr OpDef unfold_backward_def{
    .name = "unfold_backward",  // attrs.i: axis, size, step, elements of the axis
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      check_float(c, 0, "gy");
      const Shape& s = c.in[0].shape;
      return {{s.without(s.rank() - 1).with(axis_of(c.attrs), c.attrs.i[3]), c.in[0].dtype}};
    },
    .forward =
        [](const Call& c) noexcept {
          const auto& i = c.attrs->i;
          const Extents e(c.out[0].shape, AxisRange({.i = {i[0], i[0] + 1}}));
          visit_float(c.in[0].dtype, [&]<class T>(T) {
            kernels::unfold_backward<T>(c.exec, {e.outer, e.n, e.inner, i[1], i[2]}, c.in[0].as<T>(), c.out[0].as<T>());
          });
        },
    .vjp = [](const Vjp& v) { return Grads{unfold(v.gy[0], axis_of(v.attrs), v.attrs.i[1], v.attrs.i[2])}; },
    .samples =
        [] {
          std::vector<Sample> out;
          for (const SampleInput& in : operands(2)) {  // windows on axis 0
            const std::int64_t size = last_size(in.shape), count = in.shape[0],
                               turn = static_cast<std::int64_t>(out.size());
            if (size == 0 || count == 0) continue;
            for (const std::int64_t step : {std::int64_t{1}, turn % 3 + 1})
              out.push_back({{in}, {.i = {0, size, step, (count - 1) * step + size + turn % 2}}});
          }
          for (Sample& s : out) {  // a remainder of the axis that is at least a step would be one more window
            if ((s.attrs.i[3] - s.attrs.i[1]) / s.attrs.i[2] + 1 != s.in[0].shape[0]) --s.attrs.i[3];
          }
          out.push_back({{{.shape = {2, 0, 2}}}, {.i = {0, 2, 1, 3}}});
          return out;
        },
    .source = "transpose of unfold",
};

static constexpr OpDef unfold_def{
    .name = "unfold",  // attrs.i: axis, size, step
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      const auto& i = c.attrs.i;
      const Shape& s = c.in[0].shape;
      return {
          {s.with(axis_of(c.attrs), (s[axis_of(c.attrs)] - i[1]) / i[2] + 1).inserted(s.rank(), i[1]), c.in[0].dtype}};
    },
    .vjp =
        [](const Vjp& v) {
          Attrs attrs = v.attrs;
          attrs.i.push_back(v.in[0].shape()[axis_of(attrs)]);
          return Grads{record(unfold_backward_def, {v.gy[0]}, std::move(attrs))};
        },
    .samples =
        [] {
          std::vector<Sample> out;
          for (const SampleInput& in : operands(1)) {
            const auto turn = static_cast<std::int64_t>(out.size());
            const std::int64_t axis = turn % in.shape.rank(), n = in.shape[static_cast<int>(axis)];
            if (in.shape.elements() > 200 || n == 0) continue;
            out.push_back({{in}, {.i = {axis, std::min(n, turn % 4 + 1), turn % 3 + 1}}});
          }
          out.push_back({{{.shape = {3, 0}}}, {.i = {0, 2, 1}}});
          return out;
        },
    .view =
        [](const Operand& x, const Attrs& attrs, const Shape& shape, Strides& strides, std::int64_t&) {
          strides = x.strides;
          const auto axis = static_cast<std::size_t>(attrs.i[0]);
          strides[static_cast<std::size_t>(shape.rank() - 1)] = strides[axis];
          strides[axis] *= attrs.i[2];
          return true;
        },
    .source = "y[.., w, .., k] = x[.., w step + k, ..]",
    .shapes = "[*a, n, *b] -> [*a, (n - size) / step + 1, *b, size]",
};
Var unfold(const Var& x, int axis, std::int64_t size, std::int64_t step) {
  const int a = normalize_axis(axis, x.rank(), "unfold");
  if (size < 1 || size > x.shape()[a] || step < 1)
    shape_error("unfold", "axis ", axis, " of ", x.shape(), " has no windows of ", size, " in steps of ", step,
                "; 1 <= size <= ", x.shape()[a], " and step >= 1 do");
  if (x.rank() == kMaxRank)
    shape_error("unfold", "the operand ", x.shape(), " has ", kMaxRank, " axes; it takes one less");
  return record(unfold_def, {x}, {.i = {a, size, std::min(step, x.shape()[a])}});
}

OpList arrange_ops() {
  static constexpr const OpDef* ops[] = {
      &flip_def,     &roll_def,       &repeat_def, &tile_def,   &repeat_interleave_def, &tril_def, &triu_def,
      &diagonal_def, &diag_embed_def, &trace_def,  &unfold_def, &unfold_backward_def};
  return ops;
}

}  // namespace neuro
