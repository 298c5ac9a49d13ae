#include "dim.h"

#include <algorithm>
#include <numeric>

#include "neuro/str.h"

namespace neuro {
namespace {

[[noreturn]] void overflow() { throw DimError(DimError::Kind::overflow, "the result does not fit 64 bits"); }

std::int64_t add(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) overflow();
  return sum;
}

std::int64_t mul(std::int64_t a, std::int64_t b) {
  std::int64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product)) overflow();
  return product;
}

/// Positive; 1 where the true one does not fit.
std::int64_t gcd(std::int64_t a, std::int64_t b) {
  if (a == INT64_MIN || b == INT64_MIN) return 1;
  return std::gcd(a, b);
}

/// a / b where that is an integer; -1 apart because the smallest number divided by it traps.
std::optional<std::int64_t> exact(std::int64_t a, std::int64_t b) {
  if (b == -1) return mul(a, -1);
  return a % b == 0 ? std::optional(a / b) : std::nullopt;
}

int compare(const Dim& a, const Dim& b);

int compare(const std::vector<Factor>& a, const std::vector<Factor>& b) {
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    if (const int order = neuro::compare(a[i], b[i])) return order;
  }
  return a.size() == b.size() ? 0 : (a.size() > b.size() ? -1 : 1);  // higher degrees first, constants last
}

int compare(const Dim& a, const Dim& b) {
  const auto &s = a.terms(), &t = b.terms();
  for (std::size_t i = 0; i < std::min(s.size(), t.size()); ++i) {
    if (const int order = compare(s[i].factors, t[i].factors)) return order;
    if (s[i].coefficient != t[i].coefficient) return s[i].coefficient < t[i].coefficient ? -1 : 1;
  }
  return s.size() == t.size() ? 0 : (s.size() < t.size() ? -1 : 1);
}

bool less(const Factor& a, const Factor& b) { return compare(a, b) < 0; }

/// `factors` without those of `part` when it holds them all (both sorted).
std::optional<std::vector<Factor>> without(const std::vector<Factor>& factors, const std::vector<Factor>& part) {
  if (!std::includes(factors.begin(), factors.end(), part.begin(), part.end(), less)) return std::nullopt;
  std::vector<Factor> rest;
  std::set_difference(factors.begin(), factors.end(), part.begin(), part.end(), std::back_inserter(rest), less);
  return rest;
}

/// The largest term that divides every term of a sum and a divisor.
Term common_of(const std::vector<Term>& sum, const Term& divisor) {
  Term common = divisor;
  for (const Term& term : sum) {
    std::vector<Factor> shared;
    std::set_intersection(common.factors.begin(), common.factors.end(), term.factors.begin(), term.factors.end(),
                          std::back_inserter(shared), less);
    common.factors = std::move(shared);
    common.coefficient = gcd(common.coefficient, term.coefficient);
  }
  return common;
}

/// coefficient * factors, where a quotient that meets its own denominator becomes its numerator: division is exact.
Dim product(std::int64_t coefficient, std::vector<Factor> factors, const std::function<Dim(Term)>& wrap) {
  std::sort(factors.begin(), factors.end(), less);
  for (std::size_t i = 0; i < factors.size(); ++i) {
    const auto quotient = factors[i].quotient;
    if (!quotient || quotient->denominator.terms().size() != 1) continue;
    const Term& divisor = quotient->denominator.terms().front();
    std::vector<Factor> others = factors;
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
    const auto scale = exact(coefficient, divisor.coefficient);
    if (auto rest = without(others, divisor.factors); rest && scale) {
      return product(*scale, std::move(*rest), wrap) * quotient->numerator;
    }
  }
  return wrap(Term{coefficient, std::move(factors)});
}

}  // namespace

int compare(const Factor& a, const Factor& b) {
  if ((a.symbol < 0) != (b.symbol < 0)) return a.symbol < 0 ? 1 : -1;
  if (a.symbol >= 0) return a.symbol - b.symbol;
  if (const int order = compare(a.quotient->numerator, b.quotient->numerator)) return order;
  return compare(a.quotient->denominator, b.quotient->denominator);
}

Dim::Dim(std::int64_t value) {
  if (value != 0) terms_.push_back({value, {}});
}

Dim::Dim(std::vector<Term> terms) {
  std::sort(terms.begin(), terms.end(), [](const Term& a, const Term& b) { return compare(a.factors, b.factors) < 0; });
  for (Term& term : terms) {
    if (!terms_.empty() && compare(terms_.back().factors, term.factors) == 0) {
      terms_.back().coefficient = add(terms_.back().coefficient, term.coefficient);
    } else {
      terms_.push_back(std::move(term));
    }
    if (terms_.back().coefficient == 0) terms_.pop_back();
  }
}

Dim Dim::symbol(int id) { return Dim(std::vector<Term>{{1, {Factor{id, nullptr}}}}); }

std::optional<std::int64_t> Dim::constant() const {
  if (terms_.empty()) return 0;
  if (terms_.size() == 1 && terms_[0].factors.empty()) return terms_[0].coefficient;
  return std::nullopt;
}

std::optional<int> Dim::as_symbol() const {
  if (terms_.size() != 1 || terms_[0].coefficient != 1 || terms_[0].factors.size() != 1) return std::nullopt;
  const int id = terms_[0].factors[0].symbol;
  return id < 0 ? std::nullopt : std::optional(id);
}

void Dim::each_symbol(const std::function<void(int)>& visit) const {
  for (const Term& term : terms_) {
    for (const Factor& factor : term.factors) {
      if (factor.symbol >= 0) {
        visit(factor.symbol);
      } else {
        factor.quotient->numerator.each_symbol(visit);
        factor.quotient->denominator.each_symbol(visit);
      }
    }
  }
}

bool Dim::mentions(int symbol) const {
  bool found = false;
  each_symbol([&](int s) { found = found || s == symbol; });
  return found;
}

bool Dim::operator==(const Dim& other) const { return compare(*this, other) == 0; }

Dim Dim::operator-() const { return Dim(-1) * *this; }

Dim operator+(const Dim& a, const Dim& b) {
  std::vector<Term> terms = a.terms_;
  terms.insert(terms.end(), b.terms_.begin(), b.terms_.end());
  return Dim(std::move(terms));
}

Dim operator-(const Dim& a, const Dim& b) { return a + -b; }

Dim operator*(const Dim& a, const Dim& b) {
  // Sizes that people write have a handful of terms; a power of a long sum would grow without bound.
  constexpr std::size_t kMaxTerms = 1000;
  if (a.terms_.size() * b.terms_.size() > kMaxTerms) {
    throw DimError(DimError::Kind::overflow, str("the product has more than ", kMaxTerms, " terms"));
  }
  Dim sum;
  for (const Term& s : a.terms_) {
    for (const Term& t : b.terms_) {
      std::vector<Factor> factors = s.factors;
      factors.insert(factors.end(), t.factors.begin(), t.factors.end());
      sum = sum + product(mul(s.coefficient, t.coefficient), std::move(factors),
                          [](Term term) { return Dim(std::vector<Term>{std::move(term)}); });
    }
  }
  return sum;
}

Dim operator/(const Dim& a, const Dim& b) {
  if (b.terms_.empty()) throw DimError(DimError::Kind::zero_divisor, "division by 0");
  if (a.terms_.empty()) return a;
  if (a == b) return 1;
  if (b.terms_.size() == 1) {
    const Term& divisor = b.terms_.front();
    std::vector<Term> terms;
    for (const Term& term : a.terms_) {
      auto rest = without(term.factors, divisor.factors);
      const auto scale = exact(term.coefficient, divisor.coefficient);
      if (!rest || !scale) break;
      terms.push_back({*scale, std::move(*rest)});
    }
    if (terms.size() == a.terms_.size()) return Dim(std::move(terms));
  }
  const auto x = a.constant(), y = b.constant();
  if (!x && b.terms_.size() == 1) {  // in lowest terms: 4*a*c / (6*c) is 2*a / 3
    const Term common = common_of(a.terms_, b.terms_.front());
    if (common.coefficient != 1 || !common.factors.empty()) {
      const Dim divisor(std::vector<Term>{common});
      return (a / divisor) / (b / divisor);
    }
  }
  if (x && y) throw DimError(DimError::Kind::inexact, str(*x, " / ", *y, " is not an integer"));
  return Dim(std::vector<Term>{{1, {Factor{-1, std::make_shared<const Quotient>(Quotient{a, b})}}}});
}

Dim Dim::substitute(const std::function<std::optional<Dim>(int)>& value) const {
  Dim sum;
  for (const Term& term : terms_) {
    Dim part = term.coefficient;
    for (const Factor& factor : term.factors) {
      if (factor.symbol >= 0) {
        part = part * value(factor.symbol).value_or(Dim::symbol(factor.symbol));
      } else {
        part = part * (factor.quotient->numerator.substitute(value) / factor.quotient->denominator.substitute(value));
      }
    }
    sum = sum + part;
  }
  return sum;
}

std::string Dim::text(const std::function<std::string(int)>& name) const {
  if (terms_.empty()) return "0";
  const auto whole = [&](const Dim& d) {
    const bool simple = d.constant() || d.as_symbol();
    return simple ? d.text(name) : str("(", d.text(name), ")");
  };
  std::string out;
  for (const Term& term : terms_) {
    const bool negative = term.coefficient < 0;
    if (out.empty()) {
      if (negative) out += '-';
    } else {
      out += negative ? " - " : " + ";
    }
    const std::string magnitude = str(term.coefficient).substr(negative ? 1 : 0);
    std::string factors;
    for (const Factor& factor : term.factors) {
      if (!factors.empty()) factors += '*';
      factors += factor.symbol >= 0 ? name(factor.symbol)
                                    : str(whole(factor.quotient->numerator), "/", whole(factor.quotient->denominator));
    }
    if (factors.empty()) {
      out += magnitude;
    } else {
      out += magnitude == "1" ? factors : str(magnitude, "*", factors);
    }
  }
  return out;
}

}  // namespace neuro
