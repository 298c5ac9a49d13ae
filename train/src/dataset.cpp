#include "neuro/dataset.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "neuro/error.h"
#include "neuro/str.h"

namespace neuro::data {
namespace {

Tensor view_rows(const Tensor& t, std::int64_t begin, std::int64_t count) {
  return Tensor::view(t, t.shape().with(0, count), t.strides(), begin * t.strides()[0]);
}

std::size_t row_bytes(const Tensor& t) {
  return t.shape()[0] == 0 ? 0 : t.bytes() / static_cast<std::size_t>(t.shape()[0]);
}

/// Writes row i of `to` from row source(i) of `from`.
template <class Source>
void copy_rows(const Tensor& from, Tensor& to, Source source) {
  const std::size_t bytes = row_bytes(from);
  if (bytes == 0) return;
  for (std::int64_t i = 0; i < to.shape()[0]; ++i) {
    std::memcpy(static_cast<char*>(to.raw()) + static_cast<std::size_t>(i) * bytes,
                static_cast<const char*>(from.raw()) + static_cast<std::size_t>(source(i)) * bytes, bytes);
  }
}

Tensor with_rows(Tensor t, const char* what) {
  if (!t.defined() || t.rank() == 0) {
    throw Error(ErrorCode::shape, str("a data set's ", what, " need rows: a tensor of rank 1 or more"));
  }
  return t.contiguous() ? t : t.clone();
}

}  // namespace

template <class Set>
Rows<Set>::Rows(std::vector<Tensor> columns) : columns_(std::move(columns)) {}

template <class Set>
Set Rows<Set>::rows(std::int64_t begin, std::int64_t count) const {
  if (begin < 0 || count < 0 || begin > len() || count > len() - begin) {
    throw Error(ErrorCode::index, str("rows ", begin, " to ", begin, " + ", count, " of a data set that has ", len()));
  }
  std::vector<Tensor> out;
  for (const Tensor& t : columns_) out.push_back(view_rows(t, begin, count));
  return Set(std::move(out));
}

template <class Set>
Set Rows<Set>::without_rows(std::int64_t begin, std::int64_t count) const {
  rows(begin, count);  // checks the range
  std::vector<Tensor> out;
  for (const Tensor& t : columns_) {
    Tensor rest = Tensor::empty(t.shape().with(0, len() - count), t.dtype());
    copy_rows(t, rest, [&](std::int64_t i) { return i < begin ? i : i + count; });
    out.push_back(std::move(rest));
  }
  return Set(std::move(out));
}

template <class Set>
Batches<Set> Rows<Set>::batch(std::int64_t size) const {
  if (size < 1) throw Error(ErrorCode::invalid_argument, str("batch: a batch of ", size, " rows"));
  return {static_cast<const Set&>(*this), size};
}

template <class Set>
KFold<Set> Rows<Set>::kfold(std::int64_t k) const {
  if (k < 2) throw Error(ErrorCode::invalid_argument, str("kfold: k is ", k, ", at least 2 folds are needed"));
  if (k > len()) throw Error(ErrorCode::invalid_argument, str("kfold: k is ", k, ", but the set has ", len(), " rows"));
  return {static_cast<const Set&>(*this), k};
}

template <class Set>
std::vector<Set> Rows<Set>::split(std::span<const std::int64_t> lengths) const {
  std::int64_t left = len();
  for (const std::int64_t n : lengths) {
    if (n < 0 || n > left) left = -1;
    if (left >= 0) left -= n;
  }
  if (left != 0) {
    std::string list;
    for (const std::int64_t n : lengths) list += str(list.empty() ? "" : ", ", n);
    throw Error(ErrorCode::invalid_argument,
                str("split: the lengths [", list, "] must be 0 or more and add up to the set's ", len(), " rows"));
  }
  std::vector<Set> out;
  std::int64_t at = 0;
  for (const std::int64_t n : lengths) {
    out.push_back(rows(at, n));
    at += n;
  }
  return out;
}

template <class Set>
void Rows<Set>::shuffle(Generator& generator) {
  reorder(generator.next("shuffle"));
}

template <class Set>
void Rows<Set>::shuffle_with_seed(std::uint64_t seed) {
  reorder(RandomStream(seed, stream_of("shuffle")));
}

template <class Set>
void Rows<Set>::reorder(const RandomStream& stream) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(len()));
  std::iota(order.begin(), order.end(), 0);
  for (std::size_t last = order.size(); last > 1; --last) {
    std::swap(order[last - 1], order[stream.below(last, last)]);
  }
  for (Tensor& t : columns_) {
    Tensor shuffled = Tensor::empty(t.shape(), t.dtype());
    copy_rows(t, shuffled, [&](std::int64_t i) { return order[static_cast<std::size_t>(i)]; });
    t = std::move(shuffled);
  }
}

template class Rows<Dataset>;
template class Rows<LabeledDataset>;

Dataset::Dataset(Tensor records) : Rows({with_rows(std::move(records), "records")}) {}

LabeledDataset::LabeledDataset(Tensor records, Tensor labels)
    : Rows({with_rows(std::move(records), "records"), with_rows(std::move(labels), "labels")}) {
  if (this->records().shape()[0] != this->labels().shape()[0]) {
    throw Error(ErrorCode::shape, str("a data set needs one label for each record: ", this->records().shape()[0],
                                      " records, ", this->labels().shape()[0], " labels"));
  }
}

}  // namespace neuro::data
