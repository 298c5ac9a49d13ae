// Resizing, patches, and pixels moved between channels and space.
#include "neuro/kernels/resample.h"

#include <cmath>

#include "neuro/ops.h"
#include "ops/ops_internal.h"
#include "ops/rules.h"
#include "ops/samples.h"
#include "ops/window.h"

namespace neuro {
namespace {

using kernels::Pool;
using kernels::Resample;
using kernels::Resampling;

// --- One axis ---

// Attrs.i: axis, size (of the result), mode, align corners; attrs.f: step.
Resample problem(const Shape& x, const Shape& y, const Attrs& attrs) {
  const int axis = static_cast<int>(attrs.i[0]);
  Resample p{.outer = 1, .in = x[axis], .out = y[axis], .inner = 1};
  for (int k = 0; k < axis; ++k) p.outer *= x[k];
  for (int k = axis + 1; k < x.rank(); ++k) p.inner *= x[k];
  p.mode = static_cast<Resampling>(attrs.i[2]);
  p.align_corners = attrs.i[3] != 0;
  p.step = attrs.f[0];
  return p;
}

Attrs with_size(const Attrs& attrs, const Shape& shape) {
  Attrs out = attrs;
  out.i[1] = shape[static_cast<int>(attrs.i[0])];
  return out;
}

std::vector<ValueInfo> infer_resample(const Infer& c) {
  return {{c.in[0].shape.with(static_cast<int>(c.attrs.i[0]), c.attrs.i[1]), c.in[0].dtype}};
}

std::vector<Sample> resample_samples(bool backward) {
  const Shape shapes[] = {{1, 1, 1}, {1, 2, 5}, {2, 1, 7}, {1, 1, 17}, {1, 3, 4, 1}, {2, 1, 3, 5}, {0, 1, 3}};
  std::vector<Sample> out;
  for (const Shape& shape : shapes) {
    for (const std::int64_t mode : {0, 1, 2, 3}) {
      const std::int64_t k = static_cast<std::int64_t>(out.size()), axis = k % 3 == 0 ? 1 : shape.rank() - 1;
      const std::int64_t in = shape[static_cast<int>(axis)], size = k % 2 == 0 ? in * 2 + 1 : (in + 1) / 2;
      const bool align = mode != 0 && mode != 3 && k % 5 == 0;
      const double step = k % 7 == 1 && mode != 3 ? static_cast<double>(in) / (static_cast<double>(size) + 0.25) : 0;
      const Attrs attrs{.f = {step}, .i = {axis, size, mode, align}};
      const Shape y = shape.with(static_cast<int>(axis), size);
      out.push_back({{{.shape = backward ? y : shape, .strided = k == 9}}, backward ? with_size(attrs, shape) : attrs});
    }
  }
  return out;
}

}  // namespace

static Var resample_backward(const Var& gy, const Attrs& attrs);

static constexpr OpDef resample_def{
    .name = "resample",
    .infer = infer_resample,
    .forward =
        [](const Call& c) noexcept {
          const Resample p = problem(c.in[0].shape, c.out[0].shape, *c.attrs);
          visit_float(c.in[0].dtype,
                      [&]<class T>(T) { kernels::resample<T>(c.exec, p, c.in[0].as<T>(), c.out[0].as<T>()); });
        },
    .scratch =
        [](const Call& c) {
          const Resample p = problem(c.in[0].shape, c.out[0].shape, *c.attrs);
          std::size_t bytes = 0;
          visit_float(c.in[0].dtype, [&]<class T>(T) { bytes = kernels::resample_scratch<T>(p); });
          return bytes;
        },
    .vjp = [](const Vjp& v) { return Grads{resample_backward(v.gy[0], with_size(v.attrs, v.in[0].shape()))}; },
    .samples = [] { return resample_samples(false); },
    .source = "Keys 1981; PyTorch's interpolate",
};

static constexpr OpDef resample_backward_def{
    .name = "resample_backward",
    .infer = infer_resample,
    .forward =
        [](const Call& c) noexcept {
          const Resample p = problem(c.out[0].shape, c.in[0].shape, *c.attrs);
          visit_float(c.in[0].dtype,
                      [&]<class T>(T) { kernels::resample_backward<T>(c.exec, p, c.in[0].as<T>(), c.out[0].as<T>()); });
        },
    .scratch =
        [](const Call& c) {
          const Resample p = problem(c.out[0].shape, c.in[0].shape, *c.attrs);
          std::size_t bytes = 0;
          visit_float(c.in[0].dtype, [&]<class T>(T) { bytes = kernels::resample_scratch<T>(p); });
          return bytes;
        },
    .vjp = [](const Vjp& v) { return Grads{record(resample_def, {v.gy[0]}, with_size(v.attrs, v.in[0].shape()))}; },
    .samples = [] { return resample_samples(true); },
    .source = "transpose of resample",
};
static Var resample_backward(const Var& gy, const Attrs& attrs) { return record(resample_backward_def, {gy}, attrs); }

// --- interpolate, adaptive_avg_pool ---

namespace {

/// x [N, C, ...] with one to three spatial axes, each with elements, and as many output sizes.
void check_sizes(const Infer& c, std::span<const std::int64_t> sizes) {
  check_float(c, 0, "x");
  const Shape& x = c.in[0].shape;
  if (x.rank() < 3 || x.rank() > 5) shape_error(c.op, "x must be [N, C, ...] with 1 to 3 spatial axes, got ", x);
  if (static_cast<int>(sizes.size()) != x.rank() - 2)
    shape_error(c.op, "takes ", x.rank() - 2, " sizes for the spatial axes of x ", x, ", got ", sizes.size());
  std::vector<std::int64_t> out{x[0], x[1]};
  for (int k = 2; k < x.rank(); ++k) {
    const std::int64_t size = sizes[static_cast<std::size_t>(k - 2)];
    if (size < 1 || x[k] < 1) shape_error(c.op, "axis ", k, " of x ", x, " cannot be resized to ", size, " elements");
    out.push_back(size);
  }
  Shape{std::span<const std::int64_t>(out)};  // refuses what does not fit 63 bits
}

/// Each spatial axis resized, the last first.
Var resized(const Var& x, std::span<const std::int64_t> sizes, Resampling mode, bool align,
            const std::array<double, 4>& steps) {
  Var y = x;
  for (int k = x.rank() - 1; k >= 2; --k) {
    const auto at = static_cast<std::size_t>(k - 2);
    if (sizes[at] == x.shape()[k] && (steps[at] == 0 || steps[at] == 1)) continue;
    y = record(resample_def, {y}, {.f = {steps[at]}, .i = {k, sizes[at], static_cast<std::int64_t>(mode), align}});
  }
  return y.same(x) ? reshape(x, x.shape().dims()) : y;
}

}  // namespace

static constexpr OpDef interpolate_def{
    .name = "interpolate",  // attrs.i: mode, align corners, then the sizes; attrs.f: steps, 0 for in / out
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      check_sizes(c, std::span(c.attrs.i).subspan(2));
      return {};
    },
    .expand =
        [](std::span<const Var> in, const Attrs& a) {
          return std::vector{
              resized(in[0], std::span(a.i).subspan(2), static_cast<Resampling>(a.i[0]), a.i[1] != 0, a.f)};
        },
    .samples =
        [] {
          std::vector<Sample> out;
          for (const samples::Resize& c : samples::resizes()) {
            const std::int64_t mode = static_cast<std::int64_t>(out.size() % 3);
            Attrs attrs{.i = {mode, mode != 0 && out.size() % 2 == 0}};
            attrs.i.insert(attrs.i.end(), c.sizes.begin(), c.sizes.end());
            out.push_back({{{.shape = c.x}}, attrs});
          }
          out.back().in[0].strided = true;
          return out;
        },
    .source = "Keys 1981; PyTorch's interpolate",
    .shapes = "[N, C, *s] -> [N, C, *t]",
};

static Var interpolate(const Var& x, std::span<const std::int64_t> sizes, const std::array<double, 4>& steps,
                       Interpolation mode, AlignCorners align) {
  if (mode == Interpolation::nearest && align == AlignCorners::yes)
    throw Error(ErrorCode::invalid_argument, "interpolate: nearest has no corners to align");
  Attrs attrs{.f = steps, .i = {static_cast<std::int64_t>(mode), align == AlignCorners::yes}};
  attrs.i.insert(attrs.i.end(), sizes.begin(), sizes.end());
  return record(interpolate_def, {x}, std::move(attrs));
}
Var interpolate(const Var& x, std::span<const std::int64_t> sizes, Interpolation mode, AlignCorners align) {
  return interpolate(x, sizes, {}, mode, align);
}
Var interpolate(const Var& x, std::span<const double> scales, Interpolation mode, AlignCorners align) {
  std::vector<std::int64_t> sizes;
  std::array<double, 4> steps{};
  for (std::size_t k = 0; k < scales.size(); ++k) {
    const double in = static_cast<int>(k) + 2 < x.rank() ? static_cast<double>(x.shape()[static_cast<int>(k) + 2]) : 1;
    const double size = std::floor(in * scales[k]);
    if (!(scales[k] > 0) || !(size < 0x1p62)) {
      throw Error(ErrorCode::invalid_argument, str("interpolate: scale ", scales[k], " of axis ", k + 2, " of x ",
                                                   x.shape(), " must be positive and give a size below 2^62"));
    }
    sizes.push_back(static_cast<std::int64_t>(size));
    if (k < steps.size() && align == AlignCorners::no) steps[k] = 1 / scales[k];
  }
  return interpolate(x, sizes, steps, mode, align);
}

static constexpr OpDef adaptive_avg_pool_def{
    .name = "adaptive_avg_pool",  // attrs.i: output sizes
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      check_sizes(c, c.attrs.i);
      return {};
    },
    .expand = [](std::span<const Var> in,
                 const Attrs& a) { return std::vector{resized(in[0], a.i, Resampling::mean, false, {})}; },
    .samples =
        [] {
          std::vector<Sample> out;
          for (const samples::Resize& c : samples::resizes()) out.push_back({{{.shape = c.x}}, {.i = c.sizes}});
          out.back().in[0].strided = true;
          return out;
        },
    .source = "neuroscript.md, 5.5",
    .shapes = "[N, C, *s] -> [N, C, *t]",
};
Var adaptive_avg_pool(const Var& x, std::span<const std::int64_t> sizes) {
  return record(adaptive_avg_pool_def, {x}, {.i = {sizes.begin(), sizes.end()}});
}

// --- unfold2d, fold2d ---

namespace {

// Attrs.i: kernel 0-1, stride 2-3, padding 4-7, dilation 8-9; for fold2d then H and W.
WindowAxis axis_of(const Attrs& attrs, std::size_t k) {
  const auto& i = attrs.i;
  return {i[k], i[2 + k], i[4 + 2 * k], i[5 + 2 * k], i[8 + k]};
}

Pool::Axis window(const Attrs& attrs, std::size_t k, std::int64_t in) {
  const WindowAxis a = axis_of(attrs, k);
  const std::int64_t out = (in + a.before + a.after - a.dilation * (a.kernel - 1) - 1) / a.stride + 1;
  return {in, out, a.kernel, a.stride, a.before, a.after, a.dilation};
}

Attrs patch_attrs(const char* op, const Unfold2dOptions& o) {
  Attrs attrs;
  for (const std::int64_t k : o.kernel) attrs.i.push_back(check_at_least(op, "kernel", k, 1));
  for (const std::int64_t s : o.stride) attrs.i.push_back(check_at_least(op, "stride", s, 1));
  for (const std::int64_t p : o.padding) attrs.i.push_back(check_at_least(op, "padding", p, 0));
  for (const std::int64_t d : o.dilation) attrs.i.push_back(check_at_least(op, "dilation", d, 1));
  return attrs;
}

/// [C KH KW, OH OW] for an image of this shape.
std::array<std::int64_t, 2> patches_of(const char* op, const Shape& image, const Attrs& attrs) {
  const std::int64_t oh = window_count(op, image, 2, axis_of(attrs, 0));
  const std::int64_t ow = window_count(op, image, 3, axis_of(attrs, 1));
  const std::int64_t taps = checked_product(op, attrs.i[0], attrs.i[1]);
  return {checked_product(op, image[1], taps), checked_product(op, oh, ow)};
}

const std::vector<std::pair<Shape, std::vector<std::int64_t>>>& patch_cases() {
  static const std::vector<std::pair<Shape, std::vector<std::int64_t>>> cases = {
      {{1, 1, 1, 1}, {1, 1, 1, 1, 0, 0, 0, 0, 1, 1}},  {{1, 1, 3, 3}, {2, 2, 1, 1, 0, 0, 0, 0, 1, 1}},
      {{2, 3, 4, 4}, {2, 2, 2, 2, 0, 0, 0, 0, 1, 1}},  {{1, 2, 5, 7}, {3, 2, 1, 1, 0, 0, 0, 0, 1, 1}},
      {{1, 2, 5, 5}, {3, 3, 1, 1, 1, 1, 1, 1, 1, 1}},  {{1, 1, 6, 6}, {3, 3, 2, 2, 1, 1, 1, 1, 1, 1}},
      {{1, 1, 7, 7}, {2, 2, 1, 1, 0, 0, 0, 0, 3, 2}},  {{2, 1, 5, 4}, {2, 3, 3, 1, 2, 0, 1, 3, 1, 1}},
      {{1, 1, 1, 9}, {1, 3, 1, 2, 0, 0, 2, 0, 1, 1}},  {{1, 3, 9, 1}, {4, 1, 1, 1, 3, 0, 0, 0, 1, 1}},
      {{1, 1, 2, 2}, {4, 4, 1, 1, 1, 1, 1, 1, 1, 1}},  {{3, 1, 5, 5}, {2, 2, 3, 3, 0, 0, 0, 0, 1, 1}},
      {{1, 2, 8, 8}, {3, 3, 1, 1, 2, 2, 2, 2, 2, 2}},  {{0, 2, 3, 3}, {2, 2, 1, 1, 0, 0, 0, 0, 1, 1}},
      {{1, 7, 2, 3}, {1, 2, 1, 1, 0, 0, 0, 0, 1, 1}},  {{1, 1, 17, 2}, {5, 2, 2, 1, 0, 0, 0, 0, 2, 1}},
      {{2, 2, 3, 5}, {3, 5, 1, 1, 0, 0, 0, 0, 1, 1}},  {{1, 1, 4, 6}, {2, 2, 1, 4, 0, 1, 1, 0, 1, 1}},
      {{1, 1, 3, 11}, {1, 1, 2, 3, 0, 0, 0, 0, 1, 1}}, {{1, 2, 6, 5}, {2, 2, 1, 2, 0, 0, 0, 0, 2, 1}},
      {{2, 2, 4, 5}, {2, 2, 1, 1, 0, 0, 0, 0, 1, 1}},
  };
  return cases;
}

}  // namespace

static constexpr OpDef unfold2d_def{
    .name = "unfold2d",
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      check_float(c, 0, "x");
      const Shape& x = c.in[0].shape;
      if (x.rank() != 4) shape_error(c.op, "x must be [N, C, H, W], got ", x);
      const auto [rows, pixels] = patches_of(c.op, x, c.attrs);
      return {{{x[0], rows, pixels}, c.in[0].dtype}};
    },
    .forward =
        [](const Call& c) noexcept {
          const Shape& x = c.in[0].shape;
          const Pool::Axis h = window(*c.attrs, 0, x[2]), w = window(*c.attrs, 1, x[3]);
          visit_float(c.in[0].dtype, [&]<class T>(T) {
            kernels::unfold2d<T>(c.exec, x[0] * x[1], h, w, c.in[0].as<T>(), c.out[0].as<T>());
          });
        },
    .vjp =
        [](const Vjp& v) {
          const Shape& x = v.in[0].shape();
          const auto& i = v.attrs.i;
          return Grads{
              fold2d(v.gy[0], {x[2], x[3]}, {{i[0], i[1]}, {i[2], i[3]}, {i[4], i[5], i[6], i[7]}, {i[8], i[9]}})};
        },
    .samples =
        [] {
          std::vector<Sample> out;
          for (const auto& [x, options] : patch_cases()) out.push_back({{{.shape = x}}, {.i = options}});
          out.back().in[0].strided = true;
          return out;
        },
    .source = "im2col",
    .shapes = "[N, C, H, W] -> [N, C KH KW, OH OW]",
};
Var unfold2d(const Var& x, const Unfold2dOptions& options) {
  return record(unfold2d_def, {x}, patch_attrs("unfold2d", options));
}

static constexpr OpDef fold2d_def{
    .name = "fold2d",
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      check_float(c, 0, "x");
      const Shape& x = c.in[0].shape;
      const std::int64_t height = c.attrs.i[10], width = c.attrs.i[11];
      const std::int64_t taps = checked_product(c.op, c.attrs.i[0], c.attrs.i[1]);
      if (x.rank() != 3) shape_error(c.op, "x must be [N, C KH KW, OH OW], got ", x);
      if (x[1] % taps != 0)
        shape_error(c.op, "axis 1 of x ", x, " must be a multiple of the kernel's ", taps, " elements");
      const Shape image{x[0], x[1] / taps, height, width};
      const auto [rows, pixels] = patches_of(c.op, image, c.attrs);
      if (pixels != x[2]) {
        shape_error(c.op, "an image of ", height, " x ", width, " has ", pixels, " patches, axis 2 of x ", x, " has ",
                    x[2]);
      }
      return {{image, c.in[0].dtype}};
    },
    .forward =
        [](const Call& c) noexcept {
          const Shape& y = c.out[0].shape;
          const Pool::Axis h = window(*c.attrs, 0, y[2]), w = window(*c.attrs, 1, y[3]);
          visit_float(c.in[0].dtype, [&]<class T>(T) {
            kernels::fold2d<T>(c.exec, y[0] * y[1], h, w, c.in[0].as<T>(), c.out[0].as<T>());
          });
        },
    .vjp =
        [](const Vjp& v) {
          Attrs attrs = v.attrs;
          attrs.i.resize(10);
          return Grads{record(unfold2d_def, {v.gy[0]}, std::move(attrs))};
        },
    .samples =
        [] {
          std::vector<Sample> out;
          for (const auto& [x, options] : patch_cases()) {
            Attrs attrs{.i = options};
            const auto [rows, pixels] = patches_of("fold2d", x, attrs);
            attrs.i.insert(attrs.i.end(), {x[2], x[3]});
            out.push_back({{{.shape = {x[0], rows, pixels}}}, attrs});
          }
          out.back().in[0].strided = true;
          return out;
        },
    .source = "col2im",
    .shapes = "[N, C KH KW, OH OW] -> [N, C, H, W]",
};
Var fold2d(const Var& x, std::array<std::int64_t, 2> size, const Unfold2dOptions& options) {
  Attrs attrs = patch_attrs("fold2d", options);
  for (const std::int64_t s : size) attrs.i.push_back(check_at_least("fold2d", "size", s, 1));
  return record(fold2d_def, {x}, std::move(attrs));
}

// --- pixel_shuffle ---

namespace {

/// x [N, C a, H b, W b] for factors a and b, one of them 1 and the other r r or r.
std::vector<ValueInfo> check_pixels(const Infer& c, bool shuffle) {
  const Shape& x = c.in[0].shape;
  const std::int64_t r = c.attrs.i[0];
  if (x.rank() != 4) shape_error(c.op, "x must be [N, C, H, W], got ", x);
  if (shuffle && x[1] % checked_product(c.op, r, r) != 0)
    shape_error(c.op, "axis 1 of x ", x, " must be a multiple of r r = ", r * r);
  if (!shuffle && (x[2] % r != 0 || x[3] % r != 0))
    shape_error(c.op, "axes 2 and 3 of x ", x, " must be multiples of r = ", r);
  return {};
}

std::vector<Sample> pixel_samples(bool shuffle) {
  std::vector<Sample> out;
  for (const std::int64_t r : {1, 2, 3}) {
    for (const Shape& s : {Shape{1, 1, 1, 1}, Shape{1, 2, 3, 2}, Shape{2, 1, 1, 5}, Shape{1, 3, 2, 2},
                           Shape{3, 1, 2, 1}, Shape{0, 1, 2, 2}, Shape{1, 1, 7, 3}}) {
      const Shape many{s[0], s[1] * r * r, s[2], s[3]}, wide{s[0], s[1], s[2] * r, s[3] * r};
      out.push_back({{{.shape = shuffle ? many : wide, .strided = out.size() == 8}}, {.i = {r}}});
    }
  }
  return out;
}

}  // namespace

static constexpr OpDef pixel_shuffle_def{
    .name = "pixel_shuffle",
    .infer = [](const Infer& c) { return check_pixels(c, true); },
    .expand =
        [](std::span<const Var> in, const Attrs& attrs) {
          const Shape& s = in[0].shape();
          const std::int64_t r = attrs.i[0], channels = s[1] / (r * r);
          const Var blocks =
              permute(reshape(in[0], Shape{s[0], channels, r, r, s[2], s[3]}), std::array{0, 1, 4, 2, 5, 3});
          return std::vector{reshape(blocks, Shape{s[0], channels, s[2] * r, s[3] * r})};
        },
    .samples = [] { return pixel_samples(true); },
    .source = "Shi et al. 2016, arXiv:1609.05158, eq. 4",
    .shapes = "[N, C r^2, H, W] -> [N, C, H r, W r]",
};
Var pixel_shuffle(const Var& x, std::int64_t r) {
  return record(pixel_shuffle_def, {x}, {.i = {check_at_least("pixel_shuffle", "r", r, 1)}});
}

static constexpr OpDef pixel_unshuffle_def{
    .name = "pixel_unshuffle",
    .infer = [](const Infer& c) { return check_pixels(c, false); },
    .expand =
        [](std::span<const Var> in, const Attrs& attrs) {
          const Shape& s = in[0].shape();
          const std::int64_t r = attrs.i[0], height = s[2] / r, width = s[3] / r;
          const Var blocks =
              permute(reshape(in[0], Shape{s[0], s[1], height, r, width, r}), std::array{0, 1, 3, 5, 2, 4});
          return std::vector{reshape(blocks, Shape{s[0], s[1] * r * r, height, width})};
        },
    .samples = [] { return pixel_samples(false); },
    .source = "inverse of pixel_shuffle",
    .shapes = "[N, C, H r, W r] -> [N, C r^2, H, W]",
};
Var pixel_unshuffle(const Var& x, std::int64_t r) {
  return record(pixel_unshuffle_def, {x}, {.i = {check_at_least("pixel_unshuffle", "r", r, 1)}});
}

OpList resample_ops() {
  static constexpr const OpDef* ops[] = {
      &resample_def, &resample_backward_def, &interpolate_def,     &adaptive_avg_pool_def, &unfold2d_def,
      &fold2d_def,   &pixel_shuffle_def,     &pixel_unshuffle_def,
  };
  return ops;
}

}  // namespace neuro
