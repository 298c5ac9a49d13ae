#pragma once
// What operations with an index share: sizes of the kernel call, checks, reports of a bad index, samples.
#include "neuro/kernels/index.h"
#include "neuro/ops.h"
#include "ops/axes.h"
#include "ops/ops_internal.h"
#include "ops/rules.h"

namespace neuro::indexing {

inline int axis_of(const Attrs& attrs) { return static_cast<int>(attrs.i[0]); }

/// Attrs::i[0] is the axis; `n` and `m` are its sizes in what is indexed and in the index.
inline kernels::Lanes lanes(const Shape& indexed, std::int64_t m, const Attrs& attrs) {
  const Extents e(indexed, AxisRange({.i = {attrs.i[0], attrs.i[0] + 1}}));
  return {e.outer, e.n, m, e.inner};
}
inline kernels::Lanes lanes(const Shape& indexed, const Operand& index, const Attrs& attrs) {
  return lanes(indexed, index.shape[axis_of(attrs)], attrs);
}

inline void report(const Call& c, const Operand& index, std::int64_t bad, std::int64_t limit) {
  if (bad >= 0) *c.fault = {true, index.as<std::int64_t>()[bad], bad, limit};
}

/// An index that a kernel reads: i64.
inline Var as_index(const Var& index) { return index.dtype() == DType::i32 ? convert(index, DType::i64) : index; }

/// The index has x's rank, and its sizes but for the axis.
inline void check_index(const Infer& c, std::size_t x, std::size_t index) {
  check_type(c, index, "index", DType::i64);
  const int axis = axis_of(c.attrs);
  const Shape &of = c.in[x].shape, &at = c.in[index].shape;
  if (of.rank() != at.rank() || of.with(axis, 1) != at.with(axis, 1))
    shape_error(c.op, "the index has shape ", at, ", the operand ", of, "; only axis ", axis, " may differ");
}

/// One axis of indices.
inline void check_list(const Infer& c, std::size_t index) {
  check_type(c, index, "index", DType::i64);
  if (c.in[index].shape.rank() != 1) shape_error(c.op, "index must have one axis, got ", c.in[index].shape);
}

struct IndexCase {
  Shape x;
  std::int64_t axis, m;
  bool strided = false;
};

const std::vector<IndexCase>& index_cases();

inline SampleInput indices(const IndexCase& c, const Shape& shape) {
  const auto n = static_cast<double>(c.x[static_cast<int>(c.axis)]);
  return {.shape = shape, .lo = 0, .hi = n, .strided = c.strided, .dtype = DType::i64};
}
inline Shape picked(const IndexCase& c) { return c.x.with(static_cast<int>(c.axis), c.m); }
inline SampleInput floats(const IndexCase& c, const Shape& shape) { return {.shape = shape, .strided = c.strided}; }

}  // namespace neuro::indexing
