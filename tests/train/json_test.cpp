#include "neuro/json.h"

#include <gtest/gtest.h>

#include <limits>

namespace neuro::json {
namespace {

TEST(Json, ReadsValuesWithTheirPlaces) {
  Problem problem;
  const auto value = parse(R"( {"a": [1, -2.5e1, true, null], "b\n": "\u00e9\ud83d\ude00"} )", problem, 3);
  ASSERT_TRUE(value) << problem.title;
  const Value* list = value->find("a");
  ASSERT_TRUE(list);
  EXPECT_EQ(list->list[0].integer, 1);
  EXPECT_FALSE(list->list[1].integer);
  EXPECT_EQ(list->list[1].number, -25);
  EXPECT_EQ(list->list[1].span, (Span{3, 11, 17}));
  EXPECT_EQ(value->find("b\n")->string, "\xC3\xA9\xF0\x9F\x98\x80");
}

TEST(Json, MistakesAreNamedAtTheirPlace) {
  const auto mistake = [](std::string_view text) {
    Problem problem;
    EXPECT_FALSE(parse(text, problem)) << text;
    return std::pair<std::uint32_t, std::string>(problem.span.begin, problem.title);
  };
  EXPECT_EQ(mistake("[1 2]"), std::pair(3u, std::string("expected `,` or `]`")));
  EXPECT_EQ(mistake("[NaN]"), std::pair(1u, std::string("`NaN` is not a number that JSON can write")));
  EXPECT_EQ(mistake("[-Infinity]"), std::pair(1u, std::string("`-Infinity` is not a number that JSON can write")));
  EXPECT_EQ(mistake("{\"a\": 1,"),
            std::pair(8u, std::string("expected a key in double quotes, but the text ends here")));
  EXPECT_EQ(mistake("{\"a\": 1, \"a\": 2}"), std::pair(9u, std::string("the key `a` is given twice")));
  EXPECT_EQ(mistake("{} x"), std::pair(3u, std::string("text after the end of the JSON value")));
  EXPECT_EQ(mistake("[01]"), std::pair(1u, std::string("a number with a leading 0")));
  EXPECT_EQ(mistake("1e999"), std::pair(0u, std::string("a number outside the range of f64")));
  EXPECT_EQ(mistake(""), std::pair(0u, std::string("expected a value, but the text ends here")));
  EXPECT_EQ(mistake(std::string(100'000, '[')).second, "nested deeper than 64 levels");
}

TEST(Json, WritesWhatItReads) {
  const std::string text =
      Object().add("name", "a\"\\\n\x01").add("x", 0.1).add("n", std::int64_t{-3}).add("ok", true).text();
  EXPECT_EQ(text, "{\"name\":\"a\\\"\\\\\\n\\u0001\",\"x\":0.1,\"n\":-3,\"ok\":true}");
  Problem problem;
  EXPECT_EQ(parse(text, problem)->find("name")->string, "a\"\\\n\x01");
  EXPECT_EQ(number(std::numeric_limits<double>::quiet_NaN()), "null");
}

}  // namespace
}  // namespace neuro::json
