// From text to model: names of parameters, arguments, the default neuron, listings.
#include "neuro/program.h"

#include <filesystem>
#include <fstream>

#include "neuro/error.h"
#include "ns/lower.h"

namespace neuro {
namespace {

constexpr const char* kXor = R"(neuron XOR():
  in: [batch, 2]
  out: [batch, 1]
  graph:
    in ->
      Linear(2, 4)
      ReLU()
      Linear(4, 1)
      Sigmoid()
      out
)";

std::vector<std::string> names_of(const Model& model) {
  std::vector<std::string> names;
  for (const Parameter& p : model.parameters()) names.push_back(p.name);
  return names;
}

TEST(Program, XorFromItsText) {
  const Program program = Program::from_source(kXor, "01-xor.ns");
  ASSERT_TRUE(program.ok());
  EXPECT_EQ(program.default_neuron(), "XOR");
  const Model model = program.instantiate("XOR");
  EXPECT_THAT(names_of(model),
              ::testing::ElementsAre("linear_0.weight", "linear_0.bias", "linear_2.weight", "linear_2.bias"));
  EXPECT_EQ(model.parameter_count(), 17);
  EXPECT_EQ(model.inputs()[0].text(), "[batch, 2]");
  EXPECT_EQ(model.outputs()[0].text(), "[batch, 1]");
  const Tensor y = model.forward(Tensor::from<float>({0, 0, 0, 1, 1, 0, 1, 1}, {4, 2}));
  EXPECT_EQ(y.shape(), (Shape{4, 1}));
  for (const double v : y.to_vector()) EXPECT_TRUE(v > 0 && v < 1);
}

TEST(Program, LeftStrippedSourceIsTheSameProgram) {
  const Program program = Program::from_source(
      "neuron FFN(dim, expansion):\nin: [*shape, dim]\nout: [*shape, dim]\ngraph:\nin ->\nLinear(dim, dim * "
      "expansion)\nGELU()\nLinear(dim * expansion, dim)\nout\n");
  ASSERT_TRUE(program.ok()) << program.diagnostics().items()[0].title;
  const Model model = program.instantiate("FFN", {{"dim", std::int64_t{4}}, {"expansion", std::int64_t{2}}});
  EXPECT_EQ(model.parameter_count(), 4 * 8 + 8 + 8 * 4 + 4);
}

TEST(Program, BindingsNameTheirParametersAndShareThem) {
  const Program program = Program::from_source(R"(
neuron Block(dim):
  in: [*lead, dim]
  out: [*lead, dim]
  context:
    fc = Linear(dim, dim)
  graph:
    in -> fc -> ReLU() -> fc -> out

neuron Net:
  in: [batch, 4]
  context:
    shared = Block(4)
  graph:
    in -> shared -> Block(4) -> shared -> RMSLike() -> out

neuron RMSLike:
  in: [batch, 4]
  graph:
    in -> LayerNorm(4) -> out
)");
  ASSERT_TRUE(program.ok()) << program.diagnostics().items()[0].title;
  EXPECT_THAT(names_of(program.instantiate("Net")),
              ::testing::ElementsAre("shared.fc.weight", "shared.fc.bias", "block_0.fc.weight", "block_0.fc.bias",
                                     "rms_like_1.layer_norm_0.weight", "rms_like_1.layer_norm_0.bias"));
}

TEST(Program, ImplicitPortsTakeTheShapesOfTheGraph) {
  const Program program = Program::from_source("neuron Net:\n  graph:\n    in -> Linear(3, 2) -> out\n");
  const Model model = program.instantiate("Net");
  EXPECT_EQ(model.inputs()[0].text(), "[*batch, 3]");
  EXPECT_EQ(model.outputs()[0].text(), "[*batch, 2]");
}

TEST(Program, ImplNeuronsAddNoSegmentToNames) {
  const Program program = Program::from_source(R"(
neuron Dense(inputs, outputs):
  in: [*batch, inputs]
  out: [*batch, outputs]
  impl: core,nn/Linear

neuron Net:
  in: [batch, 4]
  graph:
    in -> Dense(4, 3) -> out
)");
  ASSERT_TRUE(program.ok()) << program.diagnostics().items()[0].title;
  EXPECT_THAT(names_of(program.instantiate("Net")), ::testing::ElementsAre("dense_0.weight", "dense_0.bias"));
}

TEST(Program, FreezeKeepsWeightsFromTraining) {
  const Program program = Program::from_source(
      "neuron Net:\n  in: [b, 4]\n  graph:\n    in -> Freeze(Linear(4, 4)) -> Linear(4, 2) -> out\n");
  ASSERT_TRUE(program.ok()) << program.diagnostics().items()[0].title;
  const Model model = program.instantiate("Net");
  EXPECT_FALSE(model.parameters()[0].trainable);
  EXPECT_TRUE(model.parameters()[2].trainable);
}

TEST(Program, SnakeCase) {
  const std::map<std::string, std::string> table{{"ReLU", "re_lu"},
                                                 {"GELU", "gelu"},
                                                 {"RMSNorm", "rms_norm"},
                                                 {"Conv2d", "conv2d"},
                                                 {"MBConvBlock", "mb_conv_block"},
                                                 {"ALiBi", "a_li_bi"},
                                                 {"Linear", "linear"},
                                                 {"FFN", "ffn"},
                                                 {"my_own", "my_own"}};
  for (const auto& [name, snake] : table) EXPECT_EQ(ns::snake_case(name), snake);
}

TEST(Program, PreconditionsAreCheckedWithTheValuesOfAnInstance) {
  const Program program =
      Program::from_source("neuron Net(a, b):\n  in: [batch, a]\n  graph:\n    in -> Linear(b, 4) -> out\n");
  ASSERT_TRUE(program.ok());
  EXPECT_NO_THROW(program.instantiate("Net", {{"a", std::int64_t{3}}, {"b", std::int64_t{3}}}));
  try {
    program.instantiate("Net", {{"a", std::int64_t{3}}, {"b", std::int64_t{4}}});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::source);
    EXPECT_EQ(error.diagnostics().items()[0].code, "NS0306");
    EXPECT_THAT(error.what(), ::testing::HasSubstr("Expected [*, 4], got [*, 3]"));
  }
}

TEST(Program, InexactDivisionWithTheValuesOfAnInstance) {
  const Program program = Program::from_source(
      "neuron Net(dim, heads):\n  in: [batch, dim]\n  graph:\n    in -> Linear(dim, dim / heads) -> out\n");
  EXPECT_NO_THROW(program.instantiate("Net", {{"dim", std::int64_t{12}}, {"heads", std::int64_t{3}}}));
  try {
    program.instantiate("Net", {{"dim", std::int64_t{10}}, {"heads", std::int64_t{3}}});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.diagnostics().items()[0].code, "NS0305");
  }
}

TEST(Program, ListsMayHoldParameters) {
  const Program program = Program::from_source(
      "neuron Net(k, w=3):\n  in: [b, 1, 9, 9]\n  graph:\n    in -> Conv2d(1, 2, [k, w - 1], padding=[0, k / 3]) -> "
      "out\n");
  ASSERT_TRUE(program.ok()) << program.diagnostics().items()[0].title;
  const Model model = program.instantiate("Net", {{"k", std::int64_t{3}}});
  EXPECT_EQ(model.outputs()[0].text(), "[b, 2, 7, 10]");
  EXPECT_THROW(program.instantiate("Net", {{"k", std::int64_t{4}}}), Error);  // 4 / 3
}

TEST(Program, UnknownNeuronsAndFaultyProgramsAreErrors) {
  const Program program = Program::from_source(kXor, "xor.ns");
  try {
    program.instantiate("XORR");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::source);
    EXPECT_THAT(error.diagnostics().items()[0].helps, ::testing::ElementsAre("did you mean `XOR`?"));
  }
  EXPECT_THROW(Program::from_source("neuron A:\n  graph:\n    in -> B() -> out\n").instantiate("A"), Error);
}

TEST(Program, DefaultNeuron) {
  const std::string two =
      "neuron Part:\n  graph:\n    in -> ReLU() -> out\nneuron Whole:\n  graph:\n    in -> Part() -> out\n";
  EXPECT_EQ(Program::from_source(two, "dir/net.ns").default_neuron(), "Whole");
  EXPECT_EQ(Program::from_source(two, "02_part.ns").default_neuron(), "Part");
  const std::string apart =
      "neuron A:\n  graph:\n    in -> ReLU() -> out\nneuron B:\n  graph:\n    in -> ReLU() -> out\n";
  try {
    Program::from_source(apart, "net.ns").default_neuron();
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("A, B"));
  }
}

TEST(Program, ListsItsNeurons) {
  const Program program = Program::from_source(
      "/// Feeds forward.\nneuron FFN(dim, expansion=4):\n  in: [*shape, dim]\n  out: [*shape, dim]\n  graph:\n    in "
      "-> Linear(dim, dim * expansion) -> Linear(dim * expansion, dim) -> out\n");
  ASSERT_EQ(program.neurons().size(), 1u);
  const NeuronInfo& info = program.neurons()[0];
  EXPECT_EQ(info.signature, "FFN(dim, expansion=4)");
  EXPECT_EQ(info.inputs, "[*shape, dim]");
  EXPECT_EQ(info.doc, "Feeds forward.");
  EXPECT_FALSE(info.primitive);
}

TEST(Program, FilesThatCannotBeReadAreErrors) {
  try {
    Program::from_file("/nonexistent/net.ns");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::source);
    EXPECT_THAT(error.what(), ::testing::StartsWith("Failed to read /nonexistent/net.ns"));
  }
  EXPECT_THROW(Program::from_file("/tmp"), Error);
}

}  // namespace
}  // namespace neuro
