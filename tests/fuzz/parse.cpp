// Lexer and parser on any bytes, and the rendering of what they report: nothing may crash, and without an error the
// tree can be written.
#include <cstddef>
#include <cstdint>
#include <string>

#include "neuro/ns/parse.h"
#include "neuro/ns/tree.h"
#include "neuro/render.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  neuro::Diagnostics diagnostics;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const std::uint32_t source = diagnostics.sources().add("fuzz.ns", text);
  const neuro::ns::Program program = neuro::ns::parse(source, diagnostics);
  for (const neuro::Diagnostic& diagnostic : diagnostics.items()) {
    neuro::render(diagnostic, diagnostics.sources(), {.color = true});
    neuro::render_json(diagnostic, diagnostics.sources());
    neuro::render_github(diagnostic, diagnostics.sources());
  }
  if (diagnostics.has_errors()) return 0;
  neuro::ns::tree_text(program, diagnostics.sources());
  neuro::ns::tree_json(program, diagnostics.sources());
  return 0;
}
