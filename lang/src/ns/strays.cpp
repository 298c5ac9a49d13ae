#include "ns/strays.h"

#include <algorithm>
#include <array>

#include "neuro/codes.h"
#include "neuro/str.h"

namespace neuro::ns {
namespace {

constexpr std::array kLookAlikes{
    LookAlike{0x00a0, " ", "a no-break space"},
    LookAlike{0x00d7, "*", "a multiplication sign"},
    LookAlike{0x00f7, "/", "a division sign"},
    LookAlike{0x2009, " ", "a thin space"},
    LookAlike{0x200b, " ", "an invisible zero-width space"},
    LookAlike{0x2010, "-", "a typographic hyphen"},
    LookAlike{0x2011, "-", "a no-break hyphen"},
    LookAlike{0x2013, "-", "a typographic dash"},
    LookAlike{0x2014, "-", "a typographic dash"},
    LookAlike{0x2018, "'", "a curly quote"},
    LookAlike{0x2019, "'", "a curly quote"},
    LookAlike{0x201c, "\"", "a curly quote"},
    LookAlike{0x201d, "\"", "a curly quote"},
    LookAlike{0x2026, "", "a typographic ellipsis"},
    LookAlike{0x202f, " ", "a narrow no-break space"},
    LookAlike{0x2192, "->", "a typographic arrow"},
    LookAlike{0x21d2, "=>", "a typographic arrow"},
    LookAlike{0x2212, "-", "a typographic minus"},
    LookAlike{0x2215, "/", "a division slash"},
    LookAlike{0x2260, "!=", "a not-equal sign"},
    LookAlike{0x2264, "<=", "a less-or-equal sign"},
    LookAlike{0x2265, ">=", "a greater-or-equal sign"},
    LookAlike{0x3000, " ", "a full-width space"},
    LookAlike{0x3001, ",", "an ideographic comma"},
    LookAlike{0xfeff, " ", "a byte order mark that is not at the start"},
    LookAlike{0xff08, "(", "a full-width bracket"},
    LookAlike{0xff09, ")", "a full-width bracket"},
    LookAlike{0xff0c, ",", "a full-width comma"},
    LookAlike{0xff1a, ":", "a full-width colon"},
    LookAlike{0xff1d, "=", "a full-width equals sign"},
};

/// What people mean by an ASCII character that the language does not have.
std::string_view advice(char32_t c) {
  switch (c) {
    case ';': return "a statement ends with its line: remove it, or start a new line";
    case '{':
    case '}': return "a block is what is indented below a line that ends with `:`";
    case '!': return "write `not` for a negation, `!=` for a comparison";
    case '&': return "write `and` or `&&`";
    case '|': return "write `or` or `||`";
    case '\\': return "a line goes on inside brackets or after `->`, without a sign for it";
    case '%': return "there is no remainder; `/` divides integers exactly";
    case '^': return "there is no power; write a product";
    default: return {};
  }
}

std::string note_of_count(std::uint32_t count) {
  return count == 1 ? "it stands in 1 more place" : str("it stands in ", count, " more places");
}

std::string control_name(char32_t c) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  return str("control character U+00", kHex[(c >> 4) & 0xf], kHex[c & 0xf]);
}

}  // namespace

const LookAlike* look_alike(char32_t code_point) {
  const auto at = std::lower_bound(kLookAlikes.begin(), kLookAlikes.end(), code_point,
                                   [](const LookAlike& entry, char32_t c) { return entry.code_point < c; });
  return at != kLookAlikes.end() && at->code_point == code_point ? &*at : nullptr;
}

void Strays::add(char32_t code_point, Span place) {
  Places& places = strays_[code_point];
  if (places.count++ == 0) places.first = place;
}

void Strays::add_slash_comment(Span place) {
  if (slash_comments_.count++ == 0) slash_comments_.first = place;
}

void Strays::report(std::string_view text, Reports& reports) const {
  if (slash_comments_.count > 0) {
    Diagnostic& d = reports.error(codes::kSlashComment, "`//` does not start a comment")
                        .primary(slash_comments_.first, "write `#`")
                        .help("start the comment with `#`, or with `///` to document the neuron below it");
    if (slash_comments_.count > 1) d.note(note_of_count(slash_comments_.count - 1));
  }
  for (const auto& [c, places] : strays_) {
    const std::string shown(text.substr(places.first.begin, places.first.end - places.first.begin));
    const LookAlike* alike = look_alike(c);
    Diagnostic* d = nullptr;
    if (alike != nullptr && alike->meant == " ") {
      d = &reports.error(codes::kUnexpectedCharacter, str(alike->name, " stands where a plain space belongs"))
               .primary(places.first, "replace it with a plain space");
    } else if (alike != nullptr) {
      d = &reports.error(codes::kUnexpectedCharacter, str("`", shown, "` is not a sign of the language"))
               .primary(places.first, str("this is ", alike->name));
      const bool arrow = alike->meant == "-" && text.substr(places.first.end, 1) == ">";
      if (!alike->meant.empty()) d->help(str("write `", arrow ? "->" : alike->meant, "`"));
    } else if (c < 0x20 || c == 0x7f) {
      d = &reports.error(codes::kUnexpectedCharacter, str("a ", control_name(c), " stands outside of any string"))
               .primary(places.first, "remove it");
    } else if (c < 0x80) {
      d = &reports.error(codes::kUnexpectedCharacter, str("`", shown, "` is not a sign of the language"))
               .primary(places.first);
      if (!advice(c).empty()) d->help(std::string(advice(c)));
    } else {
      d = &reports.error(codes::kUnexpectedCharacter, str("`", shown, "` cannot stand outside of comments and strings"))
               .primary(places.first)
               .help("names are made of the letters a to z and A to Z, digits and `_`");
    }
    if (places.count > 1) d->note(note_of_count(places.count - 1));
  }
}

}  // namespace neuro::ns
