// `=>` in whole programs: what comes out, which weights exist, what data may still refuse.
#include "running.h"

namespace neuro {
namespace {

using namespace running;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// A neuron of one pipeline without weights.
Tensor through(const std::string& head, const std::string& steps, const Tensor& x, const Params& params = {}) {
  return model_of("neuron A" + head + "\n  graph: in " + steps + " -> out\n", "A", params).forward(x);
}

/// value[i, j, k, l] of a tensor of rank 4.
double at(const Tensor& t, std::int64_t i, std::int64_t j, std::int64_t k, std::int64_t l) {
  const Shape& s = t.shape();
  return t.to_vector()[static_cast<std::size_t>(((i * s[1] + j) * s[2] + k) * s[3] + l)];
}

TEST(Reshape, NamesInANewOrderTranspose) {
  const Tensor x = ramp({2, 3, 4, 5});
  const Tensor y = through(":\n  in: [b, s, h, e]", "=> [b, h, s, e]", x);
  ASSERT_EQ(y.shape(), (Shape{2, 4, 3, 5}));
  for (int b = 0; b < 2; ++b) {
    for (int s = 0; s < 3; ++s) {
      for (int h = 0; h < 4; ++h) {
        for (int e = 0; e < 5; ++e) EXPECT_EQ(at(y, b, h, s, e), at(x, b, s, h, e));
      }
    }
  }
}

TEST(Reshape, SplitTransposeAndMergeIsTheIdentityWhateverTheSizesAreWorth) {
  const std::string head = "(d, h):\n  in: [batch, seq, d]\n  out: [batch, seq, d]";
  const std::string steps = "=> [batch, seq, h, e=d/h] => [batch, h, seq, e] => [batch, seq, h, e] => [batch, seq, d]";
  for (const Shape& shape : {Shape{4, 4, 16}, Shape{2, 3, 8}, Shape{0, 3, 8}, Shape{1, 1, 4}}) {
    const Tensor x = ramp(shape);
    const Params params{{"d", shape[2]}, {"h", std::int64_t{4}}};
    EXPECT_EQ(through(head, steps, x, params).to_vector(), x.to_vector()) << shape.text();
    EXPECT_EQ(through(head, "=> [batch, h, seq, e=d/h] => [batch, seq, d]", x, params).to_vector(), x.to_vector())
        << "the record says that d is (h, e)";
  }
}

TEST(Reshape, TheRecipeComesFromNamesEvenIfAllSizesAreFour) {
  const Tensor x = ramp({4, 4});
  const Tensor y = through("(d=4):\n  in: [n, d]", "=> [d, n]", x);
  for (std::size_t i = 0; i < 4; ++i) {
    for (std::size_t j = 0; j < 4; ++j) EXPECT_EQ(y.to_vector()[i * 4 + j], x.to_vector()[j * 4 + i]);
  }
}

TEST(Reshape, AfterAModuleTheNamesOfParametersAreStillKnown) {
  const std::string source = R"(
neuron A(dim=8, heads=2):
  in: [batch, seq, dim]
  graph:
    in ->
      Linear(dim, dim)
      => [batch, seq, heads, e=dim/heads]
      => [batch, heads, seq, e]
      out
)";
  const Model model = model_of(source, "A");
  const Tensor x = ramp({2, 2, 8});
  const Var y = linear_by_hand(model, "linear_0", Var(x));
  const Tensor out = model.forward(x);
  EXPECT_EQ(out.shape(), (Shape{2, 2, 2, 4}));
  expect_same(out, transpose(reshape(y, {2, 2, 2, 4}), 1, 2));
}

TEST(Reshape, LeadingRunsAndOthers) {
  const std::string head = "(dim=6, heads=3):\n  in: [*batch, seq, dim]";
  EXPECT_EQ(through(head, "=> [all, heads, seq, e=dim/heads]", ramp({2, 5, 4, 6})).shape(), (Shape{10, 3, 4, 2}));
  EXPECT_EQ(through(head, "=> [all, heads, seq, e=dim/heads]", ramp({4, 6})).shape(), (Shape{1, 3, 4, 2}));
  EXPECT_EQ(through(head, "=> [seq, others]", ramp({2, 5, 4, 6})).shape(), (Shape{4, 60}));
  const Tensor x = ramp({2, 5, 4, 6});
  EXPECT_EQ(through(head, "=> [all, heads, seq, e=dim/heads] => [all, seq, dim]", x).to_vector(), x.to_vector());
}

TEST(Reshape, ReducesByEveryWord) {
  const Tensor x = ramp({2, 3, 2});
  const std::string head = ":\n  in: [b, c, x]";
  expect_same(through(head, "=> @reduce(mean) [b]", x), mean(reshape(Var(x), {2, 6}), 1));
  expect_same(through(head, "=> @reduce(sum) [c, b]", x), t(sum(Var(x), 2)));
  expect_same(through(head, "=> @reduce(min) [x]", x), min(reshape(Var(x), {6, 2}), 0));
  expect_same(through(head, "=> @reduce(max) [b, x]", x), max(Var(x), 1));
  expect_same(through(head, "=> @reduce(prod) [b, c]", x), prod(Var(x), 2));
  expect_same(through(head, "=> @reduce(logsumexp) [b, c]", x), logsumexp(Var(x), 2));
}

TEST(Reshape, CopiesIntoNewAxesAtTheirPlaces) {
  const Tensor x = ramp({2, 3});
  const Tensor y = through(":\n  in: [b, c]", "=> @repeat(copy) [b, 1, c, 4]", x);
  ASSERT_EQ(y.shape(), (Shape{2, 1, 3, 4}));
  for (int b = 0; b < 2; ++b) {
    for (int c = 0; c < 3; ++c) {
      for (int k = 0; k < 4; ++k) EXPECT_EQ(at(y, b, 0, c, k), x.to_vector()[static_cast<std::size_t>(b * 3 + c)]);
    }
  }
  EXPECT_EQ(through("(h=5):\n  in: [b, c]", "=> @repeat(copy) [h, c, 2, b]", x).shape(), (Shape{5, 3, 2, 2}));
}

const char* const kByNeuron = R"(
neuron Pool(dim):
  in: [b, s, dim]
  out: [b, dim]
  graph: in -> Linear(dim, dim) => @reduce(mean) [b, dim] -> out
neuron A(dim=4):
  in: [b, s, dim]
  context:
    shared = Pool(dim)
  graph:
    in => @reduce(Pool(dim)) [b, dim] -> Linear(dim, 2) -> fresh
    in => @reduce(shared) [b, dim] -> Linear(dim, 2) -> bound
    (fresh, bound) -> Add() -> out
)";

TEST(Reshape, ANeuronAsStrategyIsAModuleOfItsOwnAfterTheCalls) {
  const Model model = model_of(kByNeuron, "A");
  EXPECT_THAT(names_of(model), ElementsAre("shared.linear_0.weight", "shared.linear_0.bias", "linear_0.weight",
                                           "linear_0.bias", "linear_1.weight", "linear_1.bias",
                                           "_transform_0.linear_0.weight", "_transform_0.linear_0.bias"));
  const Tensor x = ramp({2, 3, 4});
  const auto pooled = [&](const std::string& name) { return mean(linear_by_hand(model, name, Var(x)), 1); };
  expect_same(model.forward(x), linear_by_hand(model, "linear_0", pooled("_transform_0.linear_0")) +
                                    linear_by_hand(model, "linear_1", pooled("shared.linear_0")));
}

TEST(Reshape, NewNamesAreSizesForModules) {
  const std::string source = R"(
neuron A(dim=6, heads=3):
  in: [b, dim]
  out: [b, heads, 5]
  graph: in => [b, heads, e=dim/heads] -> Linear(e, 5) -> out
)";
  const Model model = model_of(source, "A");
  EXPECT_EQ(model.forward(ramp({4, 6})).shape(), (Shape{4, 3, 5}));
  EXPECT_EQ(model.parameters()[0].var.shape(), (Shape{5, 2}));
}

TEST(Reshape, ANameThatOnlyDataSolvesIsASizeToo) {
  const std::string source = R"(
neuron A:
  in: [*lead, d]
  graph: in => [d, all] -> Linear(all, 2) => [all2, 2] -> out
)";
  const Model model = model_of(source, "A");
  EXPECT_EQ(model.forward(ramp({2, 3, 4})).shape(), (Shape{4, 2}));
}

TEST(Reshape, SizesWithoutNamesGoByPositionAndAreCheckedWithData) {
  const std::string source = "neuron A:\n  in: [b, _, _]\n  graph: in => [b, 4, 8] -> out\n";
  EXPECT_EQ(codes_of(source), "NS0313");
  const Model model = model_of(source, "A");
  const Tensor x = ramp({2, 16, 2});
  EXPECT_EQ(model.forward(x).shape(), (Shape{2, 4, 8}));
  EXPECT_EQ(model.forward(x).to_vector(), x.to_vector());
  try {
    model.forward(ramp({2, 5, 5}));
    ADD_FAILURE() << "25 elements are not 32";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("A: cannot run with input [2, 5, 5]: 25 is not 32"));
  }
}

TEST(Reshape, ParametersThatDoNotFitAreRefusedWhereTheModelIsMade) {
  const std::string source = "neuron A(dim, heads, size):\n  in: [b, dim]\n  graph: in => [b, heads, size] -> out\n";
  const auto params = [](std::int64_t dim) {
    return Params{{"dim", dim}, {"heads", std::int64_t{4}}, {"size", std::int64_t{4}}};
  };
  EXPECT_EQ(refusal(source, "A", params(16)), "");
  EXPECT_THAT(refusal(source, "A", params(12)), HasSubstr("`=>` needs dim = heads*size"));
  const std::string divides = "neuron A(dim, h):\n  in: [b, dim]\n  graph: in => [b, h, e=dim/h] -> out\n";
  EXPECT_THAT(refusal(divides, "A", {{"dim", std::int64_t{10}}, {"h", std::int64_t{4}}}), HasSubstr("NS0305"));
}

TEST(Reshape, InsideArmsItKnowsWhatTheyCapture) {
  const std::string source = R"(
neuron A:
  in: [*shape]
  graph:
    in -> match:
      [b, n, k]: => [b, k, n] => [b, all] -> out
      [*, k]: Identity() -> out
)";
  const Model model = model_of(source, "A");
  const Tensor x = ramp({2, 3, 3});
  expect_same(model.forward(x), reshape(transpose(Var(x), 1, 2), {2, 9}));
  EXPECT_EQ(model.forward(ramp({2, 3})).shape(), (Shape{2, 3}));
}

TEST(Reshape, LeftStrippedSourcesMeanTheSame) {
  const std::string source = R"(
neuron A(dim=8, heads=2):
  in: [batch, seq, dim]
  out: [batch, seq, dim]
  graph:
    in ->
      Linear(dim, dim)
      => [batch, seq, heads, e=dim/heads]
      => [batch, heads, seq, e]
      => [batch, seq, dim]
      out
)";
  const Tensor x = ramp({2, 3, 8});
  EXPECT_EQ(model_of(stripped(source), "A").forward(x).to_vector(), model_of(source, "A").forward(x).to_vector());
}

TEST(Reshape, GradientsFlowBackThroughEveryForm) {
  const std::string source = R"(
neuron A(dim=4, heads=2):
  in: [b, s, dim]
  graph:
    in ->
      Linear(dim, dim)
      => [b, heads, s, e=dim/heads]
      => @reduce(mean) [b, heads, e]
      => @repeat(copy) [b, heads, 3, e]
      => [b, others]
      out
)";
  const Model model = model_of(source, "A");
  ForwardContext context;
  const std::vector<Var> in{Var(ramp({2, 3, 4}))};
  const Var y = sum(model.record(in, context)[0]);
  y.forward();
  y.backward();
  // d/dbias: every bias reaches 3 copies of a mean over s, in each of 2 rows.
  EXPECT_THAT(var(model, "linear_0.bias").grad().to_vector(), ElementsAre(6, 6, 6, 6));
}

}  // namespace
}  // namespace neuro
