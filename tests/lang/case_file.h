#pragma once
// tests/cases/**/*.ns: programs that carry their own verdict. A line that is at fault ends with
//
//     # error: NS0301 "Expected [*, 512]"        or        # warning: NS0116
//
// where the text in quotes is optional and must occur in the title, a label, a note or a help. Nothing else may be
// reported, neither for the file nor for the same lines with their indentation lost, unless a comment says
// `# only indented: WHY`. What becomes of an accepted neuron stands in comments as well:
//
//     # build: Stack(dim=8, depth=2)             its arguments are numbers, `true`, `false` and "text"
//     #   ports: [*, 8] -> [*, 8]                as inferred; several as (a: [*, 8], b: [*, 4])
//     #   weights: fc.weight [8, 8], fc.bias [8] all parameters, in order; or `none`
//     #   numbers: 72                            how many numbers all parameters hold
//     #   run: [2, 8], [2, 8] -> [2, 8]          shapes of inputs and outputs of a pass
//     #   run: [2, 2] -> [2, 2] = 0 2 1 3        each input counts up from 0; the values of the outputs in order
//     #   fails: [2, 9] "text"                   a pass with these inputs is an error that says so
//     #   refused: NS0306 "text"                 cannot be instantiated
#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "neuro/model.h"

namespace neuro::cases {

namespace fs = std::filesystem;

inline fs::path directory() { return fs::path(NEURO_TEST_DIR) / "cases"; }

inline std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// Paths below the directory of cases, sorted.
inline std::vector<std::string> files() {
  std::vector<std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator(directory())) {
    if (entry.path().extension() == ".ns") found.push_back(fs::relative(entry.path(), directory()).string());
  }
  std::sort(found.begin(), found.end());
  return found;
}

/// One `# error:` or `# warning:`.
struct Verdict {
  std::uint32_t line;
  std::string severity, code, text;
};

/// One line below a `# build:`, for instance {"run", "[2, 8] -> [2, 8]"}.
struct Claim {
  std::uint32_t line;
  std::string kind, text;
};

struct Build {
  std::uint32_t line;
  std::string neuron;
  Params params;
  std::vector<Claim> claims;
};

struct CaseFile {
  std::vector<Verdict> verdicts;
  std::vector<Build> builds;
  bool only_indented = false;
  std::string problem;  ///< of the comments themselves, or ""
};

/// What stands between the first two quotes, or "".
inline std::string quoted(const std::string& text) {
  const std::size_t begin = text.find('"');
  return begin == std::string::npos ? "" : text.substr(begin + 1, text.find('"', begin + 1) - begin - 1);
}

inline std::string trimmed(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(" \t\r"), end = text.find_last_not_of(" \t\r");
  return begin == std::string::npos ? "" : text.substr(begin, end - begin + 1);
}

inline ParamValue param_value(const std::string& text) {
  if (text == "true" || text == "false") return text == "true";
  if (text[0] == '"') return quoted(text);
  if (text.find_first_of(".e") != std::string::npos) return std::stod(text);
  return static_cast<std::int64_t>(std::stoll(text));
}

/// `Stack(dim=8, depth=2)`.
inline Build parse_build(const std::string& text, std::uint32_t line) {
  Build build{line, trimmed(text.substr(0, text.find('('))), {}, {}};
  if (text.find('(') == std::string::npos) return build;
  std::istringstream arguments(text.substr(text.find('(') + 1, text.rfind(')') - text.find('(') - 1));
  for (std::string argument; std::getline(arguments, argument, ',');) {
    const std::size_t equals = argument.find('=');
    build.params[trimmed(argument.substr(0, equals))] = param_value(trimmed(argument.substr(equals + 1)));
  }
  return build;
}

inline CaseFile parse(const std::string& source) {
  static const std::vector<std::string> kinds{"ports", "weights", "numbers", "run", "fails", "refused"};
  CaseFile file;
  std::istringstream lines(source);
  std::uint32_t number = 0;
  bool building = false;  // the line before belongs to a `# build:`
  for (std::string line; std::getline(lines, line);) {
    ++number;
    for (const std::string severity : {"error", "warning"}) {
      for (std::size_t at = line.find("# " + severity + ": "); at != std::string::npos;) {
        const std::size_t code = at + severity.size() + 4;
        Verdict verdict{number, severity, line.substr(code, 6), ""};
        if (line.substr(code + 6, 2) == " \"") verdict.text = quoted(line.substr(code + 6));
        file.verdicts.push_back(verdict);
        at = line.find("# " + severity + ": ", code);
      }
    }
    const std::string comment = line.starts_with("#") ? trimmed(line.substr(1)) : "";
    const std::size_t colon = comment.find(": ");
    const std::string word = comment.substr(0, colon),
                      rest = colon == std::string::npos ? "" : comment.substr(colon + 2);
    if (word == "only indented") file.only_indented = true;
    if (word == "build") {
      file.builds.push_back(parse_build(rest, number));
      building = true;
    } else if (building && std::find(kinds.begin(), kinds.end(), word) != kinds.end()) {
      file.builds.back().claims.push_back({number, word, trimmed(rest)});
    } else {
      if (building && line.starts_with("#  ")) file.problem = "line " + std::to_string(number) + ": no such claim";
      building = false;
    }
  }
  return file;
}

/// The lines with their indentation lost.
inline std::string left_stripped(const std::string& source) {
  std::string out;
  bool start = true;
  for (const char c : source) {
    if (start && (c == ' ' || c == '\t')) continue;
    start = c == '\n';
    out += c;
  }
  return out;
}

/// `[2, 8], [2]`.
inline std::vector<Shape> parse_shapes(const std::string& text) {
  std::vector<Shape> shapes;
  std::vector<std::int64_t> sizes;
  std::string digits;
  for (const char c : text) {
    if (std::isdigit(static_cast<unsigned char>(c))) digits += c;
    if (c == '[') sizes.clear();
    if ((c == ',' || c == ']') && !digits.empty()) {
      sizes.push_back(std::stoll(digits));
      digits.clear();
    }
    if (c == ']') shapes.push_back(Shape(std::span<const std::int64_t>(sizes)));
  }
  return shapes;
}

}  // namespace neuro::cases
