#include <simdjson.h>

#include <cmath>

#include "jsonl.h"

namespace neuro {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

/// Nested lists of exactly `shape`, flattened to `out`. False when anything else is found.
template <class T>
bool flatten(const element& value, const Shape& shape, int axis, T*& out, char& has_point) {
  if (axis < shape.rank()) {
    simdjson::dom::array list;
    if (value.get(list) != simdjson::SUCCESS || list.size() != static_cast<std::size_t>(shape[axis])) return false;
    for (const element item : list) {
      if (!flatten(item, shape, axis + 1, out, has_point)) return false;
    }
    return true;
  }
  switch (value.type()) {
    case element_type::INT64: *out++ = static_cast<T>(value.get_int64().value_unsafe()); return true;
    case element_type::UINT64:  // beyond 2^63: too large for i64
      if constexpr (std::is_same_v<T, std::int64_t>) return false;
      *out++ = static_cast<T>(value.get_uint64().value_unsafe());
      return true;
    case element_type::DOUBLE: {
      has_point = 1;
      const auto number = static_cast<float>(value.get_double().value_unsafe());
      if (!std::isfinite(number)) return false;
      if constexpr (std::is_same_v<T, float>) *out++ = number;  // an i64 column is read again as f32
      return true;
    }
    default: return false;
  }
}

}  // namespace

struct RowParser::Impl {
  simdjson::dom::parser parser;
};

RowParser::RowParser() : impl_(std::make_unique<Impl>()) {}
RowParser::~RowParser() = default;

bool RowParser::parse(std::string_view line, const std::vector<Field>& fields, const std::vector<Column>& columns,
                      std::span<void* const> into, std::vector<char>& has_point) {
  element document;
  // realloc_if_needed = false: the bytes behind the line are readable.
  if (impl_->parser.parse(line.data(), line.size(), false).get(document) != simdjson::SUCCESS) return false;
  for (std::size_t c = 0; c < fields.size(); ++c) {
    element value = document;
    for (const std::string& key : fields[c].path) {
      element inner;
      if (value[key].get(inner) != simdjson::SUCCESS) return false;
      value = inner;
    }
    const Shape& shape = columns[c].row;
    if (columns[c].dtype == DType::i64) {
      auto* out = static_cast<std::int64_t*>(into[c]);
      if (!flatten(value, shape, 0, out, has_point[c])) return false;
    } else {
      auto* out = static_cast<float*>(into[c]);
      char ignored = 0;
      if (!flatten(value, shape, 0, out, ignored)) return false;
    }
  }
  return true;
}

}  // namespace neuro
