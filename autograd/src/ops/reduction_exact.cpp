// Reductions of integers, and logical ones of every type: exact, without a gradient.
#include "neuro/kernels/reduce.h"
#include "neuro/ops.h"
#include "ops/axes.h"
#include "ops/ops_internal.h"
#include "ops/rules.h"

namespace neuro {

namespace {

template <kernels::ReduceExact op>
std::vector<ValueInfo> infer_exact(const Infer& c) {
  const AxisRange axes(c.attrs);
  const bool takes_all =
      op == kernels::ReduceExact::count || op == kernels::ReduceExact::any || op == kernels::ReduceExact::all;
  if (!takes_all && is_floating(c.in[0].dtype))
    throw Error(ErrorCode::dtype, str(c.op, ": the operand must be i64, i32 or bool, got ", name_of(c.in[0].dtype)));
  return {{axes.dropped(c.in[0].shape), kernels::reduce_exact_type(op, c.in[0].dtype)}};
}

template <kernels::ReduceExact op>
void reduce_exact(const Call& c) noexcept {
  const Extents e(c.in[0].shape, AxisRange(*c.attrs));
  kernels::reduce_exact(c.exec, op, c.in[0].dtype, c.in[0].data, c.out[0].data, e.outer, e.n, e.inner);
}

/// Every type in turn; some f64 where `floats`, with zeros among them.
std::vector<Sample> exact_samples(bool floats, bool empty) {
  std::vector<Sample> out = samples::ranges({.lo = -2, .hi = 3}, 1);
  if (empty) out.push_back({{{.shape = {3, 0}}}, {.f = {1}, .i = {1, 2}}});
  const DType types[] = {DType::i64, DType::boolean, DType::i32, DType::f64};
  std::size_t k = 0;
  for (Sample& s : out) {
    s.in[0].dtype = types[k++ % (floats ? 4 : 3)];
    s.in[0].differentiate = false;
  }
  return out;
}

template <kernels::ReduceExact op>
constexpr OpDef exact_def(const char* name, std::vector<Sample> (*samples)(), const char* source) {
  OpDef def{.name = name};
  def.infer = infer_exact<op>;
  def.forward = reduce_exact<op>;
  def.samples = samples;
  def.source = source;
  def.shapes = "[*a, n, *b] -> [*a, *b]";
  return def;
}

std::vector<Sample> of_integers() { return exact_samples(false, true); }
std::vector<Sample> of_some_integers() { return exact_samples(false, false); }
std::vector<Sample> of_all_types() { return exact_samples(true, true); }

}  // namespace

constexpr OpDef integer_sum_def =
    exact_def<kernels::ReduceExact::sum>("integer_sum", of_integers, "sum of integers, modulo 2^64");
constexpr OpDef integer_prod_def =
    exact_def<kernels::ReduceExact::prod>("integer_prod", of_integers, "product of integers, modulo 2^64");
constexpr OpDef integer_max_def =
    exact_def<kernels::ReduceExact::max>("integer_max", of_some_integers, "largest of integers");
constexpr OpDef integer_min_def =
    exact_def<kernels::ReduceExact::min>("integer_min", of_some_integers, "smallest of integers");
static constexpr OpDef any_def = exact_def<kernels::ReduceExact::any>("any", of_all_types, "disjunction");
static constexpr OpDef all_def = exact_def<kernels::ReduceExact::all>("all", of_all_types, "conjunction");
static constexpr OpDef count_nonzero_def =
    exact_def<kernels::ReduceExact::count>("count_nonzero", of_all_types, "number of elements that are not 0");

Var any(const Var& x) { return reduce_together(any_def, x, ReducedAxes::all(x)); }
Var any(const Var& x, std::span<const int> axes, KeepDim keep) {
  return reduce_together(any_def, x, {"any", x, axes, keep});
}
Var any(const Var& x, int axis, KeepDim keep) { return any(x, std::span<const int>(&axis, 1), keep); }
Var all(const Var& x) { return reduce_together(all_def, x, ReducedAxes::all(x)); }
Var all(const Var& x, std::span<const int> axes, KeepDim keep) {
  return reduce_together(all_def, x, {"all", x, axes, keep});
}
Var all(const Var& x, int axis, KeepDim keep) { return all(x, std::span<const int>(&axis, 1), keep); }
Var count_nonzero(const Var& x) { return reduce_together(count_nonzero_def, x, ReducedAxes::all(x)); }
Var count_nonzero(const Var& x, std::span<const int> axes, KeepDim keep) {
  return reduce_together(count_nonzero_def, x, {"count_nonzero", x, axes, keep});
}
Var count_nonzero(const Var& x, int axis, KeepDim keep) {
  return count_nonzero(x, std::span<const int>(&axis, 1), keep);
}

OpList reduction_exact_ops() {
  static constexpr const OpDef* ops[] = {&integer_sum_def, &integer_prod_def, &integer_max_def,  &integer_min_def,
                                         &any_def,         &all_def,          &count_nonzero_def};
  return ops;
}

}  // namespace neuro
