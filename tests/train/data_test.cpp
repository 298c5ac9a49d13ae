#include "neuro/data.h"

#include <gtest/gtest.h>

#include <set>

#include "golden.h"
#include "neuro/error.h"
#include "neuro/parallel.h"

namespace neuro {
namespace {

LoaderOptions options(std::int64_t batch = 2) { return {.fields = {{{"input"}}, {{"target"}}}, .batch_size = batch}; }

class Jsonl : public testing::Test {
 protected:
  std::unique_ptr<DataLoader> open(const std::string& text, const LoaderOptions& o = options()) {
    test::write_text(dir_ / "rows.jsonl", text);
    return open_jsonl(dir_ / "rows.jsonl", o);
  }
  std::string refusal(const std::string& text, const LoaderOptions& o = options()) {
    try {
      open(text, o);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::data);
      return render(error.diagnostics());
    }
    ADD_FAILURE() << "accepted: " << text;
    return "";
  }
  test::TempDir dir_;
};

/// One epoch as rows of (input, target), in the order given out.
std::vector<std::pair<float, float>> epoch_of(DataLoader& loader, std::uint64_t epoch) {
  loader.seek({epoch, 0});
  std::vector<std::pair<float, float>> rows;
  while (const auto count = static_cast<std::size_t>(loader.upcoming())) {
    std::vector<float> x(count), y(count);
    void* into[] = {x.data(), y.data()};
    loader.next(into);
    for (std::size_t i = 0; i < count; ++i) rows.emplace_back(x[i], y[i]);
  }
  return rows;
}

std::string numbered_rows(int n) {
  std::string text;
  for (int i = 0; i < n; ++i) {
    text += "{\"input\": " + std::to_string(i) + ".0, \"target\": " + std::to_string(i) + ".5}\n";
  }
  return text;
}

TEST_F(Jsonl, ShapesAndTypesComeFromAllRows) {
  const auto loader = open("{\"input\": [[1, 2, 3]], \"target\": 1}\n\n{\"target\": 7, \"input\": [[1, 2.5, 3]]}\r\n");
  ASSERT_EQ(loader->size(), 2u);
  EXPECT_EQ(loader->columns()[0].row, (Shape{1, 3}));
  EXPECT_EQ(loader->columns()[0].dtype, DType::f32);  // one number has a point
  EXPECT_EQ(loader->columns()[1].row, Shape{});
  EXPECT_EQ(loader->columns()[1].dtype, DType::i64);
  EXPECT_EQ(loader->columns()[1].max, 7);
  EXPECT_EQ(loader->columns()[1].max_row, 1u);
  EXPECT_EQ(loader->columns()[1].min, 1);
  EXPECT_FALSE(loader->columns()[1].binary);
  float x[6];
  std::int64_t y[2];
  void* into[] = {x, y};
  loader->next(into);
  EXPECT_EQ(std::vector<float>(x, x + 6), (std::vector<float>{1, 2, 3, 1, 2.5, 3}));
  EXPECT_EQ(y[1], 7);
  EXPECT_EQ(loader->upcoming(), 0);
  EXPECT_EQ(loader->place(1), (dir_ / "rows.jsonl").string() + ":3");
}

TEST_F(Jsonl, FactsOfTheTargetAreThoseThatRulesAskFor) {
  EXPECT_TRUE(
      open("{\"input\": 0, \"target\": [0.0, 1.0]}\n{\"input\": 0, \"target\": [1.0, 0.0]}")->columns()[1].binary);
  EXPECT_TRUE(open("{\"input\": 0, \"target\": [0.25, 0.75]}")->columns()[1].sums_to_one);
  EXPECT_FALSE(open("{\"input\": 0, \"target\": [-0.25, 1.25]}")->columns()[1].sums_to_one);
  EXPECT_FALSE(open("{\"input\": 0, \"target\": [0.25, 0.5]}")->columns()[1].whole);
  EXPECT_TRUE(open("{\"input\": 0, \"target\": [2.0]}")->columns()[1].whole);
}

TEST_F(Jsonl, EveryEpochHasEveryRowOnceInAnOrderOfItsOwn) {
  LoaderOptions o = options(4);
  o.shuffle = true;
  const auto loader = open(numbered_rows(11), o);
  EXPECT_EQ(loader->batches(), 3u);
  const auto first = epoch_of(*loader, 0), second = epoch_of(*loader, 1);
  for (const auto& rows : {first, second}) {
    std::set<float> seen;
    for (const auto& [x, y] : rows) {
      seen.insert(x);
      EXPECT_EQ(y, x + 0.5f);
    }
    EXPECT_EQ(seen.size(), 11u);
  }
  EXPECT_NE(first, second);
  EXPECT_EQ(first, epoch_of(*loader, 0));
}

TEST_F(Jsonl, SeekReachesAnyPositionOfTheSameOrder) {
  LoaderOptions o = options(4);
  o.shuffle = true;
  const auto loader = open(numbered_rows(11), o);
  const auto all = epoch_of(*loader, 3);
  loader->seek({3, 8});
  EXPECT_EQ(loader->upcoming(), 3);
  float x[4], y[4];
  void* into[] = {x, y};
  loader->next(into);
  EXPECT_EQ(x[0], all[8].first);
  EXPECT_EQ(loader->position(), (Position{3, 11}));
  EXPECT_EQ(static_cast<float>(loader->row_at({3, 9})), all[9].first);
}

TEST_F(Jsonl, DropLastLeavesOutTheShortBatch) {
  LoaderOptions o = options(4);
  o.drop_last = true;
  const auto loader = open(numbered_rows(11), o);
  EXPECT_EQ(loader->batches(), 2u);
  EXPECT_EQ(epoch_of(*loader, 0).size(), 8u);
}

TEST_F(Jsonl, RowsTooLargeToKeepComeFromTheFileInTheSameOrder) {
  LoaderOptions o = options(4);
  o.shuffle = true;
  const auto kept = open(numbered_rows(101), o);
  o.cache_bytes = 0;
  const auto streamed = open(numbered_rows(101), o);
  for (const std::uint64_t epoch : {0, 1, 5, 2}) EXPECT_EQ(epoch_of(*kept, epoch), epoch_of(*streamed, epoch)) << epoch;
  streamed->seek({5, 40});
  streamed->seek({5, 100});
  EXPECT_EQ(streamed->upcoming(), 1);
  float x[1], y[1];
  void* into[] = {x, y};
  streamed->next(into);
  EXPECT_EQ(x[0], static_cast<float>(kept->row_at({5, 100})));
}

TEST_F(Jsonl, ManyRowsAreTheSameForEveryNumberOfThreads) {
  const int before = thread_count();
  LoaderOptions o = options(64);
  std::vector<std::vector<std::pair<float, float>>> results;
  for (const int threads : {1, 3}) {
    set_thread_count(threads);
    results.push_back(epoch_of(*open(numbered_rows(30'000), o), 0));
  }
  set_thread_count(before);
  EXPECT_EQ(results[0], results[1]);
  EXPECT_EQ(results[0].size(), 30'000u);
  EXPECT_EQ(results[0][29'999].first, 29'999.f);
}

TEST_F(Jsonl, SeveralPortsAreReadByName) {
  DataConfig config;
  const std::vector<std::string> ports{"left", "right"};
  LoaderOptions o;
  o.fields = fields_of(config, ports);
  EXPECT_EQ(o.fields[1].name(), "input.right");
  const auto loader = open("{\"input\": {\"right\": [2.0], \"left\": [1.0]}, \"target\": 3.5}", o);
  EXPECT_EQ(loader->columns().size(), 3u);
  float left = 0, right = 0, target = 0;
  void* into[] = {&left, &right, &target};
  loader->next(into);
  EXPECT_EQ(left, 1);
  EXPECT_EQ(right, 2);

  config.input = {{"right", "r"}, {"left", "l"}};
  EXPECT_EQ(fields_of(config, ports)[0].name(), "l");
  config.input = {{"", "a"}, {"", "b"}};
  EXPECT_EQ(fields_of(config, ports)[1].name(), "b");
  config.input = {{"", "a"}, {"", "b"}, {"", "c"}};
  EXPECT_THROW(fields_of(config, ports), Error);
  config.input = {{"lefft", "a"}, {"right", "b"}};
  EXPECT_THROW(fields_of(config, ports), Error);
}

TEST_F(Jsonl, ALineThatEndsWithItsPageIsReadInPlace) {
  std::string text = "{\"input\": 1.0, \"target\": 2.0";
  text += std::string(4096 - text.size() - 1, ' ') + "}";  // nothing of the file behind the last line
  ASSERT_EQ(text.size(), 4096u);
  EXPECT_EQ(open(text)->size(), 1u);
}

TEST_F(Jsonl, TensorsServeAsRows) {
  auto loader = make_tensor_loader(
      {Tensor::from({1.f, 2.f, 3.f}, Shape{3, 1}), Tensor::from<std::int64_t>({0, 1, 5}, Shape{3})}, options());
  EXPECT_EQ(loader->columns()[1].max, 5);
  EXPECT_EQ(loader->upcoming(), 2);
  EXPECT_THROW(make_tensor_loader({Tensor::zeros({3, 1}), Tensor::zeros({2})}, {}), Error);
}

TEST_F(Jsonl, MessagesReadWell) {
  const std::string good = "{\"input\": [0.0, 1.0], \"target\": [1.0]}\n";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"empty", ""},
      {"blank", "\n  \n"},
      {"broken_line", good + "{\"input\": [0.0, 1.0], \"target\": [1.0}\n" + good},
      {"truncated", good + "{\"input\": [0.0, 1.0], \"tar"},
      {"not_an_object", good + "[1, 2]\n"},
      {"two_objects", good + "{\"input\": [0.0, 1.0], \"target\": [1.0]} {\"input\"\n"},
      {"ragged", good + "{\"input\": [0.0, 1.0, 2.0], \"target\": [1.0]}\n"},
      {"ragged_first_row", "{\"input\": [[0.0, 1.0], [2.0]], \"target\": [1.0]}\n"},
      {"number_for_list", good + "{\"input\": [0.0, 1.0], \"target\": 1.0}\n"},
      {"list_for_number", "{\"input\": [0.0, [1.0]], \"target\": 1.0}\n"},
      {"text", good + "{\"input\": [0.0, \"one\"], \"target\": [1.0]}\n"},
      {"boolean_and_null",
       good + "{\"input\": [0.0, 1.0], \"target\": [true]}\n{\"input\": null, \"target\": [1.0]}\n"},
      {"nan", good + "{\"input\": [0.0, NaN], \"target\": [1.0]}\n{\"input\": [-Infinity, 1], \"target\": [1.0]}\n"},
      {"too_large", good + "{\"input\": [0.0, 1e39], \"target\": [1.0]}\n"},
      {"integer_too_large", "{\"input\": [0.0], \"target\": 99999999999999999999}\n"},
      {"missing_field", good + "{\"input\": [0.0, 1.0], \"targt\": [1.0]}\n"},
      {"missing_field_first_row", "{\"inputs\": [0.0, 1.0], \"target\": [1.0]}\n"},
      {"no_field_alike", "{\"x\": [0.0, 1.0], \"target\": [1.0]}\n"},
  };
  for (const auto& [name, text] : cases) test::expect_golden("data_" + name, refusal(text), dir_.path());
  std::string many = good;
  for (int i = 0; i < 9; ++i) many += "{\"input\": [0.0], \"target\": [1.0]}\n";
  test::expect_golden("data_many_rows", refusal(many), dir_.path());
  LoaderOptions ports;
  const std::vector<std::string> names{"left", "right"};
  ports.fields = fields_of({}, names);
  test::expect_golden("data_ports", refusal("{\"input\": [1.0], \"target\": 1}", ports), dir_.path());
}

TEST_F(Jsonl, DeepNestingIsRefusedWithoutUsingUpTheStack) {
  EXPECT_NE(refusal("{\"input\": " + std::string(100'000, '[')).find("NS0503"), std::string::npos);
  EXPECT_NE(refusal("{\"input\": [[[[[[[[[[1]]]]]]]]]], \"target\": 1}").find("NS0505"), std::string::npos);
}

TEST_F(Jsonl, AMissingFileIsADataError) {
  try {
    open_jsonl(dir_ / "nothing.jsonl", options());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::data);
  }
}

}  // namespace
}  // namespace neuro
