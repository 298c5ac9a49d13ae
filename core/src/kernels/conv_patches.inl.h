#pragma once
// Patches of an image, written where a product wants them.
#include <cstdint>

#include "kernels/conv_kernels.h"
#include "kernels/gemm_lanes.inl.h"

namespace neuro::kernels {

/// Writes patch rows [k0, k0 + k) at pixels [p0, p0 + n), n <= 2W: row r goes to to[(r - k0) * to_row ..]; whole
/// vectors are written, zeros beyond n.
template <class T, class Arch>
class PatchPanel {
  using L = Lanes<T, Arch>;
  using V = typename L::V;
  static constexpr int W = L::kWidth;

  [[gnu::always_inline]] static std::uint64_t bits(std::int64_t begin, std::int64_t end) {
    return ((std::uint64_t{1} << end) - 1) & ~((std::uint64_t{1} << begin) - 1);
  }

  /// Pixels of the panel that lie in one output row: lanes [begin, end), the first of them at (oh, ow).
  struct Segment {
    int begin, end;
    std::int64_t oh, ow;

    std::uint64_t lanes() const { return bits(begin, end); }
  };
  /// Lanes of one vector whose elements lie side by side in the image.
  struct Piece {
    int vector;
    std::uint32_t lanes;  // of the vector
    std::int64_t offset;  // of lane 0, for kh = kw = 0
  };

  const Patches& s_;
  Segment segments_[2 * W];
  Piece pieces_[3 * W];
  int segment_count_ = 0, piece_count_ = 0, vectors_;

 public:
  PatchPanel(const Patches& s, std::int64_t p0, std::int64_t n) : s_(s), vectors_(n > W ? 2 : 1) {
    std::int64_t oh = p0 / s.OW, ow = p0 % s.OW;
    for (int lane = 0; lane < n;) {
      const std::int64_t run = s.OW - ow < n - lane ? s.OW - ow : n - lane;
      segments_[segment_count_++] = {lane, lane + static_cast<int>(run), oh, ow};
      lane += static_cast<int>(run);
      ++oh;
      ow = 0;
    }
    if (!side_by_side()) return;
    // With the output as wide as the image, consecutive rows follow each other in both: one piece for each vector.
    const bool merged = s.OW == s.W && s.stride_h == 1;
    for (int v = 0; v < vectors_; ++v) {
      for (int i = 0; i < segment_count_; ++i) {
        const Segment& g = segments_[i];
        const int begin = g.begin > v * W ? g.begin : v * W, end = g.end < (v + 1) * W ? g.end : (v + 1) * W;
        if (begin >= end) continue;
        const std::int64_t offset = (g.oh * s.stride_h - s.top) * s.W + g.ow - s.left - g.begin + v * W;
        const std::uint32_t lanes = L::first(end - v * W) & ~L::first(begin - v * W);
        if (merged && piece_count_ > 0 && pieces_[piece_count_ - 1].vector == v) {
          pieces_[piece_count_ - 1].lanes |= lanes;
        } else {
          pieces_[piece_count_++] = {v, lanes, offset};
        }
      }
    }
  }

  void write(const T* x, std::int64_t k0, std::int64_t k, T* to, std::int64_t to_row) const {
    if (k == 0) return;
    const std::int64_t slice_taps = s_.KH * s_.KW, taps = s_.KD * slice_taps, slice = s_.H * s_.W;
    const std::int64_t first = k0 / taps, first_tap = k0 % taps, last = (k0 + k) / taps, last_tap = (k0 + k) % taps;
    for (std::int64_t kd = 0; kd < s_.KD; ++kd) {
      const std::int64_t id = s_.depth + kd * s_.dilation_d;
      const bool inside = id >= 0 && id < s_.D;
      for (std::int64_t kw = 0; kw < s_.KW; ++kw) {
        const std::uint64_t columns = inside ? columns_inside(kw) : 0;
        for (std::int64_t kh = 0; kh < s_.KH; ++kh) {
          const std::int64_t tap = kd * slice_taps + kh * s_.KW + kw;
          const std::int64_t c0 = first + (tap < first_tap), c1 = last + (tap < last_tap);
          if (c0 >= c1) continue;
          T* row = to + (c0 * taps + tap - k0) * to_row;
          const T* plane = x + (c0 * s_.D + (inside ? id : 0)) * slice;
          if (side_by_side()) {
            write_runs(plane, kh, kw, columns & rows_inside(kh), c1 - c0, row, taps * to_row);
          } else {
            write_lanes(plane, inside, kh, kw, c1 - c0, row, taps * to_row);
          }
        }
      }
    }
  }

 private:
  bool side_by_side() const { return s_.stride_w == 1; }

  /// Lanes whose row is inside the image for this tap.
  std::uint64_t rows_inside(std::int64_t kh) const {
    std::uint64_t lanes = 0;
    for (int i = 0; i < segment_count_; ++i) {
      const std::int64_t ih = segments_[i].oh * s_.stride_h - s_.top + kh * s_.dilation_h;
      if (ih >= 0 && ih < s_.H) lanes |= segments_[i].lanes();
    }
    return lanes;
  }

  /// Lanes whose column is inside the image for this tap, when stride_w is 1.
  std::uint64_t columns_inside(std::int64_t kw) const {
    std::uint64_t lanes = 0;
    for (int i = 0; i < segment_count_; ++i) {
      const Segment& g = segments_[i];
      const std::int64_t iw = g.ow - s_.left + kw * s_.dilation_w;  // of the segment's first lane
      const std::int64_t room = g.begin + s_.W - iw;
      const std::int64_t begin = iw < 0 ? g.begin - iw : g.begin, end = room < g.end ? room : g.end;
      if (begin < end) lanes |= bits(begin, end);
    }
    return lanes;
  }

  void write_runs(const T* plane, std::int64_t kh, std::int64_t kw, std::uint64_t lanes, std::int64_t channels, T* row,
                  std::int64_t to_channel) const {
    const std::int64_t tap = kh * s_.dilation_h * s_.W + kw * s_.dilation_w, plane_size = s_.D * s_.H * s_.W;
    for (int v = 0, p = 0; v < vectors_; ++v) {
      const std::uint32_t in = static_cast<std::uint32_t>(lanes >> (v * W));
      int end = p;
      while (end < piece_count_ && pieces_[end].vector == v) ++end;
      const T* from = plane + tap;
      T* out = row + v * W;
      for (std::int64_t c = 0; c < channels; ++c, from += plane_size, out += to_channel) {
        V value = L::load(from + pieces_[p].offset, pieces_[p].lanes & in);
        for (int i = p + 1; i < end; ++i) value = value | L::load(from + pieces_[i].offset, pieces_[i].lanes & in);
        value.store_unaligned(out);
      }
      p = end;
    }
  }

  void write_lanes(const T* plane, bool inside, std::int64_t kh, std::int64_t kw, std::int64_t channels, T* row,
                   std::int64_t to_channel) const {
    std::int64_t offset[2 * W];
    bool in[2 * W];
    for (int lane = 0; lane < 2 * W; ++lane) {
      offset[lane] = 0;
      in[lane] = false;
    }
    for (int i = 0; inside && i < segment_count_; ++i) {
      const Segment& g = segments_[i];
      const std::int64_t ih = g.oh * s_.stride_h - s_.top + kh * s_.dilation_h;
      if (ih < 0 || ih >= s_.H) continue;
      std::int64_t iw = g.ow * s_.stride_w - s_.left + kw * s_.dilation_w;
      for (int lane = g.begin; lane < g.end; ++lane, iw += s_.stride_w) {
        if (iw < 0 || iw >= s_.W) continue;
        in[lane] = true;
        offset[lane] = ih * s_.W + iw;
      }
    }
    const int lanes = vectors_ * W;
    for (std::int64_t c = 0; c < channels; ++c, plane += s_.D * s_.H * s_.W, row += to_channel) {
      for (int lane = 0; lane < lanes; ++lane) row[lane] = in[lane] ? plane[offset[lane]] : T(0);
    }
  }
};

}  // namespace neuro::kernels
