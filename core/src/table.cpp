#include "neuro/kernels/table.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <string>
#include <vector>

#include "neuro/error.h"
#include "neuro/str.h"

namespace neuro::kernels {

const GemmKernels<double>* gemm_f64_baseline();
const RowKernels<double>* rows_f64_baseline();
#if defined(__x86_64__)
Table table_sse2(const GemmKernels<double>*, const RowKernels<double>*);
Table table_avx2(const GemmKernels<double>*, const RowKernels<double>*);
Table table_avx512(const GemmKernels<double>*, const RowKernels<double>*);
#elif defined(__aarch64__)
Table table_neon64(const GemmKernels<double>*, const RowKernels<double>*);
#endif

namespace {

const std::vector<Table>& all_supported() {
  static const std::vector<Table> tables = [] {
    std::vector<Table> out;
    const auto* gemm = gemm_f64_baseline();
    const auto* rows = rows_f64_baseline();
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("fma")) {
      out.push_back(table_avx512(gemm, rows));
    }
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) out.push_back(table_avx2(gemm, rows));
    out.push_back(table_sse2(gemm, rows));
#elif defined(__aarch64__)
    out.push_back(table_neon64(gemm, rows));
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
