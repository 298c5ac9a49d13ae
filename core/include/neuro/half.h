#pragma once
// 16-bit floating types: bf16, a storage type of tensors, and IEEE binary16, for files only.
#include <bit>
#include <cstdint>
#include <type_traits>

namespace neuro {

/// The upper half of an f32: 8 bits of exponent, 8 of significand. It stores; what computes converts it.
struct bf16 {
  std::uint16_t bits = 0;

  bf16() = default;
  /// Rounded by way of f32 to the nearest, ties to even; overflows to infinity; NaN stays NaN.
  template <class T>
  requires std::is_arithmetic_v<T>
  explicit bf16(T value) {
    const auto wide = std::bit_cast<std::uint32_t>(static_cast<float>(value));
    const std::uint32_t rounded = (wide + 0x7fffu + ((wide >> 16) & 1u)) >> 16, quiet = (wide >> 16) | 0x40u;
    bits = static_cast<std::uint16_t>((wide & 0x7fffffffu) > 0x7f800000u ? quiet : rounded);
  }
  /// Exact in f32 and f64; as a float converts to other types.
  template <class T>
  requires std::is_arithmetic_v<T>
  explicit operator T() const { return static_cast<T>(std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16)); }
  /// As floats compare: -0 equals 0, NaN nothing.
  friend bool operator==(bf16 a, bf16 b) { return static_cast<float>(a) == static_cast<float>(b); }
};

/// The value of an IEEE 754 binary16 with these bits: exact, subnormal numbers, infinities and NaN included.
inline float f32_of_f16(std::uint16_t bits) {
  const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000u) << 16, rest = bits & 0x7fffu;
  if (rest >= 0x7c00u) return std::bit_cast<float>(sign | 0x7f800000u | (rest & 0x3ffu) << 13);
  // The bits read as an f32 are the value times 2^-112, in normal and subnormal numbers alike.
  const float value = std::bit_cast<float>(rest << 13) * 0x1p112f;
  return std::bit_cast<float>(sign | std::bit_cast<std::uint32_t>(value));
}

/// The bits of the nearest binary16, ties to even; beyond 65519 infinity; NaN stays NaN.
inline std::uint16_t f16_of_f32(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = bits >> 16 & 0x8000u, rest = bits & 0x7fffffffu;
  std::uint32_t half = 0;
  if (rest > 0x7f800000u) {
    half = 0x7e00u | (rest >> 13 & 0x3ffu);
  } else if (rest >= 0x47800000u) {  // 2^16 and beyond
    half = 0x7c00u;
  } else if (rest < 0x38800000u) {  // below 2^-14: adding 1/2 rounds to multiples of 2^-24
    half = std::bit_cast<std::uint32_t>(std::bit_cast<float>(rest) + 0.5f) - 0x3f000000u;
  } else {
    half = (rest - 0x38000000u + 0xfffu + (rest >> 13 & 1u)) >> 13;  // may round up to infinity
  }
  return static_cast<std::uint16_t>(sign | half);
}

}  // namespace neuro
