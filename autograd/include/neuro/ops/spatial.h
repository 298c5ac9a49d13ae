#pragma once
// Convolution and pooling, channel-first. (`neuro/ops.h` says what holds for all operations.)
#include <array>

#include "neuro/var.h"

namespace neuro {

struct Conv2dOptions {
  std::array<std::int64_t, 2> stride = {1, 1};
  std::array<std::int64_t, 4> padding = {0, 0, 0, 0};  ///< top, bottom, left, right
  std::array<std::int64_t, 2> dilation = {1, 1};
  std::int64_t groups = 1;
};
/// x [N, C, H, W], weight [O, C / groups, KH, KW], bias [O] or undefined -> [N, O, OH, OW].
Var conv2d(const Var& x, const Var& weight, const Var& bias = {}, const Conv2dOptions& options = {});
struct Pool2dOptions {
  std::array<std::int64_t, 2> kernel = {2, 2};
  std::array<std::int64_t, 2> stride = {2, 2};
  std::array<std::int64_t, 4> padding = {0, 0, 0, 0};  ///< top, bottom, left, right; each at most half the kernel
  std::array<std::int64_t, 2> dilation = {1, 1};
};
Var max_pool2d(const Var& x, const Pool2dOptions& options);
Var avg_pool2d(const Var& x, const Pool2dOptions& options);  ///< zeros of the padding count

}  // namespace neuro
