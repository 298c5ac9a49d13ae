#pragma once
// Optimizers: what a training loop in C++ calls after `backward()`. (spec: autograd.md, section 6)
//
//     optim::Adam opt(layer.parameters(), {.lr = 1e-3});
//     for (...) { opt.zero_grad(); loss.forward(); loss.backward(); opt.step(); }
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "neuro/plan.h"
#include "neuro/state.h"
#include "neuro/var.h"

namespace neuro::optim {

/// What is added to a gradient for a parameter w: l1 sign(w) + 2 l2 w, with sign(0) = 0. `.grad()` is left as it is.
/// (PyTorch's weight_decay is 2 l2.)
struct Penalty {
  double l1 = 0, l2 = 0;
};
inline Penalty L1(double lambda) { return {lambda, 0}; }
inline Penalty L2(double lambda) { return {0, lambda}; }
inline Penalty ElasticNet(double lambda1, double lambda2) { return {lambda1, lambda2}; }

// The options of each optimizer. `lr`, `penalty` and `decay` are those of the first group of parameters. d is the
// penalised gradient, t counts a parameter's steps from 1.

/// w -= lr d; with momentum v = momentum v + (1 - dampening) d, w -= lr v, or lr (d + momentum v) with nesterov. v
/// starts as 0, so that dampening applies to the first step too (PyTorch's does not). A momentum below 1.2e-7 is none.
struct SGDOptions {
  double lr = 1e-3;
  Penalty penalty = {};
  double momentum = 0, dampening = 0;
  bool nesterov = false;
};
/// m = beta1 m + (1 - beta1) d, s = beta2 s + (1 - beta2) d^2,
/// w -= lr / (1 - beta1^t) m / (sqrt(s) / sqrt(1 - beta2^t) + eps). (Kingma and Ba 2015, algorithm 1) With amsgrad the
/// largest s so far stands in the denominator. (Reddi et al. 2018)
struct AdamOptions {
  double lr = 1e-3;
  double beta1 = 0.9, beta2 = 0.999;
  Penalty penalty = {};
  double eps = 1e-8;
  bool amsgrad = false;
};
/// Adam after w has been multiplied by 1 - lr decay. (Loshchilov and Hutter 2019, arXiv:1711.05101)
struct AdamWOptions {
  double lr = 1e-3;
  double beta1 = 0.9, beta2 = 0.999;
  double decay = 0.01;
  Penalty penalty = {};
  double eps = 1e-8;
  bool amsgrad = false;
};
/// G += d^2, w -= lr / (1 + (t - 1) lr_decay) d / (sqrt(G) + eps). (Duchi, Hazan, Singer 2011)
struct AdagradOptions {
  double lr = 1e-2;
  double lr_decay = 0;
  Penalty penalty = {};
  double eps = 1e-10;
};
/// s = alpha s + (1 - alpha) d^2, q = d / (sqrt(s) + eps), w -= lr q; centered: with a = alpha a + (1 - alpha) d,
/// max(s - a^2, 0) stands for s in q; with momentum b = momentum b + q, w -= lr b. (Hinton 2012; Graves 2013, eq. 40)
struct RMSPropOptions {
  double lr = 1e-2;
  Penalty penalty = {};
  double alpha = 0.99;
  double momentum = 0;
  bool centered = false;
  double eps = 1e-8;
};
/// w -= lr (sign(beta1 m + (1 - beta1) d) + decay w), m = beta2 m + (1 - beta2) d. (Chen et al. 2023, algorithm 2)
struct LionOptions {
  double lr = 1e-4;
  double beta1 = 0.9, beta2 = 0.99;
  double decay = 0;
  Penalty penalty = {};
};

/// An update rule is its options. These four functions are all that knows what each rule is: the classes below and the
/// optimizers of training configs are written with them.
using Rule = std::variant<SGDOptions, AdamOptions, AdamWOptions, AdagradOptions, RMSPropOptions, LionOptions>;

/// "sgd", "adam", "amsgrad", "adamw", "adagrad", "rmsprop", "lion".
const char* name_of(const Rule& rule);
/// What a parameter keeps from step to step, by name ("m", "v"): each a tensor of its shape and type, zeros at first.
std::vector<std::string> states_of(const Rule& rule);
/// Throws Error(invalid_argument), naming the optimizer and the option, for a value out of range, and for dampening or
/// nesterov without momentum.
void check(const Rule& rule);

/// Scalars that change from step to step.
struct StepLeaves {
  Var lr;     ///< f64
  Var step;   ///< i64, 1 in a parameter's first step
  Var scale;  ///< of the parameters' type: what clipping multiplies gradients with
};
/// What a group of parameters may have for itself.
struct GroupRule {
  Penalty penalty;
  double decay = 0;  ///< of adamw and lion
};
GroupRule group_of(const Rule& rule);  ///< the penalty and decay of the options
/// Records one step: the assignments to the parameter and to its states (in the order of states_of).
std::vector<Assign> record_step(const Rule& rule, const GroupRule& group, const Var& param, const Var& gradient,
                                std::span<const Var> states, const StepLeaves& leaves);

/// What a group differs in; what is not given is as in the options.
struct GroupOptions {
  std::optional<double> lr = {};
  std::optional<Penalty> penalty = {};
  std::optional<double> decay = {};
};

/// Parameters in groups, and one update of all of them as one plan: a step allocates nothing after the first, and a
/// changed learning rate plans nothing anew. Used by one thread at a time. Schedulers refer to it: it does not move.
class Optimizer {
 public:
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;
  ~Optimizer();

  /// Adds a parameter to a group; its own step count starts at its first step. Throws Error(invalid_argument) for a
  /// value that is not a differentiable leaf, that is registered already, and for a group that does not exist.
  void register_parameter(const Var& parameter, std::size_t group = 0);
  /// A new group; returns its number (the first group is 0).
  std::size_t add_group(std::span<const Var> parameters, const GroupOptions& options);
  std::size_t groups() const { return groups_.size(); }
  std::vector<Var> parameters() const;

  /// One update from the gradients as they are. Leaves that were computed from the parameters are out of date then.
  void step();
  void zero_grad() const;

  double lr(std::size_t group = 0) const;
  /// Any finite number: what a schedule may ask for. Throws Error(invalid_argument) otherwise.
  void set_lr(double lr, std::size_t group = 0);
  Penalty penalty(std::size_t group = 0) const;
  void set_penalty(Penalty penalty, std::size_t group = 0);

  /// "adam.m.0", "adam.v.0", ... by the order of registration, "step.0" for each parameter and "lr.0" for each group;
  /// the tensors are copies.
  StateDict state_dict() const;
  /// Copies the values in. Throws Error(checkpoint), changing nothing, when a tensor is missing or does not fit.
  void load_state_dict(const StateDict& state);

 protected:
  Optimizer(std::span<const Var> parameters, Rule rule, double lr);
  const Rule& rule() const { return rule_; }
  void set_rule(Rule rule, double lr);

 private:
  struct Group {
    Var lr;  // f64 leaf
    GroupRule rule;
    bool own_penalty = false, own_decay = false;
  };
  struct Entry {
    Var parameter;
    std::size_t group = 0;
    std::int64_t steps = 0;
    std::vector<std::pair<std::string, Var>> states;
    const void* gradient = nullptr;  // memory that the plan reads
  };
  struct Counter {  // of the parameters that have made the same number of steps
    Var leaf;
    std::int64_t steps;
  };

  Group& group_at(std::size_t group);
  const Group& group_at(std::size_t group) const;
  void replan();

  Rule rule_;
  std::vector<Group> groups_;
  std::vector<Entry> entries_;
  std::vector<Counter> counters_;
  std::unique_ptr<Replay> plan_;  // null: to be made at the next step
};

/// An optimizer with its options. `set_options` takes effect at the next step; states that stay in use keep their
/// values.
template <class Options>
class OptimizerOf : public Optimizer {
 public:
  explicit OptimizerOf(std::span<const Var> parameters, const Options& options = {})
      : Optimizer(parameters, options, options.lr) {}
  explicit OptimizerOf(const Options& options = {}) : Optimizer({}, options, options.lr) {}

  /// As they were set; `lr()` and `penalty()` tell what holds now for each group.
  const Options& options() const { return std::get<Options>(rule()); }
  /// All of them, those of the first group (lr, penalty, decay) included. Throws what `check` throws.
  void set_options(const Options& options) { set_rule(options, options.lr); }
};

using SGD = OptimizerOf<SGDOptions>;
using Adam = OptimizerOf<AdamOptions>;
using AdamW = OptimizerOf<AdamWOptions>;
using Adagrad = OptimizerOf<AdagradOptions>;
using RMSProp = OptimizerOf<RMSPropOptions>;
using Lion = OptimizerOf<LionOptions>;
/// Adam with amsgrad.
class AMSGrad : public Adam {
 public:
  explicit AMSGrad(std::span<const Var> parameters, AdamOptions options = {}) : Adam(parameters, with(options)) {}
  explicit AMSGrad(AdamOptions options = {}) : Adam(with(options)) {}

 private:
  static AdamOptions with(AdamOptions options) {
    options.amsgrad = true;
    return options;
  }
};

/// Multiplies all gradients by min(1, max_norm / (norm + 1e-6)) and returns their norm (of all as one vector) as it
/// was. When it is not finite, the gradients stay as they are. (Pascanu et al. 2013, arXiv:1211.5063; the 1e-6 is
/// PyTorch's.) The parameters must be differentiable leaves of one type, max_norm above 0: Error(invalid_argument)
/// otherwise.
double clip_grad_norm(std::span<const Var> parameters, double max_norm);
/// Clamps every element of the gradients to [-max_value, max_value], max_value above 0.
void clip_grad_value(std::span<const Var> parameters, double max_value);

}  // namespace neuro::optim
