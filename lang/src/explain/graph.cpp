// NS04xx: the structure of the graph.
#include "explain/pages.h"
#include "neuro/codes.h"

namespace neuro::explain_detail {
namespace {

constexpr ExplainPage kPages[] = {
    {codes::kArityMismatch, "ArityMismatch", "a step gets more or fewer values than it takes",
     R"(A neuron with two inputs takes two values: a tuple, or a neuron with two outputs before it. A tuple of names at
the end of a pipeline takes as many values as it has names, or one value that goes to all of them.)",
     R"(neuron A:
  in: [batch, 8]
  graph:
    in -> Fork() -> (a, b, c)
    (a, b, c) -> Add() -> out)",
     R"(neuron A:
  in: [batch, 8]
  graph:
    in -> Fork() -> (a, b)
    (a, b) -> Add() -> out)",
     "ns"},
    {codes::kVariadicPort, "VariadicPort", "a variadic port is not the only input",
     R"(`in *name: shape` takes any number of values, so it is the only input of its neuron. Outputs are never variadic.)",
     R"(neuron A:
  in *xs: [batch, d]
  in other: [batch, d]
  graph: xs -> Concat(1) -> out)",
     R"(neuron A:
  in *xs: [batch, d]
  graph: xs -> Concat(1) -> out)",
     "ns"},
    {codes::kCycleDetected, "CycleDetected", "values depend on each other in a circle",
     R"(A value must be computed before it is used. The message shows the circle.)",
     R"(neuron A:
  graph:
    a -> Linear(8, 8) -> b
    b -> Linear(8, 8) -> a
    b -> out)",
     R"(neuron A:
  graph:
    in -> Linear(8, 8) -> b
    b -> Linear(8, 8) -> out)",
     "ns"},
    {codes::kDuplicateAssignment, "DuplicateAssignment", "a name gets two values",
     R"(A name in a graph, and an output, is assigned once. Branches of one `if` or `match` count as one assignment.)",
     R"(neuron A:
  graph:
    in -> Linear(8, 8) -> x
    in -> GELU() -> x
    x -> out)",
     R"(neuron A:
  graph:
    in -> Linear(8, 8) -> x
    in -> GELU() -> y
    (x, y) -> Add() -> out)",
     "ns"},
    {codes::kUnassignedOutput, "UnassignedOutput", "an output port gets no value",
     R"(Every declared output is the end of a pipeline. A neuron with one output may leave it out: then the value of the
last pipeline is the output.)",
     R"(neuron A:
  in: [batch, 8]
  out left: [batch, 8]
  out right: [batch, 8]
  graph: in -> Linear(8, 8) -> left)",
     R"(neuron A:
  in: [batch, 8]
  out left: [batch, 8]
  out right: [batch, 8]
  graph:
    in -> Linear(8, 8) -> left
    in -> Linear(8, 8) -> right)",
     "ns"},
    {codes::kConflictingBody, "ConflictingBody", "a neuron has both `impl` and `graph`",
     R"(A neuron is either a native kernel or a graph of other neurons.)",
     R"(neuron A:
  in: [*, d]
  out: [*, d]
  impl: core,nn/GELU
  graph: in -> GELU() -> out)",
     R"(neuron A:
  in: [*, d]
  out: [*, d]
  graph: in -> GELU() -> out)",
     "ns"},
    {codes::kEmptyBody, "EmptyBody", "a neuron has neither `impl` nor `graph`",
     R"(Nothing says what the neuron computes. For a neuron without ports this is only a warning: a placeholder.)",
     R"(neuron A:
  in: [*, d]
  out: [*, d])",
     R"(neuron A:
  in: [*, d]
  out: [*, d]
  graph: in -> GELU() -> out)",
     "ns"},
    {codes::kInvalidRecursion, "InvalidRecursion", "a neuron contains itself without end",
     R"(A binding in `context` is built together with its neuron, so a neuron that binds itself would never be finished.
`@lazy` builds it only where the graph reaches it.)",
     R"(neuron Stack(dim, depth):
  in: [*, dim]
  context:
    rest = Stack(dim, depth - 1)
  graph: in -> Linear(dim, dim) -> rest -> out)",
     R"(neuron Stack(dim):
  in: [*, dim]
  context:
    rest = Linear(dim, dim)
  graph: in -> Linear(dim, dim) -> rest -> out)",
     "ns"},
    {codes::kInvalidEndpoint, "InvalidEndpoint", "an input is written or an output is read",
     R"(Pipelines start at inputs and end at outputs. Give a value that is needed twice a name of its own.)",
     R"(neuron A:
  graph:
    in -> Linear(8, 8) -> out
    out -> GELU() -> x)",
     R"(neuron A:
  graph:
    in -> Linear(8, 8) -> x
    x -> GELU() -> out)",
     "ns"},
    {codes::kUnusedValue, "UnusedValue", "a value is computed that nothing reads (a warning)",
     R"(A name at the end of a pipeline that no other pipeline starts from: most often a misspelt name.)",
     R"(neuron A:
  graph:
    in -> Linear(8, 8) -> hidden
    in -> GELU() -> out)",
     R"(neuron A:
  graph:
    in -> Linear(8, 8) -> hidden
    hidden -> GELU() -> out)",
     "ns"},
    {codes::kNotBuiltYet, "NotBuiltYet", "a part of the language is understood but not built in this version",
     R"(The source is correct NeuroScript; this version cannot run it. The message names the construct.)",
     R"(neuron A:
  in: [b, s, d]
  graph:
    in => [s, b, d]
    -> out)",
     R"(neuron A:
  in: [b, s, d]
  graph:
    in -> GELU() -> out)",
     "ns"},
};

}  // namespace

std::span<const ExplainPage> graph_pages() { return kPages; }

}  // namespace neuro::explain_detail
