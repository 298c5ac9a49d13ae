#include "neuro/module.h"

#include <algorithm>

#include "neuro/error.h"
#include "neuro/str.h"
#include "state.h"

namespace neuro::nn {
namespace {

bool holds(const NamedVars& all, const Var& leaf) {
  return std::any_of(all.begin(), all.end(), [&](const auto& item) { return item.second.same(leaf); });
}

}  // namespace

Module::Module() : training_(neuro::training_flag(true)) {}

void Module::require_free(const std::string& name) const {
  const auto named = [&](const auto& item) { return item.first == name; };
  if (name.empty() || name.find('.') != std::string::npos)
    throw Error(ErrorCode::invalid_argument,
                str("`", name, "` is no name for a part of a module: it must not be empty or hold a dot"));
  if (std::any_of(parameters_.begin(), parameters_.end(), named) ||
      std::any_of(buffers_.begin(), buffers_.end(), named) || std::any_of(modules_.begin(), modules_.end(), named))
    throw Error(ErrorCode::invalid_argument, str("the module has a part named `", name, "` already"));
}

Var Module::register_parameter(const std::string& name, const Var& leaf) {
  require_free(name);
  parameters_.emplace_back(name, leaf.requires_grad());
  return leaf;
}

Var Module::register_buffer(const std::string& name, const Var& leaf) {
  require_free(name);
  if (!leaf.is_leaf()) throw Error(ErrorCode::invalid_argument, str("the buffer `", name, "` must be a leaf"));
  buffers_.emplace_back(name, leaf);
  return leaf;
}

void Module::register_module(const std::string& name, Module& module) {
  require_free(name);
  modules_.emplace_back(name, &module);
}

void Module::register_modules(std::initializer_list<std::pair<const char*, Module&>> modules) {
  for (const auto& [name, module] : modules) register_module(name, module);
}

void Module::collect(const std::string& prefix, bool buffers, NamedVars& out) const {
  for (const auto& [name, leaf] : buffers ? buffers_ : parameters_) {
    if (!holds(out, leaf)) out.emplace_back(prefix + name, leaf);
  }
  for (const auto& [name, module] : modules_) module->collect(str(prefix, name, "."), buffers, out);
}

NamedVars Module::named_parameters() const {
  NamedVars out;
  collect("", false, out);
  return out;
}

NamedVars Module::named_buffers() const {
  NamedVars out;
  collect("", true, out);
  return out;
}

std::vector<Var> Module::parameters() const {
  std::vector<Var> out;
  for (auto& [name, leaf] : named_parameters()) out.push_back(leaf);
  return out;
}

void Module::zero_grad() const {
  for (const Var& p : parameters()) p.zero_grad();
}

void Module::train(bool on) {
  training_.train(on);
  for (auto& [name, module] : modules_) module->train(on);
}

bool Module::training() const {
  Tensor flag = training_.data();
  return *flag.data<bool>();
}

StateDict Module::state_dict() const {
  StateDict out;
  for (const auto& [name, leaf] : named_parameters()) out.emplace_back(name, leaf.data());
  for (const auto& [name, leaf] : named_buffers()) out.emplace_back(name, leaf.data());
  return out;
}

LoadReport Module::load_state_dict(const StateDict& state, Strict strict) const {
  NamedVars leaves = named_parameters();
  for (auto& buffer : named_buffers()) leaves.push_back(std::move(buffer));
  return load_tensors("the module", leaves, state, strict, [](const std::string& name) { return name; });
}

}  // namespace neuro::nn
