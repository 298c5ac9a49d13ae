// What does one entry of a replayed plan cost when the work itself is nothing? (wanted: at most 60 ns on 4 elements)
#include <benchmark/benchmark.h>

#include "neuro/ops.h"
#include "neuro/plan.h"

namespace {

using neuro::Shape;
using neuro::Var;

// Eight elementwise results of eight shapes: equal shapes would be fused into one entry.
void bm_replayed_entry_4_elements(benchmark::State& state) {
  const std::vector<Shape> shapes = {{4}, {2, 2}, {4, 1}, {1, 4}, {2, 2, 1}, {1, 2, 2}, {1, 2, 1, 2}, {2, 1, 2, 1}};
  neuro::PlanRequest request;
  for (const Shape& shape : shapes) request.outputs.push_back(relu(neuro::rand(shape, 1)));
  neuro::Replay replay(request);
  for (auto _ : state) replay.run();
  state.counters["entries"] = static_cast<double>(replay.entries());
  state.counters["ns_per_entry"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * static_cast<double>(replay.entries()) * 1e-9,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(bm_replayed_entry_4_elements);

// A chain of 8 products of 2 x 2 matrices: nothing to fuse.
void bm_replayed_product_2x2(benchmark::State& state) {
  Var h = neuro::rand({2, 2}, 1);
  for (int i = 0; i < 8; ++i) h = matmul(h, h);
  neuro::Replay replay({{h}});
  for (auto _ : state) replay.run();
  state.counters["ns_per_entry"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * static_cast<double>(replay.entries()) * 1e-9,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(bm_replayed_product_2x2);

}  // namespace
