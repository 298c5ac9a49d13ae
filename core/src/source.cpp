#include "neuro/source.h"

#include <algorithm>
#include <limits>

#include "neuro/error.h"
#include "neuro/str.h"

namespace neuro {

Span Span::join(const Span& other) const {
  if (!known()) return other;
  if (!other.known()) return *this;
  NEURO_ASSERT(source == other.source, "joined spans lie in one text");
  return {source, std::min(begin, other.begin), std::max(end, other.end)};
}

std::uint32_t SourceMap::add(std::string name, std::string text, std::uint32_t first_line) {
  if (text.size() >= std::numeric_limits<std::uint32_t>::max()) {
    throw Error(ErrorCode::resource, str(name, ": text of ", text.size(), " bytes; at most 4 GiB are read"));
  }
  sources_.push_back({std::move(name), std::move(text), first_line});
  return static_cast<std::uint32_t>(sources_.size() - 1);
}

std::string_view SourceMap::text(const Span& span) const {
  if (!span.known()) return {};
  return std::string_view(sources_[span.source].text).substr(span.begin, span.end - span.begin);
}

LineColumn SourceMap::line_column(const Span& span) const {
  if (!span.known()) return {};
  const Source& source = sources_[span.source];
  const std::string_view before = std::string_view(source.text).substr(0, span.begin);
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 == 0
  const auto lines = std::count(before.begin(), before.end(), '\n');
  const auto is_lead_byte = [](char c) { return (static_cast<unsigned char>(c) & 0xc0u) != 0x80u; };
  const auto columns =
      std::count_if(before.begin() + static_cast<std::ptrdiff_t>(line_start), before.end(), is_lead_byte);
  return {source.first_line + static_cast<std::uint32_t>(lines), 1 + static_cast<std::uint32_t>(columns)};
}

}  // namespace neuro
