#include <cmath>

#include "kernel_testing.h"
#include "neuro/kernels/gemm.h"
#include "neuro/str.h"

namespace neuro::kernels {
namespace {

struct Case {
  std::int64_t M, N, K;
  Trans ta = Trans::no, tb = Trans::no;
  std::int64_t batch = 1;
  bool narrow_a = true, narrow_b = true;
};

std::string text(const Case& c) {
  return str(c.M, " x ", c.N, " x ", c.K, c.ta == Trans::yes ? " T" : " N", c.tb == Trans::yes ? "T" : "N", " batch ",
             c.batch, c.narrow_a ? " bf16" : " f32", c.narrow_b ? " bf16" : " f32");
}

// Blocks end at 128 rows, 256 columns and 512 steps.
const Case kCases[] = {
    {1, 1, 1},
    {3, 5, 7},
    {1, 300, 600, Trans::no, Trans::yes},
    {4, 300, 70},
    {17, 9, 513, Trans::yes},
    {129, 257, 514},
    {130, 258, 40, Trans::no, Trans::yes},
    {140, 20, 1100, Trans::yes, Trans::yes},
    {33, 40, 50, Trans::no, Trans::no, 5},
    {129, 65, 33, Trans::no, Trans::yes, 1, false, true},
    {65, 257, 600, Trans::yes, Trans::no, 2, true, false},
    {5, 7, 0},
    {0, 7, 3},
};

TEST(GemmBf16, IsTheProductOfTheStoredValues) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(text(c));
    const auto a = draw<float>(c.batch * c.M * c.K, -1, 1, 1), b = draw<float>(c.batch * c.K * c.N, -1, 1, 2);
    std::vector<bf16> a16, b16;
    for (const float x : a) a16.emplace_back(x);
    for (const float x : b) b16.emplace_back(x);
    const auto value = [](const std::vector<float>& wide, const std::vector<bf16>& stored, bool narrow,
                          std::int64_t i) {
      const auto k = static_cast<std::size_t>(i);
      return narrow ? static_cast<double>(stored[k]) : static_cast<double>(wide[k]);
    };
    for_every_table(
        [&](const Table& table) {
          const TestExec scratch(table, gemm_bf16_scratch(table, c.M, c.N, c.K));
          std::vector<float> y(static_cast<std::size_t>(c.batch * c.M * c.N), -7.f);
          GemmArgs<float> g;
          g.M = c.M, g.N = c.N, g.K = c.K;
          g.a = a.data(), g.b = b.data(), g.c = y.data();
          g.ta = c.ta, g.tb = c.tb;
          g.lda = c.ta == Trans::no ? c.K : c.M;
          g.ldb = c.tb == Trans::no ? c.N : c.K;
          g.ldc = c.N;
          g.batch = c.batch, g.batch_a = c.M * c.K, g.batch_b = c.K * c.N, g.batch_c = c.M * c.N;
          gemm_bf16(scratch.exec, g, c.narrow_a ? a16.data() : nullptr, c.narrow_b ? b16.data() : nullptr);
          return y;
        },
        [&](const Table&, const std::vector<float>& y) {
          for (std::int64_t p = 0; p < c.batch; ++p) {
            for (std::int64_t i = 0; i < c.M; ++i) {
              for (std::int64_t j = 0; j < c.N; ++j) {
                double exact = 0, magnitude = 0;
                for (std::int64_t k = 0; k < c.K; ++k) {
                  const double ik =
                      value(a, a16, c.narrow_a, p * c.M * c.K + (c.ta == Trans::no ? i * c.K + k : k * c.M + i));
                  const double kj =
                      value(b, b16, c.narrow_b, p * c.K * c.N + (c.tb == Trans::no ? k * c.N + j : j * c.K + k));
                  exact += ik * kj;
                  magnitude += std::abs(ik * kj);
                }
                // Higham 2002, section 3.1, as for f32.
                const double bound = static_cast<double>(c.K + 2) * 0x1p-24 * magnitude;
                ASSERT_LE(std::abs(static_cast<double>(y[static_cast<std::size_t>((p * c.M + i) * c.N + j)]) - exact),
                          bound)
                    << i << ", " << j;
              }
            }
          }
        });
  }
}

TEST(GemmBf16, TheEpilogueHearsOfEachElementOnce) {
  const std::int64_t M = 150, N = 270, K = 600;
  const std::vector<bf16> a(static_cast<std::size_t>(M * K), bf16(1.f)), b(static_cast<std::size_t>(K * N), bf16(2.f));
  for (const Table* table : supported_tables()) {
    const TestExec scratch(*table, gemm_bf16_scratch(*table, M, N, K));
    std::vector<float> y(static_cast<std::size_t>(M * N));
    GemmArgs<float> g;
    g.M = M, g.N = N, g.K = K, g.lda = K, g.ldb = N, g.ldc = N, g.c = y.data();
    g.epilogue.context = y.data();
    g.epilogue.run = [](const void* context, std::int64_t, std::int64_t begin, std::int64_t end, int) noexcept {
      auto* c = static_cast<float*>(const_cast<void*>(context));
      for (std::int64_t i = begin; i < end; ++i) c[i] = -c[i];  // twice would be none
    };
    gemm_bf16(scratch.exec, g, a.data(), b.data());
    for (const float v : y) ASSERT_EQ(v, -1200.f) << table->name;
  }
}

}  // namespace
}  // namespace neuro::kernels
