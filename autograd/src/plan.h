#pragma once
// The finished plan: steps with every value placed in memory. Immutable and shared.
#include "graph.h"
#include "neuro/kernels/table.h"

namespace neuro {

/// Where the memory of a value comes from.
struct Storage {
  enum class Kind : std::uint8_t { none, leaf, constant, output, arena } kind = Kind::none;
  int index = 0;           // leaf: in Graph::leaves; constant: in Plan::constants; output: in Plan::output_shapes
  std::size_t offset = 0;  // arena: bytes
  std::size_t bytes = 0;
};

/// What one run of an entry computes and moves between memory and the processor, by the shapes of its operands.
struct Cost {
  double flops = 0, bytes = 0;
};

class Plan {
 public:
  planning::Graph graph;          // leaves' nodes are released: a cached plan keeps no memory of its maker alive
  std::vector<Storage> storages;  // by root value
  std::vector<ValueInfo> leaf_infos;
  std::vector<int>
      output_values;  // distinct values that leave the plan; request output i is output_values[output_index[i]]
  std::vector<int> output_index;
  std::vector<std::array<std::byte, 8>> constants;
  std::size_t commit_begin = 0;  // first step that runs after the guard
  std::size_t arena_bytes = 0;
  std::size_t live_bytes = 0;     // the largest sum of values alive at once, at their aligned sizes
  std::size_t scratch_bytes = 0;  // per worker
  const kernels::Table* table = nullptr;

  const Storage& storage(int v) const { return storages[static_cast<std::size_t>(graph.root(v))]; }
  Cost cost(std::size_t step) const;
  std::string entry_name(std::size_t step) const;  ///< "matmul+add+relu"
  std::string describe() const;
};

/// A plan and the leaves it is bound to, in the plan's order.
struct Planned {
  std::shared_ptr<const Plan> plan;
  std::vector<detail::Edge> leaves;
};

/// Finds or makes the plan of a request.
Planned plan(const planning::Request& request, FunctionRef<bool(const Node&)> given, Planning planning);

namespace planning {
/// Liveness, in-place reuse and offsets: fills storages, output_* , commit_begin and the byte counts.
void place(Plan& plan, Planning planning);
}  // namespace planning

}  // namespace neuro
