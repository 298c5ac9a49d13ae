#include "solver.h"

namespace neuro {
namespace {

/// Names on demand: lower case free, upper case rigid (a parameter), `*x` a run, `*` a leading run of one or more.
class SolverTest : public ::testing::Test {
 protected:
  int symbol(const std::string& name) {
    if (name == "*") return solver.fresh(name, SymbolKind::variadic, 1);
    const auto found = symbols.find(name);
    if (found != symbols.end()) return found->second;
    const SymbolKind kind = name[0] == '*'                                      ? SymbolKind::variadic
                            : std::isupper(static_cast<unsigned char>(name[0])) ? SymbolKind::rigid
                                                                                : SymbolKind::free;
    return symbols[name] = solver.fresh(name, kind);
  }
  Dim d(const std::string& name) { return Dim::symbol(symbol(name)); }
  SymShape shape(const std::vector<std::string>& items) {
    SymShape out;
    for (const std::string& item : items) {
      if (item[0] == '*') {
        out.push_back(Axis::run(symbol(item)));
      } else if (std::isdigit(static_cast<unsigned char>(item[0]))) {
        out.push_back({Dim(std::stoll(item))});
      } else {
        out.push_back({d(item)});
      }
    }
    return out;
  }
  /// "ok", or the kind of the conflict.
  std::string meet(const SymShape& expected, const SymShape& actual) {
    const auto conflict = solver.unify(expected, actual, 0, {});
    if (!conflict) return "ok";
    switch (conflict->kind) {
      case Conflict::Kind::size: return "size";
      case Conflict::Kind::rank: return "rank";
      case Conflict::Kind::unsolvable: return "unsolvable";
      case Conflict::Kind::overflow: return "overflow";
    }
    return "?";
  }
  std::string meet(const Dim& expected, const Dim& actual) { return meet(SymShape{{expected}}, SymShape{{actual}}); }

  Solver solver;
  std::map<std::string, int> symbols;
};

TEST_F(SolverTest, SingleSizes) {
  EXPECT_EQ(meet(Dim(3), Dim(3)), "ok");
  EXPECT_EQ(meet(Dim(3), Dim(4)), "size");
  EXPECT_EQ(meet(d("x"), Dim(4)), "ok");
  EXPECT_EQ(meet(d("x"), Dim(5)), "size") << "x is 4 already";
  EXPECT_EQ(meet(d("y"), d("x")), "ok");
  EXPECT_EQ(solver.text(d("y")), "4");
}

TEST_F(SolverTest, OneUnknownIsSolvedThroughArithmetic) {
  EXPECT_EQ(meet(d("a") + Dim(3), Dim(10)), "ok");
  EXPECT_EQ(meet(d("b") - Dim(3), Dim(10)), "ok");
  EXPECT_EQ(meet(Dim(20) - d("c"), Dim(8)), "ok");
  EXPECT_EQ(meet(d("e") * Dim(4), Dim(12)), "ok");
  EXPECT_EQ(meet(d("f") / Dim(4), Dim(3)), "ok");
  EXPECT_EQ(meet(Dim(12) / d("g"), Dim(4)), "ok");
  EXPECT_EQ(meet((d("h") * Dim(2) + Dim(6)) / Dim(4), Dim(3)), "ok");
  const std::map<std::string, std::string> solved{{"a", "7"},  {"b", "13"}, {"c", "12"}, {"e", "3"},
                                                  {"f", "12"}, {"g", "3"},  {"h", "3"}};
  for (const auto& [name, value] : solved) EXPECT_EQ(solver.text(d(name)), value) << name;
}

TEST_F(SolverTest, NegativeAndInexactSolutionsAreErrors) {
  EXPECT_EQ(meet(d("a") + Dim(3), Dim(1)), "unsolvable");
  EXPECT_EQ(meet(d("b") * Dim(4), Dim(10)), "unsolvable");
  EXPECT_EQ(meet(Dim(12) / d("c"), Dim(5)), "unsolvable");
}

TEST_F(SolverTest, ParametersDifferForEveryValueOrBecomePreconditions) {
  EXPECT_EQ(meet(d("D"), d("D")), "ok");
  EXPECT_EQ(meet(d("D"), d("D") + Dim(1)), "size");
  EXPECT_EQ(meet(d("D"), d("D") * Dim(2)), "size") << "0 = D has no positive solution";
  EXPECT_TRUE(solver.preconditions().empty());
  EXPECT_EQ(meet(d("D"), d("E")), "ok");
  EXPECT_EQ(meet(d("D") / d("H") * d("K"), d("D")), "ok");
  EXPECT_EQ(meet(d("D"), Dim(512)), "ok");
  EXPECT_EQ(solver.preconditions().size(), 3u);
}

TEST_F(SolverTest, DeferredEquationsAreDecidedOnceTheirNamesAreKnown) {
  EXPECT_EQ(meet(d("x") * d("y"), Dim(12)), "ok");
  EXPECT_EQ(meet(d("x"), Dim(3)), "ok");
  EXPECT_TRUE(solver.retry().empty());
  EXPECT_EQ(solver.text(d("y")), "4");

  EXPECT_EQ(meet(d("u") * d("v"), Dim(12)), "ok");
  EXPECT_EQ(meet(d("u"), Dim(5)), "ok");
  EXPECT_EQ(solver.retry().size(), 1u) << "5 v = 12";
}

TEST_F(SolverTest, LeadingStarTakesOneAxisOrMore) {
  EXPECT_EQ(meet(shape({"*", "d"}), shape({"batch", "seq", "8"})), "ok");
  EXPECT_EQ(meet(shape({"*", "d"}), shape({"*", "8"})), "ok");
  EXPECT_EQ(meet(shape({"*", "x"}), shape({"*", "y", "z"})), "ok");
  EXPECT_EQ(meet(shape({"*", "8"}), shape({"8"})), "rank");
  EXPECT_EQ(meet(shape({"*", "u", "v"}), shape({"*", "w"})), "ok");
}

TEST_F(SolverTest, NamedRunsTakeAnyNumberOfAxesAndKeepThem) {
  EXPECT_EQ(meet(shape({"*lead", "d"}), shape({"8"})), "ok");
  EXPECT_EQ(solver.text(shape({"*lead", "d"})), "[8]");
  EXPECT_EQ(meet(shape({"*r", "4"}), shape({"2", "3", "4"})), "ok");
  EXPECT_EQ(solver.text(shape({"*r"})), "[2, 3]");
  EXPECT_EQ(meet(shape({"*r", "9"}), shape({"2", "3", "9"})), "ok");
  EXPECT_EQ(meet(shape({"*r", "9"}), shape({"2", "9"})), "rank");
  EXPECT_EQ(meet(shape({"*r", "9"}), shape({"2", "7", "9"})), "size");
}

TEST_F(SolverTest, RunsOnBothSides) {
  EXPECT_EQ(meet(shape({"*a", "32"}), shape({"*b", "64"})), "size");
  EXPECT_EQ(meet(shape({"*a", "32"}), shape({"*b", "32"})), "ok");
  EXPECT_EQ(meet(shape({"*c", "d", "e"}), shape({"*f", "5"})), "ok");
  EXPECT_EQ(solver.text(d("e")), "5");
  EXPECT_EQ(meet(shape({"*g"}), shape({"*g", "1"})), "rank") << "no run is longer than itself";
}

TEST_F(SolverTest, RanksWithoutRunsMustBeEqual) {
  EXPECT_EQ(meet(shape({"2", "3"}), shape({"2", "3", "4"})), "rank");
  EXPECT_EQ(meet(shape({"a", "b", "*rest", "z"}), shape({"2", "3"})), "rank");
}

TEST_F(SolverTest, ConflictNamesTheAxisAndWhereItsSizeCameFrom) {
  const Span here{0, 10, 12};
  EXPECT_FALSE(solver.unify({{d("b")}, {d("d")}}, {{Dim(2)}, {Dim(128)}}, 0, here));
  const auto conflict = solver.unify({{d("n")}, {Dim(64)}}, {{d("b")}, {d("d")}}, 7, {});
  ASSERT_TRUE(conflict);
  EXPECT_EQ(conflict->axis_from_end, 1);
  EXPECT_EQ(conflict->edge, 7);
  ASSERT_EQ(conflict->symbols.size(), 1u);
  EXPECT_EQ(solver.symbol(conflict->symbols[0]).name, "d");
  EXPECT_EQ(solver.symbol(conflict->symbols[0]).bound_by, here);
}

TEST_F(SolverTest, OverflowIsAConflict) {
  EXPECT_EQ(meet(d("x"), Dim(4'000'000'000)), "ok");
  EXPECT_EQ(meet(d("x") * d("x") * d("x"), Dim(1)), "overflow");
}

}  // namespace
}  // namespace neuro
