#pragma once
// How wide text is on a terminal.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "render/painter.h"

namespace neuro::render_detail {

/// One code point of a text: where it is, how to show it, and how many columns it takes.
struct Glyph {
  std::string_view shown;   ///< its bytes, or U+FFFD for what must not reach a terminal
  std::uint32_t bytes = 1;  ///< length in the text
  std::uint8_t width = 1;   ///< 0 for combining marks, 2 for wide East Asian characters and emoji; 1 for a tab
};

/// The code point at the start of a text, which must not be empty.
Glyph first_glyph(std::string_view text);

/// The columns that a text takes, tabs counted as one.
std::size_t display_width(std::string_view text);

/// Writes a text with what must not reach a terminal replaced.
void put_clean(Painter& out, std::string_view text, Style style);

}  // namespace neuro::render_detail
