#pragma once
// What a kernel driver is given to work with.
#include <cstddef>

namespace neuro::kernels {

struct Table;

/// The chosen kernel table and scratch memory: worker w owns [scratch + w * stride, scratch + (w + 1) * stride).
/// Each driver that needs scratch has a `..._scratch` function that returns the bytes it needs per worker; memory is
/// 64-byte aligned, stride is a multiple of 64, contents are unspecified. Drivers never allocate.
struct Exec {
  const Table* table;
  std::byte* scratch = nullptr;
  std::size_t stride = 0;

  std::byte* of(int worker) const { return scratch + static_cast<std::size_t>(worker) * stride; }
};

}  // namespace neuro::kernels
