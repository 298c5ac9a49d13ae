#pragma once
// CSV text as rows of fields with their places.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace neuro::data {

struct CsvField {
  std::string text;                // without quotes
  std::size_t begin = 0, end = 0;  // in the row's text, quotes included
};

struct CsvRow {
  std::string_view text;  // as it stands in the file, without the line's end
  std::size_t line = 0;   // where it begins, from 1
  std::vector<CsvField> fields;
  // When the quotes do not match: what is wrong and where; `fields` is then incomplete.
  std::string problem;
  std::size_t problem_at = 0;
};

class CsvReader {
 public:
  /// `text` must outlive the reader. A byte order mark at its beginning is skipped.
  CsvReader(std::string_view text, char delimiter);
  /// Moves on to the next row that is not empty; false at the end. After a row with a problem it goes on with the next
  /// line.
  bool next(CsvRow& row);

 private:
  void read_fields(CsvRow& row);
  bool read_quoted(CsvRow& row, CsvField& field);

  std::string_view text_;
  char delimiter_;
  std::size_t at_ = 0, line_ = 1;
};

}  // namespace neuro::data
