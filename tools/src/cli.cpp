#include "cli.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "console.h"
#include "exit_code.h"
#include "help.h"
#include "neuro/kernels/table.h"
#include "neuro/parallel.h"
#include "neuro/str.h"
#include "neuro/suggest.h"

namespace nsrun {
namespace {

constexpr int kMostThreads = 1024;

struct Globals {
  int verbose = 0;
  bool quiet = false;
  std::string color = "auto", format = "text", threads, isa, directory;
};

void add_globals(CLI::App& app, Globals& globals) {
  app.add_flag("-v,--verbose", globals.verbose, "say more; notes are shown too");
  app.add_flag("-q,--quiet", globals.quiet, "only errors and warnings on stderr");
  app.add_option("--color", globals.color, "auto, always or never; auto obeys NO_COLOR")->option_text("WHEN");
  app.add_option("--format", globals.format, "of diagnostics: text, json or github")->option_text("FORMAT");
  app.add_option("--threads", globals.threads, "worker threads: a number or auto; also NSRUN_THREADS")
      ->option_text("N");
  app.add_option("--isa", globals.isa, "instruction set: auto, sse2, avx2 or avx512; also NEURO_ARCH")
      ->option_text("NAME");
  app.add_option("-C", globals.directory, "work in that directory")->option_text("DIR");
  app.set_version_flag("-V,--version", "nsrun " NEURO_VERSION, "print the version");
}

template <class T>
T choice(std::string_view option, std::string_view value,
         std::initializer_list<std::pair<std::string_view, T>> choices) {
  std::vector<std::string_view> names;
  for (const auto& [name, result] : choices) {
    if (name == value) return result;
    names.push_back(name);
  }
  std::string known;
  for (const std::string_view name : names) known += neuro::str(known.empty() ? "" : ", ", name);
  const auto near = neuro::nearest(value, names);
  throw UsageError(neuro::str(option, " takes one of ", known, "; received `", value, '`'),
                   near ? neuro::str("did you mean `", *near, "`?") : "");
}

/// The number of threads that a person asked for; 0 for auto.
int parse_threads(std::string_view origin, std::string_view value) {
  if (value == "auto") return 0;
  int n = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), n);
  if (error != std::errc() || end != value.data() + value.size() || n < 1 || n > kMostThreads) {
    throw UsageError(
        neuro::str(origin, " takes auto or a number from 1 to ", kMostThreads, "; received `", value, '`'));
  }
  return n;
}

/// How to talk, first of all: also a wrong line is reported in the format that it asks for.
void configure_console(const Globals& globals) {
  const auto format = choice<Format>("--format", globals.format,
                                     {{"text", Format::text}, {"json", Format::json}, {"github", Format::github}});
  const auto color =
      choice<ColorMode>("--color", globals.color,
                        {{"auto", ColorMode::automatic}, {"always", ColorMode::always}, {"never", ColorMode::never}});
  if (globals.quiet && globals.verbose > 0) throw UsageError("-q and -v contradict each other");
  console().configure(color, format, globals.quiet ? -1 : globals.verbose);
}

void configure_machine(const Globals& globals) {
  if (!globals.directory.empty() && chdir(globals.directory.c_str()) != 0) {
    throw UsageError(neuro::str("-C: cannot enter `", globals.directory, "`: ", std::strerror(errno)));
  }
  const char* environment = std::getenv("NSRUN_THREADS");
  int threads = 0;
  if (!globals.threads.empty()) {
    threads = parse_threads("--threads", globals.threads);
  } else if (environment != nullptr && *environment != '\0') {
    threads = parse_threads("NSRUN_THREADS", environment);
  }
  if (threads > 0) neuro::set_thread_count(threads);
  if (!globals.isa.empty()) neuro::kernels::select_table(globals.isa);
}

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

/// Words that no option and no argument took: refused, with the nearest thing that exists.
void refuse_rest(const CLI::App& app, const CLI::App* command) {
  std::vector<std::string> rest = app.remaining(true);
  if (rest.empty()) return;
  // An unknown option's value is left over too, and would be the less helpful thing to name.
  const auto option = std::find_if(rest.begin(), rest.end(), [](const std::string& s) { return s.starts_with('-'); });
  if (option != rest.end()) {
    const std::string name = option->substr(0, option->find('='));
    std::vector<std::string> known = option_names(app);
    if (command != nullptr) {
      const auto more = option_names(*command);
      known.insert(known.begin(), more.begin(), more.end());
    }
    const auto near = neuro::nearest(name, known);
    const std::string where = command == nullptr ? "" : neuro::str(" for `", command->get_name(), '`');
    throw UsageError(neuro::str("unknown option `", name, '`', where),
                     near ? neuro::str("did you mean `", *near, "`?") : "");
  }
  if (command != nullptr) {
    throw UsageError(neuro::str("unexpected argument `", rest.front(), "` for `", command->get_name(), '`'));
  }
  std::vector<std::string> commands;
  for (const CLI::App* known : app.get_subcommands({})) {
    commands.push_back(known->get_name());
    for (const std::string& alias : known->get_aliases()) commands.push_back(alias);
  }
  const auto near = neuro::nearest(rest.front(), commands);
  throw UsageError(neuro::str("unknown command `", rest.front(), '`'),
                   near ? neuro::str("did you mean `nsrun ", *near, "`?") : "`nsrun --help` lists the commands");
}

}  // namespace

CLI::App* add_command(CLI::App& app, const std::string& name, const std::string& description,
                      const std::string& examples) {
  CLI::App* command = app.add_subcommand(name, description);
  command->set_help_flag("-h,--help", "print this help");
  command->allow_extras();
  std::string footer = "examples:";
  for (std::size_t at = 0; at < examples.size();) {
    const std::size_t end = std::min(examples.find('\n', at), examples.size());
    footer += neuro::str("\n  ", std::string_view(examples).substr(at, end - at));
    at = end + 1;
  }
  command->footer(footer + "\n\nOptions of every command, such as -q or --threads, are listed by `nsrun --help`.");
  return command;
}

int run(int argc, const char* const* argv) {
  CLI::App app("Runs neural networks written in NeuroScript: trains them, asks them, checks them.", "nsrun");
  Globals globals;
  Action action;
  app.formatter(help_formatter());
  app.set_help_flag("-h,--help", "print this help");
  app.fallthrough();
  app.allow_extras();
  app.require_subcommand(0, 1);
  add_globals(app, globals);
  app.footer(
      "examples:\n  nsrun train examples/xor_config.yml\n  nsrun infer examples/01-xor.ns examples/input.json\n\n"
      "`nsrun <command> --help` explains a command.");
  add_train(app, action);
  add_infer(app, action);
  add_validate(app, action);
  add_parse(app, action);
  add_fmt(app, action);
  add_list(app, action);
  add_summary(app, action);
  add_explain(app, action);
  add_doctor(app, action);

  const CLI::App* command = nullptr;
  try {
    app.parse(argc, argv);
    const auto used = app.get_subcommands();
    command = used.empty() ? nullptr : used.front();
  } catch (const CLI::CallForHelp&) {
    const auto used = app.get_subcommands();
    console().result((used.empty() ? app : *used.front()).help());
    console().flush_results();
    return kOk;
  } catch (const CLI::CallForVersion& version) {
    console().result(neuro::str(version.what(), '\n'));
    console().flush_results();
    return kOk;
  } catch (const CLI::ArgumentMismatch& error) {  // "--set: 1 required TEXT missing"
    const std::string_view message = error.what();
    throw UsageError(neuro::str(message.substr(0, message.find(':')), " needs a value"));
  } catch (const CLI::ParseError& error) {
    throw UsageError(error.what());
  }
  configure_console(globals);
  refuse_rest(app, command);
  configure_machine(globals);
  if (command == nullptr) {
    throw UsageError("no command given", "`nsrun --help` lists the commands");
  }
  const int code = action();
  console().flush_results();
  return code;
}

}  // namespace nsrun
