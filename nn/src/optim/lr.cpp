// Schedulers of learning rates.
#include "neuro/lr.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "neuro/error.h"
#include "neuro/str.h"

namespace neuro::optim::lr {
namespace {

void require(bool holds, const char* scheduler, const std::string& what) {
  if (!holds) throw Error(ErrorCode::invalid_argument, str(scheduler, ": ", what));
}

const Tensor& entry(const StateDict& state, const char* name, std::size_t size) {
  const auto it = std::find_if(state.begin(), state.end(), [&](const auto& item) { return item.first == name; });
  if (it == state.end()) throw Error(ErrorCode::checkpoint, str("the scheduler's saved state has no `", name, "`"));
  if (it->second.size() != static_cast<std::int64_t>(size)) {
    throw Error(ErrorCode::checkpoint,
                str("the scheduler's saved `", name, "` has ", it->second.size(), " numbers, this scheduler's ", size));
  }
  return it->second;
}

Tensor tensor_of(const std::vector<double>& values) {
  return Tensor::from<double>(values, Shape{static_cast<std::int64_t>(values.size())});
}

}  // namespace

// --- what all share ---

Scheduler::Scheduler(Optimizer& optimizer) : optimizer_(&optimizer) {
  for (std::size_t g = 0; g < optimizer.groups(); ++g) initial_.push_back(optimizer.lr(g));
  last_ = initial_;
}

void Scheduler::set_all(const std::function<double(double lr, std::size_t group)>& rate) {
  for (std::size_t g = initial_.size(); g < optimizer_->groups(); ++g) {  // a group that was added since
    initial_.push_back(optimizer_->lr(g));
    last_.push_back(optimizer_->lr(g));
  }
  for (std::size_t g = 0; g < last_.size(); ++g) {
    last_[g] = rate(optimizer_->lr(g), g);
    optimizer_->set_lr(last_[g], g);
  }
}

void Scheduler::step() {
  set_all([&](double lr, std::size_t group) { return next(lr, epoch_ + 1, group); });
  ++epoch_;
}

void Scheduler::set_epoch(std::int64_t epoch) {
  require(epoch >= 0, "set_epoch", str("an epoch is at least 0, got ", epoch));
  epoch_ = epoch;
}

double Scheduler::last_lr(std::size_t group) const {
  return group < last_.size() ? last_[group] : optimizer_->lr(group);
}

std::string Scheduler::text() const {
  std::string out = str("epoch ", epoch_, ": lr ");
  for (std::size_t g = 0; g < optimizer_->groups(); ++g) out += str(g == 0 ? "" : ", ", optimizer_->lr(g));
  return out;
}

StateDict Scheduler::state_dict() const {
  StateDict out{
      {"epoch", tensor_of({static_cast<double>(epoch_)})}, {"lr0", tensor_of(initial_)}, {"last_lr", tensor_of(last_)}};
  if (const std::vector<double> more = state(); !more.empty()) out.emplace_back("state", tensor_of(more));
  return out;
}

void Scheduler::load_state_dict(const StateDict& saved) {
  const double epoch = entry(saved, "epoch", 1).item();
  const std::vector<double> first = entry(saved, "lr0", initial_.size()).to_vector();
  const std::vector<double> last = entry(saved, "last_lr", last_.size()).to_vector();
  if (const std::size_t more = state().size(); more > 0) load(entry(saved, "state", more).to_vector());
  epoch_ = static_cast<std::int64_t>(epoch);
  initial_ = first;
  last_ = last;
}

// --- the schedulers of neuronika ---

LambdaLR::LambdaLR(Optimizer& optimizer, Factor f) : Scheduler(optimizer), f_(std::move(f)) {
  require(f_ != nullptr, "LambdaLR", "needs a function");
}
double LambdaLR::next(double lr, std::int64_t t, std::size_t group) {
  if (const double own = last_lr(group); lr != own) {
    // Somebody else changed the rate: by that factor when there is one, and else it is where we start again.
    set_initial(group, own != 0 ? initial(group) * (lr / own) : lr);
  }
  return initial(group) * f_(t);
}

MultiplicativeLR::MultiplicativeLR(Optimizer& optimizer, Factor f) : Scheduler(optimizer), f_(std::move(f)) {
  require(f_ != nullptr, "MultiplicativeLR", "needs a function");
}
double MultiplicativeLR::next(double lr, std::int64_t t, std::size_t) { return lr * f_(t); }

StepLR::StepLR(Optimizer& optimizer, std::int64_t step_size, double gamma)
    : Scheduler(optimizer), step_size_(step_size), gamma_(gamma) {
  require(step_size >= 1, "StepLR", str("step_size must be at least 1, is ", step_size));
  require(gamma >= 0, "StepLR", str("gamma must be at least 0, is ", gamma));
}
double StepLR::next(double lr, std::int64_t t, std::size_t) { return t % step_size_ == 0 ? lr * gamma_ : lr; }

MultiStepLR::MultiStepLR(Optimizer& optimizer, std::vector<std::int64_t> milestones, double gamma)
    : Scheduler(optimizer), milestones_(milestones.begin(), milestones.end()), gamma_(gamma) {
  require(milestones_.empty() || *milestones_.begin() >= 1, "MultiStepLR", "milestones are at least 1");
  require(gamma >= 0, "MultiStepLR", str("gamma must be at least 0, is ", gamma));
}
double MultiStepLR::next(double lr, std::int64_t t, std::size_t) {
  return lr * std::pow(gamma_, static_cast<double>(milestones_.count(t)));
}

ExponentialLR::ExponentialLR(Optimizer& optimizer, double gamma) : Scheduler(optimizer), gamma_(gamma) {
  require(gamma >= 0, "ExponentialLR", str("gamma must be at least 0, is ", gamma));
}
double ExponentialLR::next(double lr, std::int64_t, std::size_t) { return lr * gamma_; }

// --- PyTorch's ---

CosineAnnealingLR::CosineAnnealingLR(Optimizer& optimizer, std::int64_t period, double min_lr)
    : Scheduler(optimizer), period_(period), min_lr_(min_lr) {
  require(period >= 1, "CosineAnnealingLR", str("period must be at least 1, is ", period));
  require(min_lr >= 0, "CosineAnnealingLR", str("min_lr must be at least 0, is ", min_lr));
}
double CosineAnnealingLR::next(double lr, std::int64_t t, std::size_t group) {
  const auto cosine = [&](std::int64_t at) {
    return std::cos(std::numbers::pi * static_cast<double>(at) / static_cast<double>(period_));
  };
  // From the lowest point the quotient below would be 0 / 0.
  if ((t - 1 - period_) % (2 * period_) == 0) return lr + (initial(group) - min_lr_) * (1 - cosine(1)) / 2;
  return (1 + cosine(t)) / (1 + cosine(t - 1)) * (lr - min_lr_) + min_lr_;
}

LinearLR::LinearLR(Optimizer& optimizer, double start, double end, std::int64_t epochs)
    : Scheduler(optimizer), start_(start), end_(end), epochs_(epochs) {
  require(start > 0 && start <= 1, "LinearLR", str("start must be in (0, 1], is ", start));
  require(end >= 0 && end <= 1, "LinearLR", str("end must be in [0, 1], is ", end));
  require(epochs >= 1, "LinearLR", str("epochs must be at least 1, is ", epochs));
  set_all([&](double lr, std::size_t) { return lr * start_; });
}
double LinearLR::next(double lr, std::int64_t t, std::size_t) {
  if (t > epochs_) return lr;
  const double whole = static_cast<double>(epochs_), rise = end_ - start_;
  return lr * (1 + rise / (whole * start_ + static_cast<double>(t - 1) * rise));
}

OneCycleLR::OneCycleLR(Optimizer& optimizer, const OneCycleOptions& options) : Scheduler(optimizer), options_(options) {
  const char* name = "OneCycleLR";
  require(options.max_lr > 0, name, str("max_lr must be above 0, is ", options.max_lr));
  require(options.total_steps >= 1, name, str("total_steps must be at least 1, is ", options.total_steps));
  require(options.pct_start >= 0 && options.pct_start <= 1, name,
          str("pct_start must be in [0, 1], is ", options.pct_start));
  require(options.div_factor > 0 && options.final_div_factor > 0, name,
          "div_factor and final_div_factor must be above 0");
  set_all([&](double, std::size_t) { return rate(0); });
}
double OneCycleLR::rate(double t) const {
  const double total = static_cast<double>(options_.total_steps), first = options_.max_lr / options_.div_factor;
  const double last = first / options_.final_div_factor, up = options_.pct_start * total;
  struct Phase {
    double end, from, to;
  };
  std::vector<Phase> phases{{up - 1, first, options_.max_lr}};
  if (options_.three_phase) phases.push_back({2 * up - 2, options_.max_lr, first});
  phases.push_back({total - 1, phases.back().to, last});
  double begin = 0;
  for (std::size_t i = 0; i < phases.size(); ++i) {
    const Phase& p = phases[i];
    if (t <= p.end || i + 1 == phases.size()) {
      const double share = p.end == begin ? 1 : (t - begin) / (p.end - begin);
      if (options_.linear) return p.from + (p.to - p.from) * share;
      return p.to + (p.from - p.to) / 2 * (1 + std::cos(std::numbers::pi * share));
    }
    begin = p.end;
  }
  return last;
}
double OneCycleLR::next(double, std::int64_t t, std::size_t) {
  require(t <= options_.total_steps, "OneCycleLR",
          str("step ", t, " is beyond the cycle of ", options_.total_steps, " steps"));
  return rate(static_cast<double>(t));
}

ReduceOnPlateau::ReduceOnPlateau(Optimizer& optimizer, const PlateauOptions& options)
    : Scheduler(optimizer),
      options_(options),
      best_(options.mode == PlateauOptions::Mode::min ? std::numeric_limits<double>::infinity()
                                                      : -std::numeric_limits<double>::infinity()) {
  require(options.factor >= 0 && options.factor < 1, "ReduceOnPlateau",
          str("factor must be in [0, 1), is ", options.factor));
  require(options.patience >= 0 && options.cooldown >= 0, "ReduceOnPlateau", "patience and cooldown are at least 0");
}

bool ReduceOnPlateau::better(double metric) const {
  const bool low = options_.mode == PlateauOptions::Mode::min;
  const double margin = options_.threshold * (options_.relative ? best_ : 1);
  return low ? metric < best_ - margin : metric > best_ + margin;
}

void ReduceOnPlateau::step(double metric) {
  // An infinite best has no margin of its own size.
  const bool improved = std::isinf(best_)
                            ? (options_.mode == PlateauOptions::Mode::min ? metric < best_ : metric > best_)
                            : better(metric);
  if (improved) best_ = metric;
  bad_epochs_ = improved ? 0 : bad_epochs_ + 1;
  if (cooldown_ > 0) {
    --cooldown_;
    bad_epochs_ = 0;
  }
  reduce_ = bad_epochs_ > options_.patience;
  if (reduce_) {
    cooldown_ = options_.cooldown;
    bad_epochs_ = 0;
  }
  Scheduler::step();
}

double ReduceOnPlateau::next(double lr, std::int64_t, std::size_t) {
  const double lower = std::max(lr * options_.factor, options_.min_lr);
  return reduce_ && lr - lower > options_.eps ? lower : lr;
}

std::vector<double> ReduceOnPlateau::state() const {
  return {best_, static_cast<double>(bad_epochs_), static_cast<double>(cooldown_)};
}
void ReduceOnPlateau::load(std::span<const double> state) {
  best_ = state[0];
  bad_epochs_ = static_cast<std::int64_t>(state[1]);
  cooldown_ = static_cast<std::int64_t>(state[2]);
}

}  // namespace neuro::optim::lr
