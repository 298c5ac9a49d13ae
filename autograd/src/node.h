#pragma once
// A recorded operation, or a leaf.
#include <atomic>
#include <cstdint>
#include <vector>

#include "neuro/op.h"
#include "neuro/parallel.h"

namespace neuro {

struct Node {
  enum class Kind : std::uint8_t { leaf, placeholder, constant, computed };

  Kind kind = Kind::computed;
  const OpDef* op = nullptr;  // null unless computed
  Attrs attrs;
  std::vector<detail::Edge> inputs;
  std::vector<ValueInfo> outputs;
  std::uint64_t id = 0;  // order of recording; inputs have smaller ids, so sorting by id is a topological order
  bool differentiable = false;
  double constant = 0;  // kind constant: the value

  std::atomic<int> handles{0};  // Vars that somebody holds; what nodes hold of each other does not count
  std::vector<Tensor> values;   // leaf: its memory; computed: filled by forward() when held or read by the gradient
  Tensor grad;                  // differentiable leaf, or retained (of output 0)
  bool retain_grad = false;
  std::uint64_t version = 0;        // leaf: how often touch() was called
  std::uint64_t leaf_versions = 0;  // computed: sum of its leaves' versions when it last ran
  bool ran = false;                 // forward() was called on this very value

  Node();
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  bool computed() const { return kind == Kind::computed; }
  bool has_values() const { return !values.empty(); }
};

/// Whether what is recorded on this thread may be differentiable (see NoGrad).
bool& grad_enabled();

/// Ancestors of `roots`, themselves included, in the order of recording. Descends through a node only if `through` says
/// so for it (a node that it stops at is listed).
std::vector<std::shared_ptr<Node>> ancestors(std::span<const std::shared_ptr<Node>> roots,
                                             FunctionRef<bool(const Node&)> through);

}  // namespace neuro
