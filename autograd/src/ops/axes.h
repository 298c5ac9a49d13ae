#pragma once
// Which axes a reduction takes, for operations that take any of them.
#include "neuro/op.h"
#include "neuro/ops/reduction.h"
#include "ops/samples.h"

namespace neuro {

/// Attrs of a reduction that is a kernel: i = {first axis, one past the last}.
struct AxisRange {
  int begin, end;
  explicit AxisRange(const Attrs& a) : begin(static_cast<int>(a.i[0])), end(static_cast<int>(a.i[1])) {}
  Shape dropped(const Shape& shape) const;  ///< without these axes
  Shape kept(const Shape& shape) const;     ///< with size 1 on these axes
};

/// A shape seen as [outer, n, inner], n the axes of the range.
struct Extents {
  std::int64_t outer = 1, n = 1, inner = 1;
  Extents(const Shape& shape, const AxisRange& axes) {
    for (int i = 0; i < shape.rank(); ++i) (i < axes.begin ? outer : i < axes.end ? n : inner) *= shape[i];
  }
};

class ReducedAxes {
 public:
  /// Throws Error(shape), naming `op`, for an axis out of range or given twice.
  ReducedAxes(const char* op, const Var& x, std::span<const int> axes, KeepDim keep);
  static ReducedAxes all(const Var& x);
  /// As attributes of an operation: i = {keep, axis, ...}; and back.
  std::vector<std::int64_t> attrs() const;
  ReducedAxes(const char* op, const Var& x, const Attrs& attrs);

  bool contains(int axis) const { return reduced_[static_cast<std::size_t>(axis)]; }
  std::int64_t elements(const Shape& shape) const;  ///< that are reduced to one
  std::vector<int> list() const;
  ReducedAxes keeping() const;  ///< the same with KeepDim::yes
  Shape result(const Shape& shape) const;

  /// x with the reduced axes side by side, and where they begin and end.
  struct Together {
    Var x;
    int begin, end;
  };
  Together together(const Var& x) const;

 private:
  ReducedAxes() = default;
  std::array<bool, kMaxRank> reduced_{};
  KeepDim keep_ = KeepDim::no;
};

/// One call of `op` (attrs: AxisRange, f[0] = 1) over all the axes, which are moved together when they lie apart.
Var reduce_together(const OpDef& op, const Var& x, const ReducedAxes& axes);
/// sum(x) / divisor.
Var sum_over(const Var& x, const ReducedAxes& axes, double divisor);

extern const OpDef integer_sum_def, integer_prod_def, integer_max_def, integer_min_def;  // ops/reduction_exact.cpp

namespace samples {
/// One input, reduced over one range of axes, for kernels; f[0] = divisor.
std::vector<Sample> ranges(const SampleInput& values, double divisor);
/// One input, reduced over one, several and all axes, neighbours and not, kept and not; strided too.
std::vector<Sample> reductions(const Values& x, std::array<double, 4> f = {});
}  // namespace samples

}  // namespace neuro
