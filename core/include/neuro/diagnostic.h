#pragma once
// Diagnostics as data. Rendering is one function elsewhere: <neuro/render.h>.
#include <memory>
#include <string>
#include <vector>

#include "neuro/source.h"

namespace neuro {

enum class Severity { error, warning, note };

/// A place that matters, and what to say about it.
struct Label {
  Span span;
  std::string text;
  bool primary = false;  ///< the place at fault (drawn with ^^^); others are drawn with ---
};

/// One message: a stable code, a title that stands alone, labelled places, remarks, and proposed edits.
struct Diagnostic {
  Severity severity = Severity::error;
  std::string code;   ///< e.g. "NS0301"; every code has a page in `nsrun explain`
  std::string title;  ///< lower case, no full stop
  std::vector<Label> labels;
  std::vector<std::string> notes;  ///< "= note: ..." lines
  std::vector<std::string> helps;  ///< "help: ..." lines, each proposing an edit

  Diagnostic& primary(Span span, std::string text = {});
  Diagnostic& secondary(Span span, std::string text);
  Diagnostic& note(std::string text);
  Diagnostic& help(std::string text);
};

/// The diagnostics of one run over some texts, in the order found. A pass reports and goes on.
class Diagnostics {
 public:
  Diagnostics();
  explicit Diagnostics(std::shared_ptr<SourceMap> sources);

  /// The returned reference is valid until the next report.
  Diagnostic& error(std::string code, std::string title);
  Diagnostic& warning(std::string code, std::string title);
  Diagnostic& note(std::string code, std::string title);
  void add(Diagnostic diagnostic) { items_.push_back(std::move(diagnostic)); }

  bool has_errors() const;
  std::size_t error_count() const;
  bool empty() const { return items_.empty(); }
  const std::vector<Diagnostic>& items() const { return items_; }
  SourceMap& sources() { return *sources_; }
  const SourceMap& sources() const { return *sources_; }
  const std::shared_ptr<SourceMap>& shared_sources() const { return sources_; }

 private:
  std::shared_ptr<SourceMap> sources_;
  std::vector<Diagnostic> items_;
};

}  // namespace neuro
