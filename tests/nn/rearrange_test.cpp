#include "rearrange.h"

#include <cmath>
#include <map>
#include <numeric>
#include <random>
#include <sstream>

#include "neuro/error.h"
#include "neuro/tensor.h"

namespace neuro {
namespace {

using Layout = std::vector<std::vector<std::string>>;  // the atoms of each axis, outermost first
using Sizes = std::map<std::string, std::int64_t>;
using Kind = RearrangeFailure::Kind;

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> out;
  std::istringstream items(text);
  for (std::string item; std::getline(items, item, at);) {
    item.erase(0, item.find_first_not_of(' '));
    out.push_back(item);
  }
  return out;
}

/// Visits every assignment of indices to the atoms.
void each_index(const std::vector<std::string>& atoms, const Sizes& sizes,
                const std::function<void(const Sizes&)>& visit, Sizes at = {}) {
  if (at.size() == atoms.size()) return visit(at);
  const std::string& name = atoms[at.size()];
  for (std::int64_t i = 0; i < sizes.at(name); ++i) {
    Sizes deeper = at;
    deeper[name] = i;
    each_index(atoms, sizes, visit, deeper);
  }
}

std::int64_t offset(const Layout& layout, const Sizes& sizes, const Sizes& at) {
  std::int64_t o = 0;
  for (const auto& axis : layout) {
    for (const std::string& atom : axis) o = o * sizes.at(atom) + at.at(atom);
  }
  return o;
}

Shape shape_of(const Layout& layout, const Sizes& sizes) {
  std::vector<std::int64_t> dims;
  for (const auto& axis : layout) {
    dims.push_back(1);
    for (const std::string& atom : axis) dims.back() *= sizes.at(atom);
  }
  return Shape(dims);
}

/// Names as the language would resolve them: lower case is a size of a port, upper case a parameter, `_` has no name,
/// `*name` is a run. `name = a/b` defines; what is defined stands for its value.
class Rearrange : public ::testing::Test {
 protected:
  Dim dim(const std::string& text) {  // "d/h", "4*d", "h*e"
    Dim out = 1;
    char op = '*';
    std::string word;
    for (const char c : text + "*") {
      if (c != '*' && c != '/') {
        word += c;
        continue;
      }
      const Dim part = std::isdigit(static_cast<unsigned char>(word[0])) ? Dim(std::stoll(word)) : name(word);
      out = op == '*' ? out * part : out / part;
      op = c;
      word.clear();
    }
    return solver.resolve(out);
  }
  Dim name(const std::string& word) {
    if (word == "_") return Dim::symbol(solver.fresh("_", SymbolKind::free));
    const auto known = symbols.find(word);
    if (known != symbols.end()) return Dim::symbol(known->second);
    const bool param = std::isupper(static_cast<unsigned char>(word[0]));
    return Dim::symbol(symbols[word] = solver.fresh(word, param ? SymbolKind::rigid : SymbolKind::free));
  }

  SymShape source(const std::string& text) {
    SymShape out;
    for (const std::string& item : split(text, ',')) {
      if (item[0] == '*') {
        out.push_back(Axis::run(solver.fresh(item, SymbolKind::variadic)));
      } else {
        out.push_back({dim(item)});
      }
    }
    return out;
  }

  /// "b, h, e = d/h, others"; `?n` has no value yet.
  std::vector<TargetAxis> target(const std::string& text) {
    std::vector<TargetAxis> out;
    for (std::string item : split(text, ',')) {
      TargetAxis axis;
      axis.others = item == "others";
      const auto equals = item.find(" = ");
      std::string defined;
      if (equals != std::string::npos) {
        defined = item.substr(0, equals);
        item = item.substr(equals + 3);
      }
      if (axis.others) {
      } else if (item[0] == '?') {
        axis.factors.push_back({name(item.substr(1)), item.substr(1), true});
      } else if (item.find('/') != std::string::npos) {
        axis.factors.push_back({dim(item), item});
      } else {
        for (const std::string& part : split(item, '*')) axis.factors.push_back({dim(part), part});
      }
      if (!defined.empty()) solver.bind(*name(defined).as_symbol(), dim(item), {});
      out.push_back(std::move(axis));
    }
    return out;
  }

  std::variant<Rearrangement, RearrangeFailure> find(const SymShape& from, const std::string& to, ReshapeMode mode) {
    RearrangeQuery query;
    query.mode = mode;
    query.target = target(to);
    query.source = solver.resolve(from);
    query.records = records;
    query.named = [this](int s) { return solver.symbol(s).name[0] != '_'; };
    query.rigid = [this](int s) { return solver.symbol(s).kind == SymbolKind::rigid; };
    return rearrange(query);
  }

  /// One step: the shape that comes out is where the next one starts.
  Rearrangement step(const std::string& to, ReshapeMode mode = ReshapeMode::rearrange) {
    auto found = find(current, to, mode);
    if (const auto* failure = std::get_if<RearrangeFailure>(&found)) {
      ADD_FAILURE() << "no way to [" << to << "]: kind " << static_cast<int>(failure->kind) << " " << failure->why;
      return {};
    }
    Rearrangement r = std::get<Rearrangement>(std::move(found));
    records.insert(records.end(), r.records.begin(), r.records.end());
    for (const auto& [symbol, value] : r.solved) {
      if (value.empty()) solver.bind(symbol, 1, {});
      if (value.size() == 1 && !value[0].is_variadic()) solver.bind(symbol, value[0].size, {});
      if (value.size() > 1 && !value[0].is_variadic()) {
        Dim product = 1;
        for (const Axis& axis : value) product = product * axis.size;
        solver.bind(symbol, product, {});
      }
    }
    current.clear();
    for (const Rearrangement::Result& result : r.results) {
      Dim product = 1;
      bool run = false;
      for (const Axis& part : result.size) {
        run = run || part.is_variadic();
        if (!part.is_variadic()) product = product * part.size;
      }
      current.push_back({run ? Dim::symbol(solver.fresh("others", SymbolKind::free)) : solver.resolve(product)});
    }
    return r;
  }

  /// Kind of the failure, "" when there is none.
  std::optional<RearrangeFailure> failure(const std::string& from, const std::string& to,
                                          ReshapeMode mode = ReshapeMode::rearrange) {
    auto found = find(source(from), to, mode);
    if (auto* f = std::get_if<RearrangeFailure>(&found)) return *f;
    ADD_FAILURE() << "[" << from << "] => [" << to << "] was accepted";
    return std::nullopt;
  }

  std::optional<std::int64_t> size_of(const Dim& size, const Sizes& sizes) {
    return solver.resolve(size)
        .substitute([&](int s) -> std::optional<Dim> {
          const auto known = sizes.find(solver.symbol(s).name);
          return known == sizes.end() ? std::nullopt : std::optional<Dim>(known->second);
        })
        .constant();
  }
  Var run(const Rearrangement& r, const Var& x, const Sizes& sizes, const std::string& reduction = {}) {
    return apply(r, x, reduction, [&](const Dim& size) { return size_of(size, sizes); });
  }

  /// 0, 1, 2, ... in the shape of a layout.
  static Var numbered(const Layout& layout, const Sizes& sizes) {
    const Shape shape = shape_of(layout, sizes);
    std::vector<float> values(static_cast<std::size_t>(shape.elements()));
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
    return Var(Tensor::from(std::span<const float>(values), shape));
  }
  static std::vector<double> values(const Var& v) {
    v.forward();
    return v.data().to_vector();
  }

  /// One step from `from` to `to`, against a loop over all indices of the atoms.
  void expect_moves(const std::string& from, const std::string& to, const Layout& before, const Layout& after,
                    const Sizes& sizes, bool positional = false) {
    SCOPED_TRACE("[" + from + "] => [" + to + "]");
    current = source(from);
    const Rearrangement r = step(to);
    EXPECT_EQ(r.positional, positional);
    const Var x = numbered(before, sizes);
    const Var y = run(r, x, sizes);
    ASSERT_EQ(y.shape().text(), shape_of(after, sizes).text());
    std::vector<std::string> atoms;
    for (const auto& axis : before) atoms.insert(atoms.end(), axis.begin(), axis.end());
    const std::vector<double> in = values(x), out = values(y);
    each_index(atoms, sizes, [&](const Sizes& at) {
      EXPECT_EQ(out[static_cast<std::size_t>(offset(after, sizes, at))],
                in[static_cast<std::size_t>(offset(before, sizes, at))]);
    });
  }

  Solver solver;
  std::map<std::string, int> symbols;
  std::vector<SizeRecord> records;
  SymShape current;
};

// --- 4.6, steps 1 and 2: atoms, order, groups
// -------------------------------------------------------------------------

TEST_F(Rearrange, EqualNamesInANewOrderAreATransposition) {
  expect_moves("b, s, h, e", "b, h, s, e", {{"b"}, {"s"}, {"h"}, {"e"}}, {{"b"}, {"h"}, {"s"}, {"e"}},
               {{"b", 2}, {"s", 3}, {"h", 2}, {"e", 5}});
}

TEST_F(Rearrange, NamesOfEqualWorthAreNotConfused) {
  expect_moves("batch, seq", "seq, batch", {{"batch"}, {"seq"}}, {{"seq"}, {"batch"}}, {{"batch", 4}, {"seq", 4}});
  expect_moves("b, s, d", "b, h, s, e = d/h", {{"b"}, {"s"}, {"h", "e"}}, {{"b"}, {"h"}, {"s"}, {"e"}},
               {{"b", 4}, {"s", 4}, {"d", 16}, {"h", 4}, {"e", 4}});
}

TEST_F(Rearrange, AnAxisSplitsIntoTheFactorsThatTheTargetNames) {
  const Sizes sizes{{"b", 2}, {"s", 3}, {"d", 8}, {"h", 2}, {"e", 4}};
  expect_moves("b, s, d", "b, s, h, e = d/h", {{"b"}, {"s"}, {"h", "e"}}, {{"b"}, {"s"}, {"h"}, {"e"}}, sizes);
  expect_moves("b, s, d", "b, h, s, d/h", {{"b"}, {"s"}, {"h", "e"}}, {{"b"}, {"h"}, {"s"}, {"e"}}, sizes);
}

TEST_F(Rearrange, FactorsComeInTheOrderOfTheTarget) {
  expect_moves("b, d", "e = d/h, b, h", {{"b"}, {"e", "h"}}, {{"e"}, {"b"}, {"h"}},
               {{"b", 2}, {"d", 6}, {"h", 3}, {"e", 2}});
}

TEST_F(Rearrange, ParametersAreNamesToo) {
  expect_moves("b, DIM", "HEADS, b, e = DIM/HEADS", {{"b"}, {"h", "e"}}, {{"h"}, {"b"}, {"e"}},
               {{"b", 2}, {"DIM", 8}, {"HEADS", 2}, {"h", 2}, {"e", 4}});
}

TEST_F(Rearrange, AProductIsTheGroupOfItsFactorsAsWritten) {
  const Sizes sizes{{"b", 2}, {"s", 3}, {"h", 2}, {"e", 5}};
  expect_moves("b, s, h, e", "b, s, h*e", {{"b"}, {"s"}, {"h"}, {"e"}}, {{"b"}, {"s"}, {"h", "e"}}, sizes);
  expect_moves("b, s, h, e", "b, s, d = e*h", {{"b"}, {"s"}, {"h"}, {"e"}}, {{"b"}, {"s"}, {"e", "h"}}, sizes);
  expect_moves("b, s, h, e", "b*s, h, e", {{"b"}, {"s"}, {"h"}, {"e"}}, {{"b", "s"}, {"h"}, {"e"}}, sizes);
  expect_moves("b, s, h, e", "e, s*b, h", {{"b"}, {"s"}, {"h"}, {"e"}}, {{"e"}, {"s", "b"}, {"h"}}, sizes);
}

TEST_F(Rearrange, AnAxisThatIsAProductMatchesWholeBeforeItsFactorsDo) {
  expect_moves("b, d, 4*d", "b, 4*d, d", {{"b"}, {"d"}, {"f", "g"}}, {{"b"}, {"f", "g"}, {"d"}},
               {{"b", 2}, {"d", 3}, {"f", 4}, {"g", 3}});
  expect_moves("b, 4*d", "b, d, 4", {{"b"}, {"d", "f"}}, {{"b"}, {"d"}, {"f"}}, {{"b", 2}, {"d", 3}, {"f", 4}});
}

TEST_F(Rearrange, SplitAndMergeInOneStep) {
  expect_moves("b*s, d", "b, s*h, e = d/h", {{"b", "s"}, {"h", "e"}}, {{"b"}, {"s", "h"}, {"e"}},
               {{"b", 2}, {"s", 3}, {"d", 8}, {"h", 4}, {"e", 2}});
}

TEST_F(Rearrange, RecordsMakeSplitTransposeMergeTheIdentity) {
  const Sizes sizes{{"b", 2}, {"s", 3}, {"d", 8}, {"h", 4}, {"e", 2}};
  current = source("b, s, d");
  const Var x = numbered({{"b"}, {"s"}, {"h", "e"}}, sizes);
  Var y = x;
  for (const char* to : {"b, s, h, e = d/h", "b, h, s, e", "b, s, h, e", "b, s, d"}) y = run(step(to), y, sizes);
  EXPECT_EQ(values(y), values(x));
  EXPECT_EQ(y.shape(), x.shape());

  // Merged straight from the transposed order: the record still says that d is (h, e).
  current = source("b, s, d");
  y = x;
  for (const char* to : {"b, h, s, e = d/h", "b, e, s, h", "b, s, d"}) y = run(step(to), y, sizes);
  EXPECT_EQ(values(y), values(x));
}

TEST_F(Rearrange, ARecordedProductOpensWhenTheSourceHoldsItsParts) {
  const Sizes sizes{{"b", 2}, {"s", 3}, {"d", 8}, {"h", 4}, {"e", 2}};
  current = source("b, s, d");
  const Var x = numbered({{"b"}, {"s"}, {"h", "e"}}, sizes);
  const Var y = run(step("b*h, s, e = d/h"), x, sizes);
  const Var z = run(step("b, s, d"), y, sizes);
  EXPECT_EQ(values(z), values(x));
}

TEST_F(Rearrange, MergingWithoutARecordKeepsTheOrderOfTheSource) {
  expect_moves("b, x, y", "x*y, b", {{"b"}, {"x"}, {"y"}}, {{"x", "y"}, {"b"}}, {{"b", 2}, {"x", 3}, {"y", 4}});
  current = source("b, h, d/h");
  const Rearrangement r = step("b, d");
  const Sizes sizes{{"b", 2}, {"d", 6}, {"h", 2}, {"e", 3}};
  const Var x = numbered({{"b"}, {"h"}, {"e"}}, sizes);
  EXPECT_EQ(values(run(r, x, sizes)), values(x));
}

TEST_F(Rearrange, TwoRecordedOrdersOfOneSizeNeedAWord) {
  current = source("b, d");
  records = {{dim("d"), {dim("x"), dim("y"), dim("d/x/y")}}, {dim("d"), {dim("y"), dim("x"), dim("d/x/y")}}};
  auto found = find({{dim("d/x/y")}, {dim("x")}, {dim("y")}}, "d", ReshapeMode::rearrange);
  ASSERT_TRUE(std::holds_alternative<RearrangeFailure>(found));
  EXPECT_EQ(std::get<RearrangeFailure>(found).kind, Kind::ambiguous);
  found = find({{dim("x")}, {dim("y")}, {dim("d/x/y")}}, "d", ReshapeMode::rearrange);
  EXPECT_TRUE(std::holds_alternative<Rearrangement>(found)) << "the source's order is one of them";
}

TEST_F(Rearrange, OnesComeAndGo) {
  const Sizes sizes{{"b", 2}, {"c", 3}, {"1", 1}};
  expect_moves("b, c", "b, 1, c", {{"b"}, {"c"}}, {{"b"}, {}, {"c"}}, sizes);
  expect_moves("b, 1, c, 1", "c, b", {{"b"}, {}, {"c"}, {}}, {{"c"}, {"b"}}, sizes);
  expect_moves("1, b, c", "c, 1, 1, b", {{}, {"b"}, {"c"}}, {{"c"}, {}, {}, {"b"}}, sizes);
}

TEST_F(Rearrange, TwoAxesOfOneNameKeepTheirOrder) {
  expect_moves("n, b, n", "b, n, n", {{"x"}, {"b"}, {"y"}}, {{"b"}, {"x"}, {"y"}},
               {{"n", 3}, {"x", 3}, {"y", 3}, {"b", 2}});
}

// --- The one unknown
// ---------------------------------------------------------------------------------------------------

TEST_F(Rearrange, OneUnknownIsSolvedAndRecorded) {
  const Sizes sizes{{"b", 2}, {"s", 3}, {"d", 8}, {"h", 4}, {"e", 2}};
  current = source("b, s, d");
  const Var x = numbered({{"b"}, {"s"}, {"h", "e"}}, sizes);
  const Rearrangement r = step("b, s, h, ?e");
  ASSERT_EQ(r.solved.size(), 1u);
  EXPECT_EQ(solver.text(name("e")), "d/h");
  Var y = run(r, x, sizes);
  for (const char* to : {"b, e, h, s", "b, s, d"}) y = run(step(to), y, sizes);
  EXPECT_EQ(values(y), values(x));
}

TEST_F(Rearrange, AnUnknownTakesAllThatIsLeft) {
  const Sizes sizes{{"b", 2}, {"x", 3}, {"y", 4}};
  expect_moves("b, x, y", "?n, b", {{"b"}, {"x"}, {"y"}}, {{"x", "y"}, {"b"}}, sizes);
  expect_moves("b, x", "b, x, ?one", {{"b"}, {"x"}}, {{"b"}, {"x"}, {}}, sizes);
  expect_moves("b, 12", "b, 3, ?k", {{"b"}, {"i", "k"}}, {{"b"}, {"i"}, {"k"}}, {{"b", 2}, {"i", 3}, {"k", 4}});
}

TEST_F(Rearrange, ARunOfAxesGoesWholeIntoTheUnknown) {
  current = source("*batch, seq, D");
  const Rearrangement r = step("?n, h, seq, e = D/h");
  ASSERT_EQ(r.solved.size(), 1u);
  EXPECT_FALSE(r.positional);
  const Sizes sizes{{"a", 2}, {"c", 3}, {"seq", 2}, {"D", 6}, {"h", 3}, {"e", 2}};
  const Layout before{{"a"}, {"c"}, {"seq"}, {"h", "e"}}, after{{"a", "c"}, {"h"}, {"seq"}, {"e"}};
  const Var x = numbered(before, sizes);
  const Var y = run(r, x, sizes);
  ASSERT_EQ(y.shape().text(), "[6, 3, 2, 2]");
  const auto in = values(x), out = values(y);
  each_index({"a", "c", "seq", "h", "e"}, sizes, [&](const Sizes& at) {
    EXPECT_EQ(out[static_cast<std::size_t>(offset(after, sizes, at))],
              in[static_cast<std::size_t>(offset(before, sizes, at))]);
  });
}

TEST_F(Rearrange, TwoUnknownsHaveNoSolution) {
  const auto f = failure("b, x", "?p, ?q, b");
  ASSERT_TRUE(f);
  EXPECT_EQ(f->kind, Kind::unsolved);
  EXPECT_EQ(f->factors, (std::vector<std::string>{"p", "q"}));
}

TEST_F(Rearrange, AnInexactDivisionIsRefused) {
  const auto f = failure("b, 10", "b, 4, ?e");
  ASSERT_TRUE(f);
  EXPECT_EQ(f->kind, Kind::count);
  EXPECT_EQ(f->why, "10 / 4 is not an integer");
  EXPECT_THROW(dim("10/4"), DimError);
}

// --- Step 3: others
// ----------------------------------------------------------------------------------------------------

TEST_F(Rearrange, OthersIsWhatIsNotMentionedWhereverItStands) {
  const Sizes sizes{{"b", 2}, {"x", 3}, {"y", 2}, {"z", 5}};
  const Layout from{{"b"}, {"x"}, {"y"}, {"z"}};
  expect_moves("b, x, y, z", "others, z", from, {{"b", "x", "y"}, {"z"}}, sizes);
  expect_moves("b, x, y, z", "b, others", from, {{"b"}, {"x", "y", "z"}}, sizes);
  expect_moves("b, x, y, z", "b, others, x", from, {{"b"}, {"y", "z"}, {"x"}}, sizes);
  expect_moves("b, x, y, z", "z, others, b", from, {{"z"}, {"x", "y"}, {"b"}}, sizes);
  expect_moves("b, x, y, z", "others", from, {{"b", "x", "y", "z"}}, sizes);
  expect_moves("b, x, y, z", "z, y, x, b, others", from, {{"z"}, {"y"}, {"x"}, {"b"}, {}}, sizes);
}

TEST_F(Rearrange, OthersTakesWhatRemainsOfASizeThatTheTargetDivides) {
  expect_moves("b, d", "b, h, others", {{"b"}, {"h", "e"}}, {{"b"}, {"h"}, {"e"}},
               {{"b", 2}, {"d", 6}, {"h", 3}, {"e", 2}});
  expect_moves("b, 12", "others, b, 3", {{"b"}, {"o", "k"}}, {{"o"}, {"b"}, {"k"}}, {{"b", 2}, {"o", 4}, {"k", 3}});
}

TEST_F(Rearrange, OthersHoldsARunOfAxes) {
  current = source("*batch, d");
  const Rearrangement r = step("others, h, e = d/h");
  const Sizes sizes{{"a", 2}, {"c", 3}, {"d", 6}, {"h", 3}, {"e", 2}};
  const Var x = numbered({{"a"}, {"c"}, {"h", "e"}}, sizes);
  const Var y = run(r, x, sizes);
  EXPECT_EQ(y.shape().text(), "[6, 3, 2]");
  EXPECT_EQ(values(y), values(x));
}

TEST_F(Rearrange, OthersBesideANameWithoutAPartner) {
  const auto f = failure("b, x, y", "b, others, k");
  ASSERT_TRUE(f);
  EXPECT_EQ(f->kind, Kind::unmatched);
  EXPECT_EQ(f->factors, std::vector<std::string>{"k"});
}

// --- Numbers
// -----------------------------------------------------------------------------------------------------------

TEST_F(Rearrange, NumbersInANewOrderAreATransposition) {
  expect_moves("b, 3, 32, 2", "b, 32, 2, 3", {{"b"}, {"c"}, {"h"}, {"w"}}, {{"b"}, {"h"}, {"w"}, {"c"}},
               {{"b", 2}, {"c", 3}, {"h", 32}, {"w", 2}});
}

TEST_F(Rearrange, TwoEqualNumbersKeepTheirOrder) {
  expect_moves("4, b, 4", "b, 4, 4", {{"x"}, {"b"}, {"y"}}, {{"b"}, {"x"}, {"y"}}, {{"x", 4}, {"y", 4}, {"b", 2}});
}

TEST_F(Rearrange, NumbersSplitAndMerge) {
  expect_moves("b, 784", "b, 1, 28, 28", {{"b"}, {"y", "x"}}, {{"b"}, {}, {"y"}, {"x"}},
               {{"b", 2}, {"y", 28}, {"x", 28}});
  expect_moves("b, 16, 7, 7", "b, 784", {{"b"}, {"c"}, {"y"}, {"x"}}, {{"b"}, {"c", "y", "x"}},
               {{"b", 2}, {"c", 16}, {"y", 7}, {"x", 7}});
  expect_moves("2, 6", "2, 3, 2", {{"a"}, {"c", "e"}}, {{"a"}, {"c"}, {"e"}}, {{"a", 2}, {"c", 3}, {"e", 2}});
}

TEST_F(Rearrange, NumbersWithoutACommonPartKeepTheOrderOfElements) {
  const Sizes sizes{{"n", 12}, {"2", 2}, {"6", 6}, {"3", 3}, {"4", 4}};
  current = source("2, 6");
  const Rearrangement r = step("3, 4");
  EXPECT_TRUE(r.positional);
  const Var x = numbered({{"2"}, {"6"}}, sizes);
  const Var y = run(r, x, sizes);
  EXPECT_EQ(y.shape().text(), "[3, 4]");
  EXPECT_EQ(values(y), values(x));

  current = source("2, 6");  // 2 stands on both sides by coincidence
  const Var z = run(step("3, 2, 2"), x, sizes);
  EXPECT_EQ(values(z), values(x));
}

TEST_F(Rearrange, NumbersOfUnequalCountAreRefused) {
  const auto f = failure("2, 6", "3, 5");
  ASSERT_TRUE(f);
  EXPECT_EQ(f->kind, Kind::count);
  EXPECT_EQ(f->why, "12 is not 15");
  EXPECT_EQ(failure("b, 6", "b, 5")->kind, Kind::count);
}

TEST_F(Rearrange, CountsBeyond64BitsAreRefused) {
  EXPECT_EQ(failure("4000000000, 4000000000", "8000000000, 2000000000")->kind, Kind::overflow);
  EXPECT_EQ(failure("6", "4000000000, 4000000000")->kind, Kind::overflow);
}

TEST_F(Rearrange, NoElementsAtAll) {
  current = source("0, 6");
  const Var x(Tensor::zeros({0, 6}));
  EXPECT_EQ(run(step("0, 2, 3"), x, {}).shape().text(), "[0, 2, 3]");
  current = source("b, s, d");
  const Var y = run(step("b, h, s, e = d/h"), Var(Tensor::zeros({0, 3, 8})), {{"b", 0}, {"s", 3}, {"d", 8}, {"h", 2}});
  EXPECT_EQ(y.shape().text(), "[0, 2, 3, 4]");
}

// --- Steps 4 and 5: without names
// --------------------------------------------------------------------------------------

TEST_F(Rearrange, SizesWithoutNamesGoByPosition) {
  const Sizes sizes{{"b", 2}, {"P", 3}, {"Q", 4}};
  current = source("b, _, _");
  const Rearrangement r = step("b, P, Q");
  EXPECT_TRUE(r.positional);
  ASSERT_EQ(r.equations.size(), 1u) << "the counts must agree when data arrives";
  const Var x = numbered({{"b"}, {"P"}, {"Q"}}, sizes);
  EXPECT_EQ(values(run(r, x, sizes)), values(x));
}

TEST_F(Rearrange, ARunWithoutANameGoesByPosition) {
  current = source("*, D");
  const Rearrangement r = step("P, Q, D");
  EXPECT_TRUE(r.positional);
  const Sizes sizes{{"P", 3}, {"Q", 4}, {"D", 2}};
  const Var x(Tensor::zeros({12, 2}));
  EXPECT_EQ(run(r, x, sizes).shape().text(), "[3, 4, 2]");
}

TEST_F(Rearrange, AnUnnamedAxisStillMovesWhenItIsTheOnlyOne) {
  current = source("_, s, d");
  const Rearrangement r = step("s, ?x, d");
  EXPECT_FALSE(r.positional);
}

TEST_F(Rearrange, UnmatchedNamesAreNamed) {
  auto f = failure("b, x, y", "b, p, x");
  ASSERT_TRUE(f);
  EXPECT_EQ(f->kind, Kind::unmatched);
  EXPECT_EQ(f->axes, std::vector<std::size_t>{2});
  EXPECT_EQ(f->factors, std::vector<std::string>{"p"});

  f = failure("b, x, y", "b, x");
  EXPECT_EQ(f->kind, Kind::unmatched) << "nothing is dropped silently";
  EXPECT_EQ(f->axes, std::vector<std::size_t>{2});
  f = failure("b, x", "b, x, k");
  EXPECT_EQ(f->kind, Kind::unmatched) << "nothing is repeated silently";
  EXPECT_EQ(f->factors, std::vector<std::string>{"k"});
}

TEST_F(Rearrange, WhatOnlyParametersDecideBecomesAnEquation) {
  const Sizes sizes{{"b", 2}, {"DIM", 8}, {"HEADS", 2}, {"SIZE", 4}};
  current = source("b, DIM");
  Rearrangement r = step("b, HEADS, SIZE");
  EXPECT_FALSE(r.positional);
  ASSERT_EQ(r.equations.size(), 1u);
  EXPECT_EQ(r.equations[0].first, dim("DIM"));
  EXPECT_EQ(r.equations[0].second, dim("HEADS*SIZE"));
  EXPECT_EQ(run(r, Var(Tensor::zeros({2, 8})), sizes).shape().text(), "[2, 2, 4]");
  r = step("HEADS, b, SIZE");
  r = step("b, DIM");
  EXPECT_TRUE(r.equations.empty()) << "the record says that DIM is HEADS, SIZE";
}

// --- @reduce
// -----------------------------------------------------------------------------------------------------------

TEST_F(Rearrange, ReductionsTakeAwayWhatTheTargetDoesNotName) {
  const Sizes sizes{{"b", 2}, {"c", 3}, {"x", 2}, {"y", 4}};
  const Layout from{{"b"}, {"c"}, {"x"}, {"y"}};
  current = source("b, c, x, y");
  const Rearrangement r = step("c, b", ReshapeMode::reduce);
  const Var x = numbered(from, sizes);
  const auto in = values(x);
  const std::map<std::string, std::function<double(const std::vector<double>&)>> definitions{
      {"sum", [](const auto& v) { return std::accumulate(v.begin(), v.end(), 0.0); }},
      {"mean", [](const auto& v) { return std::accumulate(v.begin(), v.end(), 0.0) / static_cast<double>(v.size()); }},
      {"min", [](const auto& v) { return *std::min_element(v.begin(), v.end()); }},
      {"max", [](const auto& v) { return *std::max_element(v.begin(), v.end()); }},
      {"prod",
       [](const auto& v) {
         double p = 1;
         for (const double e : v) p *= e;
         return p;
       }},
      {"logsumexp",
       [](const auto& v) {
         double s = 0;
         for (const double e : v) s += std::exp(e);
         return std::log(s);
       }},
  };
  ASSERT_EQ(definitions.size(), reductions().size());
  for (const std::string& reduction : reductions()) {
    const Var y = run(r, x, sizes, reduction);
    ASSERT_EQ(y.shape().text(), "[3, 2]");
    const auto out = values(y);
    each_index({"c", "b"}, sizes, [&](const Sizes& kept) {
      std::vector<double> all;
      each_index({"x", "y"}, sizes, [&](const Sizes& gone) {
        Sizes at = kept;
        at.insert(gone.begin(), gone.end());
        all.push_back(in[static_cast<std::size_t>(offset(from, sizes, at))]);
      });
      const double want = definitions.at(reduction)(all);
      const double got = out[static_cast<std::size_t>(offset({{"c"}, {"b"}}, sizes, kept))];
      EXPECT_NEAR(got, want, 1e-5 * std::max(1.0, std::abs(want))) << reduction;  // f32 of at most 8 terms
    });
  }
  EXPECT_THROW(run(r, x, sizes, "median"), Error);
}

TEST_F(Rearrange, ReductionsShareTheGradientAmongTies) {
  current = source("b, x");
  const Rearrangement r = step("b", ReshapeMode::reduce);
  Var x = Var(Tensor::from<float>({1, 3, 3, 2, 5, 5}, Shape{2, 3})).requires_grad();
  const Var y = sum(run(r, x, {{"b", 2}, {"x", 3}}, "max"));
  y.forward();
  y.backward();
  EXPECT_EQ(x.grad().to_vector(), (std::vector<double>{0, .5, .5, 0, .5, .5}));
}

TEST_F(Rearrange, ReductionsOfSizesWithoutNames) {
  current = source("b, c, _, _");
  const Rearrangement r = step("b, c", ReshapeMode::reduce);
  EXPECT_EQ(r.results.size(), 2u);
  EXPECT_FALSE(r.positional);
  current = source("*lead, d");
  const Rearrangement s = step("d", ReshapeMode::reduce);
  const Var x = numbered({{"p"}, {"q"}, {"d"}}, {{"p", 2}, {"q", 2}, {"d", 3}});
  EXPECT_EQ(values(run(s, x, {{"d", 3}}, "sum")), (std::vector<double>{18, 22, 26}));
}

TEST_F(Rearrange, ReductionsThatCannotBe) {
  EXPECT_EQ(failure("b, c", "b, ?z", ReshapeMode::reduce)->kind, Kind::unsolved);
  EXPECT_EQ(failure("b, c", "b, k", ReshapeMode::reduce)->kind, Kind::unmatched);
  EXPECT_EQ(failure("b, c", "c, b", ReshapeMode::reduce)->kind, Kind::nothing);
  EXPECT_EQ(failure("b, c", "b, others", ReshapeMode::reduce)->kind, Kind::nothing);
  EXPECT_EQ(failure("b, n, n", "b, n", ReshapeMode::reduce)->kind, Kind::ambiguous);
  EXPECT_EQ(failure("b, 4, 4", "b, 4", ReshapeMode::reduce)->kind, Kind::ambiguous);
}

// --- @repeat
// -----------------------------------------------------------------------------------------------------------

TEST_F(Rearrange, CopiesStandExactlyWhereTheTargetHasThem) {
  const Sizes sizes{{"b", 2}, {"c", 3}, {"h", 2}};
  current = source("b, c");
  Rearrangement r = step("b, 1, c, 4", ReshapeMode::repeat);
  const Var x = numbered({{"b"}, {"c"}}, sizes);
  Var y = run(r, x, sizes);
  ASSERT_EQ(y.shape().text(), "[2, 1, 3, 4]");
  for (std::int64_t i = 0; i < 24; ++i) EXPECT_EQ(values(y)[static_cast<std::size_t>(i)], static_cast<double>(i / 4));

  current = source("b, c");  // three new axes, one of them a name with a value, and the old ones in a new order
  r = step("h, c, 2, b, 3", ReshapeMode::repeat);
  y = run(r, x, sizes);
  ASSERT_EQ(y.shape().text(), "[2, 3, 2, 2, 3]");
  const Sizes all{{"h", 2}, {"c", 3}, {"k", 2}, {"b", 2}, {"m", 3}};
  const Layout layout{{"h"}, {"c"}, {"k"}, {"b"}, {"m"}};
  const auto out = values(y);
  each_index({"h", "c", "k", "b", "m"}, all, [&](const Sizes& at) {
    EXPECT_EQ(out[static_cast<std::size_t>(offset(layout, all, at))], static_cast<double>(at.at("b") * 3 + at.at("c")));
  });
}

TEST_F(Rearrange, CopiesWithinAGroupRepeatEachElement) {
  current = source("b, c");
  const Rearrangement r = step("b, c*3", ReshapeMode::repeat);
  const Var y = run(r, numbered({{"b"}, {"c"}}, {{"b", 1}, {"c", 2}}), {{"b", 1}, {"c", 2}});
  EXPECT_EQ(values(y), (std::vector<double>{0, 0, 0, 1, 1, 1}));
}

TEST_F(Rearrange, ANumberIsAlwaysNewInARepetition) {
  const auto f = failure("b, 4", "b, 4", ReshapeMode::repeat);
  ASSERT_TRUE(f);
  EXPECT_EQ(f->kind, Kind::unmatched);
  EXPECT_EQ(f->axes, std::vector<std::size_t>{1});
  EXPECT_EQ(failure("b, c", "b, c, ?k", ReshapeMode::repeat)->kind, Kind::unsolved);
  EXPECT_EQ(failure("b, c", "b, 4", ReshapeMode::repeat)->kind, Kind::unmatched);
}

TEST_F(Rearrange, ARepetitionSpreadsAnAxisOfSizeOne) {
  current = source("b, 1, c");
  const Rearrangement r = step("b, 4, c", ReshapeMode::repeat);
  const Var x = numbered({{"b"}, {}, {"c"}}, {{"b", 2}, {"c", 3}});
  EXPECT_EQ(run(r, x, {{"b", 2}, {"c", 3}}).shape().text(), "[2, 4, 3]");
}

// --- Applying
// ----------------------------------------------------------------------------------------------------------

TEST_F(Rearrange, MoreAtomsThanATensorHasAxes) {
  // 10 atoms, of which at most 4 move apart from their neighbours.
  current = source("a*b*c, d*e*f, g*h, i*j");
  const Rearrangement r = step("g*h*i*j, a*b*c*d*e*f");
  EXPECT_GE(r.atoms.size(), 8u);
  const Sizes sizes{{"a", 2}, {"b", 1}, {"c", 2}, {"d", 1}, {"e", 2}, {"f", 1}, {"g", 2}, {"h", 1}, {"i", 1}, {"j", 3}};
  const Var x = numbered({{"a", "c"}, {"e"}, {"g"}, {"j"}}, sizes);
  const Var y = run(r, x, sizes);
  EXPECT_EQ(y.shape().text(), "[6, 8]");
  EXPECT_EQ(values(y)[1], 6);
}

TEST_F(Rearrange, GradientsGoBackTheWayTheValuesCame) {
  current = source("b, s, d");
  const Rearrangement r = step("b, h, s, e = d/h");
  const Sizes sizes{{"b", 1}, {"s", 2}, {"d", 4}, {"h", 2}, {"e", 2}};
  Var x = numbered({{"b"}, {"s"}, {"h", "e"}}, sizes).requires_grad();
  const Var weight(Tensor::from<float>({0, 1, 2, 3, 4, 5, 6, 7}, Shape{1, 2, 2, 2}));
  const Var y = sum(run(r, x, sizes) * weight);
  y.forward();
  y.backward();
  EXPECT_EQ(x.grad().to_vector(), (std::vector<double>{0, 1, 4, 5, 2, 3, 6, 7}));
}

TEST_F(Rearrange, WholeAxesNeedNoValues) {
  current = source("b, s, d");
  const Rearrangement r = step("s, b, d");
  EXPECT_EQ(run(r, Var(Tensor::zeros({2, 3, 4})), {}).shape().text(), "[3, 2, 4]");
}

TEST_F(Rearrange, PartsThatDoNotFitTheAxisAreAnError) {
  current = source("b, d");
  const Rearrangement r = step("b, h, e = d/h");
  const Var x(Tensor::zeros({2, 8}));
  EXPECT_EQ(run(r, x, {{"h", 2}}).shape().text(), "[2, 2, 4]") << "one part need not be known";
  EXPECT_THROW(run(r, x, {}), Error) << "two must be";
  EXPECT_THROW(run(r, x, {{"h", 3}}), Error) << "8 is not 3 * ?";
  EXPECT_THROW(run(r, x, {{"h", 2}, {"d", 6}}), Error) << "8 is not 2 * 3";
  EXPECT_THROW(run(r, Var(Tensor::zeros({2, 8, 1})), {{"h", 2}}), Error) << "another rank";
}

// --- Any order, any grouping ----------------------------------------------------------------------------------------

TEST_F(Rearrange, RandomTargetsPutEveryElementWhereItsNamesSay) {
  std::mt19937 random(7);
  const auto below = [&](std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random); };
  const std::vector<std::string> all{"p", "q", "r", "s", "t"};
  for (int round = 0; round < 300; ++round) {
    Sizes sizes{{"k", 2}};
    std::vector<std::string> names(all.begin(), all.begin() + 1 + static_cast<std::ptrdiff_t>(below(5)));
    Layout before;
    std::string from;
    for (const std::string& name : names) {
      sizes[name] = 1 + static_cast<std::int64_t>(below(3));  // often equal, and often 1
      before.push_back({name});
      from += (from.empty() ? "" : ", ") + name;
    }
    const bool reduces = names.size() > 1 && below(3) == 0, repeats = !reduces && below(3) == 0;
    std::vector<std::string> kept = names, gone;
    std::shuffle(kept.begin(), kept.end(), random);
    for (std::size_t n = reduces ? 1 + below(kept.size() - 1) : 0; n > 0; --n) {
      gone.push_back(kept.back());
      kept.pop_back();
    }
    if (repeats) kept.insert(kept.begin() + static_cast<std::ptrdiff_t>(below(kept.size() + 1)), "k");
    Layout after;
    std::string to;
    for (std::size_t i = 0; i < kept.size(); ++i) {
      const bool joins = i > 0 && below(3) == 0;
      if (!joins) after.emplace_back();
      after.back().push_back(kept[i]);
      to += (to.empty() ? "" : joins ? "*" : ", ") + (kept[i] == "k" ? std::string("2") : kept[i]);
      if (below(6) == 0 && after.size() < 6) {
        after.emplace_back();
        to += ", 1";
      }
      if (after.back().empty() && i + 1 < kept.size()) {  // the next one starts an axis of its own
        after.emplace_back();
        after.back().push_back(kept[++i]);
        to += ", " + (kept[i] == "k" ? std::string("2") : kept[i]);
      }
    }
    SCOPED_TRACE("[" + from + "] => [" + to + "]");
    current = source(from);
    const ReshapeMode mode = reduces ? ReshapeMode::reduce : repeats ? ReshapeMode::repeat : ReshapeMode::rearrange;
    const Var x = numbered(before, sizes);
    const Var y = run(step(to, mode), x, sizes, "sum");
    ASSERT_EQ(y.shape().text(), shape_of(after, sizes).text());
    const std::vector<double> in = values(x), out = values(y);
    each_index(kept, sizes, [&](const Sizes& at) {
      double sum = 0;
      each_index(gone, sizes, [&](const Sizes& inner) {
        Sizes whole = at;
        whole.insert(inner.begin(), inner.end());
        sum += in[static_cast<std::size_t>(offset(before, sizes, whole))];
      });
      EXPECT_EQ(out[static_cast<std::size_t>(offset(after, sizes, at))], sum);
    });
  }
}

}  // namespace
}  // namespace neuro
