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
          std::vector<Sample> out = samples::binary({}, {});
          out.push_back({{{.shape = {5}}}});
          out.push_back({{{.shape = {3, 4}}, {.shape = {2}}, {.shape = {1}}, {.shape = {}}, {.shape = {2, 2, 2}}}});
          return out;
        },
    .source = "Pascanu, Mikolov, Bengio 2013, arXiv:1211.5063, section 3.2",
    .shapes = "[*a], [*b], ... -> []",
};
Var global_norm(std::span<const Var> gradients) {
  if (gradients.empty()) throw Error(ErrorCode::invalid_argument, "global_norm: no gradients");
  return record(global_norm_def, gradients);
}

// --- updates ---

namespace {

/// The operands of one parameter follow the `shared` ones: parameter and gradient, then `states` of them.
std::vector<ValueInfo> infer_update(const Infer& c, std::size_t shared, std::size_t states) {
  static constexpr const char* kNames[] = {"the parameter", "the gradient", "the first state", "the second state",
                                           "the third state"};
  check_type(c, 0, "lr", DType::f64);
  check_scalar(c, 0, "lr");
  if (shared == 3) {
    check_type(c, 1, "step", DType::i64);
    check_scalar(c, 1, "step");
  }
  check_float(c, shared, kNames[0]);
  for (std::size_t i = 1; i < states + 2; ++i) {
    check_shape(c, shared + i, kNames[i], c.in[shared].shape);
    check_type(c, shared + i, kNames[i], c.in[shared].dtype);
  }
  check_scalar(c, shared - 1, "scale");
  check_type(c, shared - 1, "scale", c.in[shared].dtype);
  return std::vector<ValueInfo>(states + 1, c.in[shared]);  // all but the gradient change
}

/// Where the operands that are states stand in a segment.
struct States {
  int count = 0;
  int m = -1, v = -1, u = -1;  ///< position among the states, -1: none
};

/// Runs one step over all groups of operands. The list of segments lies in worker 0's scratch.
void run_update(const Call& c, UpdateStep step, std::size_t shared, States states) noexcept {
  visit_float(c.in[shared].dtype, [&]<class T>(T) {
    step.lr *= *c.in[0].as<double>();
    step.grad_scale = static_cast<double>(*c.in[shared - 1].as<T>());
    auto* segments = reinterpret_cast<UpdateSegment<T>*>(c.exec.of(0));
    std::int64_t count = 0;
    for (std::size_t i = shared; i < c.in.size(); i += static_cast<std::size_t>(states.count) + 2) {
      const auto state = [&](int k) { return k < 0 ? nullptr : c.in[i + 2 + static_cast<std::size_t>(k)].as<T>(); };
      segments[count++] = {c.in[i].as<T>(), c.in[i + 1].as<T>(), state(states.m),
                           state(states.v), state(states.u),     c.in[i].size()};
    }
    kernels::update<T>(c.exec, step, segments, count);
  });
}

std::size_t segment_bytes(const Call& c) { return c.in.size() * sizeof(UpdateSegment<double>); }

/// `lo[k]`: the least value of state k, the largest is 2 above it.
std::vector<Sample> update_samples(std::size_t shared, std::initializer_list<double> lo, const Attrs& attrs) {
  std::vector<Sample> out;
  for (const Sample& s : samples::unary({})) {
    Sample update{{{.shape = {}, .lo = 0.01, .hi = 0.1, .differentiate = false, .fixed_type = true}}, attrs};  // lr
    if (shared == 3) update.in.push_back({.shape = {}, .lo = 1, .hi = 9, .dtype = DType::i64});
    update.in.push_back({.shape = {}, .lo = 0.5, .hi = 1, .differentiate = false});  // scale
    SampleInput in = s.in[0];
    in.differentiate = false;
    update.in.insert(update.in.end(), 2, in);
    for (const double least : lo) {
      in.lo = least;
      in.hi = least + 2;
      update.in.push_back(in);
    }
    out.push_back(update);
  }
  return out;
}

/// Output 0 overwrites the parameter, output k the state k - 1.
template <int shared>
int overwritten(int output) {
  return output == 0 ? shared : shared + 1 + output;
}

std::int64_t bits(double x) { return std::bit_cast<std::int64_t>(x); }
double number(std::int64_t bits) { return std::bit_cast<double>(bits); }

// Attributes are f = beta1, beta2, eps, l2; i = bits of l1, decay.
template <bool amsgrad>
constexpr OpDef adam_of{
    .name = amsgrad ? "amsgrad" : "adam",  // lr, step, scale | parameter, gradient, m, v[, largest v]
    .infer = [](const Infer& c) { return infer_update(c, 3, amsgrad ? 3 : 2); },
    .forward =
        [](const Call& c) noexcept {
          const auto t = static_cast<double>(*c.in[1].as<std::int64_t>());
          UpdateStep step;
          step.rule = kernels::UpdateRule::adam;
          step.lr = 1;
          step.beta1 = c.attrs->f[0];
          step.beta2 = c.attrs->f[1];
          step.eps = c.attrs->f[2];
          step.l2 = c.attrs->f[3];
          step.l1 = number(c.attrs->i[0]);
          step.decay = number(c.attrs->i[1]);
          step.correction1 = 1 - std::pow(step.beta1, t);
          step.correction2 = 1 - std::pow(step.beta2, t);
          run_update(c, step, 3, {.count = amsgrad ? 3 : 2, .m = 0, .v = 1, .u = amsgrad ? 2 : -1});
        },
    .scratch = segment_bytes,
    .samples =
        [] {
          const Attrs attrs{.f = {0.9, 0.999, 1e-8, 0.01}, .i = {bits(0.05), bits(0.02)}};
          return amsgrad ? update_samples(3, {-1, 0.1, 0.1}, attrs) : update_samples(3, {-1, 0.1}, attrs);
        },
    .overwrites = overwritten<3>,
    .shared_inputs = 3,
    .group_inputs = amsgrad ? 5 : 4,
    .group_outputs = amsgrad ? 4 : 3,
    .source = amsgrad ? "Reddi, Kale, Kumar 2018, arXiv:1904.09237, algorithm 2"
                      : "Kingma and Ba 2015, arXiv:1412.6980, algorithm 1; decay: Loshchilov and Hutter 2019, "
                        "arXiv:1711.05101",
    .shapes = "parameter, gradient, states [*s] -> parameter, states [*s]",
};

// Attributes are f = momentum, dampening, l2, nesterov; i = bits of l1.
template <bool momentum>
constexpr OpDef sgd_of{
    .name = momentum ? "sgd_momentum" : "sgd",  // lr, scale | parameter, gradient[, m]
    .infer = [](const Infer& c) { return infer_update(c, 2, momentum ? 1 : 0); },
    .forward =
        [](const Call& c) noexcept {
          UpdateStep step;
          step.rule = kernels::UpdateRule::sgd;
          step.lr = 1;
          step.momentum = c.attrs->f[0];
          step.dampening = c.attrs->f[1];
          step.l2 = c.attrs->f[2];
          step.nesterov = c.attrs->f[3] != 0;
          step.l1 = number(c.attrs->i[0]);
          run_update(c, step, 2, {.count = momentum ? 1 : 0, .m = momentum ? 0 : -1});
        },
    .scratch = segment_bytes,
    .samples =
        [] {
          const Attrs attrs{.f = {0.9, 0.1, 0.01, 1}, .i = {bits(0.05)}};
          return momentum ? update_samples(2, {-1}, attrs) : update_samples(2, {}, attrs);
        },
    .overwrites = overwritten<2>,
    .shared_inputs = 2,
    .group_inputs = momentum ? 3 : 2,
    .group_outputs = momentum ? 2 : 1,
    .source = "autograd.md, section 6",
    .shapes = "parameter, gradient, states [*s] -> parameter, states [*s]",
};

constexpr OpDef adagrad_def{
    .name = "adagrad",  // lr, step, scale | parameter, gradient, v; f = lr_decay, eps, l2, l1
    .infer = [](const Infer& c) { return infer_update(c, 3, 1); },
    .forward =
        [](const Call& c) noexcept {
          const auto t = static_cast<double>(*c.in[1].as<std::int64_t>());
          UpdateStep step;
          step.rule = kernels::UpdateRule::adagrad;
          step.lr = 1 / (1 + (t - 1) * c.attrs->f[0]);
          step.eps = c.attrs->f[1];
          step.l2 = c.attrs->f[2];
          step.l1 = c.attrs->f[3];
          run_update(c, step, 3, {.count = 1, .v = 0});
        },
    .scratch = segment_bytes,
    .samples =
        [] {
          return update_samples(3, {0.1}, {.f = {0.1, 1e-10, 0.01, 0.05}});
        },
    .overwrites = overwritten<3>,
    .shared_inputs = 3,
    .group_inputs = 3,
    .group_outputs = 2,
    .source = "Duchi, Hazan, Singer 2011, Adaptive subgradient methods; autograd.md, section 6",
    .shapes = "parameter, gradient, G [*s] -> parameter, G [*s]",
};

// Attributes are f = alpha, eps, l2, l1; i = bits of momentum. States: v, then m when centred, then u with momentum.
template <bool centred, bool momentum>
constexpr OpDef rmsprop_of{
    .name = centred    ? momentum ? "rmsprop_centered_momentum" : "rmsprop_centered"
            : momentum ? "rmsprop_momentum"
                       : "rmsprop",  // lr, scale | parameter, gradient, v[, m][, u]
    .infer = [](const Infer& c) { return infer_update(c, 2, 1 + centred + momentum); },
    .forward =
        [](const Call& c) noexcept {
          UpdateStep step;
          step.rule = kernels::UpdateRule::rmsprop;
          step.lr = 1;
          step.beta2 = c.attrs->f[0];
          step.eps = c.attrs->f[1];
          step.l2 = c.attrs->f[2];
          step.l1 = c.attrs->f[3];
          step.momentum = number(c.attrs->i[0]);
          run_update(
              c, step, 2,
              {.count = 1 + centred + momentum, .m = centred ? 1 : -1, .v = 0, .u = momentum ? 1 + centred : -1});
        },
    .scratch = segment_bytes,
    .samples =
        [] {
          // v stays well above m^2, where a difference in the last place is no difference in the root
          const Attrs attrs{.f = {0.9, 1e-8, 0.01, 0.05}, .i = {bits(0.8)}};
          return centred    ? momentum ? update_samples(2, {4.1, -1, -1}, attrs) : update_samples(2, {4.1, -1}, attrs)
                    : momentum ? update_samples(2, {0.1, -1}, attrs)
                            : update_samples(2, {0.1}, attrs);
        },
    .overwrites = overwritten<2>,
    .shared_inputs = 2,
    .group_inputs = 3 + centred + momentum,
    .group_outputs = 2 + centred + momentum,
    .source = "Tieleman and Hinton 2012, lecture 6.5; centred: Graves 2013, arXiv:1308.0850, eq. 40",
    .shapes = "parameter, gradient, states [*s] -> parameter, states [*s]",
};

constexpr OpDef lion_def{
    .name = "lion",  // lr, scale | parameter, gradient, m; f = beta1, beta2, l2, l1; i = bits of decay
    .infer = [](const Infer& c) { return infer_update(c, 2, 1); },
    .forward =
        [](const Call& c) noexcept {
          UpdateStep step;
          step.rule = kernels::UpdateRule::lion;
          step.lr = 1;
          step.beta1 = c.attrs->f[0];
          step.beta2 = c.attrs->f[1];
          step.l2 = c.attrs->f[2];
          step.l1 = c.attrs->f[3];
          step.decay = number(c.attrs->i[0]);
          run_update(c, step, 2, {.count = 1, .m = 0});
        },
    .scratch = segment_bytes,
    .samples =
        [] {
          return update_samples(2, {-1}, {.f = {0.9, 0.99, 0.01, 0.05}, .i = {bits(0.02)}});
        },
    .overwrites = overwritten<2>,
    .shared_inputs = 2,
    .group_inputs = 3,
    .group_outputs = 2,
    .source = "Chen et al. 2023, arXiv:2302.06675, algorithm 2",
    .shapes = "parameter, gradient, m [*s] -> parameter, m [*s]",
};

}  // namespace

std::array<Var, 3> adam(const Var& param, const Var& gradient, const Var& m, const Var& v, const Var& lr,
                        const Var& step, const Var& scale, const AdamOptions& o) {
  const Var in[] = {lr, step, scale, param, gradient, m, v};
  const auto out =
      record_all(adam_of<false>, in, {.f = {o.beta1, o.beta2, o.eps, o.l2}, .i = {bits(o.l1), bits(o.decay)}});
  return {out[0], out[1], out[2]};
}

std::array<Var, 4> amsgrad(const Var& param, const Var& gradient, const Var& m, const Var& v, const Var& largest,
                           const Var& lr, const Var& step, const Var& scale, const AdamOptions& o) {
  const Var in[] = {lr, step, scale, param, gradient, m, v, largest};
  const auto out =
      record_all(adam_of<true>, in, {.f = {o.beta1, o.beta2, o.eps, o.l2}, .i = {bits(o.l1), bits(o.decay)}});
  return {out[0], out[1], out[2], out[3]};
}

std::array<Var, 2> sgd(const Var& param, const Var& gradient, const Var& m, const Var& lr, const Var& scale,
                       const SgdOptions& o) {
  if (!m.defined())
    return {record(sgd_of<false>, {lr, scale, param, gradient}, {.f = {0, 0, o.l2}, .i = {bits(o.l1)}}), Var()};
  const Var in[] = {lr, scale, param, gradient, m};
  const auto out =
      record_all(sgd_of<true>, in, {.f = {o.momentum, o.dampening, o.l2, o.nesterov ? 1.0 : 0.0}, .i = {bits(o.l1)}});
  return {out[0], out[1]};
}

std::array<Var, 2> adagrad(const Var& param, const Var& gradient, const Var& v, const Var& lr, const Var& step,
                           const Var& scale, const AdagradOptions& o) {
  const Var in[] = {lr, step, scale, param, gradient, v};
  const auto out = record_all(adagrad_def, in, {.f = {o.lr_decay, o.eps, o.l2, o.l1}});
  return {out[0], out[1]};
}

std::array<Var, 4> rmsprop(const Var& param, const Var& gradient, const Var& v, const Var& mean, const Var& velocity,
                           const Var& lr, const Var& scale, const RmspropOptions& o) {
  const bool centred = mean.defined(), momentum = velocity.defined();
  std::vector<Var> in{lr, scale, param, gradient, v};
  if (centred) in.push_back(mean);
  if (momentum) in.push_back(velocity);
  const OpDef& op = centred    ? momentum ? rmsprop_of<true, true> : rmsprop_of<true, false>
                       : momentum ? rmsprop_of<false, true>
                               : rmsprop_of<false, false>;
  const auto out = record_all(op, in, {.f = {o.alpha, o.eps, o.l2, o.l1}, .i = {bits(o.momentum)}});
  return {out[0], out[1], centred ? out[2] : Var(), momentum ? out.back() : Var()};
}

std::array<Var, 2> lion(const Var& param, const Var& gradient, const Var& m, const Var& lr, const Var& scale,
                        const LionOptions& o) {
  const Var in[] = {lr, scale, param, gradient, m};
  const auto out = record_all(lion_def, in, {.f = {o.beta1, o.beta2, o.l2, o.l1}, .i = {bits(o.decay)}});
  return {out[0], out[1]};
}

OpList update_ops() {
  static constexpr const OpDef* ops[] = {
      &global_norm_def,
      &adam_of<false>,
      &adam_of<true>,
      &sgd_of<false>,
      &sgd_of<true>,
      &adagrad_def,
      &rmsprop_of<false, false>,
      &rmsprop_of<false, true>,
      &rmsprop_of<true, false>,
      &rmsprop_of<true, true>,
      &lion_def,
  };
  return ops;
}

}  // namespace neuro
