#pragma once
#include <cstdint>

#include "ns/reports.h"
#include "ns/token.h"

namespace neuro::ns {

/// Splits a source into words. Problems are reported; the words around them are still there. For a text that is no
/// source at all (bytes that are not UTF-8, NUL bytes, too large) there is one report and no word but the end.
Words lex(std::uint32_t source, Reports& reports);

}  // namespace neuro::ns
