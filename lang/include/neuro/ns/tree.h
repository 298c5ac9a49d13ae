#pragma once
// An AST for people and programs to look at, and to compare.
#include <string>

#include "neuro/ns/ast.h"
#include "neuro/source.h"

namespace neuro::ns {

/// The tree as indented text: a node a line, with what it says and its place as line:column-line:column (from 1, in
/// code points, the end exclusive). Ends with a newline.
///
///     neuron 1:1-4:20 name=Net
///       input: port 2:3-2:18 name=default named=false variadic=false
///         shape: shape 2:7-2:18
///           dim: name 2:8-2:13 name=batch
std::string tree_text(const Program& program, const SourceMap& sources);

/// The same as JSON, indented, ending with a newline: every node is an object with "node" (its kind) and "at" (its
/// place as above; absent where it has none), then what it says; lists are arrays, what is absent is null.
std::string tree_json(const Program& program, const SourceMap& sources);

/// Whether two programs say the same: everything but places.
bool equal(const Program& a, const Program& b);

}  // namespace neuro::ns
