#include "neuro/kernels/arrange.h"

#include "kernel_testing.h"

namespace neuro::kernels {
namespace {

/// The element that stands at place `at` of an endless axis.
std::int64_t source(Edge edge, std::int64_t at, std::int64_t n) {
  switch (edge) {
    case Edge::replicate: return std::min(std::max<std::int64_t>(at, 0), n - 1);
    case Edge::circular: return (at + n) % n;
    case Edge::reflect: break;
  }
  while (at < 0 || at >= n) at = at < 0 ? -at : 2 * (n - 1) - at;
  return at;
}

TEST(PadEdge, EqualsItsDefinitionAndItsTransposeAddsBack) {
  const EdgePad cases[] = {{1, 5, 1, 4, 2, Edge::reflect},       {3, 2, 300, 1, 1, Edge::reflect},
                           {1, 1, 3, 2, 5, Edge::replicate},     {40, 33, 65, 0, 7, Edge::replicate},
                           {2, 4, 1, 4, 4, Edge::circular},      {1, 700, 130, 3, 0, Edge::circular},
                           {60, 129, 17, 20, 20, Edge::reflect}, {0, 3, 2, 1, 1, Edge::reflect}};
  for (const EdgePad& p : cases) {
    const std::vector<float> x = draw<float>(p.outer * p.n * p.inner, -1, 1, 1);
    const std::vector<float> gy = draw<float>(p.outer * p.padded() * p.inner, -1, 1, 2);
    std::vector<float> wanted(gy.size()), gx(x.size());
    for (std::int64_t o = 0; o < p.outer; ++o) {
      for (std::int64_t j = 0; j < p.padded(); ++j) {
        for (std::int64_t i = 0; i < p.inner; ++i) {
          const auto from = static_cast<std::size_t>((o * p.n + source(p.edge, j - p.before, p.n)) * p.inner + i);
          const auto to = static_cast<std::size_t>((o * p.padded() + j) * p.inner + i);
          wanted[to] = x[from];
          gx[from] += gy[to];
        }
      }
    }
    wanted.insert(wanted.end(), gx.begin(), gx.end());
    for_every_table(
        [&](const Table& table) {
          TestExec t(table, 0);
          std::vector<float> y(gy.size()), g(x.size(), 7.f);
          pad_edge(t.exec, 4, p, x.data(), y.data());
          pad_edge_backward<float>(t.exec, p, gy.data(), g.data());
          y.insert(y.end(), g.begin(), g.end());
          return y;
        },
        [&](const Table&, const std::vector<float>& got) {
          EXPECT_TRUE(same_bits(got, wanted)) << p.outer << " " << p.n << " " << p.inner;
        });
  }
}

TEST(Triangle, KeepsItsSideOfTheDiagonal) {
  for (const std::int64_t k : {-4, -1, 0, 1, 2, 9}) {
    const std::vector<double> x = draw<double>(2 * 3 * 5, 1, 2, 1);
    std::vector<double> lower(x.size()), upper(x.size());
    triangle({}, 8, false, k, 2, 3, 5, x.data(), lower.data());
    triangle({}, 8, true, k, 2, 3, 5, x.data(), upper.data());
    for (std::size_t i = 0; i < x.size(); ++i) {
      const auto column = static_cast<std::int64_t>(i % 5), row = static_cast<std::int64_t>(i / 5 % 3);
      EXPECT_EQ(lower[i], column - row <= k ? x[i] : 0) << k << " at " << i;
      EXPECT_EQ(upper[i], column - row >= k ? x[i] : 0) << k << " at " << i;
    }
  }
}

TEST(UnfoldBackward, AddsEveryWindowWhereItLay) {
  const Windows cases[] = {{1, 5, 1, 2, 1}, {3, 9, 1, 4, 3}, {2, 8, 5, 3, 2}, {30, 70, 40, 7, 3}, {1, 40, 700, 5, 5}};
  for (const Windows& s : cases) {
    const std::vector<double> gy = draw<double>(s.outer * s.count() * s.inner * s.size, -1, 1, 1);
    std::vector<double> wanted(static_cast<std::size_t>(s.outer * s.n * s.inner));
    std::size_t at = 0;
    for (std::int64_t o = 0; o < s.outer; ++o) {
      for (std::int64_t w = 0; w < s.count(); ++w) {
        for (std::int64_t i = 0; i < s.inner; ++i) {
          for (std::int64_t k = 0; k < s.size; ++k)
            wanted[static_cast<std::size_t>((o * s.n + w * s.step + k) * s.inner + i)] += gy[at++];
        }
      }
    }
    for_every_table(
        [&](const Table& table) {
          TestExec t(table, 0);
          std::vector<double> gx(wanted.size(), 7.);
          unfold_backward<double>(t.exec, s, gy.data(), gx.data());
          return gx;
        },
        [&](const Table&, const std::vector<double>& got) { EXPECT_TRUE(same_bits(got, wanted)) << s.n; });
  }
}

}  // namespace
}  // namespace neuro::kernels
