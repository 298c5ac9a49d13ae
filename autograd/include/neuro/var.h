#pragma once
// Var: a recorded expression over tensors. Building one computes nothing; `forward()` does (spec: autograd.md, section
// 1).
#include <initializer_list>
#include <iosfwd>
#include <memory>
#include <span>
#include <vector>

#include "neuro/print.h"
#include "neuro/tensor.h"

namespace neuro {

struct Node;
struct OpDef;
struct Attrs;
struct Region;
enum class KeepDim : int;  // ops/reduction.h
enum class Gelu : int;     // ops/elementwise.h

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
  /// Makes this leaf differentiable, with a gradient of zeros, and returns it: call it before the leaf is used. Throws
  /// Error(invalid_argument) on a value that is not a leaf (write `x.detach().requires_grad()`), Error(dtype) on
  /// integers and booleans.
  Var requires_grad() const;

  /// Runs every ancestor that has not run, then marks them; a second call on the same value runs all of them again,
  /// which is how a graph that was built once is evaluated after its leaves changed. The first call on a value whose
  /// ancestors have run uses what they gave.
  void forward() const;
  /// The computed value, or a leaf's tensor; shares memory. Throws Error(not_forwarded) before `forward()`, and for
  /// intermediate values that no handle reached when it ran.
  Tensor data() const;
  /// A leaf's tensor, to be written: the same memory as `data()`, and tells that it is written, as `touch()` does.
  /// Throws Error(invalid_argument) on a value that is computed.
  Tensor data_mut() const;
  /// The number that a value of one element holds. Throws Error(shape) when it has another number of elements,
  /// Error(not_forwarded) before `forward()`.
  double item() const;

  /// Adds the gradients of this value, weighted by `seed` (a number for every element, or a tensor of this shape and
  /// type), to the leaves' gradients. Gradients of intermediate values start afresh.
  /// Throws Error(not_forwarded) before `forward()`, and Error(invalid_argument) when a leaf was written in between
  /// (`touch()`, `data_mut()`), when nothing here is differentiable, or after `no_grad()`.
  void backward(double seed = 1) const;
  void backward(const Tensor& seed) const;

  /// The accumulated gradient of a differentiable leaf, or, after `backward()`, of a value that `retain_grad()` marked;
  /// shares memory. Throws Error(invalid_argument) elsewhere.
  Tensor grad() const;
  Tensor grad_mut() const { return grad(); }  ///< the same memory, to be written (clipping by hand)
  void zero_grad() const;                     ///< writes zeros; throws as grad()
  Var retain_grad() const;                    ///< keeps this value's gradient at the next backward(); returns it
  /// Switches the gradients of this value's graph off: releases those of intermediate values (`retain_grad()`), and
  /// `forward()` then keeps nothing for a gradient. Until `with_grad()` undoes it (retained gradients are zeros then),
  /// `backward()` through any of these operations is Error(invalid_argument). Leaves keep theirs; `neuro::grad` is not
  /// concerned. Throws Error(invalid_argument) when nothing here is differentiable.
  void no_grad() const;
  void with_grad() const;
  /// The same value through which no gradient flows: a leaf over the same memory, or a recorded identity.
  Var detach() const;

  /// Switches every layer behind this value, dropout and its kind, between training and inference (the leaves of
  /// `training_flag()` that it depends on). What `forward()` computed before is out of date for backward().
  void train(bool on = true) const;
  void eval() const { train(false); }
  /// Whenever `forward()` computes this recorded value, `leaf` receives `value`, provided that `when` (a
  /// `training_flag()`) is on: how a layer keeps running statistics. Several updates of one leaf are made one after the
  /// other. A Replay does not make them. `value` must not depend on this value. Throws Error(invalid_argument) unless
  /// `leaf` is a leaf of value's shape and type.
  void on_forward(const Var& leaf, const Var& value, const Var& when) const;

  /// Differentiable leaves that gradients of this value flow to, each once, in the order of first use.
  std::vector<Var> parameters() const;

  /// Tells that a leaf's memory was written from outside: values computed from it before are out of date for
  /// backward().
  void touch() const;

  // Operations as methods: `x.mm_t(w)` is `mm_t(x, w)`. They are documented at the functions, <neuro/ops.h>.
  Var pow(int k) const;  ///< powi
  Var pow(double exponent) const;
  Var pow(const Var& exponent) const;
  Var abs() const;
  Var sqrt() const;
  Var square() const;
  Var exp() const;
  Var ln() const;  ///< natural logarithm, as `log()`
  Var log() const;
  Var sin() const;
  Var cos() const;
  Var clamp(double lo, double hi) const;
  Var relu() const;
  Var leaky_relu(double slope = 0.01) const;
  Var elu(double alpha = 1) const;
  Var gelu(Gelu form = {}) const;
  Var silu() const;
  Var softplus() const;
  Var sigmoid() const;
  Var tanh() const;
  Var softmax(int axis = -1) const;
  Var log_softmax(int axis = -1) const;
  Var sum() const;
  Var sum(int axis, KeepDim keep = {}) const;
  Var mean() const;
  Var mean(int axis, KeepDim keep = {}) const;
  Var max() const;
  Var max(int axis, KeepDim keep = {}) const;
  Var min() const;
  Var min(int axis, KeepDim keep = {}) const;
  Var argmax(int axis, KeepDim keep = {}) const;
  Var matmul(const Var& b) const;
  Var mm(const Var& b) const;
  Var mm_t(const Var& b) const;
  Var mv(const Var& v) const;
  Var vm(const Var& a) const;
  Var vv(const Var& b) const;
  Var t() const;
  Var transpose(int a, int b) const;
  Var permute(std::initializer_list<int> axes) const;
  Var reshape(std::initializer_list<std::int64_t> shape) const;
  Var reshape(const Shape& shape) const;
  Var flatten(int start = 0, int end = -1) const;
  Var squeeze(int axis) const;
  Var unsqueeze(int axis) const;
  Var broadcast_to(const Shape& shape) const;
  Var slice(int axis, std::int64_t begin, std::int64_t end, std::int64_t step = 1) const;
  Var cat(const Var& after, int axis) const;    ///< concat of this and `after`
  Var stack(const Var& after, int axis) const;  ///< stack of this and `after`
  std::vector<Var> chunks(const Shape& shape) const;
  Var convert(DType dtype) const;

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

/// A boolean leaf that `Var::train()` switches.
Var training_flag(bool on = true);
/// An i64 leaf [3] (seed, step, 0) for `dropout_mask` and its kind: the step goes up by one whenever a value that depends
/// on it is forwarded again, so that every forward pass draws anew.
Var random_state(std::uint64_t seed);

/// A number as a value: rank 0, folded into the plan, never differentiable.
Var constant(double value, DType dtype = DType::f32);

/// Gradients of `y` (weighted by `seed`, ones when undefined) by each of `xs`, as recorded values: nothing is computed,
/// and they can be differentiated again. A differentiable value that `y` does not depend on gets zeros; what was
/// recorded from unmarked leaves alone lets no gradient through, so mark leaves before they are used. Throws
/// Error(invalid_argument) when one of `xs` is not differentiable (a forgotten `requires_grad()`), Error(shape) or
/// Error(dtype) when `seed` does not have y's.
std::vector<Var> grad(const Var& y, std::span<const Var> xs, const Var& seed = {});

/// Writes the value as `format()` does, or, before forward(), what it is: `<add f32 [2, 3], not computed>`.
std::ostream& operator<<(std::ostream& out, const Var& x);

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

/// While one lives on this thread, what is recorded trades time for memory: its values are not kept for the gradient,
/// which computes them again from what entered the scope. Values and gradients are the same to the last bit (random
/// masks are functions of their key); second derivatives meet each value twice and add up in another order. What is
/// read outside the scope is kept as usual; scopes nest; one scope around each layer of a deep stack keeps only what the
/// layers hand on.
///
///     for (const auto& layer : layers) {
///       const Recompute scope;
///       h = layer(h);
///     }
///
/// What is computed again never assigns: recording an optimizer's update inside throws Error(invalid_argument).
/// source: Chen et al. 2016, arXiv:1604.06174.
class Recompute {
 public:
  Recompute();
  ~Recompute();
  Recompute(const Recompute&) = delete;
  Recompute& operator=(const Recompute&) = delete;

 private:
  std::shared_ptr<const Region> before_;
};

}  // namespace neuro
