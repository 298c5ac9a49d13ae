#include "console.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "neuro/error.h"
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

}  // namespace

void Console::configure(ColorMode color, Format format, int verbosity) {
  terminal_ = redraws();
  color_ = color == ColorMode::always || (color == ColorMode::automatic && terminal_ && !is_set("NO_COLOR"));
  format_ = format;
  verbosity_ = verbosity;
}

void Console::write_error(std::string_view text) {
  // Nobody is left to tell when stderr itself fails.
  if (std::fwrite(text.data(), 1, text.size(), stderr) == text.size()) std::fflush(stderr);
}

void Console::result(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) flush_results();
}

void Console::flush_results() {
  errno = 0;
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return;
  if (errno == EPIPE) return;  // `nsrun list | head -1`
  throw neuro::Error(neuro::ErrorCode::resource, neuro::str("cannot write to stdout: ", std::strerror(errno)));
}

void Console::status(std::string_view title, std::string_view text) {
  if (quiet()) return;
  std::string line(kTitleWidth - std::min(kTitleWidth, title.size()), ' ');
  line += color_ ? neuro::str("\x1b[1;32m", title, "\x1b[0m ", text, '\n') : neuro::str(title, ' ', text, '\n');
  write_error(line);
}

void Console::info(std::string_view text) {
  if (!quiet()) write_error(neuro::str(text, '\n'));
}

void Console::show(const neuro::Diagnostics& diagnostics) {
  const neuro::SourceMap& sources = diagnostics.sources();
  for (const neuro::Diagnostic& diagnostic : diagnostics.items()) {
    if (diagnostic.severity == neuro::Severity::note && verbosity_ < 1) continue;
    switch (format_) {
      case Format::text: write_error(neuro::render(diagnostic, sources, {.color = color_})); break;
      case Format::json: write_error(neuro::render_json(diagnostic, sources) + '\n'); break;
      case Format::github: write_error(neuro::render_github(diagnostic, sources) + '\n'); break;
    }
  }
}

void Console::error(std::string_view message, std::string_view help) {
  neuro::Diagnostics one;
  neuro::Diagnostic& diagnostic = one.error("", std::string(message));
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

}  // namespace nsrun
