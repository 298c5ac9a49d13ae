// Programs as text: indented or flat, with spacing, comments and line breaks drawn at random.
#include <algorithm>
#include <random>

#include "sketch.h"

namespace neuro::sketch {
namespace {

struct Infix {
  const char* text;
  int level;
};
Infix infix(Op op) {
  switch (op) {
    case Op::either: return {"||", 1};
    case Op::both: return {"&&", 2};
    case Op::eq: return {"==", 3};
    case Op::ne: return {"!=", 3};
    case Op::lt: return {"<", 3};
    case Op::gt: return {">", 3};
    case Op::le: return {"<=", 3};
    case Op::ge: return {">=", 3};
    case Op::add: return {"+", 4};
    case Op::sub: return {"-", 4};
    case Op::mul: return {"*", 5};
    case Op::div: return {"/", 5};
    default: return {"", 9};
  }
}

bool is_block(const Step& step) {
  return step.kind == Step::branch || step.kind == Step::match || step.kind == Step::contract ||
         (step.kind == Step::wrap && !step.body.empty());
}

/// Text is collected with '\1' where a blank may stand and '\2' where a line may break (inside brackets).
class Writer {
 public:
  explicit Writer(const Layout& layout) : random_(layout.seed * 2654435761u + 17), flat_(layout.flat) {
    indent_ = 1 + static_cast<int>(pick(5));
  }

  std::string program(const Program& program) {
    if (pick(3) == 0) line(0, "use core,nn/*");
    for (const Global& g : program.globals) line(0, "@global " + g.name + "\1=\1" + value(g.value));
    for (const Neuron& n : program.neurons) neuron(n);
    return out_;
  }

  static std::string plain(const Expr& e) {
    Layout layout;
    Writer writer(layout);
    std::string text = writer.value(e);
    text.erase(std::remove_if(text.begin(), text.end(), [](char c) { return c == '\1' || c == '\2'; }), text.end());
    return text;
  }

 private:
  std::uint64_t pick(std::uint64_t n) { return random_() % n; }

  // --- Words ---

  std::string value(const Expr& e, int level = 0) {
    switch (e.op) {
      case Op::number: return std::to_string(e.number);
      case Op::real: {
        std::string text = std::to_string(e.real);
        return text;
      }
      case Op::flag: return e.number ? "true" : "false";
      case Op::name: return e.name;
      case Op::global: return "@global " + e.name;
      case Op::index: return "@index";
      case Op::call: return call(*e.call);
      default: break;
    }
    const Infix in = infix(e.op);
    std::string text = value(e.sub[0], in.level) + "\1" + in.text + "\1" + value(e.sub[1], in.level + 1);
    return in.level < level || pick(12) == 0 ? "(" + text + ")" : text;
  }

  std::string call(const Call& c) {
    std::string text = c.callee + "(";
    for (const Arg& a : c.args) {
      if (text.back() != '(') text += ",\2";
      if (!a.name.empty()) text += a.name + "\1=\1";
      text += value(a.value);
    }
    text += ")";
    if (c.global) text = "@global " + c.callee;
    return c.freeze ? "Freeze(" + text + ")" : text;
  }

  std::string shape(const Shape& s) {
    std::string text = "[";
    for (const Dim& d : s) {
      if (text.back() != '[') text += ",\1";
      switch (d.kind) {
        case Dim::size: text += value(d.expr); break;
        case Dim::any: text += "_"; break;
        case Dim::lead: text += "*"; break;
        case Dim::rest: text += "*" + d.name; break;
        case Dim::others: text += "others"; break;
        case Dim::bind: text += d.name + "\1=\1" + value(d.expr); break;
      }
    }
    return text + "]";
  }

  static std::string ref(const Ref& r) { return r.port.empty() ? r.name : r.name + "." + r.port; }

  std::string simple(const Step& s) {
    switch (s.kind) {
      case Step::ref: return ref(s.refs[0]);
      case Step::tuple: {
        std::string text = "(";
        for (const Ref& r : s.refs) text += (text.size() > 1 ? ",\1" : "") + ref(r);
        return text + ")";
      }
      case Step::call: return call(s.module);
      case Step::wrap: return wrap_head(s) + s.refs[0].name;
      default: return reshape(s);
    }
  }
  std::string wrap_head(const Step& s) {
    std::string text = "@wrap(" + s.module.callee;
    for (const Arg& a : s.module.args) text += ",\1" + (a.name.empty() ? "" : a.name + "=") + value(a.value);
    return text + "):\1 ";
  }
  std::string reshape(const Step& s) {
    std::string text = "=> ";
    if (!s.annotation.empty()) {
      const auto blank = s.annotation.find(' ');
      text += "@" + s.annotation.substr(0, blank) + "(" + s.annotation.substr(blank + 1) + ") ";
    }
    return text + shape(s.target);
  }

  /// Steps on one line. A fat arrow stands for the arrow, too.
  std::string joined(const Pipeline& body, std::size_t from, std::size_t to) {
    std::string text;
    for (std::size_t i = from; i < to; ++i) {
      if (i > from) text += body[i].kind == Step::reshape ? "\1 " : "\1 ->\1 ";
      text += simple(body[i]);
    }
    return text;
  }
  static bool fits_line(const Pipeline& body) { return std::none_of(body.begin(), body.end(), is_block); }

  // --- Lines ---

  void line(int depth, const std::string& text) {
    if (pick(14) == 0) out_ += "\n";
    if (pick(20) == 0)
      out_ += std::string(pick(2) == 0 ? 0 : static_cast<std::size_t>(depth), ' ') + "# a note -> out\n";
    if (!flat_) out_ += std::string(static_cast<std::size_t>(depth * indent_), ' ');
    int open = 0;
    for (const char c : text) {
      open += c == '(' ? 1 : c == ')' ? -1 : 0;
      if (c == '\1' || c == '\2') {
        if (c == '\2' && open > 0 && pick(40) == 0) {
          out_ += "\n" + std::string(flat_ ? 0 : static_cast<std::size_t>((depth + 2) * indent_), ' ');
        } else {
          out_ += std::string(pick(6) == 0 ? 2 : pick(4) == 0 ? 0 : 1, ' ');
        }
      } else {
        out_ += c;
      }
    }
    if (pick(16) == 0) out_ += "   # [a, b]: match ->";
    out_ += "\n";
  }

  void port(const char* word, const Port& p) {
    std::string text = word;
    if (!p.name.empty()) text += std::string(" ") + (p.variadic ? "*" : "") + p.name;
    line(1, text + ":\1" + shape(p.shape));
  }

  void neuron(const Neuron& n) {
    if (pick(4) == 0) line(0, "/// Does something: -> [x].");
    std::string head = "neuron " + n.name;
    if (!n.params.empty() || pick(2) == 0) {
      head += "(";
      for (const Param& p : n.params) {
        if (head.back() != '(') head += ",\2";
        head += p.name + (p.neuron ? ":\1Neuron" : "");
        if (p.value) head += "\1=\1" + value(*p.value);
      }
      head += ")";
    }
    line(0, head + ":");
    for (const Port& p : n.inputs) port("in", p);
    for (const Port& p : n.outputs) port("out", p);
    if (!n.impl.empty()) return line(1, "impl: " + n.impl);
    if (!n.context.empty()) line(1, "context:");
    for (const ContextItem& item : n.context) {
      int depth = 2;
      if (!item.unroll.empty()) line(depth++, item.unroll + "\1=\1unroll(" + value(item.count) + "):");
      for (const Binding& b : item.members) {
        line(depth, (b.kind.empty() ? "" : "@" + b.kind + " ") + b.name + "\1=\1" + call(b.call));
      }
    }
    if (!flat_ && n.graph.size() == 1 && fits_line(n.graph[0]) && pick(3) == 0) {
      return line(1, "graph: " + joined(n.graph[0], 0, n.graph[0].size()));
    }
    line(1, "graph:");
    for (const Pipeline& p : n.graph) connection(p);
  }

  void connection(const Pipeline& p) {
    const int depth = 2;
    if (fits_line(p) && pick(2) == 0) return line(depth, joined(p, 0, p.size()));
    // The head stays on its line; then one item a line.
    line(depth, joined(p, 0, 1) + "\1 ->");
    items(p, 1, depth + 1);
  }

  void items(const Pipeline& p, std::size_t from, int depth) {
    bool after_block = false;
    for (std::size_t i = from; i < p.size(); ++i) {
      if (!is_block(p[i])) {
        std::string text = simple(p[i]);
        if (flat_ && after_block && p[i].kind != Step::reshape) text = "-> " + text;
        after_block = false;
        // Two steps on a line are the same pipeline, unless the line would begin a connection of its own.
        if (p[i].kind == Step::call && i + 1 < p.size() && !is_block(p[i + 1]) && p[i + 1].kind != Step::reshape &&
            pick(4) == 0) {
          text += " -> " + simple(p[++i]);
        }
        line(depth, text);
      } else {
        block(p[i], depth, flat_ && after_block);
        after_block = true;
      }
    }
  }

  void body(const std::string& head, const Pipeline& p, int depth, const std::string& tail = {}) {
    if (fits_line(p) && (flat_ || pick(2) == 0)) return line(depth, head + " " + joined(p, 0, p.size()) + tail);
    line(depth, head);
    items(p, 0, depth + 1);
  }

  void block(const Step& s, int depth, bool arrow) {
    const std::string before = arrow ? "-> " : "";
    switch (s.kind) {
      case Step::branch: {
        bool first = true;
        for (const Arm& a : s.arms) {
          body((first         ? before + "if "
                : a.condition ? "elif "
                              : "else") +
                   (a.condition ? value(*a.condition) : std::string()) + ":",
               a.body, depth);
          first = false;
        }
        break;
      }
      case Step::match:
        line(depth, before + (pick(2) == 0 ? "match:" : "match: ->"));
        for (const Arm& a : s.arms) {
          body(shape(a.in) + (a.condition ? " where " + value(*a.condition) : "") + ":", a.body, depth + 1);
        }
        break;
      case Step::contract:
        line(depth, before + "match(" + s.module.callee + "):");
        for (const Arm& a : s.arms) {
          body("in " + shape(a.in) + " -> out " + shape(a.out) + (a.condition ? " where " + value(*a.condition) : "") +
                   ":",
               a.body, depth + 1);
        }
        break;
      default: line(depth, before + wrap_head(s) + "-> " + joined(s.body, 0, s.body.size())); break;
    }
  }

  std::mt19937_64 random_;
  bool flat_;
  int indent_;
  std::string out_;
};

bool flat_body(const Pipeline& body, bool inner) {
  for (const Step& s : body) {
    if (inner && is_block(s)) return false;
    for (const Arm& a : s.arms) {
      if (!flat_body(a.body, true)) return false;
    }
  }
  return true;
}

}  // namespace

std::string text_of(const Program& program, const Layout& layout) { return Writer(layout).program(program); }
std::string text_of(const Expr& expr) { return Writer::plain(expr); }

bool may_be_flat(const Program& program) {
  for (const Neuron& n : program.neurons) {
    for (const ContextItem& item : n.context) {
      if (item.members.size() > 1) return false;
    }
    for (const Pipeline& p : n.graph) {
      if (!flat_body(p, false)) return false;
    }
  }
  return true;
}

}  // namespace neuro::sketch
