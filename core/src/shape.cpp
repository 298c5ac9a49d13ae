#include "neuro/shape.h"

#include <algorithm>

#include "neuro/error.h"
#include "neuro/str.h"

namespace neuro {
namespace {

std::string list(std::span<const std::int64_t> dims) {
  std::string out = "[";
  for (std::size_t i = 0; i < dims.size(); ++i) out += str(i ? ", " : "", dims[i]);
  return out + "]";
}

}  // namespace

Shape::Shape(std::initializer_list<std::int64_t> dims)
    : Shape(std::span<const std::int64_t>(dims.begin(), dims.size())) {}

Shape::Shape(std::span<const std::int64_t> dims) {
  if (dims.size() > static_cast<std::size_t>(kMaxRank)) {
    throw Error(ErrorCode::shape,
                str("shape ", list(dims), " has rank ", dims.size(), "; at most ", kMaxRank, " is supported"));
  }
  std::int64_t elements = 1;
  for (const std::int64_t d : dims) {
    if (d < 0) throw Error(ErrorCode::shape, str("shape ", list(dims), ": sizes must not be negative"));
    if (d != 0 && __builtin_mul_overflow(elements, d, &elements)) {
      throw Error(ErrorCode::shape, str("shape ", list(dims), ": the number of elements does not fit 63 bits"));
    }
  }
  rank_ = static_cast<int>(dims.size());
  std::copy(dims.begin(), dims.end(), dims_.begin());
}

std::int64_t Shape::at(int axis) const { return (*this)[normalize_axis(axis, rank_, "shape")]; }

std::int64_t Shape::elements() const {
  std::int64_t n = 1;
  for (int i = 0; i < rank_; ++i) n *= dims_[static_cast<std::size_t>(i)];
  return n;
}

Shape Shape::with(int axis, std::int64_t size) const {
  std::array<std::int64_t, kMaxRank> dims = dims_;
  dims[static_cast<std::size_t>(axis)] = size;
  return Shape(std::span<const std::int64_t>(dims.data(), static_cast<std::size_t>(rank_)));
}

Shape Shape::without(int axis) const {
  Shape out = *this;
  std::copy(dims_.begin() + axis + 1, dims_.begin() + rank_, out.dims_.begin() + axis);
  out.dims_[static_cast<std::size_t>(--out.rank_)] = 0;
  return out;
}

Shape Shape::inserted(int axis, std::int64_t size) const {
  std::array<std::int64_t, kMaxRank + 1> dims{};
  std::copy(dims_.begin(), dims_.begin() + axis, dims.begin());
  dims[static_cast<std::size_t>(axis)] = size;
  std::copy(dims_.begin() + axis, dims_.begin() + rank_, dims.begin() + axis + 1);
  return Shape(std::span<const std::int64_t>(dims.data(), static_cast<std::size_t>(rank_) + 1));
}

bool Shape::operator==(const Shape& other) const {
  return rank_ == other.rank_ && std::equal(begin(), end(), other.begin());
}

std::string Shape::text() const { return list(dims()); }

Strides contiguous_strides(const Shape& shape) {
  Strides strides{};
  std::int64_t step = 1;
  for (int i = shape.rank() - 1; i >= 0; --i) {
    strides[static_cast<std::size_t>(i)] = step;
    step *= shape[i];
  }
  return strides;
}

int normalize_axis(int axis, int rank, const char* op) {
  if (rank == 0) throw Error(ErrorCode::shape, str(op, ": axis ", axis, " of a value of rank 0, which has no axes"));
  if (axis < -rank || axis >= rank) {
    throw Error(ErrorCode::shape,
                str(op, ": axis ", axis, " is out of range for rank ", rank, "; it takes ", -rank, " to ", rank - 1));
  }
  return axis < 0 ? axis + rank : axis;
}

Shape broadcast(const Shape& a, const Shape& b, const char* op) {
  const int rank = std::max(a.rank(), b.rank());
  std::array<std::int64_t, kMaxRank> dims{};
  for (int i = 0; i < rank; ++i) {  // i counts from the last axis
    const std::int64_t da = i < a.rank() ? a[a.rank() - 1 - i] : 1;
    const std::int64_t db = i < b.rank() ? b[b.rank() - 1 - i] : 1;
    if (da != db && da != 1 && db != 1) {
      throw Error(ErrorCode::shape, str(op, ": shapes ", a, " and ", b, " do not broadcast: axis ", -1 - i,
                                        " has sizes ", da, " and ", db, "; they must be equal, or one of them 1"));
    }
    dims[static_cast<std::size_t>(rank - 1 - i)] = da == 1 ? db : da;
  }
  return Shape(std::span<const std::int64_t>(dims.data(), static_cast<std::size_t>(rank)));
}

Strides broadcast_strides(const Shape& from, const Strides& strides, const Shape& to) {
  Strides out{};
  for (int i = 0; i < from.rank(); ++i) {
    const int t = to.rank() - from.rank() + i;
    out[static_cast<std::size_t>(t)] = from[i] == 1 ? 0 : strides[static_cast<std::size_t>(i)];
  }
  return out;
}

}  // namespace neuro
