#pragma once
// What the language tests run on a source: as many stages of the front end as there are.
#include "neuro/ns/parse.h"

namespace neuro {

inline void check_source(std::uint32_t source, Diagnostics& diagnostics) { ns::parse(source, diagnostics); }

}  // namespace neuro
