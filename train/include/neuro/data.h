#pragma once
// The DataLoader contract and its defaults: rows of a file, or of tensors, in batches.
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "neuro/config.h"
#include "neuro/diagnostic.h"
#include "neuro/registry.h"
#include "neuro/tensor.h"

namespace neuro {

/// A place in the data: `row` rows of `epoch` have been given out. Two numbers, so that any place is reached at once.
struct Position {
  std::uint64_t epoch = 0;
  std::uint64_t row = 0;
  bool operator==(const Position&) const = default;
};

/// One column of all rows: an input port, or (the last one) the target.
struct Column {
  std::string name;          ///< the field, as messages call it: "input", "input.left", "target"
  Shape row;                 ///< shape of one row's value; a batch is [rows, row...]
  DType dtype = DType::f32;  ///< i64 when every number is written without a point, else f32

  // Of the target alone, over all rows:
  double min = std::numeric_limits<double>::infinity(), max = -std::numeric_limits<double>::infinity();
  std::uint64_t min_row = 0, max_row = 0;  ///< the first rows with those
  bool whole = true;                       ///< every value is an integer, however written
  bool binary = true;                      ///< every value is 0 or 1
  bool sums_to_one = true;                 ///< the values of each row are >= 0 and sum to 1, within 1e-3
};

/// Rows in batches, in an order that depends on (seed, epoch) alone.
class DataLoader {
 public:
  virtual ~DataLoader() = default;

  virtual const std::vector<Column>& columns() const = 0;
  virtual std::uint64_t size() const = 0;     ///< rows of an epoch, also when the last of them are dropped
  virtual std::uint64_t batches() const = 0;  ///< batches of an epoch

  virtual Position position() const = 0;
  virtual void seek(Position position) = 0;
  /// Rows of the next batch: the batch size, fewer at an epoch's end, 0 when the epoch is over (seek to the next one).
  virtual std::int64_t upcoming() const = 0;
  /// Copies the next batch to `into`, one destination for each column, and moves on. Precondition: upcoming() > 0.
  /// Throws Error(data) when the file has changed under the reader. Does not allocate.
  virtual void next(std::span<void* const> into) = 0;

  /// Seconds that next() has waited for rows so far.
  virtual double waited() const { return 0; }

  /// The row (counting from 0 in the file's order) that stands at a position.
  virtual std::uint64_t row_at(Position position) const = 0;
  /// Adds a row's text to `sources` and returns the span of all of it, for messages.
  virtual Span quote_row(SourceMap& sources, std::uint64_t row) const = 0;
  /// "xor.jsonl:3".
  virtual std::string place(std::uint64_t row) const = 0;
  /// Changes when the data does: recorded with a run, compared when it is resumed.
  virtual std::string fingerprint() const = 0;
};

/// Where a column is found in a row: keys from the outside in.
struct Field {
  std::vector<std::string> path;
  std::string name() const;  ///< "input.left"
};

struct LoaderOptions {
  std::vector<Field> fields;  ///< inputs in the order of the ports, then the target
  std::int64_t batch_size = 32;
  bool shuffle = false;
  bool drop_last = false;
  std::uint64_t seed = 42;
  /// Rows that take at most this many bytes once parsed are kept; others are parsed again in every epoch, ahead of the
  /// training step, on a thread of their own.
  std::uint64_t cache_bytes = std::uint64_t{512} << 20;
};

/// The fields of a model's input ports and of the target. Throws Error(config) when `data.input` does not name one
/// field for each port.
std::vector<Field> fields_of(const DataConfig& config, std::span<const std::string> ports);

/// Opens a JSONL file: one object a line, blank lines ignored, values numbers or nested lists of one shape. Every row
/// is read and checked once. Throws Error(data), with up to five diagnostics that show line and column: NS0503 not a
/// JSON object, NS0504 missing field, NS0505 ragged rows, NS0506 not a finite number, NS0509 no rows.
std::unique_ptr<DataLoader> open_jsonl(const std::filesystem::path& path, const LoaderOptions& options);

/// Rows of tensors that are in memory: each [rows, ...], f32 or i64, the target last; `options.fields` names them and
/// may be empty. Throws Error(shape) when the numbers of rows differ.
std::unique_ptr<DataLoader> make_tensor_loader(std::vector<Tensor> columns, const LoaderOptions& options);

using LoaderRegistry = Registry<DataLoader, const std::filesystem::path&, const LoaderOptions&>;
/// The name of the loader for a path when the config says `auto`: by extension, jsonl for `.jsonl` and `.ndjson`.
/// Throws Error(config) for an unknown one.
std::string loader_for(const std::filesystem::path& path);

}  // namespace neuro
