// Every layer against PyTorch: the cases of tests/golden/torch/layers.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "neuro/layers.h"
#include "neuro/ops.h"
#include "neuro/plan.h"
#include "neuro/str.h"

namespace neuro::nn {
namespace {

using Json = nlohmann::json;

constexpr double kTimes = 4, kFloor = 2e-6, kExact = 1e-8;  // as tests/golden/torch/README.md says

Shape shape_of(const Json& tensor) { return Shape(tensor.at("shape").get<std::vector<std::int64_t>>()); }

Tensor tensor_of(const Json& tensor, DType type) {
  const bool floating = tensor.contains("x64");
  Tensor out = Tensor::empty(shape_of(tensor), DType::f64);
  std::int64_t k = 0;
  for (const Json& v : tensor.at(floating ? "x64" : "i64"))
    out.data<double>()[k++] = v.get<double>() / (floating ? 64 : 1);
  return out.to(floating ? type : DType::i64);
}

/// The upstream gradient of a result, as golden.py defines it.
Var weights(const Var& y) {
  Tensor w = Tensor::empty(y.shape(), DType::f64);
  for (std::int64_t k = 0; k < w.size(); ++k) w.data<double>()[k] = static_cast<double>((7 * k + 3) % 17 - 8) / 8;
  return Var(w.to(y.dtype()));
}

PadMode pad_mode(const std::string& name) {
  if (name == "reflective") return pad::Reflective{};
  if (name == "replicative") return pad::Replicative{};
  if (name == "circular") return pad::Circular{};
  EXPECT_EQ(name, "zero");
  return pad::Zero{};
}

template <std::size_t rank>
ConvOptions<rank> conv_options(const Json& o, DType type) {
  return {.stride = o.at("stride"),
          .padding = o.at("padding"),
          .dilation = o.at("dilation"),
          .groups = o.at("groups"),
          .mode = pad_mode(o.at("mode")),
          .bias = o.at("bias") != 0,
          .dtype = type};
}

struct Made {
  std::unique_ptr<Module> layer;
  std::vector<Var> (*forward)(Module& layer, std::span<const Var> in);
};

Made make(const std::string& name, const Json& o, DType type) {
  const LayerOptions options{.bias = o.value("bias", 1) != 0, .dtype = type};
  Made out{};
  if (name == "Linear") out.layer = std::make_unique<Linear>(o.at("in"), o.at("out"), options);
  if (name == "Conv1d") {
    out.layer = std::make_unique<Conv1d>(o.at("in"), o.at("out"), o.at("kernel").get<std::array<std::int64_t, 1>>(),
                                         conv_options<1>(o, type));
  }
  if (name == "Conv2d") {
    out.layer = std::make_unique<Conv2d>(o.at("in"), o.at("out"), o.at("kernel").get<std::array<std::int64_t, 2>>(),
                                         conv_options<2>(o, type));
  }
  if (name == "Conv3d") {
    out.layer = std::make_unique<Conv3d>(o.at("in"), o.at("out"), o.at("kernel").get<std::array<std::int64_t, 3>>(),
                                         conv_options<3>(o, type));
  }
  if (name == "LSTMCell") out.layer = std::make_unique<LSTMCell>(o.at("in"), o.at("hidden"), options);
  if (name == "GRUCell") out.layer = std::make_unique<GRUCell>(o.at("in"), o.at("hidden"), options);
  if (name == "LSTM" || name == "GRU") {
    const RecurrentLayerOptions r{.layers = o.at("layers"),
                                  .bidirectional = o.at("bidirectional") != 0,
                                  .batch_first = o.at("batch_first") != 0,
                                  .bias = o.at("bias") != 0,
                                  .dtype = type};
    if (name == "LSTM") out.layer = std::make_unique<LSTM>(o.at("in"), o.at("hidden"), r);
    if (name == "GRU") out.layer = std::make_unique<GRU>(o.at("in"), o.at("hidden"), r);
  }
  if (name == "Embedding") {
    const std::int64_t padding = o.at("padding");
    out.layer = std::make_unique<Embedding>(o.at("count"), o.at("dim"),
                                            padding < 0 ? std::nullopt : std::optional(padding), options);
  }
  if (name == "LayerNorm") out.layer = std::make_unique<LayerNorm>(o.at("dim"), o.at("eps"), type);
  if (name == "BatchNorm") {
    out.layer = std::make_unique<BatchNorm>(o.at("features"), BatchNormOptions{.eps = o.at("eps"), .dtype = type});
  }
  for (const LayerDef& def : layer_defs()) {
    if (def.name == name) out.forward = def.forward;
  }
  return out;
}

void compare(const Tensor& got, const Json& wanted, bool exact, const std::string& what) {
  ASSERT_EQ(got.shape(), shape_of(wanted)) << what;
  double largest = 0, difference = 0;
  const std::vector<double> values = got.to_vector();
  for (std::size_t k = 0; k < values.size(); ++k) {
    const double right = wanted.at("f64").at(k), d = std::abs(values[k] - right);
    largest = std::max(largest, std::abs(right));
    difference = d <= difference ? difference : d;  // NaN counts as a difference
  }
  const double limit = exact ? kExact : std::max(kTimes * wanted.at("err").get<double>(), kFloor);
  EXPECT_LE(difference, limit * (largest > 0 ? largest : 1)) << what;
}

void check(const Json& row, DType type) {
  const std::string name = row.at("layer"),
                    where = str(name, " ", row.at("options").dump(), " in ", neuro::name_of(type));
  const Made made = make(name, row.at("options"), type);
  ASSERT_NE(made.layer, nullptr) << where;
  ASSERT_NE(made.forward, nullptr) << where;
  StateDict state;
  for (const auto& [key, tensor] : row.at("state").items()) state.emplace_back(key, tensor_of(tensor, type));
  EXPECT_TRUE(made.layer->load_state_dict(state, Strict::no).unexpected.empty()) << where;  // the buffers stay
  std::vector<Var> in, leaves;
  for (const Json& tensor : row.at("in")) {
    in.emplace_back(tensor_of(tensor, type));
    if (is_floating(in.back().dtype())) leaves.push_back(in.back().requires_grad());
  }
  const std::size_t inputs = leaves.size();
  const NamedVars parameters = made.layer->named_parameters();
  for (const auto& [key, leaf] : parameters) leaves.push_back(leaf);
  std::vector<Var> wanted = made.forward(*made.layer, in);
  const std::size_t results = wanted.size();
  Var total;
  for (const Var& y : wanted) {
    const Var term = sum(y * weights(y));
    total = total.defined() ? total + term : term;
  }
  for (const Var& g : grad(total, leaves)) wanted.push_back(g);
  Replay replay({wanted});
  replay.run();
  const bool exact = type == DType::f64;
  ASSERT_EQ(results, row.at("out").size());
  for (std::size_t i = 0; i < results; ++i)
    compare(replay.output(i), row.at("out")[i], exact, str(where, ", result ", i));
  for (std::size_t i = 0; i < inputs; ++i)
    compare(replay.output(results + i), row.at("grad_in")[i], exact, str(where, ", gradient of input ", i));
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    compare(replay.output(results + inputs + i), row.at("grad_state").at(parameters[i].first), exact,
            str(where, ", gradient of ", parameters[i].first));
  }
}

class GoldenLayer : public ::testing::TestWithParam<LayerDef> {};
INSTANTIATE_TEST_SUITE_P(Layers, GoldenLayer, ::testing::ValuesIn(layer_defs().begin(), layer_defs().end()),
                         [](const auto& layer) { return std::string(layer.param.name); });

TEST_P(GoldenLayer, IsAsGoodAsPyTorch) {
  if (std::string_view(GetParam().name) == "Dropout") GTEST_SKIP() << "random numbers of our own generator";
  std::ifstream file(NEURO_TEST_DIR "/golden/torch/layers/layers.jsonl");
  int cases = 0;
  for (std::string line; std::getline(file, line);) {
    const Json row = Json::parse(line);
    if (row.at("layer") != GetParam().name) continue;
    ++cases;
    check(row, DType::f32);
    check(row, DType::f64);
  }
  EXPECT_GE(cases, 10);
}

}  // namespace
}  // namespace neuro::nn
