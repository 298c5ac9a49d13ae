#pragma once
// Var: a recorded expression over tensors. Building one computes nothing; `forward()` does (spec: autograd.md, section
// 1).
#include <memory>
#include <span>
#include <vector>

#include "neuro/tensor.h"

namespace neuro {

struct Node;
struct OpDef;
struct Attrs;

namespace detail {
/// One result of one node, as nodes refer to each other. Does not count as a handle that somebody holds.
struct Edge {
  std::shared_ptr<Node> node;
  int output = 0;
};
}  // namespace detail

/// Handle to a value that is or will be computed: cheap to copy, all copies are the same value.
///
/// A leaf holds a Tensor and has no operation; everything else was recorded by an operation, which has already checked
/// the shapes. Gradients flow to leaves that `requires_grad()` marked, through whatever depends on them. A graph lives
/// as long as some handle reaches it. A graph is recorded and run by one thread at a time; different graphs may be used
/// by different threads.
class Var {
 public:
  Var() = default;                  ///< no value: `defined()` is false
  explicit Var(Tensor value);       ///< a leaf that shares the tensor's memory, not differentiable
  explicit Var(detail::Edge edge);  ///< used by recording
  Var(const Var& other);
  Var(Var&& other) noexcept;
  Var& operator=(const Var& other);
  Var& operator=(Var&& other) noexcept;
  ~Var();

  bool defined() const { return edge_.node != nullptr; }
  const Shape& shape() const;
  DType dtype() const;
  int rank() const { return shape().rank(); }
  bool is_leaf() const;
  /// Whether gradients flow through this value.
  bool differentiable() const;
  /// Makes this leaf differentiable, with a gradient of zeros, and returns it. Throws Error(invalid_argument) on a
  /// value that is not a leaf (write `x.detach().requires_grad()`), Error(dtype) on integers and booleans.
  Var requires_grad() const;

  /// Runs every ancestor that has not run, then marks them; a second call on the same value runs all of them again,
  /// which is how a graph that was built once is evaluated after its leaves changed.
  void forward() const;
  /// The computed value, or a leaf's tensor; shares memory. Throws Error(not_forwarded) before `forward()`.
  Tensor data() const;
  double item() const;  ///< data().item()

  /// Adds the gradients of this value, weighted by `seed` (a number for every element, or a tensor of this shape), to
  /// the leaves' gradients. Throws Error(not_forwarded) before `forward()`, and Error(invalid_argument) when a leaf was
  /// written in between (`touch()`) or when nothing here is differentiable.
  void backward(double seed = 1) const;
  void backward(const Tensor& seed) const;

  /// The accumulated gradient of a differentiable leaf, or of a value that `retain_grad()` marked; shares memory.
  /// Throws Error(invalid_argument) elsewhere.
  Tensor grad() const;
  void zero_grad() const;
  Var retain_grad() const;  ///< keeps this value's gradient at the next backward(); returns it
  /// The same value through which no gradient flows: a leaf over the same memory, or a recorded identity.
  Var detach() const;

  /// Differentiable leaves that this value depends on, each once, in the order of first use.
  std::vector<Var> parameters() const;

  /// Tells that a leaf's memory was written from outside: values computed from it before are out of date for
  /// backward().
  void touch() const;

  // How it was recorded.
  const OpDef* op() const;  ///< null for a leaf
  std::vector<Var> inputs() const;
  const Attrs& attrs() const;
  const detail::Edge& edge() const { return edge_; }
  bool same(const Var& other) const { return edge_.node == other.edge_.node && edge_.output == other.edge_.output; }

 private:
  detail::Edge edge_;
};

/// A leaf without memory of its own: every Replay of a plan that reads it brings a buffer to fill.
Var placeholder(const Shape& shape, DType dtype = DType::f32);

/// A number as a value: rank 0, folded into the plan, never differentiable.
Var constant(double value, DType dtype = DType::f32);

/// Gradients of `y` (weighted by `seed`, ones when undefined) by each of `xs`, as recorded values: nothing is computed,
/// and they can be differentiated again. A value that `y` does not depend on gets zeros.
/// Throws Error(shape) when `seed` does not have y's shape.
std::vector<Var> grad(const Var& y, std::span<const Var> xs, const Var& seed = {});

/// While one lives on this thread, what is recorded is not differentiable.
class NoGrad {
 public:
  NoGrad();
  ~NoGrad();
  NoGrad(const NoGrad&) = delete;
  NoGrad& operator=(const NoGrad&) = delete;

 private:
  bool before_;
};

}  // namespace neuro
