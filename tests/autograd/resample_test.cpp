// Random masks of larger pieces: what sweeps and golden values do not see.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "neuro/ops.h"
#include "neuro/plan.h"

namespace neuro {
namespace {

using ::testing::Each;

std::vector<double> values(const Var& y) {
  Replay replay({{y}});
  replay.run();
  return replay.output(0).to_vector();
}

const Var& rng() {
  static const Var state(Tensor::from<std::int64_t>({1, 2, 0}, {3}));
  return state;
}

TEST(DropPath, DropsWholeSamplesAndScalesTheOthers) {
  const std::vector<double> y = values(drop_path(ones({64, 3, 5}), 0.25, 7, rng()));
  int kept = 0;
  for (std::size_t n = 0; n < 64; ++n) {
    const std::vector<double> sample(y.begin() + static_cast<long>(n * 15),
                                     y.begin() + static_cast<long>((n + 1) * 15));
    EXPECT_THAT(sample, Each(sample[0]));
    kept += sample[0] != 0;
    if (sample[0] != 0) {
      EXPECT_FLOAT_EQ(static_cast<float>(sample[0]), 4.f / 3);
    }
  }
  EXPECT_NEAR(kept, 48, 12);  // 3.5 standard deviations of 64 draws
  EXPECT_THAT(values(drop_path(ones({64}), 0.25, 7, rng(), ScaleKept::no)), Each(::testing::AnyOf(0, 1)));
}

TEST(Dropout2d, DropsWholeChannels) {
  const std::vector<double> y = values(dropout2d(ones({8, 16, 2, 3}), 0.5, 7, rng()));
  int kept = 0;
  for (std::size_t plane = 0; plane < 128; ++plane) {
    for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(y[plane * 6 + i], y[plane * 6]);
    kept += y[plane * 6] != 0;
  }
  EXPECT_NEAR(kept, 64, 20);  // 3.5 standard deviations of 128 draws
}

TEST(Dropout, DropsElementsAsTheirMask) {
  const Var x = randn({4, 5}, 1);
  EXPECT_EQ(values(dropout(x, 0.4, 7, rng())), values(x * dropout_mask({4, 5}, 0.4, 7, rng())));
  EXPECT_THAT(values(dropout(x, 0.4, 7, rng())), ::testing::Contains(::testing::Not(0)));
}

TEST(DropConnect, DropsElementsAsTheirMask) {
  const Var x = randn({4, 5}, 1);
  EXPECT_EQ(values(drop_connect(x, 0.4, 7, rng())), values(x * dropout_mask({4, 5}, 0.4, 7, rng())));
  EXPECT_THAT(values(drop_connect(x, 0.4, 7, rng())), ::testing::Contains(::testing::Not(0)));
}

TEST(DropBlock, DropsSquaresAndKeepsTheSum) {
  const std::vector<double> y = values(drop_block(ones({2, 3, 20, 20}), 0.2, 3, 7, rng()));
  double total = 0, dropped = 0;
  for (const double v : y) {
    total += v;
    dropped += v == 0;
  }
  EXPECT_NEAR(total, 2400, 0.01);
  EXPECT_NEAR(dropped / 2400, 0.2, 0.1);
  // A dropped element lies in a 3 x 3 square of dropped ones, or at the border.
  for (std::size_t i = 0; i < y.size(); ++i) {
    const std::size_t r = i / 20 % 20, c = i % 20;
    if (y[i] != 0 || r < 2 || r > 17 || c < 2 || c > 17) continue;
    bool square = false;
    for (std::size_t top = 0; top < 3; ++top) {
      for (std::size_t left = 0; left < 3; ++left) {
        bool all = true;
        for (std::size_t k = 0; k < 9; ++k) all = all && y[i - top * 20 - left + k / 3 * 20 + k % 3] == 0;
        square = square || all;
      }
    }
    EXPECT_TRUE(square) << "element " << i;
  }
}

TEST(DropBlock, AtMostEverythingIsDropped) {
  EXPECT_THAT(values(drop_block(ones({1, 1, 4, 4}), 1, 7, 7, rng())), Each(0));
  EXPECT_THAT(values(drop_block(ones({1, 1, 4, 4}), 0, 3, 7, rng())), Each(1));
}

}  // namespace
}  // namespace neuro
