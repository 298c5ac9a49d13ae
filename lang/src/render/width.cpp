#include "render/width.h"

#include <algorithm>
#include <array>

#include "utf8.h"

namespace neuro::render_detail {
namespace {

struct Range {
  char32_t first, last;
};

// The blocks of Unicode's East Asian Wide and Fullwidth characters and of emoji, joined where only rare gaps lie
// between.
constexpr std::array<Range, 12> kWide{{{0x1100, 0x115f},
                                       {0x2e80, 0x303e},
                                       {0x3041, 0xa4cf},
                                       {0xa960, 0xa97f},
                                       {0xac00, 0xd7a3},
                                       {0xf900, 0xfaff},
                                       {0xfe30, 0xfe6f},
                                       {0xff00, 0xff60},
                                       {0xffe0, 0xffe6},
                                       {0x1f300, 0x1f64f},
                                       {0x1f680, 0x1f9ff},
                                       {0x20000, 0x3fffd}}};

constexpr std::array<Range, 9> kZeroWidth{{{0x0300, 0x036f},
                                           {0x0483, 0x0489},
                                           {0x0591, 0x05bd},
                                           {0x1ab0, 0x1aff},
                                           {0x200b, 0x200f},
                                           {0x20d0, 0x20ff},
                                           {0xfe00, 0xfe0f},
                                           {0xfe20, 0xfe2f},
                                           {0xfeff, 0xfeff}}};

template <std::size_t N>
bool in_ranges(const std::array<Range, N>& ranges, char32_t c) {
  const auto at =
      std::lower_bound(ranges.begin(), ranges.end(), c, [](const Range& r, char32_t x) { return r.last < x; });
  return at != ranges.end() && at->first <= c;
}

// Controls would move the cursor or start an escape sequence; bidirectional overrides would show another text than
// ours.
bool must_not_be_shown(char32_t c) {
  return (c < 0x20 && c != '\t') || (c >= 0x7f && c < 0xa0) || (c >= 0x202a && c <= 0x202e) ||
         (c >= 0x2066 && c <= 0x2069);
}

}  // namespace

Glyph first_glyph(std::string_view text) {
  char32_t c = 0;
  const std::uint32_t bytes = detail::decode_utf8(text, c);
  if (bytes == 0 || must_not_be_shown(c)) return {"\xef\xbf\xbd", std::max(bytes, 1u), 1};
  const bool zero = in_ranges(kZeroWidth, c);
  return {text.substr(0, bytes), bytes, static_cast<std::uint8_t>(zero ? 0 : in_ranges(kWide, c) ? 2 : 1)};
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const Glyph glyph = first_glyph(text);
    width += glyph.width;
    text.remove_prefix(glyph.bytes);
  }
  return width;
}

void put_clean(Painter& out, std::string_view text, Style style) {
  while (!text.empty()) {
    const Glyph glyph = first_glyph(text);
    out.put(glyph.shown, style);
    text.remove_prefix(glyph.bytes);
  }
}

}  // namespace neuro::render_detail
