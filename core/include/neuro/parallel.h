#pragma once
// The worker pool. oneTBB is behind one file (core/src/parallel.cpp); nothing else includes it.
#include <cstdint>
#include <type_traits>

namespace neuro {

/// A reference to a callable that lives for the duration of the call: no allocation.
template <class Signature>
class FunctionRef;
template <class R, class... Args>
class FunctionRef<R(Args...)> {
 public:
  template <class F>
  requires(!std::is_same_v<std::remove_cvref_t<F>, FunctionRef>)
      FunctionRef(F&& f)  // NOLINT: implicit on purpose, as a function's parameter
      : object_(const_cast<void*>(static_cast<const void*>(&f))), call_([](void* object, Args... args) -> R {
          return (*static_cast<std::remove_reference_t<F>*>(object))(args...);
        }) {}
  R operator()(Args... args) const { return call_(object_, args...); }

 private:
  void* object_;
  R (*call_)(void*, Args...);
};

/// Processors this process may use: affinity mask and cgroup quota (rounded up), at least 1.
int available_threads();

/// Threads that parallel_for uses; at first available_threads(). `set_thread_count(n)` takes n >= 1 as given, even
/// above available_threads(). Call it while nothing runs.
int thread_count();
void set_thread_count(int n);

/// Calls `body(chunk, worker)` once for each chunk in [0, chunks), in any order, and returns when all are done.
/// `worker` is in [0, thread_count()) and no two calls that run at the same time share one: use it to index scratch
/// memory. With one chunk, or one thread, everything runs on the caller. Never allocates after the first call.
/// Results must not depend on `worker`: chunk boundaries come from the work alone, so that the bits are the same for
/// every number of threads.
void parallel_for(std::int64_t chunks, FunctionRef<void(std::int64_t chunk, int worker)> body);

/// The least work that is worth a chunk of its own: `usual`, which was measured, divided by what a test may have set so
/// that problems of a few elements occupy several threads, too. At least 1.
std::int64_t grain(std::int64_t usual);
void set_grain_divisor(std::int64_t divisor);  ///< 1 unless a test of the library says otherwise

}  // namespace neuro
