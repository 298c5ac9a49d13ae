#include "neuro/kernels/gather.h"

#include <cmath>
#include <numeric>

#include "kernel_testing.h"

namespace neuro::kernels {
namespace {

struct View {
  const char* name;
  Shape shape;
  Strides strides;
};

std::vector<View> views() {
  return {{"scalar", {}, {}},
          {"contiguous", {3, 5}, {5, 1}},
          {"bias over rows", {7, 10}, {0, 1}},
          {"column over rows", {7, 10}, {1, 0}},
          {"scalar over rows", {7, 4}, {0, 0}},
          {"transposed", {37, 50}, {1, 37}},
          {"every second column", {6, 9}, {18, 2}},
          {"reversed axes", {3, 4, 5, 6}, {1, 3, 12, 60}},
          {"bias over a batch", {2, 3, 4, 40}, {0, 0, 0, 1}},
          {"channel bias", {2, 3, 4, 5}, {0, 1, 0, 0}},
          {"ones between", {1, 4, 1, 6, 1}, {9, 6, 9, 1, 9}},
          {"batch of transposed", {4, 5, 6}, {30, 1, 5}},
          {"empty", {3, 0, 2}, {0, 2, 1}}};
}

/// The offset of element i of the row-major order.
std::int64_t offset(const View& v, std::int64_t i) {
  std::int64_t at = 0;
  for (int a = v.shape.rank() - 1; a >= 0; --a) {
    at += i % v.shape[a] * v.strides[static_cast<std::size_t>(a)];
    i /= v.shape[a];
  }
  return at;
}

template <class T>
void expect_gathered(const View& v) {
  SCOPED_TRACE(v.name);
  std::vector<T> from(4000);
  std::iota(from.begin(), from.end(), T(1));
  const std::int64_t n = v.shape.elements();
  for (std::int64_t begin = 0; begin <= n; begin += n > 300 ? 41 : 1) {
    for (std::int64_t end = begin; end <= n; end += n > 300 ? 59 : 3) {
      std::vector<T> to(static_cast<std::size_t>(end - begin) + 1, T(77));
      gather_range(sizeof(T), v.shape, from.data(), v.strides, begin, end, to.data());
      for (std::int64_t i = begin; i < end; ++i) {
        ASSERT_EQ(to[static_cast<std::size_t>(i - begin)], from[static_cast<std::size_t>(offset(v, i))])
            << begin << " " << end << " at " << i;
      }
      ASSERT_EQ(to.back(), T(77)) << "written beyond the end";
    }
  }
}

TEST(GatherRange, ReadsAnyPartOfAnyView) {
  for (const View& v : views()) {
    expect_gathered<std::uint32_t>(v);
    expect_gathered<std::uint64_t>(v);
    expect_gathered<std::uint8_t>(v);
  }
}

TEST(Copy, AnyViewToAnyView) {
  std::vector<float> from(4000);
  std::iota(from.begin(), from.end(), 1.f);
  for (const View& v : views()) {
    SCOPED_TRACE(v.name);
    const std::int64_t n = v.shape.elements();
    const Strides plain = contiguous_strides(v.shape);
    Strides spread{};
    std::int64_t step = 2;  // axes in reverse order, every second element
    for (int a = 0; a < v.shape.rank(); ++a) {
      spread[static_cast<std::size_t>(a)] = step;
      step *= v.shape[a];
    }
    for (const Strides& strides : {plain, spread}) {
      for_every_table(
          [&](const Table& t) {
            std::vector<float> to(static_cast<std::size_t>(2 * n) + 1, -1.f);
            copy(TestExec(t, 0).exec, 4, v.shape, from.data(), v.strides, to.data(), strides);
            return to;
          },
          [&](const Table&, const std::vector<float>& to) {
            for (std::int64_t i = 0; i < n; ++i) {
              const auto at = static_cast<std::size_t>(offset({"", v.shape, strides}, i));
              ASSERT_EQ(to[at], from[static_cast<std::size_t>(offset(v, i))]);
            }
          });
    }
  }
}

TEST(Copy, LargeTransposesAreDividedAmongThreads) {
  const std::int64_t rows = 301, cols = 203;
  const auto from = draw<float>(rows * cols, 0, 1, 1);
  for_every_table(
      [&](const Table& t) {
        std::vector<float> to(from.size() * 2);
        copy(TestExec(t, 0).exec, 4, {rows, cols}, from.data(), {1, rows}, to.data(), {cols, 1});
        copy(TestExec(t, 0).exec, 4, {rows, cols}, to.data(), {cols, 1}, to.data() + from.size(), {1, rows});
        return to;
      },
      [&](const Table&, const std::vector<float>& to) {
        EXPECT_EQ(to[static_cast<std::size_t>(cols)], from[1]);
        EXPECT_TRUE(std::equal(from.begin(), from.end(), to.begin() + static_cast<std::ptrdiff_t>(from.size())));
      });
}

TEST(Convert, TowardZeroToIntegersAndNonZeroToBoolean) {
  const std::vector<float> x{-2.9f, -0.5f, 0, 0.5f, 2.9f, 300};
  const Exec exec = TestExec(table(), 0).exec;
  std::vector<std::int64_t> i64(6);
  convert(exec, DType::f32, x.data(), DType::i64, i64.data(), 6);
  EXPECT_EQ(i64, (std::vector<std::int64_t>{-2, 0, 0, 0, 2, 300}));
  bool mask[6];
  convert(exec, DType::f32, x.data(), DType::boolean, mask, 6);
  EXPECT_EQ(std::vector<bool>(mask, mask + 6), (std::vector<bool>{true, true, false, true, true, true}));
  std::vector<double> f64(6);
  convert(exec, DType::boolean, mask, DType::f64, f64.data(), 6);
  EXPECT_EQ(f64, (std::vector<double>{1, 1, 0, 1, 1, 1}));
}

TEST(Fill, EveryType) {
  const Exec exec = TestExec(table(), 0).exec;
  std::vector<float> f32(100'000, -1.f);
  fill(exec, DType::f32, f32.data(), 0.1, 100'000);
  EXPECT_EQ(f32.front(), 0.1f);
  EXPECT_EQ(f32.back(), 0.1f);
  std::int32_t i32[3];
  fill(exec, DType::i32, i32, -7.9, 3);
  EXPECT_EQ(i32[2], -7);
  bool b[2] = {};
  fill(exec, DType::boolean, b, 0.25, 2);
  EXPECT_TRUE(b[1]);
}

TEST(GatherRows, CopiesRowsAndReportsTheFirstBadIndex) {
  const std::vector<float> rows{1, 2, 3, 4, 5, 6};
  std::vector<std::int64_t> index{2, 0, 3, -1, 1};
  std::vector<float> y(10, -1.f);
  const Exec exec = TestExec(table(), 0).exec;
  EXPECT_EQ(gather_rows(exec, rows.data(), 3, 2, index.data(), 5, y.data()), 2);
  EXPECT_EQ(y, (std::vector<float>{5, 6, 1, 2, 0, 0, 0, 0, 3, 4}));
  EXPECT_EQ(gather_rows(exec, rows.data(), 3, 2, index.data(), 2, y.data()), -1);
  std::vector<std::int64_t> many(50'000, 1);
  many[20'000] = many[45'000] = 9;
  std::vector<float> out(100'000);
  set_thread_count(3);
  EXPECT_EQ(gather_rows(exec, rows.data(), 3, 2, many.data(), 50'000, out.data()), 20'000);
  set_thread_count(available_threads());
}

TEST(ScatterAddRows, SumsInTheOrderOfRows) {
  const std::int64_t rows = 700, cols = 90, table_rows = 11;
  const auto gy = draw<float>(rows * cols, -1, 1, 5);
  std::vector<std::int64_t> index;
  for (std::int64_t r = 0; r < rows; ++r) index.push_back(r * r % table_rows);
  std::vector<float> expected(static_cast<std::size_t>(table_rows * cols));
  for (std::int64_t r = 0; r < rows; ++r) {
    const std::int64_t to = index[static_cast<std::size_t>(r)];
    if (to == 4) continue;
    for (std::int64_t j = 0; j < cols; ++j)
      expected[static_cast<std::size_t>(to * cols + j)] += gy[static_cast<std::size_t>(r * cols + j)];
  }
  for_every_table(
      [&](const Table& t) {
        std::vector<float> g(expected.size(), 9.f);
        scatter_add_rows(TestExec(t, 0).exec, gy.data(), index.data(), rows, cols, g.data(), table_rows, 4);
        return g;
      },
      [&](const Table&, const std::vector<float>& g) { EXPECT_TRUE(same_bits(g, expected)); });
}

TEST(DropoutMask, FollowsTheRandomStreamFromAnyElement) {
  const std::uint64_t seed = 0x123456789abcdef0, stream = 0xfedcba9876543210;
  const RandomStream random(seed, stream, 5);
  for (const std::uint64_t first : {0, 1, 2, 3, 4, 1001}) {
    for (const std::int64_t n : {0, 1, 3, 63, 64, 65, 130, 20'000}) {
      for_every_table(
          [&](const Table& t) {
            std::vector<float> y(static_cast<std::size_t>(n));
            dropout_mask(TestExec(t, 0).exec, y.data(), n, 0.3, seed, stream, 5, first);
            return y;
          },
          [&](const Table&, const std::vector<float>& y) {
            for (std::size_t i = 0; i < y.size(); ++i) {
              const bool dropped = static_cast<double>(random.uniform(first + i)) < 0.3;
              ASSERT_EQ(y[i], dropped ? 0.f : static_cast<float>(1 / 0.7)) << first << " + " << i;
            }
          });
    }
  }
}

TEST(DropoutMask, ProbabilitiesZeroAndOne) {
  std::vector<float> y(1000);
  const Exec exec = TestExec(table(), 0).exec;
  dropout_mask(exec, y.data(), 1000, 0, 1, 2, 3, 0);
  EXPECT_EQ(y, std::vector<float>(1000, 1.f));
  dropout_mask(exec, y.data(), 1000, 1, 1, 2, 3, 0);
  EXPECT_EQ(y, std::vector<float>(1000, 0.f));
}

TEST(DropoutMask, CountsBlocksBeyond32Bits) {
  const std::uint64_t first = (std::uint64_t{1} << 34) - 2;
  const RandomStream random(1, 2, 3);
  std::vector<double> y(8);
  dropout_mask(TestExec(table(), 0).exec, y.data(), 8, 0.5, 1, 2, 3, first);
  for (std::size_t i = 0; i < 8; ++i) EXPECT_EQ(y[i], random.uniform(first + i) < 0.5f ? 0 : 2);
}

}  // namespace
}  // namespace neuro::kernels
