// The selective scan over blocks of channels.
#include "neuro/kernels/selective_scan.h"

#include "kernels/sequence_kernels.h"
#include "ranges.h"

namespace neuro::kernels {
namespace {

std::int64_t blocks_of(std::int64_t channels) { return (channels + kScanChannels - 1) / kScanChannels; }

/// Elements of a state of as many channels as a vector has lanes.
template <class T>
std::int64_t state_elements(const Table& table, std::int64_t states) {
  const int bytes = sizeof(T) == 4 ? table.vector_bytes : 64;  // f64 has the baseline's vectors, which are no wider
  return states * bytes / static_cast<std::int64_t>(sizeof(T));
}

/// Calls body(part, batch, block, first channel) for each block of channels of each batch.
template <class T, class Body>
void for_parts(const Exec& exec, const SelectiveScan<T>& s, std::int64_t work, Body body) {
  const std::int64_t blocks = blocks_of(s.channels);
  for_units(s.batch * blocks, kScanChannels * s.steps * s.states * work, [&](std::int64_t unit, int worker) {
    const std::int64_t b = unit / blocks, block = unit % blocks, first = block * kScanChannels;
    const std::int64_t at = b * s.steps * s.channels + first, in_b = b * s.steps * s.states;
    const std::int64_t state = (b * s.channels + first) * s.states;
    const ScanPart<T> part{s.steps,
                           std::min(kScanChannels, s.channels - first),
                           s.channels,
                           s.states,
                           s.x + at,
                           s.delta + at,
                           s.A + first * s.states,
                           s.B + in_b,
                           s.C + in_b,
                           s.h0 + state,
                           reinterpret_cast<T*>(exec.of(worker))};
    body(part, unit, at, state);
  });
}

}  // namespace

template <class T>
std::size_t selective_scan_scratch(const Table& table, const SelectiveScan<T>& s) {
  return static_cast<std::size_t>(2 * state_elements<T>(table, s.states)) * sizeof(T);
}

template <class T>
std::size_t selective_scan_backward_scratch(const Table& table, const SelectiveScan<T>& s) {
  const std::int64_t chunks = (s.steps + kScanSteps - 1) / kScanSteps;
  return static_cast<std::size_t>((4 + 2 * kScanSteps + chunks) * state_elements<T>(table, s.states)) * sizeof(T);
}

template <class T>
void selective_scan(const Exec& exec, const SelectiveScan<T>& s, T* y, T* h) noexcept {
  const auto& kernels = sequence_kernels_of<T>(*exec.table);
  for_parts<T>(exec, s, 8, [&](const ScanPart<T>& part, std::int64_t, std::int64_t at, std::int64_t state) {
    kernels.scan(part, y + at, h + state);
  });
}

template <class T>
void selective_scan_backward(const Exec& exec, const SelectiveScan<T>& s, const SelectiveScanGradient<T>& g) noexcept {
  const auto& kernels = sequence_kernels_of<T>(*exec.table);
  for_parts<T>(exec, s, 24, [&](const ScanPart<T>& part, std::int64_t unit, std::int64_t at, std::int64_t state) {
    const std::int64_t sums = unit * s.steps * s.states;
    kernels.scan_backward(part, {g.gy == nullptr ? nullptr : g.gy + at, g.gh == nullptr ? nullptr : g.gh + state,
                                 g.x + at, g.delta + at, g.A + state, g.B + sums, g.C + sums, g.h0 + state});
  });
}

#define NEURO_INSTANTIATE(T)                                                                   \
  template std::size_t selective_scan_scratch(const Table&, const SelectiveScan<T>&);          \
  template std::size_t selective_scan_backward_scratch(const Table&, const SelectiveScan<T>&); \
  template void selective_scan(const Exec&, const SelectiveScan<T>&, T*, T*) noexcept;         \
  template void selective_scan_backward(const Exec&, const SelectiveScan<T>&, const SelectiveScanGradient<T>&) noexcept;
NEURO_INSTANTIATE(float)
NEURO_INSTANTIATE(double)
#undef NEURO_INSTANTIATE

}  // namespace neuro::kernels
