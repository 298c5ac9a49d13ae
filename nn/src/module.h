#pragma once
// The instantiated tree behind a Model.
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "check.h"
#include "neuro/elaborate.h"
#include "neuro/model.h"
#include "primitive.h"

namespace neuro {

/// Sizes that are known when a module is built late, by name.
using Sizes = std::map<std::string, std::int64_t>;

/// One neuron with its arguments: a primitive with weights, or a composite with children.
struct Module {
  std::string path;  ///< "encoder.linear_0"; "" for the root
  std::string name;  ///< of the neuron
  const PrimitiveDef* primitive = nullptr;
  Arguments args;
  bool frozen = false;            ///< its weights are not trained
  bool stands = false;            ///< a composite with all that it has from the start: only `later` still grows
  std::vector<WeightSpec> specs;  ///< of a primitive
  std::vector<Var> weights;
  const Neuron* neuron = nullptr;  ///< of a composite; neither: an unroll, whose children run one after the other
  Facts facts;
  /// In the order of Neuron::modules; null for what is built when a pass needs it, or never.
  std::vector<std::shared_ptr<Module>> children;
  /// What passes needed: by module and the values of its arguments that depend on data. Guarded by
  /// ModuleInstance::building.
  std::map<std::pair<int, std::string>, std::shared_ptr<Module>> later;
  std::map<std::pair<int, Sizes>, std::shared_ptr<Module>> by_sizes;  ///< the same, by what the arguments are made of
};

class ModuleInstance {
 public:
  std::shared_ptr<const NeuronGraph> graph;
  InitOptions init;
  Module root;
  std::vector<Port> inputs, outputs;

  /// Parameters in the order of the tree. A new table replaces it when a pass has built something; earlier ones stay,
  /// since somebody may be reading them.
  const std::vector<Parameter>& parameters() const { return *current.load(); }
  std::atomic<std::int64_t> generation = 0;
  void publish_parameters();  ///< with `building` held, except while nobody else has the model
  std::atomic<const std::vector<Parameter>*> current = nullptr;
  std::vector<std::unique_ptr<const std::vector<Parameter>>> tables;

  /// Longer names under which files may hold a parameter: "fc.linear.weight" for "fc.weight".
  std::unordered_map<std::string, std::string> long_names;
  /// Instances that several neurons use: `@static` and `@global`.
  std::map<std::string, std::shared_ptr<Module>> shared;
  std::map<std::string, Value> globals;
  std::vector<std::string> late;  ///< see Model::lazy_instances
  std::mutex building;

  /// A planned forward pass for one signature of inputs; one caller uses it at a time.
  struct Pass {
    std::vector<Var> inputs;
    std::unique_ptr<Replay> replay;
    std::size_t outputs = 0;
  };
  std::mutex mutex;
  std::unordered_map<std::string, std::vector<std::unique_ptr<Pass>>> idle;  ///< by signature
};

/// Records one pass through a tree, building what it needs. Errors of operations come back with the path of the module
/// in front.
std::vector<Var> record_module(ModuleInstance& model, std::span<const Var> inputs, ForwardContext& context);

/// The module `index` of a composite for these sizes, built if no pass needed it before. Throws Error(shape) when the
/// sizes do not fit, Error(resource) when there is no memory.
std::shared_ptr<Module> late_module(ModuleInstance& model, Module& owner, int index, const Sizes& sizes);
/// The names that the arguments of a module are made of.
std::vector<std::string> names_of_arguments(const Neuron& neuron, int module);

/// "encoder.linear_0 (Linear)".
std::string place(const Module& module);

/// Bytes that a process may still take: free memory of the machine, or what is left of a cgroup's limit.
std::uint64_t available_memory();

}  // namespace neuro
