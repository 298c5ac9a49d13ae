#pragma once
// Dim: integer arithmetic over symbols in a normal form, so that equal expressions compare equal (spec:
// neuroscript.md, 3.4).
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace neuro {

/// Arithmetic that has no integer result. Caught where an expression has a place in a text.
class DimError : public std::runtime_error {
 public:
  enum class Kind { overflow, inexact, zero_divisor };
  DimError(Kind error_kind, const std::string& message) : std::runtime_error(message), kind(error_kind) {}
  Kind kind;
};

struct Quotient;

/// A symbol, or a division that does not cancel and is kept whole.
struct Factor {
  int symbol = -1;
  std::shared_ptr<const Quotient> quotient;  ///< set exactly when symbol < 0
};
int compare(const Factor& a, const Factor& b);

/// coefficient * factors[0] * factors[1] * ...; factors are sorted and may repeat.
struct Term {
  std::int64_t coefficient = 1;
  std::vector<Factor> factors;
};

/// A sum of terms with different factors and coefficients other than 0, sorted: the normal form. Division is exact.
/// Every operation throws DimError where 64 bits do not hold a coefficient.
class Dim {
 public:
  Dim() = default;          ///< 0
  Dim(std::int64_t value);  // NOLINT: a number is a Dim
  static Dim symbol(int id);

  std::optional<std::int64_t> constant() const;
  std::optional<int> as_symbol() const;  ///< when it is exactly one symbol
  const std::vector<Term>& terms() const { return terms_; }
  bool mentions(int symbol) const;  ///< inside quotients too
  void each_symbol(const std::function<void(int)>& visit) const;
  bool operator==(const Dim& other) const;

  Dim operator-() const;
  friend Dim operator+(const Dim& a, const Dim& b);
  friend Dim operator-(const Dim& a, const Dim& b);
  friend Dim operator*(const Dim& a, const Dim& b);
  /// a / b: cancels what it can; throws DimError when b is 0 or when it is certain that b does not divide a.
  friend Dim operator/(const Dim& a, const Dim& b);

  /// Every symbol replaced by what `value` gives for it; nullopt keeps the symbol.
  Dim substitute(const std::function<std::optional<Dim>(int)>& value) const;
  /// As people write it: "4*d + 1", "dim/heads".
  std::string text(const std::function<std::string(int)>& name) const;

 private:
  explicit Dim(std::vector<Term> terms);  ///< normalises
  std::vector<Term> terms_;
};

struct Quotient {
  Dim numerator, denominator;
};

}  // namespace neuro
