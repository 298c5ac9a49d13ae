// The formatter: whatever parses has a canonical form that means the same and has the same comments (`format` throws
// otherwise), and whose canonical form is itself.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "neuro/ns/format.h"

namespace {

std::optional<std::string> formatted(const std::string& text) {
  neuro::Diagnostics diagnostics;
  return neuro::ns::format(diagnostics.sources().add("fuzz.ns", text), diagnostics);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto once = formatted(std::string(reinterpret_cast<const char*>(data), size));
  if (once && formatted(*once) != once) std::abort();
  return 0;
}
