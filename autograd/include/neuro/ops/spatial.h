#pragma once
// Convolution and pooling over one to three spatial axes, channel-first: x is [N, C, ...]. (`neuro/ops.h` says what
// holds for all operations.) Paddings are pairs, (before, after) for each axis. All are twice differentiable.
#include <array>
#include <span>

#include "neuro/var.h"

namespace neuro {

namespace detail {
template <std::size_t n>
constexpr std::array<std::int64_t, n> filled(std::int64_t value) {
  std::array<std::int64_t, n> out{};
  for (std::int64_t& v : out) v = value;
  return out;
}
}  // namespace detail

// --- Convolution ----------------------------------------------------------------------------------------------------
/// Output size of an axis: floor((in + before + after - dilation (kernel - 1) - 1) / stride) + 1.
template <std::size_t n>
struct ConvOptions {
  std::array<std::int64_t, n> stride = detail::filled<n>(1);
  std::array<std::int64_t, 2 * n> padding = {};  ///< zeros; in 2-D top, bottom, left, right
  std::array<std::int64_t, n> dilation = detail::filled<n>(1);
  std::int64_t groups = 1;
};
using Conv1dOptions = ConvOptions<1>;
using Conv2dOptions = ConvOptions<2>;
using Conv3dOptions = ConvOptions<3>;

/// x [N, C, L], weight [O, C / groups, K], bias [O] or undefined -> [N, O, OL].
/// error (all convolutions): f32 within (K + 2) eps of the sum of magnitudes, K products a sum.
Var conv1d(const Var& x, const Var& weight, const Var& bias = {}, const Conv1dOptions& options = {});
/// x [N, C, H, W], weight [O, C / groups, KH, KW], bias [O] or undefined -> [N, O, OH, OW].
Var conv2d(const Var& x, const Var& weight, const Var& bias = {}, const Conv2dOptions& options = {});
/// x [N, C, D, H, W], weight [O, C / groups, KD, KH, KW], bias [O] or undefined -> [N, O, OD, OH, OW].
Var conv3d(const Var& x, const Var& weight, const Var& bias = {}, const Conv3dOptions& options = {});

/// Output size of an axis: (in - 1) stride - before - after + dilation (kernel - 1) + output_padding + 1.
/// output_padding must be below the axis's stride or dilation.
template <std::size_t n>
struct ConvTransposeOptions {
  std::array<std::int64_t, n> stride = detail::filled<n>(1);
  std::array<std::int64_t, 2 * n> padding = {};  ///< cropped from the result
  std::array<std::int64_t, n> output_padding = {};
  std::array<std::int64_t, n> dilation = detail::filled<n>(1);
  std::int64_t groups = 1;
};
/// The transpose of a convolution: x [N, C, ...], weight [C, O / groups, K...], bias [O] or undefined -> [N, O, ...].
/// source: Dumoulin, Visin 2016, arXiv:1603.07285, section 4.
Var conv_transpose1d(const Var& x, const Var& weight, const Var& bias = {},
                     const ConvTransposeOptions<1>& options = {});
Var conv_transpose2d(const Var& x, const Var& weight, const Var& bias = {},
                     const ConvTransposeOptions<2>& options = {});
Var conv_transpose3d(const Var& x, const Var& weight, const Var& bias = {},
                     const ConvTransposeOptions<3>& options = {});

/// conv2d with a group for each channel: weight [C m, 1, KH, KW] gives m outputs a channel; options.groups is not read.
Var depthwise_conv2d(const Var& x, const Var& weight, const Var& bias = {}, const Conv2dOptions& options = {});
/// depthwise_conv2d with weight `depthwise`, then a 1 x 1 convolution with `pointwise` [O, C m, 1, 1] and bias [O].
/// source: Chollet 2017, arXiv:1610.02357.
Var separable_conv2d(const Var& x, const Var& depthwise, const Var& pointwise, const Var& bias = {},
                     const Conv2dOptions& options = {});
/// conv2d whose taps lie `dilation` apart on both axes.  source: Yu, Koltun 2016, arXiv:1511.07122.
Var dilated_conv2d(const Var& x, const Var& weight, const Var& bias = {}, std::int64_t dilation = 2,
                   std::int64_t padding = 0, std::int64_t stride = 1);

// --- Pooling --------------------------------------------------------------------------------------------------------
/// Output size of an axis as a convolution's. With `ceil_mode` it is rounded up, unless the last window would begin
/// behind the input and its padding before.
template <std::size_t n>
struct PoolOptions {
  std::array<std::int64_t, n> kernel = detail::filled<n>(2);
  std::array<std::int64_t, n> stride = {};       ///< 0: the kernel's size
  std::array<std::int64_t, 2 * n> padding = {};  ///< each at most half the kernel
  std::array<std::int64_t, n> dilation = detail::filled<n>(1);
  bool ceil_mode = false;
  bool count_include_pad = true;  ///< averages: zeros of the padding count
};
using Pool1dOptions = PoolOptions<1>;
using Pool2dOptions = PoolOptions<2>;
using Pool3dOptions = PoolOptions<3>;

/// Largest value of each window; padding is -inf. The gradient goes to the first of equals; a NaN counts as largest.
Var max_pool1d(const Var& x, const Pool1dOptions& options);
Var max_pool2d(const Var& x, const Pool2dOptions& options);
Var max_pool3d(const Var& x, const Pool3dOptions& options);
/// Mean of each window.
Var avg_pool1d(const Var& x, const Pool1dOptions& options);
Var avg_pool2d(const Var& x, const Pool2dOptions& options);
Var avg_pool3d(const Var& x, const Pool3dOptions& options);

/// Pooling to given spatial sizes: output o of an axis covers [floor(o in / out), ceil((o + 1) in / out)). `sizes` has
/// one entry for each spatial axis, one to three.
Var adaptive_max_pool(const Var& x, std::span<const std::int64_t> sizes);
/// Over all spatial axes, which stay with size 1.
Var global_max_pool(const Var& x);
Var global_avg_pool(const Var& x);

}  // namespace neuro
