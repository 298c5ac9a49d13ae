#pragma once
// What a Profiler keeps.
#include <chrono>

#include "plan.h"

namespace neuro {

struct Profiler::State {
  using Clock = std::chrono::steady_clock;
  struct Call {
    std::uint32_t plan = 0, entry = 0;
    std::int64_t begin = 0, nanoseconds = 0;  // since `start`
  };
  struct Total {
    std::int64_t calls = 0, nanoseconds = 0;
  };
  struct Profiled {
    std::shared_ptr<const Plan> plan;
    std::string name;
    std::vector<Total> totals;  // by entry
  };

  Clock::time_point start = Clock::now();
  std::vector<Call> ring;
  std::uint64_t recorded = 0;  // calls in all; the ring holds the latest
  std::vector<Profiled> plans;

  void record(std::uint32_t plan, std::size_t entry, Clock::time_point begin, Clock::time_point end) noexcept {
    const auto ns = [](Clock::duration d) {
      return static_cast<std::int64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(d).count());
    };
    Total& total = plans[plan].totals[entry];
    total.calls += 1;
    total.nanoseconds += ns(end - begin);
    if (ring.empty()) return;
    ring[recorded++ % ring.size()] = {plan, static_cast<std::uint32_t>(entry), ns(begin - start), ns(end - begin)};
  }
};

}  // namespace neuro
