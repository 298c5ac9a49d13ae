// What is wrong with a row: the slow path beside simdjson, which says that a line is wrong but not where.
#include <cmath>

#include "jsonl.h"
#include "neuro/codes.h"
#include "neuro/json.h"
#include "neuro/str.h"
#include "neuro/suggest.h"

namespace neuro {
namespace {

std::string sized(const Shape& shape, int axis) {
  if (axis >= shape.rank()) return "a number";
  return str(shape.rank() - axis == 1 ? "a list of " : "lists of shape ",
             shape.rank() - axis == 1 ? str(shape[axis], " number", shape[axis] == 1 ? "" : "s")
                                      : Shape(shape.dims().subspan(static_cast<std::size_t>(axis))).text());
}

class Explainer {
 public:
  Explainer(const JsonlFile& file, std::uint64_t row, Diagnostics& diags)
      : file_(file), row_(row), diags_(diags), source_(add_line(row)) {}

  void run() {
    json::Problem problem;
    const auto document = json::parse(file_.line(row_), problem, source_);
    if (!document) {
      diags_.error(codes::kInvalidRecord, str("not a JSON object: ", problem.title)).primary(problem.span);
      return;
    }
    if (document->kind != json::Kind::object) {
      diags_.error(codes::kInvalidRecord, "each line must be one JSON object")
          .primary(document->span, document->what());
      return;
    }
    for (std::size_t f = 0; f < file_.fields().size(); ++f) {
      const json::Value* value = find(*document, file_.fields()[f]);
      if (!value) return;
      if (f < file_.columns().size() ? check(*value, file_.columns()[f], 0) : check_alone(*value)) return;
    }
    diags_.error(codes::kInvalidRecord, "this line cannot be read as a row").primary(document->span);
  }

 private:
  std::uint32_t add_line(std::uint64_t row) {
    std::string_view line = file_.line(row);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return diags_.sources().add(file_.path().string(), std::string(line),
                                static_cast<std::uint32_t>(file_.line_number(row)));
  }

  /// The value at a field's path; reports the key that is missing.
  const json::Value* find(const json::Value& document, const Field& field) {
    const json::Value* value = &document;
    for (const std::string& key : field.path) {
      const json::Value* inner = value->find(key);
      if (inner) {
        value = inner;
        continue;
      }
      if (value->kind != json::Kind::object) {
        diags_
            .error(codes::kMissingField, str("`", field.name(), "` takes an object with one value for each input port"))
            .primary(value->span, str("is ", value->what()));
        return nullptr;
      }
      std::vector<std::string> keys;
      for (const auto& item : value->object) keys.push_back(item.first);
      Diagnostic& d = diags_.error(codes::kMissingField, str("the row has no `", field.name(), "`"));
      if (const auto near = nearest(key, keys)) {
        for (const auto& [name, other] : value->object) {
          if (name == *near) d.primary(other.span, str("this is `", name, "`; did you mean `", key, "`?"));
        }
      } else {
        d.primary({source_, value->span.begin, value->span.begin + 1});
      }
      if (field.path.size() == 1) d.help(str("write `\"", key, "\": ...`, or name the field in the config's `data:`"));
      return nullptr;
    }
    return value;
  }

  /// Reports the first value that does not fit the column's shape; false when all fit.
  bool check(const json::Value& value, const Column& column, int axis) {
    const Shape& shape = column.row;
    if (axis == shape.rank()) {
      if (value.kind == json::Kind::list) return ragged(value, column, axis);
      return not_a_number(value, column);
    }
    if (value.kind == json::Kind::list) {
      if (static_cast<std::int64_t>(value.list.size()) != shape[axis]) return ragged(value, column, axis);
      for (const json::Value& item : value.list) {
        if (check(item, column, axis + 1)) return true;
      }
      return false;
    }
    if (value.kind == json::Kind::number) return ragged(value, column, axis);
    return not_a_number(value, column);
  }

  /// The same for the first row, before there is a shape: lists of one length and numbers.
  bool check_alone(const json::Value& value) {
    Column column;
    column.name = "input";
    return value.kind != json::Kind::list && not_a_number(value, column);
  }

  bool ragged(const json::Value& value, const Column& column, int axis) {
    if (column.row.rank() == kMaxRank - 1 && axis == column.row.rank()) {
      diags_.error(codes::kRaggedRow, str("`", column.name, "` is nested deeper than ", kMaxRank - 1, " lists"))
          .primary(value.span);
      return true;
    }
    const bool one_row = row_ == 0;
    Diagnostic& d =
        diags_.error(codes::kRaggedRow, one_row ? str("ragged lists in `", column.name, "`")
                                                : str("ragged rows: `", column.name, "` differs from the first row's"));
    d.primary(value.span, str("takes ", sized(column.row, axis), ", receives ", value.what()));
    if (!one_row) {
      const std::uint32_t first = add_line(0);
      json::Problem ignored;
      if (const auto document = json::parse(file_.line(0), ignored, first)) {
        const json::Value* at = &*document;
        for (const Field& field : file_.fields()) {
          if (field.name() != column.name) continue;
          for (const std::string& key : field.path) at = at->find(key);
        }
        d.secondary(at->span, str("the first row has ", sized(column.row, 0)));
      }
    }
    return true;
  }

  bool not_a_number(const json::Value& value, const Column& column) {
    if (value.kind != json::Kind::number) {
      Diagnostic& d = diags_.error(codes::kNotANumber, str("`", column.name, "` holds something that is not a number"));
      d.primary(value.span, str("is ", value.what()));
      if (value.kind == json::Kind::boolean) d.help("write 1 for true and 0 for false");
      return true;
    }
    const std::string_view written = file_.line(row_).substr(value.span.begin, value.span.end - value.span.begin);
    if (!value.integer && written.find_first_of(".eE") == std::string_view::npos) {
      diags_.error(codes::kNotANumber, str("a whole number in `", column.name, "` does not fit 64 bits"))
          .primary(value.span, "write it with a point to have it as f32");
      return true;
    }
    if (std::isfinite(static_cast<float>(value.number))) return false;
    diags_.error(codes::kNotANumber, str("a number in `", column.name, "` is outside the range of f32"))
        .primary(value.span, "at most 3.4e38");
    return true;
  }

  const JsonlFile& file_;
  std::uint64_t row_;
  Diagnostics& diags_;
  std::uint32_t source_;
};

}  // namespace

void explain_row(const JsonlFile& file, std::uint64_t row, Diagnostics& diags) { Explainer(file, row, diags).run(); }

}  // namespace neuro
