#pragma once
// Texts that people wrote (sources, configs, data lines) and positions in them.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace neuro {

/// A half-open range of bytes [begin, end) of one text of a SourceMap. Plain data, 12 bytes.
struct Span {
  static constexpr std::uint32_t kNone = 0xffffffffu;
  std::uint32_t source = kNone;  ///< index in the SourceMap; kNone: no place
  std::uint32_t begin = 0;
  std::uint32_t end = 0;

  bool known() const { return source != kNone; }
  /// The smallest span that covers both; they must lie in the same text.
  Span join(const Span& other) const;
  bool operator==(const Span&) const = default;
};

/// A text with its name. `first_line` is the number of its first line: an excerpt of a large file (one JSONL record)
/// is a Source whose first line is not 1.
struct Source {
  std::string name;  ///< as the person wrote the path; "<memory>" for text without a file
  std::string text;
  std::uint32_t first_line = 1;
};

/// Line and column of a byte offset, both from 1; the column counts Unicode code points.
struct LineColumn {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

/// The texts that the spans of one compilation point into. Indices are stable.
class SourceMap {
 public:
  /// Adds a text and returns its index for Span::source. At most 4 GiB of text each.
  std::uint32_t add(std::string name, std::string text, std::uint32_t first_line = 1);
  const Source& operator[](std::uint32_t index) const { return sources_[index]; }
  std::size_t size() const { return sources_.size(); }
  /// The text that a span covers; empty for an unknown span.
  std::string_view text(const Span& span) const;
  /// Where a span begins. O(bytes before it).
  LineColumn line_column(const Span& span) const;

 private:
  std::vector<Source> sources_;
};

}  // namespace neuro
