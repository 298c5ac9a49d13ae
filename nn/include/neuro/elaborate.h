#pragma once
// From NeuronGraph to Model: judging a graph, and making weights for one of its neurons.
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "neuro/diagnostic.h"
#include "neuro/model.h"
#include "neuro/neuron_graph.h"

namespace neuro {

/// How weights are made: every parameter from a stream keyed by (seed, path), so that layout, order of creation and
/// threads never change initial values.
struct InitOptions {
  std::uint64_t seed = 42;
  std::uint64_t memory_limit = 0;  ///< bytes that the weights may take; 0: what the machine has available
};

/// Checks every neuron for whatever values its parameters may take: callees and arguments, ports and arity, shapes,
/// cycles. Whatever can only be decided with values is checked with the defaults here and with the arguments when
/// instantiating.
void check(const NeuronGraph& graph, Diagnostics& diags);

/// Makes a model of one neuron of a graph that `check()` accepted. Parameters without a value take their defaults.
/// Reports unknown, missing and unusable arguments; an undefined Model comes back then. `where` is the place of
/// messages about the arguments (may be unknown). Throws Error(resource) when the weights would not fit in the memory
/// that is available; nothing is allocated then.
Model instantiate(std::shared_ptr<const NeuronGraph> graph, const std::string& neuron, const Params& params,
                  const InitOptions& init, Diagnostics& diags);

/// A primitive as front ends and listings see it.
struct PrimitiveInfo {
  std::string name, path, brief;
  std::string signature;                         ///< "Linear(in_dim, out_dim, bias=true)"
  std::vector<std::vector<std::string>> params;  ///< names of each parameter, the proper one first
  std::string inputs, outputs;                   ///< "[*batch, in_dim]"
};
/// All primitives, in the order of the specification's catalogue.
std::vector<PrimitiveInfo> list_primitives();
bool is_primitive(std::string_view name);
/// Whether `@reduce(name)` needs no neuron: mean, sum, min, max, prod, logsumexp.
bool is_reduction(std::string_view name);

}  // namespace neuro
