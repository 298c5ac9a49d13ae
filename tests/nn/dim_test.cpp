#include "dim.h"

#include <cstdint>

namespace neuro {
namespace {

const Dim a = Dim::symbol(0), b = Dim::symbol(1), c = Dim::symbol(2);

std::string text(const Dim& d) {
  return d.text([](int s) { return std::string(1, static_cast<char>('a' + s)); });
}

DimError::Kind error_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const DimError& e) {
    return e.kind;
  }
  ADD_FAILURE() << "nothing was thrown";
  return DimError::Kind::overflow;
}

TEST(Dim, EqualPolynomialsAreEqualWhateverTheirForm) {
  EXPECT_EQ((a + b) * (a - b), a * a - b * b);
  EXPECT_EQ(a * Dim(2) + a, Dim(3) * a);
  EXPECT_EQ(a - a, Dim(0));
  EXPECT_FALSE(a == b);
  EXPECT_FALSE(a == a + Dim(1));
}

TEST(Dim, DivisionCancelsSyntactically) {
  EXPECT_EQ(a * b / b, a);
  EXPECT_EQ((a * b + b) / b, a + Dim(1));
  EXPECT_EQ(Dim(6) * a / Dim(3), Dim(2) * a);
  EXPECT_EQ((a + b) / (a + b), Dim(1));
}

TEST(Dim, BothOrdersOfCancellingAreTheSame) {
  EXPECT_EQ(a * b / b, a / b * b);
  EXPECT_EQ(a * Dim(6) / Dim(6), a / Dim(6) * Dim(6));
  EXPECT_EQ(a * b / (b * Dim(2)) * Dim(2), a) << "half of a, twice";
  EXPECT_EQ(Dim(4) * a * c / (Dim(6) * c), Dim(2) * a / Dim(3)) << "in lowest terms";
  EXPECT_EQ((Dim(4) * a + Dim(2)) / Dim(6), (Dim(2) * a + Dim(1)) / Dim(3));
  EXPECT_EQ(a / b / c * b * c, a);
  EXPECT_EQ(a / b * b / c * c, a);
  EXPECT_FALSE(a / b == a) << "nothing cancels here";
  EXPECT_FALSE(a * b / c == a) << "nor here";
}

TEST(Dim, QuotientMeetsItsDenominator) {
  EXPECT_EQ(a / b * b, a);
  EXPECT_EQ(a / Dim(2) * Dim(2), a);
  EXPECT_EQ(Dim(4) * (a / Dim(2)), Dim(2) * a);
  EXPECT_EQ(a / b * b * c, a * c);
}

TEST(Dim, OpaqueQuotientsCompareByContent) {
  EXPECT_EQ(a / b, a / b);
  EXPECT_FALSE(a / b == b / a);
  EXPECT_EQ(a / b - a / b, Dim(0));
}

TEST(Dim, ConstantsAreExact) {
  EXPECT_EQ((Dim(12) / Dim(4)).constant(), 3);
  EXPECT_EQ(error_of([] { Dim(7) / Dim(2); }), DimError::Kind::inexact);
  EXPECT_EQ(error_of([] { Dim(7) / Dim(0); }), DimError::Kind::zero_divisor);
}

TEST(Dim, OverflowIsNoticedEverywhere) {
  const Dim big(INT64_MAX), low(INT64_MIN);
  EXPECT_EQ(error_of([&] { big + Dim(1); }), DimError::Kind::overflow);
  EXPECT_EQ(error_of([&] { low - Dim(1); }), DimError::Kind::overflow);
  EXPECT_EQ(error_of([&] { Dim(4'000'000'000) * Dim(4'000'000'000); }), DimError::Kind::overflow);
  EXPECT_EQ(error_of([&] { low / Dim(-1); }), DimError::Kind::overflow);
  EXPECT_EQ(error_of([&] { -low; }), DimError::Kind::overflow);
  EXPECT_EQ(error_of([&] { (big * a) * (Dim(2) * b); }), DimError::Kind::overflow);
}

TEST(Dim, PowersOfSumsDoNotGrowWithoutBound) {
  Dim power = 1;
  EXPECT_EQ(error_of([&] {
              for (int i = 0; i < 200; ++i) power = power * (a + b + c + Dim(1));
            }),
            DimError::Kind::overflow);
}

TEST(Dim, SubstitutionReachesIntoQuotients) {
  const auto value = [](int s) -> std::optional<Dim> { return s == 0 ? std::optional(Dim(12)) : std::nullopt; };
  EXPECT_EQ((a / b).substitute(value), Dim(12) / b);
  const auto both = [](int s) -> std::optional<Dim> { return Dim(s == 0 ? 12 : 5); };
  EXPECT_EQ(error_of([&] { (a / b).substitute(both); }), DimError::Kind::inexact);
}

TEST(Dim, TextReadsAsPeopleWriteIt) {
  EXPECT_EQ(text(Dim(0)), "0");
  EXPECT_EQ(text(Dim(4) * a + Dim(1)), "4*a + 1");
  EXPECT_EQ(text(a - Dim(2) * b), "a - 2*b");
  EXPECT_EQ(text(a / b), "a/b");
  EXPECT_EQ(text((a + Dim(1)) / b), "(a + 1)/b");
  EXPECT_EQ(text(-a), "-a");
}

}  // namespace
}  // namespace neuro
