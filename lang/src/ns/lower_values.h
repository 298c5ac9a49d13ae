#pragma once
// Values and shapes of the AST in the form that NeuronGraph keeps.
#include "neuro/diagnostic.h"
#include "neuro/neuron_graph.h"
#include "neuro/ns/ast.h"

namespace neuro::ns {

/// Reports that a construct parses but is not built in this version. `what` starts the sentence: "`match`".
void not_built_yet(Diagnostics& diags, Span span, const std::string& what);

/// Sets `refused` after reporting a construct that is not built yet; the result is of no use then.
Expr lower_value(const Value& value, Diagnostics& diags, bool& refused);
ShapePattern lower_shape(const Shape& shape, Diagnostics& diags, bool& refused);
ArgDecl lower_argument(const Argument& argument, Diagnostics& diags, bool& refused);

}  // namespace neuro::ns
