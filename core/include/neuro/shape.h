#pragma once
// Shapes, strides and broadcasting of concrete tensors.
#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

namespace neuro {

inline constexpr int kMaxRank = 8;

/// Sizes of a tensor's axes, outermost first. A value type without allocation; rank 0 is a scalar.
/// Every size is >= 0 and the number of elements fits 63 bits: both are checked where a Shape is made.
class Shape {
 public:
  Shape() = default;
  Shape(std::initializer_list<std::int64_t> dims);     ///< throws Error(shape)
  explicit Shape(std::span<const std::int64_t> dims);  ///< throws Error(shape)

  int rank() const { return rank_; }
  std::int64_t operator[](int axis) const { return dims_[static_cast<std::size_t>(axis)]; }
  /// The size of `axis`, which may be negative (-1 is the last). Throws Error(shape) when out of range.
  std::int64_t at(int axis) const;
  std::int64_t elements() const;  ///< product of the sizes; 1 for rank 0
  const std::int64_t* begin() const { return dims_.data(); }
  const std::int64_t* end() const { return dims_.data() + rank_; }
  std::span<const std::int64_t> dims() const { return {dims_.data(), static_cast<std::size_t>(rank_)}; }

  Shape with(int axis, std::int64_t size) const;      ///< one axis replaced
  Shape without(int axis) const;                      ///< one axis removed
  Shape inserted(int axis, std::int64_t size) const;  ///< one axis inserted before `axis` (axis == rank: at the end)

  bool operator==(const Shape& other) const;
  std::string text() const;  ///< "[2, 3]"

 private:
  std::array<std::int64_t, kMaxRank> dims_{};
  int rank_ = 0;
};

/// Steps between neighbours along each axis, in elements.
using Strides = std::array<std::int64_t, kMaxRank>;

Strides contiguous_strides(const Shape& shape);  ///< row-major

/// An axis in [0, rank) from one that may be negative. Throws Error(shape) naming `op`.
int normalize_axis(int axis, int rank, const char* op);

/// The common shape of `a` and `b` by NumPy's rule (right-aligned, sizes equal or 1). Throws Error(shape) naming `op`,
/// both shapes and the axis that disagrees.
Shape broadcast(const Shape& a, const Shape& b, const char* op);

/// Strides that read a tensor of shape `from` (with strides `strides`) as if it had shape `to`, which it broadcasts
/// to: 0 along repeated axes.
Strides broadcast_strides(const Shape& from, const Strides& strides, const Shape& to);

}  // namespace neuro
