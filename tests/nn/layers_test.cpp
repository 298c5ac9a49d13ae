// Layers and modules: every layer's gradients, names, state, modes; what is refused.
#include "neuro/layers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "neuro/error.h"
#include "neuro/gradcheck.h"
#include "neuro/init.h"
#include "neuro/ops.h"
#include "neuro/optim.h"

namespace neuro::nn {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<double> value(const Var& v) {
  v.forward();
  return v.data().to_vector();
}
template <class F>
std::string refusal(F f) {
  try {
    f();
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}
std::vector<std::string> names(const NamedVars& vars) {
  std::vector<std::string> out;
  for (const auto& [name, leaf] : vars) out.push_back(name);
  return out;
}
Var drawn(const SampleInput& in, std::uint64_t seed) {
  if (in.dtype == DType::i64) {
    Tensor t = Tensor::empty(in.shape, DType::i64);
    for (std::int64_t i = 0; i < t.size(); ++i) t.data<std::int64_t>()[i] = i * 7 % static_cast<std::int64_t>(in.hi);
    return Var(t);
  }
  return randn(in.shape, seed, DType::f64).requires_grad();
}

class EveryLayer : public ::testing::TestWithParam<LayerDef> {};
INSTANTIATE_TEST_SUITE_P(Layers, EveryLayer, ::testing::ValuesIn(layer_defs().begin(), layer_defs().end()),
                         [](const auto& layer) { return std::string(layer.param.name); });

TEST_P(EveryLayer, GradientsOfInputsAndParametersEqualDifferenceQuotients) {
  Generator generator(3);
  const auto layer = GetParam().make(DType::f64, generator);
  layer->eval();  // a mask that is drawn anew has no difference quotient
  std::vector<Var> leaves = layer->parameters(), inputs;
  for (const SampleInput& in : GetParam().inputs()) inputs.push_back(drawn(in, inputs.size()));
  leaves.insert(leaves.end(), inputs.begin(), inputs.end());
  const Gradcheck worst = gradcheck([&](std::span<const Var>) { return GetParam().forward(*layer, inputs); }, leaves);
  EXPECT_LE(worst.error, 1e-6) << worst.text();
}

TEST_P(EveryLayer, TheSameSeedMakesTheSameLayerAndStateGoesAcross) {
  Generator a(7), b(7), c(8);
  const auto first = GetParam().make(DType::f32, a), second = GetParam().make(DType::f32, b),
             third = GetParam().make(DType::f32, c);
  for (std::size_t i = 0; i < first->parameters().size(); ++i)
    EXPECT_EQ(first->parameters()[i].data().to_vector(), second->parameters()[i].data().to_vector());
  EXPECT_TRUE(third->load_state_dict(first->state_dict()).complete());
  for (std::size_t i = 0; i < first->parameters().size(); ++i)
    EXPECT_EQ(first->parameters()[i].data().to_vector(), third->parameters()[i].data().to_vector());
}

TEST_P(EveryLayer, EveryParameterReachesTheResult) {
  Generator generator(3);
  const auto layer = GetParam().make(DType::f64, generator);
  std::vector<Var> inputs;
  for (const SampleInput& in : GetParam().inputs()) inputs.push_back(drawn(in, inputs.size()));
  Var total;
  for (const Var& y : GetParam().forward(*layer, inputs)) total = total.defined() ? total + sum(y) : sum(y);
  const std::vector<Var> reached = total.parameters();
  for (const auto& [name, p] : layer->named_parameters()) {
    EXPECT_TRUE(std::any_of(reached.begin(), reached.end(), [&, leaf = p](const Var& v) { return v.same(leaf); }))
        << name;
  }
}

struct Net : Module {
  Linear first{4, 8}, second{8, 3};
  Dropout drop{0.5};
  Net() { register_modules({{"first", first}, {"second", second}, {"drop", drop}}); }
  Var forward(const Var& x) const { return second.forward(drop.forward(relu(first.forward(x)))); }
};

TEST(Module, NamesParametersByTheirPath) {
  const Net net;
  EXPECT_THAT(names(net.named_parameters()), ElementsAre("first.weight", "first.bias", "second.weight", "second.bias"));
  EXPECT_TRUE(net.named_buffers().empty());
  EXPECT_EQ(net.state_dict().size(), 4u);
}

TEST(Module, TrainAndEvalReachEveryPartAndWhatWasRecorded) {
  Net net;
  const Var x = randn({5, 4}, 1), y = net.forward(x);
  EXPECT_TRUE(net.drop.training());
  net.eval();
  EXPECT_FALSE(net.drop.training());
  const std::vector<double> plain = value(net.second.forward(relu(net.first.forward(x))));
  EXPECT_EQ(value(y), plain);
  y.train();
  EXPECT_TRUE(net.drop.training());
  EXPECT_NE(value(y), plain);
  y.eval();
  EXPECT_EQ(value(y), plain);
}

TEST(Module, DropoutDrawsAnewInEveryForwardPassAndItsGradientSeesTheSameMask) {
  Generator generator(1);
  Dropout drop(0.5, &generator);
  const Var x = ones({1000}).requires_grad(), y = drop.forward(x);
  const std::vector<double> first = value(y);
  y.backward();
  EXPECT_EQ(x.grad().to_vector(), first);  // mask / (1 - p), as x is 1
  const std::vector<double> second = value(y);
  EXPECT_NE(first, second);
  x.zero_grad();
  y.backward();
  EXPECT_EQ(x.grad().to_vector(), second);
  double kept = 0;
  for (const double v : first) {
    EXPECT_TRUE(v == 0 || v == 2);
    kept += v / 2;
  }
  EXPECT_NEAR(kept, 500, 80);  // five deviations
  EXPECT_NE(value(drop.forward(x)), value(drop.forward(x)));
}

TEST(Module, TwoResultsOfOneDropoutSeeOneMaskInTheirFirstPass) {
  const Dropout drop(0.5);
  const Var x = ones({100}), y = drop.forward(x), twice = y * 2.0, thrice = y * 3.0;
  const std::vector<double> a = value(twice), b = value(thrice);
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_EQ(a[i] / 2, b[i] / 3);
}

TEST(Module, DropoutOfAllAndOfNothing) {
  const Var x = ones({9});
  EXPECT_EQ(value(Dropout(1).forward(x) + 0.0), std::vector<double>(9, 0));
  EXPECT_TRUE(Dropout(0).forward(x).same(x));
}

TEST(Module, SharedWeightsAreListedOnce) {
  struct Tied : Module {
    Linear in{3, 3}, out{3, 3};
    Tied() {
      out.weight = in.weight;
      register_parameter("tied", in.weight);
      register_modules({{"in", in}});
    }
  } tied;
  EXPECT_THAT(names(tied.named_parameters()), ElementsAre("tied", "in.bias"));
}

TEST(Module, AStateThatDoesNotFitChangesNothing) {
  const Net net;
  const std::vector<double> before = net.first.weight.data().to_vector();
  StateDict state = net.state_dict();
  for (auto& [name, tensor] : state) tensor = Tensor::zeros(tensor.shape());
  state[1].second = Tensor::zeros({9});
  state[2].first = "third.weight";
  EXPECT_EQ(refusal([&] { net.load_state_dict(state); }),
            "the file does not hold the parameters of the module\n  missing: second.weight\n"
            "  not in the model: third.weight\n  another shape: first.bias: file [9], model [8]");
  EXPECT_EQ(net.first.weight.data().to_vector(), before);
  EXPECT_THAT(net.load_state_dict(state, Strict::no).matched, ElementsAre("first.weight", "second.bias"));
  EXPECT_EQ(net.first.weight.data().to_vector(), std::vector<double>(32, 0));
}

TEST(Module, LearnsWithAnOptimizer) {
  manual_seed(5);
  Net net;
  optim::Adam opt(net.parameters(), {.lr = 0.05});
  const Var x = randn({32, 4}, 1), labels = argmax(slice(x, 1, 0, 3), 1),
            loss = loss::cross_entropy(net.forward(x), labels);
  double last = 0;
  for (int i = 0; i < 200; ++i) {
    opt.zero_grad();
    loss.forward();
    loss.backward();
    opt.step();
    last = loss.item();
  }
  EXPECT_LT(last, 0.5);
  loss.eval();
  loss.forward();
  EXPECT_LT(loss.item(), 0.2);
}

// --- updates that forward() makes ---

TEST(OnForward, AssignsOncePerForwardPassWhileTraining) {
  const Var count = zeros({}), x = ones({3}), on = training_flag(), y = x * 2.0;
  y.on_forward(count, count + 1.0, on);
  const Var a = sum(y), b = y + 1.0;
  a.forward();
  b.forward();  // reads what a computed, or recomputes it: the same pass
  EXPECT_EQ(count.data().item(), 1);
  a.forward();
  EXPECT_EQ(count.data().item(), 2);
  a.eval();
  a.forward();
  EXPECT_EQ(count.data().item(), 2);
  EXPECT_THROW(x.on_forward(count, count, on), Error);
  EXPECT_THROW(y.on_forward(y, count, on), Error);
  EXPECT_THROW(y.on_forward(count, x, on), Error);
  EXPECT_THROW(y.on_forward(count, count, x), Error);
}

TEST(OnForward, SeveralUpdatesOfOneLeafFollowEachOther) {
  const Var state = ones({}), x = ones({3}), on = training_flag();
  const Var a = x * 2.0, b = a * 3.0;
  a.on_forward(state, state * 2.0, on);
  b.on_forward(state, state + 5.0, on);
  b.forward();
  EXPECT_EQ(state.data().item(), 7);
}

TEST(OnForward, BatchNormMovesItsStatisticsWhileTraining) {
  BatchNorm layer(1, {.momentum = 0.25});
  const Var x(Tensor::from<float>({1, 3}, {2, 1})), y = layer.forward(x);
  EXPECT_NEAR(value(y)[0], -1, 1e-5);
  EXPECT_EQ(layer.running_mean.data().item(), 0.5);  // 0.75 * 0 + 0.25 * 2
  EXPECT_EQ(layer.running_var.data().item(), 1.25);  // 0.75 * 1 + 0.25 * 2, unbiased
  y.forward();
  EXPECT_EQ(layer.running_mean.data().item(), 0.875);
  layer.eval();
  const double mean = 0.875, var = layer.running_var.data().item();
  EXPECT_NEAR(value(y)[1], (3 - mean) / std::sqrt(var + 1e-5), 1e-6);
  EXPECT_EQ(layer.running_mean.data().item(), 0.875);
  EXPECT_EQ(names(layer.named_buffers()), (std::vector<std::string>{"running_mean", "running_var"}));
  const Var one = zeros({1, 1});
  EXPECT_NEAR(value(layer.forward(one))[0], -mean / std::sqrt(var + 1e-5), 1e-6);
  layer.train();
  EXPECT_THROW(layer.forward(one), Error);
}

TEST(OnForward, OneLayerUsedTwiceMovesItsStatisticsTwice) {
  const BatchNorm layer(1, {.momentum = 0.5});
  const Var a(Tensor::from<float>({1, 3}, {2, 1})), b(Tensor::from<float>({9, 11}, {2, 1}));
  const Var first = layer.forward(a), second = layer.forward(b);
  value(first + second);
  EXPECT_EQ(layer.running_mean.data().item(), 0.5 * (0.5 * 0 + 0.5 * 2) + 0.5 * 10);
}

// --- layers by their definitions ---

TEST(Layers, LinearIsAMatrixProduct) {
  const Linear layer(2, 3);
  init::constant(layer.weight, 2);
  init::constant(layer.bias, 1);
  EXPECT_THAT(value(layer.forward(Var(Tensor::from<float>({1, 2, 3, 4}, {2, 2})))), ElementsAre(7, 7, 7, 15, 15, 15));
  EXPECT_FALSE(Linear(2, 3, {.bias = false}).bias.defined());
}

TEST(Layers, ConvPadsInFiveWays) {
  const std::pair<PadMode, std::vector<double>> expected[] = {{pad::Zero{}, {3, 6, 5}},
                                                              {pad::Constant{10}, {13, 6, 15}},
                                                              {pad::Reflective{}, {5, 6, 7}},
                                                              {pad::Replicative{}, {4, 6, 8}},
                                                              {pad::Circular{}, {6, 6, 6}}};
  for (const auto& [mode, sums] : expected) {
    const Conv1d layer(1, 1, {3}, {.padding = {1}, .mode = mode, .bias = false});
    init::ones(layer.weight);
    EXPECT_EQ(value(layer.forward(Var(Tensor::from<float>({1, 2, 3}, {1, 1, 3})))), sums);
  }
}

TEST(Layers, DiracKernelsCopyTheirChannels) {
  const Var x = randn({2, 4, 5, 6}, 1);
  const Conv2d layer(4, 4, {3, 3}, {.padding = {1, 1}, .groups = 2, .bias = false});
  init::dirac(layer.weight, 2);
  EXPECT_EQ(value(layer.forward(x)), x.data().to_vector());
}

TEST(Layers, EmbeddingOfThePaddingIsZeroAndStaysSo) {
  const Embedding layer(4, 2, 1);
  const Var y = layer.forward(Var(Tensor::from<std::int64_t>({1, 3, 1}, {3})));
  const std::vector<double> v = value(y);
  EXPECT_EQ(v[0], 0);
  EXPECT_EQ(v[5], 0);
  EXPECT_NE(v[2], 0);
  y.backward();
  EXPECT_THAT(layer.weight.grad().to_vector(), ElementsAre(0, 0, 0, 0, 0, 0, 1, 1));
}

double sigma(double x) { return 1 / (1 + std::exp(-x)); }

TEST(Layers, CellsFollowTheirEquations) {
  const Var x(Tensor::from<double>({0.5}, {1, 1})), h(Tensor::from<double>({-0.25}, {1, 1})),
      c(Tensor::from<double>({0.75}, {1, 1}));
  const auto set = [](const Var& w, std::initializer_list<double> v) {
    w.data().copy_from(Tensor::from<double>(v, w.shape()));
  };
  const LayerOptions f64{.dtype = DType::f64};
  for (const Gates gates : {Gates::standard, Gates::neuronika}) {
    const LSTMCell cell(1, 1, f64, gates);
    set(cell.weight_ih, {1, 2, 3, 4});
    set(cell.weight_hh, {0.5, -1, 2, 1});
    set(cell.bias_ih, {0.1, 0.2, 0.3, 0.4});
    set(cell.bias_hh, {-0.1, 0.1, 0, 0.2});
    const auto [h2, c2] = cell.forward(x, {h, c});
    const double i = sigma(0.5 - 0.125), o = sigma(2 - 0.25 + 0.6), second = 1 + 0.25 + 0.3, third = 1.5 - 0.5 + 0.3;
    const bool standard = gates == Gates::standard;
    const double f = standard ? sigma(second) : std::tanh(second), g = standard ? std::tanh(third) : sigma(third);
    EXPECT_NEAR(value(c2)[0], f * 0.75 + i * g, 1e-12);
    EXPECT_NEAR(value(h2)[0], o * std::tanh(f * 0.75 + i * g), 1e-12);
  }
  const GRUCell cell(1, 1, f64);
  set(cell.weight_ih, {1, 2, 3});
  set(cell.weight_hh, {0.5, -1, 2});
  set(cell.bias_ih, {0.1, 0.2, 0.3});
  set(cell.bias_hh, {-0.1, 0.1, 0.25});
  const double r = sigma(0.5 - 0.125), z = sigma(1 + 0.25 + 0.3), n = std::tanh(1.5 + 0.3 + r * (-0.5 + 0.25));
  EXPECT_NEAR(value(cell.forward(x, h))[0], (1 - z) * n + z * -0.25, 1e-12);
  EXPECT_EQ(value(cell.forward(x)), value(cell.forward(x, zeros({1, 1}, DType::f64))));
}

// An empty batch (the last of a sharded data set) goes through: an empty result, gradients of zero, statistics as
// before.
TEST(Layers, TakeAnEmptyBatch) {
  const Conv2d conv(3, 4, {3, 3}, {.padding = {1, 1}});
  const BatchNorm norm(4);
  const LayerNorm rows(25);
  const Linear linear(25, 6);
  const LSTM lstm(6, 2);
  norm.running_mean.data_mut().data<float>()[1] = 0.5f;
  const Var x = zeros({0, 3, 5, 5}).requires_grad();
  const Var image = norm.forward(conv.forward(x));
  const Var y = lstm.forward(linear.forward(rows.forward(reshape(image, {4, 0, 25})))).y;
  y.forward();
  EXPECT_EQ(y.data().shape(), (Shape{4, 0, 2}));
  y.backward();
  EXPECT_EQ(x.grad().shape(), x.shape());
  for (const Module* layer : std::initializer_list<const Module*>{&conv, &norm, &rows, &linear, &lstm}) {
    for (const Var& p : layer->parameters()) {
      for (const double g : p.grad().to_vector()) EXPECT_EQ(g, 0);
    }
  }
  EXPECT_EQ(norm.running_mean.data().to_vector(), (std::vector<double>{0, 0.5, 0, 0}));
  EXPECT_EQ(norm.running_var.data().to_vector(), (std::vector<double>{1, 1, 1, 1}));
}

TEST(Layers, WhatMakesNoSenseIsRefused) {
  const Linear linear(3, 2);
  const Conv1d conv1(2, 2, {3});
  const Conv2d conv2(2, 2, {3, 3}), mirrored(2, 2, {3, 3}, {.padding = {4, 4}, .mode = pad::Reflective{}});
  const LSTMCell lstm(3, 2);
  const GRUCell gru(3, 2);
  struct Bad : Module {
    void twice() { register_parameter("a", zeros({1})), register_buffer("a", zeros({1})); }
    void dotted() { register_parameter("a.b", zeros({1})); }
    void computed() { register_buffer("c", zeros({1}) * 2.0); }
  } bad;
  const std::pair<std::function<void()>, const char*> cases[] = {
      {[&] { Linear(0, 3); }, "Linear: in must be at least 1, is 0"},
      {[&] { Linear(3, -1); }, "Linear: out must be at least 1, is -1"},
      {[&] {
         linear.forward(zeros({2, 4}));
       },
       "linear"},
      {[&] { Conv1d(0, 1, {3}); }, "Conv1d: in must be at least 1"},
      {[&] { Conv1d(1, 1, {3}, {.padding = {-1}}); }, "Conv1d: the padding must be at least 0, is -1"},
      {[&] {
         conv1.forward(zeros({2, 5}));
       },
       "Conv1d: takes [N, 2, L], got [2, 5]"},
      {[&] {
         Conv2d(3, 4, {3, 3}, {.groups = 2});
       },
       "must both divide into 2 groups"},
      {[&] {
         Conv2d(3, 4, {0, 3});
       },
       "Conv2d: the kernel must be at least 1, is 0"},
      {[&] {
         Conv2d(3, 4, {3, 3}, {.stride = {1, 0}});
       },
       "Conv2d: the stride must be at least 1"},
      {[&] {
         conv2.forward(zeros({2, 2, 5}));
       },
       "Conv2d: takes [N, 2, H, W], got [2, 2, 5]"},
      {[&] {
         mirrored.forward(zeros({1, 2, 4, 9}));
       },
       "axis 2 of [1, 2, 4, 9] has 4 elements, too few for reflective padding by 4 and 4"},
      {[&] { Dropout(1.5); }, "Dropout: p must be in [0, 1], is 1.5"},
      {[&] { Dropout(-0.5); }, "Dropout: p must be in [0, 1]"},
      {[&] { Embedding(0, 3); }, "Embedding: count must be at least 1"},
      {[&] { Embedding(3, 3, 3); }, "Embedding: padding_index 3 is outside [0, 3)"},
      {[&] { Embedding(3, 3).forward(zeros({2})); }, "embedding: index must be i64"},
      {[&] { LayerNorm(0); }, "LayerNorm: dim must be at least 1"},
      {[&] {
         LayerNorm(3).forward(zeros({2, 4}));
       },
       "layer_norm: weight must have shape [4]"},
      {[&] { BatchNorm(0); }, "BatchNorm: features must be at least 1"},
      {[&] {
         BatchNorm(3).forward(zeros({2, 4}));
       },
       "batch_norm"},
      {[&] { LSTMCell(0, 3); }, "LSTMCell: in must be at least 1"},
      {[&] { lstm.forward(zeros({3})); }, "LSTMCell: takes x [N, in], got [3]"},
      {[&] {
         lstm.forward(zeros({1, 3}), {zeros({1, 5}), {}});
       },
       "lstm_cell: h0 must have shape [1, 2], got [1, 5]"},
      {[&] { GRUCell(3, 0); }, "GRUCell: hidden must be at least 1"},
      {[&] {
         gru.forward(zeros({1, 2, 3}));
       },
       "GRUCell: takes x [N, in]"},
      {[&] {
         gru.forward(zeros({1, 4}));
       },
       "gru_cell: weight_ih of entry 0 must have shape [6, 4], got [6, 3]"},
      {[&] { LSTM(0, 3); }, "LSTM: in must be at least 1"},
      {[&] { LSTM(3, 3, {.layers = 0}); }, "LSTM: layers must be at least 1"},
      {[&] { LSTM(3, 2).forward(zeros({3})); }, "lstm"},
      {[&] { GRU(3, 0); }, "GRU: hidden must be at least 1"},
      {[&] {
         GRU(3, 2).forward(zeros({4, 1, 5}));
       },
       "gru"},
      {[&] {
         GRU(3, 2).forward(zeros({4, 1, 3}), zeros({2, 1, 2}));
       },
       "gru"},
      {[&] { bad.twice(); }, "has a part named `a` already"},
      {[&] { bad.dotted(); }, "`a.b` is no name"},
      {[&] { bad.computed(); }, "the buffer `c` must be a leaf"},
  };
  for (const auto& [call, message] : cases) EXPECT_THAT(refusal(call), HasSubstr(message));
}

}  // namespace
}  // namespace neuro::nn
