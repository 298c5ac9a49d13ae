#pragma once
// Sources that are instantiated and run, and the same networks composed by hand.
#include <string>
#include <vector>

#include "neuro/error.h"
#include "neuro/ops.h"
#include "neuro/program.h"
#include "neuro/render.h"

namespace neuro::running {

inline Model model_of(const std::string& source, const std::string& neuron, const Params& params = {}) {
  const Program program = Program::from_source(source, "test.ns");
  try {
    return program.instantiate(neuron, params);
  } catch (const Error& error) {
    ADD_FAILURE() << render(error.diagnostics()) << error.what();
    throw;
  }
}

/// Codes and titles of what stops a neuron from being instantiated, or "".
inline std::string refusal(const std::string& source, const std::string& neuron, const Params& params = {}) {
  try {
    Program::from_source(source, "test.ns").instantiate(neuron, params);
  } catch (const Error& error) {
    std::string all;
    for (const Diagnostic& d : error.diagnostics().items()) {
      if (d.severity == Severity::error) all += d.code + " " + d.title + "\n";
    }
    return all;
  }
  return {};
}

/// Codes of all that is reported for a source, errors and warnings, with blanks between.
inline std::string codes_of(const std::string& source) {
  const Program program = Program::from_source(source, "test.ns");
  std::string all;
  for (const Diagnostic& d : program.diagnostics().items()) all += (all.empty() ? "" : " ") + d.code;
  return all;
}

inline std::vector<std::string> names_of(const Model& model) {
  std::vector<std::string> names;
  for (const Parameter& p : model.parameters()) names.push_back(p.name);
  return names;
}

inline Var var(const Model& model, const std::string& name) {
  for (const Parameter& p : model.parameters()) {
    if (p.name == name) return p.var;
  }
  throw std::runtime_error("no parameter " + name);
}

/// 0.1, -0.2, 0.3, ... in a shape.
inline Tensor ramp(const Shape& shape) {
  std::vector<float> values;
  for (std::int64_t i = 0; i < shape.elements(); ++i) {
    values.push_back(static_cast<float>(0.1 * static_cast<double>(i + 1) * (i % 2 == 0 ? 1 : -1)));
  }
  return Tensor::from(std::span<const float>(values), shape);
}

/// x W^T + b with the weights of a layer.
inline Var linear_by_hand(const Model& model, const std::string& layer, const Var& x) {
  return linear(x, var(model, layer + ".weight"), var(model, layer + ".bias"));
}

inline std::vector<double> numbers(Var v) {
  v.forward();
  return v.data().to_vector();
}

inline void expect_same(const Tensor& actual, const Var& expected) {
  const std::vector<double> a = actual.to_vector(), b = numbers(expected);
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-6) << "element " << i;
}

/// The source with all indentation lost, and without blank lines.
inline std::string stripped(const std::string& source) {
  std::string out;
  bool start = true;
  for (const char c : source) {
    if (start && (c == ' ' || c == '\n')) continue;
    start = c == '\n';
    out += c;
  }
  return out;
}

}  // namespace neuro::running
