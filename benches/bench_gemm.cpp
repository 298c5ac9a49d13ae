// How near do our matrix products come to the peak of the processor, and where does Eigen stand?
//
//   bench_gemm [--threads N] [--arch NAME] [--rounds N] [TEXT]
//
// TEXT keeps the shapes whose line contains it. For every shape and instruction set: ours, Eigen's and the peak of a
// register-only multiply-add loop are run by turns; printed are ours and Eigen's best rates as shares of the peak's
// best, and the median of the shares within a round.
#include <cstdio>
#include <string>
#include <string_view>

#include "array.h"
#include "measure.h"
#include "neuro/kernels/gemm.h"
#include "neuro/kernels/table.h"
#include "neuro/parallel.h"
#include "options.h"
#include "peak.h"

using EigenProduct = void(long m, long n, long k, const float* a, bool ta, const float* b, bool tb, float* c);
#if defined(__x86_64__)
EigenProduct eigen_product_sse2, eigen_product_avx2, eigen_product_avx512;
#else
EigenProduct eigen_product_neon64;
#endif

namespace neuro::bench {
namespace {

struct Shape {
  const char* what;
  std::int64_t M, N, K;
  const char* trans;
};

constexpr Shape kShapes[] = {
    {"square", 512, 512, 512, "NN"},
    {"square", 512, 512, 512, "NT"},
    {"square", 512, 512, 512, "TN"},
    {"square", 512, 512, 512, "TT"},
    {"gpt", 768, 512, 128, "NN"},
    {"gpt", 768, 512, 128, "NT"},
    {"gpt", 768, 512, 128, "TN"},
    {"gpt", 768, 128, 512, "NN"},
    {"gpt", 768, 128, 512, "NT"},
    {"gpt", 768, 128, 512, "TN"},
    {"gpt", 768, 128, 128, "NT"},
    {"gpt", 768, 384, 128, "NT"},
    {"gpt dW", 512, 128, 768, "TN"},
    {"gpt dW", 65, 128, 768, "TN"},
    {"gpt head", 768, 65, 128, "NT"},
    {"attention", 64, 64, 32, "NT"},
    {"attention", 64, 32, 64, "NN"},
    {"mlp", 64, 256, 784, "NT"},
    {"mlp", 64, 128, 256, "NT"},
    {"mlp", 64, 10, 128, "NT"},
    {"mlp", 64, 256, 128, "NN"},
    {"mlp", 64, 128, 10, "NN"},
    {"mlp dW", 256, 784, 64, "TN"},
    {"mlp dW", 128, 256, 64, "TN"},
    {"mlp dW", 10, 128, 64, "TN"},
    {"square", 128, 128, 128, "NN"},
    {"square", 256, 256, 256, "NN"},
    {"square", 1024, 1024, 1024, "NN"},
    {"square", 2048, 2048, 2048, "NT"},
    {"skinny", 1, 512, 512, "NT"},
    {"skinny", 4, 512, 512, "NT"},
    {"skinny", 1, 512, 512, "NN"},
    {"skinny", 4, 512, 512, "NN"},
    {"column", 512, 1, 512, "NN"},
    {"tiny", 4, 4, 2, "NT"},
    {"tiny", 4, 1, 4, "NT"},
    {"tiny", 4, 4, 1, "NN"},
    {"tiny", 4, 2, 4, "TN"},
    {"tiny", 16, 16, 16, "NN"},
    {"tiny", 32, 32, 32, "NN"},
};

EigenProduct* eigen_of(std::string_view arch) {
#if defined(__x86_64__)
  if (arch == "avx512") return eigen_product_avx512;
  if (arch == "avx2") return eigen_product_avx2;
  return eigen_product_sse2;
#else
  (void)arch;
  return eigen_product_neon64;
#endif
}

void bench(const Shape& s, const kernels::Table& table, int rounds) {
  const bool ta = s.trans[0] == 'T', tb = s.trans[1] == 'T';
  const Array a(s.M * s.K), b(s.K * s.N), c(s.M * s.N), d(s.M * s.N);
  kernels::GemmArgs<float> g;
  g.M = s.M;
  g.N = s.N;
  g.K = s.K;
  g.a = a.data;
  g.lda = ta ? s.M : s.K;
  g.ta = ta ? Trans::yes : Trans::no;
  g.b = b.data;
  g.ldb = tb ? s.K : s.N;
  g.tb = tb ? Trans::yes : Trans::no;
  g.c = c.data;
  g.ldc = s.N;
  const std::size_t stride = (kernels::gemm_scratch<float>(table, s.M, s.N, s.K, g.ta, g.tb) + 63) / 64 * 64;
  const Array scratch(static_cast<std::int64_t>(stride / sizeof(float)) * thread_count());
  const kernels::Exec exec{&table, reinterpret_cast<std::byte*>(scratch.data), stride};
  const double flops = 2.0 * static_cast<double>(s.M * s.N * s.K);
  EigenProduct* const eigen = eigen_of(table.name);
  const Rates rates = measure({{"peak", [&] { return run_peak(table.name); }},
                               {"ours",
                                [&] {
                                  kernels::gemm(exec, g);
                                  return flops;
                                }},
                               {"eigen",
                                [&] {
                                  eigen(s.M, s.N, s.K, a.data, ta, b.data, tb, d.data);
                                  return flops;
                                }}},
                              rounds, 1e-3);
  const double peak = best(rates[0]), ours = best(rates[1]);
  std::printf(
      "%-10s %5ld x %4ld x %4ld %s  %-7s %9.3f us  %6.1f GFLOP/s  ours %5.1f %% (median %5.1f)  eigen %5.1f %%\n",
      s.what, s.M, s.N, s.K, s.trans, table.name, flops / ours * 1e6, ours * 1e-9, 100 * ours / peak / thread_count(),
      100 * median_ratio(rates[1], rates[0]) / thread_count(), 100 * best(rates[2]) / peak);
  std::fflush(stdout);
}

int run(int argc, char** argv) {
  const Options options(argc, argv);
  set_thread_count(options.threads);
  std::printf("threads %d; shares of %d times the peak of one (Eigen: one thread)\n", options.threads, options.threads);
  for (const Shape& s : kShapes) {
    const std::string line = std::string(s.what) + " " + std::to_string(s.M) + "x" + std::to_string(s.N) + "x" +
                             std::to_string(s.K) + " " + s.trans;
    if (line.find(options.filter) == std::string::npos) continue;
    for (const kernels::Table* table : kernels::supported_tables()) {
      if (options.arch.empty() || options.arch == table->name) bench(s, *table, options.rounds);
    }
  }
  return 0;
}

}  // namespace
}  // namespace neuro::bench

int main(int argc, char** argv) { return neuro::bench::run(argc, argv); }
