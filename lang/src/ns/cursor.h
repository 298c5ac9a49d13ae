#pragma once
// A place in the words of a source, and what to do when they are not what the grammar wants.
#include <cstdint>
#include <string>
#include <string_view>

#include "neuro/ns/ast.h"
#include "ns/reports.h"
#include "ns/token.h"

namespace neuro::ns {

/// Reads words one after another and stays on its line: at the line's end there is no more word until enter_line().
/// Inside brackets line ends do not count.
///
/// After the first problem of a statement the cursor has *failed*: it is reported once, then every word looks like the
/// end, so that all loops of the grammar end by themselves, and further problems are swallowed. next_line() goes on.
class Cursor {
 public:
  Cursor(std::uint32_t source, const Words& words, Reports& reports)
      : source_(source), text_(reports.sources()[source].text), words_(words), reports_(reports) {}

 protected:
  // ---- Words
  /// The kind of the word `ahead` of the place, Kind::end behind the line's end.
  Kind kind(std::uint32_t ahead = 0) const;
  bool at(Kind wanted) const { return kind() == wanted; }
  /// At a word that is reserved only in some places: `context`, `lazy`, `wrap`, ...
  bool at_word(std::string_view word, std::uint32_t ahead = 0) const;
  Span take();
  bool accept(Kind wanted);
  void expect(Kind wanted, std::string_view what);
  /// An identifier; `what` says what it names.
  Name expect_name(std::string_view what);
  void expect_colon(std::string_view after);
  /// Enters brackets, within which lines do not end. Reports a bracket that is never closed.
  void open_bracket();
  void close_bracket(Kind closing, std::string_view alternatives);

  // ---- Lines
  std::uint32_t line() const { return words_.tokens[place_].line; }
  std::uint32_t last_line() const { return static_cast<std::uint32_t>(words_.lines.size()) - 1; }
  const TextLine& text_line() const { return words_.lines[line()]; }
  std::uint32_t column() const { return text_line().column; }
  bool at_line_start() const { return !failed_ && text_line().first == place_ && line_ != line(); }
  /// All words of the line at the place.
  Span line_span() const;
  void enter_line() { line_ = line(); }
  /// Leaves what is left of the statement and stands before the next line; a failure is over.
  void next_line();
  void expect_line_end(std::string_view alternatives);

  // ---- Places
  std::uint32_t here() const { return words_.tokens[place_].begin; }
  Span span_from(std::uint32_t begin) const { return {source_, begin, std::max(begin, last_end_)}; }
  Span span_of(const Token& token) const { return {source_, token.begin, token.end}; }
  Span next_span() const { return span_of(words_.tokens[place_]); }
  /// Just behind the last word.
  Span behind() const { return {source_, last_end_, last_end_}; }
  std::string text(const Span& span) const { return std::string(text_.substr(span.begin, span.end - span.begin)); }
  const Token& token_at(std::uint32_t index) const { return words_.tokens[std::min(index, last_token())]; }

  // ---- Problems
  bool failed() const { return failed_; }
  /// Reports, unless the statement has failed already.
  Diagnostic& fail(const char* code, std::string title);
  /// "expected WHAT, found ..." at the place.
  Diagnostic& unexpected(std::string_view what);
  /// The word at the place, as a message names it.
  std::string found() const;
  Reports& reports() { return reports_; }

  std::uint32_t last_token() const { return static_cast<std::uint32_t>(words_.tokens.size()) - 1; }

  /// Counts how deep the grammar nests, for as long as it lives; too deep is a failure.
  class Nesting {
   public:
    explicit Nesting(Cursor& cursor);
    ~Nesting() { --cursor_.depth_; }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;

   private:
    Cursor& cursor_;
  };
  void too_deep(Span place);

  std::uint32_t source_;
  std::string_view text_;
  const Words& words_;
  std::uint32_t place_ = 0;  // the next word

 private:
  Reports& reports_;
  std::uint32_t line_ = Span::kNone;  // of the statement's last word
  std::uint32_t last_end_ = 0;
  std::uint32_t outer_bracket_ = 0;  // while brackets_ > 0
  int brackets_ = 0;
  int depth_ = 0;
  bool failed_ = false;
};

}  // namespace neuro::ns
