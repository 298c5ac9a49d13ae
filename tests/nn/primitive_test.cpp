// Shapes and errors of primitives, as the check sees them; values are in forward_test.
#include "primitive.h"

#include "graphs.h"
#include "neuro/error.h"

namespace neuro {
namespace {

using testing::Arg;
using testing::chain;
using testing::first_error;
using testing::literal;
using testing::make;
using testing::module;
using testing::word;

std::string output(std::vector<std::string> inputs, const std::string& callee, std::vector<Arg> args = {}) {
  return make(chain(std::move(inputs), {module("m", callee, std::move(args))})).outputs()[0].text();
}

std::string error(std::vector<std::string> inputs, const std::string& callee, std::vector<Arg> args = {}) {
  return first_error({chain(std::move(inputs), {module("m", callee, std::move(args))})});
}

Expr list(std::vector<std::int64_t> items) {
  ListExpr out;
  for (const std::int64_t item : items) out.items.push_back(literal(item));
  return {{}, std::move(out)};
}

Expr n(std::int64_t value) { return literal(value); }

TEST(Primitives, EveryDescriptorIsComplete) {
  for (const PrimitiveDef* def : primitives()) {
    EXPECT_FALSE(def->name.empty());
    EXPECT_EQ(def->path, "core,nn/" + def->name);
    EXPECT_FALSE(def->brief.empty()) << def->name;
    EXPECT_NE(def->forward, nullptr) << def->name;
    EXPECT_FALSE(def->inputs.empty()) << def->name;
    EXPECT_FALSE(def->outputs.empty()) << def->name;
    EXPECT_EQ(find_primitive(def->name), def);
  }
  EXPECT_EQ(find_primitive("Nothing"), nullptr);
}

TEST(Primitives, LinearReplacesTheLastAxis) {
  EXPECT_EQ(output({"[batch, 2]"}, "Linear", {{"in_dim", n(2)}, {"out_dim", n(5)}}), "[batch, 5]");
  EXPECT_EQ(output({"[batch, seq, 2]"}, "Linear", {{"in_features", n(2)}, {"out_features", n(5)}}), "[batch, seq, 5]");
  EXPECT_EQ(output({"[*lead, 2]"}, "Linear", {{"in_dim", n(2)}, {"out_dim", n(5)}}), "[*lead, 5]");
  EXPECT_EQ(error({"[batch, 3]"}, "Linear", {{"in_dim", n(2)}, {"out_dim", n(5)}}),
            "NS0301 shape mismatch: Expected [*, 2], got [*, 3]");
}

TEST(Primitives, ConvolutionArithmetic) {
  const auto conv = [](std::vector<Arg> more) {
    std::vector<Arg> args{{"in_channels", n(3)}, {"out_channels", n(8)}};
    args.insert(args.end(), more.begin(), more.end());
    return output({"[batch, 3, 28, 20]"}, "Conv2d", args);
  };
  // floor((L + 2 p - d (k - 1) - 1) / s) + 1
  EXPECT_EQ(conv({{"kernel_size", n(3)}}), "[batch, 8, 26, 18]");
  EXPECT_EQ(conv({{"kernel_size", n(3)}, {"padding", n(1)}}), "[batch, 8, 28, 20]");
  EXPECT_EQ(conv({{"kernel_size", n(3)}, {"stride", n(2)}}), "[batch, 8, 13, 9]");
  EXPECT_EQ(conv({{"kernel_size", n(3)}, {"dilation", n(2)}}), "[batch, 8, 24, 16]");
  EXPECT_EQ(conv({{"kernel_size", list({5, 1})}}), "[batch, 8, 24, 20]");
  EXPECT_EQ(output({"[batch, 3, height, width]"}, "Conv2d",
                   {{"in_channels", n(3)}, {"out_channels", n(8)}, {"kernel_size", n(3)}}),
            "[batch, 8, height - 2, width - 2]");
}

TEST(Primitives, ConvolutionRefusesWhatDoesNotFit) {
  const std::vector<Arg> three{{"in_channels", n(3)}, {"out_channels", n(8)}, {"kernel_size", n(3)}};
  EXPECT_EQ(error({"[batch, 4, 28, 28]"}, "Conv2d", three),
            "NS0301 shape mismatch: Expected [*, 3, 28, 28], got [*, 4, 28, 28]");
  EXPECT_EQ(error({"[batch, 3]"}, "Conv2d", three),
            "NS0302 rank mismatch: Expected [batch, 3, height, width], got [batch, 3]");
  EXPECT_THAT(error({"[batch, 3, 2, 28]"}, "Conv2d", three),
              ::testing::HasSubstr("the window covers 3 but the height is only 2"));
  std::vector<Arg> grouped = three;
  grouped.push_back({"groups", n(2)});
  EXPECT_THAT(error({"[batch, 3, 9, 9]"}, "Conv2d", grouped), ::testing::HasSubstr("must be a multiple of `groups`"));
  std::vector<Arg> listed = three;
  listed[2].value = list({3, 3, 3});
  EXPECT_THAT(error({"[batch, 3, 9, 9]"}, "Conv2d", listed), ::testing::HasSubstr("one number or two"));
}

TEST(Primitives, PoolingMovesByOneUnlessTold) {
  EXPECT_EQ(output({"[batch, 3, 28, 28]"}, "MaxPool", {{"kernel_size", n(2)}}), "[batch, 3, 27, 27]");
  EXPECT_EQ(output({"[batch, 3, 28, 28]"}, "MaxPool", {{"kernel_size", n(2)}, {"stride", n(2)}}), "[batch, 3, 14, 14]");
  EXPECT_EQ(output({"[batch, 3, 28, 28]"}, "AvgPool", {{"kernel_size", n(3)}, {"stride", n(2)}, {"padding", n(1)}}),
            "[batch, 3, 14, 14]");
  EXPECT_EQ(output({"[batch, 3, 28, 28]"}, "GlobalAvgPool"), "[batch, 3, 1, 1]");
  EXPECT_THAT(error({"[batch, 3, 28, 28]"}, "MaxPool", {{"kernel_size", n(2)}, {"padding", n(2)}}),
              ::testing::HasSubstr("at most half"));
}

TEST(Primitives, FlattenMultipliesTheMergedAxes) {
  EXPECT_EQ(output({"[batch, 3, 4, 5]"}, "Flatten"), "[batch, 60]");
  EXPECT_EQ(output({"[batch, 3, 4, 5]"}, "Flatten", {{"start_dim", n(0)}, {"end_dim", n(1)}}), "[3*batch, 4, 5]");
  EXPECT_EQ(output({"[batch, c, h, w]"}, "Flatten"), "[batch, c*h*w]");
  EXPECT_EQ(output({"[batch, *rest]"}, "Flatten"), "[batch, flat]");
  EXPECT_THAT(error({"[batch]"}, "Flatten"), ::testing::HasSubstr("no axis 1"));
}

TEST(Primitives, ConcatAddsSizesOnItsAxis) {
  const std::vector<std::string> three{"[batch, 3, w]", "[batch, 4, w]", "[batch, 5, w]"};
  EXPECT_EQ(output(three, "Concat", {{"dim", n(1)}}), "[batch, 12, w]");
  EXPECT_EQ(output({"[*lead, 3]", "[*lead, d]"}, "Concat"), "[*lead, d + 3]");
  EXPECT_EQ(output({"[batch, 3]"}, "Concat"), "[batch, 3]");
  EXPECT_THAT(error({"[batch, 3]", "[batch, 4]"}, "Concat", {{"dim", n(0)}}),
              ::testing::HasSubstr("sizes other than axis 0"));
  EXPECT_THAT(error({"[batch, 3]", "[batch, 4]"}, "Concat", {{"dim", n(2)}}), ::testing::HasSubstr("no axis 2"));
}

TEST(Primitives, AddAndMultiplyBroadcast) {
  EXPECT_EQ(output({"[batch, 3]", "[batch, 3]"}, "Add"), "[batch, 3]");
  EXPECT_EQ(output({"[batch, 8, 5, 5]", "[batch, 8, 1, 1]"}, "Multiply"), "[batch, 8, 5, 5]");
  EXPECT_EQ(output({"[3]", "[batch, 3]", "[batch, 3]"}, "Add"), "[batch, 3]");
  EXPECT_THAT(error({"[batch, 3]", "[batch, 4]"}, "Add"), ::testing::HasSubstr("do not broadcast: 3 against 4"));
  EXPECT_THAT(error({"[batch, 3]"}, "Add"), ::testing::HasSubstr("NS0401 Add takes 2 values or more, receives 1"));
}

TEST(Primitives, EmbeddingAddsAnAxis) {
  EXPECT_EQ(output({"[batch, seq]"}, "Embedding", {{"vocab_size", n(10)}, {"embedding_dim", n(4)}}), "[batch, seq, 4]");
}

TEST(Primitives, NormsKeepTheShapeAndCheckTheirAxis) {
  EXPECT_EQ(output({"[batch, seq, 8]"}, "LayerNorm", {{"dim", n(8)}}), "[batch, seq, 8]");
  EXPECT_EQ(output({"[batch, 8, 5, 5]"}, "BatchNorm", {{"num_features", n(8)}}), "[batch, 8, 5, 5]");
  EXPECT_EQ(output({"[batch, 8]"}, "BatchNorm", {{"num_features", n(8)}}), "[batch, 8]");
  EXPECT_THAT(error({"[batch, 4, 5, 5]"}, "BatchNorm", {{"num_features", n(8)}}), ::testing::HasSubstr("NS0301"));
}

TEST(Primitives, ArgumentsHaveKindsAndRanges) {
  EXPECT_EQ(error({"[b, 2]"}, "Linear", {{"in_dim", n(2)}, {"out_dim", literal(2.5)}}),
            "NS0217 `out_dim` of Linear takes a whole number, receives 2.5");
  EXPECT_EQ(error({"[b, 2]"}, "Linear", {{"in_dim", n(2)}, {"out_dim", n(0)}}),
            "NS0217 `out_dim` of Linear takes a whole number, at least 1; receives 0");
  EXPECT_EQ(error({"[b, 2]"}, "Dropout", {{"p", literal(1.5)}}),
            "NS0217 `p` of Dropout takes a number, from 0 to 1; receives 1.5");
  EXPECT_EQ(error({"[b, 2]"}, "GELU", {{"approximate", word("sigmoid")}}),
            "NS0217 `approximate` of GELU takes `none` or `tanh`, receives `sigmoid`");
  EXPECT_EQ(output({"[b, 2]"}, "GELU", {{"approximate", word("tanh")}}), "[b, 2]");
  EXPECT_EQ(output({"[b, 2]"}, "Linear", {{"in_dim", literal(2.0)}, {"out_dim", n(3)}}), "[b, 3]")
      << "2.0 is a whole number";
}

TEST(Primitives, WeightsBeyondAnyMemoryAreRefusedBeforeAllocation) {
  EXPECT_THAT(error({"[b, 10000000000]"}, "Linear", {{"in_dim", n(10'000'000'000)}, {"out_dim", n(10'000'000'000)}}),
              ::testing::HasSubstr("NS0310 dimension overflow"));
}

TEST(Primitives, WeightsBeyondThisMachineAreRefusedBeforeAllocation) {
  auto graph = std::make_shared<NeuronGraph>();
  graph->neurons.push_back(
      chain({"[b, 10000000]"}, {module("m", "Linear", {{"in_dim", n(10'000'000)}, {"out_dim", n(10'000'000)}})}));
  Diagnostics diags;
  check(*graph, diags);
  EXPECT_TRUE(diags.empty());
  try {
    instantiate(graph, "Test", {}, {}, diags);
    FAIL() << "400 TB were promised";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::resource);
    EXPECT_THAT(error.what(), ::testing::HasSubstr("GiB"));
  }
}

}  // namespace
}  // namespace neuro
