#include "neuro/kernels/pool.h"

#include <cmath>
#include <limits>

#include "kernel_testing.h"

namespace neuro::kernels {
namespace {

Pool::Axis axis(std::int64_t in, std::int64_t kernel, std::int64_t stride, std::int64_t before, std::int64_t after,
                std::int64_t dilation = 1) {
  return {in,      (in + before + after - dilation * (kernel - 1) - 1) / stride + 1, kernel, stride, before, after,
          dilation};
}

Pool make(std::int64_t planes, std::int64_t H, std::int64_t W, std::int64_t kernel, std::int64_t stride,
          std::array<std::int64_t, 4> padding = {}, std::int64_t dilation = 1) {
  return {planes,
          {},
          axis(H, kernel, stride, padding[0], padding[1], dilation),
          axis(W, kernel, stride, padding[2], padding[3], dilation)};
}

std::vector<Pool> shapes() {
  std::vector<Pool> out{make(3, 4, 4, 2, 2),
                        make(2, 7, 5, 3, 2, {1, 1, 1, 1}),
                        make(2, 7, 9, 3, 1, {1, 0, 0, 1}),
                        make(2, 11, 40, 3, 3, {0, 1, 1, 0}),
                        make(1, 12, 37, 3, 2, {1, 1, 1, 1}, 2),
                        make(2, 5, 5, 5, 1),
                        make(2, 6, 6, 1, 4),
                        make(40, 28, 28, 2, 2),
                        {3, {}, {}, axis(100, 5, 3, 2, 1)},
                        {2, axis(6, 3, 2, 1, 1), axis(7, 2, 2, 0, 1), axis(19, 3, 1, 1, 1)},
                        {1, axis(5, 2, 1, 1, 0, 2), axis(6, 3, 3, 1, 1), axis(5, 2, 2, 0, 0)},
                        make(1, 90, 120, 3, 2, {1, 1, 1, 1})};
  out.push_back(make(2, 8, 6, 3, 2, {1, 1, 1, 1}));
  out.back().h.out += 1;  // rounded up: the last windows reach beyond the padding
  out.back().w.out += 1;
  return out;
}

std::int64_t volume(const Pool& p) { return p.d.in * p.h.in * p.w.in; }

/// Calls f(output index, index of the volume, index in it) for every tap inside, window by window in row-major order.
template <class F>
void for_taps(const Pool& p, F f) {
  const std::int64_t outputs = p.d.out * p.h.out * p.w.out, taps = p.d.kernel * p.h.kernel * p.w.kernel;
  const auto at = [](const Pool::Axis& a, std::int64_t o, std::int64_t k) {
    return o * a.stride - a.before + k * a.dilation;
  };
  const auto inside = [](const Pool::Axis& a, std::int64_t i) { return i >= 0 && i < a.in; };
  for (std::int64_t i = 0; i < p.planes * outputs; ++i) {
    for (std::int64_t k = 0; k < taps; ++k) {
      const std::int64_t d = at(p.d, i / p.w.out / p.h.out % p.d.out, k / p.w.kernel / p.h.kernel);
      const std::int64_t h = at(p.h, i / p.w.out % p.h.out, k / p.w.kernel % p.h.kernel);
      const std::int64_t w = at(p.w, i % p.w.out, k % p.w.kernel);
      if (!inside(p.d, d) || !inside(p.h, h) || !inside(p.w, w)) continue;
      f(static_cast<std::size_t>(i), i / outputs * volume(p), (d * p.h.in + h) * p.w.in + w);
    }
  }
}

std::size_t outputs(const Pool& p) { return static_cast<std::size_t>(p.planes * p.d.out * p.h.out * p.w.out); }
std::size_t inputs(const Pool& p) { return static_cast<std::size_t>(p.planes * volume(p)); }

TEST(MaxPool, TakesTheFirstLargestAndSendsItsGradientBack) {
  for (const Pool& p : shapes()) {
    auto x = draw<float>(p.planes * volume(p), -1, 1, 1);
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
          max_pool(Scratch(max_pool_scratch<float>(t, p)).exec(t), p, x.data(), y.data(), index.data());
          max_pool_backward(TestExec(t, 0).exec, p.planes, p.d.out * p.h.out * p.w.out, volume(p), gy.data(),
                            index.data(), y.data() + outputs(p));
          for (std::size_t o = 0; o < outputs(p); ++o) EXPECT_EQ(index[o], where[o]);
          return y;
        },
        [&](const Table&, const std::vector<float>& y) {
          auto expected = best;
          expected.insert(expected.end(), gx.begin(), gx.end());
          EXPECT_EQ(y, expected) << p.h.in << "x" << p.w.in;
        });
  }
}

TEST(MaxPool, NaNWinsAndMinusInfinityHasAPlace) {
  const Pool p = make(1, 2, 6, 2, 2);
  const std::vector<float> x{1, NAN, -INFINITY, -INFINITY, 5, 6, 9, NAN, -INFINITY, -INFINITY, 8, 7};
  for (const Table* t : supported_tables()) {
    std::vector<float> y(3);
    std::vector<std::int32_t> index(3);
    max_pool(Scratch(max_pool_scratch<float>(*t, p)).exec(*t), p, x.data(), y.data(), index.data());
    EXPECT_TRUE(std::isnan(y[0]));
    EXPECT_EQ(y[1], -INFINITY);
    EXPECT_EQ(y[2], 8.f);
    EXPECT_EQ(index, (std::vector<std::int32_t>{1, 2, 10}));
  }
}

/// The taps of each output that count: those in the padded input, or those in the input.
std::vector<double> counts(const Pool& p) {
  std::vector<double> out(outputs(p));
  Pool padded = p;  // the padding taken into the input
  if (p.count_padding) {
    for (Pool::Axis* a : {&padded.d, &padded.h, &padded.w}) {
      a->in += a->before + a->after;
      a->before = 0;
    }
  }
  for_taps(padded, [&](std::size_t o, std::int64_t, std::int64_t) { out[o] += 1; });
  return out;
}

TEST(AvgPool, DividesByTheTapsThatCountAndSharesTheGradient) {
  for (Pool p : shapes()) {
    for (const bool count_padding : {true, false}) {
      p.count_padding = count_padding;
      const auto x = draw<float>(p.planes * volume(p), -1, 1, 3),
                 gy = draw<float>(static_cast<std::int64_t>(outputs(p)), -1, 1, 4);
      const std::vector<double> count = counts(p);
      std::vector<double> y(outputs(p)), gx(inputs(p));
      for_taps(p, [&](std::size_t o, std::int64_t base, std::int64_t at) {
        y[o] += static_cast<double>(x[static_cast<std::size_t>(base + at)]) / count[o];
        gx[static_cast<std::size_t>(base + at)] += static_cast<double>(gy[o]) / count[o];
      });
      for_every_table(
          [&](const Table& t) {
            std::vector<float> out(outputs(p) + inputs(p));
            const Scratch forward(avg_pool_scratch<float>(t, p)), backward(avg_pool_backward_scratch<float>(t, p));
            avg_pool(forward.exec(t), p, x.data(), out.data());
            avg_pool_backward(backward.exec(t), p, gy.data(), out.data() + outputs(p));
            return out;
          },
          [&](const Table&, const std::vector<float>& out) {
            // Sums of at most as many terms as taps, of at most 1.
            const double taps = static_cast<double>(p.d.kernel * p.h.kernel * p.w.kernel);
            const double bound = (taps + 2) * std::numeric_limits<float>::epsilon();
            for (std::size_t i = 0; i < outputs(p); ++i) ASSERT_NEAR(out[i], y[i], bound);
            for (std::size_t i = 0; i < inputs(p); ++i) ASSERT_NEAR(out[outputs(p) + i], gx[i], bound);
          });
    }
  }
}

TEST(AdaptiveMaxPool, CoversTheInputWithOverlappingWindows) {
  Pool p{2, {}, {}, {}};
  p.h.in = 5, p.h.out = 3;  // windows [0, 2), [1, 4), [3, 5)
  p.w.in = 2, p.w.out = 1;
  const std::vector<float> x{1, 2, 3, 4, 5, 6, 9, 8, 7, 0, 0, 0, NAN, 1, 0, 0, 0, 0, 0, 0};
  std::vector<float> y(6);
  std::vector<std::int32_t> index(6);
  adaptive_max_pool(TestExec(table(), 0).exec, p, x.data(), y.data(), index.data());
  EXPECT_EQ(index, (std::vector<std::int32_t>{3, 6, 6, 2, 2, 6}));
  EXPECT_EQ(y[1], 9.f);
  EXPECT_TRUE(std::isnan(y[4]));
}

}  // namespace
}  // namespace neuro::kernels
