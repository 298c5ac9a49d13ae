#pragma once
// Values and shapes of the AST in the form that NeuronGraph keeps.
#include <functional>
#include <string>
#include <vector>

#include "neuro/diagnostic.h"
#include "neuro/neuron_graph.h"
#include "neuro/ns/ast.h"

namespace neuro::ns {

/// Reports that a construct parses but is not built in this version. `what` starts the sentence: "`match`".
void not_built_yet(Diagnostics& diags, Span span, const std::string& what);

/// What values may be made of where they stand.
struct ValueContext {
  Diagnostics& diags;
  bool& refused;  ///< set after reporting; the result is of no use then
  /// Makes a module of a call that is written as an argument.
  std::function<Expr(const Call&, Span)> call = {};
  /// Told of every name, so that what it needs is there.
  std::function<void(const std::string&)> mention = {};
  bool all_global = false;  ///< names mean globals, wherever the value is put
  bool in_unroll = false;   ///< `@index` has a value
};

Expr lower_value(const Value& value, const ValueContext& context);
ShapePattern lower_shape(const Shape& shape, const ValueContext& context);
/// The target of `=>`.
std::vector<neuro::ReshapeDim> lower_target(const Reshape& reshape, const ValueContext& context);
ArgDecl lower_argument(const Argument& argument, const ValueContext& context);

}  // namespace neuro::ns
