#include "solver.h"

#include <algorithm>

#include "neuro/str.h"

namespace neuro {
namespace {

/// The one variadic of a shape, or its rank.
std::size_t variadic_at(const SymShape& shape) {
  return static_cast<std::size_t>(
      std::find_if(shape.begin(), shape.end(), [](const Axis& a) { return a.is_variadic(); }) - shape.begin());
}

SymShape part(const SymShape& shape, std::size_t begin, std::size_t end) {
  return {shape.begin() + static_cast<std::ptrdiff_t>(begin), shape.begin() + static_cast<std::ptrdiff_t>(end)};
}

/// Whether a sum is positive when its symbols are: what a parameter that is a size is.
bool positive(const Dim& sum) {
  const auto factor = [](const Factor& f) {
    return f.symbol >= 0 || (positive(f.quotient->numerator) && positive(f.quotient->denominator));
  };
  return !sum.terms().empty() && std::all_of(sum.terms().begin(), sum.terms().end(), [&](const Term& term) {
    return term.coefficient > 0 && std::all_of(term.factors.begin(), term.factors.end(), factor);
  });
}

/// Whether a value is a size whatever its symbols are.
bool always_a_size(const Dim& value) {
  return std::all_of(value.terms().begin(), value.terms().end(), [](const Term& term) {
    return term.coefficient > 0 && std::all_of(term.factors.begin(), term.factors.end(),
                                               [](const Factor& factor) { return factor.quotient == nullptr; });
  });
}

}  // namespace

int Solver::fresh(std::string name, SymbolKind kind, int min_axes) {
  Symbol symbol;
  symbol.name = std::move(name);
  symbol.kind = kind;
  symbol.min_axes = min_axes;
  symbols_.push_back(std::move(symbol));
  return symbol_count() - 1;
}

Dim Solver::resolve(const Dim& dim) const {
  bool bound = false;
  dim.each_symbol([&](int s) { bound = bound || symbol(s).value; });
  if (!bound) return dim;
  return resolve(dim.substitute([&](int s) { return symbol(s).value; }));
}

SymShape Solver::resolve(const SymShape& shape) const {
  SymShape out;
  for (const Axis& axis : shape) {
    if (!axis.is_variadic()) {
      out.push_back({resolve(axis.size)});
    } else if (const auto& axes = symbol(axis.variadic).axes) {
      const SymShape inner = resolve(*axes);
      out.insert(out.end(), inner.begin(), inner.end());
    } else {
      out.push_back(axis);
    }
  }
  return out;
}

std::string Solver::text(const Dim& dim) const {
  return resolve(dim).text([&](int s) { return symbol(s).name; });
}

std::string Solver::text(const SymShape& shape) const {
  std::string out = "[";
  for (const Axis& axis : resolve(shape)) {
    if (out.size() > 1) out += ", ";
    out += axis.is_variadic() ? symbol(axis.variadic).name : text(axis.size);
  }
  return out + "]";
}

void Solver::bind(int id, Dim value, Span where) {
  Symbol& s = symbols_[static_cast<std::size_t>(id)];
  s.value = std::move(value);
  s.bound_by = where;
  bound_.push_back(id);
  changed_ = true;
}

void Solver::go_back(const Mark& mark) {
  for (; bound_.size() > mark.bound; bound_.pop_back()) {
    Symbol& s = symbols_[static_cast<std::size_t>(bound_.back())];
    s.value.reset();
    s.axes.reset();
    s.bound_by = {};
  }
  for (; rigid_.size() > mark.rigid; rigid_.pop_back()) known_rigid_.erase(key_of(rigid_.back()));
  symbols_.resize(mark.symbols);
  deferred_ = mark.deferred;
  unsure_ = mark.unsure;
  shapes_ = mark.shapes;
  changed_ = mark.changed;
}

Solver::Verdict Solver::decide(const Dim& expected, const Dim& actual, Span where, std::string& impossible) {
  const Dim a = resolve(expected), b = resolve(actual);
  const Dim difference = a - b;
  if (difference.terms().empty()) return Verdict::equal;
  if (difference.constant()) return Verdict::different;

  // A quotient that stands alone against the rest: n / d = r becomes n = r d.
  for (const Term& term : difference.terms()) {
    if (term.factors.size() != 1 || !term.factors[0].quotient || (term.coefficient != 1 && term.coefficient != -1))
      continue;
    const auto quotient = term.factors[0].quotient;
    const Dim rest =
        Dim(-term.coefficient) * (difference - Dim(term.coefficient) * (quotient->numerator / quotient->denominator));
    bool inside = false;
    quotient->numerator.each_symbol([&](int s) { inside = inside || symbol(s).kind == SymbolKind::free; });
    quotient->denominator.each_symbol([&](int s) { inside = inside || symbol(s).kind == SymbolKind::free; });
    if (inside) return decide(quotient->numerator, rest * quotient->denominator, where, impossible);
  }
  // A free size that stands in one term alone: c x + rest = 0. Inner sizes first, so that a port keeps its own names.
  for (auto term = difference.terms().rbegin(); term != difference.terms().rend(); ++term) {
    if (term->factors.size() != 1 || term->factors[0].symbol < 0) continue;
    const int x = term->factors[0].symbol;
    if (symbol(x).kind != SymbolKind::free) continue;
    const Dim rest = Dim(term->coefficient) * Dim::symbol(x) - difference;
    if (rest.mentions(x)) continue;
    const auto constant = rest.constant();
    if (constant && *constant % term->coefficient != 0) {
      impossible = str(text(a), " = ", text(b), " has no integer solution");
      return Verdict::different;
    }
    if (!constant && term->coefficient != 1 && term->coefficient != -1) continue;
    const Dim value = rest / Dim(term->coefficient);
    if (value.constant() && *value.constant() < 0) {
      impossible = str(text(a), " = ", text(b), " would make `", symbol(x).name, "` ", *value.constant());
      return Verdict::different;
    }
    bind(x, value, where);
    return Verdict::equal;
  }
  bool rigid = true;
  difference.each_symbol([&](int s) { rigid = rigid && symbol(s).kind == SymbolKind::rigid; });
  return rigid && (positive(difference) || positive(-difference)) ? Verdict::different : Verdict::deferred;
}

std::optional<Conflict> Solver::unify(const Dim& expected, const Dim& actual, int axis_from_end, int edge, Span where) {
  Conflict conflict;
  conflict.axis_from_end = axis_from_end;
  conflict.edge = edge;
  conflict.expected = expected;
  conflict.actual = actual;
  const auto remember = [&](int s) {
    if (symbol(s).value) conflict.symbols.push_back(s);
  };
  expected.each_symbol(remember);
  actual.each_symbol(remember);
  try {
    for (const Dim* side : {&expected, &actual}) {
      const auto size = resolve(*side).constant();
      if (size && *size < 0) conflict.equation = str("a size of ", *size, " is negative");
      if (!size) doubt(*side, axis_from_end, edge);
    }
    const int before = static_cast<int>(bound_.size());
    const Verdict verdict =
        conflict.equation.empty() ? decide(expected, actual, where, conflict.equation) : Verdict::different;
    for (std::size_t i = static_cast<std::size_t>(before); i < bound_.size(); ++i) {
      doubt(Dim::symbol(bound_[i]), axis_from_end, edge);
    }
    if (verdict == Verdict::equal) return std::nullopt;
    if (verdict == Verdict::deferred) {
      defer({expected, actual, axis_from_end, edge});
      return std::nullopt;
    }
    conflict.kind = conflict.equation.empty() ? Conflict::Kind::size : Conflict::Kind::unsolvable;
  } catch (const DimError& error) {
    conflict.kind = error.kind == DimError::Kind::overflow ? Conflict::Kind::overflow : Conflict::Kind::unsolvable;
    conflict.equation = error.what();
  }
  return conflict;
}

std::optional<Conflict> Solver::bind_axes(int id, SymShape axes, int edge, Span where) {
  Symbol& s = symbols_[static_cast<std::size_t>(id)];
  const std::size_t run = variadic_at(axes);
  if (run < axes.size() && axes[run].variadic == id) {
    if (axes.size() == 1) return std::nullopt;
  } else if (run < axes.size() || static_cast<int>(axes.size()) >= s.min_axes) {
    s.axes = std::move(axes);
    s.bound_by = where;
    bound_.push_back(id);
    changed_ = true;
    return std::nullopt;
  }
  Conflict conflict;
  conflict.kind = Conflict::Kind::rank;
  conflict.edge = edge;
  return conflict;
}

std::optional<Conflict> Solver::unify(const SymShape& expected, const SymShape& actual, int edge, Span where) {
  // Runs of axes are put in first; single sizes stay as written, so that a conflict knows which names were involved.
  const auto splice = [&](const SymShape& shape) {
    SymShape out;
    const auto add = [&](const auto& self, const SymShape& from) -> void {
      for (const Axis& axis : from) {
        if (axis.is_variadic() && symbol(axis.variadic).axes) {
          self(self, *symbol(axis.variadic).axes);
        } else {
          out.push_back(axis);
        }
      }
    };
    add(add, shape);
    return out;
  };
  const SymShape s = splice(expected), t = splice(actual);
  const std::size_t sv = variadic_at(s), tv = variadic_at(t);
  Conflict rank;
  rank.kind = Conflict::Kind::rank;
  rank.edge = edge;

  const auto pair = [&](std::size_t i, std::size_t j, std::size_t from_end) {
    return unify(s[i].size, t[j].size, static_cast<int>(from_end), edge, where);
  };
  if (sv == s.size() && tv == t.size()) {
    if (s.size() != t.size()) return rank;
    for (std::size_t back = 1; back <= s.size(); ++back) {  // from the end: the features are the usual suspects
      if (auto conflict = pair(s.size() - back, t.size() - back, back)) return conflict;
    }
    return std::nullopt;
  }
  const std::size_t prefix = std::min(sv, tv);
  const std::size_t s_tail = sv == s.size() ? s.size() - prefix : s.size() - sv - 1;
  const std::size_t t_tail = tv == t.size() ? t.size() - prefix : t.size() - tv - 1;
  const std::size_t suffix = std::min(s_tail, t_tail);
  if (sv == s.size() && s.size() < t.size() - 1) return rank;
  if (tv == t.size() && t.size() < s.size() - 1) return rank;
  for (std::size_t back = 1; back <= suffix; ++back) {
    if (auto conflict = pair(s.size() - back, t.size() - back, back)) return conflict;
  }
  for (std::size_t i = 0; i < prefix; ++i) {
    if (auto conflict = pair(i, i, s.size() - i)) {
      conflict->from_front = true;
      return conflict;
    }
  }
  const SymShape s_rest = part(s, prefix, s.size() - suffix), t_rest = part(t, prefix, t.size() - suffix);
  std::optional<Conflict> conflict;
  if (s_rest.size() == 1 && s_rest[0].is_variadic()) {
    const bool other_way = t_rest.size() == 1 && t_rest[0].is_variadic() &&
                           symbol(t_rest[0].variadic).min_axes < symbol(s_rest[0].variadic).min_axes;
    conflict = other_way ? bind_axes(t_rest[0].variadic, s_rest, edge, where)
                         : bind_axes(s_rest[0].variadic, t_rest, edge, where);
  } else if (t_rest.size() == 1 && t_rest[0].is_variadic()) {
    conflict = bind_axes(t_rest[0].variadic, s_rest, edge, where);
  }
  if (conflict || s_rest.empty() || t_rest.empty()) return conflict;
  const auto alone = [](const SymShape& rest) { return rest.size() == 1 && rest[0].is_variadic(); };
  // A run on either side, with sizes before one and after the other: open until one of them is known.
  if (!alone(s_rest) && !alone(t_rest)) shapes_.push_back({s_rest, t_rest, edge, where});
  return conflict;
}

/// Remembers a size that values may make negative or inexact.
void Solver::doubt(const Dim& size, int axis_from_end, int edge) {
  const Dim now = resolve(size);
  if (always_a_size(now)) return;
  const auto same = [&](const Equation& e) { return e.expected == size; };
  if (std::none_of(unsure_.begin(), unsure_.end(), same)) unsure_.push_back({size, now, axis_from_end, edge});
}

/// Looks at these again. What turns out to be none is forgotten, so that nobody calculates with it.
void Solver::settle_doubts(std::vector<Conflict>& conflicts) {
  std::vector<Equation> waiting;
  waiting.swap(unsure_);
  for (Equation& e : waiting) {
    Conflict conflict;
    conflict.kind = Conflict::Kind::unsolvable;
    conflict.axis_from_end = e.axis_from_end;
    conflict.edge = e.edge;
    try {
      const Dim now = resolve(e.expected);
      const auto size = now.constant();
      if (!size || *size >= 0) {
        if (!size && !always_a_size(now)) unsure_.push_back(std::move(e));
        continue;
      }
      conflict.equation = str("a size of ", *size, " is negative");
    } catch (const DimError& error) {
      if (error.kind == DimError::Kind::overflow) conflict.kind = Conflict::Kind::overflow;
      conflict.equation = error.what();
    }
    if (const auto id = e.expected.as_symbol()) symbols_[static_cast<std::size_t>(*id)].value.reset();
    conflict.expected = conflict.actual = e.actual;
    conflicts.push_back(std::move(conflict));
  }
}

std::vector<Conflict> Solver::retry() {
  std::vector<Conflict> conflicts;
  const bool look = changed_;
  while (changed_) {
    changed_ = false;
    std::vector<OpenShapes> shapes;
    shapes.swap(shapes_);
    for (const OpenShapes& s : shapes) {
      if (auto conflict = unify(s.expected, s.actual, s.edge, s.where)) conflicts.push_back(std::move(*conflict));
    }
    std::vector<Equation> waiting;
    waiting.swap(deferred_);
    for (const Equation& e : waiting) {
      if (auto conflict = unify(e.expected, e.actual, e.axis_from_end, e.edge, {}))
        conflicts.push_back(std::move(*conflict));
    }
  }
  if (look) settle_doubts(conflicts);
  return conflicts;
}

/// The difference of both sides, which is the same however an equation is written.
std::string Solver::key_of(const Equation& equation) const {
  const auto number = [](int symbol) { return str("s", symbol); };
  const Dim difference = equation.expected - equation.actual;
  const bool flip = difference.terms().front().coefficient < 0;
  return (flip ? -difference : difference).text(number);
}

void Solver::defer(Equation equation) {
  Equation now{resolve(equation.expected), resolve(equation.actual), equation.axis_from_end, equation.edge};
  bool rigid = true;
  const auto look = [&](int s) { rigid = rigid && symbol(s).kind == SymbolKind::rigid; };
  now.expected.each_symbol(look);
  now.actual.each_symbol(look);
  if (!rigid) {
    deferred_.push_back(std::move(equation));
  } else if (known_rigid_.insert(key_of(now)).second) {
    rigid_.push_back(std::move(now));
  }
}

}  // namespace neuro
