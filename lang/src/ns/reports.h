#pragma once
#include <string>

#include "neuro/diagnostic.h"

namespace neuro::ns {

/// Collects what lexer and parser find in one source, sorted by place at the end. Of a hopeless source only the first
/// problems are kept: a hundred are more than anybody repairs at once.
class Reports {
 public:
  static constexpr std::size_t kMost = 100;

  explicit Reports(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  /// The reference is valid until the next report.
  Diagnostic& error(const char* code, std::string title) { return add(Severity::error, code, std::move(title)); }
  Diagnostic& warning(const char* code, std::string title) { return add(Severity::warning, code, std::move(title)); }
  /// Takes what nobody should read: the consequence of an earlier problem.
  Diagnostic& ignored() { return scratch_ = {}; }

  bool full() const { return found_.size() >= kMost; }
  const SourceMap& sources() const { return diagnostics_.sources(); }
  /// Hands everything over, in the order of the source.
  void finish();

 private:
  Diagnostic& add(Severity severity, const char* code, std::string title);

  Diagnostics& diagnostics_;
  std::vector<Diagnostic> found_;
  Diagnostic scratch_;
};

}  // namespace neuro::ns
