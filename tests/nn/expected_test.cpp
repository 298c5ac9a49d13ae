// The layers, optimizers and schedulers of tests/expected/expected.txt against this program's tests.
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "neuro/layers.h"

namespace neuro {
namespace {

TEST(Expected, EveryLayerOptimizerAndSchedulerOfTheListIsTested) {
  std::set<std::string> tests, layers;
  const auto* program = ::testing::UnitTest::GetInstance();
  for (int s = 0; s < program->total_test_suite_count(); ++s) {
    const auto* suite = program->GetTestSuite(s);
    for (int t = 0; t < suite->total_test_count(); ++t)
      tests.insert(std::string("nn_test:") + suite->name() + "." + suite->GetTestInfo(t)->name());
  }
  for (const nn::LayerDef& layer : nn::layer_defs()) layers.insert(layer.name);

  std::ifstream file(NEURO_TEST_DIR "/expected/expected.txt");
  int expected = 0;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line.substr(0, line.find('#')));
    std::string kind, name, descriptor, test, mark;
    words >> kind >> name >> descriptor >> test >> mark;
    if (kind != "layer" && kind != "optimizer" && kind != "scheduler") continue;
    ++expected;
    const bool there = kind == "layer" ? layers.count(name) > 0 : tests.count(test) > 0;
    EXPECT_NE(there, mark == "planned") << kind << " " << name << (there ? " is there now" : " is missing");
    if (mark == "planned") continue;
    EXPECT_EQ(tests.count(test), 1u) << name << " names " << test;
  }
  EXPECT_GE(expected, 20) << "the list is missing";
}

}  // namespace
}  // namespace neuro
