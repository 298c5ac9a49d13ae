#pragma once
// JSONL files: where rows lie, what they hold, and what is wrong with them.
#include <memory>
#include <string_view>
#include <vector>

#include "files.h"
#include "neuro/data.h"

namespace neuro {

/// A row's reader: simdjson behind a wall.
class RowParser {
 public:
  RowParser();
  ~RowParser();
  /// Parses `line` and writes each field's values to `into` (row.elements() values of the column's type). False when
  /// the line is not a row of these columns; `has_point[c]` is set when an i64 column holds a number with a point. At
  /// least files::Mapped::kPadding bytes behind the line must be readable.
  bool parse(std::string_view line, const std::vector<Field>& fields, const std::vector<Column>& columns,
             std::span<void* const> into, std::vector<char>& has_point);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// A file that has been scanned once: its rows are known to be good.
class JsonlFile {
 public:
  /// Throws Error(data) with diagnostics.
  JsonlFile(const std::filesystem::path& path, const LoaderOptions& options);

  std::uint64_t rows() const { return lines_.size(); }
  const std::vector<Column>& columns() const { return columns_; }
  const std::vector<Field>& fields() const { return fields_; }
  std::string_view line(std::uint64_t row) const;
  std::uint64_t line_number(std::uint64_t row) const;
  const std::filesystem::path& path() const { return path_; }
  std::string fingerprint() const;
  /// Every row's values, one tensor a column: empty when they do not fit the cache.
  std::vector<Tensor> take_values() { return std::move(values_); }

 private:
  void find_lines();
  void read_first_row();
  /// False when a column turned out to hold points: its type is f32 now, and the scan must run again.
  bool scan(bool keep);
  [[noreturn]] void refuse(std::vector<std::uint64_t> bad_rows);

  struct Line {
    std::uint64_t begin;
    std::uint64_t size;
  };
  std::filesystem::path path_;
  files::Mapped file_;
  std::vector<Field> fields_;
  std::vector<Line> lines_;
  std::vector<Column> columns_;
  std::vector<Tensor> values_;
};

/// Says what is wrong with a row that RowParser refused, compared with the shapes that `first` (the first row) has.
void explain_row(const JsonlFile& file, std::uint64_t row, Diagnostics& diags);

/// Looks at values once more for Column's facts: `count` rows from row number `first` on.
void observe(Column& column, const void* values, std::uint64_t first, std::uint64_t count);
/// Facts of two runs of rows as those of both; `later` holds the later rows.
void merge_facts(Column& column, const Column& later);

}  // namespace neuro
