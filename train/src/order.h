#pragma once
// The order of rows in an epoch, and where batches begin.
#include <algorithm>
#include <vector>

#include "neuro/data.h"
#include "neuro/random.h"

namespace neuro {

/// Not for several threads: it remembers the order of the epoch that was asked for last.
class Order {
 public:
  Order(std::uint64_t rows, const LoaderOptions& options)
      : rows_(rows),
        batch_(static_cast<std::uint64_t>(options.batch_size)),
        shuffle_(options.shuffle),
        drop_last_(options.drop_last),
        seed_(options.seed) {}

  std::uint64_t rows() const { return rows_; }
  std::uint64_t batch() const { return batch_; }
  bool shuffle() const { return shuffle_; }
  std::uint64_t batches() const { return drop_last_ ? rows_ / batch_ : (rows_ + batch_ - 1) / batch_; }

  std::int64_t upcoming(Position p) const {
    const std::uint64_t left = rows_ - std::min(p.row, rows_);
    if (drop_last_ && left < batch_) return 0;
    return static_cast<std::int64_t>(std::min(left, batch_));
  }

  /// Few rows are shuffled as a table, which costs 5 ns a row; the permutation that needs no table (permuted) would
  /// cost a microsecond a row when there are only a handful. Which of the two depends on the number of rows alone.
  std::uint64_t row_at(Position p) const {
    if (!shuffle_) return p.row;
    if (rows_ > kTableRows) return permuted(p.row, rows_, seed_, p.epoch);
    if (table_.empty() || table_epoch_ != p.epoch) shuffle_table(p.epoch);
    return table_[p.row];
  }

 private:
  static constexpr std::uint64_t kTableRows = 65'536;  // 256 KiB: within L2

  /// Fisher and Yates (Knuth, TAOCP volume 2, algorithm P) with numbers keyed by (seed, epoch); each choice among k
  /// rows is biased by less than k / 2^32.
  void shuffle_table(std::uint64_t epoch) const {
    table_.resize(rows_);
    for (std::uint64_t i = 0; i < rows_; ++i) table_[i] = static_cast<std::uint32_t>(i);
    const std::array<std::uint32_t, 2> key{static_cast<std::uint32_t>(seed_), static_cast<std::uint32_t>(seed_ >> 32)};
    std::array<std::uint32_t, 4> bits{};
    std::uint32_t drawn = 0;
    for (std::uint64_t last = rows_ - 1; last > 0; --last, ++drawn) {
      if (drawn % 4 == 0) {
        bits = philox4x32(
            {drawn / 4, kStream, static_cast<std::uint32_t>(epoch), static_cast<std::uint32_t>(epoch >> 32)}, key);
      }
      std::swap(table_[last], table_[bits[drawn % 4] * (last + 1) >> 32]);
    }
    table_epoch_ = epoch;
  }

  static constexpr std::uint32_t kStream = 0x5u << 28;  // apart from the rounds (0 to 5) that `permuted` puts here

  std::uint64_t rows_, batch_;
  bool shuffle_, drop_last_;
  std::uint64_t seed_;
  mutable std::vector<std::uint32_t> table_;
  mutable std::uint64_t table_epoch_ = 0;
};

}  // namespace neuro
