#include "ns/lexer.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "neuro/codes.h"
#include "neuro/str.h"
#include "ns/strays.h"
#include "utf8.h"

namespace neuro::ns {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{64} << 20;  // a million lines; far above what a person writes
constexpr std::size_t kMaxTokens = 3'000'000;             // bounds the tree: up to 140 bytes for each

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) { return is_letter(c) || is_digit(c); }
bool is_high(char c) { return static_cast<unsigned char>(c) >= 0x80; }

Kind word_kind(std::string_view word) {
  constexpr std::array<std::pair<std::string_view, Kind>, 12> kReserved{{{"neuron", Kind::kw_neuron},
                                                                         {"in", Kind::kw_in},
                                                                         {"out", Kind::kw_out},
                                                                         {"impl", Kind::kw_impl},
                                                                         {"graph", Kind::kw_graph},
                                                                         {"match", Kind::kw_match},
                                                                         {"where", Kind::kw_where},
                                                                         {"if", Kind::kw_if},
                                                                         {"elif", Kind::kw_elif},
                                                                         {"else", Kind::kw_else},
                                                                         {"true", Kind::kw_true},
                                                                         {"false", Kind::kw_false}}};
  for (const auto& [text, kind] : kReserved) {
    if (word == text) return kind;
  }
  return Kind::name;
}

/// The longest sign at the start of a text, Kind::bad if there is none.
std::pair<Kind, std::uint32_t> sign(std::string_view text) {
  const char next = text.size() > 1 ? text[1] : '\0';
  switch (text[0]) {
    case '-': return next == '>' ? std::pair(Kind::arrow, 2u) : std::pair(Kind::minus, 1u);
    case '=':
      if (next == '>') return {Kind::fat_arrow, 2};
      return next == '=' ? std::pair(Kind::equal, 2u) : std::pair(Kind::assign, 1u);
    case '!': return next == '=' ? std::pair(Kind::not_equal, 2u) : std::pair(Kind::bad, 1u);
    case '<': return next == '=' ? std::pair(Kind::less_equal, 2u) : std::pair(Kind::less, 1u);
    case '>': return next == '=' ? std::pair(Kind::greater_equal, 2u) : std::pair(Kind::greater, 1u);
    case '&': return next == '&' ? std::pair(Kind::and_and, 2u) : std::pair(Kind::bad, 1u);
    case '|': return next == '|' ? std::pair(Kind::or_or, 2u) : std::pair(Kind::bad, 1u);
    case ':': return {Kind::colon, 1};
    case ',': return {Kind::comma, 1};
    case '.': return {Kind::dot, 1};
    case '@': return {Kind::at, 1};
    case '/': return {Kind::slash, 1};
    case '*': return {Kind::star, 1};
    case '+': return {Kind::plus, 1};
    case '(': return {Kind::open_paren, 1};
    case ')': return {Kind::close_paren, 1};
    case '[': return {Kind::open_bracket, 1};
    case ']': return {Kind::close_bracket, 1};
    default: return {Kind::bad, 1};
  }
}

/// No value, shape or tuple contains these: an open bracket before one of them was forgotten.
bool never_in_brackets(Kind kind, bool starts_line) {
  if (kind == Kind::arrow || kind == Kind::fat_arrow || kind == Kind::kw_neuron) return true;
  return starts_line && kind > Kind::kw_neuron && kind < Kind::kw_true && kind != Kind::kw_in && kind != Kind::kw_out;
}

class Lexer {
 public:
  Lexer(std::uint32_t source, Reports& reports)
      : source_(source), text_(reports.sources()[source].text), reports_(reports) {}

  Words run() {
    if (is_a_source()) {
      words_.tokens.reserve(text_.size() / 4 + 16);
      if (text_.starts_with("\xef\xbb\xbf")) at_ = 3;
      while (at_ < text_.size() && words_.tokens.size() < kMaxTokens) line();
      if (at_ < text_.size()) {
        too_large(str("the source has more than ", kMaxTokens, " words"));
        words_ = {};
      } else {
        drop_doc();
        mark_continuations();
        strays_.report(text_, reports_);
      }
    }
    words_.lines.push_back({static_cast<std::uint32_t>(words_.tokens.size())});
    words_.tokens.push_back({Kind::end, size(), size(), static_cast<std::uint32_t>(words_.lines.size() - 1)});
    words_.partner.push_back(Words::kNoPartner);
    return std::move(words_);
  }

 private:
  std::uint32_t size() const { return static_cast<std::uint32_t>(text_.size()); }
  Span span(std::size_t begin, std::size_t end) const {
    return {source_, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)};
  }

  void too_large(std::string title) {
    reports_.error(codes::kTooLarge, std::move(title)).primary(span(0, 0)).help("split it into several files");
  }

  bool is_a_source() {
    if (text_.size() > kMaxBytes) {
      too_large(str("the source has ", text_.size() >> 20, " MiB; at most ", kMaxBytes >> 20, " MiB are read"));
      return false;
    }
    for (std::uint32_t i = 0; i < size();) {
      char32_t c = 0;
      const std::uint32_t length = detail::decode_utf8(text_.substr(i), c);
      if (length == 0 || c == 0) {
        reports_.error(codes::kInvalidEncoding, length == 0 ? "the source is not UTF-8" : "the source has a NUL byte")
            .primary(span(i, i + 1), length == 0 ? "this byte is no character" : "here")
            .help("save the file as plain text in UTF-8");
        return false;
      }
      i += length;
    }
    return true;
  }

  // One line, with its end.
  void line() {
    TextLine line{static_cast<std::uint32_t>(words_.tokens.size())};
    line_ = static_cast<std::uint32_t>(words_.lines.size());
    line_first_ = line.first;
    for (; at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t'); ++at_) {
      (text_[at_] == '\t' ? line.tabs : line.spaces) = true;
      line.column = text_[at_] == '\t' ? (line.column / 4 + 1) * 4 : line.column + 1;
    }
    while (at_ < text_.size() && text_[at_] != '\n') word();
    ++at_;
    if (words_.tokens.size() == line.first) return;
    if (words_.tokens[line.first].kind == Kind::kw_neuron) {
      line.doc = doc_;
      doc_ = -1;
    } else {
      drop_doc();
    }
    words_.lines.push_back(line);
  }

  void push(Kind kind, std::size_t begin, std::size_t end) {
    const auto index = static_cast<std::uint32_t>(words_.tokens.size());
    words_.tokens.push_back({kind, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end), line_});
    words_.partner.push_back(Words::kNoPartner);
    if (kind == Kind::open_paren || kind == Kind::open_bracket) {
      open_.push_back(index);
    } else if (kind == Kind::close_paren || kind == Kind::close_bracket) {
      close(kind, index);
    } else if (!open_.empty() && never_in_brackets(kind, index == line_first_)) {
      open_.clear();
    }
  }

  // A bracket of the other sort between both stays open; if there is no partner at all, nothing is closed.
  void close(Kind kind, std::uint32_t index) {
    const Kind wanted = kind == Kind::close_paren ? Kind::open_paren : Kind::open_bracket;
    for (std::size_t i = open_.size(), tries = 0; i > 0 && tries < 4; --i, ++tries) {  // further away is chance
      if (words_.tokens[open_[i - 1]].kind != wanted) continue;
      words_.partner[open_[i - 1]] = index;
      open_.resize(i - 1);
      return;
    }
  }

  void word() {
    const char c = text_[at_];
    if (c == ' ' || c == '\t' || (c == '\r' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n')) {
      ++at_;
    } else if (is_letter(c)) {
      name();
    } else if (is_digit(c) || (c == '.' && starts_fraction())) {
      number();
    } else if (c == '#') {
      comment();
    } else if (text_.substr(at_, 3) == "///") {
      doc_line();
    } else if (text_.substr(at_, 2) == "//") {
      strays_.add_slash_comment(span(at_, at_ + 2));
      skip_line();
    } else if (c == '`' || c == '"' || c == '\'') {
      string(c);
    } else if (is_high(c)) {
      foreign();
    } else {
      const auto [kind, length] = sign(text_.substr(at_));
      if (kind == Kind::bad) strays_.add(static_cast<unsigned char>(c), span(at_, at_ + 1));
      if (c != ';' && c != '\r') push(kind, at_, at_ + length);  // these two change nothing where they stand
      at_ += length;
    }
  }

  void skip_line() { at_ = std::min(text_.find('\n', at_), text_.size()); }

  // Returns its text.
  std::string_view comment() {
    const std::size_t begin = at_;
    skip_line();
    std::string_view text = text_.substr(begin, at_ - begin);
    text.remove_suffix(text.size() - 1 - text.find_last_not_of(" \t\r"));
    words_.comments.push_back({static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(begin + text.size()),
                               words_.tokens.size() == line_first_});
    return text;
  }

  void name() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_word(text_[at_])) ++at_;
    if (continues_as_foreign_word()) {
      foreign_word(begin);
    } else {
      push(word_kind(text_.substr(begin, at_ - begin)), begin, at_);
    }
  }

  // `.5`, but not the `.0` of `pair.0`.
  bool starts_fraction() const {
    if (at_ + 1 >= text_.size() || !is_digit(text_[at_ + 1])) return false;
    const bool attached = at_ > 0 && (is_word(text_[at_ - 1]) || text_[at_ - 1] == ')');
    return !attached;
  }

  void digits() {
    while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
  }

  void number() {
    const std::size_t begin = at_;
    const bool port = is_digit(text_[begin]) && begin > 0 && text_[begin - 1] == '.';  // the index in `pair.0`
    bool real = false;
    digits();
    if (!port && at_ < text_.size() && text_[at_] == '.') {
      real = true;
      ++at_;
      digits();
    }
    if (!port && at_ < text_.size() && (text_[at_] == 'e' || text_[at_] == 'E')) {
      std::size_t exponent = at_ + 1;
      if (exponent < text_.size() && (text_[exponent] == '+' || text_[exponent] == '-')) ++exponent;
      if (exponent < text_.size() && is_digit(text_[exponent])) {
        real = true;
        at_ = exponent;
        digits();
      }
    }
    if (at_ < text_.size() && is_word(text_[at_])) {
      while (at_ < text_.size() && is_word(text_[at_])) ++at_;
      reports_.error(codes::kInvalidNumber, "a number runs into a word")
          .primary(span(begin, at_), "neither a number nor a name")
          .help("names do not start with a digit; numbers are written `4096`, `0.5` or `1e-5`");
      push(Kind::bad, begin, at_);
      return;
    }
    push(real ? Kind::real : Kind::integer, begin, at_);
  }

  void string(char quote) {
    const std::size_t begin = at_++;
    while (at_ < text_.size() && text_[at_] != quote && text_[at_] != '\n') {
      const bool escape = quote != '`' && text_[at_] == '\\';
      if (escape) check_escape();
      at_ += escape ? 2 : 1;
    }
    at_ = std::min(at_, text_.size());
    if (at_ < text_.size() && text_[at_] == quote) {
      push(Kind::string, begin, ++at_);
      return;
    }
    std::size_t end = std::min(text_.find('\n', begin), text_.size());
    if (end > begin + 1 && text_[end - 1] == '\r') --end;
    reports_.error(codes::kInvalidString, "a string does not end on its line")
        .primary(span(begin, end), "starts here")
        .help(quote == '`' ? "close it with a back-tick" : str("close it with ", quote));
    at_ = end;
    push(Kind::bad, begin, end);
  }

  void check_escape() {
    const char c = at_ + 1 < text_.size() ? text_[at_ + 1] : '\n';
    if (c == '\n' || std::string_view("\\nt\"'").find(c) != std::string_view::npos) return;
    reports_.error(codes::kInvalidString, "a string has an unknown escape")
        .primary(span(at_, at_ + 2))
        .help("escapes are `\\\\`, `\\n`, `\\t`, `\\\"` and `\\'`; in back-ticks nothing is an escape");
  }

  // A look-alike is read as what it looks like, so that the rest of the line still makes sense.
  void foreign() {
    char32_t c = 0;
    const std::uint32_t length = detail::decode_utf8(text_.substr(at_), c);
    const LookAlike* alike = look_alike(c);
    if (alike == nullptr) {
      foreign_word(at_);
      return;
    }
    strays_.add(c, span(at_, at_ + length));
    const std::size_t begin = at_;
    at_ += length;
    if (alike->meant == "\"" || alike->meant == "'") {
      while (at_ < text_.size() && text_[at_] != '\n') {
        const std::uint32_t step = detail::decode_utf8(text_.substr(at_), c);
        const LookAlike* end = look_alike(c);
        at_ += step;
        if ((end != nullptr && end->meant == alike->meant) || text_[at_ - step] == alike->meant[0]) break;
      }
      push(Kind::string, begin, at_);
    } else if (alike->meant == "-" && at_ < text_.size() && text_[at_] == '>') {
      push(Kind::arrow, begin, ++at_);
    } else if (alike->meant != " ") {
      push(alike->meant.empty() ? Kind::bad : sign(alike->meant).first, begin, at_);
    }
  }

  bool continues_as_foreign_word() const {
    if (at_ >= text_.size() || !is_high(text_[at_])) return false;
    char32_t c = 0;
    detail::decode_utf8(text_.substr(at_), c);
    return look_alike(c) == nullptr;
  }

  void foreign_word(std::size_t begin) {
    char32_t first = 0;
    while (at_ < text_.size() && (is_word(text_[at_]) || continues_as_foreign_word())) {
      char32_t c = 0;
      at_ += detail::decode_utf8(text_.substr(at_), c);
      if (first == 0 && c >= 0x80) first = c;
    }
    strays_.add(first, span(begin, at_));
    push(Kind::bad, begin, at_);
  }

  void doc_line() {
    const std::size_t begin = at_;
    std::string_view text = comment().substr(3);
    if (text.starts_with(' ')) text.remove_prefix(1);
    if (words_.tokens.size() > 0 && words_.tokens.back().line == line_) {
      misplaced(span(begin, at_));
    } else if (doc_ < 0) {
      doc_ = static_cast<std::int32_t>(words_.docs.size());
      words_.docs.push_back({span(begin, at_), std::string(text)});
    } else {
      DocBlock& block = words_.docs.back();
      block.span.end = static_cast<std::uint32_t>(at_);
      block.text += '\n';
      block.text += text;
    }
  }

  // A block of `///` lines that turned out not to precede a neuron.
  void drop_doc() {
    if (doc_ < 0) return;
    misplaced(words_.docs[static_cast<std::size_t>(doc_)].span);
    doc_ = -1;
  }

  void misplaced(Span place) {
    place.end = static_cast<std::uint32_t>(std::min<std::size_t>(place.end, text_.find('\n', place.begin)));
    reports_.warning(codes::kMisplacedDoc, "a `///` comment does not precede a neuron")
        .primary(place, "is ignored here")
        .help("write `#` for a plain comment");
  }

  // A line that starts inside brackets has no place of its own in the layout: it is deeper than everything.
  void mark_continuations() {
    std::uint32_t reach = 0;
    std::size_t token = 0;
    for (std::uint32_t i = 0; i < words_.lines.size(); ++i) {
      TextLine& line = words_.lines[i];
      for (; token < line.first; ++token) {
        const std::uint32_t partner = words_.partner[token];
        if (partner != Words::kNoPartner) reach = std::max(reach, words_.tokens[partner].line);
      }
      if (i > 0 && i <= reach) line.column = TextLine::kContinuation;
    }
  }

  std::uint32_t source_;
  std::string_view text_;
  Reports& reports_;
  Words words_;
  Strays strays_;
  std::vector<std::uint32_t> open_;  // brackets, innermost last
  std::size_t at_ = 0;
  std::uint32_t line_ = 0;        // its index
  std::uint32_t line_first_ = 0;  // its first token
  std::int32_t doc_ = -1;         // the block of `///` lines that waits for its neuron
};

}  // namespace

Words lex(std::uint32_t source, Reports& reports) { return Lexer(source, reports).run(); }

}  // namespace neuro::ns
