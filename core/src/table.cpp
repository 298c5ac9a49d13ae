#include "neuro/kernels/table.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <string>
#include <vector>

#include "kernels/arch.h"
#include "kernels/elementwise_kernels.h"
#include "kernels/gemm_kernels.h"
#include "kernels/norm_kernels.h"
#include "kernels/row_kernels.h"
#include "kernels/sequence_kernels.h"
#include "kernels/spatial_kernels.h"
#include "neuro/error.h"
#include "neuro/str.h"

namespace neuro::kernels {

namespace {

#if defined(__x86_64__)
using Baseline = Sse2;
#else
using Baseline = Neon64;
#endif

/// The table of `Arch`, from the objects that were compiled for it (core/src/arch).
template <class Arch>
Table make_table() {
  std::vector<Elementwise> elementwise;
  for (const auto family : {arithmetic_kernels<Arch>(), transcendental_kernels<Arch>(), wide_kernels<Arch>(),
                            activation_kernels<Arch>(), logical_kernels()}) {
    elementwise.insert(elementwise.end(), family.begin(), family.end());
  }
  std::sort(elementwise.begin(), elementwise.end(),
            [](const Elementwise& a, const Elementwise& b) { return std::string_view(a.name) < b.name; });
  for (Elementwise& e : elementwise) {
    for (const IntegerKernels& k : integer_kernels()) {
      if (std::string_view(k.name) != e.name) continue;
      e.i64 = k.i64;
      e.i32 = k.i32;
      e.boolean = k.boolean;
    }
  }
  return {Arch::name,
          Arch::vector_bytes,
          std::move(elementwise),
          &gemm_kernels<float, Arch>(),
          &gemm_kernels<double, Baseline>(),
          &row_kernels<float, Arch>(),
          &row_kernels<double, Baseline>(),
          &norm_kernels<float, Arch>(),
          &norm_kernels<double, Baseline>(),
          &sequence_kernels<float, Arch>(),
          &sequence_kernels<double, Baseline>(),
          &spatial_kernels<float, Arch>(),
          &spatial_kernels<double, Baseline>()};
}

const std::vector<Table>& all_supported() {
  static const std::vector<Table> tables = [] {
    std::vector<Table> out;
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("fma")) {
      out.push_back(make_table<Avx512>());
    }
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) out.push_back(make_table<Avx2>());
    out.push_back(make_table<Sse2>());
#elif defined(__aarch64__)
    out.push_back(make_table<Neon64>());
#endif
    return out;
  }();
  return tables;
}

const Table& named(std::string_view name) {
  const auto& tables = all_supported();
  if (name.empty() || name == "auto") return tables.front();
  std::string known = "auto";
  for (const Table& t : tables) {
    if (name == t.name) return t;
    known += str(", ", t.name);
  }
  throw Error(ErrorCode::unsupported,
              str("instruction set `", name, "` is not available on this machine; it has ", known));
}

std::atomic<const Table*> current{nullptr};

}  // namespace

ElementwiseFn Elementwise::of(DType type) const {
  switch (type) {
    case DType::f32: return f32;
    case DType::f64: return f64;
    case DType::i64: return i64;
    case DType::i32: return i32;
    case DType::boolean: return boolean;
    case DType::bf16: return nullptr;
  }
  return nullptr;
}

const Elementwise* Table::find(std::string_view wanted) const {
  const auto it = std::lower_bound(elementwise.begin(), elementwise.end(), wanted,
                                   [](const Elementwise& e, std::string_view n) { return e.name < n; });
  return it != elementwise.end() && it->name == wanted ? &*it : nullptr;
}

const Table& table() {
  const Table* chosen = current.load(std::memory_order_acquire);
  if (chosen == nullptr) {
    const char* wanted = std::getenv("NEURO_ARCH");
    chosen = &named(wanted == nullptr ? "" : wanted);
    current.store(chosen, std::memory_order_release);
  }
  return *chosen;
}

void select_table(std::string_view name) { current.store(&named(name), std::memory_order_release); }

std::span<const Table* const> supported_tables() {
  static const std::vector<const Table*> pointers = [] {
    std::vector<const Table*> out;
    for (const Table& t : all_supported()) out.push_back(&t);
    return out;
  }();
  return pointers;
}

}  // namespace neuro::kernels
