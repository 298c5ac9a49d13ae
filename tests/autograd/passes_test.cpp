// What each pass of the planner does to a graph: the graph before, and the graph after.
#include <gtest/gtest.h>

#include <array>

#include "graph.h"
#include "neuro/ops.h"

namespace neuro {
namespace {

using planning::Graph;

Graph lowered(const std::vector<Var>& outputs, const std::vector<Assign>& assigns = {}, const Var& guard = {}) {
  planning::Request request;
  for (const Var& v : outputs) request.outputs.push_back(v.edge());
  for (const Assign& a : assigns) request.assigns.emplace_back(a.leaf.edge(), a.value.edge());
  if (guard.defined()) request.guard = guard.edge();
  return planning::lower(request, [](const Node&) { return false; }).graph;
}

std::string simplified(const Var& y) {
  Graph graph = lowered({y});
  planning::simplify(graph);
  return graph.text();
}

Var number(double x) { return constant(x); }
Var leaf(const Shape& shape) { return Var(Tensor::zeros(shape)); }

// --- lower ---

TEST(Lower, LeavesOverTheSameMemoryAreOneValue) {
  const Var p = leaf({2}).requires_grad();
  EXPECT_EQ(lowered({p * p.detach() + Var(p.data())}).text(),
            "t0 = mul(x0, x0)\n"
            "t1 = add(t0, x0)\n"
            "return t1\n");
}

TEST(Lower, LeafThatOverlapsAnAssignedOneIsReadThroughACopy) {
  const Var p = leaf({4}), half(Tensor::view(p.data(), {2}, {1}, 1)), apart = leaf({2});
  EXPECT_EQ(lowered({half * apart}, {{p, exp(p)}}).text(),
            "t0 = contiguous(x1)\n"
            "t1 = exp(x0)\n"
            "t2 = mul(t0, x2)\n"
            "x0 <- t1\n"
            "return t2\n");
}

// --- grad ---

TEST(Grad, SlicesThatCoverAValueGiveOneConcatInWhateverOrderTheyAreUsed) {
  for (const auto& order : {std::array{0, 1, 2}, {2, 0, 1}, {1, 2, 0}, {0, 2, 1}}) {
    const Var x = leaf({2, 6}).requires_grad();
    Var y = zeros({2, 2});
    for (const int k : order) y = y + tanh(slice(x, 1, 2 * k, 2 * k + 2));
    const Var xs[] = {x};
    const std::string text = lowered({grad(sum(y), xs)[0]}).text();
    EXPECT_EQ(text.find("slice_scatter"), std::string::npos) << text;
    std::size_t concats = 0;
    for (std::size_t at = text.find("concat"); at != std::string::npos; at = text.find("concat", at + 1)) ++concats;
    EXPECT_EQ(concats, 1u) << text;
  }
}

TEST(Grad, SlicesWithAGapOrAnOverlapAreAdded) {
  const Var x = leaf({6}).requires_grad();
  const Var xs[] = {x};
  const Var gap = sum(exp(slice(x, 0, 0, 2))) + sum(exp(slice(x, 0, 3, 6)));
  EXPECT_NE(lowered({grad(gap, xs)[0]}).text().find("add"), std::string::npos);
  const Var overlap = sum(exp(slice(x, 0, 0, 4))) + sum(exp(slice(x, 0, 3, 6)));
  EXPECT_NE(lowered({grad(overlap, xs)[0]}).text().find("add"), std::string::npos);
}

// --- simplify ---

TEST(Simplify, MultiplyingByOneStaysWhereItMakesAViewContiguous) {
  const Var x = leaf({5, 2}), column = slice(t(x), 0, 0, 1);
  EXPECT_EQ(simplified(matmul(column * number(1), leaf({5, 3}))),
            "t0 = permute(x0)\n"
            "t1 = slice(t0)\n"
            "t2 = mul(t1, 1)\n"
            "t3 = matmul(t2, x1)\n"
            "return t3\n");
}

TEST(Simplify, MultiplyingByOneIsDroppedOnEitherSide) {
  const Var x = leaf({2});
  EXPECT_EQ(lowered({exp(x * number(1))}).text(),
            "t0 = mul(x0, 1)\n"
            "t1 = exp(t0)\n"
            "return t1\n");
  EXPECT_EQ(simplified(exp(x * number(1))), "t0 = exp(x0)\nreturn t0\n");
  EXPECT_EQ(simplified(exp(number(1) * x)), "t0 = exp(x0)\nreturn t0\n");
  EXPECT_EQ(simplified(exp(x * ones_like(x))), "t0 = exp(x0)\nreturn t0\n");
}

TEST(Simplify, MultiplyingByOneThatBroadcastsStays) {
  EXPECT_EQ(simplified(leaf({2}) * broadcast_to(number(1), {3, 2})),
            "t0 = broadcast_to(1)\n"
            "t1 = mul(x0, t0)\n"
            "return t1\n");
}

TEST(Simplify, DividingByOneIsDroppedAndOneByXIsNot) {
  const Var x = leaf({2});
  EXPECT_EQ(simplified(exp(x / number(1))), "t0 = exp(x0)\nreturn t0\n");
  EXPECT_EQ(simplified(number(1) / x), "t0 = div(1, x0)\nreturn t0\n");
}

TEST(Simplify, AddingZeroStaysBecauseItTurnsMinusZeroIntoZero) {
  const Var x = leaf({2});
  EXPECT_EQ(simplified(x + number(0)), "t0 = add(x0, 0)\nreturn t0\n");
  EXPECT_EQ(simplified(exp(x + number(-0.0))), "t0 = exp(x0)\nreturn t0\n") << "x + -0 is x";
}

TEST(Simplify, SubtractingZeroIsDroppedAndMinusZeroOrTheOtherOrderIsNot) {
  const Var x = leaf({2});
  EXPECT_EQ(simplified(exp(x - number(0))), "t0 = exp(x0)\nreturn t0\n");
  EXPECT_EQ(simplified(x - number(-0.0)), "t0 = sub(x0, -0)\nreturn t0\n");
  EXPECT_EQ(simplified(number(0) - x), "t0 = sub(0, x0)\nreturn t0\n");
}

TEST(Simplify, OneTimesXWithMinusZeroAddedIsDropped) {
  const Var x = leaf({2});
  EXPECT_EQ(lowered({exp(x * 1.0)}).text(),
            "t0 = affine(x0)\n"
            "t1 = exp(t0)\n"
            "return t1\n");
  EXPECT_EQ(simplified(exp(x * 1.0)), "t0 = exp(x0)\nreturn t0\n");
  EXPECT_EQ(simplified(exp(x - 0.0)), "t0 = exp(x0)\nreturn t0\n");
  EXPECT_EQ(simplified(x + 0.0), "t0 = affine(x0)\nreturn t0\n");
  EXPECT_EQ(simplified(x * 0.0), "t0 = affine(x0)\nreturn t0\n");
}

TEST(Simplify, MultiplyingByZeroStaysBecauseOfInfinityAndNaN) {
  EXPECT_EQ(simplified(leaf({2}) * number(0)), "t0 = mul(x0, 0)\nreturn t0\n");
}

TEST(Simplify, ReshapeToTheSameShapeIsDropped) {
  const Var x = leaf({2}), y = exp(x);
  EXPECT_EQ(lowered({exp(y.detach())}).text(),
            "t0 = exp(x0)\n"
            "t1 = reshape(t0)\n"
            "t2 = exp(t1)\n"
            "return t2\n");
  EXPECT_EQ(simplified(exp(y.detach())),
            "t0 = exp(x0)\n"
            "t1 = exp(t0)\n"
            "return t1\n");
}

TEST(Simplify, ArithmeticOnConstantsIsDoneWhilePlanning) {
  const Var x = leaf({2});
  EXPECT_EQ(simplified(x * (number(2) + number(3))), "t0 = mul(x0, 5)\nreturn t0\n");
  EXPECT_EQ(simplified(x * (number(-1) / number(0))), "t0 = mul(x0, -inf)\nreturn t0\n");
}

TEST(Simplify, ConstantsOfAShapeStayOneNumber) {
  const Var x = leaf({3});
  const Var c = broadcast_to(number(2), {3}) + broadcast_to(number(3), {3});
  EXPECT_EQ(simplified(x * c),
            "t0 = broadcast_to(5)\n"
            "t1 = mul(x0, t0)\n"
            "return t1\n");
}

TEST(Simplify, EqualExpressionsAreShared) {
  const Var x = leaf({2}), a = exp(x), b = exp(x);
  EXPECT_EQ(lowered({a * b}).text(),
            "t0 = exp(x0)\n"
            "t1 = exp(x0)\n"
            "t2 = mul(t0, t1)\n"
            "return t2\n");
  EXPECT_EQ(simplified(a * b),
            "t0 = exp(x0)\n"
            "t1 = mul(t0, t0)\n"
            "return t1\n");
}

TEST(Simplify, ConstantsThatDifferInTheSignOfZeroAreNotShared) {
  const Var x = leaf({2}), a = x + number(0), b = x - number(-0.0);
  EXPECT_EQ(simplified(a * b),
            "t0 = add(x0, 0)\n"
            "t1 = sub(x0, -0)\n"
            "t2 = mul(t0, t1)\n"
            "return t2\n");
}

TEST(Simplify, WhatNobodyNeedsIsDropped) {
  const Var x = leaf({2});
  Graph graph = lowered({exp(exp(x)), log(x)});
  graph.outputs.erase(graph.outputs.begin());
  planning::simplify(graph);
  EXPECT_EQ(graph.text(), "t0 = log(x0)\nreturn t0\n");
}

// --- resolve_views ---

TEST(ResolveViews, ViewsBecomeStridesAndAreCopiedOnceWhereAKernelNeedsIt) {
  const Var x = leaf({2, 3}), y = t(x);
  Graph graph = lowered({exp(y), sum(y, 1), max(y, 1)});
  EXPECT_EQ(graph.text(),
            "t0 = permute(x0)\n"
            "t1 = exp(t0)\n"
            "t2 = sum(t0)\n"
            "t3 = max(t0)\n"
            "return t1, t2, t3\n");
  planning::resolve_views(graph);
  EXPECT_EQ(graph.text(),
            "t0 = exp(x0[3, 2] strided)\n"
            "t1 = contiguous(x0[3, 2] strided)\n"
            "t2 = sum(t1)\n"
            "t3 = max(t1)\n"
            "return t0, t2, t3\n");
}

TEST(ResolveViews, ProductsReadRowsAndColumnsWhereverTheyLie) {
  const auto resolved = [](const Var& y) {
    Graph graph = lowered({y});
    planning::resolve_views(graph);
    return graph.text();
  };
  const auto heads = [](const Var& x) { return transpose(x, 1, 2); };
  const Var q = leaf({2, 5, 3, 4}), k = leaf({2, 5, 3, 4});
  EXPECT_EQ(resolved(matmul(heads(q), heads(k), Trans::no, Trans::yes)),
            "t0 = matmul(x0[2, 3, 5, 4] strided, x1[2, 3, 5, 4] strided)\n"
            "return t0\n");
  const Var x = leaf({6, 9}), w = leaf({3, 5});
  EXPECT_EQ(resolved(matmul(slice(x, 1, 3, 6), w)),
            "t0 = matmul(x0[6, 3] strided, x1)\n"
            "return t0\n");
  EXPECT_EQ(resolved(matmul(slice(x, 1, 0, 5, 2), w)),
            "t0 = contiguous(x0[6, 3] strided)\n"
            "t1 = matmul(t0, x1)\n"
            "return t1\n")
      << "neither rows nor columns are contiguous";
}

// --- commit_assigns, merge_updates ---

struct Update {
  Var p = leaf({2}), q = leaf({3}), g = leaf({2}), h = leaf({3});
  Var lr = Var(Tensor::full({}, 0.5, DType::f64)), scale = Var(Tensor::full({}, 1));
  Var next_p = sgd(p, g, Var(), lr, scale, {})[0], next_q = sgd(q, h, Var(), lr, scale, {})[0];
};

std::string committed(const std::vector<Var>& outputs, const std::vector<Assign>& assigns, const Var& guard = {}) {
  Graph graph = lowered(outputs, assigns, guard);
  planning::resolve_views(graph);
  planning::commit_assigns(graph);
  graph.assigns.clear();
  return graph.text();
}

TEST(CommitAssigns, UpdateRunsOnTheLeafItselfAfterTheGuard) {
  const Update u;
  EXPECT_EQ(lowered({}, {{u.p, u.next_p}}, sum(u.g)).text(),
            "t0 = sgd(x2, x3, x0, x1)\n"
            "t1 = sum(x1)\n"
            "x0 <- t0\n"
            "guard t1\n");
  EXPECT_EQ(committed({}, {{u.p, u.next_p}}, sum(u.g)),
            "t0 = sum(x1)\n"
            "commit x0 = sgd(x2, x3, x0, x1)\n"
            "guard t0\n");
}

TEST(CommitAssigns, WhatTheGuardOrAFaultDependsOnRunsBeforeTheCommitOnACopy) {
  const Update u;
  EXPECT_EQ(committed({}, {{u.p, u.next_p}}, sum(u.next_p)),
            "t0 = contiguous(x0)\n"
            "t0 = sgd(x2, x3, t0, x1)\n"
            "t1 = sum(t0)\n"
            "commit x0 = contiguous(t0)\n"
            "guard t1\n");
  const Var rows = embedding(unsqueeze(u.next_p, 1), Var(Tensor::zeros({1}, DType::i64)));
  EXPECT_EQ(committed({rows}, {{u.p, u.next_p}}),
            "t0 = contiguous(x0)\n"
            "t0 = sgd(x2, x3, t0, x1)\n"
            "t1 = embedding(t0[2, 1], x4)\n"
            "commit x0 = contiguous(t0)\n"
            "return t1\n");
}

TEST(CommitAssigns, OtherNewValuesAreCopiedLast) {
  const Var a = leaf({2}), b = leaf({2});
  EXPECT_EQ(committed({}, {{a, b}, {b, exp(a)}}),
            "t0 = exp(x0)\n"
            "t1 = contiguous(x1)\n"
            "commit x0 = contiguous(t1)\n"
            "commit x1 = contiguous(t0)\n");
}

TEST(MergeUpdates, EqualUpdatesOfAllParametersBecomeOneCall) {
  const Update u;
  Graph graph = lowered({}, {{u.p, u.next_p}, {u.q, u.next_q}});
  planning::resolve_views(graph);
  planning::commit_assigns(graph);
  planning::merge_updates(graph);
  graph.assigns.clear();
  EXPECT_EQ(graph.text(), "commit x0, x1 = sgd(x4, x5, x0, x2, x1, x3)\n");
}

// --- fuse_elementwise ---

TEST(FuseElementwise, ChainBecomesOneProgramAndTheEpilogueOfAProduct) {
  const Var x = leaf({4, 4}), b = leaf({4});
  const Var y = relu(matmul(x, x) + b);
  Graph graph = lowered({y, exp(x) * x});
  EXPECT_EQ(graph.text(),
            "t0 = matmul(x0, x0)\n"
            "t1 = add(t0, x1)\n"
            "t2 = relu(t1)\n"
            "t3 = exp(x0)\n"
            "t4 = mul(t3, x0)\n"
            "return t2, t4\n");
  planning::fuse_elementwise(graph);
  EXPECT_EQ(graph.text(),
            "t0, t1 = matmul(x0, x0, x1) { t0 = add(a1, a0); t1 = relu(t0) }\n"
            "t2 = tile(x0) { t0 = exp(a0); t1 = mul(t0, a0) }\n"
            "return t1, t2\n");
}

}  // namespace
}  // namespace neuro
