#pragma once
// The canonical form of a NeuroScript source.
#include <cstdint>
#include <optional>
#include <string>

#include "neuro/diagnostic.h"

namespace neuro::ns {

/// The text `source` of `diagnostics.sources()` in canonical form: blocks indented by two spaces, also where
/// indentation was lost; at most one blank line in a row; a line at most 100 columns long where brackets allow to break
/// it. What a source means, its comments and their order stay as they are, and so do the spellings of numbers and
/// strings. Formatting twice changes nothing more.
///
/// Nothing, if the source does not parse; the problems are reported then, as `parse` reports them. Line ends are those
/// of the source's first line. Throws Error(internal) rather than return a text that means something else.
std::optional<std::string> format(std::uint32_t source, Diagnostics& diagnostics);

}  // namespace neuro::ns
