#include "neuro/kernels/conv.h"

#include <cmath>
#include <limits>
#include <random>

#include "kernel_testing.h"
#include "neuro/str.h"

namespace neuro::kernels {
namespace {

std::int64_t out_size(std::int64_t in, std::int64_t before, std::int64_t after, std::int64_t kernel,
                      std::int64_t stride, std::int64_t dilation) {
  return (in + before + after - dilation * (kernel - 1) - 1) / stride + 1;
}

Conv with_output(Conv p) {
  p.OD = out_size(p.D, p.front, p.back, p.KD, p.stride_d, p.dilation_d);
  p.OH = out_size(p.H, p.top, p.bottom, p.KH, p.stride_h, p.dilation_h);
  p.OW = out_size(p.W, p.left, p.right, p.KW, p.stride_w, p.dilation_w);
  return p;
}

std::string text(const Conv& p) {
  return str("[", p.N, ", ", p.C, ", ", p.D, ", ", p.H, ", ", p.W, "] -> ", p.O, " by ", p.KD, " x ", p.KH, " x ", p.KW,
             " stride ", p.stride_d, ",", p.stride_h, ",", p.stride_w, " pad ", p.front, ",", p.back, ",", p.top, ",",
             p.bottom, ",", p.left, ",", p.right, " dilation ", p.dilation_d, ",", p.dilation_h, ",", p.dilation_w,
             " groups ", p.groups);
}

struct Sizes {
  std::int64_t x, w, y;
};
Sizes sizes(const Conv& p) {
  return {p.N * p.C * p.D * p.H * p.W, p.O * (p.C / p.groups) * p.KD * p.KH * p.KW, p.N * p.O * p.OD * p.OH * p.OW};
}

/// Calls f(x index, w index, y index) for every product that the definition of the convolution adds to y.
template <class F>
void for_each_product(const Conv& p, const F& f) {
  const std::int64_t channels = p.C / p.groups, outputs = p.O / p.groups, pixels = p.OD * p.OH * p.OW;
  const std::int64_t k = channels * p.KD * p.KH * p.KW;
  for (std::int64_t y = 0; y < p.N * p.O * pixels; ++y) {
    const std::int64_t ow = y % p.OW, oh = y / p.OW % p.OH, od = y / p.OW / p.OH % p.OD;
    const std::int64_t o = y / pixels % p.O, n = y / pixels / p.O;
    for (std::int64_t w = 0; w < k; ++w) {
      const std::int64_t kw = w % p.KW, kh = w / p.KW % p.KH, kd = w / p.KW / p.KH % p.KD;
      const std::int64_t c = o / outputs * channels + w / p.KW / p.KH / p.KD;
      const std::int64_t id = od * p.stride_d - p.front + kd * p.dilation_d;
      const std::int64_t ih = oh * p.stride_h - p.top + kh * p.dilation_h;
      const std::int64_t iw = ow * p.stride_w - p.left + kw * p.dilation_w;
      if (id < 0 || id >= p.D || ih < 0 || ih >= p.H || iw < 0 || iw >= p.W) continue;
      f(static_cast<std::size_t>((((n * p.C + c) * p.D + id) * p.H + ih) * p.W + iw),
        static_cast<std::size_t>(o * k + w), static_cast<std::size_t>(y));
    }
  }
}

/// Exact sums and the sums of magnitudes.
struct Expected {
  explicit Expected(std::int64_t n) : sum(static_cast<std::size_t>(n)), magnitude(static_cast<std::size_t>(n)) {}
  void add(std::size_t at, double product) {
    sum[at] += product;
    magnitude[at] += std::fabs(product);
  }
  /// The largest error in units of (terms + 2) eps sum |products|.
  template <class T>
  double worst(const std::vector<T>& actual, std::int64_t terms) const {
    double out = 0;
    for (std::size_t i = 0; i < sum.size(); ++i) {
      const double error = std::fabs(actual[i] - sum[i]);
      const double bound = static_cast<double>(terms + 2) * std::numeric_limits<T>::epsilon() * magnitude[i];
      if (error != 0) out = std::max(out, std::isnan(error) ? std::numeric_limits<double>::infinity() : error / bound);
    }
    return out;
  }
  std::vector<double> sum, magnitude;
};

/// Some layers of networks, each edge of the kernels, and random ones. Columns as the members of Conv; output sizes
/// are filled in.
const std::vector<Conv>& geometries() {
  static const std::vector<Conv> all = [] {
    std::vector<Conv> out{
        {2, 1, 1, 28, 28, 16, 1, 3, 3, 1, 0, 0, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1},
        {3, 16, 1, 14, 14, 32, 1, 3, 3, 1, 0, 0, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1},
        {2, 3, 1, 20, 23, 5, 1, 5, 5, 1, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1},
        {2, 6, 1, 7, 7, 10, 1, 1, 1, 1, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1},
        {2, 6, 1, 8, 9, 4, 1, 1, 1, 1, 0, 0, 1, 2, 2, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1},
        {1, 3, 1, 33, 31, 8, 1, 7, 7, 1, 0, 0, 1, 2, 2, 0, 0, 3, 3, 3, 3, 1, 1, 1, 1},
        {2, 4, 1, 12, 5, 6, 1, 2, 3, 1, 0, 0, 1, 3, 1, 0, 0, 0, 2, 2, 0, 1, 1, 1, 1},
        {2, 4, 1, 12, 11, 6, 1, 3, 2, 1, 0, 0, 1, 1, 1, 0, 0, 2, 1, 0, 3, 1, 2, 3, 1},
        {2, 6, 1, 9, 9, 9, 1, 3, 3, 1, 0, 0, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1, 1, 3},
        {2, 8, 1, 10, 10, 8, 1, 3, 3, 1, 0, 0, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1, 1, 8},
        {2, 4, 1, 10, 10, 8, 1, 3, 3, 1, 0, 0, 1, 2, 2, 0, 0, 1, 1, 1, 1, 1, 1, 1, 4},
        {1, 70, 1, 6, 6, 20, 1, 3, 3, 1, 0, 0, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1},
        {2, 2, 1, 1, 40, 3, 1, 1, 4, 1, 0, 0, 1, 1, 1, 0, 0, 0, 0, 3, 0, 1, 1, 1, 1},
        {2, 2, 1, 40, 1, 3, 1, 4, 1, 1, 0, 0, 1, 1, 1, 0, 0, 5, 4, 0, 0, 1, 1, 1, 1},
        {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1},
        {1, 2, 1, 3, 3, 2, 1, 2, 2, 1, 0, 0, 1, 1, 1, 0, 0, 4, 4, 4, 4, 1, 1, 1, 1},
        {1, 5, 1, 4, 6, 130, 1, 3, 3, 1, 0, 0, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1},
        {2, 3, 5, 6, 7, 4, 3, 3, 3, 1, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1},  // volumes
        {1, 4, 6, 5, 9, 6, 3, 2, 3, 1, 0, 0, 2, 2, 2, 1, 1, 1, 0, 1, 1, 1, 1, 1, 2},
        {2, 2, 7, 4, 5, 3, 2, 2, 2, 1, 0, 0, 3, 1, 2, 2, 1, 0, 0, 1, 0, 2, 1, 2, 1},
        {2, 5, 4, 6, 18, 5, 3, 3, 3, 1, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 5},  // one channel a group
        {2, 3, 5, 6, 17, 6, 2, 3, 3, 1, 0, 0, 2, 2, 2, 1, 1, 1, 1, 1, 1, 2, 1, 2, 3},
        {3, 4, 1, 30, 45, 4, 1, 3, 3, 1, 0, 0, 1, 2, 2, 0, 0, 1, 1, 1, 1, 1, 1, 1, 4},
        {2, 8, 1, 1, 300, 8, 1, 1, 4, 1, 0, 0, 1, 1, 1, 0, 0, 0, 0, 3, 0, 1, 1, 1, 8},
        {1, 2, 1, 9, 7, 6, 1, 3, 3, 1, 0, 0, 1, 1, 1, 0, 0, 4, 3, 5, 1, 1, 1, 1, 2},  // more padding than kernel
        {1, 3, 1, 70, 90, 3, 1, 7, 7, 1, 0, 0, 1, 1, 3, 0, 0, 3, 3, 3, 3, 1, 2, 1, 3},
    };
    for (Conv& p : out) p = with_output(p);
    std::mt19937 random(7);
    const auto pick = [&](int low, int high) { return std::uniform_int_distribution<std::int64_t>(low, high)(random); };
    while (out.size() < 100) {
      Conv p{.N = pick(1, 4),
             .C = 0,
             .H = pick(1, 20),
             .W = pick(1, 36),
             .O = 0,
             .KH = pick(1, 4),
             .KW = pick(1, 4),
             .OH = 0,
             .OW = 0};
      if (out.size() % 3 == 0) {
        p.D = pick(1, 5);
        p.KD = pick(1, 3);
        p.stride_d = pick(1, 3);
        p.dilation_d = pick(1, 2);
        p.front = pick(0, 2);
        p.back = pick(0, 2);
      }
      p.groups = pick(0, 2) == 0 ? pick(1, 3) : 1;
      p.C = p.groups * pick(1, 5);
      p.O = p.groups * pick(1, 9);
      p.stride_h = pick(1, 3);
      p.stride_w = pick(0, 1) == 0 ? 1 : pick(1, 3);
      p.top = pick(0, 3);
      p.bottom = pick(0, 3);
      p.left = pick(0, 3);
      p.right = pick(0, 3);
      p.dilation_h = pick(1, 2);
      p.dilation_w = pick(1, 2);
      if (p.D + p.front + p.back <= p.dilation_d * (p.KD - 1) || p.H + p.top + p.bottom <= p.dilation_h * (p.KH - 1) ||
          p.W + p.left + p.right <= p.dilation_w * (p.KW - 1))
        continue;
      out.push_back(with_output(p));
    }
    return out;
  }();
  return all;
}

template <class T>
void check(const Table& table, const Conv& p) {
  SCOPED_TRACE(text(p));
  const Sizes n = sizes(p);
  const std::vector<T> x = draw<T>(n.x, -1, 1, 1), w = draw<T>(n.w, -1, 1, 2), gy = draw<T>(n.y, -1, 1, 3),
                       bias = draw<T>(p.O, -1, 1, 4);
  Expected forward(n.y), input(n.x), weight(n.w);
  for_each_product(p, [&](std::size_t xi, std::size_t wi, std::size_t yi) {
    forward.add(yi, static_cast<double>(x[xi]) * w[wi]);
    input.add(xi, static_cast<double>(gy[yi]) * w[wi]);
    weight.add(wi, static_cast<double>(gy[yi]) * x[xi]);
  });
  const T nan = std::numeric_limits<T>::quiet_NaN();
  const std::int64_t taps = p.KD * p.KH * p.KW;
  const Scratch scratch(std::max(
      {conv_scratch<T>(table, p), conv_input_grad_scratch<T>(table, p), conv_weight_grad_scratch<T>(table, p)}));

  std::vector<T> y(static_cast<std::size_t>(n.y), nan);
  conv(scratch.exec(table), p, x.data(), w.data(), static_cast<const T*>(nullptr), y.data(), {});
  EXPECT_LE(forward.worst(y, p.C / p.groups * taps), 1) << "forward";

  std::vector<T> with_bias(static_cast<std::size_t>(n.y), nan);
  conv(scratch.exec(table), p, x.data(), w.data(), bias.data(), with_bias.data(), {});
  for (std::size_t i = 0; i < y.size(); ++i)
    ASSERT_EQ(with_bias[i],
              y[i] + bias[i / static_cast<std::size_t>(p.OD * p.OH * p.OW) % static_cast<std::size_t>(p.O)]);

  std::vector<T> gx(static_cast<std::size_t>(n.x), nan);
  conv_input_grad(scratch.exec(table), p, gy.data(), w.data(), gx.data());
  EXPECT_LE(input.worst(gx, p.O / p.groups * taps), 1) << "input gradient";

  std::vector<T> gw(static_cast<std::size_t>(n.w), nan);
  conv_weight_grad(scratch.exec(table), p, gy.data(), x.data(), gw.data());
  EXPECT_LE(weight.worst(gw, p.N * p.OD * p.OH * p.OW), 1) << "weight gradient";
}

TEST(Conv, EqualsItsDefinitionForEveryTable) {
  for (const Table* table : supported_tables()) {
    SCOPED_TRACE(table->name);
    for (const Conv& p : geometries()) check<float>(*table, p);
  }
}

TEST(Conv, EqualsItsDefinitionInF64) {
  for (const Conv& p : geometries()) check<double>(table(), p);
}

TEST(Conv, EmptyBatchesGiveNothingAndZeroWeightGradients) {
  const Conv p = with_output({.N = 0, .C = 2, .H = 5, .W = 5, .O = 3, .KH = 3, .KW = 3, .OH = 0, .OW = 0});
  const Scratch scratch(conv_weight_grad_scratch<float>(table(), p));
  std::vector<float> gw(54, 1.f);
  conv_weight_grad<float>(scratch.exec(table()), p, nullptr, nullptr, gw.data());
  EXPECT_EQ(gw, std::vector<float>(54, 0.f));
}

TEST(Conv, EpilogueSeesEachFinishedElementOnce) {
  struct Seen {
    std::vector<int> count;
    const float* y;
    const float* finished;
    bool early = false;
  };
  const int threads = thread_count();
  for (const int count : {1, 3}) {
    set_thread_count(count);
    for (std::size_t i = 0; i < 20; ++i) {
      const Conv& p = geometries()[i];
      const Sizes n = sizes(p);
      const std::vector<float> x = draw<float>(n.x, -1, 1, 1), w = draw<float>(n.w, -1, 1, 2),
                               bias = draw<float>(p.O, -1, 1, 4);
      const Scratch scratch(conv_scratch<float>(table(), p));
      std::vector<float> plain(static_cast<std::size_t>(n.y)), y(plain.size());
      conv(scratch.exec(table()), p, x.data(), w.data(), bias.data(), plain.data(), {});
      Seen seen{std::vector<int>(y.size()), y.data(), plain.data()};
      const Epilogue epilogue{
          [](const void* context, std::int64_t, std::int64_t begin, std::int64_t end, int) noexcept {
            Seen& s = *static_cast<Seen*>(const_cast<void*>(context));
            for (std::int64_t e = begin; e < end; ++e) {
              ++s.count[static_cast<std::size_t>(e)];
              if (s.y[e] != s.finished[e]) s.early = true;
            }
          },
          &seen};
      conv(scratch.exec(table()), p, x.data(), w.data(), bias.data(), y.data(), epilogue);
      EXPECT_EQ(seen.count, std::vector<int>(y.size(), 1)) << text(p);
      EXPECT_FALSE(seen.early) << text(p);
    }
  }
  set_thread_count(threads);
}

TEST(Conv, BitsDoNotDependOnThreads) {
  const int threads = thread_count();
  const Conv cases[] = {
      with_output({9, 16, 1, 14, 14, 32, 1, 3, 3, 1, 0, 0, 1, 1, 1, 0, 0, 1, 1, 1, 1}),
      with_output({1, 64, 1, 14, 14, 150, 1, 3, 3, 1, 0, 0, 1, 1, 1, 0, 0, 1, 1, 1, 1}),
      with_output({2, 8, 6, 14, 14, 16, 3, 3, 3, 1, 0, 0, 1, 2, 2, 1, 1, 1, 1, 1, 1}),
      with_output({8, 64, 1, 28, 28, 64, 1, 3, 3, 1, 0, 0, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1, 1, 64}),
      with_output({4, 1, 1, 60, 60, 16, 1, 3, 3, 1, 0, 0, 1, 2, 2, 0, 0, 1, 1, 1, 1}),
  };
  for (const Conv& p : cases) {
    const Sizes n = sizes(p);
    const std::vector<float> x = draw<float>(n.x, -1, 1, 1), w = draw<float>(n.w, -1, 1, 2),
                             gy = draw<float>(n.y, -1, 1, 3);
    std::vector<float> results[3];
    for (const int count : {1, 2, 3}) {
      set_thread_count(count);
      const Scratch scratch(std::max({conv_scratch<float>(table(), p), conv_input_grad_scratch<float>(table(), p),
                                      conv_weight_grad_scratch<float>(table(), p)}));
      std::vector<float> all(static_cast<std::size_t>(n.x + n.y + n.w));
      conv(scratch.exec(table()), p, x.data(), w.data(), static_cast<const float*>(nullptr), all.data(), {});
      conv_input_grad(scratch.exec(table()), p, gy.data(), w.data(), all.data() + n.y);
      conv_weight_grad(scratch.exec(table()), p, gy.data(), x.data(), all.data() + n.y + n.x);
      results[count - 1] = all;
    }
    EXPECT_EQ(results[0], results[1]) << text(p);
    EXPECT_EQ(results[0], results[2]) << text(p);
  }
  set_thread_count(threads);
}

TEST(Conv, ScratchIsBounded) {
  for (const Table* t : supported_tables()) {
    for (const std::int64_t stride : {1, 2}) {
      for (const std::int64_t channels : {1, 64, 2'000}) {
        Conv p{.N = 1'000, .C = channels, .H = 500, .W = 500, .O = 2'000, .KH = 3, .KW = 3, .OH = 0, .OW = 0};
        p.stride_h = p.stride_w = stride;
        p = with_output(p);
        constexpr std::size_t kBound = 1024 * 1024;
        EXPECT_LE(conv_scratch<float>(*t, p), kBound);
        EXPECT_LE(conv_input_grad_scratch<float>(*t, p), kBound);
        EXPECT_LE(conv_weight_grad_scratch<float>(*t, p), kBound);
      }
    }
  }
}

}  // namespace
}  // namespace neuro::kernels
