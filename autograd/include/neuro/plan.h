#pragma once
// From recorded graph to flat program, and running it (architecture: planning).
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "neuro/var.h"

namespace neuro {

/// Which planner makes a plan. `naive` computes every recorded operation by itself, in order, each value in memory of
/// its own: the reference in tests. The environment variable NEURO_PLAN=naive makes it the default.
enum class Planning { full, naive };
Planning default_planning();

/// `leaf` receives the value at the end of a run.
struct Assign {
  Var leaf;
  Var value;
};

/// What a plan computes. All assignments are committed together at the end of a run, and only if `guard` (a scalar,
/// when defined) is finite; otherwise a run changes nothing but the outputs.
struct PlanRequest {
  std::vector<Var> outputs;
  std::vector<Assign> assigns = {};
  Var guard = {};
};

/// Memory for intermediate values. Belongs to one caller, whose Replays may share it: they run one at a time.
class Arena;
std::shared_ptr<Arena> make_arena();

/// A plan bound to memory: run it again and again. Running allocates nothing and checks nothing but the guard. A Replay
/// belongs to one caller at a time; the plan inside is immutable and comes from a cache keyed by the structure of the
/// request, so that equal requests are planned once.
class Replay {
 public:
  /// Throws Error(invalid_argument) for an assignment to something that is not a leaf of that shape and type, or for a
  /// second one to the same memory, and for a guard that is not one f32 or f64 number; Error(resource) when memory is
  /// refused.
  explicit Replay(const PlanRequest& request, std::shared_ptr<Arena> arena = nullptr,
                  Planning planning = default_planning());
  Replay(Replay&&) noexcept;
  Replay& operator=(Replay&&) noexcept;
  ~Replay();

  /// The buffer of a placeholder: fill it before `run()`. Throws Error(invalid_argument) when the plan does not read
  /// that placeholder; `reads()` tells.
  Tensor input(const Var& placeholder) const;
  bool reads(const Var& placeholder) const;

  /// Computes. False when the guard was not finite: then nothing was assigned. Throws Error(index) when data that an
  /// operation checks (an embedding index) was out of range; nothing was assigned then either.
  bool run();

  /// Output i of the request; its memory is this object's, and the next run overwrites it.
  Tensor output(std::size_t i) const;

  std::size_t arena_bytes() const;  ///< peak of the intermediate values
  std::size_t entries() const;      ///< kernels that one run calls
  /// The program as text: one line an entry with its operation, operands, shapes, offsets and bytes.
  std::string describe() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace neuro
