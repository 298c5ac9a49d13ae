#include <limits>

#include "kernel_testing.h"
#include "neuro/kernels/reduce.h"

namespace neuro::kernels {
namespace {

template <class R, class T>
std::vector<R> reduced(ReduceExact op, const std::vector<T>& x, std::int64_t outer, std::int64_t n,
                       std::int64_t inner) {
  std::vector<R> y(static_cast<std::size_t>(outer * inner));
  reduce_exact({}, op, dtype_of<T>, x.data(), y.data(), outer, n, inner);
  return y;
}

TEST(ReduceExact, EqualsAPlainLoop) {
  const std::int64_t sizes[][3] = {{1, 1, 1},     {3, 5, 1},    {1, 31, 1},  {2, 3, 4},
                                   {1, 70000, 1}, {2, 7, 1500}, {900, 65, 1}};
  for (const auto& [outer, n, inner] : sizes) {
    const std::vector<std::int32_t> x = draw<std::int32_t>(outer * n * inner, -3, 4, 1);
    std::vector<std::int64_t> sum, count;
    std::vector<std::int32_t> max, min;
    for (std::int64_t o = 0; o < outer; ++o) {
      for (std::int64_t i = 0; i < inner; ++i) {
        const auto at = [&, o = o, i = i, n = n, inner = inner](std::int64_t r) {
          return x[static_cast<std::size_t>((o * n + r) * inner + i)];
        };
        sum.push_back(0);
        count.push_back(0);
        max.push_back(at(0));
        min.push_back(at(0));
        for (std::int64_t r = 0; r < n; ++r) {
          sum.back() += at(r);
          count.back() += at(r) != 0;
          max.back() = std::max(max.back(), at(r));
          min.back() = std::min(min.back(), at(r));
        }
      }
    }
    EXPECT_EQ(reduced<std::int64_t>(ReduceExact::sum, x, outer, n, inner), sum);
    EXPECT_EQ(reduced<std::int64_t>(ReduceExact::count, x, outer, n, inner), count);
    EXPECT_EQ(reduced<std::int32_t>(ReduceExact::max, x, outer, n, inner), max);
    EXPECT_EQ(reduced<std::int32_t>(ReduceExact::min, x, outer, n, inner), min);
  }
}

TEST(ReduceExact, NothingGivesTheNeutralElementAndNanIsNotZero) {
  const std::vector<std::int64_t> none;
  EXPECT_EQ(reduced<std::int64_t>(ReduceExact::sum, none, 2, 0, 1), (std::vector<std::int64_t>{0, 0}));
  EXPECT_EQ(reduced<std::int64_t>(ReduceExact::prod, none, 2, 0, 1), (std::vector<std::int64_t>{1, 1}));
  bool y[2];
  reduce_exact({}, ReduceExact::all, DType::f32, none.data(), y, 2, 0, 1);
  EXPECT_TRUE(y[0] && y[1]);
  reduce_exact({}, ReduceExact::any, DType::f32, none.data(), y, 2, 0, 1);
  EXPECT_FALSE(y[0] || y[1]);
  const std::vector<float> x{std::numeric_limits<float>::quiet_NaN(), -0.f};
  EXPECT_EQ(reduced<std::int64_t>(ReduceExact::count, x, 1, 2, 1)[0], 1);
}

TEST(ReduceExact, SumsOfIntegersWrap) {
  const std::vector<std::int64_t> x{std::numeric_limits<std::int64_t>::max(), 1};
  EXPECT_EQ(reduced<std::int64_t>(ReduceExact::sum, x, 1, 2, 1)[0], std::numeric_limits<std::int64_t>::min());
}

}  // namespace
}  // namespace neuro::kernels
