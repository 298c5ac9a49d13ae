#include "ns/cursor.h"

#include <algorithm>

#include "neuro/codes.h"
#include "neuro/str.h"

namespace neuro::ns {
namespace {

constexpr std::size_t kLongestQuote = 40;  // bytes of source that a message repeats

bool is_reserved(Kind kind) { return kind >= Kind::kw_neuron && kind <= Kind::kw_false; }

bool is_closing(Kind kind) { return kind == Kind::close_paren || kind == Kind::close_bracket; }

std::string_view sign_text(Kind kind) {
  switch (kind) {
    case Kind::arrow: return "`->`";
    case Kind::assign: return "`=`";
    case Kind::colon: return "`:`";
    case Kind::comma: return "`,`";
    case Kind::close_paren: return "`)`";
    case Kind::close_bracket: return "`]`";
    default: return "a word";
  }
}

}  // namespace

Kind Cursor::kind(std::uint32_t ahead) const {
  if (failed_) return Kind::end;
  const Token& token = token_at(place_ + ahead);
  return brackets_ > 0 || token.line == line_ ? token.kind : Kind::end;
}

bool Cursor::at_word(std::string_view word, std::uint32_t ahead) const {
  if (kind(ahead) != Kind::name) return false;
  const Token& token = token_at(place_ + ahead);
  return text_.substr(token.begin, token.end - token.begin) == word;
}

Span Cursor::take() {
  if (failed_) return behind();
  const Token& token = words_.tokens[place_];
  place_ = std::min(place_ + 1, last_token());
  line_ = token.line;
  last_end_ = token.end;
  return span_of(token);
}

bool Cursor::accept(Kind wanted) {
  if (!at(wanted)) return false;
  take();
  return true;
}

void Cursor::expect(Kind wanted, std::string_view what) {
  if (!accept(wanted)) unexpected(what.empty() ? sign_text(wanted) : what);
}

Name Cursor::expect_name(std::string_view what) {
  if (at(Kind::name)) {
    const Span span = take();
    return {text(span), span};
  }
  if (is_reserved(kind())) {
    fail(codes::kUnexpectedToken, str("`", text(next_span()), "` is a reserved word and cannot be ", what))
        .primary(next_span(), "choose another name");
  } else {
    unexpected(what);
  }
  return {{}, behind()};
}

void Cursor::expect_colon(std::string_view after) {
  if (accept(Kind::colon)) return;
  if (at(Kind::assign) || failed_) {
    unexpected(str("`:` after ", after));
    return;
  }
  // The line is clear enough to go on as if the colon stood there.
  if (kind() == Kind::bad) {
    fail(codes::kMissingColon, "");
  } else {
    reports_.error(codes::kMissingColon, str("missing `:` after ", after)).primary(behind(), "write `:` here");
  }
}

void Cursor::open_bracket() {
  if (failed_) return;
  const bool round = at(Kind::open_paren);
  if (words_.partner[place_] == Words::kNoPartner) {
    // The last word of the bracket's line that can belong to it is where the partner was forgotten.
    std::uint32_t last = place_;
    for (std::uint32_t i = place_; token_at(i).line == line() && i < last_token(); ++i) {
      if (token_at(i).kind != Kind::bad) continue;
      failed_ = true;  // what the lexer reported there may have swallowed the partner
      return;
    }
    while (last < last_token() && words_.tokens[last + 1].line == words_.tokens[place_].line) {
      const Kind next = words_.tokens[last + 1].kind;
      if (next == Kind::arrow || next == Kind::fat_arrow || next == Kind::colon || is_closing(next)) break;
      ++last;
    }
    const std::uint32_t end = words_.tokens[last].end;
    fail(codes::kUnclosedBracket, round ? "a `(` is never closed" : "a `[` is never closed")
        .primary({source_, end, end}, round ? "expected `)`" : "expected `]`")
        .secondary(next_span(), "opened here");
    return;
  }
  if (brackets_++ == 0) outer_bracket_ = place_;
  take();
}

void Cursor::close_bracket(Kind closing, std::string_view alternatives) {
  if (failed_) return;
  if (!at(closing)) {
    unexpected(str(alternatives, sign_text(closing)));
    return;
  }
  take();
  --brackets_;
}

void Cursor::next_line() {
  std::uint32_t last = line_;
  if (brackets_ > 0) last = std::max(last, words_.tokens[words_.partner[outer_bracket_]].line);
  brackets_ = 0;
  failed_ = false;
  line_ = last;
  if (last < last_line()) place_ = words_.lines[last + 1].first;
}

Span Cursor::line_span() const {
  const std::uint32_t next = line() < last_line() ? words_.lines[line() + 1].first : last_token();
  return span_of(token_at(text_line().first)).join(span_of(token_at(next == 0 ? 0 : next - 1)));
}

void Cursor::expect_line_end(std::string_view alternatives) {
  if (kind() == Kind::end) return;
  if (is_closing(kind())) {
    fail(codes::kUnmatchedBracket, str(found(), " closes nothing")).primary(next_span(), "no bracket is open here");
  } else {
    unexpected(str(alternatives, "the end of the line"));
  }
}

Diagnostic& Cursor::fail(const char* code, std::string title) {
  const bool silent = failed_ || kind() == Kind::bad;
  failed_ = true;
  return silent ? reports_.ignored() : reports_.error(code, std::move(title));
}

Diagnostic& Cursor::unexpected(std::string_view what) {
  const bool end = kind() == Kind::end;
  const std::string word = found();
  return fail(codes::kUnexpectedToken, str("expected ", what, ", found ", word)).primary(end ? behind() : next_span());
}

std::string Cursor::found() const {
  if (place_ == last_token()) return "the end of the file";
  if (kind() == Kind::end) return "the end of the line";
  std::string word = text(next_span());
  if (word.size() > kLongestQuote) {
    std::size_t cut = kLongestQuote;
    while ((static_cast<unsigned char>(word[cut]) & 0xc0u) == 0x80u) --cut;
    word = word.substr(0, cut) + "...";
  }
  return kind() == Kind::string ? "the string " + word : "`" + word + "`";
}

Cursor::Nesting::Nesting(Cursor& cursor) : cursor_(cursor) {
  if (++cursor.depth_ > kMaxNesting) cursor.too_deep(cursor.next_span());
}

void Cursor::too_deep(Span place) {
  fail(codes::kTooDeep, str("the source nests deeper than ", kMaxNesting, " levels"))
      .primary(place, "this is one too many")
      .help("give a part of it a name, and use the name");
}

}  // namespace neuro::ns
