#include "builder.h"

#include <algorithm>

#include "neuro/codes.h"
#include "neuro/error.h"
#include "neuro/random.h"
#include "neuro/str.h"
#include "neuro/suggest.h"

namespace neuro {

std::string join(const std::string& path, const std::string& name) {
  if (path.empty() || name.empty()) return path + name;
  return path + "." + name;
}

namespace {

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

}  // namespace

Builder::~Builder() {
  for (const std::string& key : new_shared_) model_.shared.erase(key);
  for (const auto& [parent, key] : new_late_) parent->later.erase(key);
}

bool Builder::root(Module& module, const Neuron& neuron, const Params& params) {
  module.name = neuron.name;
  module.neuron = &neuron;
  return bind(module, neuron, params) && build(module);
}

std::shared_ptr<Module> Builder::child(Module& parent, int index, const std::vector<ModuleFacts>& facts) {
  const ModuleDecl& decl = parent.neuron->modules[static_cast<std::size_t>(index)];
  const ModuleFacts& own = facts[static_cast<std::size_t>(index)];
  if (own.given) {
    if (decl.frozen) freeze(*own.given);
    return own.given;
  }
  const std::string path = join(parent.path, segment(decl, own));
  const bool frozen = decl.frozen || parent.frozen;
  return decl.count ? unroll(parent, decl, own, facts, path, frozen) : make(parent, decl, own, facts, path, frozen);
}

std::shared_ptr<Module> Builder::ensure(Module& parent, int index, const std::vector<ModuleFacts>& facts) {
  std::shared_ptr<Module>& slot = parent.children[static_cast<std::size_t>(index)];
  if (slot) return slot;
  return parent.stands ? late(parent, index, facts) : slot = child(parent, index, facts);
}

std::shared_ptr<Module> Builder::late(Module& parent, int index, const std::vector<ModuleFacts>& facts) {
  const std::pair<int, std::string> key{index, values_of(facts[static_cast<std::size_t>(index)])};
  if (const auto known = parent.later.find(key); known != parent.later.end()) return known->second;
  auto built = child(parent, index, facts);
  if (built) {
    parent.later[key] = built;
    new_late_.emplace_back(&parent, key);
  }
  return built;
}

void Builder::make_weights(const std::string& neuron, ModuleInstance& model) {
  const std::uint64_t available = model.init.memory_limit > 0 ? model.init.memory_limit : available_memory();
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
  new_shared_.clear();
  new_late_.clear();
}

std::string Builder::values_of(const ModuleFacts& facts) {
  std::string values;
  const auto add = [&](const ModuleFacts& module) {
    for (const std::string& name : module.sized) {
      const Argument* argument = module.args.find(name);
      if (argument) values += str(values.empty() ? "" : "x", text_of(argument->value));
    }
  };
  add(facts);
  for (const auto& members : facts.iterations) {
    for (const ModuleFacts& member : members) add(member);
  }
  return values;
}

std::string Builder::segment(const ModuleDecl& decl, const ModuleFacts& facts) {
  return join((decl.lazy || !facts.sized.empty() ? "_" : "") + decl.name, values_of(facts));
}

std::shared_ptr<Module> Builder::make(Module& parent, const ModuleDecl& decl, const ModuleFacts& facts,
                                      const std::vector<ModuleFacts>& around, const std::string& path, bool frozen) {
  auto module = std::make_shared<Module>();
  module->path = path;
  module->name = facts.primitive ? facts.primitive->name : facts.neuron->name;
  module->args = facts.args;
  module->primitive = facts.primitive;
  module->neuron = facts.neuron;
  module->frozen = frozen;
  if (!build_arguments(parent, *module, around)) return nullptr;
  std::string key;
  if (decl.sharing != Sharing::own) {
    key = str(decl.sharing == Sharing::program ? "" : parent.neuron->name, ".", decl.name, ".", module->name);
    for (const Argument& argument : module->args.items()) {
      const NeuronValue* neuron = argument.value.neuron();
      key += ";" + (neuron && neuron->instance ? neuron->instance->path : text_of(argument.value));
    }
    if (const auto known = model_.shared.find(key); known != model_.shared.end()) {
      if (frozen) freeze(*known->second);
      return known->second;
    }
  }
  if (facts.primitive) {
    if (facts.primitive->weights && !weigh(*module, decl)) return nullptr;
  } else if (!build(*module)) {
    if (depth_ < 8) {  // a recursion that ends too late would name a thousand
      diags_.note(codes::kPreconditionFailed, str("in `", module->path, "`")).primary(decl.span, "instantiated here");
    }
    return nullptr;
  }
  if (!key.empty()) {
    model_.shared[key] = module;
    new_shared_.push_back(key);
  }
  return module;
}

void Builder::freeze(Module& module) {
  module.frozen = true;
  for (const auto& child : module.children) {
    if (child) freeze(*child);
  }
}

bool Builder::build_arguments(Module& parent, Module& module, const std::vector<ModuleFacts>& around) {
  for (Argument& argument : module.args.items()) {
    auto* neuron = std::get_if<NeuronValue>(&argument.value.data);
    if (!neuron || neuron->instance || neuron->module < 0) continue;
    const ModuleDecl& decl = parent.neuron->modules[static_cast<std::size_t>(neuron->module)];
    NeuronValue value = *neuron;
    if (decl.argument) {
      const std::string path = decl.name.empty() ? join(module.path, argument.name) : join(parent.path, decl.name);
      value.instance = make(parent, decl, *neuron->facts, around, path, decl.frozen || module.frozen);
    } else {
      value.instance = ensure(parent, neuron->module, around);
      value.facts = std::make_shared<ModuleFacts>(around[static_cast<std::size_t>(neuron->module)]);
    }
    if (!value.instance) return false;
    value.text = text_of_instance(*value.instance);
    argument.value.data = std::move(value);
  }
  return true;
}

std::string Builder::text_of_instance(const Module& module) {
  std::string args;
  for (const Argument& argument : module.args.items()) {
    if (argument.given) args += str(args.empty() ? "" : ", ", text_of(argument.value));
  }
  return str(module.name, "(", args, ")");
}

std::shared_ptr<Module> Builder::unroll(Module& parent, const ModuleDecl& decl, const ModuleFacts& facts,
                                        const std::vector<ModuleFacts>& around, const std::string& path, bool frozen) {
  auto group = std::make_shared<Module>();
  group->path = path;
  group->name = "unroll";
  group->frozen = frozen;
  for (std::int64_t i = 0; i < *facts.count; ++i) {
    for (std::size_t m = 0; m < decl.members.size(); ++m) {
      const int index = decl.members[m];
      const ModuleDecl& member = parent.neuron->modules[static_cast<std::size_t>(index)];
      const bool single = decl.members.size() == 1;
      std::string own = join(path, single ? str(i) : join(str(i), member.name));
      if (member.sharing == Sharing::neuron) own = join(path, member.name);
      auto built = member.unroll < 0
                       ? ensure(parent, index, around)
                       : make(parent, member, facts.iteration(i)[m], around, own, frozen || member.frozen);
      if (!built) return nullptr;
      group->children.push_back(std::move(built));
    }
  }
  return group;
}

bool Builder::bind(Module& module, const Neuron& neuron, const Params& params) {
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
      if (param.neuron && !constructor(param, given->second, argument)) continue;
    } else if (param.default_value && param.neuron) {
      const auto* word = std::get_if<NameExpr>(&param.default_value->node);
      const Argument* earlier = word ? module.args.find(word->name) : nullptr;
      const auto value = word ? checker_.constructor(word->name) : std::nullopt;
      if (!earlier && !value) continue;  // reported
      argument.value = earlier ? earlier->value : *value;
    } else if (param.default_value) {
      Scope scope;
      scope.global = [this](const std::string& name) -> std::optional<Value> {
        const auto global = checker_.globals().find(name);
        return global == checker_.globals().end() ? std::nullopt : std::optional(global->second);
      };
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

bool Builder::constructor(const ParamDecl& param, const ParamValue& given, Argument& argument) {
  const auto* name = std::get_if<std::string>(&given);
  auto value = name ? checker_.constructor(*name) : std::nullopt;
  if (value) {
    argument.value = std::move(*value);
    return true;
  }
  auto& d = diags_.error(codes::kNeuronArgumentExpected, str("`", param.name, "` takes the name of a neuron"));
  d.primary(param.span, name ? str("there is no neuron `", *name, "`") : str("receives ", text_of(value_of(given))));
  return false;
}

bool Builder::build(Module& module) {
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
  if (++modules_ > kMaxModules) return refuse(codes::kTooDeep, str("more than ", kMaxModules, " modules in one model"));
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
    const bool waits = decl.lazy || decl.applied;
    // Not bound: in an arm that this instance never runs.
    if (!facts.bound || facts.deferred || decl.argument || decl.unroll >= 0 || (waits && !facts.reached)) continue;
    fine = ensure(module, static_cast<int>(i), module.facts.modules) != nullptr;
  }
  --depth_;
  --open_[module.neuron];
  module.stands = true;
  return fine;
}

bool Builder::weigh(Module& module, const ModuleDecl& decl) {
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

}  // namespace neuro
