// The programs that the language was first shown with, as they were written and with their indentation lost.
#include "running.h"

namespace neuro {
namespace {

using namespace running;
using ::testing::ElementsAre;

const char* const kFfn = R"(neuron FFN(dim, expansion):
  in: [*batch, seq, dim]
  out: [*batch, seq, dim]
  graph:
    in ->
      Linear(dim, dim * expansion)
      GELU()
      Linear(dim * expansion, dim)
      out
)";

TEST(Seeds, FfnWidensAndNarrows) {
  for (const std::string& source : {std::string(kFfn), stripped(kFfn)}) {
    EXPECT_EQ(codes_of(source), "");
    const Model model = model_of(source, "FFN", {{"dim", std::int64_t{3}}, {"expansion", std::int64_t{4}}});
    EXPECT_THAT(names_of(model), ElementsAre("linear_0.weight", "linear_0.bias", "linear_2.weight", "linear_2.bias"));
    EXPECT_EQ(var(model, "linear_0.weight").shape(), (Shape{12, 3}));
    const Tensor x = ramp({2, 5, 3});
    expect_same(model.forward(x), linear_by_hand(model, "linear_2", gelu(linear_by_hand(model, "linear_0", Var(x)))));
  }
}

const char* const kIncompatible = R"(neuron Incompatible:
  in: [batch, 128]
  graph:
    in -> Linear(128, 64) -> Linear(32, 10) -> out
)";

TEST(Seeds, IncompatibleIsRefusedWithBothSizes) {
  for (const std::string& source : {std::string(kIncompatible), stripped(kIncompatible)}) {
    EXPECT_EQ(refusal(source, "Incompatible"), "NS0301 shape mismatch: Expected [*, 32], got [*, 64]\n");
  }
  std::string fixed = kIncompatible;
  fixed.replace(fixed.find("32, 10"), 2, "64");
  for (const std::string& source : {fixed, stripped(fixed)}) {
    const Model model = model_of(source, "Incompatible");
    EXPECT_EQ(model.outputs()[0].text(), "[batch, 10]");
    const Tensor x = ramp({2, 128});
    expect_same(model.forward(x), linear_by_hand(model, "linear_1", linear_by_hand(model, "linear_0", Var(x))));
  }
}

}  // namespace
}  // namespace neuro
