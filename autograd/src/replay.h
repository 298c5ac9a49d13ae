#pragma once
// A plan bound to memory.
#include <cstdlib>

#include "neuro/kernels/gather.h"
#include "plan.h"

namespace neuro {

class Arena {
 public:
  struct Block {
    struct Free {
      void operator()(std::byte* p) const { std::free(p); }
    };
    std::unique_ptr<std::byte, Free> memory;
    std::size_t bytes = 0;
    std::byte* reserve(std::size_t wanted);
  };
  Block values, scratch;
};

/// One kernel call with every address resolved.
struct Entry {
  void (*run)(const Entry&) noexcept = nullptr;
  Call call;
  const OpDef* op = nullptr;
  const TileProgram* tile = nullptr;
  Operand* operands = nullptr;  // the step's inputs, then its outputs
  std::int64_t epilogue_stride = 0;
  std::size_t epilogue_scratch = 0;  // the epilogue's temporaries follow the product's scratch

  struct Gather {
    std::size_t bytes;
    const void* from;
    const Strides* strides;
    void* to;
  };
  struct Tiny {
    kernels::ElementwiseFn run;
    const void* args[3];
    void* out;
    const double* attrs;
  };
  std::vector<Gather> gathers;
  std::vector<Tiny> tiny;
};

class Bound {
 public:
  Bound(Planned planned, std::shared_ptr<Arena> arena);
  Bound(Bound&&) = default;
  Bound& operator=(Bound&&) = default;

  bool run();
  Tensor output(std::size_t i) const;
  const Plan& plan() const { return *plan_; }
  /// Index of a leaf among the plan's, or -1.
  int leaf(const detail::Edge& edge) const {
    for (std::size_t k = 0; k < leaves_.size(); ++k) {
      if (leaves_[k].node == edge.node && leaves_[k].output == edge.output) return static_cast<int>(k);
    }
    return -1;
  }
  Tensor leaf_memory(std::size_t k) const { return leaf_memory_[k]; }
  void profile(std::shared_ptr<Profiler> profiler, std::string name);

 private:
  void bind();
  void bind_tiny(Entry& entry);
  void run_entries(std::size_t begin, std::size_t end);
  bool guard_holds() const;
  [[noreturn]] void report(std::size_t entry);

  std::shared_ptr<const Plan> plan_;
  std::vector<detail::Edge> leaves_;
  std::shared_ptr<Arena> arena_;
  std::vector<Tensor> leaf_memory_, outputs_, tiny_memory_;
  std::vector<Operand> operands_;
  std::vector<Entry> entries_;
  std::vector<Fault> faults_;
  std::shared_ptr<Profiler> profiler_;
  std::uint32_t profiled_as_ = 0;  // index of this plan in the profiler
  const std::byte* bound_values_ = nullptr;
  const std::byte* bound_scratch_ = nullptr;
  int workers_ = 0;
};

}  // namespace neuro
