// The checked-in list of what this engine must have (tests/expected/expected.txt) against the descriptors.
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "neuro/op.h"

namespace neuro {
namespace {

struct Row {
  std::string kind, name, descriptor, test;
  bool planned = false;
};

std::vector<Row> rows() {
  std::vector<Row> out;
  std::ifstream file(NEURO_TEST_DIR "/expected/expected.txt");
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line.substr(0, line.find('#')));
    Row row;
    if (!(words >> row.kind >> row.name >> row.descriptor >> row.test)) continue;
    std::string mark;
    row.planned = words >> mark && mark == "planned";
    out.push_back(row);
  }
  return out;
}

std::set<std::string> operations() {
  std::set<std::string> out;
  for (const OpDef* op : op_defs()) out.insert(op->name);
  return out;
}

TEST(Expected, EveryOperationAndLossOfTheListHasADescriptor) {
  const std::set<std::string> have = operations();
  int expected = 0;
  for (const Row& row : rows()) {
    if (row.kind != "operation" && row.kind != "loss") continue;
    ++expected;
    EXPECT_EQ(have.count(row.descriptor) == 0, row.planned)
        << row.kind << " " << row.name << " (" << row.descriptor << "): "
        << (row.planned ? "is there now: remove the mark `planned` in tests/expected/expected.txt" : "is missing");
  }
  EXPECT_GE(expected, 150) << "the list is missing";
}

TEST(Expected, EveryRowOfThisProgramNamesATest) {
  std::set<std::string> tests;
  const auto* program = ::testing::UnitTest::GetInstance();
  for (int s = 0; s < program->total_test_suite_count(); ++s) {
    const auto* suite = program->GetTestSuite(s);
    for (int t = 0; t < suite->total_test_count(); ++t)
      tests.insert(std::string(suite->name()) + "." + suite->GetTestInfo(t)->name());
  }
  const std::string prefix = "autograd_test:";
  for (const Row& row : rows()) {
    if (row.planned || row.test.rfind(prefix, 0) != 0) continue;
    EXPECT_EQ(tests.count(row.test.substr(prefix.size())), 1u) << row.name << " names " << row.test;
  }
}

}  // namespace
}  // namespace neuro
