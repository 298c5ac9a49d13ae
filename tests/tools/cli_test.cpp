// The frame of nsrun: what every command has in common.
#include "nsrun.h"

namespace nsrun::test {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

using Cli = Nsrun;

TEST_F(Cli, VersionGoesToStdout) {
  const Outcome outcome = run({"--version"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.out, StartsWith("nsrun "));
  EXPECT_EQ(outcome.err, "");
}

TEST_F(Cli, HelpListsEveryCommandAndEveryCommandHasAnExample) {
  const Outcome help = run({"--help"});
  EXPECT_EQ(help.code, 0);
  for (const std::string command : {"train", "infer", "validate", "list", "summary", "explain", "doctor"}) {
    EXPECT_THAT(help.out, HasSubstr("\n  " + command + " "));
    const Outcome one = run({command, "--help"});
    EXPECT_EQ(one.code, 0) << command;
    EXPECT_THAT(one.out, HasSubstr("usage: nsrun " + command)) << command;
    EXPECT_THAT(one.out, HasSubstr("\nexamples:\n  nsrun " + command)) << command;
    EXPECT_EQ(one.err, "") << command;
  }
}

TEST_F(Cli, UnknownWordsAreRefusedWithTheNearestKnownOne) {
  expect_refusal(run({"trian", "config.yml"}), 2, "unknown_command");
  expect_refusal(run({"frobnicate"}), 2, "unlike_any_command");
  expect_refusal(run({"doctor", "--thread", "2"}), 2, "unknown_option");
  expect_refusal(run({"doctor", "now"}), 2, "unexpected_argument");
  expect_refusal(run({"doctor", "--threads"}), 2, "option_without_value");
  expect_refusal(run({"doctor", "--color", "alway"}), 2, "unknown_choice");
  expect_refusal(run({"doctor", "--threads", "0"}), 2, "threads_out_of_range");
  expect_refusal(run({"doctor"}, "", {{"NSRUN_THREADS", "many"}}), 2, "threads_from_the_environment");
  expect_refusal(run({"-q", "-v", "doctor"}), 2, "quiet_and_verbose");
  expect_refusal(run({"-C", "nowhere", "doctor"}), 2, "no_such_directory");
  expect_refusal(run({}), 2, "no_command");
}

TEST_F(Cli, UnknownInstructionSetIsAUsageError) {
  const Outcome outcome = run({"--isa", "avx9", "doctor"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("`avx9`"));
}

TEST_F(Cli, GlobalOptionsAlsoStandAfterTheCommand) {
  EXPECT_THAT(run({"doctor", "--threads", "3"}).out, HasSubstr("3 in use"));
  EXPECT_THAT(run({"--threads", "3", "doctor"}).out, HasSubstr("3 in use"));
  EXPECT_THAT(run({"doctor"}, "", {{"NSRUN_THREADS", "3"}}).out, HasSubstr("3 in use"));
}

TEST_F(Cli, FormatAppliesToErrorsOfTheLineItself) {
  EXPECT_THAT(run({"--format", "json", "trian"}).err, StartsWith("{\"code\":"));
  EXPECT_THAT(run({"trian", "--format", "github"}).err, StartsWith("::error "));
}

TEST_F(Cli, ColoursOnlyWhereAskedForWhenStderrIsAFile) {
  EXPECT_EQ(run({"trian"}).err.find('\x1b'), std::string::npos);
  EXPECT_NE(run({"--color", "always", "trian"}).err.find('\x1b'), std::string::npos);
}

TEST_F(Cli, DoctorLeavesNothingBehind) {
  EXPECT_EQ(run({"doctor"}).code, 0);
  EXPECT_THAT(files(), IsEmpty());
}

}  // namespace
}  // namespace nsrun::test
