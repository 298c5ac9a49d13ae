#pragma once
// Random sources that use the whole grammar, in random layouts: widths of indentation, tabs, one-line and indented
// forms, blank lines, comments wherever a line may end. They parse; what they name does not exist.
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "neuro/str.h"

namespace neuro::ns {

class RandomSource {
 public:
  explicit RandomSource(std::uint32_t seed) : random_(seed) {}

  std::string program() {
    step_ = pick<std::string>({" ", "  ", "  ", "   ", "    ", "\t", "        "});
    comments_ = chance(70);
    for (int i = below(3); i > 0; --i) top_level();
    for (int i = 1 + below(3); i > 0; --i) {
      neuron(i);
      if (chance(20)) top_level();
    }
    if (comments_ && chance(20)) out_ += comment();
    return out_;
  }
  /// The comments of the program, in order.
  const std::vector<std::string>& comments() const { return written_; }

 private:
  int below(int n) { return static_cast<int>(random_() % static_cast<std::uint32_t>(n)); }
  bool chance(int percent) { return below(100) < percent; }
  template <class T>
  T pick(std::vector<T> of) {
    return of[static_cast<std::size_t>(below(static_cast<int>(of.size())))];
  }

  // ---- Layout

  std::string comment() {
    const std::string mark = pick<std::string>({"# ", "#", "#\t", "# # "});
    written_.push_back(str(mark, "note ", written_.size(), chance(10) ? " \xc3\xbc \xe2\x86\x92" : ""));
    return written_.back();
  }
  /// White space that may be missing; in brackets also ends of lines.
  std::string gap() {
    if (brackets_ > 0 && chance(8)) {
      std::string out = comments_ && chance(40) ? str(" ", comment(), "\n") : "\n";
      if (chance(20)) out += "\n";
      if (comments_ && chance(20)) out += str("   ", comment(), "\n");
      return out + std::string(static_cast<std::size_t>(below(12)), ' ');
    }
    return pick<std::string>({"", "", "", " ", "  ", "\t"});
  }
  std::string space() { return pick<std::string>({" ", " ", " ", "  ", "\t"}); }
  template <class Item>
  std::string list(char open, char close, int items, Item&& item) {
    ++brackets_;
    std::string out(1, open);
    out += gap();
    for (int i = 0; i < items; ++i) {
      if (i > 0) out += str(gap(), ",", gap());
      out += item();
    }
    out += gap();
    --brackets_;
    return out + close;
  }
  std::string indent(int depth) {
    std::string out;
    for (int i = 0; i < depth; ++i) out += step_;
    return out;
  }
  void line(int depth, const std::string& text) {
    while (chance(12)) out_ += chance(20) ? "  \n" : "\n";
    out_ += str(indent(depth), text, gap());
    if (comments_ && chance(15)) out_ += str(" ", comment());
    out_ += "\n";
    while (comments_ && chance(10)) out_ += str(indent(below(depth + 2)), comment(), "\n");
  }

  // ---- Words

  std::string name() {
    return pick<std::string>({"a", "b", "dim", "heads", "x_1", "batch", "context", "lazy", "static", "global", "wrap",
                              "external", "use", "index", "_x", "reduce", "Q", "lambda"});
  }
  std::string callee() { return pick<std::string>({"Linear", "GELU", "Block", "Conv2d", "f", "Freezer", "wrap"}); }
  std::string binding() { return pick<std::string>({"stack", "left", "right", "norm", "q", "global", "context"}); }
  std::string number() {
    return pick<std::string>(
        {"0", "1", "42", "007", "9223372036854775807", "1.5", ".5", "5.", "1e-5", "2E10", "1.25e+3"});
  }
  std::string text() {
    return pick<std::string>({"`raw \\ text`", "\"a \\\"quoted\\\" word\"", "'it\\'s'", "\"# no comment\"", "''",
                              "\"\xc3\xbcn\xc3\xaf\"", "'a long text that makes its line longer than others are'"});
  }

  // ---- Values and shapes

  std::string value(int depth) {
    std::string out = conjunction(depth);
    while (depth > 0 && chance(6))
      out += str(space(), pick<std::string>({"or", "||"}), space(), conjunction(depth - 1));
    return out;
  }
  std::string conjunction(int depth) {
    std::string out = comparison(depth);
    while (depth > 0 && chance(6))
      out += str(space(), pick<std::string>({"and", "&&"}), space(), comparison(depth - 1));
    return out;
  }
  std::string comparison(int depth) {
    if (depth > 0 && chance(5)) return str("not ", gap(), comparison(depth - 1));
    const std::string left = sum(depth);
    if (depth == 0 || !chance(12)) return left;
    return str(left, gap(), pick<std::string>({"==", "!=", "<", ">", "<=", ">="}), gap(), sum(depth - 1));
  }
  std::string sum(int depth) {
    std::string out = product(depth);
    while (depth > 0 && chance(10)) out += str(gap(), pick<std::string>({"+", "-"}), gap(), product(depth - 1));
    return out;
  }
  std::string product(int depth) {
    std::string out = atom(depth);
    while (depth > 0 && chance(10)) out += str(gap(), pick<std::string>({"*", "/ "}), gap(), atom(depth - 1));
    return out;
  }
  std::string atom(int depth) {
    switch (below(depth > 0 ? 16 : 9)) {
      case 0:
      case 1: return number();
      case 2: return str("-", gap(), number());
      case 3: return text();
      case 4: return pick<std::string>({"true", "false", "True", "False"});
      case 5: return str("@global ", name());
      case 6: return "@index";
      case 7:
      case 8: return name();
      case 9: return list('[', ']', below(4), [&] { return value(depth - 1); });
      case 10: return str("(", value(depth - 1), ",", ")");
      case 11: return list('(', ')', 2 + below(2), [&] { return value(depth - 1); });
      case 12: return list('(', ')', 1, [&] { return value(depth - 1); });
      case 13: return str("-", gap(), name());
      default: return call(depth - 1);
    }
  }
  std::string arguments(int depth, int least = 0) {
    return list('(', ')', least + below(4),
                [&] { return chance(30) ? str(name(), gap(), "=", gap(), value(depth)) : value(depth); });
  }
  std::string call(int depth) { return str(callee(), gap_before_bracket(), arguments(depth)); }
  std::string gap_before_bracket() { return chance(10) ? " " : ""; }
  std::string module(int depth) {
    if (depth > 0 && chance(15)) return str("Freeze(", module(depth - 1), ")");
    if (chance(10)) return str("@global ", name());
    return chance(15) ? name() : call(2);
  }

  std::string dim(int depth) {
    switch (below(depth > 0 ? 8 : 4)) {
      case 0: return pick<std::string>({"1", "32", "512"});
      case 1:
      case 2: return name();
      case 3: return str("@global ", name());
      case 4: return str("(", gap(), dim(depth - 1), gap(), ")");
      default: return str(dim(depth - 1), gap(), pick<std::string>({"+", "-", "*", "/ "}), gap(), dim(depth - 1));
    }
  }
  std::string shape() {
    bool first = true;
    return list('[', ']', below(5), [&] {
      const bool lead = std::exchange(first, false);
      if (lead && chance(40)) return chance(50) ? std::string("*") : str("*", gap(), name());
      return chance(15) ? pick<std::string>({"_", "*"}) : dim(2);
    });
  }
  std::string reshape() {
    std::string out = "=>" + gap();
    if (chance(30)) {
      const std::string strategy = chance(50) ? pick<std::string>({"mean", "sum", "copy"}) : call(1);
      out += str("@", pick<std::string>({"reduce", "repeat"}), "(", gap(), strategy, ")", gap());
    }
    return out + list('[', ']', below(5), [&] {
             if (chance(15)) return std::string("others");
             return chance(30) ? str(name(), gap(), "=", gap(), dim(2)) : dim(2);
           });
  }

  // ---- Graphs

  std::string reference() {
    const std::string word = chance(20) ? pick<std::string>({"in", "out"}) : name();
    return chance(15) ? str(word, ".", pick<std::string>({"0", "1", "left", "out"})) : word;
  }
  /// A step that others may follow on its line.
  std::string simple_step(bool first) {
    switch (below(first ? 7 : 9)) {
      case 0:
      case 1: return reference();
      case 2: return list('(', ')', 1 + below(3), [&] { return reference(); });
      case 3: return chance(50) ? str("Freeze(", module(1), ")") : str("@global ", name());
      case 4:
        return str("@wrap(", gap(), callee(), chance(50) ? str(", ", value(1), ")") : ")", gap(), ":", gap(), name());
      case 5:
      case 6: return call(2);
      default: return reshape();
    }
  }
  std::string steps(int n, bool first) {
    std::string out = simple_step(first);
    for (int i = 1; i < n; ++i) {
      const std::string next = simple_step(false);
      out += str(gap(), next.starts_with("=>") && chance(50) ? "" : "->", gap(), next);
    }
    return out;
  }
  std::string guard() { return chance(25) ? str(space(), "where ", value(2)) : ""; }

  /// One line that ends with `if`, `@wrap` of a pipeline or nothing.
  std::string one_line_body(int depth) {
    const std::string arrow = chance(10) ? "-> " : "";
    if (depth > 0 && chance(20)) return str(arrow, one_line_if(depth - 1));
    if (depth > 0 && chance(10)) return str(arrow, steps(1, true), " -> @wrap(F, 2): -> ", steps(1 + below(2), true));
    return str(arrow, steps(1 + below(3), arrow.empty() ? false : true));
  }
  std::string one_line_if(int depth) {
    std::string out = str("if ", value(2), gap(), ":", gap(), one_line_body(depth));
    while (chance(15)) out += str(" elif ", value(1), ":", gap(), one_line_body(depth));
    if (chance(60)) out += str(" else", gap(), ":", gap(), one_line_body(depth));
    return out;
  }
  void body(int column, const std::string& header, int depth) {
    if (chance(50)) {
      line(column, str(header, gap(), one_line_body(1)));
    } else {
      line(column, header);
      items(column + 1, depth);
    }
  }
  /// Text that ends in `match`, `if` or `@wrap`, with what stands below it.
  void compound(int column, const std::string& before, int depth) {
    switch (below(4)) {
      case 0:
        line(column, str(before, "match", gap(), ":", chance(70) ? " ->" : ""));
        for (int i = 1 + below(3); i > 0; --i) body(column + 1, str(shape(), guard(), gap(), ":"), depth - 1);
        break;
      case 1:
        line(column, str(before, "match(", gap(), name(), gap(), "):", chance(20) ? " ->" : ""));
        for (int i = 1 + below(2); i > 0; --i) {
          const std::string in = chance(30) ? str("in ", name(), " ") : "in ";
          const std::string out = chance(30) ? str("out ", name(), " ") : "out ";
          body(column + 1, str(in, shape(), gap(), "->", gap(), out, shape(), guard(), ":"), depth - 1);
        }
        break;
      case 2:
        body(column, str(before, "if ", value(2), gap(), ":"), depth - 1);
        while (chance(20)) body(column, str("elif ", value(2), ":"), depth - 1);
        if (chance(60)) body(column, str("else", gap(), ":"), depth - 1);
        break;
      default: line(column, str(before, "@wrap(", callee(), ", ", value(2), "): ->")); items(column + 1, depth - 1);
    }
  }
  void items(int column, int depth) {
    for (int i = 1 + below(4); i > 0; --i) {
      const std::string arrow = chance(8) ? "-> " : "";
      if (depth > 0 && chance(25)) {
        compound(column, arrow + (chance(20) ? steps(1, true) + " -> " : ""), depth);
      } else if (chance(10)) {
        line(column, arrow + one_line_if(1));
      } else {
        line(column, str(arrow, steps(1 + (chance(15) ? below(3) : 0), !arrow.empty()), chance(15) ? " ->" : ""));
      }
    }
  }
  void connection(int column) {
    switch (below(7)) {
      case 0:
      case 1: line(column, str(steps(1, true), " -> ", steps(1 + below(4), true))); break;
      case 2:
        line(column, str(steps(1 + below(2), true), gap(), "->"));
        items(column + 1, 2);
        break;
      case 3: compound(column, str(steps(1 + below(2), true), " -> "), 2); break;
      case 4:
        compound(column, "", 1);
        for (int i = 1 + below(2); i > 0; --i) line(column, str("-> ", steps(1 + below(2), true)));
        break;
      case 5:
        line(column, str(steps(1, true), " ", reshape()));
        items(column + 1, 1);
        break;
      default: line(column, str(steps(1, true), " -> ", one_line_if(1)));
    }
  }

  // ---- Neurons

  void context_item(int column) {
    if (chance(20)) {
      line(column, str(binding(), gap(), "=", gap(), "unroll(", gap(), value(1), gap(), "):"));
      for (int i = 1 + below(3); i > 0; --i) line(column + 1, one_binding());
    } else {
      line(column, one_binding());
    }
  }
  std::string one_binding() {
    const std::string kind = chance(35) ? pick<std::string>({"@lazy ", "@static ", "@global "}) : "";
    return str(kind, binding(), gap(), "=", gap(), module(2));
  }
  void ports(const std::string& keyword) {
    switch (below(4)) {
      case 0: line(1, str(keyword, gap(), ":", gap(), shape())); break;
      case 1: line(1, str(keyword, " ", keyword == "in" && chance(30) ? "*" : "", name(), ":", gap(), shape())); break;
      case 2: line(1, str(keyword, ": ", name(), ": ", shape())); break;
      default:
        line(1, keyword + ":");
        for (int i = 1 + below(3); i > 0; --i) line(2, str(name(), gap(), ":", gap(), shape()));
    }
  }
  std::string param() {
    std::string out = name();
    if (chance(30)) out += str(gap(), ":", gap(), pick<std::string>({"Neuron", "NeuronType", "int"}));
    if (chance(40)) out += str(gap(), "=", gap(), value(1));
    return out;
  }
  void doc() {
    for (int i = below(3); i > 0; --i) {
      const std::string lead = pick<std::string>({"/// ", "///", "/// # "});
      written_.push_back(str(lead, "doc ", written_.size()));
      out_ += str(written_.back(), chance(10) ? "  \n" : "\n");
      if (chance(10)) out_ += "\n";
    }
  }
  void neuron(int number) {
    while (chance(30)) out_ += "\n";
    if (comments_ && chance(20)) out_ += comment() + "\n";
    if (comments_ || chance(50)) doc();
    const std::string params = chance(70) ? list('(', ')', below(5), [&] { return param(); }) : "";
    line(0, str("neuron", space(), "N", number, gap_before_bracket(), params, gap(), ":"));
    bool impl = false;
    for (int i = below(6); i > 0; --i) {
      switch (below(6)) {
        case 0: ports("in"); break;
        case 1: ports("out"); break;
        case 2:
          if (chance(20)) {
            line(1, str("context:", space(), one_binding()));
          } else {
            line(1, str("context", gap(), ":"));
          }
          if (chance(80)) {
            for (int n = 1 + below(3); n > 0; --n) context_item(2);
          }
          break;
        case 3:
          if (std::exchange(impl, true)) break;
          line(1, str("impl:", gap(),
                      chance(50) ? pick<std::string>({"core,nn/Linear", "my-own-package , a / * / in", "core,*"})
                                 : str("external", gap_before_bracket(), arguments(2))));
          break;
        default:
          if (chance(15)) {
            line(1, str("graph:", space(), steps(1, true), " -> ", steps(1 + below(3), true)));
          } else {
            line(1, str("graph", gap(), ":"));
            for (int n = below(4); n > 0; --n) connection(2);
          }
      }
    }
  }
  void top_level() {
    line(0, chance(50) ? str("use ", pick<std::string>({"core,nn/*", "my-package, a/b", "core , *"}))
                       : str("@global ", name(), gap(), "=", gap(), value(2)));
  }

  std::mt19937 random_;
  std::string out_, step_;
  std::vector<std::string> written_;
  int brackets_ = 0;
  bool comments_ = true;
};

}  // namespace neuro::ns
