#include "neuro/kernels/pool.h"

#include <cmath>
#include <limits>

#include "kernel_testing.h"

namespace neuro::kernels {
namespace {

Pool2d make(std::int64_t planes, std::int64_t H, std::int64_t W, std::int64_t kernel, std::int64_t stride,
            std::array<std::int64_t, 4> padding = {}, std::int64_t dilation = 1) {
  Pool2d p{planes, H,          W,          0,          0,          kernel,   kernel,  stride,
           stride, padding[0], padding[1], padding[2], padding[3], dilation, dilation};
  p.OH = (H + p.top + p.bottom - dilation * (kernel - 1) - 1) / stride + 1;
  p.OW = (W + p.left + p.right - dilation * (kernel - 1) - 1) / stride + 1;
  return p;
}

std::vector<Pool2d> shapes() {
  return {make(3, 4, 4, 2, 2),
          make(2, 7, 5, 3, 2, {1, 1, 1, 1}),
          make(2, 7, 9, 3, 1, {1, 0, 0, 1}),
          make(2, 11, 40, 3, 3, {0, 1, 1, 0}),
          make(1, 12, 37, 3, 2, {1, 1, 1, 1}, 2),
          make(2, 5, 5, 5, 1),
          make(2, 6, 6, 1, 4),
          make(40, 28, 28, 2, 2)};
}

/// Calls f(output index, input index) for every tap that lies inside its plane, window by window in row-major order.
template <class F>
void for_taps(const Pool2d& p, F f) {
  for (std::int64_t i = 0; i < p.planes; ++i)
    for (std::int64_t oh = 0; oh < p.OH; ++oh)
      for (std::int64_t ow = 0; ow < p.OW; ++ow)
        for (std::int64_t kh = 0; kh < p.KH; ++kh)
          for (std::int64_t kw = 0; kw < p.KW; ++kw) {
            const std::int64_t h = oh * p.stride_h + kh * p.dilation_h - p.top,
                               w = ow * p.stride_w + kw * p.dilation_w - p.left;
            if (h < 0 || h >= p.H || w < 0 || w >= p.W) continue;
            f(static_cast<std::size_t>((i * p.OH + oh) * p.OW + ow), i * p.H * p.W, h * p.W + w);
          }
}

std::size_t outputs(const Pool2d& p) { return static_cast<std::size_t>(p.planes * p.OH * p.OW); }
std::size_t inputs(const Pool2d& p) { return static_cast<std::size_t>(p.planes * p.H * p.W); }

TEST(MaxPool, TakesTheFirstLargestAndSendsItsGradientBack) {
  for (const Pool2d& p : shapes()) {
    auto x = draw<float>(p.planes * p.H * p.W, -1, 1, 1);
    for (float& v : x) v = std::round(v * 4);  // many ties
    const auto gy = draw<float>(static_cast<std::int64_t>(outputs(p)), -1, 1, 2);
    std::vector<float> best(outputs(p), -INFINITY), gx(inputs(p), 0.f);
    std::vector<std::int64_t> plane(outputs(p)), where(outputs(p), -1);
    for_taps(p, [&](std::size_t o, std::int64_t base, std::int64_t at) {
      const float v = x[static_cast<std::size_t>(base + at)];
      if (where[o] < 0 || v > best[o]) best[o] = v, where[o] = at, plane[o] = base;
    });
    for (std::size_t o = 0; o < outputs(p); ++o) gx[static_cast<std::size_t>(plane[o] + where[o])] += gy[o];
    for_every_table(
        [&](const Table& t) {
          std::vector<float> y(outputs(p) + inputs(p));
          std::vector<std::int32_t> index(outputs(p));
          max_pool2d(TestExec(t, 0).exec, p, x.data(), y.data(), index.data());
          max_pool2d_backward(TestExec(t, 0).exec, p, gy.data(), index.data(), y.data() + outputs(p));
          for (std::size_t o = 0; o < outputs(p); ++o) EXPECT_EQ(index[o], where[o]);
          return y;
        },
        [&](const Table&, const std::vector<float>& y) {
          auto expected = best;
          expected.insert(expected.end(), gx.begin(), gx.end());
          EXPECT_EQ(y, expected) << p.H << "x" << p.W;
        });
  }
}

TEST(MaxPool, NaNWinsAndMinusInfinityHasAPlace) {
  const Pool2d p = make(1, 2, 6, 2, 2);
  const std::vector<float> x{1, NAN, -INFINITY, -INFINITY, 5, 6, 9, NAN, -INFINITY, -INFINITY, 8, 7};
  for (const Table* t : supported_tables()) {
    std::vector<float> y(3);
    std::vector<std::int32_t> index(3);
    max_pool2d(TestExec(*t, 0).exec, p, x.data(), y.data(), index.data());
    EXPECT_TRUE(std::isnan(y[0]));
    EXPECT_EQ(y[1], -INFINITY);
    EXPECT_EQ(y[2], 8.f);
    EXPECT_EQ(index, (std::vector<std::int32_t>{1, 2, 10}));
  }
}

TEST(AvgPool, CountsThePaddingAndSharesTheGradient) {
  for (const Pool2d& p : shapes()) {
    const auto x = draw<float>(p.planes * p.H * p.W, -1, 1, 3),
               gy = draw<float>(static_cast<std::int64_t>(outputs(p)), -1, 1, 4);
    std::vector<double> y(outputs(p)), gx(inputs(p));
    const auto count = static_cast<double>(p.KH * p.KW);
    for_taps(p, [&](std::size_t o, std::int64_t base, std::int64_t at) {
      y[o] += static_cast<double>(x[static_cast<std::size_t>(base + at)]) / count;
      gx[static_cast<std::size_t>(base + at)] += static_cast<double>(gy[o]) / count;
    });
    for_every_table(
        [&](const Table& t) {
          std::vector<float> out(outputs(p) + inputs(p));
          avg_pool2d(TestExec(t, 0).exec, p, x.data(), out.data());
          avg_pool2d_backward(TestExec(t, 0).exec, p, gy.data(), out.data() + outputs(p));
          return out;
        },
        [&](const Table&, const std::vector<float>& out) {
          // Sums of at most KH KW terms of at most 1.
          const double bound = (count + 2) * std::numeric_limits<float>::epsilon();
          for (std::size_t i = 0; i < outputs(p); ++i) ASSERT_NEAR(out[i], y[i], bound);
          for (std::size_t i = 0; i < inputs(p); ++i) ASSERT_NEAR(out[outputs(p) + i], gx[i], bound);
        });
  }
}

}  // namespace
}  // namespace neuro::kernels
