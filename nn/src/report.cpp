// Messages about shapes that do not fit.
#include <algorithm>

#include "check.h"
#include "neuro/codes.h"
#include "neuro/str.h"

namespace neuro {
namespace {

class Report {
 public:
  Report(const Conflict& conflict, const Meeting& meeting, const Neuron& neuron, const Facts& facts,
         const Solver& solver, bool instance, Diagnostics& diags)
      : conflict_(conflict),
        meeting_(meeting),
        neuron_(neuron),
        facts_(facts),
        solver_(solver),
        instance_(instance),
        diags_(diags) {}

  void write() {
    if (meeting_.reshape) {
      at_reshape();
    } else if (!meeting_.condition.empty()) {
      condition();
    } else if (conflict_.kind == Conflict::Kind::size || conflict_.kind == Conflict::Kind::rank) {
      shapes();
    } else {
      arithmetic();
    }
  }

 private:
  const ModuleDecl* consumer() const {
    return meeting_.module < 0 ? nullptr : &neuron_.modules[static_cast<std::size_t>(meeting_.module)];
  }
  const ModuleDecl* producer() const {
    const int module = meeting_.actual.module;
    return module < 0 ? nullptr : &neuron_.modules[static_cast<std::size_t>(module)];
  }

  /// A shape with the leading axes that do not matter as `*`: "[*, 32]".
  std::string text(const SymShape& shape) const {
    const SymShape resolved = solver_.resolve(shape);
    const auto back = static_cast<std::size_t>(conflict_.axis_from_end);
    const bool in_tail =
        conflict_.kind == Conflict::Kind::size && !conflict_.from_front && back > 0 && back < resolved.size();
    if (!in_tail) return solver_.text(resolved);
    return "[*, " +
           solver_.text(SymShape(resolved.end() - static_cast<std::ptrdiff_t>(back), resolved.end())).substr(1);
  }

  /// The parameter of module `index` whose value stands at an axis of a port, or "".
  std::string param_at(int index, int port, bool output, int axis_from_end) const {
    const ModuleFacts& module = facts_.modules[static_cast<std::size_t>(index)];
    if (module.primitive) {
      const auto& ports = output ? module.primitive->outputs : module.primitive->inputs;
      const auto at = static_cast<std::size_t>(port) < ports.size() ? static_cast<std::size_t>(port) : 0;
      return pattern_param(ports[at].pattern, module.args, axis_from_end);
    }
    if (!module.neuron) return {};
    const auto& ports = output ? module.neuron->outputs : module.neuron->inputs;
    const auto at = static_cast<std::size_t>(port) < ports.size() ? static_cast<std::size_t>(port) : 0;
    const auto& dims = ports[at].shape.dims;
    const auto back = static_cast<std::size_t>(axis_from_end);
    if (back == 0 || back > dims.size()) return {};
    const auto* name = std::get_if<NameExpr>(&dims[dims.size() - back].size.node);
    return name && module.args.find(name->name) ? name->name : std::string();
  }

  /// A call with one argument replaced, as text to write; "" when that is no help.
  std::string rewritten(int index, const std::string& param, const Dim& value) const {
    const Dim resolved = facts_.solver.resolve(value);
    bool sayable = !param.empty();
    resolved.each_symbol([&](int s) { sayable = sayable && facts_.solver.symbol(s).kind == SymbolKind::rigid; });
    if (const auto c = resolved.constant(); !sayable || (c && *c <= 0)) return {};
    const ModuleDecl& call = neuron_.modules[static_cast<std::size_t>(index)];
    const ModuleFacts& module = facts_.modules[static_cast<std::size_t>(index)];
    const auto params = module.neuron ? param_specs(*module.neuron) : module.primitive->params;
    Diagnostics ignored;
    std::vector<int> taken;
    match_arguments(call, params, ignored, taken);
    const auto at = std::find_if(params.begin(), params.end(), [&](const ParamSpec& p) { return p.name == param; });
    const int replaced = taken[static_cast<std::size_t>(at - params.begin())];
    std::string out = call.callee + "(";
    for (std::size_t i = 0; i < call.args.size(); ++i) {
      if (i > 0) out += ", ";
      if (call.args[i].name) out += *call.args[i].name + "=";
      out += static_cast<int>(i) == replaced ? facts_.solver.text(resolved) : text_of(call.args[i].value);
    }
    if (replaced < 0) out += str(call.args.empty() ? "" : ", ", param, "=", facts_.solver.text(resolved));
    return out + ")";
  }

  std::string argument_text(const ModuleDecl& call, const std::string& param) const {
    return str(param, " is ", solver_.text(conflict_.expected), call.name.empty() ? "" : " here");
  }

  /// Names that had got their value before, and where.
  void provenance(Diagnostic& d) const {
    std::vector<Span> told;
    for (const Label& label : d.labels) told.push_back(label.span);
    for (const int s : conflict_.symbols) {
      const Symbol& symbol = solver_.symbol(s);
      if (!symbol.bound_by.known() || std::find(told.begin(), told.end(), symbol.bound_by) != told.end()) continue;
      told.push_back(symbol.bound_by);
      const std::string value = solver_.text(Dim::symbol(s));
      d.secondary(symbol.bound_by, symbol.kind == SymbolKind::rigid
                                       ? str(symbol.name, " = ", value, " is set here")
                                       : str("`", symbol.name, "` became ", value, " here"));
    }
  }

  /// A size of this neuron that other places have bound to another value already; null when there is none.
  const Symbol* conflicting_name() const {
    for (const int s : conflict_.symbols) {
      const Symbol& symbol = solver_.symbol(s);
      if (symbol.kind == SymbolKind::free && symbol.bound_by.known() && symbol.name != "_") return &symbol;
    }
    return nullptr;
  }

  bool about_data() const {
    bool free = false;
    const auto look = [&](int s) { free = free || solver_.symbol(s).kind == SymbolKind::free; };
    solver_.resolve(conflict_.expected).each_symbol(look);
    solver_.resolve(conflict_.actual).each_symbol(look);
    return free;
  }

  void shapes() {
    const std::string expected = text(meeting_.expected), actual = text(meeting_.actual.shape);
    const bool rank = conflict_.kind == Conflict::Kind::rank;
    const char* code = rank ? codes::kRankMismatch : codes::kShapeMismatch;
    std::string title = str(rank ? "rank mismatch" : "shape mismatch", ": Expected ", expected, ", got ", actual);
    // An output that disagrees only in what data decides (a convolution that shrinks the image) still runs.
    const bool runs = meeting_.port >= 0 && !rank && (about_data() || meeting_.actual.loose);
    if (runs && instance_) return;  // told when the neuron was checked
    const Symbol* name = rank ? nullptr : conflicting_name();
    if (instance_) {
      code = codes::kPreconditionFailed;
      title = str("these parameters do not fit `", neuron_.name, "`: Expected ", expected, ", got ", actual);
    } else if (meeting_.port >= 0) {
      code = codes::kOutputPromise;
      title = str("the output is not what its port promises: Expected ", expected, ", got ", actual);
    } else if (name) {
      code = codes::kDimensionConflict;
      title = str("dimension conflict: `", name->name, "` cannot be both ", solver_.text(conflict_.expected), " and ",
                  solver_.text(conflict_.actual));
    }
    Diagnostic& d = runs ? diags_.warning(code, std::move(title)) : diags_.error(code, std::move(title));
    meeting_.port >= 0 ? at_output(d) : at_call(d, expected);
    if (rank) {
      d.note(str(expected, " has ", axes_of(meeting_.expected), ", ", actual, " has ", axes_of(meeting_.actual.shape)));
    }
    provenance(d);
  }

  /// "2 axes or more": what a run leaves open.
  std::string axes_of(const SymShape& shape) const {
    int least = 0;
    bool open = false;
    for (const Axis& axis : solver_.resolve(shape)) {
      open = open || axis.is_variadic();
      least += axis.is_variadic() ? solver_.symbol(axis.variadic).min_axes : 1;
    }
    return str(least, least == 1 ? " axis" : " axes", open ? " or more" : "");
  }

  void at_call(Diagnostic& d, const std::string& expected) {
    const int back = conflict_.kind == Conflict::Kind::size ? conflict_.axis_from_end : 0;
    const std::string param = param_at(meeting_.module, meeting_.input, false, back);
    d.primary(meeting_.span, str("takes ", expected, param.empty() ? "" : ": " + argument_text(*consumer(), param)));
    producer_label(d);
    const std::string here = rewritten(meeting_.module, param, conflict_.actual);
    const std::string before = producer_rewritten(back);
    if (!here.empty()) {
      d.help(before.empty() ? str("write ", here) : str("write ", here, ", or ", before, " before it"));
    } else if (!before.empty()) {
      d.help(str("write ", before, " before it"));
    }
  }

  void at_output(Diagnostic& d) {
    const PortDecl& port = neuron_.outputs[static_cast<std::size_t>(meeting_.port)];
    const std::string name = port.name == "default" ? "out" : port.name;
    const std::string actual = solver_.text(meeting_.actual.shape), declared = text_of(port.shape);
    if (meeting_.actual.span.known() && !(meeting_.actual.span == meeting_.span)) {
      d.primary(meeting_.actual.span, str(meeting_.actual.port >= 0 ? "is " : "gives ", actual));
      d.secondary(meeting_.span, str("`", name, "` is declared ", declared, " here"));
    } else {
      d.primary(meeting_.span, str("declared ", declared, ", receives ", actual));
    }
    const std::string before = producer_rewritten(conflict_.kind == Conflict::Kind::size ? conflict_.axis_from_end : 0);
    const std::string declare =
        str("declare ", name == "out" ? "out: " : "out " + name + ": ", facts_.solver.text(meeting_.actual.shape));
    d.help(before.empty() ? declare : str("write ", before, ", or ", declare));
  }

  void producer_label(Diagnostic& d) const {
    const Flow& flow = meeting_.actual;
    if (!flow.span.known() || flow.span == meeting_.span) return;
    const std::string shape = solver_.text(flow.shape);
    if (flow.port < 0) {
      d.secondary(flow.span, str("gives ", shape));
    } else {
      const std::string& name = neuron_.inputs[static_cast<std::size_t>(flow.port)].name;
      d.secondary(flow.span, str("`", name == "default" ? "in" : name, "` is ", shape));
    }
  }

  std::string producer_rewritten(int axis_from_end) const {
    if (!producer() || conflict_.from_front) return {};
    const int module = meeting_.actual.module;
    const std::string param = param_at(module, meeting_.actual.output, true, axis_from_end);
    return shapes_input(module, param) ? std::string() : rewritten(module, param, conflict_.expected);
  }

  /// Whether another value for `param` would break the module's own input: LayerNorm(dim).
  bool shapes_input(int index, const std::string& param) const {
    const ModuleFacts& module = facts_.modules[static_cast<std::size_t>(index)];
    const std::size_t ports = module.primitive ? module.primitive->inputs.size()
                              : module.neuron  ? module.neuron->inputs.size()
                                               : 0;
    for (std::size_t port = 0; port < ports; ++port) {
      for (int back = 1; back <= kMaxRank; ++back) {
        if (!param.empty() && param_at(index, static_cast<int>(port), false, back) == param) return true;
      }
    }
    return false;
  }

  /// Sizes that a `=>` makes one, or what a neuron gave against the target.
  void at_reshape() {
    const std::string expected = solver_.text(conflict_.expected), actual = solver_.text(conflict_.actual);
    const bool arithmetic = conflict_.kind == Conflict::Kind::unsolvable || conflict_.kind == Conflict::Kind::overflow;
    std::string title, label;
    const char* code = codes::kElementCountMismatch;
    if (meeting_.condition.empty()) {
      code = conflict_.kind == Conflict::Kind::rank ? codes::kRankMismatch : codes::kShapeMismatch;
      title = str(conflict_.kind == Conflict::Kind::rank ? "rank mismatch" : "shape mismatch", ": Expected ",
                  text(meeting_.expected), ", got ", text(meeting_.actual.shape));
      label = str("the target is ", text(meeting_.expected));
    } else if (instance_) {
      code = codes::kPreconditionFailed;
      title = str("these parameters do not fit `", neuron_.name, "`: `=>` needs ", meeting_.condition);
      label = arithmetic ? conflict_.equation : str(actual, " is not ", expected);
    } else {
      title = str("`=>` keeps the number of elements: ",
                  arithmetic ? conflict_.equation : str(actual, " is not ", expected));
      label = str("needs ", meeting_.condition);
    }
    auto& d = diags_.error(code, std::move(title));
    d.primary(meeting_.span, label);
    producer_label(d);
    provenance(d);
  }

  void condition() {
    const ModuleDecl& call = *consumer();
    auto& d = diags_.error(codes::kPreconditionFailed,
                           str("these arguments do not fit `", call.callee, "`: it needs ", meeting_.condition));
    if (conflict_.equation.empty()) {
      d.primary(call.span, str(solver_.text(conflict_.expected), " is not ", solver_.text(conflict_.actual)));
    } else {
      d.primary(call.span, conflict_.equation);
    }
    d.secondary(meeting_.span, str("needed here: ", meeting_.condition));
    provenance(d);
  }

  void arithmetic() {
    const bool overflow = conflict_.kind == Conflict::Kind::overflow;
    auto& d = overflow ? diags_.error(codes::kDimensionOverflow, str("dimension overflow: ", conflict_.equation))
                       : diags_.error(codes::kUnsolvableDimension, str("no size fits: ", conflict_.equation));
    d.primary(meeting_.span, str("takes ", solver_.text(meeting_.expected)));
    producer_label(d);
    provenance(d);
  }

  const Conflict& conflict_;
  const Meeting& meeting_;
  const Neuron& neuron_;
  const Facts& facts_;
  const Solver& solver_;
  bool instance_;
  Diagnostics& diags_;
};

}  // namespace

void report_conflict(const Conflict& conflict, const Meeting& meeting, const Neuron& neuron, const Facts& facts,
                     const Solver& solver, bool instance, Diagnostics& diags) {
  Report(conflict, meeting, neuron, facts, solver, instance, diags).write();
}

}  // namespace neuro
