#pragma once
// Windows over planes: rows are staged with their padding, one block of output rows at a time, and a kernel runs over
// them. What pooling and direct convolution share.
#include <algorithm>
#include <cstdint>

#include "kernels/spatial_kernels.h"

namespace neuro::kernels {

/// Output (od, oh, ow) meets tap (kd, kh, kw) at element od * stride - before + kd * dilation of the input on each
/// axis. With a spread s, which needs stride 1, the input's elements lie s apart there, with zeros between them.
struct Window {
  struct Axis {
    std::int64_t in, out, kernel, stride, before, dilation, spread = 1;
  };
  Axis d, h, w;

  std::int64_t taps() const { return d.kernel * h.kernel * w.kernel; }
  std::int64_t row_part(std::int64_t vector) const {
    return (w.out + vector - 1) / vector * vector + (w.kernel - 1) * w.dilation / w.stride + 1;
  }
  /// Input rows that `rows` output rows meet.
  std::int64_t rows_met(std::int64_t rows) const { return (rows - 1) * h.stride + (h.kernel - 1) * h.dilation + 1; }
  /// Output rows that are computed at a time: staged rows stay within half of L1 where four of them do.
  std::int64_t block_rows(std::int64_t vector) const {
    constexpr std::int64_t kStaged = 4096;
    const std::int64_t width = w.stride * row_part(vector);
    const std::int64_t fit = (kStaged / width - (h.kernel - 1) * h.dilation - 1) / h.stride + 1;
    return std::min(h.out, std::max<std::int64_t>(fit / 4 * 4, 4));
  }
  std::int64_t staged_elements(std::int64_t vector) const {
    return rows_met(block_rows(vector)) * w.stride * row_part(vector);
  }
};

/// Scratch of one worker: staged rows and where each tap's column begins in them.
template <class T>
struct Stage {
  Stage(const Window& window, const SpatialKernels<T>& kernels, std::byte* scratch)
      : window_(window), kernels_(kernels), part_(window.row_part(kernels.vector)) {
    column_ = reinterpret_cast<std::int64_t*>(scratch);
    rows_ = reinterpret_cast<T*>(scratch + column_bytes(window));
    for (std::int64_t k = 0; k < window.w.kernel; ++k) {
      const std::int64_t q = k * window.w.dilation;
      column_[k] = q % window.w.stride * part_ + q / window.w.stride;
    }
  }

  static std::size_t column_bytes(const Window& w) {
    return (static_cast<std::size_t>(w.w.kernel) * sizeof(std::int64_t) + 63) / 64 * 64;
  }
  static std::size_t bytes(const Window& w, const SpatialKernels<T>& kernels) {
    return (column_bytes(w) + static_cast<std::size_t>(w.staged_elements(kernels.vector)) * sizeof(T) + 63) / 64 * 64;
  }

  /// Stages what output rows [first, first + rows) of slice `od` meet at tap kd of `volume`; false when that is
  /// outside.
  bool load(const T* volume, std::int64_t od, std::int64_t kd, std::int64_t first, std::int64_t rows, T padding) const {
    const Window::Axis &d = window_.d, &h = window_.h, &w = window_.w;
    const std::int64_t at = od * d.stride - d.before + kd * d.dilation;
    if (at < 0 || at % d.spread != 0 || at / d.spread >= d.in) return false;
    kernels_.pad_rows({volume + at / d.spread * h.in * w.in, h.in, w.in, w.before, h.spread, w.spread, w.stride, part_,
                       first * h.stride - h.before, window_.rows_met(rows), padding, rows_});
    return true;
  }

  /// How a kernel reads what was loaded.
  DirectRows<T> rows(std::int64_t count) const {
    const std::int64_t width = window_.w.stride * part_;
    DirectRows<T> out{};
    out.in = rows_;
    out.row_step = window_.h.stride * width;
    out.tap_step = window_.h.dilation * width;
    out.column = column_;
    out.KH = window_.h.kernel;
    out.KW = window_.w.kernel;
    out.OW = window_.w.out;
    out.rows = count;
    out.outputs = 1;
    return out;
  }

 private:
  const Window& window_;
  const SpatialKernels<T>& kernels_;
  std::int64_t part_;
  std::int64_t* column_;
  T* rows_;
};

}  // namespace neuro::kernels
