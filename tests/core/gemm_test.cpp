#include "neuro/kernels/gemm.h"

#include <cmath>
#include <limits>

#include "kernel_testing.h"
#include "neuro/str.h"

namespace neuro::kernels {
namespace {

struct Case {
  std::int64_t M, N, K;
  Trans ta = Trans::no, tb = Trans::no;
  std::int64_t pad = 0;  ///< added to every leading dimension
  bool accumulate = false;
  std::int64_t batch = 1;
  bool share_a = false, share_b = false;
};

std::string text(const Case& c) {
  return str(c.M, " x ", c.N, " x ", c.K, " ", c.ta == Trans::yes ? "T" : "N", c.tb == Trans::yes ? "T" : "N", " pad ",
             c.pad, " batch ", c.batch, c.accumulate ? " accumulate" : "");
}

template <class T>
struct Problem {
  explicit Problem(const Case& c) {
    g.M = c.M;
    g.N = c.N;
    g.K = c.K;
    g.ta = c.ta;
    g.tb = c.tb;
    g.lda = (c.ta == Trans::no ? c.K : c.M) + c.pad;
    g.ldb = (c.tb == Trans::no ? c.N : c.K) + c.pad;
    g.ldc = c.N + c.pad;
    g.accumulate = c.accumulate;
    g.batch = c.batch;
    const std::int64_t size_a = (c.ta == Trans::no ? c.M : c.K) * g.lda,
                       size_b = (c.tb == Trans::no ? c.K : c.N) * g.ldb;
    g.batch_a = c.share_a ? 0 : size_a;
    g.batch_b = c.share_b ? 0 : size_b;
    g.batch_c = c.M * g.ldc;
    a = draw<T>(c.share_a ? size_a : size_a * c.batch, -1, 1, 1);
    b = draw<T>(c.share_b ? size_b : size_b * c.batch, -1, 1, 2);
    before = draw<T>(g.batch_c * c.batch, -1, 1, 3);
    c_ = before;
    g.a = a.data();
    g.b = b.data();
    g.c = c_.data();
  }

  void run(const Table& table) {
    const Scratch scratch(gemm_scratch<T>(table, g.M, g.N, g.K, g.ta, g.tb));
    gemm(scratch.exec(table), g);
  }

  /// The largest error in units of its bound (K + 2) eps sum |a b|; also checks that nothing but C was written.
  double worst() const {
    const double eps = std::numeric_limits<T>::epsilon();
    double out = 0;
    for (std::int64_t n = 0; n < g.batch; ++n) {
      for (std::int64_t i = 0; i < g.M; ++i) {
        for (std::int64_t j = 0; j < g.ldc; ++j) {
          const auto at = static_cast<std::size_t>(n * g.batch_c + i * g.ldc + j);
          if (j >= g.N) {
            if (c_[at] != before[at]) return std::numeric_limits<double>::infinity();
            continue;
          }
          long double exact = g.accumulate ? before[at] : 0, magnitude = std::fabs(exact);
          for (std::int64_t k = 0; k < g.K; ++k) {
            const T x =
                a[static_cast<std::size_t>(n * g.batch_a + (g.ta == Trans::no ? i * g.lda + k : k * g.lda + i))];
            const T y =
                b[static_cast<std::size_t>(n * g.batch_b + (g.tb == Trans::no ? k * g.ldb + j : j * g.ldb + k))];
            exact += static_cast<long double>(x) * y;
            magnitude += std::fabs(static_cast<long double>(x) * y);
          }
          const double error = static_cast<double>(std::fabs(c_[at] - exact));
          const double bound = static_cast<double>(static_cast<long double>(g.K + 2) * eps * magnitude);
          if (error != 0)
            out = std::max(out, std::isnan(error) ? std::numeric_limits<double>::infinity() : error / bound);
        }
      }
    }
    return out;
  }

  GemmArgs<T> g;
  std::vector<T> a, b, before, c_;
};

/// Runs `f(table)` for each instruction set of this machine.
template <class F>
void for_each_table(const F& f) {
  for (const Table* table : supported_tables()) {
    SCOPED_TRACE(table->name);
    f(*table);
  }
}

constexpr Trans kBoth[] = {Trans::no, Trans::yes};

TEST(Gemm, SizesAroundVectorsAndTilesAreWithinTheDotProductBound) {
  for_each_table([](const Table& table) {
    for (const std::int64_t M : {1, 2, 3, 4, 5, 6, 7, 13, 14, 15, 29}) {
      for (const std::int64_t N : {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 65}) {
        for (const std::int64_t K : {1, 2, 3, 4, 7, 8, 16, 17, 33}) {
          for (const Trans ta : kBoth) {
            for (const Trans tb : kBoth) {
              Problem<float> p({M, N, K, ta, tb});
              p.run(table);
              ASSERT_LE(p.worst(), 1) << text({M, N, K, ta, tb});
            }
          }
        }
      }
    }
  });
}

TEST(Gemm, F64IsWithinTheDotProductBound) {
  for (const std::int64_t M : {1, 2, 3, 4, 5, 6, 7, 13}) {
    for (const std::int64_t N : {1, 2, 3, 4, 5, 8, 9, 65}) {
      for (const std::int64_t K : {1, 2, 3, 5, 16, 17}) {
        for (const Trans ta : kBoth) {
          for (const Trans tb : kBoth) {
            Problem<double> p({M, N, K, ta, tb});
            p.run(table());
            ASSERT_LE(p.worst(), 1) << text({M, N, K, ta, tb});
          }
        }
      }
    }
  }
  Problem<double> large({70, 90, 1100, Trans::no, Trans::yes, 3, true});
  large.run(table());
  EXPECT_LE(large.worst(), 1);
}

TEST(Gemm, LargeSizesAreWithinTheDotProductBound) {
  const Case cases[] = {{64, 256, 784, Trans::no, Trans::yes},
                        {64, 10, 128, Trans::no, Trans::yes},
                        {128, 65, 130},
                        {65, 128, 200, Trans::yes},
                        {30, 700, 1030},
                        {30, 700, 1030, Trans::yes, Trans::yes},
                        {3, 1000, 1500},
                        {2, 300, 1500, Trans::no, Trans::yes},
                        {500, 1, 600, Trans::no, Trans::yes},
                        {500, 3, 64, Trans::no, Trans::yes},
                        {1, 1, 5000, Trans::no, Trans::yes},
                        {130, 130, 513}};
  for_each_table([&](const Table& table) {
    for (const Case& c : cases) {
      Problem<float> p(c);
      p.run(table);
      EXPECT_LE(p.worst(), 1) << text(c);
    }
  });
}

TEST(Gemm, LeadingDimensionsBatchesAndAccumulation) {
  for_each_table([](const Table& table) {
    for (const Trans ta : kBoth) {
      for (const Trans tb : kBoth) {
        for (const bool accumulate : {false, true}) {
          for (const Case& sizes : {Case{5, 19, 7}, Case{2, 150, 70}, Case{40, 3, 64}, Case{33, 70, 600}}) {
            Case c = sizes;
            c.ta = ta;
            c.tb = tb;
            c.pad = 5;
            c.accumulate = accumulate;
            Problem<float> one(c);
            one.run(table);
            EXPECT_LE(one.worst(), 1) << text(c);
            c.batch = 3;
            c.share_a = ta == Trans::no;
            c.share_b = tb == Trans::yes;
            Problem<float> three(c);
            three.run(table);
            EXPECT_LE(three.worst(), 1) << text(c);
          }
        }
      }
    }
  });
}

TEST(Gemm, EmptySizes) {
  for_each_table([](const Table& table) {
    for (const Trans ta : kBoth) {
      for (const Trans tb : kBoth) {
        Problem<float> empty_sum({5, 40, 0, ta, tb});
        empty_sum.run(table);
        for (const float v : empty_sum.c_) ASSERT_EQ(v, 0.f);
        Problem<float> kept({5, 40, 0, ta, tb, 0, true});
        kept.run(table);
        EXPECT_EQ(kept.c_, kept.before);
        for (const Case& c : {Case{0, 4, 4, ta, tb}, Case{4, 0, 4, ta, tb}, Case{4, 4, 4, ta, tb, 0, false, 0}}) {
          Problem<float>(c).run(table);
        }
      }
    }
  });
}

struct Seen {
  std::vector<int> count;
  std::int64_t size;
  const float* c;
  const float* finished;
  bool early = false;
};

TEST(Gemm, EpilogueSeesEachFinishedElementOnce) {
  const int threads = thread_count();
  for_each_table([](const Table& table) {
    for (const int count : {1, 2, 3}) {
      set_thread_count(count);
      const Case cases[] = {{4, 4, 2, Trans::no, Trans::yes},
                            {1, 300, 70},
                            {3, 40, 64, Trans::no, Trans::yes},
                            {40, 2, 64, Trans::no, Trans::yes},
                            {100, 700, 1030},
                            {130, 65, 130, Trans::yes},
                            {20, 30, 40, Trans::no, Trans::no, 0, false, 50}};
      for (const Case& c : cases) {
        Problem<float> plain(c);
        plain.run(table);
        Problem<float> p(c);
        Seen seen{std::vector<int>(p.c_.size()), p.g.batch_c, p.c_.data(), plain.c_.data()};
        p.g.epilogue.context = &seen;
        p.g.epilogue.run = [](const void* context, std::int64_t batch, std::int64_t begin, std::int64_t end,
                              int worker) noexcept {
          Seen& s = *static_cast<Seen*>(const_cast<void*>(context));
          if (worker < 0 || worker >= thread_count()) s.early = true;
          for (std::int64_t i = batch * s.size + begin; i < batch * s.size + end; ++i) {
            ++s.count[static_cast<std::size_t>(i)];
            if (s.c[i] != s.finished[i]) s.early = true;
          }
        };
        p.run(table);
        EXPECT_EQ(seen.count, std::vector<int>(p.c_.size(), 1)) << text(c);
        EXPECT_FALSE(seen.early) << "called before an element was finished, or with a strange worker: " << text(c);
      }
    }
  });
  set_thread_count(threads);
}

TEST(Gemm, BitsDoNotDependOnThreads) {
  const int threads = thread_count();
  const Case cases[] = {{100, 700, 300},
                        {333, 65, 128, Trans::no, Trans::yes},
                        {3, 1000, 700},
                        {4, 900, 700, Trans::no, Trans::yes},
                        {2000, 2, 800, Trans::no, Trans::yes},
                        {65, 128, 768, Trans::yes},
                        {20, 33, 64, Trans::no, Trans::no, 0, true, 50}};
  for_each_table([&](const Table& table) {
    for (const Case& c : cases) {
      set_thread_count(1);
      Problem<float> one(c);
      one.run(table);
      for (const int count : {2, 3, 7}) {
        set_thread_count(count);
        Problem<float> many(c);
        many.run(table);
        EXPECT_EQ(many.c_, one.c_) << text(c) << " with " << count << " threads";
      }
    }
  });
  set_thread_count(threads);
}

TEST(Gemm, InfinityAndNaNSpreadOnlyToTheirOwnElements) {
  for_each_table([](const Table& table) {
    for (const Trans ta : kBoth) {
      for (const Trans tb : kBoth) {
        Problem<float> p({9, 37, 21, ta, tb});
        p.a[static_cast<std::size_t>(ta == Trans::no ? 3 * 21 + 5 : 5 * 9 + 3)] =
            std::numeric_limits<float>::quiet_NaN();
        p.run(table);
        for (std::int64_t i = 0; i < 9; ++i) {
          for (std::int64_t j = 0; j < 37; ++j)
            EXPECT_EQ(std::isnan(p.c_[static_cast<std::size_t>(i * 37 + j)]), i == 3);
        }
      }
    }
  });
}

TEST(Gemm, ScratchIsBounded) {
  for_each_table([](const Table& table) {
    for (const std::int64_t n : {1, 33, 1000, 100'000}) {
      for (const std::int64_t k : {0, 1, 511, 513, 100'000}) {
        EXPECT_LE(gemm_scratch<float>(table, 1000, n, k, Trans::no, Trans::no), 0.6 * 1024 * 1024);
        EXPECT_LE(gemm_scratch<double>(table, 1000, n, k, Trans::no, Trans::no), 0.6 * 1024 * 1024);
      }
    }
  });
}

}  // namespace
}  // namespace neuro::kernels
