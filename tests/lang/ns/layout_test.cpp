// Which lines belong together: indented, one-line and left-stripped sources, and what lies between.
#include "ns/parsing.h"

namespace neuro::ns {
namespace {

constexpr const char* kFfn = R"(
neuron FFN(dim, expansion):
    in: [*batch, seq, dim]
    out: [*batch, seq, dim]
    graph:
        in ->
            Linear(dim, dim * expansion)
            GELU()
            Linear(dim * expansion, dim)
            out
)";

constexpr const char* kIncompatible = R"(
neuron Incompatible:
    in: [batch, 128]
    graph:
        in -> Linear(128, 64) -> Linear(32, 10) -> out
)";

constexpr const char* kDynamicBranch = R"(
neuron DynamicBranch(dim):
    context:
        @lazy heavy_branch = StackedTransformer(dim, 12)
        light_branch = Linear(dim, dim)
    graph:
        in -> match: ->
            [*, 1, dim]: heavy_branch -> out
            [*, _, dim]: light_branch -> out
)";

constexpr const char* kRecursiveStack = R"(
neuron RecursiveStack(dim, depth):
    in: [*, dim]
    out: [*, dim]
    context:
        @lazy recurse = RecursiveStack(dim, depth - 1)
    graph:
        in ->
            if depth > 0:
                Linear(dim, dim) # process input
                GELU() # activate
                recurse # recurse with depth - 1
            else: Identity()
            out
)";

TEST(Layout, IndentedSeedsMeanWhatTheySay) {
  EXPECT_EQ(tree(kFfn), R"(neuron FFN(dim, expansion)
  in default [*batch, seq, dim]
  out default [*batch, seq, dim]
  graph
    in -> Linear(dim, (dim * expansion)) -> GELU() -> Linear((dim * expansion), dim) -> out
)");
  EXPECT_EQ(tree(kDynamicBranch), R"(neuron DynamicBranch(dim)
  context @lazy heavy_branch = StackedTransformer(dim, 12)
  context light_branch = Linear(dim, dim)
  graph
    in -> match {[*, 1, dim]: heavy_branch -> out; [*, _, dim]: light_branch -> out}
)");
  EXPECT_EQ(tree(kRecursiveStack), R"(neuron RecursiveStack(dim, depth)
  in default [*, dim]
  out default [*, dim]
  context @lazy recurse = RecursiveStack(dim, (depth - 1))
  graph
    in -> if (depth > 0) {Linear(dim, dim) -> GELU() -> recurse} else {Identity()} -> out
)");
}

TEST(Layout, LeftStrippedSeedsGiveTheSameTreesAsIndentedOnes) {
  for (const char* seed : {kFfn, kIncompatible, kDynamicBranch, kRecursiveStack}) {
    EXPECT_EQ(tree(left_stripped(seed)), tree(seed));
  }
  const std::string all = std::string(kFfn) + kIncompatible + kDynamicBranch + kRecursiveStack;
  EXPECT_EQ(tree(left_stripped(all)), tree(all));
}

TEST(Layout, LineEndsAndByteOrderMarkDoNotMatter) {
  std::string dos = "\xef\xbb\xbf";
  for (const char c : std::string(kRecursiveStack)) dos += c == '\n' ? "\r\n" : std::string(1, c);
  EXPECT_EQ(tree(dos), tree(kRecursiveStack));
  std::string without_last = kFfn;
  without_last.pop_back();
  EXPECT_EQ(tree(without_last), tree(kFfn));
}

TEST(Layout, TabsStandForFourColumns) {
  EXPECT_EQ(tree("neuron A:\n\tin: [d]\n\tgraph:\n\t\tin ->\n\t\t\tF()\n\t\t\tout\n"),
            tree("neuron A:\n    in: [d]\n    graph:\n        in ->\n            F()\n            out\n"));
}

TEST(Layout, AnyWidthOfIndentationWorks) {
  EXPECT_EQ(tree("neuron A:\n in: [d]\n graph:\n  in ->\n     F()\n     out\n"),
            tree("neuron A:\n    in: [d]\n    graph:\n        in ->\n            F()\n            out\n"));
}

TEST(Layout, BlankLinesAndCommentsEndNothing) {
  EXPECT_EQ(graph("    in ->\n      F()\n\n# at the margin\n   \n      G()\n    x -> H()\n"),
            "    in -> F() -> G()\n    x -> H()\n");
  EXPECT_EQ(tree("neuron A:\ngraph:\nin ->\n\n# note\nF()\n"), "neuron A()\n  graph\n    in -> F()\n");
}

TEST(Layout, OneLineForms) {
  EXPECT_EQ(tree("neuron A: graph: in -> F() -> out\n"), "neuron A()\n  graph\n    in -> F() -> out\n");
  EXPECT_EQ(tree("neuron A:\n  graph: in -> F() -> out\n"), "neuron A()\n  graph\n    in -> F() -> out\n");
  EXPECT_EQ(tree("neuron A: in: [d]\n  graph:\n    in -> F()\n"),
            "neuron A()\n  in default [d]\n  graph\n    in -> F()\n");
  EXPECT_EQ(tree("neuron A:\n  context: f = F(1)\n  graph: in -> f\n"),
            "neuron A()\n  context f = F(1)\n  graph\n    in -> f\n");
  EXPECT_EQ(tree("neuron A:\n  impl: core,nn/Linear\n"), "neuron A()\n  impl core,nn/Linear\n");
  EXPECT_EQ(graph("    in -> if p: F() else: G()\n"), "    in -> if p {F()} else {G()}\n");
  EXPECT_EQ(graph("    in -> if p: a -> out elif q: b else: B() -> out\n"),
            "    in -> if p {a -> out} elif q {b} else {B() -> out}\n");
}

TEST(Layout, AGraphThatStartsOnItsLineGoesOnBelow) {
  EXPECT_EQ(tree("neuron A:\n  graph: in -> F() -> x\n    x -> G() -> out\n"),
            "neuron A()\n  graph\n    in -> F() -> x\n    x -> G() -> out\n");
  EXPECT_EQ(tree("neuron A:\n  graph: in ->\n    F()\n    out\n"), "neuron A()\n  graph\n    in -> F() -> out\n");
}

TEST(Layout, SectionsComeInAnyOrderAndAccumulate) {
  EXPECT_EQ(tree("neuron A:\n  graph:\n    in -> x\n  in a: [1]\n  out: [2]\n  in b: [3]\n  graph:\n    x -> out\n"),
            "neuron A()\n  in a [1]\n  in b [3]\n  out default [2]\n  graph\n    in -> x\n    x -> out\n");
}

TEST(Layout, PortsInABlock) {
  const std::string indented = "neuron A:\n  in:\n    q: [*, d]\n    context: [s, d]\n  out:\n    y: [*, d]\n";
  EXPECT_EQ(tree(indented), "neuron A()\n  in q [*, d]\n  in context [s, d]\n  out y [*, d]\n");
  EXPECT_EQ(tree(left_stripped(indented)), tree(indented));
}

TEST(Layout, AnIndentedItemMayHoldSeveralSteps) {
  EXPECT_EQ(graph("    in ->\n      a -> B() -> c\n      D() ->\n      out\n"),
            "    in -> a -> B() -> c -> D() -> out\n");
}

TEST(Layout, AConnectionGoesOnWithALineThatStartsWithAnArrow) {
  const char* expected = "    in -> match {[*, 1]: F(); [*, d]: G()} -> H() -> out\n";
  EXPECT_EQ(graph("    in -> match:\n        [*, 1]: F()\n        [*, d]: G()\n    -> H() -> out\n"), expected);
  EXPECT_EQ(tree("neuron A:\ngraph:\nin -> match:\n[*, 1]: F()\n[*, d]: G()\n-> H() -> out\n"),
            std::string("neuron A()\n  graph\n") + expected);
  EXPECT_EQ(graph("    in ->\n      F()\n    => [a, b]\n    -> out\n"), "    in -> F() -> => [a, b] -> out\n");
  EXPECT_EQ(graph("    in -> F()\n      -> G()\n      -> out\n"), "    in -> F() -> G() -> out\n");
  EXPECT_EQ(graph("    in ->\n      match:\n        [*, d]: F()\n      -> G()\n      out\n"),
            "    in -> match {[*, d]: F()} -> G() -> out\n");
}

TEST(Layout, AFatArrowStartsAConnectionToo) {  // Q49
  EXPECT_EQ(graph("    in ->\n      F()\n      x\n    x => [a, b] -> out\n"),
            "    in -> F() -> x\n    x -> => [a, b] -> out\n");
  EXPECT_EQ(tree("neuron A:\ngraph:\nin ->\nF()\nx\nx => [a, b] -> out\n"),
            "neuron A()\n  graph\n    in -> F() -> x\n    x -> => [a, b] -> out\n");
}

TEST(Layout, StepsFollowAReshapeAtTheEndOfALine) {
  const char* expected = "    in -> => [b, d] -> F() -> out\n";
  EXPECT_EQ(graph("    in => [b, d]\n      F()\n      out\n"), expected);
  EXPECT_EQ(graph("    in ->\n      => [b, d]\n      F()\n      out\n"), expected);
  EXPECT_EQ(tree("neuron A:\ngraph:\nin => [b, d]\nF()\nout\n"), std::string("neuron A()\n  graph\n") + expected);
  EXPECT_EQ(tree("neuron A:\ngraph:\nin ->\n=> [b, d]\nF()\nout\n"), std::string("neuron A()\n  graph\n") + expected);
}

TEST(Layout, AnIndentedElseEndsWithItsLines) {  // Q50
  EXPECT_EQ(graph("    in ->\n      if p:\n        F()\n      else:\n        G()\n        H()\n      K()\n      out\n"),
            "    in -> if p {F()} else {G() -> H()} -> K() -> out\n");
}

TEST(Layout, ElseBelongsToTheIfAtItsColumn) {
  EXPECT_EQ(graph("    in ->\n      if p:\n        if q:\n          F()\n      else:\n        G()\n"),
            "    in -> if p {if q {F()}} else {G()}\n");
  EXPECT_EQ(graph("    in ->\n      if p:\n        if q:\n          F()\n        else:\n          G()\n"),
            "    in -> if p {if q {F()} else {G()}}\n");
}

TEST(Layout, ArmsWithBodiesBelow) {
  const std::string indented =
      "neuron A:\n  graph:\n    in -> match:\n      [*, d] where d > 8:\n        F()\n        G()\n      [*, d]:\n     "
      "   H()\n";
  EXPECT_EQ(tree(indented), "neuron A()\n  graph\n    in -> match {[*, d] where (d > 8): F() -> G(); [*, d]: H()}\n");
  EXPECT_EQ(tree(left_stripped(indented)), tree(indented));
}

TEST(Layout, NestedMatchAndIf) {
  EXPECT_EQ(graph("    in -> match:\n      [*, d]:\n        if d > 3:\n          match:\n            [*, 4]: F()\n"
                  "            [*, e]: G()\n        else: H()\n      [d]: K()\n    -> out\n"),
            "    in -> match {[*, d]: if (d > 3) {match {[*, 4]: F(); [*, e]: G()}} else {H()}; [d]: K()} -> out\n");
}

TEST(Flat, AConnectionEndsThePipelineBeforeIt) {  // rule 3
  EXPECT_EQ(tree("neuron A:\ngraph:\nin ->\nF()\nx\nx -> G()\n(a, b) -> H()\n"),
            "neuron A()\n  graph\n    in -> F() -> x\n    x -> G()\n    (a, b) -> H()\n");
}

TEST(Flat, ALineAfterAnArrowAlwaysContinues) {  // rule 4
  EXPECT_EQ(tree("neuron A:\ngraph:\nin ->\nF() ->\nx -> G() -> out\n"),
            "neuron A()\n  graph\n    in -> F() -> x -> G() -> out\n");
}

TEST(Flat, InAndOutAreStepsUnlessAColonFollows) {  // rule 1
  EXPECT_EQ(
      tree("neuron A:\nin: [d]\ngraph:\nin ->\nF()\nout\nout: [d]\nin q: [e]\nin *rest: [f]\n"),
      "neuron A()\n  in default [d]\n  in q [e]\n  in *rest [f]\n  out default [d]\n  graph\n    in -> F() -> out\n");
}

TEST(Flat, ANeuronEndsAtNeuronDocUseAndGlobal) {  // rule 1
  EXPECT_EQ(
      tree("neuron A:\ngraph:\nin -> F()\n@global n = 4\nuse core,nn/*\n/// Second.\nneuron B:\ngraph:\nin -> G()\n"),
      "use core,nn/*\nglobal n = 4\nneuron A()\n  graph\n    in -> F()\nneuron B()\n  doc Second.\n  graph\n    in -> "
      "G()\n");
}

TEST(Flat, AOneLineBranchEndsWithItsLine) {  // rule 6
  EXPECT_EQ(tree("neuron A:\ngraph:\nin ->\nif p: F()\nelif q: G()\nH()\nout\n"),
            "neuron A()\n  graph\n    in -> if p {F()} elif q {G()} -> H() -> out\n");
}

TEST(Flat, TheLastBranchRunsToTheEndOfThePipeline) {  // rule 6
  EXPECT_EQ(tree("neuron A:\ngraph:\nin ->\nif p:\nF()\nelse:\nG()\nout\n"),
            "neuron A()\n  graph\n    in -> if p {F()} else {G() -> out}\n");
  const Parsed more("neuron A:\ngraph:\nin ->\nif p:\nF()\nelse:\nG()\nH()\nout\n");
  EXPECT_EQ(more.codes(), "NS0118");
  EXPECT_FALSE(more.diagnostics.has_errors());
}

TEST(Flat, AnArrowLineGoesOnWithTheEnclosingPipeline) {  // rules 3 and 7
  EXPECT_EQ(tree("neuron A:\ngraph:\nin ->\nif p:\nF()\nelse:\nG()\n-> H()\n-> out\n"),
            "neuron A()\n  graph\n    in -> if p {F()} else {G()} -> H() -> out\n");
}

TEST(Flat, AnUnrollHoldsTheNextBinding) {  // rule 8
  EXPECT_EQ(tree("neuron A:\ncontext:\nx = unroll(3):\nf = F()\ngraph:\nin -> x\n"),
            "neuron A()\n  context x = unroll(3) {f = F()}\n  graph\n    in -> x\n");
  const Parsed more("neuron A:\ncontext:\nx = unroll(3):\nf = F()\n@lazy g = G()\ngraph:\nin -> x\n");
  EXPECT_EQ(more.codes(), "NS0119");
  EXPECT_EQ(dump(more.program),
            "neuron A()\n  context x = unroll(3) {f = F()}\n  context @lazy g = G()\n  graph\n    in -> x\n");
}

TEST(Flat, OneLostLevelIsEnough) {
  EXPECT_EQ(tree("neuron A:\n  in: [d]\n  graph:\n  in ->\n  F()\n  out\n"),
            "neuron A()\n  in default [d]\n  graph\n    in -> F() -> out\n");
  EXPECT_EQ(tree("neuron A:\n  in: [d]\n  graph:\nin -> F() -> out\n"),
            "neuron A()\n  in default [d]\n  graph\n    in -> F() -> out\n");
  EXPECT_EQ(tree("neuron A:\nin: [d]\ngraph:\n  in ->\n    F()\n    out\n"),
            "neuron A()\n  in default [d]\n  graph\n    in -> F() -> out\n");
}

TEST(Flat, ContractArms) {
  const std::string indented =
      "neuron A(p: Neuron):\n  graph:\n    in -> match(p):\n      in [*, d] -> out [*, d]: p\n"
      "      in x [d] -> out y [e] where d > 4:\n        p\n        F()\n    -> out\n";
  EXPECT_EQ(tree(indented),
            "neuron A(p: Neuron)\n  graph\n    in -> match(p) {in [*, d] -> out [*, d]: p; "
            "in x [d] -> out y [e] where (d > 4): p -> F()} -> out\n");
  EXPECT_EQ(tree(left_stripped(indented)), tree(indented));
}

}  // namespace
}  // namespace neuro::ns
