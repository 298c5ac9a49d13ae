#include "neuro/explain.h"

#include <algorithm>
#include <array>

#include "explain/pages.h"
#include "neuro/str.h"

namespace neuro {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string indented(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (end > 0) out += str("    ", text.substr(0, end));
    out += '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string page_text(const ExplainPage& page) {
  std::string out = str(page.code, "  ", page.kind, ": ", page.title, "\n\n", page.text, "\n");
  if (*page.wrong != '\0') out += str("\nWrong:\n\n", indented(page.wrong));
  if (*page.right != '\0') out += str("\nRight:\n\n", indented(page.right));
  return out;
}

}  // namespace

std::vector<ExplainPage> explain_pages() {
  std::vector<ExplainPage> pages;
  for (const auto& group : {explain_detail::syntax_pages(), explain_detail::name_pages(), explain_detail::shape_pages(),
                            explain_detail::graph_pages(), explain_detail::training_pages()}) {
    pages.insert(pages.end(), group.begin(), group.end());
  }
  return pages;
}

std::vector<std::string_view> explain_topics() {
  std::vector<std::string_view> names;
  for (const explain_detail::Topic& topic : explain_detail::topics()) names.push_back(topic.name);
  return names;
}

std::optional<std::string> explain(std::string_view code_or_topic) {
  const std::string wanted = lower(code_or_topic);
  for (const explain_detail::Topic& topic : explain_detail::topics()) {
    if (wanted == topic.name) return std::string(topic.text);
  }
  for (const ExplainPage& page : explain_pages()) {
    const std::string code = lower(page.code);
    const bool digits = wanted.size() >= 3 && (code == str("ns", wanted) || code == str("ns0", wanted));
    if (wanted == code || digits) return page_text(page);
  }
  for (const ExplainPage& page : explain_pages()) {  // a kind of several codes: its first page
    if (wanted == lower(page.kind)) return page_text(page);
  }
  return std::nullopt;
}

std::string list_codes() {
  std::size_t width = 0;
  const std::vector<ExplainPage> pages = explain_pages();
  for (const ExplainPage& page : pages) width = std::max(width, std::string_view(page.kind).size());
  std::string out;
  for (const ExplainPage& page : pages) {
    const std::string_view kind = page.kind;
    out += str(page.code, "  ", kind, std::string(width - kind.size() + 2, ' '), page.title, "\n");
  }
  return out;
}

}  // namespace neuro
