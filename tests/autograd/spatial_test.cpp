// Pooling: what sweeps and golden values do not see.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace neuro
