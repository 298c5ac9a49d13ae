// The optimizers' common part: groups, states, and the plan of one step.
#include <algorithm>
#include <cmath>

#include "neuro/error.h"
#include "neuro/ops.h"
#include "neuro/optim.h"
#include "neuro/str.h"
#include "optim/rules.h"

namespace neuro::optim {
namespace {

Var scalar(double value) { return Var(Tensor::full(Shape{}, value, DType::f64)); }
void write(const Var& leaf, double value) {
  Tensor t = leaf.data();
  *t.data<double>() = value;
}

void require_leaf(const char* who, const Var& parameter) {
  if (parameter.defined() && parameter.is_leaf() && parameter.differentiable()) return;
  throw Error(ErrorCode::invalid_argument,
              str(who, ": a parameter must be a differentiable leaf; call requires_grad() on it first"));
}

const Tensor* find(const StateDict& state, const std::string& name) {
  const auto it = std::find_if(state.begin(), state.end(), [&](const auto& item) { return item.first == name; });
  return it == state.end() ? nullptr : &it->second;
}

}  // namespace

Optimizer::Optimizer(std::span<const Var> parameters, Rule rule, double lr) : rule_(std::move(rule)) {
  check(rule_);
  groups_.push_back({scalar(lr), group_of(rule_)});
  for (const Var& p : parameters) register_parameter(p);
}
Optimizer::~Optimizer() = default;

Optimizer::Group& Optimizer::group_at(std::size_t group) {
  return const_cast<Group&>(std::as_const(*this).group_at(group));
}
const Optimizer::Group& Optimizer::group_at(std::size_t group) const {
  if (group < groups_.size()) return groups_[group];
  throw Error(ErrorCode::invalid_argument,
              str(name_of(rule_), ": there is no group ", group, ", there are ", groups_.size()));
}

void Optimizer::register_parameter(const Var& parameter, std::size_t group) {
  require_leaf(name_of(rule_), parameter);
  group_at(group);
  for (const Entry& e : entries_) {
    if (e.parameter.same(parameter))
      throw Error(ErrorCode::invalid_argument,
                  str(name_of(rule_), ": a parameter ", parameter.shape(), " is registered twice"));
  }
  entries_.push_back({parameter, group, 0, {}, nullptr});
  plan_.reset();
}

std::size_t Optimizer::add_group(std::span<const Var> parameters, const GroupOptions& options) {
  Group group{scalar(options.lr.value_or(lr(0))), group_of(rule_)};
  group.own_penalty = options.penalty.has_value();
  group.own_decay = options.decay.has_value();
  if (options.penalty) group.rule.penalty = *options.penalty;
  if (options.decay) group.rule.decay = *options.decay;
  check(group.rule, group.lr.item(), name_of(rule_));
  groups_.push_back(std::move(group));
  const std::size_t number = groups_.size() - 1;
  for (const Var& p : parameters) register_parameter(p, number);
  return number;
}

std::vector<Var> Optimizer::parameters() const {
  std::vector<Var> out;
  for (const Entry& e : entries_) out.push_back(e.parameter);
  return out;
}

void Optimizer::replan() {
  PlanRequest request;
  counters_.clear();
  const std::vector<std::string> wanted = states_of(rule_);
  for (Entry& e : entries_) {
    std::vector<std::pair<std::string, Var>> kept;
    std::vector<Var> states;
    for (const std::string& name : wanted) {
      const auto known = std::find_if(e.states.begin(), e.states.end(), [&](const auto& s) { return s.first == name; });
      states.push_back(known != e.states.end() ? known->second
                                               : Var(Tensor::zeros(e.parameter.shape(), e.parameter.dtype())));
      kept.emplace_back(name, states.back());
    }
    e.states = std::move(kept);

    auto counter =
        std::find_if(counters_.begin(), counters_.end(), [&](const Counter& c) { return c.steps == e.steps; });
    if (counter == counters_.end())
      counter =
          counters_.insert(counter, {Var(Tensor::full(Shape{}, static_cast<double>(e.steps), DType::i64)), e.steps});
    const Tensor gradient = e.parameter.grad();
    e.gradient = gradient.raw();
    const Group& group = groups_[e.group];
    const StepLeaves leaves{group.lr, counter->leaf, constant(1, e.parameter.dtype())};
    for (Assign& a : record_step(rule_, group.rule, e.parameter, Var(gradient), states, leaves))
      request.assigns.push_back(std::move(a));
  }
  plan_ = std::make_unique<Replay>(request);
}

void Optimizer::step() {
  if (entries_.empty()) return;
  const bool moved = std::any_of(entries_.begin(), entries_.end(),
                                 [](const Entry& e) { return e.parameter.grad().raw() != e.gradient; });
  if (plan_ == nullptr || moved) replan();
  for (Counter& c : counters_) {
    Tensor number = c.leaf.data();
    *number.data<std::int64_t>() = ++c.steps;
  }
  plan_->run();
  for (Entry& e : entries_) {
    ++e.steps;
    e.parameter.touch();
  }
}

void Optimizer::zero_grad() const {
  for (const Entry& e : entries_) e.parameter.zero_grad();
}

double Optimizer::lr(std::size_t group) const { return group_at(group).lr.item(); }
void Optimizer::set_lr(double lr, std::size_t group) {
  const Var& leaf = group_at(group).lr;
  if (!std::isfinite(lr))
    throw Error(ErrorCode::invalid_argument, str(name_of(rule_), ": lr must be a finite number, is ", lr));
  write(leaf, lr);
}

Penalty Optimizer::penalty(std::size_t group) const { return group_at(group).rule.penalty; }
void Optimizer::set_penalty(Penalty penalty, std::size_t group) {
  GroupRule changed = group_at(group).rule;
  changed.penalty = penalty;
  check(changed, lr(group), name_of(rule_));
  group_at(group).rule = changed;
  group_at(group).own_penalty = true;
  plan_.reset();
}

void Optimizer::set_rule(Rule rule, double lr) {
  check(rule);
  rule_ = std::move(rule);
  const GroupRule given = group_of(rule_);
  write(groups_[0].lr, lr);
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    if (g == 0 || !groups_[g].own_penalty) groups_[g].rule.penalty = given.penalty;
    if (g == 0 || !groups_[g].own_decay) groups_[g].rule.decay = given.decay;
  }
  plan_.reset();
}

StateDict Optimizer::state_dict() const {
  StateDict out;
  const std::string prefix = str(name_of(rule_), ".");
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const Entry& e = entries_[i];
    out.emplace_back(str("step.", i), Tensor::full(Shape{}, static_cast<double>(e.steps), DType::i64));
    for (const std::string& name : states_of(rule_)) {
      const auto known = std::find_if(e.states.begin(), e.states.end(), [&](const auto& s) { return s.first == name; });
      out.emplace_back(str(prefix, name, ".", i), known != e.states.end()
                                                      ? known->second.data().clone()
                                                      : Tensor::zeros(e.parameter.shape(), e.parameter.dtype()));
    }
  }
  for (std::size_t g = 0; g < groups_.size(); ++g) out.emplace_back(str("lr.", g), groups_[g].lr.data().clone());
  return out;
}

void Optimizer::load_state_dict(const StateDict& state) {
  const StateDict own = state_dict();
  for (const auto& [name, tensor] : own) {
    const Tensor* given = find(state, name);
    if (given == nullptr)
      throw Error(ErrorCode::checkpoint, str(name_of(rule_), ": the saved state has no `", name, "`"));
    if (given->shape() != tensor.shape() || given->dtype() != tensor.dtype()) {
      throw Error(ErrorCode::checkpoint,
                  str(name_of(rule_), ": the saved `", name, "` is ", neuro::name_of(given->dtype()), given->shape(),
                      ", the optimizer's is ", neuro::name_of(tensor.dtype()), tensor.shape()));
    }
  }
  for (std::size_t g = 0; g < groups_.size(); ++g) write(groups_[g].lr, find(state, str("lr.", g))->item());
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    Entry& e = entries_[i];
    e.steps = static_cast<std::int64_t>(find(state, str("step.", i))->item());
    e.states.clear();
    for (const std::string& name : states_of(rule_))
      e.states.emplace_back(name, Var(find(state, str(name_of(rule_), ".", name, ".", i))->clone()));
  }
  plan_.reset();
}

// --- clipping ---

namespace {

void require_positive(const char* who, const char* option, double value) {
  if (!(value > 0)) throw Error(ErrorCode::invalid_argument, str(who, ": ", option, " must be above 0, is ", value));
}

/// The gradients as leaves over their own memory.
std::vector<Var> gradients_of(const char* who, std::span<const Var> parameters) {
  std::vector<Var> out;
  for (const Var& p : parameters) {
    require_leaf(who, p);
    out.emplace_back(p.grad());
  }
  return out;
}

}  // namespace

double clip_grad_norm(std::span<const Var> parameters, double max_norm) {
  require_positive("clip_grad_norm", "max_norm", max_norm);
  const std::vector<Var> gradients = gradients_of("clip_grad_norm", parameters);
  if (gradients.empty()) return 0;
  const Var norm = global_norm(gradients);
  const Var scale = minimum(constant(1, norm.dtype()), constant(max_norm, norm.dtype()) / (norm + 1e-6));
  PlanRequest request{{norm}, {}, norm};
  for (const Var& g : gradients) request.assigns.push_back({g, g * scale});
  Replay replay(request);
  replay.run();
  return replay.output(0).item();
}

void clip_grad_value(std::span<const Var> parameters, double max_value) {
  require_positive("clip_grad_value", "max_value", max_value);
  PlanRequest request;
  for (const Var& g : gradients_of("clip_grad_value", parameters))
    request.assigns.push_back({g, clamp(g, -max_value, max_value)});
  Replay(request).run();
}

}  // namespace neuro::optim
