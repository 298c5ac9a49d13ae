#pragma once
// What a primitive is: one descriptor in one file of nn/src/primitives. Parameters, ports, shape rule, weights with
// their initialisers, and the forward pass written with operations stand together.
#include <span>
#include <string>
#include <vector>

#include "arguments.h"
#include "neuro/model.h"
#include "neuro/ops.h"
#include "solver.h"

namespace neuro {

enum class Init { zeros, ones, constant, uniform, normal };

/// A tensor that one instance of a primitive owns.
struct WeightSpec {
  std::string name;  ///< as PyTorch's: "weight"
  Shape shape;
  Init init = Init::zeros;
  double scale = 0;  ///< uniform: of (-scale, scale); constant: the value
  bool buffer = false;
  DType dtype = DType::f32;
  std::int64_t zero_row = -1;  ///< this index of axis 0 starts at zero
};

/// A call of a primitive as the shape rule sees it; sizes may be symbolic. The ports have been unified already.
struct ShapeCall {
  const Arguments& args;
  std::span<const SymShape> in;  ///< resolved
  Solver& solver;
  std::string problem;  ///< set by `fail`: why no shape fits
  bool window = false;  ///< the sizes come from the arithmetic of sliding windows

  /// A size that only data will tell.
  Dim unknown(const std::string& name) { return Dim::symbol(solver.fresh(name, SymbolKind::free)); }
  std::vector<SymShape> fail(std::string why) {
    problem = std::move(why);
    return {};
  }
};

/// One use of an instance in a recorded pass.
struct PrimitiveCall {
  const Arguments& args;
  std::span<const Var> in;
  std::span<const Var> weights;  ///< in the order of the specs
  ForwardContext& context;
  std::int64_t stream;  ///< of random numbers: from the path, another for each use in one pass

  /// The value that a buffer has at this point of the pass, and its next one.
  Var current(const Var& buffer) const;
  void update(const Var& buffer, const Var& value) const;
};

struct PortSpec {
  std::string name;     ///< "default" when the primitive has one input or output
  std::string pattern;  ///< "[*batch, in_dim]"; names of parameters mean their values
};

enum class Integers { converted, kept };  ///< whether integer inputs become f32 first

struct PrimitiveDef {
  std::string name;
  std::string path;  ///< how `impl:` names it: "core,nn/Linear"
  std::string brief;
  std::vector<ParamSpec> params = {};
  std::vector<PortSpec> inputs = {}, outputs = {};
  int operands_from = 0;  ///< 0: as many values as inputs; n: n values or more, each of the one input pattern
  Integers integers = Integers::converted;
  /// Overrides the patterns of the outputs, when set. Returns nothing after `fail`.
  std::vector<SymShape> (*shapes)(ShapeCall&) = nullptr;
  /// Instances own these; null: none.
  std::vector<WeightSpec> (*weights)(const Arguments&) = nullptr;
  std::vector<Var> (*forward)(const PrimitiveCall&) = nullptr;
  /// Segment that the names of weights have in PyTorch exports of other NeuroScript tools: "linear". Loading accepts
  /// it.
  std::string wrapper = {};
  /// Other names of the output ports, by position: {"a", "left"}.
  std::vector<std::vector<std::string>> output_aliases = {};
};

/// All primitives, in the order of the specification's catalogue.
const std::vector<const PrimitiveDef*>& primitives();
/// By name; null when there is none.
const PrimitiveDef* find_primitive(std::string_view name);

/// A pattern of a primitive's port as a shape with these arguments; other names become fresh free sizes, the same for
/// every occurrence in `names`.
struct PatternNames {
  std::vector<std::pair<std::string, int>> symbols;
};
SymShape pattern_shape(std::string_view pattern, const Arguments& args, Solver& solver, PatternNames& names);
/// The parameter whose value stands at `axis_from_end` of a pattern, or "".
std::string pattern_param(std::string_view pattern, const Arguments& args, int axis_from_end);

/// Initialiser I1 and I2 of the specification's appendix B: uniform within 1 / sqrt(fan_in), for weight and bias.
double fan_in_bound(std::int64_t fan_in);

}  // namespace neuro
