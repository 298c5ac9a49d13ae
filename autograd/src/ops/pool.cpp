// Pooling over one to three spatial axes, channel-first.
#include "neuro/kernels/pool.h"

#include <limits>

#include "neuro/ops.h"
#include "ops/ops_internal.h"
#include "ops/rules.h"
#include "ops/samples.h"
#include "ops/window.h"

namespace neuro {
namespace {

using kernels::Pool;

// Attrs.i for n spatial axes: kernel n, stride n, padding 2 n (before, after), dilation n, ceil mode, count padding;
// for an average's derivative then the n sizes of x.
template <int n>
struct PoolAttrs {
  static constexpr std::size_t kSize = 5 * n + 2;
  const std::vector<std::int64_t>& i;

  WindowAxis axis(int k) const { return {at(k), at(n + k), at(2 * n + 2 * k), at(2 * n + 2 * k + 1), at(4 * n + k)}; }
  bool ceil() const { return at(5 * n) != 0; }
  bool count_padding() const { return at(5 * n + 1) != 0; }

 private:
  std::int64_t at(int k) const { return i[static_cast<std::size_t>(k)]; }
};

template <int n>
Attrs pool_attrs(const char* op, const PoolOptions<n>& o) {
  Attrs attrs;
  for (const std::int64_t k : o.kernel) attrs.i.push_back(check_at_least(op, "kernel", k, 1));
  for (std::size_t k = 0; k < n; ++k) {
    attrs.i.push_back(o.stride[k] == 0 ? o.kernel[k] : check_at_least(op, "stride", o.stride[k], 1));
  }
  for (std::size_t k = 0; k < 2 * n; ++k) {  // else a window could lie in the padding alone
    if (o.padding[k] < 0 || o.padding[k] > o.kernel[k / 2] / 2) {
      throw Error(ErrorCode::invalid_argument, str(op, ": padding ", o.padding[k], " must be in [0, ",
                                                   o.kernel[k / 2] / 2, "], half the kernel of ", o.kernel[k / 2]));
    }
    attrs.i.push_back(o.padding[k]);
  }
  for (const std::int64_t d : o.dilation) attrs.i.push_back(check_at_least(op, "dilation", d, 1));
  attrs.i.push_back(o.ceil_mode);
  attrs.i.push_back(o.count_include_pad);
  return attrs;
}

template <int n>
Pool problem(const Shape& x, const Shape& y, const Attrs& attrs) {
  const PoolAttrs<n> a{attrs.i};
  Pool p{.planes = x[0] * x[1], .d = {}, .h = {}, .w = {}, .count_padding = a.count_padding()};
  Pool::Axis* const axes[] = {&p.d, &p.h, &p.w};
  for (int k = 0; k < n; ++k) {
    const WindowAxis w = a.axis(k);
    *axes[3 - n + k] = {x[2 + k], y[2 + k], w.kernel, w.stride, w.before, w.after, w.dilation};
  }
  return p;
}

/// Elements of one plane.
std::int64_t plane_size(const Shape& shape) {
  std::int64_t size = 1;
  for (int k = 2; k < shape.rank(); ++k) size *= shape[k];
  return size;
}

/// Indices in a plane are i32.
void check_plane(const char* op, const Shape& x) {
  if (plane_size(x) > std::numeric_limits<std::int32_t>::max())
    shape_error(op, "a plane of x ", x, " has more than ", std::numeric_limits<std::int32_t>::max(), " elements");
}

template <int n>
Shape pooled(const char* op, const Shape& x, const Attrs& attrs) {
  static constexpr const char* kAxes[] = {"L", "H, W", "D, H, W"};
  const PoolAttrs<n> a{attrs.i};
  if (x.rank() != n + 2) shape_error(op, "x must be [N, C, ", kAxes[n - 1], "], got ", x);
  std::vector<std::int64_t> sizes{x[0], x[1]};
  for (int k = 0; k < n; ++k) sizes.push_back(window_count(op, x, 2 + k, a.axis(k), a.ceil()));
  check_plane(op, x);
  return Shape(sizes);
}

/// [N, C] of gy and then `sizes`.
Shape resized(const Shape& gy, std::span<const std::int64_t> sizes) {
  std::vector<std::int64_t> out{gy[0], gy[1]};
  out.insert(out.end(), sizes.begin(), sizes.end());
  return Shape(out);
}

std::vector<std::int64_t> spatial(const Shape& shape) { return {shape.begin() + 2, shape.end()}; }

// --- Samples ---

struct PoolCase {
  Shape x;
  std::vector<std::int64_t> options;  ///< kernel, stride, padding, dilation; ceil and count flags follow
  bool strided = false;
};

template <int n>
const std::vector<PoolCase>& pool_cases();

template <>
const std::vector<PoolCase>& pool_cases<1>() {
  static const std::vector<PoolCase> cases = {
      {{1, 1, 2}, {2, 2, 0, 0, 1}},  {{2, 3, 4}, {2, 2, 0, 0, 1}},  {{1, 2, 7}, {3, 2, 1, 1, 1}},
      {{1, 1, 1}, {1, 1, 0, 0, 1}},  {{1, 1, 5}, {5, 5, 0, 0, 1}},  {{2, 2, 9}, {3, 1, 1, 1, 1}},
      {{1, 1, 17}, {2, 3, 1, 0, 1}}, {{3, 1, 8}, {4, 3, 2, 2, 1}},  {{1, 3, 11}, {3, 2, 0, 1, 2}},
      {{1, 1, 31}, {3, 3, 0, 0, 4}}, {{2, 1, 6}, {2, 1, 1, 0, 1}},  {{1, 5, 3}, {3, 1, 1, 1, 1}},
      {{1, 1, 13}, {7, 2, 3, 3, 1}}, {{1, 2, 10}, {2, 4, 0, 0, 1}}, {{5, 1, 4}, {1, 2, 0, 0, 1}},
      {{1, 1, 40}, {5, 2, 2, 1, 1}}, {{2, 3, 5}, {2, 2, 1, 1, 1}},  {{1, 7, 2}, {2, 1, 0, 0, 1}},
      {{0, 2, 4}, {2, 2, 0, 0, 1}},  {{1, 1, 37}, {1, 1, 0, 0, 1}}, {{2, 2, 6}, {3, 2, 1, 0, 1}, true},
  };
  return cases;
}

template <>
const std::vector<PoolCase>& pool_cases<2>() {
  static const std::vector<PoolCase> cases = {
      {{1, 1, 2, 2}, {2, 2, 2, 2, 0, 0, 0, 0, 1, 1}},       {{1, 1, 4, 4}, {2, 2, 2, 2, 0, 0, 0, 0, 1, 1}},
      {{2, 3, 4, 4}, {2, 2, 2, 2, 0, 0, 0, 0, 1, 1}},       {{1, 2, 5, 7}, {2, 2, 2, 2, 0, 0, 0, 0, 1, 1}},
      {{1, 1, 1, 1}, {1, 1, 1, 1, 0, 0, 0, 0, 1, 1}},       {{1, 1, 3, 3}, {3, 3, 3, 3, 0, 0, 0, 0, 1, 1}},
      {{1, 2, 5, 5}, {3, 3, 1, 1, 1, 1, 1, 1, 1, 1}},       {{1, 1, 6, 6}, {3, 3, 2, 2, 1, 1, 1, 1, 1, 1}},
      {{2, 1, 5, 4}, {2, 3, 1, 2, 0, 0, 0, 0, 1, 1}},       {{1, 2, 4, 5}, {2, 2, 1, 1, 1, 0, 0, 1, 1, 1}},
      {{1, 1, 7, 7}, {2, 2, 2, 2, 0, 0, 0, 0, 2, 2}},       {{1, 1, 8, 7}, {3, 2, 2, 1, 1, 1, 1, 1, 2, 2}},
      {{3, 1, 1, 6}, {1, 2, 1, 2, 0, 0, 0, 0, 1, 1}},       {{1, 3, 6, 1}, {2, 1, 2, 1, 0, 0, 0, 0, 1, 1}},
      {{1, 5, 2, 3}, {2, 2, 2, 2, 0, 0, 0, 0, 1, 1}},       {{1, 1, 9, 3}, {3, 3, 3, 3, 0, 0, 0, 0, 1, 1}},
      {{2, 2, 3, 3}, {2, 2, 1, 1, 0, 0, 0, 0, 1, 1}},       {{1, 1, 5, 5}, {4, 4, 3, 3, 2, 2, 2, 2, 1, 1}},
      {{1, 1, 5, 9}, {2, 4, 3, 2, 1, 1, 0, 0, 1, 1}},       {{1, 7, 2, 2}, {1, 1, 1, 1, 0, 0, 0, 0, 1, 1}},
      {{1, 2, 4, 6}, {2, 2, 2, 2, 0, 0, 0, 0, 1, 1}, true}, {{1, 2, 4, 19}, {3, 3, 2, 1, 1, 1, 1, 1, 1, 1}},
      {{0, 2, 4, 4}, {2, 2, 2, 2, 0, 0, 0, 0, 1, 1}},
  };
  return cases;
}

template <>
const std::vector<PoolCase>& pool_cases<3>() {
  static const std::vector<PoolCase> cases = {
      {{1, 1, 2, 2, 2}, {2, 2, 2, 2, 2, 2, 0, 0, 0, 0, 0, 0, 1, 1, 1}},
      {{1, 2, 2, 2, 3}, {1, 2, 2, 1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1}},
      {{1, 1, 3, 3, 3}, {2, 2, 2, 1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1}},
      {{1, 1, 3, 3, 3}, {3, 3, 3, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
      {{1, 1, 1, 1, 1}, {1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1}},
      {{2, 1, 2, 3, 4}, {2, 1, 3, 2, 2, 1, 1, 0, 0, 0, 1, 1, 1, 1, 1}},
      {{1, 1, 4, 4, 3}, {2, 2, 2, 2, 2, 2, 1, 1, 0, 0, 1, 0, 1, 1, 1}},
      {{1, 1, 5, 3, 3}, {2, 2, 2, 2, 1, 1, 0, 0, 0, 0, 0, 0, 3, 2, 1}},
      {{1, 2, 3, 2, 2}, {3, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
      {{1, 1, 1, 5, 4}, {1, 3, 2, 1, 2, 2, 0, 0, 1, 1, 0, 0, 1, 1, 1}},
      {{1, 1, 7, 1, 1}, {3, 1, 1, 2, 1, 1, 1, 0, 0, 0, 0, 0, 1, 1, 1}},
      {{1, 1, 1, 1, 9}, {1, 1, 2, 1, 1, 2, 0, 0, 0, 0, 0, 0, 1, 1, 1}},
      {{3, 1, 2, 2, 2}, {2, 2, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1}},
      {{1, 3, 2, 2, 2}, {1, 1, 2, 1, 1, 2, 0, 0, 0, 0, 0, 0, 1, 1, 1}},
      {{1, 1, 4, 3, 2}, {4, 3, 2, 3, 3, 3, 2, 1, 1, 1, 1, 1, 1, 1, 1}},
      {{1, 1, 2, 2, 5}, {2, 2, 4, 2, 2, 3, 0, 0, 0, 0, 2, 2, 1, 1, 1}},
      {{2, 2, 2, 1, 2}, {2, 1, 2, 2, 1, 2, 0, 0, 0, 0, 0, 0, 1, 1, 1}},
      {{1, 1, 3, 5, 3}, {1, 2, 2, 1, 2, 1, 0, 0, 1, 0, 0, 1, 1, 2, 1}},
      {{0, 1, 2, 2, 2}, {2, 2, 2, 2, 2, 2, 0, 0, 0, 0, 0, 0, 1, 1, 1}},
      {{1, 1, 3, 3, 2}, {2, 2, 2, 1, 2, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1}},
      {{1, 1, 2, 4, 3}, {2, 2, 2, 1, 2, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1}, true},
  };
  return cases;
}

/// The attributes of each case, with every pair of flags in turn.
template <int n>
std::vector<std::pair<PoolCase, Attrs>> flagged_cases() {
  std::vector<std::pair<PoolCase, Attrs>> out;
  for (const PoolCase& c : pool_cases<n>()) {
    Attrs attrs{.i = c.options};
    attrs.i.push_back(out.size() % 2);
    attrs.i.push_back(out.size() / 2 % 2);
    out.emplace_back(c, attrs);
  }
  return out;
}

template <int n>
std::vector<Sample> pool_samples(bool distinct) {
  std::vector<Sample> out;
  for (const auto& [c, attrs] : flagged_cases<n>())
    out.push_back({{{.shape = c.x, .lo = -4, .hi = 4, .distinct = distinct, .strided = c.strided}}, attrs});
  return out;
}

/// Operands of the derivatives of max pooling: `x`, an index for each output, then the sizes of the other side.
std::vector<Sample> index_samples(bool gather) {
  std::vector<Sample> out;
  const auto add = [&](const auto& cases) {
    for (const auto& [c, y] : cases) {
      const SampleInput index{.shape = y, .lo = 0, .hi = static_cast<double>(plane_size(c.x)), .dtype = DType::i32};
      out.push_back({{{.shape = gather ? c.x : y, .strided = c.strided}, index}, {.i = spatial(c.x)}});
    }
  };
  const auto sized = [](const auto& flagged, auto rank) {
    std::vector<std::pair<PoolCase, Shape>> cases;
    for (const auto& [c, attrs] : flagged) cases.emplace_back(c, pooled<decltype(rank)::value>("pool", c.x, attrs));
    return cases;
  };
  add(sized(flagged_cases<1>(), std::integral_constant<int, 1>{}));
  add(sized(flagged_cases<2>(), std::integral_constant<int, 2>{}));
  add(sized(flagged_cases<3>(), std::integral_constant<int, 3>{}));
  return out;
}

}  // namespace

// --- Max ---

static Var max_pool_backward(const Var& gy, const Var& index, const Attrs& attrs);

static constexpr OpDef max_pool_gather_def{
    .name = "max_pool_gather",  // the elements of x [N, C, ...] at `index`, in each plane
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      return {{c.in[1].shape, c.in[0].dtype}};
    },
    .forward =
        [](const Call& c) noexcept {
          const std::int64_t from = plane_size(c.in[0].shape), to = plane_size(c.out[0].shape);
          const std::int64_t planes = c.out[0].shape[0] * c.out[0].shape[1];
          const auto* index = c.in[1].as<std::int32_t>();
          visit_float(c.in[0].dtype, [&]<class T>(T) {
            for (std::int64_t p = 0; p < planes; ++p) {
              for (std::int64_t k = p * to; k < (p + 1) * to; ++k)
                c.out[0].as<T>()[k] = c.in[0].as<T>()[p * from + index[k]];
            }
          });
        },
    .vjp =
        [](const Vjp& v) {
          return Grads{max_pool_backward(v.gy[0], v.in[1], v.attrs), Var()};
        },
    .samples = [] { return index_samples(true); },
    .source = "transpose of max_pool_backward",
};

static constexpr OpDef max_pool_backward_def{
    .name = "max_pool_backward",  // attrs.i: the spatial sizes of x
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      return {{resized(c.in[0].shape, c.attrs.i), c.in[0].dtype}};
    },
    .forward =
        [](const Call& c) noexcept {
          const Shape &gy = c.in[0].shape, &gx = c.out[0].shape;
          visit_float(c.in[0].dtype, [&]<class T>(T) {
            kernels::max_pool_backward<T>(c.exec, gy[0] * gy[1], plane_size(gy), plane_size(gx), c.in[0].as<T>(),
                                          c.in[1].as<std::int32_t>(), c.out[0].as<T>());
          });
        },
    .vjp =
        [](const Vjp& v) {
          return Grads{record(max_pool_gather_def, {v.gy[0], v.in[1]}, v.attrs), Var()};
        },
    .samples = [] { return index_samples(false); },
    .source = "each gradient goes to the largest element of its window",
};
static Var max_pool_backward(const Var& gy, const Var& index, const Attrs& attrs) {
  return record(max_pool_backward_def, {gy, index}, attrs);
}

namespace {

Grads max_pool_vjp(const Vjp& v) { return {max_pool_backward(v.gy[0], v.out[1], {.i = spatial(v.in[0].shape())})}; }

template <int n>
constexpr OpDef max_pool_def{
    .name = n == 1   ? "max_pool1d"
            : n == 2 ? "max_pool2d"
                     : "max_pool3d",  // y, and each maximum's index in its plane
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      check_float(c, 0, "x");
      const Shape y = pooled<n>(c.op, c.in[0].shape, c.attrs);
      std::int64_t taps = 1;  // while running, a tap's number is held in f32
      for (int k = 0; k < n; ++k) taps = checked_product(c.op, taps, PoolAttrs<n>{c.attrs.i}.axis(k).kernel);
      if (taps > 1 << 24)
        shape_error(c.op, "a window of ", taps, " elements is larger than 2^24; x is ", c.in[0].shape);
      return {{y, c.in[0].dtype}, {y, DType::i32}};
    },
    .forward =
        [](const Call& c) noexcept {
          const Pool p = problem<n>(c.in[0].shape, c.out[0].shape, *c.attrs);
          visit_float(c.in[0].dtype, [&]<class T>(T) {
            kernels::max_pool<T>(c.exec, p, c.in[0].as<T>(), c.out[0].as<T>(), c.out[1].as<std::int32_t>());
          });
        },
    .scratch =
        [](const Call& c) {
          const Pool p = problem<n>(c.in[0].shape, c.out[0].shape, *c.attrs);
          std::size_t bytes = 0;
          visit_float(c.in[0].dtype, [&]<class T>(T) { bytes = kernels::max_pool_scratch<T>(*c.exec.table, p); });
          return bytes;
        },
    .vjp = max_pool_vjp,
    .samples = [] { return pool_samples<n>(true); },
    .source = "the first of equals under the window",
    .shapes = n == 1   ? "[N, C, L] -> [N, C, OL], the same i32"
              : n == 2 ? "[N, C, H, W] -> [N, C, OH, OW], the same i32"
                       : "[N, C, D, H, W] -> [N, C, OD, OH, OW], the same i32",
};

// --- Average ---

template <int n>
Var avg_pool_backward(const Var& gy, const Attrs& attrs);

template <int n>
constexpr OpDef avg_pool_def{
    .name = n == 1   ? "avg_pool1d"
            : n == 2 ? "avg_pool2d"
                     : "avg_pool3d",
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      check_float(c, 0, "x");
      return {{pooled<n>(c.op, c.in[0].shape, c.attrs), c.in[0].dtype}};
    },
    .forward =
        [](const Call& c) noexcept {
          const Pool p = problem<n>(c.in[0].shape, c.out[0].shape, *c.attrs);
          visit_float(c.in[0].dtype,
                      [&]<class T>(T) { kernels::avg_pool<T>(c.exec, p, c.in[0].as<T>(), c.out[0].as<T>()); });
        },
    .scratch =
        [](const Call& c) {
          const Pool p = problem<n>(c.in[0].shape, c.out[0].shape, *c.attrs);
          std::size_t bytes = 0;
          visit_float(c.in[0].dtype, [&]<class T>(T) { bytes = kernels::avg_pool_scratch<T>(*c.exec.table, p); });
          return bytes;
        },
    .vjp =
        [](const Vjp& v) {
          Attrs attrs = v.attrs;
          const std::vector<std::int64_t> sizes = spatial(v.in[0].shape());
          attrs.i.insert(attrs.i.end(), sizes.begin(), sizes.end());
          return Grads{avg_pool_backward<n>(v.gy[0], attrs)};
        },
    .samples = [] { return pool_samples<n>(false); },
    .source = "mean over the window",
    .shapes = n == 1   ? "[N, C, L] -> [N, C, OL]"
              : n == 2 ? "[N, C, H, W] -> [N, C, OH, OW]"
                       : "[N, C, D, H, W] -> [N, C, OD, OH, OW]",
};

template <int n>
constexpr OpDef avg_pool_backward_def{
    .name = n == 1   ? "avg_pool1d_backward"
            : n == 2 ? "avg_pool2d_backward"
                     : "avg_pool3d_backward",
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      return {{resized(c.in[0].shape, std::span(c.attrs.i).subspan(PoolAttrs<n>::kSize)), c.in[0].dtype}};
    },
    .forward =
        [](const Call& c) noexcept {
          const Pool p = problem<n>(c.out[0].shape, c.in[0].shape, *c.attrs);
          visit_float(c.in[0].dtype,
                      [&]<class T>(T) { kernels::avg_pool_backward<T>(c.exec, p, c.in[0].as<T>(), c.out[0].as<T>()); });
        },
    .scratch =
        [](const Call& c) {
          const Pool p = problem<n>(c.out[0].shape, c.in[0].shape, *c.attrs);
          std::size_t bytes = 0;
          visit_float(c.in[0].dtype,
                      [&]<class T>(T) { bytes = kernels::avg_pool_backward_scratch<T>(*c.exec.table, p); });
          return bytes;
        },
    .vjp =
        [](const Vjp& v) {
          Attrs attrs = v.attrs;
          attrs.i.resize(PoolAttrs<n>::kSize);
          return Grads{record(avg_pool_def<n>, {v.gy[0]}, std::move(attrs))};
        },
    .samples =
        [] {
          std::vector<Sample> out;
          for (auto [c, attrs] : flagged_cases<n>()) {
            const Shape y = pooled<n>("pool", c.x, attrs);
            attrs.i.insert(attrs.i.end(), c.x.begin() + 2, c.x.end());
            out.push_back({{{.shape = y, .strided = c.strided}}, attrs});
          }
          return out;
        },
    .source = "transpose of the average",
};
template <int n>
Var avg_pool_backward(const Var& gy, const Attrs& attrs) {
  return record(avg_pool_backward_def<n>, {gy}, attrs);
}

template <int n>
Var max_pool(const Var& x, const PoolOptions<n>& options) {
  return record(max_pool_def<n>, {x}, pool_attrs<n>(max_pool_def<n>.name, options));
}
template <int n>
Var avg_pool(const Var& x, const PoolOptions<n>& options) {
  return record(avg_pool_def<n>, {x}, pool_attrs<n>(avg_pool_def<n>.name, options));
}

// --- Adaptive and global ---

/// x [N, C, ...] with one to three spatial axes, each with elements, and as many output sizes.
void check_adaptive(const Infer& c) {
  check_float(c, 0, "x");
  const Shape& x = c.in[0].shape;
  if (x.rank() < 3 || x.rank() > 5) shape_error(c.op, "x must be [N, C, ...] with 1 to 3 spatial axes, got ", x);
  if (static_cast<int>(c.attrs.i.size()) != x.rank() - 2)
    shape_error(c.op, "takes ", x.rank() - 2, " sizes for the spatial axes of x ", x, ", got ", c.attrs.i.size());
  for (int k = 2; k < x.rank(); ++k) {
    const std::int64_t size = c.attrs.i[static_cast<std::size_t>(k - 2)];
    if (size < 1 || x[k] < 1) shape_error(c.op, "axis ", k, " of x ", x, " cannot be pooled to ", size, " elements");
  }
  check_plane(c.op, x);
}

std::vector<Sample> adaptive_samples(bool distinct, bool global) {
  std::vector<Sample> out;
  for (const auto& [x, sizes] : samples::resizes()) {
    out.push_back({{{.shape = x, .lo = -4, .hi = 4, .distinct = distinct}}, {}});
    if (!global) out.back().attrs.i = sizes;
  }
  out.back().in[0].strided = true;
  return out;
}

}  // namespace

static constexpr OpDef adaptive_max_pool_def{
    .name = "adaptive_max_pool",  // y, and each maximum's index in its plane; attrs.i: output sizes
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      check_adaptive(c);
      const Shape y = resized(c.in[0].shape, c.attrs.i);
      return {{y, c.in[0].dtype}, {y, DType::i32}};
    },
    .forward =
        [](const Call& c) noexcept {
          const Shape &x = c.in[0].shape, &y = c.out[0].shape;
          Pool p{.planes = x[0] * x[1], .d = {}, .h = {}, .w = {}};
          Pool::Axis* const axes[] = {&p.d, &p.h, &p.w};
          for (int k = 2; k < x.rank(); ++k) {
            axes[5 - x.rank() + k - 2]->in = x[k];
            axes[5 - x.rank() + k - 2]->out = y[k];
          }
          visit_float(c.in[0].dtype, [&]<class T>(T) {
            kernels::adaptive_max_pool<T>(c.exec, p, c.in[0].as<T>(), c.out[0].as<T>(), c.out[1].as<std::int32_t>());
          });
        },
    .vjp = max_pool_vjp,
    .samples = [] { return adaptive_samples(true, false); },
    .source = "neuroscript.md, 5.5",
    .shapes = "[N, C, *s] -> [N, C, *t], the same i32",
};
Var adaptive_max_pool(const Var& x, std::span<const std::int64_t> sizes) {
  return record(adaptive_max_pool_def, {x}, {.i = {sizes.begin(), sizes.end()}});
}

namespace {

std::vector<ValueInfo> check_global(const Infer& c) {
  check_float(c, 0, "x");
  const Shape& x = c.in[0].shape;
  if (x.rank() < 3 || x.rank() > 5) shape_error(c.op, "x must be [N, C, ...] with 1 to 3 spatial axes, got ", x);
  if (plane_size(x) == 0) shape_error(c.op, "x ", x, " has no elements to pool");
  return {};
}

}  // namespace

static constexpr OpDef global_max_pool_def{
    .name = "global_max_pool",
    .infer = check_global,
    .expand =
        [](std::span<const Var> in, const Attrs&) {
          const std::vector<std::int64_t> ones(static_cast<std::size_t>(in[0].rank() - 2), 1);
          return std::vector{adaptive_max_pool(in[0], ones)};
        },
    .samples = [] { return adaptive_samples(true, true); },
    .source = "neuroscript.md, 5.5",
    .shapes = "[N, C, *s] -> [N, C, 1, ...]",
};
Var global_max_pool(const Var& x) { return record(global_max_pool_def, {x}); }

static constexpr OpDef global_avg_pool_def{
    .name = "global_avg_pool",
    .infer = check_global,
    .expand =
        [](std::span<const Var> in, const Attrs&) {
          const int axes[] = {2, 3, 4};
          return std::vector{
              mean(in[0], std::span(axes).first(static_cast<std::size_t>(in[0].rank() - 2)), KeepDim::yes)};
        },
    .samples = [] { return adaptive_samples(false, true); },
    .source = "neuroscript.md, 5.5",
    .shapes = "[N, C, *s] -> [N, C, 1, ...]",
};
Var global_avg_pool(const Var& x) { return record(global_avg_pool_def, {x}); }

Var max_pool1d(const Var& x, const Pool1dOptions& options) { return max_pool<1>(x, options); }
Var max_pool2d(const Var& x, const Pool2dOptions& options) { return max_pool<2>(x, options); }
Var max_pool3d(const Var& x, const Pool3dOptions& options) { return max_pool<3>(x, options); }
Var avg_pool1d(const Var& x, const Pool1dOptions& options) { return avg_pool<1>(x, options); }
Var avg_pool2d(const Var& x, const Pool2dOptions& options) { return avg_pool<2>(x, options); }
Var avg_pool3d(const Var& x, const Pool3dOptions& options) { return avg_pool<3>(x, options); }

OpList pool_ops() {
  static constexpr const OpDef* ops[] = {
      &max_pool_def<1>,          &max_pool_def<2>,          &max_pool_def<3>,          &max_pool_backward_def,
      &max_pool_gather_def,      &avg_pool_def<1>,          &avg_pool_def<2>,          &avg_pool_def<3>,
      &avg_pool_backward_def<1>, &avg_pool_backward_def<2>, &avg_pool_backward_def<3>, &adaptive_max_pool_def,
      &global_max_pool_def,      &global_avg_pool_def,
  };
  return ops;
}

}  // namespace neuro
