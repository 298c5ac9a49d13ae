// How long does a source of N lines take to parse, to check and to format? (wanted: parsed and checked, 20,000 lines
// in 300 ms; time grows linearly)
#include <benchmark/benchmark.h>

#include <string>

#include "neuro/ns/format.h"
#include "neuro/ns/parse.h"
#include "neuro/program.h"
#include "neuro/str.h"

namespace {

using neuro::str;

/// About `lines` lines: neurons that use the ones before them, with ports, bindings, pipelines on one line and below
/// each other, and comments, in the mix that people write.
std::string source_of(std::int64_t lines) {
  constexpr std::int64_t kLines = 24;  // of one neuron
  std::string out;
  for (std::int64_t i = 0; i * kLines < lines; ++i) {
    const std::string callee = i == 0 ? std::string("Identity()") : str("Block", i - 1, "(dim, hidden)");
    out += str("# The block number ", i, ".\n/// Widens, activates, narrows, and adds what came in.\nneuron Block", i,
               "(dim=64, hidden=256, rate=0.1):\n"
               "  in: [*batch, seq, dim]\n"
               "  out: [*batch, seq, dim]\n"
               "\n"
               "  context:\n"
               "    norm = LayerNorm(dim)\n"
               "    up = Linear(dim, hidden)\n"
               "    down = Linear(hidden, dim)\n"
               "\n"
               "  graph:\n"
               "    in -> (body, skip)\n"
               "    body ->\n"
               "      norm\n"
               "      up  # widens\n"
               "      GELU()\n"
               "      down\n"
               "      Dropout(rate)\n"
               "      narrow\n"
               "    (narrow, skip) -> Add() -> sum\n"
               "    sum -> ",
               callee,
               " -> out\n"
               "\n\n");
  }
  return out;
}

// One neuron of that many lines.
std::string pipeline_of(std::int64_t lines) {
  std::string out = "neuron Deep(dim=64):\n  in: [batch, dim]\n  out: [batch, dim]\n  graph:\n    in ->\n";
  for (std::int64_t i = 6; i < lines; ++i) out += i % 2 == 0 ? "      Linear(dim, dim)\n" : "      ReLU()\n";
  return out + "      out\n";
}

void report(benchmark::State& state) {
  state.SetComplexityN(state.range(0));
  state.counters["ns_per_line"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * static_cast<double>(state.range(0)) * 1e-9,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void bm_parse(benchmark::State& state) {
  const std::string text = source_of(state.range(0));
  for (auto _ : state) {
    neuro::Diagnostics diagnostics;
    benchmark::DoNotOptimize(neuro::ns::parse(diagnostics.sources().add("bench.ns", text), diagnostics));
  }
  report(state);
}

void validate(benchmark::State& state, const std::string& text) {
  for (auto _ : state) {
    if (!neuro::Program::from_source(text).ok()) {
      state.SkipWithError("the source is not valid");
      break;
    }
  }
  report(state);
}

void bm_validate(benchmark::State& state) { validate(state, source_of(state.range(0))); }
void bm_validate_one_neuron(benchmark::State& state) { validate(state, pipeline_of(state.range(0))); }

void bm_format(benchmark::State& state) {
  const std::string text = source_of(state.range(0));
  for (auto _ : state) {
    neuro::Diagnostics diagnostics;
    benchmark::DoNotOptimize(neuro::ns::format(diagnostics.sources().add("bench.ns", text), diagnostics));
  }
  report(state);
}

void sizes(benchmark::internal::Benchmark* bench) {
  for (const int lines : {1000, 10'000, 20'000, 100'000}) bench->Arg(lines);
  bench->ArgName("lines")->Unit(benchmark::kMillisecond)->Complexity(benchmark::oN);
}

BENCHMARK(bm_parse)->Apply(sizes);
BENCHMARK(bm_validate)->Apply(sizes);
BENCHMARK(bm_validate_one_neuron)->Apply(sizes);
BENCHMARK(bm_format)->Apply(sizes);

}  // namespace
