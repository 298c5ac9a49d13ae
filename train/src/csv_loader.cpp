// From CSV rows to data sets, and what is said of rows that cannot be read.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <istream>
#include <iterator>
#include <set>
#include <tuple>

#include "csv.h"
#include "files.h"
#include "neuro/codes.h"
#include "neuro/dataset.h"
#include "neuro/diagnostic.h"
#include "neuro/error.h"
#include "neuro/str.h"

namespace neuro::data {
namespace {

constexpr std::size_t kReported = 5;  // rows that one error shows

/// The two functions of a load as one: without labels the second list stays empty.
using Convert = std::function<std::pair<std::vector<float>, std::vector<float>>(Fields record, Fields label)>;

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

class Table {
 public:
  Table(std::string_view text, std::string name, const CsvFormat& format, const Shape& record, const Shape* label)
      : reader_(text, format.delimiter), name_(std::move(name)), format_(format), record_(record), label_(label) {
    for (const Shape* shape : {&record, label}) {
      if (shape != nullptr && shape->rank() == 0) {
        throw Error(ErrorCode::shape, str(name_, ": the shape of a ", shape == label ? "label" : "record",
                                          " is empty; a single number is Shape{1}"));
      }
    }
  }

  /// Reads every row; `convert` is null where fields are numbers.
  void read(const Convert* convert) {
    CsvRow row;
    bool header = format_.headers;
    while (bad_rows_ <= kReported && reader_.next(row)) {
      const bool good = well_formed(row) && (header || add(row, convert));
      if (!good) ++bad_rows_;
      header = false;
    }
    if (bad_rows_ > kReported) {
      diags_.note(codes::kInvalidRecord,
                  str("more rows of ", name_, " are wrong; the first ", kReported, " are shown"));
    }
    if (rows_ == 0 && bad_rows_ == 0) {
      diags_.error(codes::kNoRows, str("no rows in ", name_))
          .help(columns_ > 0 ? "the first row is taken for headers; without_headers() reads it as a record"
                             : "write one record a line");
    }
    if (!diags_.empty()) throw Error(ErrorCode::data, std::move(diags_));
  }

  Tensor records() const { return tensor(records_, record_); }
  Tensor labels() const { return tensor(labels_, *label_); }

 private:
  Tensor tensor(const std::vector<float>& values, const Shape& row) const {
    return Tensor::from(std::span<const float>(values), row.inserted(0, rows_));
  }

  /// A new diagnostic about a row, with a label on bytes [begin, end) of its text.
  Diagnostic& report(const char* code, std::string title, const CsvRow& row, std::size_t begin, std::size_t end,
                     std::string label = {}) {
    if (bad_rows_ == kReported) return unseen_;
    const std::uint32_t source =
        diags_.sources().add(name_, std::string(row.text), static_cast<std::uint32_t>(row.line));
    return diags_.error(code, std::move(title))
        .primary({source, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)}, std::move(label));
  }

  /// Checks the quotes and the number of fields, which the first row sets.
  bool well_formed(const CsvRow& row) {
    if (!row.problem.empty()) {
      report(codes::kInvalidQuotes, row.problem, row, row.problem_at, row.problem_at + 1)
          .help("a field with quotes in it stands in quotes, and each of its own is written twice: \"a \"\"b\"\" c\"");
      return false;
    }
    if (columns_ == 0) {
      columns_ = row.fields.size();
      first_line_ = row.line;
      for (const std::size_t label : format_.labels) {
        if (label < columns_) continue;
        report(codes::kMissingField, str("there is no column ", label, " for labels; columns are counted from 0"), row,
               0, row.text.size(), str("has ", columns_, columns_ == 1 ? " field" : " fields"));
        throw Error(ErrorCode::data, std::move(diags_));  // true of every row
      }
    }
    if (row.fields.size() == columns_) return true;
    const bool longer = row.fields.size() > columns_;
    const std::size_t begin = longer ? row.fields[columns_].begin : 0;
    report(codes::kRaggedRow,
           str("a row with ", row.fields.size(), row.fields.size() == 1 ? " field" : " fields", " where line ",
               first_line_, " has ", columns_),
           row, begin, row.text.size());
    return false;
  }

  bool add(const CsvRow& row, const Convert* convert) {
    std::vector<float> record, label;
    if (convert != nullptr) {
      if (!call(*convert, row, record, label)) return false;
    } else {
      for (std::size_t c = 0; c < row.fields.size(); ++c) {
        if (!number(row, row.fields[c], is_label(c) ? label : record)) return false;
      }
    }
    expect_size(row, "record", record.size(), record_);
    if (label_ != nullptr) expect_size(row, "label", label.size(), *label_);
    records_.insert(records_.end(), record.begin(), record.end());
    labels_.insert(labels_.end(), label.begin(), label.end());
    ++rows_;
    return true;
  }

  bool is_label(std::size_t c) const {
    return std::find(format_.labels.begin(), format_.labels.end(), c) != format_.labels.end();
  }

  bool call(const Convert& convert, const CsvRow& row, std::vector<float>& record, std::vector<float>& label) {
    std::vector<std::string> fields, labels;
    for (std::size_t c = 0; c < row.fields.size(); ++c) (is_label(c) ? labels : fields).push_back(row.fields[c].text);
    try {
      std::tie(record, label) = convert(fields, labels);
      return true;
    } catch (const Error& error) {
      report(codes::kRefusedRecord, str("the record was refused: ", error.what()), row, 0, row.text.size());
      return false;
    }
  }

  bool number(const CsvRow& row, const CsvField& field, std::vector<float>& into) {
    std::string_view text = trimmed(field.text);
    if (text.empty()) {
      // An empty field has no width: mark where it stands.
      report(codes::kNotANumber, "an empty field where a number belongs", row, field.begin,
             std::max(field.end, field.begin + 1))
          .help("write a number there, or read the record with a function of your own");
      return false;
    }
    if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
    float value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc::result_out_of_range) {
      report(codes::kNotANumber, "a number outside the range of f32", row, field.begin, field.end, "at most 3.4e38");
      return false;
    }
    if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) {
      Diagnostic& d = report(codes::kNotANumber, str("`", trimmed(field.text), "` is not a finite number"), row,
                             field.begin, field.end);
      if (rows_ == 0 && !format_.headers) d.help("a row of headers is skipped unless without_headers() is called");
      return false;
    }
    into.push_back(value);
    return true;
  }

  // Not a mistake of this row: the caller's shape does not fit the file or the function.
  void expect_size(const CsvRow& row, const char* what, std::size_t size, const Shape& shape) const {
    if (static_cast<std::int64_t>(size) == shape.elements()) return;
    throw Error(ErrorCode::shape,
                str(name_, ":", row.line, ": the ", what, " has ", size, size == 1 ? " number" : " numbers", ", shape ",
                    shape, " takes ", shape.elements()));
  }

  CsvReader reader_;
  std::string name_;
  const CsvFormat& format_;
  Shape record_;
  const Shape* label_;
  std::size_t columns_ = 0, first_line_ = 0, bad_rows_ = 0;
  std::int64_t rows_ = 0;
  std::vector<float> records_, labels_;
  Diagnostics diags_;
  Diagnostic unseen_;  // takes what is said of rows that are not shown
};

std::string read_stream(std::istream& in, const std::string& name) {
  std::string text(std::istreambuf_iterator<char>(in), {});
  if (in.bad()) throw Error(ErrorCode::data, str(name, " cannot be read to its end"));
  return text;
}

Dataset read_records(std::string_view text, std::string name, const CsvFormat& format, const Shape& shape,
                     const RecordFunction* f) {
  Table table(text, std::move(name), format, shape, nullptr);
  const Convert convert = [&](Fields record, Fields) { return std::pair((*f)(record), std::vector<float>()); };
  table.read(f != nullptr ? &convert : nullptr);
  return Dataset(table.records());
}

LabeledDataset read_labeled(std::string_view text, std::string name, const CsvFormat& format, const Shape& record,
                            const Shape& label, const LabeledRecordFunction* f) {
  Table table(text, std::move(name), format, record, &label);
  table.read(f);
  return LabeledDataset(table.records(), table.labels());
}

}  // namespace

DataLoader DataLoader::without_headers() const {
  DataLoader out = *this;
  out.format_.headers = false;
  return out;
}

DataLoader DataLoader::with_delimiter(char delimiter) const {
  if (delimiter == '"' || delimiter == '\n' || delimiter == '\r') {
    throw Error(ErrorCode::invalid_argument, "with_delimiter: a quote or a line break cannot separate fields");
  }
  DataLoader out = *this;
  out.format_.delimiter = delimiter;
  return out;
}

LabeledDataLoader DataLoader::with_labels(std::vector<std::size_t> columns) const {
  if (columns.empty()) throw Error(ErrorCode::invalid_argument, "with_labels: name at least one column");
  if (std::set(columns.begin(), columns.end()).size() != columns.size()) {
    throw Error(ErrorCode::invalid_argument, "with_labels: a column is named twice");
  }
  CsvFormat format = format_;
  format.labels = std::move(columns);
  return LabeledDataLoader(std::move(format));
}

Dataset DataLoader::from_csv(const std::filesystem::path& path, const Shape& shape) const {
  return read_records(files::Mapped(path, ErrorCode::data).text(), path.string(), format_, shape, nullptr);
}
Dataset DataLoader::from_csv_fn(const std::filesystem::path& path, const Shape& shape, const RecordFunction& f) const {
  return read_records(files::Mapped(path, ErrorCode::data).text(), path.string(), format_, shape, &f);
}
Dataset DataLoader::from_reader(std::istream& in, const Shape& shape, const std::string& name) const {
  return read_records(read_stream(in, name), name, format_, shape, nullptr);
}
Dataset DataLoader::from_reader_fn(std::istream& in, const Shape& shape, const RecordFunction& f,
                                   const std::string& name) const {
  return read_records(read_stream(in, name), name, format_, shape, &f);
}

LabeledDataset LabeledDataLoader::from_csv(const std::filesystem::path& path, const Shape& record,
                                           const Shape& label) const {
  return read_labeled(files::Mapped(path, ErrorCode::data).text(), path.string(), format_, record, label, nullptr);
}
LabeledDataset LabeledDataLoader::from_csv_fn(const std::filesystem::path& path, const Shape& record,
                                              const Shape& label, const LabeledRecordFunction& f) const {
  return read_labeled(files::Mapped(path, ErrorCode::data).text(), path.string(), format_, record, label, &f);
}
LabeledDataset LabeledDataLoader::from_reader(std::istream& in, const Shape& record, const Shape& label,
                                              const std::string& name) const {
  return read_labeled(read_stream(in, name), name, format_, record, label, nullptr);
}
LabeledDataset LabeledDataLoader::from_reader_fn(std::istream& in, const Shape& record, const Shape& label,
                                                 const LabeledRecordFunction& f, const std::string& name) const {
  return read_labeled(read_stream(in, name), name, format_, record, label, &f);
}

}  // namespace neuro::data
