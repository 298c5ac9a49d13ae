#pragma once
// What convolution and pooling check alike: sizes of windows, without overflow.
#include "ops/rules.h"

namespace neuro {

[[noreturn]] inline void overflow_error(const char* op) { shape_error(op, "a size does not fit 63 bits"); }

inline std::int64_t checked_product(const char* op, std::int64_t a, std::int64_t b) {
  std::int64_t out = 0;
  if (__builtin_mul_overflow(a, b, &out)) overflow_error(op);
  return out;
}

inline std::int64_t checked_sum(const char* op, std::initializer_list<std::int64_t> terms) {
  std::int64_t out = 0;
  for (const std::int64_t term : terms) {
    if (__builtin_add_overflow(out, term, &out)) overflow_error(op);
  }
  return out;
}

inline std::int64_t check_at_least(const char* op, const char* what, std::int64_t value, std::int64_t least) {
  if (value >= least) return value;
  throw Error(ErrorCode::invalid_argument,
              str(op, ": ", what, " ", value, " must be at least ", least, least == 0 ? "; slice() crops" : ""));
}

struct WindowAxis {
  std::int64_t kernel, stride, before, after, dilation;
};

/// Windows along `axis` of x: floor((in + before + after - dilation (kernel - 1) - 1) / stride) + 1. With `ceil` it is
/// rounded up, unless the last window would begin behind the input.
inline std::int64_t window_count(const char* op, const Shape& x, int axis, const WindowAxis& w, bool ceil = false) {
  if (x[axis] < 1) shape_error(op, "axis ", axis, " of x ", x, " has no elements");
  if (w.kernel < 1) shape_error(op, "the kernel of axis ", axis, " has size ", w.kernel, "; x is ", x);
  const std::int64_t reach = checked_sum(op, {checked_product(op, w.dilation, w.kernel - 1), 1});
  const std::int64_t room = checked_sum(op, {x[axis], w.before, w.after}) - reach;
  if (ceil && room < 0 && room > -w.stride) return 1;  // a first window that ends behind the padding
  if (room < 0) {
    shape_error(op, "the window of ", w.kernel, " (dilation ", w.dilation, ") is larger than axis ", axis, " of x ", x,
                " with ", w.before + w.after, " of padding");
  }
  std::int64_t count = room / w.stride + 1;
  if (ceil && room % w.stride != 0 && count * w.stride < x[axis] + w.before) ++count;
  return count;
}

}  // namespace neuro
