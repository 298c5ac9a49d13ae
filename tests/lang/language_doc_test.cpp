// docs/language.md: every ```neuroscript snippet is what its fence says: valid, `fails CODE` or `warns CODE`.
#include <filesystem>
#include <fstream>
#include <sstream>

#include "check_source.h"
#include "neuro/render.h"

namespace neuro {
namespace {

struct Snippet {
  int line = 0;
  std::string verdict, code, text;
};

std::vector<Snippet> snippets() {
  std::ifstream file(std::filesystem::path(NEURO_TEST_DIR) / ".." / "docs" / "language.md");
  std::vector<Snippet> out;
  bool inside = false;
  int number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    if (line.starts_with("```")) {
      if (!inside && line.starts_with("```neuroscript")) {
        Snippet& snippet = out.emplace_back();
        snippet.line = number;
        std::istringstream words(line);
        std::string fence;
        words >> fence >> snippet.verdict >> snippet.code;
        inside = true;
      } else {
        inside = false;
      }
    } else if (inside) {
      out.back().text += line + "\n";
    }
  }
  return out;
}

TEST(LanguageDoc, EverySnippetIsWhatItsFenceSays) {
  const auto all = snippets();
  ASSERT_GT(all.size(), 20u) << "docs/language.md was not read";
  for (const Snippet& snippet : all) {
    Diagnostics diagnostics;
    check_source(diagnostics.sources().add("language.md:" + std::to_string(snippet.line), snippet.text), diagnostics);
    std::string found;
    for (const Diagnostic& d : diagnostics.items()) {
      found += (found.empty() ? "" : " ") + std::string(d.severity == Severity::error ? "fails " : "warns ") + d.code;
    }
    EXPECT_EQ(found, snippet.verdict.empty() ? "" : snippet.verdict + " " + snippet.code)
        << "docs/language.md:" << snippet.line << "\n"
        << render(diagnostics);
  }
}

}  // namespace
}  // namespace neuro
