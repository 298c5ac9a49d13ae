// Elementwise operations where a sweep cannot know what is right: integers and booleans, kinks, bad constants.
#include <gtest/gtest.h>

#include <cmath>

#include "neuro/error.h"
#include "neuro/ops.h"

namespace neuro {
namespace {

using Values = std::vector<double>;

Values values(const Var& x) {
  x.forward();
  return x.data().to_vector();
}

Var floats(std::initializer_list<float> v) {
  return Var(Tensor::from<float>(v, {static_cast<std::int64_t>(v.size())}));
}
Var ints(std::initializer_list<std::int64_t> v, DType type) {
  return Var(Tensor::from<std::int64_t>(v, {static_cast<std::int64_t>(v.size())}).to(type));
}

/// The gradient of sum(f(x)) at each x.
template <class F>
Values slopes(F f, std::initializer_list<float> at) {
  const Var x = floats(at).requires_grad();
  return values(grad(sum(f(x)), std::span(&x, 1))[0]);
}

template <class F>
std::string refusal(F f) {
  try {
    f();
  } catch (const Error& e) {
    return e.what();
  }
  return "accepted";
}

TEST(ElementwiseOps, IntegersCompareAndCount) {
  for (const DType type : {DType::i64, DType::i32}) {
    const Var a = ints({1, -5, 7, 0}, type), b = ints({2, -5, 3, -1}, type);
    EXPECT_EQ(values(less(a, b)), (Values{1, 0, 0, 0}));
    EXPECT_EQ(values(greater_equal(a, b)), (Values{0, 1, 1, 1}));
    EXPECT_EQ(values(equal(a, 7)), (Values{0, 0, 1, 0}));
    EXPECT_EQ(values(not_equal(a, b)), (Values{1, 0, 1, 1}));
    EXPECT_EQ(values(a + b), (Values{3, -10, 10, -1}));
    EXPECT_EQ(values(a - 3), (Values{-2, -8, 4, -3}));
    EXPECT_EQ(values(3 - a), (Values{2, 8, -4, 3}));
    EXPECT_EQ(values(a * b), (Values{2, 25, 21, 0}));
    EXPECT_EQ(values(a * 2), (Values{2, -10, 14, 0}));
    EXPECT_EQ(values(abs(-a)), (Values{1, 5, 7, 0}));
    EXPECT_EQ(values(sign(a)), (Values{1, -1, 1, 0}));
    EXPECT_EQ(values(square(a)), (Values{1, 25, 49, 0}));
    EXPECT_EQ(values(maximum(a, b)), (Values{2, -5, 7, 0}));
    EXPECT_EQ(values(minimum(a, b)), (Values{1, -5, 3, -1}));
    EXPECT_EQ(values(where(less(a, b), a, b)), (Values{1, -5, 3, -1}));
    EXPECT_EQ((a + b).dtype(), type);
  }
  const Var large = ints({std::int64_t{1} << 62}, DType::i64);
  EXPECT_EQ(values(equal(large + 1, large)), (Values{0})) << "compared as integers, not as doubles";
}

TEST(ElementwiseOps, BooleansCompareAndCombine) {
  const Var a = ints({0, 0, 1, 1}, DType::boolean), b = ints({0, 1, 0, 1}, DType::boolean);
  EXPECT_EQ(values(logical_and(a, b)), (Values{0, 0, 0, 1}));
  EXPECT_EQ(values(logical_or(a, b)), (Values{0, 1, 1, 1}));
  EXPECT_EQ(values(logical_xor(a, b)), (Values{0, 1, 1, 0}));
  EXPECT_EQ(values(logical_not(a)), (Values{1, 1, 0, 0}));
  EXPECT_EQ(values(equal(a, b)), (Values{1, 0, 0, 1}));
  EXPECT_EQ(values(where(a, b, logical_not(b))), (Values{1, 0, 0, 1}));
  const Var x = floats({-2, -1, 1, 2});
  EXPECT_EQ(values(where(logical_and(greater(x, -1.5), less(x, 1.5)), x, x * 0)), (Values{0, -1, 1, 0}));
}

TEST(ElementwiseOps, TypesThatDoNotFitAreRefusedByName) {
  const Var f = floats({1, 2}), d = Var(Tensor::zeros({2}, DType::f64)), i = ints({1, 2}, DType::i64),
            m = ints({1, 0}, DType::boolean);
  EXPECT_EQ(refusal([&] { tan(i); }), "tan: operand 0 must be f32 or f64, got i64; use convert()");
  EXPECT_EQ(refusal([&] { logical_and(m, f); }), "logical_and: operand 1 must be bool, got f32; use convert()");
  EXPECT_EQ(refusal([&] { atan2(f, d); }), "atan2: operands are f32 and f64; convert() one of them");
  EXPECT_EQ(refusal([&] { less(i, f); }), "less: operands are i64 and f32; convert() one of them");
  EXPECT_NE(refusal([&] { i + 0.5; }).find("add: 0.5 is no whole number"), std::string::npos);
  EXPECT_NE(refusal([&] { fmod(floats({1, 2, 3}), f); }).find("fmod"), std::string::npos);
  EXPECT_NE(refusal([&] { glu(floats({1, 2, 3})); }).find("glu: axis 0 of [3] has odd size 3"), std::string::npos);
  EXPECT_NE(refusal([&] { glu(f, 1); }).find("glu"), std::string::npos);
  EXPECT_NE(refusal([&] { glu(i); }).find("glu"), std::string::npos);
  EXPECT_NE(refusal([&] { hardtanh(f, 1, -1); }).find("hardtanh"), std::string::npos);
  EXPECT_NE(refusal([&] { celu(f, 0); }).find("celu"), std::string::npos);
  EXPECT_NE(refusal([&] { softshrink(f, -1); }).find("softshrink"), std::string::npos);
  EXPECT_NE(refusal([&] { hardshrink(f, std::nan("")); }).find("hardshrink"), std::string::npos);
}

TEST(ElementwiseOps, KinksBelongToTheSideThatTheHeaderNames) {
  EXPECT_EQ(slopes([](const Var& x) { return relu6(x); }, {0, 3, 6}), (Values{0, 1, 0}));
  EXPECT_EQ(slopes([](const Var& x) { return hardtanh(x); }, {-1, 0, 1}), (Values{0, 1, 0}));
  EXPECT_EQ(slopes([](const Var& x) { return hardswish(x); }, {-3, 0, 3}), (Values{0, 0.5, 1}));
  EXPECT_EQ(slopes([](const Var& x) { return softshrink(x); }, {-0.5, 0.5, 1}), (Values{0, 0, 1}));
  EXPECT_EQ(slopes([](const Var& x) { return hardshrink(x); }, {-0.5, 0.5, 1}), (Values{0, 0, 1}));
  EXPECT_EQ(slopes([](const Var& x) { return threshold(x, 2, 9); }, {2, 3}), (Values{0, 1}));
  EXPECT_EQ(slopes([](const Var& x) { return elu(x, 0.5); }, {0}), (Values{0.5}));
  EXPECT_EQ(slopes([](const Var& x) { return celu(x, 2); }, {0, 1}), (Values{1, 1}));
  EXPECT_EQ(slopes([](const Var& x) { return pow(x, floats({0, 2, 2})); }, {0, 0, 3}), (Values{0, 0, 6}));
  EXPECT_EQ(slopes([](const Var& b) { return pow(floats({0, 0, 1}), b); }, {0, 2, 2}), (Values{0, 0, 0}));
  EXPECT_EQ(slopes([](const Var& x) { return nan_to_num(x); }, {1, INFINITY, NAN}), (Values{1, 0, 0}));
}

TEST(ElementwiseOps, HugeNumbersKeepTheirGradients) {
  for (const double slope : slopes([](const Var& x) { return softsign(x); }, {1e30f, -1e30f})) EXPECT_EQ(slope, 0);
  EXPECT_EQ(slopes([](const Var& x) { return log_sigmoid(x); }, {-1000, 1000}), (Values{1, 0}));
  EXPECT_EQ(slopes([](const Var& x) { return expm1(x); }, {-20})[0], static_cast<double>(std::exp(-20.f)));
}

TEST(ElementwiseOps, NanToNumTakesTheLimitsOfItsType) {
  const Var x = floats({INFINITY, -INFINITY, NAN, 1});
  const auto largest = static_cast<double>(std::numeric_limits<float>::max());
  EXPECT_EQ(values(nan_to_num(x)), (Values{largest, -largest, 0, 1}));
  EXPECT_EQ(values(nan_to_num(x, 2, 3, 4)), (Values{3, 4, 2, 1}));
  EXPECT_EQ(values(nan_to_num(convert(x, DType::f64)))[0], std::numeric_limits<double>::max());
}

}  // namespace
}  // namespace neuro
