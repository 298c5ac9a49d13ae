#pragma once
// Long texts for diagnostics and concepts: what `nsrun explain` shows.
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace neuro {

/// The page of one code: what it means, a program that raises it and one that does not.
struct ExplainPage {
  const char* code;      ///< "NS0301"
  const char* kind;      ///< its name in the language's error catalogue: "ShapeMismatch"
  const char* title;     ///< lower case, no full stop
  const char* text;      ///< paragraphs, lines of at most 100 columns
  const char* wrong;     ///< empty where no short example raises it
  const char* right;     ///< empty where there is none to show
  const char* language;  ///< of both examples: "ns", "yaml", "jsonl", "csv"
};

/// All pages, sorted by code.
std::vector<ExplainPage> explain_pages();

/// The text for a code ("NS0301", "ns0301", "301"), a kind ("ShapeMismatch") or a topic ("loss", "layout", "shapes");
/// nothing if there is none. Ends with a newline.
std::optional<std::string> explain(std::string_view code_or_topic);

/// A line for each code: "NS0301  ShapeMismatch  two shapes do not fit". Ends with a newline.
std::string list_codes();

/// What explain() also takes: the topics' names.
std::vector<std::string_view> explain_topics();

}  // namespace neuro
