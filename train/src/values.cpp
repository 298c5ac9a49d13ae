#include "values.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <random>

#include "neuro/codes.h"
#include "neuro/str.h"
#include "neuro/suggest.h"

namespace neuro::schema {
namespace fs = std::filesystem;
namespace {

using Kind = yaml::Node::Kind;

/// Underscores between digits, and a plus sign, are for people.
std::optional<std::string> plain_digits(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  std::string out;
  const auto digit = [&](std::size_t i) { return i < text.size() && text[i] >= '0' && text[i] <= '9'; };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') {
      out += text[i];
    } else if (i == 0 || !digit(i - 1) || !digit(i + 1)) {
      return std::nullopt;
    }
  }
  if (out.empty() || (out[0] != '-' && out[0] != '.' && !(out[0] >= '0' && out[0] <= '9'))) return std::nullopt;
  return out;
}

std::string what_it_is(const yaml::Node& node) {
  switch (node.kind) {
    case Kind::null: return "nothing";
    case Kind::list: return "a list";
    case Kind::map: return "a map";
    case Kind::scalar: break;
  }
  return str(node.quoted ? "the text `" : "`", node.text, "`");
}

/// "above 0 and below 1", "at least 1".
std::string bounds(const Rule& rule) {
  if (rule.min == rule.max) return str(rule.min);
  std::string out;
  if (std::isfinite(rule.min)) out = str(rule.open_min ? "above " : "at least ", rule.min);
  if (std::isfinite(rule.max)) out += str(out.empty() ? "" : " and ", rule.open_max ? "below " : "at most ", rule.max);
  return out;
}

bool in_range(double value, const yaml::Node& node, const Reader& reader) {
  const Rule& rule = reader.rule;
  const bool low = rule.open_min ? value <= rule.min : value < rule.min;
  const bool high = rule.open_max ? value >= rule.max : value > rule.max;
  if (low || high) reader.out_of_range(node, bounds(rule));
  return !low && !high;
}

/// Text, unless it asks for an environment variable, which this version does not fill in.
bool plain_text(const yaml::Node& node, Reader& reader, const char* takes) {
  if (node.kind != Kind::scalar || node.text.empty()) {
    reader.wrong_type(node, takes);
    return false;
  }
  if (node.text.find("${") != std::string::npos) {
    reader.unsupported(node, str("`", reader.key, "`: environment variables are not filled in in this version"));
    return false;
  }
  return true;
}

ParamValue param_of(const yaml::Node& node) {
  if (node.quoted) return node.text;
  if (node.text == "true") return true;
  if (node.text == "false") return false;
  const bool whole = node.text.find('.') == std::string::npos;
  if (const auto integer = integer_of(node.text); whole && integer) return *integer;
  if (const auto number = number_of(node.text)) return *number;
  return node.text;
}

}  // namespace

void Reader::wrong_type(const yaml::Node& node, const std::string& takes, const std::string& help) const {
  Diagnostic& d = diags.error(codes::kWrongType, str("`", key, "` takes ", takes, ", receives ", what_it_is(node)));
  d.primary(node.span);
  if (!help.empty()) {
    d.help(help);
  } else if (node.quoted && number_of(node.text)) {
    d.help(str("write ", node.text, " without quotes"));
  }
  only_files = false;
}

void Reader::out_of_range(const yaml::Node& node, const std::string& must) const {
  diags.error(codes::kOutOfRange, str("`", key, "` must be ", must, ", is ", node.text)).primary(node.span);
  only_files = false;
}

void Reader::unsupported(const yaml::Node& node, const std::string& title) const {
  diags.error(codes::kUnsupportedSetting, title).primary(node.span);
  only_files = false;
}

std::optional<double> number_of(std::string_view text) {
  const auto plain = plain_digits(text);
  if (!plain) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(plain->data(), plain->data() + plain->size(), value);
  if (error != std::errc() || end != plain->data() + plain->size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<std::int64_t> integer_of(std::string_view text) {
  const auto plain = plain_digits(text);
  if (!plain) return std::nullopt;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(plain->data(), plain->data() + plain->size(), value);
  if (error == std::errc() && end == plain->data() + plain->size()) return value;
  const auto number = number_of(text);
  constexpr double kExact = 9007199254740992.0;  // 2^53: whole numbers beyond it have no exact double
  if (!number || *number != std::floor(*number) || std::abs(*number) > kExact) return std::nullopt;
  return static_cast<std::int64_t>(*number);
}

void read_value(const yaml::Node& node, double& out, Reader& reader) {
  const auto number = node.kind == Kind::scalar && !node.quoted ? number_of(node.text) : std::nullopt;
  if (!number) return reader.wrong_type(node, "a number such as 0.001 or 1e-3");
  if (in_range(*number, node, reader)) out = *number;
}

void read_value(const yaml::Node& node, std::int64_t& out, Reader& reader) {
  const auto number = node.kind == Kind::scalar && !node.quoted ? integer_of(node.text) : std::nullopt;
  if (!number) return reader.wrong_type(node, "a whole number such as 32, 1_000 or 1e3");
  if (in_range(static_cast<double>(*number), node, reader)) out = *number;
}

void read_value(const yaml::Node& node, std::uint64_t& out, Reader& reader) {
  if (node.kind == Kind::null) {
    out = std::random_device{}();
    return;
  }
  std::int64_t value = 0;
  const std::size_t before = reader.diags.items().size();
  read_value(node, value, reader);
  if (reader.diags.items().size() == before) out = static_cast<std::uint64_t>(value);
}

void read_value(const yaml::Node& node, bool& out, Reader& reader) {
  if (node.kind == Kind::scalar && !node.quoted && (node.text == "true" || node.text == "false")) {
    out = node.text == "true";
    return;
  }
  std::string lower = node.text;
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  const bool yes = lower == "yes" || lower == "on" || lower == "true" || lower == "1" || lower == "y";
  const bool no = lower == "no" || lower == "off" || lower == "false" || lower == "0" || lower == "n";
  const std::string leaf = reader.key.substr(reader.key.rfind('.') + 1);
  reader.wrong_type(node, "`true` or `false`", yes || no ? str("write `", leaf, ": ", yes, "`") : "");
}

void read_value(const yaml::Node& node, std::string& out, Reader& reader) {
  const Rule& rule = reader.rule;
  if (!plain_text(node, reader, rule.choices.empty() ? "a name" : "one name")) return;
  const auto is = [&](const std::string& name) { return name == node.text; };
  if (std::any_of(rule.later.begin(), rule.later.end(), is)) {
    std::string why = node.text == "cuda" ? ": this runtime computes on the processor only" : "";
    return reader.unsupported(node, str("`", reader.key, ": ", node.text, "` is not built yet", why));
  }
  if (!rule.choices.empty() && std::none_of(rule.choices.begin(), rule.choices.end(), is)) {
    std::string all;
    for (const std::string& name : rule.choices) all += str(all.empty() ? "" : ", ", name);
    const auto near = nearest(node.text, rule.choices);
    Diagnostic& d =
        reader.diags.error(codes::kOutOfRange, str("unknown name `", node.text, "` for `", reader.key, "`"));
    d.primary(node.span, near ? str("did you mean `", *near, "`?") : "").help(str("it takes one of: ", all));
    reader.only_files = false;
    return;
  }
  out = node.text;
}

void read_value(const yaml::Node& node, std::vector<std::string>& out, Reader& reader) {
  if (node.kind != Kind::list) return reader.wrong_type(node, "a list such as [console, jsonl]");
  std::vector<std::string> names;
  for (const yaml::NodePtr& item : node.list) {
    std::string name;
    read_value(*item, name, reader);
    if (!name.empty()) names.push_back(std::move(name));
  }
  out = std::move(names);
}

void read_value(const yaml::Node& node, std::pair<double, double>& out, Reader& reader) {
  if (node.kind != Kind::list || node.list.size() != 2) {
    return reader.wrong_type(node, "a list of two numbers such as [0.9, 0.999]");
  }
  read_value(*node.list[0], out.first, reader);
  read_value(*node.list[1], out.second, reader);
}

void read_value(const yaml::Node& node, Interval& out, Reader& reader) {
  std::string_view text = node.text;
  bool epochs = false;
  for (const std::string_view unit : {"epochs", "epoch"}) {
    if (text.ends_with(unit)) {
      text.remove_suffix(unit.size());
      while (text.ends_with(' ')) text.remove_suffix(1);
      epochs = true;
      break;
    }
  }
  const auto count = node.kind == Kind::scalar && !node.quoted ? integer_of(text) : std::nullopt;
  if (!count) {
    const bool duration = !text.empty() && text[0] >= '0' && text[0] <= '9' &&
                          integer_of(text.substr(0, text.size() - 1)) &&
                          std::string_view("smh").find(text.back()) != std::string_view::npos;
    if (duration)
      return reader.unsupported(node, str("`", reader.key, ": ", node.text, "`: durations are not built yet"));
    return reader.wrong_type(node, "a number of steps such as 500, or epochs such as `1epoch`");
  }
  if (in_range(static_cast<double>(*count), node, reader)) out = {*count, epochs};
}

void read_value(const yaml::Node& node, fs::path& out, Reader& reader) {
  if (!plain_text(node, reader, "the path of a file")) return;
  const fs::path given = node.text;
  if (reader.rule.written) {
    out = given;
    return;
  }
  std::vector<fs::path> places;
  if (given.is_relative() && !reader.directory.empty()) places.push_back((reader.directory / given).lexically_normal());
  if (places.empty() || places.front() != given.lexically_normal()) places.push_back(given.lexically_normal());
  std::error_code ignored;
  for (const fs::path& place : places) {
    if (fs::exists(place, ignored) && !fs::is_directory(place, ignored)) {
      out = place;
      return;
    }
  }
  Diagnostic& d = reader.diags.error(codes::kMissingFile, str("no file `", node.text, "` for `", reader.key, "`"));
  d.primary(node.span);
  for (const fs::path& place : places) {
    const bool directory = fs::is_directory(place, ignored);
    d.note(str("looked for ", place.string(), directory ? " (a directory)" : ""));
    if (const auto near = nearest_file(place); near && !directory) d.help(str("did you mean ", *near, "?"));
  }
  reader.missing_files.push_back(reader.rule.missing);
}

void read_value(const yaml::Node& node, Params& out, Reader& reader) {
  if (node.kind != Kind::map) return reader.wrong_type(node, "a map such as {hidden: 4}");
  for (const auto& [key, value] : node.map) {
    if (key->kind != Kind::scalar) {
      reader.wrong_type(*key, "names of parameters");
    } else if (value->kind == Kind::scalar) {
      out[key->text] = param_of(*value);
    } else if (value->kind == Kind::list) {
      std::vector<std::int64_t> numbers;
      for (const yaml::NodePtr& item : value->list) {
        const auto number = item->kind == Kind::scalar && !item->quoted ? integer_of(item->text) : std::nullopt;
        if (number) {
          numbers.push_back(*number);
        } else {
          reader.wrong_type(*item, str("whole numbers in the list `", key->text, "`"));
        }
      }
      out[key->text] = std::move(numbers);
    } else {
      reader.wrong_type(*value, str("a number, a name, true, false or a list for `", key->text, "`"));
    }
  }
}

void read_value(const yaml::Node& node, InputFields& out, Reader& reader) {
  InputFields fields;
  if (node.kind == Kind::scalar) {
    std::string name;
    read_value(node, name, reader);
    fields.emplace_back("", name);
  } else if (node.kind == Kind::list) {
    for (const yaml::NodePtr& item : node.list) {
      std::string name;
      read_value(*item, name, reader);
      fields.emplace_back("", name);
    }
  } else if (node.kind == Kind::map) {
    for (const auto& [port, field] : node.map) {
      std::string name;
      read_value(*field, name, reader);
      fields.emplace_back(port->text, name);
    }
  }
  if (fields.empty()) return reader.wrong_type(node, "a field's name, a list of names, or a map from port to field");
  out = std::move(fields);
}

std::string show(double value) { return str(value); }
std::string show(std::int64_t value) { return str(value); }
std::string show(std::uint64_t value) { return str(value); }
std::string show(bool value) { return str(value); }
std::string show(const std::string& value) { return value; }
std::string show(const std::vector<std::string>& value) {
  std::string out;
  for (const std::string& item : value) out += str(out.empty() ? "" : ", ", item);
  return str("[", out, "]");
}
std::string show(const std::pair<double, double>& value) { return str("[", value.first, ", ", value.second, "]"); }
std::string show(const Interval& value) { return value.text(); }
std::string show(const fs::path& value) { return value.string(); }
std::string show(const Params& value) {
  std::string out;
  for (const auto& [name, param] : value) {
    out += str(out.empty() ? "" : ", ", name, ": ");
    if (const auto* list = std::get_if<std::vector<std::int64_t>>(&param)) {
      std::string items;
      for (const std::int64_t item : *list) items += str(items.empty() ? "" : ", ", item);
      out += str("[", items, "]");
    } else {
      std::visit(
          [&](const auto& v) {
            if constexpr (!std::is_same_v<std::decay_t<decltype(v)>, std::vector<std::int64_t>>) out += str(v);
          },
          param);
    }
  }
  return str("{", out, "}");
}
std::string show(const InputFields& value) {
  std::string out;
  for (const auto& [port, field] : value) out += str(out.empty() ? "" : ", ", port, port.empty() ? "" : ": ", field);
  return value.size() == 1 && value[0].first.empty() ? out : str("{", out, "}");
}

}  // namespace neuro::schema
