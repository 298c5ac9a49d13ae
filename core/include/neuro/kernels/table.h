#pragma once
// The kernel table: serial kernels of one instruction set, compiled from the same templates and picked at run time.
#include <span>
#include <string_view>
#include <vector>

#include "neuro/kernels/elementwise.h"

namespace neuro::kernels {

template <class T>
struct GemmKernels;  // core/src/kernels/gemm_kernels.h
template <class T>
struct RowKernels;  // core/src/kernels/row_kernels.h: reductions, softmax, norms, updates, masks
template <class T>
struct NormKernels;  // core/src/kernels/norm_kernels.h: statistics of channels, norms
template <class T>
struct SequenceKernels;  // core/src/kernels/sequence_kernels.h: attention, recurrent cells, scans

template <class T>
struct SpatialKernels;  // core/src/kernels/spatial_kernels.h: windows over planes

/// f64 kernels exist for the baseline instruction set only; every table points at those.
struct Table {
  const char* name;  ///< "sse2", "avx2", "avx512", "neon64"
  int vector_bytes;
  std::vector<Elementwise> elementwise;  ///< sorted by name
  const GemmKernels<float>* gemm_f32;
  const GemmKernels<double>* gemm_f64;
  const RowKernels<float>* rows_f32;
  const RowKernels<double>* rows_f64;
  const NormKernels<float>* norm_f32;
  const NormKernels<double>* norm_f64;
  const SequenceKernels<float>* sequence_f32;
  const SequenceKernels<double>* sequence_f64;
  const SpatialKernels<float>* spatial_f32;
  const SpatialKernels<double>* spatial_f64;

  /// The elementwise kernel of that name, or null. O(log n): for building plans, not for running them.
  const Elementwise* find(std::string_view name) const;
};

/// The table in use. The first call picks the best that the processor supports, or the one that the environment
/// variable NEURO_ARCH names; a name that is unknown or not supported here throws Error(unsupported) listing those
/// that are.
const Table& table();

/// Uses the named table from now on ("auto": the best). Throws as table(). Plans made before keep theirs.
void select_table(std::string_view name);

/// Every table that this machine can run, best first.
std::span<const Table* const> supported_tables();

}  // namespace neuro::kernels
