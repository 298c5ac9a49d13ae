// Model files that cannot be used (exit code 5), and places that cannot be written (exit code 7).
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "nsrun.h"

namespace nsrun::test {
namespace {

using ::testing::HasSubstr;

constexpr const char* kRows = R"({"input": [[0, 0], [0, 1]]})";
constexpr const char* kFinal = "checkpoints/XOR/final.safetensors";

class CheckpointErrors : public Nsrun {
 protected:
  CheckpointErrors() { use_xor(); }
  void train() const {
    const Outcome outcome = run({"train", "examples/xor_config.yml", "--epochs", "3"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
  }
  Outcome ask(const std::string& weights) const {
    return run({"infer", "examples/01-xor.ns", "-", "--checkpoint", weights}, kRows);
  }
};

TEST_F(CheckpointErrors, DamagedAndForeignFilesAreRefused) {
  train();
  const std::string good = read(kFinal);
  expect_refusal(ask("nowhere.safetensors"), 5, "missing_checkpoint");
  write("cut.safetensors", good.substr(0, good.size() - 5));
  expect_refusal(ask("cut.safetensors"), 5, "truncated_checkpoint");
  write("empty.safetensors", "");
  expect_refusal(ask("empty.safetensors"), 5, "empty_checkpoint");
  std::string flipped = good;
  flipped[good.size() - 3] = static_cast<char>(flipped[good.size() - 3] ^ 0x10);
  write("flipped.safetensors", flipped);
  EXPECT_EQ(ask("flipped.safetensors").code, 5);
}

TEST_F(CheckpointErrors, APointerIsNotWeightsAndTheMessageSaysWhatIs) {
  train();
  expect_refusal(run({"infer", "checkpoints/XOR/LATEST", "-"}, kRows), 5, "pointer_as_model");
  expect_refusal(ask("checkpoints/XOR/BEST"), 5, "pointer_as_checkpoint");
  EXPECT_EQ(run({"infer", "checkpoints/XOR", "-"}, kRows).code, 0);
}

TEST_F(CheckpointErrors, AFlippedBitInsideTheSourceOfAModelFileIsDamageNotASyntaxError) {
  train();
  std::string bad = read(kFinal);
  const std::size_t at = bad.find("neuron XOR");
  ASSERT_NE(at, std::string::npos);
  bad[at] = 'x';
  write("damaged.safetensors", bad);
  const Outcome outcome = run({"infer", "damaged.safetensors", "-"}, kRows);
  EXPECT_EQ(outcome.code, 5);
  EXPECT_THAT(outcome.err, HasSubstr("checksum"));
}

TEST_F(CheckpointErrors, EveryFlippedBitIsFound) {
  train();
  const std::string good = read(kFinal);
  for (std::size_t at = 0; at < good.size(); at += 97) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x01);
    write("flipped.safetensors", bad);
    const Outcome outcome = ask("flipped.safetensors");
    EXPECT_EQ(outcome.code, 5) << "byte " << at << ": " << outcome.err;
    EXPECT_EQ(outcome.out, "");
  }
}

TEST_F(CheckpointErrors, WeightsOfAnotherArchitectureAreRefusedWithTheDifference) {
  train();
  write("wide.ns",
        "neuron XOR:\n  in: [batch, 2]\n  out: [batch, 1]\n  graph:\n"
        "    in -> Linear(2, 8) -> ReLU() -> Linear(8, 1) -> Sigmoid() -> out\n");
  expect_refusal(run({"infer", "wide.ns", "-", "--checkpoint", kFinal}, kRows), 5,
                 "checkpoint_of_another_architecture");
}

TEST_F(CheckpointErrors, AFileWhereTheDirectoryShouldBe) {
  write("checkpoints", "");
  expect_refusal(run({"train", "examples/xor_config.yml"}), 5, "checkpoint_directory_is_a_file");
}

TEST_F(CheckpointErrors, ReadOnlyDirectoryIsRefusedBeforeTraining) {
  if (geteuid() == 0) GTEST_SKIP() << "root may write into a read-only directory";
  chmod(path(".").c_str(), 0500);
  const Outcome outcome = run({"train", "examples/xor_config.yml"});
  chmod(path(".").c_str(), 0700);
  expect_refusal(outcome, 5, "read_only_directory");
}

/// A file system of 64 KiB, where one can be mounted.
class FullDisk : public CheckpointErrors {
 protected:
  void SetUp() override {
    std::filesystem::create_directory(path("checkpoints"));
    if (mount("tmpfs", path("checkpoints").c_str(), "tmpfs", 0, "size=64k") != 0) {
      GTEST_SKIP() << "needs the right to mount a small file system";
    }
    mounted_ = true;
  }
  void TearDown() override {
    if (mounted_) umount(path("checkpoints").c_str());
  }

 private:
  bool mounted_ = false;
};

TEST_F(FullDisk, IsReportedAndLeavesNothingHalfWritten) {
  std::ofstream(path("checkpoints/filler")) << std::string(56 * 1024, 'x');
  const Outcome outcome = run({"train", "examples/xor_config.yml"});
  EXPECT_EQ(outcome.code, 7) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("disk full"));
  for (const std::string& name : files()) {
    EXPECT_EQ(name.find(".tmp-"), std::string::npos) << name;
    EXPECT_EQ(name.find("safetensors"), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace nsrun::test
