#pragma once
// Elementwise kernels of one instruction set: the loop around a formula, and the table of formulas.
#include <span>
#include <string_view>

#include "kernels/formulas.inl.h"
#include "neuro/kernels/elementwise.h"

namespace neuro::kernels {

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
    if constexpr (arity == 2) {
      using V = Vec<float, Arch>;
      if constexpr (std::is_invocable_v<F, V, V>) return !std::is_same_v<std::invoke_result_t<F, V, V>, V>;
    }
    return false;
  }();
  return {name, arity, &run<F, float, Arch, arity, masked>, &run_f64<F, arity, masked>, compares, masked ? 0 : -1};
}

template <class Arch>
inline constexpr Elementwise kElementwise[] = {
    row<formula::Abs, Arch, 1>("abs"),
    row<formula::Add, Arch, 2>("add"),
    row<formula::Affine, Arch, 1>("affine"),
    row<formula::Clamp, Arch, 1>("clamp"),
    row<formula::ClampGrad, Arch, 2>("clamp_grad"),
    row<formula::Cos, Arch, 1>("cos"),
    row<formula::Div, Arch, 2>("div"),
    row<formula::Elu, Arch, 1>("elu"),
    row<formula::EluGrad, Arch, 2>("elu_grad"),
    row<formula::Equal, Arch, 2>("equal"),
    row<formula::Erf, Arch, 1>("erf"),
    row<formula::Exp, Arch, 1>("exp"),
    row<formula::Floor, Arch, 1>("floor"),
    row<formula::Gelu, Arch, 1>("gelu"),
    row<formula::GeluGrad, Arch, 2>("gelu_grad"),
    row<formula::GeluTanh, Arch, 1>("gelu_tanh"),
    row<formula::GeluTanhGrad, Arch, 2>("gelu_tanh_grad"),
    row<formula::Greater, Arch, 2>("greater"),
    row<formula::GreaterEqual, Arch, 2>("greater_equal"),
    row<formula::LeakyRelu, Arch, 1>("leaky_relu"),
    row<formula::LeakyReluGrad, Arch, 2>("leaky_relu_grad"),
    row<formula::Less, Arch, 2>("less"),
    row<formula::LessEqual, Arch, 2>("less_equal"),
    row<formula::Log, Arch, 1>("log"),
    row<formula::Log1p, Arch, 1>("log1p"),
    row<formula::Maximum, Arch, 2>("maximum"),
    row<formula::Minimum, Arch, 2>("minimum"),
    row<formula::Mish, Arch, 1>("mish"),
    row<formula::MishGrad, Arch, 2>("mish_grad"),
    row<formula::Mul, Arch, 2>("mul"),
    row<formula::Neg, Arch, 1>("neg"),
    row<formula::NotEqual, Arch, 2>("not_equal"),
    row<formula::Pow, Arch, 2>("pow"),
    row<formula::Powi, Arch, 1>("powi"),
    row<formula::Reciprocal, Arch, 1>("reciprocal"),
    row<formula::Relu, Arch, 1>("relu"),
    row<formula::ReluGrad, Arch, 2>("relu_grad"),
    row<formula::Rsqrt, Arch, 1>("rsqrt"),
    row<formula::Sigmoid, Arch, 1>("sigmoid"),
    row<formula::SigmoidGrad, Arch, 2>("sigmoid_grad"),
    row<formula::Sign, Arch, 1>("sign"),
    row<formula::Silu, Arch, 1>("silu"),
    row<formula::Sin, Arch, 1>("sin"),
    row<formula::Softplus, Arch, 1>("softplus"),
    row<formula::Sqrt, Arch, 1>("sqrt"),
    row<formula::Square, Arch, 1>("square"),
    row<formula::Sub, Arch, 2>("sub"),
    row<formula::Tanh, Arch, 1>("tanh"),
    row<formula::TanhGrad, Arch, 2>("tanh_grad"),
    row<formula::Where, Arch, 3, true>("where"),
};

/// Every elementwise kernel of this instruction set, sorted by name.
template <class Arch>
std::span<const Elementwise> elementwise_kernels() {
  constexpr bool sorted = [] {
    for (std::size_t i = 1; i < sizeof kElementwise<Arch> / sizeof(Elementwise); ++i) {
      if (!(std::string_view(kElementwise<Arch>[i - 1].name) < kElementwise<Arch>[i].name)) return false;
    }
    return true;
  }();
  static_assert(sorted, "rows are sorted by name, for Table::find");
  return kElementwise<Arch>;
}

}  // namespace neuro::kernels
