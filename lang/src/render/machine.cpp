// Diagnostics for programs: JSON lines and GitHub's workflow commands.
#include <nlohmann/json.hpp>
#include <string_view>

#include "neuro/render.h"
#include "neuro/str.h"

namespace neuro {
namespace {

using Json = nlohmann::ordered_json;

std::string_view name_of(Severity severity) {
  switch (severity) {
    case Severity::error: return "error";
    case Severity::warning: return "warning";
    case Severity::note: break;
  }
  return "note";
}

const Label* main_label(const Diagnostic& diagnostic) {
  const Label* first = nullptr;
  for (const Label& label : diagnostic.labels) {
    if (!label.span.known()) continue;
    if (label.primary) return &label;
    if (first == nullptr) first = &label;
  }
  return first;
}

struct Place {
  LineColumn begin, end;
};

Place place_of(const SourceMap& sources, const Span& span) {
  return {sources.line_column(span), sources.line_column({span.source, span.end, span.end})};
}

void put_place(Json& json, const SourceMap& sources, const Span& span) {
  if (!span.known()) {
    for (const char* key : {"file", "line", "col", "end_line", "end_col"}) json[key] = nullptr;
    return;
  }
  const Place place = place_of(sources, span);
  json["file"] = sources[span.source].name;
  json["line"] = place.begin.line;
  json["col"] = place.begin.column;
  json["end_line"] = place.end.line;
  json["end_col"] = place.end.column;
}

// https://docs.github.com/actions/reference/workflow-commands-for-github-actions: what must be escaped where.
std::string escape(std::string_view text, bool property) {
  std::string out;
  for (const char c : text) {
    const bool special = c == '%' || c == '\r' || c == '\n' || (property && (c == ':' || c == ','));
    if (!special) {
      out += c;
    } else {
      out += c == '%' ? "%25" : c == '\r' ? "%0D" : c == '\n' ? "%0A" : c == ':' ? "%3A" : "%2C";
    }
  }
  return out;
}

}  // namespace

std::string render_json(const Diagnostic& diagnostic, const SourceMap& sources) {
  Json json;
  json["code"] = diagnostic.code;
  json["severity"] = name_of(diagnostic.severity);
  const Label* main = main_label(diagnostic);
  put_place(json, sources, main == nullptr ? Span{} : main->span);
  json["message"] = diagnostic.title;
  json["labels"] = Json::array();
  for (const Label& label : diagnostic.labels) {
    Json one;
    put_place(one, sources, label.span);
    one["message"] = label.text;
    one["primary"] = label.primary;
    json["labels"].push_back(std::move(one));
  }
  json["notes"] = diagnostic.notes;
  json["help"] = diagnostic.helps;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);  // a title may quote broken UTF-8
}

std::string render_github(const Diagnostic& diagnostic, const SourceMap& sources) {
  std::string out = str("::", diagnostic.severity == Severity::note ? "notice" : name_of(diagnostic.severity), " ");
  if (const Label* main = main_label(diagnostic)) {
    const Place place = place_of(sources, main->span);
    out += str("file=", escape(sources[main->span.source].name, true), ",line=", place.begin.line,
               ",endLine=", place.end.line, ",col=", place.begin.column, ",endColumn=", place.end.column, ",");
  }
  std::string message = diagnostic.title;
  for (const Label& label : diagnostic.labels) {
    if (label.primary && !label.text.empty()) message += str("\n", label.text);
  }
  for (const std::string& help : diagnostic.helps) message += str("\nhelp: ", help);
  return out + str("title=", escape(diagnostic.code, true), "::", escape(message, false));
}

}  // namespace neuro
