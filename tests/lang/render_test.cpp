#include "neuro/render.h"

#include <nlohmann/json.hpp>

namespace neuro {
namespace {

/// A diagnostic over one text; places are given by the words they cover.
class Rendering {
 public:
  explicit Rendering(std::string text, std::string name = "model.ns") {
    sources_.add(std::move(name), std::move(text));
  }

  Span at(std::string_view words) const {
    const auto begin = sources_[0].text.find(words);
    EXPECT_NE(begin, std::string::npos) << words;
    return {0, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(begin + words.size())};
  }
  Diagnostic& error(std::string code, std::string title) {
    diagnostic_.code = std::move(code);
    diagnostic_.title = std::move(title);
    return diagnostic_;
  }
  std::string text(RenderOptions options = {}) const { return render(diagnostic_, sources_, options); }
  nlohmann::json json() const { return nlohmann::json::parse(render_json(diagnostic_, sources_)); }
  std::string github() const { return render_github(diagnostic_, sources_); }

 private:
  SourceMap sources_;
  Diagnostic diagnostic_;
};

TEST(Render, DistantLinesAreJoinedByAColon) {
  Rendering r(
      "neuron Encoder(dim=768):\n    in: [*batch, seq, dim]\n    out: [*batch, seq, dim]\n    graph:\n        in ->\n"
      "            LayerNorm(dim)\n            Linear(512, dim)\n            out\n",
      "encoder.ns");
  r.error("NS0301", "shape mismatch: Expected [*, 512], got [*, 768]")
      .primary(r.at("Linear(512, dim)"), "takes [*batch, 512]")
      .secondary(r.at("LayerNorm(dim)"), "gives [*batch, seq, 768]")
      .secondary(r.at("dim=768"), "dim = 768 is set here")
      .help("write `Linear(dim, dim)`");
  EXPECT_EQ(r.text(), R"(error[NS0301]: shape mismatch: Expected [*, 512], got [*, 768]
 --> encoder.ns:7:13
  |
1 | neuron Encoder(dim=768):
  |                ------- dim = 768 is set here
  :
6 |             LayerNorm(dim)
  |             -------------- gives [*batch, seq, 768]
7 |             Linear(512, dim)
  |             ^^^^^^^^^^^^^^^^ takes [*batch, 512]
  |
help: write `Linear(dim, dim)`
)");
}

TEST(Render, LabelsOfOneLineShareItAndTheLeftOnesHang) {
  Rendering r("neuron M:\n    in: [batch, 128]\n    graph:\n    in -> Linear(128, 64) -> Linear(32, 10) -> out\n");
  r.error("NS0301", "shape mismatch: Expected [*, 32], got [*, 64]")
      .primary(r.at("Linear(32, 10)"), "takes [*, 32]: in_dim is 32 here")
      .secondary(r.at("Linear(128, 64)"), "gives [batch, 64]")
      .help("write Linear(64, 10), or Linear(128, 32) before it");
  EXPECT_EQ(r.text(), R"(error[NS0301]: shape mismatch: Expected [*, 32], got [*, 64]
 --> model.ns:4:30
  |
4 |     in -> Linear(128, 64) -> Linear(32, 10) -> out
  |           ---------------    ^^^^^^^^^^^^^^ takes [*, 32]: in_dim is 32 here
  |           gives [batch, 64]
  |
help: write Linear(64, 10), or Linear(128, 32) before it
)");
}

TEST(Render, SeveralHangingLabelsAreLedByBars) {
  Rendering r("a -> b -> c\n");
  r.error("NS0403", "cycle").primary(r.at("c"), "third").secondary(r.at("b"), "second").secondary(r.at("a"), "first");
  EXPECT_EQ(r.text(), R"(error[NS0403]: cycle
 --> model.ns:1:11
  |
1 | a -> b -> c
  | -    -    ^ third
  | |    second
  | first
)");
}

TEST(Render, AMessageWithoutHelpEndsWithItsExcerpt) {
  Rendering r("training:\n  lrr: 0.01\n", "xor_config.yml");
  r.error("NS0612", "unknown key `lrr` in `training`").primary(r.at("lrr"), "did you mean `lr`?");
  EXPECT_EQ(r.text(), R"(error[NS0612]: unknown key `lrr` in `training`
 --> xor_config.yml:2:3
  |
2 |   lrr: 0.01
  |   ^^^ did you mean `lr`?
)");
}

TEST(Render, ASingleSkippedLineIsShown) {
  Rendering r("one\ntwo\nthree\n");
  r.error("NS0101", "t").primary(r.at("one"), "").secondary(r.at("three"), "here");
  EXPECT_EQ(r.text(), R"(error[NS0101]: t
 --> model.ns:1:1
  |
1 | one
  | ^^^
2 | two
3 | three
  | ----- here
)");
}

TEST(Render, ASpanOverLinesIsABarAtTheSide) {
  Rendering r("neuron A:\n  graph:\n    in -> f(1,\n      2\n      3\n    out\n");
  r.error("NS0105", "open").primary(r.at("graph:\n    in -> f(1,\n      2\n      3\n    out"), "this section");
  EXPECT_EQ(r.text(), R"(error[NS0105]: open
 --> model.ns:2:3
  |
2 | /   graph:
  : |
6 | |     out
  | |_______^ this section
)");
}

TEST(Render, ABarThatStartsInsideALineIsUnderlinedToItsStart) {
  Rendering r("in -> f(1,\n  2\n");
  r.error("NS0105", "open").primary(r.at("(1,\n  2"), "never closed").secondary(r.at("in"), "from");
  EXPECT_EQ(r.text(), R"(error[NS0105]: open
 --> model.ns:1:8
  |
1 |   in -> f(1,
  |   -- from
  |  ________^
2 | |   2
  | |___^ never closed
)");
}

TEST(Render, CaretsLineUpBehindTabs) {
  Rendering r("\t\tin ->\tfoo\n");
  r.error("NS0205", "t").primary(r.at("foo"), "here");
  EXPECT_EQ(r.text(), "error[NS0205]: t\n --> model.ns:1:9\n  |\n1 | \t\tin ->\tfoo\n  | \t\t     \t^^^ here\n");
}

TEST(Render, ColumnsCountCodePointsAndCaretsCountTheirWidth) {
  Rendering r("# 形状 e\xcc\x81 \xe2\x86\x92 foo\n");  // two wide characters, a combining accent, an arrow
  r.error("NS0101", "t").primary(r.at("foo"), "here");
  EXPECT_EQ(r.text(),
            "error[NS0101]: t\n --> model.ns:1:11\n  |\n"
            "1 | # 形状 e\xcc\x81 \xe2\x86\x92 foo\n"
            "  |            ^^^ here\n");
}

TEST(Render, ControlCharactersAndBrokenUtf8DoNotReachTheTerminal) {
  Rendering r(std::string("in \x1b[31m \xff x\0y foo\n", 20));
  r.error("NS0103", "bad \x1b title").primary(r.at("foo"), "here");
  const std::string text = r.text();
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(text.find('\xff'), std::string::npos);
  EXPECT_EQ(text.find('\0'), std::string::npos);
  EXPECT_NE(text.find("  |                ^^^ here"), std::string::npos) << text;
}

TEST(Render, APlaceAtTheEndOfALineIsOneColumnBehindIt) {
  Rendering r("neuron A\n");
  r.error("NS0109", "missing `:`").primary({0, 8, 8}, "write `:` here");
  EXPECT_EQ(r.text(),
            "error[NS0109]: missing `:`\n --> model.ns:1:9\n  |\n1 | neuron A\n  |         ^ write `:` here\n");
}

TEST(Render, CarriageReturnsAreNotShown) {
  Rendering r("neuron A\r\nfoo\r\n");
  r.error("NS0109", "t").primary({0, 8, 8}, "here");
  EXPECT_EQ(r.text(), "error[NS0109]: t\n --> model.ns:1:9\n  |\n1 | neuron A\n  |         ^ here\n");
}

TEST(Render, ALongLineIsCutAroundItsLabels) {
  std::string line = "in -> start -> ";
  for (int i = 0; i < 200; ++i) line += "A() -> ";
  Rendering r(line + "Wrong() -> " + line + "out\n");
  r.error("NS0204", "t").primary(r.at("Wrong()"), "here").secondary(r.at("start"), "from here");
  const std::string text = r.text({.color = false, .width = 60});
  EXPECT_EQ(text, R"(error[NS0204]: t
 --> model.ns:1:1416
  |
1 | in -> start -> A() -> A() -> A() -> A() -> A() -> A() -> A()...
  |       ----- from here
1 | ...() -> A() -> A() -> Wrong() -> in -> start -> A() -> A() -> ...
  |                        ^^^^^^^ here
)");
}

TEST(Render, ALineOfAHundredMegabytesIsCutAtOnce) {
  Rendering r(std::string(100'000'000, 'a') + " foo");
  r.error("NS0107", "t").primary(r.at(" foo"), "here");
  EXPECT_LT(r.text().size(), 400u);
}

TEST(Render, ASecondFileFollowsTheFirst) {
  SourceMap sources;
  const auto config = sources.add("xor.yml", "neuron: XOR\n"), model = sources.add("xor.ns", "\nneuron Xor:\n");
  Diagnostic d;
  d.code = "NS0204";
  d.title = "no neuron `XOR`";
  d.secondary({model, 8, 11}, "defined here").primary({config, 8, 11}, "named here").note("names are case sensitive");
  EXPECT_EQ(render(d, sources), R"(error[NS0204]: no neuron `XOR`
 --> xor.yml:1:9
  |
1 | neuron: XOR
  |         ^^^ named here
 ::: xor.ns:2:8
  |
2 | neuron Xor:
  |        --- defined here
  |
  = note: names are case sensitive
)");
}

TEST(Render, WithoutAPlaceThereIsNoExcerpt) {
  Diagnostic d;
  d.severity = Severity::warning;
  d.title = "nothing to do";
  d.note("all files are empty").help("give a file\nwith a neuron");
  EXPECT_EQ(render(d, SourceMap()),
            "warning: nothing to do\nnote: all files are empty\nhelp: give a file\n      with a neuron\n");
}

TEST(Render, ColourOnlyWhenAsked) {
  Rendering r("foo\n");
  r.error("NS0101", "t").primary(r.at("foo"), "here");
  EXPECT_EQ(r.text().find('\x1b'), std::string::npos);
  EXPECT_NE(r.text({.color = true, .width = 80}).find("\x1b[1;31merror[NS0101]\x1b[0m"), std::string::npos);
}

TEST(Render, AnExcerptKeepsTheLineNumbersOfItsFile) {
  SourceMap sources;
  const auto record = sources.add("data.jsonl", "{\"input\": 1}", 4711);
  Diagnostic d;
  d.title = "t";
  d.primary({record, 10, 11}, "here");
  EXPECT_EQ(render(d, sources),
            "error: t\n    --> data.jsonl:4711:11\n     |\n4711 | {\"input\": 1}\n     |           ^ here\n");
}

TEST(RenderJson, IsOneObjectWithPlacesInCodePoints) {
  Rendering r("\xe2\x86\x92 foo\n");
  r.error("NS0205", "no `foo`").primary(r.at("foo"), "here").help("write `bar`").note("n");
  EXPECT_EQ(render_json(Diagnostic{}, SourceMap()).find('\n'), std::string::npos);
  EXPECT_EQ(r.json(), nlohmann::json::parse(R"({"code": "NS0205", "severity": "error", "file": "model.ns", "line": 1,
    "col": 3, "end_line": 1, "end_col": 6, "message": "no `foo`", "labels": [{"file": "model.ns", "line": 1, "col": 3,
    "end_line": 1, "end_col": 6, "message": "here", "primary": true}], "notes": ["n"], "help": ["write `bar`"]})"));
}

TEST(RenderJson, BrokenUtf8InATitleIsReplaced) {
  Rendering r("foo\n");
  r.error("NS0103", "bad \xff byte");
  EXPECT_EQ(r.json()["message"], "bad \xef\xbf\xbd byte");
  EXPECT_TRUE(r.json()["line"].is_null());
}

TEST(RenderGithub, EscapesWhatItsCommandsReserve) {
  Rendering r("foo\n", "a,b.ns");
  r.error("NS0101", "100% wrong\nreally").primary(r.at("foo"), "here: this");
  EXPECT_EQ(
      r.github(),
      "::error file=a%2Cb.ns,line=1,endLine=1,col=1,endColumn=4,title=NS0101::100%25 wrong%0Areally%0Ahere: this");
}

}  // namespace
}  // namespace neuro
