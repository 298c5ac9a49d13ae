// What sweeps and golden values of the operations on shapes cannot know: which of them copy, and errors.
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
std::vector<double> gradient(const Var& y, const Var& x) { return values(grad(sum(y), std::span(&x, 1))[0]); }

TEST(Arrange, ViewsReachElementwiseKernelsWithoutACopy) {
  const Var x = Var(Tensor::from<float>({1, 2, 3, 4, 5, 6}, {2, 3}));
  const auto entries = [](const Var& y) { return Replay({{y * 2.0}}).entries(); };
  EXPECT_EQ(entries(flip(x, 1)), 1u);
  EXPECT_EQ(entries(diagonal(x)), 1u);
  EXPECT_EQ(entries(unfold(x, 1, 2)), 1u);
  EXPECT_EQ(entries(split(x, 2, 1)[1]), 1u);
  EXPECT_EQ(entries(chunks(x, {1, 2})[1]), 1u);
  EXPECT_THAT(values(flip(x, std::array{0, 1}) * 2.0), ElementsAre(12, 10, 8, 6, 4, 2));
  EXPECT_THAT(values(flip(t(flip(x, 1)), 0)), ElementsAre(1, 4, 2, 5, 3, 6)) << "views of views";
}

TEST(Chunks, DropTheRemainderAndItsGradient) {  // autograd.md, section 2
  const Var x = Var(Tensor::from<double>({1, 2, 3, 4, 5, 6}, {2, 3})).requires_grad();
  const std::vector<Var> blocks = chunks(x, {1, 2});
  ASSERT_EQ(blocks.size(), 2u);
  EXPECT_THAT(values(blocks[1]), ElementsAre(4, 5));
  EXPECT_THAT(gradient(blocks[0] + blocks[1] * 3.0, x), ElementsAre(1, 1, 0, 3, 3, 0));
}

TEST(Pad, ModesOfTheSpecification) {
  const Var x = Var(Tensor::from<double>({1, 2, 3}, {1, 1, 3})).requires_grad();
  EXPECT_THAT(values(pad(x, {{1, 2}})), ElementsAre(0, 1, 2, 3, 0, 0));
  EXPECT_THAT(values(pad(x, {1}, pad::Constant{9})), ElementsAre(9, 1, 2, 3, 9));
  EXPECT_THAT(values(pad(x, {2}, pad::Reflective{})), ElementsAre(3, 2, 1, 2, 3, 2, 1));
  EXPECT_THAT(values(pad(x, {2}, pad::Replicative{})), ElementsAre(1, 1, 1, 2, 3, 3, 3));
  EXPECT_THAT(values(pad(x, {{1, 2}}, pad::Circular{})), ElementsAre(3, 1, 2, 3, 1, 2));
  // A padded cell's gradient goes to where it came from; the original cropped in every mode.
  EXPECT_THAT(gradient(pad(x, {2}), x), ElementsAre(1, 1, 1));
  EXPECT_THAT(gradient(pad(x, {2}, pad::Reflective{}), x), ElementsAre(2, 3, 2));
  EXPECT_THAT(gradient(pad(x, {2}, pad::Replicative{}), x), ElementsAre(3, 1, 3));
  EXPECT_THAT(gradient(pad(x, {{1, 2}}, pad::Circular{}), x), ElementsAre(2, 2, 2));
}

TEST(Repeat, MoreAxesThanAShapeHasRoomForIsDoneInSteps) {
  const Var x = Var(Tensor::from<double>({1, 2}, {1, 2, 1, 1, 1, 1}));
  const Var y = repeat(x, std::array<std::int64_t, 6>{1, 2, 1, 2, 2, 2});
  EXPECT_EQ(y.shape(), (Shape{1, 4, 1, 2, 2, 2}));
  const std::vector<double> got = values(y);
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_EQ(got[i], i / 8 % 2 == 0 ? 1 : 2) << i;
}

std::string message(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

TEST(Reshape, HugeSizesBesideMinusOneAreRefused) {
  constexpr std::int64_t huge = std::int64_t{1} << 62;
  EXPECT_THAT(message([] {
                reshape(zeros({2, 3}), {-1, huge, huge});
              }),
              HasSubstr("reshape: the sizes beside -1 multiply to more than 63 bits; shape [2, 3]"));
  EXPECT_THAT(message([] {
                slice_scatter(zeros({2, 3}), 1, 2, huge, huge);
              }),
              HasSubstr("slice_scatter: 3 elements from 2"));
  EXPECT_EQ(slice(zeros({5}), 0, 1, 4, INT64_MAX).shape(), (Shape{1}));
  const Var wide = broadcast_to(zeros({1}), {huge});
  EXPECT_THAT(message([&] {
                concat(std::array{wide, wide}, 0);
              }),
              HasSubstr("concat: the sizes of axis 0 add up to more than 63 bits"));
  EXPECT_THAT(message([&] { pad(wide, {{huge, huge}}); }), HasSubstr("pad: axis 0"));
  EXPECT_THAT(message([&] { repeat(wide, std::array<std::int64_t, 1>{4}); }), HasSubstr("does not fit 63 bits"));
}

}  // namespace
}  // namespace neuro
