#include "neuro/source.h"

#include <gtest/gtest.h>

namespace neuro {
namespace {

TEST(Span, JoinCoversBoth) {
  const Span a{0, 3, 5}, b{0, 8, 9};
  EXPECT_EQ(a.join(b), (Span{0, 3, 9}));
  EXPECT_EQ(b.join(a), (Span{0, 3, 9}));
  EXPECT_EQ(a.join(Span{}), a);
  EXPECT_EQ(Span{}.join(a), a);
  EXPECT_FALSE(Span{}.known());
}

TEST(SourceMap, TextOfASpan) {
  SourceMap map;
  map.add("a", "first");
  const std::uint32_t b = map.add("b", "one two");
  EXPECT_EQ(map.size(), 2u);
  EXPECT_EQ(map.text({b, 4, 7}), "two");
  EXPECT_EQ(map.text({b, 7, 7}), "");
  EXPECT_EQ(map.text(Span{}), "");
}

TEST(SourceMap, LinesAndColumnsCountFromOne) {
  SourceMap map;
  const std::uint32_t s = map.add("a", "ab\n\ncd");
  const auto expect = [&](std::uint32_t byte, std::uint32_t line, std::uint32_t column) {
    const LineColumn at = map.line_column({s, byte, byte});
    EXPECT_EQ(at.line, line) << byte;
    EXPECT_EQ(at.column, column) << byte;
  };
  expect(0, 1, 1);
  expect(1, 1, 2);
  expect(2, 1, 3);  // the end of a line belongs to it
  expect(3, 2, 1);
  expect(4, 3, 1);
  expect(6, 3, 3);  // the end of the text
  EXPECT_EQ(map.line_column(Span{}).line, 0u);
}

TEST(SourceMap, ColumnsCountCodePointsNotBytes) {
  SourceMap map;
  const std::string text = "x = \"\xc3\xa9\xe2\x82\xac\" y";  // e acute (2 bytes), euro sign (3 bytes)
  const std::uint32_t s = map.add("a", text);
  const auto y = static_cast<std::uint32_t>(text.find('y'));
  EXPECT_EQ(map.line_column({s, y, y + 1}).column, 10u);
}

TEST(SourceMap, AnExcerptKeepsItsLineNumbers) {
  SourceMap map;
  const std::uint32_t s = map.add("data.jsonl", "{}\n{", 41);
  EXPECT_EQ(map.line_column({s, 0, 1}).line, 41u);
  EXPECT_EQ(map.line_column({s, 3, 4}).line, 42u);
}

}  // namespace
}  // namespace neuro
