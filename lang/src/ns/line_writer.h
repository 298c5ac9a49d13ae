#pragma once
// Lines of a formatted source: words with the space between them, comments at their place, brackets broken over lines
// where a line would be too long. Which words make up a line is for the caller (format.cpp) to say.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ns/token.h"

namespace neuro::ns {

/// What stands between a line and the one before it.
enum class Gap {
  none,    ///< no blank line
  keep,    ///< a blank line where the source has some, but not at the start of a block
  always,  ///< a blank line
};

/// Takes the words of a source one after another. Comments need no attention: each is written where the words around it
/// are, at the end of a line or on a line of its own as in the source.
class LineWriter {
 public:
  static constexpr std::uint32_t kWidth = 100;  // columns that a line has

  LineWriter(std::string_view text, const Words& words) : text_(text), words_(words) {}

  // ---- The line that is being put together
  /// No line starts with an arrow of the source: those that stand here are left out.
  void start(std::uint32_t indent, Gap gap = Gap::keep);
  void end();

  const Token& next() const { return words_.tokens[token_]; }
  std::uint32_t next_index() const { return token_; }
  void take();
  /// All words that start before that byte.
  void take_until(std::uint32_t byte);
  /// Leaves out the arrows before that byte, or before the next other word.
  void skip_arrows(std::uint32_t byte);
  /// An arrow, whether or not the source has one here.
  void put_arrow();
  /// The words up to that byte are a path: no space stands between them.
  void take_path(std::uint32_t byte);

  /// Whether the line needs no break: it is short enough, and no comment stands between its words.
  bool fits();
  struct Mark {
    std::uint32_t token;
    std::size_t pieces;
  };
  Mark mark() const { return {token_, line_.size()}; }
  void rewind(const Mark& mark);

  /// The text, after the last line.
  std::string finish() &&;

 private:
  struct Piece {
    Kind kind = Kind::end;
    std::uint32_t begin = 0, end = 0;  ///< bytes of the source; both the same for an arrow that is not there
    bool path = false;
    bool sign = false;           ///< a minus or a star that belongs to what follows
    bool space = false;          ///< one stands before it
    std::uint32_t comments = 0;  ///< that stand before it, within the line
    std::size_t partner = 0;     ///< of an opening bracket: the piece that closes it
    std::uint32_t width = 0;     ///< columns from the start of the line to its end, if the line is not broken
  };
  /// A line of the source that encloses others.
  struct Level {
    std::uint32_t column, indent;  ///< in the source, and here
  };

  void add(Kind kind, std::uint32_t begin, std::uint32_t end, bool path);
  std::string_view text_of(const Piece& piece) const;
  bool ends_operand(const Piece& piece) const;
  bool is_word_operator(const Piece& piece) const;
  void measure();
  void count_comments();
  void set_spaces();
  bool space_before(std::size_t index, bool in_brackets, bool tight) const;

  void write(std::size_t begin, std::size_t end, std::uint32_t indent);
  void write_broken(std::size_t open, std::uint32_t indent);
  void write_piece(const Piece& piece, std::uint32_t indent);
  bool stays_flat(std::size_t open, std::size_t end) const;
  void break_before(std::size_t index, std::uint32_t indent);
  void put_inner_comments(Piece& piece, std::uint32_t indent);
  void put_leading_comments(std::uint32_t before, std::uint32_t column);
  void put_own_line(const Comment& comment, std::uint32_t indent);
  void new_line(bool blank);

  std::string_view text_of(const Comment& comment) const {
    return text_.substr(comment.begin, comment.end - comment.begin);
  }
  std::uint32_t indent_of(const Comment& comment, std::uint32_t column) const;
  std::uint32_t column_of(const Comment& comment) const;
  std::uint32_t column_of_line(std::uint32_t token_line);
  bool blank_before(std::uint32_t byte) const;

  std::string_view text_;
  const Words& words_;
  std::uint32_t token_ = 0;    // the next one to take
  std::uint32_t comment_ = 0;  // the next one to write
  std::uint32_t known_line_ = 0, known_column_ = 0;

  std::vector<Piece> line_;
  std::uint32_t indent_ = 0;
  std::uint32_t source_line_ = 0;  // where the line starts
  Gap gap_ = Gap::none;

  std::string out_;            // without the end of its last line
  std::vector<Level> levels_;  // the lines that the last one lies in and itself, outermost first
  std::uint32_t column_ = 0;   // where the last line of out_ ends
  bool fresh_ = true;          // nothing is on it yet
  bool may_trail_ = false;     // a comment may follow on it
  bool after_doc_ = false;     // it is a `///` comment
  bool after_comment_ = false;
};

}  // namespace neuro::ns
