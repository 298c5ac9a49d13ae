#pragma once
#include <string_view>

namespace neuro::bench {

/// Runs multiply-adds on registers only, with the vectors of one instruction set ("sse2", "avx2", "avx512", "neon64"),
/// and returns how many floating-point operations that were (two for each multiply-add). What a processor can do: no
/// product that uses those vectors can be faster. Fused where the set has fused operations.
double run_peak(std::string_view arch);

}  // namespace neuro::bench
