#pragma once
// The list of primitives. A new one is a file in this folder and a name here.
#include <vector>

#include "primitive.h"

#define NEURO_PRIMITIVES(X)                                                                                    \
  X(linear)                                                                                                    \
  X(relu)                                                                                                      \
  X(gelu) X(silu) X(sigmoid) X(tanh) X(mish) X(elu) X(prelu) X(softmax) X(layer_norm) X(batch_norm) X(dropout) \
      X(conv2d) X(max_pool) X(avg_pool) X(global_avg_pool) X(embedding) X(identity) X(fork) X(add) X(multiply) \
          X(concat) X(flatten)

namespace neuro::prim {

#define NEURO_DECLARE(name) const PrimitiveDef& name();
NEURO_PRIMITIVES(NEURO_DECLARE)
#undef NEURO_DECLARE

inline std::vector<const PrimitiveDef*> all() {
#define NEURO_LIST(name) &name(),
  return {NEURO_PRIMITIVES(NEURO_LIST)};
#undef NEURO_LIST
}

}  // namespace neuro::prim
