// What primitives compute, against closed forms and plain loops; sharing, modes and threads.
#include <cmath>
#include <thread>

#include "graphs.h"
#include "neuro/error.h"
#include "neuro/ops.h"
#include "neuro/random.h"

namespace neuro {
namespace {

using testing::Arg;
using testing::chain;
using testing::literal;
using testing::make;
using testing::module;
using testing::word;

Expr n(std::int64_t value) { return literal(value); }

Model one(const std::string& input, const std::string& callee, std::vector<Arg> args = {}) {
  return make(chain({input}, {module("m", callee, std::move(args))}));
}

void set(const Model& model, const std::string& name, const std::vector<float>& values) {
  for (const Parameter& p : model.parameters()) {
    if (p.name == name) return p.var.data().copy_from(Tensor::from(std::span<const float>(values), p.var.shape()));
  }
  throw std::runtime_error("no parameter " + name);
}

Tensor row(std::initializer_list<float> values) {
  return Tensor::from(values, {1, static_cast<std::int64_t>(values.size())});
}

/// y for x under a primitive without weights.
std::vector<double> applied(const std::string& callee, std::initializer_list<float> x, std::vector<Arg> args = {}) {
  return one("[b, n]", callee, std::move(args)).forward(row(x)).to_vector();
}

void expect_near(const std::vector<double>& actual, const std::vector<double>& expected, double tolerance = 1e-6) {
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t i = 0; i < actual.size(); ++i) EXPECT_NEAR(actual[i], expected[i], tolerance) << "element " << i;
}

TEST(Forward, LinearIsWeightsTimesInputPlusBias) {
  const Model m = one("[b, 2]", "Linear", {{"in_dim", n(2)}, {"out_dim", n(3)}});
  set(m, "m.weight", {1, 2, 3, 4, 5, 6});
  set(m, "m.bias", {10, 20, 30});
  EXPECT_THAT(m.forward(row({1, -1})).to_vector(), ::testing::ElementsAre(9, 19, 29));
  const Model bare = one("[b, 2]", "Linear", {{"in_dim", n(2)}, {"out_dim", n(1)}, {"bias", literal(false)}});
  EXPECT_EQ(bare.parameters().size(), 1u);
}

TEST(Forward, Activations) {
  const auto sigmoid = [](double x) { return 1 / (1 + std::exp(-x)); };
  const std::vector<double> x{-2, -0.5, 0, 0.5, 2};
  const std::initializer_list<float> in{-2, -0.5f, 0, 0.5f, 2};
  const std::vector<std::pair<std::string, std::function<double(double)>>> table{
      {"ReLU", [](double v) { return std::max(v, 0.0); }},
      {"GELU", [](double v) { return 0.5 * v * (1 + std::erf(v / std::sqrt(2.0))); }},
      {"SiLU", [&](double v) { return v * sigmoid(v); }},
      {"Sigmoid", sigmoid},
      {"Tanh", [](double v) { return std::tanh(v); }},
      {"Mish", [](double v) { return v * std::tanh(std::log1p(std::exp(v))); }},
      {"ELU", [](double v) { return v > 0 ? v : std::exp(v) - 1; }},
      {"PReLU", [](double v) { return v > 0 ? v : 0.25 * v; }},
      {"Identity", [](double v) { return v; }},
  };
  for (const auto& [name, f] : table) {
    SCOPED_TRACE(name);
    std::vector<double> expected;
    for (const double v : x) expected.push_back(f(v));
    expect_near(applied(name, in), expected, 1e-6);
  }
  expect_near(applied("ELU", {-1}, {{"alpha", literal(2.0)}}), {2 * (std::exp(-1.0) - 1)});
  const double t = 0.5 * 1.5 * (1 + std::tanh(std::sqrt(2 / M_PI) * (1.5 + 0.044715 * 1.5 * 1.5 * 1.5)));
  expect_near(applied("GELU", {1.5f}, {{"approximate", word("tanh")}}), {t});
}

TEST(Forward, PReLUHasOneSlopeForEachChannelOfAxisOne) {
  const Model m = one("[b, 2, w]", "PReLU", {{"num_parameters", n(2)}});
  set(m, "m.weight", {0.5f, 0.1f});
  const Tensor y = m.forward(Tensor::from<float>({-1, -2, -10, 4}, {1, 2, 2}));
  expect_near(y.to_vector(), {-0.5, -1, -1, 4});
}

TEST(Forward, SoftmaxSumsToOneAlongItsAxis) {
  expect_near(applied("Softmax", {0, std::log(3.f)}), {0.25, 0.75});
  const Tensor y =
      one("[a, b]", "Softmax", {{"dim", n(0)}}).forward(Tensor::from<float>({0, 0, std::log(3.f), 0}, {2, 2}));
  expect_near(y.to_vector(), {0.25, 0.5, 0.75, 0.5});
}

TEST(Forward, LayerNormUsesTheBiasedVariance) {
  const Model m = one("[b, 4]", "LayerNorm", {{"dim", n(4)}});
  set(m, "m.weight", {1, 2, 1, 1});
  set(m, "m.bias", {0, 0, 5, 0});
  const double s = std::sqrt(5.0 + 1e-5);  // of 1, 3, 5, 7: mean 4, variance 5
  expect_near(m.forward(row({1, 3, 5, 7})).to_vector(), {-3 / s, 2 * -1 / s, 1 / s + 5, 3 / s}, 1e-5);
}

// --- BatchNorm
// ----------------------------------------------------------------------------------------------------------

struct Trained {
  std::vector<double> y, mean, var;
  std::int64_t batches = 0;
};

/// One training pass of a recorded model whose first three buffers are BatchNorm's.
Trained train_pass(const Model& model, const Tensor& x) {
  std::vector<Assign> assigns;
  ForwardContext context;
  context.training = true;
  context.rng = Var(Tensor::from<std::int64_t>({1, 0, 0}, {3}));
  context.assigns = &assigns;
  const std::vector<Var> in{Var(x)};
  const std::vector<Var> out = model.record(in, context);
  Replay replay(PlanRequest{.outputs = out, .assigns = assigns});
  replay.run();
  Trained t{replay.output(0).to_vector(), {}, {}, 0};
  for (const Parameter& p : model.parameters()) {
    if (p.name.ends_with("running_mean")) t.mean = p.var.data().to_vector();
    if (p.name.ends_with("running_var")) t.var = p.var.data().to_vector();
    if (p.name.ends_with("num_batches_tracked")) t.batches = static_cast<std::int64_t>(p.var.data().item());
  }
  return t;
}

TEST(BatchNorm, TrainsWithBatchStatisticsAndMovesTheRunningOnes) {
  const Model m = one("[b, 2, h, w]", "BatchNorm", {{"num_features", n(2)}});
  set(m, "m.weight", {2, 1});
  set(m, "m.bias", {0, 3});
  const Tensor x = Tensor::from<float>({1, 2, 10, 20, 3, 6, 30, 60}, {2, 2, 1, 2});
  const Trained t = train_pass(m, x);
  std::vector<double> expected(8), mean(2), var(2);
  const auto at = [](std::size_t b, std::size_t c, std::size_t i) { return (b * 2 + c) * 2 + i; };
  const std::vector<double> v = x.to_vector();
  for (std::size_t c = 0; c < 2; ++c) {
    double sum = 0, squares = 0;
    for (std::size_t b = 0; b < 2; ++b) {
      for (std::size_t i = 0; i < 2; ++i) sum += v[at(b, c, i)];
    }
    mean[c] = sum / 4;
    for (std::size_t b = 0; b < 2; ++b) {
      for (std::size_t i = 0; i < 2; ++i) squares += std::pow(v[at(b, c, i)] - mean[c], 2);
    }
    var[c] = squares / 4;  // biased: for normalising
    for (std::size_t b = 0; b < 2; ++b) {
      for (std::size_t i = 0; i < 2; ++i) {
        expected[at(b, c, i)] =
            (v[at(b, c, i)] - mean[c]) / std::sqrt(var[c] + 1e-5) * (c == 0 ? 2 : 1) + (c == 0 ? 0 : 3);
      }
    }
  }
  expect_near(t.y, expected, 1e-5);
  expect_near(t.mean, {0.1 * mean[0], 0.1 * mean[1]}, 1e-5);
  expect_near(t.var, {0.9 + 0.1 * var[0] * 4 / 3, 0.9 + 0.1 * var[1] * 4 / 3}, 1e-4);  // unbiased: n / (n - 1)
  EXPECT_EQ(t.batches, 1);
}

TEST(BatchNorm, EvaluatesWithRunningStatistics) {
  const Model m = one("[b, 2]", "BatchNorm", {{"num_features", n(2)}});
  set(m, "m.running_mean", {1, -1});
  set(m, "m.running_var", {4, 0.25f});
  expect_near(m.forward(row({3, 0})).to_vector(), {2 / std::sqrt(4 + 1e-5), 1 / std::sqrt(0.25 + 1e-5)}, 1e-5);
}

TEST(BatchNorm, SecondUseInOnePassSeesTheFirstsStatistics) {
  Neuron net = chain({"[b, 1]"}, {module("norm", "BatchNorm", {{"num_features", n(1)}, {"momentum", literal(0.5)}})});
  // x -> norm -> norm -> out: the second call's source is the first.
  const int first = 2;
  ASSERT_TRUE(std::holds_alternative<CallNode>(net.nodes[first].node));
  net.nodes.push_back({{}, CallNode{0, first}});
  net.results[0] = static_cast<int>(net.nodes.size()) - 1;
  const Trained t = train_pass(make(net), Tensor::from<float>({2, 6}, {2, 1}));
  // First: batch mean 4, so 0.5 * 0 + 0.5 * 4 = 2. Second: batch mean 0, so 0.5 * 2 + 0.5 * 0 = 1.
  expect_near(t.mean, {1}, 1e-5);
  EXPECT_EQ(t.batches, 2);
}

TEST(BatchNorm, OneValueForEachChannelCannotTrain) {
  const Model m = one("[b, 2]", "BatchNorm", {{"num_features", n(2)}});
  EXPECT_THROW(train_pass(m, row({1, 2})), Error);
}

// --- Dropout, Embedding
// ---------------------------------------------------------------------------------------------------

TEST(Dropout, KeepsTheMeanInTrainingAndIsTheIdentityOtherwise) {
  const Model m = one("[b, n]", "Dropout", {{"p", literal(0.25)}});
  const Tensor x = Tensor::full({50, 400}, 1);
  EXPECT_THAT(m.forward(x).to_vector(), ::testing::Each(1));
  const Trained t = train_pass(m, x);
  double sum = 0;
  for (const double v : t.y) {
    EXPECT_TRUE(v == 0 || std::fabs(v - 4.0 / 3) < 1e-6);
    sum += v;
  }
  EXPECT_NEAR(sum / 20000, 1, 5 * std::sqrt(1.0 / 3 / 20000));  // variance p / (1 - p)
  const auto rate = [](double p) { return std::vector<Arg>{{"rate", literal(p)}}; };
  EXPECT_THAT(train_pass(one("[b, n]", "Dropout", rate(0)), x).y, ::testing::Each(1));
  EXPECT_THAT(train_pass(one("[b, n]", "Dropout", rate(1)), x).y, ::testing::Each(0));
}

TEST(Dropout, EachPlaceDrawsItsOwnMask) {
  const Tensor x = Tensor::full({20, 50}, 1);
  const auto masks = [&](const char* path) {
    return train_pass(make(chain({"[b, n]"}, {module(path, "Dropout", {})})), x).y;
  };
  EXPECT_EQ(masks("a"), masks("a"));
  EXPECT_NE(masks("a"), masks("b"));
}

TEST(Forward, EmbeddingTakesIntegersAndWholeFloats) {
  const Model m = one("[b, t]", "Embedding", {{"num_embeddings", n(3)}, {"embedding_dim", n(2)}});
  set(m, "m.weight", {1, 2, 3, 4, 5, 6});
  EXPECT_THAT(m.forward(Tensor::from<std::int64_t>({2, 0}, {1, 2})).to_vector(), ::testing::ElementsAre(5, 6, 1, 2));
  EXPECT_THAT(m.forward(row({1, 1})).to_vector(), ::testing::ElementsAre(3, 4, 3, 4));
  EXPECT_THROW(m.forward(Tensor::from<std::int64_t>({3, 0}, {1, 2})), Error);
  EXPECT_THROW(m.forward(row({0.5f, 1})), Error);
}

// --- Windows and structure
// --------------------------------------------------------------------------------------------------

TEST(Forward, Conv2dIsTheSlidingProduct) {
  const Model m =
      one("[b, 2, h, w]", "Conv2d",
          {{"in_channels", n(2)}, {"out_channels", n(2)}, {"kernel_size", n(2)}, {"stride", n(2)}, {"padding", n(1)}});
  std::vector<float> x(2 * 3 * 3), w(2 * 2 * 2 * 2);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i % 7) - 3;
  for (std::size_t i = 0; i < w.size(); ++i) w[i] = static_cast<float>(i % 5) - 2;
  set(m, "m.weight", w);
  set(m, "m.bias", {1, -1});
  const Tensor y = m.forward(Tensor::from(std::span<const float>(x), {1, 2, 3, 3}));
  ASSERT_EQ(y.shape(), (Shape{1, 2, 2, 2}));
  std::vector<double> expected;
  for (int o = 0; o < 2; ++o) {
    for (int r = 0; r < 2; ++r) {
      for (int s = 0; s < 2; ++s) {
        double sum = o == 0 ? 1 : -1;
        for (int c = 0; c < 2; ++c) {
          for (int i = 0; i < 2; ++i) {
            for (int j = 0; j < 2; ++j) {
              const int row_at = 2 * r + i - 1, column = 2 * s + j - 1;
              if (row_at < 0 || row_at >= 3 || column < 0 || column >= 3) continue;
              sum += x[static_cast<std::size_t>((c * 3 + row_at) * 3 + column)] *
                     w[static_cast<std::size_t>(((o * 2 + c) * 2 + i) * 2 + j)];
            }
          }
        }
        expected.push_back(sum);
      }
    }
  }
  expect_near(y.to_vector(), expected, 1e-5);
}

TEST(Forward, Pooling) {
  const Tensor x = Tensor::from<float>({1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 1, 3, 3});
  const auto pool = [&](const char* name) {
    return one("[b, c, h, w]", name, {{"kernel_size", n(2)}}).forward(x).to_vector();
  };
  EXPECT_THAT(pool("MaxPool"), ::testing::ElementsAre(5, 6, 8, 9));
  EXPECT_THAT(pool("AvgPool"), ::testing::ElementsAre(3, 4, 6, 7));
  const Tensor mean = one("[b, c, h, w]", "GlobalAvgPool").forward(x);
  EXPECT_EQ(mean.shape(), (Shape{1, 1, 1, 1}));
  EXPECT_FLOAT_EQ(static_cast<float>(mean.item()), 5);
  // Zeros of the padding count in an average.
  const Model padded = one("[b, c, h, w]", "AvgPool", {{"kernel_size", n(2)}, {"stride", n(3)}, {"padding", n(1)}});
  EXPECT_FLOAT_EQ(static_cast<float>(padded.forward(x).to_vector()[0]), 0.25f);
}

TEST(Forward, StructurePrimitives) {
  const Tensor a = row({1, 2}), b = row({10, 20});
  const std::vector<Tensor> both{a, b};
  const auto join = [&](const char* name) {
    return make(chain({"[b, 2]", "[b, 2]"}, {module("m", name, {})})).forward(both)[0].to_vector();
  };
  EXPECT_THAT(join("Add"), ::testing::ElementsAre(11, 22));
  EXPECT_THAT(join("Multiply"), ::testing::ElementsAre(10, 40));
  EXPECT_THAT(join("Concat"), ::testing::ElementsAre(1, 2, 10, 20));
  const Model fork = make(chain({"[b, 2]"}, {module("m", "Fork", {})}, 2));
  const std::vector<Tensor> in{a};
  EXPECT_THAT(fork.forward(in)[1].to_vector(), ::testing::ElementsAre(1, 2));
  const Tensor flat = one("[b, c, h, w]", "Flatten").forward(Tensor::zeros({2, 3, 4, 5}));
  EXPECT_EQ(flat.shape(), (Shape{2, 60}));
}

// --- The model
// -----------------------------------------------------------------------------------------------------------------

TEST(Model, BindingUsedTwiceIsOneWeightWhoseGradientsAdd) {
  Neuron net =
      chain({"[b, 1]"}, {module("fc", "Linear", {{"in_dim", n(1)}, {"out_dim", n(1)}, {"bias", literal(false)}})});
  net.nodes.push_back({{}, CallNode{0, 2}});
  net.results[0] = static_cast<int>(net.nodes.size()) - 1;  // y = w (w x)
  const Model m = make(net);
  ASSERT_EQ(m.parameters().size(), 1u);
  set(m, "fc.weight", {3});
  ForwardContext context;
  const std::vector<Var> in{Var(Tensor::full({1, 1}, 5))};
  const Var y = m.record(in, context)[0];
  y.forward();
  EXPECT_EQ(y.item(), 45);
  y.backward();
  EXPECT_EQ(m.parameters()[0].var.grad().item(), 30);  // d(w^2 x)/dw = 2 w x
}

TEST(Model, TwoCallsAreTwoWeights) {
  const auto fc = [](const char* name) { return module(name, "Linear", {{"in_dim", n(4)}, {"out_dim", n(4)}}); };
  EXPECT_EQ(make(chain({"[b, 4]"}, {fc("linear_0"), fc("linear_1")})).parameters().size(), 4u);
}

TEST(Model, WrongInputNamesModuleAndShapes) {
  const Model m = one("[b, 2]", "Linear", {{"in_dim", n(2)}, {"out_dim", n(3)}});
  try {
    m.forward(row({1, 2, 3}));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::shape);
    EXPECT_STREQ(error.what(), "Test: input takes [b, 2], receives [1, 3]");
  }
  const Model open = make(chain({"[*any]"}, {module("norm", "BatchNorm", {{"num_features", n(2)}})}));
  try {
    open.forward(Tensor::zeros({3, 5}));
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("takes"));
    EXPECT_THAT(error.what(), ::testing::HasSubstr("[3, 5]"));
  }
}

TEST(Model, ManyThreadsMayCallOneModel) {
  const Model m =
      make(chain({"[b, 8]"}, {module("a", "Linear", {{"in_dim", n(8)}, {"out_dim", n(16)}}), module("r", "ReLU", {}),
                              module("c", "Linear", {{"in_dim", n(16)}, {"out_dim", n(4)}})}));
  const auto input = [](std::int64_t rows) { return Tensor::full({rows, 8}, 0.5); };
  std::vector<std::vector<double>> expected;
  for (std::int64_t rows = 1; rows <= 4; ++rows) expected.push_back(m.forward(input(rows)).to_vector());
  std::vector<std::thread> threads;
  std::vector<int> wrong(4);
  for (std::size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (std::int64_t i = 0; i < 20; ++i) {
        const std::int64_t rows = 1 + (i + static_cast<std::int64_t>(t)) % 4;
        wrong[t] += m.forward(input(rows)).to_vector() != expected[static_cast<std::size_t>(rows - 1)];
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(wrong, ::testing::Each(0));
}

TEST(Model, FrozenModulesAreNotTrained) {
  Neuron net = chain({"[b, 2]"}, {module("fc", "Linear", {{"in_dim", n(2)}, {"out_dim", n(2)}})});
  net.modules[0].frozen = true;
  const Model model = make(net);
  for (const Parameter& p : model.parameters()) {
    EXPECT_FALSE(p.trainable);
    EXPECT_FALSE(p.buffer);
    EXPECT_FALSE(p.var.differentiable());
  }
}

}  // namespace
}  // namespace neuro
