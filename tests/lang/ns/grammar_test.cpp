// Every form of the grammar, and the tree it gives.
#include "ns/parsing.h"

namespace neuro::ns {
namespace {

/// The tree of a value, as the one argument of a call.
std::string value(const std::string& text) {
  const std::string all = graph(str("    in -> F(", text, ")\n"));
  const std::string start = "    in -> F(";
  return all.substr(start.size(), all.size() - start.size() - 2);
}

std::string shape(const std::string& text) {
  const std::string all = tree(str("neuron A:\n  in: ", text, "\n"));
  return all.substr(all.find('['), all.size() - all.find('[') - 1);
}

TEST(Grammar, TheIllustrativeFile) {
  EXPECT_EQ(tree(R"(use core,nn/*
@global width = 16

/// Adds a gated update to its input.
neuron Nudge(dim, steps=2, inner: Neuron = GELU):
  in: [*lead, dim]
  out: [*lead, dim]
  context:
    stack = unroll(steps):
      lin = Linear(dim, dim)
    @lazy wide = Linear(dim, @global width)
  graph:
    in -> (body, keep)
    body ->
      stack
      if steps > 4: wide -> Linear(@global width, dim)
      delta
    (delta, keep) -> Add() -> out
)"),
            R"(use core,nn/*
global width = 16
neuron Nudge(dim, steps=2, inner: Neuron=GELU)
  doc Adds a gated update to its input.
  in default [*lead, dim]
  out default [*lead, dim]
  context stack = unroll(steps) {lin = Linear(dim, dim)}
  context @lazy wide = Linear(dim, @global width)
  graph
    in -> (body, keep)
    body -> stack -> if (steps > 4) {wide -> Linear(@global width, dim)} -> delta
    (delta, keep) -> Add() -> out
)");
}

TEST(Grammar, Numbers) {
  EXPECT_EQ(value("007, 9223372036854775807, -9223372036854775808"), "7, 9223372036854775807, -9223372036854775808");
  EXPECT_EQ(value("1e-5, 2E10, .5, 5., -0.25, 1.5e+3"),
            "float:1e-05, float:2e+10, float:0.5, float:5, float:-0.25, float:1500");
  EXPECT_EQ(value("dim -1, dim-1, 3 - -2"), "(dim - 1), (dim - 1), (3 - -2)");
  EXPECT_EQ(value("-x, -(a + b), - 3"), "(-x), (-(a + b)), -3");
}

TEST(Grammar, StringsAndTheirEscapes) {
  EXPECT_EQ(value("`raw \\n`"), "\"raw \\n\"");
  EXPECT_EQ(value(R"("tab\tnew\nquote\"back\\")"), "\"tab\tnew\nquote\"back\\\"");
  EXPECT_EQ(value("'it\\'s \xc3\xbc'"), "\"it's \xc3\xbc\"");
  EXPECT_EQ(value("\"# no comment\", '//'"), "\"# no comment\", \"//\"");
}

TEST(Grammar, BooleansInBothSpellings) { EXPECT_EQ(value("true, False, mode=True"), "true, false, mode=true"); }

TEST(Grammar, ListsInBothBrackets) {
  EXPECT_EQ(value("[1, [2, x]], (3, 4), (5,), [], (6)"), "[1, [2, x]], [3, 4], [5], [], 6");
}

TEST(Grammar, PrecedenceOfValues) {
  EXPECT_EQ(value("a + b * c - d / e"), "((a + (b * c)) - (d / e))");
  EXPECT_EQ(value("(a + b) * c"), "((a + b) * c)");
  EXPECT_EQ(value("a - b - c"), "((a - b) - c)");
  EXPECT_EQ(value("a < b && c >= d || e != f"), "(((a < b) and (c >= d)) or (e != f))");
  EXPECT_EQ(value("a == 1 and not b or c"), "(((a == 1) and (not b)) or c)");
  EXPECT_EQ(value("not a == b"), "(not (a == b))");
  EXPECT_EQ(value("-a * b"), "((-a) * b)");
}

TEST(Grammar, ArgumentsByPositionAndName) {
  EXPECT_EQ(value("1, k=2, x, inner=Block(dim, 4), act=GELU"), "1, k=2, x, inner=Block(dim, 4), act=GELU");
  EXPECT_EQ(value("@global n, @global m + 1, @index"), "@global n, (@global m + 1), @index");
}

TEST(Grammar, WordsWithAMeaningElsewhereAreNames) {
  EXPECT_EQ(
      tree("neuron A(context, global, lazy, wrap, use, others, unroll, not):\n  in context: [static, others]\n"
           "  context:\n    lazy = F(global, not)\n    context = G(lazy=1)\n  graph:\n    context -> lazy -> wrap\n"),
      "neuron A(context, global, lazy, wrap, use, others, unroll, not)\n  in context [static, others]\n"
      "  context lazy = F(global, not)\n  context context = G(lazy=1)\n  graph\n    context -> lazy -> wrap\n");
}

TEST(Grammar, Dimensions) {
  EXPECT_EQ(shape("[]"), "[]");
  EXPECT_EQ(shape("[*, d]"), "[*, d]");
  EXPECT_EQ(shape("[*b, _, 3]"), "[*b, _, 3]");
  EXPECT_EQ(shape("[a * b]"), "[(a * b)]");
  EXPECT_EQ(shape("[d * 4 + 1, a - b / c]"), "[((d * 4) + 1), (a - (b / c))]");  // Q2
  EXPECT_EQ(shape("[(a + b) * 2, @global n, (*)]"), "[((a + b) * 2), @global n, *]");
}

TEST(Grammar, LineEndsInsideBracketsAreIgnored) {
  EXPECT_EQ(tree("neuron A(\n  a,\n  b=2\n):\n  in: [\n*,\n    d]\n  graph:\n    in -> F(1,\n  2\n) -> (x,\n y)\n"),
            "neuron A(a, b=2)\n  in default [*, d]\n  graph\n    in -> F(1, 2) -> (x, y)\n");
  EXPECT_EQ(tree("neuron A:\ngraph:\nin ->\nF([1,\n2],\nk=3)\nout\n"),
            "neuron A()\n  graph\n    in -> F([1, 2], k=3) -> out\n");
}

TEST(Grammar, PortsAndTheirNames) {
  EXPECT_EQ(tree("neuron A:\n  in *xs: [*, d]\n  out left: [d]\n  out right: [d]\n"),
            "neuron A()\n  in *xs [*, d]\n  out left [d]\n  out right [d]\n");
  EXPECT_EQ(graph("    in -> F() -> f\n    f.skip -> G()\n    f.0 -> (a, b)\n"),
            "    in -> F() -> f\n    f.skip -> G()\n    f.0 -> (a, b)\n");
}

TEST(Grammar, ContextBindings) {
  EXPECT_EQ(
      tree("neuron A(n):\n  context:\n    a = F(1)\n    @lazy b = F(a)\n    @static c = C\n    @global d = D()\n"
           "    e = Freeze(F(2))\n    g = @global shared\n    s = unroll(n - 1):\n      @static f = F(3)\n      h = "
           "H()\n"
           "    t = unroll(2): k = K()\n"),
      "neuron A(n)\n  context a = F(1)\n  context @lazy b = F(a)\n  context @static c = C\n  context @global d = D()\n"
      "  context e = Freeze(F(2))\n  context g = @global shared\n"
      "  context s = unroll((n - 1)) {@static f = F(3); h = H()}\n  context t = unroll(2) {k = K()}\n");
}

TEST(Grammar, FreezeIsSpecialOnlyBeforeABracket) {
  EXPECT_EQ(graph("    in -> Freeze(f) -> Freeze(Linear(1, 2)) -> Freeze(Freeze(g)) -> Freeze\n"),
            "    in -> Freeze(f) -> Freeze(Linear(1, 2)) -> Freeze(g) -> Freeze\n");
}

TEST(Grammar, MatchWithAndWithoutItsArrow) {  // Q1
  for (const char* head : {"match:", "match: ->"}) {
    EXPECT_EQ(graph(std::string("    in -> ") + head +
                    "\n      [*, d] where d > 8 and d < 16: Linear(d, 8) -> out\n      [*]: out\n"),
              "    in -> match {[*, d] where ((d > 8) and (d < 16)): Linear(d, 8) -> out; [*]: out}\n");
  }
  EXPECT_EQ(graph("    in -> match: -> [*, d]: F()\n"), "    in -> match {[*, d]: F()}\n");
}

TEST(Grammar, Wraps) {
  EXPECT_EQ(graph("    in -> @wrap(HyperConnect, 4, dim=d): block\n    in -> @wrap(Residual): -> F() -> G() -> out\n"),
            "    in -> @wrap(HyperConnect, 4, dim=d){block}\n    in -> @wrap(Residual){-> F() -> G() -> out}\n");
  EXPECT_EQ(graph("    in ->\n      @wrap(W, 1): ->\n        F()\n        G()\n      out\n"),
            "    in -> @wrap(W, 1){-> F() -> G()} -> out\n");
}

TEST(Grammar, Reshapes) {
  EXPECT_EQ(graph("    in => [b, s, h, e=d/h] => [b, h, s, e] -> F() => @reduce(mean) [b, others] => @repeat(copy) [b, "
                  "1, 4]\n"),
            "    in -> => [b, s, h, e=(d / h)] -> => [b, h, s, e] -> F() -> => @reduce(mean) [b, others] -> => "
            "@repeat(copy) [b, 1, 4]\n");
  EXPECT_EQ(graph("    in => @reduce(Pool(dim, k=2)) [b, @global n, others=3]\n"),
            "    in -> => @reduce(Pool(dim, k=2)) [b, @global n, others=3]\n");
}

TEST(Grammar, UsesAndGlobals) {
  EXPECT_EQ(tree("use core,nn/*\nuse my-great-pkg,layers/in/Block\n@global a = 4\n@global b = a * 2 + 1\n@global c = "
                 "Linear(a, b)\n"),
            "use core,nn/*\nuse my-great-pkg,layers/in/Block\nglobal a = 4\nglobal b = ((a * 2) + 1)\nglobal c = "
            "Linear(a, b)\n");
  EXPECT_EQ(tree("neuron A:\n  graph: in -> out\n@global n = 1\nneuron B:\n  graph: in -> out\n"),
            "global n = 1\nneuron A()\n  graph\n    in -> out\nneuron B()\n  graph\n    in -> out\n");
}

TEST(Grammar, ExternalImplementations) {
  EXPECT_EQ(tree("neuron A:\n  impl: external(kernel=`my`, fast=true)\n"),
            "neuron A()\n  impl external(kernel=\"my\", fast=true)\n");
}

TEST(Grammar, GlobalModulesAreSteps) {
  EXPECT_EQ(graph("    in -> @global shared -> out\n"), "    in -> @global shared -> out\n");
}

TEST(Grammar, DocBlocksKeepTheirText) {
  const Parsed parsed("/// # Title\n///\n/// Brief one.\n///   indented\n\nneuron A:\n  graph: in -> out\n");
  ASSERT_EQ(parsed.codes(), "");
  ASSERT_TRUE(parsed.program.neurons[0].doc.has_value());
  EXPECT_EQ(parsed.program.neurons[0].doc->text, "# Title\n\nBrief one.\n  indented");
  EXPECT_EQ(parsed.program.neurons[0].doc->brief(), "Brief one.");
}

TEST(Grammar, ADocBlockElsewhereIsAWarning) {
  const Parsed parsed(
      "/// lost\nuse core,nn/*\nneuron A:\n  /// inside\n  graph: in -> out /// behind\n/// at the end\n");
  EXPECT_EQ(parsed.codes(), "NS0117 NS0117 NS0117 NS0117");
  EXPECT_FALSE(parsed.diagnostics.has_errors());
}

TEST(Grammar, NothingIsAProgramWithoutNeurons) {
  for (const char* text : {"", "\n\n", "# only a comment", "\xef\xbb\xbf", " \t \r\n"})
    EXPECT_EQ(tree(text), "") << text;
}

TEST(Grammar, SpansCoverTheTextOfTheirNodes) {
  Parsed parsed("neuron A(dim=768):\n  in: [*b, dim]\n  graph:\n    in -> Linear(dim, dim * 4) -> out\n");
  ASSERT_EQ(parsed.codes(), "");
  const SourceMap& sources = parsed.diagnostics.sources();
  const Neuron& neuron = parsed.program.neurons[0];
  EXPECT_EQ(sources.text(neuron.header), "neuron A(dim=768):");
  EXPECT_EQ(sources.text(neuron.params[0].span), "dim=768");
  EXPECT_EQ(sources.text(neuron.inputs[0].shape.span), "[*b, dim]");
  EXPECT_EQ(sources.text(neuron.inputs[0].shape.dims[0].span), "*b");
  EXPECT_EQ(sources.text(neuron.graph[0].span), "in -> Linear(dim, dim * 4) -> out");
  const Step& step = neuron.graph[0].steps[1];
  EXPECT_EQ(sources.text(step.span), "Linear(dim, dim * 4)");
  const auto& call = std::get<ModuleExpr>(step.node).call;
  EXPECT_EQ(sources.text(call.arguments[1].value->span), "dim * 4");
  EXPECT_EQ(sources.text(neuron.span).substr(0, 8), "neuron A");
}

}  // namespace
}  // namespace neuro::ns
