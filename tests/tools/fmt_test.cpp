// nsrun fmt and parse: what they write, and what they leave alone.
#include <sys/stat.h>

#include "nsrun.h"

namespace nsrun::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

const char* const kUgly = "neuron N:\n      in:[batch,2]\n      graph:\n            in->Linear(2,4)->out # go\n";
const char* const kPretty = "neuron N:\n  in: [batch, 2]\n  graph:\n    in -> Linear(2, 4) -> out  # go\n";
const char* const kBroken = "neuron N:\n      in: [batch, 2\n";

using Fmt = Nsrun;

TEST_F(Fmt, WritesInPlaceAndKeepsPermissionsAndLinks) {
  write("a.ns", kUgly);
  chmod(path("a.ns").c_str(), 0640);
  std::filesystem::create_symlink("a.ns", path("link.ns"));
  const Outcome outcome = run({"fmt", "link.ns"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, HasSubstr("1 file formatted"));
  EXPECT_EQ(read("a.ns"), kPretty);
  EXPECT_TRUE(std::filesystem::is_symlink(path("link.ns")));
  struct stat status {};
  ASSERT_EQ(stat(path("a.ns").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0640u);
  EXPECT_EQ(files().size(), 2u);  // nothing is left over
  EXPECT_THAT(run({"fmt", "a.ns"}).err, HasSubstr("1 file left as it is"));
}

TEST_F(Fmt, StdinGoesToStdout) {
  const Outcome outcome = run({"fmt", "-"}, kUgly);
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out, kPretty);
  EXPECT_EQ(outcome.err, "");
  EXPECT_THAT(run({"fmt", "-", "--stdin-filename", "shown.ns"}, kBroken).err, HasSubstr("shown.ns:2:"));
}

TEST_F(Fmt, CheckListsTheFilesThatWouldChangeAndWritesNothing) {
  write("src/ugly.ns", kUgly);
  write("src/deep/pretty.ns", kPretty);
  write("src/.hidden/ugly.ns", kUgly);
  write("src/notes.txt", kUgly);
  const Outcome outcome = run({"fmt", "--check", "src"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.out, "src/ugly.ns\n");
  EXPECT_THAT(outcome.err, HasSubstr("1 file would be formatted, 1 file left as it is"));
  EXPECT_EQ(read("src/ugly.ns"), kUgly);
  EXPECT_EQ(run({"fmt", "--check", "src/deep"}).code, 0);
}

TEST_F(Fmt, DiffShowsWhatWouldChange) {
  write("a.ns", "# one\n# two\n# three\n# four\nneuron N:\n    in: [a]\n  # five\n  # six\n  # seven\n  # eight\n");
  const Outcome outcome = run({"fmt", "--diff", "a.ns"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.out,
            "--- a.ns\n+++ a.ns\n@@ -3,7 +3,7 @@\n # three\n # four\n neuron N:\n-    in: [a]\n+  in: [a]\n"
            "   # five\n   # six\n   # seven\n");
  EXPECT_EQ(run({"fmt", "--diff", "-"}, kPretty).out, "");
}

TEST_F(Fmt, AFileThatDoesNotParseIsShownAndLeftAlone) {
  write("bad.ns", kBroken);
  write("good.ns", kUgly);
  const Outcome outcome = run({"fmt", "bad.ns", "good.ns"});
  EXPECT_EQ(outcome.code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("error[NS0105]"));
  EXPECT_EQ(read("bad.ns"), kBroken);
  EXPECT_EQ(read("good.ns"), kPretty);
  EXPECT_THAT(run({"--format", "github", "fmt", "bad.ns"}).err, StartsWith("::error file=bad.ns,line=2"));
  EXPECT_EQ(run({"fmt", "missing.ns"}).code, 3);
  EXPECT_EQ(run({"fmt"}).code, 2);
}

using ParseCommand = Nsrun;

TEST_F(ParseCommand, ListsNeuronsWithKindAndPorts) {
  write(
      "a.ns",
      "neuron Long(d):\n  in: [*b,\n    d]\n  out left: [d]\n  out right: [ 1 ]\n  graph:\n    in -> Missing() -> out\n"
      "neuron P:\n  in *xs: [a]\n  impl: core,nn/Linear\n"
      "neuron E:\n");
  const Outcome outcome = run({"parse", "a.ns"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out,
            "Long  composite  [*b, d] -> (left: [d], right: [1])\n"
            "P     primitive  (*xs: [a]) -> ()\n"
            "E     empty      () -> ()\n");
}

TEST_F(ParseCommand, WritesTheTreeAsTextAndAsJson) {
  write("a.ns", kPretty);
  EXPECT_THAT(run({"parse", "--tree", "a.ns"}).out, StartsWith("program\n  neuron: neuron 1:1-4:30 name=N"));
  EXPECT_THAT(run({"parse", "--json", "-"}, kPretty).out, StartsWith("{\n  \"node\": \"program\","));
  EXPECT_EQ(run({"parse", "--json", "--tree", "a.ns"}).code, 2);
}

TEST_F(ParseCommand, ShowsWhatDoesNotParse) {
  write("bad.ns", kBroken);
  const Outcome outcome = run({"--format", "json", "parse", "bad.ns"});
  EXPECT_EQ(outcome.code, 3);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, StartsWith("{\"code\":\"NS0105\""));
}

}  // namespace
}  // namespace nsrun::test
