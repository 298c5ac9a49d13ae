#include "neuro/kernels/table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "neuro/error.h"

namespace neuro::kernels {
namespace {

struct RestoredTable : ::testing::Test {
  void TearDown() override { select_table("auto"); }
};

TEST_F(RestoredTable, SelectingATableByName) {
  for (const Table* t : supported_tables()) {
    select_table(t->name);
    EXPECT_EQ(&table(), t);
  }
  select_table("auto");
  EXPECT_EQ(&table(), supported_tables().front());
}

TEST_F(RestoredTable, UnknownNamesAreRefusedWithTheListOfThoseThatExist) {
  const Table* before = &table();
  try {
    select_table("avx1024");
    FAIL() << "an unknown instruction set was accepted";
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::unsupported);
    const std::string message = e.what();
    EXPECT_NE(message.find("`avx1024`"), std::string::npos) << message;
    EXPECT_NE(message.find(supported_tables().back()->name), std::string::npos) << message;
  }
  EXPECT_EQ(&table(), before);
}

TEST(Table, TheBaselineIsAlwaysSupported) {
#if defined(__x86_64__)
  EXPECT_STREQ(supported_tables().back()->name, "sse2");
#elif defined(__aarch64__)
  EXPECT_STREQ(supported_tables().back()->name, "neon64");
#endif
}

}  // namespace
}  // namespace neuro::kernels
