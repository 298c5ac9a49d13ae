#pragma once
// NeuroScript text -> AST: lexer, layout (indented, one-line and left-stripped sources), recursive descent.
#include <cstdint>

#include "neuro/diagnostic.h"
#include "neuro/ns/ast.h"

namespace neuro::ns {

/// Parses the text `source` of `diagnostics.sources()`. Every problem is reported there (codes NS01xx) and parsing goes
/// on at the next line or neuron, so the result holds what could be understood; use it only if no error was reported.
/// Never throws on account of the text. Time and memory grow linearly with it; at most 64 MiB and 3 million words are
/// read.
Program parse(std::uint32_t source, Diagnostics& diagnostics);

}  // namespace neuro::ns
