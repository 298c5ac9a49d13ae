#pragma once
// Elementwise kernels: one serial function each, on contiguous arrays. Fusion and broadcasting happen above them, in
// tile programs, so a kernel is nothing but its formula.
#include <cstdint>

namespace neuro::kernels {

/// out[i] = f(in[0][i], in[1][i], ...) for i in [0, n). `attrs` are the operation's constants (at most 4, in the order
/// of its descriptor). Every element goes through the same formula wherever it lies, so that values do not depend on
/// position, chunking or threads. `out` may be one of the inputs. Inputs typed boolean (see `mask_input`) are bytes.
using ElementwiseFn = void (*)(const void* const* in, void* out, std::int64_t n, const double* attrs) noexcept;

struct Elementwise {
  const char* name;
  int arity;
  ElementwiseFn f32;
  ElementwiseFn f64;
  bool mask_output = false;  ///< the result is boolean (comparisons)
  int mask_input = -1;       ///< index of the operand that is boolean (`where`: 0), or -1
};

}  // namespace neuro::kernels
