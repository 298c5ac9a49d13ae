// Names of parameters and their initial values.
#include <cmath>

#include "graphs.h"
#include "neuro/error.h"
#include "neuro/model.h"

namespace neuro {
namespace {

using testing::chain;
using testing::literal;
using testing::make;
using testing::module;
using testing::word;

ModuleDecl linear(const std::string& name, std::int64_t in, std::int64_t out) {
  return module(name, "Linear", {{"in_dim", literal(in)}, {"out_dim", literal(out)}});
}

std::vector<std::string> names_of(const Model& model) {
  std::vector<std::string> names;
  for (const Parameter& p : model.parameters()) names.push_back(p.name);
  return names;
}

Tensor weight(const Model& model, const std::string& name) {
  for (const Parameter& p : model.parameters()) {
    if (p.name == name) return p.var.data();
  }
  throw std::runtime_error("no parameter " + name);
}

TEST(Instantiate, NamesAreThePathsWithoutWrapperSegments) {
  Neuron block = chain({"[*lead, 4]"}, {linear("up", 4, 8), linear("linear_0", 8, 4)});
  block.name = "Block";
  const Model model =
      make({block, chain({"[b, 4]"}, {module("block_0", "Block", {}),
                                      module("norm", "BatchNorm", {{"num_features", literal(std::int64_t{4})}})})});
  EXPECT_THAT(names_of(model),
              ::testing::ElementsAre("block_0.up.weight", "block_0.up.bias", "block_0.linear_0.weight",
                                     "block_0.linear_0.bias", "norm.weight", "norm.bias", "norm.running_mean",
                                     "norm.running_var", "norm.num_batches_tracked"));
  EXPECT_EQ(model.parameter_count(), 4 * 8 + 8 + 8 * 4 + 4 + 4 + 4);
  EXPECT_EQ(weight(model, "block_0.up.weight").shape(), (Shape{8, 4}));
  EXPECT_TRUE(model.parameters()[6].buffer);
  EXPECT_FALSE(model.parameters()[6].trainable);
}

TEST(Instantiate, LinearIsUniformWithinOneOverRootFanIn) {
  const Model model = make(chain({"[b, 400]"}, {linear("fc", 400, 250)}));
  const double bound = 1 / std::sqrt(400.0);
  for (const char* name : {"fc.weight", "fc.bias"}) {
    const std::vector<double> values = weight(model, name).to_vector();
    double sum = 0, squares = 0, most = 0;
    for (const double v : values) {
      sum += v;
      squares += v * v;
      most = std::max(most, std::fabs(v));
    }
    const auto n = static_cast<double>(values.size());
    EXPECT_LE(most, bound);
    EXPECT_GT(most, 0.95 * bound);
    // The mean of n uniforms has deviation bound / sqrt(3 n), their mean square bound^2 2 / sqrt(45 n): five of each.
    EXPECT_NEAR(sum / n, 0, 5 * bound / std::sqrt(3 * n));
    EXPECT_NEAR(squares / n, bound * bound / 3, 5 * bound * bound * 2 / std::sqrt(45 * n));
  }
}

TEST(Instantiate, ConvolutionCountsTheKernelInItsFanIn) {
  const Model model = make(chain({"[b, 8, 9, 9]"}, {module("conv", "Conv2d",
                                                           {{"in_channels", literal(std::int64_t{8})},
                                                            {"out_channels", literal(std::int64_t{64})},
                                                            {"kernel_size", literal(std::int64_t{3})},
                                                            {"groups", literal(std::int64_t{2})}})}));
  EXPECT_EQ(weight(model, "conv.weight").shape(), (Shape{64, 4, 3, 3}));
  const double bound = 1 / std::sqrt(4.0 * 9);
  double most = 0;
  for (const double v : weight(model, "conv.weight").to_vector()) most = std::max(most, std::fabs(v));
  EXPECT_LE(most, bound);
  EXPECT_GT(most, 0.98 * bound);
}

TEST(Instantiate, EmbeddingIsStandardNormalWithItsPaddingRowZero) {
  const Model model = make(chain({"[b, t]"}, {module("e", "Embedding",
                                                     {{"num_embeddings", literal(std::int64_t{500})},
                                                      {"embedding_dim", literal(std::int64_t{40})},
                                                      {"padding_idx", literal(std::int64_t{3})}})}));
  const std::vector<double> values = weight(model, "e.weight").to_vector();
  double sum = 0, squares = 0;
  for (const double v : values) {
    sum += v;
    squares += v * v;
  }
  const double n = 499 * 40;
  EXPECT_NEAR(sum / n, 0, 5 / std::sqrt(n));
  EXPECT_NEAR(squares / n, 1, 5 * std::sqrt(2 / n));
  for (std::size_t i = 3 * 40; i < 4 * 40; ++i) EXPECT_EQ(values[i], 0);
}

TEST(Instantiate, NormsStartAsTheIdentity) {
  const Model model = make(chain({"[b, 3]"}, {module("n", "BatchNorm", {{"num_features", literal(std::int64_t{3})}})}));
  EXPECT_THAT(weight(model, "n.weight").to_vector(), ::testing::ElementsAre(1, 1, 1));
  EXPECT_THAT(weight(model, "n.bias").to_vector(), ::testing::ElementsAre(0, 0, 0));
  EXPECT_THAT(weight(model, "n.running_mean").to_vector(), ::testing::ElementsAre(0, 0, 0));
  EXPECT_THAT(weight(model, "n.running_var").to_vector(), ::testing::ElementsAre(1, 1, 1));
  EXPECT_EQ(weight(model, "n.num_batches_tracked").dtype(), DType::i64);
}

TEST(Instantiate, ValuesComeFromSeedAndPathAlone) {
  const Model one = make(chain({"[b, 4]"}, {linear("first", 4, 4), linear("second", 4, 4)}));
  const Model other = make(chain({"[b, 4]"}, {linear("second", 4, 4), linear("third", 4, 4), linear("first", 4, 4)}));
  for (const char* name : {"first.weight", "first.bias", "second.weight", "second.bias"}) {
    EXPECT_EQ(weight(one, name).to_vector(), weight(other, name).to_vector()) << name;
  }
  EXPECT_NE(weight(one, "first.weight").to_vector(), weight(one, "second.weight").to_vector());
  const Model reseeded = make(chain({"[b, 4]"}, {linear("first", 4, 4)}), {}, 43);
  EXPECT_NE(weight(one, "first.weight").to_vector(), weight(reseeded, "first.weight").to_vector());
}

TEST(Instantiate, ParametersComeFromTheCaller) {
  Neuron net =
      chain({"[b, 4]"}, {module("fc", "Linear", {{"in_dim", literal(std::int64_t{4})}, {"out_dim", word("hidden")}})});
  net.params.push_back({"hidden", {}, literal(std::int64_t{8})});
  EXPECT_EQ(make(net).outputs()[0].text(), "[b, 8]");
  EXPECT_EQ(make(net, {{"hidden", std::int64_t{3}}}).outputs()[0].text(), "[b, 3]");
  EXPECT_EQ(make(net, {{"hidden", 3.0}}).outputs()[0].text(), "[b, 3]");
  EXPECT_EQ(testing::first_error({net}, {{"hiden", std::int64_t{3}}}), "NS0207 Test has no parameter `hiden`");
  EXPECT_EQ(testing::first_error({net}, {{"hidden", 2.5}}),
            "NS0217 `out_dim` of Linear takes a whole number, receives 2.5");
  net.params[0].default_value.reset();
  EXPECT_EQ(testing::first_error({net}), "NS0208 Test needs a value for `hidden`");
}

TEST(LoadStateDict, ShortAndLongNames) {
  const Model from = make(chain({"[b, 2]"}, {linear("fc", 2, 3)})),
              to = make(chain({"[b, 2]"}, {linear("fc", 2, 3)}), {}, 7);
  EXPECT_TRUE(to.load_state_dict(from.state_dict()).complete());
  EXPECT_EQ(weight(to, "fc.weight").to_vector(), weight(from, "fc.weight").to_vector());

  const StateDict longer{{"fc.linear.weight", Tensor::full({3, 2}, 2)}, {"fc.linear.bias", Tensor::full({3}, 5)}};
  EXPECT_TRUE(to.load_state_dict(longer).complete());
  EXPECT_THAT(weight(to, "fc.bias").to_vector(), ::testing::Each(5));
}

TEST(LoadStateDict, StrictChangesNothingUnlessAllMatches) {
  const Model model = make(chain({"[b, 2]"}, {linear("fc", 2, 3)}));
  const auto before = weight(model, "fc.bias").to_vector();
  const StateDict wrong{
      {"fc.weight", Tensor::zeros({2, 3})}, {"fc.bias", Tensor::full({3}, 5)}, {"extra", Tensor::zeros({1})}};
  try {
    model.load_state_dict(wrong);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::checkpoint);
    EXPECT_THAT(error.what(), ::testing::HasSubstr("fc.weight: file [2, 3], model [3, 2]"));
    EXPECT_THAT(error.what(), ::testing::HasSubstr("extra"));
  }
  EXPECT_EQ(weight(model, "fc.bias").to_vector(), before);
  const LoadReport report = model.load_state_dict(wrong, Strict::no);
  EXPECT_THAT(report.matched, ::testing::ElementsAre("fc.bias"));
  EXPECT_THAT(report.missing, ::testing::IsEmpty());
  EXPECT_THAT(report.unexpected, ::testing::ElementsAre("extra"));
  EXPECT_THAT(weight(model, "fc.bias").to_vector(), ::testing::Each(5));
}

}  // namespace
}  // namespace neuro
