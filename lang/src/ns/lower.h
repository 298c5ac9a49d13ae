#pragma once
// NeuroScript AST -> NeuronGraph: names get their meaning (spec: neuroscript.md, 3.2), steps become nodes.
#include "neuro/diagnostic.h"
#include "neuro/neuron_graph.h"
#include "neuro/ns/ast.h"

namespace neuro::ns {

/// Lowers every neuron. What the language has but this version does not build is refused with one NotBuiltYet
/// diagnostic at its place. The graph is meant for `check()` even after errors, which then finds the rest.
NeuronGraph lower(const Program& program, Diagnostics& diags);

/// How an anonymous call is named in paths: "ReLU" -> "re_lu", "RMSNorm" -> "rms_norm" (spec 4.1).
std::string snake_case(std::string_view name);

}  // namespace neuro::ns
