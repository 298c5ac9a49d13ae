#pragma once
// Instruction-set tags. A kernel body is a template over <class T, class Arch>; only tagged templates and plain loops
// stand in kernel files, because an inline function without the tag in its name, compiled with -mavx2, could be the
// copy that the linker keeps for everybody, and then crashes an older processor.
#include <xsimd/xsimd.hpp>

namespace neuro::kernels {

struct Sse2 {
  using xsimd_arch = xsimd::sse2;
  static constexpr const char* name = "sse2";
  static constexpr int vector_bytes = 16;
};
struct Avx2 {
  using xsimd_arch = xsimd::fma3<xsimd::avx2>;
  static constexpr const char* name = "avx2";
  static constexpr int vector_bytes = 32;
};
struct Avx512 {
  using xsimd_arch = xsimd::avx512bw;
  static constexpr const char* name = "avx512";
  static constexpr int vector_bytes = 64;
};
struct Neon64 {
  using xsimd_arch = xsimd::neon64;
  static constexpr const char* name = "neon64";
  static constexpr int vector_bytes = 16;
};

}  // namespace neuro::kernels
