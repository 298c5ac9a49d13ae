// Bad input of convolutions and pooling.
#include "bad_input.h"

namespace neuro::bad {
namespace {

constexpr std::int64_t kHuge = std::int64_t{1} << 62;
constexpr std::int64_t kTwo[] = {2, 2}, kNone[] = {2, 0};

}  // namespace

Rows windows() {
  return {
      {"conv1d",
       "x must be [N, C, L], got [1, 4, 9, 9]",
       [] {
         conv1d(f32({1, 4, 9, 9}), f32({4, 4, 3, 3}));
       },
       {"x must be [N, C, L], got [1, 4, 9, 9]"}},
      {"conv1d",
       "an image of nothing, although it is padded",
       [] {
         conv1d(f32({1, 4, 0}), f32({2, 4, 1}), {}, {.padding = {1, 1}});
       },
       {"axis 2 of x [1, 4, 0] has no elements"}},
      {"conv3d",
       "an image of nothing in an empty batch",
       [] {
         conv3d(f32({0, 4, 2, 0, 2}), f32({2, 4, 1, 1, 1}));
       },
       {"axis 3 of x [0, 4, 2, 0, 2] has no elements"}},
      {"max_pool1d",
       "a window in the padding of nothing",
       [] {
         max_pool1d(f32({1, 2, 0}), {.padding = {1, 1}});
       },
       {"axis 2 of x [1, 2, 0] has no elements"}},
      {"avg_pool2d",
       "a window in the padding of nothing",
       [] {
         avg_pool2d(f32({1, 2, 3, 0}), {.padding = {1, 1, 1, 1}});
       },
       {"axis 3 of x [1, 2, 3, 0] has no elements"}},
      {"conv1d",
       "the window of 11 (dilation 1) is larger than axis 2",
       [] {
         conv1d(f32({1, 4, 9}), f32({2, 4, 11}));
       },
       {"the window of 11 (dilation 1) is larger than axis 2"}},
      {"conv1d",
       "stride 0",
       [] {
         conv1d(f32({1, 4, 9}), f32({2, 4, 3}), {}, {.stride = {0}});
       },
       {"stride 0"}},
      {"conv2d",
       "multiples of groups = 3",
       [] {
         conv2d(f32({1, 4, 9, 9}), f32({4, 4, 3, 3}), {}, {.groups = 3});
       },
       {"multiples of groups = 3"}},
      {"conv2d",
       "bias must have shape [4]",
       [] {
         conv2d(f32({1, 4, 9, 9}), f32({4, 4, 3, 3}), f32({3}));
       },
       {"bias must have shape [4]"}},
      {"conv2d",
       "a size does not fit",
       [] {
         conv2d(f32({1, 4, 9, 9}), f32({4, 4, 3, 3}), {}, {.dilation = {1, kHuge}});
       },
       {"a size does not fit"}},
      {"conv2d",
       "the kernel of axis 2 has size 0",
       [] {
         conv2d(f32({1, 4, 9, 9}), f32({4, 4, 0, 3}));
       },
       {"the kernel of axis 2 has size 0"}},
      {"conv3d",
       "weight must be [O, C / groups, KD, KH, KW]",
       [] {
         conv3d(f32({1, 4, 9, 9, 9}), f32({4, 4, 3, 3}));
       },
       {"weight must be [O, C / groups, KD, KH, KW]"}},
      {"conv3d",
       "weight's axis 1 (3)",
       [] {
         conv3d(f32({1, 4, 9, 9, 9}), f32({2, 3, 1, 1, 1}));
       },
       {"weight's axis 1 (3)"}},
      {"conv3d",
       "the weight is f64",
       [] {
         conv3d(f32({1, 4, 9, 9, 9}), f64({2, 4, 1, 1, 1}));
       },
       {"the weight is f64"}},
      {"conv_transpose1d",
       "weight's axis 0 (3) must equal x's axis 1 (4)",
       [] {
         conv_transpose1d(f32({1, 4, 9}), f32({3, 2, 3}));
       },
       {"weight's axis 0 (3) must equal x's axis 1 (4)"}},
      {"conv_transpose1d",
       "output_padding 1 of axis 2 must be below its stride 1",
       [] {
         conv_transpose1d(f32({1, 4, 9}), f32({4, 2, 3}), {}, {.output_padding = {1}});
       },
       {"output_padding 1 of axis 2 must be below its stride 1"}},
      {"conv_transpose1d",
       "gives an output of size -1",
       [] {
         conv_transpose1d(f32({1, 4, 9}), f32({4, 2, 3}), {}, {.padding = {6, 6}});
       },
       {"gives an output of size -1"}},
      {"conv_transpose2d",
       "multiple of groups = 3",
       [] {
         conv_transpose2d(f32({1, 4, 9, 9}), f32({4, 4, 3, 3}), {}, {.groups = 3});
       },
       {"multiple of groups = 3"}},
      {"conv_transpose2d",
       "x must be [N, C, H, W]",
       [] {
         conv_transpose2d(f32({1, 4, 9}), f32({4, 4, 3, 3}));
       },
       {"x must be [N, C, H, W]"}},
      {"conv_transpose2d",
       "does not fit 63 bits",
       [] {
         conv_transpose2d(f32({1, 4, 9, 9}), f32({4, 4, 3, 3}), {}, {.stride = {kHuge, 1}});
       },
       {"does not fit 63 bits"}},
      {"conv_transpose3d",
       "weight must be [C, O / groups, KD, KH, KW]",
       [] {
         conv_transpose3d(f32({1, 4, 9, 9, 9}), f32({4, 4, 3, 3}));
       },
       {"weight must be [C, O / groups, KD, KH, KW]"}},
      {"conv_transpose3d",
       "dilation 0",
       [] {
         conv_transpose3d(f32({1, 4, 9, 9, 9}), f32({4, 1, 1, 1, 1}), {}, {.dilation = {1, 0, 1}});
       },
       {"dilation 0"}},
      {"conv_transpose3d",
       "bias must have shape [1]",
       [] {
         conv_transpose3d(f32({1, 4, 9, 9, 9}), f32({4, 1, 1, 1, 1}), f32({2}));
       },
       {"bias must have shape [1]"}},
      {"depthwise_conv2d",
       "the weight of x [1, 4, 9, 9] must be [4 m, 1, KH, KW]",
       [] {
         depthwise_conv2d(f32({1, 4, 9, 9}), f32({4, 4, 3, 3}));
       },
       {"the weight of x [1, 4, 9, 9] must be [4 m, 1, KH, KW]"}},
      {"depthwise_conv2d",
       "x must be [N, C, H, W]",
       [] {
         depthwise_conv2d(f32({1, 4, 9}), f32({4, 4, 3, 3}));
       },
       {"x must be [N, C, H, W]"}},
      {"depthwise_conv2d",
       "larger than axis 2",
       [] {
         depthwise_conv2d(f32({1, 4, 9, 9}), f32({4, 1, 10, 1}));
       },
       {"larger than axis 2"}},
      {"separable_conv2d",
       "the weight of x",
       [] {
         separable_conv2d(f32({1, 4, 9, 9}), f32({4, 4, 3, 3}), f32({4, 4, 3, 3}));
       },
       {"the weight of x"}},
      {"separable_conv2d",
       "must be [O, C m, 1, 1]",
       [] {
         separable_conv2d(f32({1, 4, 9, 9}), f32({4, 1, 3, 3}), f32({4, 4, 3, 3}));
       },
       {"must be [O, C m, 1, 1]"}},
      {"separable_conv2d",
       "weight's axis 1 (3)",
       [] {
         separable_conv2d(f32({1, 4, 9, 9}), f32({4, 1, 3, 3}), f32({2, 3, 1, 1}));
       },
       {"weight's axis 1 (3)"}},
      {"dilated_conv2d",
       "the window of 3 (dilation 5) is larger than axis 2",
       [] {
         dilated_conv2d(f32({1, 4, 9, 9}), f32({4, 4, 3, 3}), {}, 5);
       },
       {"the window of 3 (dilation 5) is larger than axis 2"}},
      {"dilated_conv2d",
       "dilation 0",
       [] {
         dilated_conv2d(f32({1, 4, 9, 9}), f32({4, 4, 3, 3}), {}, 0);
       },
       {"dilation 0"}},
      {"dilated_conv2d",
       "padding -1",
       [] {
         dilated_conv2d(f32({1, 4, 9, 9}), f32({4, 4, 3, 3}), {}, 2, -1);
       },
       {"padding -1"}},
      {"max_pool1d",
       "x must be [N, C, L], got [1, 2, 5, 5]",
       [] {
         max_pool1d(f32({1, 2, 5, 5}), {});
       },
       {"x must be [N, C, L], got [1, 2, 5, 5]"}},
      {"max_pool1d",
       "the window of 6 (dilation 1) is larger than axis 2",
       [] {
         max_pool1d(f32({1, 2, 5}), {.kernel = {6}});
       },
       {"the window of 6 (dilation 1) is larger than axis 2"}},
      {"max_pool1d",
       "padding 2 must be in [0, 1], half the kernel",
       [] {
         max_pool1d(f32({1, 2, 5}), {.padding = {0, 2}});
       },
       {"padding 2 must be in [0, 1], half the kernel"}},
      {"max_pool2d",
       "x must be [N, C, H, W], got [1, 2, 5]",
       [] {
         max_pool2d(f32({1, 2, 5}), {});
       },
       {"x must be [N, C, H, W], got [1, 2, 5]"}},
      {"max_pool2d",
       "stride -1",
       [] {
         max_pool2d(f32({1, 2, 5, 5}), {.stride = {1, -1}});
       },
       {"stride -1"}},
      {"max_pool2d",
       "larger than axis 3",
       [] {
         max_pool2d(f32({1, 2, 5, 5}), {.dilation = {1, kHuge}});
       },
       {"larger than axis 3"}},
      {"max_pool3d",
       "x must be [N, C, D, H, W]",
       [] {
         max_pool3d(f32({1, 2, 5, 5}), {});
       },
       {"x must be [N, C, D, H, W]"}},
      {"max_pool3d",
       "kernel 0",
       [] {
         max_pool3d(f32({1, 2, 5, 5, 5}), {.kernel = {2, 0, 2}});
       },
       {"kernel 0"}},
      {"max_pool3d",
       "must be f32 or f64",
       [] {
         max_pool3d(i64({1, 2, 3, 3, 3}), {});
       },
       {"must be f32 or f64"}},
      {"global_max_pool",
       "1 to 3 spatial axes, got [2, 2]",
       [] {
         global_max_pool(f32({2, 2}));
       },
       {"1 to 3 spatial axes, got [2, 2]"}},
      {"global_max_pool",
       "has no elements to pool",
       [] {
         global_max_pool(f32({2, 2, 0}));
       },
       {"has no elements to pool"}},
      {"global_max_pool",
       "must be f32 or f64",
       [] {
         global_max_pool(i64({2, 2, 2}));
       },
       {"must be f32 or f64"}},
      {"avg_pool1d",
       "x must be [N, C, L], got [1, 2, 5, 5]",
       [] {
         avg_pool1d(f32({1, 2, 5, 5}), {});
       },
       {"x must be [N, C, L], got [1, 2, 5, 5]"}},
      {"avg_pool1d",
       "the window of 6 (dilation 1) is larger than axis 2",
       [] {
         avg_pool1d(f32({1, 2, 5}), {.kernel = {6}});
       },
       {"the window of 6 (dilation 1) is larger than axis 2"}},
      {"avg_pool1d",
       "padding 2 must be in [0, 1], half the kernel",
       [] {
         avg_pool1d(f32({1, 2, 5}), {.padding = {0, 2}});
       },
       {"padding 2 must be in [0, 1], half the kernel"}},
      {"avg_pool2d",
       "x must be [N, C, H, W], got [1, 2, 5]",
       [] {
         avg_pool2d(f32({1, 2, 5}), {});
       },
       {"x must be [N, C, H, W], got [1, 2, 5]"}},
      {"avg_pool2d",
       "stride -1",
       [] {
         avg_pool2d(f32({1, 2, 5, 5}), {.stride = {1, -1}});
       },
       {"stride -1"}},
      {"avg_pool2d",
       "larger than axis 3",
       [] {
         avg_pool2d(f32({1, 2, 5, 5}), {.dilation = {1, kHuge}});
       },
       {"larger than axis 3"}},
      {"avg_pool3d",
       "x must be [N, C, D, H, W]",
       [] {
         avg_pool3d(f32({1, 2, 5, 5}), {});
       },
       {"x must be [N, C, D, H, W]"}},
      {"avg_pool3d",
       "kernel 0",
       [] {
         avg_pool3d(f32({1, 2, 5, 5, 5}), {.kernel = {2, 0, 2}});
       },
       {"kernel 0"}},
      {"avg_pool3d",
       "must be f32 or f64",
       [] {
         avg_pool3d(i64({1, 2, 3, 3, 3}), {});
       },
       {"must be f32 or f64"}},
      {"global_avg_pool",
       "1 to 3 spatial axes, got [2, 2]",
       [] {
         global_avg_pool(f32({2, 2}));
       },
       {"1 to 3 spatial axes, got [2, 2]"}},
      {"global_avg_pool",
       "has no elements to pool",
       [] {
         global_avg_pool(f32({2, 2, 0}));
       },
       {"has no elements to pool"}},
      {"global_avg_pool",
       "must be f32 or f64",
       [] {
         global_avg_pool(i64({2, 2, 2}));
       },
       {"must be f32 or f64"}},
      {"adaptive_max_pool",
       "takes 1 sizes",
       [] {
         adaptive_max_pool(f32({1, 2, 5}), kTwo);
       },
       {"takes 1 sizes"}},
      {"adaptive_max_pool",
       "axis 3 of x [1, 2, 5, 5] cannot be pooled to 0",
       [] {
         adaptive_max_pool(f32({1, 2, 5, 5}), kNone);
       },
       {"axis 3 of x [1, 2, 5, 5] cannot be pooled to 0"}},
      {"adaptive_max_pool",
       "1 to 3 spatial axes, got [2, 2]",
       [] {
         adaptive_max_pool(f32({2, 2}), kTwo);
       },
       {"1 to 3 spatial axes, got [2, 2]"}},
  };
}

}  // namespace neuro::bad
