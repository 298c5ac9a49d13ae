// Calls of tests/golden/torch/rows_resample.py.
#include "golden.h"

namespace neuro::golden {
namespace {

Unfold2dOptions window(const Args& a) {
  return {a.array<2>("kernel", {}), a.array<2>("stride", {1, 1}), a.array<4>("padding", {}),
          a.array<2>("dilation", {1, 1})};
}

Var interpolated(const Var& x, const Args& a) {
  const std::string text = a.text("mode", "nearest");
  const Interpolation mode = text == "linear"  ? Interpolation::linear
                             : text == "cubic" ? Interpolation::cubic
                                               : Interpolation::nearest;
  const AlignCorners align = a.integer("align", 0) != 0 ? AlignCorners::yes : AlignCorners::no;
  if (a.has("sizes")) return interpolate(x, a.integers("sizes"), mode, align);
  return interpolate(x, a.numbers.at("scales"), mode, align);
}

}  // namespace

Table resample() {
  return {
      {"interpolate", [](Operands in, const Args& a) { return Results{interpolated(in[0], a)}; }},
      {"adaptive_avg_pool",
       [](Operands in, const Args& a) { return Results{adaptive_avg_pool(in[0], a.integers("sizes"))}; }},
      {"unfold2d", [](Operands in, const Args& a) { return Results{unfold2d(in[0], window(a))}; }},
      {"fold2d", [](Operands in, const Args& a) { return Results{fold2d(in[0], a.array<2>("size", {}), window(a))}; }},
      {"pixel_shuffle", [](Operands in, const Args& a) { return Results{pixel_shuffle(in[0], a.integer("r"))}; }},
      {"pixel_unshuffle", [](Operands in, const Args& a) { return Results{pixel_unshuffle(in[0], a.integer("r"))}; }},
  };
}

}  // namespace neuro::golden
