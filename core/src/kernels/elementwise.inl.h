#pragma once
// Elementwise kernels of one instruction set: the loop around a formula. The formulas stand in arithmetic.inl.h,
// transcendental.inl.h, wide.inl.h and activation.inl.h: to add one, write there its functor (over vectors V; `a` holds
// the operation's constants) and its row.
#include "kernels/elementwise_kernels.h"
#include "kernels/math.inl.h"

namespace neuro::kernels {
namespace formula {

using math::is_nan;
using math::num;
using xsimd::select;

/// The constants of an operation, as vectors.
template <class V>
struct Attrs {
  const double* values;
  V operator[](int i) const { return V(static_cast<typename V::value_type>(values[i])); }
};

struct Where;

}  // namespace formula

/// Reads operand `k` of a formula at element i; the last, partial vector is padded with zeros.
template <class V, class Arch, bool mask>
[[gnu::always_inline]] inline auto load_operand(const void* from, std::int64_t i, std::int64_t count) {
  using T = typename V::value_type;
  if constexpr (mask) {
    const auto* bytes = static_cast<const unsigned char*>(from) + i;
    alignas(Arch::vector_bytes) T lanes[kLanes<V>] = {};
    for (std::int64_t j = 0; j < count; ++j) lanes[j] = static_cast<T>(bytes[j]);
    return V::load_aligned(lanes) != V(0);
  } else {
    const T* p = static_cast<const T*>(from) + i;
    return count == kLanes<V> ? V::load_unaligned(p) : load_partial<V, Arch>(p, count);
  }
}

template <class V, class Arch, class Result>
[[gnu::always_inline]] inline void store_result(Result result, void* to, std::int64_t i, std::int64_t count) {
  using T = typename V::value_type;
  if constexpr (std::is_same_v<Result, V>) {
    T* p = static_cast<T*>(to) + i;
    if (count == kLanes<V>) {
      result.store_unaligned(p);
    } else {
      store_partial<V, Arch>(result, p, count);
    }
  } else {
    alignas(Arch::vector_bytes) T lanes[kLanes<V>];
    xsimd::select(result, V(1), V(0)).store_aligned(lanes);
    auto* bytes = static_cast<unsigned char*>(to) + i;
    for (std::int64_t j = 0; j < count; ++j) bytes[j] = lanes[j] != T(0);
  }
}

/// The formula at elements [i, i + count).
template <class F, class V, class Arch, int arity, bool masked>
[[gnu::always_inline]] inline void apply(const void* const* in, void* out, std::int64_t i, std::int64_t count,
                                         formula::Attrs<V> attrs) {
  const auto result = [&] {
    const auto call = [&](auto... operands) {
      if constexpr (std::is_invocable_v<F, decltype(operands)..., formula::Attrs<V>>) {
        return F{}(operands..., attrs);
      } else {
        return F{}(operands...);
      }
    };
    const auto x = load_operand<V, Arch, masked>(in[0], i, count);
    if constexpr (arity == 1) {
      return call(x);
    } else if constexpr (arity == 2) {
      return call(x, load_operand<V, Arch, false>(in[1], i, count));
    } else {
      return call(x, load_operand<V, Arch, false>(in[1], i, count), load_operand<V, Arch, false>(in[2], i, count));
    }
  }();
  store_result<V, Arch>(result, out, i, count);
}

/// The kernel of formula F. A full vector and the last, partial one take the same path through the formula.
template <class F, class T, class Arch, int arity, bool masked>
[[gnu::flatten]] void run(const void* const* in, void* out, std::int64_t n, const double* attrs) noexcept {
  using V = Vec<T, Arch>;
  std::int64_t i = 0;
  for (; i + kLanes<V> <= n; i += kLanes<V>) apply<F, V, Arch, arity, masked>(in, out, i, kLanes<V>, {attrs});
  if (i < n) apply<F, V, Arch, arity, masked>(in, out, i, n - i, {attrs});
}

/// The f64 kernel of formula F: defined for the baseline instruction set only (elementwise_f64.inl.h), so that the
/// other tables refer to that one.
template <class F, int arity, bool masked>
void run_f64(const void* const* in, void* out, std::int64_t n, const double* attrs) noexcept;

template <class F, class Arch, int arity, bool masked = false>
constexpr Elementwise row(const char* name) {
  constexpr bool compares = !std::is_same_v<F, formula::Where> && [] {
    using V = Vec<float, Arch>;
    if constexpr (arity == 1) {
      if constexpr (std::is_invocable_v<F, V>) return !std::is_same_v<std::invoke_result_t<F, V>, V>;
    } else if constexpr (arity == 2) {
      if constexpr (std::is_invocable_v<F, V, V>) return !std::is_same_v<std::invoke_result_t<F, V, V>, V>;
    }
    return false;
  }();
  return {name, arity, &run<F, float, Arch, arity, masked>, &run_f64<F, arity, masked>, compares, masked ? 0 : -1};
}

}  // namespace neuro::kernels
