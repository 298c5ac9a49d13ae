// nsrun fmt: sources in canonical form.
#include "neuro/ns/format.h"

#include <memory>

#include "cli.h"
#include "console.h"
#include "diff.h"
#include "exit_code.h"
#include "neuro/error.h"
#include "neuro/str.h"
#include "source_files.h"

namespace nsrun {
namespace {

using neuro::str;

struct Options {
  std::vector<std::string> files;
  std::string stdin_name = "<stdin>";
  bool check = false, diff = false;
};

struct Counts {
  std::size_t changed = 0, unchanged = 0;
};

void format_one(const std::string& file, const Options& options, Counts& counts) {
  const std::string name = file == "-" ? options.stdin_name : file;
  const std::string text = read_source_or_stdin(file);
  neuro::Diagnostics diagnostics;
  const auto formatted = neuro::ns::format(diagnostics.sources().add(name, text), diagnostics);
  if (!formatted) throw neuro::Error(neuro::ErrorCode::source, std::move(diagnostics));
  ++(*formatted == text ? counts.unchanged : counts.changed);
  if (options.diff) {
    console().result(unified_diff(text, *formatted, name));
  } else if (options.check) {
    if (*formatted != text) console().result(str(name, '\n'));
  } else if (file == "-") {
    console().result(*formatted);
  } else if (*formatted != text) {
    replace_file(file, *formatted);
  }
}

std::string files_text(std::size_t n) { return str(n, n == 1 ? " file" : " files"); }

int format_all(const Options& options) {
  if (options.files.empty()) throw UsageError("`fmt` needs a file", "nsrun fmt FILE...");
  Counts counts;
  int code = kOk;
  for (const std::string& file : source_files(options.files)) {
    try {
      format_one(file, options, counts);
    } catch (const neuro::Error& error) {
      const int one = report(error);
      code = code == kOk ? one : std::min(code, one);
    }
  }
  const bool writes = !options.check && !options.diff;
  const bool only_stdin = options.files.size() == 1 && options.files[0] == "-";
  if (!(writes && only_stdin) && counts.changed + counts.unchanged > 0 && !console().quiet()) {
    std::string text;
    if (counts.changed > 0) text = str(files_text(counts.changed), writes ? " formatted" : " would be formatted");
    if (counts.unchanged > 0)
      text += str(text.empty() ? "" : ", ", files_text(counts.unchanged),
                  counts.unchanged == 1 ? " left as it is" : " left as they are");
    console().status("Format", text);
  }
  return code == kOk && !writes && counts.changed > 0 ? kFailed : code;
}

}  // namespace

void add_fmt(CLI::App& app, Action& action) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = add_command(app, "fmt", "Write sources in their canonical form; comments and meaning stay.",
                                  "nsrun fmt model.ns\n"
                                  "nsrun fmt --check src/\n"
                                  "nsrun fmt - < model.ns");
  command->add_option("files", options->files, ".ns files, directories to search for them, or - for stdin to stdout")
      ->option_text("FILE...");
  command->add_flag("--check", options->check, "write nothing; list the files that would change, and exit with 1");
  command->add_flag("--diff", options->diff,
                    "write nothing; print what would change, and exit with 1 if anything would");
  command->add_option("--stdin-filename", options->stdin_name, "what to call stdin in messages")->option_text("NAME");
  command->callback([&action, options] { action = [options] { return format_all(*options); }; });
}

}  // namespace nsrun
