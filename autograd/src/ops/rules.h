#pragma once
// What shape rules and kernel calls of several operations share.
#include <algorithm>
#include <string>
#include <string_view>

#include "neuro/error.h"
#include "neuro/op.h"
#include "neuro/str.h"

namespace neuro {

/// Calls f with a value of the C++ type that `dtype`, f32 or f64, stands for.
template <class F>
void visit_float(DType dtype, F&& f) {
  dtype == DType::f64 ? f(double{}) : f(float{});
}

template <class... Args>
[[noreturn]] void shape_error(const char* op, const Args&... args) {
  throw Error(ErrorCode::shape, str(op, ": ", args...));
}

/// f(), whose errors are reported under the name `op` instead of that of an operation inside: "mm: inner sizes differ".
template <class F>
auto under_name(const char* op, F&& f) -> decltype(f()) {
  try {
    return f();
  } catch (const Error& e) {
    const std::string_view message = e.what();
    const std::size_t name =
        std::min(message.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_"), message.size());
    const bool named = name > 0 && message.substr(name).starts_with(": ");
    if (named && message.substr(0, name) == op) throw;
    throw Error(e.code(), str(op, ": ", named ? message.substr(name + 2) : message));
  }
}

/// Operand `i` must be f32 or f64; `what` names it in the message.
inline void check_float(const Infer& c, std::size_t i, const char* what) {
  if (is_floating(c.in[i].dtype)) return;
  throw Error(ErrorCode::dtype,
              str(c.op, ": ", what, " must be f32 or f64, got ", name_of(c.in[i].dtype), "; use convert()"));
}

/// Operand `i` must have operand 0's type.
inline void check_same_type(const Infer& c, std::size_t i, const char* what) {
  if (c.in[i].dtype == c.in[0].dtype) return;
  throw Error(ErrorCode::dtype, str(c.op, ": ", what, " is ", name_of(c.in[i].dtype), ", the first operand ",
                                    name_of(c.in[0].dtype), "; convert() one of them"));
}

inline void check_type(const Infer& c, std::size_t i, const char* what, DType wanted) {
  if (c.in[i].dtype == wanted) return;
  throw Error(ErrorCode::dtype,
              str(c.op, ": ", what, " must be ", name_of(wanted), ", got ", name_of(c.in[i].dtype), "; use convert()"));
}

inline void check_shape(const Infer& c, std::size_t i, const char* what, const Shape& wanted) {
  if (c.in[i].shape != wanted) shape_error(c.op, what, " must have shape ", wanted, ", got ", c.in[i].shape);
}

/// The result has the first operand's shape and type, which must be f32 or f64.
inline std::vector<ValueInfo> same_as_first(const Infer& c) {
  check_float(c, 0, "the operand");
  return {c.in[0]};
}

/// The last axis seen as columns: all others together are the rows.
inline std::int64_t last_size(const Shape& shape) { return shape[shape.rank() - 1]; }
inline std::int64_t rows_of(const Shape& shape) {
  std::int64_t rows = 1;
  for (int i = 0; i + 1 < shape.rank(); ++i) rows *= shape[i];
  return rows;
}

}  // namespace neuro
