#include "signals.h"

#include <unistd.h>

namespace nsrun {
namespace {

std::atomic<int> stop{0};
static_assert(std::atomic<int>::is_always_lock_free);  // or a handler may not touch it

void note(int number) {
  if (stop.exchange(number) != 0) _exit(128 + number);
}

}  // namespace

StopSignals::StopSignals() {
  struct sigaction action {};
  action.sa_handler = note;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;  // a write in progress goes on
  sigaction(SIGINT, &action, &interrupt_);
  sigaction(SIGTERM, &action, &terminate_);
}

StopSignals::~StopSignals() {
  sigaction(SIGINT, &interrupt_, nullptr);
  sigaction(SIGTERM, &terminate_, nullptr);
}

const std::atomic<int>& StopSignals::received() { return stop; }

}  // namespace nsrun
