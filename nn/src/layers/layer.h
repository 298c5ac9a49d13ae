#pragma once
// What layers share.
#include <cmath>

#include "neuro/error.h"
#include "neuro/init.h"
#include "neuro/layers.h"
#include "neuro/str.h"

namespace neuro::nn {

inline void require_size(const char* layer, const char* what, std::int64_t size) {
  if (size < 1) throw Error(ErrorCode::invalid_argument, str(layer, ": ", what, " must be at least 1, is ", size));
}

/// A leaf drawn from U(-1 / sqrt(fan), 1 / sqrt(fan)).
inline Var drawn(const Shape& shape, double fan, DType dtype, Generator* generator) {
  const double k = 1 / std::sqrt(fan);
  return init::uniform(Var(Tensor::empty(shape, dtype)), -k, k, generator);
}

}  // namespace neuro::nn
