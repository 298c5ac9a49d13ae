#pragma once
// NeuroScript programs as data that tests make up: plain enough to be drawn at random, changed in one place, written as
// text and followed with concrete sizes. Knows nothing of the library's own parser and checker.
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

namespace neuro::sketch {

enum class Op {
  number,
  real,
  flag,
  name,
  global,
  index,
  add,
  sub,
  mul,
  div,
  eq,
  ne,
  lt,
  gt,
  le,
  ge,
  both,
  either,
  call
};

struct Call;
struct Expr {
  Op op = Op::number;
  std::int64_t number = 0;  ///< or 0 and 1 for flags
  double real = 0;
  std::string name;
  std::vector<Expr> sub;
  std::shared_ptr<Call> call;  ///< op call: a neuron built for whoever receives it
};

struct Arg {
  std::string name;  ///< "" when positional
  Expr value;
};
struct Call {
  std::string callee;
  std::vector<Arg> args;
  bool freeze = false, global = false;
  int id = 0;  ///< where it stands: two calls that are written out are two modules
};

/// One entry of a shape: of a port, a pattern or the target of `=>`.
struct Dim {
  enum Kind { size, any, lead, rest, others, bind } kind = size;
  std::string name;  ///< of rest and bind
  Expr expr;         ///< of size and bind
};
using Shape = std::vector<Dim>;

struct Ref {
  std::string name, port;
};
struct Step;
using Pipeline = std::vector<Step>;
struct Arm {
  std::optional<Expr> condition;  ///< of `if`, or a guard
  Shape in, out;                  ///< of a pattern; both of a contract
  Pipeline body;
};
struct Step {
  enum Kind { ref, tuple, call, branch, match, contract, wrap, reshape } kind = ref;
  int id = 0;
  std::vector<Ref> refs;  ///< of ref and tuple; of wrap without a body: the binding
  Call module;            ///< of call; of wrap: the wrapper with its other arguments; contract: callee is the parameter
  std::vector<Arm> arms;  ///< of branch (an arm without condition is `else`), match, contract
  Pipeline body;          ///< of wrap
  std::string annotation;  ///< of reshape: "", "reduce mean", "repeat copy"
  Shape target;
};

struct Param {
  std::string name;
  bool neuron = false;
  std::optional<Expr> value;
};
struct Port {
  std::string name;  ///< "" when unnamed
  Shape shape;
  bool variadic = false;
};
struct Binding {
  std::string kind;  ///< "", "lazy", "static"
  std::string name;
  Call call;
};
struct ContextItem {
  std::string unroll;  ///< name of the unroll, "" for a plain binding
  Expr count;
  std::vector<Binding> members;  ///< one for a plain binding
};
struct Neuron {
  std::string name, impl;
  std::vector<Param> params;
  std::vector<Port> inputs, outputs;  ///< no outputs: implied
  std::vector<ContextItem> context;
  std::vector<Pipeline> graph;
};
struct Global {
  std::string name;
  Expr value;
};

/// What a program is instantiated with, and what its free names may be.
struct Program {
  std::vector<Global> globals;
  std::vector<Neuron> neurons;               ///< the last is the one that runs
  std::map<std::string, std::int64_t> args;  ///< given when instantiating
  std::set<std::string> flags;               ///< those of them that are true or false
  std::int64_t vocabulary = 0;               ///< inputs are indices below it; 0: numbers
  const Neuron* find(const std::string& name) const {
    for (const Neuron& n : neurons) {
      if (n.name == name) return &n;
    }
    return nullptr;
  }
  const Neuron& main() const { return neurons.back(); }
};

// --- Text (text.cpp) ---

struct Layout {
  std::uint64_t seed = 0;
  bool flat = false;
};
std::string text_of(const Program& program, const Layout& layout);
std::string text_of(const Expr& expr);
/// Whether indentation may be lost without changing the meaning.
bool may_be_flat(const Program& program);

// --- Sizes (follow.cpp) ---

using Sizes = std::vector<std::int64_t>;

/// What a program does with values of these shapes, by the language's rules.
struct Outcome {
  std::string wrong;           ///< why it cannot run; "" when it does
  bool undecided = false;      ///< whether that is an error is open before data arrive
  std::vector<Sizes> outputs;  ///< one for each output port
  /// Elements of the weights that were built, by the module's place.
  std::map<std::string, std::int64_t> weights;
  std::set<std::string> frozen;
  bool may_have_more = false;  ///< an arm that was not taken may own weights
  std::set<int> visited;       ///< ids of steps and calls that ran
  std::set<std::int64_t> met;  ///< sizes that were compared or computed
};
Outcome follow(const Program& program, const std::vector<Sizes>& inputs);

// --- Drawing (generator.cpp, mutation.cpp) ---

/// `=>` is drawn when the library runs it.
constexpr bool kRearrangements = false;

Program random_program(std::uint64_t seed);
/// The constructs of the language that a program uses.
std::set<std::string> constructs_of(const Program& program);
/// All that `constructs_of` may name.
const std::vector<std::string>& all_constructs();

/// Sizes for the inputs of a program, from its ports: each free name is drawn, or looked up in `given`.
std::vector<Sizes> input_sizes(const Program& program, std::uint64_t seed,
                               const std::map<std::string, std::int64_t>& given = {});
/// Names of input ports that data decide ("batch"; "*lead" for a run).
std::vector<std::string> free_names(const Program& program);

struct Mutation {
  std::string what;    ///< for messages: "a number among the arguments of Linear1"
  int site = 0;        ///< the step or call that was changed; 0: a part that always counts
  bool loose = false;  ///< the rules leave open whether a change that can run is accepted: one arm of several, names
};
/// Changes one token. The programs must not share calls: see `copy_of`.
Mutation mutate(Program& program, std::uint64_t seed);
Program copy_of(const Program& program);

/// Visits all that a program consists of. Steps and calls in arms of choices are marked.
struct Visitor {
  std::function<void(Neuron&)> neuron = {};
  std::function<void(Pipeline&, bool in_arm)> pipeline = {};
  std::function<void(Step&, bool in_arm)> step = {};
  std::function<void(Call&, bool in_arm)> call = {};
  std::function<void(Expr&, int site, bool in_arm)> expr = {};  ///< a whole value, not its parts
};
void visit(Program& program, const Visitor& visitor);

}  // namespace neuro::sketch
