#include "lower.h"

#include <algorithm>
#include <cctype>
#include <functional>

#include "lower_graph.h"
#include "lower_values.h"
#include "neuro/codes.h"
#include "neuro/elaborate.h"
#include "neuro/str.h"
#include "neuro/suggest.h"

namespace neuro::ns {
namespace {

bool mentions(const Pipeline& pipeline, std::string_view word);

/// Whether a step, or an arm inside it, uses `word` as a reference.
bool mentions(const Step& step, std::string_view word) {
  const auto in_arms = [&](const auto& arms) {
    return std::any_of(arms.begin(), arms.end(), [&](const auto& arm) { return mentions(arm.body, word); });
  };
  if (const auto* reference = std::get_if<Reference>(&step.node)) return reference->name.text == word;
  if (const auto* tuple = std::get_if<Tuple>(&step.node)) {
    const auto same = [&](const Reference& r) { return r.name.text == word; };
    return std::any_of(tuple->items.begin(), tuple->items.end(), same);
  }
  if (const auto* match = std::get_if<ShapeMatch>(&step.node)) return in_arms(match->arms);
  if (const auto* match = std::get_if<ContractMatch>(&step.node)) return in_arms(match->arms);
  if (const auto* conditional = std::get_if<Conditional>(&step.node)) {
    return in_arms(conditional->branches) || (conditional->otherwise && mentions(*conditional->otherwise, word));
  }
  return false;
}

bool mentions(const Pipeline& pipeline, std::string_view word) {
  return std::any_of(pipeline.steps.begin(), pipeline.steps.end(), [&](const Step& s) { return mentions(s, word); });
}

bool mentions(const std::vector<Pipeline>& graph, std::string_view word) {
  return std::any_of(graph.begin(), graph.end(), [&](const Pipeline& p) { return mentions(p, word); });
}

class NeuronLowering {
 public:
  NeuronLowering(const ns::Neuron& source, Known& known, Diagnostics& diags)
      : source_(source), known_(known), diags_(diags) {}

  neuro::Neuron lower() {
    out_.name = source_.name.text;
    out_.span = source_.name.span;
    lower_params();
    lower_ports(source_.inputs, out_.inputs, true);
    lower_ports(source_.outputs, out_.outputs, false);
    out_.incomplete = refused_;
    const bool graph = source_.graph_keyword.known();
    if (source_.impl && graph) {
      diags_.error(codes::kConflictingBody, str("`", out_.name, "` has both `impl` and `graph`"))
          .primary(source_.graph_keyword, "a graph of its own")
          .secondary(source_.impl->span, "and a kernel")
          .help("keep one of them");
      out_.incomplete = true;
    } else if (source_.impl) {
      lower_impl(*source_.impl);
    } else if (graph) {
      if (out_.inputs.empty() && mentions(source_.graph, "in")) out_.inputs.push_back(implicit_port("in_shape"));
      if (out_.outputs.empty() && !source_.graph.empty()) out_.outputs.push_back(implicit_port("out_shape"));
      GraphLowering(source_, out_, known_, diags_).lower();
    } else {
      empty_body();
    }
    out_.results.resize(out_.outputs.size(), -1);
    return std::move(out_);
  }

 private:
  void lower_params() {
    for (const Param& param : source_.params) {
      const auto first = std::find_if(out_.params.begin(), out_.params.end(),
                                      [&](const ParamDecl& p) { return p.name == param.name.text; });
      if (first != out_.params.end()) {
        diags_
            .error(codes::kDuplicateName, str("two parameters of `", out_.name, "` are called `", param.name.text, "`"))
            .primary(param.name.span, "again here")
            .secondary(first->span, "first here");
        continue;
      }
      ParamDecl decl{param.name.text, param.span, std::nullopt};
      decl.neuron = param.type && (param.type->text == "Neuron" || param.type->text == "NeuronType");
      bool refused = false;
      if (param.default_value) decl.default_value = lower_value(*param.default_value, {diags_, refused});
      if (refused) decl.default_value.reset();
      refused_ = refused_ || refused;
      out_.params.push_back(std::move(decl));
    }
  }

  void lower_ports(const std::vector<ns::Port>& ports, std::vector<PortDecl>& out, bool inputs) {
    for (const ns::Port& port : ports) {
      const auto first =
          std::find_if(out.begin(), out.end(), [&](const PortDecl& p) { return p.name == port.name.text; });
      if (first != out.end()) {
        diags_
            .error(codes::kDuplicateName,
                   port.named ? str("two ", inputs ? "inputs" : "outputs", " of `", out_.name, "` are called `",
                                    port.name.text, "`")
                              : str("`", out_.name, "` has two ", inputs ? "inputs" : "outputs", " without a name"))
            .primary(port.span, "again here")
            .secondary(first->span, "first here")
            .help(str("name them: ", inputs ? "in" : "out", " left: [...], ", inputs ? "in" : "out", " right: [...]"));
        continue;
      }
      if (port.variadic && (!inputs || ports.size() > 1)) {
        diags_
            .error(codes::kVariadicPort, inputs ? "an input of any number of values must be the only input"
                                                : "an output cannot stand for any number of values")
            .primary(port.span, inputs ? "takes one value or more" : "declared with `*`");
        refused_ = true;
      }
      PortDecl decl;
      decl.name = port.name.text;
      decl.span = port.span;
      decl.variadic = port.variadic;
      decl.shape = lower_shape(port.shape, {diags_, refused_});
      out.push_back(std::move(decl));
    }
  }

  void empty_body() {
    const bool ports = !out_.inputs.empty() || !out_.outputs.empty();
    auto& d = ports ? diags_.error(codes::kEmptyBody, str("`", out_.name, "` has ports but no body"))
                    : diags_.warning(codes::kEmptyBody, str("`", out_.name, "` is empty"));
    d.primary(source_.header, ports ? "nothing connects its ports" : "neither `graph` nor `impl`");
    if (ports) d.help("add a graph:\n    graph:\n        in -> ... -> out");
    out_.incomplete = true;
  }

  /// A neuron that stands for a kernel is a graph of one call: inputs -> kernel(parameters) -> outputs (spec 5.12).
  void lower_impl(const Impl& impl) {
    if (!impl.path) {
      not_built_yet(diags_, impl.span, "`impl: external`");
      out_.incomplete = true;
      return;
    }
    const std::string last = impl.path->parts.empty() ? std::string() : impl.path->parts.back().text;
    const std::string kernel = is_primitive(last) ? last : out_.name;
    const auto all = list_primitives();
    const auto found = std::find_if(all.begin(), all.end(), [&](const PrimitiveInfo& p) { return p.name == kernel; });
    if (found == all.end()) {
      auto& d = diags_.error(codes::kMissingNeuron, str("there is no kernel `", last, "`"))
                    .primary(impl.path->span, "not found")
                    .note("`nsrun list` shows what is built in");
      std::vector<std::string> names;
      for (const PrimitiveInfo& p : all) names.push_back(p.name);
      if (const auto near = nearest(last, std::span<const std::string>(names)))
        d.help(str("did you mean `", *near, "`?"));
      out_.incomplete = true;
      return;
    }
    ModuleDecl module;
    module.kernel = true;
    module.span = impl.span;
    module.callee = kernel;
    module.callee_span = impl.path->span;
    bind_kernel(*found, module);
    out_.modules.push_back(std::move(module));
    if (out_.inputs.empty()) out_.inputs.push_back(implicit_port("in_shape"));
    if (out_.outputs.empty()) out_.outputs.push_back(implicit_port("out_shape"));
    TupleNode inputs;
    for (std::size_t i = 0; i < out_.inputs.size(); ++i) {
      inputs.items.push_back(out_.add(impl.span, InputNode{static_cast<int>(i)}));
    }
    const int source = out_.add(impl.span, std::move(inputs));
    const int call = out_.add(impl.span, CallNode{0, source});
    const auto count = static_cast<int>(out_.outputs.size());
    for (int i = 0; i < count; ++i)
      out_.results.push_back(count == 1 ? call : out_.add(impl.span, UnpackNode{call, i, count}));
  }

  /// Declared parameters go to the kernel's by name or alias, the others by position; what the kernel does not know is
  /// left out with a warning.
  void bind_kernel(const PrimitiveInfo& kernel, ModuleDecl& module) {
    std::vector<bool> taken(kernel.params.size());
    std::vector<const ParamDecl*> others;
    const auto bind = [&](const ParamDecl& param, std::size_t to) {
      taken[to] = true;
      ArgDecl arg;
      arg.span = arg.name_span = param.span;
      arg.name = kernel.params[to].front();
      arg.value = {param.span, NameExpr{param.name, false}};
      module.args.push_back(std::move(arg));
    };
    for (const ParamDecl& param : out_.params) {
      const auto match = std::find_if(kernel.params.begin(), kernel.params.end(), [&](const auto& names) {
        return std::find(names.begin(), names.end(), param.name) != names.end();
      });
      match == kernel.params.end() ? others.push_back(&param)
                                   : bind(param, static_cast<std::size_t>(match - kernel.params.begin()));
    }
    for (const ParamDecl* param : others) {
      const auto free = std::find(taken.begin(), taken.end(), false);
      if (free == taken.end()) {
        diags_.warning(codes::kKernelContract, str("the kernel ", kernel.name, " has no parameter `", param->name, "`"))
            .primary(param->span, "ignored")
            .note(str("it is ", kernel.signature));
      } else {
        bind(*param, static_cast<std::size_t>(free - taken.begin()));
      }
    }
  }

  const ns::Neuron& source_;
  Known& known_;
  Diagnostics& diags_;
  neuro::Neuron out_;
  bool refused_ = false;
};

/// Every package but the built-in one would come from a lock file.
void check_uses(const Program& program, Diagnostics& diags) {
  for (const Use& use : program.uses) {
    if (use.path.package.text == "core") continue;
    diags.warning(codes::kImportError, str("there is no package `", use.path.package.text, "`"))
        .primary(use.path.package.span, "ignored: no packages are installed")
        .help("remove the line; `core` is always there, and the neurons of a file see each other");
  }
}

/// Values become globals of the graph; modules wait for the neurons that use them.
void lower_globals(const Program& program, Known& known, NeuronGraph& graph, Diagnostics& diags) {
  for (const Global& global : program.globals) {
    const auto [first, added] = known.globals.emplace(global.name.text, &global);
    if (!added) {
      diags.error(codes::kDuplicateName, str("`@global ", global.name.text, "` is defined twice"))
          .primary(global.name.span, "again here")
          .secondary(first->second->name.span, "first here");
    } else if (!std::holds_alternative<CallValue>(global.value.node)) {
      bool refused = false;
      ValueContext context{diags, refused};
      context.all_global = true;
      Expr value = lower_value(global.value, context);
      if (!refused) graph.globals.push_back({global.name.text, global.name.span, std::move(value)});
    }
  }
}

}  // namespace

PortDecl implicit_port(const char* run) {
  PortDecl port;
  port.name = "default";
  port.implicit = true;
  DimPattern dims;
  dims.kind = DimKind::rest;
  dims.name = run;
  port.shape.dims.push_back(std::move(dims));
  return port;
}

std::string snake_case(std::string_view name) {
  const auto upper = [&](std::size_t i) {
    return i < name.size() && std::isupper(static_cast<unsigned char>(name[i])) != 0;
  };
  const auto letter = [&](std::size_t i) {
    return i < name.size() && std::isalpha(static_cast<unsigned char>(name[i])) != 0;
  };
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool follows_lower = i > 0 && letter(i - 1) && !upper(i - 1);
    const bool ends_capitals = i > 0 && upper(i - 1) && letter(i + 1) && !upper(i + 1);
    if (upper(i) && (follows_lower || ends_capitals)) out += '_';
    out += static_cast<char>(std::tolower(static_cast<unsigned char>(name[i])));
  }
  return out;
}

NeuronGraph lower(const Program& program, Diagnostics& diags) {
  Known known;
  for (const PrimitiveInfo& primitive : list_primitives()) known.neurons.insert(primitive.name);
  for (const ns::Neuron& neuron : program.neurons) known.neurons.insert(neuron.name.text);

  NeuronGraph graph;
  check_uses(program, diags);
  lower_globals(program, known, graph, diags);
  std::map<std::string, Span> defined;
  for (const ns::Neuron& neuron : program.neurons) {
    const std::string& name = neuron.name.text;
    const auto [first, added] = defined.emplace(name, neuron.name.span);
    if (!added) {
      diags.error(codes::kDuplicateNeuron, str("neuron `", name, "` is defined twice"))
          .primary(neuron.name.span, "again here")
          .secondary(first->second, "first here");
      continue;
    }
    if (name.size() > 4 && name.substr(0, 2) == "__" && name.substr(name.size() - 2) == "__") {
      diags.error(codes::kReservedName, str("`", name, "` is a reserved name"))
          .primary(neuron.name.span, "names that begin and end with two underscores belong to the language");
    }
    graph.neurons.push_back(NeuronLowering(neuron, known, diags).lower());
  }
  for (neuro::Neuron& lifted : known.lifted) graph.neurons.push_back(std::move(lifted));
  return graph;
}

}  // namespace neuro::ns
