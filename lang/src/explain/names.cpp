// NS02xx: names and arguments.
#include "explain/pages.h"
#include "neuro/codes.h"

namespace neuro::explain_detail {
namespace {

constexpr ExplainPage kPages[] = {
    {codes::kDuplicateNeuron, "DuplicateNeuron", "two neurons of one file have the same name",
     R"(A name stands for one neuron. A file may redefine a neuron of the library; the library itself goes on using
its own.)",
     R"(neuron Head:
  graph: in -> Linear(8, 2) -> out
neuron Head:
  graph: in -> Linear(8, 4) -> out)",
     R"(neuron Head:
  graph: in -> Linear(8, 2) -> out
neuron WideHead:
  graph: in -> Linear(8, 4) -> out)",
     "ns"},
    {codes::kReservedName, "ReservedName", "a neuron's name is reserved",
     R"(Names of the form `__name__` belong to neurons that the compiler makes.)",
     R"(neuron __head__:
  graph: in -> Linear(8, 2) -> out)",
     R"(neuron Head:
  graph: in -> Linear(8, 2) -> out)",
     "ns"},
    {codes::kMissingParentheses, "MissingParentheses", "a neuron is named but not called",
     R"(A bare word in a pipeline is a port, a binding or an intermediate value. The name of a neuron alone would be
a new intermediate that passes its value through, which nobody means: write the parentheses.)",
     R"(neuron A:
  graph: in -> Linear(8, 8) -> GELU -> out)",
     R"(neuron A:
  graph: in -> Linear(8, 8) -> GELU() -> out)",
     "ns"},
    {codes::kMissingNeuron, "MissingNeuron", "no neuron has this name",
     R"(The name is neither defined in the file nor in the library. Names are case sensitive; `nsrun list --stdlib`
shows what there is.)",
     R"(neuron A:
  graph: in -> Liner(8, 8) -> out)",
     R"(neuron A:
  graph: in -> Linear(8, 8) -> out)",
     "ns"},
    {codes::kUnknownNode, "UnknownNode", "a value is read that nothing defines",
     R"(A pipeline starts at an input port or at a name that a pipeline above ends in. Also raised for `name.port`
where the neuron has no such output.)",
     R"(neuron A:
  graph:
    in -> Linear(8, 8) -> hidden
    hiden -> GELU() -> out)",
     R"(neuron A:
  graph:
    in -> Linear(8, 8) -> hidden
    hidden -> GELU() -> out)",
     "ns"},
    {codes::kUnknownName, "UnknownName", "a name in an argument is unknown",
     R"(An argument may use parameters of the neuron, dimensions of its input ports, and globals.)",
     R"(neuron A(dim):
  graph: in -> Linear(dim, hidden) -> out)",
     R"(neuron A(dim, hidden):
  graph: in -> Linear(dim, hidden) -> out)",
     "ns"},
    {codes::kUnknownArgument, "UnknownArgument", "a neuron has no parameter of this name",
     R"(The message shows the parameters that the neuron has.)",
     R"(neuron A:
  graph: in -> Linear(in_dim=8, out_dims=4) -> out)",
     R"(neuron A:
  graph: in -> Linear(in_dim=8, out_dim=4) -> out)",
     "ns"},
    {codes::kMissingArgument, "MissingArgument", "a parameter without a default gets no argument",
     R"(Every parameter without `= default` needs an argument, by position or by name.)",
     R"(neuron A:
  graph: in -> Linear(8) -> out)",
     R"(neuron A:
  graph: in -> Linear(8, 4) -> out)",
     "ns"},
    {codes::kTooManyArguments, "TooManyArguments", "a call has more arguments than the neuron has parameters",
     R"(Arguments without a name fill the parameters from left to right.)",
     R"(neuron Scale(dim):
  graph: in -> Linear(dim, dim) -> out
neuron A:
  graph: in -> Scale(8, 4) -> out)",
     R"(neuron Scale(dim):
  graph: in -> Linear(dim, dim) -> out
neuron A:
  graph: in -> Scale(8) -> out)",
     "ns"},
    {codes::kDuplicateArgument, "DuplicateArgument", "a parameter gets two arguments",
     R"(Two arguments have the same name.)",
     R"(neuron A:
  graph: in -> Linear(8, out_dim=4, out_dim=2) -> out)",
     R"(neuron A:
  graph: in -> Linear(8, out_dim=4) -> out)",
     "ns"},
    {codes::kNotAConstructor, "NotAConstructor", "arguments are given to a module that is built already",
     R"(A binding in `context` is one module with its weights. It is run by its bare name; only a neuron's name takes
arguments.)",
     R"(neuron A:
  context:
    up = Linear(8, 8)
  graph: in -> up(8, 8) -> out)",
     R"(neuron A:
  context:
    up = Linear(8, 8)
  graph: in -> up -> out)",
     "ns"},
    {codes::kNeuronArgumentExpected, "NeuronArgumentExpected", "a parameter takes a neuron and gets a value",
     R"(A parameter that is annotated `: Neuron` takes the name of a neuron, a binding, or a call.)",
     R"(neuron Twice(inner: Neuron):
  graph: in -> inner -> out
neuron A:
  graph: in -> Twice(8) -> out)",
     R"(neuron Twice(inner: Neuron):
  graph: in -> inner -> out
neuron A:
  graph: in -> Twice(Linear(8, 8)) -> out)",
     "ns"},
    {codes::kDuplicateBinding, "DuplicateBinding", "two bindings have the same name",
     R"(The names in `context` are unique in a neuron, those inside an `unroll` included.)",
     R"(neuron A:
  context:
    up = Linear(8, 16)
    up = Linear(8, 32)
  graph: in -> up -> out)",
     R"(neuron A:
  context:
    up = Linear(8, 16)
    wide = Linear(16, 32)
  graph: in -> up -> wide -> out)",
     "ns"},
    {codes::kDuplicateName, "DuplicateName", "two parameters or two ports have the same name",
     R"(Names of parameters are unique, and so are the names of input ports and of output ports.)",
     R"(neuron A(dim, dim):
  graph: in -> Linear(dim, dim) -> out)",
     R"(neuron A(dim, width):
  graph: in -> Linear(dim, width) -> out)",
     "ns"},
    {codes::kGlobalInContext, "GlobalInContext", "a global is declared inside a neuron",
     R"(A global belongs to the program, not to a neuron: declare it at the top of the file.)",
     R"(neuron A:
  context:
    @global shared = Linear(8, 8)
  graph: in -> shared -> out)",
     R"(@global width = 8
neuron A:
  graph: in -> Linear(width, width) -> out)",
     "ns"},
    {codes::kImportError, "ImportError", "a package or a neuron in it is unknown",
     R"(`use package,path` names a package that is installed. Without packages the line is ignored, with a warning.
`use core,...` is always accepted and may be left out.)",
     R"(use vision-models,resnet/*
neuron A:
  graph: in -> GELU() -> out)",
     R"(use core,nn/*
neuron A:
  graph: in -> GELU() -> out)",
     "ns"},
    {codes::kInvalidArgument, "InvalidArgument", "an argument has the wrong type or lies outside its range",
     R"(The message names the parameter and what it takes: an integer, a number, a word, a list.)",
     R"(neuron A:
  graph: in -> Dropout(1.5) -> out)",
     R"(neuron A:
  graph: in -> Dropout(0.5) -> out)",
     "ns"},
};

}  // namespace

std::span<const ExplainPage> name_pages() { return kPages; }

}  // namespace neuro::explain_detail
