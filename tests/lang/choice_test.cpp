// `if`, `match`, `@lazy` and recursion: which weights exist, what runs, and that it is what one would compose by hand.
#include <thread>

#include "running.h"

namespace neuro {
namespace {

using namespace running;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// --- if --------------------------------------------------------------------------------------------------------------

const char* const kDecides = R"(
neuron Decides(mode=1):
  in: [batch, 3]
  graph:
    in ->
      Linear(3, 4)
      if mode == 0: ReLU()
      elif mode == 1:
        Linear(4, 4)
        GELU()
      else: Linear(4, 2)
      out
)";

TEST(If, OnlyTheBranchThatIsTakenHasWeightsAndRuns) {
  const Tensor x = ramp({2, 3});
  const Model relu_model = model_of(kDecides, "Decides", {{"mode", std::int64_t{0}}});
  EXPECT_THAT(names_of(relu_model), ElementsAre("linear_0.weight", "linear_0.bias"));
  expect_same(relu_model.forward(x), relu(linear_by_hand(relu_model, "linear_0", Var(x))));

  const Model deep = model_of(kDecides, "Decides");
  EXPECT_THAT(names_of(deep), ElementsAre("linear_0.weight", "linear_0.bias", "linear_2.weight", "linear_2.bias"));
  expect_same(deep.forward(x), gelu(linear_by_hand(deep, "linear_2", linear_by_hand(deep, "linear_0", Var(x)))));

  const Model other = model_of(kDecides, "Decides", {{"mode", std::int64_t{2}}});
  EXPECT_EQ(other.forward(x).shape(), (Shape{2, 2})) << "branches over parameters may differ in size";
  EXPECT_EQ(other.outputs()[0].text(), "[batch, 2]");
}

TEST(If, WithoutElseTheValuePassesThrough) {
  const std::string source =
      "neuron A(twice=false):\n  in: [*, 4]\n  graph:\n    in -> (if_x)\n    if_x ->\n"
      "      if twice: Linear(4, 4)\n      out\n";
  const Tensor x = ramp({2, 4});
  EXPECT_EQ(model_of(source, "A").forward(x).to_vector(), x.to_vector());
  EXPECT_EQ(model_of(source, "A", {{"twice", true}}).parameters().size(), 2u);
}

TEST(If, BranchesMayAssignTheOutputOrLeaveItToTheOthers) {
  for (const char* branches : {"if p: ReLU() -> out else: GELU() -> out", "if p: ReLU() -> out else: GELU()",
                               "if p: ReLU() else: GELU() -> out"}) {
    const std::string source = std::string("neuron A(p=true):\n  in: [*, 4]\n  graph:\n    in -> ") + branches + "\n";
    const Tensor x = ramp({2, 4});
    expect_same(model_of(source, "A").forward(x), relu(Var(x)));
    expect_same(model_of(source, "A", {{"p", false}}).forward(x), gelu(Var(x)));
  }
}

TEST(If, ABranchStartsFromANamedValueWhenItNamesOne) {
  const std::string source =
      "neuron A(p=true):\n  in: [*, 4]\n  graph:\n    in -> ReLU() -> a\n    in -> GELU() -> b\n"
      "    b ->\n      if p: a -> out\n      else: Sigmoid() -> out\n";
  const Tensor x = ramp({2, 4});
  expect_same(model_of(source, "A").forward(x), relu(Var(x)));
  expect_same(model_of(source, "A", {{"p", false}}).forward(x), sigmoid(gelu(Var(x))));
}

TEST(If, AConditionOverASizeIsDecidedInEveryPass) {
  const std::string source =
      "neuron A:\n  in: [seq, 4]\n  graph:\n    in ->\n      if seq > 2: ReLU()\n      else: GELU()\n      out\n";
  const Model model = model_of(source, "A");
  expect_same(model.forward(ramp({3, 4})), relu(Var(ramp({3, 4}))));
  expect_same(model.forward(ramp({2, 4})), gelu(Var(ramp({2, 4}))));
}

TEST(If, NamesInsideABranchAreItsOwn) {
  const std::string source =
      "neuron A(p=true):\n  in: [*, 4]\n  graph:\n    in ->\n      if p: ReLU() -> inner -> GELU()\n"
      "      else: GELU() -> inner\n    inner -> out\n";
  EXPECT_THAT(refusal(source, "A"), HasSubstr("NS0205 `inner` is not defined"));
}

TEST(If, NestedChoicesAssignOneOutput) {
  const std::string source =
      "neuron A(p=true, q=true):\n  in: [*, 4]\n  graph:\n    in ->\n      if p:\n        if q: ReLU() -> out\n"
      "        else: GELU()\n      else:\n        Sigmoid()\n";
  const Tensor x = ramp({2, 4});
  expect_same(model_of(source, "A").forward(x), relu(Var(x)));
  expect_same(model_of(source, "A", {{"q", false}}).forward(x), gelu(Var(x)));
  expect_same(model_of(source, "A", {{"p", false}}).forward(x), sigmoid(Var(x)));
}

// --- match -----------------------------------------------------------------------------------------------------------

const char* const kMatch = R"(
neuron Adapt:
  in: [*lead, feat]
  out: [*lead, 2]
  graph:
    in -> match:
      [*, 4]: Linear(4, 2) -> out
      [*, d] where d > 6:
        Linear(d, 5)
        Linear(5, 2)
        out
      [*, d]: Linear(d, 2) -> out
)";

TEST(Match, TheFirstArmThatFitsRuns) {
  const Model model = model_of(kMatch, "Adapt");
  // The number is known when the model is made, the captured sizes only when data arrives.
  EXPECT_THAT(names_of(model), ElementsAre("linear_0.weight", "linear_0.bias", "linear_2.weight", "linear_2.bias"));
  expect_same(model.forward(ramp({3, 4})), linear_by_hand(model, "linear_0", Var(ramp({3, 4}))));
  EXPECT_EQ(model.parameters().size(), 4u);
  const Tensor seven = model.forward(ramp({3, 7}));  // builds what is read below
  expect_same(seven, linear_by_hand(model, "linear_2", linear_by_hand(model, "_linear_1.7", Var(ramp({3, 7})))));
  const Tensor six = model.forward(ramp({2, 3, 6}));
  expect_same(six, linear_by_hand(model, "_linear_3.6", Var(ramp({2, 3, 6}))));
  const Tensor nine = model.forward(ramp({3, 9}));
  expect_same(nine, linear_by_hand(model, "linear_2", linear_by_hand(model, "_linear_1.9", Var(ramp({3, 9})))));
  EXPECT_THAT(names_of(model), ElementsAre("linear_0.weight", "linear_0.bias", "_linear_1.7.weight", "_linear_1.7.bias",
                                           "_linear_1.9.weight", "_linear_1.9.bias", "linear_2.weight", "linear_2.bias",
                                           "_linear_3.6.weight", "_linear_3.6.bias"));
}

TEST(Match, WhatIsBuiltLateDoesNotDependOnTheOrderOfData) {
  const Model a = model_of(kMatch, "Adapt"), b = model_of(kMatch, "Adapt");
  for (const std::int64_t size : {5, 6, 7}) a.forward(ramp({1, size}));
  for (const std::int64_t size : {7, 6, 5}) b.forward(ramp({1, size}));
  ASSERT_EQ(names_of(a), names_of(b));
  for (std::size_t i = 0; i < a.parameters().size(); ++i) {
    EXPECT_EQ(a.parameters()[i].var.data().to_vector(), b.parameters()[i].var.data().to_vector());
  }
}

TEST(Match, ThreadsThatNeedTheSameModuleShareOne) {
  const Model model = model_of(kMatch, "Adapt");
  std::vector<std::thread> threads;
  std::vector<std::vector<double>> results(8);
  for (std::size_t t = 0; t < results.size(); ++t) {
    threads.emplace_back([&, t] {
      results[t] = model.forward(ramp({2, 5 + static_cast<std::int64_t>(t % 2)})).to_vector();
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (std::size_t t = 2; t < results.size(); ++t) EXPECT_EQ(results[t], results[t - 2]);
  EXPECT_EQ(model.parameters().size(), 4u + 4u);
}

TEST(Match, WhereTheShapeIsKnownTheOtherArmsAreDropped) {
  const std::string source =
      "neuron A(dim=4):\n  in: [batch, dim]\n  graph:\n    in -> match:\n      [*, 4]: Linear(dim, 2)\n"
      "      [*, d]: Linear(d, 2)\n";
  EXPECT_THAT(names_of(model_of(source, "A")), ElementsAre("linear_0.weight", "linear_0.bias"));
  EXPECT_THAT(names_of(model_of(source, "A", {{"dim", std::int64_t{6}}})),
              ElementsAre("_linear_1.6.weight", "_linear_1.6.bias"));
}

TEST(Match, NestedArmsSeeWhatIsCapturedAround) {
  const std::string source =
      "neuron A:\n  in: [*, seq, feat]\n  graph:\n    in -> match:\n"
      "      [*, s, d]:\n        match:\n          [*, s, 4]: Linear(d, s)\n          [*, t, u]: Linear(u, t + s)\n";
  const Model model = model_of(source, "A");
  EXPECT_EQ(model.forward(ramp({1, 3, 4})).shape(), (Shape{1, 3, 3}));
  EXPECT_EQ(model.forward(ramp({1, 3, 5})).shape(), (Shape{1, 3, 6}));
}

TEST(Match, ADeadArmIsLeftOut) {
  const std::string source =
      "neuron A:\n  in: [*, d]\n  graph:\n    in -> match:\n      [*, n]: GELU()\n      [*, 4]: Linear(4, 9)\n";
  EXPECT_EQ(codes_of(source), "NS0416") << "what it gives does not have to agree";
  EXPECT_TRUE(model_of(source, "A").parameters().empty());
}

TEST(Match, ARunCapturedTwiceIsTheSameRun) {
  const std::string source =
      "neuron A:\n  in: [*lead, 2]\n  graph:\n    in -> match:\n      [*lead, 2]: ReLU()\n      [*x]: GELU()\n";
  expect_same(model_of(source, "A").forward(ramp({3, 2})), relu(Var(ramp({3, 2}))));
}

TEST(Match, NoArmAtRunTimeIsAnErrorWithTheShape) {
  const std::string source =
      "neuron Inner(limit=8):\n  in: [*, d]\n  graph:\n    in -> match:\n      [*, n] where n > limit: GELU()\n"
      "      [*, n] where n < limit: ReLU()\nneuron A:\n  in: [*, d]\n  context:\n    part = Inner()\n  graph: in -> "
      "part -> out\n";
  const Model model = model_of(source, "A");
  EXPECT_EQ(model.forward(ramp({2, 9})).shape(), (Shape{2, 9}));
  try {
    model.forward(ramp({2, 8}));
    FAIL() << "no arm takes 8";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::shape);
    EXPECT_THAT(error.what(), HasSubstr("part (Inner): no arm of `match` takes [2, 8]"));
  }
}

TEST(Match, SizesThatFitNoModuleAreAnErrorWithThePlace) {
  const std::string source =
      "neuron A:\n  in: [*, d]\n  graph:\n    in -> match:\n      [*, n] where n > 2: Linear(n, n / 2)\n      [*, n]: "
      "ReLU()\n";
  const Model model = model_of(source, "A");
  EXPECT_EQ(model.forward(ramp({2, 6})).shape(), (Shape{2, 3}));
  try {
    model.forward(ramp({2, 7}));
    FAIL() << "7 has no half";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::shape);
    EXPECT_THAT(error.what(), HasSubstr("A: Linear with n = 7 cannot be built"));
  }
}

TEST(Match, GradientsReachTheArmThatRan) {
  const Model model = model_of(kMatch, "Adapt");
  ForwardContext context;
  const Var x(ramp({3, 5}));
  const Var loss = sum(model.record(std::span(&x, 1), context)[0]);
  loss.forward();
  loss.backward();
  EXPECT_THAT(var(model, "_linear_3.5.bias").grad().to_vector(), ElementsAre(3, 3));
  EXPECT_THAT(var(model, "linear_0.bias").grad().to_vector(), ElementsAre(0, 0));
}

// --- sizes of the data as arguments ----------------------------------------------------------------------------------

TEST(DataSizes, ACallMayTakeASizeOfItsInput) {
  const std::string source = "neuron A:\n  in: [*, feat]\n  graph: in -> Linear(feat, 2) -> out\n";
  const Model model = model_of(source, "A");
  EXPECT_TRUE(model.parameters().empty());
  const Tensor three = model.forward(ramp({2, 3})), five = model.forward(ramp({2, 5}));
  expect_same(three, linear_by_hand(model, "_linear_0.3", Var(ramp({2, 3}))));
  expect_same(five, linear_by_hand(model, "_linear_0.5", Var(ramp({2, 5}))));
}

TEST(DataSizes, InsideAPartThatIsBuiltLateItself) {
  const std::string source =
      "neuron Half(n):\n  in: [*, n]\n  graph: in -> Linear(n, n / 2) -> out\n"
      "neuron A:\n  in: [*, feat]\n  context:\n    half = Half(feat)\n  graph: in -> half -> half2\n    half2 -> out\n";
  const Model model = model_of(source, "A");
  const Tensor y = model.forward(ramp({2, 6}));
  expect_same(y, linear_by_hand(model, "_half.6.linear_0", Var(ramp({2, 6}))));
}

// --- @lazy and recursion ---------------------------------------------------------------------------------------------

const char* const kRecursive = R"(
neuron RecursiveStack(dim, depth):
  in: [*, dim]
  out: [*, dim]
  context:
    @lazy recurse = RecursiveStack(dim, depth - 1)
  graph:
    in ->
      if depth > 0:
        Linear(dim, dim) # process input
        GELU() # activate
        recurse # recurse with depth - 1
      else: Identity()
      out
)";

TEST(Recursion, UnfoldsAtInstantiationWithWeightsOfItsOwnAtEachLevel) {
  for (const std::string& source : {std::string(kRecursive), stripped(kRecursive)}) {
    EXPECT_EQ(codes_of(source), "") << "no value of depth is needed to check it";
    const Model model = model_of(source, "RecursiveStack", {{"dim", std::int64_t{3}}, {"depth", std::int64_t{3}}});
    EXPECT_THAT(names_of(model),
                ElementsAre("_recurse._recurse.linear_0.weight", "_recurse._recurse.linear_0.bias",
                            "_recurse.linear_0.weight", "_recurse.linear_0.bias", "linear_0.weight", "linear_0.bias"));
    Var x(ramp({2, 3}));
    for (const char* layer : {"linear_0", "_recurse.linear_0", "_recurse._recurse.linear_0"}) {
      x = gelu(linear_by_hand(model, layer, x));
    }
    expect_same(model.forward(ramp({2, 3})), x);
  }
}

TEST(Recursion, ADepthOfZeroIsTheIdentity) {
  const Model model = model_of(kRecursive, "RecursiveStack", {{"dim", std::int64_t{3}}, {"depth", std::int64_t{0}}});
  EXPECT_TRUE(model.parameters().empty());
  EXPECT_EQ(model.forward(ramp({2, 3})).to_vector(), ramp({2, 3}).to_vector());
}

TEST(Recursion, TooDeepIsAMessage) {
  EXPECT_THAT(refusal(kRecursive, "RecursiveStack", {{"dim", std::int64_t{1}}, {"depth", std::int64_t{100'000}}}),
              HasSubstr("NS0413"));
  const std::string bomb =
      "neuron Bomb(n):\n  in: [*, d]\n  out: [*, d]\n  context:\n    @lazy a = Bomb(n - 1)\n    @lazy b = Bomb(n - 1)\n"
      "  graph:\n    in ->\n      if n > 0:\n        a\n        b\n      out\n";
  EXPECT_THAT(refusal(bomb, "Bomb", {{"n", std::int64_t{60}}}), HasSubstr("NS0413 `Bomb` contains itself more than"));
}

TEST(Recursion, AsDeepAsTheLimitRuns) {
  const Model model = model_of(kRecursive, "RecursiveStack", {{"dim", std::int64_t{1}}, {"depth", std::int64_t{998}}});
  EXPECT_EQ(model.parameters().size(), 2u * 998);
  EXPECT_EQ(model.forward(ramp({1, 1})).shape(), (Shape{1, 1}));
}

TEST(Recursion, ACallUnderAConditionThatItsArgumentChangesMayRecurse) {
  const std::string source =
      "neuron Stack(depth=2):\n  in: [*, 3]\n  out: [*, 3]\n  graph:\n    in ->\n      Linear(3, 3)\n"
      "      if depth > 0: Stack(depth - 1)\n      out\n";
  EXPECT_EQ(model_of(source, "Stack").parameters().size(), 6u);
}

TEST(Recursion, WithoutAnEndIsRefused) {
  EXPECT_EQ(
      codes_of("neuron A:\n  in: [*, d]\n  out: [*, d]\n  context:\n    again = A()\n  graph: in -> again -> out\n"),
      "NS0408");
  EXPECT_EQ(codes_of("neuron A:\n  in: [*, d]\n  out: [*, d]\n  context:\n    @lazy again = A()\n"
                     "  graph: in -> again -> out\n"),
            "NS0408");
  EXPECT_EQ(codes_of("neuron A:\n  in: [*, d]\n  out: [*, d]\n  graph: in -> B() -> out\n"
                     "neuron B:\n  in: [*, d]\n  out: [*, d]\n  graph: in -> A() -> out\n"),
            "NS0408");
  EXPECT_EQ(codes_of("neuron A(n=1, m=1):\n  in: [*, d]\n  out: [*, d]\n  graph:\n    in ->\n"
                     "      if m > 0: A(n - 1, m)\n      out\n"),
            "NS0408")
      << "the condition does not change";
}

const char* const kDynamicBranch = R"(
neuron StackedTransformer(dim, layers):
  in: [*, dim]
  out: [*, dim]
  graph: in -> Linear(dim, dim) -> GELU() -> out

neuron DynamicBranch(dim):
  context:
    @lazy heavy_branch = StackedTransformer(dim, 12)
    light_branch = Linear(dim, dim)
  graph:
    in -> match: ->
      [*, 1, dim]: heavy_branch -> out
      [*, _, dim]: light_branch -> out
)";

TEST(Lazy, TheHeavyBranchIsBuiltWhenItIsReached) {
  for (const std::string& source : {std::string(kDynamicBranch), stripped(kDynamicBranch)}) {
    EXPECT_EQ(codes_of(source), "");
    const Model model = model_of(source, "DynamicBranch", {{"dim", std::int64_t{4}}});
    EXPECT_THAT(names_of(model), ElementsAre("light_branch.weight", "light_branch.bias"));
    const Tensor x = ramp({2, 3, 4}), one = ramp({2, 1, 4});
    expect_same(model.forward(x), linear_by_hand(model, "light_branch", Var(x)));
    EXPECT_EQ(model.parameters().size(), 2u);
    const Tensor y = model.forward(one);
    expect_same(y, gelu(linear_by_hand(model, "_heavy_branch.linear_0", Var(one))));
    EXPECT_THAT(names_of(model), ElementsAre("_heavy_branch.linear_0.weight", "_heavy_branch.linear_0.bias",
                                             "light_branch.weight", "light_branch.bias"));
  }
}

}  // namespace
}  // namespace neuro
