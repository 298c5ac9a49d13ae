// The graph: connections, pipelines and what their steps are.
#include "neuro/codes.h"
#include "neuro/str.h"
#include "ns/parser.h"

namespace neuro::ns {

namespace {

bool is_out(const Step& step) {
  const auto* reference = std::get_if<Reference>(&step.node);
  return reference != nullptr && reference->name.text == "out" && !reference->port;
}

bool ends_in_reshape(const Pipeline& pipeline) {
  return !pipeline.steps.empty() && std::holds_alternative<Reshape>(pipeline.steps.back().node);
}

}  // namespace

// ---- Pipelines

// The line where a connection starts, its indented or listed steps, and lines that go on with `->`.
Pipeline Parser::expect_connection(const Block& block) {
  const std::uint32_t column = this->column(), begin = here();
  enter_line();
  Pipeline pipeline;
  pipeline.steps.push_back(expect_endpoint(block, column));
  const auto next_line_continues = [&] {
    return in_block(block) && (line_kind() == Kind::arrow || line_kind() == Kind::fat_arrow);
  };
  if (!at(Kind::arrow) && !at(Kind::fat_arrow) && !next_line_continues()) {
    if (at(Kind::assign)) {
      fail(codes::kUnexpectedToken, "a binding stands in `graph`")
          .primary(span_from(begin).join(next_span()))
          .help("move it to a `context:` section of the neuron");
    } else {
      unexpected("`->` and where the value goes");
    }
  }
  bool arrow = expect_steps(pipeline, block, column);
  expect_step_end(pipeline);
  while (!failed()) {
    const Block body = body_of(column, block);
    const bool opened = arrow || (ends_in_reshape(pipeline) && (body.indented || !block.indented));
    if (next_line_continues() && !arrow && !(body.indented && opened)) {
      enter_line();
      arrow = expect_steps(pipeline, block, column);
      expect_step_end(pipeline);
    } else if (opened) {
      const std::size_t before = pipeline.steps.size();
      const std::uint32_t lines = expect_items(pipeline, body, true, arrow);
      if (lines == 0 && arrow) unexpected("a step after `->`");
      arrow = false;
      if (pipeline.steps.size() == before) break;
    } else {
      break;
    }
  }
  pipeline.span = span_from(begin);
  if (!failed() && block.indented && in_block(block) && this->column() > column) {
    unexpected_indent("end the line above with `->` to go on with its value here");
    skip_deeper(column, block);
  }
  if (failed()) recover(column, block);
  return pipeline;
}

Step Parser::expect_item_step(const Block& block, std::uint32_t column) {
  return at(Kind::fat_arrow) ? expect_reshape() : expect_endpoint(block, column);
}

/// The steps that follow on this line; true if it ends with an arrow.
bool Parser::expect_steps(Pipeline& pipeline, const Block& block, std::uint32_t column) {
  while (at(Kind::arrow) || at(Kind::fat_arrow)) {
    if (accept(Kind::arrow) && at(Kind::end)) return !failed();
    pipeline.steps.push_back(expect_item_step(block, column));
  }
  return false;
}

void Parser::expect_step_end(const Pipeline& pipeline) {
  if (at(Kind::assign) && pipeline.steps.size() == 1) {
    fail(codes::kUnexpectedToken, "a binding stands in `graph`")
        .primary(pipeline.steps.front().span.join(next_span()))
        .help("move it to a `context:` section of the neuron");
  }
  if (at(Kind::name) || at(Kind::kw_in) || at(Kind::kw_out)) {
    unexpected("`->` or the end of the line").help("put `->` between two steps");
  }
  expect_line_end("`->` or ");
}

/// Lines of steps, appended to the pipeline; returns how many lines there were. `of_connection`: a line that starts
/// with
/// `->` goes on with this pipeline, also where indentation was lost. `after_arrow`: the first line follows an arrow.
std::uint32_t Parser::expect_items(Pipeline& pipeline, const Block& block, bool of_connection, bool after_arrow) {
  const Nesting nesting(*this);
  if (failed()) return 0;
  std::uint32_t lines = 0;
  const std::uint32_t first_column = in_block(block) ? column() : 0;
  bool deeper = true;   // the line may be deeper than the first one
  bool broken = false;  // a line failed: what would have belonged to it is skipped
  for (; in_block(block) && !reports().full(); ++lines) {
    const std::uint32_t column = this->column();
    const bool branch = line_kind() == Kind::kw_elif || line_kind() == Kind::kw_else;
    const bool arm = !block.indented && line_kind() == Kind::open_bracket;
    if (broken && (branch || arm)) {
      enter_line();
      next_line();
      if (block.indented) skip_deeper(column, block);
      continue;
    }
    if (!block.indented && ends_flat_items(of_connection, after_arrow)) break;
    if (block.indented && column > first_column && !deeper && line_kind() != Kind::arrow) {
      unexpected_indent("steps of one pipeline start at the same column");
    }
    enter_line();
    accept(Kind::arrow);
    pipeline.steps.push_back(expect_item_step(block, column));
    after_arrow = expect_steps(pipeline, block, column);
    expect_step_end(pipeline);
    deeper = after_arrow || ends_in_reshape(pipeline);
    broken = failed() || (broken && !block.indented);  // without indentation nothing says where it ends
    if (!failed()) continue;
    next_line();
    if (block.indented) skip_deeper(column, block);
  }
  return lines;
}

/// What follows the colon of an arm or a branch: steps on its line, or a block.
Pipeline Parser::expect_body(const Block& block, std::uint32_t column, std::string_view opener) {
  Pipeline pipeline;
  const std::uint32_t begin = here();
  if (!at(Kind::end)) {
    accept(Kind::arrow);
    pipeline.steps.push_back(expect_item_step(block, column));
    if (expect_steps(pipeline, block, column)) {
      const Block body = body_of(column, block);
      if (body.indented) expect_items(pipeline, body, false, true);
    }
  } else if (!failed()) {
    const Span colon = behind();
    if (expect_items(pipeline, body_of(column, block), false, false) == 0) {
      fail(codes::kEmptyBlock, str("nothing follows ", opener))
          .primary({colon.source, colon.begin - 1, colon.end}, "expected a step here, or below and deeper");
    }
  }
  pipeline.span = span_from(begin);
  return pipeline;
}

/// The body of a branch after which no other follows, if it turns out so: where indentation was lost it runs to the end
/// of the pipeline, and a reader may have meant less.
Pipeline Parser::expect_last_body(const Block& block, std::uint32_t column, std::string_view opener, Span keyword) {
  const bool flat = at(Kind::end) && !failed() && !body_of(column, block).indented;
  Pipeline body = expect_body(block, column, opener);
  const bool another = in_block(block) && (line_kind() == Kind::kw_elif || line_kind() == Kind::kw_else);
  const std::size_t own = body.steps.size() - (!body.steps.empty() && is_out(body.steps.back()) ? 1 : 0);
  if (!flat || another || failed() || own < 2) return body;
  const Span between{source_, body.steps.front().span.end, body.steps[own - 1].span.begin};
  if (text(between).find('\n') != std::string::npos) {
    reports()
        .warning(codes::kAmbiguousFlatElse, "without indentation, the last branch runs to the end of the pipeline")
        .primary(keyword, "this branch")
        .secondary(body.steps[1].span, "is part of it")
        .help("indent the steps of the branch, or write `else: Identity()` where it ends");
  }
  return body;
}

// ---- Steps

Step Parser::expect_endpoint(const Block& block, std::uint32_t column) {
  switch (kind()) {
    case Kind::kw_match: return expect_match(block, column);
    case Kind::kw_if: return expect_conditional(block, column);
    case Kind::open_paren: return expect_tuple();
    case Kind::at:
      if (at_word("wrap", 1)) return expect_wrap(block, column);
      break;
    case Kind::kw_in:
    case Kind::kw_out: break;
    case Kind::name: break;
    case Kind::kw_else:
    case Kind::kw_elif:
      fail(codes::kUnexpectedToken, str(found(), " without an `if`"))
          .primary(next_span(), "no `if` above it stands at this column");
      return {behind(), Reference{}};
    default: unexpected("a step such as `Linear(8, 8)`, a name or `out`"); return {behind(), Reference{}};
  }
  return expect_reference_or_call();
}

Step Parser::expect_reference_or_call() {
  const std::uint32_t begin = here();
  if (at(Kind::at) || kind(1) == Kind::open_paren) {
    ModuleExpr module = expect_module();
    return {span_from(begin), std::move(module)};
  }
  Reference reference = expect_reference();
  return {span_from(begin), std::move(reference)};
}

Reference Parser::expect_reference() {
  Reference reference;
  if (at(Kind::kw_in) || at(Kind::kw_out)) {
    const Span span = take();
    reference.name = {text(span), span};
  } else {
    reference.name = expect_name("a name");
  }
  if (!accept(Kind::dot)) return reference;
  if (at(Kind::integer) || at(Kind::kw_in) || at(Kind::kw_out)) {
    const Span span = take();
    reference.port = Name{text(span), span};
  } else {
    reference.port = expect_name("the name of a port");
  }
  return reference;
}

// `Freeze(module)`, a call, a word, or a global.
ModuleExpr Parser::expect_module() {
  const Nesting nesting(*this);
  const std::uint32_t begin = here();
  ModuleExpr module;
  if (at_word("Freeze") && kind(1) == Kind::open_paren) {
    take();
    open_bracket();
    if (!failed()) module = expect_module();
    close_bracket(Kind::close_paren, "");
    module.frozen = true;
  } else if (at(Kind::at)) {
    module.global = true;
    module.call.parentheses = false;
    module.call.callee = expect_global();
    module.call.span = module.call.callee.span;
  } else {
    module.call = expect_call("the name of a neuron");
  }
  module.span = span_from(begin);
  return module;
}

Step Parser::expect_tuple() {
  const std::uint32_t begin = here();
  Tuple tuple;
  open_bracket();
  while (!failed()) {
    if (kind(1) == Kind::open_paren) {
      fail(codes::kUnexpectedToken, "a tuple holds names, not calls")
          .primary(next_span(), "is called here")
          .help("give its result a name in a connection of its own: `in -> Linear(8, 8) -> left`");
      break;
    }
    tuple.items.push_back(expect_reference());
    if (!accept(Kind::comma)) break;
  }
  close_bracket(Kind::close_paren, "`,` or ");
  return {span_from(begin), std::move(tuple)};
}

// `@wrap(W, a): m` and `@wrap(W, a): -> X() -> Y()`.
Step Parser::expect_wrap(const Block& block, std::uint32_t column) {
  const Nesting nesting(*this);
  const std::uint32_t begin = here();
  Wrap wrap;
  take();  // @
  wrap.keyword = take();
  if (!at(Kind::open_paren)) unexpected("`(` and the neuron that wraps");
  open_bracket();
  wrap.wrapper = expect_name("the name of the neuron that wraps");
  if (at(Kind::open_paren)) {
    fail(codes::kUnexpectedToken, "`@wrap` takes the bare name of a neuron")
        .primary(wrap.wrapper.span)
        .help(str("give its arguments after the name: `@wrap(", wrap.wrapper.text, ", ...)`"));
  }
  while (accept(Kind::comma)) wrap.arguments.push_back(expect_argument());
  close_bracket(Kind::close_paren, "`,` or ");
  expect_colon("`@wrap(...)`");
  if (at(Kind::arrow)) {
    take();
    wrap.body = expect_body(block, column, "`@wrap(...): ->`");
  } else {
    wrap.body = expect_name("the name of a binding, or `->` and the steps to wrap");
  }
  return {span_from(begin), std::move(wrap)};
}

// ---- if

bool Parser::parse_branch_keyword(Kind keyword, const Block& block, std::uint32_t column) {
  if (at(keyword)) return true;
  if (!in_block(block) || line_kind() != keyword || (block.indented && this->column() < column)) return false;
  enter_line();
  return true;
}

Step Parser::expect_conditional(const Block& block, std::uint32_t column) {
  const Nesting nesting(*this);
  const std::uint32_t begin = here();
  Conditional conditional;
  do {
    Branch branch;
    branch.keyword = take();
    const std::string opener = str("the condition of `", text(branch.keyword), "`");
    branch.condition = expect_condition();
    expect_colon(opener);
    branch.body = expect_last_body(block, column, opener, branch.keyword);
    conditional.branches.push_back(std::move(branch));
  } while (!failed() && parse_branch_keyword(Kind::kw_elif, block, column));
  if (!failed() && parse_branch_keyword(Kind::kw_else, block, column)) {
    conditional.else_keyword = take();
    if (at(Kind::kw_if)) {
      fail(codes::kUnexpectedToken, "`else if` is one word here")
          .primary(conditional.else_keyword.join(next_span()))
          .help("write `elif`");
    }
    expect_colon("`else`");
    conditional.otherwise = expect_last_body(block, column, "`else:`", conditional.else_keyword);
  }
  return {span_from(begin), std::move(conditional)};
}

// ---- match

template <class Arm>
void Parser::expect_arms(std::vector<Arm>& arms, Arm (Parser::*expect_one)(const Block&), const Block& block,
                         std::uint32_t column) {
  const auto at_arm = [&] {
    return std::is_same_v<Arm, MatchArm> ? line_kind() == Kind::open_bracket : starts_contract_arm();
  };
  if (!at(Kind::end)) arms.push_back((this->*expect_one)(block));
  if (failed()) return;
  const Block body = body_of(column, block);
  while (in_block(body) && (body.indented || at_arm())) {
    const std::uint32_t arm_column = this->column();
    enter_line();
    arms.push_back((this->*expect_one)(body));
    if (!failed()) expect_line_end("`->` or ");
    if (!failed()) continue;
    next_line();
    if (body.indented) skip_deeper(arm_column, body);
    while (!body.indented && in_block(body) && !at_arm() && !ends_flat_items(false, false)) {
      enter_line();
      next_line();
    }
  }
  if (arms.empty()) {
    fail(codes::kEmptyBlock, "a `match` has no arms")
        .primary(behind(), "expected an arm such as `[*, d]: Linear(d, 8)`");
  }
}

Step Parser::expect_match(const Block& block, std::uint32_t column) {
  const Nesting nesting(*this);
  const std::uint32_t begin = here();
  const Span keyword = take();
  if (!at(Kind::open_paren)) {
    ShapeMatch match{keyword, {}};
    expect_colon("`match`");
    accept(Kind::arrow);
    expect_arms(match.arms, &Parser::expect_arm, block, column);
    return {span_from(begin), std::move(match)};
  }
  ContractMatch match{keyword, {}, {}};
  open_bracket();
  match.subject = expect_name("the name of a parameter");
  close_bracket(Kind::close_paren, "");
  expect_colon("`match(...)`");
  accept(Kind::arrow);
  expect_arms(match.arms, &Parser::expect_contract_arm, block, column);
  return {span_from(begin), std::move(match)};
}

MatchArm Parser::expect_arm(const Block& block) {
  MatchArm arm;
  const std::uint32_t column = this->column(), begin = here();
  arm.pattern = expect_shape();
  if (accept(Kind::kw_where)) arm.guard = expect_condition();
  expect_colon(arm.guard ? "the guard of an arm" : "the pattern of an arm");
  arm.body = expect_body(block, column, "the colon of an arm");
  arm.span = span_from(begin);
  return arm;
}

ContractPort Parser::expect_contract_port(Kind keyword) {
  ContractPort port;
  expect(keyword, keyword == Kind::kw_in ? "`in` and the shape of its port" : "`out` and the shape of its port");
  if (at(Kind::name)) port.name = expect_name("the name of a port");
  port.shape = expect_shape();
  return port;
}

ContractArm Parser::expect_contract_arm(const Block& block) {
  ContractArm arm;
  const std::uint32_t column = this->column(), begin = here();
  arm.in = expect_contract_port(Kind::kw_in);
  expect(Kind::arrow, "");
  arm.out = expect_contract_port(Kind::kw_out);
  if (accept(Kind::kw_where)) arm.guard = expect_condition();
  expect_colon(arm.guard ? "the guard of an arm" : "the contract of an arm");
  arm.body = expect_body(block, column, "the colon of an arm");
  arm.span = span_from(begin);
  return arm;
}

}  // namespace neuro::ns
