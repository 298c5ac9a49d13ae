#include "neuro/diagnostic.h"

#include <algorithm>

namespace neuro {

Diagnostic& Diagnostic::primary(Span span, std::string text) {
  labels.push_back({span, std::move(text), true});
  return *this;
}

Diagnostic& Diagnostic::secondary(Span span, std::string text) {
  labels.push_back({span, std::move(text), false});
  return *this;
}

Diagnostic& Diagnostic::note(std::string text) {
  notes.push_back(std::move(text));
  return *this;
}

Diagnostic& Diagnostic::help(std::string text) {
  helps.push_back(std::move(text));
  return *this;
}

Diagnostics::Diagnostics() : Diagnostics(std::make_shared<SourceMap>()) {}

Diagnostics::Diagnostics(std::shared_ptr<SourceMap> sources) : sources_(std::move(sources)) {}

namespace {
Diagnostic& report(std::vector<Diagnostic>& items, Severity severity, std::string code, std::string title) {
  Diagnostic diagnostic;
  diagnostic.severity = severity;
  diagnostic.code = std::move(code);
  diagnostic.title = std::move(title);
  return items.emplace_back(std::move(diagnostic));
}
}  // namespace

Diagnostic& Diagnostics::error(std::string code, std::string title) {
  return report(items_, Severity::error, std::move(code), std::move(title));
}

Diagnostic& Diagnostics::warning(std::string code, std::string title) {
  return report(items_, Severity::warning, std::move(code), std::move(title));
}

Diagnostic& Diagnostics::note(std::string code, std::string title) {
  return report(items_, Severity::note, std::move(code), std::move(title));
}

std::size_t Diagnostics::error_count() const {
  return static_cast<std::size_t>(
      std::count_if(items_.begin(), items_.end(), [](const Diagnostic& d) { return d.severity == Severity::error; }));
}

bool Diagnostics::has_errors() const { return error_count() > 0; }

}  // namespace neuro
