#include "neuro/ns/tree.h"

#include <nlohmann/json.hpp>

#include "ns/parsing.h"
#include "ns/random_source.h"

namespace neuro::ns {
namespace {

constexpr const char* kSource =
    "/// \"Doc\".\n"
    "neuron Net(d, f: Neuron = GELU):\n"
    "  in: [*b, d * 2]\n"
    "  graph:\n"
    "    in -> # \xc3\xbc\n"
    "      Linear(d, name=\"\xc3\xbc\") -> out\n";

TEST(Tree, TextHasANodeALineWithItsPlace) {
  const Parsed parsed(kSource);
  EXPECT_EQ(tree_text(parsed.program, parsed.diagnostics.sources()),
            "program\n"
            "  neuron: neuron 2:1-6:33 name=Net has_graph=true\n"
            "    doc: doc 1:1-1:11 text=\"\\\"Doc\\\".\"\n"
            "    param: param 2:12-2:13 name=d\n"
            "    param: param 2:15-2:31 name=f type=Neuron\n"
            "      default: name 2:27-2:31 name=GELU\n"
            "    input: port 3:3-3:18 name=default named=false variadic=false\n"
            "      shape: shape 3:7-3:18\n"
            "        dim: variadic 3:8-3:10 name=b\n"
            "        dim: binary 3:12-3:17 op=*\n"
            "          left: name 3:12-3:13 name=d\n"
            "          right: integer 3:16-3:17 value=2\n"
            "    connection: pipeline 5:5-6:33\n"
            "      step: reference 5:5-5:7 name=in\n"
            "      step: module 6:7-6:26 frozen=false global=false callee=Linear parentheses=true\n"
            "        argument: argument 6:14-6:15\n"
            "          value: name 6:14-6:15 name=d\n"
            "        argument: argument 6:17-6:25 name=name\n"
            "          value: string 6:22-6:25 text=\"\xc3\xbc\"\n"
            "      step: reference 6:30-6:33 name=out\n");
}

TEST(Tree, JsonSaysTheSame) {
  const Parsed parsed(kSource);
  const auto json = nlohmann::json::parse(tree_json(parsed.program, parsed.diagnostics.sources()));
  EXPECT_EQ(json["node"], "program");
  const auto& neuron = json["neurons"][0];
  EXPECT_EQ(neuron["at"], "2:1-6:33");
  EXPECT_EQ(neuron["doc"]["text"], "\"Doc\".");
  EXPECT_EQ(neuron["impl"], nullptr);
  EXPECT_EQ(neuron["params"][1]["type"], "Neuron");
  EXPECT_EQ(neuron["inputs"][0]["shape"]["dims"][1]["right"]["value"], 2);
  EXPECT_EQ(neuron["connections"][0]["steps"][1]["arguments"][1]["value"]["text"], "\xc3\xbc");
  EXPECT_EQ(neuron["outputs"], nlohmann::json::array());
}

TEST(Tree, JsonOfRandomProgramsIsJson) {
  for (std::uint32_t seed = 1; seed <= 50; ++seed) {
    const Parsed parsed(RandomSource(seed).program());
    EXPECT_TRUE(nlohmann::json::accept(tree_json(parsed.program, parsed.diagnostics.sources()))) << seed;
  }
}

TEST(Tree, EqualMeansTheSameUpToPlaces) {
  const auto same = [](const std::string& a, const std::string& b) {
    return equal(Parsed(a).program, Parsed(b).program);
  };
  EXPECT_TRUE(same("neuron A:\n  in: [a,b]\n", "# x\nneuron A:\nin: [ a, b ]\n"));
  EXPECT_FALSE(same("neuron A:\n  in: [a, b]\n", "neuron A:\n  in: [b, a]\n"));
  EXPECT_FALSE(same("neuron A:\n  in: [a]\n", "neuron A:\n  out: [a]\n"));
  EXPECT_FALSE(same("neuron A:\n  graph:\n", "neuron A:\n"));
  EXPECT_FALSE(same("neuron A(a=1):\n", "neuron A(a=1.0):\n"));
  EXPECT_FALSE(same("neuron A(a=-1):\n", "neuron A(a=`-1`):\n"));
}

}  // namespace
}  // namespace neuro::ns
