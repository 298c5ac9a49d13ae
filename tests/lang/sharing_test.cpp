// Who owns which weights: bindings, textual repetition, `unroll`, `@static`, `@global`, `Freeze`, and neurons that are
// passed as arguments.
#include "running.h"

namespace neuro {
namespace {

using namespace running;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// d sum(output) / d parameter.
std::vector<double> gradient(const Model& model, const Tensor& input, const std::string& parameter) {
  for (const Parameter& p : model.parameters()) {
    if (p.trainable) p.var.zero_grad();
  }
  ForwardContext context;
  const Var x(input);
  const Var loss = sum(model.record(std::span(&x, 1), context)[0]);
  loss.forward();
  loss.backward();
  return var(model, parameter).grad().to_vector();
}

/// The same for an expression that was composed by hand.
std::vector<double> gradient_by_hand(const Model& model, const Var& output, const std::string& parameter) {
  for (const Parameter& p : model.parameters()) {
    if (p.trainable) p.var.zero_grad();
  }
  const Var loss = sum(output);
  loss.forward();
  loss.backward();
  return var(model, parameter).grad().to_vector();
}

void expect_near(const std::vector<double>& a, const std::vector<double>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-5) << "element " << i;
}

TEST(Sharing, ABindingThatIsUsedTwiceHasOneSetOfWeightsAndItsGradientsAdd) {
  const Model model = model_of(
      "neuron A:\n  in: [*, 3]\n  context:\n    fc = Linear(3, 3)\n"
      "  graph: in -> fc -> GELU() -> fc -> out\n",
      "A");
  EXPECT_THAT(names_of(model), ElementsAre("fc.weight", "fc.bias"));
  const Tensor x = ramp({2, 3});
  const auto by_hand = [&] { return linear_by_hand(model, "fc", gelu(linear_by_hand(model, "fc", Var(x)))); };
  expect_same(model.forward(x), by_hand());
  expect_near(gradient(model, x, "fc.weight"), gradient_by_hand(model, by_hand(), "fc.weight"));
}

TEST(Sharing, TwoCallsInTheTextAreTwoSetsOfWeights) {
  const Model model = model_of("neuron A:\n  in: [*, 4]\n  graph: in -> Linear(4, 4) -> Linear(4, 4) -> out\n", "A");
  EXPECT_EQ(names_of(model).size(), 4u);
}

// --- unroll ----------------------------------------------------------------------------------------------------------

TEST(Unroll, EveryIterationHasInstancesOfItsOwn) {
  const std::string source =
      "neuron A(n=3):\n  in: [*, 2]\n  context:\n    stack = unroll(n):\n      fc = Linear(2, 2)\n"
      "  graph: in -> stack -> out\n";
  const Model model = model_of(source, "A");
  EXPECT_THAT(names_of(model), ElementsAre("stack.0.weight", "stack.0.bias", "stack.1.weight", "stack.1.bias",
                                           "stack.2.weight", "stack.2.bias"));
  Var x(ramp({3, 2}));
  for (const char* layer : {"stack.0", "stack.1", "stack.2"}) x = linear_by_hand(model, layer, x);
  expect_same(model.forward(ramp({3, 2})), x);
  EXPECT_NE(var(model, "stack.0.weight").data().to_vector(), var(model, "stack.1.weight").data().to_vector());

  const Model none = model_of(source, "A", {{"n", std::int64_t{0}}});
  EXPECT_TRUE(none.parameters().empty());
  EXPECT_EQ(none.forward(ramp({3, 2})).to_vector(), ramp({3, 2}).to_vector());
}

TEST(Unroll, SeveralMembersRunInTurnAndASecondMentionRunsTheSameWeights) {
  const Model model = model_of(
      "neuron A:\n  in: [*, 2]\n  context:\n    stack = unroll(2):\n      up = Linear(2, 3)\n"
      "      act = GELU()\n      down = Linear(3, 2)\n  graph: in -> stack -> stack -> out\n",
      "A");
  EXPECT_THAT(names_of(model),
              ElementsAre("stack.0.up.weight", "stack.0.up.bias", "stack.0.down.weight", "stack.0.down.bias",
                          "stack.1.up.weight", "stack.1.up.bias", "stack.1.down.weight", "stack.1.down.bias"));
  Var x(ramp({3, 2}));
  for (const char* i : {"stack.0", "stack.1", "stack.0", "stack.1"}) {
    x = linear_by_hand(model, std::string(i) + ".down", gelu(linear_by_hand(model, std::string(i) + ".up", x)));
  }
  expect_same(model.forward(ramp({3, 2})), x);
}

TEST(Unroll, IndexTellsTheIterations) {
  const Model model = model_of(
      "neuron A:\n  in: [*, 2]\n  context:\n    grow = unroll(3):\n"
      "      fc = Linear(2 + @index, 3 + @index)\n  graph: in -> grow -> out\n",
      "A");
  EXPECT_EQ(model.outputs()[0].text(), "[*, 5]");
  EXPECT_EQ(model.forward(ramp({1, 2})).shape(), (Shape{1, 5}));
  EXPECT_EQ(var(model, "grow.2.weight").shape(), (Shape{5, 4}));
}

TEST(Unroll, AStaticMemberIsOneInstanceThatRunsEveryTime) {
  const Model model = model_of(
      "neuron A:\n  in: [*, 2]\n  context:\n    stack = unroll(4):\n"
      "      @static fc = Linear(2, 2)\n  graph: in -> stack -> out\n",
      "A");
  EXPECT_THAT(names_of(model), ElementsAre("stack.fc.weight", "stack.fc.bias"));
  const auto by_hand = [&] {
    Var x(ramp({1, 2}));
    for (int i = 0; i < 4; ++i) x = linear_by_hand(model, "stack.fc", x);
    return x;
  };
  expect_same(model.forward(ramp({1, 2})), by_hand());
  expect_near(gradient(model, ramp({1, 2}), "stack.fc.weight"), gradient_by_hand(model, by_hand(), "stack.fc.weight"));
}

TEST(Unroll, CountsThatCannotBeAreRefused) {
  const std::string source =
      "neuron A(n):\n  in: [*, 2]\n  context:\n    stack = unroll(n - 1):\n      fc = Linear(2, 2)\n"
      "  graph: in -> stack -> out\n";
  EXPECT_EQ(codes_of(source), "");
  EXPECT_EQ(model_of(source, "A", {{"n", std::int64_t{3}}}).parameters().size(), 4u);
  EXPECT_THAT(refusal(source, "A", {{"n", std::int64_t{0}}}), HasSubstr("NS0414 `stack` cannot run -1 times"));
  EXPECT_THAT(refusal(source, "A", {{"n", std::int64_t{2000}}}), HasSubstr("NS0414"));
}

TEST(Unroll, WithoutIndentationItOwnsTheNextBinding) {
  const std::string source =
      "neuron A(n=2):\nin: [*, 2]\ncontext:\nstack = unroll(n):\nfc = Linear(2, 2)\ngraph:\n"
      "in -> stack -> out\n";
  EXPECT_EQ(model_of(source, "A").parameters().size(), 4u);
}

// --- @static and @global ---------------------------------------------------------------------------------------------

TEST(Static, AllInstancesOfANeuronShareOnePart) {
  const Model model = model_of(
      "neuron Block(dim):\n  in: [*, dim]\n  context:\n    @static fc = Linear(dim, dim)\n"
      "    own = Linear(dim, dim)\n  graph: in -> fc -> own -> out\n"
      "neuron A:\n  in: [*, 2]\n  graph: in -> Block(2) -> Block(2) -> out\n",
      "A");
  EXPECT_THAT(names_of(model), ElementsAre("block_0.fc.weight", "block_0.fc.bias", "block_0.own.weight",
                                           "block_0.own.bias", "block_1.own.weight", "block_1.own.bias"));
  const auto by_hand = [&] {
    Var x(ramp({3, 2}));
    x = linear_by_hand(model, "block_0.own", linear_by_hand(model, "block_0.fc", x));
    return linear_by_hand(model, "block_1.own", linear_by_hand(model, "block_0.fc", x));
  };
  expect_same(model.forward(ramp({3, 2})), by_hand());
  expect_near(gradient(model, ramp({3, 2}), "block_0.fc.weight"),
              gradient_by_hand(model, by_hand(), "block_0.fc.weight"));
}

TEST(Static, OtherArgumentsAreAnotherInstance) {
  const Model model = model_of(
      "neuron Block(n, m):\n  in: [*, n]\n  context:\n    @static fc = Linear(n, m)\n"
      "  graph: in -> fc -> out\n"
      "neuron A:\n  in: [*, 2]\n  graph: in -> Block(2, 3) -> Block(3, 2) -> Block(2, 3) -> out\n",
      "A");
  EXPECT_THAT(names_of(model),
              ElementsAre("block_0.fc.weight", "block_0.fc.bias", "block_1.fc.weight", "block_1.fc.bias"));
}

const char* const kGlobals = R"(
@global width = 4
@global wide = width * 2
@global shared = Linear(width, @global width)

neuron Inner:
  in: [*, @global width]
  graph: in -> shared -> out

neuron A(width=2):
  in: [*, width]
  context:
    same = @global shared
  graph:
    in ->
      Linear(width, @global width)
      @global shared
      Inner()
      same
      Linear(@global width, wide)
      out
)";

TEST(Global, ValuesAreKnownEverywhereAndAModuleIsOneForAll) {
  EXPECT_EQ(codes_of(kGlobals), "");
  const Model model = model_of(kGlobals, "A");
  EXPECT_EQ(model.outputs()[0].text(), "[*, 8]");
  EXPECT_EQ(model.parameters().size(), 6u);
  Var x = linear_by_hand(model, "linear_0", Var(ramp({3, 2})));
  for (int i = 0; i < 3; ++i) x = linear_by_hand(model, "shared", x);
  expect_same(model.forward(ramp({3, 2})), linear_by_hand(model, "linear_2", x));
}

TEST(Global, AModuleThatOnlySomeArmsUseHasOneNameAllTheSame) {
  const std::string source =
      "@global shared = Linear(2, 2)\n"
      "neuron One:\n  in: [*, 2]\n  graph:\n    in -> match:\n      [1, n]: shared\n      [*, n]: GELU()\n"
      "neuron Two:\n  in: [*, 2]\n  graph:\n    in -> match:\n      [2, n]: shared\n      [*, n]: GELU()\n"
      "neuron A:\n  in: [*, 2]\n  graph: in -> One() -> Two() -> out\n";
  const Model a = model_of(source, "A"), b = model_of(source, "A");
  a.forward(ramp({1, 2}));
  b.forward(ramp({2, 2}));
  EXPECT_EQ(names_of(a), names_of(b));
  EXPECT_EQ(names_of(a).size(), 2u);
}

TEST(Global, WrongUsesAreReported) {
  EXPECT_EQ(codes_of("@global n = m + 1\nneuron A:\n  in: [*, 2]\n  graph: in -> GELU() -> out\n"), "NS0206");
  EXPECT_EQ(codes_of("@global n = 1\n@global n = 2\nneuron A:\n  in: [*, 2]\n  graph: in -> GELU() -> out\n"),
            "NS0214");
  EXPECT_EQ(codes_of("neuron A:\n  in: [*, 2]\n  graph: in -> @global nothing -> out\n"), "NS0205");
  EXPECT_EQ(codes_of("neuron A:\n  in: [*, 2]\n  graph: in -> Linear(@global nothing, 2) -> out\n"), "NS0206");
  EXPECT_EQ(codes_of("neuron A:\n  in: [*, 2]\n  context:\n    @global x = Linear(2, 2)\n  graph: in -> x -> out\n"),
            "NS0215");
}

// --- Freeze ----------------------------------------------------------------------------------------------------------

TEST(Freeze, WeightsUnderItAreNotTrained) {
  const std::string source =
      "neuron Part:\n  in: [*, 2]\n  graph: in -> Linear(2, 2) -> out\n"
      "neuron A:\n  in: [*, 2]\n  context:\n    a = Freeze(Part())\n    b = Part()\n    c = unroll(2):\n"
      "      fc = Freeze(Linear(2, 2))\n    d = Part()\n"
      "  graph: in -> a -> Freeze(Linear(2, 2)) -> Freeze(b) -> c -> d -> out\n";
  const Model model = model_of(source, "A");
  for (const Parameter& p : model.parameters()) {
    EXPECT_EQ(p.trainable, p.name[0] == 'd') << p.name;
  }
}

TEST(Freeze, OfAParameterFreezesWhatWasPassed) {
  const Model model = model_of(
      "neuron Apply(b: Neuron):\n  in: [*, 2]\n  graph: in -> Freeze(b) -> out\n"
      "neuron A:\n  in: [*, 2]\n  context:\n    own = Linear(2, 2)\n"
      "  graph: in -> own -> Apply(own) -> Linear(2, 2) -> out\n",
      "A");
  for (const Parameter& p : model.parameters()) EXPECT_EQ(p.trainable, p.name.starts_with("linear")) << p.name;
}

// --- Neurons as arguments --------------------------------------------------------------------------------------------

const char* const kTwice = R"(
neuron Twice(block: Neuron, dim):
  in: [*, dim]
  out: [*, dim]
  graph: in -> block -> GELU() -> block -> out

neuron Fresh(block: Neuron, dim):
  in: [*, dim]
  out: [*, dim]
  graph: in -> block(dim, dim) -> GELU() -> block(dim, dim) -> out

neuron A:
  in: [*, 2]
  context:
    own = Linear(2, 2)
  graph: in -> Twice(own, 2) -> Twice(Linear(2, 2), 2) -> Fresh(Linear, 2) -> own -> out
)";

TEST(NeuronArguments, AnInstanceIsSharedACallIsFreshAndANameConstructs) {
  EXPECT_EQ(codes_of(kTwice), "");
  const Model model = model_of(kTwice, "A");
  EXPECT_THAT(names_of(model), ElementsAre("own.weight", "own.bias", "twice_1.block.weight", "twice_1.block.bias",
                                           "fresh_2.block_0.weight", "fresh_2.block_0.bias", "fresh_2.block_2.weight",
                                           "fresh_2.block_2.bias"));
  const auto by_hand = [&] {
    Var x(ramp({3, 2}));
    const auto pair = [&](const std::string& a, const std::string& b) {
      x = linear_by_hand(model, b, gelu(linear_by_hand(model, a, x)));
    };
    pair("own", "own");
    pair("twice_1.block", "twice_1.block");
    pair("fresh_2.block_0", "fresh_2.block_2");
    return linear_by_hand(model, "own", x);
  };
  expect_same(model.forward(ramp({3, 2})), by_hand());
  expect_near(gradient(model, ramp({3, 2}), "own.weight"), gradient_by_hand(model, by_hand(), "own.weight"));
}

TEST(NeuronArguments, ANameWithoutArgumentsIsBuiltOnce) {
  const std::string source =
      "neuron Apply(inner: Neuron = GELU):\n  in: [*, 2]\n  graph: in -> inner -> inner -> out\n"
      "neuron Part:\n  in: [*, 2]\n  graph: in -> Linear(2, 2) -> out\n"
      "neuron A:\n  in: [*, 2]\n  graph: in -> Apply() -> Apply(Part) -> out\n";
  const Model model = model_of(source, "A");
  EXPECT_THAT(names_of(model), ElementsAre("apply_1.inner.linear_0.weight", "apply_1.inner.linear_0.bias"));
  EXPECT_EQ(model_of(source, "Apply", {{"inner", std::string("Part")}}).parameters().size(), 2u);
}

TEST(NeuronArguments, ArePassedOn) {
  const std::string source =
      "neuron Inner(b: Neuron):\n  in: [*, 2]\n  graph: in -> b -> out\n"
      "neuron Outer(b: Neuron):\n  in: [*, 2]\n  graph: in -> Inner(b) -> b -> out\n"
      "neuron A:\n  in: [*, 2]\n  graph: in -> Outer(Linear(2, 2)) -> out\n";
  EXPECT_THAT(names_of(model_of(source, "A")), ElementsAre("outer_0.b.weight", "outer_0.b.bias"));
}

TEST(NeuronArguments, AnUnrollMayBePassed) {
  const std::string source =
      "neuron Apply(b: Neuron):\n  in: [*, 2]\n  graph: in -> b -> out\n"
      "neuron A:\n  in: [*, 2]\n  context:\n    stack = unroll(2):\n      fc = Linear(2, 2)\n"
      "  graph: in -> Apply(stack) -> out\n";
  const Model model = model_of(source, "A");
  EXPECT_EQ(model.parameters().size(), 4u);
  expect_same(model.forward(ramp({1, 2})),
              linear_by_hand(model, "stack.1", linear_by_hand(model, "stack.0", Var(ramp({1, 2})))));
}

TEST(NeuronArguments, MisusesAreReported) {
  const std::string block = "neuron Apply(b: Neuron):\n  in: [*, 2]\n  graph: in -> b(2, 2) -> out\n";
  EXPECT_EQ(codes_of(block + "neuron A:\n  in: [*, 2]\n  graph: in -> Apply(3) -> out\n"), "NS0212");
  EXPECT_EQ(codes_of(block + "neuron A:\n  in: [*, 2]\n  graph: in -> Apply(Linaer) -> out\n"), "NS0212");
  EXPECT_EQ(codes_of("neuron A:\n  in: [*, 2]\n  context:\n    m = GELU()\n  graph: in -> Linear(m, 2) -> out\n"),
            "NS0217");
  EXPECT_THAT(refusal(block + "neuron A:\n  in: [*, 2]\n  graph: in -> Apply(Linear(2, 2)) -> out\n", "A"),
              HasSubstr("NS0211"));
}

TEST(NeuronArguments, ShapesAreCheckedForWhatWasPassed) {
  const std::string apply = "neuron Apply(b: Neuron):\n  in: [*, 2]\n  graph: in -> b -> Linear(3, 2) -> out\n";
  EXPECT_EQ(codes_of(apply + "neuron A:\n  in: [*, 2]\n  graph: in -> Apply(Linear(2, 3)) -> out\n"), "");
  EXPECT_EQ(codes_of(apply + "neuron A:\n  in: [*, 2]\n  graph: in -> Apply(Linear(2, 4)) -> out\n"), "NS0306");
  EXPECT_EQ(codes_of(apply + "neuron A:\n  in: [*, 2]\n  graph: in -> Apply(Linear(2, 3)) -> Linear(4, 2) -> out\n"),
            "NS0301");
}

TEST(Wrap, IsACallWithTheModuleInFront) {
  const std::string source =
      "neuron Residual(inner: Neuron, times=1):\n  in: [*, d]\n  out: [*, d]\n  graph:\n    in -> inner -> y\n"
      "    in -> Identity() -> x\n    (x, y) -> Add() -> out\n"
      "neuron A(dim=2):\n  in: [*, dim]\n  context:\n    m = Linear(dim, dim)\n  graph:\n    in ->\n"
      "      @wrap(Residual, 2): m\n      @wrap(Residual): -> Linear(dim, 3) -> GELU() -> Linear(3, dim) -> m\n      "
      "out\n";
  const Model model = model_of(source, "A");
  EXPECT_THAT(names_of(model),
              ::testing::UnorderedElementsAre("m.weight", "m.bias", "__wrap_0__.0.weight", "__wrap_0__.0.bias",
                                              "__wrap_0__.2.weight", "__wrap_0__.2.bias"));
  Var x(ramp({3, 2}));
  x = x + linear_by_hand(model, "m", x);
  const Var y =
      linear_by_hand(model, "m", linear_by_hand(model, "__wrap_0__.2", gelu(linear_by_hand(model, "__wrap_0__.0", x))));
  expect_same(model.forward(ramp({3, 2})), x + y);
}

TEST(Wrap, APipelineSeesParametersAndSizesOfTheNeuronAround) {
  const std::string source =
      "neuron Run(inner: Neuron):\n  in: [*shape]\n  graph: in -> inner -> out\n"
      "neuron A(deep=true):\n  in: [*, feat]\n  graph:\n    in ->\n"
      "      @wrap(Run): -> @wrap(Run): -> Linear(feat, 3)\n      out\n";
  const Model model = model_of(source, "A");
  const Tensor y = model.forward(ramp({2, 5}));
  EXPECT_EQ(y.shape(), (Shape{2, 3}));
  EXPECT_EQ(model.parameters().size(), 2u);
}

TEST(Wrap, APlainNeuronIsNoWrapper) {
  EXPECT_EQ(codes_of("neuron Plain(n, k=3):\n  in: [*, 2]\n  graph: in -> Linear(n, k) -> out\n"
                     "neuron A:\n  in: [*, 2]\n  context:\n    m = GELU()\n  graph: in -> @wrap(Plain, 3): m -> out\n"),
            "NS0217");
}

// --- match(p) --------------------------------------------------------------------------------------------------------

const char* const kContract = R"(
neuron Head(block: Neuron, dim):
  in: [*, dim]
  graph:
    in -> match(block):
      in [*, dim] -> out [*, dim]: block
      in [*, n] -> out [*, m] where m > n:
        block
        Linear(m, dim)
      in [*, n] -> out [*, m]: block -> GELU()

neuron A:
  in: [*, 2]
  graph: in -> Head(Linear(2, 2), 2) -> Head(Linear(2, 5), 2) -> Head(Linear(2, 1), 2) -> out
)";

TEST(ContractMatch, EveryInstanceResolvesForItself) {
  EXPECT_EQ(codes_of(kContract), "");
  const Model model = model_of(kContract, "A");
  EXPECT_EQ(model.outputs()[0].text(), "[*, 1]");
  Var x = linear_by_hand(model, "head_0.block", Var(ramp({3, 2})));
  x = linear_by_hand(model, "head_1._linear_0.5", linear_by_hand(model, "head_1.block", x));
  expect_same(model.forward(ramp({3, 2})), gelu(linear_by_hand(model, "head_2.block", x)));
}

TEST(ContractMatch, NoArmIsReportedWithThePorts) {
  const std::string source =
      "neuron Head(block: Neuron):\n  in: [*, 2]\n  graph:\n    in -> match(block):\n"
      "      in [*, n] -> out [*, n]: block\n"
      "neuron A:\n  in: [*, 2]\n  graph: in -> Head(Linear(2, 5)) -> out\n";
  EXPECT_EQ(codes_of("neuron Head(block: Neuron):\n  in: [*, 2]\n  graph:\n    in -> match(block):\n"
                     "      in [*, n] -> out [*, n]: block\n"),
            "");
  EXPECT_THAT(refusal(source, "A"), HasSubstr("NS0420 no arm of `match(block)` fits Linear(2, 5)"));
  EXPECT_EQ(
      codes_of("neuron A(n=3):\n  in: [*, 2]\n  graph:\n    in -> match(n):\n      in [*, a] -> out [*, a]: GELU()\n"),
      "NS0212");
}

}  // namespace
}  // namespace neuro
