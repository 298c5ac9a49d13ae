#include "neuro/kernels/order.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "kernel_testing.h"

namespace neuro::kernels {
namespace {

template <class T>
bool before(T a, T b) {  // NaN is larger than every number
  return a < b || (a == a && b != b);
}

/// Positions of the elements of a row in order, by the standard library's stable sort.
template <class T>
std::vector<std::int64_t> sorted_positions(const T* row, std::int64_t cols, bool descending) {
  std::vector<std::int64_t> at(static_cast<std::size_t>(cols));
  std::iota(at.begin(), at.end(), 0);
  std::stable_sort(at.begin(), at.end(), [&](std::int64_t a, std::int64_t b) {
    return descending ? before(row[b], row[a]) : before(row[a], row[b]);
  });
  return at;
}

/// Many equal elements, both zeros, infinities and NaN where the type has them.
template <class T>
std::vector<T> drawn(std::int64_t n, std::uint64_t seed) {
  std::vector<T> x = draw<T>(n, -50, 50, seed);
  if constexpr (std::numeric_limits<T>::has_infinity) {
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (i % 3 == 0) x[i] = std::round(x[i] / 16);
      if (i % 29 == 5) x[i] = -T(0);
      if (i % 31 == 7) x[i] = std::numeric_limits<T>::quiet_NaN();
      if (i % 37 == 9) x[i] = i % 2 ? std::numeric_limits<T>::infinity() : -std::numeric_limits<T>::infinity();
    }
  }
  return x;
}

template <class T>
void rows_are_in_stable_order() {
  const std::int64_t sizes[][2] = {{1, 1}, {3, 2}, {5, 17}, {4, 127}, {4, 128}, {3, 1000}, {300, 65}, {2, 70000}};
  for (const auto& [rows, cols] : sizes) {
    const std::vector<T> x = drawn<T>(rows * cols, 3);
    for (const bool descending : {false, true}) {
      std::vector<std::int64_t> wanted;
      for (std::int64_t r = 0; r < rows; ++r) {
        const auto row = sorted_positions(x.data() + r * cols, cols, descending);
        wanted.insert(wanted.end(), row.begin(), row.end());
      }
      for_every_table(
          [&](const Table& table) {
            TestExec t(table, sort_scratch(dtype_of<T>, cols));
            std::vector<T> y(x.size());
            std::vector<std::int64_t> at(x.size());
            sort(t.exec, dtype_of<T>, descending, x.data(), y.data(), at.data(), rows, cols);
            for (std::size_t i = 0; i < y.size(); ++i) {
              const T value = x[i / static_cast<std::size_t>(cols) * static_cast<std::size_t>(cols) +
                                static_cast<std::size_t>(at[i])];
              EXPECT_EQ(std::memcmp(&y[i], &value, sizeof(T)), 0) << "the value itself, with its sign";
            }
            return at;
          },
          [&](const Table&, const std::vector<std::int64_t>& got) {
            EXPECT_TRUE(same_bits(got, wanted)) << rows << " x " << cols << (descending ? " descending" : "");
          });
    }
    for (const std::int64_t k : {std::int64_t{0}, std::int64_t{1}, std::min<std::int64_t>(cols, 7), cols / 2, cols}) {
      for (const bool largest : {false, true}) {
        std::vector<std::int64_t> wanted;
        for (std::int64_t r = 0; r < rows; ++r) {
          const auto row = sorted_positions(x.data() + r * cols, cols, largest);
          wanted.insert(wanted.end(), row.begin(), row.begin() + k);
        }
        TestExec t(table(), topk_scratch(dtype_of<T>, cols, k));
        std::vector<T> y(wanted.size());
        std::vector<std::int64_t> at(wanted.size());
        topk(t.exec, dtype_of<T>, largest, x.data(), y.data(), at.data(), rows, cols, k);
        EXPECT_TRUE(same_bits(at, wanted)) << rows << " x " << cols << ", k " << k << (largest ? " largest" : "");
      }
    }
  }
}

TEST(Order, RowsAreInStableOrder) {
  rows_are_in_stable_order<float>();
  rows_are_in_stable_order<double>();
  rows_are_in_stable_order<std::int64_t>();
  rows_are_in_stable_order<std::int32_t>();
}

TEST(Order, IntegersAtTheEndsOfTheirRange) {
  const std::vector<std::int64_t> x{0, std::numeric_limits<std::int64_t>::min(), -1,
                                    std::numeric_limits<std::int64_t>::max(), 1};
  std::vector<std::int64_t> y(5), at(5);
  TestExec t(table(), sort_scratch(DType::i64, 5));
  sort(t.exec, DType::i64, false, x.data(), y.data(), at.data(), 1, 5);
  EXPECT_EQ(at, (std::vector<std::int64_t>{1, 2, 0, 4, 3}));
}

TEST(Order, BooleansSortFalseFirst) {
  const bool x[] = {true, false, true, false};
  bool y[4];
  std::vector<std::int64_t> at(4);
  TestExec t(table(), sort_scratch(DType::boolean, 4));
  sort(t.exec, DType::boolean, false, x, y, at.data(), 1, 4);
  EXPECT_EQ(at, (std::vector<std::int64_t>{1, 3, 0, 2}));
}

}  // namespace
}  // namespace neuro::kernels
