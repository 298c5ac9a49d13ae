#include "jsonl.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>

#include "neuro/codes.h"
#include "neuro/json.h"
#include "neuro/parallel.h"
#include "neuro/str.h"

namespace neuro {
namespace {

constexpr std::size_t kReported = 5;  // rows that one error shows
/// Rows that one worker parses in a go: about 256 KiB of text, so that a file of any size is spread over the pool.
constexpr std::uint64_t kChunkBytes = 256 * 1024;

template <class T>
void observe_values(Column& column, const T* values, std::uint64_t first, std::uint64_t count) {
  const auto size = static_cast<std::uint64_t>(column.row.elements());
  for (std::uint64_t r = 0; r < count; ++r) {
    double sum = 0;
    bool negative = false;
    for (std::uint64_t i = 0; i < size; ++i) {
      const auto value = static_cast<double>(values[r * size + i]);
      if (value < column.min) {
        column.min = value;
        column.min_row = first + r;
      }
      if (value > column.max) {
        column.max = value;
        column.max_row = first + r;
      }
      if (value != std::floor(value)) column.whole = false;
      if (value != 0 && value != 1) column.binary = false;
      negative = negative || value < 0;
      sum += value;
    }
    if (negative || std::abs(sum - 1) > 1e-3) column.sums_to_one = false;
  }
}

/// The shape that a value's first elements suggest; refusals come from comparing every row with it.
Shape shape_of(const json::Value& value) {
  std::vector<std::int64_t> dims;
  for (const json::Value* at = &value; at->kind == json::Kind::list; at = &at->list.front()) {
    dims.push_back(static_cast<std::int64_t>(at->list.size()));
    if (at->list.empty()) break;
  }
  if (dims.size() > static_cast<std::size_t>(kMaxRank) - 1) dims.resize(static_cast<std::size_t>(kMaxRank) - 1);
  return Shape(std::span<const std::int64_t>(dims));
}

bool all_integers(const json::Value& value) {
  if (value.kind == json::Kind::number) return value.integer.has_value();
  return std::all_of(value.list.begin(), value.list.end(), all_integers);
}

}  // namespace

void observe(Column& column, const void* values, std::uint64_t first, std::uint64_t count) {
  if (column.dtype == DType::i64) {
    observe_values(column, static_cast<const std::int64_t*>(values), first, count);
  } else {
    observe_values(column, static_cast<const float*>(values), first, count);
  }
}

void merge_facts(Column& column, const Column& later) {
  if (later.min < column.min) {
    column.min = later.min;
    column.min_row = later.min_row;
  }
  if (later.max > column.max) {
    column.max = later.max;
    column.max_row = later.max_row;
  }
  column.whole = column.whole && later.whole;
  column.binary = column.binary && later.binary;
  column.sums_to_one = column.sums_to_one && later.sums_to_one;
}

JsonlFile::JsonlFile(const std::filesystem::path& path, const LoaderOptions& options)
    : path_(path), file_(path, ErrorCode::data), fields_(options.fields) {
  find_lines();
  read_first_row();
  std::uint64_t row_bytes = 0;
  for (const Column& column : columns_) {
    row_bytes += static_cast<std::uint64_t>(column.row.elements()) * size_of(column.dtype);
  }
  const bool keep = row_bytes * rows() <= options.cache_bytes;
  while (!scan(keep)) {
  }
}

std::string_view JsonlFile::line(std::uint64_t row) const {
  const Line& line = lines_[row];
  return file_.text().substr(line.begin, line.size);
}

std::uint64_t JsonlFile::line_number(std::uint64_t row) const {
  const std::string_view before = file_.text().substr(0, lines_[row].begin);
  return 1 + static_cast<std::uint64_t>(std::count(before.begin(), before.end(), '\n'));
}

std::string JsonlFile::fingerprint() const { return files::checksum(file_.text()); }

void JsonlFile::find_lines() {
  const std::string_view text = file_.text();
  std::size_t at = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  while (at < text.size()) {
    const void* newline = std::memchr(text.data() + at, '\n', text.size() - at);
    const std::size_t end =
        newline ? static_cast<std::size_t>(static_cast<const char*>(newline) - text.data()) : text.size();
    const std::string_view line = text.substr(at, end - at);
    if (line.find_first_not_of(" \t\r") != std::string_view::npos) lines_.push_back({at, line.size()});
    at = end + 1;
  }
  if (lines_.empty()) {
    Diagnostics diags;
    diags.error(codes::kNoRows, str("no rows in ", path_.string()))
        .note(text.empty() ? "the file is empty" : "the file has only blank lines")
        .help("write one object a line, such as {\"input\": [0.0, 1.0], \"target\": [1.0]}");
    throw Error(ErrorCode::data, diags);
  }
}

void JsonlFile::read_first_row() {
  json::Problem problem;
  const auto row = json::parse(line(0), problem);
  if (!row || row->kind != json::Kind::object) refuse({0});
  for (const Field& field : fields_) {
    const json::Value* value = &*row;
    for (const std::string& key : field.path) {
      if (value) value = value->find(key);
    }
    if (!value) refuse({0});
    Column column;
    column.name = field.name();
    column.row = shape_of(*value);
    column.dtype = all_integers(*value) ? DType::i64 : DType::f32;
    columns_.push_back(std::move(column));
  }
}

bool JsonlFile::scan(bool keep) {
  const std::uint64_t total = file_.text().size();
  const std::uint64_t chunk_rows = std::max<std::uint64_t>(1, rows() * kChunkBytes / std::max<std::uint64_t>(total, 1));
  const std::uint64_t chunks = (rows() + chunk_rows - 1) / chunk_rows;

  struct Found {
    std::vector<std::uint64_t> bad;
    std::vector<char> has_point;
    Column target;
  };
  std::vector<Found> found(chunks);
  std::vector<std::size_t> row_bytes;
  values_.clear();
  for (const Column& column : columns_) {
    row_bytes.push_back(static_cast<std::size_t>(column.row.elements()) * size_of(column.dtype));
    if (keep) values_.push_back(Tensor::empty(column.row.inserted(0, static_cast<std::int64_t>(rows())), column.dtype));
  }
  std::vector<RowParser> parsers(static_cast<std::size_t>(chunks == 1 ? 1 : thread_count()));

  parallel_for(static_cast<std::int64_t>(chunks), [&](std::int64_t chunk, int worker) {
    RowParser& parser = parsers[static_cast<std::size_t>(chunks == 1 ? 0 : worker)];
    Found& mine = found[static_cast<std::size_t>(chunk)];
    mine.has_point.assign(columns_.size(), 0);
    mine.target = columns_.back();
    std::vector<std::vector<char>> scratch;
    std::vector<void*> into(columns_.size());
    for (const std::size_t bytes : row_bytes) scratch.emplace_back(keep ? 0 : bytes + 8);
    const std::uint64_t begin = static_cast<std::uint64_t>(chunk) * chunk_rows;
    const std::uint64_t end = std::min(begin + chunk_rows, rows());
    for (std::uint64_t row = begin; row < end; ++row) {
      for (std::size_t c = 0; c < columns_.size(); ++c) {
        into[c] = keep ? static_cast<char*>(values_[c].raw()) + row * row_bytes[c] : scratch[c].data();
      }
      if (!parser.parse(line(row), fields_, columns_, into, mine.has_point)) {
        if (mine.bad.size() <= kReported) mine.bad.push_back(row);
        continue;
      }
      observe(mine.target, into.back(), row, 1);
    }
  });

  bool again = false;
  std::vector<std::uint64_t> bad;
  for (const Found& part : found) {
    bad.insert(bad.end(), part.bad.begin(), part.bad.end());
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      if (part.has_point[c] && columns_[c].dtype == DType::i64) {
        columns_[c].dtype = DType::f32;
        again = true;
      }
    }
  }
  if (again) return false;
  if (!bad.empty()) refuse(std::move(bad));
  columns_.back() = found.front().target;
  for (std::size_t i = 1; i < found.size(); ++i) merge_facts(columns_.back(), found[i].target);
  return true;
}

void JsonlFile::refuse(std::vector<std::uint64_t> bad_rows) {
  Diagnostics diags;
  const std::size_t shown = std::min(bad_rows.size(), kReported);
  for (std::size_t i = 0; i < shown; ++i) explain_row(*this, bad_rows[i], diags);
  if (bad_rows.size() > shown) {
    diags.note(codes::kInvalidRecord,
               str("more rows of ", path_.string(), " are wrong; the first ", shown, " are shown"));
  }
  throw Error(ErrorCode::data, std::move(diags));
}

}  // namespace neuro
