#pragma once
// Elementwise formulas of transcendental functions.
#include "kernels/elementwise.inl.h"

namespace neuro::kernels {
namespace formula {

// One formula, one line.
// clang-format off

// --- transcendental functions ---
struct Exp { template <class V> V operator()(V x) const { return math::exp(x); } };
struct Log { template <class V> V operator()(V x) const { return math::log(x); } };
struct Log1p { template <class V> V operator()(V x) const { return math::log1p(x); } };
struct Tanh { template <class V> V operator()(V x) const { return math::tanh(x); } };
struct Erf { template <class V> V operator()(V x) const { return math::erf(x); } };
struct Sin { template <class V> V operator()(V x) const { return math::sin(x); } };
struct Cos { template <class V> V operator()(V x) const { return math::cos(x); } };
struct Pow { template <class V> V operator()(V x, V y) const { return math::pow(x, y); } };

// --- losses ---
/// -(t ln x + (1 - t) ln(1 - x)), logarithms at least -100; a comparison with NaN is false and keeps it.
struct Bce {
  template <class V>
  V operator()(V x, V t) const {
    const V lx = math::log(x), lr = math::log1p(-x), least(-100);
    return -(t * select(lx < least, least, lx) + (V(1) - t) * select(lr < least, least, lr));
  }
};

// clang-format on

}  // namespace formula

template <class Arch>
std::span<const Elementwise> transcendental_kernels() {
  static constexpr Elementwise rows[] = {
      row<formula::Bce, Arch, 2>("bce"),
      row<formula::Cos, Arch, 1>("cos"),
      row<formula::Erf, Arch, 1>("erf"),
      row<formula::Exp, Arch, 1>("exp"),
      row<formula::Log, Arch, 1>("log"),
      row<formula::Log1p, Arch, 1>("log1p"),
      row<formula::Pow, Arch, 2>("pow"),
      row<formula::Sin, Arch, 1>("sin"),
      row<formula::Tanh, Arch, 1>("tanh"),
  };
  return rows;
}

}  // namespace neuro::kernels
