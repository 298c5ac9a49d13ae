// How einsum is planned, and how its errors look.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "neuro/error.h"
#include "neuro/ops.h"
#include "neuro/plan.h"

namespace neuro {
namespace {

using ::testing::HasSubstr;

TEST(Einsum, ProductsReadOperandsInTheirNaturalOrder) {
  const Var a = zeros({4, 3, 5}), b = zeros({4, 5, 6}), c = zeros({4, 6, 5});
  EXPECT_EQ(Replay({{einsum("bij,bjk->bik", {a, b})}}).entries(), 1u);
  EXPECT_EQ(Replay({{einsum("bij,bkj->bik", {a, c})}}).entries(), 1u) << "transposed in the product, not copied";
  EXPECT_EQ(Replay({{einsum("ik,jk->ij", {zeros({3, 4}), zeros({5, 4})})}}).entries(), 1u);
  EXPECT_EQ(Replay({{einsum("ik,jk->ji", {zeros({3, 4}), zeros({5, 4})})}}).entries(), 1u) << "factors change places";
  EXPECT_EQ(Replay({{einsum("i,j->ij", {zeros({3}), zeros({5})})}}).entries(), 1u) << "elementwise";
}

/// The largest value that a plan of y computes, in elements.
std::int64_t largest(const Var& y) {
  std::int64_t n = 0;
  std::vector<Var> stack{y};
  while (!stack.empty()) {
    const Var v = stack.back();
    stack.pop_back();
    if (v.is_leaf()) continue;
    n = std::max(n, v.shape().elements());
    for (const Var& in : v.inputs()) stack.push_back(in);
  }
  return n;
}

TEST(Einsum, TakesTheCheapestOrder) {
  // A chain whose vector is last: from the left it would build 100 x 100 matrices, from the right only vectors.
  const Var a = zeros({100, 100}), b = zeros({100, 100}), v = zeros({100});
  EXPECT_LE(largest(einsum("ij,jk,k->i", {a, b, v})), 100);
  // (x w) with w [2, 1000] first costs 4e5; the other pair first would build [100, 1000].
  const Var x = zeros({100, 2}), y = zeros({1000, 3}), w = zeros({2, 1000});
  EXPECT_LT(largest(einsum("ia,ja,bj->ib", {x, zeros({1000, 2}), w})), 5000);
  EXPECT_EQ(einsum("ia,bj,jc->ibc", {x, w, y}).shape(), (Shape{100, 2, 3}));
}

std::string message(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::shape);
    return e.what();
  }
  return "no error";
}

TEST(Einsum, ErrorsPointAtThePlace) {
  const Var a = zeros({2, 3}), b = zeros({4, 5});
  const auto error = [&](const char* equation, std::initializer_list<Var> in) {
    return message([&] { einsum(equation, in); });
  };
  EXPECT_EQ(error("ij,jk->ik", {a, b}),
            "einsum: label `j` has size 3, and size 4 in operand 1, which is [4, 5]\n"
            "  ij,jk->ik\n"
            "     ^");
  EXPECT_EQ(error("ij->iz", {a}),
            "einsum: label `z` of the result is in no operand\n"
            "  ij->iz\n"
            "       ^");
  EXPECT_THAT(error("i1->i", {a}), HasSubstr("`1` is no label; labels are letters\n  i1->i\n   ^"));
  EXPECT_THAT(error("ij->ii", {a}), HasSubstr("label `i` occurs twice in the result\n  ij->ii\n       ^"));
  EXPECT_THAT(error("ij->i->j", {a}), HasSubstr("`-` after the result\n  ij->i->j\n       ^"));
  EXPECT_THAT(error("ij-i", {a}), HasSubstr("`-` is no label; labels are letters\n  ij-i\n    ^"));
  EXPECT_THAT(error("i..j", {a}), HasSubstr("an ellipsis has three points\n  i..j\n   ^"));
  EXPECT_THAT(error("...i...", {a}), HasSubstr("a second ellipsis in one term\n  ...i...\n      ^"));
  EXPECT_THAT(error("ij, ijk -> k", {a, b}),
              HasSubstr("this term names 3 axes, operand 1 is [4, 5]\n  ij, ijk -> k\n      ^"));
  EXPECT_THAT(error("ij,jk", {a}), HasSubstr("the equation has 2 terms for 1 operands\n  ij,jk\n  ^"));
  EXPECT_THAT(error("i...,j...", {a, zeros({2, 4})}), HasSubstr("axis 1 of operand 1, which is [2, 4], has size 4"));
  EXPECT_THAT(error("ii->i", {a}), HasSubstr("label `i` has size 2, and size 3 in operand 0"));
}

TEST(Tensordot, ChecksItsAxes) {
  EXPECT_THAT(message([] {
                tensordot(zeros({2, 3}), zeros({4, 5}), 1);
              }),
              HasSubstr("tensordot: a is [2, 3], b is [4, 5]; a's axis 1 (3) must equal b's axis 0 (4)"));
  EXPECT_THAT(message([] { tensordot(zeros({2}), zeros({2}), 2); }), HasSubstr("tensordot: 2 axes of a, [2]"));
  EXPECT_THAT(message([] {
                tensordot(zeros({2, 2}), zeros({2, 2}), std::array{0, 0}, std::array{0, 1});
              }),
              HasSubstr("axis 0 of [2, 2] is given twice"));
  EXPECT_THAT(message([] { bmm(zeros({2, 3, 4}), zeros({3, 4, 5})); }), HasSubstr("bmm: a is [2, 3, 4]"));
  EXPECT_THAT(message([] { outer(zeros({2, 3}), zeros({3})); }), HasSubstr("outer: a is [2, 3], b is [3]"));
}

}  // namespace
}  // namespace neuro
