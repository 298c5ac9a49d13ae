// Parts that passes build: who learns of them, and how a checkpoint brings them back.
#include "running.h"

namespace neuro {
namespace {

using namespace running;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const char* const kLate = R"(
neuron Inner(n):
  in: [*, n]
  graph:
    in -> match:
      [s, n]: Linear(n, s)
      [*, n]: GELU()

neuron Grows:
  in: [*lead, feat]
  context:
    @lazy deep = Inner(3)
    stack = unroll(2):
      fc = Linear(feat, feat)
  graph:
    in -> stack -> x
    x -> match:
      [*, 3]: deep
      [*, n]: Inner(n)
)";

TEST(Late, TheGenerationTellsThatThereAreNewParameters) {
  const Model model = model_of(kLate, "Grows");
  const std::int64_t before = model.generation();
  const std::vector<Parameter>& first = model.parameters();
  EXPECT_TRUE(first.empty());
  model.forward(ramp({2, 3}));
  EXPECT_GT(model.generation(), before);
  EXPECT_TRUE(first.empty()) << "a table that somebody holds does not change";
  EXPECT_THAT(names_of(model), ElementsAre("_deep._linear_0.2.weight", "_deep._linear_0.2.bias", "_stack.3x3.0.weight",
                                           "_stack.3x3.0.bias", "_stack.3x3.1.weight", "_stack.3x3.1.bias"));
  const std::int64_t after = model.generation();
  model.forward(ramp({2, 3}));
  EXPECT_EQ(model.generation(), after);
}

TEST(Late, ACheckpointBuildsTheSamePartsAgain) {
  const Model trained = model_of(kLate, "Grows");
  for (const auto& [rows, size] : {std::pair(2, 3), {4, 3}, {2, 5}, {1, 4}}) trained.forward(ramp({rows, size}));
  const std::vector<std::string> lines = trained.lazy_instances();
  EXPECT_THAT(lines, ::testing::Contains(":deep"));
  EXPECT_THAT(lines, ::testing::Contains("_deep:linear_0 s=4"));
  EXPECT_THAT(lines, ::testing::Contains(":stack feat=5"));

  const Model other =
      Program::from_source(kLate, "test.ns").instantiate("Grows", {}, InitOptions{.seed = 7});  // other weights
  other.materialise(lines);
  ASSERT_EQ(names_of(other), names_of(trained));
  EXPECT_TRUE(other.load_state_dict(trained.state_dict()).complete());
  for (const auto& [rows, size] : {std::pair(2, 3), {4, 3}, {2, 5}, {1, 4}}) {
    EXPECT_EQ(other.forward(ramp({rows, size})).to_vector(), trained.forward(ramp({rows, size})).to_vector());
  }
  EXPECT_EQ(other.lazy_instances(), lines);
}

TEST(Late, LinesOfAnotherModelAreRefused) {
  const Model model = model_of(kLate, "Grows");
  for (const char* line : {"nonsense", "gone:linear_0 d=3", ":nothing d=3", ":stack feat=", ":stack feat=x",
                           ":stack other=3", ":stack feat=-1"}) {
    const std::string text = line;
    try {
      model.materialise(std::span(&text, 1));
      ADD_FAILURE() << line;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::checkpoint) << line;
      EXPECT_THAT(error.what(), HasSubstr(line));
    }
  }
  EXPECT_TRUE(model.parameters().empty()) << "what could not be built leaves nothing behind";
}

TEST(Late, AFrozenPartThatIsBuiltLateIsFrozen) {
  const Model model = model_of("neuron A:\n  in: [*, feat]\n  graph: in -> Freeze(Linear(feat, 2)) -> out\n", "A");
  model.forward(ramp({1, 3}));
  ASSERT_EQ(model.parameters().size(), 2u);
  EXPECT_FALSE(model.parameters()[0].trainable);
}

TEST(Late, ASiblingThatIsPassedOnIsBuiltWithWhoTakesIt) {
  const Model model = model_of(
      "neuron Apply(b: Neuron):\n  in: [*shape]\n  graph: in -> b -> b -> out\n"
      "neuron A:\n  in: [*, feat]\n  context:\n    own = Linear(feat, feat)\n"
      "    twice = Apply(own)\n  graph: in -> own -> twice -> out\n",
      "A");
  const Tensor y = model.forward(ramp({2, 3}));
  EXPECT_THAT(names_of(model), ElementsAre("_own.3x3.weight", "_own.3x3.bias"));
  Var x(ramp({2, 3}));
  for (int i = 0; i < 3; ++i) x = linear_by_hand(model, "_own.3x3", x);
  expect_same(y, x);
}

}  // namespace
}  // namespace neuro
