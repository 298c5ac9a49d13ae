// Every f32 input of every elementwise kernel of one operand, against its definition in f64: asserts the bounds that
// elementwise_accuracy_test samples.
//
//     ulp_sweep [--isa NAME] [--sample LOG2] [KERNEL...]
//
// prints the largest error of each kernel and where it lies, and exits with 1 when one exceeds its bound. --sample
// tries 2^LOG2 inputs, evenly spread, instead of all 2^32.
#include <bit>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "elementwise_cases.h"
#include "neuro/kernels/table.h"
#include "neuro/parallel.h"

namespace neuro::kernels {
namespace {

struct Worst {
  double ulp = 0;
  float at = 0;
  void take(double error, float x) {
    if (error > ulp) {
      ulp = error;
      at = x;
    }
  }
};

constexpr std::int64_t kBlock = 1 << 14;

/// The largest errors of each table over inputs with bit patterns 0, step, 2 step, ...: the definition is evaluated
/// once for all tables.
std::vector<Worst> sweep(const Case& c, std::span<const Elementwise* const> kernels, std::int64_t step) {
  const std::int64_t blocks = (std::int64_t{1} << 32) / step / kBlock;
  std::vector<std::vector<Worst>> of_worker(static_cast<std::size_t>(thread_count()),
                                            std::vector<Worst>(kernels.size()));
  parallel_for(blocks, [&](std::int64_t block, int worker) {
    std::vector<float> x(kBlock), y(kBlock);
    std::vector<double> exact(kBlock), scale(kBlock);
    for (std::int64_t i = 0; i < kBlock; ++i) {
      const auto k = static_cast<std::size_t>(i);
      x[k] = std::bit_cast<float>(static_cast<std::uint32_t>((block * kBlock + i) * step));
      const double wide = static_cast<double>(x[k]);
      exact[k] = c.exact(&wide, c.attrs.data());
      scale[k] = c.scale == nullptr ? exact[k] : c.scale(&wide, c.attrs.data());
    }
    const void* in[] = {x.data()};
    for (std::size_t t = 0; t < kernels.size(); ++t) {
      kernels[t]->f32(in, y.data(), kBlock, c.attrs.data());
      Worst& worst = of_worker[static_cast<std::size_t>(worker)][t];
      for (std::size_t k = 0; k < static_cast<std::size_t>(kBlock); ++k) {
        if (static_cast<double>(y[k]) != exact[k]) worst.take(ulp_error(y[k], exact[k], scale[k]), x[k]);
      }
    }
  });
  std::vector<Worst> all(kernels.size());
  for (const auto& worker : of_worker) {
    for (std::size_t t = 0; t < all.size(); ++t) all[t].take(worker[t].ulp, worker[t].at);
  }
  return all;
}

int run(std::span<const std::string> args) {
  std::string isa;
  std::int64_t step = 1;
  std::vector<std::string> wanted;
  for (std::size_t i = 0; i < args.size(); ++i) {
    if (args[i] == "--isa" && i + 1 < args.size()) {
      isa = args[++i];
    } else if (args[i] == "--sample" && i + 1 < args.size()) {
      step = std::int64_t{1} << (32 - std::clamp(std::atoi(args[++i].c_str()), 14, 32));
    } else {
      wanted.push_back(args[i]);
    }
  }
  bool good = true;
  for (const Case& c : kCases) {
    if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), c.name) == wanted.end()) continue;
    std::vector<const Elementwise*> kernels;
    std::vector<const char*> names;
    for (const Table* t : supported_tables()) {
      const Elementwise* e = t->find(c.name);
      if (e->arity != 1 || (!isa.empty() && isa != t->name)) continue;
      kernels.push_back(e);
      names.push_back(t->name);
    }
    if (kernels.empty()) continue;
    const std::vector<Worst> worst = sweep(c, kernels, step);
    for (std::size_t t = 0; t < worst.size(); ++t) {
      const bool within = worst[t].ulp <= c.ulp;
      good = good && within;
      std::printf("%-12s %-7s %8.4f of %-4g at %-14.9g (0x%08x)%s\n", c.name, names[t], worst[t].ulp, c.ulp,
                  static_cast<double>(worst[t].at), std::bit_cast<std::uint32_t>(worst[t].at),
                  within ? "" : "  EXCEEDS ITS BOUND");
    }
    std::fflush(stdout);
  }
  return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
}  // namespace neuro::kernels

int main(int argc, char** argv) {
  const std::vector<std::string> args(argv + 1, argv + argc);
  return neuro::kernels::run(args);
}
