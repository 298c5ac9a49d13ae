// tests/golden/diagnostics/NAME.ns is a source with mistakes, NAME.txt what a user reads; a first
// line `# build: Stack(depth=5000)` asks for what is read when that neuron is instantiated. With NEURO_UPDATE_GOLDEN=1
// in the environment the texts are written anew: read them as a beginner would before committing them.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "case_file.h"
#include "check_source.h"
#include "neuro/error.h"
#include "neuro/program.h"
#include "neuro/render.h"

namespace neuro {
namespace {

namespace fs = std::filesystem;

fs::path golden_dir() { return fs::path(NEURO_TEST_DIR) / "golden" / "diagnostics"; }

/// What is reported for a source, or for the instance that its first line asks for.
std::string reported(const std::string& name, const std::string& text) {
  const cases::CaseFile file = cases::parse(text);
  if (file.builds.empty()) {
    Diagnostics diagnostics;
    check_source(diagnostics.sources().add(name, text), diagnostics);
    return render(diagnostics);
  }
  try {
    Program::from_source(text, name).instantiate(file.builds[0].neuron, file.builds[0].params);
  } catch (const Error& error) {
    return render(error.diagnostics());
  }
  return "instantiated";
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
  const std::string name = GetParam() + ".ns", text = reported(name, cases::read(golden_dir() / name));
  const fs::path recorded = golden_dir() / (GetParam() + ".txt");
  if (std::getenv("NEURO_UPDATE_GOLDEN") != nullptr) std::ofstream(recorded, std::ios::binary) << text;
  EXPECT_EQ(text, cases::read(recorded));
}

TEST(LargeSource, IsRefusedBeforeItIsRead) {
  Diagnostics diagnostics;
  check_source(diagnostics.sources().add("large.ns", std::string((64u << 20) + 1, '#')), diagnostics);
  ASSERT_EQ(diagnostics.items().size(), 1u);
  EXPECT_EQ(diagnostics.items()[0].code, "NS0115");
  EXPECT_LT(render(diagnostics).size(), 1000u);
}

INSTANTIATE_TEST_SUITE_P(Diagnostics, Golden, testing::ValuesIn(golden_names()),
                         [](const auto& golden) { return golden.param; });

}  // namespace
}  // namespace neuro
