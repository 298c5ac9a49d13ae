#include "neuro/ns/tree.h"

#include <charconv>
#include <nlohmann/json.hpp>
#include <string_view>
#include <type_traits>

#include "neuro/str.h"
#include "ns/describe.h"

namespace neuro::ns {
namespace {

/// Line and column of any byte of a text, each in constant time.
class Places {
 public:
  explicit Places(std::string_view text) : text_(text) {
    std::uint32_t line = 1, inside = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (i % kBlock == 0) blocks_.push_back({line, line_start_, inside});
      if (text[i] == '\n') {
        ++line;
        line_start_ = static_cast<std::uint32_t>(i + 1);
        inside = 0;
      } else if (is_inside(text[i])) {
        ++inside;
      }
    }
    blocks_.push_back({line, line_start_, inside});
  }

  std::string text(std::uint32_t byte) const {
    Block at = blocks_[std::min<std::size_t>(byte / kBlock, blocks_.size() - 1)];
    for (std::uint32_t i = byte / kBlock * kBlock; i < byte; ++i) {
      if (text_[i] == '\n') {
        at = {at.line + 1, i + 1, 0};
      } else if (is_inside(text_[i])) {
        ++at.inside;
      }
    }
    return str(at.line, ':', byte - at.line_start - at.inside + 1);
  }

 private:
  static constexpr std::uint32_t kBlock = 64;
  struct Block {
    std::uint32_t line, line_start;
    std::uint32_t inside;  ///< bytes of the line before the block that continue a code point
  };
  static bool is_inside(char c) { return (static_cast<unsigned char>(c) & 0xc0u) == 0x80u; }

  std::string_view text_;
  std::uint32_t line_start_ = 0;
  std::vector<Block> blocks_;
};

template <class T>
constexpr bool kIsVector = false;
template <class T>
constexpr bool kIsVector<std::vector<T>> = true;
template <class T>
constexpr bool kIsOptional = false;
template <class T>
constexpr bool kIsOptional<std::optional<T>> = true;
template <class T>
constexpr bool kIsVariant = false;
template <class... T>
constexpr bool kIsVariant<std::variant<T...>> = true;

std::string quoted(std::string_view text) { return nlohmann::json(text).dump(); }

/// Walks a tree; what a writer makes of it is in `Writer`: word(field, text, quoted text), absent(field),
/// list(field, items, write), open(field, span), kind(name), close().
template <class Writer>
class Walk {
 public:
  void operator()(std::string_view field, std::string_view text) { self().word(field, text, quoted(text)); }
  void operator()(std::string_view field, const std::string& text) { (*this)(field, std::string_view(text)); }
  void operator()(std::string_view field, const Name& name) { (*this)(field, std::string_view(name.text)); }
  template <class T>
  void operator()(std::string_view field, const T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      number(field, value ? "true" : "false");
    } else if constexpr (std::is_arithmetic_v<T>) {
      char digits[32];
      number(field, {digits, std::to_chars(digits, digits + sizeof(digits), value).ptr});
    } else if constexpr (kIsOptional<T>) {
      value ? (*this)(field, *value) : self().absent(field);
    } else if constexpr (kIsVector<T>) {
      self().list(field, value.size(), [&](std::size_t i, std::string_view name) { (*this)(name, value[i]); });
    } else if constexpr (kIsVariant<T>) {
      std::visit([&](const auto& node) { (*this)(field, node); }, value);
    } else {
      self().open(field, span_of(value));
      fields(value);
      self().close();
    }
  }

 private:
  Writer& self() { return static_cast<Writer&>(*this); }
  void number(std::string_view field, std::string_view text) { self().word(field, text, std::string(text)); }

  template <class T>
  static Span span_of(const T& node) {
    if constexpr (requires { node.span; }) return node.span;
    return {};
  }
  template <class T>
  void fields(const T& node) {
    if constexpr (requires { node.node; }) {
      std::visit([&](const auto& inner) { describe(inner, self()); }, node.node);
    } else {
      describe(node, self());
    }
  }
};

/// Without `places` no place is written: what two layouts of one program have in common.
class TextWriter : public Walk<TextWriter> {
 public:
  explicit TextWriter(const Places* places) : places_(places) {}

  void word(std::string_view field, std::string_view text, const std::string& quoted_text) {
    const bool plain = field != "text" && field != "path";
    out_ += str(' ', field, '=', plain ? text : std::string_view(quoted_text));
  }
  void absent(std::string_view) {}
  template <class Item>
  void list(std::string_view field, std::size_t size, Item&& item) {
    // One of "branches" is a "branch", one of "steps" a "step"; "context" has no plural.
    if (field.ends_with('s')) field.remove_suffix(field == "branches" ? 2 : 1);
    for (std::size_t i = 0; i < size; ++i) item(i, field);
  }
  void open(std::string_view field, const Span& span) {
    if (!out_.empty()) out_ += '\n';
    out_.append(depth_++ * 2, ' ');
    if (!field.empty()) out_ += str(field, ": ");
    span_ = span;
  }
  void kind(std::string_view name) {
    out_ += name;
    if (places_ != nullptr && span_.known()) {
      out_ += str(' ', places_->text(span_.begin), '-', places_->text(span_.end));
    }
  }
  void close() { --depth_; }

  std::string text() && { return std::move(out_) + '\n'; }

 private:
  const Places* places_;
  Span span_;
  std::string out_;
  std::size_t depth_ = 0;
};

class JsonWriter : public Walk<JsonWriter> {
 public:
  explicit JsonWriter(const Places& places) : places_(places) {}

  void word(std::string_view field, std::string_view, const std::string& quoted_text) { key(field) += quoted_text; }
  void absent(std::string_view field) { key(field) += "null"; }
  template <class Item>
  void list(std::string_view field, std::size_t size, Item&& item) {
    key(field) += '[';
    ++depth_;
    first_ = true;
    for (std::size_t i = 0; i < size; ++i) item(i, "");
    --depth_;
    if (size > 0) line();
    out_ += ']';
    first_ = false;
  }
  void open(std::string_view field, const Span& span) {
    key(field) += '{';
    ++depth_;
    first_ = true;
    span_ = span;
  }
  void kind(std::string_view name) {
    key("node") += quoted(name);
    if (span_.known()) key("at") += str('"', places_.text(span_.begin), '-', places_.text(span_.end), '"');
  }
  void close() {
    --depth_;
    line();
    out_ += '}';
  }

  std::string text() && { return std::move(out_) + '\n'; }

 private:
  void line() {
    out_ += '\n';
    out_.append(depth_ * 2, ' ');
  }
  // Starts a member of an object or, without a name, of a list.
  std::string& key(std::string_view name) {
    if (!std::exchange(first_, false)) out_ += ',';
    if (depth_ > 0) line();
    if (!name.empty()) out_ += str('"', name, "\": ");
    return out_;
  }

  const Places& places_;
  Span span_;
  std::string out_;
  std::size_t depth_ = 0;
  bool first_ = true;
};

std::string without_places(const Program& program) {
  TextWriter writer(nullptr);
  writer("", program);
  return std::move(writer).text();
}

}  // namespace

std::string tree_text(const Program& program, const SourceMap& sources) {
  const Places places(sources[program.source].text);
  TextWriter writer(&places);
  writer("", program);
  return std::move(writer).text();
}

std::string tree_json(const Program& program, const SourceMap& sources) {
  const Places places(sources[program.source].text);
  JsonWriter writer(places);
  writer("", program);
  return std::move(writer).text();
}

bool equal(const Program& a, const Program& b) { return without_places(a) == without_places(b); }

}  // namespace neuro::ns
