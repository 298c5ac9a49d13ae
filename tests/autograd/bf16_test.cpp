// bf16 as a storage type: conversion, products with f32 sums, gradients by way of f32.
#include "neuro/error.h"
#include "op_sweep.h"

namespace neuro {
namespace {

Var narrow(const Var& x) { return convert(x, DType::bf16); }
Var widened(const Var& x) { return convert(narrow(x), x.dtype()); }

std::vector<double> values(const Var& x) {
  x.forward();
  return x.data().to_vector();
}

TEST(Bf16, ProductsHaveF32ResultsAndSums) {
  const Var a = randn({5, 70}, 1), b = randn({70, 9}, 2);
  const Var y = matmul(narrow(a), narrow(b));
  EXPECT_EQ(y.dtype(), DType::f32);
  const auto got = values(y), exact = values(matmul(convert(widened(a), DType::f64), convert(widened(b), DType::f64)));
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], exact[i], 72 * 0x1p-24 * 70) << i;
}

TEST(Bf16, AnF32OperandMayStandBesideIt) {
  const Var x = randn({4, 6, 33}, 1), w = randn({20, 33}, 2), bias = randn({20}, 3);
  const auto got = values(relu(linear(x, narrow(w), bias))), exact = values(relu(linear(x, widened(w), bias)));
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], exact[i], 1e-5) << i;
}

TEST(Bf16, GradientsPassThroughInF32) {
  const Var a = randn({4, 7}, 1).requires_grad(), b = randn({3, 7}, 2).requires_grad(), weights = randn({4, 3}, 5);
  const Var xs[] = {a, b};
  const auto loss = [&](const Var& y) { return sum(y * weights); };
  const auto got = grad(loss(matmul(reshape(narrow(a), {4, 7}), narrow(b), Trans::no, Trans::yes)), xs);
  const auto exact = grad(loss(matmul(widened(a), widened(b), Trans::no, Trans::yes)), xs);
  for (std::size_t k = 0; k < 2; ++k) {
    EXPECT_EQ(got[k].dtype(), DType::f32);
    const auto g = values(got[k]), e = values(exact[k]);
    for (std::size_t i = 0; i < g.size(); ++i) EXPECT_NEAR(g[i], e[i], 1e-5) << k << " " << i;
  }
}

TEST(Bf16, OtherOperationsSayThatTheyDoNotTakeIt) {
  const Var x = narrow(randn({2, 3}, 1)), wide = randn({3, 3}, 2, DType::f64);
  for (const auto& f : {+[](const Var& v) { return exp(v); }, +[](const Var& v) { return v + v; },
                        +[](const Var& v) { return sum(v); }, +[](const Var& v) { return softmax(v); }}) {
    try {
      f(x);
      ADD_FAILURE() << "accepted";
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ErrorCode::dtype);
      EXPECT_NE(std::string(e.what()).find("bf16"), std::string::npos) << e.what();
      EXPECT_NE(std::string(e.what()).find("convert()"), std::string::npos) << e.what();
    }
  }
  EXPECT_THROW(matmul(x, wide), Error);
  EXPECT_THROW(Var(Tensor::zeros({2}, DType::bf16)).requires_grad(), Error);
}

TEST(Bf16, ViewsAndCopiesMoveIt) {
  const Var x = randn({6, 5}, 1), y = narrow(x);
  const Var parts[] = {slice(y, 0, 3, 6), slice(y, 0, 0, 3)}, wide_parts[] = {slice(x, 0, 3, 6), slice(x, 0, 0, 3)};
  EXPECT_EQ(values(contiguous(t(concat(parts, 0)))), values(widened(contiguous(t(concat(wide_parts, 0))))));
}

}  // namespace
}  // namespace neuro
