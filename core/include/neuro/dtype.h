#pragma once
// Element types.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "neuro/half.h"

namespace neuro {

/// Element type of a tensor. f32 and f64 are differentiable; i64, i32 and boolean hold indices and masks; bf16 stores,
/// and is an operand of matrix products (`convert()` makes and reads it).
enum class DType : std::uint8_t { f32, f64, i64, i32, boolean, bf16 };

constexpr std::size_t size_of(DType t) {
  switch (t) {
    case DType::f32: return 4;
    case DType::f64: return 8;
    case DType::i64: return 8;
    case DType::i32: return 4;
    case DType::boolean: return 1;
    case DType::bf16: return 2;
  }
  return 0;
}

/// What operations compute with and leaves differentiate: not bf16.
constexpr bool is_floating(DType t) { return t == DType::f32 || t == DType::f64; }

/// "f32", "f64", "i64", "i32", "bool", "bf16".
constexpr std::string_view name_of(DType t) {
  switch (t) {
    case DType::f32: return "f32";
    case DType::f64: return "f64";
    case DType::i64: return "i64";
    case DType::i32: return "i32";
    case DType::boolean: return "bool";
    case DType::bf16: return "bf16";
  }
  return "?";
}

template <class T>
struct DTypeOf;
template <>
struct DTypeOf<float> {
  static constexpr DType value = DType::f32;
};
template <>
struct DTypeOf<double> {
  static constexpr DType value = DType::f64;
};
template <>
struct DTypeOf<std::int64_t> {
  static constexpr DType value = DType::i64;
};
template <>
struct DTypeOf<std::int32_t> {
  static constexpr DType value = DType::i32;
};
template <>
struct DTypeOf<bool> {
  static constexpr DType value = DType::boolean;
};
template <>
struct DTypeOf<bf16> {
  static constexpr DType value = DType::bf16;
};
template <class T>
inline constexpr DType dtype_of = DTypeOf<T>::value;

}  // namespace neuro
