#pragma once
// What the tests of kernels share: every table and every number of threads, drawn data, scratch memory.
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "neuro/kernels/exec.h"
#include "neuro/kernels/table.h"
#include "neuro/parallel.h"
#include "neuro/random.h"

namespace neuro::kernels {

/// An Exec with its own scratch memory for each worker.
class TestExec {
 public:
  TestExec(const Table& table, std::size_t bytes)
      : stride_((bytes + 63) / 64 * 64), memory_(stride_ * static_cast<std::size_t>(thread_count()) + 64) {
    const auto address = reinterpret_cast<std::uintptr_t>(memory_.data());
    exec = {&table, memory_.data() + (64 - address % 64) % 64, stride_};
  }
  Exec exec{};

 private:
  std::size_t stride_;
  std::vector<std::byte> memory_;
};

/// Scratch of exactly the size that was asked for, so that the sanitizers see a write beyond it.
struct Scratch {
  explicit Scratch(std::size_t bytes)
      : stride((bytes + 63) / 64 * 64), memory(allocate(stride * thread_count()), std::free) {}
  static std::byte* allocate(std::size_t bytes) {
    return static_cast<std::byte*>(std::aligned_alloc(64, bytes == 0 ? 64 : bytes));
  }
  Exec exec(const Table& table) const { return {&table, memory.get(), stride}; }

  std::size_t stride;
  std::unique_ptr<std::byte, void (*)(void*)> memory;
};

/// n numbers drawn uniformly from [lo, hi).
template <class T>
std::vector<T> draw(std::int64_t n, double lo, double hi, std::uint64_t seed) {
  const RandomStream random(seed, 0);
  std::vector<T> out(static_cast<std::size_t>(n));
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = static_cast<T>(lo + (hi - lo) * static_cast<double>(random.uniform(i)));
  return out;
}

template <class T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}

/// Calls run(table), which returns a vector of results, with every table and 1, 2 and 3 threads; the bits must be the
/// same for every number of threads. Then check(table, results).
template <class Run, class Check>
void for_every_table(Run run, Check check) {
  for (const Table* table : supported_tables()) {
    SCOPED_TRACE(table->name);
    set_thread_count(1);
    const auto one = run(*table);
    check(*table, one);
    for (int threads : {2, 3}) {
      set_thread_count(threads);
      EXPECT_TRUE(same_bits(one, run(*table))) << threads << " threads";
    }
    set_thread_count(available_threads());
  }
}

}  // namespace neuro::kernels
