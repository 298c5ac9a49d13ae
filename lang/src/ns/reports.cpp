#include "ns/reports.h"

#include <algorithm>

#include "neuro/codes.h"
#include "neuro/str.h"

namespace neuro::ns {

Diagnostic& Reports::add(Severity severity, const char* code, std::string title) {
  if (full()) return ignored();
  Diagnostic& d = found_.emplace_back();
  d.severity = severity;
  d.code = code;
  d.title = std::move(title);
  return d;
}

void Reports::finish() {
  const auto place = [](const Diagnostic& d) { return d.labels.empty() ? 0 : d.labels.front().span.begin; };
  std::stable_sort(found_.begin(), found_.end(),
                   [&](const Diagnostic& a, const Diagnostic& b) { return place(a) < place(b); });
  // A line is read without its stray character: what is wrong after that is a consequence.
  std::uint32_t stray_line = 0;
  std::erase_if(found_, [&](const Diagnostic& d) {
    if (d.labels.empty()) return false;
    const std::uint32_t line = sources().line_column(d.labels.front().span).line;
    if (d.code == codes::kUnexpectedCharacter) stray_line = line;
    return d.code == codes::kUnexpectedToken && line == stray_line;
  });
  if (full()) found_.back().note(str("only ", kMost, " problems are listed"));
  for (Diagnostic& d : found_) diagnostics_.add(std::move(d));
  found_.clear();
}

}  // namespace neuro::ns
