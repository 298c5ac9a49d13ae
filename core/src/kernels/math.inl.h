#pragma once
// Mathematical functions of a vector. The bounds stand in <neuro/kernels/elementwise.h>.
#include "kernels/vector.inl.h"

namespace neuro::kernels::math {

template <class V>
[[gnu::always_inline]] inline V exp(V x) {
  return xsimd::exp(x);
}

template <class V>
[[gnu::always_inline]] inline V log(V x) {
  return xsimd::log(x);
}

template <class V>
[[gnu::always_inline]] inline V log1p(V x) {
  return xsimd::log1p(x);
}

template <class V>
[[gnu::always_inline]] inline V tanh(V x) {
  return xsimd::tanh(x);
}

template <class V>
[[gnu::always_inline]] inline V erf(V x) {
  return xsimd::erf(x);
}

template <class V>
[[gnu::always_inline]] inline V sin(V x) {
  return xsimd::sin(x);
}

template <class V>
[[gnu::always_inline]] inline V cos(V x) {
  return xsimd::cos(x);
}

template <class V>
[[gnu::always_inline]] inline V pow(V x, V y) {
  return xsimd::pow(x, y);
}

}  // namespace neuro::kernels::math
