#include "neuro/kernels/reduce.h"

#include <cmath>
#include <limits>

#include "kernel_testing.h"

namespace neuro::kernels {
namespace {

struct Sizes {
  std::int64_t outer, n, inner;
};

constexpr double kInf = std::numeric_limits<double>::infinity();

/// The definition: element after element, in f64.
template <class T>
std::vector<double> exact(Reduce op, const std::vector<T>& x, Sizes s) {
  std::vector<double> out;
  for (std::int64_t o = 0; o < s.outer; ++o) {
    for (std::int64_t i = 0; i < s.inner; ++i) {
      double total = op == Reduce::max ? -kInf : op == Reduce::min ? kInf : op == Reduce::prod ? 1 : 0;
      for (std::int64_t r = 0; r < s.n; ++r) {
        const double v = x[static_cast<std::size_t>((o * s.n + r) * s.inner + i)];
        switch (op) {
          case Reduce::sum: total += v; break;
          case Reduce::sum_squares: total += v * v; break;
          case Reduce::prod: total *= v; break;
          case Reduce::max: total = std::max(total, v); break;
          case Reduce::min: total = std::min(total, v); break;
        }
      }
      out.push_back(total);
    }
  }
  return out;
}

template <class T>
std::vector<T> reduced(const Table& table, Reduce op, const std::vector<T>& x, Sizes s, T divisor = 1) {
  const TestExec exec(table, reduce_scratch<T>(s.outer, s.n, s.inner));
  std::vector<T> y(static_cast<std::size_t>(s.outer * s.inner));
  reduce(exec.exec, op, x.data(), y.data(), s.outer, s.n, s.inner, divisor);
  return y;
}

template <class T>
void expect_within_bounds(Sizes s) {
  SCOPED_TRACE(testing::Message() << "[" << s.outer << ", " << s.n << ", " << s.inner << "] bytes " << sizeof(T));
  const auto x = draw<T>(s.outer * s.n * s.inner, -1, 1, 7);
  auto magnitudes = x;
  for (T& v : magnitudes) v = std::abs(v);
  const auto sums = exact(Reduce::sum, magnitudes, s), squares = exact(Reduce::sum_squares, x, s);
  const double factor =
      (std::log2(static_cast<double>(std::max<std::int64_t>(s.n, 1))) + 64) * std::numeric_limits<T>::epsilon();
  for (const Reduce op : {Reduce::sum, Reduce::sum_squares, Reduce::max, Reduce::min}) {
    const auto expected = exact(op, x, s);
    for_every_table([&](const Table& t) { return reduced(t, op, x, s); },
                    [&](const Table&, const std::vector<T>& y) {
                      for (std::size_t i = 0; i < y.size(); ++i) {
                        const double bound = op == Reduce::sum ? sums[i] : op == Reduce::sum_squares ? squares[i] : 0;
                        if (y[i] != expected[i]) {
                          ASSERT_LE(std::abs(y[i] - expected[i]), factor * bound) << "op " << int(op) << " at " << i;
                        }
                      }
                    });
  }
}

TEST(Reduce, SumsStayWithinTheirBoundAndExtremesAreExact) {
  for (std::int64_t n = 0; n <= 49; ++n) expect_within_bounds<float>({3, n, 1});
  for (std::int64_t n : {127, 128, 129, 2047, 2048, 2049, 6145, 70'000}) expect_within_bounds<float>({2, n, 1});
  for (std::int64_t inner = 2; inner <= 49; ++inner) expect_within_bounds<float>({2, 5, inner});
  for (std::int64_t n : {0, 1, 63, 64, 65, 200}) expect_within_bounds<float>({2, n, 70});
  expect_within_bounds<float>({1, 300, 1500});
  expect_within_bounds<float>({700, 30, 1});
  for (std::int64_t n : {1, 2, 3, 17, 5000}) {
    expect_within_bounds<double>({3, n, 1});
    expect_within_bounds<double>({2, n, 3});
  }
}

TEST(Reduce, MeanDividesTheSum) {
  const std::vector<float> x{1, 2, 3, 6, 10, 20, 30, 60};
  for_every_table(
      [&](const Table& t) {
        return reduced<float>(t, Reduce::sum, x, {2, 4, 1}, 4);
      },
      [](const Table&, const std::vector<float>& y) {
        EXPECT_EQ(y, (std::vector<float>{3, 30}));
      });
}

TEST(Reduce, ProductsMultiply) {
  std::vector<float> x(40, 1.f);
  x[3] = 3, x[20] = -2, x[39] = 5;
  for_every_table(
      [&](const Table& t) {
        return reduced<float>(t, Reduce::prod, x, {1, 40, 1});
      },
      [](const Table&, const std::vector<float>& y) { EXPECT_EQ(y[0], -30.f); });
  for_every_table(
      [&](const Table& t) {
        return reduced<float>(t, Reduce::prod, x, {1, 20, 2});
      },
      [](const Table&, const std::vector<float>& y) {
        EXPECT_EQ(y, (std::vector<float>{-2, 15}));
      });
}

TEST(Reduce, NothingGivesTheNeutralElement) {
  for (const auto& [op, value] :
       {std::pair{Reduce::sum, 0.f}, {Reduce::prod, 1.f}, {Reduce::max, -INFINITY}, {Reduce::min, INFINITY}}) {
    for_every_table(
        [&, op = op](const Table& t) {
          return reduced<float>(t, op, {}, {2, 0, 1});
        },
        [&, value = value](const Table&, const std::vector<float>& y) { EXPECT_EQ(y[1], value); });
  }
}

TEST(Reduce, OneNaNAnywhereMakesMaxAndMinNaN) {
  for (const Sizes s : {Sizes{1, 1, 1}, {1, 5, 1}, {1, 37, 1}, {1, 3000, 1}, {1, 37, 3}, {1, 130, 3}}) {
    for (const std::int64_t at : {std::int64_t{0}, s.n / 2, s.n - 1}) {
      std::vector<float> x(static_cast<std::size_t>(s.n * s.inner), 1.f);
      x[static_cast<std::size_t>(at * s.inner)] = NAN;
      for (const Reduce op : {Reduce::max, Reduce::min}) {
        for_every_table(
            [&](const Table& t) { return reduced(t, op, x, s); },
            [&](const Table&, const std::vector<float>& y) { EXPECT_TRUE(std::isnan(y[0])) << s.n << " " << at; });
      }
    }
  }
}

TEST(Reduce, PartsGiveTheWholeRun) {  // what a fused program does by itself must equal the driver
  const auto x = draw<float>(9001, -1, 1, 3);
  for (const Table* t : supported_tables()) {
    std::vector<float> partials;
    for (std::int64_t i = 0; i < 9001; i += kReduceChunk) {
      partials.push_back(reduce_run(*t, Reduce::sum, x.data() + i, std::min(kReduceChunk, 9001 - i)));
    }
    const float whole = combine_partials(Reduce::sum, partials.data(), static_cast<std::int64_t>(partials.size()));
    EXPECT_EQ(whole, reduced<float>(*t, Reduce::sum, x, {1, 9001, 1})[0]) << t->name;
  }
}

TEST(Argmax, FirstOfEqualsAndNaNWins) {
  const float nan = NAN;
  std::vector<float> x(5 * 21, 0.f);
  x[4] = x[17] = 2;                                            // row 0: two equal
  x[21 + 20] = 1;                                              // row 1: the last
  x[42 + 3] = 9, x[42 + 5] = x[42 + 9] = nan;                  // row 2: the first NaN
  for (std::size_t j = 0; j < 21; ++j) x[63 + j] = -INFINITY;  // row 3: all equal
  x[84] = -0.f;                                                // row 4: zeros are equal
  for_every_table(
      [&](const Table& t) {
        std::vector<std::int64_t> y(5);
        argmax(TestExec(t, 0).exec, x.data(), y.data(), 5, 21);
        return y;
      },
      [](const Table&, const std::vector<std::int64_t>& y) {
        EXPECT_EQ(y, (std::vector<std::int64_t>{4, 20, 5, 0, 0}));
      });
}

TEST(GlobalNorm, IsTheRootOfAllSquares) {
  const std::vector<float> a{3}, b{4, 0, 0, 12}, none;
  std::vector<float> large(100'000, 0.5f);
  const Segment<float> small[] = {{a.data(), 1}, {none.data(), 0}, {b.data(), 4}};
  const Segment<float> wide[] = {{large.data(), 100'000}, {a.data(), 1}};
  for_every_table(
      [&](const Table& t) {
        const TestExec exec(t, std::max(global_norm_scratch(small, 3), global_norm_scratch(wide, 2)));
        return std::vector<float>{global_norm(exec.exec, small, 3), global_norm(exec.exec, wide, 2),
                                  global_norm(exec.exec, small, 0)};
      },
      [](const Table&, const std::vector<float>& y) {
        EXPECT_EQ(y[0], 13.f);
        EXPECT_FLOAT_EQ(y[1], std::sqrt(25'009.f));
        EXPECT_EQ(y[2], 0.f);
      });
}

}  // namespace
}  // namespace neuro::kernels
