#include "neuro/kernels/rows.h"

#include <cmath>
#include <limits>

#include "kernel_testing.h"

namespace neuro::kernels {
namespace {

using Doubles = std::vector<double>;

struct Size {
  std::int64_t rows, cols;
};

/// Row lengths around every vector width, and sizes that are divided among threads.
std::vector<Size> sizes() {
  std::vector<Size> out;
  for (std::int64_t cols = 1; cols <= 49; ++cols) out.push_back({3, cols});
  out.push_back({768, 65});
  out.push_back({5, 4099});
  return out;
}

Doubles row_of(const std::vector<float>& x, std::int64_t r, std::int64_t cols) {
  return Doubles(x.begin() + r * cols, x.begin() + (r + 1) * cols);
}

Doubles softmax_of(Doubles x) {
  const double top = *std::max_element(x.begin(), x.end());
  double sum = 0;
  for (double& v : x) sum += v = std::exp(v - top);
  for (double& v : x) v /= sum;
  return x;
}

double log_sum_exp(const Doubles& x) {
  const double top = *std::max_element(x.begin(), x.end());
  double sum = 0;
  for (double v : x) sum += std::exp(v - top);
  return top + std::log(sum);
}

double mean_of(const Doubles& x) {
  double sum = 0;
  for (double v : x) sum += v;
  return sum / static_cast<double>(x.size());
}

constexpr double kEps = std::numeric_limits<float>::epsilon();

TEST(Softmax, StaysWithinItsBound) {
  for (const auto [rows, cols] : sizes()) {
    const auto x = draw<float>(rows * cols, -9, 9, 1);
    for_every_table(
        [&](const Table& t) {
          std::vector<float> y(x.size());
          softmax(TestExec(t, 0).exec, x.data(), y.data(), rows, cols);
          return y;
        },
        [&](const Table&, const std::vector<float>& y) {
          for (std::int64_t r = 0; r < rows; ++r) {
            const Doubles expected = softmax_of(row_of(x, r, cols)), actual = row_of(y, r, cols);
            for (std::size_t j = 0; j < expected.size(); ++j) {
              // 4 ULP + cols eps of the exponential and the sum, and the rounding of x - max: half an ULP of at
              // most 18.
              const double bound = (4 + static_cast<double>(cols)) * kEps + 18 * kEps / 2;
              ASSERT_LE(std::abs(actual[j] - expected[j]), bound * expected[j]) << cols;
            }
          }
        });
  }
}

TEST(Softmax, LargeAndInfiniteInputsDoNotOverflow) {
  const std::vector<float> x{1e30f, 1e30f, -1e30f, -INFINITY, 0, -INFINITY, 0, 0};
  for_every_table(
      [&](const Table& t) {
        std::vector<float> y(8);
        softmax(TestExec(t, 0).exec, x.data(), y.data(), 2, 4);
        return y;
      },
      [](const Table&, const std::vector<float>& y) {
        EXPECT_EQ(y[0], 0.5f);
        EXPECT_EQ(y[2], 0.f);
        EXPECT_EQ(y[3], 0.f);
        EXPECT_FLOAT_EQ(y[4], 1 / 3.f);
        EXPECT_EQ(y[5], 0.f);
      });
}

TEST(Softmax, NaNSpoilsItsOwnRowOnly) {
  std::vector<float> x(2 * 37, 1.f);
  x[20] = NAN;
  for_every_table(
      [&](const Table& t) {
        std::vector<float> y(x.size());
        softmax(TestExec(t, 0).exec, x.data(), y.data(), 2, 37);
        return y;
      },
      [](const Table&, const std::vector<float>& y) {
        for (std::size_t j = 0; j < 37; ++j) EXPECT_TRUE(std::isnan(y[j]));
        for (std::size_t j = 37; j < 74; ++j) EXPECT_FLOAT_EQ(y[j], 1 / 37.f);
      });
}

TEST(SoftmaxBackward, IsTheJacobianTimesTheGradient) {
  for (const auto [rows, cols] : sizes()) {
    const auto gy = draw<float>(rows * cols, -1, 1, 2), y = draw<float>(rows * cols, 0, 1, 3);
    for_every_table(
        [&](const Table& t) {
          std::vector<float> gx(y.size());
          softmax_backward(TestExec(t, 0).exec, gy.data(), y.data(), gx.data(), rows, cols);
          return gx;
        },
        [&](const Table&, const std::vector<float>& gx) {
          for (std::int64_t r = 0; r < rows; ++r) {
            const Doubles g = row_of(gy, r, cols), p = row_of(y, r, cols), actual = row_of(gx, r, cols);
            double dot = 0, size = 0;
            for (std::size_t j = 0; j < g.size(); ++j) dot += g[j] * p[j], size += std::abs(g[j] * p[j]);
            for (std::size_t j = 0; j < g.size(); ++j) {
              ASSERT_NEAR(actual[j], p[j] * (g[j] - dot), kEps * (4 + static_cast<double>(cols) * size));
            }
          }
        });
  }
}

TEST(LogSoftmax, IsTheLogarithmOfSoftmaxAndItsGradient) {
  for (const auto [rows, cols] : sizes()) {
    const auto x = draw<float>(rows * cols, -9, 9, 4), gy = draw<float>(rows * cols, -1, 1, 5);
    for_every_table(
        [&](const Table& t) {
          std::vector<float> y(2 * x.size());
          log_softmax(TestExec(t, 0).exec, x.data(), y.data(), rows, cols);
          log_softmax_backward(TestExec(t, 0).exec, gy.data(), y.data(), y.data() + x.size(), rows, cols);
          return y;
        },
        [&](const Table&, const std::vector<float>& y) {
          for (std::int64_t r = 0; r < rows; ++r) {
            const Doubles in = row_of(x, r, cols), g = row_of(gy, r, cols), actual = row_of(y, r, cols);
            const Doubles gx = row_of(y, rows + r, cols), p = softmax_of(in);
            const double lse = log_sum_exp(in), total = mean_of(g) * static_cast<double>(cols);
            for (std::size_t j = 0; j < in.size(); ++j) {
              ASSERT_NEAR(actual[j], in[j] - lse, kEps * (40 + static_cast<double>(cols)));
              ASSERT_NEAR(gx[j], g[j] - p[j] * total, kEps * (40 + static_cast<double>(cols)) * (1 + std::abs(total)));
            }
          }
        });
  }
}

TEST(SoftmaxCrossEntropy, LossAndGradientInOnePass) {
  for (const auto [rows, cols] : sizes()) {
    const auto x = draw<float>(rows * cols, -9, 9, 6);
    std::vector<std::int64_t> target;
    for (std::int64_t r = 0; r < rows; ++r) target.push_back(r * 7 % cols);
    for_every_table(
        [&](const Table& t) {
          std::vector<float> out(x.size() + target.size());
          softmax_cross_entropy(TestExec(t, 0).exec, x.data(), target.data(), out.data() + x.size(), out.data(), rows,
                                cols, -100);
          return out;
        },
        [&](const Table&, const std::vector<float>& out) {
          for (std::int64_t r = 0; r < rows; ++r) {
            const Doubles in = row_of(x, r, cols), p = softmax_of(in), grad = row_of(out, r, cols);
            const auto t = static_cast<std::size_t>(target[static_cast<std::size_t>(r)]);
            const double bound = kEps * (40 + static_cast<double>(cols));
            ASSERT_NEAR(out[x.size() + static_cast<std::size_t>(r)], log_sum_exp(in) - in[t], bound);
            for (std::size_t j = 0; j < p.size(); ++j) ASSERT_NEAR(grad[j], p[j] - (j == t ? 1 : 0), bound);
          }
        });
  }
}

TEST(SoftmaxCrossEntropy, IgnoredRowsAreZeroAndBadTargetsNaN) {
  const std::vector<float> x(4 * 20, 0.f);
  const std::vector<std::int64_t> target{-100, 20, -1, 3};
  for_every_table(
      [&](const Table& t) {
        std::vector<float> out(x.size() + 4);
        softmax_cross_entropy(TestExec(t, 0).exec, x.data(), target.data(), out.data() + 80, out.data(), 4, 20, -100);
        return out;
      },
      [](const Table&, const std::vector<float>& out) {
        EXPECT_EQ(out[80], 0.f);
        EXPECT_TRUE(std::isnan(out[81]));
        EXPECT_TRUE(std::isnan(out[82]));
        EXPECT_FLOAT_EQ(out[83], std::log(20.f));
        for (std::size_t j = 0; j < 20; ++j) {
          EXPECT_EQ(out[j], 0.f);
          EXPECT_TRUE(std::isnan(out[20 + j]));
        }
      });
}

TEST(LayerNorm, NormalisesScalesAndShifts) {
  for (const auto [rows, cols] : sizes()) {
    const auto x = draw<float>(rows * cols, -2, 3, 7), w = draw<float>(cols, 0.5, 2, 8),
               b = draw<float>(cols, -1, 1, 9);
    const float eps = 1e-5f;
    const std::size_t n = x.size();
    for_every_table(
        [&](const Table& t) {
          std::vector<float> out(2 * n + 2 * static_cast<std::size_t>(rows));
          float *mean = out.data() + 2 * n, *rstd = mean + rows;
          layer_norm<float>(TestExec(t, 0).exec, x.data(), nullptr, nullptr, out.data() + n, mean, rstd, rows, cols,
                            eps);
          layer_norm(TestExec(t, 0).exec, x.data(), w.data(), b.data(), out.data(), mean, rstd, rows, cols, eps);
          return out;
        },
        [&](const Table&, const std::vector<float>& out) {
          for (std::int64_t r = 0; r < rows; ++r) {
            const Doubles in = row_of(x, r, cols), y = row_of(out, r, cols), plain = row_of(out, rows + r, cols);
            const double mean = mean_of(in);
            double var = 0;
            for (double v : in) var += (v - mean) * (v - mean) / static_cast<double>(cols);
            const double rstd = 1 / std::sqrt(var + eps);
            // |x - mean| <= 5, errors of mean and rstd at most cols eps, all relative to 5 rstd.
            const double bound = kEps * (8 + static_cast<double>(cols)) * (1 + 5 * rstd);
            for (std::size_t j = 0; j < in.size(); ++j) {
              const double h = (in[j] - mean) * rstd;
              ASSERT_NEAR(plain[j], h, bound) << cols;
              ASSERT_NEAR(y[j], h * static_cast<double>(w[j]) + static_cast<double>(b[j]), 2 * bound) << cols;
            }
            const auto at = 2 * n + static_cast<std::size_t>(r);
            ASSERT_NEAR(out[at], mean, bound);
            ASSERT_NEAR(out[at + static_cast<std::size_t>(rows)] / rstd, 1, bound);
          }
        });
  }
}

TEST(LayerNormBackward, FollowsTheDocumentedFormula) {
  for (const auto [rows, cols] : sizes()) {
    const auto x = draw<float>(rows * cols, -2, 3, 10), gy = draw<float>(rows * cols, -1, 1, 11);
    const auto w = draw<float>(cols, 0.5, 2, 12), mean = draw<float>(rows, -1, 1, 13),
               rstd = draw<float>(rows, 0.5, 2, 14);
    for_every_table(
        [&](const Table& t) {
          std::vector<float> gx(x.size());
          layer_norm_backward(TestExec(t, 0).exec, gy.data(), x.data(), w.data(), mean.data(), rstd.data(), gx.data(),
                              rows, cols);
          return gx;
        },
        [&](const Table&, const std::vector<float>& gx) {
          for (std::int64_t r = 0; r < rows; ++r) {
            const auto at = static_cast<std::size_t>(r);
            Doubles gh = row_of(gy, r, cols), h = row_of(x, r, cols), both;
            for (std::size_t j = 0; j < h.size(); ++j) {
              gh[j] *= static_cast<double>(w[j]);
              h[j] = (h[j] - static_cast<double>(mean[at])) * static_cast<double>(rstd[at]);
              both.push_back(gh[j] * h[j]);
            }
            const double mean_g = mean_of(gh), mean_gh = mean_of(both);
            const Doubles actual = row_of(gx, r, cols);
            for (std::size_t j = 0; j < h.size(); ++j) {
              const double expected = static_cast<double>(rstd[at]) * (gh[j] - mean_g - h[j] * mean_gh);
              ASSERT_NEAR(actual[j], expected, kEps * (100 + static_cast<double>(cols) * 10)) << cols;
            }
          }
        });
  }
}

TEST(Rows, DoublePrecisionUsesTheSameKernels) {
  const std::vector<double> x{1, 2, 3};
  std::vector<double> y(3), mean(1), rstd(1);
  const TestExec exec(table(), 0);
  softmax(exec.exec, x.data(), y.data(), 1, 3);
  const Doubles expected = softmax_of({1, 2, 3});
  for (std::size_t j = 0; j < 3; ++j) EXPECT_NEAR(y[j], expected[j], 1e-15);
  layer_norm<double>(exec.exec, x.data(), nullptr, nullptr, y.data(), mean.data(), rstd.data(), 1, 3, 0);
  EXPECT_NEAR(y[2], std::sqrt(1.5), 1e-15);
}

}  // namespace
}  // namespace neuro::kernels
