#pragma once
// Text with colours, line by line, without trailing blanks.
#include <cstddef>
#include <string>
#include <string_view>

namespace neuro::render_detail {

enum class Style { plain, bold, error, warning, note, gutter, secondary, help };

class Painter {
 public:
  explicit Painter(bool color) : color_(color) {}

  Painter& put(std::string_view text, Style style = Style::plain) {
    for (const char c : text) put(c, style);
    return *this;
  }
  Painter& put(char c, Style style = Style::plain) {
    if (c == ' ' || c == '\t') {
      blanks_ += c;
      return *this;
    }
    if (!blanks_.empty()) {
      change(Style::plain);
      out_ += blanks_;
      blanks_.clear();
    }
    change(style);
    out_ += c;
    return *this;
  }
  Painter& repeat(std::size_t n, char c, Style style = Style::plain) {
    for (; n > 0; --n) put(c, style);
    return *this;
  }
  void end_line() {
    blanks_.clear();
    change(Style::plain);
    out_ += '\n';
  }
  std::string take() { return std::move(out_); }

 private:
  void change(Style style) {
    if (!color_ || style == style_) return;
    constexpr std::string_view kCodes[] = {"\x1b[0m",    "\x1b[1m",    "\x1b[1;31m", "\x1b[1;33m",
                                           "\x1b[1;36m", "\x1b[1;34m", "\x1b[1;34m", "\x1b[1;32m"};
    if (style_ != Style::plain) out_ += kCodes[0];
    if (style != Style::plain) out_ += kCodes[static_cast<int>(style)];
    style_ = style;
  }

  bool color_;
  Style style_ = Style::plain;
  std::string blanks_;  // held back until something visible follows
  std::string out_;
};

}  // namespace neuro::render_detail
