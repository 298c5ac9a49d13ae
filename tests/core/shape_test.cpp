#include "neuro/shape.h"

#include <gtest/gtest.h>

#include "neuro/error.h"

namespace neuro {
namespace {

TEST(Shape, ElementCountThatOverflowsIsRefused) {
  EXPECT_THROW(Shape({10'000'000'000, 10'000'000'000}), Error);
  EXPECT_EQ(Shape({0, 10'000'000'000}).elements(), 0);
}

TEST(Shape, BroadcastFollowsNumPy) {
  EXPECT_EQ(broadcast(Shape{2, 1, 4}, Shape{3, 1}, "add"), (Shape{2, 3, 4}));
  EXPECT_EQ(broadcast(Shape{}, Shape{5}, "add"), Shape{5});
  EXPECT_EQ(broadcast(Shape{1}, Shape{0}, "add"), Shape{0});
  try {
    broadcast(Shape{2, 3}, Shape{4}, "add");
    FAIL() << "shapes that do not broadcast were accepted";
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::shape);
    EXPECT_NE(std::string(e.what()).find("axis -1 has sizes 3 and 4"), std::string::npos) << e.what();
  }
}

TEST(Shape, BroadcastStridesAreZeroAlongRepeatedAxes) {
  const Strides s = broadcast_strides(Shape{3, 1}, contiguous_strides(Shape{3, 1}), Shape{2, 3, 4});
  EXPECT_EQ(s[0], 0);
  EXPECT_EQ(s[1], 1);
  EXPECT_EQ(s[2], 0);
}

}  // namespace
}  // namespace neuro
