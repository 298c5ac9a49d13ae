#pragma once
// Errors: the library's only exception type, and the check of invariants.
#include <memory>
#include <stdexcept>
#include <string>

namespace neuro {

class Diagnostics;

/// What kind of thing went wrong; the command line maps each kind to a documented exit code.
enum class ErrorCode {
  invalid_argument,  ///< an argument outside its documented range
  shape,             ///< shapes, ranks or axes that do not fit together
  dtype,             ///< an element type that the operation does not take
  index,             ///< an index outside its axis
  not_forwarded,     ///< a value or gradient was read before it was computed
  unsupported,       ///< valid, but not built in this binary or not on this machine
  config,            ///< a training configuration that cannot be used
  source,            ///< a model source (`.ns`) that cannot be used
  data,              ///< a data file that cannot be used
  checkpoint,        ///< a checkpoint or model file that is missing, damaged or incompatible
  diverged,          ///< training produced numbers that are not finite
  resource,          ///< memory or disk refused
  internal,          ///< a broken invariant of the library: a bug
};

/// The only exception that the library throws. `what()` is a whole message that can stand alone.
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message);
  /// An error that carries positions; `what()` is the title of the first error among `diagnostics`.
  Error(ErrorCode code, Diagnostics diagnostics);

  ErrorCode code() const noexcept { return code_; }
  /// The diagnostics that caused this error; empty for errors without a place in a text.
  const Diagnostics& diagnostics() const noexcept { return *diagnostics_; }

 private:
  ErrorCode code_;
  std::shared_ptr<const Diagnostics> diagnostics_;
};

/// Reports a broken invariant: throws Error(internal) naming the place.
[[noreturn]] void assertion_failed(const char* condition, const char* meaning, const char* file, int line);

}  // namespace neuro

// Invariants of our own code: on in debug builds and in every test build.
#if defined(NEURO_DEBUG)
#define NEURO_ASSERT(cond, meaning) \
  (static_cast<bool>(cond) ? void(0) : ::neuro::assertion_failed(#cond, meaning, __FILE__, __LINE__))
#else
#define NEURO_ASSERT(cond, meaning) static_cast<void>(0)
#endif
