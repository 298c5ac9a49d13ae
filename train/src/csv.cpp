// CSV: RFC 4180, read strictly.
#include "csv.h"

#include <algorithm>

namespace neuro::data {

CsvReader::CsvReader(std::string_view text, char delimiter) : text_(text), delimiter_(delimiter) {
  if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
}

bool CsvReader::next(CsvRow& row) {
  // Empty lines.
  while (at_ < text_.size() && (text_[at_] == '\n' || text_.substr(at_, 2) == "\r\n")) {
    at_ += text_[at_] == '\n' ? 1 : 2;
    ++line_;
  }
  if (at_ == text_.size()) return false;
  const std::size_t begin = at_;
  row = CsvRow();
  row.line = line_;
  row.text = text_.substr(begin);  // cut below, when its end is known
  read_fields(row);
  if (!row.problem.empty()) at_ = std::min(text_.find('\n', at_), text_.size());
  row.text = text_.substr(begin, at_ - begin);
  if (row.text.ends_with('\r')) row.text.remove_suffix(1);
  line_ += static_cast<std::size_t>(std::count(row.text.begin(), row.text.end(), '\n')) + 1;
  if (at_ < text_.size()) ++at_;  // the row's line feed
  return true;
}

// Stops at the row's line feed, at the end of the text, or at a problem.
void CsvReader::read_fields(CsvRow& row) {
  const std::size_t begin = at_;
  while (true) {
    CsvField field;
    field.begin = at_ - begin;
    if (at_ < text_.size() && text_[at_] == '"') {
      if (!read_quoted(row, field)) return;
    } else {
      const std::size_t start = at_;
      while (at_ < text_.size() && text_[at_] != delimiter_ && text_[at_] != '\n') {
        if (text_[at_] == '"') {
          row.problem = "a quote inside a field without quotes";
          row.problem_at = at_ - begin;
          return;
        }
        ++at_;
      }
      std::string_view text = text_.substr(start, at_ - start);
      if (text.ends_with('\r') && (at_ == text_.size() || text_[at_] == '\n')) text.remove_suffix(1);
      field.text = text;
      field.end = field.begin + text.size();
    }
    row.fields.push_back(std::move(field));
    if (at_ == text_.size() || text_[at_] == '\n') return;
    ++at_;  // the delimiter
  }
}

// From the opening quote to the delimiter or line feed behind the closing one; false when there is a problem.
bool CsvReader::read_quoted(CsvRow& row, CsvField& field) {
  const std::size_t row_begin = static_cast<std::size_t>(row.text.data() - text_.data());
  const std::size_t opening = at_++;
  while (true) {
    const std::size_t quote = text_.find('"', at_);
    if (quote == std::string_view::npos) {
      row.problem = "a quote that is never closed";
      row.problem_at = opening - row_begin;
      at_ = opening;
      return false;
    }
    field.text += text_.substr(at_, quote - at_);
    at_ = quote + 1;
    if (at_ == text_.size() || text_[at_] != '"') break;
    field.text += '"';
    ++at_;
  }
  field.end = at_ - row_begin;
  if (text_.substr(at_, 2) == "\r\n" || text_.substr(at_) == "\r") ++at_;
  if (at_ == text_.size() || text_[at_] == '\n' || text_[at_] == delimiter_) return true;
  row.problem = "text after a closing quote";
  row.problem_at = at_ - row_begin;
  return false;
}

}  // namespace neuro::data
