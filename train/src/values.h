#pragma once
// From the text of a scalar to the value that a person meant.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "neuro/model.h"
#include "schema.h"

namespace neuro::schema {

/// A finite number: `1e-3`, `32.0`, `1_000`, `+.5`. Nothing for other text, infinities and NaN.
std::optional<double> number_of(std::string_view text);
/// A whole number, also when written `1e3` or `32.0`; a leading 0 means nothing (`010` is ten).
std::optional<std::int64_t> integer_of(std::string_view text);

// One overload for each type of field: report and leave `out` alone when the value does not fit.
void read_value(const yaml::Node& node, double& out, Reader& reader);
void read_value(const yaml::Node& node, std::int64_t& out, Reader& reader);
void read_value(const yaml::Node& node, std::uint64_t& out, Reader& reader);  ///< null: drawn at random
void read_value(const yaml::Node& node, bool& out, Reader& reader);
void read_value(const yaml::Node& node, std::string& out, Reader& reader);
void read_value(const yaml::Node& node, std::vector<std::string>& out, Reader& reader);
void read_value(const yaml::Node& node, std::pair<double, double>& out, Reader& reader);
void read_value(const yaml::Node& node, Interval& out, Reader& reader);
void read_value(const yaml::Node& node, std::filesystem::path& out, Reader& reader);  ///< a file that is read
void read_value(const yaml::Node& node, Params& out, Reader& reader);
void read_value(const yaml::Node& node, InputFields& out, Reader& reader);

template <class T>
void read_value(const yaml::Node& node, std::optional<T>& out, Reader& reader) {
  if (node.kind == yaml::Node::Kind::null) {
    out.reset();
    return;
  }
  T value{};
  const std::size_t before = reader.diags.items().size();
  read_value(node, value, reader);
  if (reader.diags.items().size() == before) out = std::move(value);
}

std::string show(double value);
std::string show(std::int64_t value);
std::string show(std::uint64_t value);
std::string show(bool value);
std::string show(const std::string& value);
std::string show(const std::vector<std::string>& value);
std::string show(const std::pair<double, double>& value);
std::string show(const Interval& value);
std::string show(const std::filesystem::path& value);
std::string show(const Params& value);
std::string show(const InputFields& value);
template <class T>
std::string show(const std::optional<T>& value) {
  return value ? show(*value) : "null";
}

}  // namespace neuro::schema
