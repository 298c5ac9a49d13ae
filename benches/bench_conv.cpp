// How near do the three parts of a convolution come to the peak of the processor?
//
//   bench_conv [--threads N] [--arch NAME] [--rounds N] [TEXT]
//
// TEXT keeps the layers whose name contains it. Printed are microseconds and the share of the peak of a register-only
// multiply-add loop, measured by turns with the convolution, for forward, input gradient and weight gradient.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "array.h"
#include "measure.h"
#include "neuro/kernels/conv.h"
#include "neuro/kernels/table.h"
#include "neuro/parallel.h"
#include "options.h"
#include "peak.h"

namespace neuro::bench {
namespace {

struct Layer {
  const char* name;
  std::int64_t N, C, size, O, kernel, stride, pad, groups;
};

constexpr Layer kLayers[] = {
    {"mnist1", 64, 1, 28, 16, 3, 1, 1, 1},
    {"mnist2", 64, 16, 14, 32, 3, 1, 1, 1},
    {"lenet2", 64, 6, 14, 16, 5, 1, 0, 1},
    {"resnet stem", 1, 3, 224, 64, 7, 2, 3, 1},
    {"resnet 64@56", 1, 64, 56, 64, 3, 1, 1, 1},
    {"resnet 128@28", 1, 128, 28, 128, 3, 1, 1, 1},
    {"resnet 256@14", 1, 256, 14, 256, 3, 1, 1, 1},
    {"resnet 512@7", 1, 512, 7, 512, 3, 1, 1, 1},
    {"stride 64@56", 1, 64, 56, 128, 3, 2, 1, 1},
    {"1x1 64@56", 1, 64, 56, 256, 1, 1, 0, 1},
    {"depthwise 64@28", 8, 64, 28, 64, 3, 1, 1, 64},
    {"depthwise 256@56", 1, 256, 56, 256, 3, 1, 1, 256},
    {"depthwise stride", 8, 64, 56, 64, 3, 2, 1, 64},
};

void bench(const Layer& l, const kernels::Table& table, int rounds) {
  kernels::Conv p{};
  p.N = l.N;
  p.C = l.C;
  p.H = p.W = l.size;
  p.O = l.O;
  p.KH = p.KW = l.kernel;
  p.stride_h = p.stride_w = l.stride;
  p.top = p.bottom = p.left = p.right = l.pad;
  p.dilation_h = p.dilation_w = 1;
  p.groups = l.groups;
  p.OH = p.OW = (l.size + 2 * l.pad - l.kernel) / l.stride + 1;
  const Array x(p.N * p.C * p.H * p.W), w(p.O * p.C / p.groups * p.KH * p.KW), y(p.N * p.O * p.OH * p.OW);
  const Array gx(p.N * p.C * p.H * p.W), gw(p.O * p.C / p.groups * p.KH * p.KW), gy(p.N * p.O * p.OH * p.OW);
  const std::size_t bytes =
      std::max({kernels::conv_scratch<float>(table, p), kernels::conv_input_grad_scratch<float>(table, p),
                kernels::conv_weight_grad_scratch<float>(table, p)});
  const std::size_t stride = (bytes + 63) / 64 * 64;
  const Array scratch(static_cast<std::int64_t>(stride / sizeof(float)) * thread_count());
  const kernels::Exec exec{&table, reinterpret_cast<std::byte*>(scratch.data), stride};
  const double flops = 2.0 * static_cast<double>(p.N * p.O * p.OH * p.OW * p.C / p.groups * p.KH * p.KW);
  const float* no_bias = nullptr;
  const Rates rates = measure({{"peak", [&] { return run_peak(table.name); }},
                               {"forward",
                                [&] {
                                  kernels::conv(exec, p, x.data, w.data, no_bias, y.data, {});
                                  return flops;
                                }},
                               {"input gradient",
                                [&] {
                                  kernels::conv_input_grad(exec, p, gy.data, w.data, gx.data);
                                  return flops;
                                }},
                               {"weight gradient",
                                [&] {
                                  kernels::conv_weight_grad(exec, p, gy.data, x.data, gw.data);
                                  return flops;
                                }}},
                              rounds, 2e-3);
  const auto us = [&](int i) { return flops / best(rates[static_cast<std::size_t>(i)]) * 1e6; };
  const auto share = [&](int i) {
    return 100 * best(rates[static_cast<std::size_t>(i)]) / best(rates[0]) / thread_count();
  };
  std::printf(
      "%-16s %-7s forward %9.1f us %5.1f %%  input gradient %9.1f us %5.1f %%  weight gradient %9.1f us %5.1f %%\n",
      l.name, table.name, us(1), share(1), us(2), share(2), us(3), share(3));
  std::fflush(stdout);
}

int run(int argc, char** argv) {
  const Options options(argc, argv);
  set_thread_count(options.threads);
  std::printf("threads %d; shares of %d times the peak of one\n", options.threads, options.threads);
  for (const Layer& l : kLayers) {
    if (std::string_view(l.name).find(options.filter) == std::string_view::npos) continue;
    for (const kernels::Table* table : kernels::supported_tables()) {
      if (options.arch.empty() || options.arch == table->name) bench(l, *table, options.rounds);
    }
  }
  return 0;
}

}  // namespace
}  // namespace neuro::bench

int main(int argc, char** argv) { return neuro::bench::run(argc, argv); }
