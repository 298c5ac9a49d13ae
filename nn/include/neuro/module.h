#pragma once
// nn::Module: what layers and models written in C++ are made of. (spec: autograd.md, sections 1 and 4)
//
//     struct Net : nn::Module {
//       nn::Linear first{784, 128}, second{128, 10};
//       nn::Dropout drop{0.2};
//       Net() { register_modules({{"first", first}, {"second", second}, {"drop", drop}}); }
//       Var forward(const Var& x) { return second.forward(drop.forward(relu(first.forward(x)))); }
//     };
#include <string>
#include <utility>
#include <vector>

#include "neuro/state.h"
#include "neuro/var.h"

namespace neuro::nn {

/// A differentiable leaf that a layer owns. (neuronika's Learnable)
using Parameter = Var;
using Learnable = Var;

using NamedVars = std::vector<std::pair<std::string, Var>>;

/// Parameters, buffers and modules by name, and whether they train. A module refers to those it is made of, which are
/// usually its members: so it does not move.
class Module {
 public:
  Module();
  virtual ~Module() = default;
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;

  /// Under paths such as "first.weight", in the order of registration, a leaf that is registered twice once.
  NamedVars named_parameters() const;
  NamedVars named_buffers() const;
  std::vector<Var> parameters() const;
  void zero_grad() const;

  /// Switches this module and those it is made of; also what was recorded through them before (as Var::train does).
  void train(bool on = true);
  void eval() { train(false); }
  bool training() const;

  StateDict state_dict() const;  ///< parameters, then buffers; shares their memory
  /// Copies values in, converting the type. Strict::yes throws Error(checkpoint) with the full report when anything
  /// differs; nothing is changed then.
  LoadReport load_state_dict(const StateDict& state, Strict strict = Strict::yes) const;

 protected:
  // Names are not empty, hold no dot and are used once: Error(invalid_argument) otherwise.
  Var register_parameter(const std::string& name, const Var& leaf);  ///< marks it requires_grad() and returns it
  Var register_buffer(const std::string& name, const Var& leaf);     ///< saved, not trained
  void register_module(const std::string& name, Module& module);
  void register_modules(std::initializer_list<std::pair<const char*, Module&>> modules);
  /// The leaf that `train()` switches.
  const Var& training_flag() const { return training_; }

 private:
  void require_free(const std::string& name) const;
  void collect(const std::string& prefix, bool buffers, NamedVars& out) const;

  Var training_;
  NamedVars parameters_, buffers_;
  std::vector<std::pair<std::string, Module*>> modules_;
};

}  // namespace neuro::nn
