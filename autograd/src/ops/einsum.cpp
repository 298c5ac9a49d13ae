// Sums of products over shared axes: einsum and tensordot. Operands are combined two at a time, in the order that costs
// the fewest multiplications, each pair as one (batched) matrix product, or elementwise where no axis is summed.
#include <algorithm>
#include <bit>
#include <limits>

#include "neuro/ops.h"
#include "ops/einsum_notation.h"
#include "ops/ops_internal.h"
#include "ops/rules.h"

namespace neuro {
namespace {

using einsum_notation::Equation;
using einsum_notation::kEllipsis;
using einsum_notation::Term;

/// Axes are known by number: 52 letters, and one for each axis that an ellipsis may stand for.
constexpr int kLetters = 52, kAxes = kLetters + kMaxRank;
/// Axes as bits.
using Set = std::uint64_t;
constexpr Set bit(int axis) { return Set{1} << axis; }

using Sizes = std::array<std::int64_t, kAxes>;

/// An operand, or the product of several, and what each of its axes is.
struct Factor {
  Var x;
  std::vector<int> axes;
  Set set() const {
    Set out = 0;
    for (const int a : axes) out |= bit(a);
    return out;
  }
};

std::vector<int> chosen(const std::vector<int>& axes, Set among) {
  std::vector<int> out;
  std::copy_if(axes.begin(), axes.end(), std::back_inserter(out), [&](int a) { return (among & bit(a)) != 0; });
  return out;
}

Factor sum_all_but(const Factor& f, Set keep) {
  std::vector<int> gone;
  for (std::size_t k = 0; k < f.axes.size(); ++k) {
    if ((keep & bit(f.axes[k])) == 0) gone.push_back(static_cast<int>(k));
  }
  return gone.empty() ? f : Factor{sum(f.x, gone), chosen(f.axes, keep)};
}

Var in_order(const Factor& f, const std::vector<int>& axes) {
  std::vector<int> places;
  for (const int a : axes)
    places.push_back(static_cast<int>(std::find(f.axes.begin(), f.axes.end(), a) - f.axes.begin()));
  return std::is_sorted(places.begin(), places.end()) ? f.x : permute(f.x, places);
}

Shape shape_of(const std::vector<int>& axes, const Sizes& sizes) {
  std::vector<std::int64_t> out;
  for (const int a : axes) out.push_back(sizes[static_cast<std::size_t>(a)]);
  return Shape(out);
}

/// The product of f and g, summed over the axes that are not in `keep`.
class Pair {
 public:
  Pair(Factor f, Factor g, Set keep, const std::vector<int>& order, const Sizes& sizes)
      : f_(sum_all_but(f, keep | g.set())), g_(sum_all_but(g, keep | f.set())), sizes_(sizes) {
    const Set both = f_.set() & g_.set();
    // The result has f's own axes before g's: whichever comes first in the end.
    const auto first =
        std::find_if(order.begin(), order.end(), [&](int a) { return ((f_.set() ^ g_.set()) & bit(a)) != 0; });
    if (first != order.end() && (g_.set() & bit(*first)) != 0) std::swap(f_, g_);
    batch_ = chosen(f_.axes, both & keep);
    summed_ = chosen(f_.axes, both & ~keep);
    own_f_ = chosen(f_.axes, ~both);
    own_g_ = chosen(g_.axes, ~both);
    for (const auto* part : {&batch_, &own_f_, &own_g_}) result_.insert(result_.end(), part->begin(), part->end());
  }

  Factor product() const {
    // A batch of dot products is one pass over both operands; a product for each would be mostly calls.
    const bool dots = own_f_.empty() && own_g_.empty() && !batch_.empty();
    return summed_.empty() || dots ? elementwise() : matrices();
  }

 private:
  Factor elementwise() const {
    std::vector<int> all = result_;
    all.insert(all.end(), summed_.begin(), summed_.end());
    Factor y{aligned(f_, all) * aligned(g_, all), all};
    return sum_all_but(y, Factor{{}, result_}.set());
  }

  /// The factor with its axes in the order of `all`, and size 1 where it has none.
  Var aligned(const Factor& f, const std::vector<int>& all) const {
    std::vector<std::int64_t> shape;
    for (const int a : all) shape.push_back((f.set() & bit(a)) != 0 ? sizes_[static_cast<std::size_t>(a)] : 1);
    return reshape(in_order(f, chosen(all, f.set())), Shape(shape));
  }

  Factor matrices() const {
    // Summed axes stay last where they are last, so that an operand in its natural order is not copied.
    const auto last_is_summed = [&](const Factor& f) {
      return std::find(summed_.begin(), summed_.end(), f.axes.back()) != summed_.end();
    };
    const bool tf = !last_is_summed(f_), tg = last_is_summed(g_);
    const Var a = matrix(f_, tf ? summed_ : own_f_, tf ? own_f_ : summed_);
    const Var b = matrix(g_, tg ? own_g_ : summed_, tg ? summed_ : own_g_);
    const Var y = matmul(a, b, tf ? Trans::yes : Trans::no, tg ? Trans::yes : Trans::no);
    return {reshape(y, shape_of(result_, sizes_)), result_};
  }

  /// [batch, rows, columns], without the batch when there is none.
  Var matrix(const Factor& f, const std::vector<int>& rows, const std::vector<int>& columns) const {
    std::vector<int> order = batch_;
    order.insert(order.end(), rows.begin(), rows.end());
    order.insert(order.end(), columns.begin(), columns.end());
    std::vector<std::int64_t> shape;
    if (!batch_.empty()) shape.push_back(shape_of(batch_, sizes_).elements());
    shape.push_back(shape_of(rows, sizes_).elements());
    shape.push_back(shape_of(columns, sizes_).elements());
    return reshape(in_order(f, order), Shape(shape));
  }

  Factor f_, g_;
  const Sizes& sizes_;
  std::vector<int> batch_, summed_, own_f_, own_g_, result_;
};

/// All factors multiplied, summed over what is not in `result`, in the cheapest order of pairs: cost of a pair is the
/// number of multiplications, the product of the sizes of all its axes. Every way to halve every subset is tried.
class Contraction {
 public:
  Contraction(std::vector<Factor> factors, std::vector<int> result, const Sizes& sizes)
      : factors_(std::move(factors)), result_(std::move(result)), sizes_(sizes) {}

  Var run() {
    const Set wanted = Factor{{}, result_}.set();
    for (std::size_t k = 0; k < factors_.size(); ++k) factors_[k] = sum_all_but(factors_[k], keep(1u << k) | wanted);
    const unsigned all = (1u << factors_.size()) - 1;
    cost_.assign(all + 1, 0);
    half_.assign(all + 1, 0);
    for (unsigned s = 1; s <= all; ++s) {
      if (std::has_single_bit(s)) continue;
      cost_[s] = std::numeric_limits<double>::infinity();
      for (unsigned a = (s - 1) & s; a > s / 2; a = (a - 1) & s) {  // the half with the highest factor
        const double cost = cost_[a] + cost_[s ^ a] + multiplications(axes(a) | axes(s ^ a));
        if (cost < cost_[s]) {
          cost_[s] = cost;
          half_[s] = a;
        }
      }
    }
    return in_order(sum_all_but(product(all), wanted), result_);
  }

 private:
  Set union_of(unsigned subset) const {
    Set out = 0;
    for (std::size_t k = 0; k < factors_.size(); ++k) out |= (subset >> k & 1u) != 0 ? factors_[k].set() : 0;
    return out;
  }
  /// Axes that somebody outside the subset needs.
  Set keep(unsigned subset) const {
    const unsigned all = (1u << factors_.size()) - 1;
    return union_of(all & ~subset) | Factor{{}, result_}.set();
  }
  Set axes(unsigned subset) const { return union_of(subset) & keep(subset); }

  double multiplications(Set set) const {
    double n = 1;
    for (int a = 0; a < kAxes; ++a)
      n *= (set & bit(a)) != 0 ? static_cast<double>(sizes_[static_cast<std::size_t>(a)]) : 1;
    return n;
  }

  Factor product(unsigned subset) const {
    if (std::has_single_bit(subset)) return factors_[static_cast<std::size_t>(std::countr_zero(subset))];
    const unsigned a = half_[subset], b = subset ^ a;
    return Pair(product(b), product(a), keep(subset), result_, sizes_).product();
  }

  std::vector<Factor> factors_;
  std::vector<int> result_;
  const Sizes& sizes_;
  std::vector<double> cost_;    // of each subset
  std::vector<unsigned> half_;  // of each subset: one of the two that are multiplied last
};

// --- From the notation to factors ---

int number_of(char letter) { return letter <= 'Z' ? letter - 'A' : letter - 'a' + 26; }

/// The axes of one operand (of the result, with `rank` as if it were one): an ellipsis stands for what is left, aligned
/// at its end.
std::vector<int> axes_of(const Term& term, int rank) {
  const int rest = rank - (static_cast<int>(term.labels.size()) - (term.has(kEllipsis) ? 1 : 0));
  std::vector<int> out;
  for (const auto& label : term.labels) {
    if (label.name != kEllipsis) {
      out.push_back(number_of(label.name));
    } else {
      for (int k = rest; k > 0; --k) out.push_back(kAxes - k);
    }
  }
  return out;
}

void check_rank(const Equation& equation, std::size_t k, const Shape& shape) {
  const Term& term = equation.operands[k];
  const int letters = static_cast<int>(term.labels.size()) - (term.has(kEllipsis) ? 1 : 0);
  if (term.has(kEllipsis) ? letters <= shape.rank() : letters == shape.rank()) return;
  equation.fail(term.at, str("this term names ", letters, " axes, operand ", k, " is ", shape));
}

/// Notes the sizes of an operand's axes; they must agree with those before, but an axis of an ellipsis may be 1.
void note_sizes(const Equation& equation, std::size_t k, const Shape& shape, Sizes& sizes) {
  const Term& term = equation.operands[k];
  const std::vector<int> axes = axes_of(term, shape.rank());
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const std::int64_t n = shape[static_cast<int>(i)];
    std::int64_t& known = sizes[static_cast<std::size_t>(axes[i])];
    if (known < 0 || (axes[i] >= kLetters && known == 1)) known = n;
    if (known == n || (axes[i] >= kLetters && n == 1)) continue;
    for (const auto& label : term.labels) {
      if (label.name == kEllipsis && axes[i] >= kLetters)
        equation.fail(label.at, str("axis ", i, " of operand ", k, ", which is ", shape, ", has size ", n,
                                    " where others have ", known, "; they must be equal, or one of them 1"));
      if (label.name != kEllipsis && number_of(label.name) == axes[i])
        equation.fail(label.at, str("label `", label.name, "` has size ", known, ", and size ", n, " in operand ", k,
                                    ", which is ", shape));
    }
  }
}

/// One operand with repeated labels as diagonals, and without the axes of size 1 that an ellipsis broadcasts.
Factor factor_of(const Var& x, std::vector<int> axes, const Sizes& sizes) {
  Factor f{x, std::move(axes)};
  for (std::size_t i = 0; i < f.axes.size();) {
    const auto again = std::find(f.axes.begin() + static_cast<std::ptrdiff_t>(i) + 1, f.axes.end(), f.axes[i]);
    if (again != f.axes.end()) {
      const int label = f.axes[i];
      f.x = diagonal(f.x, 0, static_cast<int>(i), static_cast<int>(again - f.axes.begin()));
      f.axes.erase(again);
      f.axes.erase(f.axes.begin() + static_cast<std::ptrdiff_t>(i));
      f.axes.push_back(label);
    } else if (f.x.shape()[static_cast<int>(i)] != sizes[static_cast<std::size_t>(f.axes[i])]) {
      f.x = squeeze(f.x, static_cast<int>(i));
      f.axes.erase(f.axes.begin() + static_cast<std::ptrdiff_t>(i));
    } else {
      ++i;
    }
  }
  return f;
}

constexpr std::size_t kMaxOperands = 12;  // 3^12 pairs of subsets are compared

std::vector<Var> expand_einsum(std::span<const Var> in, const Attrs& attrs) {
  const Equation equation = einsum_notation::parse(std::string(attrs.i.begin(), attrs.i.end()));
  if (equation.operands.size() != in.size())
    equation.fail(0, str("the equation has ", equation.operands.size(), " terms for ", in.size(), " operands"));
  if (in.size() > kMaxOperands) equation.fail(0, str(in.size(), " operands; at most ", kMaxOperands, " are supported"));
  Sizes sizes;
  sizes.fill(-1);
  int ellipsis = 0;  // axes
  for (std::size_t k = 0; k < in.size(); ++k) {
    const Term& term = equation.operands[k];
    check_rank(equation, k, in[k].shape());
    note_sizes(equation, k, in[k].shape(), sizes);
    if (term.has(kEllipsis)) ellipsis = std::max(ellipsis, in[k].rank() + 1 - static_cast<int>(term.labels.size()));
  }
  const Term& result = equation.result;
  const int rank = static_cast<int>(result.labels.size()) + (result.has(kEllipsis) ? ellipsis - 1 : 0);
  if (rank > kMaxRank)
    equation.fail(result.at, str("the result has ", rank, " axes; at most ", kMaxRank, " are supported"));
  std::vector<Factor> factors;
  for (std::size_t k = 0; k < in.size(); ++k)
    factors.push_back(factor_of(in[k], axes_of(equation.operands[k], in[k].rank()), sizes));
  return {Contraction(std::move(factors), axes_of(result, rank), sizes).run()};
}

Attrs text_of(std::string_view equation) { return {.i = {equation.begin(), equation.end()}}; }

struct EinsumCase {
  const char* equation;
  std::vector<Shape> shapes;
  bool strided = false;
};

std::vector<Sample> einsum_samples() {
  const EinsumCase cases[] = {
      {"i->i", {{5}}},
      {"i->", {{7}}},
      {"ij->ji", {{2, 3}}},
      {"ij", {{3, 1}}},
      {"ba", {{2, 3}}},
      {"ii->i", {{3, 3}}},
      {"ii", {{4, 4}}},
      {"iij->j", {{2, 2, 3}}},
      {"i,i->", {{31}, {31}}},
      {"i,j->ij", {{3}, {4}}},
      {"i,j->ji", {{3}, {1}}},
      {"ij,jk->ik", {{2, 3}, {3, 4}}},
      {"ij,kj->ki", {{2, 3}, {4, 3}}},
      {"ij,j", {{13, 11}, {11}}},
      {"ij,ij->i", {{5, 7}, {5, 7}}},
      {"bij,bjk->bik", {{2, 3, 4}, {2, 4, 1}}},
      {"bqhd,bkhd->bhqk", {{2, 3, 2, 5}, {2, 4, 2, 5}}},
      {"bhqk,bkhd->bqhd", {{2, 2, 3, 4}, {2, 4, 2, 5}}},
      {"...ij,...jk->...ik", {{2, 3, 4}, {1, 4, 2}}},
      {"...i,i->...", {{2, 3, 4}, {4}}},
      {"i...->...", {{3, 2, 2}}},
      {"ij,jk,kl->il", {{2, 3}, {3, 4}, {4, 2}}},
      {"ij,jk,ki->", {{2, 3}, {3, 4}, {4, 2}}},
      {"a,b,c->cab", {{2}, {3}, {4}}},
      {"ij,jk->ik", {{0, 3}, {3, 2}}},
      {"ij,jk->ik", {{2, 0}, {0, 3}}},
      {"ik,kj->ij", {{5, 3}, {3, 7}}, true},
      {"bij,bkj->bik", {{2, 3, 4}, {2, 5, 4}}, true},
      {"iji,j->i", {{3, 2, 3}, {2}}, true},
  };
  std::vector<Sample> out;
  for (const EinsumCase& c : cases) {
    Sample s{{}, text_of(c.equation)};
    for (const Shape& shape : c.shapes) s.in.push_back({.shape = shape, .strided = c.strided});
    out.push_back(std::move(s));
  }
  return out;
}

void check_operands(const Infer& c) {
  check_float(c, 0, "operand 0");
  for (std::size_t k = 1; k < c.in.size(); ++k) check_same_type(c, k, "an operand");
}

}  // namespace

static constexpr OpDef einsum_def{
    .name = "einsum",  // attrs.i: the characters of the equation
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      check_operands(c);
      return {};
    },
    .expand = expand_einsum,
    .samples = einsum_samples,
    .source = "Einstein's summation convention, in NumPy's notation",
    .shapes = "as the equation says",
};
Var einsum(std::string_view equation, std::span<const Var> operands) {
  if (operands.empty()) throw Error(ErrorCode::invalid_argument, "einsum: no operands");
  return record(einsum_def, operands, text_of(equation));
}
Var einsum(std::string_view equation, std::initializer_list<Var> operands) {
  return einsum(equation, std::span(operands.begin(), operands.size()));
}

// --- tensordot ---

static constexpr OpDef tensordot_def{
    .name = "tensordot",  // attrs.i: axes of a, then as many of b
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      check_operands(c);
      const std::size_t n = c.attrs.i.size() / 2;
      for (std::size_t k = 0; k < n; ++k) {
        const auto i = static_cast<int>(c.attrs.i[k]), j = static_cast<int>(c.attrs.i[n + k]);
        if (c.in[0].shape[i] != c.in[1].shape[j])
          shape_error(c.op, "a is ", c.in[0].shape, ", b is ", c.in[1].shape, "; a's axis ", i, " (", c.in[0].shape[i],
                      ") must equal b's axis ", j, " (", c.in[1].shape[j], ")");
      }
      return {};
    },
    .expand =
        [](std::span<const Var> in, const Attrs& attrs) {
          const std::size_t n = attrs.i.size() / 2;
          Sizes sizes;
          sizes.fill(1);
          std::vector<int> result;
          std::vector<Factor> factors;
          for (std::size_t k = 0; k < 2; ++k) {
            Factor f{in[k], {}};
            for (int axis = 0; axis < in[k].rank(); ++axis) {
              const auto begin = attrs.i.begin() + static_cast<std::ptrdiff_t>(k * n);
              const auto at = std::find(begin, begin + static_cast<std::ptrdiff_t>(n), axis);
              const bool summed = at != begin + static_cast<std::ptrdiff_t>(n);
              // Summed axes are numbered by their pair, the others behind those.
              const int number = summed ? static_cast<int>(at - begin) : kMaxRank * (1 + static_cast<int>(k)) + axis;
              if (!summed) result.push_back(number);
              f.axes.push_back(number);
              sizes[static_cast<std::size_t>(number)] = in[k].shape()[axis];
            }
            factors.push_back(std::move(f));
          }
          return std::vector{Contraction(std::move(factors), std::move(result), sizes).run()};
        },
    .samples =
        [] {
          struct Case {
            Shape a, b;
            std::vector<std::int64_t> axes;
            bool strided = false;
          };
          const Case cases[] = {
              {{1}, {1}, {0, 0}},
              {{5}, {5}, {0, 0}},
              {{2, 3}, {3}, {1, 0}},
              {{3}, {3, 2}, {0, 0}},
              {{2, 3}, {3, 4}, {1, 0}},
              {{3, 2}, {3, 4}, {0, 0}},
              {{2, 3}, {4, 3}, {1, 1}},
              {{2, 3}, {2, 3}, {0, 1, 0, 1}},
              {{2, 3}, {3, 2}, {0, 1, 1, 0}},
              {{2, 3, 4}, {4, 3, 5}, {1, 2, 1, 0}},
              {{2, 3, 4}, {3, 4, 5}, {1, 2, 0, 1}},
              {{2, 3, 4}, {2, 5}, {0, 0}},
              {{2, 3, 4}, {3, 5}, {1, 0}},
              {{1, 7}, {7, 1}, {1, 0}},
              {{13, 2}, {2, 11}, {1, 0}},
              {{2}, {3}, {}},
              {{2, 3}, {4}, {}},
              {{2, 1, 2, 2}, {2, 1, 2, 3}, {0, 2, 0, 2}},
              {{0, 3}, {3, 2}, {1, 0}},
              {{2, 0}, {0, 3}, {1, 0}},
              {{4, 5}, {5, 3}, {1, 0}, true},
              {{2, 3, 4}, {4, 3}, {2, 1, 0, 1}, true},
          };
          std::vector<Sample> out;
          for (const Case& c : cases) {
            out.push_back(
                {{{.shape = c.a, .strided = c.strided}, {.shape = c.b, .strided = c.strided}}, {.i = c.axes}});
          }
          return out;
        },
    .source = "sum of a and b over pairs of axes",
    .shapes = "[*a, *k], [*k, *b] -> [*a, *b]",
};
Var tensordot(const Var& a, const Var& b, std::span<const int> axes_a, std::span<const int> axes_b) {
  if (axes_a.size() != axes_b.size())
    shape_error("tensordot", axes_a.size(), " axes of a, ", a.shape(), ", for ", axes_b.size(), " of b, ", b.shape());
  Attrs attrs;
  for (const auto& [x, axes] : {std::pair(a, axes_a), std::pair(b, axes_b)}) {
    const std::size_t begin = attrs.i.size();
    for (const int axis : axes) {
      const int n = normalize_axis(axis, x.rank(), "tensordot");
      if (std::find(attrs.i.begin() + static_cast<std::ptrdiff_t>(begin), attrs.i.end(), n) != attrs.i.end())
        shape_error("tensordot", "axis ", axis, " of ", x.shape(), " is given twice");
      attrs.i.push_back(n);
    }
  }
  return record(tensordot_def, {a, b}, std::move(attrs));
}
Var tensordot(const Var& a, const Var& b, int axes) {
  if (axes < 0 || axes > std::min(a.rank(), b.rank()))
    shape_error("tensordot", axes, " axes of a, ", a.shape(), ", and b, ", b.shape());
  std::vector<int> of_a, of_b;
  for (int k = 0; k < axes; ++k) {
    of_a.push_back(a.rank() - axes + k);
    of_b.push_back(k);
  }
  return tensordot(a, b, of_a, of_b);
}

OpList einsum_ops() {
  static constexpr const OpDef* ops[] = {&einsum_def, &tensordot_def};
  return ops;
}

}  // namespace neuro
