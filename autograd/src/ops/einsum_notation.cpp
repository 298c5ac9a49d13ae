#include "ops/einsum_notation.h"

#include <algorithm>
#include <map>

#include "neuro/error.h"
#include "neuro/str.h"

namespace neuro::einsum_notation {

bool Term::has(char name) const {
  return std::any_of(labels.begin(), labels.end(), [&](const Label& l) { return l.name == name; });
}

void Equation::fail(std::size_t at, const std::string& what) const {
  throw Error(ErrorCode::shape, str(what, "\n  ", text, "\n  ", std::string(at, ' '), "^"));
}

namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

class Parser {
 public:
  explicit Parser(std::string_view text) { equation_.text = text; }

  Equation run() {
    do {
      equation_.operands.push_back(expect_term());
    } while (skip(","));
    const bool written = skip("->");
    if (written) {
      equation_.result = expect_term();
      check_result();
    } else {
      equation_.result = implied_result();
    }
    if (peek() != '\0') {
      const char* hint =
          written && (peek() == ',' || peek() == '-') ? "` after the result" : "` is no label; labels are letters";
      fail(str("`", peek(), hint));
    }
    return std::move(equation_);
  }

 private:
  [[noreturn]] void fail(const std::string& what) { equation_.fail(at_, what); }

  char peek() {
    while (at_ < equation_.text.size() && equation_.text[at_] == ' ') ++at_;
    return at_ < equation_.text.size() ? equation_.text[at_] : '\0';
  }

  bool skip(std::string_view word) {
    peek();
    if (equation_.text.compare(at_, word.size(), word) != 0) return false;
    at_ += word.size();
    return true;
  }

  Term expect_term() {
    Term term;
    peek();
    term.at = at_;
    for (char c = peek(); is_letter(c) || c == '.'; c = peek()) {
      if (c == '.' && term.has(kEllipsis)) fail("a second ellipsis in one term");
      const std::size_t place = at_;
      if (c == '.' && !skip("...")) fail("an ellipsis has three points");
      if (c != '.') ++at_;
      term.labels.push_back({c, place});
    }
    return term;
  }

  void check_result() {
    const Term& result = equation_.result;
    for (std::size_t k = 0; k < result.labels.size(); ++k) {
      const auto [name, place] = result.labels[k];
      const auto same = [&, name = name](const Label& l) { return l.name == name; };
      const auto end = result.labels.begin() + static_cast<std::ptrdiff_t>(k);
      if (std::any_of(result.labels.begin(), end, same))
        equation_.fail(place, str("label `", name, "` occurs twice in the result"));
      const bool known = std::any_of(equation_.operands.begin(), equation_.operands.end(),
                                     [name = name](const Term& t) { return t.has(name); });
      if (!known && name != kEllipsis) equation_.fail(place, str("label `", name, "` of the result is in no operand"));
    }
  }

  Term implied_result() const {
    std::map<char, int> count;  // '.' comes before the letters
    for (const Term& term : equation_.operands) {
      for (const Label& label : term.labels) ++count[label.name];
    }
    Term result;
    for (const auto& [name, times] : count) {
      if (times == 1 || name == kEllipsis) result.labels.push_back({name, equation_.text.size()});
    }
    return result;
  }

  Equation equation_;
  std::size_t at_ = 0;
};

}  // namespace

Equation parse(std::string_view text) { return Parser(text).run(); }

}  // namespace neuro::einsum_notation
