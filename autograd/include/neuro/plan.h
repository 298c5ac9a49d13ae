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

/// Where the time goes: entries of one Replay or several, timed by the steady clock. Belongs to one caller at a time.
/// Recording allocates nothing: totals are kept for every entry, single calls in a ring that forgets the oldest.
class Profiler {
 public:
  explicit Profiler(std::size_t calls = 1u << 16);
  ~Profiler();

  /// The calls in the ring as JSON for chrome://tracing or ui.perfetto.dev; a Replay is a thread there.
  std::string chrome_trace() const;
  /// Entries by falling total time, each with its plan, calls, milliseconds, share, GFLOP/s and GB/s.
  std::string table() const;

 private:
  friend class Bound;
  struct State;
  std::unique_ptr<State> state_;
};

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

  /// Output i of the request; its memory is this object's, and the next run overwrites it. Throws
  /// Error(invalid_argument) when the request has no output i.
  Tensor output(std::size_t i) const;

  /// Planned peak of the intermediate values. Outputs, leaves and scratch of the workers are not among them.
  std::size_t arena_bytes() const;
  /// Largest sum of the intermediate values that are alive at once, each at its size rounded up to 64 bytes: no
  /// placement needs less.
  std::size_t live_bytes() const;
  std::size_t entries() const;  ///< kernels that one run calls
  /// The program as text. For each entry: its operation with attributes, or each formula of a fused group (`v0` is a
  /// value that stays in L1 cache); operations and bytes; operands with type, shape, strides, bytes and place, where
  /// x0, x1, ... are the leaves, t0, t1, ... intermediate values, out0, ... what leaves the plan. Then the totals and
  /// the peak. Bytes are those of the operands, as if nothing stayed in a cache.
  std::string describe() const;

  /// Times every entry of the following runs for `profiler`; null ends that. Costs nothing while off.
  void profile(std::shared_ptr<Profiler> profiler, std::string name = "plan");

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace neuro
