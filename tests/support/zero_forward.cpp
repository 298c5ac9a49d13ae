// NEURO_TEST_ZERO=NAME: this test program runs with the forward of that operation replaced by zeros, and its tests are
// expected to notice (tests/mutate.py). Linked into test programs; the library knows nothing of it.
//
// A descriptor is constant data that all code reaches by its address, so one that is made writable and changed before
// the first plan is made is changed for everybody. Elementwise kernels stand in the tables of the instruction sets.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "neuro/kernels/table.h"
#include "neuro/op.h"
#include "neuro/ops.h"

namespace neuro {
namespace {

void zeros(const Call& call) noexcept {
  for (const Operand& out : call.out)
    std::memset(out.data, 0, static_cast<std::size_t>(out.size()) * size_of(out.dtype));
}

template <std::size_t bytes>
void zero_elements(const void* const*, void* out, std::int64_t n, const double*) noexcept {
  std::memset(out, 0, static_cast<std::size_t>(n) * bytes);
}

void zero_kernel(const char* name) {
  for (const kernels::Table* table : kernels::supported_tables()) {
    auto& kernel = const_cast<kernels::Elementwise&>(*table->find(name));
    const auto replace = [&](kernels::ElementwiseFn& run, kernels::ElementwiseFn with) {
      if (run != nullptr) run = kernel.mask_output ? zero_elements<1> : with;
    };
    replace(kernel.f32, zero_elements<4>);
    replace(kernel.f64, zero_elements<8>);
    replace(kernel.i64, zero_elements<8>);
    replace(kernel.i32, zero_elements<4>);
    replace(kernel.boolean, zero_elements<1>);
  }
}

decltype(OpDef::expand) expand_as_written = nullptr;

std::vector<Var> expand_to_zeros(std::span<const Var> in, const Attrs& attrs) {
  std::vector<Var> out = expand_as_written(in, attrs);
  for (Var& y : out) y = zeros_like(y);
  return out;
}

OpDef& writable(const OpDef& op) {
  const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto begin = reinterpret_cast<std::uintptr_t>(&op) / page * page;
  const auto end = reinterpret_cast<std::uintptr_t>(&op + 1);
  if (mprotect(reinterpret_cast<void*>(begin), end - begin, PROT_READ | PROT_WRITE) != 0) {
    std::perror("mprotect");
    std::exit(2);
  }
  return const_cast<OpDef&>(op);
}

void zero(const OpDef& op) {
  if (op.elementwise != nullptr) return zero_kernel(op.elementwise);
  OpDef& changed = writable(op);
  if (op.expand != nullptr) {
    expand_as_written = op.expand;
    changed.expand = expand_to_zeros;
    return;
  }
  changed.forward = zeros;
  changed.view = nullptr;
  changed.takes_epilogue = false;
}

class ZeroForward : public ::testing::Environment {
 public:
  void SetUp() override {
    const char* name = std::getenv("NEURO_TEST_ZERO");
    if (name == nullptr) return;
    for (const OpDef* op : op_defs()) {
      if (std::strcmp(op->name, name) != 0) continue;
      zero(*op);
      std::printf("zeroed: %s\n", name);
      return;
    }
    std::printf("no operation is called %s\n", name);  // a test may know the name
  }
};

[[maybe_unused]] const ::testing::Environment* const registered = ::testing::AddGlobalTestEnvironment(new ZeroForward);

}  // namespace
}  // namespace neuro
