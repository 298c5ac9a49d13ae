#include "value.h"

#include <algorithm>
#include <cmath>

#include "neuro/codes.h"
#include "neuro/str.h"
#include "neuro/suggest.h"

namespace neuro {
namespace {

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;  // clang 14 does not find it by itself

const char* sign_of(ExprOp op) {
  switch (op) {
    case ExprOp::add: return " + ";
    case ExprOp::sub: return " - ";
    case ExprOp::mul: return " * ";
    case ExprOp::div: return " / ";
    case ExprOp::eq: return " == ";
    case ExprOp::ne: return " != ";
    case ExprOp::lt: return " < ";
    case ExprOp::gt: return " > ";
    case ExprOp::le: return " <= ";
    case ExprOp::ge: return " >= ";
    case ExprOp::logical_and: return " && ";
    case ExprOp::logical_or: return " || ";
    case ExprOp::negate: return "-";
    case ExprOp::logical_not: return "not ";
  }
  return "?";
}

std::string operand_text(const Expr& e) {
  const bool compound = std::holds_alternative<OperationExpr>(e.node);
  return compound ? str("(", text_of(e), ")") : text_of(e);
}

std::string float_text(double value) {
  const std::string text = str(value);
  return text.find_first_of(".en") == std::string::npos ? text + ".0" : text;
}

class Evaluation {
 public:
  Evaluation(const Scope& scope, Diagnostics& diags) : scope_(scope), diags_(diags) {}

  std::optional<Value> value(const Expr& e) {
    return std::visit(Overloaded{
                          [](std::int64_t v) { return some(Dim(v)); },
                          [](double v) { return some(v); },
                          [](bool v) { return some(v); },
                          [](const std::string& v) { return some(v); },
                          [&](const NameExpr& v) { return name(e, v); },
                          [&](const ListExpr& v) { return list(v); },
                          [&](const OperationExpr& v) { return operation(e, v); },
                          [&](const IndexExpr&) { return scope_.index; },
                          [&](const CallExpr& v) {
                            return fail(e, codes::kInvalidArgument, str("`", v.text, "` is a neuron, not a value"),
                                        "a value belongs here");
                          },
                      },
                      e.node);
  }

 private:
  template <class T>
  static std::optional<Value> some(T v) {
    return Value{std::move(v)};
  }

  std::optional<Value> name(const Expr& e, const NameExpr& n) {
    if (auto found = n.global ? std::nullopt : scope_.find(n.name)) return found;
    if (auto found = scope_.global ? scope_.global(n.name) : std::nullopt) return found;
    auto& d = diags_.error(codes::kUnknownName, str("unknown name `", n.name, "`"));
    d.primary(e.span, scope_.unknown);
    const auto names = scope_.names();
    if (auto hint = did_you_mean(n.name, names)) {
      d.help(*hint);
    } else if (!names.empty()) {
      std::string all;
      for (const auto& candidate : names) all += str(all.empty() ? "" : ", ", "`", candidate, "`");
      d.note(str("known here: ", all));
    }
    return std::nullopt;
  }

  std::optional<Value> list(const ListExpr& l) {
    std::vector<Value> items;
    for (const Expr& item : l.items) {
      auto v = value(item);
      if (!v) return std::nullopt;
      items.push_back(std::move(*v));
    }
    return some(std::move(items));
  }

  std::optional<Value> fail(const Expr& e, const char* code, std::string title, std::string label) {
    diags_.error(code, std::move(title)).primary(e.span, std::move(label));
    return std::nullopt;
  }

  std::optional<Value> operation(const Expr& e, const OperationExpr& o) {
    const auto a = value(o.operands[0]);
    const auto b = o.operands.size() > 1 ? value(o.operands[1]) : a;
    if (!a || !b) return std::nullopt;
    if (o.operands.size() == 1) return unary(e, o.op, *a);
    if (o.op == ExprOp::logical_and || o.op == ExprOp::logical_or) {
      const auto x = a->truth(), y = b->truth();
      const bool decides = o.op == ExprOp::logical_or;
      if ((x && *x == decides) || (y && *y == decides)) return some(decides);
      if (!x || !y) return some(Opaque{text_of(e)});
      return some(!decides);
    }
    if (a->dim() && b->dim() && o.op <= ExprOp::div) return integer(e, o, *a->dim(), *b->dim());
    const auto *left = std::get_if<std::string>(&a->data), *right = std::get_if<std::string>(&b->data);
    if (left && right && (o.op == ExprOp::eq || o.op == ExprOp::ne))
      return some((*left == *right) == (o.op == ExprOp::eq));
    const auto x = a->number(), y = b->number();
    if (x && y) return number(o.op, *x, *y);
    if (a->known() && b->known()) {
      return fail(e, codes::kInvalidArgument, str("`", text_of(e), "` has no value"),
                  str("cannot combine ", text_of(*a), " and ", text_of(*b)));
    }
    return some(Opaque{text_of(e)});
  }

  std::optional<Value> integer(const Expr& e, const OperationExpr& o, const Dim& a, const Dim& b) {
    try {
      switch (o.op) {
        case ExprOp::add: return some(a + b);
        case ExprOp::sub: return some(a - b);
        case ExprOp::mul: return some(a * b);
        default: return some(a / b);
      }
    } catch (const DimError& error) {
      const auto left = a.text(scope_.symbol_name), right = b.text(scope_.symbol_name);
      if (error.kind == DimError::Kind::overflow) {
        return fail(
            e, codes::kDimensionOverflow, str("dimension overflow in `", text_of(e), "`"),
            left.size() + right.size() < 60 ? str(left, sign_of(o.op), right, ": ", error.what()) : error.what());
      }
      auto& d = diags_.error(codes::kUnsolvableDimension, error.kind == DimError::Kind::zero_divisor
                                                              ? str("division by zero in `", text_of(e), "`")
                                                              : str("`", text_of(e), "` is not a whole number"));
      d.primary(e.span, str(left, " / ", right, error.kind == DimError::Kind::inexact ? " leaves a remainder" : ""));
      const auto x = a.constant(), y = b.constant();
      if (x && y && *y > 0 && *x > 0) {
        const std::int64_t below = *x - *x % *y;
        d.note("division of sizes is exact: it never rounds");
        if (below > 0 && below <= INT64_MAX - *y)
          d.help(str("choose ", below, " or ", below + *y, " in place of ", *x));
      }
      return std::nullopt;
    }
  }

  static std::optional<Value> number(ExprOp op, double x, double y) {
    switch (op) {
      case ExprOp::add: return some(x + y);
      case ExprOp::sub: return some(x - y);
      case ExprOp::mul: return some(x * y);
      case ExprOp::div: return some(x / y);
      case ExprOp::eq: return some(x == y);
      case ExprOp::ne: return some(x != y);
      case ExprOp::lt: return some(x < y);
      case ExprOp::gt: return some(x > y);
      case ExprOp::le: return some(x <= y);
      default: return some(x >= y);
    }
  }

  std::optional<Value> unary(const Expr& e, ExprOp op, const Value& v) {
    if (op == ExprOp::logical_not) {
      const auto t = v.truth();
      return t ? some(!*t) : some(Opaque{text_of(e)});
    }
    if (const Dim* d = v.dim()) {
      OperationExpr minus;
      minus.op = ExprOp::sub;
      return integer(e, minus, 0, *d);
    }
    if (const auto n = v.number()) return some(-*n);
    return some(Opaque{text_of(e)});
  }

  const Scope& scope_;
  Diagnostics& diags_;
};

}  // namespace

std::string text_of(const Expr& value) {
  return std::visit(Overloaded{
                        [](std::int64_t v) { return str(v); },
                        [](double v) { return float_text(v); },
                        [](bool v) { return str(v); },
                        [](const std::string& v) { return str("\"", v, "\""); },
                        [](const NameExpr& v) { return v.global ? "@global " + v.name : v.name; },
                        [](const ListExpr& v) {
                          std::string out = "[";
                          for (const Expr& item : v.items) out += str(out.size() > 1 ? ", " : "", text_of(item));
                          return out + "]";
                        },
                        [](const OperationExpr& v) {
                          if (v.operands.size() == 1) return str(sign_of(v.op), operand_text(v.operands[0]));
                          return str(operand_text(v.operands[0]), sign_of(v.op), operand_text(v.operands[1]));
                        },
                        [](const IndexExpr&) { return std::string("@index"); },
                        [](const CallExpr& v) { return v.text; },
                    },
                    value.node);
}

std::optional<std::int64_t> Value::integer() const {
  if (const Dim* d = dim()) return d->constant();
  if (const double* x = std::get_if<double>(&data); x && *x == std::floor(*x) && std::fabs(*x) < 9.2e18) {
    return static_cast<std::int64_t>(*x);
  }
  return std::nullopt;
}

std::optional<double> Value::number() const {
  if (const double* x = std::get_if<double>(&data)) return *x;
  if (const auto n = integer()) return static_cast<double>(*n);
  return std::nullopt;
}

std::optional<bool> Value::truth() const {
  if (const bool* b = std::get_if<bool>(&data)) return *b;
  if (const auto n = number()) return *n != 0;
  return std::nullopt;
}

bool Value::known() const {
  if (const Dim* d = dim()) return d->constant().has_value();
  if (const auto* items = std::get_if<std::vector<Value>>(&data)) {
    return std::all_of(items->begin(), items->end(), [](const Value& v) { return v.known(); });
  }
  return !std::holds_alternative<Opaque>(data);
}

Value value_of(const ParamValue& value) {
  return std::visit(Overloaded{
                        [](std::int64_t v) { return Value{Dim(v)}; },
                        [](double v) { return Value{v}; },
                        [](bool v) { return Value{v}; },
                        [](const std::string& v) { return Value{v}; },
                        [](const std::vector<std::int64_t>& v) {
                          std::vector<Value> items;
                          for (const std::int64_t item : v) items.push_back({Dim(item)});
                          return Value{std::move(items)};
                        },
                    },
                    value);
}

std::string text_of(const Value& value, const std::function<std::string(int)>& symbol_name) {
  return std::visit(Overloaded{
                        [&](const Dim& v) { return v.text(symbol_name); },
                        [](double v) { return float_text(v); },
                        [](bool v) { return str(v); },
                        [](const std::string& v) { return str("\"", v, "\""); },
                        [&](const std::vector<Value>& v) {
                          std::string out = "[";
                          for (const Value& item : v)
                            out += str(out.size() > 1 ? ", " : "", text_of(item, symbol_name));
                          return out + "]";
                        },
                        [](const Opaque& v) { return v.text; },
                        [](const NeuronValue& v) { return v.text; },
                    },
                    value.data);
}

std::string text_of(const Value& value) {
  return text_of(value, [](int) { return std::string("?"); });
}

std::optional<std::string> did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
  const auto found = nearest(word, std::span<const std::string>(candidates));
  if (!found) return std::nullopt;
  return str("did you mean `", *found, "`?");
}

std::optional<Value> evaluate(const Expr& expr, const Scope& scope, Diagnostics& diags) {
  return Evaluation(scope, diags).value(expr);
}

}  // namespace neuro
