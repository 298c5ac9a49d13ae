#pragma once
// Rendered messages as files under tests/golden/train. NEURO_UPDATE_GOLDEN=1 writes them; read the difference as text.
#include <gtest/gtest.h>
#include <stdlib.h>  // mkdtemp

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "neuro/render.h"

namespace neuro::test {

inline std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_text(const std::filesystem::path& path, std::string_view text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

/// A directory of its own for each test, removed at its end.
class TempDir {
 public:
  TempDir() {
    std::string name = (std::filesystem::temp_directory_path() / "neuro_test_XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Compares `actual` with tests/golden/train/NAME.txt; `hide` (a temporary directory) is shown as `DIR`.
inline void expect_golden(const std::string& name, std::string actual, const std::filesystem::path& hide = {}) {
  for (std::size_t at = 0; !hide.empty() && (at = actual.find(hide.string(), at)) != std::string::npos;) {
    actual.replace(at, hide.string().size(), "DIR");
  }
  const std::filesystem::path path = std::filesystem::path(NEURO_TEST_DIR) / "golden/train" / (name + ".txt");
  if (std::getenv("NEURO_UPDATE_GOLDEN")) return write_text(path, actual);
  EXPECT_EQ(actual, read_text(path)) << "golden file " << path;
}

}  // namespace neuro::test
