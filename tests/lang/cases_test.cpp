// tests/cases/**/*.ns: programs that carry their own verdict. A line that is at fault ends with
//
//     # error: NS0301 "Expected [*, 512]"        or        # warning: NS0116
//
// where the text in quotes is optional and must occur in the title, a label or a help. Nothing else may be reported.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "check_source.h"
#include "neuro/render.h"

namespace neuro {
namespace {

namespace fs = std::filesystem;

fs::path cases_dir() { return fs::path(NEURO_TEST_DIR) / "cases"; }

std::vector<std::string> case_files() {
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(cases_dir())) {
    if (entry.path().extension() == ".ns") files.push_back(fs::relative(entry.path(), cases_dir()).string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

struct Verdict {
  std::uint32_t line;
  std::string severity, code, text;
};

std::vector<Verdict> expected_of(const std::string& source) {
  std::vector<Verdict> verdicts;
  std::istringstream lines(source);
  std::uint32_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    for (const std::string severity : {"error", "warning"}) {
      for (std::size_t at = line.find("# " + severity + ": "); at != std::string::npos;) {
        const std::size_t code = at + severity.size() + 4;
        Verdict verdict{number, severity, line.substr(code, 6), ""};
        if (line.substr(code + 6, 2) == " \"") {
          const std::size_t begin = code + 8;
          verdict.text = line.substr(begin, line.find('"', begin) - begin);
        }
        verdicts.push_back(verdict);
        at = line.find("# " + severity + ": ", code);
      }
    }
  }
  return verdicts;
}

bool fits(const Verdict& verdict, const Diagnostic& diagnostic, const SourceMap& sources) {
  const auto primary = std::find_if(diagnostic.labels.begin(), diagnostic.labels.end(),
                                    [](const Label& label) { return label.primary; });
  if (primary == diagnostic.labels.end() || sources.line_column(primary->span).line != verdict.line) return false;
  const char* severity = diagnostic.severity == Severity::error ? "error" : "warning";
  if (verdict.severity != severity || diagnostic.code != verdict.code) return false;
  std::string all = diagnostic.title;
  for (const Label& label : diagnostic.labels) all += "\n" + label.text;
  for (const std::string& help : diagnostic.helps) all += "\n" + help;
  return all.find(verdict.text) != std::string::npos;
}

class Case : public testing::TestWithParam<std::string> {};

TEST_P(Case, ReportsWhatItsCommentsSay) {
  std::ifstream file(cases_dir() / GetParam(), std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  Diagnostics diagnostics;
  check_source(diagnostics.sources().add(GetParam(), text.str()), diagnostics);

  std::vector<const Diagnostic*> left;
  for (const Diagnostic& d : diagnostics.items()) left.push_back(&d);
  for (const Verdict& verdict : expected_of(text.str())) {
    const auto found = std::find_if(left.begin(), left.end(),
                                    [&](const Diagnostic* d) { return fits(verdict, *d, diagnostics.sources()); });
    if (found == left.end()) {
      ADD_FAILURE() << GetParam() << ":" << verdict.line << ": no " << verdict.severity << " " << verdict.code << " \""
                    << verdict.text << "\"";
    } else {
      left.erase(found);
    }
  }
  for (const Diagnostic* d : left) ADD_FAILURE() << "not expected:\n" << render(*d, diagnostics.sources());
}

std::string case_name(const testing::TestParamInfo<std::string>& info) {
  std::string name = info.param.substr(0, info.param.size() - 3);
  std::replace_if(
      name.begin(), name.end(), [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Cases, Case, testing::ValuesIn(case_files()), case_name);

}  // namespace
}  // namespace neuro
