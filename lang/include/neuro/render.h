#pragma once
// Diagnostics as text: for people, for programs (JSON) and for GitHub's annotations. Rendering prints nothing.
#include <string>

#include "neuro/diagnostic.h"

namespace neuro {

struct RenderOptions {
  bool color = false;  ///< ANSI colours; whether the output is a terminal is for the caller to know
  int width = 120;     ///< columns of source text on a line; longer lines are cut around their labels
};

/// The message with an excerpt of the source. Ends with a newline. Columns count code points; carets stand under the
/// text also behind tabs and wide characters; control characters and broken UTF-8 are shown as U+FFFD.
///
///     error[NS0301]: shape mismatch: Expected [*, 32], got [*, 64]
///      --> model.ns:4:30
///       |
///     4 |     in -> Linear(128, 64) -> Linear(32, 10) -> out
///       |           ---------------    ^^^^^^^^^^^^^^ takes [*, 32]: in_dim is 32 here
///       |           gives [batch, 64]
///       |
///     help: write Linear(64, 10), or Linear(128, 32) before it
std::string render(const Diagnostic& diagnostic, const SourceMap& sources, const RenderOptions& options = {});

/// All of them, in the order found.
std::string render(const Diagnostics& diagnostics, const RenderOptions& options = {});

/// One JSON object on one line, without a newline: {code, severity, file, line, col, end_line, end_col, message,
/// labels, notes, help}. Places are those of the first primary label, null without one; `labels` has {file, line, col,
/// end_line, end_col, message, primary} for each; `notes` and `help` are lists of strings. Columns count code points
/// from 1, the end is exclusive.
std::string render_json(const Diagnostic& diagnostic, const SourceMap& sources);

/// One line of GitHub's workflow commands, without a newline: `::error file=...,line=...::message`.
std::string render_github(const Diagnostic& diagnostic, const SourceMap& sources);

}  // namespace neuro
