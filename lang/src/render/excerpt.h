#pragma once
#include <cstdint>
#include <vector>

#include "neuro/diagnostic.h"
#include "render/painter.h"

namespace neuro::render_detail {

/// The line that holds byte `offset` of a source: its number and its bytes [begin, end) without the line's end.
struct Line {
  std::uint32_t number = 0, begin = 0, end = 0;
};
Line line_at(const Source& source, std::uint32_t offset);

/// Draws the lines of one source that labels point into, with marks and texts under them. All labels lie in `source`.
/// `gutter` is the width of the column of line numbers, `primary` the colour of primary marks.
void draw_excerpt(Painter& out, const Source& source, const std::vector<Label>& labels, std::size_t gutter,
                  Style primary, std::size_t width);

}  // namespace neuro::render_detail
