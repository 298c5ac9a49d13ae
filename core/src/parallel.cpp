#include "neuro/parallel.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <memory>
#include <mutex>
#include <string_view>

#if defined(NEURO_PLAIN_THREADS)
#include <condition_variable>
#include <thread>
#include <vector>
#else
#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/partitioner.h>
#include <tbb/task_arena.h>
#endif

namespace neuro {
namespace {

/// The worker number of the body that this thread is running, or -1 outside any body.
thread_local int running_worker = -1;

using Body = FunctionRef<void(std::int64_t chunk, int worker)>;

void run_chunks(std::int64_t begin, std::int64_t end, int worker, Body body) {
  const int before = running_worker;
  running_worker = worker;
  for (std::int64_t chunk = begin; chunk < end; ++chunk) body(chunk, worker);
  running_worker = before;
}

#if defined(NEURO_PLAIN_THREADS)

/// Plain threads that sleep between calls. It exists for ThreadSanitizer, which does not see through oneTBB.
class Pool {
 public:
  explicit Pool(int threads) {
    for (int worker = 1; worker < threads; ++worker) {
      threads_.emplace_back([this, worker] { serve(worker); });
    }
  }

  ~Pool() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    start_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  void run(std::int64_t chunks, Body body) {
    const std::lock_guard one_caller(callers_);
    {
      const std::lock_guard lock(mutex_);
      chunks_ = chunks;
      body_ = &body;
      busy_ = static_cast<int>(threads_.size());
      ++round_;
    }
    start_.notify_all();
    run_share(0, chunks, body);
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return busy_ == 0; });
  }

 private:
  void run_share(int worker, std::int64_t chunks, Body body) {
    const auto workers = static_cast<std::int64_t>(threads_.size()) + 1;
    run_chunks(chunks * worker / workers, chunks * (worker + 1) / workers, worker, body);
  }

  void serve(int worker) {
    std::uint64_t seen = 0;
    std::unique_lock lock(mutex_);
    for (;;) {
      start_.wait(lock, [&] { return stop_ || round_ != seen; });
      if (stop_) return;
      seen = round_;
      const std::int64_t chunks = chunks_;
      const Body body = *body_;
      lock.unlock();
      run_share(worker, chunks, body);
      lock.lock();
      if (--busy_ == 0) done_.notify_one();
    }
  }

  std::mutex callers_;
  std::mutex mutex_;
  std::condition_variable start_, done_;
  std::vector<std::thread> threads_;
  const Body* body_ = nullptr;
  std::int64_t chunks_ = 0;
  std::uint64_t round_ = 0;
  int busy_ = 0;
  bool stop_ = false;
};

#else

/// oneTBB's workers in an arena of our own, so that a host program that uses oneTBB keeps its settings.
class Pool {
 public:
  explicit Pool(int threads)
      : limit_(tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(threads)), arena_(threads) {}

  void run(std::int64_t chunks, Body body) {
    arena_.execute([&] {
      tbb::parallel_for(
          tbb::blocked_range<std::int64_t>(0, chunks),
          [&](const tbb::blocked_range<std::int64_t>& range) {
            run_chunks(range.begin(), range.end(), tbb::this_task_arena::current_thread_index(), body);
          },
          tbb::static_partitioner());
    });
  }

 private:
  tbb::global_control limit_;
  tbb::task_arena arena_;
};

#endif

/// Made by the first call that has work for several threads.
struct Workers {
  std::mutex mutex;
  std::atomic<int> count{0};  ///< 0: not asked yet
  std::unique_ptr<Pool> owned;
  std::atomic<Pool*> pool{nullptr};

  Pool& get() {
    Pool* ready = pool.load(std::memory_order_acquire);
    if (ready != nullptr) return *ready;
    const std::lock_guard lock(mutex);
    if (owned == nullptr) {
      owned = std::make_unique<Pool>(thread_count());
      pool.store(owned.get(), std::memory_order_release);
    }
    return *owned;
  }
};

Workers& workers() {
  static Workers instance;
  return instance;
}

/// The first line of a small file, or an empty text.
std::string_view first_line(const char* path, char (&buffer)[256]) {
  std::FILE* file = std::fopen(path, "r");
  if (file == nullptr) return {};
  const bool read = std::fgets(buffer, sizeof buffer, file) != nullptr;
  std::fclose(file);
  return read ? std::string_view(buffer) : std::string_view();
}

/// Processors that the control group's quota pays for, rounded up; 0 without a quota.
int quota_threads() {
  char buffer[256];
  long long quota = 0, period = 0;
  if (!first_line("/sys/fs/cgroup/cpu.max", buffer).empty()) {  // version 2: "max 100000" or "150000 100000"
    if (std::sscanf(buffer, "%lld %lld", &quota, &period) != 2) return 0;
  } else {  // version 1: a quota of -1 means none
    if (first_line("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", buffer).empty()) return 0;
    if (std::sscanf(buffer, "%lld", &quota) != 1) return 0;
    if (first_line("/sys/fs/cgroup/cpu/cpu.cfs_period_us", buffer).empty()) return 0;
    if (std::sscanf(buffer, "%lld", &period) != 1) return 0;
  }
  if (quota <= 0 || period <= 0) return 0;
  return static_cast<int>(std::min<long long>((quota + period - 1) / period, 1 << 20));
}

}  // namespace

int available_threads() {
  cpu_set_t set;
  CPU_ZERO(&set);
  const int allowed = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
  const int quota = quota_threads();
  return std::max(1, quota > 0 ? std::min(allowed, quota) : allowed);
}

int thread_count() {
  std::atomic<int>& count = workers().count;
  int n = count.load(std::memory_order_relaxed);
  if (n == 0) {
    n = available_threads();
    count.store(n, std::memory_order_relaxed);
  }
  return n;
}

void set_thread_count(int n) {
  Workers& w = workers();
  const std::lock_guard lock(w.mutex);
  w.count.store(std::max(1, n), std::memory_order_relaxed);
  w.pool.store(nullptr, std::memory_order_release);
  w.owned.reset();
}

namespace {
std::atomic<std::int64_t> grain_divisor{1};
}  // namespace

std::int64_t grain(std::int64_t usual) {
  return std::max<std::int64_t>(1, usual / grain_divisor.load(std::memory_order_relaxed));
}

void set_grain_divisor(std::int64_t divisor) {
  grain_divisor.store(std::max<std::int64_t>(1, divisor), std::memory_order_relaxed);
}

void parallel_for(std::int64_t chunks, Body body) {
  if (running_worker >= 0) {
    run_chunks(0, chunks, running_worker, body);
  } else if (chunks <= 1 || thread_count() == 1) {
    run_chunks(0, chunks, 0, body);
  } else {
    workers().get().run(chunks, body);
  }
}

}  // namespace neuro
