#include "neuro/explain.h"

#include <fstream>
#include <functional>
#include <map>
#include <regex>
#include <sstream>

#include "check_source.h"
#include "neuro/codes.h"
#include "neuro/error.h"
#include "neuro/program.h"
#include "ns/parsing.h"

namespace neuro {
namespace {

/// A stage that can judge the examples of some pages: lowering adds its own with the codes that it raises.
struct Stage {
  const char* name;
  std::function<bool(const ExplainPage&)> raises;
  std::function<std::string(const std::string&)> codes;  ///< of a source, separated by blanks
};

/// The codes that keep a neuron whose parameters all have defaults from being instantiated.
std::string refused(const std::string& text) {
  const Program program = Program::from_source(text, "page.ns");
  const NeuronInfo& neuron = program.neurons().back();
  if (std::count(neuron.signature.begin(), neuron.signature.end(), '=') == 0) return "";
  std::string codes;
  try {
    program.instantiate(neuron.name);
  } catch (const Error& error) {
    for (const Diagnostic& d : error.diagnostics().items()) {
      if (d.severity == Severity::error) codes += (codes.empty() ? "" : " ") + d.code;
    }
  }
  return codes;
}

std::vector<Stage> stages() {
  return {{"parser", [](const ExplainPage& page) { return std::string_view(page.code).starts_with("NS01"); },
           [](const std::string& text) { return ns::Parsed(text).codes(); }},
          {"checks",
           [](const ExplainPage& page) {
             const std::string_view code = page.code;
             return code.starts_with("NS02") || code.starts_with("NS03") || code.starts_with("NS04");
           },
           [](const std::string& text) {
             Diagnostics diagnostics;
             check_source(diagnostics.sources().add("page.ns", text), diagnostics);
             std::string codes;
             for (const Diagnostic& d : diagnostics.items()) codes += (codes.empty() ? "" : " ") + d.code;
             return codes.empty() ? refused(text) : codes;
           }}};
}

TEST(Explain, AWrongProgramRaisesItsCodeAndTheRightOneNothing) {
  for (const Stage& stage : stages()) {
    for (const ExplainPage& page : explain_pages()) {
      if (!stage.raises(page) || *page.wrong == '\0') continue;
      EXPECT_EQ(stage.codes(page.wrong), page.code) << stage.name << ":\n" << page.wrong;
      EXPECT_EQ(stage.codes(page.right), "") << stage.name << ":\n" << page.right;
    }
  }
}

TEST(Explain, EveryPageShowsBothProgramsUnlessNoneCanBeShown) {
  const std::map<std::string_view, const char*> without{
      {codes::kInvalidEncoding, "bytes that are no text"},
      {codes::kTooDeep, "256 brackets"},
      {codes::kTooLarge, "64 MiB"},
      {codes::kLossNotInferred, "depends on the model and the data; the right configuration is shown"},
      {codes::kNoRows, "an empty file"},
      {codes::kRefusedRecord, "needs a C++ program"},
      {codes::kMissingFile, "depends on the files that are there"},
  };
  for (const ExplainPage& page : explain_pages()) {
    EXPECT_TRUE((*page.wrong != '\0' && *page.right != '\0') || without.contains(page.code)) << page.code;
  }
}

TEST(Explain, ProgramsOfLaterStagesParse) {
  for (const ExplainPage& page : explain_pages()) {
    const bool parser = std::string_view(page.code).starts_with("NS01");
    if (parser || std::string_view(page.language) != "ns") continue;
    EXPECT_EQ(ns::Parsed(page.wrong).codes(), "") << page.code;
    EXPECT_EQ(ns::Parsed(page.right).codes(), "") << page.code;
  }
}

TEST(Explain, EveryCodeOfTheHeaderHasAPageAndTheOtherWayRound) {
  std::ifstream file(std::string(NEURO_SOURCE_DIR) + "/core/include/neuro/codes.h");
  std::stringstream header;
  header << file.rdbuf();
  const std::string text = header.str();
  std::vector<std::string> defined, explained;
  const std::regex code("= \"(NS\\d{4})\"");
  for (std::sregex_iterator i(text.begin(), text.end(), code), end; i != end; ++i) defined.push_back((*i)[1]);
  for (const ExplainPage& page : explain_pages()) explained.push_back(page.code);
  EXPECT_EQ(explained, defined);
  EXPECT_TRUE(std::is_sorted(defined.begin(), defined.end()));
}

TEST(Explain, FindsCodesKindsAndTopicsInAnySpelling) {
  ASSERT_TRUE(explain("NS0301"));
  EXPECT_EQ(explain("NS0301")->substr(0, 23), "NS0301  ShapeMismatch: ");
  for (const char* spelling : {"ns0301", "0301", "301", "ShapeMismatch", "shapemismatch"}) {
    EXPECT_EQ(explain(spelling), explain("NS0301")) << spelling;
  }
  for (const std::string_view topic : explain_topics()) EXPECT_TRUE(explain(topic)) << topic;
  EXPECT_FALSE(explain("NS9999"));
  EXPECT_FALSE(explain(""));
}

TEST(Explain, ExamplesAreIndentedBelowTheText) {
  const std::string page = explain("NS0113").value();
  EXPECT_NE(page.find("\nWrong:\n\n    neuron A(n):\n"), std::string::npos) << page;
  EXPECT_NE(page.find("\nRight:\n\n    neuron A(n):\n"), std::string::npos) << page;
  EXPECT_EQ(page.back(), '\n');
}

TEST(Explain, LinesFitOnATerminal) {
  std::string all = list_codes();
  for (const ExplainPage& page : explain_pages()) all += explain(page.code).value();
  for (const std::string_view topic : explain_topics()) all += explain(topic).value();
  std::stringstream lines(all);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 120u) << line;
}

TEST(Explain, TheListHasALineForEachCode) {
  const std::string list = list_codes();
  EXPECT_EQ(std::count(list.begin(), list.end(), '\n'), static_cast<std::ptrdiff_t>(explain_pages().size()));
}

}  // namespace
}  // namespace neuro
