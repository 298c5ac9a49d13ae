#include "neuro/error.h"

#include "neuro/diagnostic.h"
#include "neuro/str.h"

namespace neuro {
namespace {

std::string title_of(const Diagnostics& diagnostics) {
  for (const Diagnostic& d : diagnostics.items()) {
    if (d.severity == Severity::error) return d.title;
  }
  return "unknown error";
}

}  // namespace

Error::Error(ErrorCode code, const std::string& message)
    : std::runtime_error(message), code_(code), diagnostics_(std::make_shared<Diagnostics>()) {}

Error::Error(ErrorCode code, Diagnostics diagnostics)
    : std::runtime_error(title_of(diagnostics)),
      code_(code),
      diagnostics_(std::make_shared<Diagnostics>(std::move(diagnostics))) {}

void assertion_failed(const char* condition, const char* meaning, const char* file, int line) {
  throw Error(ErrorCode::internal, str("broken invariant: ", meaning, " (", condition, " at ", file, ":", line, ")"));
}

}  // namespace neuro
