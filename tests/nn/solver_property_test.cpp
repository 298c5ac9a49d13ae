// The verdicts of the solver against enumeration: random pairs of small shapes, and every assignment of small integers.
#include <numeric>
#include <random>

#include "solver.h"

namespace neuro {
namespace {

constexpr int kParams = 2, kSizes = 3;  // P, Q are parameters, x, y, z sizes
constexpr std::int64_t kMost = 5;       // sizes are 0 to kMost, parameters 1 to kMost
using Values = std::array<std::int64_t, kParams + kSizes>;

/// An expression as a tree, beside the normal form that the solver sees.
struct Tree {
  char op = 'n';  ///< n: number, s: symbol, or + - * /
  std::int64_t value = 0;
  std::vector<Tree> operands;

  struct Fraction {
    std::int64_t over, under = 1;  ///< in lowest terms, under > 0
  };
  /// The value; nothing where a division by 0 or, when every division counts, an inexact one is done. The normal form
  /// forgets divisions that cancel, `z / 3 * 3`: what it accepts may hold in fractions only.
  std::optional<Fraction> at(const Values& values, bool every_division_counts) const {
    if (op == 'n') return Fraction{value};
    if (op == 's') return Fraction{values[static_cast<std::size_t>(value)]};
    const auto a = operands[0].at(values, every_division_counts), b = operands[1].at(values, every_division_counts);
    if (!a || !b || (op == '/' && b->over == 0)) return std::nullopt;
    Fraction out{0};
    switch (op) {
      case '+': out = {a->over * b->under + b->over * a->under, a->under * b->under}; break;
      case '-': out = {a->over * b->under - b->over * a->under, a->under * b->under}; break;
      case '*': out = {a->over * b->over, a->under * b->under}; break;
      default: out = {a->over * b->under, a->under * b->over}; break;
    }
    const std::int64_t common = std::gcd(out.over, out.under) * (out.under < 0 ? -1 : 1);
    out = {out.over / common, out.under / common};
    if (every_division_counts && out.under != 1) return std::nullopt;
    return out;
  }
  Dim dim() const {
    if (op == 'n') return value;
    if (op == 's') return Dim::symbol(static_cast<int>(value));
    const Dim a = operands[0].dim(), b = operands[1].dim();
    return op == '+' ? a + b : op == '-' ? a - b : op == '*' ? a * b : a / b;
  }
  std::string text() const {
    if (op == 'n') return std::to_string(value);
    if (op == 's') return std::string(1, "PQxyz"[value]);
    return "(" + operands[0].text() + " " + op + " " + operands[1].text() + ")";
  }
};

/// A side of a meeting: sizes, perhaps around one run of axes.
struct Side {
  std::vector<Tree> front, back;
  int run = -1;  ///< 0 or 1: one of two runs
};

std::string text_of(const Side& side) {
  std::string out = "[";
  for (const Tree& t : side.front) out += t.text() + ", ";
  if (side.run >= 0) out += std::string("*r") + std::to_string(side.run) + ", ";
  for (const Tree& t : side.back) out += t.text() + ", ";
  return out + "]";
}

class Generator {
 public:
  explicit Generator(std::uint32_t seed) : random_(seed) {}
  int below(int n) { return std::uniform_int_distribution<int>(0, n - 1)(random_); }

  Tree tree(int depth) {
    Tree t;
    if (depth == 0 || below(3) == 0) {
      t.op = below(3) == 0 ? 'n' : 's';
      t.value = t.op == 'n' ? below(6) : below(kParams + kSizes);
      return t;
    }
    t.op = "+-*/"[below(4)];
    t.operands = {tree(depth - 1), tree(depth - 1)};
    if (t.op == '/') {  // by a number or a parameter, which are not 0
      Tree& divisor = t.operands[1];
      divisor = {below(2) == 0 ? 'n' : 's', 0, {}};
      divisor.value = divisor.op == 'n' ? 1 + below(3) : below(kParams);
    }
    return t;
  }
  /// One whose normal form exists.
  Tree valid_tree() {
    for (;;) {
      Tree t = tree(below(3));
      try {
        t.dim();
        return t;
      } catch (const DimError&) {
      }
    }
  }
  Side side(bool runs) {
    Side s;
    for (int n = below(runs ? 2 : 3); n > 0; --n) s.front.push_back(valid_tree());
    if (runs && below(3) > 0) {
      s.run = below(2);
      for (int n = below(2); n > 0; --n) s.back.push_back(valid_tree());
    }
    return s;
  }

 private:
  std::mt19937 random_;
};

using Meeting = std::pair<Side, Side>;
using Runs = std::array<std::vector<std::int64_t>, 2>;

/// The sizes of a side, or nothing where one is no size.
bool sizes_of(const Side& side, const Values& values, const Runs& runs, bool strict, std::vector<std::int64_t>& out) {
  out.clear();
  const auto add = [&](const std::vector<Tree>& trees) {
    for (const Tree& t : trees) {
      const auto v = t.at(values, strict);
      if (!v || v->under != 1 || v->over < 0) return false;
      out.push_back(v->over);
    }
    return true;
  };
  if (!add(side.front)) return false;
  if (side.run >= 0) {
    const auto& run = runs[static_cast<std::size_t>(side.run)];
    out.insert(out.end(), run.begin(), run.end());
  }
  return add(side.back);
}

bool holds(const std::vector<Meeting>& meetings, const Values& values, const Runs& runs, bool strict) {
  std::vector<std::int64_t> a, b;
  return std::all_of(meetings.begin(), meetings.end(), [&](const Meeting& m) {
    return sizes_of(m.first, values, runs, strict, a) && sizes_of(m.second, values, runs, strict, b) && a == b;
  });
}

/// Sizes and runs; the meaning of every symbol.
struct Assignment {
  Values values{};
  Runs runs;
};

/// An assignment under which all meetings hold, among those that `candidates` makes of small values.
std::optional<Assignment> solution(const std::vector<Meeting>& meetings, bool strict,
                                   const std::function<std::vector<Assignment>(const Values&)>& candidates) {
  Values values{};
  for (std::size_t i = 0; i < kParams; ++i) values[i] = 1;
  for (;;) {
    for (const Assignment& a : candidates(values)) {
      if (holds(meetings, a.values, a.runs, strict)) return a;
    }
    std::size_t at = 0;
    while (at < values.size() && values[at] == kMost) {
      values[at] = at < kParams ? 1 : 0;
      ++at;
    }
    if (at == values.size()) return std::nullopt;
    ++values[at];
  }
}

enum class Found { conflict, deferred, equal };

/// What the solver says of meetings, one after the other.
Found decide(const std::vector<Meeting>& meetings, Solver& solver) {
  for (const char* name : {"P", "Q"}) solver.fresh(name, SymbolKind::rigid);
  for (const char* name : {"x", "y", "z"}) solver.fresh(name, SymbolKind::free);
  const int first_run = solver.fresh("*r0", SymbolKind::variadic);
  solver.fresh("*r1", SymbolKind::variadic);
  const auto shape = [&](const Side& side) {
    SymShape out;
    for (const Tree& t : side.front) out.push_back({t.dim()});
    if (side.run >= 0) out.push_back(Axis::run(first_run + side.run));
    for (const Tree& t : side.back) out.push_back({t.dim()});
    return out;
  };
  for (const auto& [expected, actual] : meetings) {
    if (solver.unify(shape(expected), shape(actual), 0, {})) return Found::conflict;
    if (!solver.retry().empty()) return Found::conflict;
  }
  return solver.open() ? Found::deferred : Found::equal;
}

/// What a solver bound, when the symbols that it left open have these values.
std::vector<Assignment> bound_by(const Solver& solver, const Values& open) {
  Assignment out;
  const auto value = [&](const Dim& size) {
    return solver.resolve(size).substitute([&](int s) { return Dim(open[static_cast<std::size_t>(s)]); }).constant();
  };
  try {
    for (int s = 0; s < kParams + kSizes; ++s) {
      const auto known = value(Dim::symbol(s));
      if (!known) return {};
      out.values[static_cast<std::size_t>(s)] = *known;
    }
    for (std::size_t r = 0; r < out.runs.size(); ++r) {
      for (const Axis& axis : solver.resolve(SymShape{Axis::run(kParams + kSizes + static_cast<int>(r))})) {
        if (!axis.is_variadic()) out.runs[r].push_back(value(axis.size).value());  // an open one may be empty
      }
    }
  } catch (const DimError&) {
    return {};
  }
  return {out};
}

std::string text_of(const std::vector<Meeting>& meetings) {
  std::string out;
  for (const auto& [a, b] : meetings) out += text_of(a) + " = " + text_of(b) + "; ";
  return out;
}

void compare(bool with_runs, std::uint32_t seed, int rounds, const std::vector<Runs>& all_runs) {
  Generator generate(seed);
  std::map<Found, int> seen;
  for (int round = 0; round < rounds && !::testing::Test::HasNonfatalFailure(); ++round) {
    std::vector<Meeting> meetings;
    for (int n = 1 + generate.below(3); n > 0; --n) {
      Side a = generate.side(with_runs), b = generate.side(with_runs);
      if (!with_runs) {
        while (b.front.size() < a.front.size()) b.front.push_back(generate.valid_tree());
        b.front.resize(a.front.size());
      }
      meetings.emplace_back(std::move(a), std::move(b));
    }
    Solver solver;
    const Found found = decide(meetings, solver);
    ++seen[found];
    if (found == Found::deferred) continue;
    const auto exists = solution(meetings, found == Found::conflict, [&](const Values& values) {
      if (found == Found::equal) return bound_by(solver, values);
      std::vector<Assignment> all;
      for (const Runs& runs : all_runs) all.push_back({values, runs});
      return all;
    });
    EXPECT_FALSE(found == Found::conflict && exists)
        << "a conflict, but P, Q, x, y, z = " << ::testing::PrintToString(exists->values) << " solves "
        << text_of(meetings);
    EXPECT_FALSE(found == Found::equal && !exists)
        << "accepted, but nothing solves " << text_of(meetings) << "\nx = " << solver.text(Dim::symbol(2))
        << ", y = " << solver.text(Dim::symbol(3)) << ", z = " << solver.text(Dim::symbol(4));
  }
  for (const Found f : {Found::conflict, Found::deferred, Found::equal}) {
    EXPECT_GT(seen[f], rounds / 50) << "the generator hardly makes verdict " << static_cast<int>(f);
  }
}

TEST(SolverProperty, VerdictsAgreeWithEnumeration) { compare(false, 1, 3000, {Runs{}}); }

TEST(SolverProperty, VerdictsOnRunsAgreeWithEnumeration) {
  std::vector<std::vector<std::int64_t>> one{{}, {0}, {1}, {3}, {1, 2}};
  std::vector<Runs> all;
  for (const auto& a : one) {
    for (const auto& b : one) all.push_back({a, b});
  }
  compare(true, 2, 400, all);
}

}  // namespace
}  // namespace neuro
