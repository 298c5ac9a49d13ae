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

TEST(Shape, NegativeSizesAndTooManyAxesAreRefused) {
  EXPECT_THROW(Shape({2, -1}), Error);
  EXPECT_NO_THROW(Shape({1, 1, 1, 1, 1, 1, 1, 1}));
  EXPECT_THROW(Shape({1, 1, 1, 1, 1, 1, 1, 1, 1}), Error);
  EXPECT_THROW(Shape({1, 1, 1, 1, 1, 1, 1, 1}).inserted(0, 1), Error);
}

TEST(Shape, AxesMayCountFromTheEnd) {
  const Shape s{2, 3, 4};
  EXPECT_EQ(s.at(-1), 4);
  EXPECT_EQ(s.at(0), 2);
  EXPECT_THROW(s.at(3), Error);
  EXPECT_THROW(s.at(-4), Error);
  EXPECT_EQ(normalize_axis(-3, 3, "sum"), 0);
  try {
    normalize_axis(3, 3, "sum");
    FAIL() << "an axis out of range was accepted";
  } catch (const Error& e) {
    EXPECT_STREQ(e.what(), "sum: axis 3 is out of range for rank 3; it takes -3 to 2");
  }
  try {
    normalize_axis(0, 0, "sum");
    FAIL() << "an axis of a scalar was accepted";
  } catch (const Error& e) {
    EXPECT_STREQ(e.what(), "sum: axis 0 of a value of rank 0, which has no axes");
  }
}

TEST(Shape, EditingOneAxis) {
  const Shape s{2, 3, 4};
  EXPECT_EQ(s.with(1, 7), (Shape{2, 7, 4}));
  EXPECT_EQ(s.without(0), (Shape{3, 4}));
  EXPECT_EQ(s.without(2), (Shape{2, 3}));
  EXPECT_EQ(s.inserted(0, 9), (Shape{9, 2, 3, 4}));
  EXPECT_EQ(s.inserted(3, 9), (Shape{2, 3, 4, 9}));
  EXPECT_EQ(Shape{}.inserted(0, 1), Shape{1});
}

TEST(Shape, ElementsTextAndStrides) {
  EXPECT_EQ(Shape{}.elements(), 1);
  EXPECT_EQ((Shape{2, 0, 4}).elements(), 0);
  EXPECT_EQ((Shape{2, 3}).text(), "[2, 3]");
  EXPECT_EQ(Shape{}.text(), "[]");
  const Strides strides = contiguous_strides(Shape{2, 3, 4});
  EXPECT_EQ(strides[0], 12);
  EXPECT_EQ(strides[1], 4);
  EXPECT_EQ(strides[2], 1);
  EXPECT_NE((Shape{2, 3}), (Shape{2, 3, 1}));
}

}  // namespace
}  // namespace neuro
