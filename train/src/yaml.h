#pragma once
// YAML text as a tree with positions. yaml-cpp scans and parses; this file and yaml.cpp are all that know it.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "neuro/diagnostic.h"

namespace neuro::yaml {

struct Node;
using NodePtr = std::shared_ptr<const Node>;

/// One value as it was written. Scalars keep their text: what a number or a truth value is, the schema decides, since
/// yaml-cpp reads `010` as 8, `no` as false and refuses `1e3` as an integer.
struct Node {
  enum class Kind { null, scalar, list, map };
  Kind kind = Kind::null;
  std::string text;
  bool quoted = false;
  Span span;
  std::vector<NodePtr> list;
  std::vector<std::pair<NodePtr, NodePtr>> map;  ///< in the order written, duplicates included
};

/// Deepest nesting that is read. Nothing in a config nests deeper than four.
inline constexpr int kMaxDepth = 64;

/// Parses the bytes [begin, end) of a text of the source map. Reports NS0611 at the place of a syntax error, a second
/// document, nesting beyond kMaxDepth or a merge key (`<<`), and returns null then. Empty text is a null node.
NodePtr parse(Diagnostics& diags, std::uint32_t source, std::size_t begin, std::size_t end);

}  // namespace neuro::yaml
