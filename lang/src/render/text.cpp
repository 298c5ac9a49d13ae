#include <algorithm>
#include <string_view>

#include "neuro/render.h"
#include "neuro/str.h"
#include "render/excerpt.h"
#include "render/width.h"

namespace neuro {
namespace {

using render_detail::Painter;
using render_detail::Style;

Style style_of(Severity severity) {
  switch (severity) {
    case Severity::error: return Style::error;
    case Severity::warning: return Style::warning;
    case Severity::note: break;
  }
  return Style::note;
}

std::string_view name_of(Severity severity) {
  switch (severity) {
    case Severity::error: return "error";
    case Severity::warning: return "warning";
    case Severity::note: break;
  }
  return "note";
}

/// The texts that labels point into; the one of the first primary label comes first.
std::vector<std::uint32_t> sources_of(const Diagnostic& diagnostic) {
  std::vector<std::uint32_t> order;
  const auto add = [&](const Label& label) {
    if (!label.span.known()) return;
    if (std::find(order.begin(), order.end(), label.span.source) == order.end()) order.push_back(label.span.source);
  };
  for (const Label& label : diagnostic.labels) {
    if (label.primary) add(label);
  }
  for (const Label& label : diagnostic.labels) add(label);
  return order;
}

std::vector<Label> labels_in(const Diagnostic& diagnostic, std::uint32_t source) {
  std::vector<Label> labels;
  std::copy_if(diagnostic.labels.begin(), diagnostic.labels.end(), std::back_inserter(labels),
               [&](const Label& label) { return label.span.source == source; });
  return labels;
}

std::size_t gutter_width(const Diagnostic& diagnostic, const SourceMap& sources) {
  std::uint32_t largest = 1;
  for (const Label& label : diagnostic.labels) {
    if (!label.span.known()) continue;
    const Source& source = sources[label.span.source];
    const std::uint32_t last = std::max(label.span.begin, label.span.end == 0 ? 0 : label.span.end - 1);
    const auto size = static_cast<std::uint32_t>(source.text.size());
    largest = std::max(largest, render_detail::line_at(source, std::min(last, size)).number);
  }
  return std::to_string(largest).size();
}

// The lines after the first stand under the first one's text.
void put_lines(Painter& out, std::string_view text, std::size_t indent) {
  while (true) {
    const std::size_t end = text.find('\n');
    render_detail::put_clean(out, text.substr(0, end), Style::plain);
    out.end_line();
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
    out.repeat(indent, ' ');
  }
}

}  // namespace

std::string render(const Diagnostic& diagnostic, const SourceMap& sources, const RenderOptions& options) {
  Painter out(options.color);
  const Style style = style_of(diagnostic.severity);
  out.put(name_of(diagnostic.severity), style);
  if (!diagnostic.code.empty()) out.put('[', style).put(diagnostic.code, style).put(']', style);
  out.put(": ", Style::bold);
  render_detail::put_clean(out, diagnostic.title, Style::bold);
  out.end_line();

  const std::vector<std::uint32_t> files = sources_of(diagnostic);
  const std::size_t gutter = gutter_width(diagnostic, sources);
  const auto empty_row = [&] {
    out.repeat(gutter + 1, ' ').put('|', Style::gutter);
    out.end_line();
  };
  for (std::size_t i = 0; i < files.size(); ++i) {
    const std::vector<Label> labels = labels_in(diagnostic, files[i]);
    const auto main = std::find_if(labels.begin(), labels.end(), [](const Label& label) { return label.primary; });
    const LineColumn at = sources.line_column(main == labels.end() ? labels.front().span : main->span);
    out.repeat(gutter, ' ').put(i == 0 ? "-->" : ":::", Style::gutter).put(' ');
    render_detail::put_clean(out, str(sources[files[i]].name, ":", at.line, ":", at.column), Style::plain);
    out.end_line();
    empty_row();
    const auto width = static_cast<std::size_t>(std::max(options.width, 40));
    render_detail::draw_excerpt(out, sources[files[i]], labels, gutter, style, width);
  }
  if (!files.empty() && diagnostic.notes.size() + diagnostic.helps.size() > 0) empty_row();
  for (const std::string& note : diagnostic.notes) {
    const std::size_t indent = files.empty() ? 0 : gutter + 1;
    out.repeat(indent, ' ').put(files.empty() ? "" : "= ", Style::gutter).put("note: ", Style::bold);
    put_lines(out, note, indent + (files.empty() ? 6 : 8));
  }
  for (const std::string& help : diagnostic.helps) {
    out.put("help", Style::help).put(": ");
    put_lines(out, help, 6);
  }
  return out.take();
}

std::string render(const Diagnostics& diagnostics, const RenderOptions& options) {
  std::string out;
  for (const Diagnostic& diagnostic : diagnostics.items()) out += render(diagnostic, diagnostics.sources(), options);
  return out;
}

}  // namespace neuro
