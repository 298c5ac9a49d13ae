// Convolution, pooling, resizing and drops: what sweeps and golden values do not see.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "neuro/error.h"
#include "neuro/ops.h"
#include "neuro/plan.h"

namespace neuro {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<double> values(const Var& y) {
  Replay replay({{y}});
  replay.run();
  return replay.output(0).to_vector();
}

std::string message(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

constexpr std::int64_t kHuge = std::int64_t{1} << 62;

TEST(ConvErrors, NameTheOperationTheShapesAndTheAxis) {
  const Var x1 = zeros({1, 4, 9}), x2 = zeros({1, 4, 9, 9}), x3 = zeros({1, 4, 9, 9, 9}), w2 = zeros({4, 4, 3, 3});
  EXPECT_THAT(message([&] { conv1d(x2, w2); }), HasSubstr("conv1d: x must be [N, C, L], got [1, 4, 9, 9]"));
  EXPECT_THAT(message([&] {
                conv1d(x1, zeros({2, 4, 11}));
              }),
              HasSubstr("conv1d: the window of 11 (dilation 1) is larger than axis 2"));
  EXPECT_THAT(message([&] { conv1d(x1, zeros({2, 4, 3}), {}, {.stride = {0}}); }), HasSubstr("conv1d: stride 0"));
  EXPECT_THAT(message([&] { conv2d(x2, w2, {}, {.groups = 3}); }), HasSubstr("multiples of groups = 3"));
  EXPECT_THAT(message([&] { conv2d(x2, w2, zeros({3})); }), HasSubstr("conv2d: bias must have shape [4]"));
  EXPECT_THAT(message([&] { conv2d(x2, w2, {}, {.dilation = {1, kHuge}}); }), HasSubstr("conv2d: a size does not fit"));
  EXPECT_THAT(message([&] { conv2d(x2, zeros({4, 4, 0, 3})); }), HasSubstr("conv2d: the kernel of axis 2 has size 0"));
  EXPECT_THAT(message([&] { conv3d(x3, w2); }), HasSubstr("conv3d: weight must be [O, C / groups, KD, KH, KW]"));
  EXPECT_THAT(message([&] { conv3d(x3, zeros({2, 3, 1, 1, 1})); }), HasSubstr("weight's axis 1 (3)"));
  EXPECT_THAT(message([&] { conv3d(x3, zeros({2, 4, 1, 1, 1}, DType::f64)); }), HasSubstr("conv3d: the weight is f64"));
  EXPECT_THAT(message([&] {
                conv_transpose1d(x1, zeros({3, 2, 3}));
              }),
              HasSubstr("weight's axis 0 (3) must equal x's axis 1 (4)"));
  EXPECT_THAT(message([&] {
                conv_transpose1d(x1, zeros({4, 2, 3}), {}, {.output_padding = {1}});
              }),
              HasSubstr("output_padding 1 of axis 2 must be below its stride 1"));
  EXPECT_THAT(message([&] {
                conv_transpose1d(x1, zeros({4, 2, 3}), {}, {.padding = {6, 6}});
              }),
              HasSubstr("gives an output of size -1"));
  EXPECT_THAT(message([&] { conv_transpose2d(x2, w2, {}, {.groups = 3}); }), HasSubstr("multiple of groups = 3"));
  EXPECT_THAT(message([&] { conv_transpose2d(x1, w2); }), HasSubstr("conv_transpose2d: x must be [N, C, H, W]"));
  EXPECT_THAT(message([&] {
                conv_transpose2d(x2, w2, {}, {.stride = {kHuge, 1}});
              }),
              HasSubstr("does not fit 63 bits"));
  EXPECT_THAT(message([&] { conv_transpose3d(x3, w2); }), HasSubstr("weight must be [C, O / groups, KD, KH, KW]"));
  EXPECT_THAT(message([&] {
                conv_transpose3d(x3, zeros({4, 1, 1, 1, 1}), {}, {.dilation = {1, 0, 1}});
              }),
              HasSubstr("dilation 0"));
  EXPECT_THAT(message([&] {
                conv_transpose3d(x3, zeros({4, 1, 1, 1, 1}), zeros({2}));
              }),
              HasSubstr("bias must have shape [1]"));
  EXPECT_THAT(message([&] { depthwise_conv2d(x2, w2); }),
              HasSubstr("depthwise_conv2d: the weight of x [1, 4, 9, 9] must be [4 m, 1, KH, KW]"));
  EXPECT_THAT(message([&] { depthwise_conv2d(x1, w2); }), HasSubstr("x must be [N, C, H, W]"));
  EXPECT_THAT(message([&] { depthwise_conv2d(x2, zeros({4, 1, 10, 1})); }), HasSubstr("larger than axis 2"));
  EXPECT_THAT(message([&] { separable_conv2d(x2, w2, w2); }), HasSubstr("separable_conv2d: the weight of x"));
  EXPECT_THAT(message([&] { separable_conv2d(x2, zeros({4, 1, 3, 3}), w2); }), HasSubstr("must be [O, C m, 1, 1]"));
  EXPECT_THAT(message([&] {
                separable_conv2d(x2, zeros({4, 1, 3, 3}), zeros({2, 3, 1, 1}));
              }),
              HasSubstr("weight's axis 1 (3)"));
  EXPECT_THAT(message([&] { dilated_conv2d(x2, w2, {}, 5); }),
              HasSubstr("the window of 3 (dilation 5) is larger than axis 2"));
  EXPECT_THAT(message([&] { dilated_conv2d(x2, w2, {}, 0); }), HasSubstr("dilated_conv2d: dilation 0"));
  EXPECT_THAT(message([&] { dilated_conv2d(x2, w2, {}, 2, -1); }), HasSubstr("dilated_conv2d: padding -1"));
}

TEST(PoolErrors, NameTheOperationTheShapesAndTheAxis) {
  const Var x1 = zeros({1, 2, 5}), x2 = zeros({1, 2, 5, 5}), x3 = zeros({1, 2, 5, 5, 5});
  for (const auto& pool : {&max_pool1d, &avg_pool1d}) {
    EXPECT_THAT(message([&] { pool(x2, {}); }), HasSubstr("pool1d: x must be [N, C, L], got [1, 2, 5, 5]"));
    EXPECT_THAT(message([&] { pool(x1, {.kernel = {6}}); }),
                HasSubstr("pool1d: the window of 6 (dilation 1) is larger than axis 2"));
    EXPECT_THAT(message([&] {
                  pool(x1, {.padding = {0, 2}});
                }),
                HasSubstr("pool1d: padding 2 must be in [0, 1], half the kernel"));
  }
  for (const auto& pool : {&max_pool2d, &avg_pool2d}) {
    EXPECT_THAT(message([&] { pool(x1, {}); }), HasSubstr("pool2d: x must be [N, C, H, W], got [1, 2, 5]"));
    EXPECT_THAT(message([&] { pool(x2, {.stride = {1, -1}}); }), HasSubstr("pool2d: stride -1"));
    EXPECT_THAT(message([&] { pool(x2, {.dilation = {1, kHuge}}); }), HasSubstr("larger than axis 3"));
  }
  for (const auto& pool : {&max_pool3d, &avg_pool3d}) {
    EXPECT_THAT(message([&] { pool(x2, {}); }), HasSubstr("pool3d: x must be [N, C, D, H, W]"));
    EXPECT_THAT(message([&] { pool(x3, {.kernel = {2, 0, 2}}); }), HasSubstr("pool3d: kernel 0"));
    EXPECT_THAT(message([&] { pool(zeros({1, 2, 3, 3, 3}, DType::i64), {}); }), HasSubstr("must be f32 or f64"));
  }
  const std::int64_t two[] = {2, 2}, none[] = {2, 0};
  EXPECT_THAT(message([&] { adaptive_max_pool(x1, two); }), HasSubstr("adaptive_max_pool: takes 1 sizes"));
  EXPECT_THAT(message([&] { adaptive_max_pool(x2, none); }),
              HasSubstr("axis 3 of x [1, 2, 5, 5] cannot be pooled to 0"));
  EXPECT_THAT(message([&] { adaptive_max_pool(zeros({2, 2}), two); }), HasSubstr("1 to 3 spatial axes, got [2, 2]"));
  for (const auto& pool : {&global_max_pool, &global_avg_pool}) {
    EXPECT_THAT(message([&] { pool(zeros({2, 2})); }), HasSubstr("1 to 3 spatial axes, got [2, 2]"));
    EXPECT_THAT(message([&] { pool(zeros({2, 2, 0})); }), HasSubstr("has no elements to pool"));
    EXPECT_THAT(message([&] { pool(zeros({2, 2, 2}, DType::i64)); }), HasSubstr("must be f32 or f64"));
  }
}

TEST(MaxPool, ASmallestValueStillHasAGradient) {
  const Var x = Var(Tensor::full({1, 1, 4}, -INFINITY)).requires_grad();
  const Var y = max_pool1d(x, {});
  EXPECT_THAT(values(grad(sum(y), std::span(&x, 1))[0]), ElementsAre(1, 0, 1, 0));
}

}  // namespace
}  // namespace neuro
