// Tensors and named tensors as JSON.
#include <cmath>
#include <limits>
#include <optional>

#include "files.h"
#include "neuro/error.h"
#include "neuro/json.h"
#include "neuro/serialize.h"
#include "neuro/str.h"

namespace neuro {
namespace {

[[noreturn]] void bad(const std::string& name, const std::string& why) {
  throw Error(ErrorCode::checkpoint, name.empty() ? str("JSON array: ", why) : str("`", name, "`: ", why));
}

// --- Writing ---------------------------------------------------------------------------------------------------------

template <class T>
void write_values(std::string& out, const Tensor& tensor) {
  const T* values = tensor.data<T>();
  for (std::int64_t i = 0; i < tensor.size(); ++i) {
    if (i > 0) out += ',';
    if constexpr (std::is_same_v<T, bool>) {
      out += values[i] ? '1' : '0';
    } else {
      if (std::is_floating_point_v<T> && !std::isfinite(static_cast<double>(values[i]))) {
        throw Error(ErrorCode::invalid_argument,
                    str("JSON cannot write ", values[i], " (element ", i, "); a safetensors file can"));
      }
      out += str(values[i]);
    }
  }
}

void write_array(std::string& out, const Tensor& given) {
  if (!given.defined()) throw Error(ErrorCode::invalid_argument, "an undefined tensor cannot be written");
  const Tensor tensor = given.contiguous() ? given : given.clone();
  out += "{\"v\":1,\"dim\":[";
  for (int axis = 0; axis < tensor.rank(); ++axis) out += str(axis > 0 ? "," : "", tensor.shape()[axis]);
  out += "],\"data\":[";
  switch (tensor.dtype()) {
    case DType::f32: write_values<float>(out, tensor); break;
    case DType::f64: write_values<double>(out, tensor); break;
    case DType::i64: write_values<std::int64_t>(out, tensor); break;
    case DType::i32: write_values<std::int32_t>(out, tensor); break;
    case DType::boolean: write_values<bool>(out, tensor); break;
    case DType::bf16: write_values<float>(out, tensor.to(DType::f32)); break;
  }
  out += "]}";
}

/// Names split at their points: a field holds a tensor or further fields, in the order of first mention.
struct Field {
  const Tensor* tensor = nullptr;
  std::vector<std::pair<std::string, Field>> fields;

  Field& field(std::string_view name) {
    for (auto& [key, value] : fields) {
      if (key == name) return value;
    }
    return fields.emplace_back(name, Field()).second;
  }
  void write(std::string& out) const {
    if (tensor != nullptr) return write_array(out, *tensor);
    out += '{';
    for (std::size_t i = 0; i < fields.size(); ++i) {
      out += str(i > 0 ? "," : "", json::quote(fields[i].first), ":");
      fields[i].second.write(out);
    }
    out += '}';
  }
};

// --- Reading ---------------------------------------------------------------------------------------------------------

/// The value as a T, if it fits.
template <class T>
std::optional<T> number_as(const json::Value& value) {
  if (value.kind == json::Kind::boolean) return static_cast<T>(value.boolean);
  if (value.kind != json::Kind::number) return std::nullopt;
  if constexpr (std::is_same_v<T, bool>) {
    if (value.number != 0 && value.number != 1) return std::nullopt;
    return value.number != 0;
  } else if constexpr (std::is_integral_v<T>) {
    std::optional<std::int64_t> whole = value.integer;  // 2.0 is as good as 2
    if (!whole && value.number == std::floor(value.number) && std::abs(value.number) < 0x1p53) {
      whole = static_cast<std::int64_t>(value.number);
    }
    if (!whole || *whole < std::numeric_limits<T>::min() || *whole > std::numeric_limits<T>::max()) return std::nullopt;
    return static_cast<T>(*whole);
  } else {
    const T number = static_cast<T>(value.number);
    return std::isfinite(number) ? std::optional<T>(number) : std::nullopt;
  }
}

template <class T>
void read_values(const std::string& name, const std::vector<json::Value>& list, Tensor& into) {
  T* values = into.data<T>();
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::optional<T> number = number_as<T>(list[i]);
    if (!number) bad(name, str("element ", i, " is ", list[i].what(), ", which does not fit ", name_of(into.dtype())));
    values[i] = *number;
  }
}

bool is_array(const json::Value& value) { return value.find("dim") != nullptr && value.find("data") != nullptr; }

Tensor read_array(const std::string& name, const json::Value& value, DType dtype) {
  const json::Value* version = value.find("v");
  const json::Value* dim = value.find("dim");
  const json::Value* data = value.find("data");
  if (dim == nullptr || data == nullptr) bad(name, str("is ", value.what(), " without `dim` and `data`"));
  if (version != nullptr && version->integer != 1) bad(name, str("version `v` is ", version->what(), ", 1 is read"));
  if (dim->kind != json::Kind::list || data->kind != json::Kind::list) bad(name, "`dim` and `data` must be lists");
  std::vector<std::int64_t> dims;
  for (const json::Value& size : dim->list) {
    if (!size.integer || *size.integer < 0) bad(name, str("`dim` holds ", size.what()));
    dims.push_back(*size.integer);
  }
  std::optional<Shape> shape;
  try {
    shape = Shape(std::span<const std::int64_t>(dims));
  } catch (const Error& error) {
    bad(name, error.what());
  }
  if (shape->elements() != static_cast<std::int64_t>(data->list.size())) {
    bad(name, str("`data` has ", data->list.size(), " values, `dim` ", *shape, " needs ", shape->elements()));
  }
  if (dtype == DType::bf16) return read_array(name, value, DType::f32).to(dtype);
  Tensor out = Tensor::empty(*shape, dtype);
  switch (dtype) {
    case DType::f32: read_values<float>(name, data->list, out); break;
    case DType::f64: read_values<double>(name, data->list, out); break;
    case DType::i64: read_values<std::int64_t>(name, data->list, out); break;
    case DType::i32: read_values<std::int32_t>(name, data->list, out); break;
    case DType::boolean: read_values<bool>(name, data->list, out); break;
    case DType::bf16: break;  // above
  }
  return out;
}

void read_fields(const std::string& prefix, const json::Value& value, DType dtype, StateDict& out) {
  if (value.kind != json::Kind::object) bad(prefix, str("takes an object, receives ", value.what()));
  for (const auto& [key, field] : value.object) {
    const std::string name = prefix.empty() ? key : str(prefix, ".", key);
    if (is_array(field)) {
      out.emplace_back(name, read_array(name, field, dtype));
    } else {
      read_fields(name, field, dtype, out);
    }
  }
}

json::Value parse(std::string_view text) {
  json::Problem problem;
  auto value = json::parse(text, problem);
  if (!value) bad("", str("byte ", problem.span.begin, ": ", problem.title));
  return std::move(*value);
}

}  // namespace

std::string tensor_to_json(const Tensor& tensor) {
  std::string out;
  write_array(out, tensor);
  return out;
}

Tensor tensor_from_json(std::string_view text, DType dtype) { return read_array("", parse(text), dtype); }

std::string state_to_json(const StateDict& state) {
  Field root;
  for (const auto& [name, tensor] : state) {
    Field* at = &root;
    std::string_view rest = name;
    while (true) {
      const std::size_t point = rest.find('.');
      at = &at->field(rest.substr(0, point));
      if (at->tensor != nullptr || point == std::string_view::npos) break;
      rest.remove_prefix(point + 1);
    }
    if (at->tensor != nullptr || !at->fields.empty()) {
      throw Error(ErrorCode::invalid_argument,
                  str("`", name, "` cannot be a field: another name is the same or a part of it"));
    }
    at->tensor = &tensor;
  }
  std::string out;
  root.write(out);
  return out;
}

StateDict state_from_json(std::string_view text, DType dtype) {
  StateDict out;
  read_fields("", parse(text), dtype, out);
  return out;
}

void save_json(const std::filesystem::path& path, const StateDict& state) {
  files::replace(path, state_to_json(state) + "\n");
}

StateDict load_json(const std::filesystem::path& path, DType dtype) {
  const std::string text = files::read(path, ErrorCode::checkpoint);
  try {
    return state_from_json(text, dtype);
  } catch (const Error& error) {
    throw Error(error.code(), str(path.string(), ": ", error.what()));
  }
}

}  // namespace neuro
