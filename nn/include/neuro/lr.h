#pragma once
// Schedulers of learning rates. Call `step()` after the optimizer's. (spec: autograd.md, section 6)
//
// A scheduler multiplies what the optimizer's rate is when it steps, in every group, so that several of them compose
// and a rate that was set by hand is respected. lr0 is a group's rate when the scheduler was made; t, the epoch, is 0
// then and counts the calls of `step()`. Formulas of the second half are PyTorch's.
#include <functional>
#include <set>
#include <vector>

#include "neuro/optim.h"

namespace neuro::optim::lr {

class Scheduler {
 public:
  virtual ~Scheduler() = default;
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  /// One epoch further.
  void step();
  std::int64_t epoch() const { return epoch_; }
  /// Where counting goes on; no rate changes. Throws Error(invalid_argument) below 0.
  void set_epoch(std::int64_t epoch);
  double current_lr(std::size_t group = 0) const { return optimizer_->lr(group); }
  /// What `step()` set last; lr0 before the first one.
  double last_lr(std::size_t group = 0) const;
  /// "epoch 3: lr 0.01" or, of several groups, "epoch 3: lr 0.01, 0.001".
  std::string text() const;

  /// "epoch", "lr0", "last_lr" and, where a scheduler keeps more, "state": f64 tensors. The rates themselves are the
  /// optimizer's state.
  StateDict state_dict() const;
  /// Throws Error(checkpoint), changing nothing, when a tensor is missing or has another size.
  void load_state_dict(const StateDict& state);

 protected:
  /// The optimizer must outlive the scheduler.
  explicit Scheduler(Optimizer& optimizer);
  /// The rate of epoch t >= 1 from the rate as it is.
  virtual double next(double lr, std::int64_t t, std::size_t group) = 0;
  /// Numbers that a scheduler keeps beside the epoch.
  virtual std::vector<double> state() const { return {}; }
  virtual void load(std::span<const double>) {}

  double initial(std::size_t group) const { return initial_[group]; }
  void set_initial(std::size_t group, double lr) { initial_[group] = lr; }
  void set_all(const std::function<double(double lr, std::size_t group)>& rate);

 private:
  Optimizer* optimizer_;
  std::int64_t epoch_ = 0;
  std::vector<double> initial_, last_;
};

using Factor = std::function<double(std::int64_t epoch)>;

/// lr = lr0 f(t). A change of the rate by others in between is taken as a change of lr0 by that factor.
class LambdaLR final : public Scheduler {
 public:
  LambdaLR(Optimizer& optimizer, Factor f);

 private:
  double next(double lr, std::int64_t t, std::size_t group) override;
  Factor f_;
};

/// lr = lr f(t).
class MultiplicativeLR final : public Scheduler {
 public:
  MultiplicativeLR(Optimizer& optimizer, Factor f);

 private:
  double next(double lr, std::int64_t t, std::size_t group) override;
  Factor f_;
};

/// lr = lr gamma whenever t is a multiple of step_size >= 1.
class StepLR final : public Scheduler {
 public:
  StepLR(Optimizer& optimizer, std::int64_t step_size, double gamma = 0.1);

 private:
  double next(double lr, std::int64_t t, std::size_t group) override;
  std::int64_t step_size_;
  double gamma_;
};

/// lr = lr gamma at each of the milestones; twice where one is named twice.
class MultiStepLR final : public Scheduler {
 public:
  MultiStepLR(Optimizer& optimizer, std::vector<std::int64_t> milestones, double gamma = 0.1);

 private:
  double next(double lr, std::int64_t t, std::size_t group) override;
  std::multiset<std::int64_t> milestones_;
  double gamma_;
};

/// lr = lr gamma every epoch.
class ExponentialLR final : public Scheduler {
 public:
  ExponentialLR(Optimizer& optimizer, double gamma);

 private:
  double next(double lr, std::int64_t t, std::size_t group) override;
  double gamma_;
};

/// Half a cosine from lr0 to min_lr over `period` epochs, and back, and so on: min_lr + (lr0 - min_lr)
/// (1 + cos(pi t / period)) / 2, as a change of the rate. (Loshchilov and Hutter 2017, arXiv:1608.03983, eq. 5)
class CosineAnnealingLR final : public Scheduler {
 public:
  CosineAnnealingLR(Optimizer& optimizer, std::int64_t period, double min_lr = 0);

 private:
  double next(double lr, std::int64_t t, std::size_t group) override;
  std::int64_t period_;
  double min_lr_;
};

/// Warm-up: the rate times a factor that grows in a straight line from `start` (set at once) to `end` over `epochs`.
class LinearLR final : public Scheduler {
 public:
  explicit LinearLR(Optimizer& optimizer, double start = 1.0 / 3, double end = 1, std::int64_t epochs = 5);

 private:
  double next(double lr, std::int64_t t, std::size_t group) override;
  double start_, end_;
  std::int64_t epochs_;
};

struct OneCycleOptions {
  double max_lr = 0.01;
  std::int64_t total_steps = 0;
  double pct_start = 0.3;         ///< share of the steps that go up
  bool linear = false;            ///< straight lines instead of cosines
  double div_factor = 25;         ///< the first rate is max_lr / div_factor, set at once
  double final_div_factor = 1e4;  ///< the last one is that divided by final_div_factor
  bool three_phase = false;       ///< down to the first rate in as many steps as up, then on to the last one
};
/// Up to max_lr and down again, in every group. A step beyond total_steps throws Error(invalid_argument). Momentum
/// is not cycled. (Smith and Topin 2019, arXiv:1708.07120)
class OneCycleLR final : public Scheduler {
 public:
  OneCycleLR(Optimizer& optimizer, const OneCycleOptions& options);

 private:
  double next(double lr, std::int64_t t, std::size_t group) override;
  double rate(double t) const;
  OneCycleOptions options_;
};

struct PlateauOptions {
  enum class Mode { min, max } mode = Mode::min;
  double factor = 0.1;
  std::int64_t patience = 10;
  double threshold = 1e-4;
  bool relative = true;  ///< better: below best (1 - threshold); otherwise below best - threshold
  std::int64_t cooldown = 0;
  double min_lr = 0;
  double eps = 1e-8;  ///< a smaller change of the rate is not made
};
/// lr = max(lr factor, min_lr) when `metric` has not become better for more than `patience` epochs.
class ReduceOnPlateau final : public Scheduler {
 public:
  explicit ReduceOnPlateau(Optimizer& optimizer, const PlateauOptions& options = {});
  /// Takes the place of Scheduler::step().
  void step(double metric);

 private:
  double next(double lr, std::int64_t t, std::size_t group) override;
  std::vector<double> state() const override;
  void load(std::span<const double> state) override;
  bool better(double metric) const;

  PlateauOptions options_;
  double best_;
  std::int64_t bad_epochs_ = 0, cooldown_ = 0;
  bool reduce_ = false;
};

}  // namespace neuro::optim::lr
