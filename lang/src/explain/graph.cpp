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
`@lazy` builds it only where the graph reaches it, and a condition ends the recursion.)",
     R"(neuron Stack(dim, depth):
  in: [*, dim]
  context:
    rest = Stack(dim, depth - 1)
  graph: in -> Linear(dim, dim) -> rest -> out)",
     R"(neuron Stack(dim, depth):
  in: [*, dim]
  out: [*, dim]
  context:
    @lazy rest = Stack(dim, depth - 1)
  graph:
    in ->
      Linear(dim, dim)
      if depth > 1: rest
      out)",
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
  in: [b, s]
  out: [b, s]
  impl: external(kernel=`mine`))",
     R"(neuron A:
  in: [b, s, d]
  graph:
    in -> GELU() -> out)",
     "ns"},
    {codes::kMutualLazyRecursion, "MutualLazyRecursion", "bindings take each other as arguments",
     R"(Each of them needs the other one first, so that neither can be built, lazy or not.)",
     R"(neuron Around(inner: Neuron, dim):
  in: [*, dim]
  out: [*, dim]
  graph: in -> inner -> out

neuron A(dim):
  in: [*, dim]
  context:
    @lazy a = Around(b, dim)
    @lazy b = Around(a, dim)
  graph: in -> a -> b -> out)",
     R"(neuron Around(inner: Neuron, dim):
  in: [*, dim]
  out: [*, dim]
  graph: in -> inner -> out

neuron A(dim):
  in: [*, dim]
  context:
    core = Linear(dim, dim)
    @lazy a = Around(core, dim)
    @lazy b = Around(a, dim)
  graph: in -> a -> b -> out)",
     "ns"},
    {codes::kRecursionLimit, "RecursionLimit", "a recursion goes deeper than 1000 neurons, or makes more than 10000",
     R"(A neuron may contain itself under a condition, and it is unfolded when it is instantiated. With these arguments the
condition never becomes false, or only after more instances than any model has.)",
     R"(neuron Stack(depth=5000):
  in: [*, 8]
  out: [*, 8]
  graph:
    in ->
      Linear(8, 8)
      if depth > 1: Stack(depth - 1)
      out)",
     R"(neuron Stack(depth=50):
  in: [*, 8]
  out: [*, 8]
  graph:
    in ->
      Linear(8, 8)
      if depth > 1: Stack(depth - 1)
      out)",
     "ns"},
    {codes::kInvalidUnrollCount, "InvalidUnrollCount", "an unroll whose count is not a whole number from 0 to 1024",
     R"(The count of `unroll` is known when the neuron is instantiated: a number, or made of parameters. 0 passes the
value through.)",
     R"(neuron A:
  in: [batch, 8]
  context:
    stack = unroll(5000):
      fc = Linear(8, 8)
  graph: in -> stack -> out)",
     R"(neuron A:
  in: [batch, 8]
  context:
    stack = unroll(50):
      fc = Linear(8, 8)
  graph: in -> stack -> out)",
     "ns"},
    {codes::kNonExhaustiveMatch, "NonExhaustiveMatch", "a match leaves shapes without an arm",
     R"(The arms of `match` are tried from the first to the last. The last one must take whatever is left: wildcards and
names instead of numbers, and no guard.)",
     R"(neuron A:
  in: [*, d]
  graph:
    in -> match:
      [*, 512]: Linear(512, 10)
      [*, 256]: Linear(256, 10))",
     R"(neuron A:
  in: [*, d]
  graph:
    in -> match:
      [*, 512]: Linear(512, 10)
      [*, n]: Linear(n, 10))",
     "ns"},
    {codes::kUnreachableArm, "UnreachableArm", "an arm that an earlier one leaves nothing for (a warning)",
     R"(Arms are tried in the order of the text, so the general ones come last. A dead arm is left out.)",
     R"(neuron A:
  in: [*, d]
  graph:
    in -> match:
      [*, n]: Linear(n, 10)
      [*, 512]: Linear(512, 10))",
     R"(neuron A:
  in: [*, d]
  graph:
    in -> match:
      [*, 512]: Linear(512, 10)
      [*, n]: Linear(n, 10))",
     "ns"},
    {codes::kImpossibleArm, "ImpossibleArm", "an arm whose pattern fits nothing that arrives (a warning)",
     R"(The shape of what arrives is known well enough to see that the arm never runs.)",
     R"(neuron A:
  in: [batch, 64]
  graph:
    in -> match:
      [a, b, c]: Identity()
      [*, d]: GELU())",
     R"(neuron A:
  in: [*lead, 64]
  graph:
    in -> match:
      [a, b, c]: Identity()
      [*, d]: GELU())",
     "ns"},
    {codes::kMaybeNonExhaustive, "MaybeNonExhaustive", "the guards of a match may all be false (a warning)",
     R"(Guards that compare one size with numbers are understood: `d > 8` and `d <= 8` leave nothing out. Others are not,
and a pass fails where none of them holds.)",
     R"(neuron A(limit=8):
  in: [*, d]
  graph:
    in -> match:
      [*, n] where n > limit: GELU()
      [*, n] where n < limit: ReLU())",
     R"(neuron A(limit=8):
  in: [*, d]
  graph:
    in -> match:
      [*, n] where n > limit: GELU()
      [*, n]: ReLU())",
     "ns"},
    {codes::kInconsistentArms, "InconsistentArms", "the arms of a choice give different things",
     R"(Whatever follows a `match` or an `if` gets what the arm that ran gives. So all arms give the same number of values,
and arms that data chooses between give sizes that can be equal.)",
     R"(neuron A:
  in: [*, d]
  graph:
    in -> match:
      [*, 512]: Linear(512, 10)
      [*, n]: Linear(n, 20))",
     R"(neuron A:
  in: [*, d]
  graph:
    in -> match:
      [*, 512]: Linear(512, 10)
      [*, n]: Linear(n, 10))",
     "ns"},
    {codes::kContractUnresolved, "ContractUnresolved", "no arm of `match(p)` fits the neuron that was passed",
     R"(`match(p)` asks which ports the neuron behind the parameter has. The message shows them; one of the arms has to fit
them for every neuron that is passed.)",
     R"(neuron Head(block: Neuron, dim=8):
  in: [*, dim]
  graph:
    in -> match(block):
      in [*, 64] -> out [*, 64]: block

neuron A:
  in: [*, 8]
  graph: in -> Head(Linear(8, 4), 8) -> out)",
     R"(neuron Head(block: Neuron, dim=8):
  in: [*, dim]
  graph:
    in -> match(block):
      in [*, n] -> out [*, m]: block

neuron A:
  in: [*, 8]
  graph: in -> Head(Linear(8, 4), 8) -> out)",
     "ns"},
};

}  // namespace

std::span<const ExplainPage> graph_pages() { return kPages; }

}  // namespace neuro::explain_detail
