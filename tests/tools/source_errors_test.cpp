// Sources that cannot be used: exit code 3, one good message each, nothing written.
#include "nsrun.h"

namespace nsrun::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using SourceErrors = Nsrun;

struct Case {
  const char* name;
  const char* text;
};

const Case kCases[] = {
    {"empty_source", ""},
    {"shape_mismatch",
     "neuron Incompatible:\n"
     "  in: [batch, 128]\n"
     "  graph:\n"
     "    in -> Linear(128, 64) -> Linear(32, 10) -> out\n"},
    {"unclosed_bracket",
     "neuron N:\n"
     "  in: [batch, 2]\n"
     "  graph:\n"
     "    in -> Linear(2, 4 -> out\n"},
    {"unknown_neuron",
     "neuron N:\n"
     "  in: [batch, 2]\n"
     "  graph:\n"
     "    in -> Linar(2, 4) -> out\n"},
    {"too_many_arguments",
     "neuron N:\n"
     "  in: [batch, 2]\n"
     "  graph:\n"
     "    in -> Linear(2, 4, true, 5) -> out\n"},
    {"missing_argument",
     "neuron N:\n"
     "  in: [batch, 2]\n"
     "  graph:\n"
     "    in -> Linear(2) -> out\n"},
    {"unknown_keyword",
     "neuron N:\n"
     "  in: [batch, 2]\n"
     "  graph:\n"
     "    in -> Linear(2, 4, biass=false) -> out\n"},
    {"undefined_intermediate",
     "neuron N:\n"
     "  in: [batch, 2]\n"
     "  graph:\n"
     "    in -> Linear(2, 4) -> hidden\n"
     "    hiden -> ReLU() -> out\n"},
    {"cycle",
     "neuron N:\n"
     "  in: [batch, 2]\n"
     "  graph:\n"
     "    (in, b) -> Add() -> a\n"
     "    a -> ReLU() -> b\n"
     "    b -> out\n"},
    {"division_that_is_not_exact",
     "neuron N(dim=7):\n"
     "  in: [batch, dim]\n"
     "  graph:\n"
     "    in -> Linear(dim, dim / 2) -> out\n"},
    {"dimension_overflow",
     "neuron N:\n"
     "  in: [batch, 10000000000]\n"
     "  graph:\n"
     "    in -> Linear(10000000000, 10000000000) -> out\n"},
    {"not_built_yet",
     "neuron N:\n"
     "  in: [batch, 2]\n"
     "  out: [batch, 2]\n"
     "  impl: external(kernel=\"mine\")\n"},
};

TEST_F(SourceErrors, AreReportedAtTheirPlace) {
  for (const auto& [name, text] : kCases) {
    write("model.ns", text);
    SCOPED_TRACE(name);
    expect_refusal(run({"validate", "model.ns"}), 3, name);
  }
  EXPECT_THAT(files(), ElementsAre("model.ns"));
}

TEST_F(SourceErrors, ShapeMismatchSaysWhatWasExpectedAndUnderlinesBothPlaces) {
  write("model.ns", kCases[1].text);
  const Outcome outcome = run({"validate", "model.ns"});
  EXPECT_EQ(outcome.code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("Expected [*, 32], got [*, 64]"));
  EXPECT_THAT(outcome.err, HasSubstr("--------------"));
  EXPECT_THAT(outcome.err, HasSubstr("^^^^^^^^^^^^^^"));
}

TEST_F(SourceErrors, TensOfThousandsOfBracketsAreRefusedNotACrash) {
  write("model.ns", "neuron N:\n  in: [batch, 2]\n  graph:\n    in -> Linear(" + std::string(100000, '(') + "2" +
                        std::string(100000, ')') + ", 2) -> out\n");
  expect_refusal(run({"validate", "model.ns"}), 3, "nested_brackets");
}

TEST_F(SourceErrors, MixedIndentationIsAWarning) {
  write("model.ns",
        "neuron N:\n"
        "  in: [batch, 2]\n"
        "  graph:\n"
        "    in ->\n"
        "\t\tLinear(2, 4)\n"
        "        ReLU()\n"
        "        out\n");
  const Outcome outcome = run({"validate", "model.ns"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.err, HasSubstr("warning[NS0116]"));
  EXPECT_EQ(run({"validate", "--deny", "warnings", "model.ns"}).code, 1);
}

TEST_F(SourceErrors, MissingAndUnreadableFiles) {
  expect_refusal(run({"validate", "nowhere.ns"}), 3, "missing_source");
  expect_refusal(run({"infer", "nowhere.ns", "nowhere.json"}), 3, "infer_missing_source");
  write("folder.ns/inside", "");
  EXPECT_EQ(run({"validate", "folder.ns"}).code, 3);
}

TEST_F(SourceErrors, SeveralProblemsAreShownInOneRun) {
  write("model.ns",
        "neuron N:\n"
        "  in: [batch, 2]\n"
        "  graph:\n"
        "    in -> Linar(2, 4) -> Linear(4) -> out\n");
  expect_refusal(run({"validate", "model.ns"}), 3, "several_problems");
}

}  // namespace
}  // namespace nsrun::test
