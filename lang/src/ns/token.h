#pragma once
// The words of a source and the lines they stand on.
#include <cstdint>
#include <string>
#include <vector>

#include "neuro/source.h"

namespace neuro::ns {

enum class Kind : std::uint8_t {
  end,  ///< no more words (of this line, to a parser that stays on its line)
  bad,  ///< reported by the lexer; whoever meets it stops without a second report
  name,
  integer,
  real,
  string,
  // The reserved words. All other words with a meaning (context, lazy, wrap, ...) are names until the grammar asks.
  kw_neuron,
  kw_in,
  kw_out,
  kw_impl,
  kw_graph,
  kw_match,
  kw_where,
  kw_if,
  kw_elif,
  kw_else,
  kw_true,
  kw_false,
  // Signs.
  arrow,      // ->
  fat_arrow,  // =>
  assign,     // =
  colon,
  comma,
  dot,
  at,
  slash,
  star,
  plus,
  minus,
  equal,      // ==
  not_equal,  // !=
  less,
  greater,
  less_equal,
  greater_equal,
  and_and,  // &&
  or_or,    // ||
  open_paren,
  close_paren,
  open_bracket,
  close_bracket,
};

struct Token {
  Kind kind = Kind::end;
  std::uint32_t begin = 0, end = 0;  ///< bytes of the source
  std::uint32_t line = 0;            ///< index in Words::lines
};

/// A line that holds at least one word.
struct TextLine {
  static constexpr std::uint32_t kContinuation = 0xffffffffu;  ///< column of a line that starts inside brackets

  std::uint32_t first = 0;   ///< its first token
  std::uint32_t column = 0;  ///< of that token, from 0; a tab advances to the next multiple of 4
  bool tabs = false;         ///< the indentation has a tab
  bool spaces = false;       ///< the indentation has a space
  std::int32_t doc = -1;     ///< index in Words::docs of the `///` block above it
};

struct DocBlock {
  Span span;
  std::string text;
};

/// A `#` or `///` comment, without the white space at its end.
struct Comment {
  std::uint32_t begin = 0, end = 0;  ///< bytes of the source
  bool own_line = false;             ///< no word stands before it on its line
};

/// What the lexer makes of a source.
struct Words {
  static constexpr std::uint32_t kNoPartner = 0xffffffffu;

  std::vector<Token> tokens;  ///< ends with one Kind::end on a line of its own
  std::vector<TextLine> lines;
  std::vector<DocBlock> docs;
  std::vector<Comment> comments;  ///< also those of `docs`, line by line
  /// For an opening bracket, the token that closes it; kNoPartner for all others, and for brackets that stay open.
  std::vector<std::uint32_t> partner;
};

}  // namespace neuro::ns
