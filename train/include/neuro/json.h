#pragma once
// Small JSON documents (state, manifests, one row of data, `infer` input) as a tree with positions, and writing JSON.
// Data files are read by simdjson; this reader says where and why a text is wrong, which that one cannot.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "neuro/source.h"

namespace neuro::json {

enum class Kind { null, boolean, number, string, list, object };

/// One value with its place: byte offsets into the text, as a Span of source `source`.
struct Value {
  Kind kind = Kind::null;
  bool boolean = false;
  double number = 0;
  /// The number as an integer, when it is written without a point or exponent and fits.
  std::optional<std::int64_t> integer;
  std::string string;
  std::vector<Value> list;
  std::vector<std::pair<std::string, Value>> object;  ///< in the order written
  Span span;

  const Value* find(std::string_view key) const;  ///< null when absent or not an object
  /// "an object", "a list of 3", "the text \"a\"", "the number 1.5".
  std::string what() const;
};

struct Problem {
  Span span;
  std::string title;  ///< "expected `,` or `]`"
};

/// Parses one JSON document (RFC 8259): no comments, no trailing commas, no NaN; an object may not repeat a key; nested
/// at most 64 deep. `problem` receives the first mistake, and nothing is returned then.
std::optional<Value> parse(std::string_view text, Problem& problem, std::uint32_t source = 0);

/// `"text"` with JSON's escapes.
std::string quote(std::string_view text);
/// The shortest text that reads back as the same number; null for what JSON cannot write (NaN, infinities).
std::string number(double value);

/// Writes an object: `Object().add("step", 3).add("name", quote("x")).text()` is `{"step":3,"name":"x"}`.
class Object {
 public:
  Object& raw(std::string_view key, std::string_view json);
  Object& add(std::string_view key, std::string_view value) { return raw(key, quote(value)); }
  Object& add(std::string_view key, const char* value) { return raw(key, quote(value)); }
  Object& add(std::string_view key, double value) { return raw(key, number(value)); }
  Object& add(std::string_view key, std::int64_t value) { return raw(key, std::to_string(value)); }
  Object& add(std::string_view key, std::uint64_t value) { return raw(key, std::to_string(value)); }
  Object& add(std::string_view key, bool value) { return raw(key, value ? "true" : "false"); }
  std::string text() const { return text_ + "}"; }

 private:
  std::string text_ = "{";
};

}  // namespace neuro::json
