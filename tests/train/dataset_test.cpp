// Data sets in memory: batches, folds, splits, order.
#include "neuro/dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "neuro/error.h"

namespace neuro::data {
namespace {

using ::testing::ElementsAre;

/// n records [i, -i] with the label 10 i.
LabeledDataset numbered(std::int64_t n) {
  Tensor records = Tensor::empty({n, 2}), labels = Tensor::empty({n}, DType::i64);
  for (std::int64_t i = 0; i < n; ++i) {
    records.data<float>()[2 * i] = static_cast<float>(i);
    records.data<float>()[2 * i + 1] = static_cast<float>(-i);
    labels.data<std::int64_t>()[i] = 10 * i;
  }
  return {records, labels};
}

/// The labels' numbers, after checking that each record still has its own.
std::vector<int> order_of(const LabeledDataset& set) {
  std::vector<int> out;
  const std::vector<double> records = set.records().to_vector(), labels = set.labels().to_vector();
  for (std::size_t i = 0; i < labels.size(); ++i) {
    EXPECT_EQ(records[2 * i] * 10, labels[i]);
    EXPECT_EQ(records[2 * i + 1] * -10, labels[i]);
    out.push_back(static_cast<int>(labels[i] / 10));
  }
  return out;
}

TEST(DatasetTest, CountsItsRows) {
  EXPECT_EQ(Dataset(Tensor::zeros({3, 2, 2})).len(), 3);
  EXPECT_FALSE(Dataset(Tensor::zeros({3})).is_empty());
  EXPECT_TRUE(numbered(0).is_empty());
  EXPECT_EQ(numbered(4).records().shape(), (Shape{4, 2}));
  EXPECT_EQ(numbered(4).labels().dtype(), DType::i64);
}

TEST(DatasetTest, BatchesAreConsecutiveViewsAndTheLastMayBeShort) {
  const LabeledDataset set = numbered(5);
  std::vector<std::vector<int>> batches;
  for (const LabeledDataset& batch : set.batch(2)) batches.push_back(order_of(batch));
  EXPECT_THAT(batches, ElementsAre(ElementsAre(0, 1), ElementsAre(2, 3), ElementsAre(4)));
  EXPECT_EQ(set.batch(2).size(), 3);
  EXPECT_EQ(set.batch(2)[1].records().raw(), set.records().data<float>() + 4) << "no copy";
  EXPECT_TRUE(set.batch(2)[1].records().contiguous());
}

TEST(DatasetTest, DropLastLeavesOutAShortBatchOnly) {
  EXPECT_EQ(numbered(5).batch(2).drop_last().size(), 2);
  EXPECT_EQ(numbered(4).batch(2).drop_last().size(), 2);
  EXPECT_EQ(numbered(1).batch(2).drop_last().size(), 0);
  EXPECT_EQ(numbered(1).batch(100).size(), 1);
  EXPECT_EQ(numbered(0).batch(3).size(), 0);
  const Batches<LabeledDataset> of_two = numbered(5).batch(2);
  EXPECT_EQ(std::vector<LabeledDataset>(of_two.begin(), of_two.end()).size(), 3u);
  int batches = 0;
  for (const LabeledDataset& batch : numbered(5).batch(2).drop_last()) batches += batch.len() == 2 ? 1 : 100;
  EXPECT_EQ(batches, 2);
}

TEST(DatasetTest, EveryRowValidatesOnceAndTrainsOtherwise) {
  // Section 7: 5 rows in 4 folds is where the original runs past the end. The first len mod k folds are longer.
  const LabeledDataset five = numbered(5);
  std::vector<std::vector<int>> validation, train;
  for (const Fold<LabeledDataset>& fold : five.kfold(4)) {
    validation.push_back(order_of(fold.validation));
    train.push_back(order_of(fold.train));
  }
  EXPECT_THAT(validation, ElementsAre(ElementsAre(0, 1), ElementsAre(2), ElementsAre(3), ElementsAre(4)));
  EXPECT_THAT(train, ElementsAre(ElementsAre(2, 3, 4), ElementsAre(0, 1, 3, 4), ElementsAre(0, 1, 2, 4),
                                 ElementsAre(0, 1, 2, 3)));
  for (std::int64_t n = 2; n < 20; ++n) {
    for (std::int64_t k = 2; k <= n; ++k) {
      std::multiset<int> seen;
      for (const auto& fold : numbered(n).kfold(k)) {
        EXPECT_EQ(fold.train.len() + fold.validation.len(), n);
        EXPECT_GE(fold.validation.len(), n / k);
        EXPECT_LE(fold.validation.len(), n / k + 1);
        for (const int row : order_of(fold.validation)) seen.insert(row);
      }
      EXPECT_EQ(seen.size(), static_cast<std::size_t>(n));
      EXPECT_EQ(std::set<int>(seen.begin(), seen.end()).size(), static_cast<std::size_t>(n));
    }
  }
}

TEST(DatasetTest, SplitsAreConsecutive) {
  const std::vector<LabeledDataset> parts = numbered(5).split({3, 0, 2});
  ASSERT_EQ(parts.size(), 3u);
  EXPECT_THAT(order_of(parts[0]), ElementsAre(0, 1, 2));
  EXPECT_TRUE(parts[1].is_empty());
  EXPECT_THAT(order_of(parts[2]), ElementsAre(3, 4));
}

TEST(DatasetTest, AShuffleKeepsRecordsWithTheirLabelsAndRepeatsForItsSeed) {
  LabeledDataset a = numbered(50), b = numbered(50), c = numbered(50);
  const LabeledDataset before = a;
  a.shuffle_with_seed(3);
  b.shuffle_with_seed(3);
  c.shuffle_with_seed(4);
  EXPECT_EQ(order_of(a), order_of(b));
  EXPECT_NE(order_of(a), order_of(c));
  EXPECT_EQ(order_of(before), order_of(numbered(50))) << "copies made before keep their order";
  std::vector<int> sorted = order_of(a);
  std::sort(sorted.begin(), sorted.end());
  EXPECT_EQ(sorted, order_of(before));

  manual_seed(1);
  b.shuffle();
  const std::vector<int> once = order_of(b);
  b.shuffle();
  EXPECT_NE(order_of(b), once) << "the default generator goes on";
}

TEST(DatasetTest, EveryOrderIsEquallyLikely) {
  // The original's shuffle could reach cyclic permutations only: 2 of the 6 orders of three rows. 6000 draws, each
  // order 1000 times up to five standard deviations (28.9).
  std::map<std::vector<int>, int> counts;
  for (std::uint64_t seed = 0; seed < 6'000; ++seed) {
    LabeledDataset set = numbered(3);
    set.shuffle_with_seed(seed);
    ++counts[order_of(set)];
  }
  EXPECT_EQ(counts.size(), 6u);
  for (const auto& [order, count] : counts) EXPECT_NEAR(count, 1'000, 5 * 28.9);
}

TEST(DatasetTest, TinyAndEmptySetsShuffle) {
  LabeledDataset none = numbered(0), one = numbered(1);
  none.shuffle_with_seed(1);
  one.shuffle_with_seed(1);
  EXPECT_THAT(order_of(one), ElementsAre(0));
}

TEST(DatasetTest, RecordsOfAnyStridesBecomeRows) {
  const Tensor t = Tensor::from<float>({1, 2, 3, 4, 5, 6}, {2, 3});
  const Dataset set(Tensor::view(t, {3, 2}, {1, 3}, 0));
  EXPECT_THAT(set.rows(1, 1).records().to_vector(), ElementsAre(2, 5));
}

TEST(DatasetTest, MisuseIsRefused) {
  const LabeledDataset set = numbered(5);
  EXPECT_THROW(Dataset(Tensor::zeros({})), Error);
  EXPECT_THROW(Dataset(Tensor{}), Error);
  EXPECT_THROW(LabeledDataset(Tensor::zeros({3, 2}), Tensor::zeros({2})), Error);
  EXPECT_THROW(set.batch(0), Error);
  EXPECT_THROW(set.batch(-1), Error);
  EXPECT_THROW(set.kfold(1), Error);
  EXPECT_THROW(set.kfold(6), Error);
  EXPECT_THROW(set.split({2, 2}), Error);
  EXPECT_THROW(set.split({6, -1}), Error);
  EXPECT_THROW(set.split({5, 1}), Error);
  EXPECT_THROW(set.split({INT64_MAX, INT64_MAX}), Error);
  EXPECT_THROW(set.rows(4, 2), Error);
  EXPECT_THROW(set.rows(-1, 2), Error);
  EXPECT_THROW(set.rows(1, INT64_MAX), Error);
}

}  // namespace
}  // namespace neuro::data
