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

TEST_F(SolverTest, GoingBackForgetsWhatWasLearntSince) {
  EXPECT_EQ(meet(d("x"), Dim(4)), "ok");
  const Dim y = d("y"), a = d("A"), b = d("B");
  const int run = symbol("*r");
  const Solver::Mark mark = solver.mark();
  EXPECT_EQ(meet(y, Dim(5)), "ok");
  EXPECT_EQ(meet({Axis::run(run)}, shape({"2", "3"})), "ok");
  EXPECT_EQ(meet(a, b), "ok");
  const int inner = solver.fresh("inner", SymbolKind::free);
  EXPECT_EQ(solver.preconditions().size(), 1u);
  solver.go_back(mark);
  EXPECT_EQ(solver.symbol_count(), inner);
  EXPECT_TRUE(solver.preconditions().empty());
  EXPECT_EQ(solver.text(d("x")), "4");
  EXPECT_EQ(meet(y, Dim(6)), "ok") << "y is free again";
  EXPECT_EQ(meet({Axis::run(run)}, shape({"7"})), "ok");
}

TEST_F(SolverTest, AnEquationOverParametersIsKeptOnce) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(meet(d("A"), d("B")), "ok");
  EXPECT_EQ(meet(d("B"), d("A")), "ok");
  EXPECT_EQ(meet(d("A"), d("C")), "ok");
  EXPECT_EQ(solver.preconditions().size(), 2u);
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

// --- The table of single sizes (neuroscript.md, 3.4): rows are what is expected, columns what arrives ---------------
// A global is its number here, and what `others` infers is a free size of its own.

TEST_F(SolverTest, LiteralAgainstEverything) {
  EXPECT_EQ(meet(Dim(3), Dim(3)), "ok");
  EXPECT_EQ(meet(Dim(3), Dim(4)), "size");
  EXPECT_EQ(meet(Dim(3), d("y")), "ok");
  EXPECT_EQ(solver.text(d("y")), "3") << "bound";
  EXPECT_EQ(meet(Dim(3), d("_")), "ok");
  EXPECT_EQ(meet(Dim(7), d("e") * Dim(2) + Dim(1)), "ok");
  EXPECT_EQ(solver.text(d("e")), "3") << "solved";
  EXPECT_EQ(meet(Dim(3), d("P")), "ok");
  EXPECT_EQ(solver.preconditions().size(), 1u) << "P = 3 is for instances to decide";
}

TEST_F(SolverTest, NameAgainstEverything) {
  EXPECT_EQ(meet(d("x"), Dim(3)), "ok");
  EXPECT_EQ(solver.text(d("x")), "3");
  EXPECT_EQ(meet(d("a"), d("b")), "ok");
  EXPECT_EQ(meet(d("b"), Dim(5)), "ok");
  EXPECT_EQ(solver.text(d("a")), "5") << "one class";
  EXPECT_EQ(meet(d("a"), Dim(6)), "size") << "its values must agree";
  EXPECT_EQ(meet(d("c"), d("_")), "ok");
  EXPECT_EQ(meet(d("e"), d("P") * Dim(2)), "ok");
  EXPECT_EQ(solver.text(d("e")), "2*P") << "bound to the expression";
  EXPECT_EQ(meet(d("f"), d("f") * d("g")), "ok") << "not solvable for one of them: waits";
  EXPECT_TRUE(solver.open());
}

TEST_F(SolverTest, ExpressionAgainstEverything) {
  EXPECT_EQ(meet(d("P") + Dim(1), Dim(1) + d("P")), "ok") << "equal in normal form";
  EXPECT_TRUE(solver.preconditions().empty());
  EXPECT_EQ(meet(d("P") * Dim(4), d("y")), "ok");
  EXPECT_EQ(solver.text(d("y")), "4*P");
  EXPECT_EQ(meet(d("P") * Dim(4), d("_")), "ok");
  EXPECT_EQ(meet(d("P") / d("Q"), d("R")), "ok");
  EXPECT_EQ(solver.preconditions().size(), 1u) << "not structurally equal: waits";
  EXPECT_EQ(meet(d("u") * Dim(3), Dim(12)), "ok");
  EXPECT_EQ(solver.text(d("u")), "4");
}

TEST_F(SolverTest, WildcardsAgainstEachOther) {
  const Dim one = Dim::symbol(solver.fresh("_", SymbolKind::free)),
            two = Dim::symbol(solver.fresh("_", SymbolKind::free));
  EXPECT_EQ(meet(one, two), "ok");
  EXPECT_EQ(meet(one, Dim(2)), "ok");
  EXPECT_FALSE(solver.open());
}

TEST_F(SolverTest, ARunIsNoSize) {
  EXPECT_EQ(meet(shape({"*r"}), shape({"3"})), "ok") << "a run of one axis";
  EXPECT_EQ(meet(shape({"*r"}), shape({"3", "4"})), "rank") << "one axis, and two now";
}

// --- Solving ---------------------------------------------------------------------------------------------------------

TEST_F(SolverTest, EachFormOfOneUnknown) {
  struct Form {
    std::function<Dim(const Dim&)> of;
    std::int64_t n;
    const char* solution;  // or the conflict
  };
  const auto k = [](std::int64_t v) { return Dim(v); };
  const std::vector<Form> forms{
      {[&](const Dim& x) { return x + k(3); }, 10, "7"},
      {[&](const Dim& x) { return x + k(3); }, 3, "0"},
      {[&](const Dim& x) { return x + k(3); }, 2, "unsolvable"},
      {[&](const Dim& x) { return x - k(3); }, 10, "13"},
      {[&](const Dim& x) { return k(10) - x; }, 4, "6"},
      {[&](const Dim& x) { return k(10) - x; }, 11, "unsolvable"},
      {[&](const Dim& x) { return x * k(4); }, 12, "3"},
      {[&](const Dim& x) { return x * k(4); }, 0, "0"},
      {[&](const Dim& x) { return x * k(4); }, 10, "unsolvable"},
      {[&](const Dim& x) { return x * k(0); }, 0, "x"},
      {[&](const Dim& x) { return x * k(0); }, 3, "size"},
      {[&](const Dim& x) { return x / k(4); }, 3, "12"},
      {[&](const Dim& x) { return x / k(4); }, 0, "0"},
      {[&](const Dim& x) { return k(12) / x; }, 4, "3"},
      {[&](const Dim& x) { return k(12) / x; }, 5, "unsolvable"},
      {[&](const Dim& x) { return k(12) / x; }, 0, "size"},
      {[&](const Dim& x) { return (x + k(1)) * k(2) - k(4); }, 10, "6"},
      {[&](const Dim& x) { return k(24) / ((x - k(1)) * k(2)); }, 3, "5"},
      {[&](const Dim& x) { return ((x + k(2)) / k(3) + k(1)) / k(2); }, 2, "7"},
      {[&](const Dim& x) { return k(20) - k(2) * (k(9) - x / k(2)); }, 8, "6"},
  };
  for (std::size_t i = 0; i < forms.size(); ++i) {
    Solver fresh;
    const Dim x = Dim::symbol(fresh.fresh("x", SymbolKind::free));
    for (const bool turned : {false, true}) {
      Solver s = fresh;
      const auto conflict = turned ? s.unify(Dim(forms[i].n), forms[i].of(x), 1, 0, {})
                                   : s.unify(forms[i].of(x), Dim(forms[i].n), 1, 0, {});
      if (!conflict) {
        EXPECT_TRUE(s.retry().empty()) << "form " << i;
        EXPECT_EQ(s.text(x), forms[i].solution) << "form " << i;
        EXPECT_FALSE(s.open() && s.text(x) != "x") << "form " << i;
      } else {
        EXPECT_STREQ(conflict->kind == Conflict::Kind::size ? "size" : "unsolvable", forms[i].solution) << "form " << i;
      }
    }
  }
}

TEST_F(SolverTest, NestingOfAnyDepth) {
  Dim expression = d("x");
  std::int64_t value = 5;
  for (int i = 0; i < 12; ++i) {
    expression = (expression + Dim(i)) * Dim(2);
    value = (value + i) * 2;
    if (i % 3 == 0) {
      expression = expression / Dim(2);
      value /= 2;
    }
  }
  EXPECT_EQ(meet(expression, Dim(value)), "ok");
  EXPECT_EQ(solver.text(d("x")), "5");
}

TEST_F(SolverTest, MoreThanOneUnknownWaitsForTheNextBinding) {
  EXPECT_EQ(meet(d("x") * d("y") * d("z"), Dim(24)), "ok");
  EXPECT_EQ(meet(d("x"), Dim(2)), "ok");
  EXPECT_TRUE(solver.retry().empty());
  EXPECT_TRUE(solver.open()) << "y z = 12";
  EXPECT_EQ(meet(d("y"), Dim(3)), "ok");
  EXPECT_TRUE(solver.retry().empty());
  EXPECT_EQ(solver.text(d("z")), "4");
  EXPECT_FALSE(solver.open());
}

TEST_F(SolverTest, ASizeThatComesOutNegativeIsNoticedOnceItIsKnown) {
  EXPECT_EQ(meet(d("x") + d("y"), Dim(3)), "ok");
  EXPECT_TRUE(solver.open()) << "neither may exceed 3";
  EXPECT_EQ(meet(d("y"), Dim(5)), "ok");
  const auto conflicts = solver.retry();
  ASSERT_EQ(conflicts.size(), 1u);
  EXPECT_EQ(conflicts[0].kind, Conflict::Kind::unsolvable);
  EXPECT_EQ(conflicts[0].equation, "a size of -2 is negative");
  EXPECT_EQ(meet(Dim(2) - Dim(5), d("q")), "unsolvable");
}

TEST_F(SolverTest, ASizeThatComesOutInexactIsNoticedOnceItIsKnown) {
  EXPECT_EQ(meet(d("x"), d("P") / Dim(2)), "ok");
  solver.bind(symbol("P"), 5, {});
  const auto conflicts = solver.retry();
  ASSERT_FALSE(conflicts.empty());
  EXPECT_EQ(conflicts[0].equation, "5 / 2 is not an integer");
  EXPECT_NO_THROW(solver.text(d("x"))) << "nobody calculates with it any more";
}

TEST_F(SolverTest, GoingBackForgetsDoubts) {
  const Solver::Mark mark = solver.mark();
  meet(d("x") + d("y"), Dim(3));
  EXPECT_TRUE(solver.open());
  solver.go_back(mark);
  EXPECT_FALSE(solver.open());
}

// --- Sequences -------------------------------------------------------------------------------------------------------

TEST_F(SolverTest, CapturedRunsAreComparedElementByElement) {
  EXPECT_EQ(meet(shape({"*r", "4"}), shape({"a", "3", "4"})), "ok");
  EXPECT_EQ(meet(shape({"*r"}), shape({"2", "3"})), "ok");
  EXPECT_EQ(solver.text(d("a")), "2") << "its elements are unified, not only compared";
  EXPECT_EQ(meet(shape({"*r"}), shape({"2"})), "rank");
  EXPECT_EQ(meet(shape({"*r"}), shape({"2", "4"})), "size");
}

TEST_F(SolverTest, AnEmptyCaptureStaysEmpty) {
  EXPECT_EQ(meet(shape({"2", "*r", "3"}), shape({"2", "3"})), "ok");
  EXPECT_EQ(meet(shape({"*r", "5"}), shape({"5"})), "ok");
  EXPECT_EQ(meet(shape({"*r", "5"}), shape({"1", "5"})), "rank");
}

TEST_F(SolverTest, TwoRunsBindTheirEndsAndWaitForTheRest) {
  EXPECT_EQ(meet(shape({"2", "*a"}), shape({"*b", "3"})), "ok");
  EXPECT_TRUE(solver.open()) << "[2, *a] = [*b, 3]";
  EXPECT_EQ(meet(shape({"*a"}), shape({"7", "3"})), "ok");
  EXPECT_TRUE(solver.retry().empty());
  EXPECT_EQ(solver.text(shape({"*b"})), "[2, 7]");
  EXPECT_FALSE(solver.open());
}

TEST_F(SolverTest, TwoRunsThatDisagreeLater) {
  EXPECT_EQ(meet(shape({"2", "*a"}), shape({"*b", "3"})), "ok");
  EXPECT_EQ(meet(shape({"*a"}), shape({"7", "4"})), "ok");
  EXPECT_EQ(solver.retry().size(), 1u) << "the last axis is 3, and it is 4";
}

TEST_F(SolverTest, CommonEndsOfTwoRunsAreUnified) {
  EXPECT_EQ(meet(shape({"2", "*a", "8"}), shape({"x", "*b", "y"})), "ok");
  EXPECT_EQ(solver.text(d("x")), "2");
  EXPECT_EQ(solver.text(d("y")), "8");
  EXPECT_EQ(meet(shape({"3", "*c"}), shape({"4", "*e"})), "size");
}

TEST_F(SolverTest, LeadingStarsOnBothSides) {
  EXPECT_EQ(meet(shape({"*", "8"}), shape({"*", "x", "y", "8"})), "ok") << "one star is among the absorbed axes";
  EXPECT_EQ(meet(shape({"*", "3", "8"}), shape({"*", "4", "8"})), "size");
}

// --- Verdicts --------------------------------------------------------------------------------------------------------

TEST_F(SolverTest, VerdictPolicy) {
  EXPECT_EQ(meet(d("D") * Dim(2) / Dim(2), d("D")), "ok") << "identical after normalisation";
  EXPECT_FALSE(solver.open());
  EXPECT_EQ(meet(d("x"), d("D") + Dim(1)), "ok") << "binds a free size";
  EXPECT_FALSE(solver.open());
  EXPECT_EQ(meet(Dim(3), Dim(4)), "size");
  EXPECT_EQ(meet(d("D"), d("D") + Dim(1)), "size");
  EXPECT_EQ(meet(d("D"), Dim(2) * d("D")), "size");
  EXPECT_EQ(meet(d("D") * d("E"), d("D") * d("E") + d("D")), "size");
  EXPECT_FALSE(solver.open());
  EXPECT_EQ(meet(d("A"), d("B")), "ok") << "a precondition";
  EXPECT_EQ(meet(d("D") / d("H") * d("K"), d("D")), "ok") << "a precondition";
  EXPECT_EQ(solver.preconditions().size(), 2u);
  EXPECT_EQ(meet(d("u") * d("v"), d("w") * d("w")), "ok") << "left to data";
  EXPECT_EQ(solver.preconditions().size(), 2u);
}

TEST_F(SolverTest, QuotientsOfDifferencesMayBeZero) {
  // P/2 - 2 is 0 when P is 4: no conflict.
  EXPECT_EQ(meet(Dim(0), (d("P") / Dim(2) - Dim(2)) / d("Q")), "ok");
  EXPECT_EQ(meet(Dim(0), d("P") / Dim(2)), "size") << "a parameter that is a size is positive";
}

}  // namespace
}  // namespace neuro
