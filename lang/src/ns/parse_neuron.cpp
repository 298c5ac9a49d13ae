// Everything around the graph: use, globals, headers, ports, context, impl.
#include <algorithm>
#include <array>
#include <utility>

#include "neuro/codes.h"
#include "neuro/str.h"
#include "neuro/suggest.h"
#include "ns/parser.h"

namespace neuro::ns {
namespace {

constexpr std::array<std::string_view, 5> kSections{"in", "out", "context", "graph", "impl"};

/// Words of other languages, and of old versions of this one, for a section.
std::string_view section_meant(std::string_view word) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 12> kMeant{{{"let", "context"},
                                                                                  {"set", "context"},
                                                                                  {"vars", "context"},
                                                                                  {"layers", "context"},
                                                                                  {"input", "in"},
                                                                                  {"inputs", "in"},
                                                                                  {"output", "out"},
                                                                                  {"outputs", "out"},
                                                                                  {"body", "graph"},
                                                                                  {"forward", "graph"},
                                                                                  {"flow", "graph"},
                                                                                  {"kernel", "impl"}}};
  for (const auto& [from, to] : kMeant) {
    if (word == from) return to;
  }
  return {};
}

}  // namespace

Program Parser::parse_program() {
  Program program;
  program.source = source_;
  const Block file{last_line(), false};
  bool stray = false;  // one report for a run of lines that belong to no neuron
  while (at_line_start() && line() < file.end && !reports().full()) {
    if (starts_top_level()) {
      stray = false;
      if (line_kind() == Kind::kw_neuron) {
        expect_neuron(program);
        continue;
      }
      enter_line();
      at(Kind::at) ? expect_top_global(program) : expect_use(program);
      expect_line_end("");
    } else {
      enter_line();
      if (!stray) {
        static constexpr std::array<std::string_view, 2> kWords{"neuron", "use"};
        const auto near = at(Kind::name) ? nearest(text(next_span()), kWords) : std::nullopt;
        Diagnostic& d = fail(codes::kUnexpectedToken, str(found(), " stands outside of any neuron"))
                            .primary(next_span(), "expected `neuron`, `use` or `@global`");
        if (near) {
          d.help(str("write `", *near, "`"));
        } else if (!program.neurons.empty()) {
          d.help("indent what belongs to the neuron above");
        }
      }
      stray = true;
    }
    next_line();
  }
  return program;
}

void Parser::expect_use(Program& program) {
  const std::uint32_t begin = here();
  take();
  Path path = expect_path();
  program.uses.push_back({span_from(begin), std::move(path)});
}

void Parser::expect_top_global(Program& program) {
  const std::uint32_t begin = here();
  Name name = expect_global();
  expect(Kind::assign, "");
  Value value = expect_value();
  program.globals.push_back({span_from(begin), std::move(name), std::move(value)});
}

// A package may have hyphens, which the lexer takes for minus signs.
Path Parser::expect_path() {
  Path path;
  const std::uint32_t begin = here();
  path.package = expect_name("the name of a package");
  while (at(Kind::minus) && here() == path.package.span.end) {
    take();
    path.package.span = path.package.span.join(expect_name("the rest of a package's name").span);
    path.package.text = text(path.package.span);
  }
  expect(Kind::comma, "`,` and a path such as `nn/Linear`");
  do {
    const bool word = at(Kind::star) || (kind() >= Kind::name && kind() <= Kind::kw_false);
    if (!word) {
      unexpected("a part of a path such as `nn/Linear`");
      break;
    }
    const Span span = take();
    path.parts.push_back({text(span), span});
  } while (accept(Kind::slash));
  path.span = span_from(begin);
  return path;
}

// ---- Neurons

void Parser::expect_neuron(Program& program) {
  const std::uint32_t column = this->column(), begin = here();
  Neuron neuron;
  if (text_line().doc >= 0) {
    const DocBlock& doc = words_.docs[static_cast<std::size_t>(text_line().doc)];
    neuron.doc = Doc{doc.span, doc.text};
  }
  enter_line();
  take();
  if (at(Kind::colon) || at(Kind::open_paren) || at(Kind::end)) {
    fail(codes::kUnexpectedToken, "a neuron needs a name")
        .primary(behind(), "expected a name here")
        .help("write `neuron Encoder(dim):`");
  }
  neuron.name = expect_name("the name of the neuron");
  if (at(Kind::open_paren)) {
    open_bracket();
    while (!failed() && !(neuron.params.empty() && at(Kind::close_paren))) {
      neuron.params.push_back(expect_param());
      if (!accept(Kind::comma)) break;
    }
    close_bracket(Kind::close_paren, "`,` or ");
  }
  expect_colon("the header of a neuron");
  neuron.header = span_from(begin);

  // The body: all lines to the next neuron; in an indented body also only those that are deeper than the header.
  const bool inline_section = !failed() && !at(Kind::end);
  if (failed()) next_line();
  Block body{line(), false};
  if (inline_section) ++body.end;
  const auto ends_here = [&](std::uint32_t index) {
    const std::uint32_t saved = std::exchange(place_, words_.lines[index].first);
    const bool ends = starts_top_level() && (line_kind() == Kind::kw_neuron || this->column() <= column);
    place_ = saved;
    return ends;
  };
  bool deeper = true;
  std::uint32_t end = body.end;
  for (; end < last_line() && !ends_here(end); ++end) deeper = deeper && words_.lines[end].column > column;
  body = {end, deeper && end > body.end};
  warn_of_mixed_indentation(body);

  if (inline_section) {
    expect_section(neuron, body, column);
    expect_line_end("");
    if (failed()) recover(column, {body.end, false});
  }
  const std::uint32_t section_column = in_block(body) ? this->column() : 0;
  while (in_block(body) && !reports().full()) {
    const std::uint32_t here_column = this->column();
    if (body.indented && here_column > section_column) unexpected_indent("sections start at the same column");
    enter_line();
    expect_section(neuron, body, here_column);
    expect_line_end("");
    if (!failed()) continue;
    next_line();
    while (in_block(body) && (body.indented ? this->column() > here_column : !starts_section())) {
      enter_line();
      next_line();
    }
  }
  neuron.span = span_from(begin);
  program.neurons.push_back(std::move(neuron));
}

void Parser::warn_of_mixed_indentation(const Block& block) {
  const TextLine *tabs = nullptr, *spaces = nullptr;
  for (std::uint32_t i = line(); i < block.end; ++i) {
    const TextLine& text_line = words_.lines[i];
    if (text_line.column == TextLine::kContinuation) continue;
    if (text_line.tabs && tabs == nullptr) tabs = &text_line;
    if (text_line.spaces && spaces == nullptr) spaces = &text_line;
  }
  if (tabs == nullptr || spaces == nullptr) return;
  const auto indentation = [&](const TextLine& text_line) {
    const std::uint32_t word = token_at(text_line.first).begin;
    const auto start = static_cast<std::uint32_t>(text_.rfind('\n', word) + 1);
    return Span{source_, start, word};
  };
  const bool both = tabs == spaces;
  Diagnostic& d = reports().warning(codes::kMixedIndentation, "tabs and spaces are mixed in one neuron");
  const bool tabs_first = tabs < spaces;
  d.primary(indentation(tabs_first ? *spaces : *tabs), both         ? "tabs and spaces in one line"
                                                       : tabs_first ? "indented with spaces"
                                                                    : "indented with tabs");
  if (!both) {
    d.secondary(indentation(tabs_first ? *tabs : *spaces), tabs_first ? "indented with tabs" : "indented with spaces");
  }
  d.help("indent with spaces only; a tab counts as going to the next multiple of 4");
}

Param Parser::expect_param() {
  Param param;
  const std::uint32_t begin = here();
  param.name = expect_name("the name of a parameter");
  if (accept(Kind::colon)) param.type = expect_name("the type of a parameter, such as `Neuron`");
  if (accept(Kind::assign)) param.default_value = expect_value();
  param.span = span_from(begin);
  return param;
}

// ---- Sections

void Parser::expect_section(Neuron& neuron, const Block& block, std::uint32_t column) {
  switch (kind()) {
    case Kind::kw_in:
      if (kind(1) == Kind::arrow || kind(1) == Kind::fat_arrow || kind(1) == Kind::end) break;
      expect_ports(neuron.inputs, block, column);
      return;
    case Kind::kw_out:
      if (kind(1) == Kind::arrow || kind(1) == Kind::fat_arrow || kind(1) == Kind::end) break;
      expect_ports(neuron.outputs, block, column);
      return;
    case Kind::kw_impl: expect_impl(neuron); return;
    case Kind::kw_graph: expect_graph(neuron, block, column); return;
    default:
      if (at_word("context") && (kind(1) == Kind::colon || kind(1) == Kind::end)) {
        expect_context(neuron, block, column);
        return;
      }
  }
  not_a_section();
}

void Parser::not_a_section() {
  if (failed()) return;
  const bool word = at(Kind::name);
  const std::string name = word ? text(next_span()) : std::string();
  const Span span = next_span();
  if (kind(1) == Kind::assign || (at(Kind::at) && kind(3) == Kind::assign)) {
    fail(codes::kUnexpectedToken, "a binding stands outside of `context`")
        .primary(span)
        .help("write a line `context:` above it");
    return;
  }
  if (kind(1) == Kind::arrow || kind(1) == Kind::fat_arrow || kind(1) == Kind::open_paren || at(Kind::open_paren) ||
      at(Kind::arrow) || at(Kind::fat_arrow) || at(Kind::kw_match) || at(Kind::kw_if) || at(Kind::kw_in) ||
      at(Kind::kw_out)) {
    fail(codes::kUnexpectedToken, str(found(), " stands outside of `graph`"))
        .primary(span, "part of a pipeline")
        .help("write a line `graph:` above the pipelines, and indent them below it");
    return;
  }
  if (!word) {
    unexpected("a section: `in`, `out`, `context`, `graph` or `impl`");
    return;
  }
  Diagnostic& d = fail(codes::kUnknownSection, str("`", name, "` is not a section of a neuron"));
  const std::string_view meant = section_meant(name);
  const auto near = meant.empty() ? nearest(name, kSections) : std::optional(std::string(meant));
  d.primary(span, near ? str("did you mean `", *near, "`?") : "");
  d.help("sections are `in`, `out`, `context`, `graph` and `impl`");
}

// `in: shape`, `in name: shape`, `in *name: shape`, or `in:` with a line for each port.
void Parser::expect_ports(std::vector<Port>& ports, const Block& block, std::uint32_t column) {
  Port port;
  const std::uint32_t begin = here();
  const Span keyword = take();
  port.variadic = accept(Kind::star);
  port.named = port.variadic || at(Kind::name);
  port.name = port.named ? expect_name("the name of a port") : Name{"default", keyword};
  expect_colon(port.named ? "the name of a port" : str("`", text(keyword), "`"));
  if (port.named || !at(Kind::end)) {
    if (!port.named && (at(Kind::star) || (at(Kind::name) && kind(1) == Kind::colon))) {
      ports.push_back(expect_block_port());  // `in: name: shape`
      return;
    }
    port.shape = expect_shape();
    port.span = span_from(begin);
    ports.push_back(std::move(port));
    return;
  }
  const Block body = body_of(column, block);
  const std::size_t before = ports.size();
  while (in_block(body) && (body.indented || (looks_like_section() && !starts_section()))) {
    const std::uint32_t port_column = this->column();
    enter_line();
    ports.push_back(expect_block_port());
    expect_line_end("");
    if (!failed()) continue;
    next_line();
    if (body.indented) skip_deeper(port_column, body);
  }
  if (ports.size() == before) {
    fail(codes::kEmptyBlock, str("nothing follows `", text(keyword), ":`"))
        .primary(keyword, "expected a shape such as `[batch, 128]`, or lines such as `left: [batch, 128]`");
  }
}

Port Parser::expect_block_port() {
  Port port;
  const std::uint32_t begin = here();
  port.named = true;
  port.variadic = accept(Kind::star);
  port.name = expect_name("the name of a port");
  expect_colon("the name of a port");
  port.shape = expect_shape();
  port.span = span_from(begin);
  return port;
}

void Parser::expect_impl(Neuron& neuron) {
  Impl impl;
  const std::uint32_t begin = here();
  const Span keyword = take();
  expect_colon("`impl`");
  if (at_word("external") && kind(1) == Kind::open_paren) {
    Call call = expect_call("`external`");
    impl.options = std::move(call.arguments);
  } else {
    impl.path = expect_path();
  }
  impl.span = span_from(begin);
  if (neuron.impl) {
    fail(codes::kUnexpectedToken, "a neuron has one `impl`")
        .primary(keyword, "the second one")
        .secondary(neuron.impl->span, "the first one");
    return;
  }
  neuron.impl = std::move(impl);
}

// ---- Context

void Parser::expect_context(Neuron& neuron, const Block& block, std::uint32_t column) {
  take();
  expect_colon("`context`");
  if (!at(Kind::end)) {
    expect_context_item(neuron, block, false);
    expect_line_end("");
  }
  if (failed()) return;
  const Block body = body_of(column, block);
  const std::uint32_t first_column = in_block(body) ? this->column() : 0;
  while (in_block(body) && !reports().full()) {
    if (!body.indented && (starts_section() || looks_like_section())) break;
    const std::uint32_t item_column = this->column();
    if (body.indented && item_column > first_column) unexpected_indent("bindings start at the same column");
    enter_line();
    expect_context_item(neuron, body, !body.indented);
    expect_line_end("");
    if (!failed()) continue;
    next_line();
    if (body.indented) skip_deeper(item_column, body);
  }
}

void Parser::expect_context_item(Neuron& neuron, const Block& block, bool bound_by_words) {
  const std::uint32_t column = this->column(), begin = here();
  const bool unroll = at(Kind::name) && kind(1) == Kind::assign && at_word("unroll", 2) && kind(3) == Kind::open_paren;
  if (!unroll) {
    neuron.context.emplace_back(expect_binding());
    return;
  }
  Name name = expect_name("the name of a binding");
  Unroll item = expect_unroll(block, std::move(name), begin, column);
  const bool flat = bound_by_words && in_block(block) && !looks_like_section() && !failed();
  if (flat) {
    reports()
        .warning(codes::kAmbiguousFlatUnroll, "without indentation, an `unroll` holds only the binding below it")
        .primary(line_span(), str("is not part of `", item.name.text, "`"))
        .secondary(item.name.span, "this `unroll` holds one binding")
        .help("indent the bindings of the `unroll`");
  }
  neuron.context.emplace_back(std::move(item));
}

Binding Parser::expect_binding() {
  Binding binding;
  const std::uint32_t begin = here();
  if (accept(Kind::at)) {
    constexpr std::array<std::string_view, 3> kKinds{"lazy", "static", "global"};
    const auto found_kind = std::find_if(kKinds.begin(), kKinds.end(), [&](std::string_view k) { return at_word(k); });
    if (found_kind == kKinds.end()) {
      const std::string word = at(Kind::name) ? text(next_span()) : std::string();
      Diagnostic& d = unexpected("`lazy` or `static` after `@`");
      if (const auto near = nearest(word, kKinds)) d.help(str("write `@", *near, "`"));
    } else {
      binding.kind = static_cast<BindingKind>(1 + (found_kind - kKinds.begin()));
      take();
    }
  }
  binding.name = expect_name("the name of a binding");
  if (at(Kind::equal)) {
    fail(codes::kUnexpectedToken, "`==` compares; it does not give a name").primary(next_span()).help("write `=`");
  }
  if (at(Kind::arrow) || at(Kind::fat_arrow)) {
    fail(codes::kUnexpectedToken, "a pipeline stands in `context`")
        .primary(binding.name.span.join(next_span()))
        .help("move it to the `graph:` section");
  }
  expect(Kind::assign, "`=` and a neuron such as `Linear(8, 8)`");
  binding.module = expect_module();
  binding.span = span_from(begin);
  return binding;
}

// The bindings of an unroll are indented below it; without indentation it holds exactly the next one.
Unroll Parser::expect_unroll(const Block& block, Name name, std::uint32_t begin, std::uint32_t column) {
  Unroll unroll;
  unroll.name = std::move(name);
  take();  // =
  take();  // unroll
  open_bracket();
  unroll.count = expect_value();
  close_bracket(Kind::close_paren, "");
  expect_colon("`unroll(...)`");
  if (!at(Kind::end)) {
    unroll.members.push_back(expect_binding());
  } else {
    const Block body = body_of(column, block);
    while (in_block(body) && (body.indented || (unroll.members.empty() && !looks_like_section()))) {
      const std::uint32_t member_column = this->column();
      enter_line();
      unroll.members.push_back(expect_binding());
      if (!failed()) expect_line_end("");
      if (!failed()) continue;
      next_line();
      if (body.indented) skip_deeper(member_column, body);
    }
    if (unroll.members.empty()) {
      fail(codes::kEmptyBlock, "nothing follows `unroll(...):`")
          .primary(behind(), "expected a binding below and deeper");
    }
  }
  unroll.span = span_from(begin);
  return unroll;
}

// ---- Graph

void Parser::expect_graph(Neuron& neuron, const Block& block, std::uint32_t column) {
  const Span keyword = take();
  if (!neuron.graph_keyword.known()) neuron.graph_keyword = keyword;
  expect_colon("`graph`");
  if (failed()) return;
  if (!at(Kind::end)) neuron.graph.push_back(expect_connection({block.end, false}));
  const Block body = body_of(column, block);
  const std::uint32_t first_column = in_block(body) ? this->column() : 0;
  while (in_block(body) && !reports().full()) {
    if (!body.indented && looks_like_section()) break;
    const std::uint32_t connection_column = this->column();
    if (body.indented && connection_column > first_column) {
      unexpected_indent("connections start at the same column; end the line above with `->` to go on with it");
      skip_deeper(first_column, body);
      continue;
    }
    neuron.graph.push_back(expect_connection(body));
  }
}

}  // namespace neuro::ns
