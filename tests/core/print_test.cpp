// Printing for people. Expected texts follow PyTorch 1.13's, but for whole numbers, which carry no point.
#include "neuro/print.h"

#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

namespace neuro {
namespace {

TEST(Print, WholeNumbersHaveNoPointAndColumnsAlign) {
  EXPECT_EQ(format(Tensor::from<float>({1, 10, 20, 2}, {2, 2})), "[[ 1, 10],\n [20,  2]]");
  EXPECT_EQ(format(Tensor::full({2, 2}, 1)), "[[1, 1],\n [1, 1]]");
  EXPECT_EQ(format(Tensor::from<float>({-1, 0, 1}, {3})), "[-1,  0,  1]");
}

TEST(Print, FractionsHaveFourDigits) {
  EXPECT_EQ(format(Tensor::from<float>({0.1f, 1, -2.34567f}, {3})), "[ 0.1000,  1.0000, -2.3457]");
  EXPECT_EQ(format(Tensor::full({}, 0.5)), "0.5000");
  EXPECT_EQ(format(Tensor::full({}, 0.5), {.precision = 1}), "0.5");
}

TEST(Print, FarApartNumbersAreScientific) {
  EXPECT_EQ(format(Tensor::from<double>({1e-5, 1}, {2})), "[1.0000e-05, 1.0000e+00]");
  EXPECT_EQ(format(Tensor::from<double>({0.5, 2000.5}, {2})), "[5.0000e-01, 2.0005e+03]");
  EXPECT_EQ(format(Tensor::from<double>({0, 0.5, 400}, {3})), "[  0.0000,   0.5000, 400.0000]");
  EXPECT_EQ(format(Tensor::from<double>({1e9, 1}, {2})), "[1.0000e+09, 1.0000e+00]");
}

TEST(Print, SpecialValuesAndOtherTypes) {
  EXPECT_EQ(format(Tensor::from<float>({NAN, INFINITY, -INFINITY, 1}, {4})), "[ nan,  inf, -inf,    1]");
  EXPECT_EQ(format(Tensor::from<bool>({true, false}, {2})), "[ true, false]");
  EXPECT_EQ(format(Tensor::from<std::int64_t>({9007199254740993, 1}, {2})), "[9007199254740993,                1]");
  EXPECT_EQ(format(Tensor::from<std::int32_t>({-7}, {1})), "[-7]");
  EXPECT_EQ(format(Tensor()), "(no tensor)");
  EXPECT_EQ(format(Tensor::zeros({0})), "[]");
  EXPECT_EQ(format(Tensor::zeros({2, 0})), "[[],\n []]");
}

TEST(Print, ViewsAreReadThroughTheirStrides) {
  const Tensor t = Tensor::from<float>({1, 2, 3, 4, 5, 6}, {2, 3});
  EXPECT_EQ(format(Tensor::view(t, {3, 2}, {1, 3}, 0)), "[[1, 4],\n [2, 5],\n [3, 6]]");
}

TEST(Print, MatricesOfAStackStandApart) { EXPECT_EQ(format(Tensor::full({2, 1, 2}, 3)), "[[[3, 3]],\n\n [[3, 3]]]"); }

TEST(Print, LargeTensorsAreElided) {
  Tensor t = Tensor::empty({2000});
  for (int i = 0; i < 2000; ++i) t.data<float>()[i] = static_cast<float>(i);
  EXPECT_EQ(format(t), "[   0,    1,    2, ..., 1997, 1998, 1999]");
  EXPECT_EQ(format(Tensor::zeros({100, 20}), {.edge = 1}), "[[0, ..., 0],\n ...,\n [0, ..., 0]]");
  EXPECT_EQ(format(Tensor::zeros({5, 4}), {.whole = 19, .edge = 2}),
            "[[0, 0, 0, 0],\n [0, 0, 0, 0],\n ...,\n"
            " [0, 0, 0, 0],\n [0, 0, 0, 0]]");
}

TEST(Print, LongLinesAreBroken) {
  EXPECT_EQ(format(Tensor::zeros({5}), {.columns = 8}), "[0, 0,\n 0, 0,\n 0]");
  EXPECT_EQ(format(Tensor::zeros({2}), {.columns = 0}), "[0,\n 0]");
}

TEST(Print, ToAStream) {
  std::ostringstream out;
  out << Tensor::full({2}, 1) << '\n';
  EXPECT_EQ(out.str(), "[1, 1]\n");
}

}  // namespace
}  // namespace neuro
