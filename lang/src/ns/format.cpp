// Canonical form: the tree says where lines begin and how deep they lie; the words are those of the source.
#include "neuro/ns/format.h"

#include <algorithm>
#include <span>
#include <string_view>

#include "neuro/error.h"
#include "neuro/ns/tree.h"
#include "ns/lexer.h"
#include "ns/line_writer.h"
#include "ns/parser.h"

namespace neuro::ns {
namespace {

constexpr std::uint32_t kStep = 2;  // columns that a block is deeper than its opener

bool is_match(const Step& step) {
  return std::holds_alternative<ShapeMatch>(step.node) || std::holds_alternative<ContractMatch>(step.node);
}

bool wraps_pipeline(const Step& step) {
  const Wrap* wrap = std::get_if<Wrap>(&step.node);
  return wrap != nullptr && std::holds_alternative<Pipeline>(wrap->body);
}

/// Holds pipelines of its own, so that nothing can follow it on its line.
bool is_compound(const Step& step) {
  return is_match(step) || wraps_pipeline(step) || std::holds_alternative<Conditional>(step.node);
}

bool has_compound(std::span<const Step> steps) { return std::any_of(steps.begin(), steps.end(), is_compound); }

/// Whether a compound step could stand on one line.
bool is_one_line(const Step& step) {
  if (is_match(step)) return false;
  if (const Wrap* wrap = std::get_if<Wrap>(&step.node)) return !has_compound(std::get<Pipeline>(wrap->body).steps);
  const Conditional& conditional = std::get<Conditional>(step.node);
  return std::none_of(conditional.branches.begin(), conditional.branches.end(),
                      [](const Branch& branch) { return has_compound(branch.body.steps); }) &&
         (!conditional.otherwise || !has_compound(conditional.otherwise->steps));
}

class Formatter {
 public:
  Formatter(std::string_view text, const Words& words) : words_(words), out_(text, words) {
    std::uint32_t breaks = 0, inside = 0;  // inside: the last token of the brackets around
    for (std::uint32_t i = 0; i < words.tokens.size(); ++i) {
      if (i > 0 && i > inside && words.tokens[i].line != words.tokens[i - 1].line) ++breaks;
      breaks_.push_back(breaks);
      if (words.partner[i] != Words::kNoPartner) inside = std::max(inside, words.partner[i]);
    }
  }

  std::string format(const Program& program) {
    struct Item {
      std::uint32_t begin;
      const Use* use;
      const Global* global;
      const Neuron* neuron;
    };
    std::vector<Item> items;
    for (const Use& use : program.uses) items.push_back({use.span.begin, &use, nullptr, nullptr});
    for (const Global& global : program.globals) items.push_back({global.span.begin, nullptr, &global, nullptr});
    for (const Neuron& neuron : program.neurons) items.push_back({neuron.span.begin, nullptr, nullptr, &neuron});
    std::sort(items.begin(), items.end(), [](const Item& a, const Item& b) { return a.begin < b.begin; });
    bool after_neuron = false;
    for (const Item& item : items) {
      out_.start(0, after_neuron || item.neuron != nullptr ? Gap::always : Gap::keep);
      after_neuron = item.neuron != nullptr;
      if (item.neuron != nullptr) {
        put(*item.neuron);
      } else if (item.use != nullptr) {
        out_.take_until(item.use->path.span.begin);
        out_.take_path(item.use->path.span.end);
        out_.end();
      } else {
        out_.take_until(item.global->span.end);
        out_.end();
      }
    }
    return std::move(out_).finish();
  }

 private:
  // ---- Neurons

  void put(const Neuron& neuron) {
    out_.take_until(neuron.header.end);
    out_.end();
    struct Item {
      Span span;
      bool section;  ///< starts with the word of its section
      const ContextItem* context;
      const Pipeline* connection;
    };
    std::vector<Item> items;
    const auto port = [&](const Port& p) {
      const Token& first = words_.tokens[index_of(p.span.begin)];
      items.push_back({p.span, first.kind == Kind::kw_in || first.kind == Kind::kw_out, nullptr, nullptr});
    };
    std::for_each(neuron.inputs.begin(), neuron.inputs.end(), port);
    std::for_each(neuron.outputs.begin(), neuron.outputs.end(), port);
    if (neuron.impl) items.push_back({neuron.impl->span, true, nullptr, nullptr});
    for (const ContextItem& item : neuron.context) {
      items.push_back({std::visit([](const auto& i) { return i.span; }, item), false, &item, nullptr});
    }
    for (const Pipeline& connection : neuron.graph) items.push_back({connection.span, false, nullptr, &connection});
    std::sort(items.begin(), items.end(), [](const Item& a, const Item& b) { return a.span.begin < b.span.begin; });
    for (const Item& item : items) {
      put_section_headers(item.span.begin);
      if (item.connection != nullptr) {
        put_connection(*item.connection, 2 * kStep);
      } else if (item.context != nullptr) {
        std::visit([&](const auto& i) { put_context(i, 2 * kStep); }, *item.context);
      } else {
        out_.start(item.section ? kStep : 2 * kStep);
        if (neuron.impl && neuron.impl->path && neuron.impl->span == item.span) {
          out_.take_until(neuron.impl->path->span.begin);
          out_.take_path(item.span.end);
        }
        out_.take_until(item.span.end);
        out_.end();
      }
    }
    put_section_headers(neuron.span.end);
  }

  // `graph:` and the like, each on a line of its own.
  void put_section_headers(std::uint32_t before) {
    out_.skip_arrows(before);  // of the last item above
    while (out_.next().begin < before && out_.next().kind != Kind::end) {
      out_.start(kStep);
      out_.take();
      out_.take();  // the colon
      out_.end();
    }
  }

  void put_context(const Binding& binding, std::uint32_t indent) {
    out_.start(indent);
    out_.take_until(binding.span.end);
    out_.end();
  }

  void put_context(const Unroll& unroll, std::uint32_t indent) {
    out_.start(indent);
    out_.take_until(unroll.members.front().span.begin);
    out_.end();
    for (const Binding& member : unroll.members) put_context(member, indent + kStep);
  }

  // ---- Pipelines

  // On one line where the source has it so; else a step a line. A `match` may follow the first steps on their line.
  void put_connection(const Pipeline& pipeline, std::uint32_t indent) {
    const std::vector<Step>& steps = pipeline.steps;
    out_.start(indent);
    if (is_compound(steps.front())) {
      put_after_compound(steps, indent);
      return;
    }
    const bool one_line = !has_compound({steps.data(), steps.size() - 1}) &&
                          (!is_compound(steps.back()) || is_one_line(steps.back()) || is_match(steps.back()));
    const std::uint32_t head_end = is_match(steps.back()) ? steps.back().span.begin + 1 : steps.back().span.end;
    if (one_line && on_one_line(out_.next_index(), head_end)) {
      const LineWriter::Mark mark = out_.mark();
      put_inline(steps);
      if (out_.fits()) {
        out_.end();
        if (is_match(steps.back())) put_arms(steps.back(), indent + kStep);
        return;
      }
      out_.rewind(mark);
    }
    out_.take_until(steps.front().span.end);
    out_.put_arrow();
    out_.end();
    put_items({steps.data() + 1, steps.size() - 1}, indent + kStep);
  }

  // Nothing can follow on the last line of a compound step: each further step starts a line with its arrow.
  void put_after_compound(const std::vector<Step>& steps, std::uint32_t indent) {
    put_item(steps.front(), indent);
    for (std::size_t i = 1; i < steps.size(); ++i) {
      out_.start(indent, Gap::none);
      if (!std::holds_alternative<Reshape>(steps[i].node)) out_.put_arrow();
      put_item(steps[i], indent);
    }
  }

  void put_items(std::span<const Step> steps, std::uint32_t indent) {
    for (const Step& step : steps) {
      out_.start(indent);
      put_item(step, indent);
    }
  }

  // The rest of a line that holds the step, and what follows below it.
  void put_item(const Step& step, std::uint32_t indent) {
    if (!is_compound(step)) {
      out_.take_until(step.span.end);
      out_.end();
      return;
    }
    if (is_one_line(step) && on_one_line(out_.next_index(), step.span.end)) {
      const LineWriter::Mark mark = out_.mark();
      put_inline(step);
      if (out_.fits()) {
        out_.end();
        return;
      }
      out_.rewind(mark);
    }
    if (is_match(step)) {
      put_inline(step);
      out_.end();
      put_arms(step, indent + kStep);
    } else if (const Wrap* wrap = std::get_if<Wrap>(&step.node)) {
      take_wrap_header(*wrap);
      put_body(std::get<Pipeline>(wrap->body), indent);
    } else {
      put_branches(std::get<Conditional>(step.node), indent);
    }
  }

  void put_branches(const Conditional& conditional, std::uint32_t indent) {
    for (const Branch& branch : conditional.branches) {
      if (&branch != &conditional.branches.front()) out_.start(indent, Gap::none);
      take_header(branch.condition.span.end);
      put_body(branch.body, indent);
    }
    if (!conditional.otherwise) return;
    out_.start(indent, Gap::none);
    take_header(conditional.else_keyword.end);
    put_body(*conditional.otherwise, indent);
  }

  void put_arms(const Step& step, std::uint32_t indent) {
    const auto put_each = [&](const auto& arms, auto&& header_end) {
      for (const auto& arm : arms) {
        out_.start(indent);
        take_header(arm.guard ? arm.guard->span.end : header_end(arm));
        put_body(arm.body, indent);
      }
    };
    if (const ShapeMatch* match = std::get_if<ShapeMatch>(&step.node)) {
      put_each(match->arms, [](const MatchArm& arm) { return arm.pattern.span.end; });
    } else {
      put_each(std::get<ContractMatch>(step.node).arms, [](const ContractArm& arm) { return arm.out.shape.span.end; });
    }
  }

  // What follows the colon of an arm or a branch, whose words are taken already.
  void put_body(const Pipeline& body, std::uint32_t indent) {
    const std::vector<Step>& steps = body.steps;
    if (!has_compound(steps) && on_one_line(out_.next_index() - 1, steps.back().span.end)) {
      const LineWriter::Mark mark = out_.mark();
      put_inline(steps);
      if (out_.fits()) {
        out_.end();
        return;
      }
      out_.rewind(mark);
    }
    out_.end();
    put_items(steps, indent + kStep);
  }

  // ---- Lines

  // The words to the colon behind that byte, with it.
  void take_header(std::uint32_t byte) {
    out_.take_until(byte);
    out_.take();
  }

  void take_wrap_header(const Wrap& wrap) {
    const std::uint32_t body = std::get<Pipeline>(wrap.body).steps.front().span.begin;
    while (out_.next().kind != Kind::arrow) out_.take();
    out_.skip_arrows(body);
    out_.put_arrow();
  }

  void put_inline(const std::vector<Step>& steps) {
    for (const Step& step : steps) {
      out_.skip_arrows(step.span.begin);
      if (&step != &steps.front() && !std::holds_alternative<Reshape>(step.node)) out_.put_arrow();
      put_inline(step);
    }
  }

  // All of a step that goes on a line; of a match, what stands above its arms.
  void put_inline(const Step& step) {
    if (const ShapeMatch* match = std::get_if<ShapeMatch>(&step.node)) {
      take_header(match->keyword.end);
      out_.put_arrow();
    } else if (const ContractMatch* contract = std::get_if<ContractMatch>(&step.node)) {
      out_.take_until(contract->subject.span.end);
      out_.take();  // the bracket
      out_.take();  // the colon
    } else if (const Conditional* conditional = std::get_if<Conditional>(&step.node)) {
      for (const Branch& branch : conditional->branches) {
        take_header(branch.condition.span.end);
        put_inline(branch.body.steps);
      }
      if (!conditional->otherwise) return;
      take_header(conditional->else_keyword.end);
      put_inline(conditional->otherwise->steps);
    } else if (wraps_pipeline(step)) {
      take_wrap_header(std::get<Wrap>(step.node));
      put_inline(std::get<Pipeline>(std::get<Wrap>(step.node).body).steps);
    } else {
      out_.take_until(step.span.end);
    }
  }

  // ---- The source

  std::uint32_t index_of(std::uint32_t byte) const {
    const auto at = std::lower_bound(words_.tokens.begin(), words_.tokens.end(), byte,
                                     [](const Token& token, std::uint32_t b) { return token.begin < b; });
    return static_cast<std::uint32_t>(at - words_.tokens.begin());
  }

  /// Whether no line ends between a token and the byte `end`, but for those in brackets.
  bool on_one_line(std::uint32_t token, std::uint32_t end) const {
    return breaks_[token] == breaks_[index_of(end) - 1];
  }

  const Words& words_;
  std::vector<std::uint32_t> breaks_;  // lines that end before each token, outside of brackets
  LineWriter out_;
};

/// The comments of a source, in order.
std::vector<std::string_view> comments_of(std::string_view text, const Words& words) {
  std::vector<std::string_view> comments;
  for (const Comment& comment : words.comments) {
    comments.push_back(text.substr(comment.begin, comment.end - comment.begin));
  }
  return comments;
}

struct Read {
  Words words;
  Program program;
  bool ok = false;

  Read(std::uint32_t source, Diagnostics& diagnostics) {
    const std::size_t before = diagnostics.error_count();
    Reports reports(diagnostics);
    words = lex(source, reports);
    program = Parser(source, words, reports).parse_program();
    reports.finish();
    ok = diagnostics.error_count() == before;
  }
};

}  // namespace

std::optional<std::string> format(std::uint32_t source, Diagnostics& diagnostics) {
  const Read read(source, diagnostics);
  if (!read.ok) return std::nullopt;
  const std::string_view text = diagnostics.sources()[source].text;
  std::string out = Formatter(text, read.words).format(read.program);

  Diagnostics again;
  const Read result(again.sources().add("formatted", out), again);
  if (!result.ok || !equal(read.program, result.program) ||
      comments_of(text, read.words) != comments_of(again.sources()[0].text, result.words)) {
    throw Error(ErrorCode::internal, "formatting would change what the source means; nothing was changed");
  }
  const std::size_t line_end = text.find('\n');
  if (line_end == std::string_view::npos || line_end == 0 || text[line_end - 1] != '\r') return out;
  std::string with_returns;
  for (const char c : out) with_returns += c == '\n' ? std::string("\r\n") : std::string(1, c);
  return with_returns;
}

}  // namespace neuro::ns
