// Layout: which lines belong together. Where lines are indented, columns say it. Where indentation was lost, the first
// words of a line do: a section, a connection, an arm, a branch.
#include "neuro/codes.h"
#include "ns/parser.h"

namespace neuro::ns {

Block Parser::body_of(std::uint32_t column, const Block& parent) const {
  Block block = parent;
  block.indented = in_block(parent) && this->column() > column;
  if (!block.indented) return block;
  block.end = line();
  while (block.end < parent.end && words_.lines[block.end].column > column) ++block.end;
  return block;
}

// The word `ahead` of the start of the line at the place; Kind::end behind the line.
Kind Parser::line_kind(std::uint32_t ahead) const {
  const Token& token = token_at(text_line().first + ahead);
  return token.line == line() ? token.kind : Kind::end;
}

bool Parser::starts_section() const {
  const auto word = [&](std::string_view wanted) {
    const Token& first = token_at(text_line().first);
    return text_.substr(first.begin, first.end - first.begin) == wanted;
  };
  switch (line_kind()) {
    case Kind::kw_graph:
    case Kind::kw_impl: return true;
    case Kind::kw_in:
    case Kind::kw_out:
      return line_kind(1) == Kind::colon || (line_kind(1) == Kind::name && line_kind(2) == Kind::colon) ||
             (line_kind(1) == Kind::star && line_kind(2) == Kind::name && line_kind(3) == Kind::colon);
    case Kind::name: return word("context") && line_kind(1) == Kind::colon && line_kind(2) != Kind::open_bracket;
    default: return false;
  }
}

// `word:` is no pipeline text: most likely a misspelt section.
bool Parser::looks_like_section() const {
  return starts_section() || (line_kind() == Kind::name && line_kind(1) == Kind::colon);
}

bool Parser::starts_connection() const {
  std::uint32_t next = 0;
  switch (line_kind()) {
    case Kind::kw_in:
    case Kind::kw_out:
    case Kind::name: {
      const bool port = line_kind(1) == Kind::dot && (line_kind(2) == Kind::name || line_kind(2) == Kind::integer);
      next = port ? 3 : 1;
      break;
    }
    case Kind::open_paren: {
      const std::uint32_t partner = words_.partner[text_line().first];
      if (partner == Words::kNoPartner || token_at(partner).line != line()) return false;
      next = partner + 1 - text_line().first;
      break;
    }
    default: return false;
  }
  return line_kind(next) == Kind::arrow || line_kind(next) == Kind::fat_arrow;
}

bool Parser::starts_contract_arm() const {
  return line_kind() == Kind::kw_in &&
         (line_kind(1) == Kind::open_bracket || (line_kind(1) == Kind::name && line_kind(2) == Kind::open_bracket));
}

// `neuron`, `use` and a global that is not a binding end a neuron even where indentation was lost.
bool Parser::starts_top_level() const {
  if (line_kind() == Kind::kw_neuron) return true;
  const Token& first = token_at(text_line().first);
  const Token& second = token_at(text_line().first + 1);
  if (line_kind() == Kind::name && line_kind(1) == Kind::name) return text(span_of(first)) == "use";
  return line_kind() == Kind::at && line_kind(1) == Kind::name && text(span_of(second)) == "global" &&
         line_kind(2) == Kind::name && line_kind(3) == Kind::assign;
}

bool Parser::ends_flat_items(bool of_connection, bool after_arrow) const {
  switch (line_kind()) {
    case Kind::kw_elif:
    case Kind::kw_else:
    case Kind::open_bracket: return true;
    case Kind::arrow: return !of_connection;
    default: break;
  }
  if (looks_like_section() || starts_contract_arm()) return true;
  return !after_arrow && starts_connection();
}

void Parser::skip_deeper(std::uint32_t column, const Block& block) {
  while (in_block(block) && this->column() > column) {
    enter_line();
    next_line();
  }
}

void Parser::recover(std::uint32_t column, const Block& block) {
  next_line();
  if (block.indented) {
    const auto goes_on = [&] {
      const Kind first = line_kind();
      return first == Kind::arrow || first == Kind::fat_arrow || first == Kind::kw_elif || first == Kind::kw_else;
    };
    skip_deeper(column, block);
    while (in_block(block) && goes_on()) {
      enter_line();
      next_line();
      skip_deeper(column, block);
    }
    return;
  }
  while (in_block(block) && !looks_like_section() && !starts_connection()) {
    enter_line();
    next_line();
  }
}

void Parser::unexpected_indent(std::string_view help) {
  const Token& first = token_at(text_line().first);
  reports()
      .error(codes::kUnexpectedIndent, "a line is indented deeper than the one above it")
      .primary(span_of(first), "nothing above opens a block here")
      .help(std::string(help));
}

}  // namespace neuro::ns
