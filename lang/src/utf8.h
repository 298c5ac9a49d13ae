#pragma once
#include <cstdint>
#include <string_view>

namespace neuro::detail {

/// Decodes the code point at the start of a text, which must not be empty. Returns its length in bytes, or 0 if the
/// text does not start with valid UTF-8 (overlong forms and surrogates are not valid).
std::uint32_t decode_utf8(std::string_view text, char32_t& code_point);

}  // namespace neuro::detail
