#pragma once
// What the language tests run on a source: as many stages of the front end as there are.
#include "neuro/elaborate.h"
#include "neuro/ns/parse.h"
#include "ns/lower.h"

namespace neuro {

inline void check_source(std::uint32_t source, Diagnostics& diagnostics) {
  const ns::Program program = ns::parse(source, diagnostics);
  if (!diagnostics.has_errors()) check(ns::lower(program, diagnostics), diagnostics);
}

}  // namespace neuro
