// Optimizer steps and the gradient norm. An update overwrites its parameter and state; the planner makes one call of
// the updates of all parameters.
#include <bit>
#include <cmath>

#include "neuro/kernels/reduce.h"
#include "neuro/kernels/update.h"
#include "neuro/ops.h"
#include "ops/ops_internal.h"
#include "ops/rules.h"
#include "ops/samples.h"

namespace neuro {
namespace {

using kernels::Segment;
using kernels::UpdateSegment;
using kernels::UpdateStep;

void check_scalar(const Infer& c, std::size_t i, const char* what) {
  if (c.in[i].shape.elements() != 1) shape_error(c.op, what, " must be a scalar, got ", c.in[i].shape);
}

// The list of segments lies behind the kernel's scratch, which holds a double for each chunk.
std::size_t partials_bytes(const Call& c) {
  std::int64_t chunks = 0;
  for (const Operand& x : c.in) chunks += (x.size() + kernels::kReduceChunk - 1) / kernels::kReduceChunk;
  return (static_cast<std::size_t>(chunks) * sizeof(double) + 63) / 64 * 64;
}

}  // namespace

static constexpr OpDef global_norm_def{
    .name = "global_norm",
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      check_float(c, 0, "a gradient");
      for (std::size_t i = 1; i < c.in.size(); ++i) check_same_type(c, i, "a gradient");
      return {{Shape{}, c.in[0].dtype}};
    },
    .forward =
        [](const Call& c) noexcept {
          visit_float(c.in[0].dtype, [&]<class T>(T) {
            auto* segments = reinterpret_cast<Segment<T>*>(c.exec.of(0) + partials_bytes(c));
            for (std::size_t i = 0; i < c.in.size(); ++i) segments[i] = {c.in[i].as<T>(), c.in[i].size()};
            *c.out[0].as<T>() = kernels::global_norm<T>(c.exec, segments, static_cast<std::int64_t>(c.in.size()));
          });
        },
    .scratch = [](const Call& c) { return partials_bytes(c) + c.in.size() * sizeof(Segment<double>); },
    .vjp =
        [](const Vjp& v) {  // d||g|| = g dg / ||g||
          Grads out;
          for (std::size_t i = 0; i < v.in.size(); ++i)
            out.push_back(v.wants(i) ? v.in[i] * (v.gy[0] / v.out[0]) : Var());
          return out;
        },
    .samples =
        [] {
          std::vector<Sample> out;
          for (const Sample& s : samples::binary({}, {})) {
            if (s.in[0].shape.elements() > 0) out.push_back(s);
          }
          out.push_back({{{.shape = {5}}}});
          out.push_back({{{.shape = {3, 4}}, {.shape = {2}}, {.shape = {1}}, {.shape = {}}, {.shape = {2, 2, 2}}}});
          return out;
        },
    .source = "Pascanu, Mikolov, Bengio 2013, arXiv:1211.5063, section 3.2",
};
Var global_norm(std::span<const Var> gradients) {
  if (gradients.empty()) throw Error(ErrorCode::invalid_argument, "global_norm: no gradients");
  return record(global_norm_def, gradients);
}

// --- adam, sgd ---

namespace {

/// The operands of one parameter follow the shared ones: `per` of them, parameter and gradient first, then state.
std::vector<ValueInfo> infer_update(const Infer& c, std::size_t shared, std::size_t per) {
  static constexpr const char* kNames[] = {"the parameter", "the gradient", "m", "v"};
  check_type(c, 0, "lr", DType::f64);
  check_scalar(c, 0, "lr");
  check_float(c, shared, kNames[0]);
  for (std::size_t i = 1; i < per; ++i) {
    check_shape(c, shared + i, kNames[i], c.in[shared].shape);
    check_type(c, shared + i, kNames[i], c.in[shared].dtype);
  }
  check_scalar(c, shared - 1, "scale");
  check_type(c, shared - 1, "scale", c.in[shared].dtype);
  return std::vector<ValueInfo>(per - 1, c.in[shared]);  // all but the gradient change
}

/// Runs one step over all groups of operands. The list of segments lies in worker 0's scratch.
void run_update(const Call& c, UpdateStep step, std::size_t shared, std::size_t per) noexcept {
  visit_float(c.in[shared].dtype, [&]<class T>(T) {
    step.lr = *c.in[0].as<double>();
    step.grad_scale = static_cast<double>(*c.in[shared - 1].as<T>());
    auto* segments = reinterpret_cast<UpdateSegment<T>*>(c.exec.of(0));
    std::int64_t count = 0;
    for (std::size_t i = shared; i < c.in.size(); i += per) {
      segments[count++] = {c.in[i].as<T>(), c.in[i + 1].as<T>(), per > 2 ? c.in[i + 2].as<T>() : nullptr,
                           per > 3 ? c.in[i + 3].as<T>() : nullptr, c.in[i].size()};
    }
    kernels::update<T>(c.exec, step, segments, count);
  });
}

std::size_t segment_bytes(const Call& c) { return c.in.size() * sizeof(UpdateSegment<double>); }

std::vector<Sample> update_samples(std::size_t scalars, std::size_t per, const Attrs& attrs) {
  std::vector<Sample> out;
  for (const Sample& s : samples::unary({})) {
    Sample update{{{.shape = {}, .lo = 0.01, .hi = 0.1, .differentiate = false, .fixed_type = true}}, attrs};  // lr
    if (scalars == 3) update.in.push_back({.shape = {}, .lo = 1, .hi = 9, .dtype = DType::i64});
    update.in.push_back({.shape = {}, .lo = 0.5, .hi = 1, .differentiate = false});  // scale
    for (std::size_t i = 0; i < per; ++i) {
      SampleInput in = s.in[0];
      in.lo = i == 3 ? 0.1 : -2;  // v is a mean of squares
      in.differentiate = false;
      update.in.push_back(in);
    }
    out.push_back(update);
  }
  return out;
}

}  // namespace

static constexpr OpDef adam_def{
    .name = "adam",  // lr, step, scale | parameter, gradient, m, v; f = beta1, beta2, eps, l2; i = bits of decay
    .infer =
        [](const Infer& c) {
          check_type(c, 1, "step", DType::i64);
          check_scalar(c, 1, "step");
          return infer_update(c, 3, 4);
        },
    .forward =
        [](const Call& c) noexcept {
          const auto& [beta1, beta2, eps, l2] = c.attrs->f;
          const auto t = static_cast<double>(*c.in[1].as<std::int64_t>());
          UpdateStep step;
          step.rule = kernels::UpdateRule::adam;
          step.l2 = l2;
          step.decay = std::bit_cast<double>(c.attrs->i[0]);
          step.beta1 = beta1;
          step.beta2 = beta2;
          step.eps = eps;
          step.correction1 = 1 - std::pow(beta1, t);
          step.correction2 = 1 - std::pow(beta2, t);
          run_update(c, step, 3, 4);
        },
    .scratch = segment_bytes,
    .samples =
        [] {
          return update_samples(3, 4, {.f = {0.9, 0.999, 1e-8, 0.01}, .i = {std::bit_cast<std::int64_t>(0.02)}});
        },
    .overwrites = [](int output) { return output == 0 ? 3 : 4 + output; },
    .shared_inputs = 3,
    .group_inputs = 4,
    .group_outputs = 3,
    .source = "Kingma and Ba 2015, arXiv:1412.6980, algorithm 1; decay: Loshchilov and Hutter 2019, arXiv:1711.05101",
};

std::array<Var, 3> adam(const Var& param, const Var& gradient, const Var& m, const Var& v, const Var& lr,
                        const Var& step, const Var& scale, const AdamOptions& o) {
  const Var in[] = {lr, step, scale, param, gradient, m, v};
  const auto out =
      record_all(adam_def, in, {.f = {o.beta1, o.beta2, o.eps, o.l2}, .i = {std::bit_cast<std::int64_t>(o.decay)}});
  return {out[0], out[1], out[2]};
}

static constexpr OpDef sgd_def{
    .name = "sgd",  // lr, scale | parameter, gradient; f[2] = l2
    .infer = [](const Infer& c) { return infer_update(c, 2, 2); },
    .forward =
        [](const Call& c) noexcept {
          UpdateStep step;
          step.rule = kernels::UpdateRule::sgd;
          step.l2 = c.attrs->f[2];
          run_update(c, step, 2, 2);
        },
    .scratch = segment_bytes,
    .samples =
        [] {
          return update_samples(2, 2, {.f = {0, 0, 0.01}});
        },
    .overwrites = [](int) { return 2; },
    .shared_inputs = 2,
    .group_inputs = 2,
    .group_outputs = 1,
    .source = "autograd.md, section 6",
};

static constexpr OpDef sgd_momentum_def{
    .name = "sgd_momentum",  // lr, scale | parameter, gradient, m; f = momentum, dampening, l2, nesterov
    .infer = [](const Infer& c) { return infer_update(c, 2, 3); },
    .forward =
        [](const Call& c) noexcept {
          UpdateStep step;
          step.rule = kernels::UpdateRule::sgd;
          step.momentum = c.attrs->f[0];
          step.dampening = c.attrs->f[1];
          step.l2 = c.attrs->f[2];
          step.nesterov = c.attrs->f[3] != 0;
          run_update(c, step, 2, 3);
        },
    .scratch = segment_bytes,
    .samples =
        [] {
          return update_samples(2, 3, {.f = {0.9, 0.1, 0.01, 1}});
        },
    .overwrites = [](int output) { return output == 0 ? 2 : 4; },
    .shared_inputs = 2,
    .group_inputs = 3,
    .group_outputs = 2,
    .source = "autograd.md, section 6",
};

std::array<Var, 2> sgd(const Var& param, const Var& gradient, const Var& m, const Var& lr, const Var& scale,
                       const SgdOptions& o) {
  if (!m.defined()) return {record(sgd_def, {lr, scale, param, gradient}, {.f = {0, 0, o.l2}}), Var()};
  const Var in[] = {lr, scale, param, gradient, m};
  const auto out = record_all(sgd_momentum_def, in, {.f = {o.momentum, o.dampening, o.l2, o.nesterov ? 1.0 : 0.0}});
  return {out[0], out[1]};
}

OpList update_ops() {
  static constexpr const OpDef* ops[] = {&global_norm_def, &adam_def, &sgd_def, &sgd_momentum_def};
  return ops;
}

}  // namespace neuro
