#pragma once
// Shapes that the sweeps try, shared by operations of one kind.
#include "neuro/op.h"

namespace neuro::samples {

/// Values of one input: everything of a SampleInput but its shape.
struct Values {
  double lo = -2, hi = 2;
  std::vector<double> kinks = {};
  bool distinct = false;
  DType dtype = DType::f64;
  bool differentiate = true;
  SampleInput of(const Shape& shape, bool strided = false) const {
    return {shape, lo, hi, kinks, distinct, strided, dtype, differentiate};
  }
};

/// One input: rank 0 to 5, sizes 0 and 1, primes, more than one vector and one tile, strided.
std::vector<Sample> unary(const Values& x, const Attrs& attrs = {});
/// Two inputs that broadcast against each other in every way, some strided.
std::vector<Sample> binary(const Values& a, const Values& b, const Attrs& attrs = {});
/// Two inputs of the same shape.
std::vector<Sample> pairs(const Values& a, const Values& b, const Attrs& attrs = {});
/// One input, at least one row of at least one column, for operations on the last axis.
std::vector<Shape> row_shapes();

/// Images x [N, C, ...] with 1 to 3 spatial axes, and the sizes that these become.
struct Resize {
  Shape x;
  std::vector<std::int64_t> sizes;
};
const std::vector<Resize>& resizes();

}  // namespace neuro::samples
