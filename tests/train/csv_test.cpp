// CSV files as data sets, and what is said of those that cannot be read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "golden.h"
#include "neuro/dataset.h"
#include "neuro/error.h"

namespace neuro::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<double> records(const std::string& text, const Shape& shape, const DataLoader& loader = {}) {
  std::istringstream in(text);
  return loader.from_reader(in, shape).records().to_vector();
}

TEST(Csv, HeadersAreSkippedUnlessThereAreNone) {
  EXPECT_THAT(records("a,b\n1,2\n3,4\n", {2}), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(records("1,2\n3,4\n", {2}, DataLoader().without_headers()), ElementsAre(1, 2, 3, 4));
}

TEST(Csv, WhatSpreadsheetsWriteIsRead) {
  const DataLoader loader = DataLoader().without_headers();
  EXPECT_THAT(records("1,2\r\n3,4\r\n", {2}, loader), ElementsAre(1, 2, 3, 4)) << "CRLF";
  EXPECT_THAT(records("1,2\n3,4", {2}, loader), ElementsAre(1, 2, 3, 4)) << "no line end after the last row";
  EXPECT_THAT(records("\xEF\xBB\xBF"
                      "1,2\n",
                      {2}, loader),
              ElementsAre(1, 2))
      << "byte order mark";
  EXPECT_THAT(records("\n1,2\n\r\n\n3,4\n\n", {2}, loader), ElementsAre(1, 2, 3, 4)) << "empty lines";
  EXPECT_THAT(records("\"1\",\"-2.5e1\"\r\n\"3\",\"4\"\r\n", {2}, loader), ElementsAre(1, -25, 3, 4)) << "quotes";
  EXPECT_THAT(records("1 , +2\n", {2}, loader), ElementsAre(1, 2)) << "spaces and a plus sign";
  EXPECT_THAT(records("1;2\n", {2}, loader.with_delimiter(';')), ElementsAre(1, 2));
  EXPECT_THAT(records("1\t2\n", {2}, loader.with_delimiter('\t')), ElementsAre(1, 2));
  EXPECT_THAT(records("\"1\"\r", {1}, loader), ElementsAre(1));
}

TEST(Csv, RecordsHaveTheShapeThatIsAskedFor) {
  std::istringstream in("a,b,c,d\n1,2,3,4\n5,6,7,8\n");
  EXPECT_EQ(DataLoader().from_reader(in, {2, 2}).records().shape(), (Shape{2, 2, 2}));
}

TEST(Csv, LabelsAreColumnsOfTheirOwn) {
  std::istringstream in("x,class,y,weight\n1,0,2,0.5\n3,1,4,0.25\n");
  const LabeledDataset set = DataLoader().with_labels({3, 1}).from_reader(in, {2}, {2});
  EXPECT_THAT(set.records().to_vector(), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(set.labels().to_vector(), ElementsAre(0, 0.5, 1, 0.25)) << "in the file's order";
}

TEST(Csv, AFunctionMakesNumbersOfFields) {
  const auto length = [](Fields fields) {
    return std::vector<float>{static_cast<float>(fields[0].size()), static_cast<float>(fields[1].size())};
  };
  std::istringstream in("name,comment\n\"a \"\"b\"\"\",\"two\nlines, one field\"\n,x\n");
  EXPECT_THAT(DataLoader().from_reader_fn(in, {2}, length).records().to_vector(), ElementsAre(5, 20, 0, 1));

  std::istringstream animals("animal,legs\nDog,4\nBird,2\n");
  const LabeledDataset set =
      DataLoader().with_labels({1}).from_reader_fn(animals, {1}, {1}, [](Fields record, Fields label) {
        return std::pair(std::vector<float>{record[0] == "Dog" ? 1.f : 2.f}, std::vector<float>{std::stof(label[0])});
      });
  EXPECT_THAT(set.records().to_vector(), ElementsAre(1, 2));
  EXPECT_THAT(set.labels().to_vector(), ElementsAre(4, 2));
}

TEST(Csv, FilesAreRead) {
  const test::TempDir dir;
  test::write_text(dir / "x.csv", "a,b\n1,2\n");
  EXPECT_THAT(DataLoader().from_csv(dir / "x.csv", {2}).records().to_vector(), ElementsAre(1, 2));
  EXPECT_EQ(DataLoader().with_labels({1}).from_csv(dir / "x.csv", {1}, {1}).labels().item(), 2);
  EXPECT_THROW(DataLoader().from_csv(dir / "none.csv", {2}), Error);
  EXPECT_THROW(DataLoader().from_csv(dir.path(), {2}), Error);
}

TEST(Csv, AMillionNumbersComeBackExactly) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += std::to_string(i) + ".25,-1e-3\n";
  const std::vector<double> values = records(text, {2}, DataLoader().without_headers());
  ASSERT_EQ(values.size(), 200'000u);
  EXPECT_EQ(values[199'998], 99'999.25);
  EXPECT_EQ(values[199'999], static_cast<double>(-1e-3f));
}

// --- Messages --------------------------------------------------------------------------------------------------------

/// What is said of a text, rendered.
std::string refusal(const std::string& text, const DataLoader& loader = {}, const Shape& shape = {2}) {
  std::istringstream in(text);
  try {
    loader.from_reader(in, shape, "rows.csv");
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::data) << error.what();
    return render(error.diagnostics()) + "\n";
  }
  return "accepted\n";
}

TEST(Csv, MessagesReadWell) {
  std::string all;
  all += refusal("");
  all += refusal("a,b\n");
  all += refusal("a,b\n1,2\n3\n4,5,6\n");
  all += refusal("a,b\n1,\n,2\n");
  all += refusal("a,b\r\n1,two\r\n3,1e99\r\nnan,inf\r\n");
  all += refusal("1,2\nx,y\n", DataLoader().without_headers());
  all += refusal("x,y\n1,2\n", DataLoader().without_headers());
  all += refusal("a,b\n1,\"2\n3,4\n");
  all += refusal("a,b\n\"1\"x,2\n3\"4,5\n");
  all += refusal("a,b\n\"1\n\",\"2\n3\" 4\n");
  all += refusal("a,b\n?,1\n?,1\n?,1\n?,1\n?,1\n?,1\n?,1\n");
  std::istringstream in("a,b\n1,2\n");
  try {
    DataLoader().with_labels({5}).from_reader(in, {1}, {1}, "rows.csv");
  } catch (const Error& error) {
    all += render(error.diagnostics()) + "\n";
  }
  std::istringstream animals("animal\nDog\nUnicorn\n");
  try {
    DataLoader().from_reader_fn(
        animals, {1},
        [](Fields fields) {
          if (fields[0] != "Dog") throw Error(ErrorCode::data, "no such animal");
          return std::vector<float>{1};
        },
        "animals.csv");
  } catch (const Error& error) {
    all += render(error.diagnostics());
  }
  test::expect_golden("csv_messages", all);
}

TEST(Csv, ShapesThatDoNotFitAreTheCallersMistake) {
  const auto code = [](auto f) {
    try {
      f();
    } catch (const Error& error) {
      return std::pair(error.code(), std::string(error.what()));
    }
    return std::pair(ErrorCode::internal, std::string("accepted"));
  };
  const auto [kind, text] = code([] { records("a,b\n1,2\n", {3}); });
  EXPECT_EQ(kind, ErrorCode::shape);
  EXPECT_EQ(text, "<stream>:2: the record has 2 numbers, shape [3] takes 3");
  EXPECT_EQ(code([] { records("a,b\n1,2\n", {}); }).first, ErrorCode::shape);
  EXPECT_EQ(code([] {
              std::istringstream in("a,b\n1,2\n");
              DataLoader().with_labels({0}).from_reader(in, {1}, {2});
            }).first,
            ErrorCode::shape);
  EXPECT_EQ(code([] {
              std::istringstream in("a,b\n1,2\n");
              DataLoader().with_labels({0}).from_reader(in, {1}, {});
            }).first,
            ErrorCode::shape);
  EXPECT_EQ(code([] {
              std::istringstream in("a,b\n1,2\n");
              DataLoader().from_reader_fn(in, {2}, [](Fields) { return std::vector<float>{1}; });
            }).first,
            ErrorCode::shape);
}

TEST(Csv, OptionsThatMakeNoSenseAreRefused) {
  EXPECT_THROW(DataLoader().with_labels({}), Error);
  EXPECT_THROW(DataLoader().with_labels({1, 2, 1}), Error);
  EXPECT_THROW(DataLoader().with_delimiter('"'), Error);
  EXPECT_THROW(DataLoader().with_delimiter('\n'), Error);
}

}  // namespace
}  // namespace neuro::data
