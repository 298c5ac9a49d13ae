// What each update rule is: its name, its states, its range of options, and how a step is recorded.
#include "optim/rules.h"

#include <cmath>

#include "neuro/error.h"
#include "neuro/ops/update.h"
#include "neuro/str.h"

namespace neuro::optim {
namespace {

/// Less than the spacing of f32 at 1: no momentum.
constexpr double kLeastMomentum = 1.2e-7;
bool has_momentum(double momentum) { return momentum >= kLeastMomentum; }

/// Throws unless low <= value <= high (value < high when `below`); NaN never fits.
void require(const char* optimizer, const char* option, double value, double low, double high, bool below = false) {
  if (value >= low && (below ? value < high : value <= high)) return;
  const std::string range = std::isinf(high) ? str("at least ", low) : str("in [", low, ", ", high, below ? ")" : "]");
  throw Error(ErrorCode::invalid_argument, str(optimizer, ": ", option, " must be ", range, ", is ", value));
}
void require_at_least(const char* optimizer, const char* option, double value, double low) {
  require(optimizer, option, value, low, INFINITY, /*below=*/true);
}
void require_betas(const char* optimizer, double beta1, double beta2) {
  require(optimizer, "beta1", beta1, 0, 1, /*below=*/true);
  require(optimizer, "beta2", beta2, 0, 1, /*below=*/true);
}

template <class Options>
constexpr bool has_decay = requires(const Options& o) {
  o.decay;
};

// The options of one rule as the operations take them.
neuro::AdamOptions adam_options(const auto& o, const GroupRule& g) {
  return {
      .beta1 = o.beta1, .beta2 = o.beta2, .eps = o.eps, .l1 = g.penalty.l1, .l2 = 2 * g.penalty.l2, .decay = g.decay};
}

std::vector<Var> next(const SGDOptions& o, const GroupRule& g, const Var& p, const Var& d, std::span<const Var> s,
                      const StepLeaves& at) {
  const auto [param, m] = sgd(p, d, s.empty() ? Var() : s[0], at.lr, at.scale,
                              {o.momentum, o.dampening, g.penalty.l1, 2 * g.penalty.l2, o.nesterov});
  return {param, m};
}
std::vector<Var> next_adam(bool largest, const neuro::AdamOptions& o, const Var& p, const Var& d,
                           std::span<const Var> s, const StepLeaves& at) {
  if (largest) {
    const auto out = amsgrad(p, d, s[0], s[1], s[2], at.lr, at.step, at.scale, o);
    return {out.begin(), out.end()};
  }
  const auto out = adam(p, d, s[0], s[1], at.lr, at.step, at.scale, o);
  return {out.begin(), out.end()};
}
std::vector<Var> next(const AdamOptions& o, const GroupRule& g, const Var& p, const Var& d, std::span<const Var> s,
                      const StepLeaves& at) {
  return next_adam(o.amsgrad, adam_options(o, g), p, d, s, at);
}
std::vector<Var> next(const AdamWOptions& o, const GroupRule& g, const Var& p, const Var& d, std::span<const Var> s,
                      const StepLeaves& at) {
  return next_adam(o.amsgrad, adam_options(o, g), p, d, s, at);
}
std::vector<Var> next(const AdagradOptions& o, const GroupRule& g, const Var& p, const Var& d, std::span<const Var> s,
                      const StepLeaves& at) {
  const auto [param, v] =
      adagrad(p, d, s[0], at.lr, at.step, at.scale, {o.lr_decay, o.eps, g.penalty.l1, 2 * g.penalty.l2});
  return {param, v};
}
std::vector<Var> next(const RMSPropOptions& o, const GroupRule& g, const Var& p, const Var& d, std::span<const Var> s,
                      const StepLeaves& at) {
  const bool momentum = has_momentum(o.momentum);
  const auto out = rmsprop(p, d, s[0], o.centered ? s[1] : Var(), momentum ? s.back() : Var(), at.lr, at.scale,
                           {o.alpha, o.eps, o.momentum, g.penalty.l1, 2 * g.penalty.l2});
  std::vector<Var> values{out[0], out[1]};
  if (o.centered) values.push_back(out[2]);
  if (momentum) values.push_back(out[3]);
  return values;
}
std::vector<Var> next(const LionOptions& o, const GroupRule& g, const Var& p, const Var& d, std::span<const Var> s,
                      const StepLeaves& at) {
  const auto [param, m] =
      lion(p, d, s[0], at.lr, at.scale, {o.beta1, o.beta2, g.penalty.l1, 2 * g.penalty.l2, g.decay});
  return {param, m};
}

struct Checker {
  const char* name;

  void of(const SGDOptions& o) const {
    require_at_least(name, "momentum", o.momentum, 0);
    require(name, "dampening", o.dampening, 0, 1);
    if (has_momentum(o.momentum)) return;
    if (o.dampening != 0) throw Error(ErrorCode::invalid_argument, str(name, ": dampening needs a momentum"));
    if (o.nesterov) throw Error(ErrorCode::invalid_argument, str(name, ": nesterov needs a momentum"));
  }
  void of(const AdamOptions& o) const {
    require_betas(name, o.beta1, o.beta2);
    require_at_least(name, "eps", o.eps, 0);
  }
  void of(const AdamWOptions& o) const {
    require_betas(name, o.beta1, o.beta2);
    require_at_least(name, "eps", o.eps, 0);
  }
  void of(const AdagradOptions& o) const {
    require_at_least(name, "lr_decay", o.lr_decay, 0);
    require_at_least(name, "eps", o.eps, 0);
  }
  void of(const RMSPropOptions& o) const {
    require(name, "alpha", o.alpha, 0, 1);
    require_at_least(name, "momentum", o.momentum, 0);
    require_at_least(name, "eps", o.eps, 0);
  }
  void of(const LionOptions& o) const { require_betas(name, o.beta1, o.beta2); }
};

struct States {
  std::vector<std::string> operator()(const SGDOptions& o) const {
    return has_momentum(o.momentum) ? std::vector<std::string>{"m"} : std::vector<std::string>{};
  }
  std::vector<std::string> operator()(const AdamOptions& o) const { return adam(o.amsgrad); }
  std::vector<std::string> operator()(const AdamWOptions& o) const { return adam(o.amsgrad); }
  std::vector<std::string> operator()(const AdagradOptions&) const { return {"v"}; }
  std::vector<std::string> operator()(const RMSPropOptions& o) const {
    std::vector<std::string> out{"v"};
    if (o.centered) out.push_back("mean");
    if (has_momentum(o.momentum)) out.push_back("velocity");
    return out;
  }
  std::vector<std::string> operator()(const LionOptions&) const { return {"m"}; }

  static std::vector<std::string> adam(bool largest) {
    return largest ? std::vector<std::string>{"m", "v", "largest"} : std::vector<std::string>{"m", "v"};
  }
};

}  // namespace

const char* name_of(const Rule& rule) {
  static constexpr const char* kNames[] = {"sgd", "adam", "adamw", "adagrad", "rmsprop", "lion"};
  const auto* adam = std::get_if<AdamOptions>(&rule);
  return adam != nullptr && adam->amsgrad ? "amsgrad" : kNames[rule.index()];
}

std::vector<std::string> states_of(const Rule& rule) { return std::visit(States{}, rule); }

GroupRule group_of(const Rule& rule) {
  return std::visit(
      []<class Options>(const Options& o) {
        GroupRule group{o.penalty};
        if constexpr (has_decay<Options>) group.decay = o.decay;
        return group;
      },
      rule);
}

void check(const GroupRule& group, double lr, const char* name) {
  require_at_least(name, "lr", lr, 0);
  require_at_least(name, "l1", group.penalty.l1, 0);
  require_at_least(name, "l2", group.penalty.l2, 0);
  require_at_least(name, "decay", group.decay, 0);
}

void check(const Rule& rule) {
  const Checker checker{name_of(rule)};
  std::visit(
      [&](const auto& options) {
        check(group_of(rule), options.lr, checker.name);
        checker.of(options);
      },
      rule);
}

std::vector<Assign> record_step(const Rule& rule, const GroupRule& group, const Var& param, const Var& gradient,
                                std::span<const Var> states, const StepLeaves& leaves) {
  const std::vector<Var> values =
      std::visit([&](const auto& o) { return next(o, group, param, gradient, states, leaves); }, rule);
  std::vector<Assign> out{{param, values[0]}};
  for (std::size_t i = 0; i < states.size(); ++i) out.push_back({states[i], values[i + 1]});
  return out;
}

}  // namespace neuro::optim
