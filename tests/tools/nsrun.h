#pragma once
// Runs nsrun as a process in a directory of its own, and compares what it says with files under tests/golden/cli.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/types.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nsrun::test {

/// What came of a process.
struct Outcome {
  int code = -1;  ///< the exit code; 128 + signal for a process that a signal ended
  std::string out, err;
};

using Environment = std::vector<std::pair<std::string, std::string>>;

/// A running nsrun. Its output goes to files, so that it never waits for a reader.
class Process {
 public:
  /// Starts `nsrun ARGS...` in `directory`, with `input` on stdin.
  Process(const std::filesystem::path& directory, const std::vector<std::string>& args, const std::string& input = {},
          const Environment& environment = {});
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process();  ///< kills it if it still runs

  void signal(int number) const;
  bool running();
  /// What stderr has received so far.
  std::string error_text() const;
  /// Waits for the end, at most a minute; then it is killed and the test fails.
  Outcome wait();

 private:
  std::filesystem::path out_, err_;
  pid_t pid_ = -1;
  int status_ = 0;
  bool ended_ = false;
};

/// A test with a temporary directory that nsrun works in.
class Nsrun : public ::testing::Test {
 protected:
  Nsrun();
  ~Nsrun() override;

  std::filesystem::path path(std::string_view name) const { return directory_ / name; }
  void write(std::string_view name, std::string_view text) const;
  std::string read(std::string_view name) const;
  /// Copies a file or a folder of the project's examples, at the same place below `examples`.
  void use_example(const std::string& name) const;
  /// Writes the three files of the XOR example as they are published.
  void use_xor() const;
  Outcome run(const std::vector<std::string>& args, const std::string& input = {},
              const Environment& environment = {}) const;
  /// Every file below the directory, by name.
  std::vector<std::string> files() const;

 private:
  std::filesystem::path directory_;
};

/// The process ended with `code`, wrote nothing to stdout, and its stderr is the text of tests/golden/cli/NAME.txt.
/// NEURO_UPDATE_GOLDEN=1 writes the file instead; read the difference as text.
void expect_refusal(const Outcome& outcome, int code, const std::string& name);

}  // namespace nsrun::test
