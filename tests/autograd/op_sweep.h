#pragma once
// What the sweeps over all operations share: drawing the inputs of a sample, and recording the operation on them.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "neuro/kernels/table.h"
#include "neuro/op.h"
#include "neuro/ops.h"
#include "neuro/plan.h"
#include "neuro/random.h"
#include "neuro/str.h"

namespace neuro::sweep {

/// The leaf behind an input. A strided input is every second element of a leaf with its axes in the opposite order.
inline Shape leaf_shape(const SampleInput& in) {
  if (!in.strided || in.shape.rank() == 0) return in.shape;
  std::vector<std::int64_t> sizes(in.shape.begin(), in.shape.end());
  std::reverse(sizes.begin(), sizes.end());
  sizes.back() *= 2;
  return Shape(sizes);
}

inline Var operand(const Var& leaf, const SampleInput& in) {
  if (!in.strided || in.shape.rank() == 0) return leaf;
  const int last = leaf.rank() - 1;
  return t(slice(leaf, last, 0, leaf.shape()[last], 2));
}

/// Values as SampleInput promises them, in `type` where the input stands for the type under test.
inline Var draw(const SampleInput& in, DType type, std::uint64_t stream) {
  const RandomStream random(/*seed=*/7, stream);
  std::uint64_t draws = 0;
  Tensor values = Tensor::empty(leaf_shape(in), DType::f64);
  const auto n = static_cast<std::uint64_t>(values.size());
  if (in.distinct) {
    EXPECT_GE((in.hi - in.lo) / static_cast<double>(n), 0.05) << "too many values to be distinct";
  }
  for (std::uint64_t i = 0; i < n; ++i) {
    const auto fresh = [&] { return in.lo + (in.hi - in.lo) * random.uniform(draws++); };
    double x = in.distinct
                   ? in.lo + (in.hi - in.lo) / static_cast<double>(n) * static_cast<double>(permuted(i, n, 7, stream))
                   : fresh();
    const auto near_kink = [&] {
      for (const double kink : in.kinks) {
        if (std::abs(x - kink) < 0.05) return true;
      }
      return false;
    };
    while (near_kink()) x = fresh();
    if (in.dtype == DType::boolean) x = random.bits(i) & 1u;
    if (in.dtype == DType::i64 || in.dtype == DType::i32) x = std::floor(x);
    values.data<double>()[i] = x;
  }
  const DType wanted = in.dtype == DType::f64 && !in.fixed_type ? type : in.dtype;
  const Var leaf(wanted == DType::f64 ? values : values.to(wanted));
  return is_floating(wanted) && in.differentiate ? leaf.requires_grad() : leaf;
}

inline std::vector<Var> draw(const Sample& sample, DType type) {
  std::vector<Var> leaves;
  for (const SampleInput& in : sample.in) leaves.push_back(draw(in, type, leaves.size()));
  return leaves;
}

inline std::vector<Var> apply(const OpDef& op, const Sample& sample, std::span<const Var> leaves) {
  std::vector<Var> in;
  for (std::size_t i = 0; i < leaves.size(); ++i) in.push_back(operand(leaves[i], sample.in[i]));
  return record_all(op, in, sample.attrs);
}

/// All outputs, then the gradients of the floating ones, weighted by fixed numbers, by the differentiable leaves.
inline std::vector<Var> outputs_and_gradients(const OpDef& op, const Sample& sample, std::span<const Var> leaves) {
  std::vector<Var> out = apply(op, sample, leaves), xs;
  for (const Var& leaf : leaves) {
    if (leaf.differentiable()) xs.push_back(leaf);
  }
  Var total;
  for (const Var& y : out) {
    if (!is_floating(y.dtype()) || !y.differentiable()) continue;
    const Var term = convert(sum(y * draw({.shape = y.shape()}, y.dtype(), 99).detach()), DType::f64);
    total = total.defined() ? total + term : term;
  }
  if (total.defined()) {
    for (const Var& g : grad(total, xs)) out.push_back(g);
  }
  return out;
}

inline std::vector<Tensor> run(const std::vector<Var>& wanted, Planning planning) {
  Replay replay({wanted}, nullptr, planning);
  replay.run();
  std::vector<Tensor> out;
  for (std::size_t i = 0; i < wanted.size(); ++i) out.push_back(replay.output(i).clone());
  return out;
}

inline bool same_bits(const Tensor& a, const Tensor& b) {
  return a.shape() == b.shape() && a.dtype() == b.dtype() && std::memcmp(a.raw(), b.raw(), a.bytes()) == 0;
}

/// "2x3 5x1 strided": tells samples apart in messages.
inline std::string text(const Sample& sample) {
  std::string out;
  for (const SampleInput& in : sample.in) out += str(in.shape, in.strided ? " strided " : " ");
  for (const double f : sample.attrs.f) out += str(f, ' ');
  for (const std::int64_t i : sample.attrs.i) out += str(i, ' ');
  return out;
}

/// Largest difference between results in f32 and those in f64 of the same f32 operands, relative to the largest entry
/// of all results of a sample (gradients are among them), in units of 2^-23. (ops_plan_test.cpp)
double bound_of(std::string_view op);

/// A descriptor that no user calls: a derivative's own, or a part of norms. Who records it has checked its operands.
inline bool is_internal(std::string_view op) {
  for (const std::string_view part : {"_grad", "_backward", "_gather", "channel_", "resample"}) {
    if (op.find(part) != std::string_view::npos) return true;
  }
  return false;
}

inline std::string name(const ::testing::TestParamInfo<const OpDef*>& info) { return info.param->name; }

}  // namespace neuro::sweep
