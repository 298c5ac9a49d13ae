#pragma once
// Building the tree of modules: for `instantiate`, and for what passes need later.
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "module.h"

namespace neuro {

/// Builds trees without weights, then knows how much memory they need, then makes them.
class Builder {
 public:
  Builder(ModuleInstance& model, Diagnostics& diags) : model_(model), checker_(*model.graph, diags), diags_(diags) {}
  ~Builder();  ///< forgets what was built if there are no weights for it
  Builder(const Builder&) = delete;
  Builder& operator=(const Builder&) = delete;

  bool root(Module& module, const Neuron& neuron, const Params& params);
  /// One module of a composite; null after an error. `facts`: of all its modules, settled for this one and those that
  /// it takes as arguments.
  std::shared_ptr<Module> child(Module& parent, int index, const std::vector<ModuleFacts>& facts);
  /// A module of a composite that is known by now: one that stands, or one that nothing was built for yet.
  std::shared_ptr<Module> ensure(Module& parent, int index, const std::vector<ModuleFacts>& facts);
  /// One that depends on data, for the arguments that it has now.
  std::shared_ptr<Module> late(Module& parent, int index, const std::vector<ModuleFacts>& facts);
  Checker& checker() { return checker_; }
  /// Makes the weights of everything that was built, when they fit in memory.
  void make_weights(const std::string& neuron, ModuleInstance& model);

 private:
  /// The values that depend on data: "16x8".
  static std::string values_of(const ModuleFacts& facts);
  /// How a path names a module. What depends on data has the values that it depends on as a further segment, so that
  /// no order in which data arrives changes a name.
  static std::string segment(const ModuleDecl& decl, const ModuleFacts& facts);
  std::shared_ptr<Module> make(Module& parent, const ModuleDecl& decl, const ModuleFacts& facts,
                               const std::vector<ModuleFacts>& around, const std::string& path, bool frozen);
  static void freeze(Module& module);
  /// Neurons that are passed as arguments become instances: calls are built for whoever receives them.
  bool build_arguments(Module& parent, Module& module, const std::vector<ModuleFacts>& around);
  static std::string text_of_instance(const Module& module);
  std::shared_ptr<Module> unroll(Module& parent, const ModuleDecl& decl, const ModuleFacts& facts,
                                 const std::vector<ModuleFacts>& around, const std::string& path, bool frozen);
  /// The root's arguments, from the person who instantiates.
  bool bind(Module& module, const Neuron& neuron, const Params& params);
  /// The name of a neuron, as a person gives it for a parameter that takes one.
  bool constructor(const ParamDecl& param, const ParamValue& given, Argument& argument);
  bool build(Module& module);
  bool weigh(Module& module, const ModuleDecl& decl);
  ModuleInstance& model_;
  Checker checker_;
  Diagnostics& diags_;
  __int128 bytes_ = 0;
  std::vector<Module*> weighed_;
  std::vector<std::string> new_shared_;
  std::vector<std::pair<Module*, std::pair<int, std::string>>> new_late_;
  std::unordered_map<const Neuron*, int> open_;  ///< instances around the one being built
  int depth_ = 0, modules_ = 0, recursive_ = 0;
};

/// "encoder" and "linear_0" as "encoder.linear_0"; either may be empty.
std::string join(const std::string& path, const std::string& name);

}  // namespace neuro
