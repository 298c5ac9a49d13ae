#include "neuro/kernels/index.h"

#include "kernel_testing.h"

namespace neuro::kernels {
namespace {

// One lane, long and short lanes, more columns than a block, and sizes that are divided.
constexpr Lanes kSizes[] = {{1, 1, 1, 1},     {1, 5, 9, 1},    {3, 4, 2, 1},    {2, 3, 4, 5},
                            {1, 7, 3, 300},   {2, 3, 0, 4},    {0, 3, 2, 4},    {9, 1, 6, 2},
                            {60, 50, 40, 17}, {1, 9, 9000, 3}, {1, 40, 50, 700}};

std::vector<std::int64_t> indices(std::int64_t count, std::int64_t n) {
  return draw<std::int64_t>(count, 0, static_cast<double>(n), 5);
}

/// Calls f(o, j, i, offset in the index) in the order in which elements are written.
template <class F>
void each(const Lanes& s, F f) {
  for (std::int64_t o = 0; o < s.outer; ++o) {
    for (std::int64_t j = 0; j < s.m; ++j) {
      for (std::int64_t i = 0; i < s.inner; ++i) f(o, j, i, static_cast<std::size_t>((o * s.m + j) * s.inner + i));
    }
  }
}
std::size_t at(const Lanes& s, std::int64_t o, std::int64_t r, std::int64_t i) {
  return static_cast<std::size_t>((o * s.n + r) * s.inner + i);
}

TEST(Index, LanesAreReadAndWrittenAsTheDefinitionSays) {
  for (const Lanes& s : kSizes) {
    const std::int64_t of_x = s.outer * s.n * s.inner, of_index = s.outer * s.m * s.inner;
    const std::vector<float> x = draw<float>(of_x, -1, 1, 1), src = draw<float>(of_index, -1, 1, 2);
    const std::vector<std::int64_t> index = indices(of_index, s.n);
    std::vector<float> gathered(src.size()), summed(x.size()), scattered = x, kept(src.size());
    std::vector<std::size_t> writer(x.size(), SIZE_MAX);
    each(s, [&](std::int64_t o, std::int64_t, std::int64_t i, std::size_t k) {
      const std::size_t to = at(s, o, index[k], i);
      gathered[k] = x[to];
      summed[to] += src[k];
      scattered[to] = src[k];
      writer[to] = k;
    });
    each(s, [&](std::int64_t o, std::int64_t, std::int64_t i, std::size_t k) {
      kept[k] = writer[at(s, o, index[k], i)] == k ? gathered[k] : 0;
    });
    std::vector<float> wanted = gathered;
    for (const auto* part : {&summed, &scattered, &kept}) wanted.insert(wanted.end(), part->begin(), part->end());
    for_every_table(
        [&](const Table& table) {
          TestExec t(table, gather_kept_scratch(s));
          std::vector<float> a(src.size()), b(x.size(), 7.f), c = x, d(src.size());
          EXPECT_EQ(gather(t.exec, 4, s, x.data(), index.data(), a.data()), -1);
          EXPECT_EQ(scatter_sum<float>(t.exec, s, src.data(), index.data(), b.data()), -1);
          EXPECT_EQ(scatter(t.exec, 4, s, src.data(), index.data(), c.data()), -1);
          EXPECT_EQ(gather_kept<float>(t.exec, s, x.data(), index.data(), d.data()), -1);
          for (const auto* part : {&b, &c, &d}) a.insert(a.end(), part->begin(), part->end());
          return a;
        },
        [&](const Table&, const std::vector<float>& got) {
          EXPECT_TRUE(same_bits(got, wanted)) << s.outer << " " << s.n << " " << s.m << " " << s.inner;
        });
  }
}

TEST(Index, SlicesAreReadAndAddedAsTheDefinitionSays) {
  for (const Lanes& s : kSizes) {
    const std::vector<double> x = draw<double>(s.outer * s.n * s.inner, -1, 1, 1);
    const std::vector<double> src = draw<double>(s.outer * s.m * s.inner, -1, 1, 2);
    const std::vector<std::int64_t> index = indices(s.m, s.n);
    std::vector<double> selected(src.size()), summed(x.size());
    each(s, [&](std::int64_t o, std::int64_t j, std::int64_t i, std::size_t k) {
      const std::size_t to = at(s, o, index[static_cast<std::size_t>(j)], i);
      selected[k] = x[to];
      summed[to] += src[k];
    });
    selected.insert(selected.end(), summed.begin(), summed.end());
    for_every_table(
        [&](const Table& table) {
          TestExec t(table, 0);
          std::vector<double> a(src.size()), b(x.size(), 7.);
          EXPECT_EQ(select(t.exec, 8, s, x.data(), index.data(), a.data()), -1);
          EXPECT_EQ(select_sum<double>(t.exec, s, src.data(), index.data(), b.data()), -1);
          a.insert(a.end(), b.begin(), b.end());
          return a;
        },
        [&](const Table&, const std::vector<double>& got) {
          EXPECT_TRUE(same_bits(got, selected)) << s.outer << " " << s.n << " " << s.m << " " << s.inner;
        });
  }
}

TEST(Index, TheFirstBadIndexIsReportedAndTouchesNothing) {
  const Lanes s{2, 3, 20000, 2};
  std::vector<std::int64_t> index(static_cast<std::size_t>(s.outer * s.m * s.inner), 1);
  index[70001] = -1;
  index[50003] = 3;
  index[50004] = std::numeric_limits<std::int64_t>::min();
  const std::vector<float> x(12, 2.f);
  std::vector<float> src(index.size(), 1.f), y(index.size()), z = x;
  TestExec t(table(), gather_kept_scratch(s));
  EXPECT_EQ(gather(t.exec, 4, s, x.data(), index.data(), y.data()), 50003);
  EXPECT_EQ(y[50003], 0);
  EXPECT_EQ(y[50005], 2);
  EXPECT_EQ(scatter(t.exec, 4, s, src.data(), index.data(), z.data()), 50003);
  EXPECT_EQ(z, (std::vector<float>{2, 2, 1, 1, 2, 2, 2, 2, 1, 1, 2, 2}));
  EXPECT_EQ(scatter_sum<float>(t.exec, s, src.data(), index.data(), z.data()), 50003);
  EXPECT_EQ(gather_kept<float>(t.exec, s, x.data(), index.data(), y.data()), 50003);
  const std::vector<std::int64_t> list{0, 2, 3, -5};
  EXPECT_EQ(select(t.exec, 4, {2, 3, 4, 2}, x.data(), list.data(), y.data()), 2);
  EXPECT_EQ(select_sum<float>(t.exec, {2, 3, 4, 2}, src.data(), list.data(), z.data()), 2);
  EXPECT_EQ(one_hot<float>(t.exec, list.data(), 4, 3, y.data()), 2);
  EXPECT_EQ(std::vector<float>(y.begin(), y.begin() + 12), (std::vector<float>{1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0}));
}

}  // namespace
}  // namespace neuro::kernels
