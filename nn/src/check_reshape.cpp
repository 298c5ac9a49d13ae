// `=>`: what its names mean, and what it makes of a shape (spec: neuroscript.md, 3.9 and 4.6).
#include <algorithm>

#include "neuro/codes.h"
#include "neuro/str.h"
#include "neuron_check.h"

namespace neuro {
namespace {

using Failure = RearrangeFailure;

std::string listed(const std::vector<std::string>& words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    out += str(i == 0 ? "" : i + 1 == words.size() ? " and " : ", ", "`", words[i], "`");
  }
  return out;
}

std::string text_of(const ReshapeNode& reshape) {
  std::string out = "[";
  for (const ReshapeDim& dim : reshape.target) {
    if (out.size() > 1) out += ", ";
    out += dim.others ? "others" : dim.name.empty() ? text_of(dim.size) : str(dim.name, "=", text_of(dim.size));
  }
  return out + "]";
}

/// The factors of a product, outermost first.
void factors_of(const Expr& expr, std::vector<const Expr*>& out) {
  const auto* operation = std::get_if<OperationExpr>(&expr.node);
  if (operation && operation->op == ExprOp::mul) {
    for (const Expr& operand : operation->operands) factors_of(operand, out);
  } else {
    out.push_back(&expr);
  }
}

}  // namespace

// --- Names -----------------------------------------------------------------------------------------------------------

/// New names of a target become sizes of the neuron, or of the arm where they stand. What `name=` gives is known at
/// once, so that no order of evaluation matters; other names get a value from the value that is arranged.
void NeuronCheck::declare_targets(const GraphNode& node) {
  const auto* reshape = std::get_if<ReshapeNode>(&node.node);
  if (!reshape) return;
  const auto declare = [&](const std::string& name) {
    const int symbol = f_.solver.fresh(name, SymbolKind::free);
    sizes_[name] = Dim::symbol(symbol);
    new_sizes_.push_back(name);
    unvalued_[name] = symbol;
  };
  for (const ReshapeDim& dim : reshape->target) {
    const auto* word = dim.others ? nullptr : std::get_if<NameExpr>(&dim.size.node);
    if (word && dim.name.empty() && !word->global && !find(word->name)) declare(word->name);
  }
  for (const ReshapeDim& dim : reshape->target) {
    if (dim.name.empty() || find(dim.name)) continue;
    Diagnostics told_later;
    const auto value = evaluate(dim.size, scope_, told_later);
    declare(dim.name);
    if (!value || !value->dim() || value->dim()->mentions(unvalued_[dim.name])) continue;
    f_.solver.bind(unvalued_[dim.name], *value->dim(), dim.span);
    unvalued_.erase(dim.name);
  }
}

/// Names of targets that nothing has given a value, among those that a size is made of.
std::vector<std::string> NeuronCheck::without_value(const Dim& size) const {
  std::vector<std::string> out;
  f_.solver.resolve(size).each_symbol([&](int s) {
    const auto open = unvalued_.find(f_.solver.symbol(s).name);
    if (open == unvalued_.end() || open->second != s) return;
    const auto named = sizes_.find(open->first);  // names of an arm that was left are gone
    if (named != sizes_.end() && named->second.as_symbol() == s) out.push_back(open->first);
  });
  return out;
}

/// The names of this neuron's sizes by what they stand for now.
std::map<int, std::string> NeuronCheck::names_of_symbols() const {
  std::map<int, std::string> out;
  for (const std::string& name : names()) {
    const auto value = find(name);
    if (!value || !value->dim()) continue;
    if (const auto symbol = value->dim()->as_symbol()) out.emplace(*symbol, name);
    if (const auto symbol = f_.solver.resolve(*value->dim()).as_symbol()) out.emplace(*symbol, name);
  }
  return out;
}

// --- The target ------------------------------------------------------------------------------------------------------

/// A target with its values; nothing after an error.
std::optional<std::vector<TargetAxis>> NeuronCheck::target_of(const ReshapeNode& reshape) {
  const bool annotated = reshape.mode != ReshapeMode::rearrange;
  const char* code = annotated ? codes::kInvalidAnnotation : codes::kInvalidReshape;
  std::vector<TargetAxis> out;
  bool fine = true;
  const auto fail = [&](Span span, const char* which, std::string title, std::string label) -> Diagnostic& {
    fine = false;
    return diags_->error(which, std::move(title)).primary(span, std::move(label));
  };
  if (reshape.target.empty()) fail(reshape.target_span, code, "`=>` needs a size at least", "no size");
  const ReshapeDim* others = nullptr;
  for (const ReshapeDim& dim : reshape.target) {
    TargetAxis& axis = out.emplace_back();
    axis.others = dim.others;
    if (dim.others) {
      if (others != nullptr) {
        fail(dim.span, code, "`others` stands twice in one target", "what goes here?")
            .secondary(others->span, "this takes all that is not mentioned");
      } else if (reshape.strategy == "copy") {
        fail(dim.span, code, "`others` cannot stand in a repetition", "which sizes?")
            .help("name every size of the source in the target");
      }
      others = &dim;
      continue;
    }
    std::vector<const Expr*> factors;
    factors_of(dim.size, factors);
    for (const Expr* factor : factors) {
      const auto value = eval(*factor);
      const Dim* size = value ? value->dim() : nullptr;
      if (!size) {
        if (value) {
          fail(factor->span, code, str("`", text_of(*factor), "` is not a size"), str("is ", text_of(*value)));
        }
        fine = false;
        continue;
      }
      const Dim resolved = f_.solver.resolve(*size);
      if (const auto number = resolved.constant(); number && *number < 0) {
        fail(factor->span, codes::kUnsolvableDimension, str("a size of ", *number, " is negative"),
             str("comes out as ", *number));
      }
      const auto open = without_value(resolved);
      const bool alone = factors.size() == 1 && dim.name.empty() && std::holds_alternative<NameExpr>(factor->node);
      if (!open.empty() && !alone) {
        fail(factor->span, code, str(listed(open), " has no value here"), "needs a number to calculate with")
            .help(str("make `", open[0], "` a parameter, or a size of an input port"));
      }
      axis.factors.push_back({resolved, text_of(*factor), !open.empty()});
    }
    if (const auto known = dim.name.empty() ? std::nullopt : find(dim.name); fine && known && known->dim()) {
      const auto value = eval(dim.size);
      if (!value || !value->dim()) continue;
      const Dim now = f_.solver.resolve(*known->dim());
      if (now.as_symbol()) {
        require(*known->dim(), *value->dim(), unknown_flow(dim.span), dim.span);
      } else if (!(now == f_.solver.resolve(*value->dim()))) {
        fail(dim.span, code, str("`", dim.name, "` is ", f_.solver.text(now), " already"), "another value here")
            .help("a name has one value in its neuron: use another one");
      }
    }
  }
  if (!fine) return std::nullopt;
  return out;
}

/// Two sizes that a step makes one; `actual` is on the side of what arrives.
void NeuronCheck::require(const Dim& expected, const Dim& actual, const Flow& source, Span span) {
  if (f_.solver.resolve(expected) == f_.solver.resolve(actual)) return;
  Meeting meeting;
  meeting.actual = source;
  meeting.span = span;
  meeting.reshape = true;
  const auto name = [this](int s) { return f_.solver.symbol(s).name; };
  meeting.condition = str(actual.text(name), " = ", expected.text(name));
  f_.meetings.push_back(std::move(meeting));
  const int edge = static_cast<int>(f_.meetings.size()) - 1;
  if (const auto conflict = f_.solver.unify(expected, actual, 0, edge, span)) report(*conflict);
  for (const Conflict& later : f_.solver.retry()) report(later);
}

// --- The step --------------------------------------------------------------------------------------------------------

NeuronCheck::Flows NeuronCheck::reshaped(int index, const GraphNode& node, const ReshapeNode& reshape) {
  const Flows source = values_of(reshape.source);
  if (reshape.mode != ReshapeMode::rearrange && !reshape.strategy.empty() && !known_strategy(reshape)) {
    return {unknown_flow(node.span)};
  }
  const auto target = target_of(reshape);
  if (source.size() != 1 || any_number(source)) {
    if (source.empty() || !source[0].unknown) {
      diags_->error(codes::kArityMismatch, str("`=>` takes 1 value, receives ", number_of(source)))
          .primary(node.span, "arranges the elements of one value");
    }
    return {unknown_flow(node.span)};
  }
  if (!target) return {unknown_flow(node.span)};
  Flow out;
  out.span = node.span;
  if (source[0].unknown || (reshape.strategy.empty() && reshape.mode != ReshapeMode::rearrange)) {
    out.shape = declared_shape(*target);
    if (!source[0].unknown) by_neuron(reshape, source[0], out.shape);
    for (const TargetAxis& axis : *target) {
      for (const TargetFactor& factor : axis.factors) unvalued_.erase(factor.text);
    }
    return {out};
  }
  const auto steps = values_ ? checker_.reshapes(neuron_) : nullptr;
  const auto step = steps ? steps->find(index) : ReshapeSteps::const_iterator();
  if (steps && step != steps->end()) {
    out.shape = followed(*step->second, source[0], reshape.target_span);
    f_.reshapes[index] = step->second;
    return {out};
  }
  RearrangeQuery query;
  query.mode = reshape.mode;
  query.source = f_.solver.resolve(source[0].shape);
  query.target = *target;
  for (const SizeRecord& record : records_) {
    SizeRecord& now = query.records.emplace_back();
    now.whole = f_.solver.resolve(record.whole);
    for (const Dim& factor : record.factors) now.factors.push_back(f_.solver.resolve(factor));
  }
  const auto names = names_of_symbols();
  query.named = [&](int s) { return names.count(s) > 0; };
  query.rigid = [&](int s) { return f_.solver.symbol(s).kind == SymbolKind::rigid; };
  auto found = rearrange(query);
  if (const auto* failure = std::get_if<Failure>(&found)) {
    report_failure(*failure, reshape, source[0]);
    out.shape = declared_shape(*target);
  } else {
    out.shape = accepted(index, std::get<Rearrangement>(std::move(found)), reshape, source[0]);
  }
  return {out};
}

bool NeuronCheck::known_strategy(const ReshapeNode& reshape) {
  const bool reduce = reshape.mode == ReshapeMode::reduce;
  const std::vector<std::string> known = reduce ? reductions() : std::vector<std::string>{"copy"};
  if (std::find(known.begin(), known.end(), reshape.strategy) != known.end()) return true;
  auto& d = diags_->error(codes::kInvalidAnnotation,
                          str("`", reshape.strategy, "` is no way to ", reduce ? "reduce" : "repeat"));
  d.primary(reshape.strategy_span, "not known");
  if (const auto hint = did_you_mean(reshape.strategy, known)) d.help(*hint);
  d.note(str("there is ", listed(known), ", and any neuron: ", reduce ? "@reduce(" : "@repeat(", "Name(...))"));
  return false;
}

/// A target as a shape, without a source: what is open may be anything.
SymShape NeuronCheck::declared_shape(const std::vector<TargetAxis>& target) {
  SymShape out;
  for (const TargetAxis& axis : target) {
    Dim size = axis.others ? Dim::symbol(f_.solver.fresh("others", SymbolKind::free)) : Dim(1);
    for (const TargetFactor& factor : axis.factors) size = size * factor.size;
    out.push_back({size});
  }
  return out;
}

/// What a neuron gave must have the shape of the target.
void NeuronCheck::by_neuron(const ReshapeNode& reshape, const Flow& given, const SymShape& target) {
  Meeting meeting;
  meeting.actual = given;
  meeting.expected = target;
  meeting.span = reshape.target_span;
  meeting.reshape = true;
  meet(std::move(meeting));
  const Flows& original = values_of(reshape.original);
  if (reshape.mode != ReshapeMode::reduce || original.size() != 1 || original[0].unknown) return;
  lowers_rank(reshape, original[0]);
}

void NeuronCheck::lowers_rank(const ReshapeNode& reshape, const Flow& source) {
  const SymShape shape = f_.solver.resolve(source.shape);
  const bool open = std::any_of(shape.begin(), shape.end(), [](const Axis& a) { return a.is_variadic(); });
  if (open || reshape.target.size() < shape.size()) return;
  diags_->error(codes::kInvalidAnnotation, "a reduction leaves fewer axes than there were")
      .primary(reshape.target_span, str("has ", count_text(reshape.target.size(), "size")))
      .secondary(source.span, str("gives ", f_.solver.text(shape)))
      .help("leave out what is reduced; a size of 1 can be inserted by another `=>`");
}

SymShape NeuronCheck::accepted(int index, Rearrangement how, const ReshapeNode& reshape, const Flow& source) {
  auto step = std::make_shared<ReshapeStep>();
  for (const auto& [symbol, value] : how.solved) {
    Dim product = 1;
    const bool run = std::any_of(value.begin(), value.end(), [](const Axis& a) { return a.is_variadic(); });
    for (const Axis& axis : value) product = run ? product : product * axis.size;
    if (!run) f_.solver.bind(symbol, product, reshape.target_span);
    unvalued_.erase(f_.solver.symbol(symbol).name);
  }
  for (const auto& [actual, expected] : how.equations) require(expected, actual, source, reshape.target_span);
  records_.insert(records_.end(), how.records.begin(), how.records.end());
  if (reshape.mode == ReshapeMode::reduce) lowers_rank(reshape, source);
  if (how.positional) {
    diags_->warning(codes::kPositionalReshape, "sizes without names are matched by their positions")
        .primary(reshape.target_span, "the elements keep their order")
        .secondary(source.span, str("gives ", f_.solver.text(source.shape)))
        .help("give the sizes names that stand on both sides, in the port or by another `=>`");
  }
  SymShape out;
  for (std::size_t i = 0; i < how.results.size(); ++i) {
    const SymShape& size = how.results[i].size;
    const auto run = std::find_if(size.begin(), size.end(), [](const Axis& a) { return a.is_variadic(); });
    Dim product = 1;
    if (run != size.end()) {
      const auto* word = std::get_if<NameExpr>(&reshape.target[i].size.node);
      const auto known = word ? find(word->name) : std::nullopt;
      product = known && known->dim() ? *known->dim() : Dim::symbol(f_.solver.fresh("others", SymbolKind::free));
    } else {
      for (const Axis& axis : size) product = product * axis.size;
    }
    step->target.push_back(product);
    out.push_back({product});
  }
  for (auto& [symbol, name] : names_of_symbols()) step->names.emplace(symbol, name);
  step->how = std::move(how);
  f_.reshapes[index] = std::move(step);
  return out;
}

/// A step that was found for all instances, in this one.
SymShape NeuronCheck::followed(const ReshapeStep& step, const Flow& source, Span span) {
  std::map<int, Dim> sizes;
  std::map<int, int> runs;
  const auto here = [&](int symbol) -> std::optional<Dim> {
    const auto [known, added] = sizes.try_emplace(symbol, 0);
    if (added) {
      const auto name = step.names.find(symbol);
      const auto value = name == step.names.end() ? std::nullopt : find(name->second);
      const bool is_size = value && value->dim();
      known->second = is_size ? *value->dim() : Dim::symbol(f_.solver.fresh("_", SymbolKind::free));
    }
    return known->second;
  };
  SymShape expected;
  for (const Axis& axis : step.how.source) {
    if (!axis.is_variadic()) {
      expected.push_back({axis.size.substitute(here)});
      continue;
    }
    const auto [known, added] = runs.try_emplace(axis.variadic, 0);
    if (added) known->second = f_.solver.fresh("*", SymbolKind::variadic);
    expected.push_back(Axis::run(known->second));
  }
  Meeting meeting;
  meeting.actual = source;
  meeting.expected = expected;
  meeting.span = span;
  meeting.reshape = true;
  meet(std::move(meeting));
  for (const auto& [actual, target] : step.how.equations) {
    require(target.substitute(here), actual.substitute(here), source, span);
  }
  for (const auto& [symbol, value] : step.how.solved) {
    Dim product = 1;
    bool run = false;
    for (const Axis& axis : value) {
      run = run || axis.is_variadic();
      if (!axis.is_variadic()) product = product * axis.size.substitute(here);
    }
    const auto name = step.names.find(symbol);
    if (name == step.names.end()) continue;
    if (!run) require(*here(symbol), product, source, span);
    unvalued_.erase(name->second);
  }
  SymShape out;
  for (const Dim& size : step.target) out.push_back({size.substitute(here)});
  return out;
}

void NeuronCheck::report_failure(const Failure& failure, const ReshapeNode& reshape, const Flow& source) {
  const bool annotated = reshape.mode != ReshapeMode::rearrange;
  const char* code = annotated ? codes::kInvalidAnnotation : codes::kInvalidReshape;
  const SymShape shape = f_.solver.resolve(source.shape);
  const std::string from = f_.solver.text(shape), to = text_of(reshape);
  std::vector<std::string> axes;
  for (const std::size_t a : failure.axes) {
    const std::string text = f_.solver.text(SymShape{shape[a]});
    axes.push_back(text.substr(1, text.size() - 2));
  }
  const std::string lost = listed(axes), found = listed(failure.factors);
  std::string gives = str("gives ", from);
  switch (failure.kind) {
    case Failure::Kind::unmatched: {
      auto& d = diags_->error(code, str("`=>` cannot make ", to, " of ", from));
      d.primary(reshape.target_span,
                failure.factors.empty() ? str("does not say where ", lost, " goes") : str("the source has no ", found));
      d.secondary(source.span,
                  axes.empty() || failure.factors.empty() ? gives : str(gives, "; nothing in the target takes ", lost));
      if (failure.factors.empty() && reshape.mode == ReshapeMode::repeat) {
        d.help("name every size of the source in the target: a number is always a new axis");
      } else if (failure.factors.empty()) {
        d.help(str("write `others` for what is left, or reduce it: => @reduce(mean) ", to));
      } else if (axes.empty() && !annotated) {
        d.help(str("new sizes are repeated: => @repeat(copy) ", to));
      } else {
        d.help("sizes are matched by name: bind a factor with `name=size/other`, or name the size in the input port");
      }
      break;
    }
    case Failure::Kind::count:
      diags_->error(codes::kElementCountMismatch, str("`=>` keeps the number of elements: ", failure.why))
          .primary(reshape.target_span, str("asks for ", to))
          .secondary(source.span, gives);
      break;
    case Failure::Kind::unsolved: {
      auto& d = diags_->error(code, str(found, failure.factors.size() == 1 ? " has" : " have", " no value"));
      d.primary(reshape.target_span, reshape.mode == ReshapeMode::reduce ? str("the source has no ", found)
                                     : annotated                         ? "how often is the value repeated?"
                                                 : "one new name can be calculated from the others, no more");
      d.secondary(source.span, gives);
      d.help(str("give it one: `", failure.factors.back(), "=...`, or a parameter of this name"));
      break;
    }
    case Failure::Kind::ambiguous: {
      if (annotated) {
        diags_->error(code, str("two axes are ", listed({axes[0]}), ": which of them stays?"))
            .primary(reshape.target_span, str("names ", listed({axes[0]}), " once"))
            .secondary(source.span, gives)
            .help("give the two sizes different names in the input port");
        break;
      }
      std::string written;
      for (const std::string& axis : axes) written += str(written.empty() ? "" : "*", axis);
      diags_->error(code, str(found, " was put together in two orders"))
          .primary(reshape.target_span, "which of them is meant?")
          .secondary(source.span, gives)
          .help(str("write the factors in order: `", written, "`"));
      break;
    }
    case Failure::Kind::nothing:
      diags_->error(code, "nothing is left to reduce")
          .primary(reshape.target_span, "names every size of the source")
          .secondary(source.span, gives)
          .help("leave out the sizes that go");
      break;
    case Failure::Kind::overflow:
      diags_->error(codes::kDimensionOverflow, "dimension overflow: more elements than 64 bits count")
          .primary(reshape.target_span, str("asks for ", to))
          .secondary(source.span, gives);
      break;
  }
}

}  // namespace neuro
