// Bad input of resizing, patches and random drops.
#include "bad_input.h"

namespace neuro::bad {
namespace {

constexpr std::int64_t kOne[] = {3}, kNone[] = {3, 0}, kTwo[] = {3, 3};
constexpr double kScales[] = {2, -1};

Var state() { return index({1, 2, 0}); }

}  // namespace

Rows resizes() {
  return {
      {"interpolate",
       "takes 2 sizes for the spatial axes of x [1, 4, 5, 5], got 1",
       [] {
         interpolate(f32({1, 4, 5, 5}), kOne);
       },
       {"takes 2 sizes for the spatial axes of x [1, 4, 5, 5], got 1"}},
      {"interpolate",
       "axis 3 of x [1, 4, 5, 5] cannot be resized to 0",
       [] {
         interpolate(f32({1, 4, 5, 5}), kNone);
       },
       {"axis 3 of x [1, 4, 5, 5] cannot be resized to 0"}},
      {"interpolate",
       "scale -1 of axis 3",
       [] {
         interpolate(f32({1, 4, 5, 5}), kScales);
       },
       {"scale -1 of axis 3"}},
      {"interpolate",
       "no corners",
       [] {
         interpolate(f32({1, 4, 5, 5}), kTwo, Interpolation::nearest, AlignCorners::yes);
       },
       {"no corners"}},
      {"adaptive_avg_pool",
       "takes 2 sizes",
       [] {
         adaptive_avg_pool(f32({1, 4, 5, 5}), kOne);
       },
       {"takes 2 sizes"}},
      {"adaptive_avg_pool",
       "axis 3",
       [] {
         adaptive_avg_pool(f32({1, 4, 5, 5}), kNone);
       },
       {"axis 3"}},
      {"adaptive_avg_pool",
       "1 to 3 spatial axes",
       [] {
         adaptive_avg_pool(f32({2, 2}), kTwo);
       },
       {"1 to 3 spatial axes"}},
      {"unfold2d",
       "x must be [N, C, H, W], got [1, 2, 3]",
       [] {
         unfold2d(f32({1, 2, 3}), {});
       },
       {"x must be [N, C, H, W], got [1, 2, 3]"}},
      {"unfold2d",
       "larger than axis 3 of x",
       [] {
         unfold2d(f32({1, 4, 5, 5}), {.kernel = {2, 6}});
       },
       {"larger than axis 3 of x"}},
      {"unfold2d",
       "stride 0",
       [] {
         unfold2d(f32({1, 4, 5, 5}), {.stride = {0, 1}});
       },
       {"stride 0"}},
      {"fold2d",
       "axis 1 of x [1, 5, 4] must be a multiple",
       [] {
         fold2d(f32({1, 5, 4}), {3, 3}, {});
       },
       {"axis 1 of x [1, 5, 4] must be a multiple"}},
      {"fold2d",
       "an image of 3 x 3 has 4 patches, axis 2 of x [1, 4, 5] has 5",
       [] {
         fold2d(f32({1, 4, 5}), {3, 3}, {});
       },
       {"an image of 3 x 3 has 4 patches, axis 2 of x [1, 4, 5] has 5"}},
      {"fold2d",
       "size 0",
       [] {
         fold2d(f32({1, 4, 4}), {0, 3}, {});
       },
       {"size 0"}},
      {"pixel_shuffle",
       "axis 1 of x [1, 4, 5, 5] must be a multiple of r r = 9",
       [] {
         pixel_shuffle(f32({1, 4, 5, 5}), 3);
       },
       {"axis 1 of x [1, 4, 5, 5] must be a multiple of r r = 9"}},
      {"pixel_shuffle",
       "r 0",
       [] {
         pixel_shuffle(f32({1, 4, 5, 5}), 0);
       },
       {"r 0"}},
      {"pixel_shuffle", "got [4]", [] { pixel_shuffle(f32({4}), 2); }, {"got [4]"}},
      {"pixel_unshuffle",
       "axes 2 and 3 of x [1, 4, 5, 5]",
       [] {
         pixel_unshuffle(f32({1, 4, 5, 5}), 2);
       },
       {"axes 2 and 3 of x [1, 4, 5, 5]"}},
      {"pixel_unshuffle",
       "r -1",
       [] {
         pixel_unshuffle(f32({1, 4, 5, 5}), -1);
       },
       {"r -1"}},
      {"pixel_unshuffle", "got [4]", [] { pixel_unshuffle(f32({4}), 2); }, {"got [4]"}},
      {"drop_path",
       "p = 1.5",
       [] {
         drop_path(f32({1, 4, 5, 5}), 1.5, 0, state());
       },
       {"p = 1.5"}},
      {"drop_path",
       "x must be [N, ...], got []",
       [] { drop_path(f32({}), 0.5, 0, state()); },
       {"x must be [N, ...], got []"}},
      {"drop_path",
       "rng must be i64",
       [] {
         drop_path(f32({1, 4, 5, 5}), 0.5, 0, f32({2}));
       },
       {"rng must be i64"}},
      {"dropout", "a probability above 1", [] { dropout(f32({3}), 2, 0, state()); }, {"p = 2", "[0, 1]"}},
      {"dropout", "whole numbers", [] { dropout(i64({3}), 0.5, 0, state()); }, {"must be f32 or f64"}},
      {"dropout", "a state of another shape", [] { dropout(f32({3}), 0.5, 0, f32({2})); }, {"rng must be i64"}},
      {"dropout2d",
       "p = -0.5",
       [] {
         dropout2d(f32({1, 4, 5, 5}), -0.5, 0, state());
       },
       {"p = -0.5"}},
      {"dropout2d",
       "x must be [N, C, ...], got [3]",
       [] { dropout2d(f32({3}), 0.5, 0, state()); },
       {"x must be [N, C, ...], got [3]"}},
      {"dropout2d",
       "rng must be i64",
       [] {
         dropout2d(f32({1, 4, 5, 5}), 0.5, 0, f32({2}));
       },
       {"rng must be i64"}},
      {"drop_connect",
       "p = 2",
       [] {
         drop_connect(f32({1, 4, 5, 5}), 2, 0, state());
       },
       {"p = 2"}},
      {"drop_connect", "must be f32 or f64", [] { drop_connect(i64({3}), 0.5, 0, state()); }, {"must be f32 or f64"}},
      {"drop_connect",
       "rng must be i64",
       [] {
         drop_connect(f32({1, 4, 5, 5}), 0.5, 0, f32({2}));
       },
       {"rng must be i64"}},
      {"drop_block",
       "block 0",
       [] {
         drop_block(f32({1, 4, 5, 5}), 0.5, 0, 0, state());
       },
       {"block 0"}},
      {"drop_block",
       "x must be [N, C, H, W], got [3, 3]",
       [] {
         drop_block(f32({3, 3}), 0.5, 3, 0, state());
       },
       {"x must be [N, C, H, W], got [3, 3]"}},
      {"drop_block",
       "p = 7",
       [] {
         drop_block(f32({1, 4, 5, 5}), 7, 3, 0, state());
       },
       {"p = 7"}},
  };
}

}  // namespace neuro::bad
