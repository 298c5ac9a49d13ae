#include "ns/reports.h"

#include <algorithm>

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
  if (full()) found_.back().note(str("only ", kMost, " problems are listed"));
  for (Diagnostic& d : found_) diagnostics_.add(std::move(d));
  found_.clear();
}

}  // namespace neuro::ns
