// What passes build when they need it, the table of parameters, and building the same again for a checkpoint (spec:
// neuroscript.md, 4.3).
#include <algorithm>
#include <charconv>
#include <sstream>
#include <unordered_set>

#include "builder.h"
#include "neuro/error.h"
#include "neuro/str.h"

namespace neuro {
namespace {

/// Parameters in the order of the tree, those of shared modules where they are first met.
void list_parameters(const Module& module, std::unordered_set<const Module*>& seen, std::vector<Parameter>& out) {
  if (!seen.insert(&module).second) return;
  for (std::size_t i = 0; i < module.weights.size(); ++i) {
    const WeightSpec& spec = module.specs[i];
    out.push_back({join(module.path, spec.name), module.weights[i], !spec.buffer && !module.frozen, spec.buffer});
  }
  for (const Argument& argument : module.args.items()) {
    const NeuronValue* neuron = argument.value.neuron();
    if (neuron && neuron->instance) list_parameters(*neuron->instance, seen, out);
  }
  auto late = module.later.begin();
  for (std::size_t i = 0; i < module.children.size(); ++i) {
    if (module.children[i]) list_parameters(*module.children[i], seen, out);
    for (; late != module.later.end() && late->first.first == static_cast<int>(i); ++late) {
      list_parameters(*late->second, seen, out);
    }
  }
}

}  // namespace

void ModuleInstance::publish_parameters() {
  auto table = std::make_unique<std::vector<Parameter>>();
  std::unordered_set<const Module*> seen;
  list_parameters(root, seen, *table);
  current = table.get();
  generation = static_cast<std::int64_t>(tables.size());
  tables.push_back(std::move(table));
}

namespace {

void add_names(const Neuron& neuron, const Expr& expr, std::vector<std::string>& names);

void add_names(const Neuron& neuron, int module, std::vector<std::string>& names) {
  const ModuleDecl& decl = neuron.modules[static_cast<std::size_t>(module)];
  for (const ArgDecl& arg : decl.args) add_names(neuron, arg.value, names);
  for (const int member : decl.members) add_names(neuron, member, names);
}

void add_names(const Neuron& neuron, const Expr& expr, std::vector<std::string>& names) {
  if (const auto* name = std::get_if<NameExpr>(&expr.node)) {
    if (std::find(names.begin(), names.end(), name->name) != names.end()) return;
    names.push_back(name->name);
    for (const auto& [binding, module] : neuron.bindings) {  // what a sibling is made of, when it is an argument
      if (binding == name->name) add_names(neuron, module, names);
    }
  } else if (const auto* operation = std::get_if<OperationExpr>(&expr.node)) {
    for (const Expr& operand : operation->operands) add_names(neuron, operand, names);
  } else if (const auto* list = std::get_if<ListExpr>(&expr.node)) {
    for (const Expr& item : list->items) add_names(neuron, item, names);
  } else if (const auto* call = std::get_if<CallExpr>(&expr.node)) {
    add_names(neuron, call->module, names);
  }
}

}  // namespace

std::vector<std::string> names_of_arguments(const Neuron& neuron, int module) {
  std::vector<std::string> names;
  add_names(neuron, module, names);
  return names;
}

std::string place(const Module& module) {
  return module.path.empty() ? module.name : str(module.path, " (", module.name, ")");
}

std::shared_ptr<Module> late_module(ModuleInstance& model, Module& owner, int index, const Sizes& sizes) {
  const ModuleDecl& decl = owner.neuron->modules[static_cast<std::size_t>(index)];
  const std::lock_guard lock(model.building);
  std::shared_ptr<Module>& slot = owner.by_sizes[{index, sizes}];
  if (slot) return slot;
  Diagnostics diags;
  Builder builder(model, diags);
  const auto fail = [&]() -> Error {
    std::string why;
    for (const Diagnostic& d : diags.items()) {
      if (d.severity != Severity::error) continue;
      why = d.title;
      for (const Label& label : d.labels) why += label.primary && !label.text.empty() ? ": " + label.text : "";
      break;
    }
    std::string known;
    for (const auto& [name, size] : sizes) known += str(known.empty() ? " with " : ", ", name, " = ", size);
    return Error(ErrorCode::shape, str(place(owner), ": ", decl.callee, known, " cannot be built: ", why));
  };
  const std::vector<ModuleFacts> facts = builder.checker().bind_module(*owner.neuron, owner.args, index, sizes);
  const ModuleFacts& own = facts[static_cast<std::size_t>(index)];
  if (diags.has_errors() || own.deferred) throw fail();
  const std::size_t before = owner.later.size();
  auto built = builder.late(owner, index, facts);
  if (!built) throw fail();
  if (owner.later.size() == before) return slot = built;
  builder.make_weights(place(*built), model);
  std::string line = str(owner.path, ":", decl.name);
  for (const auto& [name, size] : sizes) line += str(" ", name, "=", size);
  model.late.push_back(std::move(line));
  model.publish_parameters();
  return slot = built;
}

namespace {

/// The composite with a path; null when there is none.
Module* find_module(Module& module, const std::string& path, std::unordered_set<const Module*>& seen) {
  if (!seen.insert(&module).second) return nullptr;
  if (module.neuron && module.path == path) return &module;
  const auto inside = [&](const std::shared_ptr<Module>& child) {
    return child ? find_module(*child, path, seen) : nullptr;
  };
  for (const Argument& argument : module.args.items()) {
    const NeuronValue* neuron = argument.value.neuron();
    if (Module* found = neuron ? inside(neuron->instance) : nullptr) return found;
  }
  for (const auto& child : module.children) {
    if (Module* found = inside(child)) return found;
  }
  for (const auto& [key, child] : module.later) {
    if (Module* found = inside(child)) return found;
  }
  return nullptr;
}

[[noreturn]] void unfit(const std::string& line, const std::string& why) {
  throw Error(ErrorCode::checkpoint,
              str("the checkpoint holds a part that this model cannot build: ", line, ": ", why));
}

}  // namespace

std::int64_t Model::generation() const { return root_->generation; }

std::vector<std::string> Model::lazy_instances() const {
  const std::lock_guard lock(root_->building);
  std::vector<std::string> lines = root_->late;
  std::sort(lines.begin(), lines.end(), [](const std::string& a, const std::string& b) {
    const std::size_t m = a.find(':'), n = b.find(':');  // who contains another has a shorter path
    return m != n ? m < n : a < b;
  });
  return lines;
}

void Model::materialise(std::span<const std::string> instances) const {
  for (const std::string& line : instances) {
    std::istringstream words(line);
    std::string head, word;
    words >> head;
    const std::size_t colon = head.rfind(':');
    if (colon == std::string::npos) unfit(line, "no `:` after the path");
    std::unordered_set<const Module*> seen;
    Module* owner = nullptr;
    {
      const std::lock_guard lock(root_->building);
      owner = find_module(root_->root, head.substr(0, colon), seen);
    }
    if (!owner) unfit(line, str("it has no `", head.substr(0, colon), "`"));
    Sizes sizes;
    while (words >> word) {
      const std::size_t equals = word.find('=');
      std::int64_t size = 0;
      const char* end = word.data() + word.size();
      const char* begin = word.data() + std::min(equals, word.size() - 1) + 1;
      if (equals == std::string::npos || std::from_chars(begin, end, size).ptr != end || begin == end) {
        unfit(line, str("`", word, "` is no size"));
      }
      sizes[word.substr(0, equals)] = size;
    }
    const auto& modules = owner->neuron->modules;
    const auto decl = std::find_if(modules.begin(), modules.end(), [&](const ModuleDecl& m) {
      return m.name == head.substr(colon + 1) && !m.argument;
    });
    if (decl == modules.end()) unfit(line, str("`", owner->neuron->name, "` has no `", head.substr(colon + 1), "`"));
    const auto index = static_cast<int>(decl - modules.begin());
    if (owner->children[static_cast<std::size_t>(index)]) continue;  // known from the start here
    try {
      late_module(*root_, *owner, index, sizes);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::resource) throw;
      unfit(line, error.what());
    }
  }
}

}  // namespace neuro
