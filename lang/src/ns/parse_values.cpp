// Values: arguments, defaults, conditions, guards.
#include <algorithm>
#include <charconv>
#include <limits>

#include "neuro/codes.h"
#include "neuro/str.h"
#include "ns/parser.h"

namespace neuro::ns {
namespace {

bool comparison(Kind kind, BinaryOp& op) {
  switch (kind) {
    case Kind::equal: op = BinaryOp::eq; return true;
    case Kind::not_equal: op = BinaryOp::ne; return true;
    case Kind::less: op = BinaryOp::lt; return true;
    case Kind::greater: op = BinaryOp::gt; return true;
    case Kind::less_equal: op = BinaryOp::le; return true;
    case Kind::greater_equal: op = BinaryOp::ge; return true;
    default: return false;
  }
}

}  // namespace

Value Parser::binary(Value left, int left_height, BinaryOp op, Span op_span, Value right) {
  height_ = std::max(left_height, height_) + 1;
  if (height_ > kMaxNesting) too_deep(op_span);
  const Span span = left.span.join(right.span);
  return {span, BinaryValue{op, op_span, std::make_unique<Value>(std::move(left)),
                            std::make_unique<Value>(std::move(right))}};
}

Value Parser::expect_value() {
  const Nesting nesting(*this);
  Value left = expect_and();
  while (at(Kind::or_or) || at_word("or")) {
    const int height = height_;
    const Span op = take();
    left = binary(std::move(left), height, BinaryOp::logical_or, op, expect_and());
  }
  return left;
}

Value Parser::expect_condition() {
  Value value = expect_value();
  if (at(Kind::assign)) {
    fail(codes::kUnexpectedToken, "`=` gives a name to something; it does not compare")
        .primary(next_span())
        .help("write `==` to compare");
  }
  return value;
}

Value Parser::expect_and() {
  Value left = expect_not();
  while (at(Kind::and_and) || at_word("and")) {
    const int height = height_;
    const Span op = take();
    left = binary(std::move(left), height, BinaryOp::logical_and, op, expect_not());
  }
  return left;
}

bool Parser::starts_operand(std::uint32_t ahead) const {
  switch (kind(ahead)) {
    case Kind::name: return !at_word("and", ahead) && !at_word("or", ahead);
    case Kind::integer:
    case Kind::real:
    case Kind::string:
    case Kind::kw_true:
    case Kind::kw_false:
    case Kind::open_paren:
    case Kind::open_bracket:
    case Kind::at: return true;
    default: return false;
  }
}

// `not` is a word like any other unless an operand follows.
bool Parser::at_not() const { return at_word("not") && starts_operand(1); }

Value Parser::expect_not() {
  if (!at_not()) return expect_comparison();
  const Nesting nesting(*this);
  const Span word = take();
  Value operand = expect_not();
  if (++height_ > kMaxNesting) too_deep(word);
  const Span span = word.join(operand.span);
  return {span, UnaryValue{UnaryOp::logical_not, std::make_unique<Value>(std::move(operand))}};
}

Value Parser::expect_comparison() {
  Value left = expect_sum();
  BinaryOp op = BinaryOp::eq;
  if (!comparison(kind(), op)) return left;
  const int height = height_;
  const Span left_span = left.span, op_span = take();
  if (at(Kind::assign) && here() == op_span.end) {
    fail(codes::kUnexpectedToken, str("`", text(op_span), "=` is not a comparison"))
        .primary({op_span.source, op_span.begin, next_span().end})
        .help(str("write `", text(op_span), "`"));
  }
  Value value = binary(std::move(left), height, op, op_span, expect_sum());
  if (BinaryOp second = op; comparison(kind(), second)) {
    const Span middle = std::get<BinaryValue>(value.node).right->span, next = take();
    const Span last = expect_sum().span;
    fail(codes::kChainedComparison, "comparisons do not chain")
        .primary(next, "second comparison")
        .secondary(op_span, "first comparison")
        .help(str("write `", text(left_span.join(middle)), " and ", text(middle.join(last)), "`"));
  }
  return value;
}

Value Parser::expect_sum() {
  Value left = expect_product();
  while (at(Kind::plus) || at(Kind::minus)) {
    const int height = height_;
    const BinaryOp op = at(Kind::plus) ? BinaryOp::add : BinaryOp::sub;
    const Span op_span = take();
    left = binary(std::move(left), height, op, op_span, expect_product());
  }
  return left;
}

Value Parser::expect_product() {
  Value left = expect_signed();
  while (at(Kind::star) || at(Kind::slash)) {
    const int height = height_;
    const BinaryOp op = at(Kind::star) ? BinaryOp::mul : BinaryOp::div;
    const Span op_span = take();
    left = binary(std::move(left), height, op, op_span, expect_signed());
  }
  return left;
}

Value Parser::expect_signed() {
  if (!at(Kind::minus)) return expect_atom();
  const Nesting nesting(*this);
  const Span minus = take();
  if (at(Kind::integer) || at(Kind::real)) return expect_number(true, minus.begin);
  Value operand = expect_signed();
  if (++height_ > kMaxNesting) too_deep(minus);
  const Span span = minus.join(operand.span);
  return {span, UnaryValue{UnaryOp::negate, std::make_unique<Value>(std::move(operand))}};
}

Value Parser::expect_atom() {
  height_ = 1;
  switch (kind()) {
    case Kind::integer:
    case Kind::real: return expect_number(false, here());
    case Kind::string: return expect_string();
    case Kind::kw_true:
    case Kind::kw_false: {
      const bool value = at(Kind::kw_true);
      return {take(), BoolValue{value}};
    }
    case Kind::open_bracket: return expect_list(Kind::close_bracket);
    case Kind::open_paren: return expect_list(Kind::close_paren);
    case Kind::at: {
      const std::uint32_t begin = here();
      if (at_word("index", 1)) {
        take();
        take();
        return {span_from(begin), IndexValue{}};
      }
      Name name = expect_global();
      return {span_from(begin), GlobalValue{std::move(name)}};
    }
    case Kind::name: {
      if (at_word("True") || at_word("False")) {
        const bool value = at_word("True");
        return {take(), BoolValue{value}};
      }
      Call call = expect_call("a value");
      const Span span = call.span;
      if (call.parentheses) return {span, CallValue{std::move(call)}};
      return {span, NameValue{std::move(call.callee.text)}};
    }
    default: break;
  }
  unexpected("a value");
  return {behind(), IntValue{}};
}

Value Parser::expect_number(bool negative, std::uint32_t begin) {
  height_ = 1;
  const bool real = at(Kind::real);
  const Span number = take();
  const std::string digits = text(number);
  const char* first = digits.data();
  const char* last = first + digits.size();
  const Span span = span_from(begin);
  if (real) {
    double value = 0;
    if (std::from_chars(first, last, value).ec != std::errc()) {
      reports()
          .error(codes::kInvalidNumber, "a number does not fit")
          .primary(span, "outside the range of 64-bit floats");
    }
    return {span, FloatValue{negative ? -value : value}};
  }
  std::uint64_t value = 0;
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  const bool read = std::from_chars(first, last, value).ec == std::errc();
  if (!read || value > kMost + (negative ? 1 : 0)) {
    reports().error(codes::kInvalidNumber, "an integer does not fit").primary(span, str("the largest is ", kMost));
    value = 0;
  }
  // Through unsigned, where the smallest integer has a negative of its own.
  return {span, IntValue{static_cast<std::int64_t>(negative ? 0 - value : value)}};
}

Value Parser::expect_string() {
  const Span span = take();
  const std::string quoted = text(span);
  if (quoted.front() == '`') return {span, StringValue{quoted.substr(1, quoted.size() - 2)}};
  std::string out;
  for (std::size_t i = 1; i + 1 < quoted.size(); ++i) {
    char c = quoted[i];
    if (c == '\\' && i + 2 < quoted.size()) {
      c = quoted[++i];
      c = c == 'n' ? '\n' : c == 't' ? '\t' : c;
    }
    out += c;
  }
  return {span, StringValue{std::move(out)}};
}

// `[a, b]`; `(a, b)` and `(a,)`, but `(a)` is a value in brackets.
Value Parser::expect_list(Kind closing) {
  const std::uint32_t begin = here();
  open_bracket();
  ListValue list;
  int height = 0;
  bool comma = closing == Kind::close_bracket;
  while (!failed() && !at(closing)) {
    list.items.push_back(expect_value());
    height = std::max(height, height_);
    if (!accept(Kind::comma)) break;
    comma = true;
  }
  if (!comma && list.items.empty() && !failed()) unexpected("a value");
  close_bracket(closing, "an operator, `,` or ");
  if (!comma && !list.items.empty()) {
    height_ = height;
    Value inner = std::move(list.items.front());
    inner.span = span_from(begin);
    return inner;
  }
  height_ = height + 1;
  return {span_from(begin), std::move(list)};
}

Name Parser::expect_global() {
  take();  // @
  if (at_word("global")) {
    take();
    return expect_name("the name of a global");
  }
  unexpected("`global` after `@`");
  return {{}, behind()};
}

Call Parser::expect_call(std::string_view what) {
  Call call;
  const std::uint32_t begin = here();
  call.callee = expect_name(what);
  call.parentheses = at(Kind::open_paren);
  if (call.parentheses) expect_arguments(call);
  call.span = span_from(begin);
  return call;
}

void Parser::expect_arguments(Call& call) {
  open_bracket();
  int height = 0;
  while (!failed() && !(call.arguments.empty() && at(Kind::close_paren))) {
    call.arguments.push_back(expect_argument());
    height = std::max(height, height_);
    if (!accept(Kind::comma)) break;
  }
  close_bracket(Kind::close_paren, "`,` or ");
  height_ = height + 1;
}

Argument Parser::expect_argument() {
  Argument argument;
  const std::uint32_t begin = here();
  if (kind(1) == Kind::assign && (at(Kind::name) || kind() >= Kind::kw_neuron)) {
    argument.name = expect_name("the name of an argument");
    accept(Kind::assign);
  } else if (kind(1) == Kind::colon && at(Kind::name)) {
    fail(codes::kUnexpectedToken, "`:` does not give an argument its value")
        .primary(token_at(place_ + 1).line == line() ? span_of(token_at(place_ + 1)) : next_span())
        .help(str("write `", text(next_span()), "=...`"));
  }
  argument.value = std::make_unique<Value>(expect_value());
  argument.span = span_from(begin);
  return argument;
}

}  // namespace neuro::ns
