// Several values from one: parts of an axis, blocks, coordinates. Each is a handful of views.
#include "neuro/ops.h"
#include "ops/ops_internal.h"
#include "ops/rules.h"

namespace neuro {
namespace {

struct SplitCase {
  Shape shape;
  std::int64_t axis;
  bool strided = false;
};

const std::vector<SplitCase>& split_cases() {
  static const std::vector<SplitCase> cases = {
      {{1}, 0},       {{2}, 0},       {{5}, 0},          {{31}, 0},         {{1, 7}, 0},          {{1, 7}, 1},
      {{7, 1}, 0},    {{2, 3}, 0},    {{2, 3}, 1},       {{13, 11}, 0},     {{13, 11}, 1},        {{3, 17}, 1},
      {{2, 3, 4}, 0}, {{2, 3, 4}, 1}, {{2, 3, 4}, 2},    {{3, 1, 2}, 1},    {{2, 2, 3, 2}, 2},    {{2, 2, 3, 2}, 3},
      {{0, 3}, 1},    {{5, 3, 2}, 0}, {{4, 5}, 0, true}, {{4, 5}, 1, true}, {{2, 3, 5}, 1, true},
  };
  return cases;
}

template <class AttrsOf>
std::vector<Sample> samples_of(AttrsOf attrs_of) {
  std::vector<Sample> out;
  for (const SplitCase& c : split_cases())
    out.push_back({{{.shape = c.shape, .strided = c.strided}}, attrs_of(c.shape, c.axis)});
  return out;
}

int axis_of(const Attrs& attrs) { return static_cast<int>(attrs.i[0]); }

}  // namespace

static constexpr OpDef split_def{
    .name = "split",  // attrs.i: axis, sizes
    .expand =
        [](std::span<const Var> in, const Attrs& attrs) {
          std::vector<Var> out;
          std::int64_t begin = 0;
          for (std::size_t k = 1; k < attrs.i.size(); ++k) {
            out.push_back(slice(in[0], axis_of(attrs), begin, begin + attrs.i[k]));
            begin += attrs.i[k];
          }
          return out;
        },
    .samples =
        [] {
          return samples_of([](const Shape& shape, std::int64_t axis) {
            const std::int64_t n = shape[static_cast<int>(axis)];
            return Attrs{.i = {axis, n / 3, 0, n - n / 3}};
          });
        },
    .source = "parts of an axis",
    .shapes = "[*a, n, *b] -> [*a, n_1, *b], ...",
};
std::vector<Var> split(const Var& x, std::span<const std::int64_t> sizes, int axis) {
  Attrs attrs{.i = {normalize_axis(axis, x.rank(), "split")}};
  std::int64_t left = x.shape()[axis_of(attrs)];
  for (const std::int64_t size : sizes) {
    if (size < 0 || size > left)
      shape_error("split", "part ", attrs.i.size() - 1, " has size ", size, ", and ", left, " are left of axis ", axis,
                  " of ", x.shape());
    left -= size;
    attrs.i.push_back(size);
  }
  if (left != 0 || sizes.empty())
    shape_error("split", "the sizes leave ", left, " elements of axis ", axis, " of ", x.shape());
  return record_all(split_def, std::span(&x, 1), std::move(attrs));
}
std::vector<Var> split(const Var& x, std::int64_t size, int axis) {
  const std::int64_t n = x.shape()[normalize_axis(axis, x.rank(), "split")];
  if (size < 1) shape_error("split", "parts of size ", size, " of axis ", axis, " of ", x.shape());
  std::vector<std::int64_t> sizes;
  for (std::int64_t left = n; left > 0 || sizes.empty(); left -= size) sizes.push_back(std::min(left, size));
  return split(x, sizes, axis);
}

static constexpr OpDef chunk_def{
    .name = "chunk",  // attrs.i: axis, how many
    .expand =
        [](std::span<const Var> in, const Attrs& attrs) {
          const std::int64_t n = in[0].shape()[axis_of(attrs)];
          return split(in[0], std::max<std::int64_t>(1, (n - 1) / attrs.i[1] + 1), axis_of(attrs));
        },
    .samples =
        [] {
          return samples_of([](const Shape& shape, std::int64_t axis) {
            return Attrs{.i = {axis, 1 + shape.elements() % 4}};
          });
        },
    .source = "split in parts of ceil(n / count)",
    .shapes = "[*a, n, *b] -> [*a, n_1, *b], ...",
};
std::vector<Var> chunk(const Var& x, std::int64_t count, int axis) {
  const int a = normalize_axis(axis, x.rank(), "chunk");
  if (count < 1) shape_error("chunk", "axis ", axis, " of ", x.shape(), " cannot be cut into ", count, " parts");
  return record_all(chunk_def, std::span(&x, 1), {.i = {a, count}});
}

static constexpr OpDef unbind_def{
    .name = "unbind",  // attrs.i: axis
    .expand =
        [](std::span<const Var> in, const Attrs& attrs) {
          const int axis = axis_of(attrs);
          std::vector<Var> out;
          for (std::int64_t k = 0; k < in[0].shape()[axis]; ++k)
            out.push_back(squeeze(slice(in[0], axis, k, k + 1), axis));
          return out;
        },
    .samples = [] { return samples_of([](const Shape&, std::int64_t axis) { return Attrs{.i = {axis}}; }); },
    .source = "elements of an axis",
    .shapes = "[*a, n, *b] -> n times [*a, *b]",
};
std::vector<Var> unbind(const Var& x, int axis) {
  return record_all(unbind_def, std::span(&x, 1), {.i = {normalize_axis(axis, x.rank(), "unbind")}});
}

static constexpr OpDef chunks_def{
    .name = "chunks",  // attrs.i: the shape of a block
    .expand =
        [](std::span<const Var> in, const Attrs& attrs) {
          std::vector<Var> blocks{in[0]};
          for (int axis = 0; axis < in[0].rank(); ++axis) {
            const std::int64_t size = attrs.i[static_cast<std::size_t>(axis)];
            std::vector<Var> finer;
            for (const Var& block : blocks) {
              for (std::int64_t begin = 0; begin + size <= in[0].shape()[axis]; begin += size)
                finer.push_back(slice(block, axis, begin, begin + size));
            }
            blocks = std::move(finer);
          }
          return blocks;
        },
    .samples =
        [] {
          std::vector<Sample> out;
          for (const SplitCase& c : split_cases()) {
            if (c.shape.elements() == 0) continue;
            Attrs attrs;
            for (const std::int64_t n : c.shape) attrs.i.push_back(n > 4 ? n / 2 : (n + 1) / 2);
            out.push_back({{{.shape = c.shape, .strided = c.strided}}, attrs});
          }
          return out;
        },
    .source = "autograd.md, section 2",
    .shapes = "[*s] -> blocks [*t]",
};
std::vector<Var> chunks(const Var& x, const Shape& shape) {
  if (shape.rank() != x.rank())
    shape_error("chunks", "a block ", shape, " must have as many axes as the operand, which is ", x.shape());
  for (int axis = 0; axis < x.rank(); ++axis) {
    if (shape[axis] < 1 || shape[axis] > x.shape()[axis])
      shape_error("chunks", "axis ", axis, " of ", x.shape(), " has no block of size ", shape[axis]);
  }
  return record_all(chunks_def, std::span(&x, 1), {.i = {shape.begin(), shape.end()}});
}

static constexpr OpDef meshgrid_def{
    .name = "meshgrid",
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      for (std::size_t k = 0; k < c.in.size(); ++k) {
        if (c.in[k].shape.rank() != 1) shape_error(c.op, "operand ", k, " must have one axis, got ", c.in[k].shape);
      }
      return {};
    },
    .expand =
        [](std::span<const Var> in, const Attrs&) {
          std::vector<std::int64_t> sizes;
          for (const Var& x : in) sizes.push_back(x.shape()[0]);
          const Shape grid(sizes);
          std::vector<Var> out;
          for (std::size_t k = 0; k < in.size(); ++k) {
            std::vector<std::int64_t> line(in.size(), 1);
            line[k] = sizes[k];
            out.push_back(broadcast_to(reshape(in[k], line), grid));
          }
          return out;
        },
    .samples =
        [] {
          std::vector<Sample> out;
          const std::vector<std::vector<std::int64_t>> cases = {
              {1},    {5},       {1, 1},    {1, 7},    {7, 1},       {2, 3},    {3, 2},
              {5, 5}, {13, 2},   {2, 17},   {1, 1, 1}, {2, 3, 4},    {4, 1, 2}, {0, 3},
              {3, 0}, {2, 2, 2}, {3, 5, 1}, {31, 2},   {1, 2, 3, 2}, {6, 4},    {2, 2, 2, 2}};
          for (const auto& sizes : cases) {
            Sample s;
            for (const std::int64_t n : sizes) s.in.push_back({.shape = {n}, .strided = out.size() % 4 == 3});
            out.push_back(std::move(s));
          }
          return out;
        },
    .source = "coordinates of a grid",
    .shapes = "[n], [m], ... -> each [n, m, ...]",
};
std::vector<Var> meshgrid(std::span<const Var> xs) {
  if (xs.empty()) throw Error(ErrorCode::invalid_argument, "meshgrid: no operands");
  return record_all(meshgrid_def, xs);
}

OpList split_ops() {
  static constexpr const OpDef* ops[] = {&split_def, &chunk_def, &unbind_def, &chunks_def, &meshgrid_def};
  return ops;
}

}  // namespace neuro
