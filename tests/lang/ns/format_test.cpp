// The canonical form: what it looks like, and that nothing is lost on the way to it.
#include "neuro/ns/format.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

#include "ns/parsing.h"
#include "ns/random_source.h"

namespace neuro::ns {
namespace {

namespace fs = std::filesystem;

std::optional<std::string> formatted(const std::string& text) {
  Diagnostics diagnostics;
  return format(diagnostics.sources().add("test.ns", text), diagnostics);
}

/// The lines of a graph, as they come out; given and returned without the four columns before them.
std::string lines(const std::string& text) {
  std::string source = "neuron A:\n  graph:\n";
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) source += str("    ", line, "\n");
  std::istringstream result(formatted(source).value_or("    does not parse"));
  std::string out, line;
  std::getline(result, line);
  std::getline(result, line);
  while (std::getline(result, line)) out += line.substr(std::min<std::size_t>(4, line.size())) + "\n";
  return out;
}

TEST(Format, LeftStrippedSourcesComeOutIndented) {
  EXPECT_EQ(formatted("neuron FFN(dim, expansion):\n"
                      "in: [*batch, seq, dim]\n"
                      "out: [*batch, seq, dim]\n"
                      "graph:\n"
                      "in ->\n"
                      "Linear(dim, dim*expansion)\n"
                      "if expansion>1:\n"
                      "GELU() # activate\n"
                      "Linear(dim * expansion, dim)\n"
                      "else: Identity()\n"
                      "out\n"),
            "neuron FFN(dim, expansion):\n"
            "  in: [*batch, seq, dim]\n"
            "  out: [*batch, seq, dim]\n"
            "  graph:\n"
            "    in ->\n"
            "      Linear(dim, dim * expansion)\n"
            "      if expansion > 1:\n"
            "        GELU()  # activate\n"
            "        Linear(dim * expansion, dim)\n"
            "      else: Identity()\n"
            "      out\n");
}

TEST(Format, ADocumentedFileWithEverySection) {
  const std::string canonical =
      "# A file.\n"
      "use core,nn/*\n"
      "@global width = 16\n"
      "\n"
      "# About the next one.\n"
      "/// Adds a gated update to its input.\n"
      "neuron Nudge(dim, steps=2, inner: Neuron = GELU):\n"
      "  in: [*lead, dim]  # what comes in\n"
      "  in *rest: [dim]\n"
      "  out:\n"
      "    left: [*lead, dim]\n"
      "    right: [_, @global width]\n"
      "\n"
      "  context:\n"
      "    stack = unroll(steps):\n"
      "      lin = Linear(dim, dim, bias=not inner)\n"
      "      # the last of the unroll\n"
      "    @lazy wide = Freeze(Linear(-dim, (dim + 1) * 2))\n"
      "  graph:\n"
      "    in -> (body, keep)\n"
      "    body => @reduce(mean) [b, h=dim/2, others] -> match: ->\n"
      "      # an arm\n"
      "      [*, d] where d > 8: Linear(d, 8) -> out\n"
      "      [*, d]:\n"
      "        Linear(d, 8)\n"
      "        out\n"
      "\n"
      "neuron Prim:\n"
      "  impl: core,nn/Linear\n"
      "  # the end\n";
  EXPECT_EQ(formatted(canonical), canonical);
  EXPECT_EQ(formatted("# A file.\n\n\n"
                      "use core , nn / *\n"
                      "@global width=16\n"
                      "# About the next one.\n"
                      "/// Adds a gated update to its input.\n"
                      "\n"
                      "neuron Nudge ( dim,steps = 2,inner:Neuron=GELU ):\n"
                      "\n"
                      "        in: [ *lead,dim ]# what comes in\n"
                      "        in *rest :[dim]\n"
                      "        out:\n"
                      "            left:[*lead,dim]\n"
                      "            right:[_,@global width]\n"
                      "\n\n\n"
                      "        context:\n"
                      "            stack=unroll(steps):\n"
                      "                lin=Linear(dim,dim,bias = not inner)\n"
                      "                # the last of the unroll\n"
                      "            @lazy wide=Freeze(Linear(- dim,(dim+1)*2))\n"
                      "        graph:\n"
                      "            in->(body,keep)\n"
                      "            body=>@reduce(mean)[b,h=dim / 2,others]->match:\n"
                      "                # an arm\n"
                      "                [*,d] where d>8:Linear(d,8)->out\n"
                      "                [*,d]:\n"
                      "                    Linear(d,8) -> out\n"
                      "neuron Prim:\n"
                      "        impl:core,nn/Linear\n"
                      "        # the end"),
            std::string(canonical).replace(canonical.find("A file.\n") + 8, 0, "\n"));
}

TEST(Format, APipelineStaysOnItsLineOrHasAStepALine) {
  EXPECT_EQ(lines("in->A()->out"), "in -> A() -> out\n");
  EXPECT_EQ(lines("in -> A() ->\n  B() -> C()\n  -> out"), "in ->\n  A()\n  B()\n  C()\n  out\n");
  EXPECT_EQ(lines("in\n-> A()\n-> out"), "in ->\n  A()\n  out\n");
  EXPECT_EQ(lines("in => [a]\n  => [b]\n  out"), "in ->\n  => [a]\n  => [b]\n  out\n");
}

TEST(Format, AMatchOpensItsArmsWithAnArrow) {
  const std::string canonical = "in -> A() -> match: ->\n  [1]: B()\n  [*]: C()\n";
  EXPECT_EQ(lines("in -> A() -> match:\n   [1]: B()\n   [*]: -> C()"), canonical);
  EXPECT_EQ(lines(canonical), canonical);
  EXPECT_EQ(lines("in -> match(f):->\n  in[a]->out b[c]: B()"), "in -> match(f):\n  in [a] -> out b [c]: B()\n");
  EXPECT_EQ(lines("in -> match: ->\n  [1]: B()\n-> out"), "in ->\n  match: ->\n    [1]: B()\n  out\n");
}

TEST(Format, BranchesStandOnOneLineOrOnTheirOwn) {
  EXPECT_EQ(lines("in -> if p: A() else: B()"), "in -> if p: A() else: B()\n");
  EXPECT_EQ(lines("in -> if p: A()\nelse: B()"), "in ->\n  if p: A()\n  else: B()\n");
  EXPECT_EQ(lines("if p:\n  A()\nelif q: B()\n-> out"), "if p:\n  A()\nelif q: B()\n-> out\n");
  EXPECT_EQ(lines("in -> if p: if q: A() else: B()"), "in ->\n  if p:\n    if q: A() else: B()\n");
}

TEST(Format, WrapsHoldTheirPipeline) {
  EXPECT_EQ(lines("in -> @wrap(W,1):m -> out"), "in -> @wrap(W, 1): m -> out\n");
  EXPECT_EQ(lines("in -> @wrap(W):->A()->B()"), "in -> @wrap(W): -> A() -> B()\n");
  EXPECT_EQ(lines("in ->\n  @wrap(W): ->\n    A() ->\n    B()\n  out"),
            "in ->\n  @wrap(W): ->\n    A()\n    B()\n  out\n");
}

TEST(Format, SpacesAroundOperatorsAndNames) {
  EXPECT_EQ(lines("in->F(a+b*-c,- 1,k=2*x,[1,2 ],(3,),not(x)and y||z,@global g,@index)->out"),
            "in -> F(a + b * -c, -1, k=2 * x, [1, 2], (3,), not (x) and y || z, @global g, @index) -> out\n");
  EXPECT_EQ(lines("a . left->=>[* ,n = d/k*( e+1 ),* rest,a*b]->pair.0"),
            "a.left => [*, n=d/k*(e+1), *rest, a * b] -> pair.0\n");
}

TEST(Format, NumbersAndStringsStayAsWritten) {
  EXPECT_EQ(lines("in -> F(007, .5, 5., 1E-5, `raw`, 'it\\'s', True)"),
            "in -> F(007, .5, 5., 1E-5, `raw`, 'it\\'s', True)\n");
}

TEST(Format, LongLinesBreakInBrackets) {
  EXPECT_EQ(
      lines("in -> Attention(model_dimension, number_of_heads, dropout_probability=0.1, causal=true) -> LayerNorm(d)"),
      "in ->\n"
      "  Attention(model_dimension, number_of_heads, dropout_probability=0.1, causal=true)\n"
      "  LayerNorm(d)\n");
  EXPECT_EQ(
      lines("in -> Attention(model_dimension, number_of_heads, dropout_probability=0.1, causal=true, window=[128, "
            "256], bias=false)"),
      "in ->\n"
      "  Attention(\n"
      "    model_dimension,\n"
      "    number_of_heads,\n"
      "    dropout_probability=0.1,\n"
      "    causal=true,\n"
      "    window=[128, 256],\n"
      "    bias=false\n"
      "  )\n");
}

TEST(Format, BracketsThatFitAreJoined) { EXPECT_EQ(lines("in -> F(\n a,\n   b\n)"), "in -> F(a, b)\n"); }

TEST(Format, CommentsInBracketsKeepTheirPlace) {
  EXPECT_EQ(lines("in -> F( # one\n a # two\n , b,\n # three\n c)"),
            "in ->\n"
            "  F(  # one\n"
            "    a,  # two\n"
            "    b,\n"
            "    # three\n"
            "    c\n"
            "  )\n");
}

TEST(Format, ACommentBelongsToTheBlockThatItsColumnSays) {
  const std::string canonical =
      "in ->\n"
      "  if p:\n"
      "    A()\n"
      "    # of the branch\n"
      "  # of the pipeline\n"
      "  B()\n"
      "  # of the pipeline\n"
      "# of the graph\n"
      "in -> C()\n";
  EXPECT_EQ(lines(canonical), canonical);
}

TEST(Format, BlankLinesAreKeptSingly) {
  EXPECT_EQ(formatted("\n\nneuron A:\n\n\n  in: [a]\n\n\n\n  out: [a]\nneuron B:\n  in: [a]\n\n\n\n"),
            "neuron A:\n  in: [a]\n\n  out: [a]\n\nneuron B:\n  in: [a]\n");
}

TEST(Format, LineEndsAreThoseOfTheFirstLine) {
  EXPECT_EQ(formatted("neuron A:\r\n  in:[a] # x\r\n"), "neuron A:\r\n  in: [a]  # x\r\n");
  EXPECT_EQ(formatted("\xef\xbb\xbfneuron A:\n  in:[a]\r\n"), "neuron A:\n  in: [a]\n");
}

TEST(Format, NothingStaysNothing) {
  EXPECT_EQ(formatted(""), "");
  EXPECT_EQ(formatted("\n  \n"), "");
  EXPECT_EQ(formatted("\n  # only a comment\n"), "# only a comment\n");
}

TEST(Format, WhatDoesNotParseIsReportedAndNotFormatted) {
  Diagnostics diagnostics;
  EXPECT_FALSE(format(diagnostics.sources().add("test.ns", "neuron A:\n  in: [a\n"), diagnostics));
  EXPECT_EQ(diagnostics.error_count(), 1u);
}

// ---- Properties

/// The tree stays, and the canonical form is its own; returns it, or nothing for what does not parse.
std::optional<std::string> expect_kept(const std::string& text, const std::string& what) {
  const Parsed before(text);
  if (before.diagnostics.has_errors()) return std::nullopt;
  const auto once = formatted(text);
  if (!once) {
    ADD_FAILURE() << what << " is not formatted";
    return std::nullopt;
  }
  EXPECT_EQ(dump(Parsed(*once).program), dump(before.program)) << what << "\n" << text;
  EXPECT_EQ(formatted(*once), once) << what << "\n" << text;
  return once;
}

/// `# note 3` and `/// doc 4` in the order of a text.
std::vector<std::string> notes_in(const std::string& text) {
  std::vector<std::string> found;
  for (std::size_t at = text.find_first_of("nd"); at != std::string::npos; at = text.find_first_of("nd", at + 1)) {
    const bool note = text.compare(at, 5, "note ") == 0, doc = text.compare(at, 4, "doc ") == 0;
    if (!note && !doc) continue;
    const std::size_t number = at + (note ? 5 : 4);
    found.push_back(text.substr(at, text.find_first_not_of("0123456789", number) - at));
  }
  return found;
}

TEST(Format, EveryFileOfTheProjectKeepsItsMeaning) {
  int files = 0;
  for (const char* folder : {"tests", "examples", "lang"}) {
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(NEURO_SOURCE_DIR) / folder)) {
      if (entry.path().extension() != ".ns") continue;
      std::ifstream file(entry.path(), std::ios::binary);
      std::ostringstream text;
      text << file.rdbuf();
      files += expect_kept(text.str(), entry.path().string()) ? 1 : 0;
      expect_kept(left_stripped(text.str()), entry.path().string() + ", left-stripped");
    }
  }
  EXPECT_GT(files, 30);
}

TEST(Format, TheExamplesAreCanonical) {
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(NEURO_SOURCE_DIR) / "examples")) {
    if (entry.path().extension() != ".ns") continue;
    std::ifstream file(entry.path(), std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    EXPECT_EQ(formatted(text.str()), text.str()) << entry.path();
  }
}

// NEURO_FORMAT_PROGRAMS=5000 for a longer run.
TEST(Format, RandomProgramsKeepTheirMeaningAndTheirComments) {
  const char* wanted = std::getenv("NEURO_FORMAT_PROGRAMS");
  const std::uint32_t programs = wanted != nullptr ? static_cast<std::uint32_t>(std::atoi(wanted)) : 300;
  std::uint32_t flat = 0;
  for (std::uint32_t seed = 1; seed <= programs; ++seed) {
    RandomSource random(seed);
    const std::string text = random.program();
    const auto result = expect_kept(text, str("seed ", seed));
    ASSERT_TRUE(result) << "seed " << seed << " does not parse:\n" << render(Parsed(text).diagnostics) << text;
    EXPECT_EQ(notes_in(*result).size(), random.comments().size()) << "seed " << seed;
    EXPECT_EQ(notes_in(*result), notes_in(text)) << "seed " << seed << "\n" << text;
    const std::string stripped = left_stripped(text);
    if (const auto from_flat = expect_kept(stripped, str("seed ", seed, ", left-stripped"))) {
      EXPECT_EQ(notes_in(*from_flat), notes_in(stripped)) << "seed " << seed << ", left-stripped";
      ++flat;
    }
    if (HasFailure()) break;
  }
  EXPECT_GT(flat, programs / 3) << "too few of the left-stripped programs parse to mean anything";
}

}  // namespace
}  // namespace neuro::ns
