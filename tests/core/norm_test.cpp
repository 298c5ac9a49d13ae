#include "neuro/kernels/norm.h"

#include <cmath>
#include <limits>

#include "kernel_testing.h"

namespace neuro::kernels {
namespace {

const std::vector<Channels>& shapes() {
  static const std::vector<Channels> all = {{1, 1, 1},   {3, 2, 1},   {2, 5, 7},    {4, 3, 16},
                                            {2, 3, 100}, {1, 7, 257}, {2, 2, 9000}, {40, 30, 33}};
  return all;
}

/// Calls f(channel, index) for every value.
template <class F>
void for_values(const Channels& c, F f) {
  for (std::int64_t o = 0; o < c.outer; ++o) {
    for (std::int64_t k = 0; k < c.channels; ++k) {
      for (std::int64_t i = 0; i < c.inner; ++i)
        f(static_cast<std::size_t>(k), static_cast<std::size_t>((o * c.channels + k) * c.inner + i));
    }
  }
}

std::int64_t elements(const Channels& c) { return c.outer * c.channels * c.inner; }

TEST(ChannelMoments, AreThoseOfTheValuesWhateverTheMean) {
  for (const Channels& c : shapes()) {
    for (const double shift : {0.0, 1000.0}) {
      const auto x = draw<float>(elements(c), shift - 1, shift + 1, 1);
      const auto channels = static_cast<std::size_t>(c.channels);
      std::vector<double> mean(channels), var(channels);
      const double n = static_cast<double>(c.outer * c.inner);
      for_values(c, [&](std::size_t k, std::size_t i) { mean[k] += static_cast<double>(x[i]) / n; });
      for_values(c,
                 [&](std::size_t k, std::size_t i) { var[k] += std::pow(static_cast<double>(x[i]) - mean[k], 2) / n; });
      for_every_table(
          [&](const Table& t) {
            std::vector<float> out(2 * channels);
            channel_moments(TestExec(t, 0).exec, c, x.data(), out.data(), out.data() + channels);
            return out;
          },
          [&](const Table&, const std::vector<float>& out) {
            constexpr double kEps = std::numeric_limits<float>::epsilon();
            for (std::size_t k = 0; k < channels; ++k) {
              EXPECT_NEAR(out[k], mean[k], 4 * kEps * (shift + 1));
              EXPECT_NEAR(out[channels + k], var[k], 8 * kEps * var[k] + std::pow(8 * kEps * mean[k], 2));
            }
          });
    }
  }
}

TEST(ChannelAffine, IsAppliedToEachChannel) {
  for (const Channels& c : shapes()) {
    const auto x = draw<float>(elements(c), -1, 1, 1), p = draw<float>(3 * c.channels, -2, 2, 2);
    const auto channels = static_cast<std::size_t>(c.channels);
    for_every_table(
        [&](const Table& t) {
          std::vector<float> y(x.size());
          channel_affine(TestExec(t, 0).exec, c, x.data(), p.data(), p.data() + channels, p.data() + 2 * channels,
                         y.data(), {});
          return y;
        },
        [&](const Table&, const std::vector<float>& y) {
          for_values(c, [&](std::size_t k, std::size_t i) {
            const double exact = (static_cast<double>(x[i]) - p[k]) * p[channels + k] + p[2 * channels + k];
            ASSERT_NEAR(y[i], exact, 1e-6);  // three roundings of at most 8
          });
        });
  }
}

TEST(ChannelSums, AddEveryValueOnce) {
  for (const Channels& c : shapes()) {
    const auto gy = draw<float>(elements(c), -1, 1, 1), x = draw<float>(elements(c), -1, 1, 2);
    const auto mean = draw<float>(c.channels, -1, 1, 3);
    const auto channels = static_cast<std::size_t>(c.channels);
    std::vector<double> sum(channels), product(channels);
    for_values(c, [&](std::size_t k, std::size_t i) {
      sum[k] += gy[i];
      product[k] += static_cast<double>(gy[i]) * (static_cast<double>(x[i]) - mean[k]);
    });
    for_every_table(
        [&](const Table& t) {
          std::vector<float> out(2 * channels);
          channel_sums(TestExec(t, 0).exec, c, gy.data(), x.data(), mean.data(), out.data(), out.data() + channels);
          return out;
        },
        [&](const Table&, const std::vector<float>& out) {
          // Partial sums of random signs stay below 4 sqrt(n); each of the at most 70 additions in a row rounds one.
          const double bound = 1e-6 * 4 * std::sqrt(static_cast<double>(c.outer * c.inner)) + 1e-6;
          for (std::size_t k = 0; k < channels; ++k) {
            EXPECT_NEAR(out[k], sum[k], bound);
            EXPECT_NEAR(out[channels + k], product[k], 2 * bound);
          }
        });
  }
}

TEST(RmsNorm, EqualsItsDefinition) {
  for (const std::int64_t cols : {1, 3, 16, 65, 768}) {
    constexpr std::int64_t kRows = 37;
    const auto x = draw<float>(kRows * cols, -1, 1, 1), w = draw<float>(cols, -2, 2, 2);
    for_every_table(
        [&](const Table& t) {
          std::vector<float> out(x.size() + kRows);
          rms_norm(TestExec(t, 0).exec, x.data(), w.data(), out.data(), out.data() + x.size(), kRows, cols, 1e-6f);
          return out;
        },
        [&](const Table&, const std::vector<float>& y) {
          for (std::int64_t r = 0; r < kRows; ++r) {
            double squares = 0;
            for (std::int64_t j = 0; j < cols; ++j)
              squares += std::pow(static_cast<double>(x[static_cast<std::size_t>(r * cols + j)]), 2);
            const double rstd = 1 / std::sqrt(squares / static_cast<double>(cols) + 1e-6);
            EXPECT_NEAR(y[x.size() + static_cast<std::size_t>(r)], rstd, 2e-6 * rstd);
            for (std::int64_t j = 0; j < cols; ++j) {
              const auto at = static_cast<std::size_t>(r * cols + j);
              ASSERT_NEAR(y[at], x[at] * rstd * w[static_cast<std::size_t>(j)], 2e-6 * std::abs(x[at]) * rstd * 2);
            }
          }
        });
  }
}

}  // namespace
}  // namespace neuro::kernels
