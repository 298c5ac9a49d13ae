#include "neuro/kernels/scan.h"

#include <cmath>

#include "kernel_testing.h"

namespace neuro::kernels {
namespace {

struct Sizes {
  std::int64_t outer, n, inner;
  std::int64_t elements() const { return outer * n * inner; }
};
// One lane, fewer and more rows than advance together, columns around the block of 256, and sizes that are divided.
constexpr Sizes kSizes[] = {{1, 1, 1},   {1, 31, 1},  {7, 5, 1},    {8, 5, 1},    {9, 5, 1},    {3, 0, 2},
                            {2, 3, 255}, {2, 3, 257}, {65, 700, 1}, {1, 50, 900}, {40, 33, 65}, {0, 4, 3}};

/// step(so far, element) along every lane, one by one, in f64.
template <class T, class Step>
std::vector<T> one_by_one(const Sizes& s, ScanFrom from, double start, const std::vector<T>& x, Step step) {
  std::vector<T> y(x.size());
  for (std::int64_t o = 0; o < s.outer; ++o) {
    for (std::int64_t i = 0; i < s.inner; ++i) {
      double state = start;
      for (std::int64_t k = 0; k < s.n; ++k) {
        const std::int64_t r = from == ScanFrom::start ? k : s.n - 1 - k;
        const auto at = static_cast<std::size_t>((o * s.n + r) * s.inner + i);
        state = step(state, static_cast<double>(x[at]), at, k);
        y[at] = static_cast<T>(state);
      }
    }
  }
  return y;
}

template <class T>
void scans_equal_a_plain_loop() {
  for (const Sizes& s : kSizes) {
    for (const ScanFrom from : {ScanFrom::start, ScanFrom::end}) {
      const std::vector<T> x = draw<T>(s.elements(), 0.5, 1.5, 1), a = draw<T>(s.elements(), -1, 1, 2);
      const auto all = [&](const Table& table) {
        TestExec t(table, 0);
        std::vector<std::vector<T>> y(3, std::vector<T>(x.size()));
        scan<T>(t.exec, Scan::sum, from, x.data(), y[0].data(), s.outer, s.n, s.inner);
        scan<T>(t.exec, Scan::prod, from, x.data(), y[1].data(), s.outer, s.n, s.inner);
        linear_recurrence<T>(t.exec, from, a.data(), x.data(), y[2].data(), s.outer, s.n, s.inner);
        y[0].insert(y[0].end(), y[1].begin(), y[1].end());
        y[0].insert(y[0].end(), y[2].begin(), y[2].end());
        return y[0];
      };
      std::vector<T> wanted =
          one_by_one(s, from, 0, x, [](double y, double v, std::size_t, std::int64_t) { return y + v; });
      const auto prod = one_by_one(s, from, 1, x, [](double y, double v, std::size_t, std::int64_t) { return y * v; });
      const auto recurrence = one_by_one(s, from, 0, x, [&](double y, double v, std::size_t at, std::int64_t k) {
        return (k == 0 ? 0 : static_cast<double>(a[at]) * y) + v;
      });
      wanted.insert(wanted.end(), prod.begin(), prod.end());
      wanted.insert(wanted.end(), recurrence.begin(), recurrence.end());
      for_every_table(all, [&](const Table&, const std::vector<T>& got) {
        EXPECT_TRUE(same_bits(got, wanted)) << s.outer << " " << s.n << " " << s.inner;
      });
    }
  }
}

TEST(Scan, EqualsAPlainLoopInF64) {
  scans_equal_a_plain_loop<float>();
  scans_equal_a_plain_loop<double>();
}

TEST(Scan, LongF32SumsAreRoundedOnceAnElement) {
  const std::vector<float> x(1'000'000, 0.1f);
  std::vector<float> y(x.size());
  scan<float>({}, Scan::sum, ScanFrom::start, x.data(), y.data(), 1, static_cast<std::int64_t>(x.size()), 1);
  // 1e6 * 0.1f in f32 additions would be off by 1 %.
  EXPECT_EQ(y.back(), static_cast<float>(1e6 * static_cast<double>(0.1f)));
}

TEST(Scan, LogSumExpKnowsInfinities) {
  const float inf = std::numeric_limits<float>::infinity();
  const std::vector<float> x{-inf, -inf, 0, 200, inf, inf};
  std::vector<float> y(x.size());
  scan<float>({}, Scan::logsumexp, ScanFrom::start, x.data(), y.data(), 1, 6, 1);
  EXPECT_EQ(y, (std::vector<float>{-inf, -inf, 0, 200, inf, inf}));
}

TEST(ScanExtreme, KeepsTheLastOfEqualsAndANan) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> x{1, 3, 3, 2, nan, 9, nan};
  std::vector<float> y(x.size());
  std::vector<std::int64_t> at(x.size());
  scan_extreme<float>({}, true, x.data(), y.data(), at.data(), 1, 7, 1);
  EXPECT_EQ(at, (std::vector<std::int64_t>{0, 1, 2, 2, 4, 4, 6}));
  EXPECT_TRUE(std::isnan(y[5])) << "a NaN stays";
  scan_extreme<float>({}, false, x.data(), y.data(), at.data(), 1, 4, 1);
  EXPECT_EQ(at, (std::vector<std::int64_t>{0, 0, 0, 0, 4, 4, 6})) << "the smallest of the first four";
}

}  // namespace
}  // namespace neuro::kernels
