// Everything that happens to a source before it computes: parsing, checking, and making weights for every neuron that
// needs no arguments. Only an Error that the interface promises may come out.
#include <cstddef>
#include <cstdint>
#include <string>

#include "neuro/error.h"
#include "neuro/program.h"
#include "neuro/render.h"

namespace {

constexpr neuro::InitOptions kSmall{.seed = 1, .memory_limit = std::uint64_t{1} << 20};

void instantiate_all(const neuro::Program& program) {
  for (const neuro::NeuronInfo& neuron : program.neurons()) {
    try {
      program.instantiate(neuron.name, {}, kSmall);
    } catch (const neuro::Error& error) {
      if (error.code() != neuro::ErrorCode::source && error.code() != neuro::ErrorCode::resource) throw;
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto program = neuro::Program::from_source(std::string(reinterpret_cast<const char*>(data), size), "fuzz.ns");
  neuro::render(program.diagnostics());
  if (program.ok()) instantiate_all(program);
  return 0;
}
