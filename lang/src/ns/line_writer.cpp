#include "ns/line_writer.h"

#include <algorithm>
#include <utility>

namespace neuro::ns {
namespace {

bool opens(Kind kind) { return kind == Kind::open_paren || kind == Kind::open_bracket; }
bool closes(Kind kind) { return kind == Kind::close_paren || kind == Kind::close_bracket; }

bool is_operator(Kind kind) {
  switch (kind) {
    case Kind::slash:
    case Kind::star:
    case Kind::plus:
    case Kind::minus: return true;
    default: return kind >= Kind::equal && kind <= Kind::or_or;
  }
}

std::uint32_t columns_of(std::string_view text) {
  return static_cast<std::uint32_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0u) != 0x80u; }));
}

}  // namespace

// ---- Taking words

void LineWriter::start(std::uint32_t indent, Gap gap) {
  line_.clear();
  indent_ = indent;
  gap_ = gap;
  skip_arrows(static_cast<std::uint32_t>(text_.size()));
}

void LineWriter::add(Kind kind, std::uint32_t begin, std::uint32_t end, bool path) {
  if (line_.empty()) source_line_ = next().line;
  Piece& piece = line_.emplace_back();
  piece.kind = kind;
  piece.begin = begin;
  piece.end = end;
  piece.path = path;
}

void LineWriter::take() {
  add(next().kind, next().begin, next().end, false);
  ++token_;
}

void LineWriter::take_until(std::uint32_t byte) {
  while (next().begin < byte && next().kind != Kind::end) take();
}

void LineWriter::take_path(std::uint32_t byte) {
  for (; next().begin < byte && next().kind != Kind::end; ++token_) add(next().kind, next().begin, next().end, true);
}

void LineWriter::skip_arrows(std::uint32_t byte) {
  while (next().begin < byte && next().kind == Kind::arrow) ++token_;
}

void LineWriter::put_arrow() {
  const std::uint32_t place = line_.empty() ? next().begin : line_.back().end;
  add(Kind::arrow, place, place, false);
}

void LineWriter::rewind(const Mark& mark) {
  token_ = mark.token;
  line_.resize(mark.pieces);
}

// ---- Spaces and widths

std::string_view LineWriter::text_of(const Piece& piece) const {
  return piece.begin == piece.end ? std::string_view("->") : text_.substr(piece.begin, piece.end - piece.begin);
}

bool LineWriter::is_word_operator(const Piece& piece) const {
  if (piece.kind != Kind::name) return false;
  const std::string_view word = text_of(piece);
  return word == "and" || word == "or" || word == "not";
}

bool LineWriter::ends_operand(const Piece& piece) const {
  switch (piece.kind) {
    case Kind::name: return !is_word_operator(piece);
    case Kind::integer:
    case Kind::real:
    case Kind::string:
    case Kind::kw_true:
    case Kind::kw_false:
    case Kind::close_paren:
    case Kind::close_bracket: return true;
    default: return false;
  }
}

// `tight`: inside `h=d/k` of a reshape, where nothing stands around operators.
bool LineWriter::space_before(std::size_t index, bool in_brackets, bool tight) const {
  const Piece &piece = line_[index], &before = line_[index - 1];
  if (piece.path && before.path) return false;
  if (opens(before.kind) || before.sign || before.kind == Kind::dot || before.kind == Kind::at) return false;
  if (closes(piece.kind)) return false;
  switch (piece.kind) {
    case Kind::comma:
    case Kind::dot:
    case Kind::colon: return false;
    case Kind::open_paren:
      if (before.kind == Kind::kw_match || (before.kind == Kind::name && !is_word_operator(before))) return false;
      break;
    default: break;
  }
  if (piece.kind == Kind::assign || before.kind == Kind::assign) {
    // `a=1` in brackets, but `a: T = 1` and, outside of them, `a = F()`.
    const std::size_t name = index - (piece.kind == Kind::assign ? 1 : 2);
    return !in_brackets || (name > 0 && line_[name - 1].kind == Kind::colon);
  }
  return !tight || !(is_operator(piece.kind) || is_operator(before.kind));
}

void LineWriter::set_spaces() {
  struct Group {
    std::size_t open;
    bool square, tight;
  };
  std::vector<Group> groups;
  for (std::size_t i = 0; i < line_.size(); ++i) {
    Piece& piece = line_[i];
    const bool tight = !groups.empty() && groups.back().tight;
    const bool operand = i > 0 && ends_operand(line_[i - 1]);
    piece.sign = (piece.kind == Kind::minus || piece.kind == Kind::star) && !operand && !piece.path;
    piece.space = i > 0 && space_before(i, !groups.empty(), tight);
    if (opens(piece.kind)) {
      groups.push_back({i, piece.kind == Kind::open_bracket, tight});
    } else if (closes(piece.kind) && !groups.empty()) {
      line_[groups.back().open].partner = i;
      groups.pop_back();
    } else if (!groups.empty() && groups.back().square && piece.kind == Kind::assign) {
      groups.back().tight = true;
    } else if (!groups.empty() && piece.kind == Kind::comma) {
      groups.back().tight = groups.size() > 1 && groups[groups.size() - 2].tight;
    }
  }
}

// A comment before a comma is written after it.
void LineWriter::count_comments() {
  const std::vector<Comment>& comments = words_.comments;
  std::uint32_t at = comment_;
  for (std::size_t i = 0; i < line_.size(); ++i) {
    line_[i].comments = 0;
    if (line_[i].kind == Kind::comma) continue;
    const std::uint32_t before = at;
    while (at < comments.size() && comments[at].begin < line_[i].begin) ++at;
    if (i > 0) line_[i].comments = at - before;
  }
}

void LineWriter::measure() {
  count_comments();
  set_spaces();
  std::uint32_t width = indent_;
  for (Piece& piece : line_) piece.width = width += columns_of(text_of(piece)) + (piece.space ? 1 : 0);
}

bool LineWriter::fits() {
  measure();
  return line_.back().width <= kWidth &&
         std::all_of(line_.begin(), line_.end(), [](const Piece& piece) { return piece.comments == 0; });
}

// ---- Writing

void LineWriter::end() {
  measure();
  const std::uint32_t column = column_of_line(source_line_);
  const bool opened = !levels_.empty() && indent_ > levels_.back().indent;  // the first line of a block
  put_leading_comments(line_.front().begin, column);
  const bool wanted = gap_ == Gap::always || (gap_ == Gap::keep && blank_before(line_.front().begin));
  new_line(wanted && !after_doc_ && (after_comment_ || !opened));
  write(0, line_.size(), indent_);
  while (!levels_.empty() && levels_.back().indent >= indent_) levels_.pop_back();
  levels_.push_back({column, indent_});
  may_trail_ = true;
  after_comment_ = after_doc_ = false;
  line_.clear();
}

std::string LineWriter::finish() && {
  start(0, Gap::keep);
  put_leading_comments(static_cast<std::uint32_t>(text_.size()) + 1, 0);
  if (!out_.empty()) out_ += '\n';
  return std::move(out_);
}

void LineWriter::new_line(bool blank) {
  if (!out_.empty()) out_ += blank ? "\n\n" : "\n";
  column_ = 0;
  fresh_ = true;
}

void LineWriter::write_piece(const Piece& piece, std::uint32_t indent) {
  const std::string_view text = text_of(piece);
  if (fresh_) {
    out_.append(indent, ' ');
    column_ = indent;
  } else if (piece.space) {
    out_ += ' ';
    ++column_;
  }
  fresh_ = false;
  out_ += text;
  column_ += columns_of(text);
}

// The words up to the next bracket that could be broken belong to what must fit.
bool LineWriter::stays_flat(std::size_t open, std::size_t end) const {
  const std::size_t close = line_[open].partner;
  for (std::size_t i = open + 1; i <= close; ++i) {
    if (line_[i].comments > 0) return false;
  }
  std::size_t last = close;
  while (last + 1 < end && !opens(line_[last].kind)) ++last;
  return column_ + line_[last].width - line_[open].width <= kWidth;
}

void LineWriter::write(std::size_t begin, std::size_t end, std::uint32_t indent) {
  std::size_t flat_until = begin;
  for (std::size_t i = begin; i < end; ++i) {
    put_inner_comments(line_[i], indent);
    write_piece(line_[i], indent);
    if (i < flat_until || !opens(line_[i].kind)) continue;
    if (stays_flat(i, end)) {
      flat_until = line_[i].partner;
    } else if (line_[i].partner > i + 1 || line_[i + 1].comments > 0) {
      write_broken(i, indent);
      i = line_[i].partner;
    }
  }
}

// What is in brackets, an element a line, and the closing bracket.
void LineWriter::write_broken(std::size_t open, std::uint32_t indent) {
  const std::size_t close = line_[open].partner;
  for (std::size_t begin = open + 1; begin < close;) {
    std::size_t end = begin;
    while (end < close && line_[end].kind != Kind::comma)
      end = opens(line_[end].kind) ? line_[end].partner + 1 : end + 1;
    if (end < close) ++end;
    break_before(begin, indent + 2);
    write(begin, end, indent + 2);
    begin = end;
  }
  break_before(close, indent + 2);
  write_piece(line_[close], indent);
}

void LineWriter::break_before(std::size_t index, std::uint32_t indent) {
  put_inner_comments(line_[index], indent);
  if (!fresh_) new_line(false);
}

// ---- Comments

void LineWriter::put_inner_comments(Piece& piece, std::uint32_t indent) {
  for (; piece.comments > 0; --piece.comments) {
    const Comment& comment = words_.comments[comment_++];
    if (comment.own_line || fresh_) {
      if (!fresh_) new_line(false);
      out_.append(indent, ' ');
    } else {
      out_ += "  ";
    }
    out_ += text_of(comment);
    new_line(false);
  }
}

void LineWriter::put_leading_comments(std::uint32_t before, std::uint32_t column) {
  for (; comment_ < words_.comments.size() && words_.comments[comment_].begin < before; ++comment_) {
    const Comment& comment = words_.comments[comment_];
    if (!comment.own_line && may_trail_) {
      out_ += "  ";
      out_ += text_of(comment);
      may_trail_ = false;
    } else {
      put_own_line(comment, indent_of(comment, column));
    }
  }
}

void LineWriter::put_own_line(const Comment& comment, std::uint32_t indent) {
  const bool opened = !after_comment_ && !levels_.empty() && indent > levels_.back().indent;
  bool blank = blank_before(comment.begin) && !opened;
  if (gap_ == Gap::always && indent <= indent_) {
    gap_ = Gap::keep;
    blank = true;
  }
  new_line(blank);
  out_.append(indent, ' ');
  out_ += text_of(comment);
  fresh_ = may_trail_ = false;
  after_comment_ = true;
  after_doc_ = text_of(comment).starts_with("///");
}

// A comment that is deeper than the line below it belongs to the block that ends there, as far as its column says.
std::uint32_t LineWriter::indent_of(const Comment& comment, std::uint32_t column) const {
  const std::uint32_t own = column_of(comment);
  std::uint32_t indent = indent_;
  if (own <= column) return indent;
  for (std::size_t i = levels_.size(); i > 0 && levels_[i - 1].indent > indent_; --i) {
    indent = levels_[i - 1].indent;
    if (levels_[i - 1].column <= own) break;
  }
  return indent;
}

// ---- The source

std::uint32_t LineWriter::column_of(const Comment& comment) const {
  const std::size_t newline = text_.rfind('\n', comment.begin);
  std::uint32_t column = 0;
  for (std::size_t i = newline == std::string_view::npos ? 0 : newline + 1; i < comment.begin; ++i) {
    column = text_[i] == '\t' ? (column / 4 + 1) * 4 : column + 1;
  }
  return column;
}

// A line that starts inside brackets stands where their first line does.
std::uint32_t LineWriter::column_of_line(std::uint32_t token_line) {
  if (token_line == known_line_ && token_line > 0) return known_column_;
  known_line_ = token_line;
  while (token_line > 0 && words_.lines[token_line].column == TextLine::kContinuation) --token_line;
  return known_column_ = words_.lines[token_line].column;
}

bool LineWriter::blank_before(std::uint32_t byte) const {
  int line_ends = 0;
  for (std::size_t i = byte; i > 0 && line_ends < 2; --i) {
    const char c = text_[i - 1];
    if (c != ' ' && c != '\t' && c != '\r' && c != '\n') break;
    line_ends += c == '\n' ? 1 : 0;
  }
  return line_ends == 2;
}

}  // namespace neuro::ns
