#pragma once
// Bad input: what each operation must refuse, and what its message must say.
#include <functional>
#include <string>
#include <vector>

#include "neuro/ops.h"
#include "neuro/plan.h"

namespace neuro::bad {

struct Row {
  const char* op;                  ///< the function that a user called: the message begins with it
  const char* wrong;               ///< what is wrong, in the test's output
  std::function<void()> call;      ///< records, or for indices runs, the bad call
  std::vector<const char*> words;  ///< the message holds all of these: shapes, the axis, types, numbers
};
using Rows = std::vector<Row>;

/// Computes: for what only data can tell.
inline void run(const Var& y) { Replay({{y}}).run(); }

inline Var f32(const Shape& shape) { return zeros(shape); }
inline Var f64(const Shape& shape) { return zeros(shape, DType::f64); }
inline Var i64(const Shape& shape) { return zeros(shape, DType::i64); }
inline Var boolean(const Shape& shape) { return zeros(shape, DType::boolean); }
inline Var index(std::initializer_list<std::int64_t> values) {
  return Var(Tensor::from<std::int64_t>(values, {static_cast<std::int64_t>(values.size())}));
}
/// As large as a shape may be, without memory: any growth overflows.
inline Var huge() { return placeholder({std::int64_t{1} << 40, std::int64_t{1} << 22}); }

/// An operation of one floating operand.
inline void unary(Rows& rows, const char* op, Var (*f)(const Var&)) {
  rows.push_back({op, "an operand of another type", [f] { f(i64({2, 3})); }, {"i64"}});
  rows.push_back({op, "a boolean operand", [f] { f(boolean({2, 3})); }, {"bool"}});
  rows.push_back({op, "no operand", [f] { f(Var()); }, {"undefined"}});
}

/// One of one operand that may be an integer.
inline void unary_of_numbers(Rows& rows, const char* op, Var (*f)(const Var&)) {
  rows.push_back({op, "a boolean operand", [f] { f(boolean({2, 3})); }, {"bool"}});
  rows.push_back({op, "a boolean scalar", [f] { f(boolean({})); }, {"bool"}});
  rows.push_back({op, "no operand", [f] { f(Var()); }, {"undefined"}});
}

/// One of two operands that broadcast.
inline void binary(Rows& rows, const char* op, Var (*f)(const Var&, const Var&)) {
  rows.push_back({op, "shapes that do not broadcast", [f] { f(f32({2, 3}), f32({4})); }, {"[2, 3]", "[4]", "axis -1"}});
  rows.push_back({op,
                  "shapes that do not broadcast inside",
                  [f] {
                    f(f32({2, 3, 4}), f32({5, 1}));
                  },
                  {"[2, 3, 4]", "[5, 1]", "axis -2"}});
  rows.push_back({op, "two types", [f] { f(f32({2}), f64({2})); }, {"f32", "f64"}});
  rows.push_back({op, "no second operand", [f] { f(f32({2}), Var()); }, {"undefined"}});
  rows.push_back({op,
                  "a result beyond all memory",
                  [f] {
                    f(huge(), f32({2, 1, 1}));
                  },
                  {"[2, 1099511627776, 4194304]", "63 bits"}});
}

// One a family of operations, in bad_input_FAMILY_test.cpp.
Rows elementwise(), shapes(), reductions(), reductions_more(), products(), spatial(), probabilities(), indexing(),
    indexing_more(), arrangement(), arrangement_more(), norms(), losses(), sequences(), updates(), windows(), resizes();

}  // namespace neuro::bad
