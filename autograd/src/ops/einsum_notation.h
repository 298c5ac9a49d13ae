#pragma once
// The notation of einsum, parsed: "b i k, b k j -> b i j" says which axes of the operands and of the result are one.
#include <string>
#include <string_view>
#include <vector>

namespace neuro::einsum_notation {

/// One letter, or an ellipsis ('.'), and where it stands in the text.
struct Label {
  char name;
  std::size_t at;
};
inline constexpr char kEllipsis = '.';

/// The labels of one operand, or of the result, and where its text begins.
struct Term {
  std::vector<Label> labels;
  std::size_t at = 0;
  bool has(char name) const;
};

struct Equation {
  std::string text;
  std::vector<Term> operands;
  Term result;  ///< as written; else an ellipsis, if any, and the letters that occur once, in alphabetical order

  /// Throws Error(shape): `what`, the text, and a caret under the place.
  [[noreturn]] void fail(std::size_t at, const std::string& what) const;
};

/// Throws Error(shape) when `text` is not an equation.
Equation parse(std::string_view text);

}  // namespace neuro::einsum_notation
