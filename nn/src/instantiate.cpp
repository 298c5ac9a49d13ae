// Instantiation: arguments, the tree of modules, and weights drawn from their paths (spec: neuroscript.md, 4.1 and
// appendix B).
#include <algorithm>
#include <fstream>
#include <sstream>

#include "module.h"
#include "neuro/codes.h"
#include "neuro/error.h"
#include "neuro/random.h"
#include "neuro/str.h"
#include "neuro/suggest.h"

namespace neuro {
namespace {

/// The number in a file that holds nothing else ("max" and missing files: none).
std::optional<std::uint64_t> number_in(const char* path) {
  std::ifstream file(path);
  std::uint64_t value = 0;
  return file >> value ? std::optional(value) : std::nullopt;
}

std::string join(const std::string& path, const std::string& name) {
  if (path.empty() || name.empty()) return path + name;
  return path + "." + name;
}

Tensor make_weight(const WeightSpec& spec, const std::string& name, std::uint64_t seed) {
  Tensor tensor = Tensor::zeros(spec.shape, spec.dtype);
  if (spec.dtype != DType::f32 || spec.init == Init::zeros) return tensor;
  const std::span<float> values = tensor.span<float>();
  const RandomStream random(seed, stream_of(name));
  const auto scale = static_cast<float>(spec.scale);
  for (std::size_t i = 0; i < values.size(); ++i) {
    switch (spec.init) {
      case Init::zeros: break;
      case Init::ones: values[i] = 1; break;
      case Init::constant: values[i] = scale; break;
      case Init::uniform: values[i] = (2 * random.uniform(i) - 1) * scale; break;
      case Init::normal: values[i] = random.normal(i); break;
    }
  }
  if (spec.zero_row >= 0 && spec.zero_row < spec.shape[0]) {
    const auto row = static_cast<std::size_t>(spec.shape.without(0).elements());
    std::fill_n(values.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(spec.zero_row) * row), row, 0.f);
  }
  return tensor;
}

/// Builds trees without weights, then knows how much memory they need, then makes them.
class Builder {
 public:
  Builder(const NeuronGraph& graph, Diagnostics& diags) : checker_(graph, diags), diags_(diags) {}

  bool root(Module& module, const Neuron& neuron, const Params& params) {
    module.name = neuron.name;
    module.neuron = &neuron;
    return bind(module, neuron, params) && build(module);
  }

  /// One module of a composite; null after an error. `facts`: with arguments that are known.
  std::shared_ptr<Module> child(const Module& parent, int index, const ModuleFacts& facts) {
    const ModuleDecl& decl = parent.neuron->modules[static_cast<std::size_t>(index)];
    auto child = std::make_shared<Module>();
    child->path = join(parent.path, segment(decl, facts));
    child->name = facts.primitive ? facts.primitive->name : facts.neuron->name;
    child->args = facts.args;
    child->primitive = facts.primitive;
    child->neuron = facts.neuron;
    child->frozen = decl.frozen || parent.frozen;
    if (facts.primitive) {
      if (facts.primitive->weights && !weigh(*child, decl)) return nullptr;
    } else if (!build(*child)) {
      diags_.note(codes::kPreconditionFailed, str("in `", child->path, "`")).primary(decl.span, "instantiated here");
      return nullptr;
    }
    return child;
  }

  Checker& checker() { return checker_; }

  /// Makes the weights of everything that was built, when they fit in memory.
  void make_weights(const std::string& neuron, ModuleInstance& model) {
    const std::uint64_t available = available_memory();
    if (bytes_ > static_cast<__int128>(available)) {
      constexpr double kGiB = 1024.0 * 1024 * 1024;
      const auto gib = [](double bytes) {
        return str(static_cast<double>(static_cast<std::int64_t>(bytes / kGiB * 10)) / 10, " GiB");
      };
      throw Error(ErrorCode::resource, str(neuron, ": its weights take ", gib(static_cast<double>(bytes_)), ", and ",
                                           gib(static_cast<double>(available)), " of memory are available"));
    }
    for (Module* module : weighed_) {
      for (const WeightSpec& spec : module->specs) {
        const std::string name = join(module->path, spec.name);
        Var var(make_weight(spec, name, model.init.seed));
        if (!spec.buffer && !module->frozen) var.requires_grad();
        module->weights.push_back(std::move(var));
        if (!module->primitive->wrapper.empty()) {
          model.long_names[join(join(module->path, module->primitive->wrapper), spec.name)] = name;
        }
      }
    }
  }

 private:
  /// How a path names a module. What depends on data has the values that it depends on as a further segment, so that
  /// no order in which data arrives changes a name.
  static std::string segment(const ModuleDecl& decl, const ModuleFacts& facts) {
    std::string out = (decl.lazy || !facts.sized.empty() ? "_" : "") + decl.name;
    std::string values;
    for (const std::string& name : facts.sized) {
      values += str(values.empty() ? "" : "x", text_of(facts.args.value(name)));
    }
    return join(out, values);
  }

  /// The root's arguments, from the person who instantiates.
  bool bind(Module& module, const Neuron& neuron, const Params& params) {
    const auto specs = param_specs(neuron);
    const std::size_t before = diags_.error_count();
    std::vector<std::string> names, meant;  // what misspelt names stand for is not missing as well
    for (const ParamSpec& spec : specs) names.push_back(spec.name);
    for (const auto& [name, value] : params) {
      if (std::find(names.begin(), names.end(), name) != names.end()) continue;
      auto& d = diags_.error(codes::kUnknownArgument, str(neuron.name, " has no parameter `", name, "`"));
      d.primary(neuron.span, str("it is ", signature_text(neuron.name, specs)));
      if (const auto near = nearest(name, std::span<const std::string>(names))) {
        d.help(str("did you mean `", *near, "`?"));
        meant.push_back(*near);
      }
    }
    for (const ParamDecl& param : neuron.params) {
      Argument argument;
      argument.name = param.name;
      argument.span = param.span;
      const auto given = params.find(param.name);
      if (given != params.end()) {
        argument.value = value_of(given->second);
        argument.given = true;
      } else if (param.default_value) {
        Scope scope;
        scope.find = [&](const std::string& name) -> std::optional<Value> {
          const Argument* known = module.args.find(name);
          return known ? std::optional(known->value) : std::nullopt;
        };
        scope.names = [] { return std::vector<std::string>(); };
        scope.symbol_name = [](int) { return std::string("?"); };
        const auto value = evaluate(*param.default_value, scope, diags_);
        if (!value) continue;
        argument.value = *value;
      } else if (std::find(meant.begin(), meant.end(), param.name) != meant.end()) {
        continue;
      } else {
        diags_.error(codes::kMissingArgument, str(neuron.name, " needs a value for `", param.name, "`"))
            .primary(param.span, "has no default")
            .help(str("give it: `params: {", param.name, ": ...}` in a config, `--param ", param.name,
                      "=...` on the command line"));
        continue;
      }
      module.args.items().push_back(std::move(argument));
    }
    return diags_.error_count() == before;
  }

  bool build(Module& module) {
    constexpr int kMaxDepth = 1000, kMaxRecursive = 10'000, kMaxModules = 100'000;  // spec 3.10
    const auto refuse = [&](const char* code, std::string title) {
      diags_.error(code, std::move(title)).primary(module.neuron->span, "at an instance of this neuron");
      return false;
    };
    const bool recursive = open_[module.neuron] > 0;
    if (depth_ >= kMaxDepth)
      return refuse(codes::kRecursionLimit, str("more than ", kMaxDepth, " neurons inside each other"));
    if (recursive && ++recursive_ > kMaxRecursive) {
      return refuse(codes::kRecursionLimit,
                    str("`", module.neuron->name, "` contains itself more than ", kMaxRecursive, " times"));
    }
    if (++modules_ > kMaxModules)
      return refuse(codes::kTooDeep, str("more than ", kMaxModules, " modules in one model"));
    module.facts = checker_.check_instance(*module.neuron, module.args);
    if (!module.facts.ok) return false;
    module.facts.meetings.clear();  // a message would need them; an instance that stands keeps what recording reads
    module.children.resize(module.neuron->modules.size());
    ++depth_;
    ++open_[module.neuron];
    bool fine = true;
    for (std::size_t i = 0; fine && i < module.children.size(); ++i) {
      const ModuleDecl& decl = module.neuron->modules[i];
      const ModuleFacts& facts = module.facts.modules[i];
      // Not bound: in an arm that this instance never runs.
      if (!facts.bound || facts.deferred || (decl.lazy && !facts.reached)) continue;
      module.children[i] = child(module, static_cast<int>(i), facts);
      fine = module.children[i] != nullptr;
    }
    --depth_;
    --open_[module.neuron];
    return fine;
  }

  bool weigh(Module& module, const ModuleDecl& decl) {
    try {
      module.specs = module.primitive->weights(module.args);
    } catch (const Error& error) {
      diags_.error(codes::kInvalidArgument, str(decl.callee, ": ", error.what()))
          .primary(decl.span, "with these arguments");
      return false;
    }
    for (const WeightSpec& spec : module.specs) {
      bytes_ += static_cast<__int128>(spec.shape.elements()) * static_cast<__int128>(size_of(spec.dtype));
    }
    weighed_.push_back(&module);
    return true;
  }

  Checker checker_;
  Diagnostics& diags_;
  __int128 bytes_ = 0;
  std::vector<Module*> weighed_;
  std::unordered_map<const Neuron*, int> open_;  ///< instances around the one being built
  int depth_ = 0, modules_ = 0, recursive_ = 0;
};

void list_parameters(const Module& module, std::vector<Parameter>& out) {
  for (std::size_t i = 0; i < module.weights.size(); ++i) {
    const WeightSpec& spec = module.specs[i];
    out.push_back({join(module.path, spec.name), module.weights[i], !spec.buffer && !module.frozen, spec.buffer});
  }
  auto late = module.later.begin();
  for (std::size_t i = 0; i < module.children.size(); ++i) {
    if (module.children[i]) list_parameters(*module.children[i], out);
    for (; late != module.later.end() && late->first.first == static_cast<int>(i); ++late) {
      list_parameters(*late->second, out);
    }
  }
}

std::vector<Port> ports_of(const std::vector<PortDecl>& decls, const std::vector<SymShape>& shapes,
                           const Facts& facts) {
  std::vector<Port> ports;
  for (std::size_t i = 0; i < decls.size(); ++i) {
    Port port;
    port.name = decls[i].name;
    for (const Axis& axis : facts.solver.resolve(shapes[i])) {
      PortDim dim;
      if (axis.is_variadic()) {
        const Symbol& run = facts.solver.symbol(axis.variadic);
        dim.name = run.name;
      } else if (const auto size = axis.size.constant()) {
        dim.size = size;
      } else {
        dim.name = facts.solver.text(axis.size);
      }
      port.shape.push_back(std::move(dim));
    }
    ports.push_back(std::move(port));
  }
  return ports;
}

}  // namespace

std::uint64_t available_memory() {
  std::uint64_t available = UINT64_MAX;
  std::ifstream meminfo("/proc/meminfo");
  for (std::string line; std::getline(meminfo, line);) {
    std::istringstream words(line);
    std::string key;
    std::uint64_t kib = 0;
    if (words >> key >> kib && key == "MemAvailable:") available = kib * 1024;
  }
  const auto limit = number_in("/sys/fs/cgroup/memory.max"), used = number_in("/sys/fs/cgroup/memory.current");
  if (limit) available = std::min(available, *limit - std::min(*limit, used.value_or(0)));
  return available;
}

Model instantiate(std::shared_ptr<const NeuronGraph> graph, const std::string& neuron, const Params& params,
                  const InitOptions& init, Diagnostics& diags) {
  const Neuron* found = graph->find(neuron);
  if (!found) {
    std::vector<std::string> names;
    for (const Neuron& n : graph->neurons) names.push_back(n.name);
    auto& d = diags.error(codes::kMissingNeuron, str("there is no neuron `", neuron, "`"));
    std::string all;
    for (const std::string& name : names) all += str(all.empty() ? "" : ", ", name);
    if (auto hint = did_you_mean(neuron, names)) d.help(*hint);
    d.note(names.empty() ? "the source defines no neuron" : str("the source defines: ", all));
    return {};
  }
  auto model = std::make_shared<ModuleInstance>();
  model->graph = graph;
  model->init = init;
  Builder builder(*graph, diags);
  if (!builder.root(model->root, *found, params)) return {};
  builder.make_weights(neuron, *model);
  model->publish_parameters();
  const Facts& facts = model->root.facts;
  model->inputs = ports_of(found->inputs, facts.inputs, facts);
  model->outputs = ports_of(found->outputs, facts.outputs, facts);
  return Model(std::move(model));
}

void ModuleInstance::publish_parameters() {
  auto table = std::make_unique<std::vector<Parameter>>();
  list_parameters(root, *table);
  current = table.get();
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
    if (!name->global && std::find(names.begin(), names.end(), name->name) == names.end()) names.push_back(name->name);
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
  Diagnostics diags;
  Builder builder(*model.graph, diags);
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
  const ModuleFacts facts = builder.checker().bind_module(*owner.neuron, owner.args, index, sizes);
  if ((!facts.neuron && !facts.primitive) || facts.deferred) throw fail();
  std::string key;
  for (const std::string& name : facts.sized) key += text_of(facts.args.value(name)) + ";";
  std::shared_ptr<Module>& slot = owner.later[{index, key}];
  if (slot) return slot;
  auto built = builder.child(owner, index, facts);
  if (!built) {
    owner.later.erase({index, key});
    throw fail();
  }
  builder.make_weights(place(*built), model);
  slot = std::move(built);
  std::string line = str(owner.path, "|", index);
  for (const auto& [name, size] : sizes) line += str(" ", name, "=", size);
  model.late.push_back(std::move(line));
  model.publish_parameters();
  return slot;
}

std::vector<PrimitiveInfo> list_primitives() {
  std::vector<PrimitiveInfo> out;
  for (const PrimitiveDef* def : primitives()) {
    PrimitiveInfo info{def->name, def->path, def->brief, signature_text(def->name, def->params), {}, {}, {}};
    for (const ParamSpec& param : def->params) {
      info.params.push_back({param.name});
      info.params.back().insert(info.params.back().end(), param.aliases.begin(), param.aliases.end());
    }
    const auto ports = [](const std::vector<PortSpec>& specs) {
      std::string text;
      for (const PortSpec& p : specs) {
        text += str(text.empty() ? "" : ", ", p.name == "default" ? "" : p.name + ": ", p.pattern);
      }
      return specs.size() == 1 && specs[0].name == "default" ? text : str("(", text, ")");
    };
    info.inputs = ports(def->inputs);
    info.outputs = ports(def->outputs);
    out.push_back(std::move(info));
  }
  return out;
}

bool is_primitive(std::string_view name) { return find_primitive(name) != nullptr; }

}  // namespace neuro
