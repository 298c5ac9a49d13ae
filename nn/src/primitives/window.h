#pragma once
// What convolution and pooling share: sizes for each spatial axis, and the output length of a sliding window.
#include <array>

#include "primitive.h"

namespace neuro::prim {

/// floor((L + 2 padding - dilation (kernel - 1) - 1) / stride) + 1 for the spatial axes of a [batch, channels, height,
/// width] input; nothing after reporting through `call.fail` that the window does not fit. A parameter that the
/// primitive lacks counts as its neutral value. Sizes that only data will tell stay unknown.
std::optional<std::array<Dim, 2>> window_output(ShapeCall& call);

/// Two integers for height and width, and padding as top, bottom, left, right.
std::array<std::int64_t, 2> pair_of(const Arguments& args, std::string_view name, std::int64_t fallback = 1);
std::array<std::int64_t, 4> padding_of(const Arguments& args);

}  // namespace neuro::prim
