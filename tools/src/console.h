#pragma once
// What nsrun writes and where: results on stdout, everything else on stderr.
#include <string>
#include <string_view>

#include "neuro/diagnostic.h"
#include "neuro/error.h"

namespace nsrun {

enum class ColorMode { automatic, always, never };
enum class Format { text, json, github };

/// How this process talks. Set once from the global options, before a command runs.
class Console {
 public:
  Console() { configure(ColorMode::automatic, Format::text, 0); }
  void configure(ColorMode color, Format format, int verbosity);

  bool color() const { return color_; }        ///< on stderr
  bool terminal() const { return terminal_; }  ///< stderr is one that can redraw a line
  int width() const;                           ///< columns of stderr's terminal, 80 where it is none
  bool quiet() const { return verbosity_ < 0; }

  /// A result. Throws Error(resource) when stdout refuses it (a full disk); a reader that went away is no error.
  void result(std::string_view text);
  void flush_results();

  /// "   Model XOR ...": a right-aligned title of at most 8 characters. Not when quiet.
  void status(std::string_view title, std::string_view text);
  /// Text on stderr as it is: for those who write lines, or redraw them, themselves.
  void raw(std::string_view text);
  void warning(std::string_view text);
  /// The first line of `message` is what went wrong; further ones are shown as a note.
  void error(std::string_view message, std::string_view help = {});
  /// All of them in the chosen format. Notes are shown with -v only.
  void show(const neuro::Diagnostics& diagnostics);

 private:
  bool color_ = false, terminal_ = false;
  Format format_ = Format::text;
  int verbosity_ = 0;
};

Console& console();

/// Shows an error of the library with all of its diagnostics; returns its exit code.
int report(const neuro::Error& error);

}  // namespace nsrun
