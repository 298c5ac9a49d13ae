#include "neuro/kernels/update.h"

#include "kernels/row_kernels.h"
#include "ranges.h"

namespace neuro::kernels {

template <class T>
void update(const Exec& exec, const UpdateStep& step, const UpdateSegment<T>* segments, std::int64_t count) noexcept {
  const auto kernel = rows_of_table<T>(*exec.table).update[static_cast<std::size_t>(step.rule)];
  std::int64_t total = 0;
  for (std::int64_t s = 0; s < count; ++s) total += segments[s].size;
  if (total <= kCheapGrain) {
    for (std::int64_t s = 0; s < count; ++s) kernel(step, segments[s]);
    return;
  }
  // All parameters form one line of `total` elements; a range of it covers pieces of some segments.
  for_ranges(total, kCheapGrain / 2, [&](std::int64_t begin, std::int64_t end) {
    std::int64_t start = 0;
    for (std::int64_t s = 0; s < count && start < end; start += segments[s++].size) {
      const UpdateSegment<T>& whole = segments[s];
      const std::int64_t from = std::max<std::int64_t>(0, begin - start), to = std::min(whole.size, end - start);
      if (from >= to) continue;
      const auto at = [from](T* state) { return state == nullptr ? nullptr : state + from; };
      kernel(step, {whole.param + from, whole.grad + from, at(whole.m), at(whole.v), at(whole.u), to - from});
    }
  });
}

template void update(const Exec&, const UpdateStep&, const UpdateSegment<float>*, std::int64_t) noexcept;
template void update(const Exec&, const UpdateStep&, const UpdateSegment<double>*, std::int64_t) noexcept;

}  // namespace neuro::kernels
