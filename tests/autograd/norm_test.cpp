// Norms: what sweeps and golden values do not see.
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

TEST(LayerNorm, OverSeveralAxesEqualsOneLongAxis) {
  const Var x = randn({2, 3, 4}, 1), w = randn({3, 4}, 2), b = randn({3, 4}, 3);
  const std::int64_t axes[] = {3, 4};
  EXPECT_EQ(values(layer_norm(x, axes, w, b)),
            values(layer_norm(reshape(x, {2, 12}), reshape(w, {12}), reshape(b, {12}))));
}

TEST(BatchNorm, LeavesOutRunningStatisticsThatAreNotThere) {
  const BatchNormResult out = batch_norm(randn({2, 3, 4}, 1), {}, {}, {}, {});
  EXPECT_FALSE(out.running_mean.defined());
  EXPECT_FALSE(out.running_var.defined());
}

TEST(BatchNorm, IsOnePassOfStatisticsAndOneOfTheResultWithItsActivation) {
  const Var x = randn({4, 3, 8, 8}, 1), w = randn({3}, 2), b = randn({3}, 3);
  const std::string program = Replay({{relu(batch_norm(x, {}, {}, w, b).y)}}).describe();
  EXPECT_EQ(program.find("3: "), std::string::npos) << program;  // moments, the scale, the map
}

TEST(NormErrors, NameTheOperationTheShapesAndTheAxis) {
  const Var x = zeros({2, 4, 3}), w = zeros({4}), short_w = zeros({3});
  EXPECT_THAT(message([&] { batch_norm(zeros({4}), {}, {}, {}, {}); }), HasSubstr("batch_norm: x must be [N, C, ...]"));
  EXPECT_THAT(message([&] { batch_norm(zeros({1, 4}), {}, {}, {}, {}); }), HasSubstr("at least two values"));
  EXPECT_THAT(message([&] { batch_norm(x, {}, {}, short_w, short_w); }),
              HasSubstr("batch_norm: weight must have shape [4] for axis 1 of x [2, 4, 3], got [3]"));
  EXPECT_THAT(message([&] { batch_norm(x, {}, {}, w, {}); }), HasSubstr("weight and bias, or neither"));
  EXPECT_THAT(message([&] { batch_norm(x, short_w, short_w, w, w); }), HasSubstr("running statistics must have shape"));
  EXPECT_THAT(message([&] { batch_norm(x, {}, {}, {}, {}, 1e-5, 1.5); }), HasSubstr("momentum 1.5"));
  EXPECT_THAT(message([&] { batch_norm_eval(x, short_w, w, {}, {}); }), HasSubstr("batch_norm_eval: mean must have"));
  EXPECT_THAT(message([&] { batch_norm_eval(x, w, w, {}, {}, -1); }), HasSubstr("eps -1"));
  EXPECT_THAT(message([&] { group_norm(x, 3, {}, {}); }), HasSubstr("must be a multiple of groups = 3"));
  EXPECT_THAT(message([&] { group_norm(x, 0, {}, {}); }), HasSubstr("groups = 0"));
  EXPECT_THAT(message([&] { group_norm(x, 2, w, zeros({4}, DType::f64)); }), HasSubstr("group_norm: bias is f64"));
  EXPECT_THAT(message([&] { instance_norm(zeros({2, 4, 1}), {}, {}); }), HasSubstr("at least two values"));
  EXPECT_THAT(message([&] { rms_norm(x, w); }), HasSubstr("rms_norm: weight must have shape [3] for axis -1"));
  EXPECT_THAT(message([&] { rms_norm(zeros({2, 0}), {}); }), HasSubstr("last axis with elements"));
  EXPECT_THAT(message([&] { rms_norm(zeros({2, 3}, DType::i64), {}); }), HasSubstr("must be f32 or f64"));
  EXPECT_THAT(message([&] { weight_norm(zeros({2, 3}), zeros({2, 3})); }), HasSubstr("must have shape [2, 1]"));
  EXPECT_THAT(message([&] { weight_norm(zeros({2, 3}), zeros({2, 1}), 2); }), HasSubstr("weight_norm: axis 2 is out"));
  const std::int64_t axes[] = {4, 2};
  EXPECT_THAT(message([&] { layer_norm(x, axes, {}, {}); }), HasSubstr("the last axes of x [2, 4, 3] must be [4, 2]"));
}

}  // namespace
}  // namespace neuro
