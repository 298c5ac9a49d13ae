#pragma once
// Neuron graphs for tests, without a language: one neuron around one primitive, or a chain of them.
#include <sstream>
#include <string>
#include <vector>

#include "neuro/elaborate.h"
#include "neuro/neuron_graph.h"

namespace neuro::testing {

inline Expr literal(std::int64_t value) { return {{}, value}; }
inline Expr literal(double value) { return {{}, value}; }
inline Expr literal(bool value) { return {{}, value}; }
inline Expr word(std::string name) { return {{}, NameExpr{std::move(name)}}; }

/// "[*batch, _, 4, dim]" without arithmetic.
inline ShapePattern pattern(const std::string& text) {
  ShapePattern shape;
  std::istringstream items(text.substr(1, text.size() - 2));
  for (std::string item; std::getline(items, item, ',');) {
    item.erase(0, item.find_first_not_of(' '));
    DimPattern dim;
    if (item == "_") {
      dim.kind = DimKind::any;
    } else if (item == "*") {
      dim.kind = shape.dims.empty() ? DimKind::lead : DimKind::any;
    } else if (item[0] == '*') {
      dim.kind = DimKind::rest;
      dim.name = item.substr(1);
    } else {
      dim.size =
          std::isdigit(static_cast<unsigned char>(item[0])) ? literal(std::int64_t{std::stoll(item)}) : word(item);
    }
    shape.dims.push_back(std::move(dim));
  }
  return shape;
}

struct Arg {
  std::string name;
  Expr value;
};

inline ModuleDecl module(std::string name, std::string callee, std::vector<Arg> args) {
  ModuleDecl m;
  m.name = std::move(name);
  m.callee = std::move(callee);
  for (Arg& arg : args) m.args.push_back({arg.name, {}, std::move(arg.value), {}});
  return m;
}

/// A neuron that runs its inputs through `modules`, one after the other.
inline Neuron chain(std::vector<std::string> inputs, std::vector<ModuleDecl> modules, std::size_t outputs = 1) {
  Neuron n;
  n.name = "Test";
  TupleNode all;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    PortDecl port;
    port.name = inputs.size() == 1 ? "default" : "x" + std::to_string(i);
    port.shape = pattern(inputs[i]);
    n.inputs.push_back(std::move(port));
    n.add({}, InputNode{static_cast<int>(i)});
    all.items.push_back(static_cast<int>(i));
  }
  n.add({}, std::move(all));
  int last = static_cast<int>(n.nodes.size()) - 1;
  for (std::size_t i = 0; i < modules.size(); ++i) {
    n.add({}, CallNode{static_cast<int>(i), last});
    last = static_cast<int>(n.nodes.size()) - 1;
  }
  n.modules = std::move(modules);
  for (std::size_t i = 0; i < outputs; ++i) {
    PortDecl port;
    port.name = outputs == 1 ? "default" : "y" + std::to_string(i);
    port.implicit = true;
    port.shape = pattern("[*out_shape" + std::to_string(i) + "]");
    n.outputs.push_back(std::move(port));
    n.add({}, UnpackNode{last, static_cast<int>(i), static_cast<int>(outputs)});
    n.results.push_back(static_cast<int>(n.nodes.size()) - 1);
  }
  return n;
}

/// The model of one neuron; fails with the titles of its diagnostics when there is none.
inline Model make(std::vector<Neuron> neurons, const Params& params = {}, std::uint64_t seed = 42) {
  auto graph = std::make_shared<NeuronGraph>();
  graph->neurons = std::move(neurons);
  Diagnostics diags;
  check(*graph, diags);
  Model model;
  if (!diags.has_errors()) model = instantiate(graph, graph->neurons.back().name, params, {seed}, diags);
  for (const Diagnostic& d : diags.items()) {
    if (d.severity == Severity::error) throw std::runtime_error(d.code + " " + d.title);
  }
  return model;
}
inline Model make(Neuron neuron, const Params& params = {}, std::uint64_t seed = 42) {
  return make(std::vector<Neuron>{std::move(neuron)}, params, seed);
}

/// The first error of a graph, as "NS0301 title", or "" when there is none.
inline std::string first_error(std::vector<Neuron> neurons, const Params& params = {}) {
  try {
    make(std::move(neurons), params);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return {};
}

}  // namespace neuro::testing
