// NS03xx: shapes.
#include "explain/pages.h"
#include "neuro/codes.h"

namespace neuro::explain_detail {
namespace {

constexpr ExplainPage kPages[] = {
    {codes::kShapeMismatch, "ShapeMismatch", "two shapes do not fit",
     R"(What a step gives is not what the next one takes. The title shows both shapes with the sizes that are not
involved as `*`; the labels show the two steps, and where a size came from.)",
     R"(neuron A:
  in: [batch, 128]
  graph: in -> Linear(128, 64) -> Linear(32, 10) -> out)",
     R"(neuron A:
  in: [batch, 128]
  graph: in -> Linear(128, 64) -> Linear(64, 10) -> out)",
     "ns"},
    {codes::kRankMismatch, "RankMismatch", "two shapes have different numbers of dimensions",
     R"(A port takes a fixed number of dimensions, and got more or fewer. A leading `*` stands for one or more
dimensions, `*name` for any number of them.)",
     R"(neuron Pair:
  in: [batch, seq, 8]
  out: [batch, seq, 8]
  graph: in -> Linear(8, 8) -> out
neuron A:
  in: [batch, 8]
  graph: in -> Pair() -> out)",
     R"(neuron Any:
  in: [*, 8]
  out: [*, 8]
  graph: in -> Linear(8, 8) -> out
neuron A:
  in: [batch, 8]
  graph: in -> Any() -> out)",
     "ns"},
    {codes::kElementCountMismatch, "ElementCountMismatch", "a reshape changes the number of elements",
     R"(`=>` arranges the same elements anew, so the product of the sizes stays the same.)",
     R"(neuron A:
  in: [2, 6]
  graph: in => [3, 5] -> out)",
     R"(neuron A:
  in: [2, 6]
  graph: in => [2, 3, 2] -> out)",
     "ns"},
    {codes::kDimensionConflict, "DimensionConflict", "a name stands for two sizes",
     R"(Inside one neuron a name in a shape has one value. Here it would need two; both places are marked.)",
     R"(neuron Same:
  in a: [batch, d]
  in b: [batch, d]
  out: [batch, d]
  graph: (a, b) -> Add() -> out
neuron A:
  in x: [batch, 3]
  in y: [batch, 4]
  graph: (x, y) -> Same() -> out)",
     R"(neuron Same:
  in a: [batch, d]
  in b: [batch, d]
  out: [batch, d]
  graph: (a, b) -> Add() -> out
neuron A:
  in x: [batch, 3]
  in y: [batch, 3]
  graph: (x, y) -> Same() -> out)",
     "ns"},
    {codes::kUnsolvableDimension, "UnsolvableDimension", "a size has no solution",
     R"(Sizes are whole numbers that are not negative, and a division of sizes is exact. An equation such as
`d * 2 = 7` or `d + 8 = 4` has no such solution.)",
     R"(neuron Halves(dim):
  in: [*, dim / 2]
  out: [*, dim]
  graph: in -> Linear(dim / 2, dim) -> out
neuron A:
  in: [batch, 3]
  graph: in -> Halves(7) -> out)",
     R"(neuron Halves(dim):
  in: [*, dim / 2]
  out: [*, dim]
  graph: in -> Linear(dim / 2, dim) -> out
neuron A:
  in: [batch, 3]
  graph: in -> Halves(6) -> out)",
     "ns"},
    {codes::kPreconditionFailed, "PreconditionFailed", "the arguments break an equation that the neuron needs",
     R"(Some neurons fit together only if their parameters satisfy an equation, such as `a = b`. It is recorded when
the neuron is checked, and tested wherever the neuron is built with known values.)",
     R"(neuron Chain(a, b):
  in: [*, a]
  graph: in -> Linear(a, b) -> Linear(a, b) -> out
neuron A:
  in: [batch, 3]
  graph: in -> Chain(3, 4) -> out)",
     R"(neuron Chain(a, b):
  in: [*, a]
  graph: in -> Linear(a, b) -> Linear(a, b) -> out
neuron A:
  in: [batch, 3]
  graph: in -> Chain(3, 3) -> out)",
     "ns"},
    {codes::kMultipleVariadics, "MultipleVariadics", "a shape has two variadic dimensions",
     R"(`*name` stands for any number of dimensions. With two of them in one shape nothing says where one ends.)",
     R"(neuron A:
  in: [*left, d, *right]
  graph: in -> GELU() -> out)",
     R"(neuron A:
  in: [*left, d]
  graph: in -> GELU() -> out)",
     "ns"},
    {codes::kKernelContract, "KernelContract", "the declared ports of a primitive disagree with its kernel",
     R"(A neuron with `impl:` runs a native kernel, which has shapes of its own. Ports that contradict it are a warning,
and an error where no argument could make them fit.)",
     R"(neuron Squash(dim):
  in: [*, dim]
  out: [*, dim]
  impl: core,nn/Tanh)",
     R"(neuron Squash:
  in: [*shape]
  out: [*shape]
  impl: core,nn/Tanh)",
     "ns"},
    {codes::kOutputPromise, "OutputPromise", "a neuron does not give what its output port promises",
     R"(The shape of an `out` port is a promise to whoever uses the neuron. A contradiction is an error; where it goes
through the arithmetic of convolution or pooling it is a warning, and the actual shape flows on.)",
     R"(neuron A:
  in: [batch, 8]
  out: [batch, 3]
  graph: in -> Linear(8, 4) -> out)",
     R"(neuron A:
  in: [batch, 8]
  out: [batch, 4]
  graph: in -> Linear(8, 4) -> out)",
     "ns"},
    {codes::kDimensionOverflow, "DimensionOverflow", "a size or a number of elements is too large",
     R"(Sizes have 64 bits, and a tensor must fit into memory. A size this large is most likely a typing error.)",
     R"(neuron A:
  graph: in -> Linear(10000000000, 10000000000) -> out)",
     R"(neuron A:
  graph: in -> Linear(1000, 1000) -> out)",
     "ns"},
    {codes::kInvalidReshape, "InvalidReshape", "`=>` cannot make the target of the source",
     R"(`=>` arranges elements by the names of their sizes, never by what these happen to be worth. Every size of the source
goes somewhere: as it is, as a product (`h*e`), in parts (`h, e=d/h`), or into `others`. One new name may be left to
calculate. Sizes that go need `@reduce`, sizes that come need `@repeat`.)",
     R"(neuron A:
  in: [batch, height, width]
  graph: in => [batch, height] -> out)",
     R"(neuron A:
  in: [batch, height, width]
  graph: in => [batch, height*width] -> out)",
     "ns"},
    {codes::kInvalidAnnotation, "InvalidAnnotation", "`@reduce` or `@repeat` cannot be done",
     R"(`=> @reduce(mean) [..]` takes away the sizes that its target does not name; instead of `mean` there may stand sum,
min, max, prod, logsumexp or a neuron. `=> @repeat(copy) [..]` copies along the sizes that the source does not have;
numbers are always new. All names must have a value.)",
     R"(neuron A:
  in: [batch, seq, dim]
  graph: in => @reduce(mean) [batch, width] -> out)",
     R"(neuron A:
  in: [batch, seq, dim]
  graph: in => @reduce(mean) [batch, dim] -> out)",
     "ns"},
    {codes::kPositionalReshape, "PositionalReshape", "`=>` goes by position, since names are missing",
     R"(Sizes without names (`_`, `*`, what a window gives) cannot be found in the target, so that the elements keep their
order: nothing is transposed. With names on both sides every size is found.)",
     R"(neuron A:
  in: [batch, _, _]
  graph: in => [batch, 4, 8] -> out)",
     R"(neuron A:
  in: [batch, 16, 2]
  graph: in => [batch, 4, 4, 2] -> out)",
     "ns"},
};

}  // namespace

std::span<const ExplainPage> shape_pages() { return kPages; }

}  // namespace neuro::explain_detail
