// Runs a program on sizes alone, by the rules of the specification: what every value's shape is, which weights exist.
#include <algorithm>

#include "primitives.h"
#include "sketch.h"

namespace neuro::sketch {
namespace {

struct Instance;
using InstancePtr = std::shared_ptr<Instance>;

struct NeuronValue {
  std::string constructor;
  InstancePtr instance;
};
using Value = std::variant<double, NeuronValue>;  // flags are 0 and 1

struct Values {
  std::vector<Sizes> sizes;
  std::vector<std::string> ports;  ///< of a call with several outputs: names that stand for each, with '|'
};

struct Frame {
  Instance* self = nullptr;
  std::map<std::string, std::int64_t> sizes;
  std::map<std::string, Sizes> runs;
  std::map<std::string, Values> names;
  std::vector<Sizes> inputs;
  std::shared_ptr<std::map<std::size_t, Sizes>> outputs = std::make_shared<std::map<std::size_t, Sizes>>();
  std::shared_ptr<std::map<std::string, Values>> last = std::make_shared<std::map<std::string, Values>>();
  std::optional<std::int64_t> index;
};

struct Instance {
  const Neuron* neuron = nullptr;
  std::string primitive, path;
  bool frozen = false;
  std::map<std::string, Value> args;
  std::map<std::string, InstancePtr> bindings;
  std::vector<InstancePtr> chain;  ///< of an unroll: what runs, one after the other
  bool is_chain = false;
  const Pipeline* body = nullptr;  ///< of a wrapped pipeline
  std::shared_ptr<Frame> around;
};

bool mentions_sizes(const Expr& e, const Frame& frame) {
  if (e.op == Op::name && frame.self->args.count(e.name) == 0 && frame.sizes.count(e.name) > 0) return true;
  return std::any_of(e.sub.begin(), e.sub.end(), [&](const Expr& s) { return mentions_sizes(s, frame); });
}

class Follower {
 public:
  Follower(const Program& program, Outcome& outcome) : program_(program), out_(outcome) {}

  void run(const std::vector<Sizes>& inputs) {
    Call call;
    call.callee = program_.main().name;
    std::map<std::string, Value> args;
    for (const auto& [name, value] : program_.args) args[name] = static_cast<double>(value);
    const InstancePtr root = make(call.callee, std::move(args), "", false);
    out_.outputs = use(*root, {inputs, {}}).sizes;
  }

 private:
  // --- Values ---

  double number(const Expr& e, const Frame& frame) {
    const Value v = value(e, frame);
    if (!std::holds_alternative<double>(v)) throw Ill{"a neuron is no number: " + e.name};
    return std::get<double>(v);
  }

  Value value(const Expr& e, const Frame& frame) {
    switch (e.op) {
      case Op::number:
      case Op::flag: return static_cast<double>(e.number);
      case Op::real: return e.real;
      case Op::index:
        if (!frame.index) throw Ill{"@index outside of an unroll"};
        return static_cast<double>(*frame.index);
      case Op::global: return global(e.name);
      case Op::call:
        return NeuronValue{"", build(*e.call, frame, frame.self->path + "/" + std::to_string(e.call->id), false)};
      case Op::name: return named(e.name, frame);
      default: break;
    }
    const double a = number(e.sub[0], frame), b = number(e.sub[1], frame);
    switch (e.op) {
      case Op::add: return a + b;
      case Op::sub: return a - b;
      case Op::mul: return a * b;
      case Op::div: {
        const auto x = static_cast<std::int64_t>(a), y = static_cast<std::int64_t>(b);
        if (y == 0 || x % y != 0) throw Ill{"inexact division"};
        return static_cast<double>(x / y);
      }
      case Op::eq: return a == b ? 1.0 : 0.0;
      case Op::ne: return a != b ? 1.0 : 0.0;
      case Op::lt: return a < b ? 1.0 : 0.0;
      case Op::gt: return a > b ? 1.0 : 0.0;
      case Op::le: return a <= b ? 1.0 : 0.0;
      case Op::ge: return a >= b ? 1.0 : 0.0;
      case Op::both: return a != 0 && b != 0 ? 1.0 : 0.0;
      default: return a != 0 || b != 0 ? 1.0 : 0.0;
    }
  }

  Value named(const std::string& name, const Frame& frame) {
    if (const auto arg = frame.self->args.find(name); arg != frame.self->args.end()) return arg->second;
    if (const auto size = frame.sizes.find(name); size != frame.sizes.end()) return static_cast<double>(size->second);
    if (const InstancePtr bound = binding(name, frame)) return NeuronValue{"", bound};
    for (const Global& g : program_.globals) {
      if (g.name == name) return global(name);
    }
    if (program_.find(name) || signatures().count(name) > 0) return NeuronValue{name, nullptr};
    throw Ill{"unknown name " + name};
  }

  Value global(const std::string& name) {
    for (const Global& g : program_.globals) {
      if (g.name != name) continue;
      Instance nobody;
      Frame frame;
      frame.self = &nobody;
      if (g.value.op != Op::call) return value(g.value, frame);
      InstancePtr& one = globals_[name];
      if (!one) one = build(*g.value.call, frame, "@" + name, false);
      return NeuronValue{"", one};
    }
    throw Ill{"no global " + name};
  }

  // --- Instances ---

  /// What a call builds. The path tells instances apart, together with sizes of data among the arguments.
  InstancePtr build(const Call& call, const Frame& frame, std::string path, bool frozen,
                    const std::string& shared = {}) {
    out_.visited.insert(call.id);
    std::string callee = call.callee;
    if (const auto arg = frame.self->args.find(callee); arg != frame.self->args.end()) {
      const auto* neuron = std::get_if<NeuronValue>(&arg->second);
      if (!neuron || neuron->constructor.empty()) throw Ill{callee + " is no constructor"};
      callee = neuron->constructor;
    }
    const Neuron* neuron = program_.find(callee);
    if (!neuron && signatures().count(callee) == 0) throw Ill{"no neuron " + callee};
    std::vector<Option> params;
    if (neuron) {
      for (const Param& p : neuron->params) params.push_back({p.name, p.value ? std::optional(0.0) : std::nullopt});
    } else {
      params = signatures().at(callee).options;
    }
    std::map<std::string, Value> args = bind(call, params, frame);
    std::string key;
    bool late = false;
    for (const Arg& a : call.args) late = late || mentions_sizes(a.value, frame);
    for (const auto& [name, v] : args)
      key += std::holds_alternative<double>(v) ? std::to_string(std::get<double>(v)) + "," : "";
    if (late) path += "{" + key + "}";
    if (!shared.empty()) path = shared + callee + "(" + key + ")";
    InstancePtr& known = instances_[path];
    if (!known) known = make(callee, std::move(args), path, frozen || call.freeze);
    return known;
  }

  std::map<std::string, Value> bind(const Call& call, const std::vector<Option>& params, const Frame& frame) {
    std::map<std::string, Value> args;
    for (const Arg& a : call.args) {
      if (a.name.empty()) continue;
      const auto at = std::find_if(params.begin(), params.end(), [&](const Option& p) {
        return p.name == a.name || (!p.alias.empty() && p.alias == a.name);
      });
      if (at == params.end()) throw Ill{"no parameter " + a.name};
      if (!args.emplace(at->name, value(a.value, frame)).second) throw Ill{"given twice"};
    }
    std::size_t next = 0;
    for (const Arg& a : call.args) {
      if (!a.name.empty()) continue;
      while (next < params.size() && args.count(params[next].name) > 0) ++next;
      if (next == params.size()) throw Ill{"too many arguments"};
      args[params[next].name] = value(a.value, frame);
    }
    for (const Option& p : params) {
      if (args.count(p.name) == 0 && !p.value) throw Ill{"missing " + p.name};
    }
    return args;
  }

  InstancePtr make(const std::string& callee, std::map<std::string, Value> args, const std::string& path, bool frozen) {
    if (++steps_ > 20'000 || path.size() > 4000) throw Ill{"endless"};
    auto made = std::make_shared<Instance>();
    made->path = path;
    made->frozen = frozen;
    made->neuron = program_.find(callee);
    made->args = std::move(args);
    if (made->neuron && !made->neuron->impl.empty()) {
      made->primitive = made->neuron->impl.substr(made->neuron->impl.rfind('/') + 1);
      const auto& options = signatures().at(made->primitive).options;
      std::map<std::string, Value> renamed;
      for (std::size_t i = 0; i < made->neuron->params.size(); ++i) {
        renamed[options[i].name] = made->args.at(made->neuron->params[i].name);
      }
      made->args = renamed;
      made->neuron = nullptr;
    } else if (!made->neuron) {
      made->primitive = callee;
    }
    if (!made->primitive.empty()) {
      const std::int64_t count = own_weights(made->primitive, options_of(*made));
      if (count > 0) out_.weights[path] = count;
      if (frozen) out_.frozen.insert(path);
      return made;
    }
    Frame frame;
    frame.self = made.get();
    for (const Param& p : made->neuron->params) {
      if (made->args.count(p.name) == 0) made->args[p.name] = value(*p.value, frame);
      if (p.neuron != std::holds_alternative<NeuronValue>(made->args[p.name])) throw Ill{"argument " + p.name};
    }
    for (const ContextItem& item : made->neuron->context) {
      if (!item.unroll.empty()) {
        made->bindings[item.unroll] = unroll(item, *made);
        continue;
      }
      const Binding& b = item.members[0];
      // What sizes of data are needed for is built when they are known.
      const bool late =
          std::any_of(b.call.args.begin(), b.call.args.end(), [&](const Arg& a) { return unknown(a.value, frame); });
      if (b.kind != "lazy" && !late) made->bindings[b.name] = bound(b, *made, frame);
    }
    return made;
  }

  /// Whether a value names something that only a pass knows.
  bool unknown(const Expr& e, const Frame& frame) {
    if (e.op == Op::name && frame.self->args.count(e.name) == 0) {
      const Neuron& n = *frame.self->neuron;
      for (const Port& p : n.inputs) {
        for (const Dim& d : p.shape) {
          if (d.kind == Dim::size && d.expr.op == Op::name && d.expr.name == e.name) return true;
        }
      }
    }
    return std::any_of(e.sub.begin(), e.sub.end(), [&](const Expr& s) { return unknown(s, frame); });
  }

  InstancePtr bound(const Binding& b, Instance& self, const Frame& frame) {
    const std::string shared = b.kind == "static" ? "static " + self.neuron->name + "." + b.name + " " : "";
    return build(b.call, frame, self.path + "." + b.name, self.frozen, shared);
  }

  InstancePtr unroll(const ContextItem& item, Instance& self) {
    auto chain = std::make_shared<Instance>();
    chain->is_chain = true;
    chain->path = self.path + "." + item.unroll;
    Frame frame;
    frame.self = &self;
    const double n = number(item.count, frame);
    if (n < 0 || n > 1024) throw Ill{"unroll count"};
    for (std::int64_t i = 0; i < static_cast<std::int64_t>(n); ++i) {
      frame.index = i;
      for (const Binding& b : item.members) {
        const std::string shared = b.kind == "static" ? "static " + self.neuron->name + "." + b.name + " " : "";
        chain->chain.push_back(
            build(b.call, frame, chain->path + "." + std::to_string(i) + "." + b.name, self.frozen, shared));
      }
    }
    return chain;
  }

  /// The module that a bare word stands for, built when it is lazy; null when it is none.
  InstancePtr binding(const std::string& name, const Frame& frame) {
    Instance& self = *frame.self;
    if (const auto known = self.bindings.find(name); known != self.bindings.end()) return known->second;
    if (!self.neuron) return nullptr;
    for (const ContextItem& item : self.neuron->context) {
      if (item.unroll.empty() && item.members[0].name == name) return bound(item.members[0], self, frame);
    }
    for (const Param& p : self.neuron->params) {
      if (!p.neuron || p.name != name) continue;
      const auto& given = std::get<NeuronValue>(self.args.at(name));
      if (given.instance) return given.instance;
      Call call;
      call.callee = given.constructor;
      Instance nobody;
      Frame empty;
      empty.self = &nobody;
      return self.bindings[name] = build(call, empty, self.path + "." + name, self.frozen);
    }
    return nullptr;
  }

  static Options options_of(const Instance& instance) {
    Options options;
    for (const Option& o : signatures().at(instance.primitive).options) {
      const auto given = instance.args.find(o.name);
      if (given == instance.args.end()) {
        options[o.name] = *o.value;
      } else if (std::holds_alternative<double>(given->second)) {
        options[o.name] = std::get<double>(given->second);
      } else {
        throw Ill{"a neuron is no number"};
      }
    }
    return options;
  }

  // --- Passes ---

  Values use(Instance& module, const Values& in) {
    if (++steps_ > 20'000) throw Ill{"endless"};
    if (module.is_chain) {
      Values value = in;
      for (const InstancePtr& next : module.chain) value = use(*next, value);
      return value;
    }
    if (module.body) {
      Frame frame = *module.around;
      return {steps(frame, *module.body, in, module.path + "/w").sizes, {}};
    }
    if (!module.primitive.empty()) {
      const Signature& signature = signatures().at(module.primitive);
      const auto n = static_cast<int>(in.sizes.size());
      if (signature.inputs < 0 ? n < -signature.inputs : n != signature.inputs) throw Ill{module.primitive + ": arity"};
      Values value{sizes_after(module.primitive, options_of(module), in.sizes, out_.met), signature.ports};
      for (const Sizes& s : value.sizes) out_.met.insert(s.begin(), s.end());
      return value;
    }
    return composite(module, in);
  }

  Values composite(Instance& module, const Values& in) {
    const Neuron& neuron = *module.neuron;
    Frame frame;
    frame.self = &module;
    frame.inputs = in.sizes;
    const bool variadic = neuron.inputs.size() == 1 && neuron.inputs[0].variadic;
    if (variadic ? in.sizes.empty() : in.sizes.size() != neuron.inputs.size()) throw Ill{neuron.name + ": arity"};
    for (std::size_t i = 0; i < in.sizes.size(); ++i) {
      Frame own = frame;
      Frame& scope = variadic ? own : frame;
      if (!fits(neuron.inputs[variadic ? 0 : i].shape, in.sizes[i], scope))
        throw Ill{neuron.name + ": input does not fit"};
    }
    Values value;
    int k = 0;
    for (const Pipeline& p : neuron.graph)
      value = steps(frame, p, std::nullopt, module.path + "/" + std::to_string(k++));
    Values result;
    const std::size_t outputs = std::max<std::size_t>(1, neuron.outputs.size());
    for (std::size_t i = 0; i < outputs; ++i) {
      const auto assigned = frame.outputs->find(i);
      if (assigned == frame.outputs->end()) {
        if (outputs > 1 || value.sizes.size() != 1) throw Ill{neuron.name + ": output without a value"};
        result.sizes.push_back(value.sizes[0]);
      } else {
        result.sizes.push_back(assigned->second);
      }
      if (!neuron.outputs.empty()) {
        if (!fits(neuron.outputs[i].shape, result.sizes[i], frame)) {
          out_.undecided = true;  // an error by literals and parameters, else a warning
          throw Ill{neuron.name + ": promise"};
        }
        result.ports.push_back(neuron.outputs[i].name);
      }
    }
    return result;
  }

  /// Whether sizes fit a shape; names that are new are captured.
  bool fits(const Shape& shape, const Sizes& sizes, Frame& frame) {
    std::size_t run = shape.size();
    for (std::size_t i = 0; i < shape.size(); ++i) {
      if (shape[i].kind == Dim::rest || shape[i].kind == Dim::lead) run = i;
    }
    const bool has_run = run < shape.size();
    const std::size_t single = shape.size() - (has_run ? 1 : 0);
    if (has_run ? sizes.size() < single + (shape[run].kind == Dim::lead ? 1 : 0) : sizes.size() != single) return false;
    for (std::size_t i = 0; i < shape.size(); ++i) {
      const Dim& d = shape[i];
      if (d.kind == Dim::any || i == run) continue;
      const std::int64_t size = i < run ? sizes[i] : sizes[sizes.size() - (shape.size() - i)];
      if (!fits_one(d, size, frame)) return false;
    }
    if (has_run && shape[run].kind == Dim::rest) {
      const Sizes middle(sizes.begin() + static_cast<std::ptrdiff_t>(run),
                         sizes.end() - static_cast<std::ptrdiff_t>(shape.size() - run - 1));
      const auto [known, fresh] = frame.runs.emplace(shape[run].name, middle);
      if (!fresh && known->second != middle) return false;
    }
    return true;
  }

  bool fits_one(const Dim& d, std::int64_t size, Frame& frame) {
    out_.met.insert(size);
    if (d.expr.op == Op::name && frame.self->args.count(d.expr.name) == 0 && !is_global(d.expr.name)) {
      const auto [known, fresh] = frame.sizes.emplace(d.expr.name, size);
      return fresh || known->second == size;
    }
    const auto wanted = static_cast<std::int64_t>(number(d.expr, frame));
    out_.met.insert(wanted);
    return wanted == size;
  }

  bool is_global(const std::string& name) const {
    return std::any_of(program_.globals.begin(), program_.globals.end(),
                       [&](const Global& g) { return g.name == name; });
  }

  static std::optional<std::size_t> port_of(const std::vector<Port>& ports, const std::string& name) {
    for (std::size_t i = 0; i < ports.size(); ++i) {
      if (ports[i].name == name && !name.empty()) return i;
    }
    return std::nullopt;
  }

  std::optional<Values> read(const Ref& ref, const Frame& frame) {
    const Neuron& neuron = *frame.self->neuron;
    Values value;
    if (ref.name == "in") {
      value = {frame.inputs, {}};
    } else if (const auto port = port_of(neuron.inputs, ref.name); port && !neuron.inputs[*port].variadic) {
      value = {{frame.inputs[*port]}, {}};
    } else if (port) {
      value = {frame.inputs, {}};
    } else if (const auto name = frame.names.find(ref.name); name != frame.names.end()) {
      value = name->second;
    } else if (const auto last = frame.last->find(ref.name); last != frame.last->end()) {
      value = last->second;
    } else {
      return std::nullopt;
    }
    if (ref.port.empty()) return value;
    for (std::size_t i = 0; i < value.ports.size(); ++i) {
      if (("|" + value.ports[i] + "|").find("|" + ref.port + "|") != std::string::npos)
        return Values{{value.sizes[i]}, {}};
    }
    throw Ill{"no port " + ref.port};
  }

  Values one(const Ref& ref, const Frame& frame) {
    if (auto value = read(ref, frame)) return *value;
    throw Ill{"nothing is called " + ref.name};
  }

  void write(const Ref& ref, Frame& frame, const Values& value) {
    const Neuron& neuron = *frame.self->neuron;
    if (!ref.port.empty()) throw Ill{"a port cannot be written"};
    if (ref.name == "out" && neuron.outputs.size() > 1) {
      if (value.sizes.size() != neuron.outputs.size()) throw Ill{"arity of out"};
      for (std::size_t i = 0; i < value.sizes.size(); ++i) (*frame.outputs)[i] = value.sizes[i];
      return;
    }
    const auto port = ref.name == "out" ? std::optional<std::size_t>(0) : port_of(neuron.outputs, ref.name);
    if (port) {
      if (value.sizes.size() != 1) throw Ill{"an output takes one value"};
      if (!frame.outputs->emplace(*port, value.sizes[0]).second) throw Ill{"output twice"};
      return;
    }
    if (ref.name == "in" || port_of(neuron.inputs, ref.name)) throw Ill{"an input cannot be written"};
    if (program_.find(ref.name) || signatures().count(ref.name) > 0) throw Ill{"a neuron without parentheses"};
    if (!frame.names.emplace(ref.name, value).second) throw Ill{"twice: " + ref.name};
  }

  Values steps(Frame& frame, const Pipeline& pipeline, std::optional<Values> entry, const std::string& place) {
    Values value = entry.value_or(Values{});
    bool first = true;
    for (const Step& s : pipeline) {
      out_.visited.insert(s.id);
      value = step(frame, s, value, first, entry.has_value(), place);
      first = false;
    }
    return value;
  }

  Values step(Frame& frame, const Step& s, const Values& value, bool first, bool entered, const std::string& place) {
    const std::string here = frame.self->path + "/" + std::to_string(s.id);
    switch (s.kind) {
      case Step::ref: {
        const Ref& ref = s.refs[0];
        if (first && (!entered || (!binding_name(ref.name, frame) && read(ref, frame)))) return one(ref, frame);
        if (const InstancePtr module = ref.port.empty() ? binding(ref.name, frame) : nullptr) {
          return (*frame.last)[ref.name] = use(*module, value);
        }
        write(ref, frame, value);
        return value;
      }
      case Step::tuple: {
        const bool reads =
            std::all_of(s.refs.begin(), s.refs.end(), [&](const Ref& r) { return read(r, frame).has_value(); });
        Values all;
        if (first && (!entered || reads)) {
          for (const Ref& r : s.refs) {
            const Values part = one(r, frame);
            all.sizes.insert(all.sizes.end(), part.sizes.begin(), part.sizes.end());
          }
          return all;
        }
        if (value.sizes.size() != 1 && value.sizes.size() != s.refs.size()) throw Ill{"unpacking"};
        for (std::size_t i = 0; i < s.refs.size(); ++i) {
          const Values part{{value.sizes.size() == 1 ? value.sizes[0] : value.sizes[i]}, {}};
          write(s.refs[i], frame, part);
          all.sizes.push_back(part.sizes[0]);
        }
        return all;
      }
      case Step::call: {
        if (s.module.global) {
          const Value module = global(s.module.callee);
          if (!std::holds_alternative<NeuronValue>(module)) throw Ill{"a value is no module"};
          return use(*std::get<NeuronValue>(module).instance, value);
        }
        return use(*build(s.module, frame, here, frame.self->frozen), value);
      }
      case Step::branch:
        for (const Arm& a : s.arms) {  // over sizes of data, every branch is built
          if (a.condition && mentions_sizes(*a.condition, frame)) out_.may_have_more = true;
        }
        for (const Arm& a : s.arms) {
          if (!a.condition || number(*a.condition, frame) != 0) return arm(frame, a, value, place);
        }
        return value;
      case Step::match:
        out_.may_have_more = true;
        for (const Arm& a : s.arms) {
          Frame scope = frame;
          if (!fits(a.in, value.sizes.at(0), scope)) continue;
          if (a.condition && number(*a.condition, scope) == 0) continue;
          return steps(scope, a.body, value, place);
        }
        out_.undecided = true;  // a warning: data decide
        throw Ill{"no arm"};
      case Step::contract: return contract(frame, s, value, place);
      case Step::wrap: return wrap(frame, s, value, here);
      case Step::reshape: return reshape(frame, s, value);
    }
    return value;
  }

  bool binding_name(const std::string& name, const Frame& frame) {
    for (const ContextItem& item : frame.self->neuron->context) {
      if ((item.unroll.empty() ? item.members[0].name : item.unroll) == name) return true;
    }
    for (const Param& p : frame.self->neuron->params) {
      if (p.neuron && p.name == name) return true;
    }
    return false;
  }

  Values arm(const Frame& frame, const Arm& a, const Values& value, const std::string& place) {
    Frame scope = frame;
    return steps(scope, a.body, value, place);
  }

  /// The arms ask a neuron for its ports: here always of primitives of one input, whose sizes are tried on it.
  Values contract(Frame& frame, const Step& s, const Values& value, const std::string& place) {
    const InstancePtr module = binding(s.module.callee, frame);
    if (!module) throw Ill{"no neuron parameter"};
    const Options options = module->primitive.empty() ? Options{} : options_of(*module);
    Sizes in{7, 1'000'003}, out = in;  // any sizes
    if (options.count("in_dim") > 0) {
      in.back() = static_cast<std::int64_t>(options.at("in_dim"));
      out.back() = static_cast<std::int64_t>(options.at("out_dim"));
    }
    for (const Arm& a : s.arms) {
      Frame scope = frame;
      if (!fits(a.in, in, scope) || !fits(a.out, out, scope)) continue;
      if (a.condition && number(*a.condition, scope) == 0) continue;
      return steps(scope, a.body, value, place);
    }
    throw Ill{"no contract"};
  }

  Values wrap(Frame& frame, const Step& s, const Values& value, const std::string& here) {
    InstancePtr inner;
    if (s.body.empty()) {
      inner = binding(s.refs[0].name, frame);
      if (!inner) throw Ill{"nothing to wrap"};
    } else {
      inner = std::make_shared<Instance>();
      inner->body = &s.body;
      inner->path = here;
      inner->around = std::make_shared<Frame>(frame);
    }
    const Neuron* wrapper = program_.find(s.module.callee);
    if (!wrapper || wrapper->params.empty() || !wrapper->params[0].neuron) throw Ill{"no wrapper"};
    Call call = s.module;
    std::vector<Option> params;
    for (const Param& p : wrapper->params) params.push_back({p.name, p.value ? std::optional(0.0) : std::nullopt});
    Call rest = call;
    params[0].value = 0.0;
    rest.args.insert(rest.args.begin(), Arg{});  // stands for the wrapped module
    rest.args[0].value = Expr{};
    std::map<std::string, Value> args = bind(rest, params, frame);
    args[params[0].name] = NeuronValue{"", inner};
    InstancePtr& known = instances_[here];
    if (!known || !s.body.empty()) known = make(call.callee, std::move(args), here, frame.self->frozen);
    return use(*known, value);
  }

  Values reshape(Frame& frame, const Step& s, const Values& value) {
    if (value.sizes.size() != 1) throw Ill{"one value can be rearranged"};
    const Sizes& source = value.sizes[0];
    std::int64_t total = 1, product = 1;
    for (const std::int64_t n : source) total *= n;
    Sizes target;
    std::optional<std::size_t> open;
    std::string solved;
    for (const Dim& d : s.target) {
      std::int64_t size = 1;
      if (d.kind == Dim::bind) {
        size = static_cast<std::int64_t>(number(d.expr, frame));
        frame.sizes[d.name] = size;
      } else if (d.kind == Dim::others || (d.expr.op == Op::name && !knows(d.expr.name, frame))) {
        if (open || !s.annotation.empty()) throw Ill{"two unknown sizes"};
        open = target.size();
        solved = d.kind == Dim::others ? "" : d.expr.name;
      } else {
        size = static_cast<std::int64_t>(number(d.expr, frame));
      }
      product *= size;
      target.push_back(size);
    }
    if (s.annotation.empty()) {
      if (open && product != 0 && total % product == 0) {
        target[*open] = total / product;
        if (!solved.empty()) frame.sizes[solved] = target[*open];
        product = total;
      }
      if (product != total) throw Ill{"element counts differ"};
    } else {
      Sizes large = s.annotation[2] == 'd' ? source : target, small = s.annotation[2] == 'd' ? target : source;
      for (const std::int64_t n : small) {
        const auto at = std::find(large.begin(), large.end(), n);
        if (at == large.end()) throw Ill{"an axis is in one shape only"};
        large.erase(at);
      }
    }
    return {{target}, {}};
  }

  bool knows(const std::string& name, const Frame& frame) const {
    return frame.self->args.count(name) > 0 || frame.sizes.count(name) > 0 || is_global(name);
  }

  const Program& program_;
  Outcome& out_;
  std::map<std::string, InstancePtr> instances_, globals_;
  int steps_ = 0;
};

}  // namespace

Outcome follow(const Program& program, const std::vector<Sizes>& inputs) {
  Outcome outcome;
  try {
    Follower(program, outcome).run(inputs);
  } catch (const Ill& ill) {
    outcome.wrong = ill.why;
  }
  return outcome;
}

}  // namespace neuro::sketch
