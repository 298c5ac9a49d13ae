// Pooling and convolution: what sweeps and golden values do not see.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "neuro/error.h"
#include "neuro/ops.h"
#include "neuro/plan.h"

namespace neuro {
namespace {

using ::testing::ElementsAre;

std::vector<double> values(const Var& y) {
  Replay replay({{y}});
  replay.run();
  return replay.output(0).to_vector();
}

TEST(MaxPool, ASmallestValueStillHasAGradient) {
  const Var x = Var(Tensor::full({1, 1, 4}, -INFINITY)).requires_grad();
  const Var y = max_pool1d(x, {});
  EXPECT_THAT(values(grad(sum(y), std::span(&x, 1))[0]), ElementsAre(1, 0, 1, 0));
}

TEST(Pool, WithCeilModeAFirstWindowMayReachBehindTheInput) {
  const Var x(Tensor::from<float>({3, 5}, {1, 1, 2}));
  const Pool1dOptions options{.kernel = {3}, .stride = {2}, .ceil_mode = true};
  EXPECT_THAT(values(max_pool1d(x, options)), ElementsAre(5));
  EXPECT_THAT(values(avg_pool1d(x, options)), ElementsAre(4)) << "mean of the two elements that exist, as PyTorch";
  EXPECT_THROW(max_pool1d(x, {.kernel = {5}, .stride = {2}, .ceil_mode = true}), Error);
}

TEST(ConvTranspose, GradientLeavesOutWindowsThatOnlyThePaddingOfTheOutputReaches) {
  // y[j + 3 k] = x[j] w[k] and two zeros: three windows fit on its 6 elements, of which x has the first.
  const Var x = Var(Tensor::from<float>({5}, {1, 1, 1})).requires_grad();
  const Var w = Var(Tensor::from<float>({2, 3}, {1, 1, 2})).requires_grad();
  const Var y = conv_transpose1d(x, w, {}, {.output_padding = {2}, .dilation = {3}});
  EXPECT_THAT(values(y), ElementsAre(10, 0, 0, 15, 0, 0));
  const Var xs[] = {x, w};
  const auto g = grad(sum(y), xs);
  EXPECT_THAT(values(g[0]), ElementsAre(5));
  EXPECT_THAT(values(g[1]), ElementsAre(5, 5));
}

}  // namespace
}  // namespace neuro
