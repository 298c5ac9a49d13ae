#pragma once
// Data sets in memory, for training loops of your own: rows of CSV and IDX files, or of tensors, shuffled, split and
// cut into batches. (spec: autograd.md, section 7; the loaders that `nsrun train` uses are in <neuro/data.h>)
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <iosfwd>
#include <iterator>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "neuro/generator.h"
#include "neuro/tensor.h"

namespace neuro::data {

/// Walks over s[0], s[1], ..., s[s.size() - 1].
template <class Sequence>
class Iterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = std::remove_cvref_t<decltype(std::declval<const Sequence&>()[0])>;
  using difference_type = std::ptrdiff_t;
  using pointer = void;
  using reference = value_type;

  Iterator(const Sequence& sequence, std::int64_t at) : sequence_(&sequence), at_(at) {}
  value_type operator*() const { return (*sequence_)[at_]; }
  Iterator& operator++() {
    ++at_;
    return *this;
  }
  Iterator operator++(int) {
    Iterator before = *this;
    ++at_;
    return before;
  }
  bool operator==(const Iterator& other) const { return at_ == other.at_; }

 private:
  const Sequence* sequence_;
  std::int64_t at_;
};

/// Consecutive rows of a data set in groups, as views: `for (const auto& batch : set.batch(32).drop_last())`.
template <class Set>
class Batches {
 public:
  Batches(Set set, std::int64_t size) : set_(std::move(set)), batch_(size) {}
  /// Leaves the last batch out if it is short.
  Batches drop_last() const {
    Batches out = *this;
    out.drop_last_ = true;
    return out;
  }
  std::int64_t size() const { return drop_last_ ? set_.len() / batch_ : (set_.len() + batch_ - 1) / batch_; }
  Set operator[](std::int64_t i) const { return set_.rows(i * batch_, std::min(batch_, set_.len() - i * batch_)); }
  Iterator<Batches> begin() const { return {*this, 0}; }
  Iterator<Batches> end() const { return {*this, size()}; }

 private:
  Set set_;
  std::int64_t batch_;
  bool drop_last_ = false;
};

/// One division of a data set: `validation` is a view, `train` a copy of the other rows in their order.
template <class Set>
struct Fold {
  Set train, validation;
};

/// The k divisions of a data set into consecutive folds, each made when it is asked for.
template <class Set>
class KFold {
 public:
  KFold(Set set, std::int64_t k) : set_(std::move(set)), k_(k) {}
  std::int64_t size() const { return k_; }
  Fold<Set> operator[](std::int64_t i) const {
    const std::int64_t share = set_.len() / k_, longer = set_.len() % k_;
    const std::int64_t begin = i * share + std::min(i, longer), count = share + (i < longer ? 1 : 0);
    return {set_.without_rows(begin, count), set_.rows(begin, count)};
  }
  Iterator<KFold> begin() const { return {*this, 0}; }
  Iterator<KFold> end() const { return {*this, size()}; }

 private:
  Set set_;
  std::int64_t k_;
};

/// What data sets can do, with or without labels. Copies of a set, and what is cut from it, share its memory.
template <class Set>
class Rows {
 public:
  std::int64_t len() const { return columns_.front().shape()[0]; }
  bool is_empty() const { return len() == 0; }

  /// Rows begin, ..., begin + count - 1 as a view. Throws Error(index) outside the set.
  Set rows(std::int64_t begin, std::int64_t count) const;
  /// A copy of all other rows.
  Set without_rows(std::int64_t begin, std::int64_t count) const;

  /// Throws Error(invalid_argument) unless size >= 1.
  Batches<Set> batch(std::int64_t size) const;
  /// The first len % k folds have one row more. Throws Error(invalid_argument) unless 2 <= k <= len.
  KFold<Set> kfold(std::int64_t k) const;
  /// Consecutive parts, as views. Throws Error(invalid_argument) unless the lengths are >= 0 and add up to len().
  std::vector<Set> split(std::span<const std::int64_t> lengths) const;
  std::vector<Set> split(std::initializer_list<std::int64_t> lengths) const {
    return split(std::span<const std::int64_t>(lengths.begin(), lengths.size()));
  }

  /// Puts the rows in another order, records and labels alike; every order is equally likely (Fisher and Yates; Knuth,
  /// TAOCP volume 2, algorithm P). The set gets new memory: views and copies made before keep the old order.
  void shuffle(Generator& generator = default_generator());
  /// The same order for the same seed and number of rows.
  void shuffle_with_seed(std::uint64_t seed);

 protected:
  explicit Rows(std::vector<Tensor> columns);
  const Tensor& column(std::size_t c) const { return columns_[c]; }

 private:
  void reorder(const RandomStream& stream);

  std::vector<Tensor> columns_;  // contiguous; each has the rows as its first axis
  friend Set;
};

/// Records without labels: [len, record...], of any type.
class Dataset : public Rows<Dataset> {
 public:
  /// Throws Error(shape) for a tensor of rank 0.
  explicit Dataset(Tensor records);
  const Tensor& records() const { return column(0); }

 private:
  explicit Dataset(std::vector<Tensor> columns) : Rows(std::move(columns)) {}
  friend Rows<Dataset>;
};

/// Records with labels: [len, record...] and [len, label...], of any types.
class LabeledDataset : public Rows<LabeledDataset> {
 public:
  /// Throws Error(shape) for a tensor of rank 0, and when the numbers of rows differ.
  LabeledDataset(Tensor records, Tensor labels);
  const Tensor& records() const { return column(0); }
  const Tensor& labels() const { return column(1); }

 private:
  explicit LabeledDataset(std::vector<Tensor> columns) : Rows(std::move(columns)) {}
  friend Rows<LabeledDataset>;
};

// --- CSV -------------------------------------------------------------------------------------------------------------

/// A record's fields as texts, without the quotes around them.
using Fields = std::span<const std::string>;
/// Makes a record's numbers from its fields. An Error that it throws is reported with the record's place.
using RecordFunction = std::function<std::vector<float>(Fields record)>;
using LabeledRecordFunction =
    std::function<std::pair<std::vector<float>, std::vector<float>>(Fields record, Fields label)>;

/// How a CSV file is written.
struct CsvFormat {
  bool headers = true;  ///< the first row names the columns and is skipped
  char delimiter = ',';
  std::vector<std::size_t> labels = {};  ///< columns that are labels, counted from 0
};

class LabeledDataLoader;

/// Reads CSV: fields between delimiters, in double quotes where they hold a delimiter, a line break or a quote (written
/// twice); lines end with LF or CRLF; empty lines are skipped (RFC 4180). The whole file is read.
///
/// Every loading function throws Error(shape) when a shape has rank 0 or does not have as many elements as a record has
/// numbers, and Error(data) with up to five diagnostics that show file, line and column: NS0505 a row with another
/// number of fields than the first, NS0506 a field that is empty or no finite number (without a function of your own),
/// NS0509 no rows, NS0510 quotes that do not match, NS0511 what a function of yours refused.
class DataLoader {
 public:
  DataLoader without_headers() const;
  /// Throws Error(invalid_argument) for a quote or a line break.
  DataLoader with_delimiter(char delimiter) const;
  /// Throws Error(invalid_argument) when no column is given, or one twice. A column that a file does not have is
  /// Error(data) when it is read.
  LabeledDataLoader with_labels(std::vector<std::size_t> columns) const;

  /// Records of f32: [rows, shape...].
  Dataset from_csv(const std::filesystem::path& path, const Shape& shape) const;
  Dataset from_csv_fn(const std::filesystem::path& path, const Shape& shape, const RecordFunction& f) const;
  /// `name` stands for the file in messages.
  Dataset from_reader(std::istream& in, const Shape& shape, const std::string& name = "<stream>") const;
  Dataset from_reader_fn(std::istream& in, const Shape& shape, const RecordFunction& f,
                         const std::string& name = "<stream>") const;

 private:
  CsvFormat format_;
};

/// Made by DataLoader::with_labels: the columns named there are labels, the others records, both in the file's order.
class LabeledDataLoader {
 public:
  explicit LabeledDataLoader(CsvFormat format) : format_(std::move(format)) {}

  LabeledDataset from_csv(const std::filesystem::path& path, const Shape& record, const Shape& label) const;
  LabeledDataset from_csv_fn(const std::filesystem::path& path, const Shape& record, const Shape& label,
                             const LabeledRecordFunction& f) const;
  LabeledDataset from_reader(std::istream& in, const Shape& record, const Shape& label,
                             const std::string& name = "<stream>") const;
  LabeledDataset from_reader_fn(std::istream& in, const Shape& record, const Shape& label,
                                const LabeledRecordFunction& f, const std::string& name = "<stream>") const;

 private:
  CsvFormat format_;
};

// --- IDX -------------------------------------------------------------------------------------------------------------

/// The array of an IDX file (LeCun's format of MNIST, not compressed): bytes, 16 or 32-bit integers or floats,
/// big-endian, as a tensor of `dtype` (not bool). Throws Error(data) naming the file and what is wrong with it.
Tensor read_idx(const std::filesystem::path& path, DType dtype = DType::f32);

/// Two IDX files as a labeled set: records f32, multiplied by `scale` (bytes become numbers in [0, 1]), labels i64.
LabeledDataset load_idx(const std::filesystem::path& records, const std::filesystem::path& labels,
                        double scale = 1. / 255);

}  // namespace neuro::data
