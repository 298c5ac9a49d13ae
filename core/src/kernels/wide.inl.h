#pragma once
// Elementwise formulas of the functions of math_wide.inl.h.
#include "kernels/elementwise.inl.h"
#include "kernels/math_wide.inl.h"

namespace neuro::kernels {
namespace formula {

// One formula, one line.
// clang-format off

struct Acos { template <class V> V operator()(V x) const { return math::acos(x); } };
struct Acosh { template <class V> V operator()(V x) const { return math::acosh(x); } };
struct Asin { template <class V> V operator()(V x) const { return math::asin(x); } };
struct Asinh { template <class V> V operator()(V x) const { return math::asinh(x); } };
struct Atan { template <class V> V operator()(V x) const { return math::atan(x); } };
struct Atan2 { template <class V> V operator()(V y, V x) const { return math::atan2(y, x); } };
struct Atanh { template <class V> V operator()(V x) const { return math::atanh(x); } };
struct Cosh { template <class V> V operator()(V x) const { return math::cosh(x); } };
struct Erfc { template <class V> V operator()(V x) const { return math::erfc(x); } };
struct Exp2 { template <class V> V operator()(V x) const { return math::exp2(x); } };
struct Expm1 { template <class V> V operator()(V x) const { return math::expm1(x); } };
struct Log10 { template <class V> V operator()(V x) const { return math::log10(x); } };
struct Log2 { template <class V> V operator()(V x) const { return math::log2(x); } };
struct Sinh { template <class V> V operator()(V x) const { return math::sinh(x); } };
struct Tan { template <class V> V operator()(V x) const { return math::tan(x); } };

// clang-format on

}  // namespace formula

template <class Arch>
std::span<const Elementwise> wide_kernels() {
  static constexpr Elementwise rows[] = {
      row<formula::Acos, Arch, 1>("acos"),   row<formula::Acosh, Arch, 1>("acosh"),
      row<formula::Asin, Arch, 1>("asin"),   row<formula::Asinh, Arch, 1>("asinh"),
      row<formula::Atan, Arch, 1>("atan"),   row<formula::Atan2, Arch, 2>("atan2"),
      row<formula::Atanh, Arch, 1>("atanh"), row<formula::Cosh, Arch, 1>("cosh"),
      row<formula::Erfc, Arch, 1>("erfc"),   row<formula::Exp2, Arch, 1>("exp2"),
      row<formula::Expm1, Arch, 1>("expm1"), row<formula::Log10, Arch, 1>("log10"),
      row<formula::Log2, Arch, 1>("log2"),   row<formula::Sinh, Arch, 1>("sinh"),
      row<formula::Tan, Arch, 1>("tan"),
  };
  return rows;
}

}  // namespace neuro::kernels
