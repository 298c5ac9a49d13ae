// tests/golden/diagnostics/NAME.ns is a source with mistakes, NAME.txt what a user reads. With NEURO_UPDATE_GOLDEN=1 in
// the environment the texts are written anew: read them as a beginner would before committing them.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "check_source.h"
#include "neuro/render.h"

namespace neuro {
namespace {

namespace fs = std::filesystem;

fs::path golden_dir() { return fs::path(NEURO_TEST_DIR) / "golden" / "diagnostics"; }

std::string content(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<std::string> golden_names() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(golden_dir())) {
    if (entry.path().extension() == ".ns") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

class Golden : public testing::TestWithParam<std::string> {};

TEST_P(Golden, ReadsAsRecorded) {
  Diagnostics diagnostics;
  const std::string name = GetParam() + ".ns";
  check_source(diagnostics.sources().add(name, content(golden_dir() / name)), diagnostics);
  const fs::path recorded = golden_dir() / (GetParam() + ".txt");
  if (std::getenv("NEURO_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(recorded, std::ios::binary) << render(diagnostics);
  }
  EXPECT_EQ(render(diagnostics), content(recorded));
}

INSTANTIATE_TEST_SUITE_P(Diagnostics, Golden, testing::ValuesIn(golden_names()),
                         [](const auto& golden) { return golden.param; });

}  // namespace
}  // namespace neuro
