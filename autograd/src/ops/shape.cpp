// Operations that move elements without computing: views where strides can express them, copies elsewhere.
#include <algorithm>
#include <numeric>

#include "neuro/kernels/gather.h"
#include "neuro/ops.h"
#include "ops/ops_internal.h"
#include "ops/rules.h"
#include "ops/samples.h"

namespace neuro {
namespace {

constexpr const char* kSpec = "autograd.md, section 2";

std::vector<std::int64_t> sizes_of(const Shape& shape) { return {shape.begin(), shape.end()}; }

Shape shape_in(const Attrs& attrs) { return Shape(std::span<const std::int64_t>(attrs.i)); }

/// The bytes of `operand` from element `offset` on.
void* at(const Operand& operand, std::int64_t offset) {
  return operand.as<std::byte>() + offset * static_cast<std::int64_t>(size_of(operand.dtype));
}

}  // namespace

// --- contiguous ---

constexpr OpDef contiguous_def{
    .name = "contiguous",
    .infer = [](const Infer& c) { return std::vector<ValueInfo>{c.in[0]}; },
    .forward =
        [](const Call& c) noexcept {
          const Operand &x = c.in[0], &y = c.out[0];
          kernels::copy(c.exec, size_of(x.dtype), x.shape, x.data, x.strides, y.data, y.strides);
        },
    .vjp = [](const Vjp& v) { return Grads{v.gy[0]}; },
    .samples = [] { return samples::unary({}); },
    .strided_inputs = 1,
    .takes_bf16 = true,
    .source = "identity",
    .shapes = "[*s] -> [*s]",
};
Var contiguous(const Var& x) { return record(contiguous_def, {x}); }

// --- reshape ---

// New strides over the same memory: runs of axes of the old and the new shape that hold the same number of elements
// are matched; within a run the old axes must lie one inside the other.
static bool reshape_view(const Operand& x, const Attrs&, const Shape& shape, Strides& strides, std::int64_t&) {
  if (shape.elements() == 0 || shape.elements() == 1) {
    strides = contiguous_strides(shape);
    return true;
  }
  std::vector<std::int64_t> size, step;  // the old axes that have neighbours
  for (int i = 0; i < x.shape.rank(); ++i) {
    if (x.shape[i] == 1) continue;
    size.push_back(x.shape[i]);
    step.push_back(x.strides[static_cast<std::size_t>(i)]);
  }
  std::size_t old = 0;
  for (int i = 0; i < shape.rank();) {
    if (shape[i] == 1) {
      strides[static_cast<std::size_t>(i++)] = 0;
      continue;
    }
    std::int64_t want = shape[i], have = size[old];
    int end = i + 1;
    std::size_t old_end = old + 1;
    while (want != have) want < have ? want *= shape[end++] : have *= size[old_end++];
    for (std::size_t k = old; k + 1 < old_end; ++k) {
      if (step[k] != step[k + 1] * size[k + 1]) return false;
    }
    std::int64_t s = step[old_end - 1];
    for (int k = end - 1; k >= i; --k) {
      strides[static_cast<std::size_t>(k)] = s;
      s *= shape[k];
    }
    i = end;
    old = old_end;
  }
  return true;
}

constexpr OpDef reshape_def{
    .name = "reshape",
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      const Shape shape = shape_in(c.attrs);
      if (shape.elements() != c.in[0].shape.elements()) {
        shape_error(c.op, "shape ", c.in[0].shape, " has ", c.in[0].shape.elements(), " elements, ", shape, " has ",
                    shape.elements());
      }
      return {{shape, c.in[0].dtype}};
    },
    .vjp = [](const Vjp& v) { return Grads{reshape(v.gy[0], v.in[0].shape())}; },
    .samples =
        [] {
          std::vector<Sample> out;
          const std::pair<Shape, Shape> cases[] = {
              {{}, {1}},
              {{1}, {}},
              {{1}, {1, 1, 1}},
              {{6}, {2, 3}},
              {{2, 3}, {6}},
              {{2, 3}, {3, 2}},
              {{2, 3}, {2, 1, 3}},
              {{1, 5}, {5}},
              {{5, 1}, {1, 5}},
              {{4, 6}, {2, 2, 3, 2}},
              {{2, 2, 3, 2}, {4, 6}},
              {{12}, {2, 1, 6}},
              {{3, 4}, {12, 1}},
              {{7, 1, 2}, {14}},
              {{0, 3}, {3, 0}},
              {{0}, {2, 0}},
              {{8, 9}, {72}},
              {{2, 3, 5}, {5, 6}},
              {{2, 3, 5}, {30}},
              {{31}, {1, 31}},
          };
          for (const auto& [from, to] : cases) out.push_back({{{.shape = from}}, {.i = sizes_of(to)}});
          for (std::size_t k : {4, 6, 9, 17}) {
            out.push_back(out[k]);
            out.back().in[0].strided = true;
          }
          return out;
        },
    .view = reshape_view,
    .source = kSpec,
    .shapes = "[*s] -> [*t], as many elements",
};

Var reshape(const Var& x, std::span<const std::int64_t> shape) {
  std::vector<std::int64_t> sizes(shape.begin(), shape.end());
  const auto free = std::find(sizes.begin(), sizes.end(), -1);
  if (free != sizes.end()) {
    std::int64_t known = 1;
    for (auto it = sizes.begin(); it != sizes.end(); ++it) {
      if (it == free) continue;
      if (*it == -1) shape_error("reshape", "only one size may be -1");
      if (__builtin_mul_overflow(known, *it, &known))
        shape_error("reshape", "the sizes beside -1 multiply to more than 63 bits; shape ", x.shape(), " has ",
                    x.shape().elements(), " elements");
    }
    if (known <= 0 || x.shape().elements() % known != 0) {
      shape_error("reshape", "the size -1 cannot be found: shape ", x.shape(), " has ", x.shape().elements(),
                  " elements, not a multiple of ", known);
    }
    *free = x.shape().elements() / known;
  }
  return record(reshape_def, {x}, {.i = std::move(sizes)});
}
Var reshape(const Var& x, std::initializer_list<std::int64_t> shape) {
  return reshape(x, std::span<const std::int64_t>(shape.begin(), shape.size()));
}
Var reshape(const Var& x, const Shape& shape) { return x.shape() == shape ? x : reshape(x, shape.dims()); }

Var flatten(const Var& x, int start, int end) {
  const Shape& shape = x.shape();
  if (shape.rank() == 0) return reshape(x, {1});
  const int a = normalize_axis(start, shape.rank(), "flatten"), b = normalize_axis(end, shape.rank(), "flatten");
  if (a > b) shape_error("flatten", "axis ", start, " comes after axis ", end, " of ", shape);
  std::vector<std::int64_t> sizes(shape.begin(), shape.begin() + a);
  sizes.push_back(std::accumulate(shape.begin() + a, shape.begin() + b + 1, std::int64_t{1}, std::multiplies<>()));
  sizes.insert(sizes.end(), shape.begin() + b + 1, shape.end());
  return reshape(x, Shape(sizes));
}

Var unsqueeze(const Var& x, int axis) {
  return under_name("unsqueeze",
                    [&] { return reshape(x, x.shape().inserted(normalize_axis(axis, x.rank() + 1, "unsqueeze"), 1)); });
}

Var squeeze(const Var& x, int axis) {
  const int a = normalize_axis(axis, x.rank(), "squeeze");
  if (x.shape()[a] != 1)
    shape_error("squeeze", "axis ", axis, " of ", x.shape(), " has size ", x.shape()[a], ", not 1");
  return reshape(x, x.shape().without(a));
}

// --- permute ---

constexpr OpDef permute_def{
    .name = "permute",  // attrs.i: axis k of the result is axis i[k] of the operand
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      std::vector<std::int64_t> sizes;
      for (const std::int64_t axis : c.attrs.i) sizes.push_back(c.in[0].shape[static_cast<int>(axis)]);
      return {{Shape(sizes), c.in[0].dtype}};
    },
    .vjp =
        [](const Vjp& v) {
          std::vector<int> inverse(v.attrs.i.size());
          for (std::size_t k = 0; k < inverse.size(); ++k)
            inverse[static_cast<std::size_t>(v.attrs.i[k])] = static_cast<int>(k);
          return Grads{permute(v.gy[0], inverse)};
        },
    .samples =
        [] {
          std::vector<Sample> out;
          const std::pair<Shape, std::vector<std::int64_t>> cases[] = {
              {{}, {}},
              {{1}, {0}},
              {{5}, {0}},
              {{2, 3}, {1, 0}},
              {{1, 7}, {1, 0}},
              {{7, 1}, {1, 0}},
              {{8, 8}, {1, 0}},
              {{13, 17}, {1, 0}},
              {{2, 3, 4}, {0, 1, 2}},
              {{2, 3, 4}, {0, 2, 1}},
              {{2, 3, 4}, {1, 0, 2}},
              {{2, 3, 4}, {1, 2, 0}},
              {{2, 3, 4}, {2, 0, 1}},
              {{2, 3, 4}, {2, 1, 0}},
              {{1, 3, 1}, {2, 1, 0}},
              {{2, 3, 2, 3}, {0, 2, 1, 3}},
              {{2, 3, 2, 3}, {3, 1, 2, 0}},
              {{2, 1, 2, 1, 3}, {4, 3, 2, 1, 0}},
              {{0, 3}, {1, 0}},
              {{5, 3, 2}, {1, 0, 2}},
          };
          for (const auto& [shape, axes] : cases) out.push_back({{{.shape = shape}}, {.i = axes}});
          for (std::size_t k : {3, 11, 15}) {
            out.push_back(out[k]);
            out.back().in[0].strided = true;
          }
          return out;
        },
    .view =
        [](const Operand& x, const Attrs& attrs, const Shape&, Strides& strides, std::int64_t&) {
          for (std::size_t k = 0; k < attrs.i.size(); ++k) strides[k] = x.strides[static_cast<std::size_t>(attrs.i[k])];
          return true;
        },
    .source = "axes in another order",
    .shapes = "[*s] -> the axes in another order",
};

Var permute(const Var& x, std::span<const int> axes) {
  Attrs attrs;
  std::array<bool, kMaxRank> seen{};
  for (const int axis : axes) {
    const int a = normalize_axis(axis, x.rank(), "permute");
    if (seen[static_cast<std::size_t>(a)])
      shape_error("permute", "axis ", axis, " is given twice; the operand has shape ", x.shape());
    seen[static_cast<std::size_t>(a)] = true;
    attrs.i.push_back(a);
  }
  if (static_cast<int>(axes.size()) != x.rank())
    shape_error("permute", "takes each of the ", x.rank(), " axes of ", x.shape(), " once, got ", axes.size());
  return record(permute_def, {x}, std::move(attrs));
}

Var transpose(const Var& x, int a, int b) {
  std::vector<int> axes(static_cast<std::size_t>(x.rank()));
  std::iota(axes.begin(), axes.end(), 0);
  std::swap(axes[static_cast<std::size_t>(normalize_axis(a, x.rank(), "transpose"))],
            axes[static_cast<std::size_t>(normalize_axis(b, x.rank(), "transpose"))]);
  return permute(x, axes);
}

Var t(const Var& x) {
  std::vector<int> axes(static_cast<std::size_t>(x.rank()));
  std::iota(axes.rbegin(), axes.rend(), 0);
  return permute(x, axes);
}

Var movedim(const Var& x, std::span<const int> from, std::span<const int> to) {
  if (from.size() != to.size())
    shape_error("movedim", from.size(), " axes have ", to.size(), " places to go to; x is ", x.shape());
  std::vector<int> axes(static_cast<std::size_t>(x.rank()), -1);  // of x, for each place
  std::vector<bool> moved(axes.size());
  for (std::size_t k = 0; k < from.size(); ++k) {
    const auto source = static_cast<std::size_t>(normalize_axis(from[k], x.rank(), "movedim"));
    const auto target = static_cast<std::size_t>(normalize_axis(to[k], x.rank(), "movedim"));
    if (moved[source] || axes[target] >= 0)
      shape_error("movedim", "axis ", from[k], " or place ", to[k], " is given twice; x is ", x.shape());
    moved[source] = true;
    axes[target] = static_cast<int>(source);
  }
  std::size_t next = 0;  // the others keep their order
  for (int& axis : axes) {
    if (axis >= 0) continue;
    while (moved[next]) ++next;
    axis = static_cast<int>(next++);
  }
  return std::is_sorted(axes.begin(), axes.end()) ? x : permute(x, axes);
}
Var movedim(const Var& x, int from, int to) { return movedim(x, std::span(&from, 1), std::span(&to, 1)); }

// --- broadcast_to ---

constexpr OpDef broadcast_to_def{
    .name = "broadcast_to",
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      const Shape shape = shape_in(c.attrs);
      const Shape& from = c.in[0].shape;
      for (int i = 1; i <= std::max(from.rank(), shape.rank()); ++i) {
        const bool fits = i > from.rank() || (i <= shape.rank() && (from.at(-i) == 1 || from.at(-i) == shape.at(-i)));
        if (!fits) shape_error(c.op, "shape ", from, " does not broadcast to ", shape, ": axis ", -i, " disagrees");
      }
      return {{shape, c.in[0].dtype}};
    },
    .vjp = [](const Vjp& v) { return Grads{v.gy[0]}; },  // summed where gradients are gathered
    .samples =
        [] {
          std::vector<Sample> out;
          const std::pair<Shape, Shape> cases[] = {
              {{}, {}},
              {{}, {1}},
              {{}, {5}},
              {{}, {2, 3}},
              {{1}, {1}},
              {{1}, {7}},
              {{3}, {3}},
              {{3}, {2, 3}},
              {{3}, {4, 2, 3}},
              {{2, 1}, {2, 3}},
              {{1, 3}, {2, 3}},
              {{1, 1}, {5, 7}},
              {{2, 1, 3}, {2, 4, 3}},
              {{1, 4, 1}, {3, 4, 2}},
              {{17}, {3, 17}},
              {{1, 3}, {0, 3}},
              {{1}, {0}},
              {{0, 1}, {2, 0, 3}},
              {{2, 3}, {2, 3}},
              {{5, 1, 1}, {5, 2, 2}},
              {{1, 2, 1, 2}, {2, 2, 2, 2}},
          };
          for (const auto& [from, to] : cases) out.push_back({{{.shape = from}}, {.i = sizes_of(to)}});
          for (std::size_t k : {9, 13, 18}) {
            out.push_back(out[k]);
            out.back().in[0].strided = true;
          }
          return out;
        },
    .view =
        [](const Operand& x, const Attrs&, const Shape& shape, Strides& strides, std::int64_t&) {
          strides = broadcast_strides(x.shape, x.strides, shape);
          return true;
        },
    .source = "NumPy's rule",
    .shapes = "[*s] -> [*t]",
};
Var broadcast_to(const Var& x, const Shape& shape) {
  return x.shape() == shape ? x : record(broadcast_to_def, {x}, {.i = sizes_of(shape)});
}

// --- slice, slice_scatter ---

namespace {

struct Range {
  int axis;
  std::int64_t begin, step;
};

/// Writes x over the elements of y that lie at begin, begin + step, ... on the axis.
void put(const kernels::Exec& exec, const Operand& x, const Operand& y, const Range& to) {
  Strides strides = y.strides;
  const auto axis = static_cast<std::size_t>(to.axis);
  const std::int64_t offset = to.begin * strides[axis];
  strides[axis] *= to.step;
  kernels::copy(exec, size_of(x.dtype), x.shape, x.data, x.strides, at(y, offset), strides);
}

std::vector<Sample> slice_samples(bool scatter) {
  struct Case {
    Shape whole;
    std::int64_t axis, begin, end, step;
    bool strided = false;
  };
  const Case cases[] = {
      {{1}, 0, 0, 1, 1},          {{5}, 0, 1, 4, 1},          {{7}, 0, 0, 7, 2},
      {{7}, 0, 1, 7, 3},          {{31}, 0, 30, 31, 1},       {{2, 3}, 0, 1, 2, 1},
      {{2, 3}, 1, 1, 3, 1},       {{2, 3}, 1, 0, 3, 2},       {{5, 1}, 0, 2, 5, 1},
      {{1, 5}, 1, 2, 5, 2},       {{3, 65}, 1, 1, 64, 1},     {{65, 3}, 0, 3, 60, 7},
      {{2, 3, 4}, 0, 0, 1, 1},    {{2, 3, 4}, 1, 1, 3, 1},    {{2, 3, 4}, 2, 1, 4, 2},
      {{2, 2, 3, 2}, 2, 0, 2, 1}, {{4, 4}, 0, 2, 2, 1},       {{0, 3}, 1, 1, 2, 1},
      {{4, 5}, 1, 1, 5, 2, true}, {{4, 5}, 0, 1, 3, 1, true}, {{2, 3, 5}, 1, 0, 3, 2, true},
  };
  std::vector<Sample> out;
  for (const Case& c : cases) {
    const int axis = static_cast<int>(c.axis);
    const Shape part = c.whole.with(axis, (c.end - c.begin + c.step - 1) / c.step);
    if (scatter) {
      out.push_back({{{.shape = part, .strided = c.strided}}, {.i = {c.axis, c.begin, c.step, c.whole[axis]}}});
    } else {
      out.push_back({{{.shape = c.whole, .strided = c.strided}}, {.i = {c.axis, c.begin, c.end, c.step}}});
    }
  }
  return out;
}

}  // namespace

static constexpr OpDef slice_def{
    .name = "slice",  // attrs.i: axis, begin, end, step
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      const auto& i = c.attrs.i;
      const std::int64_t size = i[2] == i[1] ? 0 : (i[2] - i[1] - 1) / i[3] + 1;
      return {{c.in[0].shape.with(static_cast<int>(i[0]), size), c.in[0].dtype}};
    },
    .vjp =
        [](const Vjp& v) {
          const auto& i = v.attrs.i;
          const int axis = static_cast<int>(i[0]);
          return Grads{slice_scatter(v.gy[0], axis, i[1], i[3], v.in[0].shape()[axis])};
        },
    .samples = [] { return slice_samples(false); },
    .view =
        [](const Operand& x, const Attrs& attrs, const Shape&, Strides& strides, std::int64_t& offset) {
          strides = x.strides;
          auto& s = strides[static_cast<std::size_t>(attrs.i[0])];
          offset = attrs.i[1] * s;
          s *= attrs.i[3];
          return true;
        },
    .source = kSpec,
    .shapes = "[*a, n, *b] -> [*a, ceil((end - begin) / step), *b]",
};
Var slice(const Var& x, int axis, std::int64_t begin, std::int64_t end, std::int64_t step) {
  const int a = normalize_axis(axis, x.rank(), "slice");
  if (begin < 0 || begin > end || end > x.shape()[a] || step < 1) {
    shape_error("slice", "[", begin, " : ", end, " : ", step, "] does not fit axis ", axis, " of ", x.shape(),
                "; 0 <= begin <= end <= ", x.shape()[a], " and step >= 1 do");
  }
  return record(slice_def, {x}, {.i = {a, begin, end, step}});
}

static constexpr OpDef slice_scatter_def{
    .name = "slice_scatter",  // attrs.i: axis, begin, step, size
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      return {{c.in[0].shape.with(static_cast<int>(c.attrs.i[0]), c.attrs.i[3]), c.in[0].dtype}};
    },
    .forward =
        [](const Call& c) noexcept {
          const auto& i = c.attrs->i;
          const Operand& y = c.out[0];
          kernels::fill(c.exec, y.dtype, y.data, 0, y.size());
          put(c.exec, c.in[0], y, {static_cast<int>(i[0]), i[1], i[2]});
        },
    .vjp =
        [](const Vjp& v) {
          const auto& i = v.attrs.i;
          const int axis = static_cast<int>(i[0]);
          const std::int64_t n = v.in[0].shape()[axis];
          return Grads{slice(v.gy[0], axis, i[1], n == 0 ? i[1] : i[1] + (n - 1) * i[2] + 1, i[2])};
        },
    .samples = [] { return slice_samples(true); },
    .strided_inputs = 1,
    .takes_bf16 = true,
    .source = "transpose of slice",
    .shapes = "[*a, n, *b] -> [*a, size, *b]",
};
Var slice_scatter(const Var& x, int axis, std::int64_t begin, std::int64_t step, std::int64_t size) {
  const int a = normalize_axis(axis, x.rank(), "slice_scatter");
  const std::int64_t n = x.shape()[a];
  if (begin < 0 || step < 1 || begin > size || (n > 0 && (begin == size || n - 1 > (size - 1 - begin) / step))) {
    shape_error("slice_scatter", n, " elements from ", begin, " in steps of ", step, " do not fit an axis of ", size,
                "; the operand has shape ", x.shape());
  }
  return record(slice_scatter_def, {x}, {.i = {a, begin, step, size}});
}

// --- concat ---

static constexpr OpDef concat_def{
    .name = "concat",  // attrs.i: axis
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      const int axis = static_cast<int>(c.attrs.i[0]);
      std::int64_t size = 0;
      for (std::size_t k = 0; k < c.in.size(); ++k) {
        check_same_type(c, k, "an operand");
        const Shape& s = c.in[k].shape;
        if (s.rank() != c.in[0].shape.rank() || s.with(axis, 1) != c.in[0].shape.with(axis, 1)) {
          shape_error(c.op, "operand ", k, " is ", s, ", the first ", c.in[0].shape, "; only axis ", axis,
                      " may differ");
        }
        if (__builtin_add_overflow(size, s[axis], &size))
          shape_error(c.op, "the sizes of axis ", axis, " add up to more than 63 bits");
      }
      return {{c.in[0].shape.with(axis, size), c.in[0].dtype}};
    },
    .forward =
        [](const Call& c) noexcept {
          const int axis = static_cast<int>(c.attrs->i[0]);
          std::int64_t begin = 0;
          for (const Operand& x : c.in) {
            put(c.exec, x, c.out[0], {axis, begin, 1});
            begin += x.shape[axis];
          }
        },
    .vjp =
        [](const Vjp& v) {
          const int axis = static_cast<int>(v.attrs.i[0]);
          Grads out;
          std::int64_t begin = 0;
          for (std::size_t k = 0; k < v.in.size(); ++k) {
            const std::int64_t end = begin + v.in[k].shape()[axis];
            out.push_back(v.wants(k) ? slice(v.gy[0], axis, begin, end) : Var());
            begin = end;
          }
          return out;
        },
    .samples =
        [] {
          struct Case {
            std::int64_t axis;
            std::vector<Shape> shapes;
            bool strided = false;
          };
          const Case cases[] = {
              {0, {{1}}},
              {0, {{1}, {1}}},
              {0, {{3}, {5}}},
              {0, {{7}, {1}, {2}}},
              {0, {{0}, {3}}},
              {0, {{2, 3}, {1, 3}}},
              {1, {{2, 3}, {2, 1}}},
              {1, {{2, 3}, {2, 3}, {2, 5}}},
              {0, {{1, 7}, {1, 7}}},
              {1, {{5, 1}, {5, 1}}},
              {1, {{3, 17}, {3, 16}}},
              {0, {{2, 3, 4}, {1, 3, 4}}},
              {1, {{2, 3, 4}, {2, 2, 4}}},
              {2, {{2, 3, 4}, {2, 3, 1}}},
              {1, {{1, 2, 2, 2}, {1, 3, 2, 2}}},
              {3, {{2, 1, 2, 1}, {2, 1, 2, 2}}},
              {1, {{0, 3}, {0, 2}}},
              {0, {{1, 1}, {1, 1}, {1, 1}, {1, 1}, {1, 1}}},
              {0, {{4, 5}, {2, 5}}, true},
              {1, {{4, 5}, {4, 2}}, true},
              {2, {{2, 3, 5}, {2, 3, 2}}, true},
          };
          std::vector<Sample> out;
          for (const Case& c : cases) {
            Sample s{{}, {.i = {c.axis}}};
            for (const Shape& shape : c.shapes) s.in.push_back({.shape = shape, .strided = c.strided});
            out.push_back(s);
          }
          return out;
        },
    .strided_inputs = ~0u,
    .takes_bf16 = true,
    .source = kSpec,
    .shapes = "[*a, n, *b] ... -> [*a, sum of n, *b]",
};

Var concat(std::span<const Var> xs, int axis) {
  if (xs.empty()) throw Error(ErrorCode::invalid_argument, "concat: no operands");
  return record(concat_def, xs, {.i = {normalize_axis(axis, xs[0].rank(), "concat")}});
}

Var stack(std::span<const Var> xs, int axis) {
  if (xs.empty()) throw Error(ErrorCode::invalid_argument, "stack: no operands");
  std::vector<Var> columns;
  for (const Var& x : xs) {
    if (x.shape() != xs[0].shape())
      shape_error("stack", "operand ", columns.size(), " is ", x.shape(), ", the first ", xs[0].shape());
    columns.push_back(under_name("stack", [&] { return unsqueeze(x, axis); }));
  }
  return concat(columns, axis);
}

// --- gradients of slices ---

// `x[begin : begin + n]` on an axis, inside zeros: what the gradient of a slice is.
bool is_slice_gradient(const Var& g) { return g.op() == &slice_scatter_def && g.attrs().i[2] == 1; }

Var join_slice_gradients(const Var& a, const Var& b) {
  const std::int64_t axis = a.attrs().i[0], begin_a = a.attrs().i[1], begin_b = b.attrs().i[1], size = a.attrs().i[3];
  if (a.shape() != b.shape() || axis != b.attrs().i[0]) return {};
  const Var x = a.inputs()[0], y = b.inputs()[0];
  const std::int64_t n_a = x.shape()[static_cast<int>(axis)], n_b = y.shape()[static_cast<int>(axis)];
  if (begin_a + n_a != begin_b) return begin_b + n_b == begin_a ? join_slice_gradients(b, a) : Var();
  std::vector<Var> parts;
  for (const Var& part : {x, y}) {  // what was joined before becomes one concat with what comes now
    const bool joined = part.op() == &concat_def && part.attrs().i[0] == axis;
    const std::vector<Var> more = joined ? part.inputs() : std::vector<Var>{part};
    parts.insert(parts.end(), more.begin(), more.end());
  }
  const Var whole = concat(parts, static_cast<int>(axis));
  return n_a + n_b == size ? whole : slice_scatter(whole, static_cast<int>(axis), begin_a, 1, size);
}

// --- convert ---

static constexpr OpDef convert_def{
    .name = "convert",  // attrs.i: type
    .infer =
        [](const Infer& c) {
          return std::vector<ValueInfo>{{c.in[0].shape, static_cast<DType>(c.attrs.i[0])}};
        },
    .forward =
        [](const Call& c) noexcept {
          kernels::convert(c.exec, c.in[0].dtype, c.in[0].data, c.out[0].dtype, c.out[0].data, c.in[0].size());
        },
    .vjp =
        [](const Vjp& v) {
          const DType type = v.in[0].dtype();
          return Grads{convert(v.gy[0], type == DType::bf16 ? DType::f32 : type)};
        },
    .samples =
        [] {
          // Not to f32: its rounding would drown a difference quotient. From f64 to f64 when the sweep runs in f64.
          std::vector<Sample> out = samples::unary({}, {.i = {static_cast<std::int64_t>(DType::f64)}});
          const std::pair<DType, DType> other[] = {
              {DType::f64, DType::i64},  {DType::f64, DType::i32},     {DType::i64, DType::f64},
              {DType::i32, DType::f64},  {DType::boolean, DType::f64}, {DType::i64, DType::i32},
              {DType::i32, DType::i64},  {DType::i64, DType::boolean}, {DType::i64, DType::bf16},
              {DType::bf16, DType::i64},
          };
          for (const auto& [from, to] : other) {
            out.push_back(
                {{{.shape = {3, 7}, .lo = -5, .hi = 5, .kinks = {-4, -3, -2, -1, 0, 1, 2, 3, 4}, .dtype = from}},
                 {.i = {static_cast<std::int64_t>(to)}}});
          }
          return out;
        },
    .takes_bf16 = true,
    .source = kSpec,
    .shapes = "[*s] -> [*s]",
};
Var convert(const Var& x, DType dtype) {
  return x.dtype() == dtype ? x : record(convert_def, {x}, {.i = {static_cast<std::int64_t>(dtype)}});
}

OpList shape_ops() {
  static constexpr const OpDef* ops[] = {&contiguous_def, &reshape_def,       &permute_def, &broadcast_to_def,
                                         &slice_def,      &slice_scatter_def, &concat_def,  &convert_def};
  return ops;
}

}  // namespace neuro
