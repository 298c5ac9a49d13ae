#pragma once
// How drivers divide work: ranges whose ends depend on the sizes only.
#include <algorithm>
#include <cstdint>

#include "neuro/kernels/table.h"
#include "neuro/parallel.h"

namespace neuro::kernels {

/// Elements of one range of cheap work (an add, a copy), and of work with a transcendental function in it. Two ranges
/// are the least that is divided; they take about 8 us each, where a fork and join takes 1.
inline constexpr std::int64_t kCheapGrain = 16384, kCostlyGrain = 4096;

/// Calls body(begin, end) for ranges of at most `size` that cover [0, count); on the pool when there are several.
template <class Body>
void for_ranges(std::int64_t count, std::int64_t size, Body&& body) {
  const std::int64_t grain = neuro::grain(size);
  if (count <= grain) {
    if (count > 0) body(std::int64_t{0}, count);
    return;
  }
  parallel_for((count + grain - 1) / grain,
               [&](std::int64_t chunk, int) { body(chunk * grain, std::min(count, (chunk + 1) * grain)); });
}

/// Multiply-adds that are worth a chunk of their own for the worker pool.
inline constexpr std::int64_t kChunkWork = 300'000;

/// Calls body(unit, worker) for each of `units` pieces of `work` multiply-adds, several a chunk when they are small.
template <class Body>
void for_units(std::int64_t units, std::int64_t work, Body body) {
  const std::int64_t grain = std::max<std::int64_t>(1, kChunkWork / std::max<std::int64_t>(1, work));
  const auto run = [&](std::int64_t chunk, int worker) {
    const std::int64_t end = std::min(units, (chunk + 1) * grain);
    for (std::int64_t unit = chunk * grain; unit < end; ++unit) body(unit, worker);
  };
  if (units <= grain) {
    if (units > 0) run(0, 0);
  } else {
    parallel_for((units + grain - 1) / grain, run);
  }
}

/// Rows of one range, when a range has about `grain` elements.
inline std::int64_t rows_of(std::int64_t grain, std::int64_t cols) {
  return std::max<std::int64_t>(1, grain / std::max<std::int64_t>(1, cols));
}

template <class T>
const auto& rows_of_table(const Table& table) {
  if constexpr (sizeof(T) == 4) {
    return *table.rows_f32;
  } else {
    return *table.rows_f64;
  }
}

}  // namespace neuro::kernels
