#pragma once
// The selective scan of state-space layers (Mamba).
#include <cstddef>
#include <cstdint>

#include "neuro/kernels/exec.h"

namespace neuro::kernels {

/// Channels that one worker takes at a time: gradients that sum over channels come in one part for each such block.
inline constexpr std::int64_t kScanChannels = 64;

/// h_t = exp(delta_t A) h_(t-1) + delta_t B_t x_t and y_t = sum over states of C_t h_t, for each channel.
/// x, delta [batch, steps, channels]; A [channels, states]; B, C [batch, steps, states]; h0 [batch, channels, states].
template <class T>
struct SelectiveScan {
  std::int64_t batch, steps, channels, states;
  const T *x, *delta, *A, *B, *C, *h0;
};

template <class T>
struct SelectiveScanGradient {
  const T *gy, *gh;  ///< gradients of y and of the last state, or null
  T *x, *delta;      ///< [batch, steps, channels]
  T* A;              ///< [batch, channels, states]: one part for each batch
  T *B, *C;          ///< [batch, blocks of channels, steps, states]: one part for each block
  T* h0;             ///< [batch, channels, states]
};

/// Bytes of scratch per worker. The gradient keeps a state of every 64th step, and computes those between again.
template <class T>
std::size_t selective_scan_scratch(const Table& table, const SelectiveScan<T>& scan);
template <class T>
std::size_t selective_scan_backward_scratch(const Table& table, const SelectiveScan<T>& scan);

/// y [batch, steps, channels] and h, the state after the last step [batch, channels, states].
template <class T>
void selective_scan(const Exec& exec, const SelectiveScan<T>& scan, T* y, T* h) noexcept;

template <class T>
void selective_scan_backward(const Exec& exec, const SelectiveScan<T>& scan,
                             const SelectiveScanGradient<T>& gradient) noexcept;

}  // namespace neuro::kernels
