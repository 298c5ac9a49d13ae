#include "direct_conv.h"

#include "neuro/parallel.h"
#include "window.h"

namespace neuro::kernels {
namespace {

/// Multiply-adds of one chunk at least: handing it to another thread then costs little beside it.
constexpr std::int64_t kSerialWork = 150'000;

/// Elements of staged rows at most: a quarter of a mebibyte in f32.
constexpr std::int64_t kStagedLimit = 65'536;

/// Outputs whose weight gradients are computed from the same staged rows by one worker.
constexpr std::int64_t kOutputs = 4;

Window window_of(const Conv& p) {
  return {{p.D, p.OD, p.KD, p.stride_d, p.front, p.dilation_d},
          {p.H, p.OH, p.KH, p.stride_h, p.top, p.dilation_h},
          {p.W, p.OW, p.KW, p.stride_w, p.left, p.dilation_w}};
}

/// gx as a window over gy with the weights turned by half a turn: stride 1 over gy's elements spread apart.
Window input_grad_window(const Conv& p) {
  const auto axis = [](std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride, std::int64_t before,
                       std::int64_t dilation) {
    return Window::Axis{out, in, kernel, 1, (kernel - 1) * dilation - before, dilation, stride};
  };
  return {axis(p.D, p.OD, p.KD, p.stride_d, p.front, p.dilation_d),
          axis(p.H, p.OH, p.KH, p.stride_h, p.top, p.dilation_h),
          axis(p.W, p.OW, p.KW, p.stride_w, p.left, p.dilation_w)};
}

/// Runs body(item, worker) for every item: consecutive items share a chunk so that each chunk is worth its hand-over.
template <class Body>
void for_items(std::int64_t items, std::int64_t work_per_item, const Body& body) {
  const std::int64_t some = std::max<std::int64_t>(grain(kSerialWork) / std::max<std::int64_t>(work_per_item, 1), 1);
  parallel_for((items + some - 1) / some, [&](std::int64_t chunk, int worker) {
    const std::int64_t end = std::min(items, (chunk + 1) * some);
    for (std::int64_t i = chunk * some; i < end; ++i) body(i, worker);
  });
}

}  // namespace

bool is_direct(const Conv& p) {
  constexpr std::int64_t kVector = 16;
  return p.C == p.groups && window_of(p).staged_elements(kVector) <= kStagedLimit &&
         input_grad_window(p).staged_elements(kVector) <= kStagedLimit;
}

template <class T>
std::size_t direct_conv_scratch(const Table& table, const Conv& p) {
  return Stage<T>::bytes(window_of(p), spatial_kernels_of<T>(table));
}

template <class T>
void direct_conv(const Exec& exec, const Conv& p, const T* x, const T* w, const T* bias, T* y,
                 const Epilogue& epilogue) noexcept {
  const SpatialKernels<T>& kernels = spatial_kernels_of<T>(*exec.table);
  const Window window = window_of(p);
  const std::int64_t outputs = p.O / p.groups, pixels = p.OH * p.OW, taps = window.taps(), slice_taps = p.KH * p.KW;
  if (p.N == 0 || outputs == 0 || pixels == 0) return;
  const std::int64_t some = window.block_rows(kernels.vector), blocks = (p.OH + some - 1) / some;
  for_items(p.N * p.groups * p.OD * blocks, outputs * some * p.OW * taps, [&](std::int64_t item, int worker) {
    const std::int64_t first = item % blocks * some, od = item / blocks % p.OD, plane = item / blocks / p.OD;
    const std::int64_t group = plane % p.groups, rows = std::min(some, p.OH - first);
    const Stage<T> stage(window, kernels, exec.of(worker));
    DirectRows<T> out = stage.rows(rows);
    out.outputs = outputs;
    out.w_output = taps;
    out.y = y + (plane * outputs * p.OD + od) * pixels + first * p.OW;
    out.y_output = p.OD * pixels;
    for (std::int64_t kd = 0; kd < p.KD; ++kd) {
      if (!stage.load(x + plane * p.D * p.H * p.W, od, kd, first, rows, T(0))) continue;
      out.w = w + group * outputs * taps + kd * slice_taps;
      kernels.direct_rows(out);
      out.accumulate = true;
    }
    for (std::int64_t o = 0; o < outputs; ++o) {
      T* const done = out.y + o * out.y_output;
      if (!out.accumulate) std::fill(done, done + rows * p.OW, T(0));
      if (bias != nullptr) {
        for (std::int64_t i = 0; i < rows * p.OW; ++i) done[i] += bias[group * outputs + o];
      }
      if (epilogue.run != nullptr) epilogue.run(epilogue.context, 0, done - y, done - y + rows * p.OW, worker);
    }
  });
}

template <class T>
std::size_t direct_conv_input_grad_scratch(const Table& table, const Conv& p) {
  const Window window = input_grad_window(p);
  return Stage<T>::bytes(window, spatial_kernels_of<T>(table)) + static_cast<std::size_t>(window.taps()) * sizeof(T);
}

template <class T>
void direct_conv_input_grad(const Exec& exec, const Conv& p, const T* gy, const T* w, T* gx) noexcept {
  const SpatialKernels<T>& kernels = spatial_kernels_of<T>(*exec.table);
  const Window window = input_grad_window(p);
  const std::int64_t outputs = p.O / p.groups, taps = window.taps(), plane_size = p.H * p.W;
  if (p.N == 0 || p.C == 0 || plane_size == 0) return;
  const std::int64_t some = window.block_rows(kernels.vector), blocks = (p.H + some - 1) / some;
  for_items(p.N * p.C * p.D * blocks, outputs * some * p.W * taps, [&](std::int64_t item, int worker) {
    const std::int64_t first = item % blocks * some, d = item / blocks % p.D, plane = item / blocks / p.D;
    const std::int64_t rows = std::min(some, p.H - first);
    const Stage<T> stage(window, kernels, exec.of(worker));
    T* const turned = reinterpret_cast<T*>(exec.of(worker) + Stage<T>::bytes(window, kernels));
    DirectRows<T> out = stage.rows(rows);
    out.y = gx + (plane * p.D + d) * plane_size + first * p.W;
    for (std::int64_t o = 0; o < outputs; ++o) {
      const T* const from = w + (plane % p.groups * outputs + o) * taps;
      std::reverse_copy(from, from + taps, turned);
      for (std::int64_t kd = 0; kd < p.KD; ++kd) {
        if (!stage.load(gy + (plane * outputs + o) * p.OD * p.OH * p.OW, d, kd, first, rows, T(0))) continue;
        out.w = turned + kd * p.KH * p.KW;
        kernels.direct_rows(out);
        out.accumulate = true;
      }
    }
    if (!out.accumulate) std::fill(out.y, out.y + rows * p.W, T(0));
  });
}

template <class T>
void direct_conv_weight_grad(const Exec& exec, const Conv& p, const T* gy, const T* x, T* gw) noexcept {
  const SpatialKernels<T>& kernels = spatial_kernels_of<T>(*exec.table);
  const Window window = window_of(p);
  const std::int64_t outputs = p.O / p.groups, pixels = p.OH * p.OW, taps = window.taps();
  const std::int64_t some = window.block_rows(kernels.vector), parts = (outputs + kOutputs - 1) / kOutputs;
  for_items(p.groups * parts, p.N * kOutputs * p.OD * pixels * taps, [&](std::int64_t item, int worker) {
    const std::int64_t group = item / parts, o = item % parts * kOutputs, count = std::min(kOutputs, outputs - o);
    const Stage<T> stage(window, kernels, exec.of(worker));
    T* const g = gw + (group * outputs + o) * taps;
    std::fill(g, g + count * taps, T(0));
    for (std::int64_t n = 0; n < p.N; ++n) {
      const std::int64_t plane = n * p.groups + group;
      for (std::int64_t od = 0; od < p.OD; ++od) {
        for (std::int64_t first = 0; first < p.OH; first += some) {
          const std::int64_t rows = std::min(some, p.OH - first);
          DirectWeights<T> sums{stage.rows(rows), gy + ((plane * outputs + o) * p.OD + od) * pixels + first * p.OW, g};
          sums.at.outputs = count;
          sums.at.w_output = taps;
          sums.at.y_output = p.OD * pixels;
          for (std::int64_t kd = 0; kd < p.KD; ++kd, sums.g += p.KH * p.KW) {
            if (stage.load(x + plane * p.D * p.H * p.W, od, kd, first, rows, T(0))) kernels.direct_weights(sums);
          }
        }
      }
    }
  });
}

#define NEURO_INSTANTIATE(T)                                                                                       \
  template std::size_t direct_conv_scratch<T>(const Table&, const Conv&);                                          \
  template void direct_conv(const Exec&, const Conv&, const T*, const T*, const T*, T*, const Epilogue&) noexcept; \
  template std::size_t direct_conv_input_grad_scratch<T>(const Table&, const Conv&);                               \
  template void direct_conv_input_grad(const Exec&, const Conv&, const T*, const T*, T*) noexcept;                 \
  template void direct_conv_weight_grad(const Exec&, const Conv&, const T*, const T*, T*) noexcept;
NEURO_INSTANTIATE(float)
NEURO_INSTANTIATE(double)
#undef NEURO_INSTANTIATE

}  // namespace neuro::kernels
