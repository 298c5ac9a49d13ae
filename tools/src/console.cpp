#include "console.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "exit_code.h"
#include "neuro/render.h"
#include "neuro/str.h"

namespace nsrun {
namespace {

constexpr std::size_t kTitleWidth = 8;

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

bool redraws() {
  const char* term = std::getenv("TERM");
  return isatty(STDERR_FILENO) == 1 && (term == nullptr || std::strcmp(term, "dumb") != 0);
}

void not_written(int problem) {
  if (problem == EPIPE) return;  // `nsrun list | head -1`
  throw neuro::Error(neuro::ErrorCode::resource, neuro::str("cannot write to stdout: ", std::strerror(problem)));
}

}  // namespace

void Console::configure(ColorMode color, Format format, int verbosity) {
  terminal_ = redraws();
  color_ = color == ColorMode::always || (color == ColorMode::automatic && terminal_ && !is_set("NO_COLOR"));
  format_ = format;
  verbosity_ = verbosity;
}

void Console::raw(std::string_view text) {
  // Nobody is left to tell when stderr itself fails.
  if (std::fwrite(text.data(), 1, text.size(), stderr) == text.size()) std::fflush(stderr);
}

void Console::result(std::string_view text) {
  errno = 0;
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) not_written(errno);
}

void Console::flush_results() {
  errno = 0;
  if (std::fflush(stdout) != 0) not_written(errno);
}

void Console::status(std::string_view title, std::string_view text) {
  if (quiet()) return;
  std::string line(kTitleWidth - std::min(kTitleWidth, title.size()), ' ');
  line += color_ ? neuro::str("\x1b[1;32m", title, "\x1b[0m ", text, '\n') : neuro::str(title, ' ', text, '\n');
  raw(line);
}

int Console::width() const {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

void Console::show(const neuro::Diagnostics& diagnostics) {
  const neuro::SourceMap& sources = diagnostics.sources();
  for (const neuro::Diagnostic& diagnostic : diagnostics.items()) {
    if (diagnostic.severity == neuro::Severity::note && verbosity_ < 1) continue;
    switch (format_) {
      case Format::text: raw(neuro::render(diagnostic, sources, {.color = color_})); break;
      case Format::json: raw(neuro::render_json(diagnostic, sources) + '\n'); break;
      case Format::github: raw(neuro::render_github(diagnostic, sources) + '\n'); break;
    }
  }
  const std::size_t count = diagnostics.error_count();
  if (format_ == Format::text && count > 1) error(neuro::str(count, " problems"));
}

void Console::error(std::string_view message, std::string_view help) {
  const std::size_t line_end = std::min(message.find('\n'), message.size());
  neuro::Diagnostics one;
  neuro::Diagnostic& diagnostic = one.error("", std::string(message.substr(0, line_end)));
  if (line_end < message.size()) diagnostic.note(std::string(message.substr(line_end + 1)));
  if (!help.empty()) diagnostic.help(std::string(help));
  show(one);
}

void Console::warning(std::string_view message) {
  neuro::Diagnostics one;
  one.warning("", std::string(message));
  show(one);
}

Console& console() {
  static Console instance;
  return instance;
}

int report(const neuro::Error& error) {
  if (error.diagnostics().empty()) {
    console().error(error.what());
  } else {
    console().show(error.diagnostics());
  }
  if (error.code() == neuro::ErrorCode::internal) {
    console().error("this is a bug of nsrun " NEURO_VERSION, "please report it with the files and the command");
  }
  return exit_code(error.code());
}

}  // namespace nsrun
