#pragma once
// Characters that the language does not know, reported once for each kind of character, however often it occurs.
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "ns/reports.h"
#include "ns/token.h"

namespace neuro::ns {

/// A character that looks like, or stands in for, one of the language: curly quotes, typographic dashes, arrows,
/// full-width signs, other spaces.
struct LookAlike {
  char32_t code_point;
  std::string_view meant;  ///< what to write; " " for spaces
  std::string_view name;   ///< of the character, in words
};

/// Null for all other characters.
const LookAlike* look_alike(char32_t code_point);

/// Collects stray characters and reports them at the end of the source, the first place of each.
class Strays {
 public:
  void add(char32_t code_point, Span place);
  void add_slash_comment(Span place);
  void report(std::string_view text, Reports& reports) const;

 private:
  struct Places {
    Span first;
    std::uint32_t count = 0;
  };
  std::map<char32_t, Places> strays_;
  Places slash_comments_;
};

}  // namespace neuro::ns
