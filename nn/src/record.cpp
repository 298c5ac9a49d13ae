// Recording a forward pass: the tree is walked, operations are recorded. What depends on data is decided here.
#include <algorithm>
#include <unordered_map>

#include "match_shape.h"
#include "module.h"
#include "neuro/error.h"
#include "neuro/random.h"
#include "neuro/str.h"

namespace neuro {
namespace {

/// One composite in one pass: what its nodes gave, and what its names mean.
struct Frame {
  Module& module;
  const std::map<std::string, Value>& globals;
  Solver sizes;  ///< knows the sizes of the ports
  Captures captures;
  std::vector<std::vector<Var>> values;                   ///< of each node
  std::map<int, std::vector<std::vector<Var>>> assigned;  ///< what the arm of a choice gave each output

  const std::vector<Var>& at(int node) const { return values[static_cast<std::size_t>(node)]; }

  std::optional<std::int64_t> size(const std::string& name) const {
    if (const auto captured = captures.sizes.find(name); captured != captures.sizes.end()) return captured->second;
    const auto port = module.facts.sizes.find(name);
    return port == module.facts.sizes.end() ? std::nullopt : sizes.resolve(Dim::symbol(port->second)).constant();
  }

  Scope scope() const {
    Scope scope;
    scope.find = [this](const std::string& name) -> std::optional<Value> {
      if (const Argument* argument = module.args.find(name)) return argument->value;
      const auto known = size(name);
      return known ? std::optional(Value{Dim(*known)}) : std::nullopt;
    };
    scope.names = [] { return std::vector<std::string>(); };
    scope.symbol_name = [](int) { return std::string("?"); };
    scope.global = [this](const std::string& name) -> std::optional<Value> {
      const auto found = globals.find(name);
      return found == globals.end() ? std::nullopt : std::optional(found->second);
    };
    return scope;
  }
};

class Recording {
 public:
  Recording(ModuleInstance& model, ForwardContext& context) : model_(model), context_(context) {}

  std::vector<Var> run(Module& module, std::span<const Var> inputs) {
    if (context_.layers == nullptr) return dispatch(module, inputs);
    const std::size_t row = context_.layers->size();
    context_.layers->push_back({module.path, module.name, depth_, module.primitive != nullptr, {}, own_size(module)});
    ++depth_;
    std::vector<Var> outputs = dispatch(module, inputs);
    --depth_;
    for (const Var& output : outputs) (*context_.layers)[row].outputs.push_back(output.shape());
    return outputs;
  }

 private:
  std::vector<Var> dispatch(Module& module, std::span<const Var> inputs) {
    if (module.primitive) return primitive(module, inputs);
    if (module.neuron) return composite(module, inputs);
    std::vector<Var> values(inputs.begin(), inputs.end());  // an unroll
    for (const auto& child : module.children) values = run(*child, values);
    return values;
  }

  std::int64_t own_size(const Module& module) const {
    if (uses_.count(&module) > 0) return 0;
    std::int64_t size = 0;
    for (std::size_t i = 0; i < module.weights.size(); ++i) {
      if (!module.specs[i].buffer) size += module.weights[i].shape().elements();
    }
    return size;
  }

  std::vector<Var> primitive(const Module& module, std::span<const Var> inputs) {
    std::vector<Var> in(inputs.begin(), inputs.end());
    if (module.primitive->integers == Integers::converted) {
      for (Var& v : in) {
        if (!is_floating(v.dtype())) v = convert(v, DType::f32);
      }
    }
    const int use = uses_[&module]++;
    const auto stream = stream_of(use == 0 ? module.path : str(module.path, "#", use));
    try {
      return module.primitive->forward({module.args, in, module.weights, context_, static_cast<std::int64_t>(stream)});
    } catch (const Error& error) {
      throw Error(error.code(), str(place(module), ": ", error.what()));
    }
  }

  std::vector<Var> composite(Module& module, std::span<const Var> inputs) {
    Frame frame{module, model_.globals, check_ports(module, inputs), {}, {}, {}};
    for (const auto& [name, symbol] : module.facts.runs) {
      const SymShape run = frame.sizes.resolve(SymShape{Axis::run(symbol)});
      const auto known = [](const Axis& a) { return !a.is_variadic() && a.size.constant(); };
      if (!std::all_of(run.begin(), run.end(), known)) continue;
      for (const Axis& axis : run) frame.captures.runs[name].push_back(*axis.size.constant());
    }
    frame.values.resize(module.neuron->nodes.size());
    walk(frame, 0, inputs);
    std::vector<Var> outputs;
    for (const int result : module.neuron->results) outputs.push_back(frame.at(result)[0]);
    return outputs;
  }

  void walk(Frame& frame, int region, std::span<const Var> inputs) {
    const Neuron& neuron = *frame.module.neuron;
    for (const int index : frame.module.facts.order[static_cast<std::size_t>(region)]) {
      std::vector<Var>& value = frame.values[static_cast<std::size_t>(index)];
      const GraphNode& node = neuron.nodes[static_cast<std::size_t>(index)];
      if (const auto* input = std::get_if<InputNode>(&node.node)) {
        if (neuron.inputs[static_cast<std::size_t>(input->port)].variadic) {
          value.assign(inputs.begin(), inputs.end());
        } else {
          value = {inputs[static_cast<std::size_t>(input->port)]};
        }
      } else if (const auto* call = std::get_if<CallNode>(&node.node)) {
        value = run(*child(frame, call->module), frame.at(call->source));
      } else if (const auto* tuple = std::get_if<TupleNode>(&node.node)) {
        for (const int item : tuple->items) value.insert(value.end(), frame.at(item).begin(), frame.at(item).end());
      } else if (const auto* unpack = std::get_if<UnpackNode>(&node.node)) {
        const auto& source = frame.at(unpack->source);
        value = {source.size() == 1 ? source[0] : source[static_cast<std::size_t>(unpack->position)]};
      } else if (const auto* select = std::get_if<SelectNode>(&node.node)) {
        value = {frame.at(select->source)[frame.module.facts.selected.at(index)]};
      } else if (const auto* choice = std::get_if<ChooseNode>(&node.node)) {
        value = choose(frame, index, *choice, inputs);
      } else if (const auto* chosen = std::get_if<ChosenNode>(&node.node)) {
        value = frame.assigned.at(chosen->choice)[static_cast<std::size_t>(chosen->index)];
      } else if (const auto* reshape = std::get_if<ReshapeNode>(&node.node)) {
        value = {reshaped(frame, index, *reshape)};
      } else {
        value = frame.at(std::get<NameNode>(node.node).source);
      }
    }
  }

  /// A value in its new shape; new names of the target have their sizes then.
  Var reshaped(Frame& frame, int index, const ReshapeNode& reshape) {
    const Scope scope = frame.scope();
    Var value = frame.at(reshape.source)[0];
    if (const auto step = frame.module.facts.reshapes.find(index); step != frame.module.facts.reshapes.end()) {
      const auto by_name = [&](int symbol) -> std::optional<Dim> {
        const auto name = step->second->names.find(symbol);
        const auto known = name == step->second->names.end() ? std::nullopt : scope.find(name->second);
        const auto size = known ? known->integer() : std::nullopt;
        return size ? std::optional<Dim>(*size) : std::nullopt;
      };
      try {
        value = apply(step->second->how, value, reshape.strategy,
                      [&](const Dim& size) { return size.substitute(by_name).constant(); });
      } catch (const DimError& error) {
        throw Error(ErrorCode::shape, str(place(frame.module), ": =>: ", error.what()));
      } catch (const Error& error) {
        throw Error(error.code(), str(place(frame.module), ": ", error.what()));
      }
    }
    for (std::size_t i = 0; i < reshape.target.size(); ++i) {
      const ReshapeDim& dim = reshape.target[i];
      if (dim.others) continue;
      const std::int64_t size = value.shape()[static_cast<int>(i)];
      Diagnostics ignored;
      const auto wanted = evaluate(dim.size, scope, ignored);
      if (wanted && wanted->integer() && *wanted->integer() != size) {
        throw Error(ErrorCode::shape, str(place(frame.module), ": => gives ", value.shape(), ": size ", i, " is ", size,
                                          ", and `", text_of(dim.size), "` is ", *wanted->integer()));
      }
      const auto* word = std::get_if<NameExpr>(&dim.size.node);
      if (!dim.name.empty()) frame.captures.sizes[dim.name] = size;
      if (word && dim.name.empty() && !word->global && !wanted) frame.captures.sizes[word->name] = size;
    }
    return value;
  }

  /// The module behind a call: one that stands, or the one for the sizes of this pass.
  Module* child(Frame& frame, int index) {
    if (Module* module = frame.module.children[static_cast<std::size_t>(index)].get()) return module;
    Sizes sizes;
    for (const std::string& name : names_of_arguments(*frame.module.neuron, index)) {
      if (frame.module.args.find(name)) continue;
      if (const auto size = frame.size(name)) sizes[name] = *size;
    }
    return late_module(model_, frame.module, index, sizes).get();
  }

  std::vector<Var> choose(Frame& frame, int index, const ChooseNode& choice, std::span<const Var> inputs) {
    const Captures before = frame.captures;
    const Arm& arm = choice.arms[static_cast<std::size_t>(taken(frame, index, choice))];
    walk(frame, arm.region, inputs);
    frame.captures = before;
    std::vector<std::vector<Var>>& assigned = frame.assigned[index];
    for (const int output : arm.outputs) assigned.push_back(frame.at(output));
    return frame.at(arm.result);
  }

  /// The arm that runs; its captures are in force then.
  int taken(Frame& frame, int index, const ChooseNode& choice) {
    const auto decided = frame.module.facts.taken.find(index);
    const auto& source = frame.at(choice.source);
    const Captures before = frame.captures;
    for (std::size_t i = 0; i < choice.arms.size(); ++i) {
      const Arm& arm = choice.arms[i];
      const bool sure = decided != frame.module.facts.taken.end();
      if (sure && decided->second != static_cast<int>(i)) continue;
      if (!frame.module.facts.walked[static_cast<std::size_t>(arm.region)]) continue;  // cannot run in this instance
      frame.captures = before;
      if (arm.pattern && !match_shape(*arm.pattern, source[0].shape(), frame.scope(), frame.captures) && !sure)
        continue;
      if (sure || !arm.condition) return static_cast<int>(i);
      Diagnostics problems;
      const auto value = evaluate(*arm.condition, frame.scope(), problems);
      if (!value) throw Error(ErrorCode::shape, str(place(frame.module), ": ", problems.items().front().title));
      if (value->truth().value_or(false)) return static_cast<int>(i);
    }
    std::string arms;
    for (const Arm& arm : choice.arms) {
      arms += str(arms.empty() ? "" : "; ", text_of(*arm.pattern), arm.condition ? " where " : "",
                  arm.condition ? text_of(*arm.condition) : "");
    }
    throw Error(ErrorCode::shape, str(place(frame.module), ": no arm of `match` takes ", source[0].shape(),
                                      "; the arms take ", arms, ". End with an arm for the rest"));
  }

  /// The ports of a composite hold for data too: a name has one size in a pass. Returns what the sizes are.
  Solver check_ports(const Module& module, std::span<const Var> inputs) {
    const Neuron& neuron = *module.neuron;
    const bool variadic = neuron.inputs.size() == 1 && neuron.inputs[0].variadic;
    if (variadic ? inputs.empty() : inputs.size() != neuron.inputs.size()) {
      throw Error(ErrorCode::shape,
                  str(place(module), ": takes ", neuron.inputs.size(), " inputs, receives ", inputs.size()));
    }
    Solver sizes = module.facts.solver;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      SymShape actual;
      for (const std::int64_t size : inputs[i].shape()) actual.push_back({Dim(size)});
      const std::size_t port = variadic ? 0 : i;
      if (variadic) sizes = module.facts.solver;
      const auto conflict = sizes.unify(module.facts.inputs[port], actual, -1, {});
      const auto later = sizes.retry();
      if (!conflict && later.empty()) continue;
      const std::string& name = neuron.inputs[port].name;
      if (!conflict) {  // the port takes it, and something inside cannot
        throw Error(
            ErrorCode::shape,
            str(place(module), ": cannot run with ", name == "default" ? "input" : str("`", name, "`"), " ",
                inputs[i].shape(), ": ",
                later[0].equation.empty() ? str(sizes.text(later[0].actual), " is not ", sizes.text(later[0].expected))
                                          : later[0].equation));
      }
      throw Error(ErrorCode::shape,
                  str(place(module), ": input ", name == "default" ? "" : str("`", name, "` "), "takes ",
                      sizes.text(module.facts.inputs[port]), ", receives ", inputs[i].shape()));
    }
    return sizes;
  }

  ModuleInstance& model_;
  ForwardContext& context_;
  int depth_ = 0;
  std::unordered_map<const Module*, int> uses_;  ///< of shared modules in this pass
};

}  // namespace

std::vector<Var> record_module(ModuleInstance& model, std::span<const Var> inputs, ForwardContext& context) {
  return Recording(model, context).run(model.root, inputs);
}

}  // namespace neuro
