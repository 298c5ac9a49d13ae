#pragma once
// SIGINT and SIGTERM while something runs that can save its work.
#include <signal.h>

#include <atomic>

namespace nsrun {

/// While it lives, the first SIGINT or SIGTERM is only noted; a second one ends the process at once.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  /// The number of the signal that came, or 0.
  static const std::atomic<int>& received();

 private:
  struct sigaction interrupt_ {};
  struct sigaction terminate_ {};
};

}  // namespace nsrun
