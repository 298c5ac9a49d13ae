#pragma once
// A recorded operation, or a leaf.
#include <atomic>
#include <cstdint>
#include <vector>

#include "neuro/op.h"
#include "neuro/parallel.h"

namespace neuro {

struct Region;

struct Node {
  enum class Kind : std::uint8_t { leaf, placeholder, constant, computed };

  Kind kind = Kind::computed;
  const OpDef* op = nullptr;     // null unless computed
  const char* called = nullptr;  // the operation that the user called; this one may be a part of it
  Attrs attrs;
  std::vector<detail::Edge> inputs;
  std::vector<ValueInfo> outputs;
  std::uint64_t id = 0;  // order of recording; inputs have smaller ids, so sorting by id is a topological order
  bool differentiable = false;
  double constant = 0;                   // kind constant: the value
  std::shared_ptr<const Region> region;  // the innermost Recompute scope that it was recorded in, or null

  std::atomic<int> handles{0};  // Vars that somebody holds; what nodes hold of each other does not count
  std::vector<Tensor> values;   // leaf: its memory; computed: filled by forward() when held or read by the gradient
  /// The gradient of a differentiable leaf, or of an output that retain_grad() marked (undefined until backward()).
  struct Gradient {
    int output;
    Tensor value;
  };
  std::vector<Gradient> grads;
  bool grads_off = false;         // Var::no_grad() was called on what it leads to
  std::uint64_t written_at = 0;   // leaf: when touch() was last called, by write_clock()
  std::uint64_t computed_at = 0;  // computed: what write_clock() showed when it last ran
  bool ran = false;               // forward() was called on this very value

  enum class Role : std::uint8_t { plain, training_flag, random_state };
  Role role = Role::plain;  // of a leaf
  struct Update {
    detail::Edge leaf, value, when;
  };
  std::vector<Update> updates;  // computed: what forward() assigns with it
  bool updated = false;         // forward() has done so

  Node();
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  bool computed() const { return kind == Kind::computed; }
  bool has_values() const { return !values.empty(); }
  /// Null when that output was never asked to keep a gradient.
  Gradient* gradient(int output) {
    for (Gradient& g : grads) {
      if (g.output == output) return &g;
    }
    return nullptr;
  }
};

/// Counts the writes to leaves, of all graphs.
std::atomic<std::uint64_t>& write_clock();

/// Whether what is recorded on this thread may be differentiable (see NoGrad).
bool& grad_enabled();

/// While one lives, what this thread records is a part of the operation `name`, or of that of the first one alive.
class PartOf {
 public:
  explicit PartOf(const char* name);
  ~PartOf();
  PartOf(const PartOf&) = delete;
  PartOf& operator=(const PartOf&) = delete;
  /// The name of the first one alive on this thread, or null.
  static const char* what();

 private:
  const char* before_;
};

/// Ancestors of `roots`, themselves included, in the order of recording. Descends through a node only if `through` says
/// so for it (a node that it stops at is listed).
std::vector<std::shared_ptr<Node>> ancestors(std::span<const std::shared_ptr<Node>> roots,
                                             FunctionRef<bool(const Node&)> through);

}  // namespace neuro
