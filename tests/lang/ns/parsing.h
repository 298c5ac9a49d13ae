#pragma once
// Parsing of texts in tests.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "neuro/ns/parse.h"
#include "neuro/render.h"
#include "ns_dump.h"

namespace neuro::ns {

struct Parsed {
  Diagnostics diagnostics;
  Program program;

  explicit Parsed(std::string text) {
    const auto source = diagnostics.sources().add("test.ns", std::move(text));
    program = parse(source, diagnostics);
  }
  std::string codes() const {
    std::string out;
    for (const Diagnostic& d : diagnostics.items()) out += (out.empty() ? "" : " ") + d.code;
    return out;
  }
};

/// The tree of a source that must parse without a word.
inline std::string tree(const std::string& text) {
  const Parsed parsed(text);
  EXPECT_TRUE(parsed.diagnostics.empty()) << text << "\n" << render(parsed.diagnostics);
  return dump(parsed.program);
}

/// The connections in a graph of the given lines, which stand four columns deep.
inline std::string graph(const std::string& lines) {
  const std::string all = tree(str("neuron A:\n  graph:\n", lines));
  return all.substr(all.find("  graph\n") + 8);
}

/// A source with the indentation of every line removed.
inline std::string left_stripped(const std::string& text) {
  std::string out;
  bool blank = true;
  for (const char c : text) {
    if (blank && (c == ' ' || c == '\t')) continue;
    blank = c == '\n';
    out += c;
  }
  return out;
}

}  // namespace neuro::ns
