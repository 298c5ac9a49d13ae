#pragma once
// Text from values, without <iostream> in every header: str("axis ", 3, " of ", shape).
#include <charconv>
#include <concepts>
#include <string>
#include <string_view>

namespace neuro {

namespace detail {
inline void append(std::string& out, std::string_view text) { out += text; }
inline void append(std::string& out, const char* text) { out += text; }
inline void append(std::string& out, char c) { out += c; }
inline void append(std::string& out, bool b) { out += b ? "true" : "false"; }
template <class T>
requires std::integral<T> || std::floating_point<T>
void append(std::string& out, T value) {
  char buffer[48];
  const auto result = std::to_chars(buffer, buffer + sizeof buffer, value);  // floats: shortest form that reads back
  out.append(buffer, result.ptr);
}
template <class T>
requires requires(const T& t) {
  { t.text() } -> std::convertible_to<std::string>;
}
void append(std::string& out, const T& value) { out += value.text(); }
}  // namespace detail

/// Concatenates the text of each argument: strings, numbers (floats in the shortest form that reads back), and
/// anything with `.text()`.
template <class... Args>
std::string str(const Args&... args) {
  std::string out;
  (detail::append(out, args), ...);
  return out;
}

}  // namespace neuro
