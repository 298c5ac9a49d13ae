#pragma once
// An AST as text, for comparing trees and reading them in a failed test. Spans are left out: two sources that differ in
// layout only give the same text.
#include <string>

#include "neuro/ns/ast.h"
#include "neuro/str.h"

namespace neuro::ns {

namespace dump_detail {

template <class... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};

template <class List, class F>
std::string joined(const List& list, F&& text, const char* separator = ", ") {
  std::string out;
  for (const auto& item : list) {
    if (!out.empty()) out += separator;
    out += text(item);
  }
  return out;
}

}  // namespace dump_detail

inline std::string dump(const Value& value);
inline std::string dump(const Dim& dim);
inline std::string dump(const Step& step);

inline std::string dump(const Argument& argument) {
  return argument.name ? str(argument.name->text, "=", dump(*argument.value)) : dump(*argument.value);
}

inline std::string dump_arguments(const std::vector<Argument>& arguments) {
  return dump_detail::joined(arguments, [](const Argument& a) { return dump(a); });
}

inline std::string dump(const Call& call) {
  return call.parentheses ? str(call.callee.text, "(", dump_arguments(call.arguments), ")") : call.callee.text;
}

inline std::string dump(const Value& value) {
  constexpr const char* kOps[] = {"+", "-", "*", "/", "==", "!=", "<", ">", "<=", ">=", "and", "or"};
  return std::visit(
      dump_detail::Overloaded{
          [](const IntValue& v) { return str(v.value); },
          [](const FloatValue& v) { return str("float:", v.value); },
          [](const StringValue& v) { return str("\"", v.text, "\""); },
          [](const BoolValue& v) { return str(v.value); },
          [](const ListValue& v) {
            return str("[", dump_detail::joined(v.items, [](const Value& item) { return dump(item); }), "]");
          },
          [](const NameValue& v) { return v.name; },
          [](const GlobalValue& v) { return str("@global ", v.name.text); },
          [](const IndexValue&) { return std::string("@index"); },
          [](const CallValue& v) { return dump(v.call); },
          [&](const BinaryValue& v) {
            return str("(", dump(*v.left), " ", kOps[static_cast<int>(v.op)], " ", dump(*v.right), ")");
          },
          [](const UnaryValue& v) { return str(v.op == UnaryOp::negate ? "(-" : "(not ", dump(*v.operand), ")"); },
      },
      value.node);
}

inline std::string dump(const Dim& dim) {
  constexpr char kOps[] = {'+', '-', '*', '/'};
  return std::visit(dump_detail::Overloaded{
                        [](const LiteralDim& d) { return str(d.value); },
                        [](const NameDim& d) { return d.name; },
                        [](const WildcardDim&) { return std::string("*"); },
                        [](const AnonymousDim&) { return std::string("_"); },
                        [](const VariadicDim& d) { return str("*", d.name.text); },
                        [](const GlobalDim& d) { return str("@global ", d.name.text); },
                        [&](const BinaryDim& d) {
                          return str("(", dump(*d.left), " ", kOps[static_cast<int>(d.op)], " ", dump(*d.right), ")");
                        },
                    },
                    dim.node);
}

inline std::string dump(const Shape& shape) {
  return str("[", dump_detail::joined(shape.dims, [](const Dim& d) { return dump(d); }), "]");
}

inline std::string dump(const Pipeline& pipeline) {
  return dump_detail::joined(
      pipeline.steps, [](const Step& step) { return dump(step); }, " -> ");
}

inline std::string dump(const ModuleExpr& module) {
  const std::string inner = str(module.global ? "@global " : "", dump(module.call));
  return module.frozen ? str("Freeze(", inner, ")") : inner;
}

inline std::string dump(const Reference& reference) {
  return reference.port ? str(reference.name.text, ".", reference.port->text) : reference.name.text;
}

inline std::string dump(const std::optional<Value>& guard) { return guard ? str(" where ", dump(*guard)) : ""; }

inline std::string dump(const ContractPort& port) {
  return str(port.name ? port.name->text : "", port.name ? " " : "", dump(port.shape));
}

inline std::string dump(const Conditional& conditional) {
  std::string out;
  for (const Branch& branch : conditional.branches) {
    out += str(out.empty() ? "if " : " elif ", dump(branch.condition), " {", dump(branch.body), "}");
  }
  return conditional.otherwise ? str(out, " else {", dump(*conditional.otherwise), "}") : out;
}

inline std::string dump(const Reshape& reshape) {
  std::string out = "=> ";
  if (reshape.transform) {
    const bool reduce = reshape.transform->kind == TransformKind::reduce;
    out += str(reduce ? "@reduce(" : "@repeat(", dump(reshape.transform->strategy), ") ");
  }
  return out + "[" +
         dump_detail::joined(reshape.target,
                             [](const ReshapeDim& d) {
                               return d.others ? std::string("others")
                                               : (d.name ? d.name->text + "=" : "") + dump(*d.size);
                             }) +
         "]";
}

inline std::string dump(const Step& step) {
  using dump_detail::joined;
  return std::visit(
      dump_detail::Overloaded{
          [](const Reference& s) { return dump(s); },
          [](const Tuple& s) { return str("(", joined(s.items, [](const Reference& r) { return dump(r); }), ")"); },
          [](const ModuleExpr& s) { return dump(s); },
          [](const ShapeMatch& s) {
            return str(
                "match {",
                joined(
                    s.arms, [](const MatchArm& a) { return str(dump(a.pattern), dump(a.guard), ": ", dump(a.body)); },
                    "; "),
                "}");
          },
          [](const ContractMatch& s) {
            return str("match(", s.subject.text, ") {",
                       joined(
                           s.arms,
                           [](const ContractArm& a) {
                             return str("in ", dump(a.in), " -> out ", dump(a.out), dump(a.guard), ": ", dump(a.body));
                           },
                           "; "),
                       "}");
          },
          [](const Conditional& s) { return dump(s); },
          [](const Wrap& s) {
            const Name* name = std::get_if<Name>(&s.body);
            return str("@wrap(", s.wrapper.text, s.arguments.empty() ? "" : ", ", dump_arguments(s.arguments), "){",
                       name != nullptr ? name->text : str("-> ", dump(std::get<Pipeline>(s.body))), "}");
          },
          [](const Reshape& s) { return dump(s); },
      },
      step.node);
}

inline std::string dump(const Binding& binding) {
  constexpr const char* kKinds[] = {"", "@lazy ", "@static ", "@global "};
  return str(kKinds[static_cast<int>(binding.kind)], binding.name.text, " = ", dump(binding.module));
}

inline std::string dump(const Port& port) {
  return str(port.variadic ? "*" : "", port.name.text, " ", dump(port.shape));
}

inline std::string dump(const Neuron& neuron) {
  std::string out = str("neuron ", neuron.name.text, "(");
  out += dump_detail::joined(neuron.params, [](const Param& p) {
    return str(p.name.text, p.type ? str(": ", p.type->text) : "",
               p.default_value ? str("=", dump(*p.default_value)) : "");
  });
  out += ")\n";
  if (neuron.doc) out += str("  doc ", neuron.doc->text, "\n");
  for (const Port& port : neuron.inputs) out += str("  in ", dump(port), "\n");
  for (const Port& port : neuron.outputs) out += str("  out ", dump(port), "\n");
  if (neuron.impl) {
    out +=
        str("  impl ",
            neuron.impl->path ? neuron.impl->path->text() : str("external(", dump_arguments(neuron.impl->options), ")"),
            "\n");
  }
  for (const ContextItem& item : neuron.context) {
    if (const auto* unroll = std::get_if<Unroll>(&item)) {
      out += str("  context ", unroll->name.text, " = unroll(", dump(unroll->count), ") {",
                 dump_detail::joined(
                     unroll->members, [](const Binding& b) { return dump(b); }, "; "),
                 "}\n");
    } else {
      out += str("  context ", dump(std::get<Binding>(item)), "\n");
    }
  }
  if (neuron.graph_keyword.known()) out += "  graph\n";
  for (const Pipeline& connection : neuron.graph) out += str("    ", dump(connection), "\n");
  return out;
}

inline std::string dump(const Program& program) {
  std::string out;
  for (const Use& use : program.uses) out += str("use ", use.path.text(), "\n");
  for (const Global& global : program.globals) out += str("global ", global.name.text, " = ", dump(global.value), "\n");
  for (const Neuron& neuron : program.neurons) out += dump(neuron);
  return out;
}

}  // namespace neuro::ns
