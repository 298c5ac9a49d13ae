#include "neuro/kernels/conv.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <memory>
#include <random>
#include <vector>

#include "neuro/kernels/table.h"
#include "neuro/parallel.h"
#include "neuro/str.h"

namespace neuro::kernels {
namespace {

/// Scratch of exactly the size that was asked for, so that the sanitizers see a write beyond it.
struct Scratch {
  explicit Scratch(std::size_t bytes)
      : stride((bytes + 63) / 64 * 64), memory(allocate(stride * thread_count()), std::free) {}
  static std::byte* allocate(std::size_t bytes) {
    return static_cast<std::byte*>(std::aligned_alloc(64, bytes == 0 ? 64 : bytes));
  }
  Exec exec(const Table& table) const { return {&table, memory.get(), stride}; }

  std::size_t stride;
  std::unique_ptr<std::byte, void (*)(void*)> memory;
};

template <class T>
std::vector<T> random_values(std::int64_t n, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<T> uniform(-1, 1);
  std::vector<T> out(static_cast<std::size_t>(n));
  for (T& v : out) v = uniform(random);
  return out;
}

std::int64_t out_size(std::int64_t in, std::int64_t before, std::int64_t after, std::int64_t kernel,
                      std::int64_t stride, std::int64_t dilation) {
  return (in + before + after - dilation * (kernel - 1) - 1) / stride + 1;
}

Conv2d with_output(Conv2d p) {
  p.OH = out_size(p.H, p.top, p.bottom, p.KH, p.stride_h, p.dilation_h);
  p.OW = out_size(p.W, p.left, p.right, p.KW, p.stride_w, p.dilation_w);
  return p;
}

std::string text(const Conv2d& p) {
  return str("[", p.N, ", ", p.C, ", ", p.H, ", ", p.W, "] -> ", p.O, " by ", p.KH, " x ", p.KW, " stride ", p.stride_h,
             ",", p.stride_w, " pad ", p.top, ",", p.bottom, ",", p.left, ",", p.right, " dilation ", p.dilation_h, ",",
             p.dilation_w, " groups ", p.groups);
}

struct Sizes {
  std::int64_t x, w, y;
};
Sizes sizes(const Conv2d& p) {
  return {p.N * p.C * p.H * p.W, p.O * (p.C / p.groups) * p.KH * p.KW, p.N * p.O * p.OH * p.OW};
}

/// Calls f(x index, w index, y index) for every product that the definition of the convolution adds to y.
template <class F>
void for_each_product(const Conv2d& p, const F& f) {
  const std::int64_t channels = p.C / p.groups, outputs = p.O / p.groups;
  for (std::int64_t n = 0; n < p.N; ++n) {
    for (std::int64_t o = 0; o < p.O; ++o) {
      for (std::int64_t oh = 0; oh < p.OH; ++oh) {
        for (std::int64_t ow = 0; ow < p.OW; ++ow) {
          for (std::int64_t c = 0; c < channels; ++c) {
            for (std::int64_t kh = 0; kh < p.KH; ++kh) {
              for (std::int64_t kw = 0; kw < p.KW; ++kw) {
                const std::int64_t ih = oh * p.stride_h - p.top + kh * p.dilation_h;
                const std::int64_t iw = ow * p.stride_w - p.left + kw * p.dilation_w;
                if (ih < 0 || ih >= p.H || iw < 0 || iw >= p.W) continue;
                const std::int64_t from = o / outputs * channels + c;
                f(static_cast<std::size_t>(((n * p.C + from) * p.H + ih) * p.W + iw),
                  static_cast<std::size_t>(((o * channels + c) * p.KH + kh) * p.KW + kw),
                  static_cast<std::size_t>(((n * p.O + o) * p.OH + oh) * p.OW + ow));
              }
            }
          }
        }
      }
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

const std::vector<Conv2d>& geometries() {
  static const std::vector<Conv2d> all = [] {
    std::vector<Conv2d> out;
    const auto add = [&](Conv2d p) { out.push_back(with_output(p)); };
    add({.N = 2,
         .C = 1,
         .H = 28,
         .W = 28,
         .O = 16,
         .KH = 3,
         .KW = 3,
         .OH = 0,
         .OW = 0,
         .top = 1,
         .bottom = 1,
         .left = 1,
         .right = 1});
    add({.N = 3,
         .C = 16,
         .H = 14,
         .W = 14,
         .O = 32,
         .KH = 3,
         .KW = 3,
         .OH = 0,
         .OW = 0,
         .top = 1,
         .bottom = 1,
         .left = 1,
         .right = 1});
    add({.N = 2, .C = 3, .H = 20, .W = 23, .O = 5, .KH = 5, .KW = 5, .OH = 0, .OW = 0});
    add({.N = 2, .C = 6, .H = 7, .W = 7, .O = 10, .KH = 1, .KW = 1, .OH = 0, .OW = 0});
    add({.N = 2, .C = 6, .H = 8, .W = 9, .O = 4, .KH = 1, .KW = 1, .OH = 0, .OW = 0, .stride_h = 2, .stride_w = 2});
    add({.N = 1,
         .C = 3,
         .H = 33,
         .W = 31,
         .O = 8,
         .KH = 7,
         .KW = 7,
         .OH = 0,
         .OW = 0,
         .stride_h = 2,
         .stride_w = 2,
         .top = 3,
         .bottom = 3,
         .left = 3,
         .right = 3});
    add({.N = 2,
         .C = 4,
         .H = 12,
         .W = 5,
         .O = 6,
         .KH = 2,
         .KW = 3,
         .OH = 0,
         .OW = 0,
         .stride_h = 3,
         .stride_w = 1,
         .top = 0,
         .bottom = 2,
         .left = 2,
         .right = 0});
    add({.N = 2,
         .C = 4,
         .H = 12,
         .W = 11,
         .O = 6,
         .KH = 3,
         .KW = 2,
         .OH = 0,
         .OW = 0,
         .top = 2,
         .bottom = 1,
         .left = 0,
         .right = 3,
         .dilation_h = 2,
         .dilation_w = 3});
    add({.N = 2,
         .C = 6,
         .H = 9,
         .W = 9,
         .O = 9,
         .KH = 3,
         .KW = 3,
         .OH = 0,
         .OW = 0,
         .top = 1,
         .bottom = 1,
         .left = 1,
         .right = 1,
         .groups = 3});
    add({.N = 2,
         .C = 8,
         .H = 10,
         .W = 10,
         .O = 8,
         .KH = 3,
         .KW = 3,
         .OH = 0,
         .OW = 0,
         .top = 1,
         .bottom = 1,
         .left = 1,
         .right = 1,
         .groups = 8});
    add({.N = 2,
         .C = 4,
         .H = 10,
         .W = 10,
         .O = 8,
         .KH = 3,
         .KW = 3,
         .OH = 0,
         .OW = 0,
         .stride_h = 2,
         .stride_w = 2,
         .top = 1,
         .bottom = 1,
         .left = 1,
         .right = 1,
         .groups = 4});
    add({.N = 1,
         .C = 70,
         .H = 6,
         .W = 6,
         .O = 20,
         .KH = 3,
         .KW = 3,
         .OH = 0,
         .OW = 0,
         .top = 1,
         .bottom = 1,
         .left = 1,
         .right = 1});
    add({.N = 2, .C = 2, .H = 1, .W = 40, .O = 3, .KH = 1, .KW = 4, .OH = 0, .OW = 0, .left = 3});
    add({.N = 2, .C = 2, .H = 40, .W = 1, .O = 3, .KH = 4, .KW = 1, .OH = 0, .OW = 0, .top = 5, .bottom = 4});
    add({.N = 1, .C = 1, .H = 1, .W = 1, .O = 1, .KH = 1, .KW = 1, .OH = 0, .OW = 0});
    add({.N = 1,
         .C = 2,
         .H = 3,
         .W = 3,
         .O = 2,
         .KH = 2,
         .KW = 2,
         .OH = 0,
         .OW = 0,
         .top = 4,
         .bottom = 4,
         .left = 4,
         .right = 4});
    add({.N = 1,
         .C = 5,
         .H = 4,
         .W = 6,
         .O = 130,
         .KH = 3,
         .KW = 3,
         .OH = 0,
         .OW = 0,
         .top = 1,
         .bottom = 1,
         .left = 1,
         .right = 1});
    std::mt19937 random(7);
    const auto draw = [&](int low, int high) { return std::uniform_int_distribution<std::int64_t>(low, high)(random); };
    while (out.size() < 70) {
      Conv2d p{.N = draw(1, 4),
               .C = 0,
               .H = draw(1, 20),
               .W = draw(1, 36),
               .O = 0,
               .KH = draw(1, 4),
               .KW = draw(1, 4),
               .OH = 0,
               .OW = 0};
      p.groups = draw(0, 2) == 0 ? draw(1, 3) : 1;
      p.C = p.groups * draw(1, 5);
      p.O = p.groups * draw(1, 9);
      p.stride_h = draw(1, 3);
      p.stride_w = draw(0, 1) == 0 ? 1 : draw(1, 3);
      p.top = draw(0, 3);
      p.bottom = draw(0, 3);
      p.left = draw(0, 3);
      p.right = draw(0, 3);
      p.dilation_h = draw(1, 2);
      p.dilation_w = draw(1, 2);
      if (p.H + p.top + p.bottom <= p.dilation_h * (p.KH - 1) || p.W + p.left + p.right <= p.dilation_w * (p.KW - 1))
        continue;
      add(p);
    }
    return out;
  }();
  return all;
}

template <class T>
void check(const Table& table, const Conv2d& p) {
  SCOPED_TRACE(text(p));
  const Sizes n = sizes(p);
  const std::vector<T> x = random_values<T>(n.x, 1), w = random_values<T>(n.w, 2), gy = random_values<T>(n.y, 3),
                       bias = random_values<T>(p.O, 4);
  Expected forward(n.y), input(n.x), weight(n.w);
  for_each_product(p, [&](std::size_t xi, std::size_t wi, std::size_t yi) {
    forward.add(yi, static_cast<double>(x[xi]) * w[wi]);
    input.add(xi, static_cast<double>(gy[yi]) * w[wi]);
    weight.add(wi, static_cast<double>(gy[yi]) * x[xi]);
  });
  const T nan = std::numeric_limits<T>::quiet_NaN();
  const std::int64_t taps = p.KH * p.KW;
  const Scratch scratch(std::max(
      {conv2d_scratch<T>(table, p), conv2d_input_grad_scratch<T>(table, p), conv2d_weight_grad_scratch<T>(table, p)}));

  std::vector<T> y(static_cast<std::size_t>(n.y), nan);
  conv2d(scratch.exec(table), p, x.data(), w.data(), static_cast<const T*>(nullptr), y.data(), {});
  EXPECT_LE(forward.worst(y, p.C / p.groups * taps), 1) << "forward";

  std::vector<T> with_bias(static_cast<std::size_t>(n.y), nan);
  conv2d(scratch.exec(table), p, x.data(), w.data(), bias.data(), with_bias.data(), {});
  for (std::size_t i = 0; i < y.size(); ++i)
    ASSERT_EQ(with_bias[i], y[i] + bias[i / static_cast<std::size_t>(p.OH * p.OW) % static_cast<std::size_t>(p.O)]);

  std::vector<T> gx(static_cast<std::size_t>(n.x), nan);
  conv2d_input_grad(scratch.exec(table), p, gy.data(), w.data(), gx.data());
  EXPECT_LE(input.worst(gx, p.O / p.groups * taps), 1) << "input gradient";

  std::vector<T> gw(static_cast<std::size_t>(n.w), nan);
  conv2d_weight_grad(scratch.exec(table), p, gy.data(), x.data(), gw.data());
  EXPECT_LE(weight.worst(gw, p.N * p.OH * p.OW), 1) << "weight gradient";
}

TEST(Conv, EqualsItsDefinitionForEveryTable) {
  for (const Table* table : supported_tables()) {
    SCOPED_TRACE(table->name);
    for (const Conv2d& p : geometries()) check<float>(*table, p);
  }
}

TEST(Conv, EqualsItsDefinitionInF64) {
  for (const Conv2d& p : geometries()) check<double>(table(), p);
}

TEST(Conv, EmptyBatchesGiveNothingAndZeroWeightGradients) {
  const Conv2d p = with_output({.N = 0, .C = 2, .H = 5, .W = 5, .O = 3, .KH = 3, .KW = 3, .OH = 0, .OW = 0});
  const Scratch scratch(conv2d_weight_grad_scratch<float>(table(), p));
  std::vector<float> gw(54, 1.f);
  conv2d_weight_grad<float>(scratch.exec(table()), p, nullptr, nullptr, gw.data());
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
      const Conv2d& p = geometries()[i];
      const Sizes n = sizes(p);
      const std::vector<float> x = random_values<float>(n.x, 1), w = random_values<float>(n.w, 2),
                               bias = random_values<float>(p.O, 4);
      const Scratch scratch(conv2d_scratch<float>(table(), p));
      std::vector<float> plain(static_cast<std::size_t>(n.y)), y(plain.size());
      conv2d(scratch.exec(table()), p, x.data(), w.data(), bias.data(), plain.data(), {});
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
      conv2d(scratch.exec(table()), p, x.data(), w.data(), bias.data(), y.data(), epilogue);
      EXPECT_EQ(seen.count, std::vector<int>(y.size(), 1)) << text(p);
      EXPECT_FALSE(seen.early) << text(p);
    }
  }
  set_thread_count(threads);
}

TEST(Conv, BitsDoNotDependOnThreads) {
  const int threads = thread_count();
  std::vector<Conv2d> cases;
  cases.push_back(with_output({.N = 9,
                               .C = 16,
                               .H = 14,
                               .W = 14,
                               .O = 32,
                               .KH = 3,
                               .KW = 3,
                               .OH = 0,
                               .OW = 0,
                               .top = 1,
                               .bottom = 1,
                               .left = 1,
                               .right = 1}));
  cases.push_back(with_output({.N = 1,
                               .C = 64,
                               .H = 14,
                               .W = 14,
                               .O = 150,
                               .KH = 3,
                               .KW = 3,
                               .OH = 0,
                               .OW = 0,
                               .top = 1,
                               .bottom = 1,
                               .left = 1,
                               .right = 1}));
  for (const Conv2d& p : cases) {
    const Sizes n = sizes(p);
    const std::vector<float> x = random_values<float>(n.x, 1), w = random_values<float>(n.w, 2),
                             gy = random_values<float>(n.y, 3);
    std::vector<float> results[3];
    for (const int count : {1, 2, 3}) {
      set_thread_count(count);
      const Scratch scratch(std::max({conv2d_scratch<float>(table(), p), conv2d_input_grad_scratch<float>(table(), p),
                                      conv2d_weight_grad_scratch<float>(table(), p)}));
      std::vector<float> all(static_cast<std::size_t>(n.x + n.y + n.w));
      conv2d(scratch.exec(table()), p, x.data(), w.data(), static_cast<const float*>(nullptr), all.data(), {});
      conv2d_input_grad(scratch.exec(table()), p, gy.data(), w.data(), all.data() + n.y);
      conv2d_weight_grad(scratch.exec(table()), p, gy.data(), x.data(), all.data() + n.y + n.x);
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
        Conv2d p{.N = 1'000, .C = channels, .H = 500, .W = 500, .O = 2'000, .KH = 3, .KW = 3, .OH = 0, .OW = 0};
        p.stride_h = p.stride_w = stride;
        p = with_output(p);
        constexpr std::size_t kBound = 1024 * 1024;
        EXPECT_LE(conv2d_scratch<float>(*t, p), kBound);
        EXPECT_LE(conv2d_input_grad_scratch<float>(*t, p), kBound);
        EXPECT_LE(conv2d_weight_grad_scratch<float>(*t, p), kBound);
      }
    }
  }
}

}  // namespace
}  // namespace neuro::kernels
