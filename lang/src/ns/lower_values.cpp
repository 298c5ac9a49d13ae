#include "lower_values.h"

#include "neuro/codes.h"
#include "neuro/str.h"

namespace neuro::ns {
namespace {

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;  // clang 14 does not find it by itself

ExprOp op_of(BinaryOp op) {
  switch (op) {
    case BinaryOp::add: return ExprOp::add;
    case BinaryOp::sub: return ExprOp::sub;
    case BinaryOp::mul: return ExprOp::mul;
    case BinaryOp::div: return ExprOp::div;
    case BinaryOp::eq: return ExprOp::eq;
    case BinaryOp::ne: return ExprOp::ne;
    case BinaryOp::lt: return ExprOp::lt;
    case BinaryOp::gt: return ExprOp::gt;
    case BinaryOp::le: return ExprOp::le;
    case BinaryOp::ge: return ExprOp::ge;
    case BinaryOp::logical_and: return ExprOp::logical_and;
    case BinaryOp::logical_or: return ExprOp::logical_or;
  }
  return ExprOp::add;
}

ExprOp op_of(DimOp op) {
  switch (op) {
    case DimOp::add: return ExprOp::add;
    case DimOp::sub: return ExprOp::sub;
    case DimOp::mul: return ExprOp::mul;
    case DimOp::div: return ExprOp::div;
  }
  return ExprOp::add;
}

Expr operation(Span span, ExprOp op, Expr left, Expr right) {
  OperationExpr out;
  out.op = op;
  out.operands.push_back(std::move(left));
  out.operands.push_back(std::move(right));
  return {span, std::move(out)};
}

Expr lower_size(const Dim& dim, const ValueContext& context) {
  return std::visit(Overloaded{
                        [&](const LiteralDim& d) {
                          return Expr{dim.span, d.value};
                        },
                        [&](const NameDim& d) {
                          return Expr{dim.span, NameExpr{d.name, false}};
                        },
                        [&](const BinaryDim& d) {
                          return operation(dim.span, op_of(d.op), lower_size(*d.left, context),
                                           lower_size(*d.right, context));
                        },
                        [&](const GlobalDim& d) {
                          return Expr{dim.span, NameExpr{d.name.text, true}};
                        },
                        [&](const auto&) {
                          context.diags.error(codes::kInvalidArgument, "a wildcard has no value to compute with")
                              .primary(dim.span, "inside arithmetic")
                              .help("give the size a name");
                          context.refused = true;
                          return Expr{dim.span, std::int64_t{0}};
                        },
                    },
                    dim.node);
}

void mention_names(const Expr& expr, const ValueContext& context) {
  if (const auto* name = std::get_if<NameExpr>(&expr.node); name && context.mention) context.mention(name->name);
  if (const auto* operation = std::get_if<OperationExpr>(&expr.node)) {
    for (const Expr& operand : operation->operands) mention_names(operand, context);
  }
}

}  // namespace

void not_built_yet(Diagnostics& diags, Span span, const std::string& what) {
  diags.error(codes::kNotBuiltYet, str(what, " is not built yet"))
      .primary(span, "this version understands it but cannot run it")
      .note("see `nsrun explain NS0411` for what is built");
}

Expr lower_value(const Value& value, const ValueContext& context) {
  const auto refuse = [&](const char* title, const char* label) {
    context.diags.error(codes::kInvalidArgument, title).primary(value.span, label);
    context.refused = true;
    return Expr{value.span, std::int64_t{0}};
  };
  return std::visit(Overloaded{
                        [&](const IntValue& v) {
                          return Expr{value.span, v.value};
                        },
                        [&](const FloatValue& v) {
                          return Expr{value.span, v.value};
                        },
                        [&](const StringValue& v) {
                          return Expr{value.span, v.text};
                        },
                        [&](const BoolValue& v) {
                          return Expr{value.span, v.value};
                        },
                        [&](const NameValue& v) {
                          if (context.mention) context.mention(v.name);
                          return Expr{value.span, NameExpr{v.name, context.all_global}};
                        },
                        [&](const ListValue& v) {
                          ListExpr list;
                          for (const Value& item : v.items) list.items.push_back(lower_value(item, context));
                          return Expr{value.span, std::move(list)};
                        },
                        [&](const BinaryValue& v) {
                          return operation(value.span, op_of(v.op), lower_value(*v.left, context),
                                           lower_value(*v.right, context));
                        },
                        [&](const UnaryValue& v) {
                          OperationExpr out;
                          out.op = v.op == UnaryOp::negate ? ExprOp::negate : ExprOp::logical_not;
                          out.operands.push_back(lower_value(*v.operand, context));
                          return Expr{value.span, std::move(out)};
                        },
                        [&](const GlobalValue& v) {
                          if (context.mention) context.mention(v.name.text);
                          return Expr{value.span, NameExpr{v.name.text, true}};
                        },
                        [&](const IndexValue&) {
                          if (context.in_unroll) return Expr{value.span, IndexExpr{}};
                          return refuse("`@index` is the number of an iteration", "not inside an unroll");
                        },
                        [&](const CallValue& v) {
                          if (context.call) return context.call(v.call, value.span);
                          return refuse("a call cannot stand here", "builds a neuron");
                        },
                    },
                    value.node);
}

ShapePattern lower_shape(const Shape& shape, const ValueContext& context) {
  ShapePattern out;
  out.span = shape.span;
  Span first_run;
  for (const Dim& dim : shape.dims) {
    DimPattern pattern;
    pattern.span = dim.span;
    bool run = false;
    if (std::holds_alternative<AnonymousDim>(dim.node)) {
      pattern.kind = DimKind::any;
    } else if (std::holds_alternative<WildcardDim>(dim.node)) {
      pattern.kind = out.dims.empty() ? DimKind::lead : DimKind::any;
      run = out.dims.empty();
    } else if (const auto* variadic = std::get_if<VariadicDim>(&dim.node)) {
      pattern.kind = DimKind::rest;
      pattern.name = variadic->name.text;
      run = true;
    } else {
      pattern.size = lower_size(dim, context);
    }
    if (run && first_run.known()) {
      context.diags.error(codes::kMultipleVariadics, "two runs of axes in one shape")
          .primary(dim.span, "stands for any number of axes")
          .secondary(first_run, "so does this: where one ends and the other begins is open")
          .help("keep one of them; `_` is exactly one axis");
      continue;
    }
    if (run) first_run = dim.span;
    out.dims.push_back(std::move(pattern));
  }
  return out;
}

std::vector<neuro::ReshapeDim> lower_target(const Reshape& reshape, const ValueContext& context) {
  std::vector<neuro::ReshapeDim> out;
  for (const ReshapeDim& dim : reshape.target) {
    neuro::ReshapeDim& entry = out.emplace_back();
    entry.span = dim.span;
    entry.others = dim.others;
    if (dim.name) {
      entry.name = dim.name->text;
      entry.name_span = dim.name->span;
    }
    if (dim.others) continue;
    const bool single =
        std::holds_alternative<AnonymousDim>(dim.size->node) || std::holds_alternative<WildcardDim>(dim.size->node);
    if (single || std::holds_alternative<VariadicDim>(dim.size->node)) {
      context.diags.error(codes::kInvalidReshape, "a target of `=>` says every size")
          .primary(dim.size->span, single ? "stands for any size" : "stands for any number of sizes")
          .help(single ? "give the size a name" : "`others` is the product of all sizes that are not mentioned");
      context.refused = true;
      continue;
    }
    entry.size = lower_size(*dim.size, context);
    mention_names(entry.size, context);
  }
  return out;
}

ArgDecl lower_argument(const Argument& argument, const ValueContext& context) {
  ArgDecl out;
  out.span = argument.span;
  if (argument.name) {
    out.name = argument.name->text;
    out.name_span = argument.name->span;
  }
  out.value = lower_value(*argument.value, context);
  return out;
}

}  // namespace neuro::ns
