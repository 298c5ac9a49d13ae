#pragma once
// What an operation is: one descriptor, in one place (autograd/src/ops). Shape rule, kernel call, derivative and test
// samples stand together; sweeps over `op_defs()` test, bench and document every operation.
#include <array>
#include <vector>

#include "neuro/kernels/exec.h"
#include "neuro/kernels/gemm.h"
#include "neuro/var.h"

namespace neuro {

/// Constants of a recorded operation. What changes from step to step is an input, never an attribute.
struct Attrs {
  std::array<double, 4> f{};         ///< numbers; an elementwise kernel receives these as its `attrs`
  std::vector<std::int64_t> i = {};  ///< axes, sizes, flags
  bool operator==(const Attrs&) const = default;
};

struct ValueInfo {
  Shape shape;
  DType dtype = DType::f32;
};

/// A shape rule's view of a call. The rule throws Error, naming `op`, when the inputs do not fit.
struct Infer {
  const char* op;
  std::span<const ValueInfo> in;
  const Attrs& attrs;
};

/// Memory of one operand while running. Contiguous unless the descriptor says that it reads strided inputs.
struct Operand {
  void* data = nullptr;
  Shape shape;
  Strides strides{};
  DType dtype = DType::f32;

  template <class T>
  T* as() const {
    return static_cast<T*>(data);
  }
  std::int64_t size() const { return shape.elements(); }
};

/// Where a kernel leaves word of data it cannot use (an index out of range): the first is reported after the run.
struct Fault {
  bool raised = false;
  std::int64_t value = 0;     ///< the offending value
  std::int64_t position = 0;  ///< its flat position in the input
  std::int64_t limit = 0;     ///< valid values are [0, limit)
  const char* problem = nullptr;  ///< what is wrong instead, where it is not the range ("is not a whole number")
};

/// One execution of an operation: destinations are given, nothing is allocated.
struct Call {
  kernels::Exec exec;
  std::span<const Operand> in;
  std::span<const Operand> out;
  const Attrs* attrs = nullptr;
  kernels::Epilogue epilogue;  ///< only for descriptors with takes_epilogue
  Fault* fault = nullptr;
};

/// What a derivative is written from. `gy[k]` is the gradient of output k, undefined when none arrives.
struct Vjp {
  std::span<const Var> in;
  std::span<const Var> out;
  std::span<const Var> gy;
  const Attrs& attrs;
  /// Whether anybody wants the gradient of input i: skip the work when not.
  bool wants(std::size_t i) const { return in[i].differentiable(); }
};
/// One gradient for each input; undefined means none. A gradient may have the broadcast shape of the result: it is
/// summed to the input's shape where gradients are gathered.
using Grads = std::vector<Var>;

/// How test inputs are drawn for a sweep: uniform in [lo, hi], at least 0.05 away from every kink, and the values of
/// one input at least 0.05 apart from each other when `distinct` (for max and sorting). Integers in [lo, hi) for i64,
/// coin flips for booleans.
struct SampleInput {
  Shape shape = {};
  double lo = -2, hi = 2;
  std::vector<double> kinks = {};
  bool distinct = false;
  bool strided = false;      ///< hand over a non-contiguous view of these values
  DType dtype = DType::f64;  ///< f64 stands for the differentiable type under test
  bool differentiate = true;
  bool fixed_type = false;  ///< f64 here means f64 (a learning rate), whatever type is under test
};
struct Sample {
  std::vector<SampleInput> in;
  Attrs attrs = {};
};

enum class SecondOrder { checked, none };

struct OpDef {
  const char* name;
  /// Name of the elementwise kernel that computes it, or null. Such an operation broadcasts its inputs, needs neither
  /// `infer` nor `forward`, and can be fused into tile programs. Its kernel's attrs are Attrs::f.
  const char* elementwise = nullptr;
  /// Shapes and types of the outputs.
  std::vector<ValueInfo> (*infer)(const Infer&) = nullptr;
  void (*forward)(const Call&) noexcept = nullptr;
  /// Scratch bytes per worker that `forward` needs (operands' data pointers are null here); null for none.
  std::size_t (*scratch)(const Call&) = nullptr;
  /// Arithmetic operations of one call, for reports (data pointers are null); null: one for each element of the
  /// largest operand.
  double (*flops)(const Call&) = nullptr;
  /// For an operation that is written with others (logsumexp, einsum): records those instead of a node of its own. Then
  /// `forward` and `vjp` are not needed, and `infer` only checks (it may be null; an error of an inner operation is
  /// reported under this operation's name).
  std::vector<Var> (*expand)(std::span<const Var> in, const Attrs& attrs) = nullptr;
  /// Null: no gradient (piecewise constant, or not differentiable).
  Grads (*vjp)(const Vjp&) = nullptr;
  /// At least 20 shapes, with size 1, broadcasting where it applies, odd sizes and strided inputs.
  std::vector<Sample> (*samples)() = nullptr;
  SecondOrder second_order = SecondOrder::checked;

  /// For an operation that only looks at its first input's memory in another way (reshape, permute, slice, expand):
  /// writes the strides and the offset in elements, or returns false when strides cannot express it for this input (the
  /// planner then makes the input contiguous, for which it must succeed). `forward` is not needed.
  bool (*view)(const Operand& in, const Attrs& attrs, const Shape& out, Strides& strides,
               std::int64_t& offset) = nullptr;
  /// Inputs that `forward` reads at any strides, one bit each; the planner makes the others contiguous.
  std::uint32_t strided_inputs = 0;
  /// For an operation that reads some strides and not others: whether it reads this input as it lies (its data pointer
  /// is null). Asked for inputs that are not contiguous; null: never.
  bool (*reads_in_place)(const Operand& x) = nullptr;
  /// bf16 operands and results are understood. Views need no mark; recording refuses bf16 everywhere else.
  bool takes_bf16 = false;
  /// `forward` passes Call::epilogue to its kernel, which runs it over the first output while that is in cache.
  bool takes_epilogue = false;

  /// For an operation that updates memory in place (optimizers): the input that output k overwrites; both are then the
  /// same memory in `forward`.
  int (*overwrites)(int output) = nullptr;
  /// For those: leading inputs that all groups share; the inputs after them come in groups of `group_inputs`, with
  /// `group_outputs` outputs each, and the planner merges calls whose attributes and leading inputs are the same.
  int shared_inputs = 0, group_inputs = 0, group_outputs = 0;

  const char* source = "";  ///< paper, equation or spec section
  /// Shapes for the reference, docs/operations.md: "x [*s, in], w [out, in] -> [*s, out]". Elementwise operations and
  /// derivatives need none.
  const char* shapes = "";
};

/// Records a call: checks shapes and returns all outputs. Throws what the shape rule throws.
std::vector<Var> record_all(const OpDef& op, std::span<const Var> inputs, Attrs attrs = {});
/// The same for an operation with one output (or when only the first matters).
Var record(const OpDef& op, std::span<const Var> inputs, Attrs attrs = {});
Var record(const OpDef& op, std::initializer_list<Var> inputs, Attrs attrs = {});

/// Every operation, in the order of the files that define them.
std::span<const OpDef* const> op_defs();

}  // namespace neuro
