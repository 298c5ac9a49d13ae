#pragma once
// The selective scan: one lane a channel, step after step. The recurrence stands in <neuro/kernels/selective_scan.h>.
#include "kernels/sequence_kernels.h"
#include "kernels/softmax.inl.h"

namespace neuro::kernels {

/// to[n][lane] = from[lane][n]: `lanes` channels of `states` numbers; missing lanes are zero.
template <class T, class Arch>
[[gnu::always_inline]] inline void to_lanes(const T* from, std::int64_t lanes, std::int64_t states, T* to) {
  constexpr std::int64_t W = kLanes<Vec<T, Arch>>;
  for (std::int64_t n = 0; n < states; ++n) {
    for (std::int64_t l = 0; l < W; ++l) to[n * W + l] = l < lanes ? from[l * states + n] : T(0);
  }
}

template <class T, class Arch>
[[gnu::always_inline]] inline void from_lanes(const T* from, std::int64_t lanes, std::int64_t states, T* to) {
  constexpr std::int64_t W = kLanes<Vec<T, Arch>>;
  for (std::int64_t l = 0; l < lanes; ++l) {
    for (std::int64_t n = 0; n < states; ++n) to[l * states + n] = from[n * W + l];
  }
}

/// What some lanes of a part read at step t.
template <class T, class Arch>
struct ScanStep {
  using V = Vec<T, Arch>;
  V delta, x, drive;  ///< drive = delta x
  const T *B, *C;

  [[gnu::always_inline]] ScanStep(const ScanPart<T>& p, std::int64_t lane, std::int64_t count, std::int64_t t)
      : delta(load_some<V, Arch>(p.delta + t * p.row + lane, count)),
        x(load_some<V, Arch>(p.x + t * p.row + lane, count)),
        drive(delta * x),
        B(p.B + t * p.states),
        C(p.C + t * p.states) {}
};

template <class T, class Arch>
[[gnu::flatten]] void scan_forward(const ScanPart<T>& p, T* y, T* last) noexcept {
  using V = Vec<T, Arch>;
  constexpr std::int64_t W = kLanes<V>;
  T *const A = p.scratch, *const h = A + p.states * W;
  for (std::int64_t lane = 0; lane < p.channels; lane += W) {
    const std::int64_t count = p.channels - lane < W ? p.channels - lane : W;
    to_lanes<T, Arch>(p.A + lane * p.states, count, p.states, A);
    to_lanes<T, Arch>(p.h0 + lane * p.states, count, p.states, h);
    for (std::int64_t t = 0; t < p.steps; ++t) {
      const ScanStep<T, Arch> s(p, lane, count, t);
      V sum(0);
      for (std::int64_t n = 0; n < p.states; ++n) {
        const V decay = math::exp(s.delta * V::load_unaligned(A + n * W));
        const V next = fma(decay, V::load_unaligned(h + n * W), s.drive * V(s.B[n]));
        next.store_unaligned(h + n * W);
        sum = fma(next, V(s.C[n]), sum);
      }
      store_some<V, Arch>(sum, y + t * p.row + lane, count);
    }
    from_lanes<T, Arch>(h, count, p.states, last + lane * p.states);
  }
}

template <class T, class Arch>
[[gnu::flatten]] void scan_backward(const ScanPart<T>& p, const ScanPartGradient<T>& g) noexcept {
  using V = Vec<T, Arch>;
  constexpr std::int64_t W = kLanes<V>;
  const std::int64_t size = p.states * W, chunks = (p.steps + kScanSteps - 1) / kScanSteps;
  T *const A = p.scratch, *const gA = A + size, *const gh = gA + size;
  T *const states = gh + size, *const decays = states + (kScanSteps + 1) * size;  // of one chunk
  T* const starts = decays + kScanSteps * size;                                   // the state before each chunk
  for (std::int64_t lane = 0; lane < p.channels; lane += W) {
    const std::int64_t count = p.channels - lane < W ? p.channels - lane : W;
    to_lanes<T, Arch>(p.A + lane * p.states, count, p.states, A);
    if (chunks > 0) to_lanes<T, Arch>(p.h0 + lane * p.states, count, p.states, starts);
    if (g.gh != nullptr) {
      to_lanes<T, Arch>(g.gh + lane * p.states, count, p.states, gh);
    } else {
      for (std::int64_t i = 0; i < size; ++i) gh[i] = T(0);
    }
    for (std::int64_t i = 0; i < size; ++i) gA[i] = T(0);
    for (std::int64_t chunk = 0; chunk + 1 < chunks; ++chunk) {
      T* const h = starts + (chunk + 1) * size;
      for (std::int64_t i = 0; i < size; ++i) h[i] = starts[chunk * size + i];
      for (std::int64_t t = chunk * kScanSteps; t < (chunk + 1) * kScanSteps; ++t) {
        const ScanStep<T, Arch> s(p, lane, count, t);
        for (std::int64_t n = 0; n < p.states; ++n) {
          const V decay = math::exp(s.delta * V::load_unaligned(A + n * W));
          fma(decay, V::load_unaligned(h + n * W), s.drive * V(s.B[n])).store_unaligned(h + n * W);
        }
      }
    }
    for (std::int64_t chunk = chunks - 1; chunk >= 0; --chunk) {
      const std::int64_t begin = chunk * kScanSteps;
      const std::int64_t steps = p.steps - begin < kScanSteps ? p.steps - begin : kScanSteps;
      for (std::int64_t i = 0; i < size; ++i) states[i] = starts[chunk * size + i];
      for (std::int64_t k = 0; k < steps; ++k) {
        const ScanStep<T, Arch> s(p, lane, count, begin + k);
        T* const h = states + k * size;
        for (std::int64_t n = 0; n < p.states; ++n) {
          const V decay = math::exp(s.delta * V::load_unaligned(A + n * W));
          decay.store_unaligned(decays + k * size + n * W);
          fma(decay, V::load_unaligned(h + n * W), s.drive * V(s.B[n])).store_unaligned(h + size + n * W);
        }
      }
      for (std::int64_t k = steps - 1; k >= 0; --k) {
        const std::int64_t t = begin + k;
        const ScanStep<T, Arch> s(p, lane, count, t);
        const V gy = g.gy == nullptr ? V(0) : load_some<V, Arch>(g.gy + t * p.row + lane, count);
        const T *const before = states + k * size, *const decay = decays + k * size;
        T *const gB = g.B + t * p.states, *const gC = g.C + t * p.states;
        V to_drive(0), to_delta(0);
        for (std::int64_t n = 0; n < p.states; ++n) {
          const V a = V::load_unaligned(A + n * W), e = V::load_unaligned(decay + n * W);
          const V slope = fma(gy, V(s.C[n]), V::load_unaligned(gh + n * W));  // of h_t
          const V through = slope * e, exponent = through * V::load_unaligned(before + n * W);
          through.store_unaligned(gh + n * W);
          to_drive = fma(slope, V(s.B[n]), to_drive);
          to_delta = fma(exponent, a, to_delta);
          fma(exponent, s.delta, V::load_unaligned(gA + n * W)).store_unaligned(gA + n * W);
          const T b = first_lane<V, Arch>(fold_sum<V, Arch>(slope * s.drive));
          const T c = first_lane<V, Arch>(fold_sum<V, Arch>(gy * V::load_unaligned(before + size + n * W)));
          gB[n] = lane == 0 ? b : gB[n] + b;
          gC[n] = lane == 0 ? c : gC[n] + c;
        }
        store_some<V, Arch>(to_drive * s.delta, g.x + t * p.row + lane, count);
        store_some<V, Arch>(fma(to_drive, s.x, to_delta), g.delta + t * p.row + lane, count);
      }
    }
    from_lanes<T, Arch>(gA, count, p.states, g.A + lane * p.states);
    from_lanes<T, Arch>(gh, count, p.states, g.h0 + lane * p.states);
  }
}

}  // namespace neuro::kernels
