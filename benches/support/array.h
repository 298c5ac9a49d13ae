#pragma once
// Memory to measure on.
#include <cstdint>
#include <cstdlib>

namespace neuro::bench {

/// A 64-byte aligned array of small values between -0.5 and 0.5.
struct Array {
  explicit Array(std::int64_t n)
      : data(
            static_cast<float*>(std::aligned_alloc(64, (static_cast<std::size_t>(n) * sizeof(float) + 64) / 64 * 64))) {
    for (std::int64_t i = 0; i < n; ++i) data[i] = static_cast<float>(i * 7919 % 101) * 0.01f - 0.5f;
  }
  Array(const Array&) = delete;
  Array& operator=(const Array&) = delete;
  ~Array() { std::free(data); }

  float* data;
};

}  // namespace neuro::bench
