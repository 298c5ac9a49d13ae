#include "neuro/json.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <unordered_set>

#include "neuro/str.h"

namespace neuro::json {
namespace {

constexpr int kMaxDepth = 64;
// A tree node is about 30 times its shortest text: a hostile header must not turn 100 MB into gigabytes.
constexpr std::size_t kMaxValues = 4'000'000;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

void append_utf8(std::string& out, std::uint32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | (code >> 6));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | (code >> 12));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (code >> 18));
    out += static_cast<char>(0x80 | ((code >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

class Parser {
 public:
  Parser(std::string_view text, std::uint32_t source) : text_(text), source_(source) {}

  std::optional<Value> document(Problem& problem) {
    Value value;
    skip_space();
    if (parse_value(value, 0)) {
      skip_space();
      if (at_ == text_.size()) return value;
      fail(at_, text_.size(), "text after the end of the JSON value");
    }
    problem = problem_;
    return std::nullopt;
  }

 private:
  bool fail(std::size_t begin, std::size_t end, std::string title) {
    problem_ = {{source_, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)}, std::move(title)};
    return false;
  }
  bool fail_here(std::string title) {
    if (at_ >= text_.size()) return fail(text_.size(), text_.size(), title + ", but the text ends here");
    return fail(at_, at_ + 1, std::move(title));
  }

  void skip_space() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) {
      ++at_;
    }
  }
  bool skip(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  bool parse_value(Value& out, int depth) {
    const std::size_t begin = at_;
    if (++values_ > kMaxValues) return fail_here(str("more than ", kMaxValues, " values"));
    if (depth > kMaxDepth) return fail_here(str("nested deeper than ", kMaxDepth, " levels"));
    const char c = at_ < text_.size() ? text_[at_] : '\0';
    bool ok = false;
    if (c == '{') {
      ok = parse_object(out, depth);
    } else if (c == '[') {
      ok = parse_list(out, depth);
    } else if (c == '"') {
      out.kind = Kind::string;
      ok = parse_string(out.string);
    } else if (c == '-' || is_digit(c)) {
      ok = parse_number(out);
    } else {
      ok = parse_word(out);
    }
    out.span = {source_, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(at_)};
    return ok;
  }

  bool parse_word(Value& out) {
    std::size_t end = at_;
    while (end < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[end])) || text_[end] == '_')) ++end;
    const std::string_view word = text_.substr(at_, end - at_);
    if (word == "true" || word == "false") {
      out.kind = Kind::boolean;
      out.boolean = word == "true";
    } else if (word != "null") {
      if (word.empty()) return fail_here("expected a value");
      const bool special = word == "NaN" || word == "nan" || word == "Infinity" || word == "inf";
      return fail(
          at_, end,
          special ? str("`", word, "` is not a number that JSON can write") : str("`", word, "` is not a JSON value"));
    }
    at_ = end;
    return true;
  }

  bool parse_number(Value& out) {
    const std::size_t begin = at_;
    const auto digits = [&] {
      const std::size_t first = at_;
      while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
      return at_ > first;
    };
    bool whole = true;
    skip('-');
    const std::size_t lead = at_;
    if (text_.substr(at_).starts_with("Infinity")) {
      return fail(begin, at_ + 8, "`-Infinity` is not a number that JSON can write");
    }
    if (!digits()) return fail_here("expected a digit");
    if (text_[lead] == '0' && at_ - lead > 1) return fail(begin, at_, "a number with a leading 0");
    if (skip('.')) {
      whole = false;
      if (!digits()) return fail_here("expected a digit after the point");
    }
    if (at_ < text_.size() && (text_[at_] == 'e' || text_[at_] == 'E')) {
      whole = false;
      ++at_;
      if (!skip('+')) skip('-');
      if (!digits()) return fail_here("expected a digit in the exponent");
    }
    const char* first = text_.data() + begin;
    const char* last = text_.data() + at_;
    out.kind = Kind::number;
    if (std::from_chars(first, last, out.number).ec != std::errc()) {
      return fail(begin, at_, "a number outside the range of f64");
    }
    std::int64_t integer = 0;
    if (whole && std::from_chars(first, last, integer).ec == std::errc()) out.integer = integer;
    return true;
  }

  bool parse_hex(std::uint32_t& code) {
    const std::string_view digits = text_.substr(at_, 4);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
    if (error != std::errc() || end != digits.data() + 4) return fail_here("expected four hexadecimal digits");
    at_ += 4;
    return true;
  }

  bool parse_string(std::string& out) {
    const std::size_t begin = at_++;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"') {
        ++at_;
        return true;
      }
      if (static_cast<unsigned char>(c) < 0x20) return fail_here("a control character inside a string");
      ++at_;
      if (c != '\\') {
        out += c;
        continue;
      }
      const char escape = at_ < text_.size() ? text_[at_] : '\0';
      constexpr std::string_view kFrom = "\"\\/bfnrt", kTo = "\"\\/\b\f\n\r\t";
      if (const auto k = kFrom.find(escape); escape != '\0' && k != std::string_view::npos) {
        out += kTo[k];
        ++at_;
      } else if (escape == 'u') {
        ++at_;
        std::uint32_t code = 0;
        if (!parse_hex(code)) return false;
        if (code >= 0xD800 && code < 0xDC00 && text_.substr(at_).starts_with("\\u")) {
          std::uint32_t low = 0;
          at_ += 2;
          if (!parse_hex(low)) return false;
          if (low < 0xDC00 || low > 0xDFFF) return fail_here("half of a surrogate pair");
          code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        } else if (code >= 0xD800 && code < 0xE000) {
          return fail_here("half of a surrogate pair");
        }
        append_utf8(out, code);
      } else {
        return fail(at_ - 1, std::min(at_ + 1, text_.size()), "an unknown escape in a string");
      }
    }
    return fail(begin, text_.size(), "a string without its closing quote");
  }

  bool parse_list(Value& out, int depth) {
    out.kind = Kind::list;
    ++at_;
    skip_space();
    if (skip(']')) return true;
    while (true) {
      skip_space();
      if (!parse_value(out.list.emplace_back(), depth + 1)) return false;
      skip_space();
      if (skip(']')) return true;
      if (!skip(',')) return fail_here("expected `,` or `]`");
    }
  }

  bool parse_object(Value& out, int depth) {
    out.kind = Kind::object;
    ++at_;
    skip_space();
    if (skip('}')) return true;
    std::unordered_set<std::string> seen;
    while (true) {
      skip_space();
      const std::size_t begin = at_;
      if (at_ >= text_.size() || text_[at_] != '"') return fail_here("expected a key in double quotes");
      std::string key;
      if (!parse_string(key)) return false;
      if (!seen.insert(key).second) return fail(begin, at_, str("the key `", key, "` is given twice"));
      skip_space();
      if (!skip(':')) return fail_here("expected `:`");
      skip_space();
      Value& value = out.object.emplace_back(std::move(key), Value()).second;
      if (!parse_value(value, depth + 1)) return false;
      skip_space();
      if (skip('}')) return true;
      if (!skip(',')) return fail_here("expected `,` or `}`");
    }
  }

  std::string_view text_;
  std::uint32_t source_;
  std::size_t at_ = 0;
  std::size_t values_ = 0;
  Problem problem_;
};

}  // namespace

const Value* Value::find(std::string_view key) const {
  for (const auto& [name, value] : object) {
    if (name == key) return &value;
  }
  return nullptr;
}

std::string Value::what() const {
  switch (kind) {
    case Kind::null: return "null";
    case Kind::boolean: return boolean ? "true" : "false";
    case Kind::number: return str("the number ", integer ? str(*integer) : str(number));
    case Kind::string: return str("the text ", quote(string.size() > 40 ? string.substr(0, 40) + "..." : string));
    case Kind::list: return str("a list of ", list.size());
    case Kind::object: return "an object";
  }
  return "a value";
}

std::optional<Value> parse(std::string_view text, Problem& problem, std::uint32_t source) {
  return Parser(text, source).document(problem);
}

std::string quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    constexpr std::string_view kFrom = "\"\\\b\f\n\r\t", kTo = "\"\\bfnrt";
    if (const auto k = kFrom.find(c); k != std::string_view::npos) {
      out += '\\';
      out += kTo[k];
    } else if (static_cast<unsigned char>(c) < 0x20) {
      constexpr const char* kHex = "0123456789abcdef";
      out += str("\\u00", kHex[c >> 4], kHex[c & 15]);
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string number(double value) { return std::isfinite(value) ? str(value) : "null"; }

Object& Object::raw(std::string_view key, std::string_view json) {
  text_ += str(text_.size() > 1 ? "," : "", quote(key), ":", json);
  return *this;
}

}  // namespace neuro::json
