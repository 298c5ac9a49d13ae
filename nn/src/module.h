#pragma once
// The instantiated tree behind a Model.
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "check.h"
#include "neuro/elaborate.h"
#include "neuro/model.h"
#include "primitive.h"

namespace neuro {

/// One neuron with its arguments: a primitive with weights, or a composite with children.
struct Module {
  std::string path;  ///< "encoder.linear_0"; "" for the root
  std::string name;  ///< of the neuron
  const PrimitiveDef* primitive = nullptr;
  Arguments args;
  std::vector<WeightSpec> specs;  ///< of a primitive
  std::vector<Var> weights;
  const Neuron* neuron = nullptr;  ///< of a composite
  Facts facts;
  std::vector<std::unique_ptr<Module>> children;  ///< in the order of Neuron::modules
};

class ModuleInstance {
 public:
  std::shared_ptr<const NeuronGraph> graph;
  Module root;
  std::vector<Port> inputs, outputs;
  std::vector<Parameter> parameters;
  /// Longer names under which files may hold a parameter: "fc.linear.weight" for "fc.weight".
  std::unordered_map<std::string, std::string> long_names;

  /// A planned forward pass for one signature of inputs; one caller uses it at a time.
  struct Pass {
    std::vector<Var> inputs;
    std::unique_ptr<Replay> replay;
    std::size_t outputs = 0;
  };
  std::mutex mutex;
  std::unordered_map<std::string, std::vector<std::unique_ptr<Pass>>> idle;  ///< by signature
};

/// Records one pass through a tree. Errors of operations come back with the path of the module in front.
std::vector<Var> record_module(const Module& root, std::span<const Var> inputs, ForwardContext& context);

/// Bytes that a process may still take: free memory of the machine, or what is left of a cgroup's limit.
std::uint64_t available_memory();

}  // namespace neuro
