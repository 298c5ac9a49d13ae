#pragma once
// Resizing of channel-first data, patches, and pixels moved between channels and space. (`neuro/ops.h` says what holds
// for all operations.) All are linear in x, so their derivatives are their transposes.
#include <array>
#include <span>

#include "neuro/var.h"

namespace neuro {

enum class Interpolation : std::uint8_t { nearest, linear, cubic };
enum class AlignCorners : std::uint8_t {
  no,
  yes
};  ///< whether the outermost elements keep their places; not for nearest

/// x [N, C, ...], with one to three spatial axes, resized to `sizes`, one for each. Linear is also called bilinear and
/// trilinear, cubic bicubic: each axis is resized alone, the last first. With s = in / out, output i of an axis is
/// taken at (i + 1/2) s - 1/2 (nearest: input floor(i s)); with aligned corners at i (in - 1) / (out - 1). Beyond the
/// ends the end is repeated; cubic is Keys's polynomial with a = -3/4. As PyTorch's `interpolate` (nearest, not
/// nearest-exact).
Var interpolate(const Var& x, std::span<const std::int64_t> sizes, Interpolation mode = Interpolation::nearest,
                AlignCorners align = AlignCorners::no);
/// The same to sizes floor(in * scale), with s = 1 / scale; scales are positive.
Var interpolate(const Var& x, std::span<const double> scales, Interpolation mode = Interpolation::nearest,
                AlignCorners align = AlignCorners::no);

/// Mean over windows as adaptive_max_pool's: output o of an axis covers [floor(o in / out), ceil((o + 1) in / out)).
Var adaptive_avg_pool(const Var& x, std::span<const std::int64_t> sizes);

struct Unfold2dOptions {
  std::array<std::int64_t, 2> kernel = {2, 2};
  std::array<std::int64_t, 2> stride = {1, 1};
  std::array<std::int64_t, 4> padding = {};  ///< zeros: top, bottom, left, right
  std::array<std::int64_t, 2> dilation = {1, 1};
};
/// The patches of x [N, C, H, W] (im2col): [N, C KH KW, OH OW].
Var unfold2d(const Var& x, const Unfold2dOptions& options);
/// The transpose of unfold2d: patches [N, C KH KW, OH OW] added up in an image [N, C, size].
Var fold2d(const Var& x, std::array<std::int64_t, 2> size, const Unfold2dOptions& options);

/// x [N, C r r, H, W] -> [N, C, H r, W r], channel c r r + i r + j going to row i, column j of each r x r block.
/// source: Shi et al. 2016, arXiv:1609.05158, eq. 4.
Var pixel_shuffle(const Var& x, std::int64_t r);
/// Its inverse: x [N, C, H r, W r] -> [N, C r r, H, W].
Var pixel_unshuffle(const Var& x, std::int64_t r);

}  // namespace neuro
