// IDX files: http://yann.lecun.com/exdb/mnist ("the IDX file format").
#include <bit>
#include <cstring>

#include "files.h"
#include "neuro/dataset.h"
#include "neuro/error.h"
#include "neuro/str.h"

namespace neuro::data {
namespace {

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& why) {
  throw Error(ErrorCode::data, str(path.string(), " is not a readable IDX file: ", why));
}

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

/// The element types of the format: code, bytes, and an element as f64.
struct Type {
  unsigned code;
  std::size_t bytes;
  double (*read)(std::uint64_t bits);
};
constexpr Type kTypes[] = {
    {0x08, 1, [](std::uint64_t b) { return static_cast<double>(b); }},
    {0x09, 1, [](std::uint64_t b) { return static_cast<double>(static_cast<std::int8_t>(b)); }},
    {0x0B, 2, [](std::uint64_t b) { return static_cast<double>(static_cast<std::int16_t>(b)); }},
    {0x0C, 4, [](std::uint64_t b) { return static_cast<double>(static_cast<std::int32_t>(b)); }},
    {0x0D, 4, [](std::uint64_t b) { return static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(b))); }},
    {0x0E, 8, [](std::uint64_t b) { return std::bit_cast<double>(b); }},
};

template <class T>
void convert(std::string_view data, const Type& type, Tensor& out) {
  T* to = out.data<T>();
  for (std::int64_t i = 0; i < out.size(); ++i) {
    to[i] = static_cast<T>(type.read(big_endian(data.substr(static_cast<std::size_t>(i) * type.bytes, type.bytes))));
  }
}

}  // namespace

Tensor read_idx(const std::filesystem::path& path, DType dtype) {
  if (dtype == DType::boolean || dtype == DType::bf16)
    throw Error(ErrorCode::dtype, "read_idx: numbers are read as f32, f64, i64 or i32");
  const files::Mapped file(path, ErrorCode::data);
  const std::string_view bytes = file.text();
  if (bytes.starts_with("\x1F\x8B")) refuse(path, "it is compressed; unpack it with `gunzip` first");
  if (bytes.size() < 4 || bytes[0] != 0 || bytes[1] != 0) refuse(path, "it does not begin with two zero bytes");
  const auto code = static_cast<unsigned char>(bytes[2]);
  const Type* type = nullptr;
  for (const Type& t : kTypes) {
    if (t.code == code) type = &t;
  }
  if (type == nullptr) refuse(path, str("element type ", static_cast<int>(code), " is unknown"));
  const auto rank = static_cast<std::size_t>(static_cast<unsigned char>(bytes[3]));
  if (rank > static_cast<std::size_t>(kMaxRank))
    refuse(path, str("it has ", rank, " axes, at most ", kMaxRank, " are read"));
  const std::size_t header = 4 + 4 * rank;
  if (bytes.size() < header) refuse(path, "it is cut off within its sizes");
  std::vector<std::int64_t> dims;
  for (std::size_t axis = 0; axis < rank; ++axis) {
    dims.push_back(static_cast<std::int64_t>(big_endian(bytes.substr(4 + 4 * axis, 4))));
  }
  const std::size_t found = bytes.size() - header;
  // Compared before anything is allocated: the product of the sizes may be anything.
  std::uint64_t expected = type->bytes;
  bool overflow = false;
  for (const std::int64_t d : dims)
    overflow |= __builtin_mul_overflow(expected, static_cast<std::uint64_t>(d), &expected);
  if (overflow || expected != found) {
    refuse(path, overflow ? std::string("its sizes overflow")
                          : str("its sizes need ", expected, " bytes of data, ", found, " are there"));
  }
  Tensor out = Tensor::empty(Shape(std::span<const std::int64_t>(dims)), dtype);
  switch (dtype) {
    case DType::f64: convert<double>(bytes.substr(header), *type, out); break;
    case DType::i64: convert<std::int64_t>(bytes.substr(header), *type, out); break;
    case DType::i32: convert<std::int32_t>(bytes.substr(header), *type, out); break;
    default: convert<float>(bytes.substr(header), *type, out); break;
  }
  return out;
}

LabeledDataset load_idx(const std::filesystem::path& records, const std::filesystem::path& labels, double scale) {
  Tensor x = read_idx(records);
  float* values = x.data<float>();
  for (std::int64_t i = 0; i < x.size(); ++i) values[i] = static_cast<float>(values[i] * scale);
  return {std::move(x), read_idx(labels, DType::i64)};
}

}  // namespace neuro::data
