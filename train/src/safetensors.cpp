#include "neuro/safetensors.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "files.h"
#include "neuro/error.h"
#include "neuro/json.h"
#include "neuro/str.h"
#include "safetensors_write.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace neuro {
namespace {

constexpr std::uint64_t kMaxHeader = 100'000'000;  // as the format's own readers
constexpr std::size_t kAlign = 64;
constexpr const char* kChecksumKey = "neuro.checksum";
constexpr const char* kFormatKey = "neuro.format";  // marks a file of ours, which must have its checksum
constexpr std::size_t kDigits = 32;

std::string_view format_name(DType dtype) {
  switch (dtype) {
    case DType::f32: return "F32";
    case DType::f64: return "F64";
    case DType::i64: return "I64";
    case DType::i32: return "I32";
    case DType::boolean: return "BOOL";
    case DType::bf16: return "BF16";
  }
  return "?";
}

std::optional<DType> dtype_named(std::string_view name) {
  for (const DType dtype : {DType::f32, DType::f64, DType::i64, DType::i32, DType::boolean, DType::bf16}) {
    if (format_name(dtype) == name) return dtype;
  }
  return std::nullopt;
}

std::string_view bytes_of(const Tensor& tensor) { return {static_cast<const char*>(tensor.raw()), tensor.bytes()}; }

std::string shape_json(const Shape& shape) {
  std::string out;
  for (const std::int64_t size : shape.dims()) out += str(out.empty() ? "" : ",", size);
  return str("[", out, "]");
}

[[noreturn]] void damaged(const std::filesystem::path& path, const std::string& why) {
  throw Error(ErrorCode::checkpoint, str(path.string(), " is not a readable safetensors file: ", why));
}

/// What the file's header says about one tensor.
struct Entry : TensorInfo {
  bool f16 = false;  // two bytes an element, read as f32
  std::uint64_t begin = 0, end = 0;
};

struct Header {
  std::vector<Entry> entries;
  std::map<std::string, std::string> metadata;
  std::size_t data_at = 0;    // where the tensors begin
  std::size_t digits_at = 0;  // where the checksum's digits stand; 0: there is none
};

std::uint64_t whole(const json::Value& value, const std::filesystem::path& path, const std::string& name) {
  if (!value.integer || *value.integer < 0)
    damaged(path, str("`", name, "` has ", value.what(), " for a size or offset"));
  return static_cast<std::uint64_t>(*value.integer);
}

Entry read_entry(const std::string& name, const json::Value& value, const std::filesystem::path& path) {
  const json::Value* dtype = value.find("dtype");
  const json::Value* shape = value.find("shape");
  const json::Value* offsets = value.find("data_offsets");
  if (!dtype || !shape || !offsets || shape->kind != json::Kind::list || offsets->list.size() != 2) {
    damaged(path, str("the entry `", name, "` lacks dtype, shape or data_offsets"));
  }
  Entry entry;
  entry.name = name;
  entry.f16 = dtype->string == "F16";
  const std::optional<DType> type = entry.f16 ? DType::f32 : dtype_named(dtype->string);
  if (!type) {
    damaged(path, str("`", name, "` has elements of type `", dtype->string,
                      "`; F32, F64, F16, BF16, I64, I32 and BOOL are read"));
  }
  entry.dtype = *type;
  std::vector<std::int64_t> dims;
  for (const json::Value& size : shape->list) dims.push_back(static_cast<std::int64_t>(whole(size, path, name)));
  try {
    entry.shape = Shape(std::span<const std::int64_t>(dims));
  } catch (const Error&) {
    damaged(path, str("`", name, "` has an impossible shape of ", dims.size(), " axes"));
  }
  entry.begin = whole(offsets->list[0], path, name);
  entry.end = whole(offsets->list[1], path, name);
  const auto elements = static_cast<std::uint64_t>(entry.shape.elements());
  const bool overflows = elements > std::numeric_limits<std::uint64_t>::max() / 8;
  if (overflows || entry.end < entry.begin ||
      entry.end - entry.begin != elements * (entry.f16 ? 2 : size_of(entry.dtype))) {
    damaged(path, str("`", name, "` with shape ", entry.shape, " does not fill its range of bytes"));
  }
  return entry;
}

/// Checks that the tensors follow one another without overlap or gap and fill the file.
void check_layout(const std::vector<Entry>& entries, std::size_t data_size, const std::filesystem::path& path) {
  std::vector<const Entry*> by_place;
  for (const Entry& entry : entries) by_place.push_back(&entry);
  std::sort(by_place.begin(), by_place.end(),
            [](const Entry* a, const Entry* b) { return std::pair(a->begin, a->end) < std::pair(b->begin, b->end); });
  std::uint64_t expected = 0;
  for (const Entry* entry : by_place) {
    if (entry->begin != expected) {
      damaged(path, str("`", entry->name, "` ",
                        entry->begin < expected ? "overlaps the tensor before it" : "leaves a gap before it"));
    }
    expected = entry->end;
  }
  if (expected != data_size) {
    damaged(path, expected > data_size
                      ? str("it is cut off: ", expected, " bytes of data expected, ", data_size, " found")
                      : str("it has ", data_size - expected, " bytes too many at its end"));
  }
}

/// Touches nothing behind the header.
Header read_header(std::string_view bytes, const std::filesystem::path& path) {
  if (bytes.size() < 8) damaged(path, str("it has only ", bytes.size(), " bytes"));
  std::uint64_t length = 0;
  for (int i = 7; i >= 0; --i) length = length << 8 | static_cast<unsigned char>(bytes[static_cast<std::size_t>(i)]);
  if (length > kMaxHeader) {
    const bool text = std::all_of(bytes.begin(), bytes.begin() + 8, [](char c) { return c >= ' ' && c <= '~'; });
    damaged(path, text ? "it is text" : "its header would be larger than 100 MB");
  }
  if (length > bytes.size() - 8) {
    damaged(path, str("it is cut off: the header needs ", length, " bytes, the file has ", bytes.size() - 8));
  }
  json::Problem problem;
  const auto document = json::parse(bytes.substr(8, length), problem);
  if (!document || document->kind != json::Kind::object) {
    damaged(path,
            document ? "its header is not an object" : str("its header is damaged at byte ", 8 + problem.span.begin));
  }
  Header out;
  out.data_at = 8 + length;
  for (const auto& [name, value] : document->object) {
    if (name != "__metadata__") {
      out.entries.push_back(read_entry(name, value, path));
      continue;
    }
    for (const auto& [key, text] : value.object) {
      if (text.kind != json::Kind::string) damaged(path, str("the metadata `", key, "` is not text"));
      if (key == kChecksumKey && text.string.size() == kDigits) out.digits_at = 8 + text.span.begin + 1;
      out.metadata[key] = text.string;
    }
  }
  check_layout(out.entries, bytes.size() - out.data_at, path);
  if (out.digits_at == 0 && out.metadata.count(kFormatKey) > 0) damaged(path, "its checksum is missing");
  return out;
}

/// Feeds a file's bytes to the hash with the digits of the checksum itself as zeros.
std::string checksum_around(std::span<const std::string_view> parts, std::size_t digits_at) {
  XXH3_state_t* state = XXH3_createState();
  XXH3_128bits_reset(state);
  static constexpr std::string_view kZeros = "00000000000000000000000000000000";
  std::size_t at = 0;
  for (const std::string_view part : parts) {
    if (digits_at >= at && digits_at + kDigits <= at + part.size()) {
      const std::size_t local = digits_at - at;
      XXH3_128bits_update(state, part.data(), local);
      XXH3_128bits_update(state, kZeros.data(), kDigits);
      XXH3_128bits_update(state, part.data() + local + kDigits, part.size() - local - kDigits);
    } else {
      XXH3_128bits_update(state, part.data(), part.size());
    }
    at += part.size();
  }
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(state));
  XXH3_freeState(state);
  std::string hex;
  for (const unsigned char byte : canonical.digest) {
    hex += "0123456789abcdef"[byte >> 4];
    hex += "0123456789abcdef"[byte & 15];
  }
  return hex;
}

}  // namespace

void write_safetensors(const std::filesystem::path& path, const TensorFile& content) {
  write_safetensors(path, content, files::Sync::yes);
}

void write_safetensors(const std::filesystem::path& path, const TensorFile& content, files::Sync sync) {
  std::vector<std::pair<std::string, Tensor>> tensors;
  for (const auto& [name, tensor] : content.tensors) {
    tensors.emplace_back(name, tensor.contiguous() ? tensor : tensor.clone());
  }
  // Widest elements first: every tensor is then aligned to its own element without gaps.
  std::stable_sort(tensors.begin(), tensors.end(),
                   [](const auto& a, const auto& b) { return size_of(a.second.dtype()) > size_of(b.second.dtype()); });

  json::Object metadata;
  metadata.add("format", "pt").add(kChecksumKey, std::string(kDigits, '0')).add(kFormatKey, "1");
  for (const auto& [key, text] : content.metadata) {
    if (key != kChecksumKey && key != kFormatKey && key != "format") metadata.add(key, text);
  }
  json::Object header;
  header.raw("__metadata__", metadata.text());
  std::uint64_t at = 0;
  for (const auto& [name, tensor] : tensors) {
    header.raw(name, json::Object()
                         .add("dtype", format_name(tensor.dtype()))
                         .raw("shape", shape_json(tensor.shape()))
                         .raw("data_offsets", str("[", at, ",", at + tensor.bytes(), "]"))
                         .text());
    at += tensor.bytes();
  }
  std::string text = header.text();
  text.resize((8 + text.size() + kAlign - 1) / kAlign * kAlign - 8, ' ');

  std::string length(8, '\0');
  for (int i = 0; i < 8; ++i) length[static_cast<std::size_t>(i)] = static_cast<char>(text.size() >> (8 * i));
  // The metadata comes first, so the first such key is ours and no tensor's name can stand before it.
  const std::size_t digits = text.find(str("\"", kChecksumKey, "\":\"")) + std::strlen(kChecksumKey) + 4;
  std::vector<std::string_view> parts{length, text};
  for (const auto& [name, tensor] : tensors) parts.push_back(bytes_of(tensor));
  text.replace(digits, kDigits, checksum_around(parts, 8 + digits));
  files::write(path, parts, sync);
}

TensorFile read_safetensors(const std::filesystem::path& path) {
  const files::Mapped file(path, ErrorCode::checkpoint);
  const std::string_view bytes = file.text();
  Header header = read_header(bytes, path);
  if (header.digits_at != 0) {
    const std::string_view stored = bytes.substr(header.digits_at, kDigits);
    if (checksum_around(std::span<const std::string_view>(&bytes, 1), header.digits_at) != stored) {
      damaged(path, "its checksum does not match: the file was damaged or changed after it was written");
    }
  }

  TensorFile out;
  out.metadata = std::move(header.metadata);
  for (const Entry& entry : header.entries) {
    const char* at = bytes.data() + header.data_at + entry.begin;
    // Weights are trained further in place, and the mapping is read-only: copies, aligned to 64 bytes.
    Tensor tensor = Tensor::empty(entry.shape, entry.dtype);
    if (entry.f16) {
      float* to = tensor.data<float>();
      for (std::int64_t i = 0; i < tensor.size(); ++i) {
        std::uint16_t bits = 0;
        std::memcpy(&bits, at + 2 * i, 2);
        to[i] = f32_of_f16(bits);
      }
    } else if (tensor.bytes() > 0) {
      std::memcpy(tensor.raw(), at, tensor.bytes());
    }
    if (entry.dtype == DType::boolean) {  // any other byte is not a value that a bool can have
      auto* flags = static_cast<unsigned char*>(tensor.raw());
      for (std::int64_t i = 0; i < tensor.size(); ++i) flags[i] = flags[i] != 0;
    }
    out.tensors.emplace_back(entry.name, std::move(tensor));
  }
  return out;
}

TensorFileHeader read_safetensors_header(const std::filesystem::path& path) {
  const files::Mapped file(path, ErrorCode::checkpoint);  // pages that nobody looks at are not read
  Header header = read_header(file.text(), path);
  return {{header.entries.begin(), header.entries.end()}, std::move(header.metadata)};
}

namespace {
std::string table_of(std::vector<std::string> lines) {
  std::sort(lines.begin(), lines.end());
  std::string out;
  for (const std::string& line : lines) out += line;
  return out;
}
std::string table_line(const std::string& name, DType dtype, const Shape& shape) {
  return str(name, " ", format_name(dtype), " ", shape, "\n");
}
}  // namespace

std::string parameter_table(const StateDict& state) {
  std::vector<std::string> lines;
  for (const auto& [name, tensor] : state) lines.push_back(table_line(name, tensor.dtype(), tensor.shape()));
  return table_of(std::move(lines));
}

std::string parameter_table(const TensorFileHeader& header) {
  std::vector<std::string> lines;
  for (const TensorInfo& t : header.tensors) lines.push_back(table_line(t.name, t.dtype, t.shape));
  return table_of(std::move(lines));
}

}  // namespace neuro
