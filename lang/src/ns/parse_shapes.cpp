// Shapes of ports and patterns, and targets of `=>`.
#include <algorithm>
#include <array>

#include "neuro/codes.h"
#include "neuro/str.h"
#include "neuro/suggest.h"
#include "ns/parser.h"

namespace neuro::ns {

Shape Parser::expect_shape() {
  Shape shape;
  const std::uint32_t begin = here();
  if (!at(Kind::open_bracket)) {
    Diagnostic& d = unexpected("a shape");
    d.help("a shape is a list of sizes in square brackets, such as `[batch, 128]`");
    shape.span = behind();
    return shape;
  }
  open_bracket();
  while (!failed() && !(shape.dims.empty() && at(Kind::close_bracket))) {
    shape.dims.push_back(expect_dim());
    if (!accept(Kind::comma)) break;
  }
  close_bracket(Kind::close_bracket, "`,` or ");
  shape.span = span_from(begin);
  return shape;
}

Dim Parser::binary(Dim left, int left_height, DimOp op, Span op_span, Dim right) {
  height_ = std::max(left_height, height_) + 1;
  if (height_ > kMaxNesting) too_deep(op_span);
  for (const Dim* side : {&left, &right}) {
    const bool one =
        std::holds_alternative<WildcardDim>(side->node) || std::holds_alternative<AnonymousDim>(side->node);
    if (!one && !std::holds_alternative<VariadicDim>(side->node)) continue;
    const std::string shown = text(side->span);
    fail(codes::kUnexpectedToken, str("`", shown, "` has no size that one could calculate with"))
        .primary(side->span, one ? "stands for any size" : "stands for any number of sizes")
        .help("give the size a name");
  }
  const Span span = left.span.join(right.span);
  return {span,
          BinaryDim{op, op_span, std::make_unique<Dim>(std::move(left)), std::make_unique<Dim>(std::move(right))}};
}

Dim Parser::expect_dim() {
  const Nesting nesting(*this);
  Dim left = expect_dim_product();
  while (at(Kind::plus) || at(Kind::minus)) {
    const int height = height_;
    const DimOp op = at(Kind::plus) ? DimOp::add : DimOp::sub;
    const Span op_span = take();
    left = binary(std::move(left), height, op, op_span, expect_dim_product());
  }
  return left;
}

Dim Parser::expect_dim_product() {
  Dim left = expect_dim_atom();
  while (at(Kind::star) || at(Kind::slash)) {
    const int height = height_;
    const DimOp op = at(Kind::star) ? DimOp::mul : DimOp::div;
    const Span op_span = take();
    left = binary(std::move(left), height, op, op_span, expect_dim_atom());
  }
  return left;
}

Dim Parser::expect_dim_atom() {
  height_ = 1;
  const std::uint32_t begin = here();
  switch (kind()) {
    case Kind::star:
      take();
      if (!at(Kind::name)) return {span_from(begin), WildcardDim{}};
      {
        Name name = expect_name("a name");
        return {span_from(begin), VariadicDim{std::move(name)}};
      }
    case Kind::integer: {
      const Value number = expect_number(false, begin);
      return {number.span, LiteralDim{std::get<IntValue>(number.node).value}};
    }
    case Kind::at: {
      Name name = expect_global();
      return {span_from(begin), GlobalDim{std::move(name)}};
    }
    case Kind::open_paren: {
      open_bracket();
      Dim inner = expect_dim();
      close_bracket(Kind::close_paren, "an operator or ");
      inner.span = span_from(begin);
      return inner;
    }
    case Kind::name: {
      const Span span = take();
      std::string name = text(span);
      if (name == "_") return {span, AnonymousDim{}};
      return {span, NameDim{std::move(name)}};
    }
    case Kind::minus:
      fail(codes::kUnexpectedToken, "a size cannot be negative")
          .primary(next_span())
          .help("write `_` for one dimension of any size, or give it a name");
      return {behind(), AnonymousDim{}};
    default: break;
  }
  unexpected("a size");
  return {behind(), AnonymousDim{}};
}

ReshapeDim Parser::expect_reshape_dim() {
  ReshapeDim dim;
  const std::uint32_t begin = here();
  if (at_word("others") && kind(1) != Kind::assign) {
    take();
    dim.others = true;
  } else {
    if (at(Kind::name) && kind(1) == Kind::assign) {
      dim.name = expect_name("a size");
      take();
    }
    dim.size = expect_dim();
  }
  dim.span = span_from(begin);
  return dim;
}

Step Parser::expect_reshape() {
  const std::uint32_t begin = here();
  Reshape reshape;
  reshape.arrow = take();
  if (at(Kind::at)) {
    Transform transform;
    const std::uint32_t at_sign = here();
    take();
    constexpr std::array<std::string_view, 2> kKinds{"reduce", "repeat"};
    if (at_word("reduce") || at_word("repeat")) {
      transform.kind = at_word("reduce") ? TransformKind::reduce : TransformKind::repeat;
      take();
    } else {
      const std::string word = at(Kind::name) ? text(next_span()) : std::string();
      Diagnostic& d = unexpected("`reduce` or `repeat`");
      if (const auto near = nearest(word, kKinds)) d.help(str("write `@", *near, "`"));
    }
    if (!at(Kind::open_paren)) unexpected("`(` and a strategy such as `mean` or `copy`");
    open_bracket();
    transform.strategy = expect_call("a strategy such as `mean` or `copy`");
    close_bracket(Kind::close_paren, "");
    transform.span = span_from(at_sign);
    reshape.transform = std::move(transform);
  }
  const std::uint32_t target = here();
  if (!at(Kind::open_bracket)) {
    unexpected("the new shape in square brackets");
  } else {
    open_bracket();
    while (!failed() && !(reshape.target.empty() && at(Kind::close_bracket))) {
      reshape.target.push_back(expect_reshape_dim());
      if (!accept(Kind::comma)) break;
    }
    close_bracket(Kind::close_bracket, "`,` or ");
  }
  reshape.target_span = span_from(target);
  return {span_from(begin), std::move(reshape)};
}

}  // namespace neuro::ns
